package tui

import (
	"gatewalk/tui/widget"

	tea "charm.land/bubbletea/v2"
)

// mouse scrolls with the wheel and turns to what is clicked.
func (m *model) mouse(msg tea.MouseMsg) tea.Cmd {
	e := msg.Mouse()
	if m.top() != nil || m.drv == nil {
		return nil
	}
	l := m.layout()
	if m.inShell() {
		r := m.shellRect()
		switch {
		case e.Button == tea.MouseWheelUp:
			m.wheelShell(3)
		case e.Button == tea.MouseWheelDown:
			m.wheelShell(-3)
		case e.Button == tea.MouseLeft && !(rect{r.x - 1, r.y - 1, r.w + 2, r.h + 2}).has(e.X, e.Y):
			m.leaveShell()
		}
		if m.inShell() {
			return nil
		}
	}
	if steps := l.area[paneSteps]; e.Button == tea.MouseLeft && m.screen == screenWalk && steps.has(e.X, e.Y) {
		m.clickStep(e.Y-steps.y-1, steps)
		return nil
	}
	if e.Button == tea.MouseLeft && m.screen == screenWalk && l.tabs && e.Y == 1 {
		m.clickTab(e.X)
		return nil
	}
	if m.screen == screenWalk {
		for p := range panes {
			if l.area[p].has(e.X, e.Y) {
				m.focus = p
			}
		}
	}
	switch {
	case e.Button == tea.MouseWheelUp:
		m.scrollBy(-3)
	case e.Button == tea.MouseWheelDown:
		m.scrollBy(3)
	}
	return nil
}

// clickStep turns to the step in a row of the list.
func (m *model) clickStep(y int, r rect) {
	if m.act != idle {
		m.flash = m.txt.Say.Busy
		return
	}
	w, h := r.w-4, r.h-2
	rows := m.stepRows(h)
	row := y + m.stepScroll(r).Clamp(len(m.stepLines(w, h)), h)
	if y >= 0 && row < len(rows) && rows[row].step >= 0 {
		m.show(rows[row].step)
	}
}

// clickTab turns to the pane whose name is at x in the row of tabs.
func (m *model) clickTab(x int) {
	left := 1
	for p, name := range m.tabNames() {
		right := left + widget.Width(name) + 3
		if x >= left && x < right {
			m.focus = pane(p)
			return
		}
		left = right
	}
}
