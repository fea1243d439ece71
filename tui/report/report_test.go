package report

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatewalk/steps"
)

// book tells little: the page's own lines are what is tested.
type book struct{}

func (book) Title() string { return "a course" }
func (book) Page(id steps.ID) steps.Page {
	p := steps.Page{ID: id, Title: "title " + string(id), What: "what", Seen: "seen"}
	if id == "3.5" || id == "3.8" {
		p.Predict = &steps.Prediction{Question: "what will happen?", Right: "silence",
			Options: []steps.Option{{Value: "list", Label: "a list"}, {Value: "silence", Label: "nothing at all"}}}
	}
	return p
}
func (book) Sentence(e steps.Event) string { return e.Msg }

var order = []steps.ID{"3.1", "3.3", "3.5", "3.7", "3.8", "4.1", "4.2", "4.3b", "4.4", "5", "6"}

func recording(t testing.TB, name string) []steps.Event {
	t.Helper()
	r, err := steps.ReadFile("../testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return r.Events
}

func write(t testing.TB, events []steps.Event, html bool) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, book{}, events, Options{Lang: "en", HTML: html, Order: order}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPage: the facts of a walk stand where a reader looks for them.
func TestPage(t *testing.T) {
	events := recording(t, "lab.jsonl")
	p := newPage(book{}, events, Options{Lang: "en", Order: order})
	if p.Held != len(order) || p.Left != "0" {
		t.Errorf("%d of %d steps held and %q resources are left", p.Held, len(order), p.Left)
	}
	if p.Before == nil || p.Before.Status != "130" || p.Silence != 15 {
		t.Errorf("before: %+v after %d s", p.Before, p.Silence)
	}
	if p.After == nil || p.After.Status != "0" || !strings.Contains(p.After.Text, "478809 TestImage1.png") {
		t.Errorf("after: %+v", p.After)
	}
	if p.Change == nil || p.Change.Destination != "pl-78a54011" || !strings.HasPrefix(p.Change.Target, "vpce-") {
		t.Errorf("what changed: %+v", p.Change)
	}
	fresh := 0
	for _, table := range p.Tables {
		for _, r := range table.Routes {
			if r.New {
				fresh++
			}
		}
	}
	if len(p.Tables) == 0 || fresh != 1 {
		t.Errorf("%d tables with %d new routes", len(p.Tables), fresh)
	}
	if len(p.Pictures) != 2 || p.Pictures[0].Arrives || len(p.Pictures[0].Routes) != 1 || !p.Pictures[1].Arrives || p.Pictures[1].Endpoint != p.Change.Target || p.Pictures[1].Instance != "10.0.2.234" {
		t.Errorf("pictures: %+v", p.Pictures)
	}
	met := map[string]string{}
	for _, c := range p.Prefix.CIDRs {
		met[c.CIDR] = strings.Join(c.Met, " ")
	}
	if met["52.219.56.0/22"] != "52.219.56.25" || met["3.5.140.0/22"] != "3.5.143.161" || met["52.219.60.0/23"] != "" {
		t.Errorf("addresses by CIDR: %v", met)
	}
	var both []string
	for _, pair := range p.Pairs {
		both = append(both, string(pair.ID))
	}
	if got := strings.Join(both, " "); got != "4.1 4.2 4.3b" {
		t.Errorf("side by side are %s", got)
	}
}

// TestForms: both forms show it all, and the HTML loads nothing.
func TestForms(t *testing.T) {
	events := recording(t, "lab.jsonl")
	for _, html := range []bool{true, false} {
		page := write(t, events, html)
		for _, want := range []string{"a course", "11 of 11 steps held", "aws s3 ls s3://gatewalk-123456789012-gw-6c29cb", "^C", "478809 TestImage1.png",
			"pl-78a54011 → vpce-", "3.5.143.161", "30  * * *", "Principal", "s3:ListBucket", "0 resources left"} {
			if !strings.Contains(page, want) {
				t.Errorf("html %v: %q is not there", html, want)
			}
		}
		if html {
			if m := regexp.MustCompile(`(?i)\b(src|href|url|@import)\s*[=(]`).FindString(page); m != "" {
				t.Errorf("the page loads something: %s", m)
			}
		}
	}
}

// TestPartOfAWalk: a page of what there is, whatever there is; a table that was
// chosen wrongly is no way to S3.
func TestPartOfAWalk(t *testing.T) {
	events := recording(t, "lab.jsonl")
	for n := 0; n < len(events); n += 7 {
		for _, html := range []bool{true, false} {
			write(t, events[:n], html)
		}
	}
	wrong := newPage(book{}, recording(t, "lab-wrong-table.jsonl"), Options{Lang: "en", Order: order})
	if slices.ContainsFunc(wrong.Predictions, func(p prediction) bool { return p.ID == "3.8" }) {
		t.Errorf("3.8 failed, and something came true: %+v", wrong.Predictions)
	}
	if wrong.Change != nil || wrong.Pictures != nil || wrong.Lead != wrong.Say.LeadStill {
		t.Errorf("with the wrong table: change %+v, pictures %+v; %s", wrong.Change, wrong.Pictures, wrong.Lead)
	}
	i := slices.IndexFunc(events, func(e steps.Event) bool { return e.Step == "3.6" })
	half := newPage(book{}, events[:i], Options{Lang: "en", Order: order})
	if half.Before == nil || half.Lead != half.Say.LeadBefore {
		t.Errorf("before the endpoint: %s", half.Lead)
	}
}

// TestWorld: what was recorded elsewhere is not said to be a real account.
func TestWorld(t *testing.T) {
	for _, tc := range []struct{ world, endpoint, want string }{
		{"lab", "", "the lab"}, {"aws", "", "a real AWS account"}, {"aws", "http://127.0.0.1:5000", "an endpoint that is not AWS"}, {"", "", ""},
	} {
		events := []steps.Event{{Step: "1", Kind: steps.Started}}
		for name, value := range map[string]string{"world": tc.world, "endpoint": tc.endpoint} {
			events = append(events, steps.Event{Kind: steps.Set, Msg: name, Args: steps.Args{"value": value}})
		}
		if p := newPage(book{}, events, Options{Lang: "en", Order: order}); p.World != tc.want {
			t.Errorf("%+v: %q", tc, p.World)
		}
	}
}

// TestPrediction compares what was expected with what came.
func TestPrediction(t *testing.T) {
	for value, right := range map[string]bool{"silence": true, "list": false} {
		events := append(recording(t, "lab.jsonl"), steps.Event{Step: "3.5", Kind: steps.Chosen, Msg: "predict.3.5", Args: steps.Args{"value": value}})
		p := newPage(book{}, events, Options{Lang: "ko", Order: order})
		if len(p.Predictions) == 0 || p.Predictions[0].ID != "3.5" || p.Predictions[0].Right != right || p.Predictions[0].Came != "nothing at all" {
			t.Errorf("%s: %+v", value, p.Predictions)
		}
	}
}

// TestHostile: what a host prints cannot become part of the page.
func TestHostile(t *testing.T) {
	evil := "<script>alert(1)</script>``` | \x1b[31m"
	events := []steps.Event{
		{Step: "3.5", Kind: steps.Started},
		{Step: "3.5", Kind: steps.Command, Host: "private", Text: evil},
		{Step: "3.5", Kind: steps.Output, Host: "private", Text: evil},
		{Step: "3.5", Kind: steps.Observed, Msg: "routes", Args: steps.Args{"table": "private", "id": evil, "when": "after"}, Rows: [][]string{{evil, evil}, {}, {evil}}},
		{Step: "3.5", Kind: steps.Observed, Msg: "policies", Rows: [][]string{{evil, evil}, {}}},
		{Step: "3.5", Kind: steps.Observed, Msg: "prefix-list", Args: steps.Args{"id": evil}, Rows: [][]string{{evil}, {}}},
		{Step: "3.5", Kind: steps.Failed, Msg: evil},
	}
	for _, html := range []bool{true, false} {
		page := write(t, events, html)
		outside := regexp.MustCompile("(?s)\n````.*?\n````\n").ReplaceAllString(page, "")
		if strings.Contains(outside, "<script") || strings.Contains(page, "\x1b") {
			t.Errorf("html %v: it got through:\n%s", html, page)
		}
		if !html && !strings.Contains(page, "````") {
			t.Error("a fence inside a code block ends it")
		}
	}
}
