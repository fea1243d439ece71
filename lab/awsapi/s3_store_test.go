package awsapi

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func TestS3ReadBlob(t *testing.T) {
	body := sample(s3Piece + 100)
	for _, size := range []int64{-1, int64(len(body))} {
		b, err := readBlob(iotest.HalfReader(bytes.NewReader(body)), size)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		b.WriteTo(&got)
		if !bytes.Equal(got.Bytes(), body) || b.size != int64(len(body)) {
			t.Errorf("size %d: read %d bytes", size, got.Len())
		}
		for _, r := range [][2]int64{{0, 1}, {s3Piece - 1, 2}, {s3Piece, 100}, {0, int64(len(body))}, {5, 0}} {
			var part, cut bytes.Buffer
			b.writeRange(&part, r[0], r[1])
			b.slice(r[0], r[1]).WriteTo(&cut)
			if want := body[r[0] : r[0]+r[1]]; !bytes.Equal(part.Bytes(), want) || !bytes.Equal(cut.Bytes(), want) {
				t.Errorf("range %v: %d and %d bytes", r, part.Len(), cut.Len())
			}
		}
	}
	for _, size := range []int64{10, 12} {
		if _, err := readBlob(strings.NewReader("elevenbytes"), size); !errors.Is(err, errShortBody) {
			t.Errorf("eleven bytes as %d: %v", size, err)
		}
	}
	broken := errors.New("broken")
	if _, err := readBlob(iotest.ErrReader(broken), 5); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// TestS3Killed opens a directory as a killed process leaves it: every object
// that was answered for is there whole, and nothing else is.
func TestS3Killed(t *testing.T) {
	dir := t.TempDir()
	o, err := OpenObjects(dir)
	if err != nil {
		t.Fatal(err)
	}
	obj := &s3Object{Bucket: "b", Key: "a/../한글", ETag: "e", Headers: map[string]string{"Content-Type": "x"}, Tags: map[string]string{"k": "v"}}
	obj.body = &s3Blob{[][]byte{[]byte("one\n"), []byte("two\n")}, 8}
	if err := o.put(obj, nil); err != nil {
		t.Fatal(err)
	}
	if err := o.put(&s3Object{Bucket: "b", Key: "gone", body: &s3Blob{}}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := o.remove("b", "gone", ""); err != nil {
		t.Fatal(err)
	}
	u := &s3Upload{ID: "u", Bucket: "b", Key: "k"}
	if _, err := o.begin(u); err != nil {
		t.Fatal(err)
	}
	// In the middle of a write, before the rename; and parts whose upload's
	// end was not finished.
	if _, err := o.disk.writeObject(&s3Object{Bucket: "b", Key: "half", body: obj.body}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.disk.writePart("u", &s3Part{Number: 1, body: obj.body}); err != nil {
		t.Fatal(err)
	}
	orphan := filepath.Join(dir, s3Uploads, "orphan")
	if err := os.MkdirAll(orphan, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(orphan, "part-1"), []byte("{}\nx"), 0o600); err != nil {
		t.Fatal(err)
	}

	o, err = OpenObjects(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := o.get("b", "a/../한글")
	if got == nil {
		t.Fatal("the object is lost")
	}
	var body bytes.Buffer
	got.body.WriteTo(&body)
	if body.String() != "one\ntwo\n" || got.ETag != "e" || got.Headers["Content-Type"] != "x" || got.Tags["k"] != "v" {
		t.Errorf("%+v with body %q", got, body.String())
	}
	if page := o.list("b", s3Query{limit: 10}); len(page.objects) != 1 {
		t.Errorf("%d objects", len(page.objects))
	}
	if u := o.upload("b", "k", "u"); u == nil || len(u.parts) != 0 {
		t.Errorf("upload %+v", u)
	}
	left := 0
	filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if !d.IsDir() {
			left++
		}
		return err
	})
	if left != 2 { // the object and the upload
		t.Errorf("%d files are left", left)
	}
}

func TestS3OpenRefusesDamage(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "no json", `{"Bucket":"c","Key":"k"}` + "\nx", `{"Bucket":"b","Key":"other"}` + "\nx"} {
		if err := os.WriteFile(filepath.Join(dir, "b", "x"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenObjects(dir); err == nil {
			t.Errorf("%q was taken for an object", text)
		}
	}
}

// TestS3FullDisk sees that an object which cannot be saved is refused, and the
// one before it remains.
func TestS3FullDisk(t *testing.T) {
	dir := t.TempDir()
	l := newS3Lab(t, dir)
	l.makeBucket("gwlab-1")
	l.put("gwlab-1", "k", "old")
	if err := os.RemoveAll(filepath.Join(dir, "gwlab-1")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "gwlab-1"), nil, 0o600); err != nil { // no directory can be made here
		t.Fatal(err)
	}
	_, err := l.admin().PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("gwlab-1"), Key: aws.String("k"), Body: strings.NewReader("new")})
	wantError(t, err, "InternalError", "")
	got, err := l.admin().GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("gwlab-1"), Key: aws.String("k")})
	if err != nil || readAll(t, got.Body) != "old" {
		t.Error(err)
	}
}

// TestS3Race lets writers, readers, taggers and the bucket's deletion meet; it
// is worth most under the race detector. No object may outlive its bucket.
func TestS3Race(t *testing.T) {
	l := newS3Lab(t, t.TempDir())
	l.makeBucket("gwlab-1")
	c, b := l.admin(), aws.String("gwlab-1")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 10 {
				k := aws.String(fmt.Sprint("k", (i+j)%5))
				switch i % 4 {
				case 0, 1:
					c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: b, Key: k, Body: strings.NewReader(*k)})
				case 2:
					c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: b, Key: k})
					c.PutObjectTagging(t.Context(), &s3.PutObjectTaggingInput{Bucket: b, Key: k})
				case 3:
					c.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: b})
					c.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: b})
				}
			}
		})
	}
	all.Wait()
	if l.world.Snapshot().Buckets["gwlab-1"] == nil && len(l.objects.list("gwlab-1", s3Query{versions: true, limit: 10}).objects) > 0 {
		t.Error("objects outlive their bucket")
	}
}

// TestS3Heap sees that an object costs its size, and a copy of it nothing.
func TestS3Heap(t *testing.T) {
	o, err := OpenObjects("")
	if err != nil {
		t.Fatal(err)
	}
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	const n, size = 20, 478809
	before := heap()
	for i := range n {
		b, err := readBlob(bytes.NewReader(sample(size)), size)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.put(&s3Object{Bucket: "b", Key: fmt.Sprint(i), body: b}, nil); err != nil {
			t.Fatal(err)
		}
		if err := o.put(&s3Object{Bucket: "b", Key: fmt.Sprint("copy", i), body: b}, nil); err != nil {
			t.Fatal(err)
		}
	}
	each := (heap() - before) / n
	t.Logf("%d bytes of heap for an object of %d and its copy", each, size)
	if each > size+16<<10 { // the allocator rounds up to pages
		t.Errorf("an object of %d bytes costs %d", size, each)
	}
	runtime.KeepAlive(o)
}
