package tui

import tea "charm.land/bubbletea/v2"

// mouse scrolls with the wheel and turns to what is clicked.
func (m *model) mouse(msg tea.MouseMsg) tea.Cmd {
	e := msg.Mouse()
	if m.top() != nil || m.drv == nil {
		return nil
	}
	l := m.layout()
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
	case e.Button == tea.MouseLeft && m.screen == screenWalk && l.area[paneSteps].has(e.X, e.Y):
		m.clickStep(e.Y-l.area[paneSteps].y-1, l.area[paneSteps])
	}
	return nil
}

// clickStep turns to the step in a row of the list.
func (m *model) clickStep(y int, r rect) {
	if m.act != idle {
		m.flash = m.txt.Say.Busy
		return
	}
	total := len(m.stepLines(r.w - 4))
	row := y + m.scroll[paneSteps].Clamp(total, r.h-2)
	for i := range m.walk.order {
		if row -= len(m.stepRows(i, r.w-4)); row < 0 {
			m.show(i)
			m.focus = paneSteps
			return
		}
	}
}
