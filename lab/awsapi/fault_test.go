package awsapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"gatewalk/lab/sigv4"
	"gatewalk/lab/world"
)

func TestFaults(t *testing.T) {
	l := newAPI(t, 1000)
	create := func() error {
		_, err := l.ec2.CreateVpc(l.ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
		return err
	}
	vpcs := func() int { return len(l.world.Snapshot().Vpcs) }

	l.server.Fault(Fault{Action: "CreateVpc", Skip: 1, Before: &world.Error{Code: "InternalError", Message: "no", Status: 500}})
	if err := create(); err != nil || vpcs() != 1 {
		t.Errorf("skipped: %v, %d VPCs", err, vpcs())
	}
	if err := create(); code(err) != "InternalError" || vpcs() != 1 {
		t.Errorf("before: %v, %d VPCs", err, vpcs())
	}
	if err := create(); err != nil || vpcs() != 2 {
		t.Errorf("over: %v, %d VPCs", err, vpcs())
	}

	l.server.Fault(Fault{Action: "ec2:CreateVpc", LoseAnswer: true})
	if err := create(); err == nil || code(err) != err.Error() || vpcs() != 3 {
		t.Errorf("answer lost: %v, %d VPCs", err, vpcs())
	}

	l.server.Fault(Fault{Action: "*", Throttle: 2})
	for i, want := range []string{"RequestLimitExceeded", "RequestLimitExceeded", ""} {
		if _, err := l.ec2.DescribeVpcs(l.ctx, &ec2.DescribeVpcsInput{}); code(err) != want {
			t.Errorf("throttled call %d: %v", i, err)
		}
	}
	l.server.Fault(Fault{Action: "iam:*", Throttle: 1})
	if _, err := l.iam.ListRoles(l.ctx, &iam.ListRolesInput{}); code(err) != "Throttling" {
		t.Errorf("iam: %v", err)
	}

	l.server.Fault(Fault{Action: "DescribeVpcs", Delay: 30 * time.Second})
	start := time.Now()
	if _, err := l.ec2.DescribeVpcs(l.ctx, &ec2.DescribeVpcsInput{}); err != nil || time.Since(start) < 30*time.Millisecond {
		t.Errorf("delayed: %v after %v", err, time.Since(start))
	}

	l.server.Fault(Fault{Action: "DescribeVpcs", Times: -1, Before: &world.Error{Code: "Unavailable", Message: "x", Status: 503}})
	for range 3 {
		if _, err := l.ec2.DescribeVpcs(l.ctx, &ec2.DescribeVpcsInput{}); code(err) != "Unavailable" {
			t.Errorf("always: %v", err)
		}
	}
	l.server.ClearFaults()
	if _, err := l.ec2.DescribeVpcs(l.ctx, &ec2.DescribeVpcsInput{}); err != nil {
		t.Errorf("cleared: %v", err)
	}
}

// Eventual consistency: what was made is not there for a while, and then is.
func TestHide(t *testing.T) {
	l := newAPI(t, 1)
	l.server.Fault(Fault{Action: "CreateVpc", Hide: time.Hour})
	vpc := l.vpc("10.0.0.0/16")
	cidr := aws.String("10.0.1.0/24")
	if got := must(l.ec2.DescribeVpcs(l.ctx, &ec2.DescribeVpcsInput{}))(t).Vpcs; len(got) != 0 {
		t.Errorf("the hidden VPC is listed: %v", got)
	}
	if _, err := l.ec2.DescribeVpcs(l.ctx, &ec2.DescribeVpcsInput{VpcIds: []string{vpc}}); code(err) != "InvalidVpcID.NotFound" {
		t.Errorf("describing: %v", err)
	}
	if _, err := l.ec2.CreateSubnet(l.ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: cidr}); code(err) != "InvalidVpcID.NotFound" {
		t.Errorf("using: %v", err)
	}
	l.server.Fault(Fault{Action: "CreateInstanceProfile", Hide: time.Hour})
	must(l.iam.CreateInstanceProfile(l.ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("p")}))(t)
	if _, err := l.iam.GetInstanceProfile(l.ctx, &iam.GetInstanceProfileInput{InstanceProfileName: aws.String("p")}); code(err) != "NoSuchEntity" {
		t.Errorf("profile: %v", err)
	}
	l.server.ClearFaults()
	l.subnet(vpc, *cidr)
}

func TestCalls(t *testing.T) {
	l := newAPI(t, 1)
	l.vpc("10.0.0.0/16")
	l.ec2.DeleteVpc(l.ctx, &ec2.DeleteVpcInput{VpcId: aws.String("vpc-00000000000000000")})
	getImage(l)
	calls := l.server.Calls()
	if len(calls) != 3 {
		t.Fatalf("%d calls", len(calls))
	}
	if c := calls[0]; c.Service != "ec2" || c.Action != "CreateVpc" || c.Params.Get("CidrBlock") != "10.0.0.0/16" || c.Status != 200 || c.Code != "" || c.Principal != "arn:aws:iam::123456789012:user/admin" {
		t.Errorf("first = %+v", c)
	}
	if c := calls[1]; c.Action != "DeleteVpc" || c.Code != "InvalidVpcID.NotFound" || c.Status != 400 {
		t.Errorf("second = %+v", c)
	}
	if c := calls[2]; c.Service != "ssm" || c.Action != "GetParameter" || !strings.HasSuffix(c.Params.Get("Name"), "x86_64") {
		t.Errorf("third = %+v", c)
	}
	for range maxCalls + 10 {
		l.server.log(entry{Call: Call{Action: "x"}})
	}
	if n := len(l.server.Calls()); n != maxCalls {
		t.Errorf("%d calls are remembered", n)
	}
}

// Credentials that are wrong, each in the words of the service.
func TestBadCredentials(t *testing.T) {
	l := newAPI(t, 1)
	unknown, wrong := aws.Credentials{AccessKeyID: "AKIANOBODY", SecretAccessKey: "x"}, aws.Credentials{AccessKeyID: "AKIAADMIN", SecretAccessKey: "x"}
	for _, tt := range []struct {
		key            aws.Credentials
		ec2, sts, json string
	}{
		{unknown, "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException"},
		{wrong, "AuthFailure", "SignatureDoesNotMatch", "InvalidSignatureException"},
	} {
		l.as(tt.key)
		if _, err := l.ec2.DescribeVpcs(l.ctx, &ec2.DescribeVpcsInput{}); code(err) != tt.ec2 {
			t.Errorf("%s: ec2 %v", tt.key.AccessKeyID, err)
		}
		if _, err := l.sts.GetCallerIdentity(l.ctx, &sts.GetCallerIdentityInput{}); code(err) != tt.sts {
			t.Errorf("%s: sts %v", tt.key.AccessKeyID, err)
		}
		if err := getImage(l); code(err) != tt.json {
			t.Errorf("%s: ssm %v", tt.key.AccessKeyID, err)
		}
	}
}

// send signs a raw request and returns status and body.
func (l *apiLab) send(service, contentType, target, body string) (int, string) {
	l.t.Helper()
	r, err := http.NewRequestWithContext(l.ctx, "POST", l.url+"/", strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
	}
	sigv4.Sign(r, []byte(body), sigv4.Credentials{AccessKeyID: l.key.AccessKeyID, SecretKey: l.key.SecretAccessKey}, "ap-northeast-2", service, time.Now())
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}

const formType = "application/x-www-form-urlencoded; charset=utf-8"

// What goes over the wire, where a client would hide it.
func TestWire(t *testing.T) {
	l := newAPI(t, 1)
	for _, tt := range []struct {
		name, service, content, target, body string
		status                               int
		want                                 string
	}{
		{"ec2 error", "ec2", formType, "", "Action=DeleteVpc&VpcId=vpc-00000000000000000&Version=2016-11-15", 400,
			"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code><Message>The vpc ID 'vpc-00000000000000000' does not exist</Message></Error></Errors><RequestID>"},
		{"ec2 envelope", "ec2", formType, "", "Action=DescribeVpcs&Version=2016-11-15", 200, `<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>`},
		{"ec2 empty list", "ec2", formType, "", "Action=DescribeVpcs&Version=2016-11-15", 200, `</requestId><vpcSet></vpcSet></DescribeVpcsResponse>`},
		{"ec2 missing", "ec2", formType, "", "Action=CreateVpc&Version=2016-11-15", 400, "<Code>MissingParameter</Code><Message>The request must contain the parameter CidrBlock</Message>"},
		{"ec2 no action", "ec2", formType, "", "Version=2016-11-15", 400, "<Code>MissingAction</Code>"},
		{"iam error", "iam", formType, "", "Action=GetRole&RoleName=x&Version=2010-05-08", 404, "<Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>The role with name x cannot be found.</Message></Error><RequestId>"},
		{"iam void", "iam", formType, "", "Action=DeleteAccessKey&AccessKeyId=AKIAX&UserName=x&Version=2010-05-08", 404, "<Code>NoSuchEntity</Code>"},
		{"iam list", "iam", formType, "", "Action=ListRoles&Version=2010-05-08", 200, "<Roles></Roles><IsTruncated>false</IsTruncated></ListRolesResult><ResponseMetadata><RequestId>"},
		{"iam missing", "iam", formType, "", "Action=GetRole&Version=2010-05-08", 400, "<Code>ValidationError</Code>"},
		{"ssm", "ssm", "application/x-amz-json-1.1", "AmazonSSM.GetParameter", `{"Name":"/none"}`, 400, `{"__type":"ParameterNotFound"`},
		{"ssm garbage", "ssm", "application/x-amz-json-1.1", "AmazonSSM.GetParameter", `{`, 400, `"__type":"SerializationException"`},
		{"ssm unknown", "ssm", "application/x-amz-json-1.1", "AmazonSSM.PutParameter", `{}`, 501, "ssm:PutParameter"},
		{"dynamodb", "dynamodb", "application/x-amz-json-1.0", "DynamoDB_20120810.ListTables", `{}`, 200, `{"TableNames":[]}`},
		{"another service", "lambda", "application/x-amz-json-1.0", "AWSLambda.Invoke", `{}`, 501, "lambda:Invoke"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, body := l.send(tt.service, tt.content, tt.target, tt.body)
			if status != tt.status || !strings.Contains(body, tt.want) || strings.Contains(body, "request-id") {
				t.Errorf("%d %s\nwant %d %s", status, body, tt.status, tt.want)
			}
		})
	}
	resp, err := http.Post(l.url, formType, strings.NewReader("Action=DescribeVpcs"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 400 {
		t.Errorf("unsigned: %s", resp.Status)
	}
}

func TestParametersByList(t *testing.T) {
	l := newAPI(t, 1)
	out := must(l.ssm.GetParameters(l.ctx, &ssm.GetParametersInput{Names: []string{"/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64", "/none"}}))(t)
	if len(out.Parameters) != 1 || len(out.InvalidParameters) != 1 || out.Parameters[0].Version != 161 {
		t.Errorf("parameters = %+v", out)
	}
}

// The stock CLI, where it is installed.
func TestCLI(t *testing.T) {
	path, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the aws command is not installed")
	}
	l := newAPI(t, 1)
	run := func(args ...string) (string, error) {
		ctx, cancel := context.WithTimeout(l.ctx, 30*time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, path, append([]string{"--endpoint-url", l.url, "--region", "ap-northeast-2", "--output", "text"}, args...)...)
		cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=AKIAADMIN", "AWS_SECRET_ACCESS_KEY=admin", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		return strings.TrimSpace(out.String()), err
	}
	vpc, err := run("ec2", "create-vpc", "--cidr-block", "10.0.0.0/16", "--query", "Vpc.VpcId")
	if err != nil || !strings.HasPrefix(vpc, "vpc-") {
		t.Fatalf("create-vpc: %s, %v", vpc, err)
	}
	l.subnet(vpc, "10.0.1.0/24")
	const want = "An error occurred (DependencyViolation) when calling the DeleteVpc operation: The vpc '%s' has dependencies and cannot be deleted."
	if got, _ := run("ec2", "delete-vpc", "--vpc-id", vpc); got != fmt.Sprintf(want, vpc) {
		t.Errorf("delete-vpc: %s", got)
	}
}
