package awsapi

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// s3Sum is an object's checksum beside its ETag. S3 keeps one for every
// object: CRC64NVME where the client did not choose.
type s3Sum struct {
	Algorithm string // "CRC32"
	Value     string // base64; of a composite sum "…-N"
	Full      bool   // over all bytes, not over the checksums of the parts
}

// header is the name of the header and XML element that carry it.
func (s s3Sum) header() string { return "x-amz-checksum-" + strings.ToLower(s.Algorithm) }

func (s s3Sum) kind() string {
	if s.Full {
		return "FULL_OBJECT"
	}
	return "COMPOSITE"
}

// s3Algorithms are the ones that S3 names, with the size of each sum in bytes.
var s3Algorithms = []struct {
	name string
	size int
}{{"CRC32", 4}, {"CRC32C", 4}, {"CRC64NVME", 8}, {"SHA1", 20}, {"SHA256", 32}}

// newSum is nil for an algorithm that S3 does not have. The tables are made
// once, by hash/crc32 and hash/crc64 themselves or here.
func newSum(algorithm string) hash.Hash {
	switch algorithm {
	case "CRC32":
		return crc32.NewIEEE()
	case "CRC32C":
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case "CRC64NVME":
		return crc64.New(crc64NVME)
	case "SHA1":
		return sha1.New()
	case "SHA256":
		return sha256.New()
	}
	return nil
}

// crc64NVME is the polynomial of the NVM Express specification, reversed.
var crc64NVME = crc64.MakeTable(0x9a6c9329ac4bc9b5)

// s3Claim is what a client says about the body it sends.
type s3Claim struct {
	md5       []byte // nil: not said
	algorithm string // "" where it named none
	value     string // base64; "" until the trailer was read
}

// claimOf reads Content-MD5 and the checksum headers, among them the name of a
// trailer to come.
func claimOf(h http.Header) (s3Claim, error) {
	var c s3Claim
	if v, ok := h["Content-Md5"]; ok {
		sum, err := base64.StdEncoding.DecodeString(strings.Join(v, ""))
		if err != nil || len(sum) != md5.Size {
			return c, s3InvalidDigest
		}
		c.md5 = sum
	}
	trailer := strings.ToLower(h.Get("X-Amz-Trailer"))
	for _, a := range s3Algorithms {
		name := "x-amz-checksum-" + strings.ToLower(a.name)
		value := h.Get(name)
		if value == "" && trailer != name {
			continue
		}
		if c.algorithm != "" {
			return c, s3Fail(400, "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		}
		c.algorithm, c.value = a.name, value
		if value != "" && !validSum(value, a.size) {
			return c, s3Fail(400, "InvalidRequest", "Value for "+name+" header is invalid.")
		}
	}
	if c.algorithm == "" {
		named := strings.ToUpper(h.Get("X-Amz-Sdk-Checksum-Algorithm"))
		if named != "" && newSum(named) == nil {
			return c, s3Fail(400, "InvalidRequest", "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
		}
		c.algorithm = named
	}
	return c, nil
}

func validSum(value string, size int) bool {
	b, err := base64.StdEncoding.DecodeString(value)
	return err == nil && len(b) == size
}

// verify checks body against the claim, and returns its ETag and checksum.
// trailer is what followed the body.
func (c s3Claim) verify(body io.WriterTo, trailer http.Header) (etag string, sum s3Sum, err error) {
	sum = s3Sum{Algorithm: c.algorithm, Full: true}
	if sum.Algorithm == "" {
		sum.Algorithm = "CRC64NVME"
	}
	digest, check := md5.New(), newSum(sum.Algorithm)
	if _, err := body.WriteTo(io.MultiWriter(digest, check)); err != nil {
		return "", sum, err
	}
	if c.md5 != nil && !bytes.Equal(c.md5, digest.Sum(nil)) {
		return "", sum, s3Fail(400, "BadDigest", "The Content-MD5 you specified did not match what we received.").
			with("ExpectedDigest", hex.EncodeToString(c.md5)).
			with("CalculatedDigest", base64.StdEncoding.EncodeToString(digest.Sum(nil)))
	}
	sum.Value = base64.StdEncoding.EncodeToString(check.Sum(nil))
	want := c.value
	if want == "" {
		want = trailer.Get(sum.header())
	}
	if want != "" && want != sum.Value {
		return "", sum, s3Fail(400, "BadDigest", "The "+sum.Algorithm+" you specified did not match the calculated checksum.")
	}
	return hex.EncodeToString(digest.Sum(nil)), sum, nil
}

// joinSums is the checksum of a multipart object: over the checksums of its
// parts, or over all of its bytes.
func joinSums(algorithm string, full bool, parts []*s3Part, body *s3Blob) s3Sum {
	sum := s3Sum{Algorithm: algorithm, Full: full}
	if sum.Algorithm == "" {
		sum.Algorithm, sum.Full = "CRC64NVME", true
	}
	h := newSum(sum.Algorithm)
	if sum.Full {
		body.WriteTo(h) // a hash.Hash never fails
		sum.Value = base64.StdEncoding.EncodeToString(h.Sum(nil))
		return sum
	}
	for _, p := range parts {
		raw, _ := base64.StdEncoding.DecodeString(p.Sum.Value) // made by verify
		h.Write(raw)
	}
	sum.Value = base64.StdEncoding.EncodeToString(h.Sum(nil)) + "-" + strconv.Itoa(len(parts))
	return sum
}

// joinTags is the ETag of a multipart object: the MD5 of the parts' MD5s, and
// their number.
func joinTags(parts []*s3Part) string {
	h := md5.New()
	for _, p := range parts {
		raw, _ := hex.DecodeString(p.ETag)
		h.Write(raw)
	}
	return hex.EncodeToString(h.Sum(nil)) + "-" + strconv.Itoa(len(parts))
}
