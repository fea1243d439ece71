package tutorial

import (
	"context"
	"sync"
	"time"

	"gatewalk/steps"
)

// telling is the least silence that says something. A CLI that starts for the
// first time on a small instance takes its two seconds, and a SYN without an
// answer is repeated after one second and after three: before that, an answer
// may only be late.
const telling = 5 * time.Second

// silence is the clock of a command that may never answer. The learner's
// Ctrl-C and the end of the limit are the same to it: ^C is typed on the host.
type silence struct {
	run       *run
	host      string
	limit     time.Duration
	out       *lines
	interrupt context.CancelFunc // types ^C

	mu      sync.Mutex
	elapsed time.Duration
	warned  bool // a Ctrl-C came too early
	stopped bool // ^C was typed
}

// watch counts the seconds until there is output, or limit is reached.
func (s *silence) watch(ctx context.Context) {
	for s.run.o.Sleep(ctx, time.Second) == nil {
		elapsed, over := s.tick()
		if over {
			return
		}
		s.run.emit(steps.Event{Kind: steps.Waiting, Msg: waitSilence, Host: s.host, Args: steps.Args{"elapsed": elapsed.String(), "of": s.limit.String()}})
	}
}

func (s *silence) tick() (elapsed time.Duration, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped || !s.out.empty() {
		return s.elapsed, true
	}
	s.elapsed += time.Second
	if s.elapsed >= s.limit {
		s.stop()
	}
	return s.elapsed, s.stopped
}

func (s *silence) stop() {
	s.stopped = true
	s.interrupt()
}

// ctrlC types the learner's Ctrl-C, or asks once for a little patience. It
// reports false where neither is to be done: the step is to be stopped.
func (s *silence) ctrlC() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	enough := min(telling, s.limit)
	switch {
	case s.stopped || !s.out.empty():
		return false
	case s.elapsed >= enough:
		s.stop()
	case s.warned:
		return false
	default:
		s.warned = true
		s.run.emit(steps.Event{Kind: steps.Note, Msg: noteTooEarly, Host: s.host, Args: steps.Args{"elapsed": s.elapsed.String(), "enough": enough.String()}})
	}
	return true
}

// listen makes s what a Ctrl-C is for; nil is nothing.
func (w *Walk) listen(s *silence) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.quiet = s
}

func (w *Walk) interrupt() bool {
	w.mu.Lock()
	s := w.quiet
	w.mu.Unlock()
	return s != nil && s.ctrlC()
}
