package widget

import (
	"strings"

	"gatewalk/tui/theme"
)

// Table is rows of cells in columns. Columns that are too wide for the room
// are narrowed, the widest first, and their cells wrapped: nothing is cut off.
type Table struct {
	Head  []string
	Rows  [][]string
	Paint func(row, col int, cell string) []Span // nil: as it is
	// Keep, where it is not 0, is how many columns must stay: of the others the
	// last are left out when not all fit.
	Keep  int
	Apart bool // a blank line between rows
	// Like are further rows to make room for, so that tables that belong
	// together have the same columns.
	Like [][]string
}

// Lines renders the table in at most w cells.
func (tb Table) Lines(t *theme.Theme, w int) []string {
	cols := len(tb.Head)
	for _, r := range tb.Rows {
		cols = max(cols, len(r))
	}
	if cols == 0 || w <= 0 {
		return nil
	}
	for tb.Keep > 0 && cols > tb.Keep && tb.need(cols) > w {
		cols--
	}
	widths := tb.widths(cols, w)
	var out []string
	if tb.Head != nil {
		out = append(out, tb.row(tb.Head, widths, func(_ int, s string) []Span {
			return []Span{{s, t.Text.Strong}}
		})...)
		var rule strings.Builder
		for i, cw := range widths {
			if i > 0 {
				rule.WriteString(t.Border.H + t.Border.H)
			}
			rule.WriteString(strings.Repeat(t.Border.H, cw))
		}
		out = append(out, t.Frame.Line.Paint(rule.String()))
	}
	for i, r := range tb.Rows {
		if tb.Apart && i > 0 {
			out = append(out, "")
		}
		out = append(out, tb.row(r, widths, func(col int, s string) []Span {
			if tb.Paint == nil {
				return []Span{{Text: s}}
			}
			return tb.Paint(i, col, s)
		})...)
	}
	return out
}

// need is the width of the first cols columns with nothing wrapped.
func (tb Table) need(cols int) int {
	sum := 2 * (cols - 1)
	for _, w := range tb.measure(cols, Width) {
		sum += w
	}
	return sum
}

// measure is the greatest size of a cell in each column.
func (tb Table) measure(cols int, size func(cell string) int) []int {
	widths := make([]int, cols)
	for _, rows := range [][][]string{{tb.Head}, tb.Rows, tb.Like} {
		for _, r := range rows {
			for i, c := range r[:min(len(r), cols)] {
				widths[i] = max(widths[i], size(strings.NewReplacer("`", "", "**", "").Replace(c)))
			}
		}
	}
	return widths
}

// longestWord is what cannot be narrowed without a cut in the middle of a word.
func longestWord(cell string) (w int) {
	for word := range strings.FieldsSeq(cell) {
		w = max(w, Width(word))
	}
	return w
}

// widths takes from the widest columns while all together are too wide: from
// those that can give without cutting a word, as long as there are any.
func (tb Table) widths(cols, w int) []int {
	widths, least := tb.measure(cols, Width), tb.measure(cols, longestWord)
	over := 2 * (cols - 1)
	for _, cw := range widths {
		over += cw
	}
	for over -= w; over > 0; over-- {
		widest := -1
		for i, cw := range widths {
			if cw > least[i] && (widest < 0 || cw > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			least = make([]int, cols) // words must be cut
			for i, cw := range widths {
				if widest < 0 || cw > widths[widest] {
					widest = i
				}
			}
		}
		if widths[widest] <= 2 {
			break
		}
		widths[widest]--
	}
	return widths
}

// row renders one row, as many lines as its highest cell.
func (tb Table) row(cells []string, widths []int, paint func(int, string) []Span) []string {
	cols := make([][]string, len(widths))
	height := 1
	for i := range widths {
		if i < len(cells) {
			cols[i] = Wrap(paint(i, cells[i]), widths[i], 0)
		}
		height = max(height, len(cols[i]))
	}
	out := make([]string, height)
	for y := range out {
		var b strings.Builder
		for i, cw := range widths {
			if i > 0 {
				b.WriteString("  ")
			}
			cell := ""
			if y < len(cols[i]) {
				cell = cols[i][y]
			}
			if i == len(widths)-1 {
				b.WriteString(cell)
			} else {
				b.WriteString(Fit(cell, cw, ""))
			}
		}
		out[y] = strings.TrimRight(b.String(), " ")
	}
	return out
}
