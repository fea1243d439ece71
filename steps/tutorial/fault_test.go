package tutorial_test

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"gatewalk/lab/awsapi"
	"gatewalk/lab/world"
	"gatewalk/steps"
)

// impatient is the SDK's retryer without its pauses, which are real seconds.
func impatient() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
	})
}

// killer stands before the account and ends the walk's process at one call,
// before or after its effect. What a killed process leaves behind is its file
// as it was at that moment.
type killer struct {
	next   http.Handler
	events string // the session's file

	mu     sync.Mutex
	at     int // index of the call; -1: none
	after  bool
	calls  int
	kill   context.CancelFunc
	behind []byte
}

func (k *killer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := k.calls
	k.calls++
	if n != k.at {
		if k.behind != nil { // the process is dead; nobody calls
			panic(http.ErrAbortHandler)
		}
		k.next.ServeHTTP(w, r)
		return
	}
	if k.after {
		k.next.ServeHTTP(httptest.NewRecorder(), r)
	}
	data, err := os.ReadFile(k.events)
	if err != nil {
		panic(err)
	}
	k.behind = data
	k.kill()
	panic(http.ErrAbortHandler)
}

// Whatever happens at whichever call: walking on reaches the end, and clean-up
// leaves the account as it was.
func TestEveryCallEveryFault(t *testing.T) {
	total := len(calls(t))
	stride := 29 // of all calls, some at each run; all of them take a minute
	if everyFault() {
		stride = 1
	}
	first := 0
	each := func() iter.Seq[int] {
		first++
		return func(yield func(int) bool) {
			for n := (first * 7) % stride; n < total && yield(n); n += stride {
			}
		}
	}
	faults := []struct {
		name string
		make func(n int) awsapi.Fault
	}{
		{"refused", func(n int) awsapi.Fault {
			return awsapi.Fault{Action: "*", Skip: n, Before: &world.Error{Code: "InternalError", Message: "An internal error has occurred", Status: 500}}
		}},
		{"lost", func(n int) awsapi.Fault { return awsapi.Fault{Action: "*", Skip: n, LoseAnswer: true} }},
		{"throttled", func(n int) awsapi.Fault { return awsapi.Fault{Action: "*", Skip: n, Throttle: 10} }},
		{"unseen", func(n int) awsapi.Fault { return awsapi.Fault{Action: "*", Skip: n, Hide: 8 * time.Second} }},
	}
	for _, fault := range faults {
		for n := range each() {
			t.Run(fmt.Sprintf("%s/%d", fault.name, n), func(t *testing.T) {
				t.Parallel()
				a := newAccount(t, "ap-northeast-2")
				a.config.Retryer = impatient
				before := a.things(t)
				a.server.Fault(fault.make(n))
				a.survive(t, t.TempDir(), before)
			})
		}
	}
	for _, after := range []bool{false, true} {
		for n := range each() {
			t.Run(fmt.Sprintf("killed %s/%d", map[bool]string{false: "before", true: "after"}[after], n), func(t *testing.T) {
				t.Parallel()
				a := newAccount(t, "ap-northeast-2")
				a.config.Retryer = impatient
				before := a.things(t)
				dir := t.TempDir()
				k := &killer{next: a.server, events: filepath.Join(dir, "events.jsonl"), at: n, after: after}
				srv := httptest.NewServer(k)
				defer srv.Close()
				ctx, cancel := context.WithCancel(t.Context())
				k.kill = cancel
				real := a.config.BaseEndpoint
				a.config.BaseEndpoint = &srv.URL
				r, done := a.walk(t, dir, nil)
				if r.RunUntil(ctx, "5") == nil {
					_ = r.Run(ctx, "6")
				}
				done()
				if k.behind == nil {
					t.Skip("the walk made fewer calls than that")
				}
				if err := os.WriteFile(k.events, k.behind, 0o600); err != nil {
					t.Fatal(err)
				}
				a.config.BaseEndpoint = real
				a.survive(t, dir, before)
			})
		}
	}
}

// everyFault asks for all cases instead of a sample of them.
func everyFault() bool { return os.Getenv("GATEWALK_EVERY_FAULT") != "" }

// calls are the calls of an undisturbed walk.
func calls(t *testing.T) []string {
	a := newAccount(t, "ap-northeast-2")
	a.config.Retryer = impatient
	dir := t.TempDir()
	r, done := a.walk(t, dir, nil)
	defer done()
	if err := r.RunUntil(t.Context(), "5"); err != nil {
		t.Fatal(err)
	}
	if err := r.Run(t.Context(), "6"); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range a.server.Calls() {
		names = append(names, c.Service+":"+c.Action)
	}
	return names
}

// survive walks on as a learner would, each time in a new process, and cleans up.
func (a *account) survive(t *testing.T, dir, before string) {
	t.Helper()
	var log bytes.Buffer
	try := func(f func(*steps.Runner) error) error {
		var err error
		for range 3 {
			r, done := a.walk(t, dir, nil)
			err = f(r)
			done()
			if err == nil {
				return nil
			}
			fmt.Fprintln(&log, err)
		}
		return err
	}
	if err := try(func(r *steps.Runner) error { return r.RunUntil(t.Context(), "5") }); err != nil {
		t.Errorf("walking on: %s", &log)
	}
	if err := try(func(r *steps.Runner) error { return r.Run(t.Context(), "6") }); err != nil {
		t.Errorf("cleaning up: %s", &log)
	}
	if after := a.things(t); after != before {
		t.Errorf("left behind: %s\n%s", difference(before, after), &log)
	}
}

// difference is the lines of b that a does not have.
func difference(a, b string) string {
	var out []string
	for line := range strings.SplitSeq(b, "\n") {
		if !strings.Contains(a, line) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}
