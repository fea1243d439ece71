package report

import (
	"slices"

	"gatewalk/steps"
	"gatewalk/tui/widget"
)

// picture is the network at one time, with the way of the private instance's
// packets to S3.
type picture struct {
	Say                  *labels
	Title, Result        string
	VPC, Public, Private string // CIDRs
	Bastion, Instance    string // addresses
	Endpoint             string // its id; "" where there is none
	Routes               []route
	Arrives              bool
}

// labels are the words of a picture.
type labels struct{ Internet, Gateway, Public, Private, Routes, S3 string }

// pictures are the network before and after the endpoint. There is none where
// the run did not get as far as having something to compare.
func (p *page) pictures(events []steps.Event) []picture {
	i := slices.IndexFunc(p.Tables, func(t table) bool { return t.Name == p.Say.Table["private"] })
	if i < 0 || p.Before == nil || p.After == nil || p.Change == nil {
		return nil
	}
	made := func(kind, name, arg string) (value string) { // also of what is gone again by now
		for _, e := range events {
			if e.Kind == steps.Made && e.Resource != nil && e.Resource.Kind == kind && e.Resource.Name == name {
				value = widget.Clean(e.Args[arg])
			}
		}
		return value
	}
	base := picture{
		Say: &labels{p.Say.Internet, p.Say.Gateway, p.Say.Public, p.Say.Private, p.Say.Routes, "Amazon S3"},
		VPC: made("vpc", "main", "cidr"), Public: made("subnet", "public", "cidr"), Private: made("subnet", "private", "cidr"),
		Bastion: made("instance", "bastion", "private_ip"), Instance: made("instance", "private", "private_ip"),
	}
	before, after := base, base
	before.Title, before.Result = p.Say.BeforeTitle, p.Say.Silent
	after.Title, after.Result, after.Arrives, after.Endpoint = p.Say.AfterTitle, p.Say.Arrives, true, p.Change.Target
	for _, r := range p.Tables[i].Routes {
		after.Routes = append(after.Routes, r)
		if !r.New {
			before.Routes = append(before.Routes, r)
		}
	}
	return []picture{before, after}
}

// Y is where the i-th route of the table is written.
func (picture) Y(i int) int { return 239 + 16*i }
