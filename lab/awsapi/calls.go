package awsapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Call is one request that was answered, or refused.
type Call struct {
	At              time.Time // lesson time
	Service, Action string    // "ec2", "RunInstances"
	// Params are what was asked, without secrets. JSON requests have their
	// top-level members; S3 requests their query, and Path.
	Params    url.Values
	Principal string // ARN, "" where the signature was refused
	Status    int
	Code      string // AWS's error code, "" for success
	Took      time.Duration
}

// maxCalls is how many calls are remembered.
const maxCalls = 2000

// entry is a Call whose parameters are read only if somebody looks.
type entry struct {
	Call
	raw, path string
}

// callLog is a ring.
type callLog struct {
	ring []entry
	next int
}

func (s *Server) log(e entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &s.calls
	if len(l.ring) < maxCalls {
		l.ring = append(l.ring, e)
		return
	}
	l.ring[l.next] = e
	l.next = (l.next + 1) % maxCalls
}

// Calls are the calls so far, oldest first; of more than two thousand, the
// last ones.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	entries := append(append([]entry(nil), s.calls.ring[s.calls.next:]...), s.calls.ring[:s.calls.next]...)
	s.mu.Unlock()
	out := make([]Call, len(entries))
	for i, e := range entries {
		out[i] = e.Call
		out[i].Params = e.params()
	}
	return out
}

func (e entry) params() url.Values {
	v := url.Values{}
	if strings.HasPrefix(e.raw, "{") {
		var members map[string]any
		if json.Unmarshal([]byte(e.raw), &members) == nil {
			for k, m := range members {
				v.Set(k, fmt.Sprint(m))
			}
		}
	} else if parsed, err := url.ParseQuery(e.raw); err == nil {
		v = parsed
	}
	if e.path != "" {
		v.Set("Path", e.path)
	}
	for _, secret := range []string{"UserData", "X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "Action", "Version"} {
		v.Del(secret)
	}
	return v
}

// noted is where a handler behind the server leaves its error code.
type noted struct{ code string }

type notedKey struct{}

// noteError tells the call log which error is being answered.
func noteError(ctx context.Context, code string) {
	if n, ok := ctx.Value(notedKey{}).(*noted); ok {
		n.code = code
	}
}
