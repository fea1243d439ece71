package lab

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"gatewalk/lab/host"
	"gatewalk/lab/host/program"
	"gatewalk/lab/vnet"
	"gatewalk/lab/world"
)

// bootTime is how long an instance takes from running to a listening sshd.
// Real ones take 20 to 45 s; a lesson should not.
const bootTime = 4 * time.Second

// hosts are the machines behind the instances that run. They follow the
// world: a running instance has a machine, any other has none.
type hosts struct {
	mu     sync.Mutex
	last   map[string]*machine // by instance: the one that was powered on last
	closed bool
	stop   func() // of the watch on the world
	wg     sync.WaitGroup
}

// machine is one instance from its power-on to its power-off.
type machine struct {
	on     bool // and is to be
	cancel context.CancelFunc
	up     chan struct{} // closed when its sshd listens
	gone   chan struct{} // closed when it is off the wire
}

// off lets a machine go; gone says when it has.
func (m *machine) off() {
	m.on = false
	m.cancel()
}

// startHosts boots what runs already and follows the world from there.
func (l *Lab) startHosts(ctx context.Context) {
	l.hosts.last = map[string]*machine{}
	first := l.world.Snapshot()
	l.hosts.stop = l.world.Watch(func(_, now *world.State) { l.reconcile(ctx, now, bootTime) })
	// A lab that is loaded was booted before: who finds it finds its machines.
	l.reconcile(ctx, first, 0)
	l.hosts.mu.Lock()
	loaded := slices.Collect(maps.Values(l.hosts.last))
	l.hosts.mu.Unlock()
	for _, m := range loaded {
		select {
		case <-m.up:
		case <-m.gone: // it could not boot
		}
	}
}

// reconcile powers machines on and off until they match the world.
func (l *Lab) reconcile(ctx context.Context, s *world.State, boot time.Duration) {
	h := &l.hosts
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	for id, i := range s.Instances {
		running := i.State == world.Running
		m := h.last[id]
		switch {
		case running && (m == nil || !m.on):
			before := m
			ctx, cancel := context.WithCancel(ctx)
			m = &machine{on: true, cancel: cancel, up: make(chan struct{}), gone: make(chan struct{})}
			h.last[id] = m
			h.wg.Go(func() {
				defer close(m.gone)
				if before != nil {
					<-before.gone // it has the name and the address
				}
				if err := l.power(ctx, id, boot, m.up); err != nil && ctx.Err() == nil {
					l.logf("instance %s: %v", id, err)
				}
			})
		case !running && m != nil:
			m.off()
		}
	}
	for id, m := range h.last {
		if s.Instances[id] == nil {
			m.off()
			delete(h.last, id)
		}
	}
}

func (h *hosts) close() {
	h.mu.Lock()
	h.closed = true
	for _, m := range h.last {
		m.off()
	}
	stop := h.stop
	h.mu.Unlock()
	if stop != nil {
		stop()
	}
	h.wg.Wait()
}

// power runs one machine until ctx ends; it closes up when the machine is.
func (l *Lab) power(ctx context.Context, id string, boot time.Duration, up chan<- struct{}) error {
	if err := l.clock.Sleep(ctx, boot); err != nil {
		return err
	}
	s := l.world.Snapshot()
	i := s.Instances[id]
	if i == nil {
		return fmt.Errorf("booting: the instance is gone")
	}
	config, err := l.hostConfig(s, i)
	if err != nil {
		return fmt.Errorf("booting: %w", err)
	}
	wire, err := l.net.AddHost(world.HostID(id), netip.PrefixFrom(s.Interfaces[i.InterfaceID].PrivateIP, 32))
	if err != nil {
		return fmt.Errorf("booting: %w", err)
	}
	defer l.net.RemoveHost(world.HostID(id))
	config.Net = wireNet{wire}
	h, err := host.Boot(ctx, config)
	if err != nil {
		return fmt.Errorf("booting: %w", err)
	}
	defer h.Close()
	close(up)
	l.postConsole(ctx, id, h)
	<-ctx.Done()
	return nil
}

// postConsole keeps the account's copy of a console as new as the lesson's
// second, until user data has run and all that it printed is posted.
func (l *Lab) postConsole(ctx context.Context, id string, h *host.Host) {
	finished := h.Finished()
	var posted []byte
	for {
		now := h.Console()
		if !bytes.Equal(now, posted) {
			if err := l.world.SetConsole(id, now); err != nil {
				l.logf("instance %s: posting the console: %v", id, err) // the disk may be mended
			} else {
				posted = now
			}
		}
		if finished == nil && bytes.Equal(now, posted) {
			return
		}
		second := time.NewTimer(l.clock.Real(time.Second))
		select {
		case <-ctx.Done():
		case <-finished:
			finished = nil
		case <-second.C:
		}
		second.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// hostConfig is what an instance is told at its start.
func (l *Lab) hostConfig(s *world.State, i *world.Instance) (host.Config, error) {
	eni, subnet, vpc := s.Interfaces[i.InterfaceID], s.Subnets[i.SubnetID], s.Vpcs[i.VpcID]
	if eni == nil || subnet == nil || vpc == nil {
		return host.Config{}, fmt.Errorf("instance %s has no interface", i.ID)
	}
	keys, err := hostKeys(s.Seed, i.ID)
	if err != nil {
		return host.Config{}, err
	}
	var authorized []ssh.PublicKey
	for _, k := range s.KeyPairs {
		if k.Name != i.KeyName {
			continue
		}
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(k.PublicKey))
		if err != nil {
			return host.Config{}, fmt.Errorf("reading key pair %s: %w", k.Name, err)
		}
		authorized = append(authorized, key)
	}
	return host.Config{
		Hostname:       world.PrivateName(eni.PrivateIP, s.Region),
		Mask:           subnet.Cidr.Bits(),
		Mac:            eni.Mac,
		Resolver:       vpc.Cidr.Masked().Addr().Next().Next(),
		Clock:          l.clock,
		HostKeys:       keys,
		AuthorizedKeys: authorized,
		Roots:          l.ca.roots(),
		Region:         s.Region,
		UserData:       i.UserData,
		Seed:           s.Seed,
	}, nil
}

// wireNet shows a host of the wire as the network of a machine.
type wireNet struct{ *vnet.Host }

// Raw opens an IP socket.
func (n wireNet) Raw() (program.Raw, error) { return n.Host.Raw() }
