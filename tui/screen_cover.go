package tui

import (
	"strings"
	"time"

	"gatewalk/steps"
	"gatewalk/tui/theme"
	"gatewalk/tui/widget"
)

// card puts lines in a frame in the middle of w by h cells; without the frame
// where it would not fit.
func (m *model) card(lines []string, width, w, h int) []string {
	framed := w >= width+10 && h >= len(lines)+6
	if framed {
		inner := make([]string, 0, len(lines)+2)
		inner = append(inner, "")
		for _, l := range lines {
			inner = append(inner, "   "+l)
		}
		lines = widget.Box(m.t, "", "", append(inner, ""), width+8, len(lines)+4, false)
		width += 8
	}
	top, left := max(0, (h-len(lines))/2), max(0, (w-width)/2)
	out := make([]string, top, h)
	for _, l := range lines {
		out = append(out, widget.Spaces(left)+l)
	}
	return widget.FitAll(out, w, h, "")
}

// drawCover is the first screen: what this is, where it happens, and whether
// it is ready. It needs nothing but the text, so that it is there at once.
func (m *model) drawCover(w, h int) []string {
	t := m.t
	width := min(w-8, 72)
	var lines []string
	add := func(s ...string) { lines = append(lines, s...) }
	add(t.Text.Accent.Paint("gatewalk"), t.Text.Strong.Paint(m.book.Title()), "")
	if h >= 20 { // the lesson in two lines
		for _, p := range []struct {
			when string
			edge edge
			way  way
		}{{m.txt.Term.Before, bad, way{}}, {m.txt.Term.After, good, way{via: "endpoint"}}} {
			add(widget.Wrap(append([]widget.Span{{Text: widget.Fit(p.when, 9, ""), Style: t.Text.Dim}},
				m.chain(p.edge, p.way.deadLink(), p.way.names("private"))...), width, 0)...)
		}
		add("")
	}
	add(widget.WrapText(m.txt.Cover.About, theme.Style{}, width, 0)...)
	add("")
	world := m.txt.Cover.Lab
	if m.o.World.Name == "AWS" {
		where := strings.TrimSpace(m.account() + " " + m.region()) // neither may be known yet
		if where != "" {
			where = ": " + where
		}
		world = fill(m.txt.Cover.AWS, "where", where)
		if m.o.World.NotReal {
			world = m.txt.Cover.NotReal
		}
	}
	if m.replayed() {
		world = m.txt.Cover.Replay
	}
	add(bullet(t.Icon.Bullet, t.Text.Accent, []widget.Span{{Text: world}}, width)...)
	state := m.coverState(width)
	for _, s := range []string{m.txt.Cover.How, m.txt.Cover.Keys} {
		// In a small window the state matters more than advice.
		if more := bullet(t.Icon.Bullet, t.Text.Accent, []widget.Span{{Text: s}}, width); len(lines)+len(more)+1+len(state) <= h {
			add(more...)
		}
	}
	add("")
	add(state...)
	return m.card(lines, width, w, h)
}

// coverState is whether the walk can begin.
func (m *model) coverState(w int) []string {
	t := m.t
	switch {
	case m.startErr != nil:
		out := bullet(t.Icon.Bad, t.State.Bad, []widget.Span{{Text: m.txt.Cover.Failed, Style: t.Text.Strong}}, w)
		return append(out, bullet(" ", theme.Style{}, []widget.Span{{Text: firstLine(m.startErr.Error()), Style: t.Text.Dim}}, w)...)
	case m.drv == nil && m.eager:
		return bullet(m.spinner(), t.State.Now, []widget.Span{{Text: m.txt.Cover.Soon}}, w)
	case m.drv == nil:
		return bullet(m.spinner(), t.State.Now, []widget.Span{{Text: m.txt.Cover.Starting}}, w)
	case m.walk.finished():
		return bullet(t.Icon.OK, t.State.OK, []widget.Span{{Text: m.txt.Cover.Done, Style: t.Text.Strong}}, w)
	case m.walk.held() > 0:
		text := fill(m.txt.Cover.Resume, "step", string(m.id()), "title", m.page().Title)
		return bullet(t.Icon.OK, t.State.OK, []widget.Span{{Text: text, Style: t.Text.Strong}}, w)
	}
	return bullet(t.Icon.OK, t.State.OK, []widget.Span{{Text: m.txt.Cover.Ready, Style: t.Text.Strong}}, w)
}

// drawFinish is the last screen: what was learnt, how long it took, what it
// cost, and the proof that nothing is left.
func (m *model) drawFinish(w, h int) []string {
	t := m.t
	width := min(w-8, 80)
	var lines []string
	lines = append(lines, t.State.OK.Paint(t.Icon.OK)+" "+t.Text.Strong.Paint(m.txt.Finish.Title), "")
	for i, point := range strings.Split(m.txt.Finish.Learnt, "\n") {
		if i > 0 && h >= 30 {
			lines = append(lines, "")
		}
		lines = append(lines, widget.Markdown(t, point, width)...)
	}
	lines = append(lines, "")
	lines = append(lines, m.tiles(m.tally(), width)...)
	next := widget.WrapText(m.txt.Finish.Next, t.Text.Dim, width, 0)
	if len(lines)+1+len(next) <= h {
		lines = append(append(lines, ""), next...)
	}
	return m.card(lines, width, w, h)
}

// figure is one result of the walk: its name, its value, a remark.
type figure struct{ name, value, note string }

// tiles shows figures next to each other, or as a list where it is narrow.
func (m *model) tiles(figures []figure, w int) []string {
	t := m.t
	widths, need := make([]int, len(figures)), 1
	for i, f := range figures {
		widths[i] = 3 + max(widget.Width(f.name), widget.Width(f.value), widget.Width(f.note))
		need += widths[i]
	}
	if need > w {
		tb := widget.Table{Paint: func(_, col int, s string) []widget.Span {
			return []widget.Span{{Text: s, Style: []theme.Style{t.Text.Dim, t.Text.Strong, t.Text.Dim}[col]}}
		}}
		for _, f := range figures {
			tb.Rows = append(tb.Rows, []string{f.name, f.value, f.note})
		}
		return tb.Lines(t, w)
	}
	c := widget.NewCanvas(w, 5, t.Border)
	pen := widget.Pen{Weight: theme.Light, Style: t.Frame.Line}
	c.Box(pen, 0, 0, w, 5)
	x := 0
	for i, f := range figures {
		c.Path(pen, widget.Point{X: x, Y: 0}, widget.Point{X: x, Y: 4})
		c.Text(x+2, 1, f.name, t.Text.Dim)
		c.Text(x+2, 2, f.value, t.Text.Strong)
		c.Text(x+2, 3, f.note, t.Text.Dim)
		x += widths[i] + (w-need)/len(figures)
	}
	return c.Lines()
}

// tally are the figures of the walk.
func (m *model) tally() []figure {
	x := m.txt.Finish
	out := []figure{{x.Steps, count(m.walk.held()) + " / " + count(len(m.walk.order)), ""}}
	right, asked := 0, 0
	for _, id := range m.walk.order {
		p, a := m.book.Page(id).Predict, m.walk.choices["predict."+string(id)]
		if p == nil || a == "" {
			continue
		}
		asked++
		if a == p.Right {
			right++
		}
	}
	if asked > 0 {
		out = append(out, figure{x.Predictions, count(right) + " / " + count(asked), ""})
	}
	out = append(out, figure{x.Time, widget.Clock(m.spent()), ""})
	usd := 0.0
	if m.o.Cost != nil {
		usd, _ = m.o.Cost(m.now)
	}
	out = append(out, figure{x.Cost, money(usd), ""})
	left := figure{x.Left, fill(x.LeftNow, "n", count(len(m.walk.existing()))), ""}
	if e := m.walk.left; e != nil {
		left.value = fill(x.LeftNow, "n", widget.Clean(e.Args["count"]))
		left.note = fill(x.Checked, "at", e.At.In(m.now.Location()).Format("15:04"))
	}
	return append(out, left)
}

// spent is the time in which something ran, over all sittings.
func (m *model) spent() (sum time.Duration) {
	for _, id := range m.walk.order {
		if r := m.walk.peek(id); r.status == steps.Holds && !r.began.IsZero() && r.ended.After(r.began) {
			sum += r.ended.Sub(r.began)
		}
	}
	return sum
}
