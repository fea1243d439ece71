package tui

import (
	"strconv"
	"strings"

	"gatewalk/steps"
	"gatewalk/tui/theme"
	"gatewalk/tui/widget"
)

// drawLesson is the pane that teaches: what and why, then, once the step ran,
// what was seen and what it means.
func (m *model) drawLesson(r rect) []string {
	page := m.page()
	title := string(m.id()) + "  " + page.Title
	return m.framed(paneLesson, r, title, "", m.lessonLines(r.w-4))
}

func (m *model) lessonLines(w int) []string {
	extra := m.trouble[m.id()] + strconv.Itoa(int(m.act))
	if m.skipped[m.id()] {
		extra += "s"
	}
	return m.cached(int(paneLesson), w, extra, func() []string {
		l := lesson{m: m, w: min(w, m.measure()), page: m.page(), rec: m.walk.peek(m.id())}
		return l.lines()
	})
}

// measure is how wide text may get and still be read with ease; from the back
// of a room, less.
func (m *model) measure() int {
	if m.o.Present {
		return 66
	}
	return 100
}

// lesson collects the lines of the pane.
type lesson struct {
	m    *model
	w    int
	page steps.Page
	rec  *record
	out  []string
	ends []int // of what may not be cut in the middle
}

func (l *lesson) lines() []string {
	m := l.m
	l.outcome()
	if m.o.Present && len(l.out) > 0 { // the trainer says the rest
		return l.out
	}
	l.labelled(m.txt.Lesson.What, l.page.What)
	l.labelled(m.txt.Lesson.Why, l.page.Why)
	// What a page explains is read after the guess, and once it was seen.
	explained := l.page.Predict == nil || l.rec.status == steps.Holds
	if m.o.Present {
		if explained {
			l.add(widget.Poster(m.t, m.place(l.page.Body), l.w)...)
		}
		return l.out
	}
	if l.page.Body != "" && explained {
		l.gap()
		l.add(widget.Markdown(m.t, m.place(l.page.Body), l.w)...)
	}
	if l.page.Expect != "" && (explained || l.rec.status == steps.Broken) {
		l.gap()
		l.labelled(m.txt.Lesson.Expect, l.page.Expect)
	}
	if l.page.Predict != nil && l.rec.status == steps.NotYet && l.answer() == "" && !m.skipped[m.id()] {
		soon := m.txt.Predict.Soon
		if m.toGuess() {
			soon = m.txt.Predict.SoonRead
		}
		l.gap()
		l.add(bullet("?", m.t.Text.Accent, []widget.Span{{Text: soon, Style: m.t.Text.Accent}}, l.w)...)
	}
	return l.out
}

func (l *lesson) add(lines ...string) {
	l.out = append(l.out, lines...)
	l.ends = append(l.ends, len(l.out))
}

// within is as much as fits h lines without a cut in the middle of something.
func (l *lesson) within(h int) []string {
	n := 0
	for _, end := range l.ends {
		if end <= h {
			n = end
		}
	}
	out := l.out[:n]
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}

func (l *lesson) gap() {
	if n := len(l.out); n > 0 && l.out[n-1] != "" {
		l.add("")
	}
}

// labelled is a word in the margin and a sentence or two beside it.
func (l *lesson) labelled(label, text string) {
	if text == "" {
		return
	}
	side := l.m.txt.Lesson.Margin
	var lines []string
	for i, s := range widget.Wrap(widget.Inline(l.m.t, text, theme.Style{}), l.w-side, 0) {
		head := widget.Spaces(side)
		if i == 0 {
			head = l.m.t.Text.Accent.Paint(widget.Fit(label, side, ""))
		}
		lines = append(lines, head+s)
	}
	l.add(lines...)
	if l.m.o.Present {
		l.gap()
	}
}

// outcome is what came of the step, first of all that is said.
func (l *lesson) outcome() {
	m := l.m
	switch {
	case m.trouble[m.id()] != "":
		l.bad(m.txt.Lesson.Stopped)
		l.detail(m.trouble[m.id()])
		l.gap()
	case l.rec.status == steps.Broken:
		l.failure()
	case l.rec.status == steps.Holds:
		l.success()
	}
}

func (l *lesson) bad(text string) {
	l.add(bullet(l.m.t.Icon.Bad, l.m.t.State.Bad, []widget.Span{{Text: text, Style: l.m.t.Text.Strong}}, l.w)...)
}

// detail is the original error, in the language it was written in.
func (l *lesson) detail(err string) {
	l.add(bullet(" ", theme.Style{}, []widget.Span{{Text: l.m.txt.Lesson.Details + " " + widget.Clean(err), Style: l.m.t.Text.Dim}}, l.w)...)
}

func (l *lesson) failure() {
	m, e := l.m, l.rec.fail
	if e == nil {
		return
	}
	if e.Msg == steps.MsgInterrupted {
		l.add(bullet(m.t.Icon.Note, m.t.State.Warn, []widget.Span{{Text: m.txt.Lesson.Interrupted, Style: m.t.Text.Strong}}, l.w)...)
		l.gap()
		return
	}
	said := m.book.Sentence(*e)
	if said == "" {
		said = m.txt.Lesson.Failed
	}
	l.bad(said)
	if e.Err != "" {
		l.detail(e.Err)
	}
	ways := m.txt.Lesson.Ways
	if m.o.Shell == nil {
		ways = m.txt.Lesson.WaysNoShell
	}
	if m.t.ASCII {
		ways = fill(ways, "back", "left")
	}
	l.add(m.keyLines(fill(ways, "back", "←"), l.w)...)
	l.gap()
}

// keyLines are keys with what they do, three blanks apart in text, and none
// parted from its words.
func (m *model) keyLines(text string, w int) []string {
	var out []string
	line := m.t.Text.Accent.Paint(m.t.Icon.Arrow)
	for _, item := range strings.Split(text, "   ") {
		key, does, _ := strings.Cut(item, " ")
		item = " " + m.t.Text.Key.Paint(key) + " " + does + " "
		if widget.Width(line)+widget.Width(item) > w {
			out = append(out, line)
			line = " "
		}
		line += item
	}
	return append(out, line)
}

// success says that what had to be seen was seen, and what it means.
func (l *lesson) success() {
	m := l.m
	if len(l.rec.seen) == 0 && l.page.Seen == "" {
		return
	}
	told := map[string]bool{}
	tell := func(e steps.Event, mark string, st, text theme.Style) {
		said := m.book.Sentence(e)
		if said == "" || told[said] {
			return
		}
		told[said] = true
		l.add(bullet(mark, st, []widget.Span{{Text: said, Style: text}}, l.w)...)
	}
	for _, e := range l.rec.seen {
		// The terminal and the map show the tables; whose account it is comes last.
		if e.Msg != "routes" && e.Msg != "identity" {
			tell(e, m.t.Icon.OK, m.t.State.OK, m.t.Text.Strong)
		}
	}
	if len(told) == 0 {
		l.add(bullet(m.t.Icon.OK, m.t.State.OK, []widget.Span{{Text: m.txt.Lesson.Held, Style: m.t.Text.Strong}}, l.w)...)
	}
	if l.page.Seen != "" {
		if m.o.Present {
			l.gap()
		}
		l.add(bullet(" ", theme.Style{}, widget.Inline(m.t, l.page.Seen, theme.Style{}), l.w)...)
	}
	l.reveal()
	for _, e := range l.rec.seen {
		if e.Msg == "identity" && !m.o.Present {
			tell(e, m.t.Icon.Note, m.t.Text.Dim, m.t.Text.Dim)
		}
	}
	l.gap()
}

// reveal compares the prediction with what happened.
func (l *lesson) reveal() {
	p, m := l.page.Predict, l.m
	if p == nil {
		return
	}
	if a := l.answer(); a != "" {
		text, mark, st := m.txt.Predict.Wrong, m.t.Icon.Note, m.t.State.Warn
		if a == p.Right {
			text, mark, st = m.txt.Predict.Right, m.t.Icon.OK, m.t.State.OK
		}
		l.add(bullet(mark, st, []widget.Span{{Text: fill(text, "answer", l.label(a), "right", l.label(p.Right))}}, l.w)...)
	}
	if p.Reveal != "" && !m.o.Present {
		l.add(bullet(" ", theme.Style{}, widget.Inline(m.t, p.Reveal, theme.Style{}), l.w)...)
	}
}

func (l *lesson) answer() string { return l.m.walk.choices["predict."+string(l.m.id())] }

func (l *lesson) label(value string) string {
	for _, o := range l.page.Predict.Options {
		if o.Value == value {
			return o.Label
		}
	}
	return value
}
