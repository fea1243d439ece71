package tui

import (
	"slices"

	"gatewalk/tui/theme"
	"gatewalk/tui/widget"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// form is the console's page "Create endpoint", as far as the guide fills it
// in. What leads elsewhere is refused with the reason; the wrong route table
// is not, because finding out is the lesson.
type form struct {
	fields []field
	at     int // the field with the cursor; len(fields) is the button
	row    int // the option with the cursor
}

// field is one question of the form.
type field struct {
	label  string
	rows   []choice
	picked int // -1: not yet
}

type choice struct {
	label, note string
	value       string
	refuse      string // why it cannot be taken here
}

func newForm(m *model) *form {
	f := m.txt.Form
	service := "com.amazonaws." + m.region() + ".s3"
	vpc := choice{label: "VPC"}
	if t, ok := m.walk.find("vpc", "main"); ok {
		vpc = choice{label: widget.Clean(t.ID), note: widget.Clean(t.args["cidr"])}
	}
	d := &form{fields: []field{
		{label: f.Category, rows: []choice{{label: f.CategoryAWS}}},
		{label: f.Service, picked: -1, rows: []choice{
			{label: service, note: "Gateway"},
			{label: service, note: "Interface", refuse: f.NotInterface},
		}},
		{label: "VPC", rows: []choice{vpc}},
		{label: f.Tables, picked: -1, rows: []choice{
			m.tableChoice(tablePrivate, f.Private),
			m.tableChoice(tablePublic, f.Public),
		}},
		{label: f.Policy, picked: -1, rows: []choice{
			{label: f.FullAccess},
			{label: f.Custom, refuse: f.NotCustom},
		}},
	}}
	d.at = d.open(0)
	return d
}

// tableChoice is a route table with the subnet that uses it.
func (m *model) tableChoice(name, label string) choice {
	c := choice{label: label, value: name}
	if t, ok := m.walk.find("route-table", name); ok {
		c.label = widget.Clean(t.ID)
		c.note = label
	}
	if t, ok := m.walk.find("subnet", name); ok {
		c.note += "  " + widget.Clean(t.args["cidr"])
	}
	return c
}

// keep takes over what was filled in before.
func (d *form) keep(old *form) {
	d.at, d.row = old.at, old.row
	for i := range d.fields {
		d.fields[i].picked = old.fields[i].picked
	}
}

// open is the first field from i on that asks something.
func (d *form) open(i int) int {
	for i < len(d.fields) && len(d.fields[i].rows) < 2 {
		i++
	}
	return i
}

// before is the last field before i that asks something, or i.
func (d *form) before(i int) int {
	for j := i - 1; j >= 0; j-- {
		if len(d.fields[j].rows) > 1 {
			return j
		}
	}
	return i
}

func (d *form) update(m *model, msg tea.KeyPressMsg) action {
	k := &m.keys
	last := d.at == len(d.fields)
	switch {
	case key.Matches(msg, k.Help.Close), msg.String() == "ctrl+c":
		return actClose{}
	case key.Matches(msg, k.Look.Down), key.Matches(msg, k.Look.Tab):
		if !last && d.row+1 < len(d.fields[d.at].rows) {
			d.row++
		} else if !last {
			d.at, d.row = d.open(d.at+1), 0
		}
	case key.Matches(msg, k.Look.Up), key.Matches(msg, k.Look.TabBack):
		if d.row > 0 {
			d.row--
		} else if at := d.before(d.at); at != d.at {
			d.at, d.row = at, len(d.fields[at].rows)-1
		}
	case key.Matches(msg, k.Walk.Next) && last:
		if i := slices.IndexFunc(d.fields, func(f field) bool { return f.picked < 0 }); i >= 0 {
			d.at, d.row = i, 0
			return actRefuse{why: m.txt.Form.Missing}
		}
		t := d.fields[3]
		return actTable{table: t.rows[t.picked].value}
	case key.Matches(msg, k.Walk.Next):
		f := &d.fields[d.at]
		if why := f.rows[d.row].refuse; why != "" {
			return actRefuse{why: why}
		}
		f.picked = d.row
		d.at, d.row = d.open(d.at+1), 0
	case key.Matches(msg, k.Help.Hint):
		return actRefuse{why: m.txt.Form.Hint}
	default:
		return actRefuse{why: m.txt.Say.UnknownKey}
	}
	return nil
}

func (d *form) view(m *model, w, h int) (string, []string, *cell) {
	t := m.t
	side := 0
	for _, f := range d.fields {
		side = max(side, widget.Width(f.label))
	}
	side = min(side+2, w/3)
	var lines []string
	mark := 0 // the line with the cursor
	spaced := h >= 22
	for i, f := range d.fields {
		for j, c := range f.rows {
			head := ""
			if j == 0 {
				head = f.label
			}
			if d.at == i && d.row == j {
				mark = len(lines)
			}
			lines = append(lines, d.option(t, i, j, head, c, f, side, w)...)
		}
		if spaced {
			lines = append(lines, "")
		}
	}
	if !spaced {
		lines = append(lines, "")
	}
	button, st := "[ "+m.txt.Form.Create+" ]", t.Text.Dim
	if d.at == len(d.fields) {
		button, st = t.Icon.Now+" "+button, t.Text.Accent
		mark = len(lines)
	}
	lines = append(lines, widget.Spaces(max(0, w-widget.Width(button)))+st.Paint(button))
	if off := min(max(0, mark-h+3), max(0, len(lines)-h)); off > 0 {
		lines = lines[off:]
	}
	return m.txt.Form.Title, lines, nil
}

// option draws one row: a round button, the name, a note.
func (d *form) option(t *theme.Theme, i, j int, head string, c choice, f field, side, w int) []string {
	mark := "( )"
	if f.picked == j || len(f.rows) == 1 {
		mark = "(" + t.Icon.Bullet + ")"
	}
	point, st := " ", theme.Style{}
	if d.at == i && d.row == j {
		point, st = t.Text.Accent.Paint(t.Icon.Now), t.Text.Strong
	}
	spans := []widget.Span{{Text: c.label, Style: st}}
	if c.note != "" {
		spans = append(spans, widget.Span{Text: "  " + c.note, Style: t.Text.Dim})
	}
	lines := widget.Wrap(spans, w-side-6, 0)
	for k := range lines {
		if k == 0 {
			lines[k] = widget.Fit(head, side, "") + point + " " + mark + " " + lines[k]
		} else {
			lines[k] = widget.Spaces(side+6) + lines[k]
		}
	}
	return lines
}

func (d *form) help(m *model) []key.Binding {
	k := &m.keys
	next := named(k.Walk.Next, m.txt.Key.Choose)
	if d.at == len(d.fields) {
		next = named(k.Walk.Next, m.txt.Form.Create)
	}
	return []key.Binding{next, k.Look.Up, k.Look.Down, k.Help.Close}
}
