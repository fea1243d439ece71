package awsapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"gatewalk/lab/world"
)

// apiLab is a server with an administrator, and the real SDK in front of it.
type apiLab struct {
	t      testing.TB
	ctx    context.Context
	world  *world.World
	server *Server
	url    string
	client *http.Client
	key    aws.Credentials
	ec2    *ec2.Client
	iam    *iam.Client
	sts    *sts.Client
	ssm    *ssm.Client
}

// newAPI starts a server whose lesson runs speed times as fast as the machine.
func newAPI(t testing.TB, speed float64) *apiLab {
	t.Helper()
	return newAPIOn(t, world.Options{Seed: 7, Clock: world.NewClock(time.Date(2022, 1, 3, 2, 36, 9, 0, time.UTC), speed)})
}

func newAPIOn(t testing.TB, o world.Options) *apiLab {
	t.Helper()
	w := world.New(o)
	objects, err := OpenObjects("")
	if err != nil {
		t.Fatal(err)
	}
	l := &apiLab{t: t, ctx: context.Background(), world: w, server: New(w, objects)}
	err = w.Update(func(tx *world.Tx) error {
		tx.Principals.Put("AKIAADMIN", &world.Principal{
			AccessKeyID: "AKIAADMIN", SecretKey: "admin", UserID: "AIDAADMIN",
			Arn: "arn:aws:iam::123456789012:user/admin", Admin: true,
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var handler http.Handler = l.server
	if _, bench := t.(*testing.B); !bench {
		handler = checked(t, l.server)
	}
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	l.url = srv.URL
	transport := awshttp.NewBuildableClient().GetTransport()
	t.Cleanup(transport.CloseIdleConnections)
	l.client = &http.Client{Transport: plainBodies{transport}}
	l.as(aws.Credentials{AccessKeyID: "AKIAADMIN", SecretAccessKey: "admin"})
	return l
}

// plainBodies sends bodies that can be read and nothing else. The SDK closes a
// request's body once an answer has begun; its WriteTo then says io.EOF, which
// net/http takes for a failed request if it had yet to ask for the body's end,
// and cuts the connection in the middle of the answer. This server is so quick.
type plainBodies struct{ http.RoundTripper }

func (p plainBodies) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		plain := *r
		plain.Body = struct{ io.ReadCloser }{r.Body}
		r = &plain
	}
	return p.RoundTripper.RoundTrip(r)
}

// as makes all further calls with these credentials, without retries.
func (l *apiLab) as(key aws.Credentials) {
	l.key = key
	cfg := aws.Config{
		Region: "ap-northeast-2", BaseEndpoint: &l.url, HTTPClient: l.client, Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: credentials.StaticCredentialsProvider{Value: key},
	}
	l.ec2, l.iam, l.sts, l.ssm = ec2.NewFromConfig(cfg), iam.NewFromConfig(cfg), sts.NewFromConfig(cfg), ssm.NewFromConfig(cfg)
}

// live runs the world's clockwork until the test ends.
func (l *apiLab) live() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); l.world.Live(ctx) }()
	l.t.Cleanup(func() { cancel(); <-done })
}

// must is the answer of a call that has to succeed: must(l.ec2.CreateVpc(…)).
func must[T any](out T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// code is AWS's error code of err, "" for none.
func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func (l *apiLab) vpc(cidr string) string {
	l.t.Helper()
	return *must(l.ec2.CreateVpc(l.ctx, &ec2.CreateVpcInput{CidrBlock: &cidr}))(l.t).Vpc.VpcId
}

func (l *apiLab) subnet(vpc, cidr string) string {
	l.t.Helper()
	return *must(l.ec2.CreateSubnet(l.ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: &cidr}))(l.t).Subnet.SubnetId
}

func (l *apiLab) table(vpc string) string {
	l.t.Helper()
	return *must(l.ec2.CreateRouteTable(l.ctx, &ec2.CreateRouteTableInput{VpcId: &vpc}))(l.t).RouteTable.RouteTableId
}

// gateway makes an internet gateway and attaches it.
func (l *apiLab) gateway(vpc string) string {
	l.t.Helper()
	id := *must(l.ec2.CreateInternetGateway(l.ctx, &ec2.CreateInternetGatewayInput{}))(l.t).InternetGateway.InternetGatewayId
	must(l.ec2.AttachInternetGateway(l.ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: &id, VpcId: &vpc}))(l.t)
	return id
}

func (l *apiLab) image() string {
	return world.RegionData("ap-northeast-2").Images()[0].ID
}

func (l *apiLab) run(subnet string, change func(*ec2.RunInstancesInput)) types.Instance {
	l.t.Helper()
	in := &ec2.RunInstancesInput{
		ImageId: aws.String(l.image()), InstanceType: types.InstanceTypeT3Micro,
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: &subnet,
	}
	if change != nil {
		change(in)
	}
	return must(l.ec2.RunInstances(l.ctx, in))(l.t).Instances[0]
}

func filter(name string, values ...string) []types.Filter {
	return []types.Filter{{Name: &name, Values: values}}
}

func tagged(kind types.ResourceType, kv ...string) []types.TagSpecification {
	var tags []types.Tag
	for i := 0; i < len(kv); i += 2 {
		tags = append(tags, types.Tag{Key: &kv[i], Value: &kv[i+1]})
	}
	return []types.TagSpecification{{ResourceType: kind, Tags: tags}}
}
