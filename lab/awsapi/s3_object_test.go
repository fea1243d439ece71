package awsapi

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"gatewalk/lab/sigv4"
)

func TestS3Object(t *testing.T) {
	l := newS3Lab(t, t.TempDir())
	l.makeBucket("gwlab-1")
	c, ctx, b, k := l.admin(), t.Context(), aws.String("gwlab-1"), aws.String("TestImage1.png")
	body := sample(478809)
	put, err := c.PutObject(ctx, &s3.PutObjectInput{
		Bucket: b, Key: k, Body: bytes.NewReader(body), ContentType: aws.String("image/png"),
		CacheControl: aws.String("no-cache"), Metadata: map[string]string{"drawn-by": "us"}, Tagging: aws.String("a=1&b=x%20y"),
	})
	if err != nil {
		t.Fatal(err)
	}
	sum := md5.Sum(body)
	if want := fmt.Sprintf(`"%x"`, sum); *put.ETag != want {
		t.Errorf("ETag %s, want %s", *put.ETag, want)
	}

	head, err := c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: b, Key: k})
	if err != nil {
		t.Fatal(err)
	}
	if *head.ContentLength != 478809 || *head.ContentType != "image/png" || *head.CacheControl != "no-cache" || head.Metadata["drawn-by"] != "us" || *head.TagCount != 2 {
		t.Errorf("%+v", head)
	}
	if got := head.LastModified.UTC(); got.Before(time.Date(2022, 1, 3, 2, 36, 9, 0, time.UTC)) || got.Year() != 2022 {
		t.Errorf("modified at %v, not in the lesson's time", got)
	}
	get, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: b, Key: k, ChecksumMode: types.ChecksumModeEnabled})
	if err != nil {
		t.Fatal(err)
	}
	if readAll(t, get.Body) != string(body) || aws.ToString(get.ChecksumCRC32) == "" {
		t.Errorf("wrong body, or checksum %v", get.ChecksumCRC32)
	}
	tags, err := c.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: b, Key: k})
	if err != nil || len(tags.TagSet) != 2 || *tags.TagSet[1].Value != "x y" {
		t.Errorf("%v, %v", tags, err)
	}
	if _, err := c.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{Bucket: b, Key: k, Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("c"), Value: aws.String("3")}}}}); err != nil {
		t.Error(err)
	}
	if tags, err := c.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: b, Key: k}); err != nil || len(tags.TagSet) != 1 {
		t.Errorf("%v, %v", tags, err)
	}

	// A copy keeps headers and tags, unless told otherwise.
	if _, err := c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: b, Key: aws.String("copy"), CopySource: aws.String("gwlab-1/TestImage1.png")}); err != nil {
		t.Fatal(err)
	}
	if head, err := c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: b, Key: aws.String("copy")}); err != nil || *head.ContentType != "image/png" || *head.TagCount != 1 || *head.ETag != *put.ETag {
		t.Errorf("%+v, %v", head, err)
	}
	_, err = c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: b, Key: k, CopySource: aws.String("gwlab-1/TestImage1.png")})
	wantError(t, err, "InvalidRequest", "")
	_, err = c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: b, Key: k, CopySource: aws.String("gwlab-1/none")})
	wantError(t, err, "NoSuchKey", "")
	_, err = c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: b, Key: k, CopySource: aws.String("gwlab-2/none")})
	wantError(t, err, "NoSuchBucket", "")

	out, err := c.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: b, Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: k}, {Key: aws.String("never was")}}}})
	if err != nil || len(out.Deleted) != 2 || len(out.Errors) != 0 {
		t.Errorf("%+v, %v", out, err)
	}
	_, err = c.GetObject(ctx, &s3.GetObjectInput{Bucket: b, Key: k})
	wantError(t, err, "NoSuchKey", "The specified key does not exist.")
	_, err = c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: b, Key: k})
	wantError(t, err, "NotFound", "")
	_, err = c.GetObject(ctx, &s3.GetObjectInput{Bucket: b, Key: aws.String("copy"), VersionId: aws.String("abc")})
	wantError(t, err, "InvalidArgument", "Invalid version id specified")
}

func TestS3DeleteObjectsAsksForEach(t *testing.T) {
	l := newS3Lab(t, "")
	l.makeBucket("gwlab-1")
	l.put("gwlab-1", "a", "")
	l.put("gwlab-1", "keep/b", "")
	_, err := l.admin().PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String("gwlab-1"), Policy: aws.String(
		`{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::gwlab-1/keep/*"}]}`)})
	if err != nil {
		t.Fatal(err)
	}
	out, err := l.admin().DeleteObjects(t.Context(), &s3.DeleteObjectsInput{Bucket: aws.String("gwlab-1"), Delete: &types.Delete{
		Objects: []types.ObjectIdentifier{{Key: aws.String("a")}, {Key: aws.String("keep/b")}}}})
	if err != nil || len(out.Deleted) != 1 || len(out.Errors) != 1 || *out.Errors[0].Code != "AccessDenied" {
		t.Fatalf("%+v, %v", out, err)
	}
	const want = `User: arn:aws:iam::123456789012:user/admin is not authorized to perform: s3:DeleteObject on resource: "arn:aws:s3:::gwlab-1/keep/b" with an explicit deny in a resource-based policy`
	if got := *out.Errors[0].Message; got != want {
		t.Error(got)
	}
}

func TestS3Ranges(t *testing.T) {
	l := newS3Lab(t, "")
	l.makeBucket("gwlab-1")
	l.put("gwlab-1", "k", "0123456789")
	tests := []struct{ rng, body, contentRange, code string }{
		{"bytes=0-3", "0123", "bytes 0-3/10", ""},
		{"bytes=5-", "56789", "bytes 5-9/10", ""},
		{"bytes=-3", "789", "bytes 7-9/10", ""},
		{"bytes=-30", "0123456789", "bytes 0-9/10", ""},
		{"bytes=8-30", "89", "bytes 8-9/10", ""},
		{"bytes=10-", "", "", "InvalidRange"},
		{"bytes=-0", "", "", "InvalidRange"},
		{"bytes=4-2", "0123456789", "", ""}, // nonsense is ignored
		{"bytes=0-1,3-4", "0123456789", "", ""},
		{"lines=0-1", "0123456789", "", ""},
	}
	for _, tt := range tests {
		got, err := l.admin().GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("gwlab-1"), Key: aws.String("k"), Range: &tt.rng})
		wantError(t, err, tt.code, "")
		if err == nil && (readAll(t, got.Body) != tt.body || aws.ToString(got.ContentRange) != tt.contentRange) {
			t.Errorf("%s: Content-Range %v", tt.rng, aws.ToString(got.ContentRange))
		}
	}
}

func TestS3Conditions(t *testing.T) {
	l := newS3Lab(t, "")
	l.makeBucket("gwlab-1")
	l.put("gwlab-1", "k", "v")
	c, b, k := l.admin(), aws.String("gwlab-1"), aws.String("k")
	head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: b, Key: k})
	if err != nil {
		t.Fatal(err)
	}
	get := func(in s3.GetObjectInput) int {
		in.Bucket, in.Key = b, k
		out, err := c.GetObject(t.Context(), &in)
		var answer *smithyhttp.ResponseError
		if errors.As(err, &answer) {
			return answer.HTTPStatusCode()
		}
		if err != nil {
			t.Fatal(err)
		}
		out.Body.Close()
		return 200
	}
	before, after := head.LastModified.Add(-time.Hour), head.LastModified.Add(time.Hour)
	for i, tt := range []struct {
		in   s3.GetObjectInput
		want int
	}{
		{s3.GetObjectInput{IfMatch: head.ETag}, 200},
		{s3.GetObjectInput{IfMatch: aws.String(`"x"`)}, 412},
		{s3.GetObjectInput{IfNoneMatch: head.ETag}, 304},
		{s3.GetObjectInput{IfNoneMatch: aws.String(`"x"`)}, 200},
		{s3.GetObjectInput{IfModifiedSince: &before}, 200},
		{s3.GetObjectInput{IfModifiedSince: &after}, 304},
		{s3.GetObjectInput{IfUnmodifiedSince: &before}, 412},
		{s3.GetObjectInput{IfMatch: head.ETag, IfUnmodifiedSince: &before}, 200},
	} {
		if got := get(tt.in); got != tt.want {
			t.Errorf("%d: status %d, want %d", i, got, tt.want)
		}
	}
	put := func(in s3.PutObjectInput) error {
		in.Bucket, in.Key, in.Body = b, k, strings.NewReader("w")
		_, err := c.PutObject(t.Context(), &in)
		return err
	}
	wantError(t, put(s3.PutObjectInput{IfNoneMatch: aws.String("*")}), "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	wantError(t, put(s3.PutObjectInput{IfMatch: aws.String(`"x"`)}), "PreconditionFailed", "")
	wantError(t, put(s3.PutObjectInput{IfMatch: head.ETag}), "", "")
}

// TestS3Checksums sends each algorithm right and wrong: in a header over HTTP,
// in a trailer over TLS.
func TestS3Checksums(t *testing.T) {
	l := newS3Lab(t, "")
	l.makeBucket("gwlab-1")
	body := "123456789"
	sums := map[string]string{ // of "123456789", from the catalogue of CRC algorithms and coreutils
		"CRC32": "y/Q5Jg==", "CRC32C": "4waSgw==", "CRC64NVME": "rosUhgp5mIg=",
		"SHA1": "98O8HYCOBHMq1/nygPJLX+hm9SU=", "SHA256": "FeKw07jaDsA49iLdmQs8pPOfBi0G8p/SFfKqPPfDAgA=",
	}
	sums["SHA1"] = base64Sum(t, "SHA1", body)
	sums["SHA256"] = base64Sum(t, "SHA256", body)
	for _, c := range []*s3.Client{l.admin(), l.client("AKIAADMIN", l.wire)} {
		for algorithm := range sums {
			_, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("gwlab-1"), Key: &algorithm, Body: strings.NewReader(body), ChecksumAlgorithm: types.ChecksumAlgorithm(algorithm)})
			if err != nil {
				t.Errorf("%s: %v", algorithm, err)
				continue
			}
			if got := l.objects.get("gwlab-1", algorithm).Sum; got != (s3Sum{algorithm, sums[algorithm], true}) {
				t.Errorf("%+v, want %s", got, sums[algorithm])
			}
		}
	}
	_, err := l.admin().PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("gwlab-1"), Key: aws.String("bad"), Body: strings.NewReader(body), ChecksumCRC32: aws.String("AAAAAA==")})
	wantError(t, err, "BadDigest", "The CRC32 you specified did not match the calculated checksum.")
	_, err = l.admin().PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("gwlab-1"), Key: aws.String("bad"), Body: strings.NewReader(body), ChecksumCRC32: aws.String("AAAA")})
	wantError(t, err, "InvalidRequest", "Value for x-amz-checksum-crc32 header is invalid.")
	wrong := md5.Sum([]byte("other"))
	_, err = l.admin().PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("gwlab-1"), Key: aws.String("bad"), Body: strings.NewReader(body), ContentMD5: aws.String(base64.StdEncoding.EncodeToString(wrong[:]))})
	wantError(t, err, "BadDigest", "The Content-MD5 you specified did not match what we received.")
	_, err = l.admin().PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("gwlab-1"), Key: aws.String("bad"), Body: strings.NewReader(body), ContentMD5: aws.String("x")})
	wantError(t, err, "InvalidDigest", "The Content-MD5 you specified was invalid.")
	if l.objects.get("gwlab-1", "bad") != nil {
		t.Error("a refused body was stored")
	}
}

func base64Sum(t *testing.T, algorithm, body string) string {
	t.Helper()
	h := newSum(algorithm)
	io.WriteString(h, body)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// TestS3SignedBody sees that a body other than the signed one is refused, and
// leaves nothing behind.
func TestS3SignedBody(t *testing.T) {
	l := newS3Lab(t, "")
	l.makeBucket("gwlab-1")
	r, err := http.NewRequest("PUT", l.url+"/gwlab-1/k", strings.NewReader("forged"))
	if err != nil {
		t.Fatal(err)
	}
	sigv4.Sign(r, []byte("signed"), sigv4.Credentials{AccessKeyID: "AKIAADMIN", SecretKey: "admin"}, s3Seoul, "s3", time.Now())
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	text := readAll(t, answer.Body)
	if answer.StatusCode != 400 || !strings.Contains(text, "<Code>XAmzContentSHA256Mismatch</Code>") {
		t.Errorf("%d %s", answer.StatusCode, text)
	}
	if l.objects.get("gwlab-1", "k") != nil {
		t.Error("the forged body was stored")
	}
}

// TestS3AnonymousChunks uploads without credentials and with a checksum
// trailer, as the SDK does over TLS.
func TestS3AnonymousChunks(t *testing.T) {
	l := newS3Lab(t, "")
	l.makeBucket("gwlab-1")
	_, err := l.admin().PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String("gwlab-1"), Policy: aws.String(
		`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::gwlab-1/*","Condition":{"StringEquals":{"aws:SourceVpce":"` + s3Vpce + `"}}}]}`)})
	if err != nil {
		t.Fatal(err)
	}
	l.throughEndpoint()
	_, err = l.client("", l.wire).PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("gwlab-1"), Key: aws.String("k"), Body: strings.NewReader("plain")})
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	l.objects.get("gwlab-1", "k").body.WriteTo(&got)
	if got.String() != "plain" {
		t.Errorf("stored %q", got.String())
	}
}

// TestS3ErrorDocument is the body of an error, byte for byte.
func TestS3ErrorDocument(t *testing.T) {
	l := newS3Lab(t, "")
	answer, err := http.Get(l.url + "/gwlab-none/k")
	if err != nil {
		t.Fatal(err)
	}
	text := readAll(t, answer.Body)
	id, host := answer.Header.Get("x-amz-request-id"), answer.Header.Get("x-amz-id-2")
	want := `<?xml version="1.0" encoding="UTF-8"?>` + "\n<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message><BucketName>gwlab-none</BucketName><RequestId>" + id + "</RequestId><HostId>" + host + "</HostId></Error>"
	if text != want || len(id) != 16 || host == "" {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

// TestS3Presigned reads by a link, with the headers that the link asks for.
func TestS3Presigned(t *testing.T) {
	l := newS3Lab(t, "")
	l.makeBucket("gwlab-1")
	l.put("gwlab-1", "k", "body")
	link, err := s3.NewPresignClient(l.admin()).PresignGetObject(t.Context(), &s3.GetObjectInput{
		Bucket: aws.String("gwlab-1"), Key: aws.String("k"), ResponseContentType: aws.String("text/plain"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]int{link.URL: 200, link.URL + "00": 403, link.URL + "0": 400, l.url + "/gwlab-1/k": 403} {
		answer, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		body := readAll(t, answer.Body)
		if answer.StatusCode != want || want == 200 && (body != "body" || answer.Header.Get("Content-Type") != "text/plain") {
			t.Errorf("%s: %d %s", url, answer.StatusCode, body)
		}
	}
}

// TestS3Refused are the requests that no SDK sends.
func TestS3Refused(t *testing.T) {
	l := newS3Lab(t, "")
	l.makeBucket("gwlab-1")
	l.put("gwlab-1", "k", "body")
	tests := []struct {
		method, target, header, value, body string
		status                              int
		code                                string
	}{
		{"POST", "/gwlab-1", "", "", "", 501, "NotImplemented"},
		{"POST", "/", "", "", "", 405, "MethodNotAllowed"},
		{"PATCH", "/gwlab-1/k", "", "", "", 405, "MethodNotAllowed"},
		{"PUT", "/gwlab-1?lifecycle", "", "", "<x/>", 501, "NotImplemented"},
		{"GET", "/gwlab-1/k?torrent", "", "", "", 501, "NotImplemented"},
		{"POST", "/gwlab-1?delete", "", "", "<Delete><Object><Key>k</Key></Object></Delete>", 400, "InvalidRequest"},
		{"PUT", "/gwlab-1?tagging", "", "", "<Tagging", 400, "MalformedXML"},
		{"PUT", "/gwlab-1?tagging", "", "", "", 400, "MissingRequestBodyError"},
		{"PUT", "/gwlab-1?tagging", "", "", "<Tagging><TagSet><Tag><Key>aws:x</Key><Value/></Tag></TagSet></Tagging>", 400, "InvalidTag"},
		{"PUT", "/gwlab-1/k", "X-Amz-Acl", "public-read", "x", 400, "AccessControlListNotSupported"},
		{"PUT", "/gwlab-1/k", "X-Amz-Storage-Class", "GLACIER", "x", 501, "NotImplemented"},
		{"PUT", "/gwlab-1/k", "X-Amz-Meta-Big", strings.Repeat("x", maxMetadata), "x", 400, "MetadataTooLarge"},
		{"PUT", "/gwlab-1/k", "X-Amz-Copy-Source", "nothing", "", 400, "InvalidArgument"},
		{"PUT", "/gwlab-1/" + strings.Repeat("k", maxKey+1), "", "", "x", 400, "KeyTooLongError"},
		{"PUT", "/gwlab-1/k?partNumber=0&uploadId=x", "", "", "x", 400, "InvalidArgument"},
		{"PUT", "/gwlab-1/k?partNumber=1&uploadId=x", "", "", "x", 404, "NoSuchUpload"},
		{"GET", "/gwlab-1/k", "X-Amz-Expected-Bucket-Owner", "210987654321", "", 403, "AccessDenied"},
		{"GET", "/gwlab-1?list-type=2&encoding-type=base64", "", "", "", 400, "InvalidArgument"},
		{"GET", "/gwlab-1/k?partNumber=2", "", "", "", 416, "InvalidPartNumber"},
	}
	for _, tt := range tests {
		r, err := http.NewRequest(tt.method, l.url+tt.target, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		if tt.header != "" {
			r.Header.Set(tt.header, tt.value)
		}
		sigv4.Sign(r, []byte(tt.body), sigv4.Credentials{AccessKeyID: "AKIAADMIN", SecretKey: "admin"}, s3Seoul, "s3", time.Now())
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if text := readAll(t, answer.Body); answer.StatusCode != tt.status || !strings.Contains(text, "<Code>"+tt.code+"</Code>") {
			t.Errorf("%s %.60s: %d %s", tt.method, tt.target, answer.StatusCode, text)
		}
	}
}
