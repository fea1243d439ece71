package host

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"gatewalk/lab/host/program"
)

// processes is the table that ps shows and kill reaches into.
type processes struct {
	mu   sync.Mutex
	last int
	all  map[int]*entry
}

type entry struct {
	program.Running
	root   bool
	cancel context.CancelFunc // nil for what cannot be killed
}

// firstPID is where the numbers of what a learner starts begin; boot took the
// ones before.
const firstPID = 2100

func (t *processes) add(e entry) (pid int, remove func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all == nil {
		t.all = map[int]*entry{}
		t.last = firstPID
	}
	if e.PID == 0 {
		t.last++
		e.PID = t.last
	}
	t.all[e.PID] = &e
	return e.PID, func() {
		t.mu.Lock()
		delete(t.all, e.PID)
		t.mu.Unlock()
	}
}

func (t *processes) list() []program.Running {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []program.Running
	for _, e := range t.all {
		out = append(out, e.Running)
	}
	slices.SortFunc(out, func(a, b program.Running) int { return cmp.Compare(a.PID, b.PID) })
	return out
}

// kill ends a process of the user, or any for root.
func (t *processes) kill(pid int, root bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.all[pid]
	if !ok || e.cancel == nil || e.root && !root {
		return false
	}
	e.cancel()
	return true
}

// boot enters what runs on every host.
func (t *processes) boot(at time.Time) {
	for _, r := range []program.Running{
		{PID: 1, User: "root", TTY: "?", Args: []string{"/usr/lib/systemd/systemd", "--switched-root", "--system"}},
		{PID: 1612, User: "root", TTY: "?", Args: []string{"sshd:", "/usr/sbin/sshd", "-D", "[listener]"}},
	} {
		r.Started = at
		t.add(entry{Running: r, root: true})
	}
}
