package awsapi

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestS3Multipart(t *testing.T) {
	dir := t.TempDir()
	l := newS3Lab(t, dir)
	l.makeBucket("gwlab-1")
	c, ctx, b, k := l.admin(), t.Context(), aws.String("gwlab-1"), aws.String("big")
	made, err := c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: b, Key: k, ContentType: aws.String("text/plain"), ChecksumAlgorithm: types.ChecksumAlgorithmCrc32})
	if err != nil {
		t.Fatal(err)
	}
	upload := func(number int32, body []byte) types.CompletedPart {
		t.Helper()
		out, err := c.UploadPart(ctx, &s3.UploadPartInput{Bucket: b, Key: k, UploadId: made.UploadId, PartNumber: &number, Body: bytes.NewReader(body)})
		if err != nil {
			t.Fatal(err)
		}
		return types.CompletedPart{PartNumber: &number, ETag: out.ETag, ChecksumCRC32: out.ChecksumCRC32}
	}
	complete := func(parts ...types.CompletedPart) (*s3.CompleteMultipartUploadOutput, error) {
		return c.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: b, Key: k, UploadId: made.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
	}
	bodies := [][]byte{sample(minPart), bytes.Repeat([]byte("x"), minPart), []byte("tail")}
	one, two, three := upload(1, bodies[0]), upload(2, bodies[1]), upload(3, bodies[2])
	small := upload(4, []byte("small"))

	list, err := c.ListParts(ctx, &s3.ListPartsInput{Bucket: b, Key: k, UploadId: made.UploadId, MaxParts: aws.Int32(3)})
	if err != nil || len(list.Parts) != 3 || !*list.IsTruncated || *list.NextPartNumberMarker != "3" {
		t.Errorf("%+v, %v", list, err)
	}
	uploads, err := c.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: b})
	if err != nil || len(uploads.Uploads) != 1 || *uploads.Uploads[0].UploadId != *made.UploadId {
		t.Errorf("%+v, %v", uploads, err)
	}

	_, err = complete(two, one)
	wantError(t, err, "InvalidPartOrder", "")
	_, err = complete(one, types.CompletedPart{PartNumber: aws.Int32(9), ETag: one.ETag})
	wantError(t, err, "InvalidPart", "")
	_, err = complete(one, types.CompletedPart{PartNumber: aws.Int32(2), ETag: one.ETag})
	wantError(t, err, "InvalidPart", "")
	_, err = complete(three, small)
	wantError(t, err, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
	if _, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: b, Key: k}); err == nil {
		t.Error("an unfinished upload can be read")
	}

	out, err := complete(one, two, three)
	if err != nil {
		t.Fatal(err)
	}
	var sums []byte
	for _, body := range bodies {
		s := md5.Sum(body)
		sums = append(sums, s[:]...)
	}
	if want := fmt.Sprintf(`"%x-3"`, md5.Sum(sums)); *out.ETag != want {
		t.Errorf("ETag %s, want %s", *out.ETag, want)
	}
	_, err = complete(one, two, three)
	wantError(t, err, "NoSuchUpload", "")

	got, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: b, Key: k, Range: aws.String(fmt.Sprintf("bytes=%d-%d", minPart-2, minPart+1))})
	if err != nil {
		t.Fatal(err)
	}
	if s := readAll(t, got.Body); s != string(bodies[0][minPart-2:])+"xx" {
		t.Errorf("over the seam of two parts: %q", s)
	}
	part, err := c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: b, Key: k, PartNumber: aws.Int32(3)})
	if err != nil || *part.ContentLength != 4 || *part.PartsCount != 3 || *part.ContentType != "text/plain" {
		t.Errorf("%+v, %v", part, err)
	}

	// A copy of it in one piece, and a part made from a piece of it.
	copied, err := c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: b, Key: aws.String("copy"), CopySource: aws.String("gwlab-1/big")})
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf(`"%x"`, md5.Sum(bytes.Join(bodies, nil))); *copied.CopyObjectResult.ETag != want {
		t.Errorf("the copy's ETag is %s, want %s", *copied.CopyObjectResult.ETag, want)
	}
	again, err := c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: b, Key: aws.String("again")})
	if err != nil {
		t.Fatal(err)
	}
	piece, err := c.UploadPartCopy(ctx, &s3.UploadPartCopyInput{Bucket: b, Key: aws.String("again"), UploadId: again.UploadId, PartNumber: aws.Int32(1), CopySource: aws.String("gwlab-1/big"), CopySourceRange: aws.String("bytes=0-3")})
	if want := fmt.Sprintf(`"%x"`, md5.Sum(bodies[0][:4])); err != nil || *piece.CopyPartResult.ETag != want {
		t.Errorf("%+v, %v", piece, err)
	}

	// All of this outlives the process.
	o, err := OpenObjects(dir)
	if err != nil {
		t.Fatal(err)
	}
	old, kept := l.objects.get("gwlab-1", "big"), o.get("gwlab-1", "big")
	if kept == nil || kept.ETag != old.ETag || kept.Sum != old.Sum || kept.body.size != old.body.size || len(kept.Parts) != 3 {
		t.Errorf("loaded %+v", kept)
	}
	if u := o.upload("gwlab-1", "again", *again.UploadId); u == nil || len(u.parts) != 1 || u.parts[1].body.size != 4 {
		t.Errorf("loaded upload %+v", u)
	}

	if _, err := c.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: b, Key: aws.String("again"), UploadId: again.UploadId}); err != nil {
		t.Error(err)
	}
	_, err = c.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: b, Key: aws.String("again"), UploadId: again.UploadId})
	wantError(t, err, "NoSuchUpload", "")
}

func TestS3ListUploads(t *testing.T) {
	l := newS3Lab(t, "")
	l.makeBucket("gwlab-1")
	ids := map[string]bool{}
	for _, k := range []string{"a", "a", "a", "b/1", "b/2", "c"} {
		out, err := l.admin().CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String("gwlab-1"), Key: &k})
		if err != nil {
			t.Fatal(err)
		}
		ids[*out.UploadId] = true
	}
	for limit := int32(1); limit <= 4; limit++ {
		seen := map[string]bool{}
		in := &s3.ListMultipartUploadsInput{Bucket: aws.String("gwlab-1"), MaxUploads: &limit}
		for pages := 0; pages < 7; pages++ {
			out, err := l.admin().ListMultipartUploads(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range out.Uploads {
				if seen[*u.UploadId] {
					t.Errorf("limit %d: %s came twice", limit, *u.Key)
				}
				seen[*u.UploadId] = true
			}
			if in.KeyMarker, in.UploadIdMarker = out.NextKeyMarker, out.NextUploadIdMarker; !*out.IsTruncated {
				break
			}
		}
		if len(seen) != len(ids) {
			t.Errorf("limit %d: saw %d of %d uploads", limit, len(seen), len(ids))
		}
	}
	out, err := l.admin().ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: aws.String("gwlab-1"), Delimiter: aws.String("/")})
	if err != nil || len(out.Uploads) != 4 || len(out.CommonPrefixes) != 1 {
		t.Errorf("%+v, %v", out, err)
	}
}
