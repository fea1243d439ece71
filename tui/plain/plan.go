package plain

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"gatewalk/steps"
	"gatewalk/tui/text"
	"gatewalk/tui/theme"
	"gatewalk/tui/widget"
)

// Plan is what a walk is going to make on an account: read before anybody says
// yes to it.
type Plan struct {
	Account  string     `json:"account"` // twelve digits
	Arn      string     `json:"arn"`     // of who walks
	Root     bool       `json:"root"`    // who walks is the account's root user
	Region   string     `json:"region"`
	Lab      bool       `json:"lab"`                // nothing is billed
	Endpoint string     `json:"endpoint,omitempty"` // that is not AWS's
	Session  string     `json:"session"`
	SSHFrom  string     `json:"ssh_from,omitempty"` // "" is asked when it is needed
	Priced   bool       `json:"priced"`             // the region's prices are known; else they are the dearest that are
	Items    []PlanItem `json:"items"`              // in the order in which they are made
	Rights   []Right    `json:"rights,omitempty"`   // nil: they were not asked for
}

// Right is whether the walker may do something.
type Right struct {
	Action  string `json:"action"`
	Allowed bool   `json:"allowed"`
	Sure    bool   `json:"sure"` // false: AWS does not say beforehand
}

// Missing counts the rights that were refused.
func (p Plan) Missing() (n int) {
	for _, r := range p.Rights {
		if !r.Allowed {
			n++
		}
	}
	return n
}

// PlanItem is one thing.
type PlanItem struct {
	Step    steps.ID          `json:"step"`
	Kind    string            `json:"kind"` // as in the ledger
	Part    string            `json:"part"`
	Name    string            `json:"name"` // on the account
	Detail  string            `json:"detail,omitempty"`
	Tags    map[string]string `json:"tags,omitempty"`
	PerHour float64           `json:"per_hour"` // US dollars; 0 is free
}

// PerHour is what an hour costs, in US dollars.
func (p Plan) PerHour() (usd float64) {
	for _, i := range p.Items {
		usd += i.PerHour
	}
	return usd
}

// PlanLine is one line of a plan, for whoever paints it.
type PlanLine struct {
	Text        string
	Strong, Dim bool
	Warn        bool
}

// Lines are the plan for people, in w cells; with w 0 no line is broken.
func (p Plan) Lines(lang string, w int) []PlanLine {
	l := planner{txt: text.For(lang), w: w}
	say := &l.txt.Plan
	hour, half := fmt.Sprintf("$%.3f", p.PerHour()), fmt.Sprintf("$%.2f", p.PerHour()/2)
	l.label(say.Account, p.Account)
	l.label("ARN", p.Arn)
	l.label(say.Region, p.Region)
	l.label(say.Session, p.Session)
	from := say.SSHAsked
	if p.SSHFrom != "" {
		from = text.Fill(say.SSHKnown, "cidr", p.SSHFrom)
	}
	l.label("SSH", from)
	l.label(say.Cost, text.Fill(say.About, "hour", hour, "half", half))
	l.put(PlanLine{Text: say.Billed, Dim: true}, 2)
	if !p.Priced {
		l.put(PlanLine{Text: say.Unpriced, Warn: true}, 2)
	}
	if p.Lab {
		l.put(PlanLine{Text: say.Lab, Warn: true}, 0)
	}
	if p.Endpoint != "" {
		l.put(PlanLine{Text: text.Fill(say.NotReal, "endpoint", p.Endpoint), Warn: true}, 0)
	}
	if p.Root {
		l.put(PlanLine{Text: say.Root, Warn: true}, 0)
	}
	l.put(PlanLine{}, 0)
	l.put(PlanLine{Text: text.Fill(say.Makes, "n", fmt.Sprint(len(p.Items))), Strong: true}, 0)
	for n, i := range p.Items {
		l.item(n+1, i)
	}
	l.put(PlanLine{}, 0)
	l.put(PlanLine{Text: say.After, Dim: true}, 0)
	return l.out
}

// planner lays lines out.
type planner struct {
	txt *text.Chrome
	w   int
	out []PlanLine
}

// put adds a line, broken where it is too long, its continuations indented.
func (l *planner) put(line PlanLine, indent int) {
	line.Text = widget.Clean(line.Text)
	if l.w == 0 || line.Text == "" {
		line.Text = widget.Spaces(indent) + line.Text
		l.out = append(l.out, line)
		return
	}
	for _, s := range widget.WrapText(line.Text, theme.Style{}, l.w-indent, 0) {
		part := line
		part.Text = widget.Spaces(indent) + s
		l.out = append(l.out, part)
	}
}

// label is a name and its value. Names are at most eight cells wide.
func (l *planner) label(name, value string) {
	const column = 10
	at := len(l.out)
	l.put(PlanLine{Text: value}, column)
	if at < len(l.out) {
		l.out[at].Text = widget.Fit(name, column, "") + strings.TrimPrefix(l.out[at].Text, widget.Spaces(column))
	}
}

// item is one thing: what and how dear, its name, its tags.
func (l *planner) item(n int, i PlanItem) {
	const indent = 4
	kind := l.txt.Resource(i.Kind, i.Part)
	price := l.txt.Plan.Free
	if i.PerHour > 0 {
		price = text.Fill(l.txt.Plan.Hourly, "hour", fmt.Sprintf("$%.4f", i.PerHour))
	}
	head := fmt.Sprintf("%2d. %s", n, kind)
	if l.w > 0 {
		l.out = append(l.out, PlanLine{Text: widget.Ends(widget.Clean(head), price, l.w, "…"), Strong: true})
	} else {
		l.put(PlanLine{Text: head + "  " + price, Strong: true}, 0)
	}
	name := i.Name
	if i.Detail != "" {
		name += "  " + i.Detail
	}
	l.put(PlanLine{Text: name}, indent)
	if len(i.Tags) == 0 {
		l.put(PlanLine{Text: l.txt.Plan.NoTags, Dim: true}, indent)
		return
	}
	var tags []string
	for _, key := range slices.Sorted(maps.Keys(i.Tags)) {
		tags = append(tags, key+"="+i.Tags[key])
	}
	l.put(PlanLine{Text: l.txt.Plan.Tags + " " + strings.Join(tags, "  "), Dim: true}, indent)
}

// RightLines tell of the rights by what is known of them, the bad ones first.
func (p Plan) RightLines(lang string) []PlanLine {
	l := planner{txt: text.For(lang)}
	var denied, proven, open []string
	for _, r := range p.Rights {
		switch {
		case !r.Allowed:
			denied = append(denied, r.Action)
		case r.Sure:
			proven = append(proven, r.Action)
		default:
			open = append(open, r.Action)
		}
	}
	say := &l.txt.Plan
	for _, group := range []struct {
		head    string
		actions []string
		warn    bool
	}{{say.Denied, denied, true}, {say.Proven, proven, false}, {say.Open, open, false}} {
		if len(group.actions) == 0 {
			continue
		}
		l.put(PlanLine{Text: text.Fill(group.head, "n", fmt.Sprint(len(group.actions))), Strong: true, Warn: group.warn}, 0)
		for _, line := range widget.WrapText(strings.Join(group.actions, "  "), theme.Style{}, 76, 0) {
			l.put(PlanLine{Text: line, Dim: !group.warn}, 4)
		}
	}
	l.put(PlanLine{Text: say.NothingMade}, 0)
	return l.out
}

// JSON writes the plan for programs.
func (p Plan) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(p); err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	return nil
}

// PrintPlan writes lines of a plan as text.
func PrintPlan(w io.Writer, lines []PlanLine) error {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(strings.TrimRight(line.Text, " ") + "\n")
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	return nil
}
