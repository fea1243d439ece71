package tui

import (
	"strings"

	"gatewalk/steps"
	"gatewalk/tui/theme"
	"gatewalk/tui/widget"
)

// The map's picture is drawn on a grid of this size; what is wider is left
// blank on its right.
//
//	╭────────╮            ╭──────────╮
//	│ my PC  │            │ Amazon S3│
//	╰───┬────╯            ╰───┬────┬─╯
//	    │                     │    ╎
//	    ╰──── internet ───────┤    ╎
//	                          │    ╎
//	╭ VPC 10.0.0.0/16 ──────[IGW]╮ ╎
//	│ public 10.0.1.0/24      │  │ ╎
//	│  ● bastion 10.0.1.123 ──╯  │ ╎
//	│      │                     │ ╎
//	│ private 10.0.2.0/24        │ ╎
//	│  ● private 10.0.2.234 ───[EP]╯
//	╰────────────────────────────╯
const (
	mapW, mapH = 34, 13

	pcX       = 4  // the leg of my PC
	gateX     = 25 // the internet gateway and S3's leg to the internet
	endX      = 31 // S3's leg to the endpoint
	vpcRight  = 28
	netY      = 4 // the internet
	gateY     = 6
	bastionY  = 8
	privateY  = 11
	hostRight = 23 // where the lines of the hosts begin
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

// edge is how a line of the map is drawn.
type edge int

const (
	quiet edge = iota // there, and nothing on its way
	busy              // something is on its way
	good              // it got through
	bad               // it dies here
)

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

// pen is how an edge looks: heavy where something goes over it, so that it is
// seen without colour too.
func (e edge) pen(t *theme.Theme) (h, v, tl, tr, bl, br string, st theme.Style) {
	b := t.Border
	switch e {
	case busy:
		st = t.State.Now
	case good:
		st = t.State.OK
	case bad:
		st = t.State.Bad
	default:
		return b.H, b.V, b.TL, b.TR, b.BL, b.BR, t.Frame.Line
	}
	return b.HeavyH, b.HeavyV, b.HeavyTL, b.HeavyTR, b.HeavyBL, b.HeavyBR, st
}

// picture draws the map on its grid.
func (f facts) picture(m *model) []string {
	t := m.t
	c := widget.NewCanvas(mapW, mapH)
	c.Box(0, 0, 10, 3, t.Border, line(m))
	c.Text(2, 1, m.txt.Map.PC, t.Text.Strong)
	c.Box(mapW-12, 0, 12, 3, t.Border, line(m))
	c.Text(mapW-11, 1, m.txt.Map.S3, t.Text.Strong)
	if f.gone {
		c.Text(0, 6, m.txt.Map.Gone, t.State.OK)
		return c.Lines()
	}
	f.frame(m, c)
	// Quiet lines first, so that what happened lies over them.
	for _, pass := range []bool{true, false} {
		f.internet(m, c, pass)
		f.inside(m, c, pass)
		f.gateway(m, c, pass)
	}
	c.Text(gateX-2, gateY, "[IGW]", t.Text.Dim)
	f.hosts(m, c)
	return c.Lines()
}

// frame is the VPC with its subnets.
func (f facts) frame(m *model, c *widget.Canvas) {
	t := m.t
	st, dim := t.Frame.Line, t.Text.Dim
	c.Box(0, gateY, vpcRight+1, mapH-gateY, t.Border, st)
	c.Text(2, gateY, " "+strings.TrimSpace("VPC "+widget.Clean(f.vpc.args["cidr"]))+" ", dim)
	c.Text(2, bastionY-1, m.txt.Map.Public+" "+widget.Clean(f.publicNet.args["cidr"]), dim)
	c.Text(2, privateY-1, m.txt.Map.Private+" "+widget.Clean(f.privateNet.args["cidr"]), dim)
}

// internet draws the lines outside the VPC that go through the gateway.
func (f facts) internet(m *model, c *widget.Canvas, quietPass bool) {
	out := quiet // the bastion's way out through the gateway
	if w := f.ways["bastion"]; !f.viaEndpoint("bastion", w) {
		out = f.edgeOf("bastion")
	}
	if (f.login == quiet) == quietPass {
		h, v, _, _, bl, _, st := f.login.pen(m.t)
		c.Text(pcX, 2, m.t.Border.TDown, line(m))
		c.V(pcX, 3, netY-1, v, st)
		c.Text(pcX, netY, bl, st)
		c.H(pcX+1, gateX-1, netY, h, st)
		c.Text(pcX+6, netY, " "+m.txt.Map.Internet+" ", m.t.Text.Dim)
		c.V(gateX, netY, gateY-1, v, st)
		f.toBastion(m, c, f.login)
	}
	if (out == quiet) == quietPass {
		_, v, _, _, _, _, st := out.pen(m.t)
		c.Text(gateX, 2, m.t.Border.TDown, line(m))
		c.V(gateX, 3, gateY-1, v, st)
		if out != quiet {
			f.toBastion(m, c, out)
		}
	}
	if out == bad && !quietPass {
		c.Text(gateX, netY, m.t.Icon.Bad, m.t.State.Bad)
	}
}

// line is the style of what only frames.
func line(m *model) theme.Style { return m.t.Frame.Line }

// toBastion is the line from the gateway to the bastion.
func (f facts) toBastion(m *model, c *widget.Canvas, e edge) {
	h, v, _, _, _, br, st := e.pen(m.t)
	c.V(gateX, gateY+1, bastionY-1, v, st)
	c.H(hostRight, gateX-1, bastionY, h, st)
	c.Text(gateX, bastionY, br, st)
}

// inside is the line between the two instances.
func (f facts) inside(m *model, c *widget.Canvas, quietPass bool) {
	if (f.jump == quiet) != quietPass {
		return
	}
	_, v, _, _, _, _, st := f.jump.pen(m.t)
	if f.jump == quiet {
		v = m.t.Border.DashV
	}
	c.V(6, bastionY+1, privateY-2, v, st)
	if f.jump != quiet {
		c.Text(8, bastionY+1, "SSH", st)
	}
}

// viaEndpoint reports whether a host's packets to S3 take the endpoint.
func (f facts) viaEndpoint(host string, w way) bool {
	if w.via != "" {
		return w.via == "endpoint"
	}
	return f.hasEndpoint && f.endpoint.args["route_table"] == map[string]string{"bastion": tablePublic, "private": tablePrivate}[host]
}

// gateway draws the endpoint and what goes through it, or the dead end where
// the private instance has no way to S3.
func (f facts) gateway(m *model, c *widget.Canvas, quietPass bool) {
	t := m.t
	if f.hasEndpoint {
		host, y := "private", privateY
		if f.endpoint.args["route_table"] == tablePublic {
			host, y = "bastion", bastionY
		}
		e := quiet
		if f.viaEndpoint(host, f.ways[host]) {
			e = f.edgeOf(host)
		}
		if (e == quiet) == quietPass {
			h, v, _, _, _, br, st := e.pen(t)
			through := e != bad
			c.H(hostRight, vpcRight-3, y, h, st)
			if !through {
				// What dies at the endpoint never leaves it.
				_, v, _, _, _, br, st = quiet.pen(t)
			}
			c.Text(endX, 2, t.Border.TDown, line(m))
			c.V(endX, 3, y-1, v, st)
			c.Text(vpcRight+2, y, t.Border.H, st)
			c.Text(endX, y, br, st)
			c.Text(vpcRight-2, y, "[EP]", t.Text.Accent)
			if !through {
				c.Text(vpcRight-3, y, t.Icon.Bad, t.State.Bad)
			}
		}
	}
	if f.hasEndpoint && f.endpoint.args["route_table"] == tablePrivate || quietPass {
		return
	}
	switch e := f.edgeOf("private"); e {
	case bad, busy, good:
		h, _, _, _, _, _, st := e.pen(t)
		c.H(hostRight, hostRight+1, privateY, h, st)
		if e == bad {
			c.Text(hostRight+2, privateY, t.Icon.Bad, t.State.Bad)
		}
	}
}

// hosts are the instances, last, so that no line crosses their names.
func (f facts) hosts(m *model, c *widget.Canvas) {
	name := func(y int, label string, t thing) {
		st := m.t.Text.Dim
		if t.made {
			st = m.t.Text.Strong
		}
		c.Text(2, y, widget.Clip(m.t.Icon.Host+" "+label+" "+widget.Clean(t.args["private_ip"]), hostRight-3, ""), st)
	}
	name(bastionY, "bastion", f.bastion)
	name(privateY, "private", f.private)
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
		h, _, _, _, _, _, st := e.pen(t)
		switch e {
		case bad:
			return widget.Span{Text: " " + h + t.Icon.Bad + h + " ", Style: st}
		case quiet:
			return widget.Span{Text: " " + h + h + " ", Style: st}
		}
		return widget.Span{Text: " " + h + h + " ", Style: st}
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
