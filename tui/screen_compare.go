package tui

import (
	"slices"
	"strings"

	"gatewalk/steps"
	"gatewalk/tui/theme"
	"gatewalk/tui/widget"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// compareState is how the screen with two sides is turned.
type compareState struct {
	topic   string
	swapped bool
	zoom    int // 0: both; 1, 2: one side alone
	scroll  int
	limit   int  // the last scroll position, as drawn
	follow  bool // keep to the end while something streams
}

// openCompare shows two sides: those of a step where it has two, the latest
// otherwise.
func (m *model) openCompare(id steps.ID) {
	all := m.topics()
	if len(all) == 0 {
		m.flash = m.txt.Say.NoCompare
		return
	}
	m.screen = screenCompare
	i := slices.IndexFunc(all, func(t topic) bool { return t.name == string(id) })
	if i < 0 && id == stepRoutes {
		i = slices.IndexFunc(all, func(t topic) bool { return t.name == "routes" })
	}
	if i < 0 {
		i = len(all) - 1
	}
	m.compare = compareState{topic: all[i].name, follow: m.act == running}
}

// currentTopic is the chosen topic and its place.
func (m *model) currentTopic() ([]topic, int) {
	all := m.topics()
	i := slices.IndexFunc(all, func(t topic) bool { return t.name == m.compare.topic })
	return all, max(0, i)
}

// compareKey handles the keys of the screen; it reports whether it did.
func (m *model) compareKey(msg tea.KeyPressMsg) bool {
	k := &m.keys.Compare
	switch {
	case key.Matches(msg, k.Topic):
		m.turnTopic(1)
	case key.Matches(msg, k.TopicBack):
		m.turnTopic(-1)
	case key.Matches(msg, k.Swap):
		m.compare.swapped = !m.compare.swapped
	case key.Matches(msg, k.Zoom):
		m.compare.zoom = (m.compare.zoom + 1) % 3
		m.compare.scroll = 0
	case key.Matches(msg, k.Copy):
	case key.Matches(msg, m.keys.Look.Compare):
		m.screen = screenWalk
	case key.Matches(msg, m.keys.Look.Up), key.Matches(msg, m.keys.Look.PageUp), key.Matches(msg, m.keys.Look.Top):
		m.compare.follow = false
		return m.lookKey(msg)
	case key.Matches(msg, m.keys.Look.Down), key.Matches(msg, m.keys.Look.PageDown), key.Matches(msg, m.keys.Look.End):
		return m.lookKey(msg)
	default:
		return false
	}
	return true
}

func (m *model) turnTopic(by int) {
	all, i := m.currentTopic()
	if len(all) > 0 {
		m.compare.topic = all[(i+by+len(all))%len(all)].name
		m.compare.scroll, m.compare.follow = 0, false
	}
}

// compareCopy puts both sides on the clipboard of the learner's terminal.
func (m *model) compareCopy(msg tea.KeyPressMsg) tea.Cmd {
	if !key.Matches(msg, m.keys.Compare.Copy) {
		return nil
	}
	all, i := m.currentTopic()
	if len(all) == 0 {
		return nil
	}
	var b strings.Builder
	for _, s := range []side{all[i].left, all[i].right} {
		b.WriteString("# " + s.title + "\n")
		for _, l := range s.lines {
			b.WriteString(l.text + "\n")
		}
		b.WriteString("\n")
	}
	m.flash = m.txt.Compare.Copied
	return tea.SetClipboard(b.String())
}

// drawCompare is the body of the screen.
func (m *model) drawCompare(w, h int) []string {
	all, i := m.currentTopic()
	if len(all) == 0 {
		return widget.FitAll([]string{"", " " + m.txt.Say.NoCompare}, w, h, "")
	}
	tp := all[i]
	if m.compare.swapped {
		tp.left, tp.right = tp.right, tp.left
	}
	out := m.compareHead(all, i, w)
	h -= len(out)
	switch {
	case m.compare.zoom > 0:
		s := []side{tp.left, tp.right}[m.compare.zoom-1]
		var lines []string
		for _, l := range s.lines {
			lines = append(lines, widget.Lines(l.text, m.lineStyle(l), w-4)...)
		}
		shown, note := m.compareScroll(len(lines), h-2).Window(m.t, lines, h-2)
		return append(out, widget.Box(m.t, s.title, note, indent(shown), w, h, true)...)
	case w < 76: // too narrow for two columns: one above the other
		return append(out, m.stacked(tp, w, h)...)
	}
	return append(out, m.columns(tp, w, h)...)
}

// compareHead is what is compared, and what there is to know about it.
func (m *model) compareHead(all []topic, i, w int) []string {
	t := m.t
	line := " " + t.Text.Accent.Paint(widget.Clip(all[i].title, w-24, t.Icon.Ellipsis))
	out := []string{widget.Ends(line, t.Text.Dim.Paint(count(i+1)+"/"+count(len(all))+" tab")+" ", w, "")}
	l := lesson{m: m, w: min(w-2, 110), page: m.page(), rec: m.walk.peek(m.id())}
	if all[i].name == string(m.id()) || all[i].name == "routes" && m.id() == stepRoutes {
		l.outcome()
		if len(l.out) == 0 {
			l.labelled(m.txt.Lesson.What, l.page.What)
		}
	}
	for len(l.out) > 0 && l.out[len(l.out)-1] == "" {
		l.out = l.out[:len(l.out)-1]
	}
	room := max(2, m.h/3-2)
	if len(l.out) > room {
		l.out = l.out[:room]
	}
	for _, s := range l.out {
		out = append(out, widget.Fit(" "+s, w, ""))
	}
	return out
}

func (m *model) lineStyle(l outLine) theme.Style {
	if l.stderr {
		return m.t.State.Warn
	}
	if strings.HasPrefix(l.text, "$ ") {
		return m.t.Text.Strong
	}
	return m.t.Text.Code
}

// compareScroll is where both sides stand; while something streams they keep
// to its end.
func (m *model) compareScroll(total, h int) widget.Scroll {
	s := widget.Scroll{Off: m.compare.scroll, Follow: m.compare.follow}
	m.compare.scroll, m.compare.limit = s.Clamp(total, h), max(0, total-h)
	return s
}

// columns draws both sides next to each other, level line by line, with a
// mark between them where they differ.
func (m *model) columns(tp topic, w, h int) []string {
	half := (w - 3) / 2
	lw, rw := half, w-3-half
	rows := m.level(tp, lw-4, rw-4)
	left, right, marks := make([]string, 0, len(rows)), make([]string, 0, len(rows)), make([]string, 0, len(rows))
	for _, r := range rows {
		left, right, marks = append(left, r.left), append(right, r.right), append(marks, r.mark)
	}
	s := m.compareScroll(len(rows), h-2)
	lshown, note := s.Window(m.t, left, h-2)
	rshown, _ := s.Window(m.t, right, h-2)
	mshown, _ := s.Window(m.t, marks, h-2)
	mid := widget.FitAll(append([]string{""}, indent(mshown)...), 3, h, "")
	return widget.Beside(
		widget.Box(m.t, tp.left.title, "", indent(lshown), lw, h, false),
		mid,
		widget.Box(m.t, tp.right.title, note, indent(rshown), rw, h, false))
}

// row is one line of the screen on both sides.
type row struct{ left, right, mark string }

// level pairs the lines of both sides and wraps each pair to equally many
// rows.
func (m *model) level(tp topic, lw, rw int) []row {
	texts := func(s side) []string {
		out := make([]string, len(s.lines))
		for i, l := range s.lines {
			out[i] = l.text
		}
		return out
	}
	a, b := texts(tp.left), texts(tp.right)
	var out []row
	for _, p := range widget.Align(a, b) {
		var l, r []string
		mark := " "
		switch {
		case p.Same:
		case p.Left >= 0 && p.Right >= 0:
			mark = m.t.Diff.Mark.Paint(m.t.Icon.Differs)
		case p.Left >= 0:
			mark = m.t.Diff.Mark.Paint(m.t.Icon.OnlyLeft)
		default:
			mark = m.t.Diff.Mark.Paint(m.t.Icon.OnlyRight)
		}
		if p.Left >= 0 {
			other := ""
			if p.Right >= 0 {
				other = b[p.Right]
			}
			l = m.diffLine(tp.left.lines[p.Left], other, p.Same || p.Right < 0, lw)
		}
		if p.Right >= 0 {
			other := ""
			if p.Left >= 0 {
				other = a[p.Left]
			}
			r = m.diffLine(tp.right.lines[p.Right], other, p.Same || p.Left < 0, rw)
		}
		for i := range max(len(l), len(r), 1) {
			rw := row{}
			if i < len(l) {
				rw.left = l[i]
			}
			if i < len(r) {
				rw.right = r[i]
			}
			if i == 0 {
				rw.mark = mark
			}
			out = append(out, rw)
		}
	}
	return out
}

// diffLine is one line; the words that its partner does not have are marked,
// when the two have most else in common.
func (m *model) diffLine(l outLine, other string, plain bool, w int) []string {
	st := m.lineStyle(l)
	common := widget.Common(other)
	shared := 0
	for f := range strings.FieldsSeq(l.text) {
		if common[f] {
			shared++
		}
	}
	if plain || shared == 0 || widget.Width(l.text) > w {
		return widget.Lines(l.text, st, w)
	}
	var b strings.Builder
	rest := l.text
	for rest != "" {
		n := strings.IndexByte(rest, ' ')
		switch {
		case n == 0:
			b.WriteByte(' ')
			rest = rest[1:]
			continue
		case n < 0:
			n = len(rest)
		}
		word := rest[:n]
		if common[word] {
			b.WriteString(st.Paint(word))
		} else {
			b.WriteString(m.t.Diff.Change.Paint(word))
		}
		rest = rest[n:]
	}
	return []string{b.String()}
}

// stacked draws one side above the other.
func (m *model) stacked(tp topic, w, h int) []string {
	var lines []string
	for i, s := range []side{tp.left, tp.right} {
		if i > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, m.t.Text.Accent.Paint(m.t.Icon.Host+" "+s.title))
		for _, l := range s.lines {
			lines = append(lines, widget.Lines(l.text, m.lineStyle(l), w-4)...)
		}
	}
	shown, note := m.compareScroll(len(lines), h-2).Window(m.t, lines, h-2)
	return widget.Box(m.t, tp.title, note, indent(shown), w, h, true)
}
