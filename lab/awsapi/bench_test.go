package awsapi

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"gatewalk/lab/sigv4"
)

// parallel runs b.N calls from so many clients over HTTP, signed, and reports
// how many a second that is.
func parallel(b *testing.B, l *apiLab, clients int, body string) {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	defer client.CloseIdleConnections()
	key := sigv4.Credentials{AccessKeyID: "AKIAADMIN", SecretKey: "admin"}
	work := make(chan struct{}, b.N)
	for range b.N {
		work <- struct{}{}
	}
	close(work)
	b.ResetTimer()
	start := time.Now()
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range work {
				r, _ := http.NewRequest("POST", l.url, bytes.NewReader([]byte(body)))
				r.Header.Set("Content-Type", formType)
				sigv4.Sign(r, []byte(body), key, "ap-northeast-2", "ec2", time.Now())
				resp, err := client.Do(r)
				if err != nil {
					b.Error(err)
					return
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if resp.StatusCode != 200 {
					b.Error(resp.Status)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "calls/s")
}

func BenchmarkDescribeVpcs(b *testing.B) {
	l := newAPI(b, 1)
	l.vpc("10.0.0.0/16")
	for _, n := range []int{1, 8} {
		b.Run(map[int]string{1: "1client", 8: "8clients"}[n], func(b *testing.B) {
			parallel(b, l, n, "Action=DescribeVpcs&Version=2016-11-15")
		})
	}
}

func BenchmarkCreateTags(b *testing.B) {
	l := newAPI(b, 1)
	vpc := l.vpc("10.0.0.0/16")
	for _, n := range []int{1, 8} {
		b.Run(map[int]string{1: "1client", 8: "8clients"}[n], func(b *testing.B) {
			parallel(b, l, n, "Action=CreateTags&Version=2016-11-15&ResourceId.1="+vpc+"&Tag.1.Key=a&Tag.1.Value=b")
		})
	}
}

// The SDK's own work is most of this one.
func BenchmarkDescribeVpcsSDK(b *testing.B) {
	l := newAPI(b, 1)
	l.vpc("10.0.0.0/16")
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := l.ec2.DescribeVpcs(l.ctx, &ec2.DescribeVpcsInput{}); err != nil {
				b.Error(err)
			}
		}
	})
}

// The server alone, without a network.
func BenchmarkHandler(b *testing.B) {
	l := newAPI(b, 1)
	vpc := l.vpc("10.0.0.0/16")
	must(l.ec2.CreateTags(l.ctx, &ec2.CreateTagsInput{Resources: []string{vpc}, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}))(b)
	body := []byte("Action=DescribeVpcs&Version=2016-11-15")
	r := httptest.NewRequest("POST", "/", nil)
	r.Header.Set("Content-Type", formType)
	sigv4.Sign(r, body, sigv4.Credentials{AccessKeyID: "AKIAADMIN", SecretKey: "admin"}, "ap-northeast-2", "ec2", time.Now())
	b.ReportAllocs()
	for b.Loop() {
		r.Body = io.NopCloser(bytes.NewReader(body))
		l.server.ServeHTTP(httptest.NewRecorder(), r)
	}
}
