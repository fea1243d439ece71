//go:build linux

package lab_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// kernel is Linux's own network in namespaces that the test makes, and removes
// by their names. Nothing of it is connected with the machine's network.
type kernel struct {
	t      *testing.T
	prefix string
}

// newKernel skips where namespaces cannot be had.
func newKernel(t *testing.T, programs ...string) *kernel {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root makes network namespaces")
	}
	for _, p := range append(programs, "ip", "unshare", "mount") {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("no %s here: the kernel cannot be the witness", p)
		}
	}
	removeAbandoned(t)
	return &kernel{t: t, prefix: fmt.Sprintf("gatewalk-%d-", os.Getpid())}
}

// removeAbandoned removes the namespaces of earlier runs that were killed: those
// of this test's names whose process is gone.
func removeAbandoned(t *testing.T) {
	t.Helper()
	left, err := os.ReadDir("/run/netns")
	if err != nil {
		return // none was ever made
	}
	for _, e := range left {
		rest, ours := strings.CutPrefix(e.Name(), "gatewalk-")
		digits, _, named := strings.Cut(rest, "-")
		pid, err := strconv.Atoi(digits)
		if !ours || !named || err != nil || pid <= 0 || !errors.Is(unix.Kill(pid, 0), unix.ESRCH) {
			continue
		}
		if out, err := exec.Command("ip", "netns", "del", e.Name()).CombinedOutput(); err != nil {
			t.Logf("removing namespace %s of a run that is gone: %v: %s", e.Name(), err, out)
		}
	}
}

// TestAbandonedNamespaces: those of a process that is gone go, those of one
// that lives and those of others stay.
func TestAbandonedNamespaces(t *testing.T) {
	k := newKernel(t)
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	of := func(pid int) string { return fmt.Sprintf("gatewalk-%d-abandoned", pid) }
	other := fmt.Sprintf("gatewalker-%d-test", os.Getpid())
	for _, name := range []string{of(dead.Process.Pid), of(os.Getpid()), other} {
		if out, err := exec.Command("ip", "netns", "add", name).CombinedOutput(); err != nil {
			t.Skipf("namespaces cannot be made here: %v: %s", err, out)
		}
		t.Cleanup(func() { exec.Command("ip", "netns", "del", name).Run() })
	}
	removeAbandoned(k.t)
	for name, stays := range map[string]bool{of(dead.Process.Pid): false, of(os.Getpid()): true, other: true} {
		if _, err := os.Stat(filepath.Join("/run/netns", name)); (err == nil) != stays {
			t.Errorf("namespace %s: %v", name, err)
		}
	}
}

// namespace makes one, as a machine that forwards and answers without limit.
func (k *kernel) namespace(name string) {
	k.t.Helper()
	full := k.prefix + name
	if out, err := exec.Command("ip", "netns", "add", full).CombinedOutput(); err != nil {
		k.t.Skipf("namespaces cannot be made here: %v: %s", err, out)
	}
	k.t.Cleanup(func() {
		if out, err := exec.Command("ip", "netns", "del", full).CombinedOutput(); err != nil {
			k.t.Errorf("removing namespace %s: %v: %s", full, err, out)
		}
	})
	err := k.within(name, func() error {
		for file, value := range map[string]string{
			"ip_forward": "1", "conf/all/rp_filter": "0", "conf/default/rp_filter": "0", "icmp_ratelimit": "0",
		} {
			if err := sysctl(file, value); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		k.t.Skip("namespaces cannot be set up here:", err)
	}
	k.ip(name, "link set lo up")
}

// sysctl sets a value of the namespace that the thread is in.
func sysctl(name, value string) error {
	return os.WriteFile("/proc/sys/net/ipv4/"+name, []byte(value), 0o644)
}

// within calls f on a thread that is in the namespace, and ends with f: sockets
// that f opens stay there.
func (k *kernel) within(name string, f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread is of no use to others
		ns, err := os.Open(filepath.Join("/run/netns", k.prefix+name))
		if err != nil {
			done <- err
			return
		}
		defer ns.Close()
		if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- err
			return
		}
		done <- f()
	}()
	return <-done
}

// ip runs commands of ip in a namespace. A kernel that was built without what
// they need is no witness.
func (k *kernel) ip(name string, commands ...string) {
	k.t.Helper()
	cmd := exec.Command("ip", "-n", k.prefix+name, "-batch", "-")
	cmd.Stdin = strings.NewReader(strings.Join(commands, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		k.t.Skipf("this kernel does not do in a namespace:\n%s\n%v: %s", strings.Join(commands, "\n"), err, out)
	}
}

// cable joins two namespaces.
func (k *kernel) cable(a, cardA, b, cardB string) {
	k.t.Helper()
	k.ip(a, fmt.Sprintf("link add %s type veth peer name %s netns %s", cardA, cardB, k.prefix+b), "link set "+cardA+" up")
	k.ip(b, "link set "+cardB+" up")
}

// run runs a command line there, with 10.0.0.2 as its name server, and gives
// what it printed.
func (k *kernel) run(name, command string) string {
	resolv := filepath.Join(k.t.TempDir(), "resolv.conf")
	if err := os.WriteFile(resolv, []byte("nameserver 10.0.0.2\nsearch ap-northeast-2.compute.internal\n"), 0o644); err != nil {
		k.t.Error(err)
	}
	// The mount is seen in a mount namespace of its own alone.
	cmd := exec.CommandContext(k.t.Context(), "ip", "netns", "exec", k.prefix+name, "unshare", "-m", "sh", "-c",
		"mount --bind "+resolv+" /etc/resolv.conf && exec "+command)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		k.t.Errorf("%s: %v", command, err)
	}
	return string(out)
}

// listen opens sockets in a namespace.
func (k *kernel) listen(name, network, addr string) (c net.PacketConn, l net.Listener) {
	k.t.Helper()
	err := k.within(name, func() (err error) {
		if network == "udp" {
			c, err = net.ListenPacket(network, addr)
		} else {
			l, err = net.Listen(network, addr)
		}
		return err
	})
	if err != nil {
		k.t.Fatalf("listening in namespace %s on %s: %v", name, addr, err)
	}
	return c, l
}
