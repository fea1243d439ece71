package awsapi

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"gatewalk/lab/world"
)

// FuzzS3 sends any request, as the administrator, and asserts that it gets one
// answer that is well-formed and no 500.
func FuzzS3(f *testing.F) {
	seeds := [][4]string{
		{"GET", "/b", "list-type=2&prefix=&delimiter=%2F&encoding-type=url&continuation-token=MWE=", ""},
		{"GET", "/b", "versions&max-keys=1", ""},
		{"GET", "/b", "uploads&max-uploads=1&key-marker=k&upload-id-marker=x&delimiter=k", ""},
		{"POST", "/b", "delete", "<Delete><Object><Key>k</Key></Object><Quiet>true</Quiet></Delete>"},
		{"PUT", "/b", "tagging", "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>"},
		{"PUT", "/b", "policy", `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}`},
		{"PUT", "/b", "publicAccessBlock", "<PublicAccessBlockConfiguration><BlockPublicPolicy>false</BlockPublicPolicy></PublicAccessBlockConfiguration>"},
		{"PUT", "/new-bucket", "", "<CreateBucketConfiguration><LocationConstraint>ap-northeast-2</LocationConstraint></CreateBucketConfiguration>"},
		{"POST", "/b/k", "uploadId=x", "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>e</ETag></Part></CompleteMultipartUpload>"},
		{"PUT", "/b/k", "partNumber=1&uploadId=x", "part"},
		{"GET", "/b/k", "partNumber=1&response-content-type=x", ""},
		{"HEAD", "/b/k", "versionId=null", ""},
		{"DELETE", "/b/k", "versionId=0123456789abcdef0123456789abcdef", ""},
		{"PUT", "/b", "versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"},
		{"GET", "/b", "versions&key-marker=k&version-id-marker=null&delimiter=k", ""},
		{"PUT", "/b/k", "tagging", "<Tagging/>"},
		{"DELETE", "/b/k", "tagging", ""},
		{"PUT", "//", "acl", "\x00"},
	}
	for _, s := range seeds {
		f.Add(s[0], s[1], s[2], s[3], "bytes=0-1")
	}
	f.Fuzz(func(t *testing.T, method, path, query, body, header string) {
		switch method {
		case "GET", "PUT", "POST", "HEAD", "DELETE", "OPTIONS":
		default:
			return
		}
		o, err := OpenObjects("")
		if err != nil {
			t.Fatal(err)
		}
		w := world.New(world.Options{})
		err = w.Update(func(tx *world.Tx) error {
			tx.Buckets.Put("b", &world.Bucket{Name: "b", Region: s3Seoul, Versioning: versioningEnabled})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := o.put(&s3Object{Bucket: "b", Key: "k", Sum: s3Sum{Algorithm: "CRC32"}, body: &s3Blob{[][]byte{[]byte("body")}, 4}}, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := o.begin(&s3Upload{ID: "x", Bucket: "b", Key: "k"}); err != nil {
			t.Fatal(err)
		}
		h := NewS3(w, o)
		r := &http.Request{
			Method: method, Host: "127.0.0.1", URL: &url.URL{Path: path, RawQuery: query}, ContentLength: int64(len(body)),
			Body: io.NopCloser(strings.NewReader(body)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: http.Header{
				"Range": {header}, "X-Amz-Tagging": {header}, "If-Match": {header}, "X-Amz-Copy-Source-Range": {header},
				"X-Amz-Checksum-Algorithm": {header}, "Content-Md5": nil, "X-Amz-Sdk-Checksum-Algorithm": {"CRC32"},
			},
		}
		if strings.Contains(header, "/") {
			r.Header.Set("X-Amz-Copy-Source", header)
		}
		r = r.WithContext(contextWith(r, identity{Principal: &world.Principal{Arn: "arn:aws:iam::123456789012:user/admin", Admin: true}}))
		out := httptest.NewRecorder()
		h.ServeHTTP(out, r)
		answer := out.Result()
		if answer.StatusCode == 500 || answer.StatusCode < 200 {
			t.Fatalf("%s %s?%s: %d %s", method, path, query, answer.StatusCode, out.Body)
		}
		if answer.Header.Get("X-Amz-Request-Id") == "" {
			t.Error("no request id")
		}
		if answer.Header.Get("Content-Type") != "application/xml" || out.Body.Len() == 0 || answer.StatusCode == 206 || query != "" && strings.Contains(query, "response-") {
			return
		}
		d := xml.NewDecoder(out.Body)
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s %s?%s: the answer is no XML: %v", method, path, query, err)
			}
		}
	})
}

func FuzzS3Range(f *testing.F) {
	f.Add("bytes=0-1", int64(10))
	f.Add("bytes=-5", int64(3))
	f.Add("bytes=9223372036854775807-", int64(0))
	f.Fuzz(func(t *testing.T, s string, size int64) {
		size = max(size, -(size + 1)) // never negative
		off, n, ok := parseRange(s, size)
		if ok && (off < 0 || n < 0 || off > size || n > size-off) {
			t.Errorf("%q of %d: %d bytes from %d", s, size, n, off)
		}
	})
}
