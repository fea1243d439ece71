package tui

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"gatewalk/steps"
	"gatewalk/tui/widget"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// stage is a model without a terminal: messages go in by hand, commands run at
// once, and what it would draw can be read.
type stage struct {
	testing.TB
	*model
	quit bool
	sent []tea.Msg // what commands answered and the model did not take
}

// script is a driver that stands at some moment of a recorded walk. Steps run
// to their end at once.
type script struct {
	*player
	err error // what Run answers
}

func (s script) Run(ctx context.Context, id steps.ID) error {
	if s.err != nil {
		return s.err
	}
	return s.player.Run(ctx, id)
}

// newStage shows the walk as it was after the first n events.
func newStage(tb testing.TB, o Options, events []steps.Event, n int, w, h int) *stage {
	tb.Helper()
	o.Books = courseBooks(tb)
	if o.World.Name == "" {
		o.World = World{Name: "LAB", Region: "ap-northeast-2"}
	}
	if o.Start == nil {
		o.Start = func(context.Context) (Engine, error) { return nil, nil }
	}
	if o.now == nil {
		o.now = func() time.Time { return noon }
	}
	p := newPlayer(events, 1e9)
	p.played = slices.Clone(events[:n])
	m, err := newModel(tb.Context(), o, func(context.Context) (driver, error) { return script{player: p}, nil })
	if err != nil {
		tb.Fatal(err)
	}
	s := &stage{TB: tb, model: m}
	s.send(tea.WindowSizeMsg{Width: w, Height: h})
	s.send(engineMsg{drv: script{player: p}})
	return s
}

// send gives the model a message and everything that follows from it.
func (s *stage) send(msg tea.Msg) {
	s.Helper()
	_, cmd := s.Update(msg)
	s.follow(cmd)
}

func (s *stage) follow(cmd tea.Cmd) {
	s.Helper()
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			s.follow(c)
		}
	case tea.QuitMsg:
		s.quit = true
	case engineMsg, doneMsg, newsMsg, troubleMsg, shellMsg:
		s.send(msg)
	default:
		s.sent = append(s.sent, msg)
	}
}

// press sends keys by name.
func (s *stage) press(keys ...string) *stage {
	s.Helper()
	for _, k := range keys {
		s.send(keyPress(k))
	}
	return s
}

// keyPress is a key by the name that Bubble Tea gives it.
func keyPress(name string) tea.KeyPressMsg {
	special := map[string]rune{
		"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown,
		"left": tea.KeyLeft, "right": tea.KeyRight, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "home": tea.KeyHome, "end": tea.KeyEnd,
		"backspace": tea.KeyBackspace,
	}
	if c, ok := special[name]; ok {
		return tea.KeyPressMsg{Code: c}
	}
	switch name {
	case "ctrl+c":
		return tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}
	case "shift+tab":
		return tea.KeyPressMsg{Code: tea.KeyTab, Mod: tea.ModShift}
	case "space":
		return tea.KeyPressMsg{Code: ' ', Text: " "}
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

// lines is what is drawn, without colour.
func (s *stage) lines() []string {
	return strings.Split(ansi.Strip(s.View().Content), "\n")
}

func (s *stage) screenText() string { return strings.Join(s.lines(), "\n") }

// upTo counts the events before the nth of a kind in a step, or with it.
func upTo(tb testing.TB, events []steps.Event, id steps.ID, kind steps.Kind, nth int) int {
	tb.Helper()
	for i, e := range events {
		if e.Step == id && e.Kind == kind {
			if nth--; nth < 0 {
				return i + 1
			}
		}
	}
	tb.Fatalf("the recording has no such %s in step %s", kind, id)
	return 0
}

// running makes a stage look as it does while a step runs.
func (s *stage) running(id steps.ID) *stage {
	s.enter()
	s.walk, s.applied = newWalk(s.drv.Order()), 0 // what had begun has not been cut short
	s.sync()
	s.act = running
	s.show(s.walk.pos(id))
	s.focus = paneTerm
	s.scroll[paneTerm] = widget.Scroll{Follow: true}
	return s
}
