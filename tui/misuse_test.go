package tui

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"gatewalk/steps"
	"gatewalk/tui/termtest"
	"gatewalk/tui/text"
	"gatewalk/tui/theme"
	"gatewalk/tui/widget"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// TestPanicRestoresTheTerminal: a bug in a screen ends the program in order,
// with a sentence and without a stack.
func TestPanicRestoresTheTerminal(t *testing.T) {
	t.Parallel()
	c := newCourse(t, t.TempDir(), 100*time.Microsecond)
	broken := map[string]steps.Book{"ko": tornBook{courseBooks(t)["ko"]}}
	term := liveWalk(t, 80, 24, c, Options{Lang: "ko", Books: broken})
	term.Sees("준비되었습니다").Types("enter")
	err := term.Ends()
	if err == nil || !strings.Contains(err.Error(), "다시 시작하면 이어집니다") || !strings.Contains(err.Error(), "misuse_test.go") || strings.Contains(err.Error(), "goroutine") {
		t.Errorf("it ends with %v", err)
	}
	raw := term.Raw()
	for _, restored := range []string{ansi.ResetModeAltScreenSaveCursor, ansi.SetModeTextCursorEnable} {
		if strings.LastIndex(raw, restored) < strings.LastIndex(raw, ansi.SetModeAltScreenSaveCursor) {
			t.Errorf("%q is not the last word", restored)
		}
	}
	if strings.Contains(raw, "goroutine") {
		t.Error("a stack on the terminal")
	}
}

// tornBook is a book with a page that cannot be opened.
type tornBook struct{ steps.Book }

func (tornBook) Page(steps.ID) steps.Page { panic("a page is missing") }

// TestLightBackground: a terminal that says its background is white gets the
// light colours.
func TestLightBackground(t *testing.T) {
	t.Parallel()
	for _, light := range []bool{false, true} {
		c := newCourse(t, t.TempDir(), 100*time.Microsecond)
		t.Cleanup(func() { c.Runner.Session.Close() })
		on := termtest.New(t, 80, 24)
		if light {
			on.Background("#ffffff")
		}
		term := runOn(on, Options{Lang: "ko", Start: c.start}, Run)
		term.Sees("준비되었습니다")
		want := theme.New(theme.Options{Light: light}).Text.Accent.Paint("x")
		term.Until(func(string) bool { return term.ColourOf("gatewalk") == colourIn(want) }, fmt.Sprintf("the accent of %q", want))
	}
}

// TestBackgroundIsGiven: who says what the background is is believed, whatever
// the terminal answers.
func TestBackgroundIsGiven(t *testing.T) {
	t.Parallel()
	c := newCourse(t, t.TempDir(), 100*time.Microsecond)
	t.Cleanup(func() { c.Runner.Session.Close() })
	term := runOn(termtest.New(t, 80, 24), Options{Lang: "ko", Start: c.start, Background: "light"}, Run)
	term.Sees("준비되었습니다")
	if want := colourIn(theme.New(theme.Options{Light: true}).Text.Accent.Paint("x")); term.ColourOf("gatewalk") != want {
		t.Errorf("the accent is %s, want %s", term.ColourOf("gatewalk"), want)
	}
}

// colourIn is the true colour of a painted text, as "r;g;b".
func colourIn(painted string) string {
	_, rest, _ := strings.Cut(painted, "38;2;")
	rest, _, _ = strings.Cut(rest, "m")
	return strings.Join(strings.Split(rest, ";")[:3], ";")
}

// TestMouse turns to the step that is clicked, and to the pane whose tab is.
func TestMouse(t *testing.T) {
	t.Parallel()
	c := newCourse(t, t.TempDir(), 100*time.Microsecond)
	if err := c.RunUntil(t.Context(), "3.4"); err != nil {
		t.Fatal(err)
	}
	term := liveWalk(t, 120, 36, c, Options{Lang: "en", Mouse: true, Shell: (&fakeShell{}).run})
	term.Sees("Going on").Types("enter").Sees("Enter runs this", "╭ 3.5 ")
	x, y := term.Find("4.1 ")
	term.Clicks(x, y).Sees("╭ 4.1 ")
	x, y = term.Find("3.5 ")
	term.Clicks(x, y).Sees("╭ 3.5 ")
	// A click beside a shell goes back to the lesson.
	term.Types("s", "2").Sees("[ec2-user@private")
	x, y = term.Find("What")
	term.Clicks(x, y).Until(func(s string) bool { return !strings.Contains(s, "[ec2-user@private") }, "the lesson")
	term.Resize(80, 24)
	for _, tab := range []string{"Network", "Steps", "Terminal", "Lesson"} {
		term.Until(func(s string) bool { return strings.Contains(s, " "+tab+" ") }, tab)
		x, y := term.Find(tab)
		term.Clicks(x, y).Sees("[" + tab + "]")
	}
}

// TestPresenter walks with the two keys that a remote control sends.
func TestPresenter(t *testing.T) {
	t.Parallel()
	term := liveWalk(t, 120, 36, newCourse(t, t.TempDir(), 100*time.Microsecond), Options{Lang: "ko", Present: true})
	term.Sees("준비되었습니다").Types("pgdown").Sees("S3는 VPC 밖에 있습니다").Types("pgdown").Sees("엔드포인트의 세 가지 종류")
	term.Types("pgup").Sees("S3는 VPC 밖에 있습니다").Types("pgdown").Sees("엔드포인트의 세 가지 종류")
}

// TestHangulShell: the keys of shell and question under a Hangul layout.
func TestHangulShell(t *testing.T) {
	t.Parallel()
	f := &fakeShell{}
	c := newCourse(t, t.TempDir(), 100*time.Microsecond)
	if err := c.RunUntil(t.Context(), "3.4"); err != nil {
		t.Fatal(err)
	}
	term := liveWalk(t, 100, 30, c, Options{Lang: "ko", Shell: f.run})
	term.Sees("이어집니다").Types("enter").Sees("다음 창").Types("ㄴ").Sees("10.0.2.234").Types("1")
	term.Sees("[ec2-user@bastion").Types("ㄴ").Sees("]$ ㄴ").Types("\x1bㅋ").Sees("]$ ㄴ<98x26>").Types("ctrl+]").Sees("다음 창")
}

// bindings are all keys of the key map by their group and name.
func bindings(k keyMap) map[string]key.Binding {
	out := map[string]key.Binding{}
	v := reflect.ValueOf(k)
	for i := range v.NumField() {
		for j := range v.Field(i).NumField() {
			out[v.Type().Field(i).Name+"."+v.Field(i).Type().Field(j).Name] = v.Field(i).Field(j).Interface().(key.Binding)
		}
	}
	return out
}

// TestEveryBindingIsInHelp: no key is a secret.
func TestEveryBindingIsInHelp(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"ko", "en"} {
		events := recording(t, "lab.jsonl")
		s := newStage(t, Options{Lang: lang}, events, upTo(t, events, "3.5", steps.Held, 0), 120, 36)
		help := ansi.Strip(strings.Join(s.helpDialog().(*reader).body(s.model, 70), "\n"))
		for name, b := range bindings(s.keys) {
			if line := widget.Fit(b.Help().Key, 11, "") + " " + b.Help().Desc; !strings.Contains(help, line) {
				t.Errorf("%s: %s is not in the help %s:\n%s", lang, name, line, help)
			}
		}
	}
}

// TestEveryBindingDoesSomething presses every key of the key map on the screen
// that it is for: something changes, or it is said why not.
func TestEveryBindingDoesSomething(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	for name, b := range bindings(newKeyMap(text.For("ko"), false)) {
		for _, k := range b.Keys() {
			s := newStage(t, Options{Lang: "ko"}, events, upTo(t, events, "5", steps.Held, 0), 120, 36)
			s.enter()
			s.show(s.walk.pos("4.2"))
			switch group, _, _ := strings.Cut(name, "."); group {
			case "Compare":
				s.press("c")
			case "Choose":
				s.press("q")
			case "Shell":
				s.stageShell(t, false)
			}
			before, applied := s.View(), s.applied
			s.press(k)
			if s.View().Content == before.Content && s.applied == applied && !s.quit && len(s.sent) == 0 {
				t.Errorf("%s: %q does nothing and does not say why", name, k)
			}
		}
	}
}

// destroyer counts what a driver is asked to destroy.
type destroyer struct {
	script
	asked []string
}

func (d *destroyer) Rewind(ctx context.Context, id steps.ID) error {
	d.asked = append(d.asked, "rewind "+string(id))
	return nil
}

func (d *destroyer) Cleanup(context.Context) error {
	d.asked = append(d.asked, "cleanup")
	return nil
}

func (d *destroyer) Run(ctx context.Context, id steps.ID) error {
	if id == stepCleanup {
		d.asked = append(d.asked, "run "+string(id))
	}
	return nil
}

// TestNoKeyDestroys: no key by itself removes anything at any step, nor does
// any pair of keys on an account that costs money.
func TestNoKeyDestroys(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	var keys []string
	for _, b := range bindings(newKeyMap(text.For("ko"), true)) {
		keys = append(keys, b.Keys()[0])
	}
	real := World{Name: "AWS", Region: "ap-northeast-2", Account: "123456789012"}
	try := func(world World, id steps.ID, status steps.Kind, keys ...string) {
		s := newStage(t, Options{Lang: "ko", World: world}, events, upTo(t, events, id, status, 0), 80, 24)
		d := &destroyer{script: s.drv.(script)}
		s.drv = d
		s.enter()
		s.screen = screenWalk
		s.show(s.walk.pos(id))
		s.press(keys...)
		if len(d.asked) > 0 {
			t.Errorf("%s at step %s (%s): %v does %v", world.Name, id, status, keys, d.asked)
		}
	}
	for _, id := range newPlayer(events, 1).order {
		for _, k := range keys {
			try(World{Name: "LAB"}, id, steps.Started, k)
			try(World{Name: "LAB"}, id, steps.Held, k)
			if id != "3.7" && id != stepCleanup {
				continue
			}
			for _, k2 := range []string{"enter", "y", "1", "2", "3", "r"} {
				try(real, id, steps.Held, k, k2)
			}
		}
	}
}

// TestHelpOverAQuestion: ? tells the keys while a question is open, too, and
// goes back to it.
func TestHelpOverAQuestion(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	for _, c := range []struct {
		after steps.ID
		keys  []string
		title string
	}{
		{"3.4", []string{"enter", "enter"}, "예상해 보십시오"},
		{"3.6", []string{"enter", "enter"}, "엔드포인트 생성"},
		{"5", []string{"enter", "enter"}, "모두 삭제하기"},
	} {
		s := newStage(t, Options{Lang: "ko"}, events, upTo(t, events, c.after, steps.Held, 0), 120, 36)
		s.press(c.keys...).press("?")
		if got := s.screenText(); !strings.Contains(got, "╭ 도움말") || s.flash != "" {
			t.Errorf("%s: ? shows no help over the question: %q\n%s", c.title, s.flash, got)
		}
		if got := s.press("?").screenText(); !strings.Contains(got, c.title) || strings.Contains(got, "╭ 도움말") {
			t.Errorf("%s: a second ? does not go back to it:\n%s", c.title, got)
		}
	}
}

// TestFailedStart: where the world could not be made ready, a key for which it
// is needed says so, and not that it still might be.
func TestFailedStart(t *testing.T) {
	t.Parallel()
	s := newStage(t, Options{Lang: "ko"}, recording(t, "lab.jsonl"), 0, 80, 24)
	s.drv, s.walk = nil, newWalk(nil)
	s.send(engineMsg{err: errors.New("reading the lab's state: unexpected end of JSON input")})
	for _, k := range []string{"left", "s", "g", "tab"} {
		s.press(k)
		if strings.Contains(s.flash, "아직") || !strings.Contains(s.flash, "Enter") {
			t.Errorf("%s: the screen says %q", k, s.flash)
		}
	}
}

// TestTypingACommand: a command that is typed into the screen, and not into a
// shell, is no row of short cuts. After a pause a letter is a key again.
func TestTypingACommand(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	commands := []string{"aws s3 ls", "ping -c 3 m", "traceroute cml", "ㅁㅈㄴ ㄴ3 ㅣㄴ"}
	for name, begin := range map[string]func(*stage){
		"while a step runs": func(s *stage) { s.running("3.5") },
		"while none runs":   func(s *stage) { s.enter() },
	} {
		for _, typed := range commands {
			now := noon
			s := newStage(t, Options{Lang: "ko", Shell: (&fakeShell{}).run, now: func() time.Time { return now }}, events, upTo(t, events, "3.5", steps.Command, 0), 120, 36)
			begin(s)
			for _, r := range typed {
				now = now.Add(300 * time.Millisecond)
				s.press(strings.Replace(string(r), " ", "space", 1))
				if s.lang != "ko" || s.screen != screenWalk || s.top() != nil || s.flash == "" {
					t.Fatalf("%s, %q in %q turned the screen, or was not answered:\n%s", name, r, typed, s.screenText())
				}
			}
			if s.press("enter"); s.top() != nil || s.flash == "" {
				t.Errorf("%s, the Enter after %q is taken for a key:\n%s", name, typed, s.screenText())
			}
			if s.act == idle && !strings.Contains(s.screenText(), "명령은 셸에서") {
				t.Errorf("%s, nobody says where %q is typed:\n%s", name, typed, s.screenText())
			}
			now = now.Add(2 * time.Second)
			if s.press("L"); s.lang != "en" {
				t.Errorf("%s, after a pause L does nothing, but to say %q", name, s.flash)
			}
		}
	}
}

// TestTypingThatBeginsWithAKey: a command whose first letter is a short cut does
// what that says, and no more.
func TestTypingThatBeginsWithAKey(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	for typed, title := range map[string]string{
		"ssh ec2-user@10.0.2.234": "셸 열기", "nslookup s3.amazonaws.com": "강사 노트", "history": "힌트",
	} {
		s := newStage(t, Options{Lang: "ko", Shell: (&fakeShell{}).run}, events, upTo(t, events, "3.5", steps.Held, 0), 120, 36)
		s.enter()
		s.show(s.walk.pos("3.5"))
		for _, r := range typed {
			s.press(strings.Replace(string(r), " ", "space", 1))
		}
		if s.press("enter"); s.sh != nil || len(s.dialogs) != 1 || !strings.Contains(s.screenText(), "╭ "+title) || !strings.Contains(s.screenText(), "명령은 셸에서") {
			t.Errorf("%q leads to:\n%s", typed, s.screenText())
		}
	}
}

// TestAWrongKeyIsNoCommand: one letter that means nothing does not take the
// Enter after it, and a word is still typed where one is asked for.
func TestAWrongKeyIsNoCommand(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	s := newStage(t, Options{Lang: "ko"}, events, upTo(t, events, "3.4", steps.Held, 0), 120, 36)
	if s.enter(); s.press("x", "enter").top() == nil {
		t.Errorf("after one wrong key Enter does nothing: %q", s.flash)
	}
	s = newStage(t, Options{Lang: "en", World: World{Name: "AWS"}}, events, upTo(t, events, "5", steps.Held, 0), 120, 36)
	s.press("enter", "x", "enter", "d", "e", "l", "e", "t", "e")
	if in := input(s.top()); in == nil || in.Value() != "delete" {
		t.Errorf("the word was not taken:\n%s", s.screenText())
	}
}

// TestCtrlCTwiceLeaves: where nothing is at stake, as in a shell; on an account
// that costs money, the marked answer is to stay.
func TestCtrlCTwiceLeaves(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	for _, real := range []bool{false, true} {
		o := Options{Lang: "ko"}
		if real {
			o.World = World{Name: "AWS", Region: "ap-northeast-2"}
		}
		s := newStage(t, o, events, upTo(t, events, "3.5", steps.Held, 0), 80, 24)
		s.enter()
		s.press("ctrl+c")
		if asked := s.top() != nil; !asked || s.quit {
			t.Errorf("real %v: the first Ctrl-C does not ask, or leaves", real)
		}
		if s.press("ctrl+c"); s.quit == real || s.top() != nil {
			t.Errorf("real %v: after the second Ctrl-C it has left: %v, %s", real, s.quit, s.screenText())
		}
	}
}

// TestPasteOutsideAShell says where a pasted command belongs.
func TestPasteOutsideAShell(t *testing.T) {
	t.Parallel()
	events := recording(t, "lab.jsonl")
	s := newStage(t, Options{Lang: "ko", Shell: (&fakeShell{}).run}, events, upTo(t, events, "3.5", steps.Held, 0), 80, 24)
	s.enter()
	s.send(tea.PasteMsg{Content: "aws s3 ls\n"})
	if !strings.Contains(s.screenText(), "명령은 셸에서") {
		t.Errorf("nothing is said of what was pasted:\n%s", s.screenText())
	}
}
