package plain

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"

	"gatewalk/steps"

	"github.com/google/go-cmp/cmp"
)

// book tells little: the transcript's own lines are what is tested.
type book struct{}

func (book) Title() string { return "a course" }
func (book) Page(id steps.ID) steps.Page {
	return steps.Page{ID: id, Title: "title " + string(id), What: "what", Why: "why", Seen: "seen"}
}
func (book) Sentence(e steps.Event) string {
	switch e.Kind {
	case steps.Observed, steps.Failed, steps.Note:
		return e.Msg + " " + e.Args["count"]
	}
	return ""
}

func recording(t testing.TB) []steps.Event {
	t.Helper()
	r, err := steps.ReadFile("../testdata/lab.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return r.Events
}

// TestTranscriptOfAWalk looks for what a reader must find, in order.
func TestTranscriptOfAWalk(t *testing.T) {
	var b bytes.Buffer
	p := Transcript(&b, book{}, Options{Lang: "en"})
	for _, e := range recording(t) {
		p.Event(e)
	}
	if err := p.Err(); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	at := 0
	for _, want := range []string{
		"== 3.3  title 3.3",
		"[ec2-user@ip-10-0-1-123 ~]$ aws s3 ls s3://gatewalk-123456789012-gw-6c29cb\n2026-11-26 10:39:53     478809 TestImage1.png",
		"== 3.5  title 3.5",
		"[ec2-user@ip-10-0-2-234 ~]$ aws s3 ls s3://gatewalk-123456789012-gw-6c29cb\n  … no answer",
		"[exit status 130]",
		"gateway endpoint  vpce-038918cce532a5cd7",
		"== 3.8  title 3.8",
		"2026-11-26 10:39:53     478809 TestImage1.png",
		"[ec2-user@ip-10-0-2-234 ~]$ nslookup",
		"Address: 3.5.143.161",
		"[ec2-user@ip-10-0-1-123 ~]$ nslookup",
		"Address: 52.219.56.25",
		"30  * * *",
		" 8  s3.ap-northeast-2.amazonaws.com (52.219.56.25)  0.407 ms  0.405 ms  0.367 ms",
		" 7  3.5.143.161  0.525 ms",
		"pl-78a54011 → vpce-038918cce532a5cd7",
		"52.219.56.0/22",
		"left 0",
	} {
		i := strings.Index(text[at:], want)
		if i < 0 {
			t.Fatalf("%q does not come after byte %d of:\n%s", want, at, text)
		}
		at += i + len(want)
	}
	for _, r := range text {
		if r < ' ' && r != '\n' {
			t.Fatalf("control character %q in the transcript", r)
		}
	}
}

// TestTwoHosts shows that hosts which speak at once are told apart: the
// second is written after the first, nothing of it is lost.
func TestTwoHosts(t *testing.T) {
	ev := func(k steps.Kind, host, text string, args steps.Args) steps.Event {
		return steps.Event{Step: "4.1", Kind: k, Host: host, Text: text, Args: args}
	}
	events := []steps.Event{
		ev(steps.Started, "", "", nil),
		ev(steps.Command, "bastion", "hostname", steps.Args{"prompt": "[b]$ "}),
		ev(steps.Command, "private", "hostname", steps.Args{"prompt": "[p]$ "}),
		ev(steps.Output, "private", "p1", nil),
		ev(steps.Output, "bastion", "b1", nil),
		ev(steps.Output, "private", "p2", nil),
		ev(steps.Exit, "bastion", "", steps.Args{"status": "0"}),
		ev(steps.Output, "private", "p3", nil),
		ev(steps.Exit, "private", "", steps.Args{"status": "1"}),
		ev(steps.Held, "", "", nil),
	}
	var b bytes.Buffer
	p := Transcript(&b, book{}, Options{Lang: "en", Brief: true, ASCII: true})
	for _, e := range events {
		p.Event(e)
	}
	want := "== 4.1  title 4.1\n[b]$ hostname\nb1\n\n[p]$ hostname\np1\np2\np3\n[exit status 1]\n[ok] seen\n\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

// TestLateWord: what is seen of the first host while the second speaks does not
// come between the second's command and its output.
func TestLateWord(t *testing.T) {
	var b bytes.Buffer
	p := Transcript(&b, book{}, Options{Lang: "en", Brief: true, ASCII: true})
	for _, e := range []steps.Event{
		{Step: "4.3b", Kind: steps.Started},
		{Step: "4.3b", Kind: steps.Command, Host: "bastion", Text: "trace"},
		{Step: "4.3b", Kind: steps.Command, Host: "private", Text: "trace"},
		{Step: "4.3b", Kind: steps.Exit, Host: "bastion"},
		{Step: "4.3b", Kind: steps.Observed, Host: "bastion", Msg: "trace"},
		{Step: "4.3b", Kind: steps.Output, Host: "private", Text: "hop"},
		{Step: "4.3b", Kind: steps.Exit, Host: "private"},
		{Step: "4.3b", Kind: steps.Observed, Host: "private", Msg: "trace"},
		{Step: "4.3b", Kind: steps.Held},
	} {
		p.Event(e)
	}
	want := "== 4.3b  title 4.3b\nbastion$ trace\n\nprivate$ trace\nhop\n[ok] trace\n[ok] trace\n[ok] seen\n\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

// TestOwnCommand: while the learner's own machine logs in to a host, what is
// waited for there is told at once.
func TestOwnCommand(t *testing.T) {
	var b bytes.Buffer
	p := Transcript(&b, book{}, Options{Lang: "en", Brief: true, ASCII: true})
	for _, e := range []steps.Event{
		{Step: "3.2", Kind: steps.Started},
		{Step: "3.2", Kind: steps.Command, Text: "ssh bastion", Args: steps.Args{"prompt": "$ "}},
		{Step: "3.2", Kind: steps.Waiting, Host: "bastion", Msg: "ssh", Args: steps.Args{"elapsed": "0s"}},
		{Step: "3.2", Kind: steps.Observed, Msg: "login"},
		{Step: "3.2", Kind: steps.Held},
	} {
		p.Event(e)
	}
	want := "== 3.2  title 3.2\n$ ssh bastion\n  ... waiting  00:00\n[ok] login\n[ok] seen\n\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

// lessons is a course whose pages explain something.
type lessons struct{ book }

func (lessons) Page(id steps.ID) steps.Page {
	p := steps.Page{ID: id, Title: "title " + string(id), Seen: "seen", Body: "S3 is **outside**.\n\n| a | b |\n| --- | --- |\n| c | `d` |"}
	if id == "3.3" {
		p.Body = "```\nls {bucket}\n```\n\nThat was `{bucket}`."
	}
	return p
}

// TestExplained: the lesson is in the transcript, before what a step does or,
// where it explains a command, after it; the names are those of the walk.
func TestExplained(t *testing.T) {
	value := func(name string) string { return map[string]string{"bucket": "my-\x1b[1mbucket"}[name] }
	for _, tc := range []struct {
		value func(string) string
		want  string
	}{
		{value, `== 1  title 1

   S3 is outside.

   a  b
   ----
   c  d

[ok] seen

== 3.3  title 3.3
bastion$ ls my-bucket
[ok] seen

   That was my-bucket.

`},
		{nil, "== 1  title 1\n[ok] seen\n\n== 3.3  title 3.3\nbastion$ ls my-bucket\n[ok] seen\n\n"},
	} {
		var b bytes.Buffer
		p := Transcript(&b, lessons{}, Options{Lang: "en", ASCII: true, Value: tc.value})
		for _, e := range []steps.Event{
			{Step: "1", Kind: steps.Started}, {Step: "1", Kind: steps.Held},
			{Step: "3.3", Kind: steps.Started}, {Step: "3.3", Kind: steps.Command, Host: "bastion", Text: "ls my-bucket"}, {Step: "3.3", Kind: steps.Exit, Host: "bastion"}, {Step: "3.3", Kind: steps.Held},
		} {
			p.Event(e)
		}
		if diff := cmp.Diff(tc.want, b.String()); diff != "" {
			t.Error(diff)
		}
	}
}

// TestInterrupted: who stopped a step knows why it stopped.
func TestInterrupted(t *testing.T) {
	var b bytes.Buffer
	p := Transcript(&b, book{}, Options{Lang: "en", Brief: true})
	p.Event(steps.Event{Step: "3.1", Kind: steps.Failed, Msg: steps.MsgInterrupted, Err: "context canceled"})
	if strings.Contains(b.String(), "canceled") {
		t.Errorf("Go's words are in the transcript:\n%s", b.String())
	}
}

// TestUnfinishedHost shows that a step which ends in the middle of the second
// host's words still writes them.
func TestUnfinishedHost(t *testing.T) {
	var b bytes.Buffer
	p := Transcript(&b, book{}, Options{Lang: "en", Brief: true})
	for _, e := range []steps.Event{
		{Step: "4.2", Kind: steps.Started},
		{Step: "4.2", Kind: steps.Command, Host: "bastion", Text: "a"},
		{Step: "4.2", Kind: steps.Command, Host: "private", Text: "b"},
		{Step: "4.2", Kind: steps.Output, Host: "private", Text: "half"},
		{Step: "4.2", Kind: steps.Failed, Msg: "lost", Err: "connection\x1b[31m reset"},
	} {
		p.Event(e)
	}
	for _, want := range []string{"private$ b\nhalf\n", "✕ lost", "connection reset"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing from:\n%s", want, b.String())
		}
	}
}

// closed is a pipe nobody reads any more.
type closed struct{ after int }

func (c *closed) Write(p []byte) (int, error) {
	if c.after--; c.after < 0 {
		return 0, syscall.EPIPE
	}
	return len(p), nil
}

func TestClosedPipe(t *testing.T) {
	for name, printer := range map[string]func(io.Writer) *Printer{
		"transcript": func(w io.Writer) *Printer { return Transcript(w, book{}, Options{}) },
		"json":       JSON,
	} {
		w := &closed{after: 2}
		p := printer(w)
		for _, e := range recording(t) {
			p.Event(e)
		}
		if !errors.Is(p.Err(), syscall.EPIPE) {
			t.Errorf("%s: Err() = %v, want EPIPE", name, p.Err())
		}
		if w.after < -1 {
			t.Errorf("%s: wrote %d times after the pipe was closed", name, -1-w.after)
		}
	}
}

func TestJSONRoundTrip(t *testing.T) {
	events := recording(t)
	var b bytes.Buffer
	p := JSON(&b)
	for _, e := range events {
		p.Event(e)
	}
	var got []steps.Event
	for line := range strings.Lines(b.String()) {
		var e steps.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		got = append(got, e)
	}
	if diff := cmp.Diff(events, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzTranscript holds that no event, however odd, panics or brings a control
// character through.
func FuzzTranscript(f *testing.F) {
	f.Add("output", "private", "a\x1b[2Jb\r\nc", "0")
	f.Add("exit", "bastion", "", "\x00")
	f.Add("command", "", "a", "1s")
	f.Add("failed", "\x01", "a", "b")
	f.Fuzz(func(t *testing.T, kind, host, text, arg string) {
		var b bytes.Buffer
		p := Transcript(&b, book{}, Options{Lang: "ko"})
		for _, k := range []string{"started", "command", kind, "output", kind, "held"} {
			p.Event(steps.Event{Step: "4.1", Kind: steps.Kind(k), Host: host, Text: text, Msg: "silence",
				Args: steps.Args{"status": "1", "elapsed": arg, "of": "15s", "prompt": text}, Rows: [][]string{{text, arg}}})
			host += "x"
		}
		for _, r := range b.String() {
			if r < ' ' && r != '\n' {
				t.Fatalf("control character %q in %q", r, b.String())
			}
		}
	})
}

// TestAddressesOfBoth: what a host that waits for its turn was seen to answer
// comes with it, in words.
func TestAddressesOfBoth(t *testing.T) {
	var b bytes.Buffer
	p := Transcript(&b, book{}, Options{Lang: "en", Brief: true})
	for _, e := range []steps.Event{
		{Step: "4.1", Kind: steps.Started},
		{Step: "4.1", Kind: steps.Command, Host: "private", Text: "nslookup"},
		{Step: "4.1", Kind: steps.Command, Host: "bastion", Text: "nslookup"},
		{Step: "4.1", Kind: steps.Observed, Host: "bastion", Msg: "addresses", Rows: [][]string{{"52.219.56.25", "yes"}}},
		{Step: "4.1", Kind: steps.Observed, Host: "private", Msg: "addresses", Rows: [][]string{{"10.0.2.9", "no"}}},
		{Step: "4.1", Kind: steps.Held},
	} {
		p.Event(e)
	}
	for _, want := range []string{"    52.219.56.25  in S3's prefix list\n", "    10.0.2.9  not in S3's prefix list\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing:\n%s", want, b.String())
		}
	}
}
