package tui

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"gatewalk/steps"
	"gatewalk/tui/console"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/golden"
)

// fakeShell is the far end of a shell: it shows its size and what it is typed.
type fakeShell struct {
	mu    sync.Mutex
	typed strings.Builder
	end   error // what it ends with at "exit"
}

func (f *fakeShell) run(ctx context.Context, host string, pty PTY, in io.Reader, out io.Writer) error {
	fmt.Fprintf(out, "[ec2-user@%s %dx%d ~]$ ", host, pty.Cols, pty.Rows)
	go func() {
		for size := range pty.Resize {
			fmt.Fprintf(out, "<%dx%d>", size.Cols, size.Rows)
		}
	}()
	for keys := bufio.NewReader(in); ; {
		key, err := keys.ReadByte() // one by one: a busy machine hands over several at once
		if err != nil {
			return err
		}
		f.mu.Lock()
		f.typed.WriteByte(key)
		all := f.typed.String()
		f.mu.Unlock()
		switch key {
		case '\r':
			if strings.HasSuffix(all, "exit\r") {
				return f.end
			}
			fmt.Fprint(out, "\r\n$ ")
		case '\x03':
			fmt.Fprint(out, "^C\r\n$ ")
		default:
			out.Write([]byte{key})
		}
	}
}

func (f *fakeShell) got() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.typed.String()
}

// inShellOf is a walk with a shell open on the private instance.
func inShellOf(t *testing.T, w, h int, f *fakeShell) (*terminal, string) {
	t.Helper()
	c := newCourse(t, t.TempDir(), 100*time.Microsecond)
	if err := c.RunUntil(t.Context(), "3.4"); err != nil {
		t.Fatal(err)
	}
	term := liveWalk(t, w, h, c, Options{Lang: "en", Shell: f.run, now: func() time.Time { return noon }}) // no clock runs on
	term.Sees("Going on").Types("enter").Sees("Enter runs this", "? help")
	before := term.Screen()
	term.Types("s").Sees("Open a shell", "10.0.2.234").Types("2")
	term.Sees("private instance shell", "[ec2-user@private ", "ctrl+] back to the lesson")
	return term, before
}

// TestShellAndBack goes to a host and finds the screen as it was.
func TestShellAndBack(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {120, 36}, {60, 20}} {
		f := &fakeShell{}
		term, before := inShellOf(t, size[0], size[1], f)
		term.Types("e", "x", "i", "t").Sees("$ exit").Types("enter")
		term.Until(func(s string) bool { return s == before }, "exactly the screen as it was")
		if f.got() != "exit\r" {
			t.Errorf("the shell was typed %q", f.got())
		}
	}
}

// TestShellInTheFrame: lesson and map stay while the learner types; keys that
// mean something to the walk go to the shell; the frame's own are few.
func TestShellInTheFrame(t *testing.T) {
	t.Parallel()
	f := &fakeShell{}
	term, before := inShellOf(t, 120, 36, f)
	term.Sees("╭ 3.5 ", "My PC", "10.0.0.0/16 → local")
	term.Types("q", "?", "L", "ㅣ", "한", "tab", "ctrl+c", "up").Sees("q?Lㅣ한", "^C")
	term.Until(func(string) bool { return f.got() == "q?Lㅣ한\t\x03\x1b[A" }, "all that was typed, over there")
	// The real cursor is where the shell has it: an input method draws there.
	term.Types("enter", "가").Sees("$ 가")
	x, y := term.Find("$ 가")
	if cx, cy, shown := term.Cursor(); cx != x+4 || cy != y || !shown {
		t.Errorf("the cursor is at %d,%d %v, want %d,%d", cx, cy, shown, x+4, y)
	}
	// The whole window and back.
	term.Types("\x1bOQ").Sees("<118x32>").Types("\x1bOQ").Until(func(s string) bool { return strings.Contains(s, "My PC") }, "the map again")
	// The window changes under it.
	term.Resize(80, 24).Sees("<78x20>")
	term.Resize(120, 36).Sees("My PC")
	// To the lesson and back to the same shell.
	term.Types("ctrl+]").Sees("S back to the shell").Until(func(s string) bool { return withoutFoot(s) == withoutFoot(before) }, "the screen as it was")
	if _, _, shown := term.Cursor(); shown {
		t.Error("the cursor stays behind")
	}
	term.Types("S").Sees("$ 가", "private instance shell").Types("x").Sees(">x")
}

// withoutFoot is a screen without its last line.
func withoutFoot(screen string) string { return screen[:strings.LastIndex(screen, "\n")] }

// TestShellScrollsBack: what has gone off the top can be seen, until a key is
// typed.
func TestShellScrollsBack(t *testing.T) {
	t.Parallel()
	f := &fakeShell{}
	term, _ := inShellOf(t, 80, 24, f)
	for range 30 {
		term.Types("enter")
	}
	term.Types("e", "n", "d").Sees("$ end").Until(func(s string) bool { return !strings.Contains(s, "78x20") }, "the first line gone")
	term.Types("shift+pgup").Sees("78x20", "lines back").Types("shift+pgup").Sees("no more to see")
	term.Types("z").Until(func(s string) bool { return strings.Contains(s, "$ endz") && !strings.Contains(s, "lines back") }, "the newest line")
}

// TestShellHoldsStill: what is scrolled back to stays, whatever is printed
// meanwhile.
func TestShellHoldsStill(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	s := newStage(t, Options{Lang: "en"}, events, upTo(t, events, "3.5", steps.Held, 0), 80, 24)
	s.stageShell(t, false)
	line := func(i int) string { return fmt.Sprintf("\r\nline %d.", i) }
	for i := range 60 {
		fmt.Fprint(s.sh.con, line(i))
	}
	s.send(newsMsg{})
	s.scrollShell(20)
	for i := range 15 {
		if !strings.Contains(s.screenText(), "line 30.") {
			t.Fatalf("after %d lines more line 30 is off:\n%s", i, s.screenText())
		}
		fmt.Fprint(s.sh.con, line(60+i))
		s.send(newsMsg{})
	}
}

// TestShellIdle: a shell in which nothing happens costs no byte.
func TestShellIdle(t *testing.T) {
	t.Parallel()
	term, _ := inShellOf(t, 120, 36, &fakeShell{})
	still(t, term)
}

// TestShellWheel: the wheel looks back, and turns a pager's page.
func TestShellWheel(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	s := newStage(t, Options{Lang: "en", Mouse: true}, events, upTo(t, events, "3.5", steps.Held, 0), 80, 24)
	s.stageShell(t, false)
	fmt.Fprint(s.sh.con, strings.Repeat("x\r\n", 60))
	wheel := tea.MouseWheelMsg{X: 5, Y: 5, Button: tea.MouseWheelUp}
	if s.send(wheel); s.sh.back != 3 {
		t.Errorf("scrolled back by %d lines", s.sh.back)
	}
	fmt.Fprint(s.sh.con, "\x1b[?1049h")
	s.send(wheel)
	got := make([]byte, 9)
	if io.ReadFull(s.sh.con, got); string(got) != "\x1b[A\x1b[A\x1b[A" {
		t.Errorf("a pager gets %q", got)
	}
}

// TestShellIsLost says why, in the learner's words, and the walk goes on.
func TestShellIsLost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New("connection reset by peer\ngoroutine 1"), "The connection to the private instance was lost. s connects again. connection reset by peer"},
		{fmt.Errorf("wrapped: %w", &steps.Failure{Msg: "wrong-table", Args: steps.Args{"table": "public"}}), "route table"},
	} {
		term, _ := inShellOf(t, 80, 24, &fakeShell{end: c.err})
		term.Types("e", "x", "i", "t", "enter").Until(func(s string) bool { return strings.Contains(strings.Join(strings.Fields(s), " "), c.want) }, c.want)
		if strings.Contains(term.Screen(), "goroutine") {
			t.Errorf("a stack:\n%s", term.Screen())
		}
		term.Types("enter").Sees("What do you expect?")
	}
}

// TestQuietShell: a letter that nobody echoes is counted, until anything comes.
func TestQuietShell(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	now := noon
	s := newStage(t, Options{Lang: "en", now: func() time.Time { return now }}, events, upTo(t, events, "3.5", steps.Held, 0), 80, 24)
	s.stageShell(t, false)
	says := func(want bool, text string) {
		t.Helper()
		if strings.Contains(s.screenText(), text) != want {
			t.Errorf("%q on the screen: %v\n%s", text, !want, s.screenText())
		}
	}
	later := func(d time.Duration) { now = now.Add(d); s.send(newsMsg{}) }
	s.press("up") // has no echo where there is no history
	later(time.Minute)
	says(false, "no reply")
	s.press("l")
	later(time.Second)
	s.press("s")
	says(false, "no reply")
	later(4 * time.Second)
	says(true, "no reply for 5 s")
	fmt.Fprint(echo{s.sh, s.feed}, "ls")
	later(time.Minute)
	says(false, "no reply")
}

// TestShellAtTheEnd: leaving the program ends a shell that is still open.
func TestShellAtTheEnd(t *testing.T) {
	t.Parallel()
	term, _ := inShellOf(t, 100, 30, &fakeShell{})
	term.Types("ctrl+]").Types("q").Sees("Leave?").Types("y")
	term.ends()
}

// stageShell makes a stage look as it does in a shell on the private instance.
func (s *stage) stageShell(tb testing.TB, zoomed bool) {
	tb.Helper()
	if s.screen == screenCover {
		s.enter()
	}
	s.sh = &shell{host: "private", cancel: func() {}, sizes: make(chan Size, 1), zoomed: zoomed}
	s.enterShell()
	s.sh.spoken.Store(true)
	r := s.shellRect()
	s.sh.con = console.New(r.w, r.h, false)
	tb.Cleanup(s.sh.con.Close)
}

// A shell costs the budget of a frame no more than the walk's own terminal:
// 2 ms at 120×36 in Korean, with every line of it new each time.
func BenchmarkViewShell(b *testing.B) {
	for _, zoomed := range []bool{false, true} {
		b.Run(map[bool]string{false: "pane", true: "window"}[zoomed], func(b *testing.B) {
			events := recording(b, "lab.jsonl")
			s := newStage(b, Options{Lang: "ko"}, events, upTo(b, events, "3.5", steps.Held, 0), 120, 36)
			s.stageShell(b, zoomed)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				fmt.Fprintf(s.sh.con, "\r\n\x1b[32m%d\x1b[m 한글이 있는 줄 %s", i, strings.Repeat("가나 ", 20))
				_ = s.View()
			}
		})
	}
}

// TestShellScreens are the goldens of a shell in the frame.
func TestShellScreens(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	for _, lang := range []string{"ko", "en"} {
		var b strings.Builder
		for _, size := range sizes {
			for _, state := range []string{"connecting", "pane", "window", "scrolled back"} {
				s := newStage(t, Options{Lang: lang}, events, upTo(t, events, "3.5", steps.Held, 0), size[0], size[1])
				s.stageShell(t, state == "window")
				for i := range 40 {
					fmt.Fprintf(s.sh.con, "[ec2-user@ip-10-0-2-234 ~]$ echo %d 번째 줄\r\n\x1b[1;34m%[1]d 번째 줄\x1b[m\r\n", i)
				}
				if state == "connecting" {
					s.sh.spoken.Store(false)
				}
				if state == "scrolled back" {
					s.scrollShell(7)
				}
				lines := s.lines()
				checkFrame(t, state, lines, size[0], size[1])
				fmt.Fprintf(&b, "#### %s %dx%d\n", state, size[0], size[1])
				for _, l := range lines {
					b.WriteString(strings.TrimRight(l, " ") + "\n")
				}
			}
		}
		t.Run(lang, func(t *testing.T) { golden.RequireEqual(t, []byte(b.String())) })
	}
}
