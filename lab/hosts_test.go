package lab

import (
	"context"
	"maps"
	"testing"
	"time"

	"gatewalk/lab/world"
)

// An instance that is stopped and started in no time, as by a fast clock on a
// busy machine, has a machine: the new one waits until the old one is gone.
func TestPowerCycle(t *testing.T) {
	t.Parallel()
	l, err := Start(t.Context(), Options{Seed: 1, Speed: 1000, Logf: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var id string
	err = l.world.Update(func(tx *world.Tx) error {
		vpc, err := tx.CreateVpc("10.0.0.0/16", nil)
		if err != nil {
			return err
		}
		subnet, err := tx.CreateSubnet(vpc.ID, "10.0.1.0/24", "ap-northeast-2a", nil)
		if err != nil {
			return err
		}
		images := world.RegionData(l.Region()).Images()
		started, err := tx.RunInstances(world.Launch{ImageID: images[0].ID, Type: "t3.micro", SubnetID: subnet.ID})
		if err == nil {
			id = started[0].ID
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	machine := func() bool { return l.net.Host(world.HostID(id)) != nil }
	await := func(what string, ok func() bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
		}
	}
	await("it does not boot", machine)
	on := l.world.Snapshot()
	stopped := *on.Instances[id]
	stopped.State = world.Stopped
	off := *on
	off.Instances = maps.Clone(on.Instances)
	off.Instances[id] = &stopped
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range 20 {
		before := l.net.Host(world.HostID(id))
		l.reconcile(ctx, &off, 0)
		l.reconcile(ctx, on, 0)
		await("it has no machine", func() bool { return machine() && l.net.Host(world.HostID(id)) != before })
	}
}
