package plain

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"gatewalk/steps"
	"gatewalk/tui/text"
	"gatewalk/tui/widget"
)

// Overview is what there is to say of all sessions.
type Overview struct {
	At       time.Time `json:"at"`
	Sessions []Session `json:"sessions"`
	Account  *Account  `json:"account,omitempty"` // nil: it was not asked
}

// Session is what there is to say of one recorded session.
type Session struct {
	Name      string     `json:"name"`
	ID        string     `json:"id,omitempty"`
	Created   time.Time  `json:"created,omitzero"`
	World     string     `json:"world,omitempty"`   // "lab" or "aws"
	Account   string     `json:"account,omitempty"` // once it is known
	Region    string     `json:"region,omitempty"`
	Profile   string     `json:"profile,omitempty"`
	Endpoint  string     `json:"endpoint,omitempty"` // that is not AWS's
	Holds     []steps.ID `json:"holds"`
	Resources []Resource `json:"resources"`
	USD       float64    `json:"usd"`               // so far
	PerHour   float64    `json:"per_hour"`          // while it exists
	CleanUp   string     `json:"cleanup,omitempty"` // the command
	Err       string     `json:"error,omitempty"`
}

// Resource is one that exists, or may: Made is false where the answer to its
// making was not heard.
type Resource struct {
	steps.Resource
	Step    steps.ID  `json:"step"`
	Made    bool      `json:"made"`
	Since   time.Time `json:"since,omitzero"`
	Type    string    `json:"type,omitempty"`    // of an instance
	Address string    `json:"address,omitempty"` // public
}

// Account is what an account says of itself.
type Account struct {
	Account  string  `json:"account"`
	Region   string  `json:"region"`
	Endpoint string  `json:"endpoint,omitempty"`
	Found    []Found `json:"found"`
}

// Found is a resource that bears a session's tag.
type Found struct {
	Session  string `json:"session"`
	Kind     string `json:"kind"`
	ID       string `json:"id"`
	Recorded bool   `json:"recorded"` // the session has a file here
}

// Status writes the report for people, or as one JSON object.
func Status(w io.Writer, lang string, asJSON bool, r Overview) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		if err := enc.Encode(r); err != nil {
			return fmt.Errorf("writing the status: %w", err)
		}
		return nil
	}
	s := status{out: new(strings.Builder), txt: text.For(lang), at: r.At}
	s.report(r)
	if _, err := io.WriteString(w, s.out.String()); err != nil {
		return fmt.Errorf("writing the status: %w", err)
	}
	return nil
}

type status struct {
	out *strings.Builder
	txt *text.Chrome
	at  time.Time
}

// columns writes rows whose cells stand below each other, two apart, whatever
// script they are in.
func (s *status) columns(indent int, rows [][]string) {
	var wide []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(wide) {
				wide = append(wide, 0)
			}
			wide[i] = max(wide[i], widget.Width(cell)+2)
		}
	}
	for _, row := range rows {
		line := widget.Spaces(indent)
		for i, cell := range row {
			line += widget.Fit(cell, wide[i], "")
		}
		fmt.Fprintln(s.out, strings.TrimRight(line, " "))
	}
}

// kind is what a resource is called, with its part in the walk if it has one.
func (s *status) kind(kind, part string) string {
	return s.txt.Resource(widget.Clean(kind), part)
}

func (s *status) report(r Overview) {
	say := &s.txt.Status
	if len(r.Sessions) == 0 {
		fmt.Fprintln(s.out, say.None)
	}
	exist, hour := 0, 0.0
	for _, one := range r.Sessions {
		s.session(one)
		if one.World == "aws" {
			exist, hour = exist+len(one.Resources), hour+one.PerHour
		}
	}
	if hour > 0 {
		fmt.Fprintf(s.out, "%s\n", text.Fill(say.Sum, "n", fmt.Sprint(exist), "hour", fine(hour)))
	}
	switch {
	case r.Account != nil:
		s.account(*r.Account)
	case hour > 0:
		fmt.Fprintln(s.out, say.Recorded)
	}
}

func fine(usd float64) string { return fmt.Sprintf("$%.3f", usd) }

func (s *status) session(one Session) {
	say := &s.txt.Status
	fmt.Fprintln(s.out, widget.Clean(one.Name))
	if one.Err != "" {
		fmt.Fprintf(s.out, "  %s\n\n", widget.Clean(one.Err))
		return
	}
	where := say.Lab
	if one.World == "aws" {
		where = strings.Join(strings.Fields("AWS "+one.Account+" "+one.Region+" "+one.Profile+" "+one.Endpoint), "  ")
	}
	s.row(say.World, where)
	s.row(say.Since, s.when(one.Created))
	walked := say.Nothing
	if n := len(one.Holds); n > 0 {
		walked = string(one.Holds[n-1])
	}
	s.row(say.Walked, walked)
	s.row(say.Exists, fmt.Sprint(len(one.Resources)))
	var rows [][]string
	for _, res := range one.Resources {
		id := res.ID
		if !res.Made {
			id = say.Intended
		}
		known := strings.Fields(widget.Clean(res.Type + " " + res.Address))
		rows = append(rows, []string{s.kind(res.Kind, res.Name), strings.Join(append([]string{widget.Clean(id)}, known...), "  ")})
	}
	s.columns(4, rows)
	if one.PerHour > 0 || one.USD > 0 {
		s.row("$", text.Fill(say.Cost, "usd", fine(one.USD), "hour", fine(one.PerHour)))
	}
	if one.CleanUp != "" {
		s.row(say.CleanUp, one.CleanUp)
	}
	fmt.Fprintln(s.out)
}

// row is a name and a value, in columns of their own.
func (s *status) row(name, value string) {
	fmt.Fprintf(s.out, "  %s%s\n", widget.Fit(name, 10, ""), widget.Clean(value))
}

// when is a moment, and how long ago it was.
func (s *status) when(at time.Time) string {
	say := &s.txt.Status
	ago, unit, n := s.at.Sub(at), say.Minutes, 0
	switch {
	case ago >= 48*time.Hour:
		unit, n = say.Days, int(ago.Hours()/24)
	case ago >= 2*time.Hour:
		unit, n = say.Hours, int(ago.Hours())
	default:
		n = max(0, int(ago.Minutes()))
	}
	return text.Fill(say.Ago, "at", at.Local().Format("2006-01-02 15:04"), "ago", text.Fill(unit, "n", fmt.Sprint(n)))
}

func (s *status) account(a Account) {
	say := &s.txt.Status
	head := say.Asked
	if len(a.Found) == 0 {
		head = say.AskedNone
	}
	fmt.Fprintln(s.out, text.Fill(head, "account", a.Account, "region", a.Region, "n", fmt.Sprint(len(a.Found)), "at", s.at.Local().Format("2006-01-02 15:04:05 MST")))
	lost := false
	var rows [][]string
	for _, f := range a.Found {
		note := ""
		if !f.Recorded {
			note, lost = say.Unrecorded, true
		}
		rows = append(rows, []string{widget.Clean(f.Session), s.kind(f.Kind, ""), widget.Clean(f.ID), note})
	}
	s.columns(2, rows)
	if lost {
		fmt.Fprintln(s.out, say.Lost)
	}
}

// LostSession is what an account has of a session that has no file here.
type LostSession struct {
	ID    string
	since time.Time // of the oldest thing that says when it was made
	rows  [][2]string
}

// Add takes one of its things in; since is zero where it is not known.
func (l *LostSession) Add(kind, id string, since time.Time) {
	if !since.IsZero() && (l.since.IsZero() || since.Before(l.since)) {
		l.since = since
	}
	l.rows = append(l.rows, [2]string{kind, id})
}

// Print writes it for people.
func (l *LostSession) Print(w io.Writer, lang string) error {
	s := status{out: new(strings.Builder), txt: text.For(lang), at: time.Now()}
	head := widget.Clean(l.ID)
	if !l.since.IsZero() {
		head += "  " + s.when(l.since)
	}
	fmt.Fprintln(s.out, head)
	var rows [][]string
	for _, r := range l.rows {
		rows = append(rows, []string{s.kind(r[0], ""), widget.Clean(r[1])})
	}
	s.columns(2, rows)
	if _, err := io.WriteString(w, s.out.String()); err != nil {
		return fmt.Errorf("writing what was found: %w", err)
	}
	return nil
}
