//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// From exec of the built binary on a terminal of 120×36 to the end of the first
// complete screen: its last line is there. A new session each time, so that
// the lab starts from nothing behind it. Budget: 45 ms, median.
func BenchmarkFirstScreen(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "gatewalk")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		b.Skipf("the go command cannot build us: %v: %s", err, out)
	}
	const lastLine = "끝내기" // what the last key of the last line does
	var took []time.Duration
	for b.Loop() {
		terminal, cmd := onTerminal(b, exec.Command(binary, "--lang", "ko", "--state-dir", b.TempDir()))
		began := time.Now()
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		var seen []byte
		buf := make([]byte, 64<<10)
		for !bytes.Contains(seen, []byte(lastLine)) {
			n, err := terminal.Read(buf)
			if err != nil {
				b.Fatalf("the screen ended before it was complete: %v: %q", err, seen)
			}
			seen = append(seen, buf[:n]...)
		}
		took = append(took, time.Since(began))
		b.StopTimer()
		cmd.Process.Kill()
		cmd.Wait()
		terminal.Close()
		cmd.Stdin.(*os.File).Close()
		b.StartTimer()
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-median")
}

// onTerminal gives cmd a pseudo-terminal and returns its other end. A read of
// that blocks for at most five seconds.
func onTerminal(b *testing.B, cmd *exec.Cmd) (*os.File, *exec.Cmd) {
	b.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		b.Skip("no pseudo-terminals:", err)
	}
	ours := os.NewFile(uintptr(fd), "ptmx")
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		b.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		b.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 36, Col: 120}); err != nil {
		b.Fatal(err)
	}
	theirs, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		b.Fatal(err)
	}
	ours.SetReadDeadline(time.Now().Add(5 * time.Second))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, theirs, theirs
	cmd.Env = append(os.Environ(), "TERM=xterm-256color")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	return ours, cmd
}
