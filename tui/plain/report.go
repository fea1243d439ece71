package plain

import (
	"fmt"
	"html"
	"io"
	"slices"
	"strings"

	"gatewalk/steps"
)

// ReportOptions of a report.
type ReportOptions struct {
	Lang string
	HTML bool // else Markdown
}

// Report makes one page of a recorded run: each step with what was typed on
// which host, what was printed, what was seen, and the tables. The answer of
// two hosts to the same command stand one after the other, each under its name.
func Report(w io.Writer, book steps.Book, events []steps.Event, o ReportOptions) error {
	var p page = markdown{}
	if o.HTML {
		p = webpage{lang: o.Lang}
	}
	var b strings.Builder
	b.WriteString(p.begin(book.Title()))
	for _, s := range sections(events) {
		about := book.Page(s.id)
		b.WriteString(p.heading(fmt.Sprintf("%s  %s", s.id, about.Title)))
		b.WriteString(p.text(about.What))
		for _, t := range s.terminals {
			b.WriteString(p.code(strings.Join(t.lines, "\n")))
		}
		for _, e := range s.seen {
			if sentence := book.Sentence(e); sentence != "" {
				b.WriteString(p.text(sentence))
			}
			if len(e.Rows) > 0 {
				b.WriteString(p.table(e.Rows))
			}
		}
	}
	b.WriteString(p.end())
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// section is a step as it was last run.
type section struct {
	id        steps.ID
	terminals []*terminal
	seen      []steps.Event
}

type terminal struct {
	host  string
	lines []string
}

func (s *section) terminal(host string) *terminal {
	i := slices.IndexFunc(s.terminals, func(t *terminal) bool { return t.host == host })
	if i < 0 {
		s.terminals = append(s.terminals, &terminal{host: host})
		i = len(s.terminals) - 1
	}
	return s.terminals[i]
}

func sections(events []steps.Event) []*section {
	var all []*section
	for _, e := range events {
		i := slices.IndexFunc(all, func(s *section) bool { return s.id == e.Step })
		if e.Kind == steps.Started {
			if i < 0 {
				all = append(all, &section{id: e.Step})
			} else { // run again: what counts is the last time
				*all[i] = section{id: e.Step}
			}
			continue
		}
		if i < 0 {
			continue
		}
		s := all[i]
		switch e.Kind {
		case steps.Command:
			t := s.terminal(e.Host)
			t.lines = append(t.lines, e.Args["prompt"]+e.Text)
		case steps.Output:
			t := s.terminal(e.Host)
			t.lines = append(t.lines, e.Text)
		case steps.Observed, steps.Failed:
			s.seen = append(s.seen, e)
		}
	}
	return all
}

// page is the form of a report.
type page interface {
	begin(title string) string
	heading(s string) string
	text(s string) string
	code(s string) string
	table(rows [][]string) string
	end() string
}

type markdown struct{}

func (markdown) begin(title string) string { return "# " + title + "\n" }
func (markdown) heading(s string) string   { return "\n## " + s + "\n" }
func (markdown) text(s string) string      { return "\n" + s + "\n" }
func (markdown) code(s string) string      { return "\n```\n" + s + "\n```\n" }
func (markdown) end() string               { return "" }

func (markdown) table(rows [][]string) string {
	var b strings.Builder
	b.WriteString("\n")
	for i, row := range rows {
		if i == 0 { // rows bear no heading of their own; Markdown wants one
			b.WriteString("|" + strings.Repeat("   |", len(row)) + "\n|" + strings.Repeat(" --- |", len(row)) + "\n")
		}
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
	}
	return b.String()
}

type webpage struct{ lang string }

func (p webpage) begin(title string) string {
	title = html.EscapeString(title)
	return "<!DOCTYPE html>\n<html lang=\"" + html.EscapeString(p.lang) + "\">\n<head><meta charset=\"utf-8\"><title>" + title + "</title>\n<style>" + style + "</style></head>\n<body>\n<h1>" + title + "</h1>\n"
}

const style = `body{font:16px/1.6 system-ui,"Noto Sans KR",sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#1d2330}` +
	`h2{border-top:1px solid #ccd;padding-top:1em;margin-top:2em}pre{background:#f4f5f9;padding:.8em 1em;overflow-x:auto;font-size:13px;line-height:1.45}` +
	`td{border:1px solid #ccd;padding:.2em .8em}table{border-collapse:collapse}@media print{h2,pre,table{break-inside:avoid}}`

func (webpage) heading(s string) string { return "<h2>" + html.EscapeString(s) + "</h2>\n" }
func (webpage) text(s string) string    { return "<p>" + html.EscapeString(s) + "</p>\n" }
func (webpage) code(s string) string    { return "<pre>" + html.EscapeString(s) + "</pre>\n" }
func (webpage) end() string             { return "</body>\n</html>\n" }

func (webpage) table(rows [][]string) string {
	var b strings.Builder
	b.WriteString("<table>\n")
	for _, row := range rows {
		b.WriteString("<tr>")
		for _, cell := range row {
			b.WriteString("<td>" + html.EscapeString(cell) + "</td>")
		}
		b.WriteString("</tr>\n")
	}
	return b.String() + "</table>\n"
}
