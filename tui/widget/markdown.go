package widget

import (
	"strings"

	"gatewalk/tui/theme"
)

// Markdown renders the subset of Markdown that the course is written in, in
// lines of at most w cells: headings, paragraphs, lists, quotes, fenced code,
// tables, and inline code, strong, emphasis and links. Anything else is shown
// as it is written. A general renderer would cost the program a fifth of its
// start-up time for syntax the course does not use.
func Markdown(t *theme.Theme, src string, w int) []string {
	m := markdown{t: t, w: w, src: strings.Split(strings.TrimSpace(src), "\n")}
	return m.render()
}

// Poster renders what of a text belongs on a wall: tables with their rows
// apart, lists, and the sentences that have something strong in them.
func Poster(t *theme.Theme, src string, w int) []string {
	m := markdown{t: t, w: w, src: strings.Split(strings.TrimSpace(src), "\n"), poster: true}
	return m.render()
}

type markdown struct {
	t      *theme.Theme
	w      int
	src    []string
	at     int
	out    []string
	poster bool
}

func (m *markdown) render() []string {
	for m.at < len(m.src) {
		m.block()
	}
	for len(m.out) > 0 && m.out[len(m.out)-1] == "" {
		m.out = m.out[:len(m.out)-1]
	}
	return m.out
}

// block renders what begins at the current line and moves past it.
func (m *markdown) block() {
	line := m.src[m.at]
	trimmed := strings.TrimSpace(line)
	switch {
	case trimmed == "":
		m.at++
		m.gap()
	case strings.HasPrefix(trimmed, "```"):
		m.at++
		m.code()
	case isHeading(trimmed):
		m.at++
		m.gap()
		m.out = append(m.out, Wrap(m.inline(strings.TrimSpace(strings.TrimLeft(trimmed, "#")), m.t.Text.Strong), m.w, 0)...)
	case strings.HasPrefix(trimmed, ">"):
		m.quote()
	case strings.HasPrefix(trimmed, "|"):
		m.table()
	case isItem(trimmed):
		m.item()
	case strings.Trim(trimmed, "-") == "" && len(trimmed) >= 3:
		m.at++
		m.out = append(m.out, m.t.Frame.Line.Paint(strings.Repeat(m.t.Border.H, m.w)))
	default:
		text := m.paragraph()
		if m.poster {
			text = strongSentences(text)
		}
		if text != "" {
			m.out = append(m.out, Wrap(m.inline(text, theme.Style{}), m.w, 0)...)
		}
	}
}

// strongSentences leaves out the sentences with nothing strong in them.
func strongSentences(text string) string {
	const strong = "**"
	var kept []string
	for rest := text; rest != ""; {
		end := len(rest)
		for i := range rest {
			after := strings.TrimPrefix(rest[i+1:], strong)
			if strings.ContainsRune(".?!", rune(rest[i])) && strings.HasPrefix(after, " ") {
				end = len(rest) - len(after)
				break
			}
		}
		if strings.Contains(rest[:end], strong) {
			kept = append(kept, rest[:end])
		}
		rest = strings.TrimLeft(rest[end:], " ")
	}
	return strings.Join(kept, " ")
}

// gap leaves one blank line, never two, and none at the top.
func (m *markdown) gap() {
	if n := len(m.out); n > 0 && m.out[n-1] != "" {
		m.out = append(m.out, "")
	}
}

// paragraph joins lines until something else begins.
func (m *markdown) paragraph() string {
	var parts []string
	for ; m.at < len(m.src); m.at++ {
		s := strings.TrimSpace(m.src[m.at])
		if s == "" || len(parts) > 0 && (strings.HasPrefix(s, "```") || isHeading(s) || isItem(s) || s[0] == '>' || s[0] == '|') {
			break
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " ")
}

func (m *markdown) code() {
	bar := m.t.Frame.Line.Paint(m.t.Icon.Quote) + " "
	for ; m.at < len(m.src); m.at++ {
		if strings.HasPrefix(strings.TrimSpace(m.src[m.at]), "```") {
			m.at++
			break
		}
		if m.poster {
			continue // the terminal shows it
		}
		for _, l := range Lines(Clean(m.src[m.at]), m.t.Text.Code, m.w-2) {
			m.out = append(m.out, bar+l)
		}
	}
}

func (m *markdown) quote() {
	var inner []string
	for ; m.at < len(m.src); m.at++ {
		s := strings.TrimSpace(m.src[m.at])
		if !strings.HasPrefix(s, ">") {
			break
		}
		inner = append(inner, strings.TrimPrefix(strings.TrimPrefix(s, ">"), " "))
	}
	bar := m.t.Text.Accent.Paint(m.t.Icon.Quote) + " "
	for _, l := range Markdown(m.t, strings.Join(inner, "\n"), m.w-2) {
		m.out = append(m.out, bar+l)
	}
}

// item renders one list item with the lines that continue it.
func (m *markdown) item() {
	raw := m.src[m.at]
	lead := len(raw) - len(strings.TrimLeft(raw, " "))
	mark, text := splitItem(strings.TrimSpace(raw))
	if mark == "-" || mark == "*" || mark == "+" {
		mark = m.t.Icon.Bullet
	}
	m.at++
	for ; m.at < len(m.src); m.at++ {
		s := strings.TrimSpace(m.src[m.at])
		if s == "" || isItem(s) || isHeading(s) || strings.HasPrefix(s, "```") || s[0] == '|' {
			break
		}
		text += " " + s
	}
	indent := min(lead/2*2, m.w/3)
	hang := Width(mark) + 1
	for i, l := range Wrap(m.inline(text, theme.Style{}), m.w-indent-hang, 0) {
		head := Spaces(hang)
		if i == 0 {
			head = m.t.Text.Accent.Paint(mark) + " "
		}
		m.out = append(m.out, Spaces(indent)+head+l)
	}
}

func (m *markdown) table() {
	var rows [][]string
	head := false
	for ; m.at < len(m.src); m.at++ {
		s := strings.TrimSpace(m.src[m.at])
		if !strings.HasPrefix(s, "|") {
			break
		}
		cells := strings.Split(strings.Trim(s, "|"), "|")
		rule := true
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
			rule = rule && strings.Trim(cells[i], ":-") == "" && cells[i] != ""
		}
		if rule {
			head = head || len(rows) == 1
			continue
		}
		rows = append(rows, cells)
	}
	tb := Table{Rows: rows, Apart: m.poster, Paint: func(_, _ int, s string) []Span { return m.inline(s, theme.Style{}) }}
	if head {
		tb.Head, tb.Rows = rows[0], rows[1:]
	}
	m.out = append(m.out, tb.Lines(m.t, m.w)...)
}

// Inline renders the marks inside a sentence: code, strong, emphasis, links.
func Inline(t *theme.Theme, s string, base theme.Style) []Span {
	return (&markdown{t: t}).inline(s, base)
}

// inline splits text into spans at its marks; base styles what has none.
func (m *markdown) inline(s string, base theme.Style) []Span {
	var out []Span
	plain := strings.Builder{}
	flush := func() {
		if plain.Len() > 0 {
			out = append(out, Span{plain.String(), base})
			plain.Reset()
		}
	}
	for s != "" {
		switch {
		case s[0] == '\\' && len(s) > 1 && strings.ContainsRune("\\`*_[]|#", rune(s[1])):
			plain.WriteByte(s[1])
			s = s[2:]
			continue
		case s[0] == '`':
			if body, rest, ok := strings.Cut(s[1:], "`"); ok {
				flush()
				out = append(out, Span{body, m.t.Text.Code})
				s = rest
				continue
			}
		case strings.HasPrefix(s, "**"):
			if body, rest, ok := strings.Cut(s[2:], "**"); ok && body != "" {
				flush()
				out = append(out, m.inline(body, m.t.Text.Strong)...)
				s = rest
				continue
			}
		case s[0] == '*':
			if body, rest, ok := strings.Cut(s[1:], "*"); ok && body != "" && body[0] != ' ' {
				flush()
				out = append(out, m.inline(body, m.t.Text.Accent)...)
				s = rest
				continue
			}
		case s[0] == '[':
			if label, url, rest, ok := link(s); ok {
				flush()
				out = append(out, Span{label, m.t.Text.Link})
				if url != label {
					out = append(out, Span{" (" + url + ")", m.t.Text.Dim})
				}
				s = rest
				continue
			}
		}
		plain.WriteByte(s[0])
		s = s[1:]
	}
	flush()
	return out
}

// link reads "[label](url)" at the beginning of s.
func link(s string) (label, url, rest string, ok bool) {
	label, rest, ok = strings.Cut(s[1:], "](")
	if !ok || strings.ContainsAny(label, "[]") {
		return "", "", "", false
	}
	url, rest, ok = strings.Cut(rest, ")")
	return label, url, rest, ok
}

func isHeading(s string) bool {
	n := len(s) - len(strings.TrimLeft(s, "#"))
	return n > 0 && n <= 6 && len(s) > n && s[n] == ' '
}

func isItem(s string) bool {
	mark, _ := splitItem(s)
	return mark != ""
}

// splitItem takes the mark off a list item: "-", "*", "+" or a number.
func splitItem(s string) (mark, text string) {
	head, text, ok := strings.Cut(s, " ")
	if !ok || text == "" {
		return "", ""
	}
	if head == "-" || head == "*" || head == "+" {
		return head, text
	}
	digits := strings.TrimRight(head, ".)")
	if digits == "" || len(digits) != len(head)-1 || strings.Trim(digits, "0123456789") != "" {
		return "", ""
	}
	return head, text
}

// CodeBlock is the first fenced block of a Markdown text, without its fences:
// the command of a step, to be shown before it runs.
func CodeBlock(src string) string {
	var block []string
	open := false
	for line := range strings.SplitSeq(src, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			if open {
				break
			}
			open = true
			continue
		}
		if open {
			block = append(block, line)
		}
	}
	return strings.Join(block, "\n")
}
