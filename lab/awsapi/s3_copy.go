package awsapi

import (
	"net/url"
	"strconv"
	"strings"
)

// copySource finds the object that x-amz-copy-source names, if the caller may
// read it and it meets the conditions of the request.
func (c *s3Call) copySource() (*s3Object, error) {
	text := c.r.Header.Get("X-Amz-Copy-Source")
	path, version, versioned := strings.Cut(text, "?versionId=")
	path, err := url.PathUnescape(path)
	name, key, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if err != nil || !ok || name == "" || key == "" {
		return nil, s3Argument("x-amz-copy-source", text, "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
	}
	// The source is a request of its own as far as policies are concerned.
	from := *c
	from.name, from.key, from.query = name, key, nil
	action := "s3:GetObject"
	if versioned {
		from.query, action = url.Values{"versionId": {version}}, versionActions[action]
	}
	if from.bucket = c.st.Buckets[name]; from.bucket == nil {
		return nil, s3NoSuchBucket(name)
	}
	if err := from.authorize(action, c.arnOf(name+"/"+key), nil); err != nil {
		return nil, err
	}
	obj, err := from.find()
	if err != nil {
		return nil, err
	}
	if from.bucket.Versioning != "" {
		c.w.Header().Set("X-Amz-Copy-Source-Version-Id", versionID(obj))
	}
	return obj, conditionsOf(c.r.Header, "X-Amz-Copy-Source-", obj)
}

func (c *s3Call) copyObject() error {
	source, err := c.copySource()
	if err != nil {
		return err
	}
	obj, err := c.newObject()
	if err != nil {
		return err
	}
	switch c.r.Header.Get("X-Amz-Metadata-Directive") {
	case "", "COPY":
		// An earlier version becomes the object again by a copy to itself.
		if source.Bucket == c.name && source.Key == c.key && !strings.Contains(c.r.Header.Get("X-Amz-Copy-Source"), "?versionId=") {
			return s3Fail(400, "InvalidRequest", "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
		}
		obj.Headers = source.Headers
	case "REPLACE":
	default:
		return s3Argument("x-amz-metadata-directive", c.r.Header.Get("X-Amz-Metadata-Directive"), "Unknown metadata directive.")
	}
	if c.r.Header.Get("X-Amz-Tagging-Directive") != "REPLACE" {
		obj.Tags = source.Tags
	}
	// The bytes are shared; the copy of a multipart object is one part, whose
	// ETag and checksum are those of its bytes.
	obj.body, obj.ETag, obj.Sum = source.body, source.ETag, source.Sum
	if algorithm := strings.ToUpper(c.r.Header.Get("X-Amz-Checksum-Algorithm")); len(source.Parts) > 0 || algorithm != "" && algorithm != source.Sum.Algorithm {
		if algorithm == "" {
			algorithm = source.Sum.Algorithm
		}
		if newSum(algorithm) == nil {
			return s3Argument("x-amz-checksum-algorithm", algorithm, "Checksum algorithm provided is unsupported.")
		}
		if obj.ETag, obj.Sum, err = (s3Claim{algorithm: algorithm}).verify(obj.body, nil); err != nil {
			return err
		}
	}
	c.enter(obj)
	if err := c.objects.put(obj, c.mayReplace); err != nil {
		return err
	}
	c.showVersion(obj)
	c.w.Header().Set("X-Amz-Server-Side-Encryption", "AES256")
	d := newDocument("CopyObjectResult")
	d.text("LastModified", s3Time(obj.Modified))
	d.text("ETag", quote(obj.ETag))
	d.text("Checksum"+obj.Sum.Algorithm, obj.Sum.Value)
	d.text("ChecksumType", obj.Sum.kind())
	return c.answer(d)
}

// copyPart makes a part from a piece of another object.
func (c *s3Call) copyPart() error {
	u, number, err := c.partOf()
	if err != nil {
		return err
	}
	source, err := c.copySource()
	if err != nil {
		return err
	}
	body := source.body
	if want := c.r.Header.Get("X-Amz-Copy-Source-Range"); want != "" {
		off, n, ok := parseRange(want, body.size)
		if !ok || n <= 0 {
			return s3Argument("x-amz-copy-source-range", want, "Range specified is not valid for source object of size: "+strconv.FormatInt(body.size, 10))
		}
		body = body.slice(off, n)
	}
	p := &s3Part{Number: number, Modified: c.now(), body: body}
	if p.ETag, p.Sum, err = (s3Claim{algorithm: u.Algorithm}).verify(body, nil); err != nil {
		return err
	}
	if err := c.addPart(u, p); err != nil {
		return err
	}
	d := newDocument("CopyPartResult")
	d.text("LastModified", s3Time(p.Modified))
	d.text("ETag", quote(p.ETag))
	d.text("Checksum"+p.Sum.Algorithm, p.Sum.Value)
	return c.answer(d)
}
