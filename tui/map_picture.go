package tui

import (
	"strings"

	"gatewalk/tui/theme"
	"gatewalk/tui/widget"
)

// picture draws the map in at most w by h cells.
func (f facts) picture(m *model, w, h int) []string {
	s := f.sketch(m, w, h)
	s.ends()
	s.frames()
	s.ways()
	s.doors()
	for i := range f.sites {
		s.site(i)
	}
	return s.c.Lines()
}

// pen is how the outline of a thing is drawn: dotted until it is there.
func (s *sketch) pen(b being) widget.Pen {
	switch b {
	case there:
		return widget.Pen{Weight: theme.Light, Style: s.t.Frame.Line}
	case making:
		return widget.Pen{Weight: theme.Light, Dotted: true, Style: s.t.State.Now}
	}
	return widget.Pen{Weight: theme.Light, Dotted: true, Style: s.t.Frame.Line}
}

// flow is how the way of a packet is drawn.
func (s *sketch) flow(e edge) widget.Pen {
	return widget.Pen{Weight: theme.Heavy, Style: e.style(s.t)}
}

func (e edge) style(t *theme.Theme) theme.Style {
	switch e {
	case good:
		return t.State.OK
	case bad:
		return t.State.Bad
	case busy:
		return t.State.Now
	}
	return t.Frame.Line
}

// name writes a label that stands out once the thing is there.
func (s *sketch) name(x, y int, text string, b being, st theme.Style) {
	if b != there {
		st = s.t.Text.Dim
	}
	s.c.Text(x, y, text, st)
}

// ends are my PC and S3, and the internet between them.
func (s *sketch) ends() {
	x, t := s.m.txt.Map, s.t
	solid := s.pen(there)
	s.c.Box(solid, 0, 0, s.pcR+1, s.s3B+1)
	s.c.Text(2, wayY, x.PC, t.Text.Strong)
	s.c.Box(solid, s.s3L, 0, s.w-s.s3L, s.s3B+1)
	s.c.Path(solid, widget.Point{X: s.pcR, Y: wayY}, widget.Point{X: s.s3L, Y: wayY})
	if !s.wide {
		s.c.Text(s.s3L+2, wayY, "S3", t.Text.Strong)
		return
	}
	s.c.Text(2, wayY+1, s.f.pc, t.Text.Dim)
	s.c.Text(s.s3L+2, wayY, x.S3, t.Text.Strong)
	s.c.Text(s.s3L+2, wayY+1, s.m.region(), t.Text.Dim)
	x0, last := s.s3L+2, ""
	for _, site := range s.f.sites {
		if site.edge != good {
			continue
		}
		s.c.Text(s.s3L+3+widget.Width(x.S3), wayY, t.Icon.OK, t.State.OK)
		if addr, _, _ := strings.Cut(widget.Clean(site.way.dest), ":"); addr != last { // what its packets arrived at
			s.c.Text(x0, wayY+2, addr, t.State.OK)
			x0, last = x0+widget.Width(addr)+2, addr
		}
	}
}

// frames are the VPC and its subnets with their tables.
func (s *sketch) frames() {
	x := s.m.txt.Map
	s.c.Box(s.pen(s.f.vpc.being), 0, s.vpcY, s.vpcR+1, s.h-s.vpcY)
	for i, site := range s.f.sites {
		p, pen := s.at[i], s.pen(site.net.being)
		s.c.Box(pen, s.left, p.top, s.right-s.left+1, p.bottom-p.top+1)
		s.c.Path(s.pen(site.table.being), widget.Point{X: s.left, Y: p.table}, widget.Point{X: s.right, Y: p.table})
	}
	s.name(2, s.vpcY, " "+strings.TrimSpace("VPC "+widget.Clean(s.f.vpc.args["cidr"]))+" ", s.f.vpc.being, theme.Style{})
	for i, site := range s.f.sites {
		p, part := s.at[i], map[string]string{tablePublic: x.Public, tablePrivate: x.Private}[site.name]
		s.name(s.left+2, p.top, s.edgeText(part, widget.Clean(site.net.args["cidr"])), site.net.being, theme.Style{})
		id := ""
		if s.full {
			id = widget.Clean(site.table.ID)
		}
		s.name(s.left+2, p.table, s.edgeText(x.Table, id), site.table.being, theme.Style{})
	}
}

// edgeText is a name in the upper edge of a subnet or table.
func (s *sketch) edgeText(parts ...string) string {
	return " " + widget.Clip(strings.TrimSpace(strings.Join(parts, " ")), s.right-s.left-4, s.t.Icon.Ellipsis) + " "
}

// ways are the lines: first those that are merely there, then what goes over
// them.
func (s *sketch) ways() {
	type pt = widget.Point
	pub, priv := s.at[0], s.at[1]
	gate := s.pen(s.f.igw.being)
	s.c.Path(gate, pt{X: s.gate, Y: wayY}, pt{X: s.gate, Y: pub.host}, pt{X: s.right, Y: pub.host})
	jumpX := s.left + 1
	s.c.Path(s.pen(min(s.f.sites[0].net.being, s.f.sites[1].net.being)), pt{X: jumpX, Y: pub.bottom}, pt{X: jumpX, Y: priv.top})
	for i, site := range s.f.sites {
		if s.f.hasEndpoint(site) {
			y := s.at[i].host
			s.c.Path(s.pen(s.f.endpoint.being), pt{X: s.right, Y: y}, pt{X: s.leg, Y: y}, pt{X: s.leg, Y: s.s3B})
		}
	}
	if s.f.login != quiet {
		x := s.hostEnd(0)
		s.c.Path(s.flow(s.f.login), pt{X: s.pcR, Y: wayY}, pt{X: s.gate, Y: wayY}, pt{X: s.gate, Y: pub.host}, pt{X: x, Y: pub.host})
		s.head(x, pub.host, 3, s.f.login)
	}
	if s.f.jump != quiet {
		s.c.Path(s.flow(s.f.jump), pt{X: jumpX, Y: pub.bottom}, pt{X: jumpX, Y: priv.top})
		s.head(jumpX, priv.top-1, 2, s.f.jump)
		s.c.Text(jumpX+2, priv.top-1, "SSH", s.f.jump.style(s.t))
	}
	for i, site := range s.f.sites {
		if site.edge != quiet {
			s.way(i, site)
		}
	}
	label := " " + s.m.txt.Map.Internet + " "
	s.c.Text(s.pcR+max(1, (s.gate-s.pcR-widget.Width(label)+1)/2), wayY, label, s.t.Text.Dim)
}

// way is the way of an instance's packets to S3, as far as they come.
func (s *sketch) way(i int, site site) {
	type pt = widget.Point
	y, from, pen := s.at[i].host, s.hostEnd(i), s.flow(site.edge)
	dead, where := site.edge == bad, site.way.stop()
	if s3 := s.s3L; site.edge == good && !s.wide {
		s.c.Text(s3+5, wayY, s.t.Icon.OK, s.t.State.OK)
	}
	switch {
	case dead && where == atHost:
		s.c.Text(from, y, s.t.Icon.Bad, s.t.State.Bad)
	case where == atTable:
		s.c.Path(pen, pt{X: from, Y: y}, pt{X: s.right, Y: y})
		if !dead {
			s.head(s.right-1, y, 1, site.edge)
			return
		}
		s.c.Text(s.right, y, s.t.Icon.Bad, s.t.State.Bad)
		if s.wide && i == 1 {
			s.c.Text(s.right+2, y, widget.Clean(site.way.code), s.t.State.Bad)
		}
	case site.way.via == "endpoint" && dead:
		s.c.Path(pen, pt{X: from, Y: y}, pt{X: s.vpcR - 3, Y: y})
		s.c.Text(s.vpcR-3, y, s.t.Icon.Bad, s.t.State.Bad)
	case site.way.via == "endpoint":
		s.c.Path(pen, pt{X: from, Y: y}, pt{X: s.leg, Y: y}, pt{X: s.leg, Y: s.s3B})
		s.head(s.leg, s.s3B+1, 0, site.edge)
	case dead:
		s.c.Path(pen, pt{X: from, Y: y}, pt{X: s.gate, Y: y}, pt{X: s.gate, Y: s.vpcY + 1})
		s.c.Text(s.gate, s.vpcY+1, s.t.Icon.Bad, s.t.State.Bad)
	default:
		s.c.Path(pen, pt{X: from, Y: y}, pt{X: s.gate, Y: y}, pt{X: s.gate, Y: wayY}, pt{X: s.s3L, Y: wayY})
		s.head(s.s3L-1, wayY, 1, site.edge)
	}
}

// head is the tip of an arrow, or the cross where it does not arrive.
func (s *sketch) head(x, y, direction int, e edge) {
	tip := s.t.Icon.Heads[direction]
	if e == bad {
		tip = s.t.Icon.Bad
	}
	s.c.Text(x, y, tip, e.style(s.t))
}

// doors are what leads out of the VPC.
func (s *sketch) doors() {
	b := s.t.Border
	passes := quiet
	for _, site := range s.f.sites {
		if site.way.via == "igw" && site.way.stop() == atGate && site.edge != quiet {
			passes = site.edge
		}
	}
	s.door(s.gate-2, s.vpcY, b.Open+"IGW"+b.Close, s.f.igw.being, max(passes, s.f.login))
	for i, site := range s.f.sites {
		if !s.f.hasEndpoint(site) {
			continue
		}
		passes := quiet
		if site.way.via == "endpoint" {
			passes = site.edge
		}
		y := s.at[i].host
		s.door(s.vpcR-2, y, b.Open+"EP"+b.Close, s.f.endpoint.being, passes)
		if id := widget.Clean(s.f.endpoint.ID); s.wide {
			s.c.Text(s.vpcR-2-widget.Width(id), y+1, id, s.t.Text.Dim)
		}
	}
	if s.wide {
		s.c.Text(s.gate+2, s.vpcY+1, widget.Clean(s.f.igw.ID), s.t.Text.Dim)
	}
}

func (s *sketch) door(x, y int, name string, b being, e edge) {
	st := s.t.Text.Strong
	if e != quiet {
		st = e.style(s.t)
	}
	s.name(x, y, name, b, st)
}

// hostText is an instance with its addresses.
func (s *sketch) hostText(i int) string {
	site := s.f.sites[i]
	mark := s.t.Icon.Host
	if i == 0 && s.f.login == good || i == 1 && s.f.jump == good {
		mark = s.t.Icon.OK
	}
	text := strings.TrimSpace(mark + " " + site.host + " " + widget.Clean(site.box.args["private_ip"]))
	if ip := widget.Clean(site.box.args["public_ip"]); ip != "" && s.full {
		text += "  " + ip
	}
	return widget.Clip(text, s.right-s.left-4, "")
}

// hostEnd is the column after an instance's name.
func (s *sketch) hostEnd(i int) int { return s.left + 3 + widget.Width(s.hostText(i)) }

// site writes what is in a subnet.
func (s *sketch) site(i int) {
	site, p, t := s.f.sites[i], s.at[i], s.t
	st := t.Text.Strong
	if i == 0 && s.f.login == good || i == 1 && s.f.jump == good {
		st = t.State.OK
	}
	s.name(s.left+2, p.host, s.hostText(i), site.box.being, st)
	for n, text := range s.m.rowsOfTable(site, s.full) {
		s.c.Text(s.left+2, p.table+1+n, widget.Clip(text.Text, s.right-s.left-3, t.Icon.Ellipsis), text.Style)
	}
}

// rowsOfTable are the rows of a subnet's route table, with what the packet met
// marked; full writes ids out.
func (m *model) rowsOfTable(site site, full bool) []widget.Span {
	t, pad := m.t, 0
	for _, r := range site.rows {
		if full {
			pad = max(pad, widget.Width(r.dest))
		}
	}
	var out []widget.Span
	for _, r := range site.rows {
		mark, st := " ", theme.Style{}
		switch r.mark {
		case added:
			mark, st = t.Icon.Added, t.State.OK
		case used:
			mark, st = t.Icon.Now, site.edge.style(t)
			if site.edge == bad { // the row is right; what dies, dies behind it
				st = t.Text.Strong
			}
		case missing:
			mark, st = "?", t.State.Bad
		}
		target := r.target
		if !full {
			target = short(target)
		}
		out = append(out, widget.Span{Text: mark + " " + widget.Fit(r.dest, max(pad, widget.Width(r.dest)), "") + " " + t.Icon.Arrow + " " + target, Style: st})
	}
	return out
}

// short names a target as the map's doors are named.
func short(target string) string {
	switch {
	case strings.HasPrefix(target, "igw-"):
		return "IGW"
	case strings.HasPrefix(target, "vpce-"):
		return "EP"
	}
	return target
}
