//go:build linux

package host

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"golang.org/x/sys/unix"
)

// TestOpenSSHScreen is a person at a real ssh in a real terminal: a login, a
// pager that draws the whole screen, the window made smaller under it, and the
// escape that ends a connection.
func TestOpenSSHScreen(t *testing.T) {
	t.Parallel()
	l := bootLab(t, 1)
	c := openssh(t, l)
	terminal, s := onTerminal(t, c.command(t.Context(), "ssh", "bastion"), 60, 10)
	s.until(promptA)
	s.key("tty; echo $TERM\r")
	s.until("/dev/pts/0\nxterm-256color\n" + promptA)

	s.key("seq 100 | less\r")
	s.wait("show the first page", func() bool { return s.text() == "1\n2\n3\n4\n5\n6\n7\n8\n9\n:" })
	s.key(" ")
	s.wait("show the second page", func() bool { return s.text() == "10\n11\n12\n13\n14\n15\n16\n17\n18\n:" })
	terminal.resize(t, 60, 6)
	s.wait("shrink", func() bool { return s.text() == "10\n11\n12\n13\n14\n:" })
	s.key("G")
	s.wait("show the end", func() bool { return s.text() == "96\n97\n98\n99\n100\n(END)" })
	s.key("/nothing like this\r")
	s.until("Pattern not found  (press RETURN)")
	s.key("\rq")
	s.until("| less\n" + promptA)

	s.key("sleep 100\r")
	s.until("sleep 100")
	s.key("\x03")
	s.until("^C\n" + promptA)
	s.key("exit 7\r")
	s.wait("close", func() bool { return strings.Contains(s.text(), "Connection to 127.0.0.1 closed.") })
	if err := terminal.cmd.Wait(); err == nil || err.Error() != "exit status 7" {
		t.Errorf("ssh ended with %v, want exit status 7", err)
	}
}

// ptmx is the near end of a pseudo-terminal that a program runs on.
type ptmx struct {
	*os.File
	cmd *exec.Cmd
}

// onTerminal starts a program on a terminal of that size, and shows the screen.
func onTerminal(t *testing.T, cmd *exec.Cmd, cols, rows int) (*ptmx, *screen) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here:", err)
	}
	p := &ptmx{os.NewFile(uintptr(fd), "ptmx"), cmd}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	must(err)
	must(unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	p.resize(t, cols, rows)
	far, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	must(err)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = far, far, far
	cmd.Env = append(os.Environ(), "TERM=xterm-256color")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	must(cmd.Start())
	far.Close()
	s := &screen{t: t, stdin: p, vt: vt.NewEmulator(cols, rows)}
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		io.Copy(s, p)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		p.SetReadDeadline(time.Now())
		<-shown
		p.Close()
	})
	return p, s
}

func (p *ptmx) resize(t *testing.T, cols, rows int) {
	t.Helper()
	must(unix.IoctlSetWinsize(int(p.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: uint16(cols), Row: uint16(rows)}))
}
