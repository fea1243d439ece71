package awsapi

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"gatewalk/lab/world"
)

// benchS3 is a handler with n objects of size bytes, called without a network.
func benchS3(b *testing.B, n, size int) *S3 {
	b.Helper()
	o, err := OpenObjects("")
	if err != nil {
		b.Fatal(err)
	}
	body := &s3Blob{[][]byte{sample(size)}, int64(size)}
	for i := range n {
		if err := o.put(&s3Object{Bucket: "b", Key: fmt.Sprintf("photos/%05d.png", i), ETag: "e", Sum: s3Sum{Algorithm: "CRC32"}, body: body}, nil); err != nil {
			b.Fatal(err)
		}
	}
	w := world.New(world.Options{})
	err = w.Update(func(tx *world.Tx) error {
		tx.Buckets.Put("b", &world.Bucket{Name: "b", Region: s3Seoul})
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return NewS3(w, o)
}

// answer discards a body, and counts it.
type answer struct {
	header http.Header
	n      int64
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(int)             {}
func (a *answer) Write(p []byte) (int, error) { a.n += int64(len(p)); return len(p), nil }

func benchRequest(b *testing.B, h *S3, target string) {
	b.Helper()
	b.ReportAllocs()
	id := identity{Principal: &world.Principal{Arn: "arn:aws:iam::123456789012:user/admin", Admin: true}}
	for b.Loop() {
		r := httptest.NewRequest("GET", target, nil)
		a := &answer{header: http.Header{}}
		h.ServeHTTP(a, r.WithContext(contextWith(r, id)))
		if a.n == 0 {
			b.Fatal("no answer")
		}
		b.SetBytes(a.n)
	}
}

func BenchmarkS3List1000Of10000(b *testing.B) {
	benchRequest(b, benchS3(b, 10000, 0), "http://127.0.0.1/b?list-type=2&prefix=photos/05&encoding-type=url")
}

func BenchmarkS3ListFolderOf10000(b *testing.B) {
	benchRequest(b, benchS3(b, 10000, 0), "http://127.0.0.1/b?list-type=2&delimiter=/")
}

func BenchmarkS3GetSample(b *testing.B) {
	benchRequest(b, benchS3(b, 1, 478809), "http://127.0.0.1/b/photos/00000.png")
}

// BenchmarkS3GetSampleSDK is the same by the SDK, over HTTP, with the
// signature verified.
func BenchmarkS3GetSampleSDK(b *testing.B) {
	l := newS3Lab(b, "")
	l.makeBucket("gwlab-1")
	l.put("gwlab-1", "k", string(sample(478809)))
	c := l.admin()
	b.SetBytes(478809)
	for b.Loop() {
		out, err := c.GetObject(b.Context(), &s3.GetObjectInput{Bucket: aws.String("gwlab-1"), Key: aws.String("k")})
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, out.Body)
		out.Body.Close()
	}
}

// BenchmarkS3PutSampleDisk stores the lesson's object with a state directory.
func BenchmarkS3PutSampleDisk(b *testing.B) {
	l := newS3Lab(b, b.TempDir())
	l.makeBucket("gwlab-1")
	body := string(sample(478809))
	b.SetBytes(478809)
	for b.Loop() {
		l.put("gwlab-1", "k", body)
	}
}
