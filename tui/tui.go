// Package tui is the full screen: the walk as a person sees it.
//
// [Run] shows a live walk and [Replay] a recorded one, in the same screens.
// There is one tea.Model; it is a reading of the session's events, so that
// leaving and coming back, or changing the language, loses nothing. All of its
// state belongs to Bubble Tea's goroutine; events reach it in batches, at most
// ten a second, and nothing is written to the terminal while nothing changes.
// The package keeps no state of its own: many programs can run in one process.
package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"gatewalk/steps"
	"gatewalk/tui/plain"

	tea "charm.land/bubbletea/v2"
)

// fps is how often Bubble Tea looks whether there is something to draw. It does
// so when idle as well, which takes one percent of a core at fifty; and the
// first screen waits for the first look, which thirty made too late.
const fps = 45

// World says where the walk happens, for the badge in the header.
type World struct {
	Name    string // "LAB" or "AWS"
	Region  string
	Account string // shown with AWS; may be empty
	NotReal bool   // AWS's own name, but another endpoint: said loudly
}

// Real reports whether what is made here costs money.
func (w World) Real() bool { return w.Name == "AWS" && !w.NotReal }

// Size is a terminal's size in cells.
type Size struct{ Cols, Rows int }

// PTY is the terminal that a shell is given. Resize delivers later sizes and
// is closed when the shell's time is over.
type PTY struct {
	Cols, Rows int
	Resize     <-chan Size
}

// Engine runs steps. Only one of its methods that take a context is called at
// a time.
type Engine interface {
	Session() *steps.Session
	Order() []steps.ID
	Run(ctx context.Context, id steps.ID) error
	RunUntil(ctx context.Context, until steps.ID) error
	Rewind(ctx context.Context, id steps.ID) error
	Cleanup(ctx context.Context) error
	// Interrupt hands Ctrl-C to what runs on a host; false: nothing takes it,
	// and the step is what is to be stopped. It may be called at any time.
	Interrupt() bool
}

// Options is all that the screen is given.
type Options struct {
	Books map[string]steps.Book // by language: "ko", "en"
	Lang  string                // "" is Korean
	World World

	// Start makes the world ready. It runs behind the first screen; its error
	// is shown there, and it may then be called again.
	Start func(ctx context.Context) (Engine, error)
	// Shell runs an interactive shell on "bastion" or "private" until it ends,
	// or until the context does. in is what is typed, byte for byte, until its
	// end; out draws. Nil: there is none to be had.
	Shell func(ctx context.Context, host string, pty PTY, in io.Reader, out io.Writer) error
	// Cost is what has been spent so far and what an hour more costs, in US
	// dollars. Nil: it costs nothing.
	Cost func(now time.Time) (usd, perHour float64)
	// Plan is what the walk is going to make, and what it costs: shown before
	// anything is made on a real account. Nil: nobody is asked.
	Plan func() plain.Plan
	// Packets calls f with steps.Packet events as packets are seen, until stop
	// is called: Args "from" (a host's name, or address:port), "to"
	// (address:port), "proto" (tcp, udp, icmp), "action" (deliver, drop), "via"
	// (igw-…, vpce-…, local), "code", "object". Nil where packets cannot be seen.
	Packets func(f func(steps.Event)) (stop func())

	Present bool          // for an audience: few words, wide spacing, a presenter's keys
	Auto    time.Duration // go on by itself after this long; 0 waits for a key
	ASCII   bool          // marks and lines from ASCII
	NoColor bool
	Mouse   bool
	// Background is "light" or "dark"; "" asks the terminal, and takes the
	// silence of one that does not tell for dark.
	Background string

	// Term reaches Bubble Tea: input, output, environment, size.
	Term []tea.ProgramOption

	now func() time.Time // for tests
}

// Result is how a walk was left.
type Result struct {
	Finished bool // every step holds
	CleanUp  bool // the learner asked for everything to be removed; it was
	Exists   int  // resources that exist
}

// ErrNoBook is returned where the course is missing in the language asked for.
var ErrNoBook = errors.New("the course has no text in this language")

// Run shows the walk until the learner leaves it. It returns after everything
// it started has ended.
func Run(ctx context.Context, o Options) (Result, error) {
	if o.Start == nil {
		return Result{}, errors.New("starting the screen: no engine to start")
	}
	return runProgram(ctx, o, func(ctx context.Context) (driver, error) {
		e, err := o.Start(ctx)
		if err != nil {
			return nil, err
		}
		return live{e}, nil
	})
}

// Replay shows a recorded run: steps go on by Enter or, with Options.Auto, by
// themselves, and each plays at speed times the pace it was recorded at
// (0 is 1). There is no engine and no shell.
func Replay(ctx context.Context, events []steps.Event, speed float64, o Options) error {
	o.Shell, o.Cost, o.Packets = nil, nil, nil
	_, err := runProgram(ctx, o, func(context.Context) (driver, error) {
		return newPlayer(events, speed), nil
	})
	return err
}

func runProgram(ctx context.Context, o Options, start func(context.Context) (driver, error)) (Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m, err := newModel(ctx, o, start)
	if err != nil {
		return Result{}, err
	}
	opts := append([]tea.ProgramOption{tea.WithContext(ctx), tea.WithFPS(fps)}, o.Term...)
	g := &guard{model: m}
	p := tea.NewProgram(g, opts...)
	g.quit = func() { go p.Quit() }
	m.feed.start(p.Send)
	_, err = p.Run()
	cancel()
	m.close()
	if broken := g.broken.Load(); broken != nil {
		return m.result(), broken
	}
	if err != nil && !(errors.Is(err, tea.ErrProgramKilled) && context.Cause(ctx) != nil && m.leaving) {
		return m.result(), fmt.Errorf("showing the screen: %w", err)
	}
	return m.result(), nil
}
