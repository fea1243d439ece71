package lab_test

import (
	"testing"
	"time"

	"gatewalk/lab"
	"gatewalk/lab/world"
)

// An instance that is stopped and started again has a machine, however fast the
// lesson's clock runs: the new one waits until the old one is gone.
func TestStopAndStart(t *testing.T) {
	t.Parallel()
	var logged []string
	g := newGuide(t, lab.Options{Speed: 5000, Logf: func(format string, args ...any) { t.Logf(format, args...) }})
	_ = logged
	for i := range 20 {
		g.change(func(tx *world.Tx) error { _, err := tx.StopInstances([]string{g.private}); return err })
		g.wait("it to stop", func(s *world.State) bool { return s.Instances[g.private].State == world.Stopped })
		g.change(func(tx *world.Tx) error { _, err := tx.StartInstances([]string{g.private}); return err })
		deadline := time.Now().Add(5 * time.Second)
		for g.Net().Host(world.HostID(g.private)) == nil || g.World().Snapshot().Instances[g.private].State != world.Running {
			if time.Now().After(deadline) {
				t.Fatalf("no machine the %dth time", i)
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(20*time.Millisecond)
		if g.Net().Host(world.HostID(g.private)) == nil  {
				t.Fatalf("no machine any more the %dth time", i)
		}
	}
}
