package tutorial

import (
	"net/http"
	"net/http/httptest"
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
