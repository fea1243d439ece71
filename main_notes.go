package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gatewalk/steps"
	coursetext "gatewalk/steps/tutorial/text"

	"golang.org/x/term"
)

// notes shows a trainer, on a second terminal, what to say at the step where
// the walk is, and how long it has taken. It reads the session's file and
// touches nothing.
func (o *options) notes(ctx context.Context) error {
	book, err := coursetext.Book(o.lang)
	if err != nil {
		return err
	}
	home, err := o.home()
	if err != nil {
		return err
	}
	name := o.name
	if name == "" {
		name = "lab"
	}
	dir := filepath.Join(home.Dir, name)
	f, ok := o.stdout.(*os.File)
	live := ok && term.IsTerminal(int(f.Fd()))
	var last steps.ID
	for tick := time.NewTicker(500 * time.Millisecond); ; {
		r, err := steps.ReadFile(dir)
		if err != nil && !live {
			return err
		}
		at, since := whereabouts(r.Events)
		switch {
		case live:
			// Home, then each line cleared to its end: nothing flickers.
			fmt.Fprint(f, "\x1b[H"+clearing(notesPage(book, at, since, time.Now()))+"\x1b[J")
		case at != last:
			fmt.Fprint(o.stdout, notesPage(book, at, since, time.Now()))
		}
		last = at
		if !live {
			tick.Stop()
			return nil
		}
		select {
		case <-ctx.Done():
			tick.Stop()
			return nil
		case <-tick.C:
		}
	}
}

// whereabouts is the step that was run last, and when the walk began.
func whereabouts(events []steps.Event) (steps.ID, time.Time) {
	at, since := steps.ID("1"), time.Time{}
	for _, e := range events {
		if e.Kind == steps.Started {
			at = e.Step
			if since.IsZero() {
				since = e.At
			}
		}
	}
	return at, since
}

func notesPage(book steps.Book, at steps.ID, since, now time.Time) string {
	clock := "--:--"
	if !since.IsZero() {
		d := max(0, now.Sub(since)).Round(time.Second)
		clock = fmt.Sprintf("%02d:%02d", int(d.Minutes()), int(d.Seconds())%60)
	}
	page := book.Page(at)
	return fmt.Sprintf("%s  %s  %s\n\n%s\n", clock, at, page.Title, page.Notes)
}

// clearing ends each line by clearing what stood behind it.
func clearing(s string) string {
	out := ""
	for _, r := range s {
		if r == '\n' {
			out += "\x1b[K\r\n"
			continue
		}
		out += string(r)
	}
	return out
}
