package lab_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/net/proxy"

	"gatewalk/lab"
	"gatewalk/sshx"
)

// trap is what came to the machine's own listeners, which nothing of the lab
// may reach.
type trap struct {
	mu     sync.Mutex
	caught []string
}

func (p *trap) saw(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.caught = append(p.caught, what)
}

// sprung takes what was caught since the last time.
func (p *trap) sprung() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	was := p.caught
	p.caught = nil
	return was
}

// setTraps listens by TCP and UDP on one port, on every address that the
// machine has.
func setTraps(t *testing.T) (port string, addresses []string, p *trap) {
	t.Helper()
	p = &trap{}
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ = net.SplitHostPort(first.Addr().String())
	listeners := []net.Listener{first}
	addresses = []string{"127.0.0.1"}
	all, _ := net.InterfaceAddrs()
	for _, a := range all {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil || prefix.Addr().IsLinkLocalUnicast() {
			continue
		}
		addr := prefix.Addr().String()
		if addr != "127.0.0.1" {
			l, err := net.Listen("tcp", net.JoinHostPort(addr, port))
			if err != nil {
				continue // somebody else's port there
			}
			listeners = append(listeners, l)
			addresses = append(addresses, addr)
		}
		u, err := net.ListenPacket("udp", net.JoinHostPort(addr, port))
		if err != nil {
			continue
		}
		t.Cleanup(func() { u.Close() })
		go func() {
			b := make([]byte, 100)
			for {
				n, _, err := u.ReadFrom(b)
				if err != nil {
					return
				}
				p.saw(fmt.Sprintf("a datagram %q to %s", b[:n], addr))
			}
		}()
	}
	for _, l := range listeners {
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				p.saw("a connection to " + l.Addr().String())
				c.Close()
			}
		}()
	}
	return port, addresses, p
}

// Nothing that is typed on an instance, asked of its sshd or of the SOCKS door
// reaches a port of the machine, on whatever address.
func TestMachineIsOutOfReach(t *testing.T) {
	t.Parallel()
	g := newGuide(t, lab.Options{})
	door, err := g.ListenSOCKS("")
	if err != nil {
		t.Fatal(err)
	}
	port, addresses, traps := setTraps(t)
	names := append(addresses, "localhost", "0.0.0.0", "::ffff:127.0.0.1", "127.1", "2130706433", "0x7f000001", "ip6-localhost", "host.docker.internal", "")
	if name, err := os.Hostname(); err == nil {
		names = append(names, name)
	}

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	for _, s := range []*shell{g.onBastion(), g.onPrivate()} {
		for _, name := range names {
			url := name
			if strings.Contains(name, ":") {
				url = "[" + name + "]"
			}
			for _, cmd := range []string{
				"curl -s -m 2 http://%u:%p/; curl -s -m 2 -x http://%u:%p http://s3.amazonaws.com/; curl -s -m 2 --resolve s3.amazonaws.com:%p:%n http://s3.amazonaws.com:%p/",
				"curl -s -m 2 -x socks5h://%u:%p http://s3.amazonaws.com/; curl -s -m 2 telnet://%u:%p; curl -s -m 2 ftp://%u:%p/",
				"HTTP_PROXY=http://%u:%p http_proxy=http://%u:%p ALL_PROXY=http://%u:%p curl -s -m 2 http://s3.amazonaws.com/",
				"timeout 2 ssh -o StrictHostKeyChecking=no -p %p %n true; timeout 2 scp -o StrictHostKeyChecking=no -P %p %n:f .",
				"timeout 2 ssh -o StrictHostKeyChecking=no -J %n:%p 10.0.1.123 true; timeout 2 ssh -o ProxyCommand='cat </dev/tcp/%n/%p' 10.0.1.123 true",
				"timeout 2 bash -c 'exec 3<>/dev/tcp/%n/%p; echo hello >&3'; timeout 2 bash -c 'echo hello >/dev/udp/%n/%p'; echo hello | timeout 2 nc %n %p; echo hello | timeout 2 telnet %n %p",
				"timeout 2 dig -p %p @%n s3.amazonaws.com; timeout 2 nslookup -port=%p s3.amazonaws.com %n; timeout 2 sudo traceroute -T -p %p -m 2 %n; timeout 2 traceroute -U -p %p -m 2 %n; ping -c 1 -W 1 %n",
				"AWS_MAX_ATTEMPTS=1 aws --endpoint-url http://%u:%p s3 ls --cli-connect-timeout 1; AWS_ENDPOINT_URL=http://%u:%p AWS_MAX_ATTEMPTS=1 aws sts get-caller-identity --cli-connect-timeout 1",
			} {
				cmd = strings.NewReplacer("%u", url, "%n", name, "%p", port).Replace(cmd)
				wg.Go(func() {
					var out lockedBuffer
					if _, err := s.Run(ctx, cmd+"; echo done", sshx.Streams{Out: &out}); err != nil || !strings.HasSuffix(out.String(), "done\n") {
						t.Errorf("%s: %v after %s", cmd, err, out.String())
					}
				})
			}
			wg.Go(func() { // -L, -D and -W are this
				ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
				defer cancel()
				if c, err := s.DialContext(ctx, "tcp", net.JoinHostPort(name, port)); err == nil {
					c.Close()
					t.Errorf("a forward to %q was opened", name)
				}
			})
		}
		if l, err := s.remoteForward(); err == nil { // -R
			l.Close()
			t.Error("a port was opened for -R")
		}
	}
	for _, name := range names {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
			defer cancel()
			if c, err := g.DialContext(ctx, "tcp", net.JoinHostPort(name, port)); err == nil {
				c.Close()
				t.Errorf("the laptop reached %q", name)
			}
			d, _ := proxy.SOCKS5("tcp", door, nil, proxy.Direct)
			if c, err := d.(proxy.ContextDialer).DialContext(ctx, "tcp", net.JoinHostPort(name, port)); err == nil {
				c.Close()
				t.Errorf("the SOCKS door leads to %q", name)
			}
		})
	}
	wg.Wait()
	if caught := traps.sprung(); len(caught) > 0 {
		t.Errorf("the machine's own network was reached: %v", caught)
	}

	// And the traps do catch.
	for _, network := range []string{"tcp", "udp"} {
		c, err := net.Dial(network, net.JoinHostPort("127.0.0.1", port))
		if err != nil {
			t.Fatal(err)
		}
		c.Write([]byte("here"))
		defer c.Close()
		for range 200 {
			if time.Sleep(5 * time.Millisecond); len(traps.sprung()) > 0 {
				network = ""
				break
			}
		}
		if network != "" {
			t.Errorf("the trap for %s catches nothing", network)
		}
	}
}

// remoteForward asks sshd to listen, as -R does.
func (s *shell) remoteForward() (io.Closer, error) {
	conn, err := s.guide.DialContext(s.guide.t.Context(), "tcp", s.guide.bastionTarget().Addr)
	if err != nil {
		return nil, err
	}
	target := s.guide.bastionTarget()
	c, chans, reqs, err := ssh.NewClientConn(conn, target.Addr, &ssh.ClientConfig{User: target.User, Auth: target.Auth, HostKeyCallback: target.HostKey})
	if err != nil {
		conn.Close()
		return nil, err
	}
	client := ssh.NewClient(c, chans, reqs)
	defer client.Close()
	return client.Listen("tcp", "127.0.0.1:0")
}

// No path, link or URL leads from an instance to a file of the machine, by the
// shell, scp or SFTP, and none is made there.
func TestMachineHasNoFiles(t *testing.T) {
	t.Parallel()
	g := newGuide(t, lab.Options{})
	dir := t.TempDir()
	random := make([]byte, 16)
	rand.Read(random)
	secret := hex.EncodeToString(random)
	file := filepath.Join(dir, "secret")
	if err := os.WriteFile(file, []byte(secret), 0o644); err != nil {
		t.Fatal(err)
	}
	within := strings.NewReplacer("%f", file, "%d", dir, "%up", strings.Repeat("../", 20)+file[1:])
	s := g.onPrivate()
	for _, cmd := range []string{
		"cat %f %up", "curl -s file://%f file://localhost%f", "curl -s -T %f http://s3.amazonaws.com/", "ln -s %f link; cat link; cat < link",
		"ln %f hard; cat hard", "mkdir -p a; ln -s %d a/b; ls a/b/; cat a/b/secret", "echo x > %d/made; tee %up.made < /dev/null", "cp %f here; cat here",
		"cat /proc/self/root%f /proc/1/root%f /proc/self/cwd/%up", "aws s3 cp %f s3://" + bucket + "/x; aws s3 cp s3://" + bucket + "/x -", "ssh -F %f x; ssh -i %f 10.0.1.123 true",
		"source %f; . %up; bash %f; head -c 100 %f; sort %f; grep . %f", "find / -name secret", "scp -o StrictHostKeyChecking=no %f 10.0.1.123:",
		"dig -f %f", "sudo cat %f; sudo ls %d", "while read l; do echo $l; done < %f", "echo $(<%f)", "curl -s -d @%f http://s3.amazonaws.com/; curl -s -K %f",
	} {
		out := s.run(t, within.Replace("timeout 5 bash -c '"+cmd+"' 2>&1; true")).out
		if strings.Contains(out, secret) {
			t.Errorf("%s shows the machine's file: %s", cmd, out)
		}
	}
	g.sftp(t, dir, secret)
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != "secret" {
		t.Errorf("on the machine there is now %v: %v", left, err)
	}
	if text, _ := os.ReadFile(file); string(text) != secret {
		t.Errorf("the machine's file says now %q", text)
	}
}

// sftp asks for the file with OpenSSH's own clients.
func (g *guide) sftp(t *testing.T, dir, secret string) {
	t.Helper()
	for _, p := range []string{"sftp", "scp"} {
		if _, err := exec.LookPath(p); err != nil {
			t.Logf("no %s here: half of this test is not done", p)
			return
		}
	}
	key := filepath.Join(t.TempDir(), "key")
	block, err := ssh.MarshalPrivateKey(userKey(), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(key, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	port := g.forwarder(t, g.bastionTarget().Addr)
	options := []string{"-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-i", key, "-P", port}
	out := t.TempDir()
	run := func(stdin, name string, args ...string) {
		cmd := exec.CommandContext(t.Context(), name, append(append([]string{}, options...), args...)...)
		cmd.Stdin, cmd.Dir = strings.NewReader(stdin), out
		text, _ := cmd.CombinedOutput()
		if strings.Contains(string(text), secret) {
			t.Errorf("%s %q shows the machine's file: %s", name, args, text)
		}
	}
	up := strings.Repeat("../", 20) + dir[1:]
	run(strings.NewReplacer("%d", dir, "%up", up, "%k", key).Replace(`put %k up
get up control
-get %d/secret one
-get %up/secret two
-symlink %d/secret link
-get link three
-symlink %d folder
-get folder/secret four
-ln %d/secret hard
-get hard five
-mkdir %d/made
-mkdir %up/made
-put %k %d/put
-rename %d/secret gone
-rm %d/secret
-chmod 777 %d/secret
-ls -l %d
`), "sftp", "-b", "-", "ec2-user@127.0.0.1")
	for _, protocol := range []string{"-s", "-O"} {
		run("", "scp", protocol, "ec2-user@127.0.0.1:"+dir+"/secret", "six")
		run("", "scp", protocol, "-r", "ec2-user@127.0.0.1:"+up, "seven")
		run("", "scp", protocol, key, "ec2-user@127.0.0.1:"+dir+"/made")
	}
	if _, err := os.Stat(filepath.Join(out, "control")); err != nil {
		t.Errorf("sftp did not work at all: %v", err)
	}
	filepath.Walk(out, func(name string, _ os.FileInfo, _ error) error {
		if text, _ := os.ReadFile(name); strings.Contains(string(text), secret) {
			t.Errorf("the machine's file came back as %s", name)
		}
		return nil
	})
}

// forwarder is a port of loopback behind which an address of the lab is.
func (g *guide) forwarder(t *testing.T, addr string) (port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer near.Close()
				far, err := g.DialContext(t.Context(), "tcp", addr)
				if err != nil {
					return
				}
				defer far.Close()
				wg.Go(func() { io.Copy(far, near); far.Close() })
				io.Copy(near, far)
			})
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port
}

// Two labs that nobody gave a seed have nothing secret in common.
func TestSecretsAreRandom(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 8 {
		l, err := lab.Start(t.Context(), lab.Options{})
		if err != nil {
			t.Fatal(err)
		}
		id, secret := l.Credentials()
		for _, s := range []string{id, secret, fmt.Sprint(l.World().Snapshot().Seed)} {
			if seen[s] || len(s) < 8 {
				t.Errorf("%q is not random", s)
			}
			seen[s] = true
		}
		l.Close()
	}
}
