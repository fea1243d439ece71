package report

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"gatewalk/steps"
	"gatewalk/tui/text"
	"gatewalk/tui/widget"
)

// The steps whose facts have a place of their own on the page.
const (
	stepBastionList = steps.ID("3.3")
	stepBefore      = steps.ID("3.5")
	stepAfter       = steps.ID("3.8")
)

// attempt is a step as it was last run.
type attempt struct {
	events []steps.Event
	held   bool
	failed *steps.Event
}

// attempts are the steps' last runs. A later one that never ended (the recorder
// was killed) does not hide what an earlier one saw.
func attempts(events []steps.Event) map[steps.ID]*attempt {
	all, open := map[steps.ID]*attempt{}, map[steps.ID]*attempt{}
	for _, e := range events {
		if e.Step == "" {
			continue
		}
		if e.Kind == steps.Started || open[e.Step] == nil {
			open[e.Step] = &attempt{}
		}
		a := open[e.Step]
		a.events = append(a.events, e)
		switch e.Kind {
		case steps.Held:
			a.held, a.failed = true, nil
			all[e.Step] = a
		case steps.Failed:
			a.held, a.failed = false, &e
			all[e.Step] = a
		}
	}
	for id, a := range open {
		if all[id] == nil {
			all[id] = a
		}
	}
	return all
}

func newPage(book steps.Book, events []steps.Event, o Options) *page {
	p := &page{Lang: o.Lang, Title: book.Title(), Say: text.ReportOf(o.Lang), Total: len(o.Order)}
	state := steps.Fold("", events)
	runs := attempts(events)
	p.about(state, events, o)
	p.Bastion, p.Before, p.After = p.terminal(runs[stepBastionList], "bastion"), p.terminal(runs[stepBefore], "private"), p.terminal(runs[stepAfter], "private")
	if e := observed(runs[stepBefore], "silence"); e != nil {
		d, _ := time.ParseDuration(e.Args["elapsed"])
		p.Silence = int(d.Round(time.Second).Seconds())
	}
	p.routes(events)
	p.lead()
	p.prefixes(events)
	for _, id := range o.Order {
		about := book.Page(id)
		a := runs[id]
		p.Steps = append(p.Steps, p.step(book, about, a))
		if a == nil {
			continue
		}
		if a.held {
			p.Held++
		}
		if both := p.both(a); both != nil {
			p.Pairs = append(p.Pairs, pair{id, about.Title, about.Seen, both})
		}
		if e := observed(a, "policies"); e != nil {
			p.Policies = p.policies(e.Rows)
		}
		if e := observed(a, "left"); e != nil {
			p.Left = widget.Clean(e.Args["count"])
		}
		if q := predicted(about, state); q != nil && a.held { // else nothing has come yet
			p.Predictions = append(p.Predictions, *q)
		}
	}
	p.Pictures = p.pictures(events)
	return p
}

// about is who ran it, where, when and for how much.
func (p *page) about(state *steps.State, events []steps.Event, o Options) {
	p.World, p.Region, p.Account = p.world(state.Value("world"), state.Value("endpoint")), widget.Clean(state.Value("region")), widget.Clean(state.Value("account"))
	if len(events) > 0 {
		first, last := events[0].At, events[len(events)-1].At
		p.Date = first.Local().Format("2006-01-02 15:04")
		p.Took = widget.Clock(last.Sub(first))
	}
	if o.USD > 0 {
		p.Cost = fmt.Sprintf("$%.2f", o.USD)
	}
}

// world is where the run was, in words; "" where the recording does not say.
func (p *page) world(name, endpoint string) string {
	switch {
	case name == "lab":
		return p.Say.Lab
	case name == "aws" && endpoint != "":
		return p.Say.NotReal
	case name == "aws":
		return p.Say.AWS
	}
	return ""
}

// lead is what came of the private instance's two listings; "" where it ran
// none.
func (p *page) lead() {
	switch {
	case p.Before == nil && p.After == nil:
	case p.After == nil:
		p.Lead = p.Say.LeadBefore
	case p.After.Status != "0":
		p.Lead = p.Say.LeadStill
	default:
		p.Lead = p.Say.Lead
	}
}

func observed(a *attempt, msg string) *steps.Event {
	if a == nil {
		return nil
	}
	for _, e := range slices.Backward(a.events) {
		if e.Kind == steps.Observed && e.Msg == msg {
			return &e
		}
	}
	return nil
}

// terminal is what a host was told and printed in an attempt; nil if nothing.
func (p *page) terminal(a *attempt, host string) *terminal {
	if a == nil {
		return nil
	}
	var lines []string
	t := &terminal{Host: p.Say.Host[host]}
	for _, e := range a.events {
		if e.Host != host {
			continue
		}
		switch e.Kind {
		case steps.Command:
			lines = append(lines, widget.Clean(e.Args["prompt"]+e.Text))
		case steps.Output:
			for l := range strings.SplitSeq(strings.TrimRight(e.Text, "\r\n"), "\n") {
				lines = append(lines, widget.Clean(strings.TrimRight(l, "\r")))
			}
		case steps.Exit:
			t.Status = widget.Clean(e.Args["status"])
		}
	}
	if len(lines) == 0 {
		return nil
	}
	t.Text = strings.TrimRight(strings.Join(lines, "\n"), "\n")
	return t
}

// both are the two instances' terminals, where both were told something.
func (p *page) both(a *attempt) []terminal {
	bastion, private := p.terminal(a, "bastion"), p.terminal(a, "private")
	if bastion == nil || private == nil {
		return nil
	}
	return []terminal{*bastion, *private}
}

func (p *page) step(book steps.Book, about steps.Page, a *attempt) step {
	s := step{ID: about.ID, Title: about.Title, Says: about.What}
	switch {
	case a == nil:
	case a.held:
		s.Held = true
		if about.Seen != "" {
			s.Says = about.Seen
		}
	case a.failed != nil:
		s.Broke = true
		if said := book.Sentence(*a.failed); said != "" {
			s.Says = widget.Clean(said)
		}
	}
	return s
}

// routes are both tables as they were seen last, and what is new in them.
func (p *page) routes(events []steps.Event) {
	before, after := map[string]steps.Event{}, map[string]steps.Event{}
	for _, e := range events {
		if e.Kind != steps.Observed || e.Msg != "routes" {
			continue
		}
		seen := after
		if e.Args["when"] == "before" {
			seen = before
		}
		seen[e.Args["table"]] = e
	}
	for _, name := range []string{"private", "public"} {
		e, ok := after[name]
		if !ok {
			if e, ok = before[name]; !ok {
				continue
			}
		}
		t := table{Name: p.Say.Table[name], ID: widget.Clean(e.Args["id"])}
		for _, row := range e.Rows {
			r := routeOf(row)
			r.New = !slices.ContainsFunc(before[name].Rows, func(old []string) bool { return routeOf(old) == r })
			if _, known := before[name]; !known {
				r.New = false
			}
			if r.New && name == "private" {
				p.Change = &r
			}
			t.Routes = append(t.Routes, r)
		}
		p.Tables = append(p.Tables, t)
	}
}

func routeOf(row []string) (r route) {
	for i, field := range []*string{&r.Destination, &r.Target, &r.State, &r.Origin} {
		if i < len(row) {
			*field = widget.Clean(row[i])
		}
	}
	return r
}

// prefixes is the prefix list, with the addresses that were met inside it.
func (p *page) prefixes(events []steps.Event) {
	var met []netip.Addr
	for _, e := range events {
		if e.Kind != steps.Observed {
			continue
		}
		switch e.Msg {
		case "addresses":
			for _, row := range e.Rows {
				if len(row) == 0 {
					continue
				}
				if a, err := netip.ParseAddr(row[0]); err == nil && !slices.Contains(met, a) {
					met = append(met, a)
				}
			}
		case "prefix-list":
			p.Prefix = &prefixList{ID: widget.Clean(e.Args["id"]), Name: widget.Clean(e.Args["name"])}
			for _, row := range e.Rows {
				if len(row) == 0 {
					continue
				}
				c := cidr{CIDR: widget.Clean(row[0])}
				if prefix, err := netip.ParsePrefix(row[0]); err == nil {
					for _, a := range met {
						if prefix.Contains(a) {
							c.Met = append(c.Met, a.String())
						}
					}
				}
				p.Prefix.CIDRs = append(p.Prefix.CIDRs, c)
			}
		}
	}
}

// policies are their statements, each with the name of what it belongs to.
func (p *page) policies(rows [][]string) (all [][]string) {
	for _, row := range rows {
		var cells []string
		for i, cell := range row {
			if name := p.Say.Policy[cell]; i == 0 && name != "" {
				cell = name
			}
			cells = append(cells, widget.Clean(cell))
		}
		all = append(all, cells)
	}
	return all
}

// predicted is what the learner expected of a step; nil where nobody asked or
// nobody answered.
func predicted(about steps.Page, state *steps.State) *prediction {
	if about.Predict == nil {
		return nil
	}
	said := state.Choice("predict."+string(about.ID), "")
	label := func(value string) string {
		i := slices.IndexFunc(about.Predict.Options, func(o steps.Option) bool { return o.Value == value })
		if i < 0 {
			return ""
		}
		return about.Predict.Options[i].Label
	}
	if label(said) == "" {
		return nil
	}
	return &prediction{ID: about.ID, Question: about.Predict.Question,
		Said: label(said), Came: label(about.Predict.Right), Right: said == about.Predict.Right}
}

// List is aws s3 ls as the two instances answered it before the endpoint.
func (p *page) List() []*terminal { return []*terminal{p.Bastion, p.Before} }
