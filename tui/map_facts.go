package tui

import (
	"net/netip"
	"strings"

	"gatewalk/steps"
	"gatewalk/tui/widget"
)

// facts is what the map shows: the world as it was at the step that is shown,
// and what went over its lines in that step.
type facts struct {
	vpc, igw, endpoint part
	sites              [2]site
	login              edge   // from my PC to the bastion
	jump               edge   // from the bastion to the private instance
	pc                 string // my address, as the bastion's group lets it in
	built, gone        bool
}

// part is a thing and whether it exists.
type part struct {
	thing
	being being
}

type being int

const (
	absent being = iota
	making
	there
)

// site is a subnet with its instance, its route table, and what becomes of the
// packets that the instance sends to S3.
type site struct {
	name            string // of the subnet and its table
	host            string // of the instance
	net, box, table part
	rows            []route
	way             way
	edge            edge
}

// route is a row of a route table.
type route struct {
	dest, target string
	mark         rowMark
}

type rowMark int

const (
	ordinary rowMark = iota
	added            // by the endpoint
	used             // by the packet
	missing          // no row: what the packet asked for
)

// edge is how a line of the map is drawn.
type edge int

const (
	quiet edge = iota // there, and nothing on its way
	busy              // something is on its way
	good              // it got through
	bad               // it dies on it
)

// stop is where a packet dies.
type stop int

const (
	atHost stop = iota // a security group
	atTable
	atGate
)

// stop concludes from AWS's explanation code and from how far it came.
func (wy way) stop() stop {
	switch {
	case wy.code == "ENI_SG_RULES_MISMATCH":
		return atHost
	case wy.code == "NO_ROUTE_TO_DESTINATION", wy.code == "SUBNET_ACL_RESTRICTION", wy.via == "":
		return atTable
	}
	return atGate
}

func (m *model) facts() facts {
	id := m.id()
	r := m.walk.peek(id)
	f := facts{vpc: m.part("vpc", "main"), igw: m.part("internet-gateway", "main"), endpoint: m.part("vpc-endpoint", "s3")}
	f.built = f.vpc.being == there
	f.gone = id == stepCleanup && r.status == steps.Holds
	if p, err := netip.ParsePrefix(m.walk.values["ssh-from"]); err == nil {
		f.pc = p.Addr().String()
	}
	asks := map[string]bool{} // hosts with a command under way to S3
	for _, ru := range r.runs {
		ssh := strings.HasPrefix(ru.command, "ssh ")
		if ssh && r.status == steps.Running {
			f.login = busy
		}
		asks[ru.host] = asks[ru.host] || !ssh && !ru.over && r.status == steps.Running && !strings.HasPrefix(ru.command, "nslookup")
	}
	for _, e := range r.seen {
		if e.Msg == "login" {
			f.login = good
			if e.Host == "private" {
				f.jump = good
			}
		}
	}
	if r.fail != nil && strings.HasPrefix(r.fail.Msg, "ssh-") {
		if f.login = bad; r.fail.Host == "private" {
			f.login, f.jump = good, bad
		}
	}
	for i, name := range []string{tablePublic, tablePrivate} {
		s := &f.sites[i]
		*s = site{name: name, host: []string{"bastion", "private"}[i], net: m.part("subnet", name), table: m.part("route-table", name)}
		s.box = m.part("instance", s.host)
		s.way = r.ways[s.host]
		switch {
		case s.way.fate == arrives:
			s.edge = good
		case s.way.fate == dies:
			s.edge = bad
		case asks[s.host]:
			s.edge, s.way.via = busy, m.walk.viaOf(s.host)
		}
		s.rows = m.routes(f, *s)
	}
	return f
}

// part is a thing as it was at the step that is shown, or as it is being made
// there.
func (m *model) part(kind, name string) part {
	if t, ok := m.walk.findAt(m.id(), kind, name); ok {
		return part{t, there}
	}
	for _, t := range m.walk.things {
		if t.Kind == kind && t.Name == name && !t.made && !t.gone && t.step == m.id() {
			return part{t, making}
		}
	}
	return part{}
}

// hasEndpoint reports whether the endpoint put its row into this table.
func (f facts) hasEndpoint(s site) bool {
	return f.endpoint.being != absent && f.endpoint.args["route_table"] == s.name
}

// routes are the rows of a table as it was at the step that is shown: as
// observed where it was, otherwise as they follow from what was made. What the
// packet met is marked.
func (m *model) routes(f facts, s site) []route {
	rows := m.tableRows(f, s)
	for i := range rows {
		row := &rows[i]
		byEndpoint := strings.HasPrefix(row.dest, "pl-")
		switch {
		case s.edge != quiet && s.way.stop() != atHost && (s.way.via == "endpoint" && byEndpoint || s.way.via == "igw" && strings.HasPrefix(row.target, "igw-")):
			row.mark = used
		case byEndpoint:
			row.mark = added
		}
	}
	if s.edge == bad && s.way.code == "NO_ROUTE_TO_DESTINATION" {
		dest, _, _ := strings.Cut(widget.Clean(s.way.dest), ":")
		if dest == "" {
			dest = "S3"
		}
		rows = append(rows, route{dest, m.t.Icon.Bad, missing})
	}
	return rows
}

func (m *model) tableRows(f facts, s site) []route {
	mine, when := f.hasEndpoint(s), "before"
	if mine {
		when = "after"
	}
	for _, id := range m.walk.order {
		for _, e := range m.walk.peek(id).seen {
			if e.Msg == "routes" && e.Args["table"] == s.name && e.Args["when"] == when && len(e.Rows) > 0 && s.table.being == there {
				return routesOf(e.Rows)
			}
		}
	}
	var rows []route
	if cidr := f.vpc.args["cidr"]; cidr != "" && s.table.being == there {
		rows = append(rows, route{dest: widget.Clean(cidr), target: "local"})
	}
	if f.igw.being == there && s.name == tablePublic && s.table.being == there {
		rows = append(rows, route{dest: "0.0.0.0/0", target: widget.Clean(f.igw.ID)})
	}
	if mine && f.endpoint.being == there {
		pl := "pl-…"
		if m.t.ASCII {
			pl = "pl-*"
		}
		if e := m.walk.observed("prefix-list", "", ""); e != nil && e.Args["id"] != "" {
			pl = widget.Clean(e.Args["id"])
		}
		rows = append(rows, route{dest: pl, target: widget.Clean(f.endpoint.ID)})
	}
	return rows
}

func routesOf(rows [][]string) []route {
	var out []route
	for _, r := range rows {
		if len(r) >= 2 {
			out = append(out, route{dest: widget.Clean(r[0]), target: widget.Clean(r[1])})
		}
	}
	return out
}
