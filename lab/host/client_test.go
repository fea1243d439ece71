package host

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// TestSSHClient is the ssh typed on an instance, in OpenSSH's words (aws-facts
// E.6). Each row starts with the files of the ones before it.
func TestSSHClient(t *testing.T) {
	t.Parallel()
	l := bootLab(t, 100)
	home := "/home/ec2-user/"
	files := l.bastion.view(false)
	must(files.WriteFile(home+"key.pem", makeKeys().userPEM, 0o400))
	must(files.WriteFile(home+"bad.pem", []byte("not a key"), 0o400))
	_, other, err := ed25519.GenerateKey(rand.Reader)
	must(err)
	block, err := ssh.MarshalPrivateKey(other, "")
	must(err)
	must(files.WriteFile(home+"other.pem", pem.EncodeToMemory(block), 0o400))
	locked, err := ssh.MarshalPrivateKeyWithPassphrase(other, "", []byte("phrase"))
	must(err)
	must(files.WriteFile(home+"locked.pem", pem.EncodeToMemory(locked), 0o400))
	l.w.names["second.lab"] = netip.MustParseAddr("10.0.2.234")
	fingerprint := ssh.FingerprintSHA256(makeKeys().hosts[0].PublicKey())
	wrong, err := ssh.NewSignerFromKey(other)
	must(err)
	wrongFingerprint := ssh.FingerprintSHA256(wrong.PublicKey())
	const denied = "Permission denied (publickey).\n"

	for _, test := range []struct {
		cmd, out, err string
		code          int
	}{
		{"ssh -i key.pem 10.0.2.234 hostname", "", "Host key verification failed.\n", 255},
		{"ssh -o StrictHostKeyChecking=yes -i key.pem 10.0.2.234 hostname", "",
			"No ED25519 host key is known for 10.0.2.234 and you have requested strict checking.\nHost key verification failed.\n", 255},
		{"ssh -o StrictHostKeyChecking=accept-new -i key.pem 10.0.2.234 hostname -s", "ip-10-0-2-234\n",
			"Warning: Permanently added '10.0.2.234' (ED25519) to the list of known hosts.\n", 0},
		{"ssh -i key.pem 10.0.2.234 hostname -s", "ip-10-0-2-234\n", "", 0},
		{"ssh -i key.pem ec2-user@10.0.2.234 'exit 42'", "", "", 42},
		{"ssh -i key.pem 10.0.2.234 'echo out; echo err >&2; exit 1'", "out\n", "err\n", 1},
		{"echo in | ssh -i key.pem 10.0.2.234 cat", "in\n", "", 0},
		{"ssh -i key.pem ssh://10.0.2.234:22 true", "", "", 0},
		{"ssh -i key.pem -p 23 10.0.2.234", "", "ssh: connect to host 10.0.2.234 port 23: Connection refused\n", 255},
		{"ssh -i key.pem -o ConnectTimeout=3 3.5.143.161", "", "ssh: connect to host 3.5.143.161 port 22: Connection timed out\n", 255},
		{"ssh -i key.pem x.example.com", "", "ssh: Could not resolve hostname x.example.com: Name or service not known\n", 255},
		{"ssh -i MissingKey.pem 10.0.2.234 true", "", "Warning: Identity file MissingKey.pem not accessible: No such file or directory.\nec2-user@10.0.2.234: " + denied, 255},
		{"ssh -i bad.pem 10.0.2.234 true", "", "Load key \"bad.pem\": error in libcrypto\nec2-user@10.0.2.234: " + denied, 255},
		{"ssh -i other.pem 10.0.2.234 true", "", "ec2-user@10.0.2.234: " + denied, 255},
		{"ssh -o BatchMode=yes -i locked.pem 10.0.2.234 true", "", "Load key \"locked.pem\": error in libcrypto\nec2-user@10.0.2.234: " + denied, 255},
		{"ssh -i key.pem nobody@10.0.2.234 true", "", "nobody@10.0.2.234: " + denied, 255},
		{"ssh -i key.pem -J 10.0.2.234 10.0.2.9 true", "",
			"channel 0: open failed: connect failed: Connection refused\nstdio forwarding failed\n" +
				"kex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port 65535\n", 255},
		{"ssh -i key.pem -J 10.0.2.234 -o StrictHostKeyChecking=no 10.0.1.123 hostname -s", "ip-10-0-1-123\n",
			"Warning: Permanently added '10.0.1.123' (ED25519) to the list of known hosts.\n", 0},
		{"ssh -i key.pem -W 10.0.2.234:23 10.0.2.234", "", "channel 0: open failed: connect failed: Connection refused\nstdio forwarding failed\n", 255},
		{"ssh -o Nonsense=1 10.0.2.234", "", "command-line: line 0: Bad configuration option: nonsense\n", 255},
		{"ssh -p 0 10.0.2.234", "", "Bad port '0'\n", 255},
		{"ssh -L 1:b:2 10.0.2.234", "", "ssh: -L is not supported on this host\n", 255},
		{"ssh -i key.pem 10.0.2.234 < /dev/null", "", "Pseudo-terminal will not be allocated because stdin is not a terminal.\n", 0},

		// The host was made anew with another key.
		{"cp .ssh/known_hosts keep; ssh-keygen -R 10.0.2.234", "# Host 10.0.2.234 found: line 1\n/home/ec2-user/.ssh/known_hosts updated.\n" +
			"Original contents retained as /home/ec2-user/.ssh/known_hosts.old\n", "", 0},
		{"echo '10.0.2.234 " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(wrong.PublicKey()))) + "' > .ssh/known_hosts; ssh -i key.pem 10.0.2.234 true", "",
			`@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Someone could be eavesdropping on you right now (man-in-the-middle attack)!
It is also possible that a host key has just been changed.
The fingerprint for the ED25519 key sent by the remote host is
` + fingerprint + `.
Please contact your system administrator.
Add correct host key in /home/ec2-user/.ssh/known_hosts to get rid of this message.
Offending ED25519 key in /home/ec2-user/.ssh/known_hosts:1
  remove with:
  ssh-keygen -f "/home/ec2-user/.ssh/known_hosts" -R "10.0.2.234"
Host key for 10.0.2.234 has changed and you have requested strict checking.
Host key verification failed.
`, 255},
		{"ssh-keygen -l -f .ssh/known_hosts", "256 " + wrongFingerprint + " 10.0.2.234 (ED25519)\n", "", 0},
		{"ssh-keygen -R 10.9.9.9", "", "Host 10.9.9.9 not found in /home/ec2-user/.ssh/known_hosts\n", 0},
		{"cp keep .ssh/known_hosts; ssh-keygen -y -f key.pem", string(ssh.MarshalAuthorizedKey(makeKeys().user.PublicKey())), "", 0},
		{"ssh-keygen -q -t ed25519 -N '' -f new >/dev/null; stat -c '%a %n' new new.pub; ssh-keygen -l -f new.pub | wc -w | tr -d ' '", "600 new\n644 new.pub\n4\n", "", 0},

		{"echo text > f; scp -i key.pem f 10.0.2.234:; ssh -i key.pem 10.0.2.234 cat f", "text\n", "", 0},
		{"scp -i key.pem 10.0.2.234:f back; cat back", "text\n", "", 0},
		{"mkdir -p d/e; echo deep > d/e/f; chmod 640 d/e/f; scp -rp -i key.pem d 10.0.2.234:t; ssh -i key.pem 10.0.2.234 'cat t/e/f; stat -c %a t/e/f'", "deep\n640\n", "", 0},
		{"scp -r -i key.pem 10.0.2.234:t u; cat u/e/f", "deep\n", "", 0},
		{"scp -i key.pem nothing 10.0.2.234:", "", "scp: nothing: No such file or directory\n", 1},
		{"scp -i key.pem d 10.0.2.234:", "", "scp: d: not a regular file\n", 1},
		{"scp -i key.pem 10.0.2.234:nothing .", "", "scp: nothing: No such file or directory\n", 1},
		{"scp -i key.pem f 10.0.2.234:/etc/", "", "scp: /etc/f: Permission denied\n", 1},
		// The near end asks once. A second time would meet a far end that has said
		// what is wrong and gone, and its word would be lost.
		{"ssh -i key.pem 10.0.2.234 'mkdir bin; cat > bin/scp; chmod +x bin/scp' <<'END'\nprintf '\\002scp: stop\\n'; wc -c > asked\nEND", "", "", 0},
		{"scp -i key.pem 10.0.2.234:f .; ssh -i key.pem 10.0.2.234 'cat asked; rm bin/scp'", "1\n", "scp: stop\n", 0},
		{"echo more > g; scp -i key.pem f g 10.0.2.234:.bashrc; ssh -i key.pem 10.0.2.234 cat .bashrc", "# .bashrc\n", "scp: .bashrc: Not a directory\n", 0},
		{"scp -i key.pem f g 10.0.2.234:/tmp; ssh -i key.pem 10.0.2.234 cat /tmp/f /tmp/g", "text\nmore\n", "", 0},
		{"scp -i key.pem f 10.0.2.9:", "", "ssh: connect to host 10.0.2.9 port 22: Connection refused\nscp: Connection closed\n", 1},
	} {
		out, errs, code := run(t, l.bastion, test.cmd, "")
		if out != test.out || errs != test.err || code != test.code {
			t.Errorf("%s\n got %q, %q, status %d\nwant %q, %q, status %d", test.cmd, out, errs, code, test.out, test.err, test.code)
		}
	}
}

// TestScpMeter is the line that a person sees.
func TestScpMeter(t *testing.T) {
	l := bootLab(t, 1)
	must(l.bastion.view(false).WriteFile("/home/ec2-user/MyKeyPair.pem", makeKeys().userPEM, 0o400))
	s := open(t, l, 80, 24)
	s.clear()
	s.key("scp -o StrictHostKeyChecking=no -i MyKeyPair.pem MyKeyPair.pem 10.0.2.234:\r")
	s.wait("show the copy", func() bool {
		return regexp.MustCompile(`(?m)^MyKeyPair.pem +100% +\d+ +\d+\.\dKB/s   00:00$`).MatchString(s.text())
	})
	s.until(promptA)
}

// TestStayConnected is ssh -N, which ends when its connection does.
func TestStayConnected(t *testing.T) {
	l := bootLab(t, 1)
	must(l.bastion.view(false).WriteFile("/home/ec2-user/key.pem", makeKeys().userPEM, 0o400))
	loggedIn := func(h *Host) bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.conns) > 0 && h.pending == 0
	}
	go func() {
		for !loggedIn(l.private) {
			time.Sleep(time.Millisecond)
		}
		l.private.Close()
	}()
	_, errs, code := run(t, l.bastion, "ssh -N -q -o StrictHostKeyChecking=no -i key.pem 10.0.2.234", "")
	if code != 255 || !strings.HasSuffix(errs, "\nConnection to 10.0.2.234 closed by remote host.\r\n") {
		t.Errorf("status %d, %q", code, errs)
	}
}
