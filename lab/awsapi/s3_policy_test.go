package awsapi

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"gatewalk/lab/world"
)

const (
	s3Reader    = "arn:aws:sts::123456789012:assumed-role/reader/i-1"
	s3MayRead   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::gwlab-1"},{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::gwlab-1/*"}]}`
	s3OnlyOther = `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":["arn:aws:s3:::other","arn:aws:s3:::other/*"]}]}`
)

// TestS3Access is the table of aws-facts A.5 over the wire: the texts that a
// learner sees after "An error occurred (AccessDenied) when calling …".
func TestS3Access(t *testing.T) {
	list := func(c *s3.Client) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := c.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("gwlab-1")})
			return err
		}
	}
	get := func(c *s3.Client, key string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("gwlab-1"), Key: &key})
			return err
		}
	}
	l := newS3Lab(t, "")
	l.makeBucket("gwlab-1")
	l.put("gwlab-1", "TestImage1.png", "png")
	admin, role, nobody := l.client("AKIAADMIN"), l.client("ASIAROLE"), l.client("")
	const onlyVpce = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":["s3:ListBucket","s3:GetObject"],"Resource":["arn:aws:s3:::gwlab-1","arn:aws:s3:::gwlab-1/*"],"Condition":{"StringNotEquals":{"aws:sourceVpce":"` + s3Vpce + `"}}}]}`
	const byVpce = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::gwlab-1","Condition":{"StringEquals":{"aws:sourceVpce":"` + s3Vpce + `"}}}]}`
	const office = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::gwlab-1","Condition":{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}]}`

	tests := []struct {
		name             string
		role, bucket, vp string
		through          bool
		call             func(context.Context) error
		code, message    string
	}{
		{"role may", s3MayRead, "", "", false, list(role), "", ""},
		{"role may, through", s3MayRead, "", "", true, list(role), "", ""},
		{"role has no policy", "", "", "", false, list(role), "AccessDenied", "User: " + s3Reader + " is not authorized to perform: s3:ListBucket because no identity-based policy allows the s3:ListBucket action"},
		{"endpoint for another bucket", s3MayRead, "", s3OnlyOther, true, list(role), "AccessDenied", "User: " + s3Reader + " is not authorized to perform: s3:ListBucket because no VPC endpoint policy allows the s3:ListBucket action"},
		{"endpoint for another bucket, not through", s3MayRead, "", s3OnlyOther, false, list(role), "", ""},
		{"endpoint for another bucket, get", s3MayRead, "", s3OnlyOther, true, get(role, "TestImage1.png"), "AccessDenied", "User: " + s3Reader + " is not authorized to perform: s3:GetObject because no VPC endpoint policy allows the s3:GetObject action"},
		{"only by the endpoint: the laptop", "", onlyVpce, "", false, get(admin, "TestImage1.png"), "AccessDenied", `User: arn:aws:iam::123456789012:user/admin is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::gwlab-1/TestImage1.png" with an explicit deny in a resource-based policy`},
		{"only by the endpoint: through it", s3MayRead, onlyVpce, "", true, get(role, "TestImage1.png"), "", ""},
		{"SourceIp from the laptop", "", office, "", false, list(admin), "", ""},
		{"SourceIp through the endpoint", s3MayRead, office, "", true, list(role), "AccessDenied", "User: " + s3Reader + ` is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::gwlab-1" with an explicit deny in a resource-based policy`},
		{"no credentials, through", "", byVpce, "", true, list(nobody), "", ""},
		{"no credentials, from outside", "", byVpce, "", false, list(nobody), "AccessDenied", "Access Denied"},
		{"no credentials, no policy", "", "", "", false, list(nobody), "AccessDenied", "Access Denied"},
		{"missing key, may list", s3MayRead, "", "", false, get(role, "none"), "NoSuchKey", "The specified key does not exist."},
		{"missing key, may not list", strings.Replace(s3MayRead, "s3:ListBucket", "s3:None", 1), "", "", false, get(role, "none"), "AccessDenied", "User: " + s3Reader + " is not authorized to perform: s3:ListBucket because no identity-based policy allows the s3:ListBucket action"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l.change(func(tx *world.Tx) {
				r := tx.Roles.Edit("reader")
				r.Policies = map[string]string{}
				if tt.role != "" {
					r.Policies["p"] = tt.role
				}
				tx.Endpoints.Edit(s3Vpce).Policy = tt.vp
				tx.Buckets.Edit("gwlab-1").Policy = tt.bucket
			})
			l.fromLaptop()
			if tt.through {
				l.throughEndpoint()
			}
			wantError(t, tt.call(t.Context()), tt.code, tt.message)
		})
	}
}

func TestS3SourceIP(t *testing.T) {
	l := newS3Lab(t, "")
	l.makeBucket("gwlab-1")
	l.change(func(tx *world.Tx) {
		tx.Buckets.Edit("gwlab-1").Policy = `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:ListBucket","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"3.34.1.1"}}}]}`
	})
	list := func() error {
		_, err := l.admin().ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("gwlab-1")})
		return err
	}
	wantError(t, list(), "AccessDenied", "")
	l.source.Store(&Source{IP: netip.MustParseAddr("3.34.1.1")}) // the bastion
	wantError(t, list(), "", "")
}

func TestS3PutBucketPolicy(t *testing.T) {
	l := newS3Lab(t, "")
	l.makeBucket("gwlab-1")
	const public = `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::gwlab-1/*"}]}`
	put := func(text string) error {
		_, err := l.admin().PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String("gwlab-1"), Policy: &text})
		return err
	}
	err := l.world.Update(func(tx *world.Tx) error {
		_, err := tx.CreateUser(world.User{Name: "anna", Path: "/team/"}) // who has no access key
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, policy, code, message string }{
		{"public", public, "AccessDenied", `User: arn:aws:iam::123456789012:user/admin is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::gwlab-1" because public policies are blocked by the BlockPublicPolicy block public access setting.`},
		{"bound to an endpoint", strings.Replace(public, `"Resource"`, `"Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}},"Resource"`, 1), "", ""},
		{"no JSON", "policy", "MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'"},
		{"other bucket", strings.Replace(public, "gwlab-1", "gwlab-2", 1), "MalformedPolicy", "Policy has invalid resource"},
		{"no principal", strings.Replace(public, `"Principal":"*",`, "", 1), "MalformedPolicy", "Missing required field Principal"},
		{"unknown role", strings.Replace(public, `"Principal":"*"`, `"Principal":{"AWS":"arn:aws:iam::123456789012:role/gone"}`, 1), "MalformedPolicy", "Invalid principal in policy"},
		{"known role", strings.Replace(public, `"Principal":"*"`, `"Principal":{"AWS":"arn:aws:iam::123456789012:role/reader"}`, 1), "", ""},
		{"known user", strings.Replace(public, `"Principal":"*"`, `"Principal":{"AWS":"arn:aws:iam::123456789012:user/team/anna"}`, 1), "", ""},
		{"user of another path", strings.Replace(public, `"Principal":"*"`, `"Principal":{"AWS":"arn:aws:iam::123456789012:user/anna"}`, 1), "MalformedPolicy", "Invalid principal in policy"},
		{"unknown operator", strings.Replace(public, `"Resource"`, `"Condition":{"StringIs":{"a":"b"}},"Resource"`, 1), "MalformedPolicy", "Invalid Condition type : StringIs"},
		{"too large", strings.Replace(public, "gwlab-1/", "gwlab-1/"+strings.Repeat("a", maxPolicy), 1), "PolicyTooLarge", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantError(t, put(tt.policy), tt.code, tt.message)
			if tt.code != "" {
				return
			}
			got, err := l.admin().GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: aws.String("gwlab-1")})
			if err != nil || *got.Policy != tt.policy {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	_, err = l.admin().PutPublicAccessBlock(t.Context(), &s3.PutPublicAccessBlockInput{
		Bucket:                         aws.String("gwlab-1"),
		PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{BlockPublicPolicy: aws.Bool(false)},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, put(public), "", "")
	l.put("gwlab-1", "k", "v")
	got, err := l.client("").GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("gwlab-1"), Key: aws.String("k")})
	if err != nil || readAll(t, got.Body) != "v" {
		t.Errorf("a public object: %v", err)
	}
	if _, err := l.admin().DeleteBucketPolicy(t.Context(), &s3.DeleteBucketPolicyInput{Bucket: aws.String("gwlab-1")}); err != nil {
		t.Error(err)
	}
}

func TestS3Signature(t *testing.T) {
	l := newS3Lab(t, "")
	l.makeBucket("gwlab-1")
	tests := []struct{ key, secret, token, code, message string }{
		{"AKIANOBODY", "x", "", "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."},
		{"ASIAROLE", "role", "", "InvalidAccessKeyId", ""}, // without its token
		{"ASIAROLE", "role", "another", "InvalidToken", "The provided token is malformed or otherwise invalid."},
		{"AKIAADMIN", "wrong", "", "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method."},
		{"ASIAOLD", "role", "token", "ExpiredToken", "The provided token has expired."},
	}
	for _, tt := range tests {
		c := l.client("", func(o *s3.Options) {
			o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: tt.key, SecretAccessKey: tt.secret, SessionToken: tt.token}, nil
			})
		})
		_, err := c.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("gwlab-1")})
		wantError(t, err, tt.code, tt.message)
	}
}

// TestS3Calls sees what the call log says of S3.
func TestS3Calls(t *testing.T) {
	l := newS3Lab(t, "")
	l.makeBucket("gwlab-1")
	l.put("gwlab-1", "k", "v")
	l.admin().ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("gwlab-1")})
	l.admin().GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("gwlab-1"), Key: aws.String("none")})
	var got []string
	for _, c := range l.server.Calls() {
		got = append(got, strings.TrimSpace(c.Service+" "+c.Action+" "+c.Code))
	}
	wantKeys(t, got, "s3 CreateBucket", "s3 PutObject", "s3 ListObjectsV2", "s3 GetObject NoSuchKey")
}
