package tui

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"gatewalk/steps"
	"gatewalk/tui/widget"

	tea "charm.land/bubbletea/v2"
)

// done ends an activity. What the driver recorded is folded first, so that
// the screen never shows a finished step without its result.
func (m *model) done(msg doneMsg) tea.Cmd {
	m.sync()
	m.act = idle
	m.unsay()
	m.feed.setBusy(m.starting)
	if m.cancel != nil {
		m.cancel()
		m.cancel = nil
	}
	then := m.then
	m.then = nil
	if msg.err != nil && msg.act != running {
		m.flash = m.txt.Say.Trouble + " " + firstLine(msg.err.Error())
	}
	if r := m.walk.peek(msg.id); msg.err != nil && msg.act == running && r.fail == nil {
		m.trouble[msg.id] = msg.err.Error()
	}
	if m.leaving {
		return tea.Quit
	}
	if then != nil && msg.err == nil {
		return then(m)
	}
	return m.afterRun(msg)
}

// afterRun moves on where there was nothing to look at: a page to read is
// done when it was read.
func (m *model) afterRun(msg doneMsg) tea.Cmd {
	if msg.act != running || msg.err != nil || msg.id != m.id() {
		return nil
	}
	r := m.walk.peek(msg.id)
	if r.status == steps.Holds && len(r.runs) == 0 && len(r.seen) == 0 && len(r.items) == 0 {
		if m.at == len(m.walk.order)-1 {
			m.screen = screenFinish
		} else {
			m.show(m.at + 1)
		}
	}
	return nil
}

// do starts an activity of the driver in a goroutine.
func (m *model) do(act activity, id steps.ID, f func(context.Context) error) tea.Cmd {
	ctx, cancel := context.WithCancel(m.ctx)
	m.act, m.cancel, m.stopped = act, cancel, false
	if act != running {
		m.endShell() // what it is on may be about to go
	}
	delete(m.trouble, id)
	m.feed.setBusy(true)
	return m.task(func() (msg tea.Msg) {
		defer func() {
			if r := recover(); r != nil {
				msg = doneMsg{id, act, fmt.Errorf("panic: %v\n%s", r, debug.Stack())}
			}
		}()
		return doneMsg{id, act, f(ctx)}
	})
}

func (m *model) run(id steps.ID) tea.Cmd {
	m.show(m.walk.pos(id))
	m.scroll[paneTerm] = widget.Scroll{Follow: true}
	return m.do(running, id, func(ctx context.Context) error { return m.drv.Run(ctx, id) })
}

// runUntil brings the world to the end of a step.
func (m *model) runUntil(id steps.ID, then func(*model) tea.Cmd) tea.Cmd {
	m.then = then
	return m.do(running, id, func(ctx context.Context) error { return m.drv.RunUntil(ctx, id) })
}

// rewind undoes a step and all after it.
func (m *model) rewind(id steps.ID, then func(*model) tea.Cmd) tea.Cmd {
	m.then = then
	return m.do(rewinding, id, func(ctx context.Context) error { return m.drv.Rewind(ctx, id) })
}

// autoCmd waits to go on by itself, where that was asked for and nothing runs.
func (m *model) autoCmd() tea.Cmd {
	if m.o.Auto <= 0 || m.autoSet || m.inShell() || m.act != idle || m.starting || m.screen == screenFinish {
		return nil
	}
	m.autoSet = true
	m.autoGen++
	gen := m.autoGen
	return tea.Tick(m.o.Auto, func(time.Time) tea.Msg { return autoMsg{gen} })
}

// autoNext does what Enter would, but answers no question that could destroy
// something on a real account, and stops at a failure.
func (m *model) autoNext() tea.Cmd {
	if m.act != idle || m.drv == nil || m.inShell() {
		return nil
	}
	if d := m.top(); d != nil {
		if c, ok := d.(*confirm); ok && c.word != "" {
			m.flash = m.txt.Say.AutoStops
			return nil
		}
		if q, ok := d.(*menu); ok { // nobody is there to guess
			q.at = max(q.at, slices.IndexFunc(q.rows, func(o option) bool { return o.act == actSkip{} }))
		}
		return m.perform(d.update(m, tea.KeyPressMsg{Code: tea.KeyEnter}))
	}
	if m.walk.peek(m.id()).status == steps.Broken {
		m.flash = m.txt.Say.AutoStops
		return nil
	}
	return m.next()
}
