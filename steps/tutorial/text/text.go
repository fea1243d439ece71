// Package text is the prose of the course, in Korean and in English: one page
// a step, and one sentence for each kind of event.
//
// A [Book] never changes and is safe for concurrent use. Pages are Markdown
// with a head of "key: value" lines; a line that is indented by two blanks
// continues the value above it. The file messages holds "key = sentence"
// lines. Places for values are named, as {host}, so that each language keeps
// its own order of words.
package text

import (
	"embed"
	"fmt"
	"strings"
	"time"

	"gatewalk/steps"
)

//go:embed ko en
var files embed.FS

// Order is the steps that have a page, in order.
func Order() []steps.ID {
	return []steps.ID{"1", "2", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "3.7", "3.8", "4.1", "4.2", "4.3", "4.3b", "4.4", "5", "6"}
}

// Book reads the course in a language, "ko" or "en".
func Book(lang string) (steps.Book, error) {
	if lang != "ko" && lang != "en" {
		return nil, fmt.Errorf("opening the book: there is none in %q", lang)
	}
	b := &book{pages: map[steps.ID]steps.Page{}}
	for _, id := range Order() {
		name := lang + "/" + string(id) + ".md"
		data, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("opening the book: %w", err)
		}
		if b.pages[id], err = parsePage(id, string(data)); err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
	}
	data, err := files.ReadFile(lang + "/messages")
	if err != nil {
		return nil, fmt.Errorf("opening the book: %w", err)
	}
	if b.messages, err = parseMessages(string(data)); err != nil {
		return nil, fmt.Errorf("reading %s/messages: %w", lang, err)
	}
	return b, nil
}

type book struct {
	pages    map[steps.ID]steps.Page
	messages map[string]string
}

func (b *book) Title() string { return b.messages["title"] }

func (b *book) Page(id steps.ID) steps.Page { return b.pages[id] }

// Sentence tells the events whose meaning is in their Msg; what has a form of
// its own on the screen, such as a command or a resource, has no sentence.
func (b *book) Sentence(e steps.Event) string {
	switch e.Kind {
	case steps.Observed, steps.Waiting, steps.Note, steps.Failed:
		return b.fill(b.messages[string(e.Kind)+"."+e.Msg], e)
	}
	return ""
}

// fill puts the event's values into a sentence. Values that are words of the
// walk, such as a host's part in it, are said in the book's language.
func (b *book) fill(s string, e steps.Event) string {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "{")
		name, after, closed := strings.Cut(rest, "}")
		out.WriteString(before)
		if !ok || !closed {
			return out.String()
		}
		out.WriteString(b.value(name, e))
		s = after
	}
}

func (b *book) value(name string, e steps.Event) string {
	v := e.Args[name]
	switch {
	case v != "":
	case name == "host":
		v = e.Host
	case name == "step":
		v = string(e.Step)
	case name == "addresses": // the first column of what a resolver answered
		var all []string
		for _, r := range e.Rows {
			all = append(all, r[:min(1, len(r))]...)
		}
		v = strings.Join(all, ", ")
	case name == "at" && !e.At.IsZero():
		v = e.At.Local().Format("2006-01-02 15:04:05 MST")
	}
	if word, ok := b.messages["word."+name+"."+v]; ok {
		return word
	}
	if v == "" {
		return "–"
	}
	if d, err := time.ParseDuration(v); err == nil && (name == "elapsed" || name == "enough") {
		return b.duration(d)
	}
	return v
}

// duration says how long something took, in whole seconds.
func (b *book) duration(d time.Duration) string {
	minutes, seconds := int(d.Round(time.Second)/time.Minute), int(d.Round(time.Second)%time.Minute/time.Second)
	if minutes == 0 {
		return fmt.Sprintf(b.messages["word.elapsed.seconds"], seconds)
	}
	return fmt.Sprintf(b.messages["word.elapsed.minutes"], minutes, seconds)
}

// parsePage reads a page: a head between two lines of dashes, and the body.
func parsePage(id steps.ID, src string) (steps.Page, error) {
	p := steps.Page{ID: id}
	src = strings.ReplaceAll(src, "\r\n", "\n")
	rest, ok := strings.CutPrefix(src, "---\n")
	head, body, found := strings.Cut(rest, "\n---\n")
	if !ok || !found {
		return p, fmt.Errorf("the page has no head")
	}
	p.Body = strings.TrimSpace(body)
	var key, value string
	put := func() error {
		if key == "" {
			return nil
		}
		return set(&p, key, strings.TrimSpace(value))
	}
	for line := range strings.SplitSeq(head, "\n") {
		if more, ok := strings.CutPrefix(line, "  "); ok || line == "" {
			value += "\n" + more
			continue
		}
		if err := put(); err != nil {
			return p, err
		}
		if key, value, ok = strings.Cut(line, ":"); !ok {
			return p, fmt.Errorf("no key in %q", line)
		}
	}
	if err := put(); err != nil {
		return p, err
	}
	if p.Title == "" || p.Short == "" || p.Part == "" || p.What == "" {
		return p, fmt.Errorf("the page has no title, long or short, no part, or does not say what happens")
	}
	if q := p.Predict; q != nil && (q.Question == "" || q.Right == "" || q.Reveal == "" || len(q.Options) < 2) {
		return p, fmt.Errorf("the prediction lacks something")
	}
	return p, nil
}

func set(p *steps.Page, key, value string) error {
	fields := map[string]*string{
		"title": &p.Title, "short": &p.Short, "part": &p.Part, "what": &p.What, "why": &p.Why, "expect": &p.Expect, "seen": &p.Seen,
		"hint": &p.Hint, "solution": &p.Solution, "notes": &p.Notes,
	}
	if f, ok := fields[key]; ok {
		*f = value
		return nil
	}
	part, ok := strings.CutPrefix(key, "predict.")
	if !ok {
		return fmt.Errorf("unknown key %q", key)
	}
	if p.Predict == nil {
		p.Predict = new(steps.Prediction)
	}
	if option, ok := strings.CutPrefix(part, "option."); ok {
		p.Predict.Options = append(p.Predict.Options, steps.Option{Value: option, Label: value})
		return nil
	}
	f, ok := map[string]*string{"question": &p.Predict.Question, "right": &p.Predict.Right, "reveal": &p.Predict.Reveal}[part]
	if !ok {
		return fmt.Errorf("unknown key %q", key)
	}
	*f = value
	return nil
}

// parseMessages reads "key = sentence" lines; "#" begins a remark.
func parseMessages(src string) (map[string]string, error) {
	messages := map[string]string{}
	n := 0
	for line := range strings.SplitSeq(strings.ReplaceAll(src, "\r\n", "\n"), "\n") {
		n++
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, sentence, ok := strings.Cut(line, "=")
		key = strings.TrimSpace(key)
		if _, twice := messages[key]; !ok || key == "" || twice {
			return nil, fmt.Errorf("line %d: no key, or one that is there already", n)
		}
		messages[key] = strings.TrimSpace(sentence)
	}
	return messages, nil
}
