package tui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gatewalk/steps"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// Bubble Tea leaves the reading of its input and its timers behind when it
	// ends; everything of ours must be over.
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/charmbracelet/ultraviolet.(*TerminalReader).StreamEvents"),
		goleak.IgnoreAnyFunction("github.com/charmbracelet/ultraviolet.(*TerminalReader).StreamEvents.func1"),
		goleak.IgnoreAnyFunction("charm.land/bubbletea/v2.Tick.func1"),
		goleak.IgnoreAnyFunction("charm.land/bubbletea/v2.(*Program).execBatchMsg"),
	)
}

// live starts the walk on a course in a terminal.
func liveWalk(t *testing.T, w, h int, c *course, o Options) *terminal {
	t.Helper()
	t.Cleanup(func() { c.Runner.Session.Close() })
	o.Start = c.start
	return runIn(t, w, h, o, Run)
}

// TestEnterLeadsToTheEnd presses nothing but Enter.
func TestEnterLeadsToTheEnd(t *testing.T) {
	t.Parallel()
	term := liveWalk(t, 120, 36, newCourse(t, t.TempDir(), 200*time.Microsecond), Options{Lang: "ko"})
	term.Sees("준비되었습니다")
	want := []string{"TestImage1.png", "종료 코드 130", "pl-78a54011", "52.219.56.25", "예상해 보십시오", "엔드포인트 생성", "0개", "끝까지 마쳤습니다", "모두 삭제하기"}
	for range 200 {
		screen := term.settled()
		if screen == "" {
			if r := term.ends(); !r.Finished || r.Exists != 0 {
				t.Errorf("left with %+v", r)
			}
			if len(want) > 0 {
				t.Errorf("%q never were on the screen", want)
			}
			return
		}
		want = slices.DeleteFunc(want, func(s string) bool { return strings.Contains(screen, s) })
		term.Types("enter")
	}
	t.Fatalf("two hundred times Enter did not lead to the end:\n%s", term.Screen())
}

// TestResizeAndLanguageWhileStreaming changes the window and the language in
// the middle of a trace; nothing is lost.
func TestResizeAndLanguageWhileStreaming(t *testing.T) {
	t.Parallel()
	c := newCourse(t, t.TempDir(), time.Millisecond)
	if err := c.RunUntil(t.Context(), "4.1"); err != nil {
		t.Fatal(err)
	}
	c.pace = 25 * time.Millisecond
	term := liveWalk(t, 120, 36, c, Options{Lang: "ko"})
	term.Sees("지난번에 멈춘 곳에서 이어집니다: 4.2").Types("enter", "enter")
	term.Sees(" 3  * * *", "배스천 호스트")
	term.Resize(80, 24)
	term.Sees(" 7  * * *")
	term.Types("L").Sees("bastion", "private instance", "swap")
	term.Resize(132, 40)
	term.Sees(" 8  ", "8 hops", "30 hops")
	term.Types("esc").Sees("route table", "UDP and ICMP")
}

// TestWider makes the window narrower and wider again: what stands on the
// columns that came back is drawn as before, and drawn over as before.
func TestWider(t *testing.T) {
	t.Parallel()
	c := newCourse(t, t.TempDir(), 100*time.Microsecond)
	if err := c.RunUntil(t.Context(), "3.5"); err != nil {
		t.Fatal(err)
	}
	term := liveWalk(t, 120, 36, c, Options{Lang: "ko"})
	body := func(screen string) string { // without the clock above and the keys below
		lines := strings.Split(screen, "\n")
		return strings.Join(lines[1:len(lines)-1], "\n")
	}
	term.Sees("이어집니다").Types("enter", "left").Sees("3.5  프라이빗 인스턴스에서")
	before := body(term.settled())
	term.Resize(84, 25).Sees("[학습]") // the middle of a syllable will stand where this ends
	term.Resize(120, 36).Sees("╭ 네트워크 ─")
	term.Types("x").Sees("쓰지 않는 키입니다")
	term.Until(func(screen string) bool { return body(screen) == before }, "what it was before")
}

// TestBackAndJump turns pages without running anything, and lets the walk
// bring the world to a step.
func TestBackAndJump(t *testing.T) {
	t.Parallel()
	term := liveWalk(t, 100, 30, newCourse(t, t.TempDir(), 100*time.Microsecond), Options{Lang: "en"})
	term.Sees("Ready").Types("enter").Sees("S3 lives outside the VPC")
	term.Types("right", "right", "right").Sees("Log in to the bastion")
	term.Types("left", "left").Sees("Three things called endpoint")
	term.Types("g").Sees("Go to a step").Types("3", ".", "5").Sees("▶ ○ 3.5").Types("enter").Sees("S3 from the private instance")
	term.Types("enter").Sees("Something comes before this", "run everything up to step 3.4 now")
	term.Types("enter").Sees("3.5", "The same role, the same", "10.0.0.0/16 → local")
	term.Types("enter").Sees("What do you expect?").Types("1").Sees("Nothing came back on the private instance", "Not as expected")
}

// TestQuitAndComeBack leaves in the middle and finds everything again.
func TestQuitAndComeBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := newCourse(t, dir, 100*time.Microsecond)
	if err := c.RunUntil(t.Context(), "3.5"); err != nil {
		t.Fatal(err)
	}
	term := liveWalk(t, 80, 24, c, Options{Lang: "ko"})
	term.Sees("지난번에 멈춘 곳에서 이어집니다: 3.6").Types("enter").Sees("엔드포인트 서비스 찾기")
	term.Types("q").Sees("끝낼까요?", "리소스 15개").Types("y")
	if r := term.ends(); r.Finished || r.Exists != 15 {
		t.Errorf("left with %+v", r)
	}
	if err := c.Runner.Session.Close(); err != nil {
		t.Fatal(err)
	}
	again := liveWalk(t, 80, 24, newCourse(t, dir, 100*time.Microsecond), Options{Lang: "ko"})
	again.Sees("지난번에 멈춘 곳에서 이어집니다: 3.6").Types("enter", "left")
	again.Sees("15초 동안 아무 응답이", "종료 코드 130")
}

// TestWrongTableIsFoundOut takes the wrong choice and the way back from it.
func TestWrongTableIsFoundOut(t *testing.T) {
	t.Parallel()
	c := newCourse(t, t.TempDir(), 100*time.Microsecond)
	if err := c.RunUntil(t.Context(), "3.6"); err != nil {
		t.Fatal(err)
	}
	term := liveWalk(t, 100, 30, c, Options{Lang: "en"})
	term.Sees("Going on").Types("enter").Sees("3.7").Types("enter").Sees("Create endpoint", "Interface")
	term.Types("enter", "down", "enter").Sees("▶ ( ) Full access").Types("enter", "enter")
	term.Sees("is available, on the", "+ pl-78a54011").Types("enter").Sees("3.8").Types("enter").Sees("What do you expect?").Types("1")
	term.Sees("Still no answer", "NO_ROUTE_TO_DESTINATION")
	term.Types("enter").Sees("What now?").Types("h").Sees("does not help from another table").Types("esc")
	term.Types("enter").Sees("back to step 3.7").Types("enter").Sees("Create endpoint", "Route tables")
	term.Types("enter", "enter", "enter", "enter").Sees("is available", "+ pl-78a54011 → EP")
	term.Types("enter", "enter").Sees("Listed on the private instance", "TestImage1.png", "Reached S3 through the gateway")
}

// TestHangulLayout walks with a Korean input method on: keys arrive as
// syllable parts.
func TestHangulLayout(t *testing.T) {
	t.Parallel()
	term := liveWalk(t, 100, 30, newCourse(t, t.TempDir(), 100*time.Microsecond), Options{Lang: "ko"})
	term.Sees("준비되었습니다").Types("ㅣ").Sees("Ready. Press Enter").Types("ㅣ").Sees("준비되었습니다")
	term.Types("enter").Sees("S3는 VPC 밖에 있습니다").Types("ㅎ").Sees("단계 고르기").Types("esc")
	term.Types("ㅡ").Sees("네트워크  1").Types("ㅡ").Types("ㅂ").Sees("끝낼까요?").Types("ㅛ")
	term.ends()
}

// TestStopAndAgain interrupts the hang; the walk says so, and runs it again.
func TestStopAndAgain(t *testing.T) {
	t.Parallel()
	c := newCourse(t, t.TempDir(), 100*time.Microsecond)
	if err := c.RunUntil(t.Context(), "3.4"); err != nil {
		t.Fatal(err)
	}
	c.pace = 50 * time.Millisecond
	term := liveWalk(t, 80, 24, c, Options{Lang: "ko"})
	term.Sees("이어집니다").Types("enter").Sees("3.5").Types("enter").Sees("예상해 보십시오").Types("3")
	term.Sees("응답 없음", "/ 00:15").Types("ctrl+c").Sees("실행이 중단되었습니다")
	term.Types("enter").Sees("응답 없음").Sees("15초 동안 아무 응답이", "예상이 맞았습니다: 아무 응답이 없습니다")
}

// TestStartFails shows why there is no lab, and tries again on Enter.
func TestStartFails(t *testing.T) {
	t.Parallel()
	c := newCourse(t, t.TempDir(), 100*time.Microsecond)
	t.Cleanup(func() { c.Runner.Session.Close() })
	tries := 0
	term := runIn(t, 80, 24, Options{Lang: "ko", Start: func(context.Context) (Engine, error) {
		if tries++; tries == 1 {
			return nil, errors.New("opening the session: no space left on device")
		}
		return c, nil
	}}, Run)
	term.Sees("준비하지 못했습니다", "no space left on device").Types("enter").Sees("S3는 VPC 밖에 있습니다")
}

// TestPanicIsShown: a step that panics is a sentence on the screen, and a way on.
func TestPanicIsShown(t *testing.T) {
	t.Parallel()
	c := newCourse(t, t.TempDir(), 100*time.Microsecond)
	c.Steps[0].(*told).panics.Store(true)
	term := liveWalk(t, 80, 24, c, Options{Lang: "ko"})
	term.Sees("준비되었습니다").Types("enter").Sees("S3는 VPC 밖에 있습니다").Types("enter")
	term.Sees("단계를 실행하지 못했습니다", "panic: a step that panics")
	c.Steps[0].(*told).panics.Store(false)
	term.Types("enter").Sees("엔드포인트의 세 가지 종류")
}

// TestReplayByItself plays a recording to its end without a key.
func TestReplayByItself(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	term := runIn(t, 120, 36, Options{Lang: "en", Auto: 20 * time.Millisecond}, func(ctx context.Context, o Options) (Result, error) {
		return Result{}, Replay(ctx, events, 2000, o)
	})
	term.Sees("You reached the end", "17 / 17", "checked at")
	term.Types("enter")
	term.ends()
}

// TestWordOnRealAccount: on an account that costs money one key destroys
// nothing.
func TestWordOnRealAccount(t *testing.T) {
	t.Parallel()
	c := newCourse(t, t.TempDir(), 100*time.Microsecond)
	if err := c.RunUntil(t.Context(), "5"); err != nil {
		t.Fatal(err)
	}
	o := Options{Lang: "ko", World: World{Name: "AWS", Region: "ap-northeast-2", Account: "123456789012"},
		Cost: func(time.Time) (float64, float64) { return 0.02, 0.033 }}
	term := liveWalk(t, 100, 30, c, o)
	term.Sees("이어집니다", "AWS 123456789012").Types("enter", "q").Sees("16개가 남아", "$0.02", "$0.033").Types("esc")
	term.Types("enter").Sees("모두 삭제하기", "삭제 또는 delete").Types("enter").Sees("낱말이 다릅니다")
	if got := c.Runner.Session.State().Status("6"); got == steps.Holds {
		t.Fatal("Enter alone deleted everything")
	}
	term.Types("삭", "제").Sees("> 삭제")
	term.Types("enter").Sees("남은 리소스: 0개")
}

// TestNotesFollow shows the trainer's notes of what the audience sees.
func TestNotesFollow(t *testing.T) {
	t.Parallel()
	c := newCourse(t, t.TempDir(), 100*time.Microsecond)
	notes := runIn(t, 80, 24, Options{Lang: "ko"}, func(ctx context.Context, o Options) (Result, error) {
		return Result{}, Notes(ctx, o, c.Session().Follow)
	})
	notes.Sees("발표 화면이 단계를 보여 주면")
	term := liveWalk(t, 120, 36, c, Options{Lang: "ko", Present: true})
	term.Sees("준비되었습니다").Types("enter").Sees("S3는 VPC 밖에 있습니다").Types("\x1b[6~").Sees("엔드포인트의 세 가지 종류").Types("\x1b[6~").Sees("사전 준비")
	notes.Sees("3.1  사전 준비", "만들어지는 동안 지도를 보며").Types("L").Sees("While things are made")
	term.Types("\x1b[6~").Sees("리소스가 모두 준비되었습니다")
	notes.Sees("✓").Types("q")
	notes.ends()
}
