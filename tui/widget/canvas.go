package widget

import (
	"strings"

	"gatewalk/tui/theme"

	"github.com/charmbracelet/x/ansi"
)

// Canvas is a grid of cells to draw a picture on. Drawing outside of it does
// nothing. A wide character takes two cells; writing over one half of it
// blanks the other.
type Canvas struct {
	w, h  int
	cells []cell
}

type cell struct {
	text  string // "" is a blank; tail marks the second half of a wide one
	style theme.Style
}

const tail = "\x00"

// NewCanvas makes a blank canvas.
func NewCanvas(w, h int) *Canvas {
	w, h = max(w, 0), max(h, 0)
	return &Canvas{w: w, h: h, cells: make([]cell, w*h)}
}

// Text writes s from x, y to the right.
func (c *Canvas) Text(x, y int, s string, st theme.Style) {
	for s != "" {
		cluster, w := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		if cluster == "" {
			return
		}
		c.set(x, y, cluster, w, st)
		x += w
		s = s[len(cluster):]
	}
}

func (c *Canvas) set(x, y int, s string, w int, st theme.Style) {
	if y < 0 || y >= c.h || x < 0 || w < 1 || x+w > c.w {
		return
	}
	row := c.cells[y*c.w : (y+1)*c.w]
	if row[x].text == tail && x > 0 {
		row[x-1].text = ""
	}
	if end := x + w; end < c.w && row[end].text == tail {
		row[end].text = ""
	}
	row[x] = cell{s, st}
	for i := 1; i < w; i++ {
		row[x+i] = cell{tail, st}
	}
}

// H draws s from x0 to x1 on row y, both included, in either direction.
func (c *Canvas) H(x0, x1, y int, s string, st theme.Style) {
	for x := min(x0, x1); x <= max(x0, x1); x++ {
		c.set(x, y, s, 1, st)
	}
}

// V draws s from y0 to y1 in column x, both included.
func (c *Canvas) V(x, y0, y1 int, s string, st theme.Style) {
	for y := min(y0, y1); y <= max(y0, y1); y++ {
		c.set(x, y, s, 1, st)
	}
}

// Box draws a frame.
func (c *Canvas) Box(x, y, w, h int, b theme.Border, st theme.Style) {
	if w < 2 || h < 2 {
		return
	}
	c.H(x+1, x+w-2, y, b.H, st)
	c.H(x+1, x+w-2, y+h-1, b.H, st)
	c.V(x, y+1, y+h-2, b.V, st)
	c.V(x+w-1, y+1, y+h-2, b.V, st)
	c.set(x, y, b.TL, 1, st)
	c.set(x+w-1, y, b.TR, 1, st)
	c.set(x, y+h-1, b.BL, 1, st)
	c.set(x+w-1, y+h-1, b.BR, 1, st)
}

// Lines are the rows, each as wide as the canvas.
func (c *Canvas) Lines() []string {
	out := make([]string, c.h)
	for y := range out {
		var line, run strings.Builder
		var st theme.Style
		flush := func() {
			line.WriteString(st.Paint(run.String()))
			run.Reset()
		}
		for _, cl := range c.cells[y*c.w : (y+1)*c.w] {
			if cl.text == tail {
				continue
			}
			if cl.style != st {
				flush()
				st = cl.style
			}
			if cl.text == "" {
				run.WriteByte(' ')
			} else {
				run.WriteString(cl.text)
			}
		}
		flush()
		out[y] = line.String()
	}
	return out
}
