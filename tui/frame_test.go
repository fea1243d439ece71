package tui

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"gatewalk/steps"
	"gatewalk/tui/widget"

	"golang.org/x/text/unicode/norm"
)

// checkFrame holds what is true of every frame: as many lines as the window
// has, none wider than it, composed text, no control character.
func checkFrame(tb testing.TB, name string, lines []string, w, h int) {
	tb.Helper()
	if len(lines) != h {
		tb.Errorf("%s at %dx%d: %d lines", name, w, h, len(lines))
	}
	for i, l := range lines {
		if got := widget.Width(l); got != w {
			tb.Errorf("%s at %dx%d: line %d is %d wide: %q", name, w, h, i, got, l)
		}
		if !norm.NFC.IsNormalString(l) {
			tb.Errorf("%s: line %d is not composed: %q", name, i, l)
		}
		if strings.ContainsFunc(l, func(r rune) bool { return r < ' ' }) {
			tb.Errorf("%s: line %d has a control character: %q", name, i, l)
		}
	}
}

// TestEveryWindow draws every state in windows from absurdly small to very
// large: the frame always fills the window exactly.
func TestEveryWindow(t *testing.T) {
	t.Parallel()
	windows := [][2]int{{20, 5}, {1, 1}, {59, 20}, {60, 19}, {60, 20}, {61, 21}, {75, 22}, {76, 24}, {80, 24}, {99, 24}, {100, 24}, {100, 23}, {117, 30}, {118, 27}, {118, 28}, {132, 43}, {160, 50}, {250, 70}, {250, 20}, {60, 70}}
	for _, mo := range moments(t) {
		s := mo.show(t, "ko", 80, 24)
		for _, win := range windows {
			s.w, s.h = win[0], win[1]
			checkFrame(t, mo.name, s.lines(), win[0], win[1])
		}
		if t.Failed() {
			t.FailNow()
		}
	}
}

// TestThemes draws with every theme: ASCII screens are ASCII but for the text.
func TestThemes(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	for _, o := range []Options{{ASCII: true}, {NoColor: true}, {ASCII: true, NoColor: true, Present: true}, {Present: true}} {
		o.Lang = "en"
		for _, id := range []steps.ID{"3.1", "3.5", "4.2", "4.4"} {
			for _, size := range sizes {
				s := newStage(t, o, events, upTo(t, events, id, steps.Held, 0), size[0], size[1])
				s.enter()
				s.show(s.walk.pos(id))
				for _, screen := range []screen{screenWalk, screenMap, screenCompare, screenCover} {
					s.screen = screen
					checkFrame(t, fmt.Sprint(id, " ", screen), s.lines(), size[0], size[1])
					if o.ASCII {
						for _, r := range s.screenText() {
							if r > 0x7e && !unicode.IsLetter(r) && !strings.ContainsRune("…→—", r) {
								t.Fatalf("%q on an ASCII screen:\n%s", r, s.screenText())
							}
						}
					}
					if o.NoColor && strings.Contains(s.View().Content, "\x1b[38;") {
						t.Fatal("a colour on a screen without colour")
					}
				}
			}
		}
	}
}

// TestListShowsEveryStep: wherever the list has room for all steps, each has
// one line with its whole title, long or short, and what is shown is marked.
func TestListShowsEveryStep(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	for _, lang := range []string{"ko", "en"} {
		for _, win := range [][2]int{{80, 24}, {118, 28}, {120, 36}, {200, 60}, {250, 70}} {
			s := newStage(t, Options{Lang: lang}, events, upTo(t, events, "3.5", steps.Held, 0), win[0], win[1])
			s.enter()
			s.focus = paneSteps
			for i, id := range s.walk.order {
				s.show(i)
				s.focus = paneSteps
				page, found := s.book.Page(id), 0
				for _, l := range s.lines() {
					row, ok := strings.CutPrefix(l, "│▶")
					if ok && strings.HasPrefix(strings.TrimLeft(row[strings.Index(row, " ")+1:], " "), string(id)) &&
						(strings.Contains(row, page.Short+" ") || strings.Contains(row, page.Title+" ")) {
						found++
					}
				}
				if found != 1 {
					t.Fatalf("%s at %v: step %s is shown on %d lines:\n%s", lang, win, id, found, s.screenText())
				}
			}
		}
	}
}

// TestMapShowsWhereAPacketDies: the cross stands at the place that stopped the
// packet, and nothing is drawn beyond it; what arrives is drawn to S3.
func TestMapShowsWhereAPacketDies(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	host := steps.Args{"from": "10.0.2.234:4711", "to": "3.5.143.161:443", "proto": "tcp", "action": "drop"}
	for _, test := range []struct {
		at        steps.ID
		code, via string
		want      string // in the row of the private instance
	}{
		{"3.5", "NO_ROUTE_TO_DESTINATION", "", "● private 10.0.2.234 ╺━✕     │"},
		{"3.5", "SUBNET_ACL_RESTRICTION", "", "● private 10.0.2.234 ╺━✕     │"},
		{"3.5", "ENI_SG_RULES_MISMATCH", "", "● private 10.0.2.234 ✕ │     │"},
		{"3.8", "VPCE_GATEWAY_PROTOCOL_RESTRICTION", "vpce-1", "● private 10.0.2.234 ╺━┿━━✕┤EP├─╯"},
		{"3.8", "", "vpce-1", "● private 10.0.2.234 ╺━┿━━━┤EP├━┛"},
	} {
		s := newStage(t, Options{Lang: "en"}, events, upTo(t, events, test.at, steps.Held, 0), 120, 36)
		s.enter()
		s.show(s.walk.pos(test.at))
		args := steps.Args{"code": test.code, "via": test.via}
		for k, v := range host {
			args[k] = v
		}
		if test.code == "" {
			args["action"] = "deliver"
		}
		s.walk.record(test.at).ways = map[string]way{}
		s.send(newsMsg{packets: []steps.Event{{Kind: steps.Packet, Step: test.at, Args: args}}})
		if screen := s.screenText(); !strings.Contains(screen, test.want) || test.code != "" && !strings.Contains(screen, test.code) {
			t.Errorf("%s: %q is not on the map:\n%s", test.code, test.want, screen)
		}
	}
}
