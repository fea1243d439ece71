// Package widget holds the small parts that screens are made of: text that is
// wrapped and measured in cells, boxes, tables, a canvas, a line of input.
//
// Everything returns lines; a line has no newline in it and its width is what
// it was asked to be. Widths are terminal cells, measured as the renderer
// measures them, so a Hangul syllable is two. Nothing here keeps state between
// calls except the types that say so, and those are for one goroutine.
package widget

import (
	"strings"

	"gatewalk/tui/theme"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/text/unicode/norm"
)

// Width is the number of cells s takes; escape sequences take none.
func Width(s string) int {
	// Most of what is drawn is plain ASCII, where a byte is a cell.
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return ansi.StringWidth(s)
		}
	}
	return len(s)
}

// Clip shortens s to at most w cells, ending in tail where something was lost.
func Clip(s string, w int, tail string) string {
	if w <= 0 {
		return ""
	}
	if Width(s) <= w {
		return s
	}
	if Width(tail) > w {
		tail = ""
	}
	return ansi.Truncate(s, w, tail)
}

// Fit makes s exactly w cells wide: clipped or padded on the right.
func Fit(s string, w int, tail string) string {
	s = Clip(s, w, tail)
	return s + Spaces(w-Width(s))
}

// FitAll makes every line exactly w wide, and the lines exactly h: the rest
// is blank, what is too much is left off.
func FitAll(lines []string, w, h int, tail string) []string {
	out := make([]string, 0, h)
	for _, l := range lines[:min(len(lines), h)] {
		out = append(out, Fit(l, w, tail))
	}
	for len(out) < h {
		out = append(out, Spaces(w))
	}
	return out
}

// Spaces are n blanks, or none.
func Spaces(n int) string { return strings.Repeat(" ", max(0, n)) }

// Center puts s in the middle of w cells.
func Center(s string, w int) string {
	left := max(0, (w-Width(s))/2)
	return Fit(Spaces(left)+s, w, "")
}

// Ends puts left at the left and right at the right end of w cells. The right
// end is kept where there is not enough room for both.
func Ends(left, right string, w int, tail string) string {
	rw := Width(right)
	if rw >= w {
		return Fit(right, w, tail)
	}
	return Fit(left, w-rw, tail) + right
}

// Clean makes a line from outside safe to draw: composed (NFC, since macOS
// hands out decomposed Hangul, whose width terminals disagree about), tabs
// expanded to stops of eight, escape sequences and control characters gone,
// and with them the joiners and selectors whose width is disputed.
func Clean(s string) string {
	plain := true
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	s = norm.NFC.String(ansi.Strip(strings.ToValidUTF8(s, "?")))
	var b strings.Builder
	col := 0
	for _, r := range s {
		switch {
		case r == '\t':
			n := 8 - col%8
			b.WriteString(Spaces(n))
			col += n
		case r < 0x20, r >= 0x7f && r < 0xa0, r == '\u200b', r == '\u200d', r == '\ufe0e', r == '\ufe0f', r == '\u2028', r == '\u2029':
		default:
			b.WriteRune(r)
			col += Width(string(r))
		}
	}
	return norm.NFC.String(b.String()) // what was taken out may have stood between
}

// Box frames lines in w by h cells, with a title in its upper edge and a note
// at the right of it. Lines are clipped and padded to fit.
func Box(t *theme.Theme, title, note string, lines []string, w, h int, focus bool) []string {
	if w < 2 || h < 2 {
		return FitAll(nil, max(0, w), max(0, h), "")
	}
	b, line, name := t.Border, t.Frame.Line, t.Frame.Title
	if focus {
		line, name = t.Frame.Focus, t.Frame.FocusTitle
	}
	out := make([]string, 0, h)
	out = append(out, edge(t, line, name, title, note, w))
	left, right := line.Paint(b.V), line.Paint(b.V)
	for _, l := range FitAll(lines, w-2, h-2, t.Icon.Ellipsis) {
		out = append(out, left+l+right)
	}
	return append(out, line.Paint(b.BL+strings.Repeat(b.H, w-2)+b.BR))
}

// edge is the upper side of a box: "╭ title ─── note ╮".
func edge(t *theme.Theme, line, name theme.Style, title, note string, w int) string {
	b := t.Border
	room := w - 2
	var mid string
	if title != "" && room > 4 {
		title = " " + Clip(title, room-2, t.Icon.Ellipsis) + " "
		mid = name.Paint(title)
		room -= Width(title)
	}
	var end string
	if note != "" && Width(note)+2 <= room {
		end = " " + note + " "
		room -= Width(end)
	}
	return line.Paint(b.TL) + mid + line.Paint(strings.Repeat(b.H, room)) + end + line.Paint(b.TR)
}

// Over lays a block of lines on others with its upper left corner at x, y.
func Over(under, block []string, x, y int) []string {
	out := append([]string(nil), under...)
	for i, l := range block {
		if y+i < 0 || y+i >= len(out) {
			continue
		}
		old, w := out[y+i], Width(l)
		left := ansi.Truncate(old, x, "")
		left += Spaces(x - Width(left)) // a wide rune cut in half leaves a hole
		want := max(0, Width(old)-x-w)
		right := ansi.TruncateLeft(old, x+w, "")
		if Width(right) > want { // and one that is kept would stick out
			right = ansi.TruncateLeft(old, x+w+1, "")
		}
		right = Spaces(want-Width(right)) + right
		out[y+i] = left + ansi.ResetStyle + l + right
	}
	return out
}

// Beside joins blocks of equally many lines into rows.
func Beside(blocks ...[]string) []string {
	if len(blocks) == 0 {
		return nil
	}
	out := make([]string, len(blocks[0]))
	var b strings.Builder
	for i := range out {
		b.Reset()
		for _, block := range blocks {
			if i < len(block) {
				b.WriteString(block[i])
			}
		}
		out[i] = b.String()
	}
	return out
}
