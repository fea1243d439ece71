// Package plain shows a walk as text: a transcript to read, and JSON lines for
// programs. Both are readers of the session's events and go to a pipe, a file
// or a screen reader: no control character, no colour, one thing a line.
//
// A printer is called from one goroutine at a time. The first error of its
// writer (a closed pipe, a full disk) is kept, nothing is written after it,
// and Err returns it.
package plain

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"gatewalk/steps"
	"gatewalk/tui/text"
	"gatewalk/tui/theme"
	"gatewalk/tui/widget"

	"github.com/charmbracelet/x/ansi"
)

// Options of a transcript.
type Options struct {
	Lang  string // of the labels: "ko", "en"
	ASCII bool   // marks from ASCII
	Brief bool   // without what and why before each step
	// Value gives what stands for a name in the pages, such as {bucket}. With it
	// the pages' explanations are written, too.
	Value func(name string) string
}

// Printer writes events as they come.
type Printer struct {
	w     io.Writer
	err   error
	show  func(*Printer, steps.Event)
	blank bool // the last line was empty
}

// Event writes one event.
func (p *Printer) Event(e steps.Event) {
	if p.err == nil {
		p.show(p, e)
	}
}

// Err is the first error of the writer, or nil.
func (p *Printer) Err() error { return p.err }

func (p *Printer) line(s string) {
	if p.err != nil {
		return
	}
	s = strings.TrimRight(s, " ")
	p.blank = s == ""
	if _, err := io.WriteString(p.w, s+"\n"); err != nil {
		p.err = fmt.Errorf("writing the transcript: %w", err)
	}
}

// gap sets what follows apart.
func (p *Printer) gap() {
	if !p.blank {
		p.line("")
	}
}

// Transcript writes the walk for people: each step with what it is for, every
// command after its host's prompt, its output, and what was seen. Where two
// hosts speak at once, one is written as it comes and the other after it.
func Transcript(w io.Writer, book steps.Book, o Options) *Printer {
	t := &transcript{book: book, o: o, txt: text.For(o.Lang), talks: map[string]*talk{}, made: map[string]bool{}}
	t.ok, t.bad, t.dot, t.arrow = "✓", "✕", "…", "→"
	if o.ASCII {
		t.ok, t.bad, t.dot, t.arrow = "[ok]", "[failed]", "...", "->"
	}
	return &Printer{w: w, show: t.event}
}

// transcript is the state of a printer of text.
type transcript struct {
	book                steps.Book
	o                   Options
	txt                 *text.Chrome
	ok, bad, dot, arrow string

	step  steps.ID
	open  bool   // somebody has the floor:
	floor string // the host that is written as it speaks
	talks map[string]*talk
	made  map[string]bool // what was said to exist
	turns []string        // hosts that wait for the floor, in order
	late  []string        // what is said of a host that has had it, while another has it
	wait  string          // the wait that was last written, and when
	next  time.Duration
}

// talk is what a host has said and is not written yet.
type talk struct {
	lines []string
	over  bool
}

func (t *transcript) event(p *Printer, e steps.Event) {
	if e.Step != t.step && e.Step != "" && e.Kind != steps.Chosen {
		t.flush(p)
		t.step = e.Step
	}
	switch e.Kind {
	case steps.Started:
		t.head(p, e.Step)
	case steps.Skipped:
		p.line(fmt.Sprintf("%s %s  %s", t.ok, e.Step, t.book.Page(e.Step).Title))
	case steps.Command:
		t.command(p, e)
	case steps.Output:
		for l := range strings.SplitSeq(strings.TrimRight(e.Text, "\r\n"), "\n") {
			t.say(p, e.Host, widget.Clean(strings.TrimRight(l, "\r")))
		}
	case steps.Exit:
		if s := e.Args["status"]; s != "" && s != "0" {
			t.say(p, e.Host, "["+strings.ReplaceAll(t.txt.Term.Exit, "{status}", widget.Clean(s))+"]")
		}
		t.over(p, e.Host)
	case steps.Made:
		if line := t.resource(e); !t.made[line] { // it is told again when more is known of it
			t.made[line] = true
			p.line("  + " + line)
		}
	case steps.Gone:
		delete(t.made, t.resource(e))
		p.line("  - " + t.resource(e))
	case steps.Waiting:
		t.waiting(p, e)
	case steps.Observed:
		t.observed(p, e)
	case steps.Note:
		t.sentence(p, "  ", e)
	case steps.Held:
		t.flush(p)
		page := t.book.Page(e.Step)
		if page.Seen != "" {
			p.line(t.ok + " " + page.Seen)
		}
		if later(page) {
			t.explain(p, page.Body)
		}
		p.gap()
	case steps.Failed:
		t.flush(p)
		said := t.book.Sentence(e)
		if said == "" {
			said = t.txt.Lesson.Failed
		}
		p.line(t.bad + " " + said)
		if e.Err != "" && e.Msg != steps.MsgInterrupted { // that somebody stopped it is all there is to say
			p.line("  " + t.txt.Lesson.Details + " " + widget.Clean(e.Err))
		}
		p.line("")
	}
}

// head opens a step.
func (t *transcript) head(p *Printer, id steps.ID) {
	page := t.book.Page(id)
	p.line(fmt.Sprintf("== %s  %s", id, page.Title))
	if !t.o.Brief {
		for _, s := range []string{page.What, page.Why} {
			if s != "" {
				p.line("   " + s)
			}
		}
	}
	if !later(page) {
		t.explain(p, page.Body)
	}
}

// later reports whether a page explains what was seen: it begins with the
// command that shows it, or gives away what was to be guessed.
func later(page steps.Page) bool {
	return page.Predict != nil || strings.HasPrefix(page.Body, fence)
}

// fence begins and ends a block of code in a page.
const fence = "```\n"

// name is what a page leaves open until the walk knows it.
var name = regexp.MustCompile(`\{[a-z0-9.]+\}`)

// explain writes the body of a page: for who reads or hears a transcript, it is
// the lesson. The command that a body begins with was typed already.
func (t *transcript) explain(p *Printer, body string) {
	if t.o.Value == nil || body == "" {
		return
	}
	if typed, rest, ok := strings.Cut(body, "\n"+fence); ok && strings.HasPrefix(typed, fence) {
		body = strings.TrimSpace(rest)
	}
	body = name.ReplaceAllStringFunc(body, func(s string) string { return widget.Clean(t.o.Value(s[1 : len(s)-1])) })
	p.gap()
	for _, l := range widget.Markdown(theme.New(theme.Options{NoColor: true, ASCII: t.o.ASCII}), body, 76) {
		p.line("   " + ansi.Strip(l))
	}
	p.gap()
}

// command takes the floor for its host, or waits for it.
func (t *transcript) command(p *Printer, e steps.Event) {
	if !t.open {
		t.open, t.floor = true, e.Host
	} else if t.floor != e.Host && t.talks[e.Host] == nil {
		t.talks[e.Host] = &talk{}
		t.turns = append(t.turns, e.Host)
	}
	prompt := widget.Clean(e.Args["prompt"])
	if prompt == "" {
		prompt = widget.Clean(e.Host) + "$"
	}
	t.say(p, e.Host, strings.TrimRight(prompt, " ")+" "+widget.Clean(e.Text))
}

// say writes a line of a host that has the floor and keeps those of others.
func (t *transcript) say(p *Printer, host, line string) {
	switch k := t.talks[host]; {
	case k != nil:
		k.lines = append(k.lines, line)
	case t.open && host != "" && t.floor != "" && host != t.floor:
		t.late = append(t.late, line)
	default:
		p.line(line)
	}
}

// over gives the floor to the next host that waits for it.
func (t *transcript) over(p *Printer, host string) {
	if k := t.talks[host]; k != nil {
		k.over = true
		return
	}
	if t.open && host == t.floor {
		t.yield(p)
	}
}

// yield writes what the hosts that waited have said, up to one that still
// speaks: it has the floor then.
func (t *transcript) yield(p *Printer) {
	t.open = false
	for len(t.turns) > 0 && !t.open {
		next := t.turns[0]
		k := t.talks[next]
		t.turns = t.turns[1:]
		delete(t.talks, next)
		p.line("")
		for _, l := range k.lines {
			p.line(l)
		}
		if !k.over {
			t.open, t.floor = true, next
		}
	}
	if !t.open {
		for _, l := range t.late {
			p.line(l)
		}
		t.late = nil
	}
}

// flush writes what still waits: a step has ended.
func (t *transcript) flush(p *Printer) {
	for t.open || len(t.turns) > 0 {
		t.yield(p)
	}
	t.wait = ""
}

func (t *transcript) resource(e steps.Event) string {
	if e.Resource == nil {
		return ""
	}
	return t.txt.Resource(widget.Clean(e.Resource.Kind), e.Resource.Name) + "  " + widget.Clean(e.Resource.ID)
}

// waiting says that a wait goes on: at its beginning, and every five seconds.
func (t *transcript) waiting(p *Printer, e steps.Event) {
	elapsed, _ := time.ParseDuration(e.Args["elapsed"])
	if name := e.Msg + e.Host; name != t.wait {
		t.wait, t.next = name, 0
	}
	if elapsed < t.next {
		return
	}
	t.next = elapsed.Truncate(5*time.Second) + 5*time.Second
	said := t.book.Sentence(e)
	if e.Msg == "silence" {
		said = t.txt.Term.Silence
	} else if said == "" {
		said = t.txt.Term.Waiting
	}
	line := fmt.Sprintf("  %s %s  %s", t.dot, said, widget.Clock(elapsed))
	if of, err := time.ParseDuration(e.Args["of"]); err == nil {
		line += " / " + widget.Clock(of)
	}
	t.say(p, e.Host, line)
}

func (t *transcript) sentence(p *Printer, mark string, e steps.Event) {
	if s := t.book.Sentence(e); s != "" {
		p.line(mark + s)
	}
}

// observed writes what was seen, with the table that belongs to it.
func (t *transcript) observed(p *Printer, e steps.Event) {
	if e.Host == "" {
		t.flush(p)
	}
	if s := t.book.Sentence(e); s != "" {
		t.say(p, e.Host, t.ok+" "+s)
	}
	if e.Msg == "trace" {
		return // its hops were printed by traceroute itself
	}
	for _, r := range e.Rows {
		cells := make([]string, len(r))
		for i, c := range r {
			cells[i] = widget.Clean(c)
		}
		switch {
		case e.Msg == "routes" && len(cells) >= 2:
			cells = append([]string{cells[0] + " " + t.arrow + " " + cells[1]}, cells[2:]...)
		case e.Msg == "addresses" && len(cells) >= 2:
			cells[1] = t.txt.Term.Listed[cells[1]]
		}
		t.say(p, e.Host, "    "+strings.Join(cells, "  "))
	}
}
