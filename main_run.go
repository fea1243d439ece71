package main

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"gatewalk/steps"
	coursetext "gatewalk/steps/tutorial/text"
	"gatewalk/tui/plain"
)

// transcript is the walk without the full screen.
func (o *options) transcript(ctx context.Context, until steps.ID, asJSON, keep, dryRun bool) error {
	book, err := coursetext.Book(o.lang)
	if err != nil {
		return err
	}
	if until != "" && !slices.Contains(coursetext.Order(), until) {
		return usage(o.say().Wrong.OneOf, "--until", until, strings.Join(names(coursetext.Order()), ", "))
	}
	w, err := o.open(ctx)
	if err != nil {
		return o.opening(err)
	}
	defer w.close()
	if dryRun {
		return o.dryRun(ctx, w, asJSON)
	}
	o.warnNotReal(w)
	if err := o.confirmPlan(w); err != nil {
		return err
	}

	o.signals.interruptFor(w.runner.Interrupt)
	signal.Ignore(syscall.SIGPIPE) // a reader that has gone is an error of writing: the walk ends in order
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	face := o.lesson(book, w.session.State().Value)
	if asJSON {
		face = plain.JSON(o.stdout)
	}
	w.session.Subscribe(func(e steps.Event) {
		face.Event(e)
		if err := face.Err(); err != nil {
			cancel(err) // `| head -1`
		}
	})
	if until == "" && keep {
		until = beforeCleanUp
	}
	err = errors.Join(w.runner.RunUntil(ctx, until), w.session.Close()) // closed: all is told
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	if err != nil {
		o.farewell(w, "gatewalk run")
		var failure *steps.Failure
		if errors.As(err, &failure) && ctx.Err() == nil { // the transcript has told it
			if w.lab == nil && failure.Step == cleanUp && len(w.session.State().Resources()) > 0 {
				return &exitError{exitLeft, nil}
			}
			return &exitError{exitFailed, nil}
		}
		if ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled) {
			return &exitError{exitInterrupted, nil}
		}
		return err
	}
	if keep || until != "" {
		o.farewell(w, "gatewalk run")
	}
	return nil
}

func names(ids []steps.ID) []string {
	s := make([]string, len(ids))
	for i, id := range ids {
		s[i] = string(id)
	}
	return s
}

// warnNotReal says loudly that what looks like AWS is not.
func (o *options) warnNotReal(w *walk) {
	if w.lab == nil && o.endpoint != "" {
		fmt.Fprintf(o.stderr, o.say().NotReal+"\n", o.endpoint)
	}
}

// farewell says what exists and how to go on, if anything does: by the command
// that one has just left, or, after a clean-up, by run.
func (o *options) farewell(w *walk, run string) {
	left := w.session.State().Resources()
	if len(left) == 0 {
		return
	}
	say := o.say()
	fmt.Fprintf(o.stderr, say.Exists+"\n", len(left), w.session.Dir())
	clean := "gatewalk cleanup"
	if w.lab == nil {
		run += " --aws"
	}
	if name := filepath.Base(w.session.Dir()); name != "lab" { // it knows its region, profile and endpoint
		run, clean = run+" --session "+name, clean+" "+name
	}
	fmt.Fprintf(o.stderr, say.GoOn+"\n", o.here(run), o.here(clean))
}

// here is a command as it must be typed to find the sessions of this one.
func (o *options) here(command string) string {
	if o.stateDir == "" {
		return command
	}
	return command + " --state-dir " + shellWord(o.stateDir)
}

// shellWord is s as it is typed to a shell.
func shellWord(s string) string {
	if strings.ContainsAny(s, " '\"$") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

// face is what happens told as text on standard output.
func (o *options) face(book steps.Book) *plain.Printer { return o.lesson(book, nil) }

// lesson is the walk told as text on standard output, with the explanations of
// its pages.
func (o *options) lesson(book steps.Book, value func(name string) string) *plain.Printer {
	return plain.Transcript(o.stdout, book, plain.Options{Lang: o.lang, ASCII: o.ascii, Value: value})
}
