package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gatewalk/steps"
	"gatewalk/tui/theme"
	"gatewalk/tui/widget"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// The smallest window that still walks.
const (
	minW = 60
	minH = 20
)

// View draws the whole screen. It reads the model and changes nothing but its
// caches.
func (m *model) View() tea.View {
	if m.w <= 0 || m.h <= 0 {
		return tea.View{AltScreen: true}
	}
	var frame []string
	var cur *cell
	if m.w < minW || m.h < minH {
		frame = m.drawTiny()
	} else {
		frame = m.drawFrame()
		if frame, cur = m.drawDialog(frame); m.top() == nil {
			cur = m.shellCursor()
		}
	}
	v := tea.NewView(strings.Join(frame, "\n"))
	v.AltScreen = true
	v.WindowTitle = "gatewalk " + string(m.id())
	if m.o.Mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	if cur != nil {
		v.Cursor = tea.NewCursor(cur.x, cur.y)
		v.Cursor.Blink = false
	}
	return v
}

// repaintMsg asks for a frame drawn from nothing, unless the window has become
// another meanwhile.
type repaintMsg struct{ w int }

// afterResize is when the first frame of a new size has surely been written.
const afterResize = 100 * time.Millisecond

// repaint has a window drawn twice that has become wider: the renderer takes
// what its first frame draws beyond the old width for blank, and shifts or
// leaves it at the next. (Ultraviolet's #148 mends that, together with a change
// that writes every row of Korean anew at every frame.)
func repaint(before, now int) tea.Cmd {
	if before == 0 || now <= before {
		return nil
	}
	return tea.Tick(afterResize, func(time.Time) tea.Msg { return repaintMsg{now} })
}

// drawFrame is header, body and footer: exactly h lines of exactly w cells.
func (m *model) drawFrame() []string {
	frame := make([]string, 0, m.h)
	frame = append(frame, m.drawHeader())
	switch m.screen {
	case screenCover:
		frame = append(frame, m.drawCover(m.w, m.h-2)...)
	case screenCompare:
		frame = append(frame, m.drawCompare(m.w, m.h-2)...)
	case screenMap:
		frame = append(frame, m.drawMapScreen(m.w, m.h-2)...)
	case screenFinish:
		frame = append(frame, m.drawFinish(m.w, m.h-2)...)
	default:
		frame = append(frame, m.drawWalk(m.layout())...)
	}
	foot := m.drawFooter()
	frame = frame[:m.h-len(foot)]
	if m.top() != nil { // what is behind a question steps back, but for the header
		for i, l := range frame[1:] {
			frame[i+1] = m.t.Frame.Line.Paint(ansi.Strip(l))
		}
	}
	return append(frame, foot...)
}

// drawTiny says that the window is too small, in whatever there is.
func (m *model) drawTiny() []string {
	text := fill(m.txt.Say.Tiny, "w", count(m.w), "h", count(m.h), "minw", count(minW), "minh", count(minH))
	lines := widget.WrapText(text, theme.Style{}, m.w, 0)
	top := max(0, (m.h-len(lines))/2)
	return widget.FitAll(append(make([]string, top), lines...), m.w, m.h, "")
}

// drawHeader: name, place, step, progress, clock. What is least important
// gives way first.
func (m *model) drawHeader() string {
	t := m.t
	parts := []string{m.badge()}
	if r := m.region(); r != "" {
		parts = append(parts, t.Text.Dim.Paint(r))
	}
	clock := t.Text.Dim.Paint(widget.Clock(m.elapsed()))
	var dots string
	if len(m.walk.order) > 0 && m.screen != screenCover {
		dots = m.dots()
	}
	step := ""
	if dots != "" {
		step = t.Text.Strong.Paint(string(m.id()))
	}
	title := " " + t.Text.Accent.Paint("gatewalk")
	full := title + t.Text.Dim.Paint(" · ") + m.book.Title()
	if t.ASCII {
		full = title + t.Text.Dim.Paint(" - ") + m.book.Title()
	}
	join := func(p ...string) string {
		return strings.Join(slices.DeleteFunc(p, func(s string) bool { return s == "" }), "  ") + " "
	}
	for _, c := range []struct{ left, right string }{
		{full, join(append(slices.Clone(parts), step, dots, clock)...)},
		{full, join(parts[0], step, dots)},
		{title, join(append(slices.Clone(parts), step, dots, clock)...)},
		{title, join(parts[0], step, dots)},
	} {
		if widget.Width(c.left)+2+widget.Width(c.right) <= m.w {
			return widget.Ends(c.left, c.right, m.w, t.Icon.Ellipsis)
		}
	}
	return widget.Ends(title, join(parts[0], step), m.w, t.Icon.Ellipsis)
}

// region is the one that was asked for, or the one that was found.
func (m *model) region() string {
	if r := widget.Clean(m.o.World.Region); r != "" {
		return r
	}
	return m.walk.region()
}

// account is the one that was named, or the one that was found.
func (m *model) account() string {
	if a := widget.Clean(m.o.World.Account); a != "" {
		return a
	}
	if e := m.walk.observed("identity", "", ""); e != nil {
		return widget.Clean(e.Args["account"])
	}
	return ""
}

// badge says loudly where this happens.
func (m *model) badge() string {
	w := m.o.World
	switch {
	case m.replayed():
		return m.t.Badge.Lab.Paint(" " + m.txt.Head.Replay + " ")
	case w.NotReal && w.Name == "AWS":
		return m.t.Badge.Loud.Paint(" " + m.txt.Head.NotReal + " ")
	case w.Name == "AWS":
		return m.t.Badge.AWS.Paint(strings.TrimRight(" AWS "+m.account(), " ") + " ")
	}
	return m.t.Badge.Lab.Paint(" " + widget.Clean(w.Name) + " ")
}

// dots is the progress, one mark a step.
func (m *model) dots() string {
	var b strings.Builder
	for i, id := range m.walk.order {
		switch m.walk.peek(id).mark() {
		case steps.Holds:
			b.WriteString(m.t.State.OK.Paint(m.t.Icon.Dots[0]))
		case steps.Broken:
			b.WriteString(m.t.State.Bad.Paint(m.t.Icon.Bad))
		default:
			if i == m.at {
				b.WriteString(m.t.State.Now.Paint(m.t.Icon.Dots[1]))
			} else {
				b.WriteString(m.t.Text.Dim.Paint(m.t.Icon.Dots[2]))
			}
		}
	}
	return b.String()
}

// elapsed is the time of this sitting. It stands still while nothing runs,
// because nothing may be written then.
func (m *model) elapsed() time.Duration {
	if m.screen == screenCover {
		return 0
	}
	return m.now.Sub(m.began)
}

func money(usd float64) string { return fmt.Sprintf("$%.2f", usd) }

// moneyFine shows what an hour costs, which is a few cents.
func moneyFine(usd float64) string { return fmt.Sprintf("$%.3f", usd) }

// drawFooter: the keys that mean something now, and the cost. What was just
// said takes their place until the next key, and more lines if it needs them.
func (m *model) drawFooter() []string {
	if m.flash != "" {
		lines := widget.WrapText(widget.Clean(m.flash), m.t.State.Warn, m.w-2, 0)
		for i := range lines {
			lines[i] = widget.Fit(" "+lines[i], m.w, m.t.Icon.Ellipsis)
		}
		return lines[:min(len(lines), 4)]
	}
	right := ""
	if m.screen != screenCover {
		usd := 0.0
		if m.o.Cost != nil {
			usd, _ = m.o.Cost(m.now)
		}
		right = m.t.Text.Dim.Paint(m.txt.Head.Cost+" "+money(usd)) + " "
	}
	left, hints := " ", m.hints()
	// The last hint, help or the way out, is never what does not fit.
	last := m.hintOf(hints[len(hints)-1])
	room := m.w - widget.Width(right) - widget.Width(last) - 1
	for _, b := range hints[:len(hints)-1] {
		h := m.hintOf(b)
		if widget.Width(left)+widget.Width(h) > room {
			break
		}
		left += h
	}
	left += last
	return []string{widget.Ends(left, right, m.w, "")}
}

// hintOf is a key with what it does.
func (m *model) hintOf(b key.Binding) string {
	label, does := m.label(b), b.Help().Desc
	if label == does { // without arrows, up is called up
		does = ""
	} else {
		does = " " + does
	}
	return m.t.Text.Key.Paint(label) + does + "  "
}

// hints are the keys of what is on the screen, the most useful first.
func (m *model) hints() []key.Binding {
	k := &m.keys
	if d := m.top(); d != nil {
		return d.help(m)
	}
	if m.inShell() {
		return m.shellHints()
	}
	switch m.screen {
	case screenCover:
		return []key.Binding{named(k.Walk.Next, m.nextName()), k.Help.Lang, k.Help.Keys, k.Help.Quit}
	case screenFinish:
		return []key.Binding{named(k.Walk.Next, m.txt.Key.Finish), k.Walk.Back, k.Look.Compare, k.Help.Lang, k.Help.Keys}
	case screenCompare:
		out := []key.Binding{named(k.Walk.Next, m.nextName()), k.Compare.Topic, k.Compare.Swap, k.Compare.Zoom, k.Compare.Copy}
		if m.act != idle {
			out[0] = m.stopKey()
		}
		if m.compare.limit > 0 {
			out = append(out, k.Look.Up, k.Look.Down)
		}
		return append(out, k.Help.Close, k.Help.Keys)
	case screenMap:
		return []key.Binding{k.Help.Close, k.Walk.Back, k.Walk.Forward, k.Help.Lang, k.Help.Keys}
	}
	out := []key.Binding{named(k.Walk.Next, m.nextName())}
	if m.act != idle { // steps and shells wait until it is over
		out[0] = m.stopKey()
	} else {
		switch r := m.walk.peek(m.id()); {
		case r.attempts > 0 && r.mark() == steps.Broken: // as the lesson calls it
			out = append(out, named(k.Walk.Repeat, m.txt.Ways.Again))
		case r.attempts > 0:
			out = append(out, k.Walk.Repeat)
		}
		out = append(out, key.NewBinding(key.WithKeys("left", "right"), key.WithHelp("← →", m.txt.Key.StepKeys)))
	}
	out = append(out, k.Look.Tab)
	if _, ok := m.walk.find("instance", "bastion"); ok && m.o.Shell != nil && m.act == idle {
		out = append(out, m.shellHint())
	}
	if p := m.page(); p.Hint != "" || p.Solution != "" {
		out = append(out, k.Help.Hint)
	}
	if len(m.topics()) > 0 {
		out = append(out, k.Look.Compare)
	}
	return append(out, k.Look.Map, k.Help.Lang, k.Help.Keys)
}

// nextName is what Enter would do now.
func (m *model) nextName() string {
	switch {
	case m.screen == screenCover && m.startErr != nil:
		return m.txt.Key.Again
	case m.screen == screenCover && m.walk.held() > 0:
		return m.txt.Key.Resume
	case m.screen == screenCover:
		return m.txt.Key.Begin
	}
	switch m.walk.peek(m.id()).mark() {
	case steps.Holds:
		if m.at == len(m.walk.order)-1 {
			return m.txt.Key.Finish
		}
		return m.txt.Key.Next
	case steps.Broken:
		return m.txt.Key.GoOn
	}
	if m.toRead() || m.toGuess() {
		return m.txt.Key.Next
	}
	return m.txt.Key.Run
}

// toGuess reports whether nothing is run in the step that is shown but a guess
// is asked for: about what was run before it.
func (m *model) toGuess() bool {
	p := m.page()
	return p.Predict != nil && widget.CodeBlock(p.Body) == ""
}

// toRead reports whether the step that is shown is a page to read: nothing is
// run in it, and nothing is to be seen but the page.
func (m *model) toRead() bool {
	p := m.page()
	return p.Expect == "" && p.Seen == "" && p.Predict == nil && widget.CodeBlock(p.Body) == "" && m.id() != stepForm
}

// spinner is the mark of something that runs.
func (m *model) spinner() string {
	s := m.t.Icon.Spinner
	return s[m.spin%len(s)]
}
