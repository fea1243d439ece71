package awsapi

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestS3CreateBucket(t *testing.T) {
	l := newS3Lab(t, "")
	const unspecified = "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to."
	tests := []struct{ region, name, location, code, message string }{
		{s3Seoul, "gwlab-1", "ap-northeast-2", "", ""},
		{s3Seoul, "gwlab-1", "ap-northeast-2", "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it."},
		{s3Seoul, "gwlab-2", "", "IllegalLocationConstraintException", unspecified},
		{s3Seoul, "gwlab-2", "us-west-2", "IllegalLocationConstraintException", "The us-west-2 location constraint is incompatible for the region specific endpoint this request was sent to."},
		{s3Seoul, "gwlab-2", "us-east-1", "InvalidLocationConstraint", "The specified location-constraint is not valid"},
		{s3Seoul, "gwlab-2", "nowhere", "InvalidLocationConstraint", ""},
		{"us-east-1", "gwlab-us", "", "", ""},
		{"us-east-1", "gwlab-us", "", "", ""}, // as it always was there
		{s3Seoul, "ab", "ap-northeast-2", "InvalidBucketName", "The specified bucket is not valid."},
		{s3Seoul, "Upper", "ap-northeast-2", "InvalidBucketName", ""},
		{s3Seoul, "under_score", "ap-northeast-2", "InvalidBucketName", ""},
		{s3Seoul, "two..dots", "ap-northeast-2", "InvalidBucketName", ""},
		{s3Seoul, "10.0.1.123", "ap-northeast-2", "InvalidBucketName", ""},
		{s3Seoul, "-begin", "ap-northeast-2", "InvalidBucketName", ""},
		{s3Seoul, "xn--name", "ap-northeast-2", "InvalidBucketName", ""},
		{s3Seoul, "name-s3alias", "ap-northeast-2", "InvalidBucketName", ""},
		{s3Seoul, strings.Repeat("a", 64), "ap-northeast-2", "InvalidBucketName", ""},
		{s3Seoul, strings.Repeat("a", 63), "ap-northeast-2", "", ""},
	}
	for _, tt := range tests {
		c := l.client("AKIAADMIN", func(o *s3.Options) { o.Region = tt.region })
		in := &s3.CreateBucketInput{Bucket: &tt.name}
		if tt.location != "" {
			in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(tt.location)}
		}
		_, err := c.CreateBucket(t.Context(), in)
		t.Run(tt.region+" "+tt.name+" "+tt.location, func(t *testing.T) { wantError(t, err, tt.code, tt.message) })
	}

	out, err := l.admin().ListBuckets(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, b := range out.Buckets {
		names = append(names, *b.Name)
	}
	wantKeys(t, names, strings.Repeat("a", 63), "gwlab-1", "gwlab-us")
}

func TestS3Region(t *testing.T) {
	l := newS3Lab(t, "")
	l.makeBucket("gwlab-1")
	away := l.client("AKIAADMIN", func(o *s3.Options) { o.Region = "us-west-2" })
	_, err := away.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("gwlab-1")})
	wantError(t, err, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.")
	where, err := away.GetBucketLocation(t.Context(), &s3.GetBucketLocationInput{Bucket: aws.String("gwlab-1")})
	if err != nil || where.LocationConstraint != s3Seoul {
		t.Errorf("%v, %v", where, err)
	}
	head, err := l.admin().HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String("gwlab-1")})
	if err != nil || *head.BucketRegion != s3Seoul {
		t.Errorf("%v, %v", head, err)
	}
	_, err = l.admin().HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String("gwlab-none")})
	wantError(t, err, "NotFound", "")
}

func TestS3VirtualHost(t *testing.T) {
	l := newS3Lab(t, "")
	c := l.client("AKIAADMIN", l.wire)
	_, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket:                    aws.String("gwlab-v"),
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: s3Seoul},
	})
	if err != nil {
		t.Fatal(err)
	}
	// Over TLS the SDK sends unsigned chunks with a checksum trailer.
	body := string(sample(478809))
	if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("gwlab-v"), Key: aws.String("a b/한글+%.txt"), Body: strings.NewReader(body)}); err != nil {
		t.Fatal(err)
	}
	got, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("gwlab-v"), Key: aws.String("a b/한글+%.txt")})
	if err != nil {
		t.Fatal(err)
	}
	if readAll(t, got.Body) != body {
		t.Error("the body came back changed")
	}
	// A client of another region reaches that region's endpoint.
	_, err = l.client("AKIAADMIN", l.wire, func(o *s3.Options) { o.Region = "us-west-2" }).
		ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("gwlab-v")})
	wantError(t, err, "PermanentRedirect", "")
}

func TestS3BucketConfiguration(t *testing.T) {
	l := newS3Lab(t, "")
	l.makeBucket("gwlab-1")
	c, ctx, b := l.admin(), t.Context(), aws.String("gwlab-1")

	block, err := c.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: b})
	if err != nil {
		t.Fatal(err)
	}
	if p := block.PublicAccessBlockConfiguration; !*p.BlockPublicAcls || !*p.IgnorePublicAcls || !*p.BlockPublicPolicy || !*p.RestrictPublicBuckets {
		t.Errorf("a new bucket has %+v", p)
	}

	_, err = c.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: b})
	wantError(t, err, "NoSuchTagSet", "The TagSet does not exist")
	tags := []types.Tag{{Key: aws.String("lab:id"), Value: aws.String("x & <y>")}}
	if _, err := c.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: b, Tagging: &types.Tagging{TagSet: tags}}); err != nil {
		t.Fatal(err)
	}
	if got, err := c.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: b}); err != nil || len(got.TagSet) != 1 || *got.TagSet[0].Value != "x & <y>" {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := c.DeleteBucketTagging(ctx, &s3.DeleteBucketTaggingInput{Bucket: b}); err != nil {
		t.Error(err)
	}

	_, err = c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: b})
	wantError(t, err, "NoSuchBucketPolicy", "The bucket policy does not exist")
	if v, err := c.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: b}); err != nil || v.Status != "" {
		t.Errorf("%v, %v", v, err)
	}
	if e, err := c.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: b}); err != nil || e.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm != "AES256" {
		t.Errorf("%v, %v", e, err)
	}
	if o, err := c.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: b}); err != nil || o.OwnershipControls.Rules[0].ObjectOwnership != "BucketOwnerEnforced" {
		t.Errorf("%v, %v", o, err)
	}
	_, err = c.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: b})
	wantError(t, err, "NoSuchLifecycleConfiguration", "")

	// What is not there is refused by name, and not taken for something else.
	_, err = c.PutBucketAccelerateConfiguration(ctx, &s3.PutBucketAccelerateConfigurationInput{Bucket: b, AccelerateConfiguration: &types.AccelerateConfiguration{Status: "Enabled"}})
	wantError(t, err, "NotImplemented", "s3:PutBucketAccelerateConfiguration is not part of this lab, which has what the lesson on S3 gateway endpoints needs.")
	_, err = c.PutObjectAcl(ctx, &s3.PutObjectAclInput{Bucket: b, Key: aws.String("k"), ACL: "public-read"})
	wantError(t, err, "AccessControlListNotSupported", "The bucket does not allow ACLs")
	// Without its ownership controls a bucket could have ACLs on AWS, which the
	// lab has not.
	must(c.DeleteBucketOwnershipControls(ctx, &s3.DeleteBucketOwnershipControlsInput{Bucket: b}))(t)
	_, err = c.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: b})
	wantError(t, err, "OwnershipControlsNotFoundError", "The bucket ownership controls were not found")
	_, err = c.PutObjectAcl(ctx, &s3.PutObjectAclInput{Bucket: b, Key: aws.String("k"), ACL: "public-read"})
	wantError(t, err, "NotImplemented", "")
	// What is so anyway can be put, and nothing else.
	for ownership, code := range map[types.ObjectOwnership]string{"BucketOwnerEnforced": "", "ObjectWriter": "NotImplemented"} {
		_, err = c.PutBucketOwnershipControls(ctx, &s3.PutBucketOwnershipControlsInput{Bucket: b, OwnershipControls: &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{ObjectOwnership: ownership}}}})
		if code == "" && err == nil {
			continue
		}
		wantError(t, err, code, "s3:PutBucketOwnershipControls with "+string(ownership)+" is not part of this lab, which has what the lesson on S3 gateway endpoints needs.")
	}
	must(c.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: b}))(t)
	_, err = c.RestoreObject(ctx, &s3.RestoreObjectInput{Bucket: b, Key: aws.String("k")})
	wantError(t, err, "NotImplemented", "s3:RestoreObject is not part of this lab, which has what the lesson on S3 gateway endpoints needs.")
}

func TestS3DeleteBucket(t *testing.T) {
	l := newS3Lab(t, t.TempDir())
	l.makeBucket("gwlab-1")
	l.put("gwlab-1", "k", "v")
	c, ctx, b := l.admin(), t.Context(), aws.String("gwlab-1")
	_, err := c.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: b})
	wantError(t, err, "BucketNotEmpty", "The bucket you tried to delete is not empty")
	if _, err := c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: b, Key: aws.String("m")}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: b, Key: aws.String("k")}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: b}); err != nil {
		t.Fatal(err)
	}
	_, err = c.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: b})
	wantError(t, err, "NoSuchBucket", "The specified bucket does not exist")
	_, err = c.PutObject(ctx, &s3.PutObjectInput{Bucket: b, Key: aws.String("k"), Body: strings.NewReader("v")})
	wantError(t, err, "NoSuchBucket", "")

	l.makeBucket("gwlab-1") // and nothing of the old one is left
	if out, err := c.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: b}); err != nil || len(out.Uploads) > 0 {
		t.Errorf("%v, %v", out, err)
	}
}
