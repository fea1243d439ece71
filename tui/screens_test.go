package tui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gatewalk/steps"

	"github.com/charmbracelet/x/exp/golden"
)

// moment is one state of the screen that has a golden.
type moment struct {
	name string
	show func(tb testing.TB, lang string, w, h int) *stage
}

// moments are every step, before and after, and every other state there is.
func moments(tb testing.TB) []moment {
	walked := recording(tb, "lab.jsonl")
	wrong := recording(tb, "lab-wrong-table.jsonl")
	var out []moment
	add := func(name string, events []steps.Event, n int, prepare func(*stage)) {
		out = append(out, moment{name, func(tb testing.TB, lang string, w, h int) *stage {
			s := newStage(tb, Options{Lang: lang}, events, n, w, h)
			prepare(s)
			return s
		}})
	}
	add("cover", walked, 0, func(*stage) {})
	add("cover: starting", walked, 0, func(s *stage) { s.drv, s.walk = nil, newWalk(nil) })
	add("cover: failed", walked, 0, func(s *stage) {
		s.drv, s.walk, s.startErr = nil, newWalk(nil), errors.New("reading the lab's state: unexpected end of JSON input")
	})
	add("cover: resume", walked, upTo(tb, walked, "3.5", steps.Held, 0), func(*stage) {})
	last := 0
	for _, id := range newPlayer(walked, 1).order {
		before := last
		last = upTo(tb, walked, id, steps.Held, 0)
		add(string(id)+" ready", walked, before, func(s *stage) { s.press("enter") })
		add(string(id)+" held", walked, last, func(s *stage) {
			s.enter()
			s.screen = screenWalk
			s.show(s.walk.pos(id))
		})
	}
	add("3.1 half made", walked, upTo(tb, walked, "3.1", steps.Intent, 7), func(s *stage) { s.running("3.1") })
	add("3.1 waiting", walked, upTo(tb, walked, "3.1", steps.Waiting, 1), func(s *stage) {
		s.now = walked[upTo(tb, walked, "3.1", steps.Waiting, 1)-1].At.Add(2 * time.Second)
		s.running("3.1")
	})
	add("3.5 hangs", walked, upTo(tb, walked, "3.5", steps.Waiting, 7), func(s *stage) {
		s.now = walked[upTo(tb, walked, "3.5", steps.Waiting, 7)-1].At
		s.running("3.5")
	})
	add("4.2 streams", walked, upTo(tb, walked, "4.2", steps.Output, 9), func(s *stage) {
		s.running("4.2")
		s.openCompare("4.2")
	})
	for _, id := range []steps.ID{"3.5", "3.8", "4.1", "4.2", "4.3b", "4.4"} {
		add("side by side at "+string(id), walked, upTo(tb, walked, "5", steps.Held, 0), func(s *stage) {
			s.enter()
			s.show(s.walk.pos(id))
			s.press("c")
		})
	}
	add("one side", walked, upTo(tb, walked, "5", steps.Held, 0), func(s *stage) {
		s.enter()
		s.show(s.walk.pos("4.2"))
		s.press("c", "z")
	})
	add("3.5 predict", walked, upTo(tb, walked, "3.4", steps.Held, 0), func(s *stage) { s.press("enter", "enter") })
	add("3.7 form", walked, upTo(tb, walked, "3.6", steps.Held, 0), func(s *stage) { s.press("enter", "enter", "enter") })
	add("3.7 form, Interface refused", walked, upTo(tb, walked, "3.6", steps.Held, 0), func(s *stage) { s.press("enter", "enter", "down", "enter") })
	add("3.8 wrong table", wrong, len(wrong), func(s *stage) { s.press("enter") })
	add("3.8 ways on", wrong, len(wrong), func(s *stage) { s.press("enter", "enter") })
	add("3.8 hint", wrong, len(wrong), func(s *stage) { s.press("enter", "h") })
	add("3.8 map", wrong, len(wrong), func(s *stage) { s.press("enter", "m") })
	add("map of 4.2", walked, upTo(tb, walked, "4.2", steps.Held, 0), func(s *stage) {
		s.enter()
		s.show(s.walk.pos("4.2"))
		s.press("m")
	})
	add("jump", walked, upTo(tb, walked, "3.3", steps.Held, 0), func(s *stage) { s.press("enter", "g") })
	add("jump ahead", walked, upTo(tb, walked, "3.3", steps.Held, 0), func(s *stage) { s.press("enter", "right", "right", "right", "enter") })
	add("help", walked, 0, func(s *stage) { s.press("enter", "?") })
	add("quit", walked, upTo(tb, walked, "3.7", steps.Held, 0), func(s *stage) { s.press("enter", "q") })
	add("repeat 3.7", walked, upTo(tb, walked, "3.7", steps.Held, 0), func(s *stage) { s.press("enter", "left", "r") })
	add("clean up", walked, upTo(tb, walked, "5", steps.Held, 0), func(s *stage) { s.press("enter", "enter") })
	account := Options{World: World{Name: "AWS", Region: "ap-northeast-2", Account: "123456789012"},
		Cost: func(time.Time) (float64, float64) { return 0.02, 0.033 },
		Plan: samplePlan}
	elsewhere := account
	elsewhere.World.NotReal = true
	for _, on := range []struct {
		name  string
		o     Options
		after steps.ID
		keys  []string
	}{
		{"AWS: cover", account, "", nil},
		{"AWS: before spending", account, "2", []string{"enter", "enter"}},
		{"AWS: before spending, at the end", account, "2", []string{"enter", "enter", "end", "c", "r"}},
		{"AWS: quit", account, "3.7", []string{"enter", "q"}},
		{"AWS: clean up", account, "5", []string{"enter", "enter"}},
		{"AWS: clean up, wrong word", account, "5", []string{"enter", "enter", "x", "enter"}},
		{"not AWS: cover", elsewhere, "", nil},
	} {
		n := 0
		if on.after != "" {
			n = upTo(tb, walked, on.after, steps.Held, 0)
		}
		out = append(out, moment{on.name, func(tb testing.TB, lang string, w, h int) *stage {
			o := on.o
			o.Lang = lang
			s := newStage(tb, o, walked, n, w, h)
			for _, k := range on.keys {
				s.press(k).View() // what scrolls has to know how far
			}
			return s
		}})
	}
	failed := func(id steps.ID, n int, e steps.Event) []steps.Event {
		e.Step, e.Kind, e.At = id, steps.Failed, walked[n-1].At
		return append(slices.Clone(walked[:n]), e)
	}
	for _, f := range []struct {
		name string
		at   steps.ID
		e    steps.Event
	}{
		{"3.2 cannot dial", "3.2", steps.Event{Host: "bastion", Msg: "ssh-dial", Args: steps.Args{"address": "3.34.3.159:22"}, Err: "dial 3.34.3.159:22: i/o timeout"}},
		{"3.4 key refused", "3.4", steps.Event{Host: "private", Msg: "ssh-auth", Args: steps.Args{"address": "10.0.2.234:22"}, Err: "ssh: unable to authenticate"}},
		{"3.5 interrupted", "3.5", steps.Event{Msg: steps.MsgInterrupted}},
		{"3.8 disk full", "3.8", steps.Event{Msg: steps.MsgNotSaved, Err: "write events.jsonl: no space left on device"}},
	} {
		events := failed(f.at, upTo(tb, walked, f.at, steps.Command, 0), f.e)
		add(f.name, events, len(events), func(s *stage) { s.press("enter"); s.show(s.walk.pos(f.at)) })
	}
	add("3.7 waiting", walked, upTo(tb, walked, "3.7", steps.Waiting, 1), func(s *stage) {
		s.now = walked[upTo(tb, walked, "3.7", steps.Waiting, 1)-1].At
		s.running("3.7")
	})
	add("6 removing", walked, upTo(tb, walked, "6", steps.Waiting, 2), func(s *stage) {
		s.now = walked[upTo(tb, walked, "6", steps.Waiting, 2)-1].At
		s.running("6")
	})
	for _, id := range []steps.ID{"2", "3.4", "3.5", "3.8", "4.3b"} {
		add("map of "+string(id), walked, upTo(tb, walked, "5", steps.Held, 0), func(s *stage) {
			s.enter()
			s.show(s.walk.pos(id))
			s.press("m")
		})
	}
	for _, id := range []steps.ID{"1", "2", "3.1", "3.5", "3.8"} {
		n := upTo(tb, walked, id, steps.Held, 0)
		if id < "3.5" {
			n = upTo(tb, walked, id, steps.Started, 0) - 1
		}
		out = append(out, moment{"presented " + string(id), func(tb testing.TB, lang string, w, h int) *stage {
			s := newStage(tb, Options{Lang: lang, Present: true}, walked, n, w, h)
			s.enter()
			s.show(s.walk.pos(id))
			return s
		}})
	}
	add("finish", walked, len(walked), func(s *stage) { s.press("enter") })
	return out
}

// sizes of the goldens.
var sizes = [][2]int{{80, 24}, {120, 36}, {60, 20}}

// large are the sizes that have a golden of a few moments only.
var large = [][2]int{{200, 60}, {250, 70}}

// largeMoments are those.
var largeMoments = []string{"cover", "3.5 held", "4.2 held", "map of 4.3b", "side by side at 4.3b", "presented 3.8", "finish"}

// TestScreens compares every state with its golden, in both languages and
// three sizes. Update them with: go test ./tui -run TestScreens -update
func TestScreens(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"ko", "en"} {
		for _, size := range append(slices.Clone(sizes), large...) {
			w, h := size[0], size[1]
			t.Run(fmt.Sprintf("%s-%dx%d", lang, w, h), func(t *testing.T) {
				var b strings.Builder
				for _, mo := range moments(t) {
					if slices.Contains(large, size) && !slices.Contains(largeMoments, mo.name) {
						continue
					}
					s := mo.show(t, lang, w, h)
					lines := s.lines()
					checkFrame(t, mo.name, lines, w, h)
					fmt.Fprintf(&b, "#### %s\n", mo.name)
					for _, l := range lines {
						b.WriteString(strings.TrimRight(l, " ") + "\n")
					}
				}
				golden.RequireEqual(t, []byte(b.String()))
			})
		}
	}
}
