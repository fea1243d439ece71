// Package report makes one page of a recorded run, to hand in, to hand out or
// to print: what the same command did before and after, the one route that
// made the difference, names and paths side by side, and what was left at the
// end. It is a reader of the session's events and stands by itself: the HTML
// loads nothing from anywhere.
package report

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"io"
	"strings"
	"text/template"

	"gatewalk/steps"
	"gatewalk/tui/text"
)

// Options of a report.
type Options struct {
	Lang  string
	HTML  bool       // else Markdown
	Order []steps.ID // of the course: also those that the run did not reach
	USD   float64    // what the run has cost, in US dollars; 0: nothing
}

//go:embed page.html page.md
var pages embed.FS

// Write makes the page of a recorded run.
func Write(w io.Writer, book steps.Book, events []steps.Event, o Options) error {
	p := newPage(book, events, o)
	var b strings.Builder
	if err := render(&b, p, o.HTML); err != nil {
		return fmt.Errorf("making the report: %w", err)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

func render(w io.Writer, p *page, html bool) error {
	if html {
		t, err := htmltemplate.ParseFS(pages, "page.html")
		if err != nil {
			return err
		}
		return t.Execute(w, p)
	}
	t, err := template.New("page.md").Funcs(template.FuncMap{"cell": cell, "fence": fence}).ParseFS(pages, "page.md")
	if err != nil {
		return err
	}
	return t.Execute(w, p)
}

// cell keeps a value from outside where it stands in Markdown: in a table's
// cell, in a heading.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "`", "'", "<", "&lt;", "&", "&amp;").Replace(s)
}

// fence is a code block's, longer than any in it.
func fence(s string) string {
	f := "```"
	for strings.Contains(s, f) {
		f += "`"
	}
	return f
}

// page is what the templates show. Fields that the run has no facts for are
// empty, and their part of the page is left out.
type page struct {
	Lang, Title            string
	Say                    *text.Report
	World, Account, Region string
	Date, Took, Cost       string
	Held, Total            int
	Lead                   string // what came of the two listings
	Left                   string // how many resources were left; "" where nobody looked

	Bastion, Before, After *terminal // aws s3 ls, three times
	Silence                int       // for how many seconds nothing came
	Change                 *route    // the route that made the difference
	Pictures               []picture
	Tables                 []table
	Prefix                 *prefixList
	Pairs                  []pair
	Policies               [][]string
	Predictions            []prediction
	Steps                  []step
}

// terminal is what was typed on a host and what it printed.
type terminal struct {
	Host, Text, Status string
}

// route is a row of a route table.
type route struct {
	Destination, Target, State, Origin string
	New                                bool // it was not there before the endpoint
}

type table struct {
	Name, ID string
	Routes   []route
}

// prefixList is a managed prefix list; a CIDR names the addresses that the run
// met inside it.
type prefixList struct {
	ID, Name string
	CIDRs    []cidr
}

type cidr struct {
	CIDR string
	Met  []string
}

// pair is one command on both hosts.
type pair struct {
	ID          steps.ID
	Title, Seen string
	Hosts       []terminal
}

type prediction struct {
	ID                   steps.ID
	Question, Said, Came string
	Right                bool
}

type step struct {
	ID          steps.ID
	Title, Says string
	Held, Broke bool
}
