package awsout

import (
	"bytes"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// section is one titled box of a table; sections of nested values are indented
// by one border each.
type section struct {
	title  string
	indent int
	header []string
	rows   [][]string
}

// Table writes v as boxes. A table that is wider than the terminal turns the
// boxes that have a single row on their side; width 0 stands for 80.
func Table(w io.Writer, title string, v any, width int) error {
	var t table
	if !t.build(title, v, 0) {
		return nil
	}
	if width <= 0 {
		width = 80
	}
	if t.width() > width {
		for _, s := range t.sections {
			s.turn()
		}
	}
	var b bytes.Buffer
	full := t.width()
	b.WriteString(strings.Repeat("-", full) + "\n")
	for _, s := range t.sections {
		s.render(&b, full)
	}
	_, err := w.Write(b.Bytes())
	return err
}

type table struct{ sections []*section }

func (t *table) begin(title string, indent int) *section {
	s := &section{title: title, indent: indent}
	t.sections = append(t.sections, s)
	return s
}

// build adds the boxes of v, and reports false where there is nothing to show.
func (t *table) build(title string, v any, indent int) bool {
	switch v := v.(type) {
	case *Dict:
		if v.Len() == 0 {
			return false
		}
		s := t.begin(title, indent)
		scalars, others := v.sorted()
		if len(scalars) == 1 {
			s.rows = [][]string{{scalars[0], str(v.values[scalars[0]])}}
		} else if len(scalars) > 1 {
			s.header, s.rows = scalars, [][]string{v.row(scalars)}
		}
		for _, k := range others {
			t.build(k, v.values[k], indent+1)
		}
	case []any:
		if len(v) == 0 {
			return false
		}
		if _, ok := v[0].(*Dict); ok {
			t.list(title, v, indent)
			return true
		}
		s := t.begin(title, indent)
		for _, e := range v {
			s.rows = append(s.rows, []string{str(e)})
		}
	}
	return true
}

// list shows objects in one box, or in a box each where they hold more than scalars.
func (t *table) list(title string, list []any, indent int) {
	header, more := columnsOf(list), othersOf(list)
	s := t.begin(title, indent)
	s.header = header
	for i, e := range list {
		if i > 0 && len(more) > 0 {
			s = t.begin(title, indent)
			s.header = header
		}
		d, ok := e.(*Dict)
		if !ok {
			continue
		}
		s.rows = append(s.rows, d.row(header))
		for _, k := range more {
			if v, ok := d.values[k]; ok {
				t.build(k, v, indent+1)
			}
		}
	}
}

// row are the values of a line, "" for what is not there.
func (d *Dict) row(columns []string) []string {
	row := make([]string, len(columns))
	for i, k := range columns {
		if v, ok := d.values[k]; ok {
			row[i] = str(v)
		}
	}
	return row
}

func othersOf(list []any) []string {
	var names []string
	for _, e := range list {
		if d, ok := e.(*Dict); ok {
			_, others := d.sorted()
			names = append(names, others...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// turn makes a box of one row and a header one of a row a column.
func (s *section) turn() {
	if len(s.rows) != 1 || len(s.header) == 0 {
		return
	}
	row := s.rows[0]
	s.rows = nil
	for i, k := range s.header {
		s.rows = append(s.rows, []string{k, row[i]})
	}
	s.header = nil
}

const padding = 4

// natural are the widths that the columns need.
func (s *section) natural() []int {
	var widths []int
	measure := func(cells []string) {
		for i, c := range cells {
			if i >= len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], ansi.StringWidth(c)+padding)
		}
	}
	measure(s.header)
	for _, r := range s.rows {
		measure(r)
	}
	return widths
}

// width is what the box needs with its borders and those around it.
func (s *section) width() int {
	sum := 0
	for _, w := range s.natural() {
		sum += w
	}
	return max(sum+2, ansi.StringWidth(s.title)+2) + 2*s.indent
}

func (t *table) width() int {
	w := 0
	for _, s := range t.sections {
		w = max(w, s.width())
	}
	return w
}

// scaled spreads the columns over exactly width cells, each in proportion.
func (s *section) scaled(width int) []int {
	natural := s.natural()
	sum := 0
	for _, w := range natural {
		sum += w
	}
	if sum == 0 {
		return nil
	}
	widths, off := make([]int, len(natural)), -width
	for i, w := range natural {
		widths[i] = int(math.RoundToEven(float64(width) / float64(sum) * float64(w)))
		off += widths[i]
	}
	// What rounding gave or took too much is put right from the left, or from
	// the right.
	for off != 0 {
		for i := range widths {
			if off == 0 {
				break
			}
			if off > 0 {
				widths[i]--
				off--
			} else {
				widths[len(widths)-1-i]++
				off++
			}
		}
	}
	return widths
}

func (s *section) render(b *bytes.Buffer, full int) {
	width := full - 2*s.indent
	border := strings.Repeat("|", s.indent)
	line := func(text string) { b.WriteString(border + text + border + "\n") }
	if s.title != "" {
		line(center(s.title, width, true))
		if len(s.header) == 0 && len(s.rows) == 0 {
			line("+" + strings.Repeat("-", width-2) + "+")
		}
	}
	widths := s.scaled(width)
	if len(widths) == 0 {
		return
	}
	if len(s.header) > 0 {
		line(rule(widths))
		text := ""
		for i, h := range s.header {
			text += center(h, widths[i], i == 0)
		}
		line(text)
	}
	if len(s.rows) == 0 {
		return
	}
	line(rule(widths))
	for _, r := range s.rows {
		text := ""
		for i, c := range r {
			text += left(c, widths[i], i == 0)
		}
		line(text)
	}
	line(rule(widths))
}

func rule(widths []int) string {
	var b strings.Builder
	for i, w := range widths {
		if i == 0 {
			b.WriteByte('+')
			w--
		}
		b.WriteString(strings.Repeat("-", max(w-1, 0)) + "+")
	}
	return b.String()
}

// center puts text in the middle of a cell of width cells, borders included.
func center(text string, width int, edge bool) string {
	before, size := "", ansi.StringWidth(text)
	if edge {
		before = "|"
	}
	start := max(width/2-size/2-1, 0)
	after := max(width-1-len(before)-start-size, 0)
	return before + strings.Repeat(" ", start) + text + strings.Repeat(" ", after) + "|"
}

// left puts text at the left of a cell, two blanks from its border if they fit.
func left(text string, width int, edge bool) string {
	before, size := "", ansi.StringWidth(text)
	if edge {
		before = "|"
	}
	pad := 2
	if size+pad+len(before)+1 > width {
		pad = 0
	}
	after := max(width-len(before)-pad-size-1, 0)
	return before + strings.Repeat(" ", pad) + text + strings.Repeat(" ", after) + "|"
}
