package world

import (
	"fmt"
	"testing"
	"time"
)

// TestSessionsAreBounded: however many are opened, by whomever, an account
// keeps a thousand, those that last longest, and its users' keys.
func TestSessionsAreBounded(t *testing.T) {
	w := New(Options{Clock: testClock()})
	update := func(f func(tx *Tx)) {
		t.Helper()
		if err := w.Update(func(tx *Tx) error { f(tx); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	update(func(tx *Tx) {
		tx.Principals.Put("AKIAUSER", &Principal{AccessKeyID: "AKIAUSER"})
		tx.OpenSession(&Principal{AccessKeyID: "ASIADAYS", Expires: tx.Now().Add(-25 * time.Hour)})
		tx.OpenSession(&Principal{AccessKeyID: "ASIAHOUR", Expires: tx.Now().Add(-time.Hour)})
	})
	if p := w.Snapshot().Principals; p["ASIADAYS"] != nil || p["ASIAHOUR"] == nil {
		t.Errorf("a key that expired a day ago, and one an hour ago: %v", p)
	}
	for i := range maxSessions + 10 {
		update(func(tx *Tx) {
			id := fmt.Sprintf("ASIA%04d", i)
			tx.OpenSession(&Principal{AccessKeyID: id, Expires: tx.Now().Add(time.Hour + time.Duration(i)*time.Second)})
		})
	}
	p := w.Snapshot().Principals
	if len(p) != maxSessions+1 || p["AKIAUSER"] == nil || p["ASIAHOUR"] != nil || p["ASIA0000"] != nil || p[fmt.Sprintf("ASIA%04d", maxSessions+9)] == nil {
		t.Errorf("%d principals are kept", len(p))
	}
}

// TestAnalysesAreBounded: paths and analyses have AWS's quotas.
func TestAnalysesAreBounded(t *testing.T) {
	g := newGuide(t, Options{Clock: testClock()})
	var path string
	g.change(func(tx *Tx) {
		for n := 0; ; n++ {
			p, err := tx.CreateInsightsPath(InsightsPath{Protocol: "tcp", Source: string(bastion), Destination: string(private)})
			if err != nil {
				if e, ok := err.(*Error); !ok || e.Code != "NetworkInsightsPathLimitExceeded" || n != 100 {
					t.Errorf("after %d paths: %v", n, err)
				}
				break
			}
			path = p.ID
		}
		for n := 0; ; n++ {
			if _, err := tx.Analyze(path, nil); err != nil {
				if e, ok := err.(*Error); !ok || e.Code != "NetworkInsightsAnalysisLimitExceeded" || n != 1000 {
					t.Errorf("after %d analyses: %v", n, err)
				}
				break
			}
		}
	})
}
