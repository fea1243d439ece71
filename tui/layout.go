package tui

import (
	"strings"

	"gatewalk/tui/theme"
	"gatewalk/tui/widget"
)

// rect is a part of the window, in cells.
type rect struct{ x, y, w, h int }

func (r rect) has(x, y int) bool {
	return x >= r.x && x < r.x+r.w && y >= r.y && y < r.y+r.h
}

// layout says where the panes of the walk are. A pane with no area is not
// shown.
type layout struct {
	tabs bool // one pane or two at a time, with a row of tabs
	area [panes]rect
}

func (l layout) shows(p pane) bool { return l.tabs || l.area[p].w > 0 }

// layout computes the panes from the window's size and from what is in them.
func (m *model) layout() layout {
	w, h := m.w, m.h-2
	var l layout
	if w < 100 || h < 22 {
		l.tabs = true
		y, h := 2, h-1
		switch m.focus {
		case paneMap, paneSteps:
			l.area[m.focus] = rect{0, y, w, h}
		default:
			top := m.share(w, h)
			l.area[paneLesson] = rect{0, y, w, top}
			l.area[paneTerm] = rect{0, y + top, w, h - top}
		}
		return l
	}
	left, right := 0, min(max(mapW+4, w*3/10), 64)
	switch {
	case m.o.Present && m.toRead(): // its table is what is looked at
	case m.o.Present: // the picture says more than words
		right = max(right, min(w*11/20, mapWide+4))
	case w >= 235: // room for the large picture
		right = mapWide + 4
	}
	if w >= 118 && h >= 26 && !m.o.Present && !m.inShell() { // whose lines need the width
		left = min(max(28, w*22/100), 38)
	}
	mid := w - left - right
	top := m.share(mid, h)
	l.area[paneSteps] = rect{0, 1, left, h}
	l.area[paneLesson] = rect{left, 1, mid, top}
	l.area[paneTerm] = rect{left, 1 + top, mid, h - top}
	l.area[paneMap] = rect{left + mid, 1, right, h}
	return l
}

// share is how many of h rows the lesson gets, the rest being the terminal's:
// what it needs, but never so much that the command cannot be seen. While
// something runs the border stands still.
func (m *model) share(w, h int) int {
	need := len(m.lessonLines(w-4)) + 2
	if !m.live(w) {
		return h
	}
	least := 5
	if len(m.walk.peek(m.id()).items) > 0 || m.act != idle {
		least = h / 2
	}
	if m.focus == paneTerm {
		least = h * 3 / 5
	}
	if m.act == idle && !m.inShell() { // no more than it fills
		least = min(least, len(m.termLines(w-4))+2)
	}
	return min(max(need, 6), h-least)
}

// live reports whether the terminal has something to show.
func (m *model) live(w int) bool {
	return m.inShell() || m.act != idle || m.walk.peek(m.id()).wait != nil || len(m.termLines(w-4)) > 0
}

// cacheKey is everything that lines depend on; a scroll position is not part
// of it, because whole contents are kept, not what shows of them.
type cacheKey struct {
	version uint64
	w       int
	lang    string
	at      int
	extra   string
}

// cache keeps the contents of panes, which are dear to make: wrapping Korean
// text costs more than everything else in a frame.
type cache struct {
	key   [panes + 2]cacheKey
	lines [panes + 2][]string
}

func (c *cache) clear() { *c = cache{} }

func (m *model) cached(slot int, w int, extra string, build func() []string) []string {
	k := cacheKey{m.walk.version, w, m.lang, m.at, extra}
	if m.cache.lines[slot] == nil || m.cache.key[slot] != k {
		m.cache.key[slot], m.cache.lines[slot] = k, build()
		if m.cache.lines[slot] == nil {
			m.cache.lines[slot] = []string{}
		}
	}
	return m.cache.lines[slot]
}

// drawWalk is the body of the walk's screen.
func (m *model) drawWalk(l layout) []string {
	if m.inShell() && (l.tabs || m.sh.zoomed) {
		return m.drawShell(rect{0, 1, m.w, m.h - 2})
	}
	if l.tabs {
		out := []string{m.drawTabs()}
		switch m.focus {
		case paneMap:
			return append(out, m.drawMap(l.area[paneMap])...)
		case paneSteps:
			return append(out, m.drawSteps(l.area[paneSteps])...)
		}
		return append(append(out, m.drawLesson(l.area[paneLesson])...), m.drawTerm(l.area[paneTerm])...)
	}
	mid := append(m.drawLesson(l.area[paneLesson]), m.drawTerm(l.area[paneTerm])...)
	if l.area[paneSteps].w == 0 {
		return widget.Beside(mid, m.drawMap(l.area[paneMap]))
	}
	return widget.Beside(m.drawSteps(l.area[paneSteps]), mid, m.drawMap(l.area[paneMap]))
}

// tabNames are the names of the panes, in their order.
func (m *model) tabNames() []string {
	return []string{m.txt.Pane.Lesson, m.txt.Pane.Term, m.txt.Pane.Map, m.txt.Pane.Steps}
}

// drawTabs names the panes that a small window shows in turn.
func (m *model) drawTabs() string {
	line := " "
	for p, name := range m.tabNames() {
		if pane(p) == m.focus {
			line += m.t.Text.Accent.Paint("["+name+"]") + " "
		} else {
			line += m.t.Text.Dim.Paint(" "+name+" ") + " "
		}
	}
	return widget.Ends(line, m.t.Text.Dim.Paint("tab ")+" ", m.w, "")
}

// framed draws a pane: its lines in a box, scrolled as it is scrolled.
func (m *model) framed(p pane, r rect, title, note string, lines []string) []string {
	shown, more := m.scroll[p].Window(m.t, lines, r.h-2)
	if m.focus == p {
		more = m.readOn(more)
	}
	note = join(note, more)
	inner := make([]string, len(shown))
	for i, s := range shown {
		inner[i] = " " + s
	}
	return widget.Box(m.t, title, note, inner, r.w, r.h, m.focus == p)
}

// readOn says at a mark for what is below that its arrow key brings it.
func (m *model) readOn(mark string) string {
	up, found := strings.CutSuffix(mark, m.t.Icon.Down)
	if !found {
		return mark
	}
	return up + m.label(m.keys.Look.Down) + " " + m.txt.Key.More
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

// scrollBy moves what has the focus.
func (m *model) scrollBy(n int) {
	if m.screen == screenCompare {
		to := min(max(0, m.compare.scroll+n), m.compare.limit)
		if to == m.compare.scroll {
			m.flash = m.txt.Say.AllShown
		}
		m.compare.scroll, m.compare.follow = to, false
		return
	}
	if m.screen != screenWalk {
		m.flash = m.txt.Say.NotHere
		return
	}
	r := m.layout().area[m.focus]
	total := len(m.content(m.focus, r))
	was := m.scroll[m.focus]
	now := was.By(n, total, r.h-2, m.focus == paneTerm)
	if now.Clamp(total, r.h-2) == was.Clamp(total, r.h-2) {
		m.flash = m.txt.Say.AllShown
	}
	m.scroll[m.focus] = now
}

// content are the lines of a pane in its area.
func (m *model) content(p pane, r rect) []string {
	switch p {
	case paneLesson:
		return m.lessonLines(r.w - 4)
	case paneTerm:
		return m.termLines(r.w - 4)
	case paneSteps:
		return m.stepLines(r.w-4, r.h-2)
	}
	return nil
}

// bullet is a line with a mark before it, wrapped behind the mark.
func bullet(mark string, st theme.Style, spans []widget.Span, w int) []string {
	lines := widget.Wrap(spans, w-2, 0)
	for i := range lines {
		if i == 0 {
			lines[i] = st.Paint(mark) + " " + lines[i]
		} else {
			lines[i] = "  " + lines[i]
		}
	}
	return lines
}
