package widget

import (
	"strings"

	"gatewalk/tui/theme"

	"github.com/charmbracelet/x/ansi"
)

// Canvas is a grid of cells to draw a picture on. Lines that meet are joined:
// a cell knows the arms of all lines through it. Text lies over lines. Drawing
// outside of the grid does nothing. A wide character takes two cells; writing
// over one half of it blanks the other.
type Canvas struct {
	w, h   int
	border theme.Border
	cells  []cell
}

type cell struct {
	text   string // "": see arms; tail marks the second half of a wide one
	arms   theme.Arms
	dotted bool
	style  theme.Style
}

const tail = "\x00"

// Pen is how a line is drawn.
type Pen struct {
	Weight theme.Weight
	Dotted bool
	Style  theme.Style
}

// Point is a cell of the canvas.
type Point struct{ X, Y int }

// NewCanvas makes a blank canvas whose lines look as the border's.
func NewCanvas(w, h int, b theme.Border) *Canvas {
	w, h = max(w, 0), max(h, 0)
	return &Canvas{w: w, h: h, border: b, cells: make([]cell, w*h)}
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
	row[x] = cell{text: s, style: st}
	for i := 1; i < w; i++ {
		row[x+i] = cell{text: tail, style: st}
	}
}

// Path draws a line from point to point, each straight across or down from
// the one before. Where it meets another line both are joined; the heavier of
// two lines on one way is seen.
func (c *Canvas) Path(p Pen, points ...Point) {
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		dx, dy := sign(b.X-a.X), sign(b.Y-a.Y)
		if dx != 0 && dy != 0 {
			continue // no straight line
		}
		out := direction(dx, dy)
		for at := a; at != b; at = (Point{at.X + dx, at.Y + dy}) {
			c.arm(at, out, p)
			c.arm(Point{at.X + dx, at.Y + dy}, (out+2)%4, p)
		}
	}
}

// direction is the index of an arm.
func direction(dx, dy int) int {
	switch {
	case dy < 0:
		return 0
	case dx > 0:
		return 1
	case dy > 0:
		return 2
	}
	return 3
}

func sign(n int) int { return max(-1, min(1, n)) }

// arm adds one arm to a cell.
func (c *Canvas) arm(at Point, out int, p Pen) {
	if at.X < 0 || at.X >= c.w || at.Y < 0 || at.Y >= c.h {
		return
	}
	cl := &c.cells[at.Y*c.w+at.X]
	if cl.text != "" {
		return
	}
	old := max(cl.arms[0], cl.arms[1], cl.arms[2], cl.arms[3])
	if p.Weight >= old {
		cl.style = p.Style
	}
	// A whole line through a dotted one makes a whole crossing.
	cl.dotted = p.Dotted && (old == theme.None || cl.dotted)
	cl.arms[out] = max(cl.arms[out], p.Weight)
}

// Box draws a frame.
func (c *Canvas) Box(p Pen, x, y, w, h int) {
	if w < 2 || h < 2 {
		return
	}
	r, b := x+w-1, y+h-1
	c.Path(p, Point{x, y}, Point{r, y}, Point{r, b}, Point{x, b}, Point{x, y})
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
			switch s := cl.text + c.border.Cross(cl.arms, cl.dotted); s {
			case "":
				run.WriteByte(' ')
			default:
				run.WriteString(s)
			}
		}
		flush()
		out[y] = line.String()
	}
	return out
}
