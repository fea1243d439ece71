package tutorial_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"gatewalk/steps/tutorial"
)

// What is in the way to AWS is told by where the way ends.
func TestExplainWay(t *testing.T) {
	for want, dial := range map[string]error{
		"name-unresolved": &net.DNSError{Err: "no such host", Name: "sts.ap-northeast-9.amazonaws.com", IsNotFound: true},
		"api-unreachable": &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}, Err: context.DeadlineExceeded},
	} {
		cfg := aws.Config{Region: "ap-northeast-9", Credentials: credentials.NewStaticCredentialsProvider("AKIA", "secret", ""), Retryer: impatient,
			HTTPClient: &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, dial }}}}
		_, err := tutorial.WhoAmI(t.Context(), cfg)
		f := tutorial.Explain(err, "", cfg.Region)
		if f == nil || f.Msg != want || f.Args["address"] != "sts.ap-northeast-9.amazonaws.com" {
			t.Errorf("%v is explained as %+v, and is %s", err, f, want)
		}
		if f != nil && want == "name-unresolved" && f.Args["region"] != cfg.Region {
			t.Errorf("it names the region %q", f.Args["region"])
		}
	}
}

// EC2 says of a session token that is too old what it says of a clock that is:
// the answer's own date tells them apart. Who may not be overruled is no matter
// of a missing policy.
func TestExplainAnswer(t *testing.T) {
	denied := "User: arn:aws:iam::123456789012:user/kim is not authorized to perform: ec2:CreateVpc "
	for _, tt := range []struct {
		code, message string
		ahead         time.Duration // of AWS's clock
		want, by      string
	}{
		{code: "RequestExpired", message: "Request has expired.", want: "credentials-expired"},
		{code: "RequestExpired", message: "Request has expired.", ahead: time.Hour, want: "clock-skew"},
		{code: "AuthFailure", message: "AWS was not able to validate the provided access credentials", want: "credentials-wrong"},
		{code: "AuthFailure", message: "AWS was not able to validate the provided access credentials", ahead: -time.Hour, want: "clock-skew"},
		{code: "ExpiredToken", message: "The provided token has expired.", ahead: -time.Hour, want: "clock-skew"},
		{code: "RequestTimeTooSkewed", message: "The difference between the request time and the current time is too large.", want: "clock-skew"},

		{code: "UnauthorizedOperation", message: denied + "because no identity-based policy allows the ec2:CreateVpc action", want: "access-denied"},
		{code: "UnauthorizedOperation", message: denied + "with an explicit deny in a service control policy: arn:aws:organizations::111122223333:policy/o-a/service_control_policy/p-b", want: "forbidden", by: "service control policy"},
		{code: "UnauthorizedOperation", message: denied + "because no service control policy allows the ec2:CreateVpc action", want: "forbidden", by: "service control policy"},
		{code: "UnauthorizedOperation", message: denied + "because no permissions boundary allows the ec2:CreateVpc action", want: "forbidden", by: "permissions boundary"},
		{code: "UnauthorizedOperation", message: denied + "because no session policy allows the ec2:CreateVpc action", want: "forbidden", by: "session policy"},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", time.Now().Add(tt.ahead).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, "<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", tt.code, tt.message)
		}))
		cfg := aws.Config{Region: "ap-northeast-2", BaseEndpoint: &srv.URL, Credentials: credentials.NewStaticCredentialsProvider("AKIA", "secret", ""), Retryer: impatient}
		_, err := tutorial.WhoAmI(t.Context(), cfg)
		srv.Close()
		if f := tutorial.Explain(err, "", cfg.Region); f == nil || f.Msg != tt.want || f.Args["by"] != tt.by {
			t.Errorf("%s, %v ahead, is explained as %+v, and is %s", tt.code, tt.ahead, f, tt.want)
		}
	}
}
