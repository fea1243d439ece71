package tui

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/muesli/cancelreader"
	"golang.org/x/term"
)

// shellMsg says that a shell has ended.
type shellMsg struct {
	host string
	err  error
}

// lastHost is where a shell was last, or the host of the step that is shown.
func (m *model) lastHost() string {
	if m.shellAt != "" {
		return m.shellAt
	}
	for _, ru := range m.walk.peek(m.id()).runs {
		if ru.host != "" {
			return ru.host
		}
	}
	return "bastion"
}

// askShell asks which instance to go to.
func (m *model) askShell() {
	if m.canShell("") {
		m.open(m.shellDialog)
	}
}

// canShell reports whether there is a shell to be had, and says why not.
func (m *model) canShell(host string) bool {
	_, bastion := m.walk.find("instance", "bastion")
	_, ok := m.walk.find("instance", host)
	switch {
	case m.o.Shell == nil:
		m.flash = m.txt.Say.NoShell
	case m.act != idle:
		m.flash = m.txt.Say.Busy
	case !bastion, host != "" && !ok:
		m.flash = m.txt.Say.NoHost
	default:
		return true
	}
	return false
}

// shell gives the terminal to a shell; the screen comes back as it was.
func (m *model) shell(host string) tea.Cmd {
	if !m.canShell(host) {
		return nil
	}
	m.shellAt = host
	c := &shellCommand{ctx: m.ctx, host: host, run: m.o.Shell, w: m.w, h: m.h,
		hello: fill(m.txt.Shell.Hello, "host", m.hostName(host))}
	return tea.Exec(c, func(err error) tea.Msg { return shellMsg{host, err} })
}

// shellOver says how a shell ended, where that is worth a word.
func (m *model) shellOver(msg shellMsg) tea.Cmd {
	if msg.err != nil {
		m.flash = fill(m.txt.Shell.Lost, "host", m.hostName(msg.host)) + " " + firstLine(msg.err.Error())
	}
	m.sync()
	// The window may have changed its size while it was another's.
	return tea.RequestWindowSize
}

// shellCommand runs a shell in this process on the terminal that Bubble Tea
// has let go of.
type shellCommand struct {
	ctx   context.Context
	host  string
	hello string
	run   func(context.Context, string, PTY, io.Reader, io.Writer) error
	w, h  int
	in    io.Reader
	out   io.Writer
}

func (c *shellCommand) SetStdin(r io.Reader)  { c.in = r }
func (c *shellCommand) SetStdout(w io.Writer) { c.out = w }
func (c *shellCommand) SetStderr(io.Writer)   {}

// Run puts the terminal in raw mode, so that Ctrl-C reaches the far end, runs
// the shell and puts everything back.
func (c *shellCommand) Run() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	if c.in == nil {
		return fmt.Errorf("opening a shell: the screen has no input")
	}
	// What is typed next belongs to the screen again: a read that is under way
	// must end with the shell.
	in, err := cancelreader.NewReader(c.in)
	if err != nil {
		return fmt.Errorf("reading the terminal: %w", err)
	}
	defer in.Close()
	defer in.Cancel()

	pty := PTY{Cols: c.w, Rows: c.h}
	if f, ok := c.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		state, err := term.MakeRaw(int(f.Fd()))
		if err != nil {
			return fmt.Errorf("setting the terminal: %w", err)
		}
		defer term.Restore(int(f.Fd()), state)
	}
	sizes, stop := watchSize(c.out, Size{c.w, c.h})
	defer stop()
	pty.Resize = sizes

	fmt.Fprintf(c.out, "\x1b[2J\x1b[H%s\r\n\r\n", c.hello)
	return c.run(c.ctx, c.host, pty, in, c.out)
}

// watchSize reports a terminal's changes of size until stop is called. It
// looks instead of listening: no signal says it on every system, and a shell
// that lags a quarter of a second behind the window is none the worse for it.
func watchSize(out io.Writer, last Size) (<-chan Size, func()) {
	sizes := make(chan Size, 1)
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return sizes, func() { close(sizes) }
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		defer close(sizes)
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			w, h, err := term.GetSize(int(f.Fd()))
			if now := (Size{w, h}); err == nil && now != last {
				last = now
				select {
				case sizes <- now:
				case <-quit:
					return
				}
			}
		}
	}()
	return sizes, func() { close(quit); <-done }
}
