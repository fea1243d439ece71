package tutorial

import (
	"context"
	"strconv"
	"time"

	"gatewalk/steps"
)

// The parts that hosts, subnets, route tables and groups play in the walk.
const (
	bastion = "bastion"
	private = "private"
	public  = "public"
	main    = "main"
)

// provisioning is the step that makes what the others stand on.
const provisioning = "3.1"

// step adapts methods of [run] to steps.Step.
type step struct {
	w     *Walk
	id    steps.ID
	check func(*run, context.Context) (steps.Status, error)
	apply func(*run, context.Context) error
	undo  func(*run, context.Context) error // may be nil
}

func (w *Walk) step(id steps.ID, check func(*run, context.Context) (steps.Status, error), apply, undo func(*run, context.Context) error) steps.Step {
	return &step{w, id, check, apply, undo}
}

func (s *step) ID() steps.ID { return s.id }

func (s *step) Check(ctx context.Context, state *steps.State) (steps.Status, error) {
	r := &run{Walk: s.w, step: s.id, state: state, emit: func(steps.Event) {}}
	status, err := s.check(r, ctx)
	return status, Named(explain(err), s.w.o.Profile, s.w.region())
}

func (s *step) Apply(ctx context.Context, state *steps.State, emit steps.Emit) error {
	r := &run{Walk: s.w, step: s.id, state: state, emit: emit}
	return Named(explain(s.apply(r, r.watch(ctx))), s.w.o.Profile, s.w.region())
}

func (s *step) Undo(ctx context.Context, state *steps.State, emit steps.Emit) error {
	if s.undo == nil {
		return nil
	}
	r := &run{Walk: s.w, step: s.id, state: state, emit: emit}
	return Named(explain(s.undo(r, r.watch(ctx))), s.w.o.Profile, s.w.region())
}

// Interrupt implements [steps.Interrupter].
func (s *step) Interrupt() bool { return s.w.interrupt() }

// run is one Check, Apply or Undo of a step: what it works with.
type run struct {
	*Walk
	step  steps.ID
	state *steps.State
	emit  steps.Emit
	vpc   string // that is removed, where only its tag is known and not the ledger
}

// saw is the check of a step that is over once something was observed on each
// of the hosts.
func saw(msg string, hosts ...string) func(*run, context.Context) (steps.Status, error) {
	return func(r *run, _ context.Context) (steps.Status, error) {
		for _, host := range hosts {
			if _, ok := r.state.Seen(r.step, msg, host); !ok {
				return steps.NotYet, nil
			}
		}
		return steps.Holds, nil
	}
}

// observe emits what was seen.
func (r *run) observe(msg, host string, args steps.Args, rows ...[]string) {
	r.emit(steps.Event{Kind: steps.Observed, Msg: msg, Host: host, Args: args, Rows: rows})
}

// read is all there is to do at a step that explains.
func (r *run) read(context.Context) error {
	r.observe(seeRead, "", nil)
	return nil
}

// fail is the error of an observation that did not hold; args are pairs.
func fail(msg string, err error, args ...string) error {
	f := &steps.Failure{Msg: msg, Err: err}
	if len(args) > 0 {
		f.Args = steps.Args{}
	}
	for i := 0; i+1 < len(args); i += 2 {
		f.Args[args[i]] = args[i+1]
	}
	return f
}

// wait asks every so often until done says true, and says each time that it
// waits for msg. After limit it gives up with nil and false.
func (r *run) wait(ctx context.Context, msg, host string, every, limit time.Duration, done func(context.Context) (bool, error)) (bool, error) {
	for elapsed := time.Duration(0); ; elapsed += every {
		asked := time.Now()
		if ok, err := done(ctx); ok || err != nil {
			return ok, err
		}
		elapsed += time.Since(asked).Truncate(time.Second) // asking in vain may take long
		if elapsed >= limit {
			return false, nil
		}
		r.emit(steps.Event{Kind: steps.Waiting, Msg: msg, Host: host,
			Args: steps.Args{"elapsed": elapsed.String(), "of": limit.String()}})
		if err := r.o.Sleep(ctx, every); err != nil {
			return false, err
		}
	}
}

// progress says how far a step of known length is.
func (r *run) progress(done, total int) {
	r.emit(steps.Event{Kind: steps.Progress, Args: steps.Args{"done": strconv.Itoa(done), "total": strconv.Itoa(total)}})
}
