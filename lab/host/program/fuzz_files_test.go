package program

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"io"
	"io/fs"
	"net"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"gatewalk/lab/host/memfs"
)

// diskProcess is a process with a disk of a megabyte and nothing else.
func diskProcess(args ...string) (p *Process, out *bytes.Buffer) {
	f := memfs.New(memfs.Options{Limit: 1 << 20})
	root := f.As(0, 0)
	for _, dir := range []string{"/home", "/home/ec2-user", "/home/ec2-user/in"} {
		root.Mkdir(dir, 0o755)
		root.Chown(dir, 1000, 1000)
	}
	out = &bytes.Buffer{}
	return &Process{
		Machine: &Machine{Files: f.As(1000, 1000)}, Args: args, Stdin: strings.NewReader(""), Stdout: out, Stderr: out,
		Dir: "/home/ec2-user",
	}, out
}

// walk lists every name on a disk.
func walk(v *memfs.View, dir string) (names []string) {
	entries, _ := v.ReadDir(dir)
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		names = append(names, name)
		if e.IsDir() {
			names = append(names, walk(v, name)...)
		}
	}
	return names
}

// FuzzScpReceive is a far end that sends whatever it likes: nothing may be
// written but below the target, and the copy must end.
func FuzzScpReceive(f *testing.F) {
	f.Add([]byte("C0644 5 f\nhello\x00"), true)
	f.Add([]byte("D0755 0 d\nC0600 1 f\nx\x00E\n"), true)
	f.Add([]byte("T1 0 1 0\nC0644 0 f\n\x00"), false)
	f.Add([]byte("C0644 5 ../../etc/passwd\nhello\x00"), true)
	f.Add([]byte("D0755 0 ..\nC0644 1 x\nx\x00E\nE\n"), true)
	f.Add([]byte("C0644 99999999999 f\n"), false)
	f.Add([]byte("\x01oops\n\x02fatal\n"), false)
	f.Fuzz(func(t *testing.T, sent []byte, deep bool) {
		p, _ := diskProcess("scp")
		before := map[string]bool{}
		for _, name := range walk(disk(p), "/") {
			before[name] = true
		}
		var answers bytes.Buffer
		e := newScpEnd(p, bytes.NewReader(sent), &answers)
		e.deep, e.times = deep, true
		e.receive(t.Context(), "in")
		for _, name := range walk(disk(p), "/") {
			if !before[name] && !strings.HasPrefix(name, "/home/ec2-user/in/") {
				t.Errorf("%q made %s", sent, name)
			}
		}
	})
}

// FuzzParseScp: what is accepted can be written and read again.
func FuzzParseScp(f *testing.F) {
	for _, line := range []string{"C0644 5 a b", "D0755 0 d", "E", "T1700000000 0 1 0", "", "C", "C0644 -1 x", "C9999 1 x", "X", "C0644 1 ..", "C0644 1 a/b"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		e, err := parseScp(line)
		if err != nil {
			return
		}
		if e.kind == 'C' || e.kind == 'D' {
			if e.size < 0 || e.mode&^fs.ModePerm != 0 || path.Base(e.name) != e.name || e.name == ".." || e.name == "." {
				t.Errorf("%q became %+v", line, e)
			}
		}
	})
}

// TestScpBothEnds lets a sender and a receiver talk over a pipe.
func TestScpBothEnds(t *testing.T) {
	from, _ := diskProcess("scp")
	to, _ := diskProcess("scp")
	disk(from).Mkdir("/home/ec2-user/in/d", 0o750)
	disk(from).WriteFile("/home/ec2-user/in/d/한글", bytes.Repeat([]byte("x"), 70_000), 0o640)
	disk(from).WriteFile("/home/ec2-user/in/empty", nil, 0o600)
	a, b := net.Pipe()
	done := make(chan error)
	go func() {
		e := newScpEnd(from, a, a)
		e.deep, e.times = true, true
		err := e.send(context.Background(), []string{"in", "none"})
		a.Close()
		done <- err
	}()
	e := newScpEnd(to, b, b)
	e.deep, e.times = true, true
	if err := e.receive(context.Background(), "."); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	i, err := disk(to).Stat("/home/ec2-user/in/d/한글")
	if err != nil || i.Size() != 70_000 || i.Mode() != 0o640 {
		t.Errorf("%v, %v", i, err)
	}
	if _, err := disk(to).Stat("/home/ec2-user/in/empty"); err != nil {
		t.Error(err)
	}
	if !e.failed {
		t.Error("nobody minds the file that was not there")
	}
}

// FuzzKnownHosts compares with x/crypto's own reader of such files, on a file of
// the machine: whom we trust it must trust.
func FuzzKnownHosts(f *testing.F) {
	pub, _, err := ed25519.GenerateKey(io.Reader(zeros{}))
	if err != nil {
		f.Fatal(err)
	}
	key, err := ssh.NewPublicKey(pub)
	if err != nil {
		f.Fatal(err)
	}
	text := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
	for _, hosts := range []string{"host", "host,10.0.2.234", "*.lab,!bad.lab", "[host]:22", "h?st", "@revoked host", "@cert-authority *", knownhosts.HashHostname("host"), "|1|x|y"} {
		f.Add(hosts, "host")
	}
	f.Fuzz(func(t *testing.T, hosts, name string) {
		if name == "" || strings.ContainsAny(name, "[]:,!*?| \t\r\n#@\x00") || strings.ToLower(name) != name || strings.ContainsAny(hosts, "\r\n[") {
			return // not the name of a host, or a form that only x/crypto normalises
		}
		if strings.ToLower(hosts) != hosts && !strings.HasPrefix(hosts, "|1|") {
			return // OpenSSH takes capitals in a pattern for small letters, x/crypto does not
		}
		if strings.Contains(hosts+",", "*,") || strings.Contains(hosts, "* ") {
			return // nor is nothing enough for its last star
		}
		if strings.ContainsAny(hosts, "\f\v\u0085\u00a0") {
			return // x/crypto has two readers, for which not the same is a space
		}
		data := []byte(hosts + " " + text + "\n")
		trusted, revoked := false, false
		for _, k := range parseKnownHosts(data) {
			if k.is(name) && bytes.Equal(k.key.Marshal(), key.Marshal()) {
				trusted, revoked = trusted || !k.revoked, revoked || k.revoked
			}
		}
		file := filepath.Join(t.TempDir(), "known_hosts")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		check, err := knownhosts.New(file)
		if err != nil {
			return // it refuses the whole file where OpenSSH passes over the line
		}
		theirs := check(name+":22", &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 22}, key) == nil
		if trusted && !revoked && !theirs {
			t.Errorf("%q: %q is trusted here and not by x/crypto", hosts, name)
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// FuzzSed must neither panic nor run for ever.
func FuzzSed(f *testing.F) {
	for _, s := range []string{"s/a/b/g", "2,3p", "$!d", "/x/,/y/s#a#\\1#", "s/\\(a\\)/[\\1&]/2p", "s/a", "10q;=", "s/*/x/", "y/a/b/"} {
		f.Add(s, "abc\nxyz\n", true)
	}
	f.Fuzz(func(t *testing.T, script, text string, extended bool) {
		args := []string{"sed", "-e", script}
		if extended {
			args = []string{"sed", "-E", "-e", script}
		}
		p, _ := diskProcess(args...)
		p.Stdin = strings.NewReader(text)
		sed(t.Context(), p)
	})
}

// FuzzBasicRegexp: whatever is typed either compiles or is refused by grep in
// words; a literal always finds itself.
func FuzzBasicRegexp(f *testing.F) {
	for _, s := range []string{"a+b", `a\+b`, `\(a\|b\)`, "[[:alpha:]]*", "*x", `\`, "[", "a{2}", `a\{2\}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		re, err := regexp.Compile(basicRegexp(s))
		if err == nil && s != "" && strings.IndexFunc(s, func(r rune) bool { return strings.ContainsRune(`\[]*.^$`, r) || r < ' ' || r > '~' }) < 0 && !re.MatchString(s) {
			t.Errorf("%q does not match itself: %s", s, re)
		}
	})
}

// FuzzOptions: no arguments may upset the programs that only look.
func FuzzOptions(f *testing.F) {
	for _, s := range []string{"-n\x005\x00x", "--lines=3", "-", "--", "-5", "-n", "-n\x00-2", "-nx", "+x", "-k\x001,2n", "-t:\x00-k2"} {
		f.Add(s, "b\na 2\na 10\n")
	}
	f.Fuzz(func(t *testing.T, args, text string) {
		for name, program := range map[string]Func{"head": head, "tail": tail, "cut": cut, "sort": sortLines, "uniq": uniq, "wc": wc, "grep": grep,
			"tr": tr, "chmod": chmod, "stat": stat, "find": find, "truncate": truncate, "touch": touch, "base64": base64Text} {
			p, _ := diskProcess(append([]string{name}, strings.Split(args, "\x00")...)...)
			p.Stdin = strings.NewReader(text)
			p.Clock = nil
			ctx, cancel := context.WithCancel(t.Context())
			if strings.Contains(args, "f") && name == "tail" || name == "touch" {
				cancel()
				continue
			}
			program(ctx, p)
			cancel()
		}
	})
}
