package tui

import (
	"strconv"
	"strings"
	"time"

	"gatewalk/steps"
	"gatewalk/tui/text"
	"gatewalk/tui/widget"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// key does what a key asks for. Every key does something that can be seen, or
// says why not.
func (m *model) key(msg tea.KeyPressMsg) tea.Cmd {
	m.flash = ""
	if m.top() == nil && m.inShell() {
		m.shellKey(msg)
		return nil
	}
	if m.isTyped(msg) {
		m.sayShell()
		return nil
	}
	cmd := m.meaning(msg)
	if msg.Text != "" && (m.flash == m.txt.Say.UnknownKey || m.act != idle && m.flash != "") {
		m.stray = stray{at: m.now, letters: 1}
	}
	return cmd
}

// meaning does what a key means in the dialog or on the screen that is shown.
func (m *model) meaning(msg tea.KeyPressMsg) tea.Cmd {
	d := m.top()
	if d == nil {
		return m.shortcut(msg)
	}
	if _, plan := d.(*planned); key.Matches(msg, m.keys.Help.Lang) && (plan || input(d) == nil) {
		return m.otherLang()
	}
	if _, reading := d.(*reader); key.Matches(msg, m.keys.Help.Keys) && !reading {
		m.open(m.helpDialog)
		return nil
	}
	return m.perform(d.update(m, msg))
}

// stray are letters that mean nothing here: most likely the beginning of a
// command that is typed into the wrong place.
type stray struct {
	at      time.Time
	letters int
}

// typing is how long a pause there is at most between two letters of a command.
const typing = time.Second

// isTyped reports whether a key belongs to a command that is being typed: what
// follows a stray letter is no short cut until there is a pause, and the Enter
// after a word is none of ours.
func (m *model) isTyped(msg tea.KeyPressMsg) bool {
	if m.stray.letters == 0 || !m.now.Before(m.stray.at.Add(typing)) || input(m.top()) != nil {
		m.stray = stray{}
		return false
	}
	switch {
	case msg.Text != "":
		m.stray = stray{at: m.now, letters: m.stray.letters + 1}
		return true
	case msg.Code == tea.KeyEnter && m.stray.letters > 1:
		m.stray = stray{}
		return true
	}
	return false
}

// sayShell says where commands are typed, or why there is no such place now.
func (m *model) sayShell() {
	if m.canShell("") {
		m.flash = m.txt.Say.TypeThere
	}
}

// shortcut does what a key means on the screen that is shown.
func (m *model) shortcut(msg tea.KeyPressMsg) tea.Cmd {
	k := &m.keys
	switch {
	case key.Matches(msg, k.Walk.Stop):
		return m.stop()
	case key.Matches(msg, k.Help.Quit):
		return m.quit()
	case key.Matches(msg, k.Help.Keys):
		m.open(m.helpDialog)
		return nil
	case key.Matches(msg, k.Help.Lang):
		return m.otherLang()
	case m.screen == screenCompare && m.compareKey(msg):
		return m.compareCopy(msg)
	case key.Matches(msg, k.Walk.Next):
		return m.next()
	case key.Matches(msg, k.Help.Close):
		return m.escape()
	}
	if m.drv == nil {
		m.flash = m.txt.Say.NotReady
		if m.startErr != nil {
			m.flash = m.txt.Cover.Failed
		}
		return nil
	}
	switch {
	case key.Matches(msg, k.Walk.Back):
		m.turn(-1)
	case key.Matches(msg, k.Walk.Forward):
		m.turn(1)
	case key.Matches(msg, k.Walk.Jump):
		m.open(m.jumpDialog)
	case key.Matches(msg, k.Walk.Repeat):
		return m.repeat()
	case key.Matches(msg, k.Help.Hint):
		m.hint()
	case key.Matches(msg, k.Help.Shell):
		m.askShell()
	case key.Matches(msg, k.Help.ShellLast):
		return m.shell(m.lastHost())
	case key.Matches(msg, k.Look.Notes):
		m.notes()
	case key.Matches(msg, k.Look.Compare):
		m.openCompare(m.id())
	case key.Matches(msg, k.Look.Map):
		m.toggleMap()
	case m.lookKey(msg):
	default:
		m.flash = m.txt.Say.UnknownKey
	}
	return nil
}

// lookKey moves the focus and scrolls what has it.
func (m *model) lookKey(msg tea.KeyPressMsg) bool {
	k := &m.keys
	switch {
	case key.Matches(msg, k.Look.Tab):
		m.tab(1)
	case key.Matches(msg, k.Look.TabBack):
		m.tab(-1)
	case key.Matches(msg, k.Look.Up):
		m.scrollBy(-1)
	case key.Matches(msg, k.Look.Down):
		m.scrollBy(1)
	case key.Matches(msg, k.Look.PageUp):
		m.scrollBy(-10)
	case key.Matches(msg, k.Look.PageDown):
		m.scrollBy(10)
	case key.Matches(msg, k.Look.Top):
		m.scrollBy(-maxLines)
	case key.Matches(msg, k.Look.End):
		m.scrollBy(maxLines)
	default:
		return false
	}
	return true
}

// tab moves the focus to the next pane that is on the screen or can be.
func (m *model) tab(by int) {
	if m.screen != screenWalk {
		m.screen = screenWalk
		return
	}
	l := m.layout()
	for range panes {
		m.focus = (m.focus + pane(by) + panes) % panes
		if l.shows(m.focus) {
			return
		}
	}
}

// next is what Enter does: go on, or run what is shown.
func (m *model) next() tea.Cmd {
	switch {
	case m.screen == screenCover:
		return m.begin()
	case m.screen == screenFinish:
		return tea.Quit
	case m.act != idle:
		m.flash = m.txt.Say.Busy
		return nil
	case m.screen == screenMap:
		m.screen = screenWalk
		return nil
	}
	r := m.walk.peek(m.id())
	switch {
	case r.status == steps.Holds && m.at == len(m.walk.order)-1:
		m.screen = screenFinish
		return nil
	case r.status == steps.Holds:
		m.screen = screenWalk
		m.show(m.at + 1)
		return nil
	case r.mark() == steps.Broken:
		m.open(m.waysDialog)
		return nil
	}
	return m.ask()
}

// begin leaves the cover as soon as the world is ready.
func (m *model) begin() tea.Cmd {
	switch {
	case m.drv != nil:
		m.enter()
	case m.startErr != nil:
		m.starting, m.startErr, m.eager = true, nil, true
		m.feed.setBusy(true)
		return m.startCmd()
	default:
		m.eager = true
	}
	return nil
}

// ask runs the step that is shown, after the questions that come before it.
func (m *model) ask() tea.Cmd {
	id, page := m.id(), m.page()
	if id == "" {
		return nil
	}
	if m.missing() != "" {
		m.open(m.bringDialog)
		return nil
	}
	name := "predict." + string(id)
	if page.Predict != nil && m.walk.choices[name] == "" && !m.skipped[id] {
		m.open(m.predictDialog)
		return nil
	}
	switch {
	case id == stepForm:
		m.open(func() dialog { return newForm(m) })
	case id == stepCleanup:
		m.open(m.cleanupDialog)
	case id == stepPrepare && m.spends():
		m.open(func() dialog { return m.spendDialog(actRun{}) })
	default:
		return m.run(id)
	}
	return nil
}

// missing is the last step before the one shown that has to be run first.
func (m *model) missing() steps.ID {
	var last steps.ID
	for _, id := range m.walk.order[:m.at] {
		if m.walk.peek(id).status != steps.Holds {
			last = m.walk.order[m.at-1]
		}
	}
	return last
}

// turn looks at another step.
func (m *model) turn(by int) {
	if m.screen == screenCover {
		m.enter()
		return
	}
	to := m.at + by
	switch {
	case m.screen == screenFinish && by < 0:
		m.screen = screenWalk
	case m.screen == screenFinish:
		m.flash = m.txt.Say.Last
	case m.act != idle:
		m.flash = m.txt.Say.Busy
	case to < 0:
		m.flash = m.txt.Say.First
	case to >= len(m.walk.order):
		if m.walk.finished() {
			m.screen = screenFinish
		} else {
			m.flash = m.txt.Say.Last
		}
	default:
		m.show(to)
	}
}

// stop hands Ctrl-C to what runs on a host; what nothing takes stops the step,
// or asks about leaving.
func (m *model) stop() tea.Cmd {
	if m.act == idle || m.cancel == nil || m.stopped {
		return m.quit()
	}
	if m.act == running && m.drv.Interrupt() {
		return nil // what comes of it is told by events
	}
	m.stopped = true
	m.cancel()
	m.flash = m.txt.Say.Stopping
	return nil
}

// hanging reports whether a command on a host does not answer, so that Ctrl-C
// is for it.
func (m *model) hanging() bool {
	r := m.walk.peek(m.walk.now)
	return m.act == running && !m.stopped && r.wait != nil && silent(*r.wait)
}

// stopKey is Ctrl-C with what it does now.
func (m *model) stopKey() key.Binding {
	if m.hanging() {
		return named(m.keys.Walk.Stop, m.txt.Key.CtrlC)
	}
	return m.keys.Walk.Stop
}

// escape goes back to the walk.
func (m *model) escape() tea.Cmd {
	switch m.screen {
	case screenCompare:
		m.screen = m.compare.back
	case screenMap, screenFinish:
		m.screen = screenWalk
	default:
		m.flash = m.txt.Say.EscHere
	}
	return nil
}

func (m *model) toggleMap() {
	switch m.screen {
	case screenMap:
		m.screen = screenWalk
	case screenCover, screenFinish:
		m.flash = m.txt.Say.NotHere
	default:
		m.screen = screenMap
	}
}

// fill places named values in a text: fill("{n} left", "n", "3").
func fill(s string, pairs ...string) string {
	return text.Fill(s, pairs...)
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return widget.Clean(s)
}

func count(n int) string { return strconv.Itoa(n) }
