package console

import (
	"fmt"
	"io"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, w, h int) *Console {
	c := New(w, h, false)
	t.Cleanup(c.Close)
	return c
}

func text(lines []string) string {
	for i := range lines {
		lines[i] = strings.TrimRight(ansi.Strip(lines[i]), " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// Keys arrive as the terminal that is promised (xterm) sends them.
func TestKeys(t *testing.T) {
	c := open(t, 20, 4)
	for _, k := range []struct {
		key  tea.Key
		want string
	}{
		{tea.Key{Code: 'a', Text: "a"}, "a"},
		{tea.Key{Code: 'a', Text: "A", Mod: tea.ModShift}, "A"},
		{tea.Key{Code: '한', Text: "한"}, "한"},
		{tea.Key{Code: tea.KeySpace, Text: " "}, " "},
		{tea.Key{Code: tea.KeyEnter}, "\r"},
		{tea.Key{Code: tea.KeyEnter, Mod: tea.ModNumLock}, "\r"},
		{tea.Key{Code: tea.KeyTab}, "\t"},
		{tea.Key{Code: tea.KeyBackspace}, "\x7f"},
		{tea.Key{Code: tea.KeyEscape}, "\x1b"},
		{tea.Key{Code: 'c', Mod: tea.ModCtrl}, "\x03"},
		{tea.Key{Code: 'd', Mod: tea.ModCtrl}, "\x04"},
		{tea.Key{Code: 'r', Mod: tea.ModCtrl}, "\x12"},
		{tea.Key{Code: 'b', Text: "b", Mod: tea.ModAlt}, "\x1bb"},
		{tea.Key{Code: tea.KeyUp}, "\x1b[A"},
		{tea.Key{Code: tea.KeyLeft, Mod: tea.ModCtrl}, "\x1b[1;5D"},
		{tea.Key{Code: tea.KeyDelete, Mod: tea.ModCtrl}, "\x1b[3;5~"},
		{tea.Key{Code: tea.KeyHome}, "\x1b[H"},
		{tea.Key{Code: tea.KeyPgUp}, "\x1b[5~"},
		{tea.Key{Code: tea.KeyF1}, "\x1bOP"},
	} {
		c.Key(tea.Key{Code: tea.KeyRaiseVol})
		c.Key(k.key)
		got := make([]byte, len(k.want))
		if _, err := io.ReadFull(c, got); err != nil || string(got) != k.want {
			t.Errorf("%+v: %q, want %q (%v)", k.key, got, k.want, err)
		}
	}
	io.WriteString(c, "\x1b[?1h\x1b[?2004h")
	c.Key(tea.Key{Code: tea.KeyUp})
	c.Paste("x")
	want := "\x1bOA\x1b[200~x\x1b[201~"
	got := make([]byte, len(want))
	if io.ReadFull(c, got); string(got) != want {
		t.Errorf("with the modes on: %q", got)
	}
}

// What the program asks of its terminal is answered, and nothing of ours is
// left when it is closed.
func TestAnswers(t *testing.T) {
	c := open(t, 20, 4)
	io.WriteString(c, "abc\x1b[6n")
	got := make([]byte, 6)
	if io.ReadFull(c, got); string(got) != "\x1b[1;4R" {
		t.Errorf("the cursor is said to be at %q", got)
	}
	done := make(chan error, 1)
	go func() { _, err := c.Read(got); done <- err }()
	c.Close()
	if err := <-done; err != io.EOF {
		t.Errorf("a read that waits ends with %v", err)
	}
	io.WriteString(c, "\x1b[6nafter") // must not block
	c.Key(tea.Key{Code: 'x', Text: "x"})
}

func TestScreen(t *testing.T) {
	c := open(t, 10, 3)
	for i := range 5 {
		fmt.Fprintf(c, "\x1b[3%dm줄 %d\x1b[m\r\n", i+1, i)
	}
	if got := text(c.Lines(0)); got != "줄 3\n줄 4" {
		t.Errorf("the screen is %q", got)
	}
	if lines := open(t, 10, 3).Lines(0); len(lines) != 3 {
		t.Errorf("an empty screen has %d lines", len(lines))
	}
	if c.Remembered() != 3 {
		t.Errorf("%d lines are remembered", c.Remembered())
	}
	if got := text(c.Lines(2)); got != "줄 1\n줄 2\n줄 3" {
		t.Errorf("two lines back it was %q", got)
	}
	if got := text(c.Lines(99)); got != "줄 0\n줄 1\n줄 2" {
		t.Errorf("as far back as it goes it was %q", got)
	}
	if x, y, shown := c.Cursor(); x != 0 || y != 2 || !shown {
		t.Errorf("the cursor is at %d,%d %v", x, y, shown)
	}
	io.WriteString(c, "가\x1b[?25l")
	if x, _, shown := c.Cursor(); x != 2 || shown {
		t.Errorf("the hidden cursor is at %d, %v", x, shown)
	}
	// A program that takes the whole screen has no past, and gives it back.
	io.WriteString(c, "\x1b[?1049h\x1b[Hpager")
	if got := text(c.Lines(2)); c.Remembered() != 0 || got != "pager" {
		t.Errorf("on the other screen: %d, %q", c.Remembered(), got)
	}
	io.WriteString(c, "\x1b[?1049l")
	if got := text(c.Lines(0)); got != "줄 3\n줄 4\n가" {
		t.Errorf("back from it: %q", got)
	}
}

// The line with the cursor stays on a screen that becomes lower.
func TestResize(t *testing.T) {
	c := open(t, 10, 6)
	io.WriteString(c, "one\r\ntwo\r\nthree\r\nfour\r\n$ ls")
	c.Resize(8, 2)
	if got := text(c.Lines(0)); got != "four\n$ ls" {
		t.Errorf("low: %q", got)
	}
	if x, y, _ := c.Cursor(); x != 4 || y != 1 {
		t.Errorf("the cursor is at %d,%d", x, y)
	}
	if c.Remembered() != 3 {
		t.Errorf("%d lines are remembered", c.Remembered())
	}
	c.Resize(20, 6)
	io.WriteString(c, "!")
	if got := text(c.Lines(0)); got != "four\n$ ls!" {
		t.Errorf("high again: %q", got)
	}
	for _, l := range c.Lines(3) {
		if ansi.StringWidth(l) > 20 {
			t.Errorf("%q is too wide", l)
		}
	}
}

// Without colours, what is marked otherwise stays marked.
func TestPlain(t *testing.T) {
	c := New(30, 1, true)
	t.Cleanup(c.Close)
	io.WriteString(c, "\x1b[31mred\x1b[m \x1b[7mmarked\x1b[m")
	if got := c.Lines(0)[0]; strings.Contains(got, "31") || !strings.Contains(got, "\x1b[7m") {
		t.Errorf("%q", got)
	}
}

func FuzzWrite(f *testing.F) {
	f.Add([]byte("\x1b[2J\x1b[31m한\x1b[5;5H\x1b[?1049h"), 5, 2)
	f.Fuzz(func(t *testing.T, p []byte, w, h int) {
		c := New(20, 5, false)
		defer c.Close()
		c.Write(p)
		c.Resize(w%200, h%60)
		c.Write(p)
		cw, ch := c.Size()
		if lines := c.Lines(1); len(lines) != ch {
			t.Errorf("%d lines on a screen of %dx%d", len(lines), cw, ch)
		}
	})
}
