package tui

import (
	"gatewalk/tui/plain"
	"gatewalk/tui/theme"
	"gatewalk/tui/widget"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// planned is a confirmation below a plan that may be longer than the screen:
// Enter reads on, and a typed word says yes.
type planned struct {
	confirm
	plan  plain.Plan
	at    widget.Scroll
	total int // lines of the plan, when last drawn
	rows  int // of them on the screen
}

func (d *planned) update(m *model, msg tea.KeyPressMsg) action {
	by, page := 0, max(1, d.rows-1)
	at := d.at.Clamp(d.total, d.rows)
	switch msg.String() { // the letters that scroll elsewhere are typed here
	case "up":
		by = -1
	case "down":
		by = 1
	case "pgup":
		by = -page
	case "pgdown":
		by = page
	case "home":
		by = -d.total
	case "end":
		by = d.total
	case "enter":
		if d.in.Value() == "" && at < d.total-d.rows {
			by = page
		}
	}
	if by == 0 {
		return d.confirm.update(m, msg)
	}
	if d.at = d.at.By(by, d.total, d.rows, false); d.at.Clamp(d.total, d.rows) == at {
		return actRefuse{why: m.txt.Say.AllShown}
	}
	return nil
}

func (d *planned) view(m *model, w, h int) (string, []string, *cell) {
	var lines []string
	for _, l := range d.plan.Lines(m.lang, w) {
		style := theme.Style{}
		switch {
		case l.Warn:
			style = m.t.State.Warn
		case l.Strong:
			style = m.t.Text.Strong
		case l.Dim:
			style = m.t.Text.Dim
		}
		lines = append(lines, style.Paint(l.Text))
	}
	_, ask, cur := d.confirm.view(m, w, h)
	ask = ask[len(widget.Markdown(m.t, d.intro, w)):] // the blank line, the question, the input
	d.total, d.rows = len(lines), max(1, h-len(ask))
	shown, _ := d.at.Window(m.t, lines, d.rows)
	cur.y = len(shown) + len(ask) - 1
	return d.title, append(shown, ask...), cur
}

// place says which part of the plan is shown.
func (d *planned) place(m *model) string {
	_, note := d.at.Window(m.t, make([]string, d.total), d.rows)
	return m.readOn(note)
}

func (d *planned) help(m *model) []key.Binding {
	return []key.Binding{named(m.keys.Walk.Next, m.txt.Plan.Reading), m.keys.Look.Up, m.keys.Look.Down, m.keys.Help.Close}
}
