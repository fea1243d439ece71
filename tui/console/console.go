// Package console is a terminal in a rectangle: what a program writes is drawn
// there, and keys go to it as a terminal's would. It is the one package that
// knows which emulator does it, x/vt, which is young and moves.
//
// A [Console] is safe for concurrent use. Nothing but [Console.Read] blocks.
package console

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
)

const (
	// kept is how many lines are remembered that have gone off the top.
	kept = 1000
	// mostTyped bounds what is typed and not read: a far end that hangs must
	// not make a pasted file grow in memory.
	mostTyped = 1 << 20
)

// Console is the terminal. Its Write takes what the program prints, its Read
// gives what is typed and what the terminal answers to questions, until Close.
type Console struct {
	mu    sync.Mutex
	em    *vt.Emulator // only under mu, but for its Read
	w, h  int
	plain bool
	drawn []string // of the screen as it is; nil when it has changed

	typed  bytes.Buffer // under tmu: the emulator is waited for under mu
	tmu    sync.Mutex
	more   *sync.Cond
	closed bool
	pump   sync.WaitGroup
}

// New is a terminal of w by h cells; plain leaves colours out.
func New(w, h int, plain bool) *Console {
	c := &Console{em: vt.NewEmulator(w, h), w: w, h: h, plain: plain}
	c.em.SetScrollbackSize(kept)
	c.more = sync.NewCond(&c.tmu)
	c.pump.Go(c.collect)
	return c
}

// collect takes from the emulator what goes to the program, at once: the
// emulator writes to a pipe, and waits for its reader.
func (c *Console) collect() {
	buf := make([]byte, 4096)
	for {
		n, err := c.em.Read(buf)
		c.tmu.Lock()
		if c.typed.Len()+n <= mostTyped {
			c.typed.Write(buf[:n])
		}
		c.more.Broadcast()
		c.tmu.Unlock()
		if err != nil {
			return
		}
	}
}

// Read waits for something typed; after Close it is at its end.
func (c *Console) Read(p []byte) (int, error) {
	c.tmu.Lock()
	defer c.tmu.Unlock()
	for c.typed.Len() == 0 && !c.closed {
		c.more.Wait()
	}
	if c.closed {
		return 0, io.EOF
	}
	return c.typed.Read(p)
}

// Write draws what the program prints. What the emulator cannot bear is an
// error, not the end of us.
func (c *Console) Write(p []byte) (n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("drawing what was printed: %v", r)
		}
	}()
	c.drawn = nil
	return c.em.Write(p)
}

// Close ends the reading. The screen stays to be seen.
func (c *Console) Close() {
	c.tmu.Lock()
	again := c.closed
	c.closed = true
	c.more.Broadcast()
	c.tmu.Unlock()
	if again {
		return
	}
	c.em.InputPipe().(io.Closer).Close() // the emulator's own Close races with its Read
	c.pump.Wait()
}

// Paste types text as pasted: a program that asked for it is told so.
func (c *Console) Paste(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.em.Paste(text)
}

// Resize changes the size. As in other terminals the line with the cursor
// stays on the screen, and those above it move into what is remembered.
func (c *Console) Resize(w, h int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if w == c.w && h == c.h || w < 1 || h < 1 {
		return
	}
	at := c.em.CursorPosition()
	if over := at.Y - h + 1; over > 0 && !c.em.IsAltScreen() {
		fmt.Fprintf(c.em, "\x1b[%d;1H%s\x1b[%d;%dH", c.h, strings.Repeat("\n", over), at.Y-over+1, at.X+1)
	}
	c.em.Resize(w, h)
	c.w, c.h, c.drawn = w, h, nil
}

// Size is the size in cells.
func (c *Console) Size() (w, h int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.w, c.h
}

// Remembered counts the lines that have gone off the top; a program that has
// the whole screen has none.
func (c *Console) Remembered() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.remembered()
}

func (c *Console) remembered() int {
	if c.em.IsAltScreen() {
		return 0
	}
	return c.em.ScrollbackLen()
}

// Full reports whether a program has the whole screen, as a pager does.
func (c *Console) Full() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.em.IsAltScreen()
}

// Lines is the screen, or what was to be seen so many lines back: as many
// lines as it is high, each with the codes of its colours, none wider than it
// is wide. Nobody may change them.
func (c *Console) Lines(back int) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.drawn == nil {
		c.drawn = c.draw()
	}
	past := c.remembered()
	if back = min(back, past); back <= 0 {
		return c.drawn
	}
	var out []string
	for y := past - back; y < past && len(out) < c.h; y++ {
		out = append(out, ansi.Truncate(c.colour(c.em.Scrollback().Line(y).Render()), c.w, ""))
	}
	return append(out, c.drawn[:c.h-len(out)]...)
}

func (c *Console) draw() []string {
	lines := strings.Split(strings.ReplaceAll(c.em.Render(), "\r\n", "\n"), "\n")
	out := make([]string, c.h)
	for y := range min(c.h, len(lines)) {
		out[y] = c.colour(lines[y])
	}
	return out
}

// colour takes the colours out where none are wanted; bold and reverse stay.
func (c *Console) colour(s string) string {
	if !c.plain || !strings.Contains(s, "\x1b") {
		return s
	}
	var b strings.Builder
	(&colorprofile.Writer{Forward: &b, Profile: colorprofile.Ascii}).WriteString(s)
	return b.String()
}

// Cursor is where the program's cursor is, and whether it is to be seen.
func (c *Console) Cursor() (x, y int, shown bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.em.CursorPosition()
	return min(at.X, c.w-1), min(at.Y, c.h-1), !c.em.CursorHidden()
}
