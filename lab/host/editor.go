package host

import (
	"context"
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// errInterrupted is Ctrl-C on the command line.
var errInterrupted = errors.New("interrupted")

// editor is the line editor of the shell, with readline's keys. Characters are
// grapheme clusters and have the width that the terminal gives them, so Korean
// text, composed or not, is edited by the syllable.
type editor struct {
	tty *tty
	// complete returns what may stand in place of the word before the cursor,
	// and where in line that word begins. Its results end in "/" or " " where
	// one belongs.
	complete func(line string) (from int, words []string)
	history  *history

	prompt string
	line   []string // clusters
	pos    int
	row    int // of the cursor, counted from the prompt's first
	kept   string
	at     int    // place in the history; its length is the line being typed
	typed  string // that line, while another is shown
	tabs   int    // Tabs in a row
	buf    []byte // typed, not yet a whole key
}

// clusters splits s into characters.
func clusters(s string) (all []string) {
	for s != "" {
		c, _ := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		if c == "" {
			c = s[:1]
		}
		all = append(all, c)
		s = s[len(c):]
	}
	return all
}

// readLine shows prompt and returns the line typed: errInterrupted after Ctrl-C,
// io.EOF after Ctrl-D on an empty line or when the far end has gone.
func (e *editor) readLine(ctx context.Context, prompt string) (string, error) {
	restore := e.tty.setRaw()
	defer func() { // what was typed behind the line is for who reads next
		e.tty.box.unread(e.buf)
		e.buf = nil
		restore()
	}()
	e.prompt, e.line, e.pos, e.row, e.typed, e.tabs = prompt, nil, 0, 0, "", 0
	e.at = e.history.len()
	stop := e.tty.watch(func() {
		e.tty.box.Write([]byte{resized}) // redraw as a key, in the editor's goroutine
	})
	defer stop()
	io.WriteString(e.tty, prompt)
	for {
		key, err := e.key(ctx)
		if err != nil {
			return "", err
		}
		if key != "\t" {
			e.tabs = 0
		}
		if key == "\x12" {
			if key, err = e.search(ctx); err != nil {
				return "", err
			}
		}
		switch key {
		case "\r", "\n":
			e.leave()
			return strings.Join(e.line, ""), nil
		case "\x03":
			e.move(len(e.line))
			io.WriteString(e.tty, "^C\n")
			return "", errInterrupted
		case "\x04":
			if len(e.line) == 0 {
				return "", io.EOF
			}
			e.remove(e.pos, e.pos+1)
		default:
			e.act(key)
		}
	}
}

// leave goes to the row below the line, where the cursor already is when the
// line fills its last row.
func (e *editor) leave() {
	e.move(len(e.line))
	if _, col := place(e.all(), e.cols()); col > 0 {
		io.WriteString(e.tty, "\n")
	}
}

// key reads one key: a character, a control, or a whole escape sequence.
func (e *editor) key(ctx context.Context) (string, error) {
	for {
		if n := keyLength(e.buf); n > 0 {
			key := string(e.buf[:n])
			e.buf = e.buf[n:]
			return key, nil
		}
		more := make([]byte, 512)
		n, err := e.tty.read(ctx, more)
		if err != nil {
			return "", err
		}
		e.buf = append(e.buf, more[:n]...)
	}
}

// keyLength is the length of the key at the start of b, 0 if more must come.
func keyLength(b []byte) int {
	switch {
	case len(b) == 0:
		return 0
	case b[0] != escape:
		if utf8.FullRune(b) {
			_, n := utf8.DecodeRune(b)
			return n
		}
		return 0
	case len(b) == 1:
		return 0
	case b[1] == 'O':
		if len(b) < 3 {
			return 0
		}
		return 3
	case b[1] == '[':
		for i := 2; i < len(b); i++ {
			if b[i] >= 0x40 && b[i] <= 0x7e {
				return i + 1
			}
			if i > 32 {
				return i // no key is that long
			}
		}
		return 0
	}
	if !utf8.FullRune(b[1:]) {
		return 0
	}
	_, n := utf8.DecodeRune(b[1:])
	return 1 + n
}

// act does what an editing key does.
func (e *editor) act(key string) {
	switch key {
	case string(rune(resized)):
		e.redraw()
	case "\x01", "\x1b[H", "\x1bOH", "\x1b[1~":
		e.move(0)
	case "\x05", "\x1b[F", "\x1bOF", "\x1b[4~":
		e.move(len(e.line))
	case "\x02", "\x1b[D", "\x1bOD":
		e.move(e.pos - 1)
	case "\x06", "\x1b[C", "\x1bOC":
		e.move(e.pos + 1)
	case "\x1bb", "\x1b[1;5D", "\x1b[1;3D":
		e.move(e.wordLeft())
	case "\x1bf", "\x1b[1;5C", "\x1b[1;3C":
		e.move(e.wordRight())
	case "\x7f", "\x08":
		e.remove(e.pos-1, e.pos)
	case "\x1b[3~":
		e.remove(e.pos, e.pos+1)
	case "\x0b":
		e.kill(e.pos, len(e.line))
	case "\x15":
		e.kill(0, e.pos)
	case "\x17":
		from := e.pos
		for from > 0 && e.line[from-1] == " " {
			from--
		}
		for from > 0 && e.line[from-1] != " " {
			from--
		}
		e.kill(from, e.pos)
	case "\x1b\x7f":
		e.kill(e.wordLeft(), e.pos)
	case "\x1bd":
		e.kill(e.pos, e.wordRight())
	case "\x19":
		e.insert(e.kept)
	case "\x14":
		if e.pos > 0 && len(e.line) > 1 {
			i := min(e.pos, len(e.line)-1)
			e.line[i-1], e.line[i] = e.line[i], e.line[i-1]
			e.pos = i + 1
			e.redraw()
		}
	case "\x0c":
		io.WriteString(e.tty, "\x1b[H\x1b[2J")
		e.row = 0
		e.redraw()
	case "\x10", "\x1b[A", "\x1bOA":
		e.recall(e.at - 1)
	case "\x0e", "\x1b[B", "\x1bOB":
		e.recall(e.at + 1)
	case "\x1b[200~", "\x1b[201~": // the borders of pasted text
	case "\t":
		e.tab()
	default:
		if key[0] != escape && (key[0] >= ' ' && key[0] != del) {
			e.insert(key)
		}
	}
}

func (e *editor) wordLeft() int {
	i := e.pos
	for i > 0 && !wordly(e.line[i-1]) {
		i--
	}
	for i > 0 && wordly(e.line[i-1]) {
		i--
	}
	return i
}

func (e *editor) wordRight() int {
	i := e.pos
	for i < len(e.line) && !wordly(e.line[i]) {
		i++
	}
	for i < len(e.line) && wordly(e.line[i]) {
		i++
	}
	return i
}

func wordly(cluster string) bool {
	r, _ := utf8.DecodeRuneInString(cluster)
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// insert puts text in at the cursor. What is typed at the end of a line that
// does not wrap is simply shown.
func (e *editor) insert(text string) {
	before := strings.Join(e.line[:e.pos], "")
	atEnd := e.pos == len(e.line)
	joined := clusters(before + text) // a new rune may join the cluster before it
	plain := len(joined) == e.pos+len(clusters(text))
	e.line = append(joined, e.line[e.pos:]...)
	e.pos = len(joined)
	if row, col := place(e.all(), e.cols()); atEnd && plain && col > 0 && row == e.row {
		io.WriteString(e.tty, text)
		return
	}
	e.redraw()
}

// all is the characters of prompt and line.
func (e *editor) all() []string { return append(clusters(e.prompt), e.line...) }

func (e *editor) remove(from, to int) {
	if from < 0 || to > len(e.line) || from >= to {
		return
	}
	e.line = append(e.line[:from:from], e.line[to:]...)
	e.pos = from
	e.redraw()
}

// kill removes text that Ctrl-Y brings back.
func (e *editor) kill(from, to int) {
	if from < to {
		e.kept = strings.Join(e.line[from:to], "")
		e.remove(from, to)
	}
}

func (e *editor) cols() int {
	cols, _ := e.tty.size()
	if cols <= 0 {
		return 80
	}
	return cols
}

// recall shows an entry of the history, or at its end the line being typed.
func (e *editor) recall(at int) {
	if at < 0 || at > e.history.len() {
		return
	}
	if e.at == e.history.len() {
		e.typed = strings.Join(e.line, "")
	}
	e.at = at
	text := e.typed
	if at < e.history.len() {
		text = e.history.get(at)
	}
	e.line = clusters(text)
	e.pos = len(e.line)
	e.redraw()
}

// tab completes the word before the cursor; a second Tab lists the choices.
func (e *editor) tab() {
	before := strings.Join(e.line[:e.pos], "")
	from, words := e.complete(before)
	if len(words) == 0 {
		io.WriteString(e.tty, "\a")
		return
	}
	common := words[0]
	for _, w := range words[1:] {
		for !strings.HasPrefix(w, common) {
			common = common[:len(common)-1]
		}
	}
	for !utf8.ValidString(common) {
		common = common[:len(common)-1]
	}
	if len(words) > 1 {
		common = strings.TrimRight(common, " ")
	}
	if have := before[from:]; len(common) > len(have) && strings.HasPrefix(common, have) {
		e.insert(common[len(have):])
		e.tabs = 0
		return
	}
	if e.tabs++; e.tabs < 2 {
		io.WriteString(e.tty, "\a")
		return
	}
	e.tabs = 0
	pos := e.pos
	e.leave()
	var b strings.Builder
	width := 2
	for _, w := range words {
		width = max(width, ansi.StringWidth(shortName(w))+2)
	}
	per := max(1, e.cols()/width)
	for i, w := range words {
		name := shortName(w)
		b.WriteString(name)
		if (i+1)%per == 0 || i == len(words)-1 {
			b.WriteString("\n")
		} else {
			b.WriteString(strings.Repeat(" ", width-ansi.StringWidth(name)))
		}
	}
	io.WriteString(e.tty, b.String())
	e.row, e.pos = 0, pos
	e.redraw()
}

// shortName is the last part of a path in a list of choices.
func shortName(w string) string {
	w = strings.TrimSuffix(w, " ")
	i := strings.LastIndexByte(strings.TrimSuffix(w, "/"), '/')
	return w[i+1:]
}
