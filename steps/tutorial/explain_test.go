package tutorial_test

import (
	"context"
	"net"
	"net/http"
	"testing"

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
