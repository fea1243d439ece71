package tui

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
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
	term.sees("준비되었습니다")
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
		term.types("enter")
	}
	t.Fatalf("two hundred times Enter did not lead to the end:\n%s", term.screen())
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
	term.sees("지난번에 멈춘 곳에서 이어집니다: 4.2").types("enter", "enter")
	term.sees(" 3  * * *", "배스천 호스트")
	term.resizes(80, 24)
	term.sees(" 7  * * *")
	term.types("L").sees("bastion", "private instance", "swap")
	term.resizes(132, 40)
	term.sees("30  * * *", "The bastion reached S3 in eight hops")
	term.types("esc").sees("Route table (private subnet)", "UDP and ICMP")
}

// TestBackAndJump turns pages without running anything, and lets the walk
// bring the world to a step.
func TestBackAndJump(t *testing.T) {
	t.Parallel()
	term := liveWalk(t, 100, 30, newCourse(t, t.TempDir(), 100*time.Microsecond), Options{Lang: "en"})
	term.sees("Ready").types("enter").sees("How it used to be")
	term.types("right", "right", "right").sees("Onto the bastion")
	term.types("left", "left").sees("Gateway, interface and endpoint service")
	term.types("g").sees("Go to a step").types("7").sees("S3 from the private instance")
	term.types("enter").sees("Something comes before this", "run everything up to step 3.4 now")
	term.types("enter").sees("3.5", "Same rights, same bucket", "10.0.0.0/16 → local")
	term.types("enter").sees("What do you expect?").types("y").sees("No answer in 15s", "Not as expected")
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
	term.sees("지난번에 멈춘 곳에서 이어집니다: 3.6").types("enter").sees("엔드포인트 메뉴 찾기")
	term.types("q").sees("끝낼까요?", "리소스 15개").types("y")
	if r := term.ends(); r.Finished || r.Exists != 15 {
		t.Errorf("left with %+v", r)
	}
	if err := c.Runner.Session.Close(); err != nil {
		t.Fatal(err)
	}
	again := liveWalk(t, 80, 24, newCourse(t, dir, 100*time.Microsecond), Options{Lang: "ko"})
	again.sees("지난번에 멈춘 곳에서 이어집니다: 3.6").types("enter", "left")
	again.sees("15s 동안 아무 응답이 없었습니다", "종료 코드 130")
}

// TestShellAndBack goes to a host and finds the screen as it was.
func TestShellAndBack(t *testing.T) {
	t.Parallel()
	c := newCourse(t, t.TempDir(), 100*time.Microsecond)
	if err := c.RunUntil(t.Context(), "3.4"); err != nil {
		t.Fatal(err)
	}
	typed := make(chan string, 1)
	shell := func(_ context.Context, host string, pty PTY, in io.Reader, out io.Writer) error {
		fmt.Fprintf(out, "[ec2-user@%s %dx%d ~]$ ", host, pty.Cols, pty.Rows)
		line, err := bufio.NewReader(in).ReadString('\r')
		typed <- line
		if err != nil {
			return err
		}
		return errors.New("connection reset by peer")
	}
	term := liveWalk(t, 80, 24, c, Options{Lang: "en", Shell: shell})
	term.sees("Going on").types("enter").sees("Enter runs this", "? help")
	before := term.screen()
	term.types("s").sees("Open a shell", "10.0.2.234").types("2")
	term.sees("A shell on the private instance", "[ec2-user@private 80x24 ~]$")
	term.types("exit\r")
	if got := <-typed; got != "exit\r" {
		t.Errorf("the shell was typed %q", got)
	}
	term.sees("The connection to the private instance was lost", "reset by peer")
	// Turning to another pane and back takes the message away.
	term.types("tab", "\x1b[Z").until(func(s string) bool { return s == before }, "exactly the screen as it was")
}

// TestWrongTableIsFoundOut takes the wrong choice and the way back from it.
func TestWrongTableIsFoundOut(t *testing.T) {
	t.Parallel()
	c := newCourse(t, t.TempDir(), 100*time.Microsecond)
	if err := c.RunUntil(t.Context(), "3.6"); err != nil {
		t.Fatal(err)
	}
	term := liveWalk(t, 100, 30, c, Options{Lang: "en"})
	term.sees("Going on").types("enter").sees("3.7").types("enter").sees("Create endpoint", "Interface")
	term.types("enter", "down", "enter").sees("▶ ( ) Full access").types("enter", "enter")
	term.sees("Endpoint vpce-0a1b2c3d4e5f60718 is available").types("enter").sees("3.8").types("enter").sees("Will it appear now?").types("y")
	term.sees("Still no answer", "NO_ROUTE_TO_DESTINATION")
	term.types("enter").sees("What now?").types("h").sees("which route table").types("esc")
	term.types("enter").sees("back to step 3.7").types("enter").sees("Create endpoint", "Route tables")
	term.types("enter", "enter", "enter", "enter").sees("is available", "pl-… → vpce-0a1b2c3d4e5f60718")
	term.types("enter", "enter").sees("The same listing", "TestImage1.png", "Reached S3 through the gateway")
}

// TestHangulLayout walks with a Korean input method on: keys arrive as
// syllable parts.
func TestHangulLayout(t *testing.T) {
	t.Parallel()
	term := liveWalk(t, 100, 30, newCourse(t, t.TempDir(), 100*time.Microsecond), Options{Lang: "ko"})
	term.sees("준비되었습니다").types("ㅣ").sees("Ready. Press Enter").types("ㅣ").sees("준비되었습니다")
	term.types("enter").sees("기존 환경").types("ㅎ").sees("단계 고르기").types("esc")
	term.types("ㅡ").sees("네트워크  1").types("ㅡ").types("ㅂ").sees("끝낼까요?").types("ㅛ")
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
	term.sees("이어집니다").types("enter").sees("3.5").types("enter").sees("예상해 보십시오").types("n")
	term.sees("응답 없음", "/ 00:15").types("ctrl+c").sees("실행을 중단했습니다")
	term.types("enter").sees("응답 없음").sees("15s 동안 아무 응답이 없었습니다", "예상이 맞았습니다: 아니오")
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
	term.sees("준비하지 못했습니다", "no space left on device").types("enter").sees("기존 환경")
}

// TestPanicIsShown: a step that panics is a sentence on the screen, and a way on.
func TestPanicIsShown(t *testing.T) {
	t.Parallel()
	c := newCourse(t, t.TempDir(), 100*time.Microsecond)
	c.Steps[0].(*told).panics.Store(true)
	term := liveWalk(t, 80, 24, c, Options{Lang: "ko"})
	term.sees("준비되었습니다").types("enter").sees("기존 환경").types("enter")
	term.sees("단계를 실행하지 못했습니다", "panic: a step that panics")
	c.Steps[0].(*told).panics.Store(false)
	term.types("enter").sees("VPC 엔드포인트의 종류")
}

// TestReplayByItself plays a recording to its end without a key.
func TestReplayByItself(t *testing.T) {
	t.Parallel()
	events := recording(t, "events.jsonl")
	term := runIn(t, 120, 36, Options{Lang: "en", Auto: 20 * time.Millisecond}, func(ctx context.Context, o Options) (Result, error) {
		return Result{}, Replay(ctx, events, 2000, o)
	})
	term.sees("You walked it to the end", "17 / 17", "0 (checked at")
	term.types("enter")
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
	term.sees("이어집니다", "AWS 123456789012").types("enter", "q").sees("16개가 남아", "$0.02", "$0.033").types("esc")
	term.types("enter").sees("모두 삭제하기", "삭제 또는 delete").types("enter").sees("낱말이 다릅니다")
	if got := c.Runner.Session.State().Status("6"); got == steps.Holds {
		t.Fatal("Enter alone deleted everything")
	}
	term.types("삭", "제").sees("> 삭제")
	term.types("enter").sees("남은 리소스 0개")
}

// TestNotesFollow shows the trainer's notes of what the audience sees.
func TestNotesFollow(t *testing.T) {
	t.Parallel()
	c := newCourse(t, t.TempDir(), 100*time.Microsecond)
	notes := runIn(t, 80, 24, Options{Lang: "ko"}, func(ctx context.Context, o Options) (Result, error) {
		return Result{}, Notes(ctx, o, c.Session().Follow)
	})
	notes.sees("발표 화면이 단계를 보여 주면")
	term := liveWalk(t, 120, 36, c, Options{Lang: "ko", Present: true})
	term.sees("준비되었습니다").types("enter").sees("기존 환경").types("\x1b[6~").sees("VPC 엔드포인트의 종류").types("\x1b[6~").sees("사전 준비")
	notes.sees("3.1  사전 준비", "3분 안에 끝납니다").types("L").sees("Takes three minutes")
	term.types("\x1b[6~").sees("모든 리소스가 준비되었습니다")
	notes.sees("✓").types("q")
	notes.ends()
}
