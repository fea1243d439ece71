package tui

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gatewalk/steps"
	"gatewalk/tui/text"
	"gatewalk/tui/theme"
	"gatewalk/tui/widget"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// shown is the Note that a screen for an audience records when it turns to a
// step: what the trainer's second terminal follows.
const shown = "shown"

// Notes shows the trainer's notes of the step that an audience sees, with a
// timer, in a second terminal. follow calls f with the events of that session,
// those so far first, until stop is called; f may be called from any goroutine.
func Notes(ctx context.Context, o Options, follow func(f func(steps.Event)) (stop func())) error {
	if o.now == nil {
		o.now = time.Now
	}
	n := &notes{o: o, began: o.now(), now: o.now()}
	n.t = theme.New(theme.Options{Light: o.Background == "light", NoColor: o.NoColor, ASCII: o.ASCII})
	if o.Lang == "" {
		o.Lang = "ko"
	}
	if !n.setLang(o.Lang) {
		return fmt.Errorf("choosing language %q: %w", o.Lang, ErrNoBook)
	}
	p := tea.NewProgram(n, append([]tea.ProgramOption{tea.WithContext(ctx)}, o.Term...)...)
	stop := follow(func(e steps.Event) { p.Send(noteMsg{e}) })
	_, err := p.Run()
	stop()
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("showing the notes: %w", err)
	}
	return nil
}

type (
	noteMsg struct{ event steps.Event }
	tickMsg time.Time
)

// notes is the model of the second terminal.
type notes struct {
	o      Options
	lang   string
	txt    *text.Chrome
	book   steps.Book
	keys   keyMap
	t      *theme.Theme
	w, h   int
	id     steps.ID
	status steps.Status
	began  time.Time // of the timer
	now    time.Time
	scroll widget.Scroll
}

func (n *notes) setLang(lang string) bool {
	book := n.o.Books[lang]
	if book == nil {
		return false
	}
	n.lang, n.book, n.txt = lang, book, text.For(lang)
	n.keys = newKeyMap(n.txt, true)
	return true
}

func (n *notes) Init() tea.Cmd { return tea.Batch(tea.RequestBackgroundColor, tick()) }

// tick moves the timer on; it is what this screen is for, so it may write a
// second.
func tick() tea.Cmd { return tea.Tick(time.Second, func(t time.Time) tea.Msg { return tickMsg(t) }) }

func (n *notes) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	n.now = n.o.now()
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		again := repaint(n.w, msg.Width)
		n.w, n.h = msg.Width, msg.Height
		return n, again
	case repaintMsg:
		if msg.w == n.w {
			return n, tea.ClearScreen
		}
	case tea.BackgroundColorMsg:
		if n.o.Background == "" {
			n.t = theme.New(theme.Options{Light: !msg.IsDark(), NoColor: n.o.NoColor, ASCII: n.o.ASCII})
		}
	case tickMsg:
		return n, tick()
	case noteMsg:
		n.heed(msg.event)
	case tea.KeyPressMsg:
		return n, n.key(msg)
	}
	return n, nil
}

// heed follows the audience: to the step it is shown, and how that stands.
func (n *notes) heed(e steps.Event) {
	if e.Step == "" {
		return
	}
	switch e.Kind {
	case steps.Note:
		if e.Msg != shown {
			return
		}
		n.turn(e.Step, steps.NotYet)
	case steps.Started:
		n.turn(e.Step, steps.Running)
	case steps.Held, steps.Skipped:
		n.turn(e.Step, steps.Holds)
	case steps.Failed:
		n.turn(e.Step, steps.Broken)
	}
}

func (n *notes) turn(id steps.ID, status steps.Status) {
	if id != n.id {
		n.scroll = widget.Scroll{}
	}
	n.id, n.status = id, status
}

func (n *notes) key(msg tea.KeyPressMsg) tea.Cmd {
	k := &n.keys
	switch {
	case key.Matches(msg, k.Help.Quit), key.Matches(msg, k.Walk.Stop), key.Matches(msg, k.Help.Close):
		return tea.Quit
	case key.Matches(msg, k.Help.Lang):
		if !n.setLang(map[string]string{"ko": "en"}[n.lang]) {
			n.setLang("ko")
		}
	case key.Matches(msg, k.Walk.Repeat):
		n.began = n.now
	case key.Matches(msg, k.Look.Up):
		n.scroll = n.scroll.By(-1, len(n.lines()), n.h-4, false)
	case key.Matches(msg, k.Look.Down):
		n.scroll = n.scroll.By(1, len(n.lines()), n.h-4, false)
	}
	return nil
}

// lines are the notes, then what the audience reads, for the trainer's eye.
func (n *notes) lines() []string {
	if n.id == "" {
		return widget.WrapText(n.txt.Notes.Waiting, n.t.Text.Dim, n.w-4, 0)
	}
	page, w := n.book.Page(n.id), n.w-4
	var out []string
	part := func(title, markdown string) {
		if markdown == "" {
			return
		}
		if len(out) > 0 {
			out = append(out, "")
		}
		out = append(out, n.t.Text.Accent.Paint(title))
		out = append(out, widget.Markdown(n.t, markdown, w)...)
	}
	part(n.txt.Hint.Notes, page.Notes)
	part(n.txt.Lesson.What, page.What)
	part(n.txt.Lesson.Why, page.Why)
	part(n.txt.Lesson.Expect, page.Expect)
	if p := page.Predict; p != nil {
		part(n.txt.Predict.Title, p.Question+"\n\n"+p.Reveal)
	}
	part(n.txt.Hint.Title, page.Hint)
	return out
}

func (n *notes) View() tea.View {
	v := tea.View{AltScreen: true, WindowTitle: "gatewalk notes"}
	if n.w < 20 || n.h < 5 {
		return v
	}
	status := map[steps.Status]string{steps.Running: n.t.Icon.Now, steps.Holds: n.t.Icon.OK, steps.Broken: n.t.Icon.Bad}[n.status]
	head := widget.Ends(" "+n.t.Text.Accent.Paint("gatewalk")+" "+n.txt.Hint.Notes, n.t.State.Now.Paint(widget.Clock(n.now.Sub(n.began)))+" ", n.w, n.t.Icon.Ellipsis)
	shownLines, more := n.scroll.Window(n.t, n.lines(), n.h-4)
	box := widget.Box(n.t, strings.TrimSpace(string(n.id)+"  "+n.book.Page(n.id).Title), join(status, more), indent(shownLines), n.w, n.h-2, true)
	foot := " "
	for _, b := range []key.Binding{named(n.keys.Walk.Repeat, n.txt.Notes.Reset), n.keys.Look.Up, n.keys.Look.Down, n.keys.Help.Lang, n.keys.Help.Quit} {
		foot += n.t.Text.Key.Paint(b.Help().Key) + " " + b.Help().Desc + "  "
	}
	frame := append(append([]string{head}, box...), widget.Fit(foot, n.w, ""))
	v.Content = strings.Join(frame, "\n")
	return v
}
