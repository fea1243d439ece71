package tui

import (
	"strings"

	"gatewalk/steps"
	"gatewalk/tui/theme"
	"gatewalk/tui/widget"
)

// drawMap is the pane of the map.
func (m *model) drawMap(r rect) []string {
	return widget.Box(m.t, m.txt.Pane.Map, "", indent(m.mapLines(r.w-3, r.h-2)), r.w, r.h, m.focus == paneMap)
}

// drawMapScreen is the map alone, large.
func (m *model) drawMapScreen(w, h int) []string {
	return widget.Box(m.t, m.txt.Pane.Map+"  "+string(m.id()), "", indent(m.mapLines(w-3, h-2)), w, h, true)
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
	switch {
	case w >= mapW+30 && h < mapH+12:
		side := m.mapText(f, w-mapW-3)
		pic := widget.FitAll(f.picture(m), mapW+3, h, "")
		return widget.Beside(pic, widget.FitAll(side, w-mapW-3, h, ""))
	case h < mapH+5:
		return append(append(m.mapLine(f, w), ""), m.mapText(f, w)...)
	}
	out := f.picture(m)
	if m.o.Present || h > mapH+14 {
		out = append(out, "")
	}
	return append(out, m.mapText(f, w)...)
}

// facts is what the map shows: the world as it was at the step that is shown,
// and what went over its lines in that step.
type facts struct {
	built, gone           bool
	vpc, bastion, private thing
	publicNet, privateNet thing
	endpoint              thing
	hasEndpoint           bool
	login                 edge // from my PC to the bastion
	jump                  edge // from the bastion to the private instance
	ways                  map[string]way
	table                 string // whose routes are shown
	running               bool
	asks                  map[string]bool // hosts with a command under way to S3
}

func (m *model) facts() facts {
	id := m.id()
	r := m.walk.peek(id)
	f := facts{ways: r.ways, table: tablePrivate, running: r.status == steps.Running, asks: map[string]bool{}}
	f.vpc, f.built = m.walk.findAt(id, "vpc", "main")
	f.bastion, _ = m.walk.findAt(id, "instance", "bastion")
	f.private, _ = m.walk.findAt(id, "instance", "private")
	f.publicNet, _ = m.walk.findAt(id, "subnet", "public")
	f.privateNet, _ = m.walk.findAt(id, "subnet", "private")
	f.endpoint, f.hasEndpoint = m.walk.findAt(id, "vpc-endpoint", "s3")
	f.gone = id == stepCleanup && r.status == steps.Holds
	for _, e := range r.seen {
		if e.Msg == "login" {
			f.login = good
			if e.Host == "private" {
				f.jump = good
			}
		}
	}
	for _, ru := range r.runs {
		if ru.host == "bastion" {
			f.table = tablePublic
		}
		if ru.host == "private" {
			f.table = tablePrivate
		}
		if ssh := strings.HasPrefix(ru.command, "ssh "); ssh && f.login == quiet {
			f.login = busy
		} else if !ssh && !ru.over && ru.host != "" && !strings.HasPrefix(ru.command, "nslookup") {
			f.asks[ru.host] = true
		}
	}
	return f
}

// edgeOf is how a host's way to S3 is drawn.
func (f facts) edgeOf(host string) edge {
	switch f.ways[host].fate {
	case arrives:
		return good
	case dies:
		return bad
	}
	if f.asks[host] && f.running {
		return busy
	}
	return quiet
}

// viaEndpoint reports whether a host's packets to S3 take the endpoint.
func (f facts) viaEndpoint(host string, w way) bool {
	if w.via != "" {
		return w.via == "endpoint"
	}
	return f.hasEndpoint && f.endpoint.args["route_table"] == map[string]string{"bastion": tablePublic, "private": tablePrivate}[host]
}

// mapText says in words what the picture shows: each way with its end, then
// the route table that decides.
func (m *model) mapText(f facts, w int) []string {
	var out []string
	for _, host := range []string{"bastion", "private"} {
		if wy, ok := f.ways[host]; ok && wy.fate != unknown {
			out = append(out, m.wayLines(host, wy, w)...)
		}
	}
	if len(out) > 0 {
		out = append(out, "")
	}
	if f.built && !f.gone {
		out = append(out, m.routeLines(f, w)...)
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
		{Text: m.hostName(host) + " " + t.Icon.Arrow + " " + dest, Style: t.Text.Strong},
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

// routeLines is the route table of the subnet in question.
func (m *model) routeLines(f facts, w int) []string {
	t := m.t
	id := ""
	if rt, ok := m.walk.findAt(m.id(), "route-table", f.table); ok {
		id = widget.Clean(rt.ID)
	}
	out := widget.Wrap([]widget.Span{
		{Text: fill(m.txt.Map.Routes, "subnet", m.txt.Part[f.table]), Style: t.Text.Strong},
		{Text: " " + id, Style: t.Text.Dim},
	}, w, 0)
	for _, r := range m.routes(f) {
		mark, st := " ", theme.Style{}
		if strings.HasPrefix(r[0], "pl-") {
			mark, st = t.Icon.Added, t.State.OK
		}
		out = append(out, bullet(mark, t.State.OK, []widget.Span{{Text: r[0] + " " + t.Icon.Arrow + " " + r[1], Style: st}}, w)...)
	}
	return out
}

// routes are the rows of the table as it was at the step that is shown: as
// observed where it was, otherwise as they follow from what was made.
func (m *model) routes(f facts) [][2]string {
	when := "before"
	mine := f.hasEndpoint && f.endpoint.args["route_table"] == f.table
	if mine {
		when = "after"
	}
	for _, id := range m.walk.order {
		for _, e := range m.walk.peek(id).seen {
			if e.Msg == "routes" && e.Args["table"] == f.table && e.Args["when"] == when && len(e.Rows) > 0 {
				return pairs(e.Rows)
			}
		}
	}
	var rows [][2]string
	if cidr := f.vpc.args["cidr"]; cidr != "" {
		rows = append(rows, [2]string{widget.Clean(cidr), "local"})
	}
	if igw, ok := m.walk.findAt(m.id(), "internet-gateway", "main"); ok && f.table == tablePublic {
		rows = append(rows, [2]string{"0.0.0.0/0", widget.Clean(igw.ID)})
	}
	if mine {
		pl := "pl-…"
		if m.t.ASCII {
			pl = "pl-*"
		}
		if e := m.walk.observed("prefix-list", "", ""); e != nil && e.Args["id"] != "" {
			pl = widget.Clean(e.Args["id"])
		}
		rows = append(rows, [2]string{pl, widget.Clean(f.endpoint.ID)})
	}
	return rows
}

func pairs(rows [][]string) [][2]string {
	var out [][2]string
	for _, r := range rows {
		if len(r) >= 2 {
			out = append(out, [2]string{widget.Clean(r[0]), widget.Clean(r[1])})
		}
	}
	return out
}

// mapLine is the map as a line of text.
func (m *model) mapLine(f facts, w int) []string {
	t := m.t
	link := func(e edge) widget.Span {
		p := e.pen(t)
		mark := p.h + p.h
		if e == bad {
			mark = p.h + t.Icon.Bad + p.h
		}
		return widget.Span{Text: " " + mark + " ", Style: p.style}
	}
	var out []string
	if f.login != quiet {
		spans := []widget.Span{{Text: m.txt.Map.PC}, link(f.login), {Text: "IGW"}, link(f.login), {Text: "bastion"}}
		if f.jump != quiet {
			spans = append(spans, link(f.jump), widget.Span{Text: "private"})
		}
		out = append(out, widget.Wrap(spans, w, 2)...)
	}
	for _, host := range []string{"bastion", "private"} {
		e := f.edgeOf(host)
		if e == quiet && len(f.ways) > 0 {
			continue
		}
		gate := "IGW"
		switch {
		case f.viaEndpoint(host, f.ways[host]):
			gate = "EP"
		case host == "private":
			out = append(out, widget.Wrap([]widget.Span{{Text: host}, link(e), {Text: "S3"}}, w, 2)...)
			continue
		}
		out = append(out, widget.Wrap([]widget.Span{{Text: host}, link(e), {Text: gate}, link(e), {Text: "S3"}}, w, 2)...)
	}
	return out
}
