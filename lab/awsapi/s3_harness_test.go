package awsapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"gatewalk/lab/world"
)

const (
	s3Account = "123456789012"
	s3Seoul   = "ap-northeast-2"
	s3Vpce    = "vpce-0a1b2c3d4e5f60718"
)

// s3Lab is a server with an administrator and a role session, and the real SDK
// in front of it.
type s3Lab struct {
	t       testing.TB
	world   *world.World
	objects *Objects
	server  *Server
	url     string
	http    *httptest.Server
	source  atomic.Pointer[Source] // where all requests come from; nil: the laptop
}

func newS3Lab(t testing.TB, dir string) *s3Lab {
	t.Helper()
	objects, err := OpenObjects(dir)
	if err != nil {
		t.Fatal(err)
	}
	w := world.New(world.Options{Account: s3Account, Clock: world.NewClock(time.Date(2022, 1, 3, 2, 36, 9, 0, time.UTC), 1)})
	l := &s3Lab{t: t, world: w, objects: objects, server: &Server{World: w, S3: NewS3(w, objects)}}
	err = w.Update(func(tx *world.Tx) error {
		tx.Principals.Put("AKIAADMIN", &world.Principal{AccessKeyID: "AKIAADMIN", SecretKey: "admin", Arn: "arn:aws:iam::123456789012:user/admin", Admin: true})
		tx.Principals.Put("ASIAROLE", &world.Principal{AccessKeyID: "ASIAROLE", SecretKey: "role", SessionToken: "token", Arn: "arn:aws:sts::123456789012:assumed-role/reader/i-1", Role: "reader"})
		tx.Principals.Put("ASIAOLD", &world.Principal{AccessKeyID: "ASIAOLD", SecretKey: "role", SessionToken: "token", Arn: "arn:aws:sts::123456789012:assumed-role/reader/i-2", Role: "reader", Expires: tx.Now().Add(-time.Hour)})
		tx.Roles.Put("reader", &world.Role{Name: "reader", Path: "/", Policies: map[string]string{}})
		tx.Endpoints.Put(s3Vpce, &world.VpcEndpoint{ID: s3Vpce, State: "available"})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s := l.source.Load(); s != nil {
			r = r.WithContext(WithSource(r.Context(), *s))
		}
		l.server.ServeHTTP(w, r)
	})
	l.http = httptest.NewUnstartedServer(handler)
	l.http.StartTLS()
	t.Cleanup(l.http.Close)
	plain := httptest.NewServer(handler)
	t.Cleanup(plain.Close)
	l.url = plain.URL
	return l
}

// client is the SDK against the loopback endpoint, path-style.
func (l *s3Lab) client(key string, options ...func(*s3.Options)) *s3.Client {
	o := s3.Options{Region: s3Seoul, BaseEndpoint: aws.String(l.url), UsePathStyle: true, RetryMaxAttempts: 1,
		// As config.LoadDefaultConfig sets them.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported, ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported}
	switch key {
	case "AKIAADMIN":
		o.Credentials = credentials.NewStaticCredentialsProvider(key, "admin", "")
	case "ASIAROLE", "ASIAOLD":
		o.Credentials = credentials.NewStaticCredentialsProvider(key, "role", "token")
	case "":
		o.Credentials = aws.AnonymousCredentials{}
	}
	return s3.New(o, options...)
}

func (l *s3Lab) admin() *s3.Client { return l.client("AKIAADMIN") }

// wire makes a client use S3's own names over TLS, as on the simulated wire:
// virtual-host style.
func (l *s3Lab) wire(o *s3.Options) {
	o.BaseEndpoint, o.UsePathStyle = nil, false
	o.HTTPClient = awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // the certificate is httptest's
		t.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, l.http.Listener.Addr().String())
		}
	})
}

// throughEndpoint makes all further requests come by the VPC endpoint.
func (l *s3Lab) throughEndpoint() {
	l.source.Store(&Source{Vpc: "vpc-1", Endpoint: s3Vpce, VpcIP: netip.MustParseAddr("10.0.2.234")})
}

func (l *s3Lab) fromLaptop() { l.source.Store(nil) }

func (l *s3Lab) change(f func(tx *world.Tx)) {
	l.t.Helper()
	if err := l.world.Update(func(tx *world.Tx) error { f(tx); return nil }); err != nil {
		l.t.Fatal(err)
	}
}

func (l *s3Lab) makeBucket(name string) {
	l.t.Helper()
	_, err := l.admin().CreateBucket(l.t.Context(), &s3.CreateBucketInput{
		Bucket:                    &name,
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: s3Seoul},
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *s3Lab) put(bucket, key, body string) {
	l.t.Helper()
	_, err := l.admin().PutObject(l.t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body)})
	if err != nil {
		l.t.Fatal(err)
	}
}

// wantError holds err to AWS's code and, unless it is "", its text.
func wantError(t testing.TB, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	switch {
	case code == "" && err == nil:
	case !errors.As(err, &api):
		t.Errorf("got %v, want %s", err, code)
	case api.ErrorCode() != code || message != "" && api.ErrorMessage() != message:
		t.Errorf("got  %s: %s\nwant %s: %s", api.ErrorCode(), api.ErrorMessage(), code, message)
	}
}

func readAll(t testing.TB, r io.ReadCloser) string {
	t.Helper()
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

func sample(n int) []byte { return bytes.Repeat([]byte("0123456789abcdef"), n/16+1)[:n] }

func keysOf(objects []types.Object) (out []string) {
	for _, o := range objects {
		out = append(out, *o.Key)
	}
	return out
}

func prefixesOf(prefixes []types.CommonPrefix) (out []string) {
	for _, p := range prefixes {
		out = append(out, *p.Prefix)
	}
	return out
}

func wantKeys(t testing.TB, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// contextWith puts an identity on a request, as the server does.
func contextWith(r *http.Request, id identity) context.Context {
	return context.WithValue(r.Context(), identityKey{}, id)
}
