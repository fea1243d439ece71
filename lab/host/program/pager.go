package program

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"

	"github.com/charmbracelet/x/ansi"
)

// pagerLimit is as much as less reads.
const pagerLimit = 16 << 20

// less shows text a screen at a time: space and b turn pages, j and k lines, g
// and G go to the ends, / searches, n and N repeat, q leaves.
func less(ctx context.Context, p *Process) int {
	_, names, ok := parse(p, "RSFXNKei", map[string]rune{"RAW-CONTROL-CHARS": 'R'})
	if !ok {
		return 1
	}
	if len(names) == 0 && p.Terminal != nil && p.Tty && p.Stdin == io.Reader(p.Terminal) {
		fmt.Fprintf(p.Stderr, "Missing filename (\"%s --help\" for help)\n", base(p))
		return 1
	}
	var text bytes.Buffer
	status := 0
	if len(names) == 0 {
		names = []string{"-"}
	}
	for _, name := range names {
		r, err := open(ctx, p, name)
		if err == nil {
			_, err = io.Copy(&text, io.LimitReader(r, pagerLimit))
		}
		if ctx.Err() != nil {
			return 130
		}
		if err != nil {
			fmt.Fprintf(p.Stderr, "%s: %s\n", name, why(err))
			status = 1
		}
	}
	if !p.Tty || p.Terminal == nil || status != 0 {
		p.Stdout.Write(text.Bytes())
		return status
	}
	v := &pager{p: p, text: text.String()}
	if names[0] != "-" {
		v.title = names[0]
	}
	v.run()
	return 0
}

// pager is the screen of less. The mutex keeps a resize from drawing into a
// key's drawing.
type pager struct {
	p     *Process
	text  string
	title string // shown until the first key

	mu         sync.Mutex
	cols, rows int
	lines      []string // wrapped to cols
	top        int
	typed      string // a search being typed, with its "/"
	sought     *regexp.Regexp
	note       string
}

func (v *pager) run() {
	restore := v.p.Terminal.Raw()
	defer restore()
	io.WriteString(v.p.Stdout, "\x1b[?1049h\x1b[H")
	defer io.WriteString(v.p.Stdout, "\x1b[?1049l")
	stop := v.p.Terminal.Watch(v.resize)
	defer stop()
	v.resize()
	buf := make([]byte, 64)
	for {
		n, err := v.p.Terminal.Read(buf)
		if err != nil {
			return
		}
		for typed := string(buf[:n]); typed != ""; {
			key, size := pagerKey(typed)
			typed = typed[size:]
			if v.key(key) {
				v.p.Terminal.Unread([]byte(typed))
				return
			}
		}
	}
}

// pagerKey is the first key of what was typed, and its length; an arrow becomes
// a letter.
func pagerKey(typed string) (key string, size int) {
	arrows := map[string]string{
		"\x1b[A": "k", "\x1b[B": "j", "\x1bOA": "k", "\x1bOB": "j", "\x1b[5~": "b", "\x1b[6~": " ",
		"\x1b[H": "g", "\x1b[F": "G", "\x1b[1~": "g", "\x1b[4~": "G",
	}
	for seq, key := range arrows {
		if strings.HasPrefix(typed, seq) {
			return key, len(seq)
		}
	}
	key, _ = ansi.FirstGraphemeCluster(typed, ansi.GraphemeWidth)
	if key == "" {
		key = typed[:1]
	}
	return key, len(key)
}

// resize draws the text at the terminal's size.
func (v *pager) resize() {
	v.mu.Lock()
	defer v.mu.Unlock()
	cols, rows := v.p.Terminal.Size()
	if cols <= 0 || rows <= 1 {
		cols, rows = 80, 24
	}
	if cols != v.cols {
		var at int // the text line at the top stays there
		for _, l := range v.lines[:min(v.top, len(v.lines))] {
			at += len(l)
		}
		v.lines = v.lines[:0]
		v.top = 0
		for line := range strings.SplitSeq(strings.TrimSuffix(v.text, "\n"), "\n") {
			for part := range strings.SplitSeq(ansi.Hardwrap(visible(line), cols, true), "\n") {
				if at > 0 {
					at -= len(part)
					v.top++
				}
				v.lines = append(v.lines, part)
			}
		}
	}
	v.cols, v.rows = cols, rows
	v.scroll(0)
	v.draw()
}

// visible expands tabs and shows control characters as ^X.
func visible(line string) string {
	var b strings.Builder
	for _, r := range line {
		switch {
		case r == '\t':
			b.WriteString(strings.Repeat(" ", 8-ansi.StringWidth(b.String())%8))
		case r == '\r':
		case r < ' ' || r == 0x7f:
			b.WriteByte('^')
			b.WriteRune(r ^ 0x40)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func (v *pager) scroll(by int) {
	v.top = max(0, min(v.top+by, len(v.lines)-(v.rows-1)))
}

// draw paints the whole screen.
func (v *pager) draw() {
	var b strings.Builder
	b.WriteString("\x1b[H")
	for r := range v.rows - 1 {
		if i := v.top + r; i < len(v.lines) {
			b.WriteString(v.lines[i])
		} else {
			b.WriteByte('~')
		}
		b.WriteString("\x1b[K\r\n")
	}
	end := v.top+v.rows-1 >= len(v.lines)
	switch {
	case v.typed != "":
		b.WriteString(v.typed)
	case v.note != "":
		b.WriteString("\x1b[7m" + v.note + "\x1b[27m")
	case end:
		b.WriteString("\x1b[7m(END)\x1b[27m")
	case v.title != "":
		b.WriteString("\x1b[7m" + v.title + "\x1b[27m")
	default:
		b.WriteByte(':')
	}
	b.WriteString("\x1b[J")
	io.WriteString(v.p.Stdout, b.String())
}

// key acts on one key and reports whether it was the last.
func (v *pager) key(k string) (quit bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.title, v.note = "", ""
	if v.typed != "" {
		v.search(k)
		v.draw()
		return false
	}
	page := v.rows - 1
	switch k {
	case "q", "Q":
		io.WriteString(v.p.Stdout, "\r\x1b[K")
		return true
	case " ", "f", "\x06", "\x16":
		v.scroll(page)
	case "b", "\x02":
		v.scroll(-page)
	case "d", "\x04":
		v.scroll(page / 2)
	case "u", "\x15":
		v.scroll(-page / 2)
	case "j", "e", "\r", "\n", "\x0e":
		v.scroll(1)
	case "k", "y", "\x10":
		v.scroll(-1)
	case "g", "<":
		v.top = 0
	case "G", ">":
		v.scroll(len(v.lines))
	case "/":
		v.typed = "/"
	case "n":
		v.jump(1)
	case "N":
		v.jump(-1)
	case "\x0c", "r":
		io.WriteString(v.p.Stdout, "\x1b[2J")
	case "\x03":
	default:
		io.WriteString(v.p.Stdout, "\a")
		return false
	}
	v.draw()
	return false
}

// search takes the keys while a search is typed.
func (v *pager) search(k string) {
	switch k {
	case "\r", "\n":
		re, err := regexp.Compile(v.typed[1:])
		v.typed = ""
		if err != nil {
			v.note = "Invalid pattern  (press RETURN)"
			return
		}
		v.sought = re
		v.jump(1)
	case "\x7f", "\b":
		_, size := lastCluster(v.typed)
		v.typed = v.typed[:len(v.typed)-size]
	case "\x1b", "\x03":
		v.typed = ""
	default:
		v.typed += k
	}
}

// lastCluster is the last character of s and its length in bytes.
func lastCluster(s string) (string, int) {
	last := ""
	for s != "" {
		_, size := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		last, s = s[:max(1, size)], s[max(1, size):]
	}
	return last, len(last)
}

func (v *pager) jump(step int) {
	if v.sought == nil {
		v.note = "No previous regular expression  (press RETURN)"
		return
	}
	for i := v.top + step; i >= 0 && i < len(v.lines); i += step {
		if v.sought.MatchString(v.lines[i]) {
			v.top = min(i, max(0, len(v.lines)-1))
			return
		}
	}
	v.note = "Pattern not found  (press RETURN)"
}
