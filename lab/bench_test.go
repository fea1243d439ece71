package lab_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"gatewalk/lab"
	"gatewalk/lab/world"
	"gatewalk/steps"
	"gatewalk/steps/tutorial"
)

// s3Address is what the guide's resolver says S3 is in the private subnet.
const s3Address = "3.5.143.161:80"

// Speed of the lessons that are measured whole: what is left is our own work.
const hurried = 100

func startLab(b testing.TB, o lab.Options) *lab.Lab {
	b.Helper()
	o.Seed = 1
	l, err := lab.Start(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	return l
}

func configOf(l *lab.Lab) aws.Config {
	key, secret := l.Credentials()
	return aws.Config{
		Region:       l.Region(),
		BaseEndpoint: aws.String(l.Endpoint()),
		Credentials:  credentials.NewStaticCredentialsProvider(key, secret, ""),
	}
}

// A lesson is a lab that is kept on disk, as gatewalk keeps it, and a walk in it.
type lesson struct {
	steps.Runner
	lab  *lab.Lab
	walk *tutorial.Walk
}

func startLesson(b testing.TB, speed float64) *lesson {
	b.Helper()
	dir := b.TempDir()
	l := startLab(b, lab.Options{Speed: speed, StateDir: dir + "/lab"})
	w := tutorial.New(tutorial.Options{
		Target: tutorial.Target{Name: "lab", AWS: configOf(l), Dial: l},
		Dir:    dir, Sleep: l.Clock().Sleep, Silence: 15 * time.Second,
		SSHFrom: netip.PrefixFrom(l.LaptopAddr(), 32),
	})
	s, err := steps.Open(dir, steps.SessionOptions{Now: l.Clock().Now, Course: tutorial.Name})
	if err != nil {
		b.Fatal(err)
	}
	return &lesson{Runner: steps.Runner{Steps: w.Steps(), Session: s}, lab: l, walk: w}
}

func (l *lesson) until(b testing.TB, id steps.ID) {
	b.Helper()
	if err := l.RunUntil(b.Context(), id); err != nil {
		b.Fatal(err)
	}
}

func (l *lesson) close(b testing.TB) {
	b.Helper()
	if err := errors.Join(l.walk.Close(), l.Session.Close(), l.lab.Close()); err != nil {
		b.Fatal(err)
	}
}

// From nothing to the first answer of the API. Budget: 60 ms.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		l := startLab(b, lab.Options{StateDir: b.TempDir()})
		if _, err := ec2.NewFromConfig(configOf(l)).DescribeVpcs(b.Context(), nil); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		l.Close()
		b.StartTimer()
	}
}

// From nothing to a provisioned account, with the SDK over HTTP and instances
// that boot in no time. Budget: 250 ms.
func BenchmarkProvision(b *testing.B) {
	for b.Loop() {
		l := startLesson(b, 10_000)
		l.until(b, "3.1")
		b.StopTimer()
		l.close(b)
		b.StartTimer()
	}
}

// The whole walk as `gatewalk run --speed 100` walks it. Budget: 3 s.
func BenchmarkWalk(b *testing.B) {
	for b.Loop() {
		l := startLesson(b, hurried)
		l.until(b, "")
		l.close(b)
	}
}

// One TCP connection of the private instance, through its group, its ACL, the
// endpoint's route and S3: MB/s of a large object. Budget: 200 MB/s.
func BenchmarkToS3(b *testing.B) {
	const size = 64 << 20
	l := startLesson(b, hurried)
	defer l.close(b)
	l.until(b, "3.8")

	body := make([]byte, size)
	client := s3.NewFromConfig(configOf(l.lab), func(o *s3.Options) { o.UsePathStyle = true })
	list, err := client.ListBuckets(b.Context(), nil)
	if err != nil || len(list.Buckets) == 0 {
		b.Fatal("finding the bucket:", err)
	}
	bucket := aws.ToString(list.Buckets[0].Name)
	if _, err := client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("large"), Body: bytes.NewReader(body)}); err != nil {
		b.Fatal(err)
	}

	state := l.lab.World().Snapshot()
	private := l.lab.Net().Host(world.HostID(instance(b, l, "private").ID))
	name := fmt.Sprintf("s3.%s.amazonaws.com", state.Region)
	transport := &http.Transport{
		DisableCompression: true, ReadBufferSize: 256 << 10,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return private.DialContext(ctx, network, s3Address)
		},
	}
	defer transport.CloseIdleConnections()
	key, secret := l.lab.Credentials()
	get := func() {
		r, err := http.NewRequestWithContext(b.Context(), "GET", "http://"+name+"/"+bucket+"/large", nil)
		if err != nil {
			b.Fatal(err)
		}
		empty := sha256.Sum256(nil)
		hash := hex.EncodeToString(empty[:])
		r.Header.Set("X-Amz-Content-Sha256", hash)
		err = v4.NewSigner().SignHTTP(b.Context(), aws.Credentials{AccessKeyID: key, SecretAccessKey: secret}, r, hash, "s3", state.Region, l.lab.Clock().Now())
		if err != nil {
			b.Fatal(err)
		}
		resp, err := transport.RoundTrip(r)
		if err != nil {
			b.Fatal(err)
		}
		defer resp.Body.Close()
		if n, err := io.Copy(io.Discard, resp.Body); n != size || err != nil || resp.StatusCode != http.StatusOK {
			b.Fatal(resp.Status, n, err)
		}
	}
	b.SetBytes(size)
	for b.Loop() {
		get()
	}
}

// What a further lab costs a process that has one: two instances, S3, the
// resolver. Budgets: 1.5 MB of heap, 60 goroutines.
func BenchmarkOneMoreLab(b *testing.B) {
	first := startLesson(b, hurried)
	defer first.close(b)
	first.until(b, "3.1")
	booted(b, first)
	heap, goroutines := use()
	var more []*lesson
	for b.Loop() {
		l := startLesson(b, hurried)
		l.until(b, "3.1")
		booted(b, l)
		if err := l.walk.Close(); err != nil { // the SDK's connections are not the lab's
			b.Fatal(err)
		}
		more = append(more, l)
	}
	heapAfter, goroutinesAfter := use()
	n := float64(len(more))
	b.ReportMetric(float64(heapAfter-heap)/n, "heap-B/lab")
	b.ReportMetric(float64(goroutinesAfter-goroutines)/n, "goroutines/lab")
	for _, l := range more {
		l.close(b)
	}
}

// use is what the process holds: live bytes and goroutines.
func use() (heap int64, goroutines int) {
	for range 3 { // pools are emptied by the second
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc), runtime.NumGoroutine()
}

// instance is a running instance by what its name ends in.
func instance(b testing.TB, l *lesson, name string) *world.Instance {
	b.Helper()
	for _, i := range l.lab.World().Snapshot().Instances {
		if i.State == world.Running && strings.Contains(i.Tags["Name"], name) {
			return i
		}
	}
	b.Fatalf("no instance %q runs", name)
	return nil
}

// booted waits for both instances of a lesson to listen.
func booted(b testing.TB, l *lesson) {
	b.Helper()
	for _, name := range []string{"bastion", "private"} {
		for len(instance(b, l, name).Console) == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}
