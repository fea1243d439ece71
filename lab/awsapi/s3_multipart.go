package awsapi

import (
	"encoding/base64"
	"encoding/xml"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	minPart   = 5 << 20 // bytes of every part but the last
	maxPartNo = 10000
)

func (c *s3Call) createUpload() error {
	obj, err := c.newObject()
	if err != nil {
		return err
	}
	algorithm := strings.ToUpper(c.r.Header.Get("X-Amz-Checksum-Algorithm"))
	if algorithm != "" && newSum(algorithm) == nil {
		return s3Fail(400, "InvalidRequest", "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
	}
	kind := strings.ToUpper(c.r.Header.Get("X-Amz-Checksum-Type"))
	u := &s3Upload{
		Bucket: c.name, Key: c.key, Started: c.now(), Headers: obj.Headers, Tags: obj.Tags,
		Algorithm: algorithm, FullObject: kind == "FULL_OBJECT" || algorithm == "CRC64NVME", Initiator: c.principal().Arn,
	}
	if kind == "FULL_OBJECT" && strings.HasPrefix(algorithm, "SHA") {
		return s3Fail(400, "InvalidRequest", "The FULL_OBJECT checksum type cannot be used with the "+strings.ToLower(algorithm)+" checksum algorithm.")
	}
	for taken := true; taken; {
		// The counter begins again when a lab is loaded; its uploads remain.
		u.ID = c.newUploadID()
		fresh, err := c.objects.begin(u)
		if err != nil {
			return err
		}
		taken = !fresh
	}
	if algorithm != "" {
		c.w.Header().Set("X-Amz-Checksum-Algorithm", algorithm)
		c.w.Header().Set("X-Amz-Checksum-Type", s3Sum{Full: u.FullObject}.kind())
	}
	c.w.Header().Set("X-Amz-Server-Side-Encryption", "AES256")
	d := newDocument("InitiateMultipartUploadResult")
	d.text("Bucket", c.name)
	d.text("Key", c.key)
	d.text("UploadId", u.ID)
	return c.answer(d)
}

// newUploadID is opaque and long, as S3's are.
func (c *s3Call) newUploadID() string {
	a, b := c.draw("upload"), c.draw("upload")
	return base64.RawURLEncoding.EncodeToString(append(a[:], b[:]...))
}

// partOf reads uploadId and partNumber.
func (c *s3Call) partOf() (*s3Upload, int, error) {
	text := c.query.Get("partNumber")
	number, err := strconv.Atoi(text)
	if err != nil || number < 1 || number > maxPartNo {
		return nil, 0, s3Argument("partNumber", text, "Part number must be an integer between 1 and 10000, inclusive")
	}
	u, err := c.findUpload()
	return u, number, err
}

func (c *s3Call) findUpload() (*s3Upload, error) {
	id := c.query.Get("uploadId")
	if u := c.objects.upload(c.name, c.key, id); u != nil {
		return u, nil
	}
	return nil, s3NoSuchUpload.with("UploadId", id)
}

func (c *s3Call) uploadPart() error {
	u, number, err := c.partOf()
	if err != nil {
		return err
	}
	p := &s3Part{Number: number, Modified: c.now()}
	if p.body, p.ETag, p.Sum, err = c.receive(); err != nil {
		return err
	}
	if u.Algorithm != "" && p.Sum.Algorithm != u.Algorithm {
		if claim, _ := claimOf(c.r.Header); claim.algorithm != "" {
			return s3Fail(400, "InvalidRequest", "Checksum Type mismatch occurred, expected checksum Type: "+strings.ToLower(u.Algorithm)+", actual checksum Type: "+strings.ToLower(p.Sum.Algorithm))
		}
		if _, p.Sum, err = (s3Claim{algorithm: u.Algorithm}).verify(p.body, nil); err != nil {
			return err
		}
	}
	if err := c.addPart(u, p); err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("ETag", quote(p.ETag))
	h.Set(p.Sum.header(), p.Sum.Value)
	h.Set("X-Amz-Server-Side-Encryption", "AES256")
	c.w.WriteHeader(http.StatusOK)
	return nil
}

func (c *s3Call) addPart(u *s3Upload, p *s3Part) error {
	running, err := c.objects.addPart(u, p)
	if err == nil && !running {
		err = s3NoSuchUpload.with("UploadId", u.ID)
	}
	return err
}

type completeRequest struct {
	XMLName xml.Name `xml:"CompleteMultipartUpload"`
	Part    []struct {
		PartNumber                                                                     int
		ETag                                                                           string
		ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME, ChecksumSHA1, ChecksumSHA256 string
	}
}

func (c *s3Call) completeUpload() error {
	u, err := c.findUpload()
	if err != nil {
		return err
	}
	// The x-amz-checksum headers of this call are of the object, not of its
	// own body.
	claim, err := c.objectClaim()
	if err != nil {
		return err
	}
	var in completeRequest
	if err := c.readXML(&in); err != nil {
		return err
	}
	parts, err := choose(c.objects.parts(u), in)
	if err != nil {
		return err
	}
	obj := &s3Object{Bucket: u.Bucket, Key: u.Key, ETag: joinTags(parts), Headers: u.Headers, Tags: u.Tags}
	blobs := make([]*s3Blob, len(parts))
	for i, p := range parts {
		blobs[i] = p.body
		obj.Parts = append(obj.Parts, p.body.size)
	}
	obj.body = joinBlobs(blobs)
	obj.Sum = joinSums(u.Algorithm, u.FullObject, parts, obj.body)
	if claim.value != "" && claim.algorithm == obj.Sum.Algorithm && claim.value != obj.Sum.Value {
		return s3Fail(400, "BadDigest", "The "+claim.algorithm+" you specified did not match the calculated checksum.")
	}
	c.enter(obj)
	running, err := c.objects.finish(u, obj, c.mayReplace)
	if err != nil {
		return err
	}
	if !running {
		return s3NoSuchUpload.with("UploadId", u.ID)
	}
	c.showVersion(obj)
	c.w.Header().Set("X-Amz-Server-Side-Encryption", "AES256")
	d := newDocument("CompleteMultipartUploadResult")
	d.text("Location", "https://"+c.name+".s3."+c.region+".amazonaws.com/"+urlEncode(c.key))
	d.text("Bucket", c.name)
	d.text("Key", c.key)
	d.text("ETag", quote(obj.ETag))
	d.text("Checksum"+obj.Sum.Algorithm, obj.Sum.Value)
	d.text("ChecksumType", obj.Sum.kind())
	return c.answer(d)
}

// objectClaim takes the checksum headers off the request.
func (c *s3Call) objectClaim() (s3Claim, error) {
	h := c.r.Header
	var claim s3Claim
	for _, a := range s3Algorithms {
		name := "X-Amz-Checksum-" + a.name
		if v := h.Get(name); v != "" {
			if claim.value != "" {
				return claim, s3Fail(400, "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
			}
			claim.algorithm, claim.value = a.name, v
			h.Del(name)
		}
	}
	return claim, nil
}

// choose picks the parts that the client lists, and refuses a list that does
// not fit what was uploaded.
func choose(have map[int]*s3Part, in completeRequest) ([]*s3Part, error) {
	if len(in.Part) == 0 || len(in.Part) > maxPartNo {
		return nil, s3MalformedXML
	}
	var out []*s3Part
	for i, want := range in.Part {
		if i > 0 && want.PartNumber <= in.Part[i-1].PartNumber {
			return nil, s3Fail(400, "InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.")
		}
		p := have[want.PartNumber]
		sum := map[string]string{
			"CRC32": want.ChecksumCRC32, "CRC32C": want.ChecksumCRC32C, "CRC64NVME": want.ChecksumCRC64NVME,
			"SHA1": want.ChecksumSHA1, "SHA256": want.ChecksumSHA256,
		}
		if p == nil || p.ETag != strings.Trim(want.ETag, `"`) || sum[p.Sum.Algorithm] != "" && sum[p.Sum.Algorithm] != p.Sum.Value {
			return nil, s3Fail(400, "InvalidPart", "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.").
				with("PartNumber", strconv.Itoa(want.PartNumber)).with("ETag", strings.Trim(want.ETag, `"`))
		}
		if i < len(in.Part)-1 && p.body.size < minPart {
			return nil, s3Fail(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size").
				with("ProposedSize", strconv.FormatInt(p.body.size, 10)).with("MinSizeAllowed", strconv.Itoa(minPart)).
				with("PartNumber", strconv.Itoa(p.Number)).with("ETag", p.ETag)
		}
		out = append(out, p)
	}
	return out, nil
}

func (c *s3Call) abortUpload() error {
	u, err := c.findUpload()
	if err != nil {
		return err
	}
	running, err := c.objects.abort(u)
	if err != nil {
		return err
	}
	if !running {
		return s3NoSuchUpload.with("UploadId", u.ID)
	}
	return c.noContent()
}

func (c *s3Call) listParts() error {
	u, err := c.findUpload()
	if err != nil {
		return err
	}
	limit, err := c.limit("max-parts")
	if err != nil {
		return err
	}
	marker, err := c.number("part-number-marker", 0)
	if err != nil {
		return err
	}
	parts := c.objects.parts(u)
	d := newDocument("ListPartsResult")
	d.text("Bucket", c.name)
	d.text("Key", c.key)
	d.text("UploadId", u.ID)
	d.open("Initiator")
	d.text("ID", u.Initiator)
	d.close("Initiator")
	c.owner(d, "Owner")
	d.text("StorageClass", "STANDARD")
	d.text("PartNumberMarker", strconv.Itoa(marker))
	d.text("MaxParts", strconv.Itoa(limit))
	if u.Algorithm != "" {
		d.text("ChecksumAlgorithm", u.Algorithm)
	}
	shown, last, more := 0, marker, false
	for _, number := range slices.Sorted(maps.Keys(parts)) {
		if number <= marker {
			continue
		}
		if more = shown >= limit; more {
			break
		}
		p := parts[number]
		d.open("Part")
		d.text("PartNumber", strconv.Itoa(number))
		d.text("LastModified", s3Time(p.Modified))
		d.text("ETag", quote(p.ETag))
		d.text("Size", strconv.FormatInt(p.body.size, 10))
		d.text("Checksum"+p.Sum.Algorithm, p.Sum.Value)
		d.close("Part")
		shown, last = shown+1, number
	}
	if more {
		d.text("NextPartNumberMarker", strconv.Itoa(last))
	}
	d.text("IsTruncated", strconv.FormatBool(more))
	return c.answer(d)
}
