package awsapi

import (
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// maybe is the answer of a read that may find nothing: then it is code1.
func maybe[T any](tf *terraform, code1 string) func(T, error) any {
	return func(out T, err error) any {
		tf.t.Helper()
		if err == nil {
			return "found"
		}
		if code(err) != code1 {
			tf.t.Fatal(err)
		}
		return code1
	}
}

// applyStorage is the bucket, which is read through all that a bucket can have,
// its policy, its public access block, and the object.
func (tf *terraform) applyStorage() {
	c, ctx, s := tf.s3, tf.ctx, aws.String
	bucket, key := s("gwlab-terraform"), s("TestImage1.png")

	// aws_s3_bucket
	ok[*s3.CreateBucketOutput](tf)(c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "ap-northeast-2"}}))
	head := func() *s3.HeadBucketOutput {
		return ok[*s3.HeadBucketOutput](tf)(c.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: bucket}))
	}
	head()
	ok[*s3.PutBucketTaggingOutput](tf)(c.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: bucket, Tagging: &s3types.Tagging{TagSet: []s3types.Tag{{Key: s("course"), Value: s("gatewalk")}}}}))
	tf.apply(tfResource{"aws_s3_bucket", func() any {
		h := head()
		if aws.ToString(h.BucketRegion) != "ap-northeast-2" {
			tf.t.Errorf("the bucket's region is %v", h.BucketRegion)
		}
		acl := ok[*s3.GetBucketAclOutput](tf)(c.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: bucket}))
		return []any{
			maybe[*s3.GetBucketPolicyOutput](tf, "NoSuchBucketPolicy")(c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: bucket})),
			acl.Grants, acl.Owner,
			maybe[*s3.GetBucketCorsOutput](tf, "NoSuchCORSConfiguration")(c.GetBucketCors(ctx, &s3.GetBucketCorsInput{Bucket: bucket})),
			maybe[*s3.GetBucketWebsiteOutput](tf, "NoSuchWebsiteConfiguration")(c.GetBucketWebsite(ctx, &s3.GetBucketWebsiteInput{Bucket: bucket})),
			ok[*s3.GetBucketVersioningOutput](tf)(c.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: bucket})).Status,
			ok[*s3.GetBucketAccelerateConfigurationOutput](tf)(c.GetBucketAccelerateConfiguration(ctx, &s3.GetBucketAccelerateConfigurationInput{Bucket: bucket})).Status,
			ok[*s3.GetBucketRequestPaymentOutput](tf)(c.GetBucketRequestPayment(ctx, &s3.GetBucketRequestPaymentInput{Bucket: bucket})).Payer,
			ok[*s3.GetBucketLoggingOutput](tf)(c.GetBucketLogging(ctx, &s3.GetBucketLoggingInput{Bucket: bucket})).LoggingEnabled,
			maybe[*s3.GetBucketLifecycleConfigurationOutput](tf, "NoSuchLifecycleConfiguration")(c.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: bucket})),
			maybe[*s3.GetBucketReplicationOutput](tf, "ReplicationConfigurationNotFoundError")(c.GetBucketReplication(ctx, &s3.GetBucketReplicationInput{Bucket: bucket})),
			ok[*s3.GetBucketEncryptionOutput](tf)(c.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: bucket})).ServerSideEncryptionConfiguration,
			maybe[*s3.GetObjectLockConfigurationOutput](tf, "ObjectLockConfigurationNotFoundError")(c.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: bucket})),
			ok[*s3.GetBucketLocationOutput](tf)(c.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: bucket})).LocationConstraint,
			ok[*s3.GetBucketTaggingOutput](tf)(c.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: bucket})).TagSet,
		}
	}, func() {
		ok[*s3.DeleteBucketOutput](tf)(c.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: bucket}))
		tf.gone("the bucket", func() error {
			_, err := c.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: bucket})
			return err
		}, "NotFound")
	}})

	// aws_s3_bucket_public_access_block
	ok[*s3.PutPublicAccessBlockOutput](tf)(c.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: bucket, PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{
		BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true),
	}}))
	tf.apply(tfResource{"aws_s3_bucket_public_access_block", func() any {
		return ok[*s3.GetPublicAccessBlockOutput](tf)(c.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: bucket})).PublicAccessBlockConfiguration
	}, func() {
		ok[*s3.DeletePublicAccessBlockOutput](tf)(c.DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{Bucket: bucket}))
		tf.gone("the public access block", func() error {
			_, err := c.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: bucket})
			return err
		}, "NoSuchPublicAccessBlockConfiguration")
	}})

	// aws_s3_bucket_server_side_encryption_configuration
	ok[*s3.PutBucketEncryptionOutput](tf)(c.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: bucket, ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{
		Rules: []s3types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: "AES256"}}},
	}}))
	tf.apply(tfResource{"aws_s3_bucket_server_side_encryption_configuration", func() any {
		return ok[*s3.GetBucketEncryptionOutput](tf)(c.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: bucket})).ServerSideEncryptionConfiguration
	}, func() {
		ok[*s3.DeleteBucketEncryptionOutput](tf)(c.DeleteBucketEncryption(ctx, &s3.DeleteBucketEncryptionInput{Bucket: bucket}))
	}})

	// aws_s3_bucket_policy
	ok[*s3.PutBucketPolicyOutput](tf)(c.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: bucket, Policy: s(`{"Statement":[{"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Resource":["arn:aws:s3:::gwlab-terraform/none"]}],"Version":"2012-10-17"}`)}))
	tf.apply(tfResource{"aws_s3_bucket_policy", func() any {
		return *ok[*s3.GetBucketPolicyOutput](tf)(c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: bucket})).Policy
	}, func() {
		ok[*s3.DeleteBucketPolicyOutput](tf)(c.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: bucket}))
		tf.gone("the bucket policy", func() error {
			_, err := c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: bucket})
			return err
		}, "NoSuchBucketPolicy")
	}})

	// aws_s3_object
	body := strings.Repeat("gatewalk", 1000)
	ok[*s3.PutObjectOutput](tf)(c.PutObject(ctx, &s3.PutObjectInput{
		Bucket: bucket, Key: key, Body: strings.NewReader(body), ContentType: s("image/png"), Tagging: s("course=gatewalk"), ChecksumAlgorithm: "CRC32",
	}))
	tf.apply(tfResource{"aws_s3_object", func() any {
		h := ok[*s3.HeadObjectOutput](tf)(c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: key, ChecksumMode: "ENABLED"}))
		return []any{h.ETag, h.ContentType, h.ContentLength, h.StorageClass, h.ServerSideEncryption, h.Metadata, h.VersionId, h.ChecksumCRC32, h.LastModified,
			ok[*s3.GetObjectTaggingOutput](tf)(c.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: bucket, Key: key})).TagSet}
	}, func() {
		ok[*s3.DeleteObjectOutput](tf)(c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: key}))
		tf.gone("the object", func() error {
			_, err := c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: key})
			return err
		}, "NotFound")
	}})
	got := ok[*s3.GetObjectOutput](tf)(c.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key}))
	defer got.Body.Close()
	if b, err := io.ReadAll(got.Body); err != nil || string(b) != body {
		tf.t.Errorf("the object has %d bytes: %v", len(b), err)
	}
}
