package main

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// signals are SIGINT and SIGTERM. The first ends the context, and after it one
// more ends the process at once.
type signals struct {
	take atomic.Pointer[func() bool]
}

// interruptFor has SIGINT asked of f first, which reports whether it took it.
func (s *signals) interruptFor(f func() bool) { s.take.Store(&f) }

// listen begins; stop gives the signals their usual meaning again.
func (s *signals) listen(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	arrived := make(chan os.Signal, 1)
	signal.Notify(arrived, os.Interrupt, syscall.SIGTERM)
	go func() {
		defer cancel()
		defer signal.Stop(arrived)
		for {
			select {
			case sig := <-arrived:
				if f := s.take.Load(); sig != os.Interrupt || f == nil || !(*f)() {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, cancel
}
