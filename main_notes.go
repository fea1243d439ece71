package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/term"

	"gatewalk/steps"
	"gatewalk/tui"
)

// notes shows a trainer, on a second terminal, what to say at the step that the
// audience sees, and how long it has taken. It reads the session's file and
// touches nothing. Without a terminal it prints the notes of that step once.
func (o *options) notes(ctx context.Context) error {
	home, err := o.home()
	if err != nil {
		return err
	}
	dir := func() string { return o.watched(home) }
	all, err := books()
	if err != nil {
		return err
	}
	if term.IsTerminal(int(os.Stdout.Fd())) && term.IsTerminal(int(os.Stdin.Fd())) {
		return tui.Notes(ctx, o.screenOptions(all), follow(dir))
	}
	r, err := steps.ReadFile(dir())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return usage(o.say().Wrong.NoRun, home.Dir)
	case err != nil:
		return o.unreadable(r.Name, err)
	}
	page := all[o.lang].Page(max(r.State.Latest(), "1"))
	_, err = fmt.Fprintf(o.stdout, "%s  %s\n\n%s\n", page.ID, page.Title, page.Notes)
	return err
}

// watched is the folder of the session that is presented: the one that was
// named, or the one that was written last, in whichever world.
func (o *options) watched(home steps.Home) string {
	if o.name != "" {
		return filepath.Join(home.Dir, o.name)
	}
	last, at := filepath.Join(home.Dir, "lab"), time.Time{}
	sessions, _ := os.ReadDir(home.Dir) // none yet: looked for again
	for _, s := range sessions {
		dir := filepath.Join(home.Dir, s.Name())
		if info, err := os.Stat(filepath.Join(dir, "events.jsonl")); err == nil && info.ModTime().After(at) {
			last, at = dir, info.ModTime()
		}
	}
	return last
}

// follow tells the events of a session that another process writes: those so
// far, and then what its file gains, until it is stopped.
func follow(dir func() string) func(f func(steps.Event)) (stop func()) {
	return func(f func(steps.Event)) (stop func()) {
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		wg.Go(func() {
			tick := time.NewTicker(300 * time.Millisecond)
			defer tick.Stop()
			told := 0
			var session time.Time
			for {
				// A file that is not there yet, or is being replaced, is
				// looked at again.
				if r, err := steps.ReadFile(dir()); err == nil {
					if !r.Created.Equal(session) {
						told, session = 0, r.Created
					}
					for _, e := range r.Events[min(told, len(r.Events)):] {
						f(e)
					}
					told = len(r.Events)
				}
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
			}
		})
		return func() { cancel(); wg.Wait() }
	}
}
