package steps

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// fake is a step that keeps one resource and fails as it is told.
type fake struct {
	id    ID
	holds bool
	lie   bool // Apply succeeds and yet it does not hold
	apply error
	check error
	undo  error
	then  func() // in the middle of Apply
	log   *[]string
}

func (f *fake) ID() ID { return f.id }

func (f *fake) Check(context.Context, *State) (Status, error) {
	if f.check != nil {
		return NotYet, f.check
	}
	if f.holds {
		return Holds, nil
	}
	return NotYet, nil
}

func (f *fake) Apply(ctx context.Context, s *State, emit Emit) error {
	*f.log = append(*f.log, "apply "+string(f.id))
	emit(Event{Kind: Observed, Msg: "x"})
	if f.then != nil {
		f.then()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f.holds = f.apply == nil && !f.lie
	return f.apply
}

func (f *fake) Undo(context.Context, *State, Emit) error {
	*f.log = append(*f.log, "undo "+string(f.id))
	if f.undo == nil {
		f.holds = false
	}
	return f.undo
}

func course(t *testing.T) (*Runner, []*fake, *[]string) {
	var log []string
	fakes := []*fake{{id: "1", log: &log}, {id: "3.1", log: &log}, {id: "3.2", log: &log}}
	r := &Runner{Session: open(t, t.TempDir())}
	for _, f := range fakes {
		r.Steps = append(r.Steps, f)
	}
	return r, fakes, &log
}

// kinds gives "kind step" of what happened.
func kinds(s *Session) []string {
	var got []string
	for _, e := range s.Events() {
		got = append(got, strings.TrimSpace(string(e.Kind)+" "+string(e.Step)+" "+map[bool]string{true: e.Msg}[e.Kind == Failed]))
	}
	return got
}

// typist is a step that takes one Ctrl-C for what runs in it.
type typist struct {
	*fake
	typed int
}

func (t *typist) Interrupt() bool { t.typed++; return t.typed == 1 }

// A Ctrl-C belongs to the step that runs, and to nobody where no step runs or
// the step has no use for it.
func TestInterrupt(t *testing.T) {
	r, fakes, _ := course(t)
	ty := &typist{fake: fakes[1]}
	r.Steps[1] = ty
	var took []bool
	press := func() { took = append(took, r.Interrupt()) }
	fakes[0].then = press
	fakes[1].then = func() { press(); press() }
	press()
	must(t, r.RunUntil(t.Context(), "3.2"))
	press()
	if want := []bool{false, false, true, false, false}; !slices.Equal(took, want) {
		t.Errorf("taken: %v, want %v", took, want)
	}
}

func TestRunUntil(t *testing.T) {
	r, fakes, _ := course(t)
	fakes[0].holds = true
	must(t, r.RunUntil(t.Context(), "3.1"))
	want := []string{"skipped 1", "started 3.1", "observed 3.1", "held 3.1"}
	if got := kinds(r.Session); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if _, ok := r.Session.State().Seen("3.1", "x", ""); !ok {
		t.Error("what was observed is not remembered")
	}
	must(t, r.RunUntil(t.Context(), ""))
	if r.Status("3.2") != Holds || r.Status("1") != Holds {
		t.Errorf("statuses %v %v", r.Status("1"), r.Status("3.2"))
	}
	var unknown *UnknownStepError
	if err := r.RunUntil(t.Context(), "7"); !errors.As(err, &unknown) || unknown.ID != "7" {
		t.Errorf("got %v", err)
	}
	if err := r.Run(t.Context(), "7"); !errors.As(err, &unknown) {
		t.Errorf("got %v", err)
	}
	if got := r.Order(); !slices.Equal(got, []ID{"1", "3.1", "3.2"}) {
		t.Errorf("order %v", got)
	}
}

func TestRunFails(t *testing.T) {
	cause := errors.New("timed out")
	for _, test := range []struct {
		name     string
		sabotage func(*fake, context.CancelCauseFunc)
		msg      string
		status   Status
		cause    error
	}{
		{"explained", func(f *fake, _ context.CancelCauseFunc) {
			f.apply = &Failure{Msg: "wrong-table", Args: Args{"table": "public"}, Err: cause}
		}, "wrong-table", Broken, cause},
		{"unexplained", func(f *fake, _ context.CancelCauseFunc) { f.apply = cause }, MsgFailed, Broken, cause},
		{"check", func(f *fake, _ context.CancelCauseFunc) { f.check = cause }, MsgFailed, Broken, cause},
		{"untrue", func(f *fake, _ context.CancelCauseFunc) { f.lie = true }, MsgNotHeld, Broken, nil},
		{"interrupted", func(f *fake, stop context.CancelCauseFunc) { f.then = func() { stop(cause) } }, MsgInterrupted, NotYet, cause},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, fakes, _ := course(t)
			ctx, stop := context.WithCancelCause(t.Context())
			defer stop(nil)
			test.sabotage(fakes[0], stop)
			err := r.Run(ctx, "1")
			var f *Failure
			if !errors.As(err, &f) || f.Msg != test.msg || f.Step != "1" || test.cause != nil && !errors.Is(err, test.cause) {
				t.Fatalf("got %v", err)
			}
			if r.Status("1") != test.status {
				t.Errorf("status %q, want %q", r.Status("1"), test.status)
			}
			last := r.Session.Events()[len(r.Session.Events())-1]
			if last.Kind != Failed || last.Msg != test.msg || test.cause != nil && last.Err != cause.Error() {
				t.Errorf("last event %+v", last)
			}
			if err := r.RunUntil(t.Context(), ""); test.name == "check" && !errors.Is(err, cause) {
				t.Errorf("RunUntil: %v", err)
			}
		})
	}
}

// What cannot be recorded is not done: the step's context ends.
func TestDiskFull(t *testing.T) {
	r, fakes, _ := course(t)
	f := fakes[0]
	r.Steps[0] = stepFunc{"1", func(ctx context.Context, s *State, emit Emit) error {
		r.Session.file.Close()
		emit(Event{Kind: Output, Text: "lost"})
		return context.Cause(ctx)
	}}
	err := r.Run(t.Context(), "1")
	var failure *Failure
	if !errors.As(err, &failure) || failure.Msg != MsgNotSaved {
		t.Errorf("got %v", err)
	}
	// Cleaning up goes on all the same, and says it could not be recorded.
	f.holds = true
	r.Steps[0] = f
	if err := r.Cleanup(t.Context()); err == nil || f.holds {
		t.Errorf("clean-up: %v, still there: %v", err, f.holds)
	}
}

type stepFunc struct {
	id    ID
	apply func(context.Context, *State, Emit) error
}

func (s stepFunc) ID() ID                                        { return s.id }
func (s stepFunc) Check(context.Context, *State) (Status, error) { return NotYet, nil }
func (s stepFunc) Apply(ctx context.Context, st *State, emit Emit) error {
	return s.apply(ctx, st, emit)
}
func (s stepFunc) Undo(ctx context.Context, st *State, emit Emit) error { return nil }

func TestCleanup(t *testing.T) {
	r, fakes, log := course(t)
	must(t, r.RunUntil(t.Context(), ""))
	*log = nil
	bad := errors.New("DependencyViolation")
	fakes[1].undo = bad
	if err := r.Cleanup(t.Context()); !errors.Is(err, bad) {
		t.Errorf("got %v", err)
	}
	if want := []string{"undo 3.2", "undo 3.1", "undo 1"}; !slices.Equal(*log, want) {
		t.Errorf("got %v, want %v", *log, want)
	}
	if r.Status("3.2") != NotYet || r.Status("3.1") != Holds || r.Status("1") != NotYet {
		t.Errorf("statuses %v %v %v", r.Status("3.2"), r.Status("3.1"), r.Status("1"))
	}
	fakes[1].undo = nil
	*log = nil
	must(t, r.Rewind(t.Context(), "3.1"))
	if want := []string{"undo 3.2", "undo 3.1"}; !slices.Equal(*log, want) {
		t.Errorf("got %v, want %v", *log, want)
	}
	undone := 0
	for _, k := range kinds(r.Session) {
		if strings.HasPrefix(k, "undone") {
			undone++
		}
	}
	if undone != 3 {
		t.Errorf("%d steps were said to be undone, want each once", undone)
	}
}

// A walk that was killed while its last step took things apart goes on taking
// apart: the steps before do not hold any more, and are not made to again.
func TestRunUntilGoesOnCleaningUp(t *testing.T) {
	r, fakes, log := course(t)
	must(t, r.RunUntil(t.Context(), "3.1"))
	must(t, r.Session.Append(Event{Step: "3.2", Kind: Started}))
	fakes[0].holds = false
	*log = nil
	must(t, r.RunUntil(t.Context(), ""))
	if got := strings.Join(*log, ", "); got != "apply 3.2" {
		t.Errorf("got %s, want the last step alone", got)
	}
}
