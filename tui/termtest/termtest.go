// Package termtest is a terminal for tests: a whole program draws into an
// emulator, keys go to it as bytes, and what counts is what is on the screen.
package termtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
)

// Terminal is one terminal with one program in it.
type Terminal struct {
	testing.TB
	// Patience is how long [Terminal.Sees] waits; 0 means half a minute: a busy machine under the race detector takes its time.
	Patience time.Duration

	em   *vt.Emulator   // only under draw
	in   *io.PipeReader // no file: calling off the read of one races with its closing, in the library
	keys *io.PipeWriter
	prog *tea.Program
	w, h int

	draw  sync.Mutex
	mu    sync.Mutex
	bytes int    // written by the program
	raw   []byte // all of it

	done chan struct{}
	err  error
}

// New is a terminal of w by h cells. It answers a program's questions.
func New(tb testing.TB, w, h int) *Terminal {
	tb.Helper()
	in, keys := io.Pipe()
	t := &Terminal{TB: tb, em: vt.NewEmulator(w, h), in: in, keys: keys, w: w, h: h, done: make(chan struct{})}
	go func() {
		io.Copy(keys, t.em)
		io.Copy(io.Discard, t.em) // a program that still asks while it ends must not wait for a reader
	}()
	return t
}

// Options make a Bubble Tea program one of this terminal.
func (t *Terminal) Options() []tea.ProgramOption {
	return []tea.ProgramOption{
		tea.WithInput(t.in), tea.WithOutput(t), tea.WithWindowSize(t.w, t.h),
		tea.WithEnvironment([]string{"TERM=xterm-256color"}), tea.WithColorProfile(colorprofile.TrueColor), tea.WithoutSignalHandler(),
		func(p *tea.Program) { t.prog = p },
	}
}

// Run starts the program, which ends at the latest with the test.
func (t *Terminal) Run(program func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(t.done)
		defer t.in.Close() // who still types is told
		t.err = program(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		t.keys.Close()
		select {
		case <-t.done:
		case <-time.After(30 * time.Second):
			t.Error("the program does not end")
		}
		t.em.InputPipe().(io.Closer).Close() // Close of the emulator itself races with its Read
	})
}

// Write is the program's output. Its input is no terminal here, and Bubble Tea
// maps newlines for that case.
func (t *Terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	t.bytes += len(p)
	t.raw = append(t.raw, p...)
	t.mu.Unlock()
	t.draw.Lock()
	defer t.draw.Unlock()
	if _, err := t.em.Write(bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n"))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Written counts the bytes that the program wrote.
func (t *Terminal) Written() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bytes
}

// Raw is all that the program wrote.
func (t *Terminal) Raw() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.raw)
}

// Screen is what is seen, without colours.
func (t *Terminal) Screen() string {
	t.draw.Lock()
	defer t.draw.Unlock()
	return t.em.String()
}

// Background is what the terminal answers when it is asked for its background,
// as "#rrggbb". It is dark unless told.
func (t *Terminal) Background(colour string) *Terminal {
	t.draw.Lock()
	defer t.draw.Unlock()
	fmt.Fprintf(t.em, "\x1b]11;%s\x07", colour)
	return t
}

// ColourOf is the colour that a text on the screen begins in, as "r;g;b"; ""
// where it is not there or has none.
func (t *Terminal) ColourOf(text string) string {
	t.draw.Lock()
	defer t.draw.Unlock()
	for y, line := range strings.Split(t.em.String(), "\n") {
		if before, _, ok := strings.Cut(line, text); ok {
			if c := t.em.CellAt(ansi.StringWidth(before), y); c != nil && c.Style.Fg != nil {
				r, g, b, _ := c.Style.Fg.RGBA()
				return fmt.Sprintf("%d;%d;%d", r>>8, g>>8, b>>8)
			}
			return ""
		}
	}
	return ""
}

// Cursor is where the cursor is, and whether it is shown.
func (t *Terminal) Cursor() (x, y int, shown bool) {
	t.draw.Lock()
	defer t.draw.Unlock()
	at := t.em.CursorPosition()
	return at.X, at.Y, !t.em.CursorHidden()
}

// Sees waits until every text is on the screen.
func (t *Terminal) Sees(texts ...string) *Terminal {
	t.Helper()
	return t.Until(func(screen string) bool {
		for _, s := range texts {
			if !strings.Contains(screen, s) {
				return false
			}
		}
		return true
	}, strings.Join(texts, " + "))
}

// Until waits for a screen that is ok.
func (t *Terminal) Until(ok func(screen string) bool, what string) *Terminal {
	t.Helper()
	patience := t.Patience
	if patience == 0 {
		patience = 30 * time.Second
	}
	deadline := time.Now().Add(patience)
	for !ok(t.Screen()) {
		select {
		case <-t.done:
			t.Fatalf("the program ended (%v) before it showed %s:\n%s", t.err, what, t.Screen())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not appear on the screen:\n%s", what, t.Screen())
		}
		time.Sleep(5 * time.Millisecond)
	}
	return t
}

// Still waits until the screen stands still and is ok, and returns it; "" when
// the program has ended.
func (t *Terminal) Still(ok func(screen string) bool) string {
	t.Helper()
	last := ""
	for range 500 {
		select {
		case <-t.done:
			return ""
		case <-time.After(30 * time.Millisecond):
		}
		now := t.Screen()
		if now == last && ok(now) {
			return now
		}
		last = now
	}
	t.Fatalf("the screen does not come to rest:\n%s", last)
	return ""
}

// Types sends keys, by name or as they are, as a keyboard would.
func (t *Terminal) Types(keys ...string) *Terminal {
	t.Helper()
	for _, k := range keys {
		if _, err := io.WriteString(t.keys, bytesOf(k)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return t
}

// bytesOf is what a keyboard sends for a key.
func bytesOf(name string) string {
	switch name {
	case "enter":
		return "\r"
	case "esc":
		return "\x1b[27u" // as Kitty's protocol says it: with a bare ESC, the next key might be read as alt and the key
	case "tab":
		return "\t"
	case "shift+tab":
		return "\x1b[Z"
	case "up", "down", "right", "left":
		return "\x1b[" + map[string]string{"up": "A", "down": "B", "right": "C", "left": "D"}[name]
	case "home":
		return "\x1b[H"
	case "end":
		return "\x1b[F"
	case "pgup":
		return "\x1b[5~"
	case "pgdown":
		return "\x1b[6~"
	case "shift+pgup":
		return "\x1b[5;2~"
	case "shift+pgdown":
		return "\x1b[6;2~"
	}
	if letter, ok := strings.CutPrefix(name, "ctrl+"); ok && len(letter) == 1 {
		return string(rune(letter[0] & 0x1f))
	}
	return name
}

// Clicks presses and releases the left button on a cell, as xterm reports it
// (SGR).
func (t *Terminal) Clicks(x, y int) *Terminal {
	t.Helper()
	return t.Types(fmt.Sprintf("\x1b[<0;%d;%dM\x1b[<0;%d;%dm", x+1, y+1, x+1, y+1))
}

// Find is where a text begins on the screen, in cells.
func (t *Terminal) Find(text string) (x, y int) {
	t.Helper()
	for y, line := range strings.Split(t.Screen(), "\n") {
		if before, _, ok := strings.Cut(line, text); ok {
			return ansi.StringWidth(before), y
		}
	}
	t.Fatalf("%q is not on the screen:\n%s", text, t.Screen())
	return 0, 0
}

// Resize changes the window.
func (t *Terminal) Resize(w, h int) *Terminal {
	t.draw.Lock()
	t.em.Resize(w, h)
	t.draw.Unlock()
	t.prog.Send(tea.WindowSizeMsg{Width: w, Height: h})
	return t
}

// Ended reports whether the program has ended.
func (t *Terminal) Ended() bool {
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}

// Ends waits for the program to end and returns its error.
func (t *Terminal) Ends() error {
	t.Helper()
	select {
	case <-t.done:
	case <-time.After(30 * time.Second):
		t.Fatalf("the program does not end:\n%s", t.Screen())
	}
	return t.err
}
