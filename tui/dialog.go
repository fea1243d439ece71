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

// A dialog lies over the screen and takes the keys. It decides nothing: it
// returns an action, and the model does it.
type dialog interface {
	update(m *model, msg tea.KeyPressMsg) action
	// view is its title and its lines, in w cells, at most h of them. cur is
	// where the terminal's cursor belongs among them, nil where nothing is
	// typed.
	view(m *model, w, h int) (title string, lines []string, cur *cell)
	// help are its keys, for the foot of the screen.
	help(m *model) []key.Binding
}

type cell struct{ x, y int }

// action is what a dialog wants done; nil is nothing. A closing action takes
// the dialog away first.
type action interface{ closes() bool }

type (
	closing struct{}
	staying struct{}
)

func (closing) closes() bool { return true }
func (staying) closes() bool { return false }

type (
	actClose  struct{ closing }
	actChoose struct { // a prediction; then the step begins
		closing
		name, value string
	}
	actSkip  struct{ closing } // the prediction is not answered
	actTable struct {          // the form was filled in
		closing
		table string
	}
	actRun   struct{ closing } // run the step that is shown
	actBring struct {          // run everything before it
		closing
		agreed bool // to what it costs
	}
	actRewind struct { // undo from a step on, and show it
		closing
		to    int
		again bool // and run it
	}
	actRedo struct { // run an earlier step again, and come back
		closing
		step steps.ID
	}
	actAnew struct { // repeat an earlier step from nothing
		closing
		at int
	}
	actShow struct { // turn to a step
		closing
		at int
	}
	actShell struct {
		closing
		host string
	}
	actQuit struct {
		closing
		cleanUp bool
	}
	actCleaned  struct{ closing } // remove everything, then leave
	actHint     struct{ closing }
	actSolution struct{ closing }
	actRefuse   struct { // say why a key does nothing
		staying
		why string
	}
)

// opened is a dialog with how it was made, so that it can be made again in
// another language.
type opened struct {
	dialog
	make func() dialog
}

func (m *model) top() dialog {
	if n := len(m.dialogs); n > 0 {
		return m.dialogs[n-1].dialog
	}
	return nil
}

// input is where a word is typed into a dialog; nil where none is.
func input(d dialog) *widget.Input {
	switch d := d.(type) {
	case *confirm:
		if d.word != "" {
			return &d.in
		}
	case *planned:
		return &d.in
	}
	return nil
}

func (m *model) open(make func() dialog) {
	m.dialogs = append(m.dialogs, opened{make(), make})
}

// reword makes the dialogs again after the language was changed; what was
// marked stays marked.
func (m *model) reword() {
	for i, o := range m.dialogs {
		fresh := o.make()
		switch old := o.dialog.(type) {
		case *menu:
			fresh.(*menu).at = old.at
		case *reader:
			fresh.(*reader).at = old.at
		case *planned:
			fresh.(*planned).at = old.at
		case *form:
			fresh.(*form).keep(old)
		}
		m.dialogs[i].dialog = fresh
	}
}

// option is a row of a menu.
type option struct {
	label string
	note  string
	act   action
	quick *key.Binding // a key of its own, besides its number
	id    string       // is typed to mark the row, which has no number then
}

// menu is a question with answers to choose from. Enter takes the marked one.
type menu struct {
	title string
	intro string // Markdown
	rows  []option
	at    int
	leave bool   // Ctrl-C takes the marked answer, and does not close it
	typed string // of a row's id
}

func (d *menu) update(m *model, msg tea.KeyPressMsg) action {
	k := &m.keys
	switch {
	case key.Matches(msg, k.Help.Close), key.Matches(msg, k.Walk.Stop) && !d.leave:
		return actClose{}
	case key.Matches(msg, k.Walk.Next), key.Matches(msg, k.Walk.Stop):
		return d.rows[d.at].act
	case key.Matches(msg, k.Look.Up):
		d.at = (d.at + len(d.rows) - 1) % len(d.rows)
		return nil
	case key.Matches(msg, k.Look.Down), key.Matches(msg, k.Look.Tab):
		d.at = (d.at + 1) % len(d.rows)
		return nil
	}
	for i, r := range d.rows {
		if r.quick != nil && key.Matches(msg, *r.quick) || r.id == "" && i < 9 && msg.String() == string(rune('1'+i)) {
			d.at = i
			return r.act
		}
	}
	if d.find(d.typed+msg.Text) || d.find(msg.Text) {
		return nil
	}
	return actRefuse{why: m.txt.Say.UnknownKey}
}

// find marks the first row whose id begins with what was typed.
func (d *menu) find(typed string) bool {
	i := slices.IndexFunc(d.rows, func(r option) bool { return typed != "" && r.id != "" && strings.HasPrefix(r.id, typed) })
	if i >= 0 {
		d.at, d.typed = i, typed
	}
	return i >= 0
}

func (d *menu) view(m *model, w, h int) (string, []string, *cell) {
	var lines []string
	if d.intro != "" {
		lines = append(widget.Markdown(m.t, d.intro, w), "")
	}
	first := len(lines)
	mark := 0
	for i, r := range d.rows {
		if i == d.at {
			mark = len(lines)
		}
		lines = append(lines, d.row(m, i, r, w)...)
	}
	// A long list scrolls so that the marked row is seen; the question stays.
	if over := len(lines) - h; over > 0 {
		room := max(1, h-first)
		off := min(max(0, mark-first-room/2), len(lines)-first-room)
		lines = slices.Concat(lines[:min(first, h-1)], lines[first+off:])
	}
	return d.title, lines, nil
}

func (d *menu) row(m *model, i int, r option, w int) []string {
	head, st := "  ", theme.Style{}
	if i == d.at {
		head, st = m.t.Text.Accent.Paint(m.t.Icon.Now)+" ", m.t.Text.Strong
	}
	name := ""
	if i < 9 {
		name = string(rune('1' + i))
	}
	if r.quick != nil {
		name = r.quick.Help().Key
	}
	if r.id == "" {
		head += m.t.Text.Key.Paint(widget.Fit(name, 2, ""))
	}
	spans := []widget.Span{{Text: r.label, Style: st}}
	if r.note != "" {
		spans = append(spans, widget.Span{Text: "  " + r.note, Style: m.t.Text.Dim})
	}
	out := widget.Wrap(spans, w-4, 0)
	for j := range out {
		if j > 0 {
			head = "    "
		}
		out[j] = head + out[j]
	}
	return out
}

func (d *menu) help(m *model) []key.Binding {
	k := &m.keys
	out := []key.Binding{named(k.Walk.Next, m.txt.Key.Choose), k.Look.Up, k.Look.Down}
	if id := d.rows[d.at].id; id != "" {
		out = append(out, key.NewBinding(key.WithKeys(id[:1]), key.WithHelp(id, m.txt.Key.Find)))
	}
	return append(out, k.Help.Close)
}

// confirm asks before something is destroyed. On a real account a word is to
// be typed; elsewhere Enter is enough.
type confirm struct {
	title string
	intro string // Markdown
	word  string // "" where none is asked for
	latin string // does as well: a keyboard may have no Hangul
	yes   string // what Enter does
	act   action
	in    widget.Input
}

func (d *confirm) update(m *model, msg tea.KeyPressMsg) action {
	k := &m.keys
	switch {
	case key.Matches(msg, k.Help.Close), msg.String() == "ctrl+c":
		return actClose{}
	case msg.String() == "enter":
		if typed := strings.TrimSpace(d.in.Value()); d.word != "" && !strings.EqualFold(typed, d.word) && !strings.EqualFold(typed, d.latin) {
			return actRefuse{why: fill(m.txt.Confirm.Wrong, "word", d.words(m))}
		}
		return d.act
	case d.word == "":
		if key.Matches(msg, k.Choose.Yes) {
			return d.act
		}
		if key.Matches(msg, k.Choose.No) {
			return actClose{}
		}
		return actRefuse{why: m.txt.Say.UnknownKey}
	case msg.String() == "backspace":
		d.in.Backspace()
	case msg.String() == "left":
		d.in.Move(-1)
	case msg.String() == "right":
		d.in.Move(1)
	case msg.Text != "":
		d.in.Insert(msg.Text)
	default:
		return actRefuse{why: m.txt.Say.UnknownKey}
	}
	return nil
}

func (d *confirm) view(m *model, w, h int) (string, []string, *cell) {
	lines := widget.Markdown(m.t, d.intro, w)
	if room := max(1, h-5); len(lines) > room {
		more := fill(m.txt.Confirm.More, "n", count(len(lines)-room+1))
		lines = append(lines[:room-1], m.t.Text.Dim.Paint("  "+more))
	}
	lines = append(lines, "")
	if d.word == "" {
		return d.title, append(lines, m.t.Text.Key.Paint("enter")+" "+d.yes+"   "+m.t.Text.Key.Paint("esc")+" "+m.txt.Key.Close), nil
	}
	lines = append(lines, widget.Wrap([]widget.Span{{Text: fill(m.txt.Confirm.Type, "word", d.words(m)), Style: m.t.Text.Strong}}, w, 0)...)
	line, x := d.in.View(w - 2)
	lines = append(lines, m.t.Text.Accent.Paint(">")+" "+line)
	return d.title, lines, &cell{x + 2, len(lines) - 1}
}

// words are what may be typed.
func (d *confirm) words(m *model) string {
	if d.latin == "" || d.latin == d.word {
		return d.word
	}
	return d.word + m.txt.Confirm.Or + d.latin
}

func (d *confirm) help(m *model) []key.Binding {
	return []key.Binding{named(m.keys.Walk.Next, d.yes), m.keys.Help.Close}
}

// reader shows a text that may be longer than the screen.
type reader struct {
	title string
	body  func(m *model, w int) []string
	more  action // what Enter does; nil closes
	label string // and its name
	at    widget.Scroll
	total int // lines, when last drawn
	rows  int
}

func (d *reader) update(m *model, msg tea.KeyPressMsg) action {
	k := &m.keys
	switch {
	case key.Matches(msg, k.Look.Up):
		d.at = d.at.By(-1, d.total, d.rows, false)
	case key.Matches(msg, k.Look.Down):
		d.at = d.at.By(1, d.total, d.rows, false)
	case key.Matches(msg, k.Look.PageUp):
		d.at = d.at.By(-d.rows, d.total, d.rows, false)
	case key.Matches(msg, k.Look.PageDown):
		d.at = d.at.By(d.rows, d.total, d.rows, false)
	case key.Matches(msg, k.Walk.Next), key.Matches(msg, k.Help.Hint):
		if d.more != nil {
			return d.more
		}
		return actClose{}
	case key.Matches(msg, k.Help.Close), key.Matches(msg, k.Help.Keys), key.Matches(msg, k.Help.Quit), msg.String() == "ctrl+c":
		return actClose{}
	default:
		return actRefuse{why: m.txt.Say.UnknownKey}
	}
	return nil
}

func (d *reader) view(m *model, w, h int) (string, []string, *cell) {
	lines := d.body(m, w)
	d.total, d.rows = len(lines), h
	shown, _ := d.at.Window(m.t, lines, h)
	return d.title, shown, nil
}

// place says which part of the text is shown.
func (d *reader) place(m *model) string {
	_, note := d.at.Window(m.t, make([]string, d.total), d.rows)
	return m.readOn(note)
}

func (d *reader) help(m *model) []key.Binding {
	out := []key.Binding{}
	if d.more != nil {
		out = append(out, named(m.keys.Walk.Next, d.label))
	}
	if w, h := m.dialogRoom(); len(d.body(m, w)) > h {
		out = append(out, m.keys.Look.Up, m.keys.Look.Down)
	}
	return append(out, m.keys.Help.Close)
}

// named is a key that means something particular here.
func named(b key.Binding, desc string) key.Binding {
	b.SetHelp(b.Help().Key, desc)
	return b
}

// dialogRoom is what a dialog may fill between its borders.
func (m *model) dialogRoom() (w, h int) { return min(m.w-4, 76) - 4, m.h - 6 }

// drawDialog lays the uppermost dialog over a frame.
func (m *model) drawDialog(frame []string) ([]string, *cell) {
	d := m.top()
	if d == nil {
		return frame, nil
	}
	room, rows := m.dialogRoom()
	w, h := room+4, rows+2
	title, lines, cur := d.view(m, room, rows)
	inner := make([]string, len(lines))
	for i, l := range lines {
		inner[i] = " " + l
	}
	note := ""
	if s, ok := d.(interface{ place(*model) string }); ok {
		note = s.place(m)
	}
	box := widget.Box(m.t, title, note, inner, w, min(len(lines)+2, h), true)
	x, y := (m.w-w)/2, max(1, (m.h-len(box))/2)
	if cur != nil {
		cur = &cell{x + 2 + cur.x, y + 1 + cur.y}
	}
	return widget.Over(frame, box, x, y), cur
}
