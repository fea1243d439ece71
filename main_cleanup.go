package main

import (
	"context"
	"errors"
	"fmt"

	coursetext "gatewalk/steps/tutorial/text"
	"gatewalk/tui/text"
)

// cleanup removes what a session recorded and proves that it is gone; with
// orphans, what lost sessions left, or one of them by its id.
func (o *options) cleanup(ctx context.Context, args []string, orphans bool) error {
	if len(args) > 0 && !orphans {
		if err := o.sessionNamed(args[0]); err != nil {
			return err
		}
	}
	if orphans {
		return o.cleanOrphans(ctx, args)
	}
	w, err := o.open(ctx)
	if err != nil {
		return o.opening(err)
	}
	defer w.close()
	book, err := coursetext.Book(o.lang)
	if err != nil {
		return err
	}
	o.warnNotReal(w)
	left := w.session.State().Resources()
	if w.lab == nil && !o.yes && len(left) > 0 {
		fmt.Fprintf(o.stderr, o.say().WillDelete+"\n", len(left), w.account, w.region)
		names := text.For(o.lang)
		for _, e := range left {
			fmt.Fprintf(o.stderr, "  %s  %s\n", names.Resource(e.Kind, ""), e.ID)
		}
		if err := o.askWord(func(say *text.CLI) string { return say.DeleteWord }); err != nil {
			return err
		}
	}
	face := o.face(book)
	w.session.Subscribe(face.Event)
	err = w.runner.Run(ctx, cleanUp)
	err = errors.Join(err, w.session.Close())
	if ctx.Err() != nil {
		o.farewell(w, "gatewalk run")
		return &exitError{exitInterrupted, nil}
	}
	if n := len(w.session.State().Resources()); n > 0 {
		o.farewell(w, "gatewalk run")
		return &exitError{exitLeft, o.explain(err)}
	}
	if err == nil {
		o.elsewhere(w)
	}
	return o.explain(err)
}

// elsewhere tells of the other sessions that still have something on an account:
// nothing is left of this one, and another may have been meant.
func (o *options) elsewhere(w *walk) {
	_, all, err := o.sessions()
	if err != nil {
		return
	}
	for _, r := range all {
		if r.Err != nil || r.Dir == w.session.Dir() || r.State.Value(valueWorld) != "aws" || len(r.State.Resources()) == 0 {
			continue
		}
		fmt.Fprintf(o.stderr, o.say().Elsewhere+"\n", r.Name, len(r.State.Resources()), r.State.Value("account"), r.State.Value(valueRegion), o.here("gatewalk cleanup "+r.Name))
	}
}
