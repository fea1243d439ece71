package host

import (
	"bytes"
	"context"
	"io"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Control characters that a terminal acts on.
const (
	ctrlC     = 0x03
	ctrlD     = 0x04
	ctrlU     = 0x15
	ctrlW     = 0x17
	ctrlBack  = 0x1c // ^\
	backspace = 0x08
	escape    = 0x1b
	del       = 0x7f
)

// resized stands among the keys for a new size of the window.
const resized = 0

// tty is the terminal of a session: the line discipline between the far end's
// keyboard and screen, and the shell and its programs. In raw mode keys are
// handed over as typed; otherwise it gathers lines, with echo, and Ctrl-C
// interrupts what runs.
type tty struct {
	name string    // "pts/0"
	out  io.Writer // the far end
	box  *inbox

	// Two locks, so that a program's flood of output does not keep Ctrl-C out.
	outMu sync.Mutex
	last  byte // written

	mu         sync.Mutex
	cols, rows int
	watchers   []*func()
	raw        int
	noEcho     bool
	line       []byte // gathered so far
	interrupt  func() // nil while nothing runs
	early      bool   // Ctrl-C came while nothing ran: it is meant for what is about to
}

func newTTY(name string, out io.Writer, cols, rows int) *tty {
	return &tty{name: name, out: out, box: newInbox(), cols: cols, rows: rows}
}

// Write shows p, with a carriage return before each line feed that has none.
func (t *tty) Write(p []byte) (int, error) {
	t.outMu.Lock()
	defer t.outMu.Unlock()
	buf := make([]byte, 0, len(p)+bytes.Count(p, []byte{'\n'}))
	for _, c := range p {
		if c == '\n' && t.last != '\r' {
			buf = append(buf, '\r')
		}
		t.last = c
		buf = append(buf, c)
	}
	if _, err := t.out.Write(buf); err != nil {
		return 0, err
	}
	return len(p), nil
}

// endLine goes to a new line, unless the last one has been ended.
func (t *tty) endLine() {
	t.outMu.Lock()
	ended := t.last == '\n'
	t.outMu.Unlock()
	if !ended {
		io.WriteString(t, "\n")
	}
}

// feed takes what was typed. It blocks only in raw mode, when nobody reads.
func (t *tty) feed(p []byte) {
	for len(p) > 0 {
		t.mu.Lock()
		if t.raw > 0 {
			full := t.box.full()
			if !full {
				t.box.put(p)
				p = nil
			}
			t.mu.Unlock()
			if full {
				t.box.room()
			}
			continue
		}
		c := p[0]
		p = p[1:]
		echo, interrupt := t.cooked(c)
		t.mu.Unlock()
		if echo != "" {
			io.WriteString(t, echo)
		}
		if interrupt != nil {
			interrupt()
		}
	}
}

// cooked edits the line with one byte, and hands it over when it is done. It
// returns what to show and what to interrupt. t.mu is held.
func (t *tty) cooked(c byte) (echo string, interrupt func()) {
	show := func(s string) string {
		if t.noEcho {
			return ""
		}
		return s
	}
	switch c {
	case ctrlC, ctrlBack:
		t.line = nil
		t.box.take()
		t.early = t.interrupt == nil
		return map[byte]string{ctrlC: "^C", ctrlBack: "^\\"}[c], t.interrupt
	case '\r', '\n':
		if t.box.full() {
			return show("\a"), nil // nobody reads; Ctrl-C must still get through
		}
		t.box.put(append(t.line, '\n'))
		t.line = nil
		return show("\n"), nil
	case ctrlD:
		if len(t.line) == 0 {
			t.box.mark()
			return "", nil
		}
		t.box.put(t.line)
		t.line = nil
		return "", nil
	case del, backspace:
		if len(t.line) == 0 {
			return "", nil
		}
		width := 0
		t.line, width = dropCluster(t.line)
		return show(rubOut(width)), nil
	case ctrlU, ctrlW:
		keep := 0
		if c == ctrlW {
			keep = bytes.LastIndexByte(bytes.TrimRight(t.line, " "), ' ') + 1
		}
		width := ansi.StringWidth(string(t.line[keep:]))
		t.line = t.line[:keep]
		return show(rubOut(width)), nil
	}
	if len(t.line) >= 4095 {
		return show("\a"), nil
	}
	t.line = append(t.line, c)
	switch {
	case c == escape:
		return show("^["), nil
	case c < ' ' && c != '\t':
		return show("^" + string(rune(c^0x40))), nil
	case c < utf8.RuneSelf:
		return show(string(rune(c))), nil
	}
	// A letter of several bytes is shown when its last has come.
	if r, n := utf8.DecodeLastRune(t.line); r != utf8.RuneError {
		return show(string(t.line[len(t.line)-n:])), nil
	}
	return "", nil
}

// rubOut erases cells to the left of the cursor.
func rubOut(cells int) string {
	return string(bytes.Repeat([]byte("\b \b"), cells))
}

// dropCluster removes the last character, of however many runes, and returns
// its width.
func dropCluster(b []byte) ([]byte, int) {
	at, width := 0, 0
	for rest := string(b); rest != ""; {
		cluster, w := ansi.FirstGraphemeCluster(rest, ansi.GraphemeWidth)
		if cluster == "" {
			break
		}
		at, width = len(b)-len(rest), w
		rest = rest[len(cluster):]
	}
	return b[:at], width
}

// hangUp is the far end going away.
func (t *tty) hangUp() {
	t.box.end()
	t.mu.Lock()
	interrupt := t.interrupt
	t.mu.Unlock()
	if interrupt != nil {
		interrupt()
	}
}

// gone reports whether the far end has hung up.
func (t *tty) gone() bool {
	t.box.mu.Lock()
	defer t.box.mu.Unlock()
	return t.box.ended
}

// read reads lines, or keys in raw mode, until ctx ends. Ctrl-D at the start of
// a line ends one read, not those after it.
func (t *tty) read(ctx context.Context, p []byte) (int, error) { return t.box.read(ctx, p) }

// setRaw switches to raw mode until restore is called; calls nest. What waits to
// be read, and a line that was begun, become keys; and keys that nobody has read
// by then become lines, of which only Ctrl-C is shown.
func (t *tty) setRaw() (restore func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.raw++
	t.box.put(t.box.take())
	t.box.put(t.line)
	t.line, t.early = nil, false
	var once sync.Once
	return func() {
		once.Do(func() {
			if echo := t.endRaw(); echo != "" {
				io.WriteString(t, echo)
			}
		})
	}
}

// endRaw ends one raw mode and returns what is to be shown of the keys that wait.
func (t *tty) endRaw() (shown string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.raw--; t.raw > 0 {
		return ""
	}
	for _, c := range t.box.take() {
		if c == resized {
			continue
		}
		if echo, _ := t.cooked(c); c == ctrlC || c == ctrlBack {
			shown += echo
		}
	}
	return shown
}

// onInterrupt sets what Ctrl-C does, also one that came before there was
// anything for it to do; restore puts back what it did.
func (t *tty) onInterrupt(f func()) (restore func()) {
	t.mu.Lock()
	old, early := t.interrupt, t.early
	t.interrupt, t.early = f, t.early && f == nil
	t.mu.Unlock()
	if early && f != nil {
		f()
	}
	return func() {
		t.mu.Lock()
		t.interrupt = old
		t.mu.Unlock()
	}
}

func (t *tty) size() (cols, rows int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.cols, t.rows
}

func (t *tty) resize(cols, rows int) {
	t.mu.Lock()
	t.cols, t.rows = cols, rows
	watchers := slices.Clone(t.watchers)
	t.mu.Unlock()
	for _, f := range watchers {
		(*f)()
	}
}

func (t *tty) watch(f func()) (stop func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	mine := &f
	t.watchers = append(t.watchers, mine)
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.watchers = slices.DeleteFunc(t.watchers, func(w *func()) bool { return w == mine })
	}
}

// ask shows text and reads a line, without echo where hidden.
func (t *tty) ask(ctx context.Context, text string, hidden bool) (string, error) {
	io.WriteString(t, text)
	t.mu.Lock()
	old := t.noEcho
	t.noEcho = hidden
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		t.noEcho = old
		t.mu.Unlock()
		if hidden {
			io.WriteString(t, "\n")
		}
	}()
	return readLine(func(p []byte) (int, error) { return t.read(ctx, p) })
}

// readLine reads up to a line feed, byte by byte so that nothing is taken from
// those who read next; a last line without one comes with io.EOF.
func readLine(read func([]byte) (int, error)) (string, error) {
	var line []byte
	var b [1]byte
	for {
		n, err := read(b[:])
		if n > 0 {
			if b[0] == '\n' {
				return string(line), nil
			}
			line = append(line, b[0])
		}
		if err != nil {
			return string(line), err
		}
	}
}

// terminal is a tty in the hands of one process: its reads end with it.
type terminal struct {
	*tty
	ctx context.Context
}

func (t *terminal) Read(p []byte) (int, error)   { return t.read(t.ctx, p) }
func (t *terminal) Unread(keys []byte)           { t.box.unread(keys) }
func (t *terminal) Size() (cols, rows int)       { return t.size() }
func (t *terminal) Raw() (restore func())        { return t.setRaw() }
func (t *terminal) Watch(f func()) (stop func()) { return t.watch(f) }
func (t *terminal) Prompt(text string, hidden bool) (string, error) {
	return t.ask(t.ctx, text, hidden)
}
