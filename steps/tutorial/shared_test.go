package tutorial

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// A connection on which nothing comes back, as of a laptop that has woken up
// somewhere else, is given up for a new one.
func TestDeadConnection(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	done := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 1 {
			<-done
			return
		}
		w.Write([]byte(`<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`))
	}))
	defer srv.Close()
	defer close(done)
	client, idle := shared(nil, 2*time.Second)
	defer idle()
	out, err := sts.New(sts.Options{Region: "ap-northeast-2", BaseEndpoint: &srv.URL, HTTPClient: client,
		Credentials: credentials.NewStaticCredentialsProvider("AKIA", "secret", "")}).GetCallerIdentity(t.Context(), nil)
	if err != nil || aws.ToString(out.Account) != "123456789012" {
		t.Errorf("it says %v", err)
	}
}

// closedBody is a request's body as the SDK leaves it when an answer has begun.
type closedBody struct{ io.Reader }

func (closedBody) WriteTo(io.Writer) (int64, error) { return 0, io.EOF }
func (closedBody) Close() error                     { return nil }

// An answer that is there before net/http has asked the request's body for its
// end is read whole.
func TestQuickAnswer(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write(make([]byte, size))
	}))
	defer srv.Close()
	client, idle := shared(nil, time.Minute)
	defer idle()
	r, err := http.NewRequestWithContext(t.Context(), "POST", srv.URL, closedBody{strings.NewReader("Action=DescribeInstances")})
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = int64(len("Action=DescribeInstances"))
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if n, err := io.Copy(io.Discard, answer.Body); n != size || err != nil {
		t.Errorf("%d bytes of %d: %v", n, size, err)
	}
}
