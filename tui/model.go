package tui

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"gatewalk/steps"
	"gatewalk/tui/text"
	"gatewalk/tui/theme"
	"gatewalk/tui/widget"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// screen is what fills the window.
type screen int

const (
	screenCover screen = iota
	screenWalk
	screenCompare
	screenMap
	screenFinish
)

// pane is a part of the walk's screen.
type pane int

const (
	paneLesson pane = iota
	paneTerm
	paneMap
	paneSteps
	panes
)

// activity is what the driver does now.
type activity int

const (
	idle activity = iota
	running
	rewinding
	cleaning
)

// Steps that the screen has something special for.
const (
	stepPrepare  steps.ID = "3.1" // makes what costs money
	stepForm     steps.ID = "3.7" // is filled in like the console's form
	stepList     steps.ID = "3.8" // shows whether the form was right
	stepRoutes   steps.ID = "4.4" // compares the route table before and after
	stepCleanup  steps.ID = "6"   // removes everything
	choiceTable           = "3.7.route_table"
	tablePrivate          = "private"
	tablePublic           = "public"
)

// model is the only tea.Model.
type model struct {
	ctx   context.Context
	o     Options
	start func(context.Context) (driver, error)
	feed  *feed

	taskMu sync.Mutex
	tasks  sync.WaitGroup // goroutines that Bubble Tea does not wait for
	closed bool

	lang  string
	txt   *text.Chrome
	book  steps.Book
	keys  keyMap
	t     *theme.Theme
	cache cache

	w, h    int
	screen  screen
	focus   pane
	scroll  [panes]widget.Scroll
	dialogs []opened
	flash   string    // what was said last, in place of the footer
	unsaid  time.Time // when it goes by itself; zero: with the next key
	stray   stray     // letters that meant nothing
	compare compareState

	drv        driver
	unwatch    func()
	stopPacket func()
	starting   bool
	eager      bool // Enter was pressed before the world was ready
	startErr   error

	walk    *walk
	applied int // events of the driver that are in walk
	at      int // the step that is shown
	act     activity
	then    func(*model) tea.Cmd // what to do when act is over
	cancel  context.CancelFunc
	stopped bool // the learner stopped what ran
	trouble map[steps.ID]string
	skipped map[steps.ID]bool // predictions that were not answered
	hinted  map[steps.ID]int  // rungs of the ladder that were climbed
	shellAt string            // the host of the last shell
	sh      *shell            // the one there is; nil without

	began   time.Time // of this sitting
	now     time.Time
	spin    int
	autoGen int
	autoSet bool
	leaving bool
	cleaned bool
}

// engineMsg is the answer of start.
type engineMsg struct {
	drv driver
	err error
}

// doneMsg ends an activity.
type doneMsg struct {
	id  steps.ID
	act activity
	err error
}

// autoMsg goes on by itself, unless a key was pressed meanwhile.
type autoMsg struct{ gen int }

func newModel(ctx context.Context, o Options, start func(context.Context) (driver, error)) (*model, error) {
	if o.now == nil {
		o.now = time.Now
	}
	m := &model{
		ctx: ctx, o: o, start: start, feed: newFeed(),
		trouble: map[steps.ID]string{}, skipped: map[steps.ID]bool{}, hinted: map[steps.ID]int{},
		walk: newWalk(nil), starting: true, now: o.now(), began: o.now(),
	}
	m.setTheme(theme.Options{Light: o.Background == "light", NoColor: o.NoColor, ASCII: o.ASCII})
	lang := o.Lang
	if lang == "" {
		lang = "ko"
	}
	if !m.setLang(lang) {
		return nil, fmt.Errorf("choosing language %q: %w", lang, ErrNoBook)
	}
	return m, nil
}

func (m *model) setTheme(o theme.Options) {
	if m.t == nil || m.t.Options != o {
		m.t = theme.New(o)
		m.cache.clear()
	}
}

// setLang switches everything that is read; it reports false where the course
// does not have the language.
func (m *model) setLang(lang string) bool {
	book := m.o.Books[lang]
	if book == nil {
		return false
	}
	m.lang, m.book, m.txt = lang, book, text.For(lang)
	m.keys = newKeyMap(m.txt, m.o.Present)
	m.cache.clear()
	m.reword()
	return true
}

func (m *model) Init() tea.Cmd {
	m.feed.setBusy(true)
	return tea.Batch(tea.RequestBackgroundColor, m.startCmd())
}

// startCmd makes the world ready. It is waited for at the end, because Bubble
// Tea does not wait for its commands.
func (m *model) startCmd() tea.Cmd {
	return m.task(func() (msg tea.Msg) {
		defer func() {
			if r := recover(); r != nil {
				msg = engineMsg{err: fmt.Errorf("panic: %v\n%s", r, debug.Stack())}
			}
		}()
		drv, err := m.start(m.ctx)
		return engineMsg{drv, err}
	})
}

// task is a command that close waits for. One that Bubble Tea gets round to
// after close is not run.
func (m *model) task(f func() tea.Msg) tea.Cmd {
	return func() tea.Msg {
		m.taskMu.Lock()
		if m.closed {
			m.taskMu.Unlock()
			return nil
		}
		m.tasks.Add(1)
		m.taskMu.Unlock()
		defer m.tasks.Done()
		return f()
	}
}

// Update is called by Bubble Tea for everything that happens.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.now = m.o.now()
	if !m.unsaid.IsZero() && !m.now.Before(m.unsaid) {
		m.unsay()
	}
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		cmd = repaint(m.w, msg.Width)
		m.w, m.h = msg.Width, msg.Height
	case repaintMsg:
		if msg.w == m.w {
			cmd = tea.ClearScreen
		}
	case tea.BackgroundColorMsg:
		if m.o.Background == "" {
			o := m.t.Options
			o.Light = !msg.IsDark()
			m.setTheme(o)
		}
	case tea.ColorProfileMsg:
		o := m.t.Options
		o.Basic = msg.Profile == colorprofile.ANSI
		m.setTheme(o)
	case engineMsg:
		cmd = m.ready(msg)
	case newsMsg:
		m.sync()
		for _, e := range msg.packets {
			m.walk.apply(e)
		}
		m.spin++
	case doneMsg:
		cmd = m.done(msg)
	case troubleMsg:
		m.flash = m.txt.Say.Trouble + " " + firstLine(msg.err.Error())
	case shellMsg:
		m.shellOver(msg)
	case autoMsg:
		if msg.gen == m.autoGen {
			m.autoSet = false
			cmd = m.autoNext()
		}
	case tea.PasteMsg:
		m.paste(msg.Content)
	case tea.KeyPressMsg:
		m.autoGen++
		m.autoSet = false
		cmd = m.key(msg)
		m.remark()
	case tea.MouseWheelMsg, tea.MouseClickMsg:
		cmd = m.mouse(msg.(tea.MouseMsg))
		m.remark()
	}
	m.fitShell()
	if m.inShell() && m.shellQuiet() > 0 {
		m.feed.remind(time.Second)
	}
	return m, tea.Batch(cmd, m.autoCmd())
}

// paste gives a pasted text to what takes one, or says what does.
func (m *model) paste(s string) {
	switch in := input(m.top()); {
	case in != nil:
		in.Insert(s)
	case m.top() == nil && m.inShell():
		m.sh.back = 0
		m.askShellEcho()
		m.sh.con.Paste(s)
	default:
		m.sayShell()
		m.remark()
	}
}

// remark lets what was said about a key go by itself once there was time to
// read it. What was said unasked, such as an error, stays until the next key.
func (m *model) remark() {
	m.unsaid = time.Time{}
	if m.flash == "" {
		return
	}
	d := 3*time.Second + time.Duration(widget.Width(m.flash))*50*time.Millisecond
	m.unsaid = m.now.Add(d)
	m.feed.remind(d)
}

// unsay takes back a remark that is over: its time, or what it spoke of.
func (m *model) unsay() {
	if !m.unsaid.IsZero() {
		m.flash, m.unsaid = "", time.Time{}
	}
}

// ready takes the engine, or says why there is none.
func (m *model) ready(msg engineMsg) tea.Cmd {
	m.starting, m.startErr = false, msg.err
	m.unsay()
	if m.act == idle {
		m.feed.setBusy(false)
	}
	if msg.err != nil {
		m.eager = false
		return nil
	}
	m.drv = msg.drv
	m.walk = newWalk(m.drv.Order())
	m.applied = 0
	m.cache.clear()
	m.unwatch = m.drv.Watch(m.feed.event)
	if m.o.Packets != nil {
		m.stopPacket = m.o.Packets(m.feed.packet)
	}
	m.sync()
	m.walk.cutShort()
	m.at = m.walk.resume()
	if m.eager {
		m.enter()
	}
	return nil
}

// enter leaves the cover.
func (m *model) enter() {
	m.screen, m.focus = screenWalk, paneLesson
	m.began = m.now
	if m.walk.finished() {
		m.screen = screenFinish
	}
}

// sync folds what the driver has recorded since the last time.
func (m *model) sync() {
	if m.drv == nil {
		return
	}
	events := m.drv.Events()
	for ; m.applied < len(events); m.applied++ {
		m.heed(events[m.applied])
	}
}

// heed folds one event and follows it with the eyes.
func (m *model) heed(e steps.Event) {
	m.walk.apply(e)
	if r := e.Resource; e.Kind == steps.Gone && m.sh != nil && r != nil && r.Kind == "instance" && r.Name == m.sh.host {
		m.endShell()
	}
	if m.act != running {
		return
	}
	switch e.Kind {
	case steps.Started:
		m.show(m.walk.pos(e.Step))
		m.scroll[paneTerm] = widget.Scroll{Follow: true}
	case steps.Command:
		m.focus = paneTerm
		// Both instances were asked: put their answers side by side.
		if m.screen == screenWalk && m.walk.asksBoth(e.Step) {
			m.openCompare(e.Step)
		}
	case steps.Held, steps.Failed:
		m.focus = paneLesson
		m.scroll[paneLesson] = widget.Scroll{}
		if e.Step == stepRoutes && e.Kind == steps.Held && m.screen == screenWalk {
			m.openCompare(e.Step)
		}
	}
}

// id is the step that is shown.
func (m *model) id() steps.ID {
	if m.at < 0 || m.at >= len(m.walk.order) {
		return ""
	}
	return m.walk.order[m.at]
}

// page is the prose of the step that is shown.
func (m *model) page() steps.Page {
	if m.id() == "" {
		return steps.Page{}
	}
	return m.book.Page(m.id())
}

// show turns to a step; nothing is run by it.
func (m *model) show(i int) {
	i = min(max(0, i), max(0, len(m.walk.order)-1))
	if i != m.at {
		m.scroll = [panes]widget.Scroll{}
		m.focus = paneLesson
		if m.screen == screenCompare && m.act == idle {
			m.screen = screenWalk
		}
	}
	if m.o.Present && i != m.at && m.drv != nil && m.act == idle {
		m.drv.Tell(m.walk.order[i])
	}
	m.at = i
	if m.screen == screenCover || m.screen == screenFinish {
		m.screen = screenWalk
	}
}

// result is how the walk was left.
func (m *model) result() Result {
	return Result{Finished: m.walk.finished(), CleanUp: m.cleaned, Exists: len(m.walk.existing())}
}

// close ends what was started: the driver's work has been cancelled with the
// context, and is waited for.
func (m *model) close() {
	if m.unwatch != nil {
		m.unwatch()
	}
	if m.stopPacket != nil {
		m.stopPacket()
	}
	m.feed.close()
	m.taskMu.Lock()
	m.closed = true
	m.taskMu.Unlock()
	m.tasks.Wait()
}
