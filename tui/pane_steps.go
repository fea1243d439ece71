package tui

import (
	"strconv"

	"gatewalk/steps"
	"gatewalk/tui/theme"
	"gatewalk/tui/widget"
)

// drawSteps is the list of steps with how each stands.
func (m *model) drawSteps(r rect) []string {
	lines := m.stepLines(r.w - 4)
	// The step that is shown is kept in view.
	s := m.scroll[paneSteps]
	if m.focus != paneSteps {
		s = widget.Scroll{Off: m.stepRow(r.w-4) - (r.h-2)/2}
	}
	shown, note := s.Window(m.t, lines, r.h-2)
	inner := make([]string, len(shown))
	for i, l := range shown {
		inner[i] = " " + l
	}
	if note == "" {
		note = m.t.Text.Dim.Paint(strconv.Itoa(m.walk.held()) + "/" + strconv.Itoa(len(m.walk.order)))
	}
	return widget.Box(m.t, m.txt.Pane.Steps, note, inner, r.w, r.h, m.focus == paneSteps)
}

func (m *model) stepLines(w int) []string {
	return m.cached(int(paneSteps), w, m.spinner(), func() []string {
		var out []string
		for i := range m.walk.order {
			out = append(out, m.stepRows(i, w)...)
		}
		return out
	})
}

// stepRows is one step of the list; a long title takes a second line.
func (m *model) stepRows(i, w int) []string {
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
	lines := widget.WrapText(m.book.Page(id).Title, st, w-7, 0)
	for j := range lines {
		if j == 0 {
			lines[j] = mark.Paint(icon) + " " + st.Paint(name) + " " + lines[j]
		} else {
			lines[j] = widget.Spaces(7) + lines[j]
		}
	}
	return lines
}

// stepRow is the line that the shown step begins on.
func (m *model) stepRow(w int) int {
	row := 0
	for i := range m.at {
		row += len(m.stepRows(i, w))
	}
	return row
}
