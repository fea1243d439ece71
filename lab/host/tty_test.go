package host

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"golang.org/x/crypto/ssh"
)

const (
	promptA = "[ec2-user@ip-10-0-1-123 ~]$ "
	promptB = "[ec2-user@ip-10-0-2-234 ~]$ "
)

// screen is a terminal emulator at the near end of a login.
type screen struct {
	t       testing.TB
	session *ssh.Session
	stdin   io.WriteCloser

	mu   sync.Mutex
	vt   *vt.Emulator
	dark bool // what comes is not shown any more
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dark {
		return len(p), nil
	}
	return s.vt.Write(p)
}

// open logs in with a terminal of that size and waits for the prompt.
func open(t testing.TB, l *lab, cols, rows int) *screen {
	t.Helper()
	session, err := login(t, l.bastion, l.w.port("10.0.1.123:22")).NewSession()
	must(err)
	s := &screen{t: t, session: session, vt: vt.NewEmulator(cols, rows)}
	s.stdin, err = session.StdinPipe()
	must(err)
	session.Stdout, session.Stderr = s, s
	must(session.RequestPty("xterm-256color", rows, cols, ssh.TerminalModes{}))
	must(session.Shell())
	s.until(promptA)
	return s
}

func (s *screen) key(keys string) {
	if _, err := io.WriteString(s.stdin, keys); err != nil {
		s.t.Fatal(err)
	}
}

// text is the screen without the blanks at the ends of lines.
func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := strings.Split(s.vt.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// until waits for the screen to end with want; blanks at its end do not count.
func (s *screen) until(want string) {
	s.t.Helper()
	s.wait(fmt.Sprintf("end with %q", want), func() bool {
		return strings.HasSuffix(s.text(), strings.TrimRight(want, " "))
	})
}

func (s *screen) wait(what string, ok func() bool) {
	s.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ok() {
		if time.Now().After(deadline) {
			s.t.Fatalf("the screen does not %s:\n%s", what, s.text())
		}
		time.Sleep(time.Millisecond)
	}
}

// clear empties the screen, so that what follows can be compared whole.
func (s *screen) clear() {
	s.t.Helper()
	s.key("\x0c")
	s.wait("clear", func() bool { return s.text() == strings.TrimRight(promptA, " ") })
}

// TestTyping is a table of keys and the screens they lead to, at 40 columns.
func TestTyping(t *testing.T) {
	t.Parallel()
	l := bootLab(t, 1)
	s := open(t, l, 40, 20)
	p := strings.TrimRight(promptA, " ")
	for _, test := range []struct{ name, keys, want string }{
		{"echo", "echo hello\r", p + " echo hello\nhello\n" + p},
		{"nothing", "\r\r", p + "\n" + p + "\n" + p},
		{"erase", "echo hx\x7fi\r", p + " echo hi\nhi\n" + p},
		{"left and insert", "echo ac\x1b[Db\r", p + " echo abc\nabc\n" + p},
		{"home and end", "cho hi\x01e\x05!\r", p + " echo hi!\nhi!\n" + p},
		{"delete", "echo abc\x1b[D\x1b[D\x1b[3~\r", p + " echo ac\nac\n" + p},
		{"kill and yank", "one two\x17\x15echo \x19\r", p + " echo one\none\n" + p},
		{"kill the rest", "echo ab\x02\x0b\r", p + " echo a\na\n" + p},
		{"words", "echo one two\x1bb\x1bbx\x1bf\x1bd\r", p + " echo xone\nxone\n" + p},
		{"up", "echo first\r\x1b[A\r", p + " echo first\nfirst\n" + p + " echo first\nfirst\n" + p},
		{"up, up, down", "echo a\recho b\r\x1b[A\x1b[A\x1b[B\r", p + " echo a\na\n" + p + " echo b\nb\n" + p + " echo b\nb\n" + p},
		{"search", "echo needle\recho hay\r\x12need\r", p + " echo needle\nneedle\n" + p + " echo hay\nhay\n" + p + " echo needle\nneedle\n" + p},
		{"search and edit", "echo one1\recho one2\r\x12one\x12\x05x\r", p + " echo one1\none1\n" + p + " echo one2\none2\n" + p + " echo one1x\none1x\n" + p},
		{"search in vain", "echo x\x12qqq\x07y\r", p + " echo xy\nxy\n" + p},
		{"long list", "touch f; ll f | wc -w; rm f\r", p + " touch f; ll\nf | wc -w; rm f\n9\n" + p},
		{"Ctrl-C drops the line", "echo no\x03echo yes\r", p + " echo no^C\n" + p + " echo yes\nyes\n" + p},
		{"its status", "\x03echo $?\r", p + " ^C\n" + p + " echo $?\n130\n" + p},
		{"Korean", "echo 가나다\r", p + " echo 가나다\n가나다\n" + p},
		{"erase Korean", "echo 가나\x7f다\r", p + " echo 가다\n가다\n" + p},
		{"insert Korean", "echo 가다\x1b[D나\r", p + " echo 가나다\n가나다\n" + p},
		{"long line", "echo 1234567890123456789\r", p + " echo 1234567\n890123456789\n1234567890123456789\n" + p},
		{"exactly full", "echo 1234567\r", p + " echo 1234567\n1234567\n" + p},
		{"wide at the edge", "echo 가나다라마\r", p + " echo 가나다\n라마\n가나다라마\n" + p},
		{"move across the edge", "echo 12345678\x1b[D\x1b[D\x1b[D\x1b[DX\x1b[C\x1b[C\r", p + " echo 1234X56\n78\n1234X5678\n" + p},
		{"continued", "for i in 1 2\rdo echo $i; done\r", p + " for i in 1 2\n> do echo $i; done\n1\n2\n" + p},
		{"quote over lines", "echo 'a\rb'\r", p + " echo 'a\n> b'\na\nb\n" + p},
		{"not found", "foo\r", p + " foo\n-bash: foo: command not found\n" + p},
		{"syntax", ")\rtrue\r", p + " )\n-bash: syntax error near unexpected toke\nn `)'\n" + p + " true\n" + p},
		{"complete a command", "hostna\t-s\r", p + " hostname -s\nip-10-0-1-123\n" + p},
		{"complete a path", "cat /etc/hostn\t | wc -l\r", p + " cat /etc/hos\ntname  | wc -l\n1\n" + p},
		{"complete a bucket", "aws s3 ls s3://a-bucket\r\x0cecho s3://\tk\r", p + " echo s3://a-\nbucket/k\ns3://a-bucket/k\n" + p},
		{"choices", "ls /etc/host\t\t\x15\r", p + " ls /etc/host\nhostname  hosts\n" + p + "\n" + p},
		{"where", "cd /etc\rpwd\rcd\r", p + " cd /etc\n[ec2-user@ip-10-0-1-123 etc]$ pwd\n/etc\n[ec2-user@ip-10-0-1-123 etc]$ cd\n" + p},
		{"read", "read x\nsome text\recho [$x]\r", p + " read x\nsome text\n" + p + " echo [$x]\n[some text]\n" + p},
		{"erase in a program", "cat | head -1\nax\x7fb\n\x04", p + " cat | head -\n1\nab\nab\n" + p},
		{"end of input", "cat\none\n\x04", p + " cat\none\none\n" + p},
		{"Ctrl-C ends a program", "sleep 100\n\x03echo $?\r", p + " sleep 100\n^C\n" + p + " echo $?\n130\n" + p},
		{"root", "sudo -i\rwhoami\rexit\r", p + " sudo -i\n[root@ip-10-0-1-123 ~]# whoami\nroot\n[root@ip-10-0-1-123 ~]# exit\nlogout\n" + p},
		{"a shell in the shell", "bash\rexit\r", p + " bash\n" + p + " exit\nexit\n" + p},
		{"its size", "echo $COLUMNS $LINES; false\recho $?\rstty size\r", p + " echo $COLUMN\nS $LINES; false\n40 20\n" + p + " echo $?\n1\n" + p + " stty size\n20 40\n" + p},
		{"in colour", "alias ls\r", p + " alias ls\nalias ls='ls --color=auto'\n" + p},
		{"columns", "ls /usr\r", p + " ls /usr\nbin  lib  local  sbin  share\n" + p},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.t = t
			s.clear()
			for _, part := range breath.FindAllString(test.keys, -1) {
				s.types(l.bastion, part)
			}
			want := strings.Split(test.want, "\n")
			for i := range want {
				want[i] = strings.TrimRight(want[i], " ")
			}
			s.wait("become\n"+test.want+"\nbut is", func() bool { return s.text() == strings.Join(want, "\n") })
		})
	}
}

// TestColours: ls colours what it lists on a terminal, where it is asked to, and
// nothing on one without colours or for a program that reads it.
func TestColours(t *testing.T) {
	t.Parallel()
	l := bootLab(t, 1)
	blue := "\x1b[0m\x1b[01;34mbin\x1b[0m  \x1b[01;34mlib\x1b[0m"
	for _, test := range []struct{ term, command, want string }{
		{"xterm-256color", "ls --color=auto /usr", blue},
		{"xterm-256color", "ls --color /usr", blue},
		{"xterm-256color", "ls --color=auto -l /usr/bin/true", "\x1b[0m\x1b[01;32m/usr/bin/true\x1b[0m\r\n"},
		{"xterm-256color", "ls --color=never /usr", "bin  lib"},
		{"xterm-256color", "ls /usr", "bin  lib"},
		{"xterm-256color", "ls --color=auto /usr | cat", "bin\r\nlib\r\n"},
		{"dumb", "ls --color=auto /usr", "bin  lib"},
		{"xterm-256color", "ls --color=blue /usr", "ls: invalid argument ‘blue’ for ‘--color’\r\n"},
	} {
		session, err := login(t, l.bastion, l.w.port("10.0.1.123:22")).NewSession()
		must(err)
		must(session.RequestPty(test.term, 24, 80, ssh.TerminalModes{}))
		out, _ := session.CombinedOutput(test.command)
		if !strings.Contains(string(out), test.want) {
			t.Errorf("%s on %s: %q has no %q", test.command, test.term, out, test.want)
		}
	}
}

// breath parts keys where a person would wait for what they do.
var breath = regexp.MustCompile(`[^\r\n\x03]*[\r\n\x03]?`)

// fresh is a prompt that waits for the first key.
var fresh = regexp.MustCompile(`(^|\n)(\[[^\n]*\][$#]|>)$`)

// types presses keys and waits as a person would: after Enter and Ctrl-C for
// the next prompt, and after Ctrl-J, which is Enter, too, for the command to have
// begun, for it goes on.
func (s *screen) types(h *Host, keys string) {
	s.t.Helper()
	before := s.text()
	s.key(keys)
	switch keys[len(keys)-1] {
	case '\n':
		s.wait("leave the prompt", func() bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			tty := h.terminals[0]
			tty.mu.Lock()
			defer tty.mu.Unlock()
			return tty.raw == 0 && tty.interrupt != nil
		})
	case '\r', ctrlC:
		s.wait("come to a prompt", func() bool { return s.text() != before && fresh.MatchString(s.text()) })
	}
}

func TestLogin(t *testing.T) {
	l := bootLab(t, 1)
	s := open(t, l, 80, 24)
	if got := s.text(); strings.Contains(got, "Last login") || !strings.Contains(got, "Amazon Linux 2023") {
		t.Errorf("first login:\n%s", got)
	}
	s.key("exit 7\r")
	err := s.session.Wait()
	if exit, ok := err.(*ssh.ExitError); !ok || exit.ExitStatus() != 7 {
		t.Errorf("after exit 7: %v", err)
	}
	if got := s.text(); !strings.HasSuffix(got, "exit 7\nlogout") {
		t.Errorf("leaving:\n%s", got)
	}
	s = open(t, l, 80, 24)
	if got := s.text(); !strings.Contains(got, "Last login: Mon Nov 23 12:00:3") || !strings.Contains(got, " 2026 from 127.0.0.1\n") {
		t.Errorf("second login:\n%s", got)
	}
	s.key("\x1b[A") // what was typed in the session before
	s.until("exit 7")
	s.key("\x15\x04")
	if err := s.session.Wait(); err != nil {
		t.Error(err)
	}
}

// TestResize changes the size under the editor, a program and the pager.
func TestResize(t *testing.T) {
	l := bootLab(t, 1)
	s := open(t, l, 60, 10)
	s.key("seq 100 | less\r")
	s.until("9\n:")
	must(s.session.WindowChange(6, 60))
	s.wait("shrink", func() bool { return s.text() == "1\n2\n3\n4\n5\n:" })
	s.key("G")
	s.until("100\n(END)")
	s.key("g/77\r")
	s.wait("find 77", func() bool { return strings.HasPrefix(s.text(), "77\n78\n") })
	s.key("b")
	s.wait("turn back", func() bool { return strings.HasPrefix(s.text(), "72\n") })
	s.key("q")
	s.until("| less\n" + promptA)
	s.key("ls /etc\r")
	s.until(promptA)
}

// TestPagerKorean wraps wide text at the edge of the screen.
func TestPagerKorean(t *testing.T) {
	l := bootLab(t, 1)
	s := open(t, l, 40, 8)
	s.key("echo 가나다라마바 | less\r")
	s.until("~\n(END)")
	must(s.session.WindowChange(5, 11))
	s.wait("wrap", func() bool { return s.text() == "가나다라마\n바\n~\n~\n(END)" })
	s.key("q")
	s.until(promptA)
}

// TestNestedSSH is step 3.4 of the guide: from the bastion to the private host
// with a key that was copied, in the words of OpenSSH.
func TestNestedSSH(t *testing.T) {
	l := bootLab(t, 1)
	must(l.bastion.view(false).WriteFile("/home/ec2-user/MyKeyPair.pem", makeKeys().userPEM, 0o644))
	s := open(t, l, 100, 40)
	s.clear()
	fingerprint := ssh.FingerprintSHA256(makeKeys().hosts[0].PublicKey())
	s.key("ssh -i \"MyKeyPair.pem\" ec2-user@10.0.2.234\r")
	s.until(`ssh -i "MyKeyPair.pem" ec2-user@10.0.2.234
The authenticity of host '10.0.2.234 (10.0.2.234)' can't be established.
ED25519 key fingerprint is ` + fingerprint + `.
This key is not known by any other names.
Are you sure you want to continue connecting (yes/no/[fingerprint])?`)
	s.key("perhaps\r")
	s.until("perhaps\nPlease type 'yes', 'no' or the fingerprint:")
	s.key("yes\r")
	s.until(`Warning: Permanently added '10.0.2.234' (ED25519) to the list of known hosts.
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Permissions 0644 for 'MyKeyPair.pem' are too open.
It is required that your private key files are NOT accessible by others.
This private key will be ignored.
Load key "MyKeyPair.pem": bad permissions
ec2-user@10.0.2.234: Permission denied (publickey).
` + promptA)
	s.key("chmod 400 MyKeyPair.pem\r")
	s.until(promptA)
	s.key("ssh -i MyKeyPair.pem 10.0.2.234\r")
	s.until(promptB)
	// Ctrl-C goes to the far end and ends what runs there.
	s.key("sleep 100\r")
	s.until("sleep 100")
	s.key("\x03")
	s.until("^C\n" + promptB)
	s.key("echo 가\x7f나; exit 3\r")
	s.until("나\nlogout\nConnection to 10.0.2.234 closed.\n" + promptA)
	s.key("echo $?\r")
	s.until("3\n" + promptA)
	s.key("ssh -i MyKeyPair.pem 10.0.2.234\r")
	s.until(promptB)
	s.key("\r~.")
	s.until("Connection to 10.0.2.234 closed.\n" + promptA)
	s.key("ls\r")
	s.until("ls\nMyKeyPair.pem\n" + promptA)
}

// TestHangUp is a terminal whose window was closed in the middle of things.
func TestHangUp(t *testing.T) {
	t.Parallel()
	for _, keys := range []string{"", "sleep 1000\r", "cat\r", "yes\r", "seq 1000 | less\r", "sudo -i\r", "read x\r", "while :; do sleep 1; done\r"} {
		l := bootLab(t, 1)
		s := open(t, l, 80, 24)
		s.key(keys)
		time.Sleep(20 * time.Millisecond)
		s.mu.Lock()
		s.dark = true
		s.mu.Unlock()
		s.session.Close()
		deadline := time.Now().Add(time.Minute)
		for len(l.bastion.processes.list()) > 2 {
			if time.Now().After(deadline) {
				t.Fatalf("after %q and a closed window there still runs %v", keys, l.bastion.processes.list())
			}
			time.Sleep(time.Millisecond)
		}
	}
}
