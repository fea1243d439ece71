package host

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// client is the machine's own OpenSSH, logging in to hosts of a lab.
type client struct {
	t      testing.TB
	l      *lab
	config string // an ssh_config
}

func openssh(t testing.TB, l *lab) *client {
	t.Helper()
	for _, name := range []string{"ssh", "scp", "sftp"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no %s here: OpenSSH cannot be the witness", name)
		}
	}
	dir := t.TempDir()
	known := filepath.Join(dir, "known_hosts")
	var lines bytes.Buffer
	for _, k := range makeKeys().hosts {
		fmt.Fprintf(&lines, "bastion %sprivate %s", ssh.MarshalAuthorizedKey(k.PublicKey()), ssh.MarshalAuthorizedKey(k.PublicKey()))
	}
	must(os.WriteFile(known, lines.Bytes(), 0o600))
	config := filepath.Join(dir, "config")
	must(os.WriteFile(config, fmt.Appendf(nil, `
Host *
  User ec2-user
  IdentitiesOnly yes
  BatchMode yes
  StrictHostKeyChecking yes
  UserKnownHostsFile %s
  GlobalKnownHostsFile /dev/null
  LogLevel INFO
Host bastion private
  IdentityFile %s
Host stranger
  IdentityFile %s
Host bastion stranger
  HostName 127.0.0.1
  Port %s
  HostKeyAlias bastion
Host private
  HostName 10.0.2.234
  HostKeyAlias private
  ProxyJump bastion
`, known, keyFileOnDisk(t), strangersKey(t), l.w.port("10.0.1.123:22")), 0o600))
	return &client{t, l, config}
}

// strangersKey is a key that no host knows.
func strangersKey(t testing.TB) string {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	must(err)
	block, err := ssh.MarshalPrivateKey(private, "stranger")
	must(err)
	name := filepath.Join(t.TempDir(), "stranger")
	must(os.WriteFile(name, pem.EncodeToMemory(block), 0o600))
	return name
}

// anotherHost is a known_hosts file that knows the bastion by another key.
func anotherHost(t testing.TB) string {
	public, _, err := ed25519.GenerateKey(rand.Reader)
	must(err)
	key, err := ssh.NewPublicKey(public)
	must(err)
	name := filepath.Join(t.TempDir(), "known_hosts")
	must(os.WriteFile(name, fmt.Appendf(nil, "bastion %s", ssh.MarshalAuthorizedKey(key)), 0o600))
	return name
}

func (c *client) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, append([]string{"-F", c.config}, args...)...)
	cmd.WaitDelay = time.Second
	return cmd
}

// run returns what a client printed and its exit status.
func (c *client) run(stdin, name string, args ...string) (out, errs string, code int) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 30*time.Second)
	defer cancel()
	var o, e bytes.Buffer
	cmd := c.command(ctx, name, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &o, &e
	cmd.Run()
	return o.String(), e.String(), cmd.ProcessState.ExitCode()
}

func TestOpenSSH(t *testing.T) {
	t.Parallel()
	l := bootLab(t, 100)
	c := openssh(t, l)
	for _, test := range []struct {
		name, stdin string
		args        []string
		out, err    string // out exactly, err as a part
		code        int
	}{
		{"exec", "", []string{"bastion", "echo hello; hostname"}, "hello\nip-10-0-1-123.ap-northeast-2.compute.internal\n", "", 0},
		{"status", "", []string{"bastion", "exit 42"}, "", "", 42},
		{"not found", "", []string{"bastion", "foo"}, "", "bash: line 1: foo: command not found", 127},
		{"stdin", "one\ntwo\n", []string{"bastion", "wc -l"}, "2\n", "", 0},
		{"stderr", "", []string{"bastion", "echo oops >&2"}, "", "oops", 0},
		{"shell without terminal", "echo a\nexit 3\n", []string{"-T", "bastion"}, "a\n", "", 3},
		{"terminal", "", []string{"-tt", "bastion", "tty; exit 4"}, "/dev/pts/0\r\n", "", 4},
		{"jump", "", []string{"private", "hostname -s"}, "ip-10-0-2-234\n", "", 0},
		{"jump by -J", "", []string{"-o", "HostKeyAlias=private", "-i", keyFileOnDisk(t), "-J", "bastion", "10.0.2.234", "hostname -s"}, "ip-10-0-2-234\n", "", 0},
		{"jump by name", "", []string{"-o", "HostKeyAlias=private", "-i", keyFileOnDisk(t), "-J", "bastion", "private.lab", "hostname -s"}, "ip-10-0-2-234\n", "", 0},
		{"jump refused", "", []string{"-J", "bastion", "10.0.2.235", "true"}, "", "open failed: connect failed: Connection refused", 255},
		{"jump into the dark", "", []string{"-J", "bastion", "3.5.143.161", "true"}, "", "open failed: connect failed: Connection timed out", 255},
		{"stdio forward", "", []string{"-W", "10.0.2.234:23", "bastion"}, "", "Connection refused", 255},
		{"jump by stdio", "", []string{"-o", "ProxyJump=none", "-o", "ProxyCommand=ssh -F " + c.config + " -W %h:%p bastion", "private", "hostname -s"}, "ip-10-0-2-234\n", "", 0},
		{"password", "", []string{"-o", "PubkeyAuthentication=no", "-o", "PreferredAuthentications=password,keyboard-interactive", "bastion", "true"}, "", "Permission denied (publickey)", 255},
		{"another key", "", []string{"stranger", "true"}, "", "Permission denied (publickey)", 255},
		{"another user", "", []string{"-l", "ubuntu", "bastion", "true"}, "", "Permission denied (publickey)", 255},
		{"root", "", []string{"-l", "root", "bastion", "true"}, "Please login as the user \"ec2-user\" rather than the user \"root\".\r\n\r\n", "", 142},
		{"wrong host key", "", []string{"-o", "HostKeyAlias=other", "bastion", "true"}, "", "Host key verification failed", 255},
		{"host key changed", "", []string{"-o", "UserKnownHostsFile=" + anotherHost(t), "bastion", "true"}, "", "REMOTE HOST IDENTIFICATION HAS CHANGED", 255},
		{"host key accepted", "", []string{"-o", "UserKnownHostsFile=" + filepath.Join(t.TempDir(), "new"), "-o", "StrictHostKeyChecking=accept-new", "bastion", "echo ok"}, "ok\n", "Permanently added 'bastion' (ED25519)", 0},
		{"only ecdsa", "", []string{"-o", "HostKeyAlgorithms=ecdsa-sha2-nistp256", "bastion", "echo ok"}, "ok\n", "", 0},
		{"agent is not forwarded", "", []string{"-A", "bastion", "echo [$SSH_AUTH_SOCK]"}, "[]\n", "", 0},
		{"remote forward refused", "", []string{"-o", "ExitOnForwardFailure=yes", "-R", "8080:localhost:80", "bastion", "true"}, "", "remote port forwarding failed", 255},
		{"connection", "", []string{"bastion", "echo $SSH_CONNECTION | wc -w | tr -d ' '"}, "4\n", "", 0},
		{"the machine's files", "", []string{"bastion", "ls /usr/bin/go /work /dev/sda"}, "", "cannot access '/work'", 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			c.t = t
			out, errs, code := c.run(test.stdin, "ssh", test.args...)
			if out != test.out || !strings.Contains(errs, test.err) || code != test.code {
				t.Errorf("got %q, %q, status %d\nwant %q, %q, status %d", out, errs, code, test.out, test.err, test.code)
			}
		})
	}
}

// TestForwards opens -L and -D and speaks through them.
func TestForwards(t *testing.T) {
	t.Parallel()
	l := bootLab(t, 1)
	c := openssh(t, l)
	free := func() string {
		n, err := net.Listen("tcp", "127.0.0.1:0")
		must(err)
		defer n.Close()
		_, port, _ := net.SplitHostPort(n.Addr().String())
		return port
	}
	local, socks := free(), free()
	ctx, cancel := context.WithCancel(t.Context())
	cmd := c.command(ctx, "ssh", "-N", "-L", local+":10.0.2.234:22", "-D", socks, "bastion")
	must(cmd.Start())
	defer cmd.Wait()
	defer cancel()
	banner := func(conn net.Conn) string {
		conn.SetDeadline(time.Now().Add(5 * time.Second))
		b := make([]byte, 20)
		n, _ := io.ReadFull(conn, b)
		return string(b[:n])
	}
	dial := func(port string) net.Conn {
		for range 200 {
			if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
				return conn
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Fatal("ssh does not listen")
		return nil
	}
	conn := dial(local)
	defer conn.Close()
	if got := banner(conn); got != "SSH-2.0-OpenSSH_9.9\r" && !strings.HasPrefix(got, "SSH-2.0-OpenSSH_9.9") {
		t.Errorf("through -L: %q", got)
	}
	s := dial(socks)
	defer s.Close()
	s.Write([]byte{5, 1, 0})
	io.ReadFull(s, make([]byte, 2))
	s.Write([]byte{5, 1, 0, 1, 10, 0, 2, 234, 0, 22})
	io.ReadFull(s, make([]byte, 10))
	if got := banner(s); !strings.HasPrefix(got, "SSH-2.0-OpenSSH_9.9") {
		t.Errorf("through -D: %q", got)
	}
}

// TestForwardLetsGo: a forward that its client has closed is over, also where
// the far end neither speaks nor hangs up.
func TestForwardLetsGo(t *testing.T) {
	l := bootLab(t, 1)
	silent, err := fakeNet{l.w, netip.MustParseAddr("10.0.2.9")}.Listen("tcp", ":9")
	must(err)
	defer silent.Close()
	c := login(t, l.bastion, l.w.port("10.0.1.123:22"))
	_, _, err = c.SendRequest("keepalive@openssh.com", true, nil) // all that a login runs has begun
	must(err)
	goroutines := runtime.NumGoroutine()
	for range 20 {
		conn, err := c.Dial("tcp", "10.0.2.9:9")
		must(err)
		far, err := silent.Accept()
		must(err)
		defer far.Close()
		_, err = io.WriteString(conn, "last words")
		must(err)
		must(conn.Close())
		if said, err := io.ReadAll(far); err != nil || string(said) != "last words" {
			t.Fatalf("the far end heard %q, %v", said, err)
		}
	}
	deadline := time.Now().Add(10 * time.Second)
	for runtime.NumGoroutine() > goroutines {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines more than before", runtime.NumGoroutine()-goroutines)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// TestForwardStaysInside asks for what the machine has and the lab has not.
func TestForwardStaysInside(t *testing.T) {
	l := bootLab(t, 50)
	outside, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	defer outside.Close()
	reached := make(chan struct{}, 8)
	go func() {
		for {
			conn, err := outside.Accept()
			if err != nil {
				return
			}
			reached <- struct{}{}
			conn.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(outside.Addr().String())
	cl := login(t, l.bastion, l.w.port("10.0.1.123:22"))
	for _, host := range []string{"127.0.0.1", "localhost", "0.0.0.0", "::1", "[::1]", "::ffff:127.0.0.1", "2130706433", "localhost.localdomain", ""} {
		if conn, err := cl.Dial("tcp", host+":"+port); err == nil {
			conn.Close()
			t.Errorf("a forward to %q was opened", host)
		}
	}
	for _, cmd := range []string{
		"</dev/tcp/127.0.0.1/" + port, "</dev/tcp/localhost/" + port, "</dev/tcp/0.0.0.0/" + port,
		"ssh -o StrictHostKeyChecking=no -o ConnectTimeout=2 -p " + port + " 127.0.0.1 true",
		"scp -o ConnectTimeout=2 -o StrictHostKeyChecking=no -P " + port + " localhost:x .",
	} {
		run(t, l.bastion, cmd, "")
	}
	select {
	case <-reached:
		t.Error("a simulated host reached the machine's own network")
	default:
	}
}

// login is a client of x/crypto/ssh.
func login(t testing.TB, h *Host, port string) *ssh.Client {
	t.Helper()
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	must(err)
	c, chans, reqs, err := ssh.NewClientConn(conn, "host", &ssh.ClientConfig{
		User: "ec2-user", Auth: []ssh.AuthMethod{ssh.PublicKeys(makeKeys().user)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
	})
	if err != nil {
		t.Fatal(err)
	}
	cl := ssh.NewClient(c, chans, reqs)
	t.Cleanup(func() { cl.Close() })
	return cl
}

// TestManySessions runs 200 at once on one connection, as gatewalk's own client
// does.
func TestManySessions(t *testing.T) {
	l := bootLab(t, 1)
	cl := login(t, l.bastion, l.w.port("10.0.1.123:22"))
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			s, err := cl.NewSession()
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			out, err := s.Output(fmt.Sprintf("sleep 0.2; echo %d", i))
			if err != nil || string(out) != fmt.Sprintf("%d\n", i) {
				t.Errorf("session %d: %q, %v", i, out, err)
			}
		})
	}
	wg.Wait()
}

// TestManyConnections is 200 people logging in at the same moment.
func TestManyConnections(t *testing.T) {
	l := bootLab(t, 1)
	port := l.w.port("10.0.1.123:22")
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			s, err := login(t, l.bastion, port).NewSession()
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if out, err := s.Output(fmt.Sprintf("echo %d", i)); err != nil || string(out) != fmt.Sprintf("%d\n", i) {
				t.Errorf("connection %d: %q, %v", i, out, err)
			}
		})
	}
	wg.Wait()
}

// TestVanished is a client that stops answering without closing anything.
func TestVanished(t *testing.T) {
	t.Parallel()
	w := newFakeWorld()
	h := bootHost(t, w, "10.0.1.123", 1, nil)
	h.probeEvery = 300 * time.Millisecond // a busy machine answers within three of them
	real, err := net.Dial("tcp", "127.0.0.1:"+w.port("10.0.1.123:22"))
	must(err)
	gate := &gated{Conn: real}
	c, chans, reqs, err := ssh.NewClientConn(gate, "host", &ssh.ClientConfig{
		User: "ec2-user", Auth: []ssh.AuthMethod{ssh.PublicKeys(makeKeys().user)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
	})
	must(err)
	none := make(chan *ssh.Request)
	close(none)
	cl := ssh.NewClient(c, chans, none)
	defer cl.Close()
	s, err := cl.NewSession()
	must(err)
	must(s.Start("sleep 1000"))
	for range probeLimit + 2 {
		r, ok := <-reqs
		if !ok {
			t.Fatal("a client that answers was dropped")
		}
		must(r.Reply(false, nil))
	}
	gate.shut.Store(true)
	deadline := time.Now().Add(time.Minute)
	for connections(h) > 0 || len(h.processes.list()) > 2 {
		if time.Now().After(deadline) {
			t.Fatalf("the connection of a vanished client is still there, and %v", h.processes.list())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func connections(h *Host) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.conns)
}

// gated loses what is written once it is shut.
type gated struct {
	net.Conn
	shut atomic.Bool
}

func (g *gated) Write(p []byte) (int, error) {
	if g.shut.Load() {
		return len(p), nil
	}
	return g.Conn.Write(p)
}

// TestSCP copies with scp's old protocol, with its new one (SFTP), with sftp,
// and to a full disk.
func TestSCP(t *testing.T) {
	t.Parallel()
	l := bootLab(t, 1)
	l.bastion = bootHost(t, l.w, "10.0.1.123", 1, func(c *Config) { c.Disk = 16 << 20 })
	c := openssh(t, l)
	dir := t.TempDir()
	data := make([]byte, 3<<20+17)
	rand.Read(data)
	file := filepath.Join(dir, "한글 이름.bin")
	must(os.WriteFile(file, data, 0o640))
	for _, mode := range [][]string{{"-O"}, {"-s"}} {
		name := mode[0]
		if _, errs, code := c.run("", "scp", append(mode, "-p", file, "bastion:copy"+name)...); code != 0 {
			t.Fatalf("scp %s: %s", name, errs)
		}
		out, _, _ := run(t, l.bastion, "stat -c '%s %a' copy"+name+"; sha256sum < copy"+name, "")
		if want := fmt.Sprintf("%d 640\n%x  -\n", len(data), sha256.Sum256(data)); out != want {
			t.Errorf("scp %s: there %q, want %q", name, out, want)
		}
		back := filepath.Join(dir, "back"+name)
		if _, errs, code := c.run("", "scp", append(mode, "bastion:copy"+name, back)...); code != 0 {
			t.Fatalf("scp %s back: %s", name, errs)
		}
		if got, _ := os.ReadFile(back); !bytes.Equal(got, data) {
			t.Errorf("scp %s back: %d bytes that are not the same", name, len(got))
		}
		tree := filepath.Join(dir, "tree")
		must(os.MkdirAll(filepath.Join(tree, "a", "b"), 0o755))
		must(os.WriteFile(filepath.Join(tree, "a", "b", "f"), []byte("deep"), 0o600))
		if _, errs, code := c.run("", "scp", append(mode, "-r", tree, "private:t"+name)...); code != 0 {
			t.Errorf("scp %s -r through the bastion: %s", name, errs)
		}
		if out, _, _ := run(t, l.private, "cat t"+name+"/a/b/f", ""); out != "deep" {
			t.Errorf("scp %s -r: %q", name, out)
		}
		if _, errs, code := c.run("", "scp", append(mode, file, "bastion:/etc/x")...); code != 1 || !strings.Contains(errs, "ermission denied") {
			t.Errorf("scp %s to /etc: status %d, %q", name, code, errs)
		}
		if _, errs, code := c.run("", "scp", append(mode, "bastion:nothing", dir)...); code != 1 || !strings.Contains(errs, "o such file") {
			t.Errorf("scp %s of nothing: status %d, %q", name, code, errs)
		}
		run(t, l.bastion, "head -c 16M /dev/zero > filler", "")
		if _, errs, code := c.run("", "scp", append(mode, file, "bastion:full")...); code != 1 || errs == "" {
			t.Errorf("scp %s to a full disk: status %d, %q", name, code, errs)
		}
		run(t, l.bastion, "rm -f filler full", "")
	}
	batch := "put " + strings.ReplaceAll(file, " ", "\\ ") + " s\nls -l\nrename s s2\nmkdir d\nchmod 600 s2\nls -ln s2\nrm s2\nrmdir d\npwd\n"
	out, errs, code := c.run(batch, "sftp", "-b", "-", "bastion")
	if code != 0 || !strings.Contains(out, "ec2-user ec2-user") || !strings.Contains(out, "-rw-------") || !strings.Contains(out, "Remote working directory: /home/ec2-user") {
		t.Errorf("sftp: status %d, %s\n%s", code, out, errs)
	}
}

func BenchmarkExec(b *testing.B) {
	l := bootLab(b, 1)
	cl := login(b, l.bastion, l.w.port("10.0.1.123:22"))
	for b.Loop() {
		s, err := cl.NewSession()
		must(err)
		if _, err := s.Output("true"); err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}

func BenchmarkLogin(b *testing.B) {
	l := bootLab(b, 1)
	port := l.w.port("10.0.1.123:22")
	for b.Loop() {
		login(b, l.bastion, port).Close()
	}
}
