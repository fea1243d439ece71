package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// session is one session channel: requests come in while at most one command or
// shell runs.
type session struct {
	h    *Host
	conn *ssh.ServerConn
	ch   ssh.Channel
	env  map[string]string // LANG and LC_*, as AcceptEnv has it
	term string
	tty  *tty
	ctx  context.Context
	stop context.CancelCauseFunc // with a signalled where the client sent a signal
	busy bool
}

// signalled is why a command ended that the client sent a signal: Linux's
// number of it.
type signalled int

func (s signalled) Error() string { return fmt.Sprintf("signal %d", int(s)) }

// signals are those that SSH names (RFC 4254, 6.10). Each ends a program that
// does not know it.
func signals() map[ssh.Signal]signalled {
	return map[ssh.Signal]signalled{
		ssh.SIGHUP: 1, ssh.SIGINT: 2, ssh.SIGQUIT: 3, ssh.SIGILL: 4, ssh.SIGABRT: 6, ssh.SIGFPE: 8, ssh.SIGKILL: 9,
		ssh.SIGUSR1: 10, ssh.SIGSEGV: 11, ssh.SIGUSR2: 12, ssh.SIGPIPE: 13, ssh.SIGALRM: 14, ssh.SIGTERM: 15,
	}
}

func (h *Host) session(ctx context.Context, conn *ssh.ServerConn, nc ssh.NewChannel) {
	ch, requests, err := nc.Accept()
	if err != nil {
		return
	}
	s := &session{h: h, conn: conn, ch: &channel{Channel: ch}, env: map[string]string{}}
	s.ctx, s.stop = context.WithCancelCause(ctx)
	defer s.stop(nil)
	for r := range requests {
		ok, then := s.request(r.Type, r.Payload)
		if r.WantReply {
			r.Reply(ok, nil)
		}
		if then != nil {
			// Only now: a quick command closes the channel before its answer is out.
			h.tasks.run(then)
		}
	}
	// The client has closed the channel, or is gone.
	if s.tty != nil {
		s.tty.hangUp()
		h.closeTTY(s.tty)
	}
}

// request answers one request; then, if any, is to be run after the answer.
func (s *session) request(kind string, payload []byte) (ok bool, then func()) {
	switch kind {
	case "env":
		var v struct{ Name, Value string }
		if s.busy || ssh.Unmarshal(payload, &v) != nil || v.Name != "LANG" && !strings.HasPrefix(v.Name, "LC_") || len(s.env) > 32 {
			return false, nil
		}
		s.env[v.Name] = v.Value
		return true, nil
	case "pty-req":
		var v struct {
			Term                      string
			Cols, Rows, Width, Height uint32
			Modes                     string
		}
		if s.busy || ssh.Unmarshal(payload, &v) != nil || s.tty != nil {
			return false, nil
		}
		s.term = v.Term
		s.tty = s.h.openTTY(s.ch, size(v.Cols), size(v.Rows))
		return true, nil
	case "window-change":
		var v struct{ Cols, Rows, Width, Height uint32 }
		if ssh.Unmarshal(payload, &v) == nil && s.tty != nil {
			s.tty.resize(size(v.Cols), size(v.Rows))
		}
		return false, nil
	case "signal":
		var v struct{ Name string }
		if ssh.Unmarshal(payload, &v) != nil {
			return false, nil
		}
		if signal, ok := signals()[ssh.Signal(v.Name)]; ok && s.busy {
			s.stop(signal)
		}
		return false, nil
	case "shell", "exec", "subsystem":
		var v struct{ Text string }
		if s.busy || kind != "shell" && ssh.Unmarshal(payload, &v) != nil || kind == "subsystem" && v.Text != "sftp" {
			return false, nil
		}
		s.busy = true
		return true, func() { s.run(kind, v.Text) }
	}
	// Agent and X11 forwarding, and what nobody knows.
	return false, nil
}

// size keeps a window's size sensible: programs divide by it.
func size(n uint32) int {
	if n == 0 {
		return 0
	}
	return int(min(max(n, 2), 1000))
}

// run runs the command and tells the client how it ended.
func (s *session) run(kind, command string) {
	defer s.ch.Close()
	if s.tty != nil {
		// A terminal is read all the time, for its Ctrl-C.
		s.h.tasks.run(func() {
			buf := make([]byte, 1024)
			for {
				n, err := s.ch.Read(buf)
				s.tty.feed(buf[:n])
				if err != nil {
					// The end of what is typed is no hang-up: that is the channel's.
					s.tty.box.end()
					return
				}
			}
		})
		defer s.tty.box.close()
	}
	code := 0
	switch {
	case s.conn.User() == "root":
		code = s.refuseRoot()
	case kind == "subsystem":
		s.serveFiles()
	case kind == "exec":
		code = s.exec(command)
	default:
		code = s.shell()
	}
	if by, ok := errors.AsType[signalled](context.Cause(s.ctx)); ok {
		code = 128 + int(by)
	}
	s.ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{uint32(code)}))
	s.ch.CloseWrite()
}

// streams are the beginnings of a shell for this session.
func (s *session) streams() start {
	local, remote := split(s.conn.LocalAddr()), split(s.conn.RemoteAddr())
	s.env["SSH_CONNECTION"] = remote[0] + " " + remote[1] + " " + local[0] + " " + local[1]
	s.env["SSH_CLIENT"] = remote[0] + " " + remote[1] + " " + local[1]
	if s.tty != nil {
		s.env["SSH_TTY"] = "/dev/" + s.tty.name
		s.env["TERM"] = s.term
		return start{
			env: s.h.environment(s.env), tty: s.tty, out: s.tty, err: s.tty,
			live: func(ctx context.Context) io.Reader { return &terminal{s.tty, ctx} },
		}
	}
	in := newInput(&s.h.tasks, s.ch)
	context.AfterFunc(s.ctx, in.box.close)
	return start{env: s.h.environment(s.env), out: s.ch, err: s.ch.Stderr(), live: in.until}
}

func split(a net.Addr) [2]string {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return [2]string{"UNKNOWN", "65535"}
	}
	return [2]string{host, port}
}

func (s *session) exec(command string) int {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	st := s.streams()
	if s.tty != nil {
		defer s.tty.onInterrupt(cancel)()
	}
	return s.h.command(ctx, st, command)
}

// shell is a login: the message of the day, when the last one was, a prompt.
func (s *session) shell() int {
	st := s.streams()
	st.name, st.dir = "-bash", "/home/ec2-user"
	name := "?"
	if s.tty != nil {
		name = s.tty.name
	}
	pid, remove := s.h.processes.add(s.h.shellEntry(name, []string{"-bash"}))
	defer remove()
	st.pid = pid
	sh, err := s.h.newShell(s.ctx, st)
	if err != nil {
		fmt.Fprintf(st.err, "-bash: %s\n", err)
		return 126
	}
	sh.login = true
	last := s.h.login(split(s.conn.RemoteAddr())[0])
	if s.tty == nil {
		text, err := io.ReadAll(io.LimitReader(st.live(s.ctx), 16<<20))
		if err != nil {
			return 130
		}
		return sh.eval(s.ctx, string(text), "-bash")
	}
	if data, err := s.h.view(false).ReadFile("/etc/motd"); err == nil {
		s.tty.Write(data)
	}
	if last != "" {
		fmt.Fprintln(s.tty, last)
	}
	sh.eval(s.ctx, "[ -f ~/.bash_profile ] && . ~/.bash_profile; true", "-bash")
	return sh.interact(s.ctx)
}

// login notes a login and returns the line about the one before it.
func (h *Host) login(from string) (last string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	last = h.lastLogin
	h.lastLogin = fmt.Sprintf("Last login: %s from %s", h.config.Clock.Now().UTC().Format(time.ANSIC), from)
	return last
}

// refuseRoot is the command that Amazon Linux ties to root's key.
func (s *session) refuseRoot() int {
	io.WriteString(s.ch, "Please login as the user \"ec2-user\" rather than the user \"root\".\r\n\r\n")
	s.h.config.Clock.Sleep(s.ctx, 10*time.Second)
	return 142
}

func (h *Host) openTTY(out io.Writer, cols, rows int) *tty {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for h.terminals[n] != nil {
		n++
	}
	h.terminals[n] = newTTY(fmt.Sprintf("pts/%d", n), out, cols, rows)
	return h.terminals[n]
}

func (h *Host) closeTTY(t *tty) {
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.DeleteFunc(h.terminals, func(_ int, open *tty) bool { return open == t })
}
