package host

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// place is the cell behind text when it is written from the left edge.
func place(text []string, cols int) (row, col int) {
	row, col, _ = layout(text, cols)
	return row, col
}

// layout is place, and text with a blank wherever a wide character does not fit
// the last cell of a row: not all terminals wrap before one by themselves.
func layout(text []string, cols int) (row, col int, filled string) {
	var b strings.Builder
	for _, c := range text {
		w := ansi.StringWidth(c)
		if col+w > cols {
			b.WriteString(strings.Repeat(" ", cols-col))
			row, col = row+1, 0
		}
		b.WriteString(c)
		col += w
		if col == cols {
			row, col = row+1, 0
		}
	}
	return row, col, b.String()
}

// redraw writes prompt and line anew over what is there.
func (e *editor) redraw() {
	cols := e.cols()
	all := e.all()
	endRow, endCol, text := layout(all, cols)
	row, col := place(all[:len(all)-len(e.line)+e.pos], cols)
	var b strings.Builder
	if e.row > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", e.row)
	}
	b.WriteString("\r" + text)
	if endCol == 0 && endRow > 0 {
		b.WriteString("\n") // terminals wait with the wrap until more comes
	}
	b.WriteString("\x1b[J")
	e.row = endRow
	e.to(&b, row, col)
	io.WriteString(e.tty, b.String())
}

// to moves the cursor from somewhere in row e.row.
func (e *editor) to(b *strings.Builder, row, col int) {
	if up := e.row - row; up > 0 {
		fmt.Fprintf(b, "\x1b[%dA", up)
	} else if up < 0 {
		fmt.Fprintf(b, "\x1b[%dB", -up)
	}
	b.WriteByte('\r')
	if col > 0 {
		fmt.Fprintf(b, "\x1b[%dC", col)
	}
	e.row = row
}

// move puts the cursor before the character at pos.
func (e *editor) move(pos int) {
	if pos < 0 || pos > len(e.line) || pos == e.pos {
		return
	}
	e.pos = pos
	all := e.all()
	row, col := place(all[:len(all)-len(e.line)+pos], e.cols())
	var b strings.Builder
	e.to(&b, row, col)
	io.WriteString(e.tty, b.String())
}
