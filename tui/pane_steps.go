package tui

import (
	"strconv"
	"strings"
	"time"

	"gatewalk/steps"
	"gatewalk/tui/theme"
	"gatewalk/tui/widget"
)

// Columns of the list: mark and number before the title, the time after it.
const (
	stepHead  = 7
	stepShort = 17 // the widest short title
	stepTime  = 7
)

// drawSteps is the list of steps with how each stands.
func (m *model) drawSteps(r rect) []string {
	lines := m.stepLines(r.w-4, r.h-2)
	shown, note := m.stepScroll(r).Window(m.t, lines, r.h-2)
	if note == "" {
		note = m.t.Text.Dim.Paint(strconv.Itoa(m.walk.held()) + "/" + strconv.Itoa(len(m.walk.order)))
	}
	return widget.Box(m.t, m.txt.Pane.Steps, note, shown, r.w, r.h, m.focus == paneSteps)
}

// stepScroll keeps the step that is shown in view, until the list is scrolled
// by hand.
func (m *model) stepScroll(r rect) widget.Scroll {
	if m.focus == paneSteps {
		return m.scroll[paneSteps]
	}
	at := 0
	for y, row := range m.stepRows(r.h - 2) {
		if row.step == m.at {
			at = y
		}
	}
	return widget.Scroll{Off: at - (r.h-2)/2}
}

// stepRow is one line of the list: a step, the heading of the steps from it
// on, or neither.
type stepRow struct {
	step int // -1: none
	head int // the first step of the part; -1: none
}

// stepRows lays the list out in h lines: one line a step, and where there is
// room for them headings, and then air between the parts.
func (m *model) stepRows(h int) []stepRow {
	var parts []int // where they begin
	last := ""
	for i, id := range m.walk.order {
		if p := m.book.Page(id).Part; p != last {
			parts, last = append(parts, i), p
		}
	}
	n := len(m.walk.order)
	headed := len(parts) > 1 && n+len(parts) <= h
	airy := headed && n+2*len(parts)-1 <= h
	out := make([]stepRow, 0, n+2*len(parts))
	for i := range n {
		if headed && len(parts) > 0 && parts[0] == i {
			if airy && i > 0 {
				out = append(out, stepRow{-1, -1})
			}
			out = append(out, stepRow{-1, i})
			parts = parts[1:]
		}
		out = append(out, stepRow{i, -1})
	}
	return out
}

// stepLines draws the list. What is shown has a mark before its line.
func (m *model) stepLines(w, h int) []string {
	return m.cached(int(paneSteps), w, m.spinner()+strconv.Itoa(h), func() []string {
		long := true // full titles, where they fit one and all
		for _, id := range m.walk.order {
			long = long && widget.Width(m.book.Page(id).Title) <= w-stepHead-stepTime
		}
		var out []string
		for _, row := range m.stepRows(h) {
			switch {
			case row.step == m.at:
				out = append(out, m.t.State.Now.Paint(m.t.Icon.Now)+m.stepLine(row.step, w, long))
			case row.step >= 0:
				out = append(out, " "+m.stepLine(row.step, w, long))
			case row.head >= 0:
				out = append(out, " "+m.t.Text.Strong.Paint(widget.Clip(m.book.Page(m.walk.order[row.head]).Part, w, m.t.Icon.Ellipsis)))
			default:
				out = append(out, "")
			}
		}
		return out
	})
}

// stepLine is one step of the list.
func (m *model) stepLine(i, w int, long bool) string {
	id := m.walk.order[i]
	icon, status := m.mark(i)
	mark, st := m.t.Text.Dim, theme.Style{}
	switch status {
	case steps.Holds:
		mark = m.t.State.OK
	case steps.Broken:
		mark = m.t.State.Bad
	case steps.Running:
		mark = m.t.State.Now
	default:
		st = m.t.Text.Dim
	}
	if i == m.at {
		st = m.t.Text.Accent
	}
	page := m.book.Page(id)
	title := page.Short
	if long || title == "" {
		title = page.Title
	}
	left := mark.Paint(icon) + " " + st.Paint(widget.Fit(string(id), stepHead-2, "")+widget.Clip(title, w-stepHead, m.t.Icon.Ellipsis))
	if w < stepHead+stepShort+stepTime {
		return left
	}
	return strings.TrimRight(widget.Ends(left, m.t.Text.Dim.Paint(m.stepTook(id)), w, m.t.Icon.Ellipsis), " ")
}

// stepTook is how long a step ran, where that is worth a word.
func (m *model) stepTook(id steps.ID) string {
	r := m.walk.peek(id)
	if d := r.ended.Sub(r.began); r.status == steps.Holds && d >= time.Second {
		return widget.Clock(d)
	}
	return ""
}
