package awsapi

import (
	"net/http"
	"strconv"
	"strings"
)

// getObject serves GetObject and HeadObject.
func (c *s3Call) getObject() error {
	obj, err := c.find()
	if err != nil {
		return err
	}
	if err := conditionsOf(c.r.Header, "", obj); err != nil {
		return err
	}
	off, n, status, err := c.span(obj)
	if err != nil {
		return err
	}
	c.showVersion(obj)
	h := c.w.Header()
	for k, v := range obj.Headers {
		if name, ok := strings.CutPrefix(k, "X-Amz-Meta-"); ok {
			// Clients show these names as they come, and S3 has them in lower case.
			h["x-amz-meta-"+strings.ToLower(name)] = []string{v}
			continue
		}
		h.Set(k, v)
	}
	h.Set("Last-Modified", obj.Modified.Format(http.TimeFormat))
	h.Set("ETag", quote(obj.ETag))
	h.Set("Accept-Ranges", "bytes")
	h.Set("X-Amz-Server-Side-Encryption", "AES256")
	h.Set("Content-Length", strconv.FormatInt(n, 10))
	if status == http.StatusPartialContent {
		h.Set("Content-Range", "bytes "+strconv.FormatInt(off, 10)+"-"+strconv.FormatInt(off+n-1, 10)+"/"+strconv.FormatInt(obj.body.size, 10))
	} else if strings.EqualFold(c.r.Header.Get("X-Amz-Checksum-Mode"), "ENABLED") {
		// A client would check a part against the sum of the whole.
		h.Set(obj.Sum.header(), obj.Sum.Value)
		h.Set("X-Amz-Checksum-Type", obj.Sum.kind())
	}
	if len(obj.Tags) > 0 {
		h.Set("X-Amz-Tagging-Count", strconv.Itoa(len(obj.Tags)))
	}
	if c.query.Has("partNumber") && len(obj.Parts) > 0 {
		h.Set("X-Amz-Mp-Parts-Count", strconv.Itoa(len(obj.Parts)))
	}
	c.overrideHeaders(h)
	c.w.WriteHeader(status)
	if c.r.Method != http.MethodHead {
		obj.body.writeRange(c.w, off, n) // the client may be gone; there is nobody else to tell
	}
	return nil
}

// getAttributes tells of an object what was asked for, without its bytes. Who
// asks must be allowed to get it as well (S3 API, "GetObjectAttributes").
func (c *s3Call) getAttributes() error {
	obj, err := c.find()
	if err != nil {
		return err
	}
	get := "s3:GetObject"
	if c.query.Has("versionId") {
		get = versionActions[get]
	}
	if err := c.authorize(get, c.arn(), nil); err != nil {
		return err
	}
	asked := map[string]bool{}
	for _, list := range c.r.Header.Values("X-Amz-Object-Attributes") {
		for name := range strings.SplitSeq(list, ",") {
			switch name = strings.TrimSpace(name); name {
			case "ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize":
				asked[name] = true
			default:
				return s3Argument("x-amz-object-attributes", name, "Invalid attribute name specified.")
			}
		}
	}
	if len(asked) == 0 {
		return s3Argument("x-amz-object-attributes", "", "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty")
	}
	c.showVersion(obj)
	c.w.Header().Set("Last-Modified", obj.Modified.Format(http.TimeFormat))
	d := newDocument("GetObjectAttributesResponse")
	if asked["ETag"] {
		d.text("ETag", obj.ETag) // without quotes, here alone
	}
	if asked["Checksum"] {
		d.open("Checksum")
		d.text("Checksum"+obj.Sum.Algorithm, obj.Sum.Value)
		d.text("ChecksumType", obj.Sum.kind())
		d.close("Checksum")
	}
	if asked["ObjectParts"] && len(obj.Parts) > 0 {
		d.open("ObjectParts")
		d.text("PartsCount", strconv.Itoa(len(obj.Parts)))
		d.close("ObjectParts")
	}
	if asked["StorageClass"] {
		d.text("StorageClass", "STANDARD")
	}
	if asked["ObjectSize"] {
		d.text("ObjectSize", strconv.FormatInt(obj.body.size, 10))
	}
	return c.answer(d)
}

// overrideHeaders obeys response-content-type and its like, which S3 refuses
// to the anonymous.
func (c *s3Call) overrideHeaders(h http.Header) {
	if c.id.Anonymous {
		return
	}
	for _, name := range s3Kept {
		if v := c.query.Get("response-" + strings.ToLower(name)); v != "" {
			h.Set(name, v)
		}
	}
}

// conditionsOf holds obj to the If-… headers that begin with prefix, in the
// order of RFC 9110, 13.2.2.
func conditionsOf(h http.Header, prefix string, obj *s3Object) error {
	since := func(name string) (after, ok bool) {
		t, err := http.ParseTime(h.Get(prefix + name))
		return err == nil && obj.Modified.After(t), err == nil
	}
	if match := h.Get(prefix + "If-Match"); match != "" {
		if !etagMatches(match, obj.ETag) {
			return s3Precondition.with("Condition", "If-Match")
		}
	} else if after, ok := since("If-Unmodified-Since"); ok && after {
		return s3Precondition.with("Condition", "If-Unmodified-Since")
	}
	unchanged := s3NotModified.header("ETag", quote(obj.ETag)).header("Last-Modified", obj.Modified.Format(http.TimeFormat))
	if prefix != "" { // a copy has no 304
		unchanged = s3Precondition
	}
	if match := h.Get(prefix + "If-None-Match"); match != "" {
		if etagMatches(match, obj.ETag) {
			return unchanged
		}
	} else if after, ok := since("If-Modified-Since"); ok && !after {
		return unchanged
	}
	return nil
}

// span is the piece of obj that the request asks for by Range or partNumber.
func (c *s3Call) span(obj *s3Object) (off, n int64, status int, err error) {
	size := obj.body.size
	if c.query.Has("partNumber") {
		number, err := strconv.Atoi(c.query.Get("partNumber"))
		parts := obj.Parts
		if len(parts) == 0 {
			parts = []int64{size}
		}
		if err != nil || number < 1 || number > len(parts) {
			return 0, 0, 0, s3Fail(416, "InvalidPartNumber", "The requested partnumber is not satisfiable").
				with("ActualPartCount", strconv.Itoa(len(parts))).with("PartNumberRequested", c.query.Get("partNumber"))
		}
		for _, p := range parts[:number-1] {
			off += p
		}
		return off, parts[number-1], http.StatusPartialContent, nil
	}
	want := c.r.Header.Get("Range")
	off, n, ok := parseRange(want, size)
	switch {
	case !ok:
		return 0, size, http.StatusOK, nil
	case n <= 0:
		return 0, 0, 0, s3Fail(416, "InvalidRange", "The requested range is not satisfiable").
			with("RangeRequested", want).with("ActualObjectSize", strconv.FormatInt(size, 10))
	}
	return off, n, http.StatusPartialContent, nil
}

// parseRange reads "bytes=0-9", "bytes=5-" or "bytes=-4". It is not ok for
// what S3 ignores: no range, another unit, several ranges, nonsense. A range
// that is understood but beyond the end has n 0.
func parseRange(s string, size int64) (off, n int64, ok bool) {
	s, ok = strings.CutPrefix(s, "bytes=")
	first, last, dash := strings.Cut(strings.TrimSpace(s), "-")
	if !ok || !dash || strings.ContainsAny(last, ",-") {
		return 0, 0, false
	}
	number := func(s string) (int64, bool) {
		v, err := strconv.ParseUint(strings.TrimSpace(s), 10, 63)
		return int64(v), err == nil
	}
	if first == "" {
		n, ok = number(last)
		n = min(n, size)
		return size - n, n, ok
	}
	if off, ok = number(first); !ok {
		return 0, 0, false
	}
	end := size - 1
	if last != "" {
		v, ok := number(last)
		if !ok || v < off {
			return 0, 0, false
		}
		end = min(end, v)
	}
	if off > end {
		return 0, 0, true
	}
	return off, end - off + 1, true
}
