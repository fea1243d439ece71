package lab_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"gatewalk/lab"
	"gatewalk/lab/world"
	"gatewalk/sshx"
)

// Without the route to the internet gateway the bastion reaches nothing and
// nobody reaches it. What it then does is seen once the route is back: SSH's
// connection outlives the outage, as TCP sends again what was lost.
func TestGatewayRouteRemoved(t *testing.T) {
	t.Parallel()
	g := newGuide(t, lab.Options{})
	s := g.onBastion()
	s.run(t, reach).check(t, 0)

	said := make(chan result, 1)
	go func() { said <- s.try(t.Context(), "echo begun; sleep 10; "+hangs+"; echo ended with $?") }()
	out := world.RouteSpec{Cidr: "0.0.0.0/0", Target: g.gateway}
	g.sleep(5 * time.Second)
	g.change(func(tx *world.Tx) error { return tx.DeleteRoute(g.publicTable, out) })

	g.noAnswer(t)
	g.sleep(5 * time.Second)
	select {
	case r := <-said:
		t.Errorf("the bastion was heard without a route: %q %v", r.out, r.err)
		return
	default:
	}
	g.change(func(tx *world.Tx) error { return tx.CreateRoute(g.publicTable, out) })
	(<-said).whole(t).check(t, 0, "begun\n", "ended with 28\n")
	s.run(t, reach).check(t, 0)
}

// A group that lets in somebody else leaves the learner before silence, not
// before a refusal.
func TestGroupForAnotherAddress(t *testing.T) {
	t.Parallel()
	g := newGuide(t, lab.Options{})
	g.onBastion()
	g.change(func(tx *world.Tx) error {
		group := tx.SecurityGroups.Edit(tx.Interfaces.Get(tx.Instances.Get(g.bastion).InterfaceID).Groups[0])
		for i := range group.Rules {
			if !group.Rules[i].Egress {
				group.Rules[i].Cidr = netip.PrefixFrom(world.LaptopAddr.Next(), 32)
			}
		}
		return nil
	})
	g.noAnswer(t)
}

// noAnswer logs in to the bastion and expects silence until the deadline.
func (g *guide) noAnswer(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), g.Clock().Real(8*time.Second))
	defer cancel()
	var failed *sshx.Error
	c, err := sshx.Jump(ctx, g, g.bastionTarget())
	if err == nil {
		c.Close()
	}
	if !errors.As(err, &failed) || failed.Phase != sshx.PhaseDial || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("logging in: %v, want silence until the deadline", err)
	}
}

// sleep waits in the lesson's time.
func (g *guide) sleep(d time.Duration) {
	g.t.Helper()
	if err := g.Clock().Sleep(g.t.Context(), d); err != nil {
		g.t.Fatal(err)
	}
}

// tap takes a little of what is written and then nothing until it is opened.
type tap struct {
	mu     sync.Mutex
	n      int
	first  chan struct{} // closed by the first byte
	opened chan struct{}
}

func (p *tap) Write(b []byte) (int, error) {
	p.mu.Lock()
	if p.n == 0 {
		close(p.first)
	}
	p.n += len(b)
	p.mu.Unlock()
	<-p.opened
	return len(b), nil
}

func (p *tap) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.n
}

// Deleting the endpoint takes its route, and with it the download that uses it:
// no reset, no end, just silence (VPC guide, "Gateway endpoints").
func TestEndpointDeletedDuringDownload(t *testing.T) {
	t.Parallel()
	g := newGuide(t, lab.Options{})
	id := g.endpoint("", g.privateTable)
	const size = 64 << 20 // more than all the buffers on the way
	g.putObject("large", make([]byte, size))
	s := g.onPrivate()

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &tap{first: make(chan struct{}), opened: make(chan struct{})}
	var stderr lockedBuffer
	type end struct {
		status int
		err    error
	}
	ended := make(chan end, 1)
	go func() {
		status, err := s.Run(ctx, "aws s3 cp s3://"+bucket+"/large -", sshx.Streams{Out: out, Err: &stderr})
		ended <- end{status, err}
	}()
	select {
	case <-out.first:
	case e := <-ended:
		t.Fatalf("the download did not begin: %v %s", e, stderr.String())
	}
	g.change(func(tx *world.Tx) error { return tx.DeleteVpcEndpoint(id) })
	close(out.opened)

	// What was on its way arrives; then nothing more does.
	for last := -1; last != out.count(); g.sleep(10 * time.Second) {
		last = out.count()
	}
	select {
	case e := <-ended:
		t.Errorf("the download ended by itself: %v after %d bytes, %s", e, out.count(), stderr.String())
	default:
	}
	if n := out.count(); n == 0 || n >= size {
		t.Errorf("%d bytes of %d arrived, want some and not all", n, size)
	}
	cancel()
	if e := <-ended; e.status != 130 || e.err != nil {
		t.Errorf("interrupting: %+v, want status 130", e)
	}
	s.run(t, hangs).check(t, 28)
	if strings.Contains(stderr.String(), "reset") {
		t.Errorf("the download was told: %s", stderr.String())
	}
}
