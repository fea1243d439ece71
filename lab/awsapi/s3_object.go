package awsapi

import (
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"

	"gatewalk/lab/world"
)

const (
	maxKey      = 1024    // bytes of an object's name
	maxMetadata = 2 << 10 // bytes of user metadata, names and values
	maxPut      = 5 << 30 // bytes of one PUT
)

// s3Kept are the request headers that come back with the object.
var s3Kept = []string{"Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires"}

// headersOf are the headers to keep with a new object.
func headersOf(h http.Header) (map[string]string, error) {
	out := map[string]string{}
	for _, name := range s3Kept {
		if v := h.Get(name); v != "" {
			out[name] = v
		}
	}
	size := 0
	for name := range h {
		if !strings.HasPrefix(name, "X-Amz-Meta-") {
			continue
		}
		out[name] = strings.Join(h[name], ",")
		size += len(name) - len("X-Amz-Meta-") + len(out[name])
	}
	if size > maxMetadata {
		return nil, s3Fail(400, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size").
			with("Size", strconv.Itoa(size)).with("MaxSizeAllowed", strconv.Itoa(maxMetadata))
	}
	if out["Content-Type"] == "" {
		out["Content-Type"] = "binary/octet-stream"
	}
	return out, nil
}

// newObject reads what the headers of a request say about an object that is
// being made.
func (c *s3Call) newObject() (*s3Object, error) {
	if len(c.key) > maxKey {
		return nil, s3Fail(400, "KeyTooLongError", "Your key is too long").with("Size", strconv.Itoa(len(c.key))).with("MaxSizeAllowed", strconv.Itoa(maxKey))
	}
	h := c.r.Header
	if acl := h.Get("X-Amz-Acl"); acl != "" && acl != "bucket-owner-full-control" && acl != "private" {
		return nil, c.noACLs()
	}
	switch v := h.Get("X-Amz-Server-Side-Encryption"); v {
	case "", "AES256":
	default:
		return nil, s3Fail(501, "NotImplemented", "Server-side encryption "+v+" is not implemented in this lab.")
	}
	if v := h.Get("X-Amz-Storage-Class"); v != "" && v != "STANDARD" {
		return nil, s3Fail(501, "NotImplemented", "Storage class "+v+" is not implemented in this lab.")
	}
	if h.Get("X-Amz-Write-Offset-Bytes") != "" {
		return nil, s3Fail(501, "NotImplemented", "A header you provided implies functionality that is not implemented").with("Header", "x-amz-write-offset-bytes")
	}
	headers, err := headersOf(h)
	if err != nil {
		return nil, err
	}
	tags, err := parseTagHeader(h.Get("X-Amz-Tagging"))
	if err != nil {
		return nil, err
	}
	return &s3Object{Bucket: c.name, Key: c.key, Headers: headers, Tags: tags}, nil
}

// receive reads the request's body and checks it against what its headers and
// trailers say.
func (c *s3Call) receive() (body *s3Blob, etag string, sum s3Sum, err error) {
	claim, err := claimOf(c.r.Header)
	if err != nil {
		return nil, "", sum, err
	}
	switch {
	case c.r.ContentLength > maxPut:
		return nil, "", sum, s3Fail(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size").
			with("ProposedSize", strconv.FormatInt(c.r.ContentLength, 10)).with("MaxSizeAllowed", strconv.Itoa(maxPut))
	case c.r.ContentLength < 0:
		return nil, "", sum, s3MissingLength
	}
	if body, err = readBlob(c.r.Body, c.r.ContentLength); err != nil {
		return nil, "", sum, err
	}
	etag, sum, err = claim.verify(body, c.r.Trailer)
	return body, etag, sum, err
}

func (c *s3Call) putObject() error {
	obj, err := c.newObject()
	if err != nil {
		return err
	}
	if obj.body, obj.ETag, obj.Sum, err = c.receive(); err != nil {
		return err
	}
	c.enter(obj)
	if err := c.objects.put(obj, c.mayReplace); err != nil {
		return err
	}
	c.showVersion(obj)
	h := c.w.Header()
	h.Set("ETag", quote(obj.ETag))
	h.Set(obj.Sum.header(), obj.Sum.Value)
	h.Set("X-Amz-Checksum-Type", obj.Sum.kind())
	h.Set("X-Amz-Server-Side-Encryption", "AES256")
	c.w.WriteHeader(http.StatusOK)
	return nil
}

// mayReplace holds a write to its If-Match and If-None-Match, at the moment it
// happens.
func (c *s3Call) mayReplace(old *s3Object) error {
	if err := c.stillThere(); err != nil {
		return err
	}
	if c.r.Header.Get("If-None-Match") == "*" && old != nil {
		return s3Precondition.with("Condition", "If-None-Match")
	}
	if match := c.r.Header.Get("If-Match"); match != "" {
		switch {
		case old == nil:
			return s3NoSuchKey.with("Key", c.key)
		case !etagMatches(match, old.ETag):
			return s3Precondition.with("Condition", "If-Match")
		}
	}
	return nil
}

func quote(etag string) string { return `"` + etag + `"` }

// etagMatches reads the list of an If-Match header.
func etagMatches(list, etag string) bool {
	for v := range strings.SplitSeq(list, ",") {
		v = strings.TrimPrefix(strings.TrimSpace(v), "W/")
		if v == "*" || strings.Trim(v, `"`) == etag {
			return true
		}
	}
	return false
}

type deleteRequest struct {
	XMLName xml.Name `xml:"Delete"`
	Quiet   bool
	Object  []struct {
		Key       string
		VersionId string
	}
}

// deleteObjects asks the policies for each object: the answer is 200, and says
// one by one what became of them.
func (c *s3Call) deleteObjects() error {
	claim, err := claimOf(c.r.Header)
	if err != nil {
		return err
	}
	if claim.md5 == nil && claim.algorithm == "" {
		return s3Fail(400, "InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
	}
	var in deleteRequest
	if err := c.readXML(&in); err != nil {
		return err
	}
	if len(in.Object) == 0 || len(in.Object) > 1000 {
		return s3MalformedXML
	}
	d := newDocument("DeleteResult")
	for _, o := range in.Object {
		action := "s3:DeleteObject"
		if o.VersionId != "" {
			action = versionActions[action]
		}
		var gone *s3Object
		err := c.authorize(action, c.arnOf(c.name+"/"+o.Key), nil)
		if err == nil {
			gone, err = c.delete(o.Key, o.VersionId)
		}
		if err != nil {
			f := failureOf(err)
			d.open("Error")
			d.text("Key", o.Key)
			d.opt("VersionId", o.VersionId)
			d.text("Code", f.Code)
			d.text("Message", f.Message)
			d.close("Error")
			continue
		}
		if !in.Quiet {
			d.open("Deleted")
			d.text("Key", o.Key)
			d.opt("VersionId", o.VersionId)
			if gone != nil && gone.Marker {
				d.text("DeleteMarker", "true")
				d.text("DeleteMarkerVersionId", versionID(gone))
			}
			d.close("Deleted")
		}
	}
	return c.answer(d)
}

func (c *s3Call) getObjectTags() error {
	obj, err := c.find()
	if err != nil {
		return err
	}
	return c.answerTags(obj.Tags)
}

func (c *s3Call) putObjectTags() error {
	var in s3Tagging
	if err := c.readXML(&in); err != nil {
		return err
	}
	tags, err := objectTags(in.TagSet)
	if err != nil {
		return err
	}
	if err := c.setTags(tags); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusOK)
	return nil
}

func (c *s3Call) deleteObjectTags() error {
	if err := c.setTags(nil); err != nil {
		return err
	}
	return c.noContent()
}

func (c *s3Call) setTags(tags world.Tags) error {
	for {
		obj, err := c.find()
		if err != nil {
			return err
		}
		// Where somebody was faster it is done once more, on theirs.
		if done, err := c.objects.edit(obj, func(o *s3Object) { o.Tags = tags }); done || err != nil {
			c.showVersion(obj)
			return err
		}
	}
}
