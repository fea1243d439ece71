package tui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"gatewalk/steps"
	"gatewalk/tui/theme"
	"gatewalk/tui/widget"
)

// drawTerm is the pane in which things happen: what is typed on the hosts and
// what they answer, what is made and removed, and the clock of a wait.
func (m *model) drawTerm(r rect) []string {
	if r.h == 0 {
		return nil
	}
	if m.inShell() {
		return m.drawShell(r)
	}
	lines := m.termLines(r.w - 4)
	if m.act == idle && !m.o.Present {
		lines = m.termHistory(lines, r.w-4, r.h-2)
	}
	if tail := m.liveLines(r.w - 4); len(tail) > 0 {
		lines = append(lines[:len(lines):len(lines)], tail...)
	}
	return m.framed(paneTerm, r, m.termTitle(), m.termNote(), lines)
}

// termHistory puts what was run in earlier steps before the lines, as far as
// whole steps fit a high window.
func (m *model) termHistory(lines []string, w, h int) []string {
	const spare = 12
	if h-len(lines) < spare || len(m.walk.peek(m.id()).runs) == 0 {
		return lines
	}
	return m.cached(int(panes), w, strconv.Itoa(h), func() []string {
		out := append([]string{m.termHead(m.id(), m.t.Text.Accent, w)}, lines...)
		for i := m.at - 1; i >= 0; i-- {
			id := m.walk.order[i]
			var block []string
			for _, ru := range m.walk.peek(id).runs {
				block = append(block, m.runLines(ru, w)...)
			}
			if len(block) == 0 {
				continue
			}
			if len(out)+len(block)+2 > h {
				break
			}
			out = append(append(append([]string{m.termHead(id, m.t.Text.Dim, w)}, block...), ""), out...)
		}
		return out
	})
}

// termHead is the line above what a step has run.
func (m *model) termHead(id steps.ID, st theme.Style, w int) string {
	text := string(id) + "  " + m.book.Page(id).Title + " "
	return st.Paint(widget.Clip(text, w, m.t.Icon.Ellipsis)) + m.t.Frame.Line.Paint(strings.Repeat(m.t.Border.H, max(0, w-widget.Width(text))))
}

// termTitle is the host that speaks.
func (m *model) termTitle() string {
	runs := m.walk.peek(m.id()).runs
	if len(runs) == 0 {
		return m.txt.Pane.Term
	}
	last := runs[len(runs)-1]
	for _, ru := range runs {
		if ru.host != last.host {
			return m.hostName(ru.host) + " + " + m.hostName(last.host)
		}
	}
	return m.hostName(last.host)
}

// termNote is how far a step with parts has come.
func (m *model) termNote() string {
	r := m.walk.peek(m.id())
	if r.total == "" || r.status != steps.Running {
		return ""
	}
	return m.t.Text.Dim.Paint(widget.Clean(r.done) + "/" + widget.Clean(r.total))
}

// termLines are the lines that do not move.
func (m *model) termLines(w int) []string {
	extra := ""
	if m.act != idle {
		extra = "busy"
	}
	return m.cached(int(paneTerm), w, extra, func() []string {
		r := m.walk.peek(m.id())
		var out []string
		for i, it := range r.items {
			if i > 0 && it.run != nil {
				out = append(out, "")
			}
			out = append(out, m.itemLines(it, w)...)
		}
		for len(out) > 0 && out[0] == "" {
			out = out[1:]
		}
		if len(r.items) == 0 && m.act == idle && r.status == steps.NotYet {
			out = m.planned(w)
		}
		return out
	})
}

func (m *model) itemLines(it item, w int) []string {
	switch {
	case it.run != nil:
		return m.runLines(it.run, w)
	case it.thing > 0:
		return m.thingLines(m.walk.things[it.thing-1], w)
	case it.call != nil && it.call.Args["code"] != "":
		text := it.call.Args["service"] + " " + it.call.Args["action"] + "  " + it.call.Args["code"]
		return bullet(m.t.Icon.Note, m.t.State.Warn, []widget.Span{{Text: widget.Clean(text), Style: m.t.Text.Dim}}, w)
	case it.event != nil:
		return m.eventLines(*it.event, w)
	}
	return nil
}

// runLines is a command after its prompt, its output, and how it ended where
// that is not as usual.
func (m *model) runLines(ru *run, w int) []string {
	prompt := ru.prompt
	if prompt != "" && !strings.HasSuffix(prompt, " ") {
		prompt += " "
	}
	out := widget.Wrap([]widget.Span{{Text: prompt, Style: m.t.Text.Dim}, {Text: ru.command, Style: m.t.Text.Strong}}, w, 2)
	if ru.command == "" && prompt == "" {
		out = nil
	}
	for _, l := range ru.out {
		st := m.t.Text.Code
		if l.stderr {
			st = m.t.State.Warn
		}
		out = append(out, widget.Lines(l.text, st, w)...)
	}
	if ru.over && ru.status != "" && ru.status != "0" {
		out = append(out, m.t.Text.Dim.Paint(fill(m.txt.Term.Exit, "status", widget.Clean(ru.status))))
	}
	return out
}

// thingLines is a resource: being made, there, or gone.
func (m *model) thingLines(t thing, w int) []string {
	mark, st := m.t.Icon.OK, m.t.State.OK
	switch {
	case t.gone:
		mark, st = m.t.Icon.Removed, m.t.Text.Dim
	case !t.made:
		mark, st = m.t.Icon.Wait, m.t.State.Now
	}
	spans := []widget.Span{{Text: m.thingName(t)}}
	if t.ID != "" {
		spans = append(spans, widget.Span{Text: "  " + widget.Clean(t.ID), Style: m.t.Text.Code})
	}
	for _, k := range []string{"cidr", "private_ip", "public_ip", "state"} {
		if v := t.args[k]; v != "" {
			spans = append(spans, widget.Span{Text: "  " + widget.Clean(v), Style: m.t.Text.Dim})
		}
	}
	return bullet(mark, st, spans, w)
}

// thingName is a resource's kind and part in the learner's language.
func (m *model) thingName(t thing) string {
	return m.txt.Resource(widget.Clean(t.Kind), t.Name)
}

// hostName is an instance, or the learner's own machine.
func (m *model) hostName(host string) string {
	if name := m.txt.Host[host]; name != "" {
		return name
	}
	return widget.Clean(host)
}

func (m *model) eventLines(e steps.Event, w int) []string {
	if e.Kind == steps.Gone {
		t := thing{Resource: *e.Resource}
		return bullet(m.t.Icon.Removed, m.t.Text.Dim, []widget.Span{
			{Text: m.thingName(t)}, {Text: "  " + widget.Clean(t.ID), Style: m.t.Text.Dim},
		}, w)
	}
	if len(e.Rows) > 0 {
		return m.rowsOf(e, w)
	}
	if e.Kind != steps.Note {
		return nil // observations are told in the lesson
	}
	if early(e) && m.walk.peek(e.Step).status != steps.Running {
		return nil // of a wait that is over
	}
	said := m.book.Sentence(e)
	if said == "" {
		return nil
	}
	return bullet(m.t.Icon.Note, m.t.Text.Dim, []widget.Span{{Text: said}}, w)
}

// rowsOf is a table that was observed.
func (m *model) rowsOf(e steps.Event, w int) []string {
	tb := widget.Table{Rows: cleanRows(e.Rows), Paint: func(_, _ int, s string) []widget.Span {
		return []widget.Span{{Text: s, Style: m.t.Text.Code}}
	}}
	out := []string{""}
	switch e.Msg {
	case "routes":
		if chosen := m.walk.choices[choiceTable]; chosen != "" && e.Args["table"] != chosen {
			return nil // the other table stays as it was; the map shows it
		}
		when := m.txt.Term.Before
		if e.Args["when"] == "after" {
			when = m.txt.Term.After
		}
		head := m.txt.Kind["route-table"] + " (" + m.txt.Part[e.Args["table"]] + ")  " + widget.Clean(e.Args["id"])
		out = append(out, widget.Wrap([]widget.Span{{Text: head, Style: m.t.Text.Strong}, {Text: "  " + when, Style: m.t.Text.Accent}}, w, 2)...)
		tb = m.routeTable(e)
	case "services":
		tb.Head = m.txt.Term.ServiceHead
	case "prefix-list":
		tb.Head = []string{m.txt.Term.PrefixHead + " " + widget.Clean(e.Args["id"])}
	case "left":
		tb.Head = m.txt.Term.LeftHead
	default:
		return nil // shown in its host's output already
	}
	return append(out, tb.Lines(m.t, w)...)
}

// routeTable is a route table as it was observed. All tables of a step have
// the same columns, and the row that the endpoint added is marked.
func (m *model) routeTable(e steps.Event) widget.Table {
	marked := func(e steps.Event) [][]string {
		rows := cleanRows(e.Rows)
		for _, r := range rows {
			if len(r) > 0 && strings.HasPrefix(r[0], "pl-") {
				r[0] = m.t.Icon.Added + " " + r[0]
			} else if len(r) > 0 {
				r[0] = "  " + r[0]
			}
		}
		return rows
	}
	tb := widget.Table{Head: slices.Clone(m.txt.Term.RouteHead), Rows: marked(e), Keep: 2}
	tb.Head[0] = "  " + tb.Head[0]
	for _, other := range m.walk.peek(e.Step).seen {
		if other.Msg == e.Msg {
			tb.Like = append(tb.Like, marked(other)...)
		}
	}
	tb.Paint = func(row, _ int, s string) []widget.Span {
		if strings.HasPrefix(tb.Rows[row][0], m.t.Icon.Added) {
			return []widget.Span{{Text: s, Style: m.t.State.OK}}
		}
		return []widget.Span{{Text: s, Style: m.t.Text.Code}}
	}
	return tb
}

func cleanRows(rows [][]string) [][]string {
	out := make([][]string, len(rows))
	for i, r := range rows {
		out[i] = make([]string, len(r))
		for j, c := range r {
			out[i][j] = widget.Clean(c)
		}
	}
	return out
}

// planned shows what Enter will run, before it runs: the first block of the
// page, with what is known by now put in its places. Where nothing is run and a
// guess is asked for, it is about what the private instance showed last.
func (m *model) planned(w int) []string {
	if m.toGuess() {
		for i := m.at - 1; i >= 0; i-- {
			id := m.walk.order[i]
			if ru := m.walk.peek(id).last("private"); ru != nil {
				return append([]string{m.termHead(id, m.t.Text.Dim, w)}, m.runLines(ru, w)...)
			}
		}
	}
	block := widget.CodeBlock(m.page().Body)
	if block == "" {
		return nil
	}
	out := widget.WrapText(m.txt.Term.Planned, m.t.Text.Dim, w, 0)
	for l := range strings.SplitSeq(block, "\n") {
		out = append(out, widget.Lines(widget.Clean(m.place(l)), m.t.Text.Code, w)...)
	}
	return out
}

// place puts known values into a text: {bucket}, {region} and the like.
func (m *model) place(s string) string {
	if !strings.Contains(s, "{") {
		return s
	}
	for k, v := range m.walk.values {
		s = strings.ReplaceAll(s, "{"+k+"}", v)
	}
	return s
}

// liveLines are the last lines while something runs: what is waited for and
// for how long.
func (m *model) liveLines(w int) []string {
	r := m.walk.peek(m.id())
	if m.act == idle || m.walk.now != m.id() && m.act == running {
		return nil
	}
	spin := m.t.State.Now.Paint(m.spinner()) + " "
	if r.wait == nil {
		text := m.txt.Term.Running
		if m.act != running {
			text = m.txt.Term.Removing
		}
		return []string{spin + m.t.Text.Dim.Paint(text)}
	}
	e := *r.wait
	said := m.book.Sentence(e)
	stop := m.txt.Term.StopKey
	switch {
	case silent(e):
		said, stop = m.txt.Term.Silence, m.txt.Term.CtrlCKey
	case said == "":
		said = m.txt.Term.Waiting
	}
	clock := m.waited(e)
	lines := widget.Wrap([]widget.Span{
		{Text: clock, Style: m.t.State.Now}, {Text: "  " + said, Style: m.t.Text.Strong},
		{Text: "  " + stop, Style: m.t.Text.Dim},
	}, w-2, 0)
	for i := range lines {
		if i == 0 {
			lines[i] = spin + lines[i]
		} else {
			lines[i] = "  " + lines[i]
		}
	}
	if bar := m.waitBar(e, min(w-2, 40)); bar != "" {
		lines = append(lines, "  "+bar)
	}
	return lines
}

// waited is the clock of a wait. The events say how long it took in the
// lesson's time; between two of them the screen's clock goes on.
func (m *model) waited(e steps.Event) string {
	elapsed, of := m.waitTimes(e)
	if of > 0 {
		return widget.Clock(elapsed) + " / " + widget.Clock(of)
	}
	return widget.Clock(elapsed)
}

func (m *model) waitTimes(e steps.Event) (elapsed, of time.Duration) {
	elapsed, _ = time.ParseDuration(e.Args["elapsed"])
	of, _ = time.ParseDuration(e.Args["of"])
	if since := m.now.Sub(e.At); since > 0 && !e.At.IsZero() {
		elapsed += since
	}
	if of > 0 {
		elapsed = min(elapsed, of)
	}
	return elapsed, of
}

// waitBar shows a bounded wait as a bar.
func (m *model) waitBar(e steps.Event, w int) string {
	elapsed, of := m.waitTimes(e)
	if of <= 0 || w < 4 {
		return ""
	}
	full := int(int64(w) * int64(elapsed) / int64(of))
	full = min(max(0, full), w)
	return m.t.State.Now.Paint(strings.Repeat(m.t.Icon.BarFull, full)) +
		m.t.Text.Dim.Paint(strings.Repeat(m.t.Icon.BarEmpty, w-full))
}
