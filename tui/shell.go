package tui

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"gatewalk/steps"
	"gatewalk/tui/console"
	"gatewalk/tui/widget"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// shell is a shell on an instance, in the frame. It lives until it ends or
// another is opened; the learner may turn to the lesson and come back.
type shell struct {
	host   string
	con    *console.Console
	cancel context.CancelFunc
	mu     sync.Mutex
	sizes  chan Size                 // the newest that the far end has not been told
	over   bool                      // sizes is closed
	spoken atomic.Bool               // it has printed something
	asked  atomic.Pointer[time.Time] // of the first letter that it has not answered yet
	typing bool                      // keys go to it, and it is shown
	zoomed bool
	back   int // lines that it is scrolled back by
	past   int // lines that had gone off its top when last looked at

	// What was shown before, to come back to.
	screen screen
	focus  pane
	ways   map[string]way // the map's, of the step that is shown
}

// shellMsg says that a shell has ended.
type shellMsg struct {
	sh  *shell
	err error
}

// inShell reports whether keys go to a shell.
func (m *model) inShell() bool { return m.sh != nil && m.sh.typing }

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

// shell turns to the shell on a host, which is opened if it is not yet.
func (m *model) shell(host string) tea.Cmd {
	if !m.canShell(host) {
		return nil
	}
	m.shellAt = host
	if m.sh != nil && m.sh.host == host {
		m.enterShell()
		return nil
	}
	m.endShell()
	ctx, cancel := context.WithCancel(m.ctx)
	sh := &shell{host: host, cancel: cancel, sizes: make(chan Size, 1)}
	m.sh = sh
	m.enterShell()
	r := m.shellRect()
	sh.con = console.New(r.w, r.h, m.t.NoColor)
	pty := PTY{Cols: r.w, Rows: r.h, Resize: sh.sizes}
	return m.task(func() (msg tea.Msg) {
		defer sh.hangUp()
		defer cancel()
		context.AfterFunc(ctx, sh.hangUp)
		defer func() {
			if r := recover(); r != nil {
				msg = shellMsg{sh, fmt.Errorf("panic: %v\n%s", r, debug.Stack())}
			}
		}()
		return shellMsg{sh, m.o.Shell(ctx, host, pty, sh.con, echo{sh, m.feed})}
	})
}

// echo draws what a shell prints, and has it shown.
type echo struct {
	sh   *shell
	feed *feed
}

func (e echo) Write(p []byte) (int, error) {
	defer e.feed.echo()
	e.sh.spoken.Store(true)
	e.sh.asked.Store(nil)
	return e.sh.con.Write(p)
}

// enterShell shows the shell and gives it the keys. The map shows what its
// packets do.
func (m *model) enterShell() {
	sh := m.sh
	sh.typing, sh.back = true, 0
	sh.screen, sh.focus = m.screen, m.focus
	sh.ways = maps.Clone(m.walk.peek(m.id()).ways)
	m.screen, m.focus = screenWalk, paneTerm
	m.feed.setStep(m.id())
}

// leaveShell brings the walk back as it was.
func (m *model) leaveShell() {
	sh := m.sh
	if !sh.typing {
		return
	}
	sh.typing = false
	m.screen, m.focus = sh.screen, sh.focus
	m.feed.setStep("")
	if r := m.walk.rec[m.id()]; r != nil && sh.ways != nil {
		r.ways = sh.ways
	} else if r != nil {
		clear(r.ways)
	}
	m.walk.version++
}

// endShell ends the shell there is.
func (m *model) endShell() {
	if m.sh != nil {
		m.leaveShell()
		m.sh.cancel()
		m.sh = nil
	}
}

// shellOver says how a shell ended, where that is worth a word.
func (m *model) shellOver(msg shellMsg) {
	if m.sh != msg.sh {
		return // another has been opened
	}
	m.endShell()
	if msg.err != nil && !errors.Is(msg.err, context.Canceled) {
		m.flash = m.whyOver(msg.sh.host, msg.err)
	}
	m.sync()
}

// whyOver is an error of a shell as a sentence of the course, where it has one.
func (m *model) whyOver(host string, err error) string {
	var f *steps.Failure
	if errors.As(err, &f) {
		if said := m.book.Sentence(steps.Event{Kind: steps.Failed, Step: m.id(), Msg: f.Msg, Args: f.Args}); said != "" {
			return said
		}
	}
	return fill(m.txt.Shell.Lost, "host", m.hostName(host)) + " " + firstLine(err.Error())
}

// shellRect is the part of the window that a shell has: its pane's inside, or
// all between the first and the last line.
func (m *model) shellRect() rect {
	r := rect{0, 1, m.w, m.h - 2}
	if l := m.layout(); !l.tabs && !m.sh.zoomed {
		r = l.area[paneTerm]
	}
	return rect{r.x + 1, r.y + 1, max(1, r.w-2), max(1, r.h-2)}
}

// fitShell tells the shell its size when that has changed.
func (m *model) fitShell() {
	if !m.inShell() || m.w < minW || m.h < minH {
		return
	}
	m.sh.hold()
	r := m.shellRect()
	if w, h := m.sh.con.Size(); w == r.w && h == r.h {
		return
	}
	m.sh.con.Resize(r.w, r.h)
	m.sh.tell(Size{r.w, r.h})
}

// hold keeps what is looked at where it is while the shell prints on.
func (sh *shell) hold() {
	past := sh.con.Remembered()
	if sh.back > 0 {
		sh.back += max(0, past-sh.past)
	}
	sh.past = past
}

// tell lets the far end know its size.
func (sh *shell) tell(s Size) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.over {
		return
	}
	select {
	case <-sh.sizes: // one that nobody has heard is out of date
	default:
	}
	sh.sizes <- s
}

// hangUp ends what goes to the far end.
func (sh *shell) hangUp() {
	sh.con.Close()
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if !sh.over {
		sh.over = true
		close(sh.sizes)
	}
}

// shellKey gives a key to the shell, but for the few that are the frame's.
func (m *model) shellKey(msg tea.KeyPressMsg) {
	k, sh := &m.keys.Shell, m.sh
	switch {
	case key.Matches(msg, k.Leave):
		m.leaveShell()
	case key.Matches(msg, k.Zoom) && m.layout().tabs:
		m.flash = m.txt.Shell.Whole
	case key.Matches(msg, k.Zoom):
		sh.zoomed = !sh.zoomed
	case key.Matches(msg, k.Back):
		m.scrollShell(sh.page())
	case key.Matches(msg, k.Forward):
		m.scrollShell(-sh.page())
	default:
		sh.back = 0
		if msg.Text != "" || msg.Code == tea.KeyEnter {
			m.askShellEcho()
		}
		sh.con.Key(msg.Key())
	}
}

// echoDue is how long a shell may leave a letter without its echo. It comes from
// the far end, and a connection that has died without a word is told from a
// command that takes its time by nothing else: keep-alives need half a minute.
const echoDue = 3 * time.Second

// askShellEcho notes when a letter is sent that is to be echoed; before it is,
// for the echo may be quick.
func (m *model) askShellEcho() {
	now := m.now
	if m.sh.spoken.Load() && m.sh.asked.CompareAndSwap(nil, &now) {
		m.feed.remind(echoDue)
	}
}

// shellQuiet is for how many seconds the shell has been too quiet, 0 as long as
// it is not.
func (m *model) shellQuiet() int {
	at := m.sh.asked.Load()
	if at == nil || m.now.Sub(*at) < echoDue {
		return 0
	}
	return int(m.now.Sub(*at).Seconds())
}

// page is how far one key scrolls.
func (sh *shell) page() int {
	_, h := sh.con.Size()
	return max(1, h-1)
}

func (m *model) scrollShell(by int) {
	sh := m.sh
	sh.hold()
	to := min(max(0, sh.back+by), sh.past)
	if to == sh.back {
		m.flash = m.txt.Say.AllShown
	}
	sh.back = to
}

// wheelShell scrolls by the mouse. A program that has the whole screen, such as
// a pager, gets arrows for it, as terminals do.
func (m *model) wheelShell(by int) {
	arrow := tea.Key{Code: tea.KeyUp}
	if by < 0 {
		arrow.Code = tea.KeyDown
	}
	if !m.sh.con.Full() {
		m.scrollShell(by)
		return
	}
	for range max(by, -by) {
		m.sh.con.Key(arrow)
	}
}

// drawShell is the pane of the shell.
func (m *model) drawShell(r rect) []string {
	sh := m.sh
	note := ""
	if n := m.shellQuiet(); n > 0 {
		note = m.t.State.Warn.Paint(fill(m.txt.Shell.Quiet, "n", count(n)))
	}
	if sh.back > 0 {
		note = m.t.Text.Dim.Paint(fill(m.txt.Shell.Back, "n", count(sh.back)))
	}
	lines := sh.con.Lines(sh.back)
	if !sh.spoken.Load() {
		lines = widget.WrapText(fill(m.txt.Shell.Connecting, "host", m.hostName(sh.host)), m.t.Text.Dim, r.w-2, 0)
	}
	return widget.Box(m.t, fill(m.txt.Shell.Pane, "host", m.hostName(sh.host)), note, lines, r.w, r.h, true)
}

// shellCursor is where the shell's cursor is in the window; nil where it is
// hidden.
func (m *model) shellCursor() *cell {
	if !m.inShell() || m.sh.back > 0 {
		return nil
	}
	x, y, shown := m.sh.con.Cursor()
	if r := m.shellRect(); shown {
		return &cell{r.x + x, r.y + y}
	}
	return nil
}

// shellHints are the frame's keys in a shell.
func (m *model) shellHints() []key.Binding {
	k := &m.keys.Shell
	if m.layout().tabs { // it has the window already
		return []key.Binding{k.Back, k.Leave}
	}
	return []key.Binding{k.Zoom, k.Back, k.Leave}
}

// shellHint is the key to a shell, and whether one is open behind the lesson.
func (m *model) shellHint() key.Binding {
	if m.sh != nil {
		return named(m.keys.Help.ShellLast, m.txt.Key.ShellBack)
	}
	return m.keys.Help.Shell
}
