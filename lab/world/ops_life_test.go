package world

import (
	"bytes"
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"
)

var lifeStart = time.Date(2022, 1, 3, 11, 0, 0, 0, time.UTC)

// launched is a world with a VPC, an instance that has begun to start and an
// endpoint that has begun to be made.
func launched(t *testing.T, c *Clock) (w *World, instance, endpoint string) {
	t.Helper()
	w = New(Options{Seed: 1, Clock: c})
	err := w.Update(func(tx *Tx) error {
		v, err := tx.CreateVpc("10.0.0.0/16", nil)
		if err != nil {
			return err
		}
		s, err := tx.CreateSubnet(v.ID, "10.0.1.0/24", "", nil)
		if err != nil {
			return err
		}
		yes := true
		made, err := tx.RunInstances(Launch{ImageID: RegionData("ap-northeast-2").Images()[0].ID, SubnetID: s.ID, PublicIP: &yes})
		if err != nil {
			return err
		}
		e, err := tx.CreateVpcEndpoint(EndpointSpec{VpcID: v.ID, Service: "com.amazonaws.ap-northeast-2.s3", Type: "Gateway", RouteTables: []string{v.MainRouteTable}})
		if err != nil {
			return err
		}
		instance, endpoint = made[0].ID, e.ID
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return w, instance, endpoint
}

func (w *World) mustAdvance(t *testing.T) {
	t.Helper()
	if _, err := w.Advance(); err != nil {
		t.Fatal(err)
	}
}

// reload saves w and loads it with another clock.
func reload(t *testing.T, w *World, c *Clock) *World {
	t.Helper()
	var b bytes.Buffer
	if err := w.Snapshot().Encode(&b); err != nil {
		t.Fatal(err)
	}
	s, err := Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{State: s, Clock: c})
}

// Time that passes while nobody looks, and a restart, make no difference.
func TestAdvance(t *testing.T) {
	slow := func(at time.Duration) *Clock { return NewClock(lifeStart.Add(at), 0.001) }
	w, id, ep := launched(t, slow(0))
	w.mustAdvance(t)
	if s := w.Snapshot(); s.Instances[id].State != Pending || s.Endpoints[ep].State != "pending" {
		t.Errorf("at once: %s, %s", s.Instances[id].State, s.Endpoints[ep].State)
	}
	w = reload(t, w, slow(4*time.Second))
	w.mustAdvance(t)
	if s := w.Snapshot(); s.Instances[id].State != Pending || s.Endpoints[ep].State != "available" {
		t.Errorf("after 4 s: %s, %s", s.Instances[id].State, s.Endpoints[ep].State)
	}
	w = reload(t, w, slow(6*time.Second))
	w.mustAdvance(t)
	if s := w.Snapshot(); s.Instances[id].State != Running {
		t.Errorf("after 6 s: %s", s.Instances[id].State)
	}
	err := w.Update(func(tx *Tx) error {
		if err := tx.DeleteVpcEndpoint(ep); err != nil {
			return err
		}
		_, err := tx.TerminateInstances([]string{id})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if s := w.Snapshot(); len(s.Interfaces) != 1 || len(s.RouteTables[s.Vpcs[s.Instances[id].VpcID].MainRouteTable].Routes) != 1 {
		t.Errorf("shutting down: %d interfaces", len(s.Interfaces))
	}
	w = reload(t, w, slow(20*time.Second))
	w.mustAdvance(t)
	s := w.Snapshot()
	if s.Instances[id].State != Terminated || len(s.Interfaces)+len(s.Volumes)+len(s.Endpoints) != 0 {
		t.Errorf("after 20 s: %s, %d interfaces, %d volumes, %d endpoints", s.Instances[id].State, len(s.Interfaces), len(s.Volumes), len(s.Endpoints))
	}
	w = reload(t, w, slow(2*time.Hour))
	w.mustAdvance(t)
	if n := len(w.Snapshot().Instances); n != 0 {
		t.Errorf("after two hours: %d instances", n)
	}
}

// A lab may be loaded with a clock that begins before it was saved.
func TestAdvanceEarlierClock(t *testing.T) {
	w, id, _ := launched(t, NewClock(lifeStart, 1))
	w = reload(t, w, NewClock(lifeStart.Add(-time.Hour), 1))
	w.mustAdvance(t)
	if got := w.Snapshot().Instances[id].State; got != Running {
		t.Errorf("the instance is %s", got)
	}
}

// Live makes each move in time, and watchers see it.
func TestLive(t *testing.T) {
	defer goleak.VerifyNone(t)
	w, id, _ := launched(t, NewClock(lifeStart, 1000))
	running := make(chan struct{}, 1)
	stop := w.Watch(func(old, new *State) {
		if old.Instances[id].State == Pending && new.Instances[id].State == Running {
			running <- struct{}{}
		}
	})
	defer stop()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); w.Live(ctx) }()
	select {
	case <-running:
	case <-time.After(10 * time.Second):
		t.Error("the instance never ran")
	}
	cancel()
	<-done
}

func TestOnce(t *testing.T) {
	w := New(Options{})
	made := 0
	call := func(token, digest string) (id string, again bool, err error) {
		err = w.Update(func(tx *Tx) error {
			id, again, err = tx.Once("Create", token, digest, func() (string, error) { made++; return tx.NewID("vpc"), nil })
			return err
		})
		return id, again, err
	}
	a, _, _ := call("t", "x")
	b, again, err := call("t", "x")
	if a != b || !again || err != nil || made != 1 {
		t.Errorf("%s and %s, again %v, made %d, %v", a, b, again, made, err)
	}
	if _, _, err := call("t", "y"); err == nil || err.(*Error).Code != "IdempotentParameterMismatch" {
		t.Errorf("another digest: %v", err)
	}
	if _, again, _ := call("", "x"); again {
		t.Error("no token is no promise")
	}
}

// A client token is forgotten after a day, and not before.
func TestTokensAreForgotten(t *testing.T) {
	use := func(w *World, token string) (again bool) {
		t.Helper()
		err := w.Update(func(tx *Tx) (err error) {
			_, again, err = tx.Once("Create", token, "", func() (string, error) { return "vpc-1", nil })
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return again
	}
	w := New(Options{Clock: NewClock(lifeStart, 1)})
	use(w, "a")
	w = reload(t, w, NewClock(lifeStart.Add(23*time.Hour), 1))
	use(w, "b")
	if !use(w, "a") {
		t.Error("after 23 hours a token is forgotten")
	}
	w = reload(t, w, NewClock(lifeStart.Add(25*time.Hour), 1))
	use(w, "c")
	if kept := w.Snapshot().Tokens; kept["Create/a"] != nil || len(kept) != 2 {
		t.Errorf("after 25 hours there are %v", kept)
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJyHQ2ynUyNTjGuaXDmYfTN7LTcIL7nYbAgyEvPqvMEq me")
	f.Add("ssh-rsa AAAAB3NzaC1yc2E=")
	f.Fuzz(func(t *testing.T, line string) {
		kind, print, err := parseKey(line)
		if (err == nil) != (kind != "" && print != "") {
			t.Errorf("%q: %q, %q, %v", line, kind, print, err)
		}
	})
}
