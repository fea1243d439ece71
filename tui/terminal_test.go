package tui

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/vt"
)

// terminal is a whole terminal: a program draws into it, and keys go to the
// program as bytes. What counts is what is on its screen.
type terminal struct {
	testing.TB
	em   *vt.Emulator // only under draw
	keys *os.File
	prog *tea.Program

	draw  sync.Mutex
	mu    sync.Mutex
	bytes int    // written by the program
	raw   []byte // all of it

	done   chan struct{}
	result Result
	err    error
}

// Write is the program's output. Its input is no terminal here, and it maps
// newlines for that case.
func (t *terminal) Write(p []byte) (int, error) {
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

func (t *terminal) written() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bytes
}

// runIn starts a program in a terminal of w by h.
func runIn(tb testing.TB, w, h int, o Options, show func(context.Context, Options) (Result, error)) *terminal {
	tb.Helper()
	// A pipe of the system, not io.Pipe: only a read of a file can be called
	// off, which is how the input changes hands between the screen and a shell.
	in, keys, err := os.Pipe()
	if err != nil {
		tb.Fatal(err)
	}
	t := &terminal{TB: tb, em: vt.NewEmulator(w, h), keys: keys, done: make(chan struct{})}
	go io.Copy(keys, t.em) // what the terminal answers to questions
	if o.Books == nil {
		o.Books = books(tb)
	}
	if o.World.Name == "" {
		o.World = World{Name: "LAB", Region: "ap-northeast-2"}
	}
	o.program = func(p *tea.Program) { t.prog = p }
	o.Term = append(o.Term, tea.WithInput(in), tea.WithOutput(t), tea.WithWindowSize(w, h),
		tea.WithEnvironment([]string{"TERM=xterm-256color"}), tea.WithColorProfile(colorprofile.TrueColor), tea.WithoutSignalHandler())
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(t.done)
		t.result, t.err = show(ctx, o)
	}()
	tb.Cleanup(func() {
		cancel()
		keys.Close()
		select {
		case <-t.done:
		case <-time.After(5 * time.Second):
			tb.Error("the program does not end")
		}
		t.em.InputPipe().(io.Closer).Close() // Close of the emulator itself races with its Read
	})
	return t
}

func (t *terminal) screen() string {
	t.draw.Lock()
	defer t.draw.Unlock()
	return t.em.String()
}

// sees waits until every text is on the screen.
func (t *terminal) sees(texts ...string) *terminal {
	t.Helper()
	t.until(func(screen string) bool {
		for _, s := range texts {
			if !strings.Contains(screen, s) {
				return false
			}
		}
		return true
	}, strings.Join(texts, " + "))
	return t
}

func (t *terminal) until(ok func(screen string) bool, what string) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok(t.screen()) {
		select {
		case <-t.done:
			t.Fatalf("the program ended (%v) before it showed %s:\n%s", t.err, what, t.screen())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not appear on the screen:\n%s", what, t.screen())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// settled waits until nothing runs and the screen stands still, and returns
// it; "" when the program has ended.
func (t *terminal) settled() string {
	t.Helper()
	last := ""
	for range 500 {
		select {
		case <-t.done:
			return ""
		case <-time.After(30 * time.Millisecond):
		}
		now := t.screen()
		if now == last && !strings.Contains(now, "ctrl+c 중단") && !strings.Contains(now, "ctrl+c 명령 중단") {
			return now
		}
		last = now
	}
	t.Fatalf("the screen does not come to rest:\n%s", last)
	return ""
}

// types sends bytes, as a keyboard would.
func (t *terminal) types(keys ...string) *terminal {
	t.Helper()
	named := map[string]string{"enter": "\r", "esc": "\x1b", "left": "\x1b[D", "right": "\x1b[C", "up": "\x1b[A", "down": "\x1b[B", "tab": "\t", "ctrl+c": "\x03"}
	for _, k := range keys {
		if s, ok := named[k]; ok {
			k = s
		}
		if _, err := io.WriteString(t.keys, k); err != nil {
			t.Fatal(err)
		}
		pause := 10 * time.Millisecond
		if k == "\x1b" {
			pause = 90 * time.Millisecond // or the next key would be read as alt and the key
		}
		time.Sleep(pause)
	}
	return t
}

// resizes the window.
func (t *terminal) resizes(w, h int) {
	t.draw.Lock()
	t.em.Resize(w, h)
	t.draw.Unlock()
	t.prog.Send(tea.WindowSizeMsg{Width: w, Height: h})
}

// ends waits for the program to end.
func (t *terminal) ends() Result {
	t.Helper()
	select {
	case <-t.done:
	case <-time.After(10 * time.Second):
		t.Fatalf("the program does not end:\n%s", t.screen())
	}
	if t.err != nil {
		t.Fatal(t.err)
	}
	return t.result
}
