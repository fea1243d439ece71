package tui

import (
	"fmt"
	"path"
	"runtime"
	"strings"
	"sync/atomic"

	tea "charm.land/bubbletea/v2"
)

// guard stands between Bubble Tea and the model. A panic of the model ends the
// program in order, so that the terminal is as it was and what is left to say
// is a sentence: Bubble Tea's own way is a stack trace.
type guard struct {
	*model
	quit   func() // the program, from any goroutine
	broken atomic.Pointer[brokenError]
}

// brokenError is a bug of ours that ended the screen.
type brokenError struct {
	says string // in the learner's language
	why  any    // what was panicked with
	at   string // where, for who mends it
}

func (e *brokenError) Error() string { return fmt.Sprintf("%s (%s: %v)", e.says, e.at, e.why) }

func (g *guard) Init() (cmd tea.Cmd) {
	defer func() { g.catch(recover(), &cmd) }()
	return g.model.Init()
}

func (g *guard) Update(msg tea.Msg) (_ tea.Model, cmd tea.Cmd) {
	defer func() { g.catch(recover(), &cmd) }()
	if g.broken.Load() != nil {
		return g, tea.Quit
	}
	_, cmd = g.model.Update(msg)
	return g, cmd
}

func (g *guard) View() (v tea.View) {
	defer func() {
		var cmd tea.Cmd
		if g.catch(recover(), &cmd); cmd != nil {
			g.quit()
		}
	}()
	if g.broken.Load() != nil {
		return tea.View{}
	}
	return g.model.View()
}

// catch notes a panic, if r is one, and leaves the command to quit in cmd.
func (g *guard) catch(r any, cmd *tea.Cmd) {
	if r == nil {
		return
	}
	g.broken.CompareAndSwap(nil, &brokenError{g.txt.Say.Broken, r, culprit()})
	*cmd = tea.Quit
}

// culprit is the line of ours that panicked: the nearest one below the panic.
func culprit() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	panicked := false
	for {
		f, more := frames.Next()
		if panicked && strings.HasPrefix(f.Function, "gatewalk/") {
			return fmt.Sprintf("%s:%d", path.Base(f.File), f.Line)
		}
		panicked = panicked || f.Function == "runtime.gopanic"
		if !more {
			return "?"
		}
	}
}
