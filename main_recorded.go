package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/term"

	"gatewalk/steps"
	"gatewalk/steps/tutorial"
	coursetext "gatewalk/steps/tutorial/text"
	"gatewalk/tui"
	"gatewalk/tui/report"
)

// recording is the run that is asked for: a file, a folder or a session's name;
// without one, the session that was walked last.
func (o *options) recording(args []string) (steps.Recorded, error) {
	if len(args) > 0 {
		return o.namedRecording(args[0])
	}
	home, err := o.home()
	if err != nil {
		return steps.Recorded{}, err
	}
	all, err := home.List()
	if err != nil {
		return steps.Recorded{}, err
	}
	var newest *steps.Recorded
	var at time.Time
	for _, r := range all {
		if r.Err != nil || !slices.ContainsFunc(r.Events, beginsLesson) {
			continue
		}
		if last := r.Events[len(r.Events)-1].At; newest == nil || last.After(at) {
			newest, at = &r, last
		}
	}
	if newest == nil {
		return steps.Recorded{}, usage(o.say().Wrong.NoRun, home.Dir)
	}
	return *newest, nil
}

// beginsLesson reports whether e begins a step of the lesson. Cleaning up once more
// is none: who does that to be sure still wants the report of the walk.
func beginsLesson(e steps.Event) bool { return e.Kind == steps.Started && e.Step != cleanUp }

// namedRecording is a run by its file, its folder or its session's name.
func (o *options) namedRecording(name string) (steps.Recorded, error) {
	r, err := steps.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) { // also a folder that is something else
		home, herr := o.home()
		if herr != nil {
			return r, herr
		}
		if r, err = steps.ReadFile(filepath.Join(home.Dir, filepath.Base(name))); errors.Is(err, fs.ErrNotExist) {
			return r, usage(o.say().Wrong.NoFile, name)
		}
	}
	if err == nil && r.State.Latest() == "" {
		err = usage(o.say().Wrong.NothingIn, name)
	}
	return r, o.unreadable(name, err)
}

// unreadable says of a session's file why it is none; other errors stay.
func (o *options) unreadable(name string, err error) error {
	wrong := &o.say().Wrong
	var bad *steps.FormatError
	var newer *steps.NewerError
	switch {
	case errors.As(err, &newer):
		return usage(wrong.Newer, name)
	case errors.As(err, &bad) && bad.Line == 1:
		return usage(wrong.NotASession, name)
	case errors.As(err, &bad):
		return usage(wrong.Damaged, name, bad.Line, bad.Why)
	}
	return err
}

// replay plays a recorded run, full screen or as a transcript.
func (o *options) replay(ctx context.Context, args []string) error {
	r, err := o.recording(args)
	if err != nil {
		return err
	}
	books, err := books()
	if err != nil {
		return err
	}
	if term.IsTerminal(int(os.Stdout.Fd())) && term.IsTerminal(int(os.Stdin.Fd())) {
		return o.cast(func(term ...tea.ProgramOption) error {
			screen := o.screenOptions(books)
			screen.Term = term
			return tui.Replay(ctx, r.Events, o.speed, screen)
		})
	}
	face := o.lesson(books[o.lang], r.State.Value)
	for _, e := range r.Events {
		face.Event(e)
	}
	return face.Err()
}

// report makes one page of a recorded run.
func (o *options) report(args []string, html bool) error {
	r, err := o.recording(args)
	if err != nil {
		return err
	}
	book, err := coursetext.Book(o.lang)
	if err != nil {
		return err
	}
	page := report.Options{Lang: o.lang, HTML: html, Order: coursetext.Order()}
	if r.State.Value(valueWorld) == "aws" && r.State.Value(valueEndpoint) == "" {
		page.USD, _ = tutorial.Cost(r.State.Value(valueRegion), r.Events, time.Now())
	}
	return report.Write(o.stdout, book, r.Events, page)
}
