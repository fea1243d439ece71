package tui

import (
	"strings"

	"gatewalk/steps"
	"gatewalk/tui/widget"
)

// side is one half: a heading and lines.
type side struct {
	title string
	lines []outLine
	run   *run
}

// topic is something with two sides to it.
type topic struct {
	name        string // for ever, in no language
	title       string
	left, right side
}

// topics are all comparisons that the walk has material for, in its order:
// what the two instances answered to one command, and what one instance
// answered before and after.
func (m *model) topics() []topic {
	x := m.txt.Compare
	var out []topic
	add := func(name, title string, l, r side) {
		if len(l.lines)+len(r.lines) > 0 || l.run != nil && r.run != nil {
			out = append(out, topic{name, title, l, r})
		}
	}
	add("3.5", x.ListBoth, m.runSide("3.3", "bastion", ""), m.runSide("3.5", "private", x.Before))
	add("3.8", x.ListChange, m.runSide("3.5", "private", x.Before), m.runSide("3.8", "private", x.After))
	for _, id := range m.walk.order {
		if m.walk.asksBoth(id) {
			add(string(id), m.book.Page(id).Title, m.runSide(id, "bastion", ""), m.runSide(id, "private", ""))
		}
	}
	add("routes", x.Routes, m.routeSide("before", x.Before), m.routeSide("after", x.After))
	if e := m.walk.observed("prefix-list", "", ""); e != nil {
		s := side{title: m.txt.Term.PrefixHead + " " + widget.Clean(e.Args["id"])}
		for _, r := range cleanRows(e.Rows) {
			s.lines = append(s.lines, outLine{text: strings.Join(r, "  ")})
		}
		a := side{title: x.Addresses}
		for _, id := range m.walk.order {
			for _, seen := range m.walk.peek(id).seen {
				if seen.Msg == "addresses" {
					for _, r := range cleanRows(seen.Rows) {
						if len(r) > 1 {
							r[1] = m.txt.Term.Listed[r[1]]
						}
						a.lines = append(a.lines, outLine{text: m.hostName(seen.Host) + "  " + strings.Join(r, "  ")})
					}
				}
			}
		}
		add("prefix", x.Prefix, a, s)
	}
	return out
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
	s := side{title: m.hostName(host)}
	if note != "" {
		s.title += "  " + note
	}
	r := m.walk.peek(id)
	for _, ru := range r.runs {
		if ru.host != host {
			continue
		}
		if s.run == nil {
			s.run = ru
		} else {
			s.lines = append(s.lines, outLine{text: ""})
		}
		s.lines = append(s.lines, outLine{text: "$ " + ru.command})
		s.lines = append(s.lines, ru.out...)
		if ru.over && len(ru.out) == 0 {
			s.lines = append(s.lines, outLine{text: m.txt.Compare.Silent})
		}
		if ru.over && ru.status != "" && ru.status != "0" {
			s.lines = append(s.lines, outLine{text: fill(m.txt.Term.Exit, "status", widget.Clean(ru.status))})
		}
	}
	return s
}

// routeSide is the private subnet's route table at one time.
func (m *model) routeSide(when, note string) side {
	var s side
	for _, id := range m.walk.order {
		for _, e := range m.walk.peek(id).seen {
			if e.Msg == "routes" && e.Args["when"] == when && e.Args["table"] == tablePrivate {
				s = side{title: widget.Clean(e.Args["id"]) + "  " + note}
				for _, r := range e.Rows {
					if len(r) >= 2 {
						s.lines = append(s.lines, outLine{text: widget.Clean(r[0]) + " " + m.t.Icon.Arrow + " " + widget.Clean(r[1])})
					}
				}
			}
		}
	}
	return s
}
