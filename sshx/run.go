package sshx

import (
	"context"
	"errors"
	"io"
	"time"

	"golang.org/x/crypto/ssh"
)

const (
	grace    = 5 * time.Second // that a command may take to end after it was interrupted
	farewell = 2 * time.Second // that a host may take to acknowledge the end of a session
)

// errVanished is a host that does not even acknowledge the end of a session. A
// silence before it is not one of the command's.
var errVanished = errors.New("the host does not answer any more")

// interrupted is the exit status of a command that Ctrl-C ended: 128 + SIGINT.
const interrupted = 130

// Streams are a command's standard streams; nil ones are empty or discarded.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Size is a terminal's size in cells.
type Size struct{ Cols, Rows int }

// PTY asks the far end for a terminal. The zero value is an 80×24 xterm.
type PTY struct {
	Term string // "" means xterm-256color
	Size
	Resize <-chan Size // new sizes while it runs; may be nil
}

// Run runs cmd without a terminal and returns its exit status. When ctx ends,
// the command is sent SIGINT and has five seconds to end by itself; the
// status is then the one it ended with (130 if it said none) and err is nil.
// err is an [*Error] with [PhaseSession] if the command could not be run, the
// connection was lost, or the host is found not to answer any more.
func (c *Client) Run(ctx context.Context, cmd string, streams Streams) (status int, err error) {
	return c.run(ctx, nil, streams, func(s *ssh.Session) error { return s.Start(cmd) },
		func(s *ssh.Session, _ io.Writer) { s.Signal(ssh.SIGINT) })
}

// RunPTY runs cmd on a terminal, where Ctrl-C reaches it as a learner's does:
// when ctx ends, 0x03 is typed. Otherwise it is [Client.Run].
func (c *Client) RunPTY(ctx context.Context, cmd string, pty PTY, streams Streams) (status int, err error) {
	return c.run(ctx, &pty, streams, func(s *ssh.Session) error { return s.Start(cmd) }, typeCtrlC)
}

// Shell runs the login shell on a terminal until it ends. When ctx ends, the
// session is closed. In must reach its end or be abandoned by the caller: a
// read of it that is under way when the shell ends is not interrupted.
func (c *Client) Shell(ctx context.Context, pty PTY, streams Streams) (status int, err error) {
	return c.run(ctx, &pty, streams, (*ssh.Session).Shell, func(s *ssh.Session, _ io.Writer) { s.Close() })
}

func typeCtrlC(_ *ssh.Session, stdin io.Writer) { stdin.Write([]byte{0x03}) }

// run starts something in a new session, waits for it, and interrupts it when
// ctx ends.
func (c *Client) run(ctx context.Context, pty *PTY, streams Streams, start func(*ssh.Session) error, interrupt func(*ssh.Session, io.Writer)) (int, error) {
	s, err := c.open(ctx)
	if err != nil {
		return -1, c.session(err)
	}
	defer s.Close()
	s.Stdout, s.Stderr = streams.Out, streams.Err
	stdin, err := s.StdinPipe()
	if err != nil {
		return -1, c.session(err)
	}
	err = begin(ctx, s, func() error {
		if pty != nil {
			if err := pty.request(s); err != nil {
				return err
			}
		}
		return start(s)
	})
	if err != nil {
		return -1, c.session(err)
	}
	if streams.In != nil {
		go func() { // ends with streams.In, or with the session on its next write
			io.Copy(stdin, streams.In)
			if pty == nil {
				stdin.Close()
			}
		}()
	} else if pty == nil {
		stdin.Close()
	}
	done := make(chan error, 1)
	go func() { done <- s.Wait() }()
	var resize <-chan Size
	if pty != nil {
		resize = pty.Resize
	}
	for {
		select {
		case err := <-done:
			status, err := exitStatus(err)
			return status, c.session(err)
		case size, ok := <-resize:
			if !ok {
				resize = nil
				continue
			}
			s.WindowChange(size.Rows, size.Cols)
		case <-ctx.Done():
			interrupt(s, stdin)
			select {
			case err := <-done:
				if status, err := exitStatus(err); err == nil {
					return status, nil
				}
				return interrupted, nil
			case <-time.After(grace):
			}
			s.Close()
			select {
			case <-done:
				return interrupted, nil
			case <-time.After(farewell):
				return -1, c.session(errVanished)
			}
		}
	}
}

// open opens a session but does not outwait ctx for it.
func (c *Client) open(ctx context.Context) (*ssh.Session, error) {
	type opened struct {
		s   *ssh.Session
		err error
	}
	ch := make(chan opened, 1)
	go func() {
		s, err := c.conn.NewSession()
		ch <- opened{s, err}
	}()
	select {
	case o := <-ch:
		return o.s, o.err
	case <-ctx.Done():
		go func() { // the channel may still open; do not leave it so
			if o := <-ch; o.err == nil {
				o.s.Close()
			}
		}()
		return nil, context.Cause(ctx)
	}
}

// begin asks the host for what ask does, but does not outwait ctx for its
// answers.
func begin(ctx context.Context, s *ssh.Session, ask func() error) error {
	answered := make(chan error, 1)
	go func() { answered <- ask() }()
	select {
	case err := <-answered:
		return err
	case <-ctx.Done():
	}
	s.Close() // which a host answers that answers anything
	select {
	case err := <-answered:
		if err == nil {
			s.Wait() // it has begun after all, and writes to the streams
		}
		return context.Cause(ctx)
	case <-time.After(farewell):
		return errVanished
	}
}

func (p PTY) request(s *ssh.Session) error {
	term, cols, rows := p.Term, p.Cols, p.Rows
	if term == "" {
		term = "xterm-256color"
	}
	if cols <= 0 || rows <= 0 {
		cols, rows = 80, 24
	}
	return s.RequestPty(term, rows, cols, ssh.TerminalModes{
		ssh.ECHO: 1, ssh.ICRNL: 1, ssh.ONLCR: 1, ssh.ISIG: 1,
		ssh.TTY_OP_ISPEED: 38400, ssh.TTY_OP_OSPEED: 38400,
	})
}

// exitStatus turns what Wait returned into the status a shell would show.
func exitStatus(err error) (int, error) {
	if err == nil {
		return 0, nil
	}
	var exit *ssh.ExitError
	if errors.As(err, &exit) {
		if exit.Signal() == string(ssh.SIGINT) {
			return interrupted, nil
		}
		return exit.ExitStatus(), nil
	}
	return -1, err
}
