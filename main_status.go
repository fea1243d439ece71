package main

import (
	"cmp"
	"context"
	"slices"
	"time"

	"gatewalk/steps"
	"gatewalk/steps/tutorial"
	coursetext "gatewalk/steps/tutorial/text"
	"gatewalk/tui/plain"
)

// status tells of every session what exists and what it costs, as recorded
// here; with --aws it asks the account as well.
func (o *options) status(ctx context.Context, asJSON bool) error {
	_, all, err := o.sessions()
	if err != nil {
		return err
	}
	report := plain.Overview{At: time.Now(), Sessions: []plain.Session{}}
	for _, r := range all {
		report.Sessions = append(report.Sessions, o.sessionOf(r, report.At))
	}
	// What exists comes last, where a long list ends on the screen.
	slices.SortStableFunc(report.Sessions, func(a, b plain.Session) int {
		return cmp.Or(cmp.Compare(min(1, len(a.Resources)), min(1, len(b.Resources))), a.Created.Compare(b.Created))
	})
	if o.aws {
		if err := o.askAccount(ctx, &report); err != nil {
			return err
		}
	}
	return plain.Status(o.stdout, o.lang, asJSON, report)
}

// askAccount finds what bears a session's tag on the account, in this region.
func (o *options) askAccount(ctx context.Context, report *plain.Overview) error {
	cfg, err := o.awsConfig(ctx)
	if err != nil {
		return err
	}
	who, err := tutorial.WhoAmI(ctx, cfg)
	if err != nil {
		return o.explain(err)
	}
	w := tutorial.New(tutorial.Options{Target: tutorial.Target{Name: "aws", AWS: cfg}})
	defer w.Close()
	found, err := w.Orphans(ctx)
	if err != nil {
		return o.explain(err)
	}
	live := &plain.Account{Account: who.Account, Region: cfg.Region, Endpoint: o.endpoint, Found: []plain.Found{}}
	for _, f := range found {
		recorded := slices.ContainsFunc(report.Sessions, func(s plain.Session) bool { return s.ID == f.Session })
		live.Found = append(live.Found, plain.Found{Session: f.Session, Kind: f.Kind, ID: f.ID, Recorded: recorded})
	}
	report.Account = live
	return nil
}

// sessionOf tells of a recorded session what its status shows. The world and
// region are those that the walk noted.
func (o *options) sessionOf(r steps.Recorded, now time.Time) plain.Session {
	s := plain.Session{Name: r.Name, Created: r.Created, Holds: []steps.ID{}, Resources: []plain.Resource{}}
	if r.Err != nil {
		s.Err = r.Err.Error()
		return s
	}
	value := r.State.Value
	s.ID, s.World, s.Account, s.Region, s.Profile, s.Endpoint = r.State.ID(), value(valueWorld), value("account"), value(valueRegion), value(valueProfile), value(valueEndpoint)
	for _, id := range coursetext.Order() {
		if r.State.Status(id) == steps.Holds {
			s.Holds = append(s.Holds, id)
		}
	}
	since := map[string]time.Time{} // by kind and part: of its intent, or of its making
	for _, e := range r.Events {
		if e.Resource == nil {
			continue
		}
		key := e.Resource.Kind + "/" + e.Resource.Name
		if e.Kind == steps.Gone {
			delete(since, key)
		} else if _, known := since[key]; !known {
			since[key] = e.At
		}
	}
	for _, e := range r.State.Resources() {
		s.Resources = append(s.Resources, plain.Resource{Resource: e.Resource, Step: e.Step, Made: e.Made, Since: since[e.Kind+"/"+e.Name], Type: e.Args["type"], Address: e.Args["public_ip"]})
	}
	if s.World == "aws" {
		s.USD, s.PerHour = tutorial.Cost(s.Region, r.Events, now)
	}
	if len(s.Resources) > 0 {
		s.CleanUp = o.here("gatewalk cleanup " + s.Name)
	}
	return s
}
