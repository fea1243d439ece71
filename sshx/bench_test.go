package sshx_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"gatewalk/sshx"
)

// Two real sshd's on loopback, of which one is the bastion, are reached by this
// package and by OpenSSH with the same keys and the same key exchange.
type sshds struct {
	dir    string
	user   string
	signer ssh.Signer
	hops   [2]string // addresses: the bastion's, the private host's
}

// exchange is what both clients agree on with the servers.
const (
	kex    = "curve25519-sha256"
	cipher = "aes128-gcm@openssh.com"
)

func startSSHDs(b *testing.B) *sshds {
	b.Helper()
	const daemon = "/usr/sbin/sshd" // sshd insists on an absolute path
	for _, p := range []string{daemon, "ssh"} {
		if _, err := exec.LookPath(p); err != nil {
			b.Skip("OpenSSH is not installed:", err)
		}
	}
	s := &sshds{dir: b.TempDir(), user: userName(b)}
	var err error
	if s.signer, err = sshx.Key(s.path("id"), "bench"); err != nil {
		b.Fatal(err)
	}
	s.write(b, "authorized", string(ssh.MarshalAuthorizedKey(s.signer.PublicKey())))
	var known strings.Builder
	for i := range s.hops {
		hostKey, err := sshx.Key(s.path(fmt.Sprint("host", i)), "")
		if err != nil {
			b.Fatal(err)
		}
		s.hops[i] = freeAddress(b)
		_, port, _ := net.SplitHostPort(s.hops[i])
		fmt.Fprintf(&known, "[127.0.0.1]:%s %s", port, ssh.MarshalAuthorizedKey(hostKey.PublicKey()))
		s.write(b, fmt.Sprint("sshd", i), fmt.Sprintf(`ListenAddress %s
HostKey %s
AuthorizedKeysFile %s
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PrintMotd no
PrintLastLog no
KexAlgorithms %s
Ciphers %s
MaxStartups 100
SetEnv HOME=%s
`, s.hops[i], s.path(fmt.Sprint("host", i)), s.path("authorized"), kex, cipher, s.dir)) // HOME: no .bashrc is measured
		s.run(b, exec.Command(daemon, "-D", "-e", "-f", s.path(fmt.Sprint("sshd", i))))
	}
	s.write(b, "known", known.String())
	var config strings.Builder
	for i, name := range []string{"bastion", "private"} {
		_, port, _ := net.SplitHostPort(s.hops[i])
		fmt.Fprintf(&config, "Host %s\n HostName 127.0.0.1\n Port %s\n", name, port)
	}
	fmt.Fprintf(&config, `Host private
 ProxyJump bastion
Host *
 User %s
 IdentityFile %s
 IdentitiesOnly yes
 IdentityAgent none
 UserKnownHostsFile %s
 GlobalKnownHostsFile none
 StrictHostKeyChecking yes
 KexAlgorithms %s
 Ciphers %s
 LogLevel ERROR
 BatchMode yes
`, s.user, s.path("id"), s.path("known"), kex, cipher)
	s.write(b, "config", config.String())
	s.mayLogIn(b)
	return s
}

func (s *sshds) path(name string) string { return filepath.Join(s.dir, name) }

func (s *sshds) write(b *testing.B, name, text string) {
	b.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
}

// run keeps a program running until the benchmark ends.
func (s *sshds) run(b *testing.B, cmd *exec.Cmd) {
	b.Helper()
	log := &bytes.Buffer{}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		b.Skip("sshd cannot be started:", err)
	}
	b.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if b.Failed() || b.Skipped() {
			b.Log(log)
		}
	})
}

// mayLogIn skips the benchmark where this user may not be served: sshd needs
// its privilege separation directory, and the account a shell.
func (s *sshds) mayLogIn(b *testing.B) {
	b.Helper()
	c, err := s.connect(b.Context())
	for began := time.Now(); sshx.Booting(err) && time.Since(began) < 5*time.Second; c, err = s.connect(b.Context()) {
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		b.Skip("sshd does not serve us:", err)
	}
	defer c.Close()
	if status, err := c.Run(b.Context(), "true", sshx.Streams{}); status != 0 || err != nil {
		b.Skip("sshd does not serve us:", status, err)
	}
}

func (s *sshds) connect(ctx context.Context) (*sshx.Client, error) {
	pins, err := sshx.OpenPins(s.path("known"))
	if err != nil {
		return nil, err
	}
	var hops []sshx.Target
	for _, addr := range s.hops {
		hops = append(hops, sshx.Target{Addr: addr, User: s.user, Auth: []ssh.AuthMethod{ssh.PublicKeys(s.signer)}, HostKey: pins.Callback(nil)})
	}
	return sshx.Jump(ctx, new(net.Dialer), hops...)
}

func (s *sshds) mustConnect(b *testing.B) *sshx.Client {
	b.Helper()
	c, err := s.connect(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return c
}

// openSSH runs ssh to the private host through the bastion.
func (s *sshds) openSSH(b *testing.B, in io.Reader, args ...string) {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), "ssh", append([]string{"-F", s.path("config")}, args...)...)
	cmd.Stdin = in
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("ssh: %v: %s", err, out)
	}
}

// keep opens a connection of OpenSSH's that further commands share.
func (s *sshds) keep(b *testing.B) (control string) {
	b.Helper()
	control = "-oControlPath=" + s.path("control")
	s.run(b, exec.Command("ssh", "-F", s.path("config"), control, "-oControlMaster=yes", "-N", "private"))
	for range 500 {
		if exec.Command("ssh", "-F", s.path("config"), control, "-O", "check", "private").Run() == nil {
			return control
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.Fatal("ssh does not keep a connection")
	return ""
}

// Connect through the bastion and run one command, by turns with ssh -J.
// Budget: half of its time. Of what is left, sshd sleeps the most: it lets no
// authentication request take less than 5 ms, and there are three to a login.
func BenchmarkConnectExec(b *testing.B) {
	s := startSSHDs(b)
	byTurns(b, func() {
		c := s.mustConnect(b)
		exec1(b, c)
		c.Close()
	}, func() { s.openSSH(b, nil, "private", "true") })
}

// One more command on a live connection, by turns with OpenSSH on one that it
// keeps. Budget: its time.
func BenchmarkExec(b *testing.B) {
	s := startSSHDs(b)
	c := s.mustConnect(b)
	defer c.Close()
	control := s.keep(b)
	byTurns(b, func() { exec1(b, c) }, func() { s.openSSH(b, nil, control, "private", "true") })
}

// byTurns does the same by us and by OpenSSH, so that what else the machine
// does falls on both, and compares their medians.
func byTurns(b *testing.B, ours, theirs func()) {
	b.Helper()
	var took [2][]time.Duration
	for b.Loop() {
		for i, f := range []func(){ours, theirs} {
			began := time.Now()
			f()
			took[i] = append(took[i], time.Since(began))
		}
	}
	var median [2]float64
	for i := range took {
		slices.Sort(took[i])
		median[i] = took[i][len(took[i])/2].Seconds() * 1000
	}
	b.ReportMetric(0, "ns/op") // of both together, it says nothing
	b.ReportMetric(median[0], "ms-sshx")
	b.ReportMetric(median[1], "ms-openssh")
	b.ReportMetric(median[0]/median[1], "ratio")
}

func exec1(b *testing.B, c *sshx.Client) {
	b.Helper()
	if status, err := c.Run(b.Context(), "true", sshx.Streams{}); status != 0 || err != nil {
		b.Fatal(status, err)
	}
}

const copied = 256 << 20

// 256 MiB to a file of the private host on a live connection. Budget:
// BenchmarkOpenSSHCopy's rate.
func BenchmarkCopy(b *testing.B) {
	if _, err := exec.LookPath("scp"); err != nil {
		b.Skip("the far end needs scp:", err)
	}
	s := startSSHDs(b)
	c := s.mustConnect(b)
	defer c.Close()
	b.SetBytes(copied)
	for b.Loop() {
		if err := c.Copy(b.Context(), io.LimitReader(zeros{}, copied), copied, 0o600, s.path("copy")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenSSHCopy(b *testing.B) {
	if _, err := exec.LookPath("scp"); err != nil {
		b.Skip("scp is not installed:", err)
	}
	s := startSSHDs(b)
	control := s.keep(b)
	file, err := os.Create(s.path("original"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	if _, err := io.CopyN(file, zeros{}, copied); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(copied)
	for b.Loop() {
		cmd := exec.CommandContext(b.Context(), "scp", "-O", "-q", "-F", s.path("config"), control, file.Name(), "private:"+s.path("copy"))
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("scp: %v: %s", err, out)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func userName(b *testing.B) string {
	b.Helper()
	u, err := user.Current()
	if err != nil {
		b.Skip("nobody to log in as:", err)
	}
	return u.Username
}

// freeAddress is an address of loopback on which nobody listens just now.
func freeAddress(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
