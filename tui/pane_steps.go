package tui

import (
	"strconv"

	"gatewalk/steps"
	"gatewalk/tui/theme"
	"gatewalk/tui/widget"
)

// drawSteps is the list of steps with how each stands.
func (m *model) drawSteps(r rect) []string {
	lines := m.stepLines(r.w-4, r.h-2)
	shown, note := m.stepScroll(r).Window(m.t, lines, r.h-2)
	if note == "" {
		note = m.t.Text.Dim.Paint(strconv.Itoa(m.walk.held()) + "/" + strconv.Itoa(len(m.walk.order)))
	}
	return widget.Box(m.t, m.txt.Pane.Steps, note, indent(shown), r.w, r.h, m.focus == paneSteps)
}

// stepScroll keeps the step that is shown in view, until the list is scrolled
// by hand.
func (m *model) stepScroll(r rect) widget.Scroll {
	if m.focus == paneSteps {
		return m.scroll[paneSteps]
	}
	return widget.Scroll{Off: m.stepRow(m.at, r.w-4, r.h-2) - (r.h-2)/2}
}

// stepLines are all steps. Long titles take a second line as far as there is
// room, those near the step that is shown first.
func (m *model) stepLines(w, h int) []string {
	return m.cached(int(paneSteps), w, m.spinner()+strconv.Itoa(h), func() []string {
		full := m.fullTitles(w, h)
		var out []string
		for i := range m.walk.order {
			out = append(out, m.stepRows(i, w, full[i])...)
		}
		return out
	})
}

// fullTitles says which titles are shown in full in h lines.
func (m *model) fullTitles(w, h int) []bool {
	n := len(m.walk.order)
	full := make([]bool, n)
	room := h - n
	for d := range n {
		for _, i := range []int{m.at + d, m.at - d} {
			if i < 0 || i >= n || full[i] {
				continue
			}
			if more := len(m.stepRows(i, w, true)) - 1; more <= room || d == 0 {
				full[i] = true
				room -= more
			}
		}
	}
	return full
}

// stepRow is the line that a step begins on.
func (m *model) stepRow(i, w, h int) int {
	row, full := 0, m.fullTitles(w, h)
	for j := range i {
		row += len(m.stepRows(j, w, full[j]))
	}
	return row
}

// stepRows is one step of the list.
func (m *model) stepRows(i, w int, full bool) []string {
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
		if status == steps.NotYet {
			icon, mark = m.t.Icon.Now, m.t.State.Now
		}
	}
	name := widget.Fit(string(id), 4, "")
	title := m.book.Page(id).Title
	lines := []string{st.Paint(widget.Clip(title, w-7, m.t.Icon.Ellipsis))}
	if full {
		lines = widget.WrapText(title, st, w-7, 0)
	}
	for j := range lines {
		if j == 0 {
			lines[j] = mark.Paint(icon) + " " + st.Paint(name) + " " + lines[j]
		} else {
			lines[j] = widget.Spaces(7) + lines[j]
		}
	}
	return lines
}
