package host

import (
	"strings"
	"testing"
)

// A program that handles Ctrl-C itself has the last word, and its own status.
func TestLastWords(t *testing.T) {
	t.Parallel()
	l := bootLab(t, 1)
	s := open(t, l, 60, 20)
	p := strings.TrimRight(promptA, " ")
	s.types(l.bastion, "export AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b AWS_REGION=r\r")
	s.clear()
	s.types(l.bastion, "aws s3 ls --endpoint-url http://3.5.143.161\n")
	s.types(l.bastion, "\x03")
	s.types(l.bastion, "echo $?\r")
	want := p + " aws s3 ls --endpoint-url http://\n3.5.143.161\n^C\n" + p + " echo $?\n130\n" + p
	if got := s.text(); got != want {
		t.Errorf("aws:\n%s\nwant\n%s", got, want)
	}
	for _, test := range []struct{ cmd, out string }{
		{"timeout 0.1 ping -c 9 127.0.0.1 | grep -c statistics", "0\n"},
		{"timeout -s INT 0.1 ping -c 9 127.0.0.1 >f; echo $?; grep -c statistics f", "124\n1\n"},
		{"timeout 0.1 ping -c 9 127.0.0.1 >f; echo $?; grep -c statistics f", "124\n0\n"},
	} {
		if out, errs, _ := run(t, l.bastion, test.cmd, ""); out != test.out {
			t.Errorf("%s: %q, %q, want %q", test.cmd, out, errs, test.out)
		}
	}
	s.clear()
	s.types(l.bastion, "ping -c 9 127.0.0.1\n")
	s.wait("show an answer", func() bool { return strings.Contains(s.text(), "icmp_seq=1 ") })
	s.types(l.bastion, "\x03")
	s.types(l.bastion, "echo $?\r")
	got := s.text()
	for _, want := range []string{"\n^C\n--- 127.0.0.1 ping statistics ---\n", "\nrtt min/avg/max/mdev = ", " ms\n" + p + " echo $?\n0\n" + p} {
		if !strings.Contains(got, want) {
			t.Errorf("ping: no %q in\n%s", want, got)
		}
	}
}
