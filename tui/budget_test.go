package tui

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gatewalk/steps"

	tea "charm.land/bubbletea/v2"
)

// TestIdleWritesNothing: while nothing happens, no byte reaches the terminal.
func TestIdleWritesNothing(t *testing.T) {
	t.Parallel()
	c := newCourse(t, t.TempDir(), 100*time.Microsecond)
	if err := c.RunUntil(t.Context(), "4.2"); err != nil {
		t.Fatal(err)
	}
	term := liveWalk(t, 120, 36, c, Options{Lang: "ko"})
	term.Sees("이어집니다").Types("enter").Sees("별표가 뜻하는 것")
	still(t, term)
}

// still fails the test if a second without a byte does not come: something
// moves. The first seconds may have frames that were on their way.
func still(t *testing.T, term *terminal) {
	t.Helper()
	for range 10 {
		before := term.Written()
		time.Sleep(time.Second)
		if term.Written() == before {
			return
		}
	}
	t.Errorf("bytes are written every second though nothing happens")
}

// TestFramesAndBytesWhileRunning: a hang with its clock costs few frames of
// few bytes, in Korean, where the renderer is at its worst.
func TestFramesAndBytesWhileRunning(t *testing.T) {
	t.Parallel()
	c := newCourse(t, t.TempDir(), 100*time.Microsecond)
	if err := c.RunUntil(t.Context(), "3.4"); err != nil {
		t.Fatal(err)
	}
	c.pace = 120 * time.Millisecond
	term := liveWalk(t, 120, 36, c, Options{Lang: "ko"})
	term.Sees("이어집니다").Types("enter").Sees("3.5").Types("enter").Sees("예상해 보십시오").Types("3").Sees("응답 없음")
	before := term.Written()
	const seconds = 1.5
	time.Sleep(seconds * 1000 * time.Millisecond)
	n := term.Written() - before
	t.Logf("%d bytes in %.1f s of waiting", n, seconds)
	// Ten frames a second of a clock, a spinner and a bar: 135 bytes each were
	// measured for one changed digit; the renderer that repaints rows of wide
	// cells needs 3,158.
	if limit := int(seconds * 10 * 400); n > limit {
		t.Errorf("%d bytes in %.1f s, more than %d", n, seconds, limit)
	}
	if n == 0 {
		t.Error("nothing moved")
	}
}

// TestFeedIsSlow: however fast events come, batches come at most ten a second,
// the first at once, and none after close.
func TestFeedIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed()
		sent := make(chan tea.Msg, 1000)
		f.start(func(m tea.Msg) { sent <- m })
		for began := time.Now(); time.Since(began) < 550*time.Millisecond; time.Sleep(50 * time.Microsecond) {
			f.event(steps.Event{Kind: steps.Output})
			f.packet(steps.Event{Kind: steps.Packet})
		}
		f.close()
		if n := len(sent); n != 6 {
			t.Errorf("%d batches in 0.55 s", n)
		}
		f.event(steps.Event{})
		time.Sleep(time.Second)
		if n := len(sent); n != 6 {
			t.Errorf("a batch after close")
		}
	})
}

// TestEveryKeyAnswers presses every key in every state: something changes on
// the screen, or it is said why not.
func TestEveryKeyAnswers(t *testing.T) {
	t.Parallel()
	keys := []string{"enter", "space", "left", "right", "up", "down", "tab", "shift+tab", "pgup", "pgdown", "home", "end", "esc", "ctrl+c",
		"a", "c", "g", "h", "j", "k", "l", "L", "m", "n", "q", "r", "s", "S", "w", "x", "y", "z", "?", "1", "9", "ㅂ", "ㄴ", "ㅣ", "ㅊ", "한"}
	for _, mo := range moments(t) {
		for _, key := range keys {
			s := mo.show(t, "ko", 80, 24)
			before, applied := s.View(), s.applied
			s.press(key)
			if !s.quit && len(s.sent) == 0 && s.View().Content == before.Content && s.applied == applied {
				// What has nowhere to go in a list of answers may stay.
				if _, ok := s.top().(*reader); ok {
					continue
				}
				// The cursor of an empty line has nowhere to go, and a space is no ink.
				if c, ok := s.top().(*confirm); ok && c.word != "" && (key == "left" || key == "right" || key == "space") {
					continue
				}
				if _, ok := s.top().(*planned); ok && (key == "left" || key == "right" || key == "space") {
					continue
				}
				if s.flash != "" && key == "enter" {
					continue // refused again, for the same reason
				}
				if f, ok := s.top().(*form); ok && f.at <= 1 {
					continue
				}
				t.Errorf("%s: %q does nothing and does not say why:\n%s", mo.name, key, s.screenText())
				return
			}
			checkFrame(t, mo.name+" after "+key, s.lines(), 80, 24)
		}
	}
}

// TestFooterKeepsItsWord: no key at the foot of the screen is refused where it
// stands.
func TestFooterKeepsItsWord(t *testing.T) {
	t.Parallel()
	for _, mo := range moments(t) {
		for _, b := range mo.show(t, "en", 250, 70).hints() {
			s := mo.show(t, "en", 250, 70)
			s.press(b.Keys()[0])
			for _, refusal := range []string{s.txt.Say.Busy, s.txt.Say.NotHere, s.txt.Say.UnknownKey, s.txt.Say.NoHint, s.txt.Say.NoCompare, s.txt.Say.NoShell, s.txt.Say.NoHost} {
				if s.flash == refusal {
					t.Errorf("%s: the foot of the screen offers %q, which is refused: %s", mo.name, b.Help().Key, s.flash)
				}
			}
		}
	}
}

// TestSameViewTwice: drawing changes nothing.
func TestSameViewTwice(t *testing.T) {
	t.Parallel()
	for _, mo := range moments(t) {
		s := mo.show(t, "ko", 120, 36)
		if a, b := s.View(), s.View(); a.Content != b.Content {
			t.Errorf("%s: two views of one state differ", mo.name)
		}
	}
}

// BenchmarkView draws the walk's screen at 120x36 in Korean, with a clock that
// moves: the frame of something that runs. The budget is 2 ms.
func BenchmarkView(b *testing.B) {
	events := recording(b, "lab.jsonl")
	for _, bench := range []struct {
		name string
		n    int
		open func(*stage)
	}{
		{"walk", upTo(b, events, "3.5", steps.Waiting, 5), func(s *stage) { s.running("3.5") }},
		{"compare", upTo(b, events, "4.2", steps.Output, 30), func(s *stage) { s.running("4.2"); s.openCompare("4.2") }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			s := newStage(b, Options{Lang: "ko"}, events, bench.n, 120, 36)
			bench.open(s)
			b.ReportAllocs()
			for b.Loop() {
				s.spin++
				_ = s.View()
			}
		})
	}
}

// BenchmarkViewCold draws with nothing cached, as after each event.
func BenchmarkViewCold(b *testing.B) {
	events := recording(b, "lab.jsonl")
	s := newStage(b, Options{Lang: "ko"}, events, upTo(b, events, "4.2", steps.Held, 0), 120, 36)
	s.enter()
	s.show(s.walk.pos("4.2"))
	b.ReportAllocs()
	for b.Loop() {
		s.walk.version++
		_ = s.View()
	}
}

// FuzzEvents feeds the model events in any order and of any content, and keys
// between them: it never panics, and every frame is whole.
func FuzzEvents(f *testing.F) {
	events := recording(f, "lab.jsonl")
	all := make([]string, len(events))
	for i, e := range events {
		raw, err := json.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		all[i] = string(raw)
	}
	f.Add(strings.Join(all[:60], "\n"), "enter,enter,c,m,tab", 80, 24)
	f.Add(strings.Join(all[120:], "\n"), "right,right,g,9,q,L,?", 120, 36)
	f.Add(`{"step":"9","kind":"observed","msg":"routes","rows":[[],["\u001b[31m"]]}`, "c,tab,z,w", 60, 20)
	f.Add(`{"step":"3.1","kind":"gone"}`+"\n"+`{"kind":"packet","args":{"from":"private","to":"x"},"step":"3.1"}`, "m", 250, 70)
	f.Fuzz(func(t *testing.T, told, keys string, w, h int) {
		w, h = min(max(w, 1), 250), min(max(h, 1), 70)
		var list []steps.Event
		for line := range strings.SplitSeq(told, "\n") {
			var e steps.Event
			if json.Unmarshal([]byte(line), &e) == nil {
				list = append(list, e)
			}
		}
		s := newStage(t, Options{Lang: "ko"}, events, 0, w, h)
		p := s.drv.(script).player
		for i, e := range list {
			p.emit(e)
			s.send(newsMsg{packets: list[i : i+1]})
			if i%7 == 0 {
				checkFrame(t, strconv.Itoa(i), s.lines(), w, h)
			}
		}
		s.enter()
		for _, k := range strings.Split(keys, ",") {
			if k != "" && !s.quit {
				s.press(k)
			}
		}
		checkFrame(t, keys, s.lines(), w, h)
	})
}

// TestCloseWaits: what was started is over when the program is.
func TestCloseWaits(t *testing.T) {
	t.Parallel()
	c := newCourse(t, t.TempDir(), 20*time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	term := runIn(t, 80, 24, Options{Lang: "ko", Start: c.start}, func(_ context.Context, o Options) (Result, error) {
		return Run(ctx, o)
	})
	term.Sees("준비되었습니다").Types("enter").Sees("S3는 VPC 밖에 있습니다").Types("enter").Sees("엔드포인트의 세 가지 종류").Types("enter").Sees("사전 준비").Types("enter").Sees("S3 버킷")
	cancel()
	term.Ends() // its context's end is its error
	// The runner has ended: it can be used again, and says that it was stopped.
	events := c.Session().Events()
	if last := events[len(events)-1]; last.Kind != steps.Failed || last.Msg != steps.MsgInterrupted {
		t.Errorf("the last event is %+v", last)
	}
	c.Runner.Session.Close()
}
