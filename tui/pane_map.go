package tui

import (
	"slices"
	"strings"

	"gatewalk/steps"
	"gatewalk/tui/theme"
	"gatewalk/tui/widget"
)

// drawMap is the pane of the map.
func (m *model) drawMap(r rect) []string {
	return widget.Box(m.t, m.txt.Pane.Map, "", indent(m.mapLines(r.w-3, r.h-2)), r.w, r.h, m.focus == paneMap)
}

// drawMapScreen is the map alone, large, in the middle.
func (m *model) drawMapScreen(w, h int) []string {
	lines := m.mapLines(w-3, h-2)
	wide := 0
	for _, l := range lines {
		wide = max(wide, widget.Width(l))
	}
	left, top := max(1, (w-2-wide)/2), max(0, (h-2-len(lines))/2)
	for i, l := range lines {
		lines[i] = widget.Spaces(left) + l
	}
	title := m.txt.Pane.Map + "  " + string(m.id()) + "  " + m.page().Title
	return widget.Box(m.t, title, "", append(make([]string, top), lines...), w, h, true)
}

func indent(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = " " + l
	}
	return out
}

// mapLines is the picture with what can be read off it: beside it where there
// is room, below it otherwise, and without the picture where there is neither.
func (m *model) mapLines(w, h int) []string {
	f := m.facts()
	if w < mapW || h < mapH {
		out := append(m.mapLine(f, w), "")
		if len(out) == 1 && !f.gone {
			return widget.WrapText(m.txt.Map.Nothing, m.t.Text.Dim, w, 0)
		}
		out = append(out, m.mapText(f, w, h-len(out))...)
		tables := m.tableLines(f.sites[1], w)
		if both := slices.Concat(m.tableLines(f.sites[0], w), []string{""}, tables); len(out)+1+len(both) <= h {
			tables = both
		}
		if len(out)+1+len(tables) <= h {
			out = append(append(out, ""), tables...)
		}
		return out
	}
	if side := mapW + 3; w >= side+32 && w < mapFull+side && h < mapH+12 {
		pic := widget.FitAll(f.picture(m, mapW, h), side, h, "")
		return widget.Beside(pic, widget.FitAll(m.mapText(f, w-side, h), w-side, h, ""))
	}
	pic := f.picture(m, w, h)
	return append(append(pic, ""), m.mapText(f, w, h-len(pic)-1)...)
}

// tableLines are a subnet and its route table, where there is no picture to
// show them.
func (m *model) tableLines(s site, w int) []string {
	if len(s.rows) == 0 {
		return nil
	}
	out := widget.Wrap([]widget.Span{
		{Text: m.txt.Part[s.name] + " " + widget.Clean(s.net.args["cidr"]), Style: m.t.Text.Strong},
		{Text: "  " + m.txt.Map.Table, Style: m.t.Text.Dim},
	}, w, 2)
	for _, r := range m.rowsOfTable(s, false) {
		out = append(out, widget.Lines(r.Text, r.Style, w)...)
	}
	return out
}

// mapText says in words what the picture shows: each way with its end, and
// the ids of what has only a short name in it.
func (m *model) mapText(f facts, w, h int) []string {
	var out []string
	add := func(lines []string) {
		if len(out) > 0 && len(lines) > 0 {
			out = append(out, "")
		}
		out = append(out, lines...)
	}
	more := func(lines []string) { // where there is room for all of it
		if len(out)+1+len(lines) <= h {
			add(lines)
		}
	}
	for _, e := range []edge{bad, good} { // what dies is told in any case
		for _, s := range f.sites {
			switch {
			case s.edge != e:
			case e == bad:
				add(m.wayLines(s.host, s.way, w))
			default:
				more(m.wayLines(s.host, s.way, w))
			}
		}
	}
	for _, e := range m.walk.peek(m.id()).seen {
		if e.Msg == "addresses" {
			add(m.namedLines(e, w))
		}
	}
	if f.gone {
		add(bullet(m.t.Icon.OK, m.t.State.OK, []widget.Span{{Text: m.txt.Map.Gone, Style: m.t.Text.Strong}}, w))
		return out
	}
	switch {
	case w >= mapWide:
		more(m.prefixLines(w))
	case w < mapFull:
		more(m.idLines(f, w))
	}
	return out
}

// idLines are the ids of what the picture calls by a short name.
func (m *model) idLines(f facts, w int) []string {
	tb := widget.Table{Paint: func(_, col int, s string) []widget.Span {
		return []widget.Span{{Text: s, Style: []theme.Style{m.t.Text.Dim, m.t.Text.Code}[col]}}
	}}
	id := func(name string, p part) {
		if p.being == there && p.ID != "" {
			tb.Rows = append(tb.Rows, []string{name, widget.Clean(p.ID)})
		}
	}
	id("IGW", f.igw)
	id("EP", f.endpoint)
	for _, s := range f.sites {
		id(m.txt.Part[s.name], s.table)
	}
	return tb.Lines(m.t, w)
}

// prefixLines are the addresses that the endpoint's row stands for.
func (m *model) prefixLines(w int) []string {
	e := m.walk.observed("prefix-list", "", "")
	if e == nil || m.walk.pos(e.Step) > m.at {
		return nil
	}
	var cidrs []string
	for _, r := range cleanRows(e.Rows) {
		cidrs = append(cidrs, strings.Join(r, " "))
	}
	return widget.Wrap([]widget.Span{
		{Text: m.txt.Term.PrefixHead + " " + widget.Clean(e.Args["id"]) + "  ", Style: m.t.Text.Strong},
		{Text: strings.Join(cidrs, "  "), Style: m.t.Text.Code},
	}, w, 2)
}

// siteName is an instance in one word.
func (m *model) siteName(host string) string {
	if name := m.txt.Part[host]; name != "" {
		return name
	}
	return m.hostName(host)
}

// namedLines is the answer of a name server.
func (m *model) namedLines(e steps.Event, w int) []string {
	out := widget.Wrap([]widget.Span{
		{Text: m.siteName(e.Host) + " " + m.t.Icon.Arrow + " DNS " + widget.Clean(e.Args["server"]), Style: m.t.Text.Strong},
	}, w, 2)
	for _, r := range cleanRows(e.Rows) {
		out = append(out, bullet(m.t.Icon.OK, m.t.State.OK, []widget.Span{{Text: strings.Join(r[:min(1, len(r))], "")}}, w)...)
	}
	return out
}

// wayLines is one packet's fate: from, to, and what stopped it.
func (m *model) wayLines(host string, wy way, w int) []string {
	t := m.t
	dest := "S3"
	if wy.dest != "" {
		dest = widget.Clean(wy.dest)
	}
	out := widget.Wrap([]widget.Span{
		{Text: m.siteName(host) + " " + t.Icon.Arrow + " " + dest, Style: t.Text.Strong},
		{Text: "  " + strings.ToUpper(widget.Clean(wy.proto)), Style: t.Text.Dim},
	}, w, 2)
	if wy.fate == arrives {
		why := m.txt.Map.Through["igw"]
		if wy.via == "endpoint" {
			why = m.txt.Map.Through["endpoint"]
		}
		return append(out, bullet(t.Icon.OK, t.State.OK, []widget.Span{{Text: why}}, w)...)
	}
	why := m.txt.Map.Why[wy.code]
	if why == "" {
		why = m.txt.Map.Lost
	}
	spans := []widget.Span{{Text: why}}
	if wy.code != "" {
		spans = append(spans, widget.Span{Text: " " + widget.Clean(wy.code), Style: t.Text.Dim})
	}
	if wy.where != "" {
		spans = append(spans, widget.Span{Text: " (" + widget.Clean(wy.where) + ")", Style: t.Text.Dim})
	}
	return append(out, bullet(t.Icon.Bad, t.State.Bad, spans, w)...)
}

// mapLine is the map as a line of text for each way.
func (m *model) mapLine(f facts, w int) []string {
	var out []string
	add := func(e edge, dead int, names ...string) {
		out = append(out, widget.Wrap(m.chain(e, dead, names), w, 2)...)
	}
	if f.login != quiet {
		names, e := []string{m.txt.Map.PC, "IGW", "bastion"}, f.login
		if f.jump != quiet {
			names, e = append(names, "private"), f.jump
		}
		add(e, len(names)-1, names...)
	}
	for _, s := range f.sites {
		wy := s.way
		switch {
		case s.box.being != there || s.edge == quiet && f.login != quiet:
			continue
		case s.edge != quiet:
		case f.hasEndpoint(s):
			wy.via = "endpoint"
		case s.name == tablePublic:
			wy.via = "igw"
		}
		names := wy.names(s.host)
		if s.edge == quiet && wy.via == "" {
			names = names[:1] // there is no way
		}
		add(s.edge, wy.deadLink(), names...)
	}
	return out
}

// names are where the packets of a host come by on their way to S3.
func (wy way) names(host string) []string {
	switch wy.via {
	case "endpoint":
		return []string{host, "EP", "S3"}
	case "igw":
		return []string{host, "IGW", "S3"}
	}
	return []string{host, "S3"}
}

// deadLink is the link of that chain on which they die.
func (wy way) deadLink() int {
	if wy.stop() == atGate {
		return 2
	}
	return 1
}

// chain draws a way from name to name. What dies does so on the line before
// the name of that number, and the last name is what it never reached.
func (m *model) chain(e edge, dead int, names []string) []widget.Span {
	weight, tip := theme.Light, ""
	if e != quiet {
		weight, tip = theme.Heavy, m.t.Icon.Heads[1]
	}
	line := strings.Repeat(m.t.Border.Cross(theme.Arms{theme.None, weight, theme.None, weight}, false), 2)
	spans := []widget.Span{{Text: names[0] + " "}}
	for i, n := range names[1:] {
		if e == bad && i+1 == dead {
			return append(spans, widget.Span{Text: line + m.t.Icon.Bad, Style: e.style(m.t)}, widget.Span{Text: " " + names[len(names)-1]})
		}
		spans = append(spans, widget.Span{Text: line + tip, Style: e.style(m.t)}, widget.Span{Text: " " + n + " "})
	}
	if e == good {
		spans = append(spans, widget.Span{Text: m.t.Icon.OK, Style: m.t.State.OK})
	}
	return spans
}
