package widget

import (
	"strings"

	"gatewalk/tui/theme"

	"github.com/charmbracelet/x/ansi"
)

// Span is text in one style.
type Span struct {
	Text  string
	Style theme.Style
}

// word is what must not be broken: spans without a space between them.
type word struct {
	spans []Span
	width int
	space int // spaces before it
	glue  theme.Style
}

// liner collects the lines of a paragraph.
type liner struct {
	done       []string
	line       []Span
	used, hang int
	fresh      bool // nothing but the indentation is on the line yet
}

// put writes on the current line; neighbours of one style become one span,
// which keeps the escape sequences few.
func (l *liner) put(text string, st theme.Style) {
	if n := len(l.line); n > 0 && l.line[n-1].Style == st {
		l.line[n-1].Text += text
	} else {
		l.line = append(l.line, Span{text, st})
	}
	l.used += Width(text)
	l.fresh = false
}

// feed ends the line.
func (l *liner) feed() {
	var b strings.Builder
	for _, s := range l.line {
		b.WriteString(s.Style.Paint(s.Text))
	}
	l.done = append(l.done, b.String())
	l.line, l.used, l.fresh = nil, 0, true
	if l.hang > 0 {
		l.put(Spaces(l.hang), theme.Style{})
		l.fresh = true
	}
}

// Wrap breaks spans into lines of at most w cells, each line after the first
// indented by hang cells. Korean is broken at spaces like English, as print
// does it; a word is cut only where it is wider than a whole line, and then
// preferably after a character that joins parts of an address or a path.
func Wrap(spans []Span, w, hang int) []string {
	if w <= 0 {
		return nil
	}
	l := &liner{hang: min(hang, w/2), fresh: true}
	for _, wd := range words(spans) {
		gap := 0
		if !l.fresh {
			gap = wd.space
		}
		fits := l.used+gap+wd.width <= w
		if !fits && !l.fresh && wd.width <= w-l.hang {
			l.feed()
			gap, fits = 0, true
		}
		if !fits && !l.fresh && w-l.used < w/2 {
			l.feed() // what must be cut is cut as seldom as possible
			gap = 0
		}
		if gap > 0 && l.used+gap < w {
			l.put(Spaces(gap), wd.glue)
		}
		if fits {
			for _, s := range wd.spans {
				l.put(s.Text, s.Style)
			}
			continue
		}
		for _, s := range wd.spans {
			l.pour(s, w)
		}
	}
	if !l.fresh || len(l.done) == 0 {
		l.feed()
	}
	return l.done
}

// pour writes a span that is wider than a line, cutting where it must.
func (l *liner) pour(s Span, w int) {
	for rest := s.Text; rest != ""; {
		head := cut(rest, w-l.used)
		if head == "" {
			if l.fresh {
				return // a wide character on a line of one cell
			}
			l.feed()
			continue
		}
		l.put(head, s.Style)
		rest = rest[len(head):]
		if rest != "" {
			l.feed()
		}
	}
}

// WrapText wraps a string in one style.
func WrapText(s string, st theme.Style, w, hang int) []string {
	return Wrap([]Span{{s, st}}, w, hang)
}

// words splits spans at spaces. A word may run through several spans.
func words(spans []Span) []word {
	var (
		out  []word
		cur  word
		open bool
	)
	end := func() {
		if open {
			out = append(out, cur)
		}
		cur, open = word{}, false
	}
	space, glue := 0, theme.Style{}
	for _, s := range spans {
		rest := s.Text
		for rest != "" {
			if n := len(rest) - len(strings.TrimLeft(rest, " \n")); n > 0 {
				end()
				space, glue = space+n, s.Style
				rest = rest[n:]
				continue
			}
			n := strings.IndexAny(rest, " \n")
			if n < 0 {
				n = len(rest)
			}
			if !open {
				cur = word{space: space, glue: glue}
				open, space, glue = true, 0, theme.Style{}
			}
			cur.spans = append(cur.spans, Span{rest[:n], s.Style})
			cur.width += Width(rest[:n])
			rest = rest[n:]
		}
	}
	end()
	return out
}

// cut returns the longest beginning of s that is at most w cells wide,
// preferring to end after a joining character in its last third, or earlier
// where only a stump would be left over.
func cut(s string, w int) string {
	const joints, stump = "/-_.,:=", 6
	head := ansi.Truncate(s, w, "")
	if len(head) == len(s) {
		return head
	}
	i := strings.LastIndexAny(head, joints)
	if len(s)-i-1 < stump && i > 0 {
		if j := strings.LastIndexAny(head[:i], joints); j > len(head)/2 {
			i = j
		}
	}
	if i > len(head)/2 {
		return head[:i+1]
	}
	return head
}

// Lines wraps plain text in one style, keeping the layout of what a program
// printed: a continued line hangs four cells in, and a number stays with its
// unit.
func Lines(s string, st theme.Style, w int) []string {
	if Width(s) <= w {
		return []string{st.Paint(s)}
	}
	lead := len(s) - len(strings.TrimLeft(s, " "))
	if lead > w/2 {
		lead = 0
	}
	out := Wrap([]Span{{strings.ReplaceAll(s[lead:], " ms", noBreak+"ms"), st}}, w-lead, 4)
	for i := range out {
		out[i] = Spaces(lead) + strings.ReplaceAll(out[i], noBreak, " ")
	}
	return out
}

// noBreak stands for a space that is no place to break a line; it is a
// private-use character of one cell.
const noBreak = "\ue000"
