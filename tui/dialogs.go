package tui

import (
	"slices"
	"strings"

	"gatewalk/steps"
	"gatewalk/tui/text"
	"gatewalk/tui/widget"

	"charm.land/bubbles/v2/key"
)

// predictDialog asks what will happen before the step runs.
func (m *model) predictDialog() dialog {
	p := m.page().Predict
	d := &menu{title: m.txt.Predict.Title, intro: p.Question}
	for _, o := range p.Options {
		row := option{label: o.Label, act: actChoose{name: "predict." + string(m.id()), value: o.Value}}
		switch o.Value {
		case "yes":
			row.quick = &m.keys.Choose.Yes
		case "no":
			row.quick = &m.keys.Choose.No
		}
		d.rows = append(d.rows, row)
	}
	skip := m.txt.Predict.Skip
	if m.toGuess() {
		skip = m.txt.Predict.SkipRead
	}
	d.rows = append(d.rows, option{label: skip, act: actSkip{}})
	return d
}

// jumpDialog lists the steps to turn to.
func (m *model) jumpDialog() dialog {
	d := &menu{title: m.txt.Jump.Title, at: m.at}
	for i, id := range m.walk.order {
		mark, _ := m.mark(i)
		d.rows = append(d.rows, option{
			label: mark + " " + widget.Fit(string(id), 4, "") + " " + m.book.Page(id).Title,
			act:   actShow{at: i},
			id:    string(id),
		})
	}
	if m.act != idle {
		d.intro = m.txt.Say.Busy
		d.rows = []option{{label: m.txt.Key.Close, act: actClose{}}}
		d.at = 0
	}
	return d
}

// bringDialog offers to run what has to come before the step that is shown.
func (m *model) bringDialog() dialog {
	return &menu{
		title: m.txt.Jump.BringTitle,
		intro: fill(m.txt.Jump.Bring, "step", string(m.id()), "last", string(m.missing())),
		rows: []option{
			{label: fill(m.txt.Jump.BringYes, "last", string(m.missing())), act: actBring{}},
			{label: m.txt.Jump.BringNo, act: actShow{at: m.walk.resume()}},
		},
	}
}

// waysDialog is what can be done after a failure. After a list that hangs
// because the form took the wrong table, the hint comes first, and the way back
// to the form, which says where the mistake is, only after it.
func (m *model) waysDialog() dialog {
	id := m.id()
	d := &menu{title: m.txt.Ways.Title, intro: m.txt.Ways.Intro}
	back := option{
		label: fill(m.txt.Ways.Form, "step", string(stepForm)),
		act:   actRewind{to: m.walk.pos(stepForm), again: true},
	}
	again := option{label: m.txt.Ways.Again, act: actRun{}, quick: &m.keys.Walk.Repeat}
	wrong := id == stepList && m.walk.choices[choiceTable] == tablePublic
	if wrong && m.hinted[id] > 0 {
		d.rows = append(d.rows, back)
	}
	d.rows = append(d.rows, again)
	page := m.page()
	if page.Hint != "" || page.Solution != "" {
		h := option{label: m.txt.Ways.Hint, act: actHint{}, quick: &m.keys.Help.Hint}
		if wrong && m.hinted[id] == 0 {
			d.rows = slices.Insert(d.rows, 0, h)
		} else {
			d.rows = append(d.rows, h)
		}
	}
	if fail := m.walk.peek(id).fail; fail != nil {
		if redo := steps.ID(fail.Args[steps.ArgRedo]); slices.Contains(m.walk.order, redo) {
			d.rows = append(d.rows, option{label: fill(m.txt.Ways.Redo, "step", string(redo)), act: actRedo{step: redo}})
		}
		if anew := steps.ID(fail.Args[steps.ArgAnew]); slices.Contains(m.walk.order, anew) {
			d.rows = append(d.rows, option{label: fill(m.txt.Ways.Anew, "step", string(anew)), act: actAnew{at: m.walk.pos(anew)}})
		}
	}
	if m.at > 0 {
		d.rows = append(d.rows, option{label: m.txt.Ways.Back, act: actShow{at: m.at - 1}})
	}
	if m.o.Shell != nil {
		d.rows = append(d.rows, option{label: m.txt.Ways.Shell, act: actShell{host: m.lastHost()}, quick: &m.keys.Help.Shell})
	}
	return d
}

// shellDialog asks which instance to log in to.
func (m *model) shellDialog() dialog {
	d := &menu{title: m.txt.Shell.Title, intro: m.txt.Shell.Intro}
	for i, host := range []string{"bastion", "private"} {
		t, ok := m.walk.find("instance", host)
		if !ok {
			continue
		}
		d.rows = append(d.rows, option{label: m.hostName(host), note: t.args["private_ip"], act: actShell{host: host}})
		if host == m.lastHost() {
			d.at = min(i, len(d.rows)-1)
		}
	}
	return d
}

// quitDialog says what exists, what it costs and how to come back.
func (m *model) quitDialog() dialog {
	things := m.walk.existing()
	var intro strings.Builder
	switch {
	case m.replayed():
		intro.WriteString(m.txt.Cover.Replay)
	case len(things) == 0:
		intro.WriteString(m.txt.Quit.Nothing)
	case m.o.World.Real():
		intro.WriteString(fill(m.txt.Quit.Exists, "n", count(len(things))))
		if m.o.Cost != nil {
			usd, hour := m.o.Cost(m.now)
			intro.WriteString(" " + fill(m.txt.Quit.Costs, "usd", money(usd), "hour", moneyFine(hour)))
		}
	default:
		intro.WriteString(fill(m.txt.Quit.Lab, "n", count(len(things))))
	}
	if m.act != idle {
		intro.WriteString("\n\n" + m.txt.Quit.Running)
	}
	d := &menu{title: m.txt.Quit.Title, intro: intro.String(), leave: true}
	leave := m.txt.Quit.Keep
	switch {
	case m.replayed(), m.walk.finished():
		leave = m.txt.Key.Quit
	case len(things) == 0:
		leave = m.txt.Quit.Leave
	}
	d.rows = append(d.rows,
		option{label: m.txt.Quit.Stay, act: actClose{}, quick: &m.keys.Choose.No},
		option{label: leave, act: actQuit{}, quick: &m.keys.Choose.Yes})
	if len(things) > 0 && m.act == idle && !m.replayed() {
		d.rows = append(d.rows, option{label: m.txt.Quit.CleanUp, act: actQuit{cleanUp: true}})
	}
	if !m.o.World.Real() {
		// Nothing is at stake: leaving is what was asked for.
		d.at = 1
	}
	return d
}

// word is what must be typed before something is destroyed.
func (m *model) word() string {
	if m.o.World.Real() {
		return m.txt.Confirm.Word
	}
	return ""
}

func (m *model) rewindDialog() dialog {
	return &confirm{
		title: m.txt.Confirm.RewindTitle,
		intro: fill(m.txt.Confirm.Rewind, "step", string(m.id())) + "\n\n" + m.list(m.walk.since(m.id())),
		word:  m.word(), latin: text.For("en").Confirm.Word, yes: m.txt.Key.Repeat, act: actRewind{to: m.at, again: true},
	}
}

func (m *model) cleanupDialog() dialog {
	return &confirm{
		title: m.txt.Confirm.CleanTitle,
		intro: fill(m.txt.Confirm.Clean, "n", count(len(m.walk.existing()))) + "\n\n" + m.list(m.walk.existing()),
		word:  m.word(), latin: text.For("en").Confirm.Word, yes: m.txt.Key.CleanUp, act: actRun{},
	}
}

func (m *model) leaveDialog() dialog {
	return &confirm{
		title: m.txt.Confirm.CleanTitle,
		intro: fill(m.txt.Confirm.Clean, "n", count(len(m.walk.existing()))) + "\n\n" + m.list(m.walk.existing()),
		word:  m.word(), latin: text.For("en").Confirm.Word, yes: m.txt.Key.CleanUp, act: actCleaned{},
	}
}

// spendDialog shows the whole plan before anything is made on a real account,
// and takes a word for a yes to act.
func (m *model) spendDialog(act action) dialog {
	return &planned{plan: m.o.Plan(), confirm: confirm{
		title: m.txt.Confirm.SpendTitle, word: m.txt.Confirm.SpendWord, latin: text.For("en").Confirm.SpendWord, yes: m.txt.Key.Run, act: act,
	}}
}

// spends reports whether something is made on a real account, which nobody has
// said yes to, when the steps up to the one shown are run.
func (m *model) spends() bool {
	at := m.walk.pos(stepPrepare)
	return m.o.World.Real() && m.o.Plan != nil && at >= 0 && at <= m.at && m.walk.peek(stepPrepare).status != steps.Holds
}

func (m *model) hintDialog() dialog {
	d := &reader{title: m.txt.Hint.Title, body: func(m *model, w int) []string {
		return widget.Markdown(m.t, m.page().Hint, w)
	}}
	if m.page().Solution != "" {
		d.more, d.label = actSolution{}, m.txt.Hint.ToSolution
	}
	return d
}

func (m *model) solutionDialog() dialog {
	return &reader{title: m.txt.Hint.Solution, body: func(m *model, w int) []string {
		return widget.Markdown(m.t, m.page().Solution, w)
	}}
}

func (m *model) notesDialog() dialog {
	return &reader{title: m.txt.Hint.Notes, body: func(m *model, w int) []string {
		return widget.Markdown(m.t, m.page().Notes, w)
	}}
}

// helpDialog is composed from the keys themselves: what is not bound is not
// shown, and nothing that is bound is left out.
func (m *model) helpDialog() dialog {
	return &reader{title: m.txt.Key.Help, body: func(m *model, w int) []string {
		k := &m.keys
		groups := []struct {
			title string
			keys  []key.Binding
		}{
			{m.txt.Group.Walk, []key.Binding{k.Walk.Next, k.Walk.Back, k.Walk.Forward, k.Walk.Jump, k.Walk.Repeat, k.Walk.Stop}},
			{m.txt.Group.Look, []key.Binding{k.Look.Tab, k.Look.TabBack, k.Look.Up, k.Look.Down, k.Look.PageUp, k.Look.PageDown, k.Look.Top, k.Look.End, k.Look.Map, k.Look.Compare}},
			{m.txt.Group.Compare, []key.Binding{k.Compare.Topic, k.Compare.TopicBack, k.Compare.Swap, k.Compare.Zoom, k.Compare.Copy}},
			{m.txt.Group.Help, []key.Binding{k.Help.Hint, k.Help.Shell, k.Help.ShellLast, k.Help.Lang, k.Look.Notes, k.Help.Keys, k.Help.Close, k.Help.Quit}},
			{m.txt.Group.Shell, []key.Binding{k.Shell.Leave, k.Shell.Zoom, k.Shell.Back, k.Shell.Forward}},
			{m.txt.Group.Choose, []key.Binding{k.Choose.Yes, k.Choose.No}},
		}
		var out []string
		for i, g := range groups {
			if i > 0 {
				out = append(out, "")
			}
			out = append(out, m.t.Text.Strong.Paint(g.title))
			for _, b := range g.keys {
				out = append(out, m.t.Text.Key.Paint(widget.Fit(m.label(b), 11, ""))+" "+b.Help().Desc)
			}
		}
		out = append(out, "")
		return append(out, widget.WrapText(m.txt.Group.Hangul, m.t.Text.Dim, w, 0)...)
	}}
}

// label is a key's name in the glyphs of the theme.
func (m *model) label(b key.Binding) string {
	if m.t.ASCII {
		return ascii(b.Help().Key)
	}
	return b.Help().Key
}

// list names resources in Markdown.
func (m *model) list(things []thing) string {
	var b strings.Builder
	for _, t := range things {
		b.WriteString("- " + m.thingName(t))
		if t.ID != "" {
			b.WriteString("  `" + widget.Clean(t.ID) + "`")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// mark is the sign of a step's status, with what it means.
func (m *model) mark(i int) (icon string, status steps.Status) {
	id := m.walk.order[i]
	status = m.walk.peek(id).mark()
	switch status {
	case steps.Holds:
		return m.t.Icon.OK, status
	case steps.Broken:
		return m.t.Icon.Bad, status
	case steps.Running:
		return m.spinner(), status
	}
	return m.t.Icon.Todo, status
}
