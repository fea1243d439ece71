package tui

import (
	"strings"

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

// edge is how a line of the map is drawn.
type edge int

const (
	quiet edge = iota // there, and nothing on its way
	busy              // something is on its way
	good              // it got through
	bad               // it dies here
)

// pen is how a line looks: heavy where something goes over it, so that it is
// seen without colour too.
type pen struct {
	h, v, bl, br string // across, down, and the lower corners
	style        theme.Style
}

func (e edge) pen(t *theme.Theme) pen {
	b := t.Border
	p := pen{b.HeavyH, b.HeavyV, b.HeavyBL, b.HeavyBR, t.Frame.Line}
	switch e {
	case busy:
		p.style = t.State.Now
	case good:
		p.style = t.State.OK
	case bad:
		p.style = t.State.Bad
	default:
		p = pen{b.H, b.V, b.BL, b.BR, t.Frame.Line}
	}
	return p
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
		p := f.login.pen(m.t)
		c.Text(pcX, 2, m.t.Border.TDown, line(m))
		c.V(pcX, 3, netY-1, p.v, p.style)
		c.Text(pcX, netY, p.bl, p.style)
		c.H(pcX+1, gateX-1, netY, p.h, p.style)
		c.Text(pcX+6, netY, " "+m.txt.Map.Internet+" ", m.t.Text.Dim)
		c.V(gateX, netY, gateY-1, p.v, p.style)
		f.toBastion(m, c, f.login)
	}
	if (out == quiet) == quietPass {
		p := out.pen(m.t)
		c.Text(gateX, 2, m.t.Border.TDown, line(m))
		c.V(gateX, 3, gateY-1, p.v, p.style)
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
	p := e.pen(m.t)
	c.V(gateX, gateY+1, bastionY-1, p.v, p.style)
	c.H(hostRight, gateX-1, bastionY, p.h, p.style)
	c.Text(gateX, bastionY, p.br, p.style)
}

// inside is the line between the two instances.
func (f facts) inside(m *model, c *widget.Canvas, quietPass bool) {
	if (f.jump == quiet) != quietPass {
		return
	}
	p := f.jump.pen(m.t)
	if f.jump == quiet {
		p.v = m.t.Border.DashV
	}
	c.V(6, bastionY+1, privateY-2, p.v, p.style)
	if f.jump != quiet {
		c.Text(8, bastionY+1, "SSH", p.style)
	}
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
			p := e.pen(t)
			c.H(hostRight, vpcRight-3, y, p.h, p.style)
			if e == bad { // what dies at the endpoint never leaves it
				p = quiet.pen(t)
			}
			c.Text(endX, 2, t.Border.TDown, line(m))
			c.V(endX, 3, y-1, p.v, p.style)
			c.Text(vpcRight+2, y, p.h, p.style)
			c.Text(endX, y, p.br, p.style)
			c.Text(vpcRight-2, y, "[EP]", t.Text.Accent)
			if e == bad {
				c.Text(vpcRight-3, y, t.Icon.Bad, t.State.Bad)
			}
		}
	}
	if f.hasEndpoint && f.endpoint.args["route_table"] == tablePrivate || quietPass {
		return
	}
	switch e := f.edgeOf("private"); e {
	case bad, busy, good:
		p := e.pen(t)
		c.H(hostRight, hostRight+1, privateY, p.h, p.style)
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
