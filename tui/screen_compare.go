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
	back    screen
}

// openCompare shows two sides: those of a step where it has two, those of the
// last step before it otherwise.
func (m *model) openCompare(id steps.ID) {
	all := m.topics()
	if len(all) == 0 {
		m.flash = m.txt.Say.NoCompare
		return
	}
	back := screenWalk
	if m.screen == screenFinish {
		back = screenFinish
	}
	m.screen = screenCompare
	best := all[0]
	for _, t := range all {
		if t.step == id {
			best = t
			break
		}
		if m.walk.pos(t.step) <= m.walk.pos(id) {
			best = t
		}
	}
	m.compare = compareState{topic: best.name, follow: m.act == running, back: back}
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
		m.screen = m.compare.back
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

// drawCompare is the body of the screen: both sides, under each the way of its
// packets, and under both what there is to know about them; in a large window
// the map, too.
func (m *model) drawCompare(w, h int) []string {
	all, i := m.currentTopic()
	if len(all) == 0 {
		return widget.FitAll([]string{"", " " + m.txt.Say.NoCompare}, w, h, "")
	}
	tp := all[i]
	if m.compare.swapped {
		tp.left, tp.right = tp.right, tp.left
	}
	t := m.t
	out := []string{widget.Ends(" "+t.Text.Accent.Paint(widget.Clip(tp.title, w-12, t.Icon.Ellipsis)),
		t.Text.Dim.Paint(count(i+1)+"/"+count(len(all))+" tab")+" ", w, "")}
	ways := m.compareWays(tp, w)
	if len(ways) == 0 && h > 24 {
		ways = []string{""}
	}
	words := m.compareWords(tp, w, max(3, h*2/5-len(ways)))
	if h-len(out)-len(ways)-len(words) > 24 {
		out = append(out, "")
	}
	room := h - len(out) - len(ways) - len(words)
	switch {
	case m.compare.zoom > 0:
		s := []side{tp.left, tp.right}[m.compare.zoom-1]
		var lines []string
		for _, l := range s.lines {
			lines = append(lines, widget.Lines(l.text, m.lineStyle(l), w-4)...)
		}
		room = m.boxHeight(len(lines), room)
		shown, note := m.compareScroll(len(lines), room-2).Window(t, lines, room-2)
		out = append(out, widget.Box(t, s.title, m.readOn(note), indent(shown), w, room, true)...)
	case w < narrow: // one above the other
		out = append(out, m.stacked(tp, w, room)...)
	default:
		out = append(out, m.columns(tp, w, room)...)
	}
	out = append(out, ways...)
	out = append(out, m.compareMap(tp, words, w, h-len(out))...)
	return widget.FitAll(out, w, h, "")
}

// compareMap adds the map of the step to the words where there is room for
// both: below them, or at their right.
func (m *model) compareMap(tp topic, words []string, w, h int) []string {
	if tp.step != m.id() || m.act != idle {
		return words
	}
	f := m.facts()
	if below := h - len(words) - 1; w >= mapWide && f.sketch(m, w-2, below).h <= below {
		words = append(words, "")
		for _, l := range f.picture(m, w-2, below) {
			words = append(words, widget.Center(l, w))
		}
		return words
	}
	left := w - mapW - 3
	if left < 60 || f.sketch(m, mapW, h).h > h {
		return words
	}
	return widget.Beside(
		widget.FitAll(m.compareWords(tp, left, h), left, h, ""),
		widget.FitAll(indent(f.picture(m, mapW, h)), w-left, h, ""))
}

// narrow is the width from which on two columns fit.
const narrow = 76

// boxHeight is how high a box is around so many lines, at most. While
// something streams it stands as it is.
func (m *model) boxHeight(lines, room int) int {
	if m.act != idle {
		return room
	}
	return min(room, max(lines+3, 8))
}

// compareWays is the line under two columns: the way of each side's packets.
func (m *model) compareWays(tp topic, w int) []string {
	l, r := m.sideWay(tp.left), m.sideWay(tp.right)
	if w < narrow || m.compare.zoom > 0 || l == "" || r == "" {
		return nil
	}
	half := (w - 3) / 2
	return []string{widget.Fit("  "+l, w-half, m.t.Icon.Ellipsis) + widget.Fit("  "+r, half, m.t.Icon.Ellipsis), ""}
}

// compareWords are what was seen and what it means, in at most h lines.
func (m *model) compareWords(tp topic, w, h int) []string {
	l := lesson{m: m, w: min(w-2, 110), page: m.page(), rec: m.walk.peek(m.id())}
	if tp.step == m.id() {
		l.outcome()
		if len(l.out) == 0 {
			l.labelled(m.txt.Lesson.What, l.page.What)
		}
	}
	var out []string
	for _, s := range l.within(h) {
		out = append(out, " "+s)
	}
	if more := m.prefixLines(w - 4); tp.name == "routes" && len(out)+1+len(more) <= h {
		out = append(out, "")
		for _, s := range more {
			out = append(out, "   "+s)
		}
	}
	return out
}

// sideWay is the way of a side's packets as a line, "" where none is known.
func (m *model) sideWay(s side) string {
	if s.edge == quiet {
		return ""
	}
	return widget.Wrap(m.chain(s.edge, s.way.deadLink(), s.way.names(s.host)), m.w, 0)[0]
}

func (m *model) lineStyle(l sideLine) theme.Style {
	switch l.look {
	case warned:
		return m.t.State.Warn
	case typed:
		return m.t.Text.Strong
	case nothing:
		return m.t.Text.Dim
	case reached:
		return m.t.State.OK
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
	lw, rw, gap := half, half, w-2*half
	rows := m.level(tp, lw-4, rw-4)
	left, right, marks := make([]string, 0, len(rows)), make([]string, 0, len(rows)), make([]string, 0, len(rows))
	for _, r := range rows {
		left, right, marks = append(left, r.left), append(right, r.right), append(marks, r.mark)
	}
	h = m.boxHeight(len(rows), h)
	if m.compare.follow && m.act == idle { // it has ended: as far as both sides go
		both := len(rows)
		for both > 0 && (rows[both-1].left == "" || rows[both-1].right == "") {
			both--
		}
		for both < len(rows) && rows[both].mark == "" { // the rest of a wrapped pair
			both++
		}
		m.compare.scroll, m.compare.follow = max(0, both-(h-2)), false
	}
	s := m.compareScroll(len(rows), h-2)
	if m.compare.follow { // the end of a side that still runs, the slower of two
		end := len(rows)
		if tp.left.live {
			end = min(end, lastOf(left))
		}
		if tp.right.live {
			end = min(end, lastOf(right))
		}
		s = widget.Scroll{Off: max(0, end-(h-2))}
		m.compare.scroll = s.Off
	}
	lshown, note := s.Window(m.t, left, h-2)
	rshown, _ := s.Window(m.t, right, h-2)
	mshown, _ := s.Window(m.t, marks, h-2)
	mid := widget.FitAll(append([]string{""}, indent(mshown)...), gap, h, "")
	return widget.Beside(
		widget.Box(m.t, tp.left.title, "", indent(lshown), lw, h, false),
		mid,
		widget.Box(m.t, tp.right.title, m.readOn(note), indent(rshown), rw, h, false))
}

// lastOf counts the lines up to the last that is not empty.
func lastOf(lines []string) int {
	n := len(lines)
	for n > 0 && lines[n-1] == "" {
		n--
	}
	return n
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
	if tp.loose {
		return m.unmatched(tp, lw, rw)
	}
	pairs := widget.Align(a, b)
	var out []row
	for _, p := range pairs {
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

// unmatched are two lists next to each other, each with its own lines.
func (m *model) unmatched(tp topic, lw, rw int) []row {
	wrapped := func(s side, w int) (out []string) {
		for _, l := range s.lines {
			out = append(out, widget.Lines(l.text, m.lineStyle(l), w)...)
		}
		return out
	}
	l, r := wrapped(tp.left, lw), wrapped(tp.right, rw)
	out := make([]row, max(len(l), len(r)))
	for i := range out {
		if i < len(l) {
			out[i].left = l[i]
		}
		if i < len(r) {
			out[i].right = r[i]
		}
	}
	return out
}

// diffLine is one line; the words that its partner does not have are marked,
// when the two have most in common.
func (m *model) diffLine(l sideLine, other string, plain bool, w int) []string {
	st := m.lineStyle(l)
	common := widget.Common(other)
	shared, words := 0, 0
	for f := range strings.FieldsSeq(l.text) {
		words++
		if common[f] {
			shared++
		}
	}
	if plain || shared*2 < max(words, len(common)) || widget.Width(l.text) > w {
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
		if way := m.sideWay(s); way != "" {
			lines = append(lines, way)
		}
		for _, l := range s.lines {
			lines = append(lines, widget.Lines(l.text, m.lineStyle(l), w-4)...)
		}
	}
	h = m.boxHeight(len(lines), h)
	shown, note := m.compareScroll(len(lines), h-2).Window(m.t, lines, h-2)
	return widget.Box(m.t, "", m.readOn(note), indent(shown), w, h, true)
}
