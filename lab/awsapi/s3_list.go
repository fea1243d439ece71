package awsapi

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// listLimit is how many entries one page of any listing has at most.
const listLimit = 1000

// number reads a parameter that is a whole number and not negative.
func (c *s3Call) number(name string, fallback int) (int, error) {
	text := c.query.Get(name)
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return 0, s3Argument(name, text, "Provided "+name+" not an integer or within integer range")
	case n < 0:
		return 0, s3Argument(name, text, "Argument "+name+" must be an integer between 0 and 2147483647")
	}
	return n, nil
}

func (c *s3Call) limit(name string) (int, error) {
	n, err := c.number(name, listLimit)
	return min(n, listLimit), err
}

// listing reads what all listings of keys share.
type listing struct {
	prefix, delimiter string
	limit             int
	encode            func(string) string // of keys, as encoding-type asks
	encoding          string
}

func (c *s3Call) listing(limit string) (l listing, err error) {
	l = listing{prefix: c.query.Get("prefix"), delimiter: c.query.Get("delimiter"), encoding: c.query.Get("encoding-type")}
	l.encode = func(s string) string { return s }
	switch l.encoding {
	case "":
	case "url":
		l.encode = urlEncode
	default:
		return l, s3Argument("encoding-type", l.encoding, "Invalid Encoding Method specified in Request")
	}
	l.limit, err = c.limit(limit)
	return l, err
}

// page is a page of keys; with limit 0 it is empty and not truncated.
func (c *s3Call) page(l listing, q s3Query) s3Page {
	if l.limit == 0 {
		return s3Page{}
	}
	q.prefix, q.delimiter, q.limit = l.prefix, l.delimiter, l.limit
	return c.objects.list(c.name, q)
}

func (c *s3Call) listV2() error {
	l, err := c.listing("max-keys")
	if err != nil {
		return err
	}
	token, after := c.query.Get("continuation-token"), c.query.Get("start-after")
	marker := after
	if c.query.Has("continuation-token") {
		raw, err := base64.StdEncoding.DecodeString(token)
		if err != nil || len(raw) == 0 || raw[0] != '1' {
			return s3Argument("continuation-token", token, "The continuation token provided is incorrect")
		}
		marker = string(raw[1:])
	}
	page := c.page(l, s3Query{marker: marker})
	d := newDocument("ListBucketResult")
	d.text("Name", c.name)
	d.text("Prefix", l.encode(l.prefix))
	if c.query.Has("continuation-token") {
		d.text("ContinuationToken", token)
	}
	if page.more {
		// The 1 keeps the token of an odd key from looking like none.
		d.text("NextContinuationToken", base64.StdEncoding.EncodeToString([]byte("1"+page.last)))
	}
	d.opt("StartAfter", l.encode(after))
	d.text("KeyCount", strconv.Itoa(len(page.objects)+len(page.prefixes)))
	c.writePage(d, l, page, c.query.Get("fetch-owner") == "true")
	return c.answer(d)
}

func (c *s3Call) listV1() error {
	l, err := c.listing("max-keys")
	if err != nil {
		return err
	}
	marker := c.query.Get("marker")
	page := c.page(l, s3Query{marker: marker})
	d := newDocument("ListBucketResult")
	d.text("Name", c.name)
	d.text("Prefix", l.encode(l.prefix))
	d.text("Marker", l.encode(marker))
	if page.more && l.delimiter != "" { // else a client takes the last key
		d.text("NextMarker", l.encode(page.last))
	}
	c.writePage(d, l, page, true)
	return c.answer(d)
}

// writeHead writes what a page of keys says of itself.
func (c *s3Call) writeHead(d *document, l listing, page s3Page) {
	d.text("MaxKeys", strconv.Itoa(l.limit))
	d.opt("Delimiter", l.encode(l.delimiter))
	d.opt("EncodingType", l.encoding)
	d.text("IsTruncated", strconv.FormatBool(page.more))
}

// writePage writes the elements that both versions of ListObjects have.
func (c *s3Call) writePage(d *document, l listing, page s3Page, owner bool) {
	c.writeHead(d, l, page)
	for _, o := range page.objects {
		d.open("Contents")
		d.text("Key", l.encode(o.Key))
		c.writeObject(d, o, owner)
		d.close("Contents")
	}
	c.writePrefixes(d, l, page.prefixes)
}

func (c *s3Call) writePrefixes(d *document, l listing, prefixes []string) {
	for _, p := range prefixes {
		d.open("CommonPrefixes")
		d.text("Prefix", l.encode(p))
		d.close("CommonPrefixes")
	}
}

func (c *s3Call) writeObject(d *document, o *s3Object, owner bool) {
	d.text("LastModified", s3Time(o.Modified))
	d.WriteString("<ETag>&quot;" + o.ETag + "&quot;</ETag>")
	d.text("ChecksumAlgorithm", o.Sum.Algorithm)
	d.text("ChecksumType", o.Sum.kind())
	d.text("Size", strconv.FormatInt(o.body.size, 10))
	if owner {
		c.owner(d, "Owner")
	}
	d.text("StorageClass", "STANDARD")
}

func (c *s3Call) listUploads() error {
	l, err := c.listing("max-uploads")
	if err != nil {
		return err
	}
	keyMarker, idMarker := c.query.Get("key-marker"), c.query.Get("upload-id-marker")
	page, last, prefixes := []*s3Upload{}, "", []string{}
	var lastID string
	more, passed := false, idMarker == ""
	for _, u := range c.objects.uploadsOf(c.name) {
		if !strings.HasPrefix(u.Key, l.prefix) || u.Key < keyMarker {
			continue
		}
		// Those of the marker's key come again, after the marker's id.
		if u.Key == keyMarker && !passed {
			passed = u.ID == idMarker
			continue
		}
		if u.Key == keyMarker && idMarker == "" {
			continue
		}
		folded := ""
		if l.delimiter != "" {
			if before, _, ok := strings.Cut(u.Key[len(l.prefix):], l.delimiter); ok {
				folded = l.prefix + before + l.delimiter
			}
		}
		if folded != "" && (folded == keyMarker || len(prefixes) > 0 && prefixes[len(prefixes)-1] == folded) {
			continue
		}
		if more = len(page)+len(prefixes) >= l.limit; more {
			break
		}
		if folded != "" {
			prefixes, last, lastID = append(prefixes, folded), folded, ""
			continue
		}
		page, last, lastID = append(page, u), u.Key, u.ID
	}
	d := newDocument("ListMultipartUploadsResult")
	d.text("Bucket", c.name)
	d.text("KeyMarker", l.encode(keyMarker))
	d.text("UploadIdMarker", idMarker)
	if more {
		d.text("NextKeyMarker", l.encode(last))
		d.text("NextUploadIdMarker", lastID)
	}
	d.text("Prefix", l.encode(l.prefix))
	d.opt("Delimiter", l.encode(l.delimiter))
	d.opt("EncodingType", l.encoding)
	d.text("MaxUploads", strconv.Itoa(l.limit))
	d.text("IsTruncated", strconv.FormatBool(more))
	for _, u := range page {
		d.open("Upload")
		d.text("Key", l.encode(u.Key))
		d.text("UploadId", u.ID)
		d.open("Initiator")
		d.text("ID", u.Initiator)
		d.close("Initiator")
		c.owner(d, "Owner")
		d.text("StorageClass", "STANDARD")
		d.text("Initiated", s3Time(u.Started))
		d.opt("ChecksumAlgorithm", u.Algorithm)
		d.close("Upload")
	}
	c.writePrefixes(d, l, prefixes)
	return c.answer(d)
}

// urlEncode is the encoding that encoding-type=url asks for: that of HTML
// forms, with the slash left alone.
func urlEncode(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-_.*/", c) >= 0:
			b.WriteByte(c)
		case c == ' ':
			b.WriteByte('+')
		default:
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}
