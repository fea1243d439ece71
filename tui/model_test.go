package tui

import (
	"errors"
	"image/color"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gatewalk/steps"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// TestCompareOpensWithTwoSides follows a whole recorded walk as it runs: the
// screen with two sides opens by itself where a step asks both instances the
// same, and at the end of the one that compares the route table, and nowhere
// else. A second command on another host alone is no comparison: at 3.2 and
// 3.4 it is an ssh and what was typed after it, on the bastion as well with
// --copy-key.
func TestCompareOpensWithTwoSides(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	s := newStage(t, Options{Lang: "ko"}, events, 0, 120, 36)
	s.enter()
	s.act = running
	var opened []steps.ID
	for _, e := range events {
		if e.Step == "3.4" && e.Kind == steps.Command && e.Host == "" {
			e.Host = "bastion"
		}
		s.heed(e)
		if s.flash != "" {
			t.Fatalf("at %s the screen says %q", e.Step, s.flash)
		}
		if e.Step != "" && s.screen == screenCompare && !slices.Contains(opened, e.Step) {
			opened = append(opened, e.Step)
		}
		if e.Kind == steps.Held {
			s.screen = screenWalk
		}
	}
	if want := []steps.ID{"4.1", "4.2", "4.3b", "4.4"}; !slices.Equal(opened, want) {
		t.Errorf("the screen with two sides opened at %v, want %v", opened, want)
	}
}

// TestCompareFollowsTheSlower: while both sides stream, the end of the one that
// is behind stays in sight, however far the other is.
func TestCompareFollowsTheSlower(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	first, last := upTo(t, events, "4.2", steps.Output, 0), upTo(t, events, "4.2", steps.Held, 0)
	for n := first; n < last; n++ {
		s := newStage(t, Options{Lang: "en"}, events, n, 80, 24).running("4.2")
		s.openCompare("4.2")
		l, r := s.runSide("4.2", "bastion", ""), s.runSide("4.2", "private", "")
		if (l.live || r.live) && !strings.Contains(s.screenText(), " running") {
			t.Fatalf("after %d events nothing seems to run:\n%s", n, s.screenText())
		}
	}
}

// TestRemarksGo: what was said about a key is gone when what it spoke of is
// over, with the next key, and by itself after a while.
func TestRemarksGo(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	now := noon
	open := func() *stage {
		s := newStage(t, Options{Lang: "ko", now: func() time.Time { return now }}, events, upTo(t, events, "3.5", steps.Held, 0), 80, 24)
		s.enter()
		return s
	}
	says := func(s *stage, want bool, when string) {
		t.Helper()
		if got := s.flash != ""; got != want {
			t.Errorf("%s the screen says %q", when, s.flash)
		}
	}
	s := open()
	s.act = running
	s.press("enter")
	says(s, true, "when a step runs")
	s.send(doneMsg{id: s.id(), act: running})
	says(s, false, "when the step has ended")
	if strings.Contains(s.screenText(), s.txt.Say.Busy) {
		t.Errorf("the footer still says it:\n%s", s.screenText())
	}

	s = open()
	s.press("x")
	says(s, true, "at an unknown key")
	s.press("tab")
	says(s, false, "after another key")

	s.press("x")
	now = now.Add(2 * time.Second)
	s.send(newsMsg{})
	says(s, true, "before it can have been read")
	now = now.Add(time.Minute)
	s.send(newsMsg{})
	says(s, false, "a minute later")

	s.send(troubleMsg{err: errors.New("no space left on device")})
	now = now.Add(time.Minute)
	s.send(newsMsg{})
	says(s, true, "a minute after an error")
	s.press("tab")
	says(s, false, "when the error was answered by a key")
}

// TestWrongTableLadder: after the wrong route table the learner is asked, then
// hinted, then told; the way back to the form is not offered before the hint.
func TestWrongTableLadder(t *testing.T) {
	t.Parallel()
	wrong := recording(t, "lab-wrong-table.jsonl")
	s := newStage(t, Options{Lang: "en"}, wrong, len(wrong), 120, 36)
	says := func(want bool, text string) {
		t.Helper()
		if strings.Contains(s.screenText(), text) != want {
			t.Errorf("%q on the screen: %v\n%s", text, !want, s.screenText())
		}
	}
	s.press("enter")
	says(true, "Where, then, are")
	says(false, "Choose the private")
	s.press("enter")
	says(true, "▶ h show a hint")
	says(false, "3.7, and choose")
	s.press("enter", "esc", "enter")
	says(true, "▶ 1 back to step 3.7, and choose")
	s.press("esc", "h")
	says(true, "private route table")
}

// TestMapOfAFailureWithoutPackets: on an account no packet is seen, and none is
// kept for a session that is gone on with. The map shows all the same where the
// list of 3.8 hangs.
func TestMapOfAFailureWithoutPackets(t *testing.T) {
	t.Parallel()
	wrong := slices.DeleteFunc(recording(t, "lab-wrong-table.jsonl"), func(e steps.Event) bool { return e.Kind == steps.Packet })
	s := newStage(t, Options{Lang: "en"}, wrong, len(wrong), 120, 36)
	if s.press("enter"); !strings.Contains(s.screenText(), "private 10.0.2.234 ╺━✕") || !strings.Contains(s.screenText(), "no route to S3") {
		t.Errorf("the packets die nowhere:\n%s", s.screenText())
	}
}

// TestKilledWhileAStepRan: coming back after a kill, the step is not shown as one
// that runs, and it is said how to run it again.
func TestKilledWhileAStepRan(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	for _, at := range []struct {
		id   steps.ID
		kind steps.Kind
	}{{"3.1", steps.Intent}, {"3.5", steps.Waiting}, {"4.2", steps.Output}, {"6", steps.Waiting}} {
		s := newStage(t, Options{Lang: "en"}, events, upTo(t, events, at.id, at.kind, 2), 120, 36)
		s.press("enter")
		got := s.screenText()
		if s.id() != at.id || !strings.Contains(got, "Stopped. Press Enter to run it again.") || strings.Contains(got, s.spinner()) {
			t.Errorf("killed in %s, the screen shows:\n%s", at.id, got)
		}
	}
}

// TestTooEarlyIsSaidWhileItWaits: what was said of a Ctrl-C that came too early
// goes with the wait it spoke of.
func TestTooEarlyIsSaidWhileItWaits(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	n, last := upTo(t, events, "3.5", steps.Waiting, 1), upTo(t, events, "3.5", steps.Held, 0)
	note := steps.Event{At: events[n-1].At, Step: "3.5", Host: "private", Kind: steps.Note, Msg: "too-early", Args: steps.Args{"elapsed": "2s", "enough": "5s"}}
	events = slices.Insert(events, n, note)
	s := newStage(t, Options{Lang: "en"}, events, n+1, 80, 24).running("3.5")
	if !strings.Contains(s.screenText(), "Only 2 s so far") {
		t.Errorf("nothing is said of it:\n%s", s.screenText())
	}
	s = newStage(t, Options{Lang: "en"}, events, last+1, 80, 24)
	s.press("enter", "left")
	if !strings.Contains(s.screenText(), "exit status 130") || strings.Contains(s.screenText(), "so far") {
		t.Errorf("it is still said when the wait is over:\n%s", s.screenText())
	}
}

// TestFeedReminds: an idle feed sends once when it was asked to, and then is
// still.
func TestFeedReminds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed()
		sent := make(chan tea.Msg, 100)
		f.start(func(m tea.Msg) { sent <- m })
		defer f.close()
		f.remind(200 * time.Millisecond)
		at := time.Now()
		<-sent
		if d := time.Since(at); d != 200*time.Millisecond {
			t.Errorf("reminded after %v", d)
		}
		select {
		case <-sent:
			t.Error("reminded twice")
		case <-time.After(time.Minute):
		}
	})
}

// TestBackground: the terminal is asked for its background, and the colours
// follow its answer; with sixteen colours they are the terminal's own.
func TestBackground(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	s := newStage(t, Options{Lang: "ko"}, events, upTo(t, events, "3.5", steps.Held, 0), 120, 36)
	s.enter()
	dark := s.View().Content
	s.send(tea.BackgroundColorMsg{Color: color.White})
	light := s.View().Content
	if !s.t.Light || light == dark || ansi.Strip(light) != ansi.Strip(dark) {
		t.Error("a light background changes no colour, or more than colours")
	}
	s.send(tea.BackgroundColorMsg{Color: color.Black})
	if s.View().Content != dark {
		t.Error("a dark background does not bring the colours back")
	}
	s.send(tea.ColorProfileMsg{Profile: colorprofile.ANSI})
	if s.View().Content == dark || strings.Contains(s.View().Content, "\x1b[38;2;") {
		t.Error("sixteen colours are not the terminal's own")
	}
}

// TestBehindADialog: what is behind a question steps back; the header, which
// says whose account this is, does not.
func TestBehindADialog(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	s := newStage(t, Options{Lang: "ko"}, events, upTo(t, events, "3.5", steps.Held, 0), 120, 36)
	s.enter()
	before := strings.Split(s.View().Content, "\n")
	s.press("q")
	after := strings.Split(s.View().Content, "\n")
	if after[0] != before[0] {
		t.Error("the header changed")
	}
	if !strings.Contains(before[3], s.t.State.OK.Paint("✓")) || strings.Contains(after[3], s.t.State.OK.Paint("✓")) {
		t.Errorf("the list behind the question has its colours still: %q", after[3])
	}
}

// TestClickTurnsToAStep: a click on a step's line turns to it, a click on a
// heading or between the parts does nothing.
func TestClickTurnsToAStep(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	for _, size := range [][2]int{{120, 36}, {118, 28}, {200, 60}} {
		s := newStage(t, Options{Lang: "en", Mouse: true}, events, upTo(t, events, "3.5", steps.Held, 0), size[0], size[1])
		s.enter()
		at := 0
		for y, l := range s.lines() {
			s.show(at)
			s.send(tea.MouseClickMsg{X: 4, Y: y, Button: tea.MouseLeft})
			want := at
			for i, id := range s.walk.order {
				if p := s.book.Page(id); strings.HasPrefix(l[len("│"):], " ") && strings.Contains(l, " "+string(id)+" ") && strings.Contains(l, " "+p.Short+" ") {
					want = i
				}
			}
			if strings.HasPrefix(l, "│▶") {
				want = s.at // what was shown already
			}
			if s.at != want {
				t.Errorf("%v: a click on row %d turns to step %d, not %d: %q", size, y, s.at, want, l)
			}
		}
	}
}

// TestShellGoesWithItsHost: a shell on an instance that is deleted is over, and
// no key leads back to it.
func TestShellGoesWithItsHost(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	s := newStage(t, Options{Lang: "ko", Shell: (&fakeShell{}).run}, events, upTo(t, events, "5", steps.Held, 0), 120, 36)
	s.stageShell(t, false)
	s.leaveShell()
	if !strings.Contains(s.screenText(), s.txt.Key.ShellBack) {
		t.Fatalf("nothing leads back to the shell:\n%s", s.screenText())
	}
	s.running("6")
	for _, e := range events[upTo(t, events, "5", steps.Held, 0):] {
		s.heed(e)
	}
	s.act = idle
	if s.sh != nil || strings.Contains(s.screenText(), s.txt.Key.ShellBack) {
		t.Errorf("the shell is still there:\n%s", s.screenText())
	}
}

// TestTraceIsShownWhole: when a trace has ended, both sides are seen as far as
// the shorter one goes, not the end of the longer one beside nothing.
func TestTraceIsShownWhole(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	for _, size := range [][2]int{{120, 36}, {80, 24}} {
		s := newStage(t, Options{Lang: "ko"}, events, upTo(t, events, "4.2", steps.Started, 0), size[0], size[1])
		s.running("4.2")
		at := upTo(t, events, "4.2", steps.Started, 0)
		for _, e := range events[at:upTo(t, events, "4.2", steps.Held, 0)] {
			s.heed(e)
			s.View()
		}
		s.act = idle
		if got := s.screenText(); !strings.Contains(got, "(52.219.56.25)") || !strings.Contains(got, "│  8  ") {
			t.Errorf("%v: the bastion's way is out of sight:\n%s", size, got)
		}
		was := s.compare.scroll
		s.press("down")
		if s.compare.scroll != was+1 || s.flash != "" {
			t.Errorf("%v: down scrolls from %d to %d and says %q", size, was, s.compare.scroll, s.flash)
		}
	}
}

// TestAutoGuessesNothing: a walk that goes on by itself makes no prediction in
// anybody's name.
func TestAutoGuessesNothing(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	events = slices.DeleteFunc(slices.Clone(events), func(e steps.Event) bool { return e.Kind == steps.Chosen })
	n := upTo(t, events, "3.4", steps.Held, 0)
	s := newStage(t, Options{Lang: "en", Auto: time.Millisecond}, events, n, 120, 36)
	s.press("enter", "enter")
	if !strings.Contains(s.screenText(), s.txt.Predict.Title) {
		t.Fatalf("no question:\n%s", s.screenText())
	}
	s.follow(s.autoNext())
	s.sync()
	if got := s.walk.choices["predict.3.5"]; got != "" || s.walk.peek("3.5").status != steps.Holds {
		t.Errorf("it guessed %q, and the step is %v", got, s.walk.peek("3.5").status)
	}
}

// TestHintsSayItOnce: without arrows the keys up and down are called what they
// do.
func TestHintsSayItOnce(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	s := newStage(t, Options{Lang: "en", ASCII: true}, events, upTo(t, events, "3.4", steps.Held, 0), 80, 24)
	foot := s.press("enter", "enter").lines()[23]
	if strings.Contains(foot, "up up") || !strings.Contains(foot, " up  down ") {
		t.Errorf("the footer is %q", foot)
	}
}
