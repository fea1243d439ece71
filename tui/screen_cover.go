package tui

import (
	"time"

	"gatewalk/steps"
	"gatewalk/tui/theme"
	"gatewalk/tui/widget"
)

// drawCover is the first screen: what this is, where it happens, and whether
// it is ready. It needs nothing but the text, so that it is there at once.
func (m *model) drawCover(w, h int) []string {
	t := m.t
	width := min(w-8, 72)
	var lines []string
	add := func(s ...string) { lines = append(lines, s...) }
	add(t.Text.Accent.Paint("gatewalk"), t.Text.Strong.Paint(m.book.Title()), "")
	add(widget.WrapText(m.txt.Cover.About, theme.Style{}, width, 0)...)
	add("")
	world := m.txt.Cover.Lab
	if m.o.World.Name == "AWS" {
		world = fill(m.txt.Cover.AWS, "region", m.region(), "account", m.account())
		if m.o.World.NotReal {
			world = m.txt.Cover.NotReal
		}
	}
	if m.o.Start == nil {
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
	top := max(0, (h-len(lines))/2-1)
	left := max(0, (w-width)/2)
	out := make([]string, top, h)
	for _, l := range lines {
		out = append(out, widget.Spaces(left)+l)
	}
	return widget.FitAll(out, w, h, "")
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
	width := min(w-8, 76)
	var lines []string
	lines = append(lines, t.State.OK.Paint(t.Icon.OK)+" "+t.Text.Strong.Paint(m.txt.Finish.Title), "")
	lines = append(lines, widget.Markdown(t, m.txt.Finish.Learnt, width)...)
	lines = append(lines, "")
	tb := widget.Table{Rows: m.tally(), Paint: func(_, col int, s string) []widget.Span {
		if col == 0 {
			return []widget.Span{{Text: s, Style: t.Text.Dim}}
		}
		return []widget.Span{{Text: s, Style: t.Text.Strong}}
	}}
	lines = append(lines, tb.Lines(t, width)...)
	lines = append(lines, "")
	lines = append(lines, widget.WrapText(m.txt.Finish.Next, t.Text.Dim, width, 0)...)
	top := max(0, (h-len(lines))/2)
	left := max(0, (w-width)/2)
	out := make([]string, top, h)
	for _, l := range lines {
		out = append(out, widget.Spaces(left)+l)
	}
	return widget.FitAll(out, w, h, "")
}

// tally are the figures of the walk.
func (m *model) tally() [][]string {
	x := m.txt.Finish
	rows := [][]string{{x.Steps, count(m.walk.held()) + " / " + count(len(m.walk.order))}}
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
		rows = append(rows, []string{x.Predictions, count(right) + " / " + count(asked)})
	}
	rows = append(rows, []string{x.Time, widget.Clock(m.spent())})
	usd := 0.0
	if m.o.Cost != nil {
		usd, _ = m.o.Cost(m.now)
	}
	rows = append(rows, []string{x.Cost, money(usd)})
	left := fill(x.LeftNow, "n", count(len(m.walk.existing())))
	if e := m.walk.left; e != nil {
		left = fill(x.LeftChecked, "n", widget.Clean(e.Args["count"]), "at", e.At.In(m.now.Location()).Format("15:04:05"))
	}
	return append(rows, []string{x.Left, left})
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
