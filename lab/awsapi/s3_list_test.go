package awsapi

import (
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

func TestS3List(t *testing.T) {
	l := newS3Lab(t, "")
	l.makeBucket("gwlab-1")
	for _, k := range []string{"TestImage1.png", "photos/a b.png", "photos/2022/1.png", "photos/2022/2.png", "photos/2023/3.png", "zz", "한글/&<>\x01"} {
		l.put("gwlab-1", k, k)
	}
	tests := []struct {
		name           string
		in             s3.ListObjectsV2Input
		keys, prefixes []string
	}{
		{"all", s3.ListObjectsV2Input{EncodingType: "url"}, []string{"TestImage1.png", "photos/2022/1.png", "photos/2022/2.png", "photos/2023/3.png", "photos/a+b.png", "zz", "%ED%95%9C%EA%B8%80/%26%3C%3E%01"}, nil},
		{"as aws s3 ls", s3.ListObjectsV2Input{EncodingType: "url", Delimiter: aws.String("/"), Prefix: aws.String("")}, []string{"TestImage1.png", "zz"}, []string{"photos/", "%ED%95%9C%EA%B8%80/"}},
		{"folder", s3.ListObjectsV2Input{Delimiter: aws.String("/"), Prefix: aws.String("photos/")}, []string{"photos/a b.png"}, []string{"photos/2022/", "photos/2023/"}},
		{"half a name", s3.ListObjectsV2Input{Prefix: aws.String("photos/202")}, []string{"photos/2022/1.png", "photos/2022/2.png", "photos/2023/3.png"}, nil},
		{"other delimiter", s3.ListObjectsV2Input{Prefix: aws.String("photos/"), Delimiter: aws.String(".p")}, nil, []string{"photos/2022/1.p", "photos/2022/2.p", "photos/2023/3.p", "photos/a b.p"}},
		{"after", s3.ListObjectsV2Input{StartAfter: aws.String("photos/2023/"), Prefix: aws.String("p")}, []string{"photos/2023/3.png", "photos/a b.png"}, nil},
		{"none", s3.ListObjectsV2Input{Prefix: aws.String("x")}, nil, nil},
		{"no keys wanted", s3.ListObjectsV2Input{MaxKeys: aws.Int32(0), Prefix: aws.String("p")}, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.in.Bucket = aws.String("gwlab-1")
			out, err := l.admin().ListObjectsV2(t.Context(), &tt.in)
			if err != nil {
				t.Fatal(err)
			}
			wantKeys(t, keysOf(out.Contents), tt.keys...)
			wantKeys(t, prefixesOf(out.CommonPrefixes), tt.prefixes...)
			if int(*out.KeyCount) != len(tt.keys)+len(tt.prefixes) || *out.IsTruncated {
				t.Errorf("KeyCount %d, truncated %v", *out.KeyCount, *out.IsTruncated)
			}
		})
	}
	_, err := l.admin().ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("gwlab-1"), ContinuationToken: aws.String("nonsense")})
	wantError(t, err, "InvalidArgument", "The continuation token provided is incorrect")
	_, err = l.admin().ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("gwlab-1"), MaxKeys: aws.Int32(-1)})
	wantError(t, err, "InvalidArgument", "Argument max-keys must be an integer between 0 and 2147483647")
	versions, err := l.admin().ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: aws.String("gwlab-1"), MaxKeys: aws.Int32(2)})
	if err != nil || len(versions.Versions) != 2 || *versions.Versions[0].VersionId != "null" || !*versions.IsTruncated || *versions.NextKeyMarker != "photos/2022/1.png" {
		t.Errorf("%+v, %v", versions, err)
	}
}

// naiveList is what a listing must find, written in the plainest way.
func naiveList(keys []string, prefix, delimiter string) (found, prefixes []string) {
	for _, k := range slices.Sorted(slices.Values(keys)) {
		rest, ok := strings.CutPrefix(k, prefix)
		if !ok {
			continue
		}
		if before, _, ok := strings.Cut(rest, delimiter); ok && delimiter != "" {
			if p := prefix + before + delimiter; !slices.Contains(prefixes, p) {
				prefixes = append(prefixes, p)
			}
			continue
		}
		found = append(found, k)
	}
	return found, prefixes
}

// TestS3Pages walks random buckets in pages of every size, and must find what
// the plainest listing finds, each thing once.
func TestS3Pages(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	word := func(max int) string {
		b := make([]byte, 1+rnd.IntN(max))
		for i := range b {
			b[i] = "ab/-"[rnd.IntN(4)]
		}
		return string(b)
	}
	for range 300 {
		o, err := OpenObjects("")
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for range rnd.IntN(30) {
			k := word(6)
			if err := o.put(&s3Object{Bucket: "b", Key: k, body: &s3Blob{}}, nil); err != nil {
				t.Fatal(err)
			}
			if rnd.IntN(5) == 0 {
				if _, err := o.remove("b", k, ""); err != nil {
					t.Fatal(err)
				}
				keys = slices.DeleteFunc(keys, func(s string) bool { return s == k })
			} else if !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
		prefix, delimiter := "", ""
		if rnd.IntN(2) == 0 {
			prefix = word(2)
		}
		if rnd.IntN(3) > 0 {
			delimiter = word(2)
		}
		want, wantPrefixes := naiveList(keys, prefix, delimiter)
		for limit := 1; limit <= 5; limit++ {
			var got, prefixes []string
			marker := ""
			for pages := 0; ; pages++ {
				p := o.list("b", s3Query{prefix: prefix, delimiter: delimiter, marker: marker, limit: limit})
				if len(p.objects)+len(p.prefixes) > limit || pages > len(keys)+1 {
					t.Fatalf("a page of %d, limit %d", len(p.objects)+len(p.prefixes), limit)
				}
				for _, obj := range p.objects {
					got = append(got, obj.Key)
				}
				prefixes = append(prefixes, p.prefixes...)
				if marker = p.last; !p.more {
					break
				}
			}
			if !slices.Equal(got, want) || !slices.Equal(prefixes, wantPrefixes) {
				t.Fatalf("%q prefix %q delimiter %q limit %d\n got %q %q\nwant %q %q", keys, prefix, delimiter, limit, got, prefixes, want, wantPrefixes)
			}
		}
	}
}

// TestS3Witness sends the same requests to gofakes3, which others wrote after
// the real service, and must get the same pages.
func TestS3Witness(t *testing.T) {
	l := newS3Lab(t, "")
	l.makeBucket("gwlab-1")
	fake := httptest.NewServer(gofakes3.New(s3mem.New(), gofakes3.WithTimeSkewLimit(0)).Server())
	defer fake.Close()
	witness := s3.New(s3.Options{
		Region: s3Seoul, BaseEndpoint: &fake.URL, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("k", "s", ""),
	})
	b := aws.String("gwlab-1")
	if _, err := witness.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: b}); err != nil {
		t.Fatal(err)
	}
	both := []*s3.Client{l.admin(), witness}
	for _, c := range both {
		for i := range 25 {
			key := fmt.Sprintf("%c/%c/%d", 'a'+i%2, 'p'+i%3, i)
			if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: b, Key: &key, Body: strings.NewReader(key)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, in := range []s3.ListObjectsV2Input{
		{}, {MaxKeys: aws.Int32(7)}, {Prefix: aws.String("a/")}, {Delimiter: aws.String("/")},
		{Prefix: aws.String("b/"), Delimiter: aws.String("/")}, {Prefix: aws.String("a/p/"), Delimiter: aws.String("/"), MaxKeys: aws.Int32(3)},
		{StartAfter: aws.String("b/q/1")},
	} {
		in.Bucket = b
		var seen [2][]string
		for i, c := range both {
			pages := s3.NewListObjectsV2Paginator(c, &in)
			for pages.HasMorePages() {
				p, err := pages.NextPage(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range p.Contents {
					seen[i] = append(seen[i], fmt.Sprint(*o.Key, *o.ETag, *o.Size))
				}
				seen[i] = append(append(seen[i], prefixesOf(p.CommonPrefixes)...), "end of page")
			}
		}
		if !slices.Equal(seen[0], seen[1]) {
			t.Errorf("prefix %q delimiter %q\n ours %q\nother %q", aws.ToString(in.Prefix), aws.ToString(in.Delimiter), seen[0], seen[1])
		}
	}
}
