package host

import (
	"io"
	"strings"
	"sync"
	"testing"
)

// What is typed or pasted before its reader is there reaches it all the same:
// the lines behind a command are the command's input, Ctrl-D and Ctrl-C too.
func TestTypedAhead(t *testing.T) {
	t.Parallel()
	l := bootLab(t, 1)
	s := open(t, l, 40, 20)
	p := strings.TrimRight(promptA, " ")
	for _, test := range []struct{ name, keys, want string }{
		{"two commands", "echo a\recho b\r", p + " echo a\na\n" + p + " echo b\nb\n" + p},
		{"a line for read", "read x\rsome text\recho [$x]\r", p + " read x\n" + p + " echo [$x]\n[some text]\n" + p},
		{"the end of input", "cat\rone\r\x04echo two\r", p + " cat\none\n" + p + " echo two\ntwo\n" + p},
		{"two ends", "cat; cat\rone\r\x04two\r\x04true\r", p + " cat; cat\none\ntwo\n" + p + " true\n" + p},
		{"a line that is edited", "cat\rax\x7fb\r\x04", p + " cat\nab\n" + p},
		{"behind a pager", "less /etc/shells\rqecho on\r", p + " less /etc/sh\nells\n" + p + " echo on\non\n" + p},
		{"half a line", "true\rech", p + " true\n" + p + " ech"},
		{"Ctrl-C", "\x15sleep 1000\r\x03echo $?\r", p + " sleep 1000\n^C\n" + p + " echo $?\n130\n" + p},
		{"a shell in the shell", "bash\recho in\r", p + " bash\n" + p + " echo in\nin\n" + p},
		{"Ctrl-C in it", "\x15sleep 1000\r\x03echo $?\rexit\r", p + " sleep 1000\n^C\n" + p + " echo $?\n130\n" + p + " exit\nexit\n" + p},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.t = t
			s.key("\x15")
			s.clear()
			s.key(test.keys)
			s.wait("become\n"+test.want+"\nbut is", func() bool { return s.text() == test.want })
		})
	}
}

// Ctrl-C that is typed before what it is meant for has begun ends it.
func TestEarlyInterrupt(t *testing.T) {
	tty := newTTY("pts/0", io.Discard, 80, 24)
	tty.feed([]byte{ctrlC})
	interrupted := 0
	restore := tty.onInterrupt(func() { interrupted++ })
	restore()
	tty.onInterrupt(func() { interrupted++ }) // once is enough
	if interrupted != 1 {
		t.Errorf("interrupted %d times", interrupted)
	}
}

// The order of what is typed is kept while the terminal changes its mode.
func TestOrderAcrossModes(t *testing.T) {
	tty := newTTY("pts/0", io.Discard, 80, 24)
	const typed = "abcdefghijklmnopqrstuvwxyz"
	for range 100 {
		for i := range typed {
			var wg sync.WaitGroup
			wg.Go(func() { tty.feed([]byte{typed[i]}) })
			tty.setRaw()()
			wg.Wait()
		}
		restore := tty.setRaw()
		if got := string(tty.box.take()); got != typed {
			t.Fatalf("typed %q, reads %q", typed, got)
		}
		restore()
	}
}
