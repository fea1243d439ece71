package awsapi

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// What the lab does not have is refused by name, and the SDK, with its own
// retries on, asks once.
func TestAbsent(t *testing.T) {
	l := newAPI(t, 1)
	cfg := aws.Config{Region: "ap-northeast-2", BaseEndpoint: &l.url, HTTPClient: l.client, Credentials: credentials.StaticCredentialsProvider{Value: l.key}}
	s := aws.String
	for _, tt := range []struct {
		name string
		call func() error
	}{
		{"ec2:CreateVolume", func() error {
			_, err := ec2.NewFromConfig(cfg).CreateVolume(l.ctx, &ec2.CreateVolumeInput{AvailabilityZone: s("ap-northeast-2a")})
			return err
		}},
		{"iam:ListGroups", func() error {
			_, err := iam.NewFromConfig(cfg).ListGroups(l.ctx, &iam.ListGroupsInput{})
			return err
		}},
		{"sts:GetFederationToken", func() error {
			_, err := sts.NewFromConfig(cfg).GetFederationToken(l.ctx, &sts.GetFederationTokenInput{Name: s("n")})
			return err
		}},
		{"ssm:ListDocuments", func() error {
			_, err := ssm.NewFromConfig(cfg).ListDocuments(l.ctx, &ssm.ListDocumentsInput{})
			return err
		}},
		{"s3:PutBucketReplication", func() error {
			_, err := s3.NewFromConfig(cfg).PutBucketReplication(l.ctx, &s3.PutBucketReplicationInput{
				Bucket: s("gwlab-b"), ReplicationConfiguration: &s3types.ReplicationConfiguration{Role: s("r"), Rules: []s3types.ReplicationRule{}},
			})
			return err
		}},
	} {
		before := len(l.server.Calls())
		err := tt.call()
		if code(err) != "NotImplemented" || !strings.Contains(err.Error(), "StatusCode: 501") ||
			!strings.Contains(err.Error(), tt.name+" is not part of this lab, which has what the lesson on S3 gateway endpoints needs.") {
			t.Errorf("%s: %v", tt.name, err)
		}
		if n := len(l.server.Calls()) - before; n != 1 {
			t.Errorf("%s was asked for %d times", tt.name, n)
		}
	}
}

// A region that the lab is not in is not this lab's under another name; IAM and
// STS are in all of them.
func TestElsewhere(t *testing.T) {
	l := newAPI(t, 1)
	vpc := l.vpc("10.0.0.0/16")
	cfg := aws.Config{Region: "us-east-1", BaseEndpoint: &l.url, HTTPClient: l.client, Credentials: credentials.StaticCredentialsProvider{Value: l.key}}
	_, err := ec2.NewFromConfig(cfg).DescribeVpcs(l.ctx, &ec2.DescribeVpcsInput{})
	if code(err) != "NotImplemented" || !strings.Contains(err.Error(), "ec2:DescribeVpcs in us-east-1 is not part of this lab, which is in ap-northeast-2.") {
		t.Errorf("VPCs of another region: %v", err)
	}
	if _, err := ec2.NewFromConfig(cfg).DeleteVpc(l.ctx, &ec2.DeleteVpcInput{VpcId: &vpc}); code(err) != "NotImplemented" || l.world.Snapshot().Vpcs[vpc] == nil {
		t.Errorf("deleted from another region: %v", err)
	}
	if _, err := ssm.NewFromConfig(cfg).GetParameter(l.ctx, &ssm.GetParameterInput{Name: aws.String("x")}); code(err) != "NotImplemented" {
		t.Errorf("parameters of another region: %v", err)
	}
	must(sts.NewFromConfig(cfg).GetCallerIdentity(l.ctx, &sts.GetCallerIdentityInput{}))(t)
	must(iam.NewFromConfig(cfg).ListRoles(l.ctx, &iam.ListRolesInput{}))(t)
}

// CBOR, read by botocore's own parser of it.
func TestAbsentInCBOR(t *testing.T) {
	t.Parallel()
	l := newAPI(t, 1)
	out := l.boto3(t, "-c", `
import os, sys, urllib.request, urllib.error
try:
    from botocore.parsers import RpcV2CBORParser
except ImportError:
    sys.exit(print("too old"))
request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + "/service/GraniteServiceVersion20100801/operation/ListMetrics", data=b"\xa0", method="POST", headers={
    "Smithy-Protocol": "rpc-v2-cbor", "Content-Type": "application/cbor",
    "Authorization": "AWS4-HMAC-SHA256 Credential=AKIAADMIN/20220103/ap-northeast-2/monitoring/aws4_request, SignedHeaders=host, Signature=00"})
try:
    urllib.request.urlopen(request)
except urllib.error.HTTPError as e:
    parsed = RpcV2CBORParser().parse({"status_code": e.code, "headers": dict(e.headers), "body": e.read()}, None)
    print(e.code, parsed["Error"]["Code"], parsed["Error"]["Message"])
`)
	if out == "too old\n" {
		t.Skip("botocore is older than CBOR")
	}
	if want := "501 NotImplemented monitoring:ListMetrics is not part of this lab"; !strings.HasPrefix(out, want) {
		t.Errorf("got %q, want %q", out, want)
	}
}

// Services that the lab does not have answer in their own protocols: botocore
// reads code, text and status of each, and asks once.
func TestAbsentServices(t *testing.T) {
	t.Parallel() // it mostly waits for another process
	l := newAPI(t, 1)
	out := l.boto3(t, "-c", `
import boto3, botocore.exceptions
for service, call, kw in [("lambda", "list_functions", {}), ("route53", "list_hosted_zones", {}), ("cloudfront", "list_distributions", {}),
    ("logs", "describe_log_groups", {}), ("sns", "list_topics", {}), ("rds", "describe_db_instances", {}), ("sqs", "list_queues", {}),
    ("dynamodb", "describe_table", {"TableName": "t"}), ("ssm", "list_documents", {}), ("iam", "list_groups", {}),
    ("ec2", "create_volume", {"AvailabilityZone": "ap-northeast-2a", "Size": 1}), ("apigateway", "get_rest_apis", {}), ("cloudtrail", "describe_trails", {})]:
    try:
        getattr(boto3.client(service, region_name="ap-northeast-2"), call)(**kw)
        print(service, "answers")
    except botocore.exceptions.ClientError as e:
        m = e.response["ResponseMetadata"]
        print(service, e.response["Error"]["Code"], m["HTTPStatusCode"], m["RetryAttempts"], e.response["Error"]["Message"])
`)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	for _, want := range []string{
		"lambda lambda:GET /2015-03-31/functions", "route53 route53:GET /2013-04-01/hostedzone", "cloudfront cloudfront:GET /2020-05-31/distribution",
		"logs logs:DescribeLogGroups", "sns sns:ListTopics", "rds rds:DescribeDBInstances", "sqs sqs:ListQueues", "dynamodb dynamodb:DescribeTable",
		"ssm ssm:ListDocuments", "iam iam:ListGroups", "ec2 ec2:CreateVolume", "apigateway apigateway:GET /restapis", "cloudtrail cloudtrail:DescribeTrails",
	} {
		service, name, _ := strings.Cut(want, " ")
		want = service + " NotImplemented 501 0 " + name
		if len(lines) == 0 || !strings.HasPrefix(lines[0], want) || !strings.Contains(lines[0], "is not part of this lab") {
			t.Fatalf("want %q in\n%s", want, out)
		}
		lines = lines[1:]
	}
}

// Without a signature, what the lab does not have is refused by name all the
// same, wherever a request tells whom it is for; what it has is refused as AWS
// refuses a stranger.
func TestAbsentUnsigned(t *testing.T) {
	t.Parallel() // it mostly waits for another process
	l := newAPI(t, 1)
	out := l.boto3(t, "-c", `
import boto3, botocore.exceptions
from botocore import UNSIGNED
from botocore.config import Config
for service, call, kw in [("lambda", "list_functions", {}), ("route53", "list_hosted_zones", {}), ("cloudfront", "list_distributions", {}),
    ("logs", "describe_log_groups", {}), ("sns", "list_topics", {}), ("rds", "describe_db_instances", {}), ("sqs", "list_queues", {}),
    ("cloudformation", "list_stacks", {}), ("elbv2", "describe_load_balancers", {}), ("autoscaling", "describe_auto_scaling_groups", {}),
    ("sts", "assume_role_with_web_identity", {"RoleArn": "arn:aws:iam::123456789012:role/reader", "RoleSessionName": "session", "WebIdentityToken": "token"}),
    ("sts", "get_caller_identity", {}), ("iam", "list_users", {}), ("ec2", "describe_vpcs", {}), ("ssm", "get_parameter", {"Name": "n"}),
    ("dynamodb", "list_tables", {}), ("s3", "list_objects_v2", {"Bucket": "2015-03-31-none"})]:
    try:
        getattr(boto3.client(service, region_name="ap-northeast-2", config=Config(signature_version=UNSIGNED)), call)(**kw)
        print(service, "answers")
    except botocore.exceptions.ClientError as e:
        print(service, e.response["ResponseMetadata"]["HTTPStatusCode"], e.response["Error"]["Code"], e.response["Error"]["Message"])
`)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	for i, want := range []string{
		"lambda 501 NotImplemented lambda:GET /2015-03-31/functions", "route53 501 NotImplemented route53:GET /2013-04-01/hostedzone", "cloudfront 501 NotImplemented cloudfront:GET /2020-05-31/distribution",
		"logs 501 NotImplemented logs:DescribeLogGroups", "sns 501 NotImplemented sns:ListTopics", "rds 501 NotImplemented rds:DescribeDBInstances", "sqs 501 NotImplemented sqs:ListQueues",
		"cloudformation 501 NotImplemented cloudformation:ListStacks", "elbv2 501 NotImplemented elasticloadbalancing:DescribeLoadBalancers", "autoscaling 501 NotImplemented autoscaling:DescribeAutoScalingGroups",
		"sts 501 NotImplemented sts:AssumeRoleWithWebIdentity",
		"sts 403 MissingAuthenticationToken", "iam 403 MissingAuthenticationToken", "ec2 400 MissingParameter", "ssm 400 MissingAuthenticationTokenException",
		"dynamodb 400 MissingAuthenticationTokenException", "s3 404 NoSuchBucket",
	} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Fatalf("want %q in\n%s", want, out)
		}
	}
}
