package program

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
)

func sshPrograms() map[string]Func {
	return map[string]Func{"ssh": sshClient, "scp": scp, "ssh-keygen": keygen}
}

func sshClient(ctx context.Context, p *Process) int {
	o, t, command, status := sshArgs(p)
	if status != 0 {
		return max(0, status)
	}
	l := connect(ctx, p, o, t)
	if l == nil {
		if ctx.Err() != nil {
			return 130
		}
		return 255
	}
	defer l.Close()
	if o.forward != "" {
		return forwardStdio(ctx, p, l, o.forward)
	}
	if o.stay {
		l.Wait() // which ctx ends, too
		if ctx.Err() == nil {
			fmt.Fprintf(p.Stderr, "Connection to %s closed by remote host.\r\n", t.host)
		}
		return 255
	}
	return runSession(ctx, p, o, l, t, strings.Join(command, " "))
}

// forwardStdio is ssh -W: standard input and output are one connection that the
// far host makes.
func forwardStdio(ctx context.Context, p *Process, l *link, to string) int {
	if _, _, err := net.SplitHostPort(to); err != nil {
		fmt.Fprintf(p.Stderr, "Bad stdio forwarding specification '%s'\n", to)
		return 255
	}
	conn, err := l.DialContext(ctx, "tcp", to)
	if err != nil {
		reason := Reason(err)
		if open, ok := errors.AsType[*ssh.OpenChannelError](err); ok {
			reason = strings.TrimPrefix(open.Message, "connect failed: ")
		}
		fmt.Fprintf(p.Stderr, "channel 0: open failed: connect failed: %s\nstdio forwarding failed\n", reason)
		return 255
	}
	defer conn.Close()
	go func() {
		io.Copy(conn, p.Stdin)
		if half, ok := conn.(interface{ CloseWrite() error }); ok {
			half.CloseWrite()
		}
	}()
	io.Copy(p.Stdout, conn)
	return 0
}

// runSession runs a command, or a shell where there is none, and returns what
// it returned.
func runSession(ctx context.Context, p *Process, o *sshOptions, l *link, t target, command string) int {
	s, err := l.NewSession()
	if err != nil {
		fmt.Fprintf(p.Stderr, "channel 0: open failed: %s\n", Reason(err))
		return 255
	}
	defer s.Close()
	s.Stdout, s.Stderr = p.Stdout, p.Stderr
	for _, pair := range p.Environ() {
		if name, value, _ := strings.Cut(pair, "="); name == "LANG" || strings.HasPrefix(name, "LC_") {
			s.Setenv(name, value)
		}
	}
	wants := o.tty > 0 || o.tty == 0 && command == "" && p.Terminal != nil && p.Tty
	if o.tty == 0 && command == "" && p.Terminal == nil {
		fmt.Fprintln(p.Stderr, "Pseudo-terminal will not be allocated because stdin is not a terminal.")
	}
	var input io.Reader = p.Stdin
	interactive := wants && p.Terminal != nil
	cols, rows := 80, 24
	if wants {
		if p.Terminal != nil {
			cols, rows = p.Terminal.Size()
		}
		term := p.Getenv("TERM")
		if term == "" {
			term = "dumb"
		}
		if err := s.RequestPty(term, rows, cols, ssh.TerminalModes{}); err != nil {
			fmt.Fprintln(p.Stderr, "PTY allocation request failed on channel 0")
		}
	}
	if interactive {
		restore := p.Terminal.Raw()
		defer restore()
		tell := func() {
			cols, rows := p.Terminal.Size()
			s.WindowChange(rows, cols)
		}
		stop := p.Terminal.Watch(tell)
		defer stop()
		if c, r := p.Terminal.Size(); c != cols || r != rows { // changed meanwhile
			tell()
		}
		input = p.Terminal
	}
	stdin, err := s.StdinPipe()
	if err != nil {
		return 255
	}
	if command == "" {
		err = s.Shell()
	} else {
		err = s.Start(command)
	}
	if err != nil {
		fmt.Fprintln(p.Stderr, "shell request failed on channel 0")
		return 255
	}
	var left sync.Once
	escaped := make(chan struct{})
	go func() {
		if interactive {
			input = &escapes{Reader: input, start: true, leave: func() { left.Do(func() { close(escaped); l.Client.Close() }) }}
		}
		io.Copy(stdin, input)
		stdin.Close()
	}()
	err = s.Wait()
	status := 0
	exit, exited := errors.AsType[*ssh.ExitError](err)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return 130
	case exited:
		status = exit.ExitStatus()
	default:
		select {
		case <-escaped:
			fmt.Fprintf(p.Stderr, "Connection to %s closed.\r\n", t.host)
		default:
			fmt.Fprintf(p.Stderr, "Connection to %s closed by remote host.\r\n", t.host)
		}
		return 255
	}
	if wants && !o.quiet {
		fmt.Fprintf(p.Stderr, "Connection to %s closed.\r\n", t.host)
	}
	return status
}

// escapes passes typed bytes on and acts on "~." at the start of a line, which
// is the way out of a connection that hangs.
type escapes struct {
	io.Reader
	start   bool // at the start of a line
	pending bool // a "~" is held back
	leave   func()
}

func (e *escapes) Read(b []byte) (int, error) {
	if len(b) < 2 {
		return 0, io.ErrShortBuffer
	}
	for {
		in := make([]byte, len(b)/2) // a held "~" may come with each byte
		n, err := e.Reader.Read(in)
		out := b[:0]
		for _, c := range in[:n] {
			switch {
			case e.pending && c == '.':
				e.leave()
				return 0, io.EOF
			case e.pending && c != '~':
				out = append(out, '~')
			case !e.pending && e.start && c == '~':
				e.pending = true
				continue
			}
			e.pending = false
			out = append(out, c)
			e.start = c == '\r' || c == '\n'
		}
		if len(out) > 0 || err != nil {
			return len(out), err
		}
	}
}
