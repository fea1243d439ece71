package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gatewalk/steps"
	"gatewalk/steps/tutorial"
	coursetext "gatewalk/steps/tutorial/text"
	"gatewalk/tui/plain"
	"gatewalk/tui/text"
)

// lostPrefix begins the folder in which a lost session is cleaned up.
const lostPrefix = "lost-"

// cleanOrphans finds by tag what sessions left whose files are lost, shows it,
// asks, and removes it: each lost session is opened anew under its own id, and
// its last step finds what was its.
func (o *options) cleanOrphans(ctx context.Context, only []string) error {
	reach := o.open // a lab is in its session
	if o.aws {      // where no session is needed, and the one that is usual may be what cannot be read
		reach = o.reachAWS
	}
	w, err := reach(ctx)
	if err != nil {
		return o.opening(err)
	}
	defer w.close()
	if w.course == nil {
		w.course = tutorial.New(w.options)
	}
	found, err := w.course.Orphans(ctx)
	if err != nil {
		return o.explain(err)
	}
	home, recorded, err := o.sessions()
	if err != nil {
		return err
	}
	// A session that is over is not cleaned up again by its name, and those that
	// are opened here have the things of a lost one.
	known := map[string]bool{}
	for _, r := range recorded {
		if r.State != nil && !steps.Over(r.State, cleanUp) && !strings.HasPrefix(r.Name, lostPrefix) {
			known[r.State.ID()] = true
		}
	}
	lost := map[string]*plain.LostSession{}
	for _, f := range found {
		if known[f.Session] || len(only) > 0 && !slices.Contains(only, f.Session) {
			continue // it has a file, and cleaning that session up removes it; or another one is meant
		}
		l := lost[f.Session]
		if l == nil {
			l = &plain.LostSession{ID: f.Session}
			lost[f.Session] = l
		}
		l.Add(f.Kind, f.ID, f.Since)
	}
	if len(lost) == 0 {
		fmt.Fprintln(o.stderr, o.say().NoOrphans)
		return nil
	}
	ids := slices.Sorted(maps.Keys(lost))
	fmt.Fprintf(o.stderr, o.say().Orphans+"\n", len(lost), w.account, w.region)
	for _, id := range ids {
		if err := lost[id].Print(o.stderr, o.lang); err != nil {
			return err
		}
	}
	fmt.Fprintln(o.stderr, o.say().OrphansWhose)
	if len(ids) > 1 {
		fmt.Fprintf(o.stderr, o.say().OrphansOne+"\n", o.here("gatewalk cleanup "+ids[0]+" --aws --orphans"))
	}
	if !o.yes {
		if err := o.askWord(func(say *text.CLI) string { return say.DeleteWord }); err != nil {
			return err
		}
	}
	book, err := coursetext.Book(o.lang)
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range ids {
		errs = append(errs, o.cleanLost(ctx, w, home, id, book))
		if ctx.Err() != nil {
			return &exitError{exitInterrupted, nil}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return &exitError{exitLeft, err}
	}
	return nil
}

func (o *options) cleanLost(ctx context.Context, w *walk, home steps.Home, id string, book steps.Book) error {
	if id != filepath.Base(id) || strings.HasPrefix(id, ".") {
		return fmt.Errorf("cleaning up session %q: its tag is no session's id", id)
	}
	s, err := steps.Open(filepath.Join(home.Dir, lostPrefix+id), steps.SessionOptions{Course: tutorial.Name, ID: id, Now: time.Now})
	if err != nil {
		return o.opening(err)
	}
	defer s.Close()
	lost := &walk{session: s, options: w.options, lab: w.lab, account: w.account, arn: w.arn, region: w.region}
	if err := o.begin(lost); err != nil {
		return err
	}
	defer lost.course.Close()
	face := o.face(book)
	s.Subscribe(face.Event)
	return lost.runner.Run(ctx, cleanUp)
}
