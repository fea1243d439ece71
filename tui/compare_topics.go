package tui

import (
	"net/netip"
	"slices"
	"strings"

	"gatewalk/steps"
	"gatewalk/tui/widget"
)

// side is one half: a heading and lines, and the way that its packets took.
type side struct {
	title string
	lines []sideLine
	run   *run
	live  bool // it still runs, which its last line says
	host  string
	edge  edge
	way   way
}

// sideLine is a line with what there is to say of it.
type sideLine struct {
	text string
	look look
}

type look int

const (
	printed look = iota // by a program
	typed               // a command
	warned              // on standard error
	nothing             // nothing was printed, or nobody answered
	reached             // the line that matters: what was looked for
)

// topic is something with two sides to it.
type topic struct {
	name        string // for ever, in no language
	step        steps.ID
	title       string
	left, right side
	loose       bool // two lists that are not to be matched line by line
}

// topics are all comparisons that the walk has material for, in its order:
// what the two instances answered to one command, and what one instance
// answered before and after.
func (m *model) topics() []topic {
	x := m.txt.Compare
	var out []topic
	add := func(id steps.ID, name, title string, l, r side) {
		if len(l.lines)+len(r.lines) > 0 || l.run != nil && r.run != nil {
			out = append(out, topic{name: name, step: id, title: title, left: l, right: r})
		}
	}
	add("3.5", "3.5", x.ListBoth, m.runSide("3.3", "bastion", ""), m.runSide("3.5", "private", x.Before))
	add("3.8", "3.8", x.ListChange, m.runSide("3.5", "private", x.Before), m.runSide("3.8", "private", x.After))
	for _, id := range m.walk.order {
		if m.walk.asksBoth(id) {
			add(id, string(id), m.book.Page(id).Title, m.runSide(id, "bastion", ""), m.runSide(id, "private", ""))
		}
	}
	add(stepRoutes, "routes", x.Routes, m.routeSide("before", x.Before), m.routeSide("after", x.After))
	if l, r := m.prefixSides(); len(l.lines) > 0 {
		out = append(out, topic{name: "prefix", step: stepRoutes, title: x.Prefix, left: l, right: r, loose: true})
	}
	return out
}

// prefixSides are the addresses that S3's name had, and the managed prefix
// list with the ranges that hold them.
func (m *model) prefixSides() (addrs, list side) {
	e := m.walk.observed("prefix-list", "", "")
	if e == nil {
		return side{}, side{}
	}
	holds := map[string]bool{}
	addrs.title, list.title = m.txt.Compare.Addresses, m.txt.Term.PrefixHead+" "+widget.Clean(e.Args["id"])
	for _, id := range m.walk.order {
		for _, seen := range m.walk.peek(id).seen {
			if seen.Msg != "addresses" {
				continue
			}
			for _, r := range cleanRows(seen.Rows) {
				if len(r) == 0 {
					continue
				}
				text := m.siteName(seen.Host) + "  " + r[0]
				for _, c := range cleanRows(e.Rows) {
					if len(c) > 0 && contains(c[0], r[0]) {
						holds[c[0]] = true
						text += " " + m.t.Icon.Arrow + " " + c[0]
					}
				}
				addrs.lines = append(addrs.lines, sideLine{text: text})
			}
		}
	}
	for _, c := range cleanRows(e.Rows) {
		if len(c) == 0 {
			continue
		}
		l := sideLine{"  " + c[0], printed}
		if holds[c[0]] {
			l = sideLine{m.t.Icon.OK + " " + c[0], reached}
		}
		list.lines = append(list.lines, l)
	}
	return addrs, list
}

func contains(cidr, addr string) bool {
	p, err := netip.ParsePrefix(cidr)
	a, err2 := netip.ParseAddr(addr)
	return err == nil && err2 == nil && p.Contains(a)
}

// asksBoth reports whether a step has run the same program on both instances.
// An ssh typed on one and a command on the other are no comparison.
func (w *walk) asksBoth(id steps.ID) bool {
	r := w.peek(id)
	a, b := r.last("bastion"), r.last("private")
	return a != nil && b != nil && program(a.command) == program(b.command)
}

func program(command string) string {
	name, _, _ := strings.Cut(command, " ")
	return name
}

// runSide is what a host answered in a step; note tells two of a kind apart.
func (m *model) runSide(id steps.ID, host, note string) side {
	r := m.walk.peek(id)
	s := side{title: m.hostName(host), host: host, way: r.ways[host]}
	switch s.way.fate {
	case arrives:
		s.edge = good
	case dies:
		s.edge = bad
	}
	if note != "" {
		s.title += "  " + note
	}
	for _, ru := range r.runs {
		if ru.host != host {
			continue
		}
		if s.run == nil {
			s.run = ru
		} else {
			s.lines = append(s.lines, sideLine{})
		}
		s.lines = append(s.lines, sideLine{"$ " + ru.command, typed})
		for _, l := range ru.out {
			s.lines = append(s.lines, sideLine{l.text, lookOf(ru, l)})
		}
		if !ru.over && m.act == running && m.walk.now == id {
			s.live = true
			s.lines = append(s.lines, sideLine{m.spinner() + " " + m.txt.Term.Running, nothing})
		}
		if ru.over && len(ru.out) == 0 {
			s.lines = append(s.lines, sideLine{m.txt.Compare.Silent, nothing})
		}
		if ru.over && ru.status != "" && ru.status != "0" {
			s.lines = append(s.lines, sideLine{fill(m.txt.Term.Exit, "status", widget.Clean(ru.status)), nothing})
		}
	}
	return s
}

// lookOf says what a line of a command's output is: hops that nobody answered
// for stand back, the destination of a trace and a listing stand out.
func lookOf(ru *run, l outLine) look {
	words := strings.Fields(l.text)
	command := strings.Fields(ru.command)
	switch {
	case l.stderr:
		return warned
	case l.text == "^C":
		return nothing
	case len(words) < 3 || len(command) == 0:
		return printed
	case program(ru.command) == "aws" && len(words) == 4 && strings.Count(words[0], "-") == 2:
		return reached
	case !slices.Contains(command, "traceroute"):
		return printed
	case strings.Trim(strings.Join(words[1:], ""), "*") == "":
		return nothing
	case words[0] != "traceroute" && slices.ContainsFunc(words[1:3], func(w string) bool { return strings.Trim(w, "()") == command[len(command)-1] }):
		return reached
	}
	return printed
}

// routeSide is the private subnet's route table at one time.
func (m *model) routeSide(when, note string) side {
	var s side
	for _, id := range m.walk.order {
		for _, e := range m.walk.peek(id).seen {
			if e.Msg != "routes" || e.Args["when"] != when || e.Args["table"] != tablePrivate {
				continue
			}
			s = side{title: widget.Clean(e.Args["id"]) + "  " + note}
			pad := 0
			rows := routesOf(e.Rows)
			for _, r := range rows {
				pad = max(pad, widget.Width(r.dest))
			}
			for _, r := range rows {
				l := sideLine{"  " + widget.Fit(r.dest, pad, "") + " " + m.t.Icon.Arrow + " " + r.target, printed}
				if strings.HasPrefix(r.dest, "pl-") {
					l = sideLine{m.t.Icon.Added + l.text[1:], reached}
				}
				s.lines = append(s.lines, l)
			}
		}
	}
	return s
}
