package tui

import (
	"slices"
	"strings"
	"time"

	"gatewalk/steps"
	"gatewalk/tui/widget"
)

// walk is what the screens know: the fold of a session's events. It is only
// ever changed by apply, on Bubble Tea's goroutine.
type walk struct {
	version uint64 // counts changes; part of every cache key
	order   []steps.ID
	rec     map[steps.ID]*record
	things  []thing
	values  map[string]string
	choices map[string]string
	now     steps.ID // the step that runs
	left    *steps.Event
}

// record is what is known of one step's last attempt.
type record struct {
	status       steps.Status
	attempts     int
	began, ended time.Time
	items        []item
	runs         []*run
	wait         *steps.Event // what is being waited for
	done, total  string       // of Progress
	seen         []steps.Event
	fail         *steps.Event
	ways         map[string]way // by host: how its packets to S3 fare
	before       *record        // the attempt before, until this one leaves a mark
}

// item is one entry of a step's log; exactly one field is set.
type item struct {
	run   *run
	thing int          // 1 + index in walk.things
	event *steps.Event // a note, an observation, a finished wait
	call  *steps.Event
}

// run is one command on one host.
type run struct {
	step            steps.ID
	host            string
	prompt, command string
	out             []outLine
	over            bool
	status          string
}

type outLine struct {
	text   string
	stderr bool
}

// maxLines bounds what is kept of one command's output.
const maxLines = 4000

// thing is a resource and the steps between which it exists.
type thing struct {
	steps.Resource
	args     steps.Args
	step     steps.ID
	made     bool
	gone     bool
	goneStep steps.ID
}

func newWalk(order []steps.ID) *walk {
	return &walk{order: order, rec: map[steps.ID]*record{}, values: map[string]string{}, choices: map[string]string{}}
}

// record is the record of a step; it is made on first use.
func (w *walk) record(id steps.ID) *record {
	r := w.rec[id]
	if r == nil {
		r = &record{status: steps.NotYet, ways: map[string]way{}}
		w.rec[id] = r
	}
	return r
}

// peek is the record of a step, or an empty one that is not kept.
func (w *walk) peek(id steps.ID) *record {
	if r := w.rec[id]; r != nil {
		return r
	}
	return &record{status: steps.NotYet}
}

// apply folds one event. It takes anything: a recording may come from another
// version, and a screen must not fall over it.
func (w *walk) apply(e steps.Event) {
	w.version++
	switch e.Kind {
	case steps.Set:
		w.values[e.Msg] = widget.Clean(e.Args["value"])
		return
	case steps.Chosen:
		w.choices[e.Msg] = e.Args["value"]
		return
	case steps.Packet:
		w.packet(e)
		return
	}
	if e.Step == "" {
		return
	}
	r := w.record(e.Step)
	switch e.Kind {
	case steps.Started:
		w.rec[e.Step] = &record{status: steps.Running, attempts: r.attempts + 1, began: e.At, before: r, ways: map[string]way{}}
		w.now = e.Step
	case steps.Skipped:
		w.skip(e, r)
	case steps.Command:
		ru := &run{step: e.Step, host: e.Host, prompt: widget.Clean(e.Args["prompt"]), command: widget.Clean(e.Text)}
		r.runs = append(r.runs, ru)
		r.items = append(r.items, item{run: ru})
	case steps.Output:
		r.output(e)
	case steps.Exit:
		if ru := r.last(e.Host); ru != nil {
			ru.over, ru.status = true, e.Args["status"]
		}
	case steps.Call:
		r.items = append(r.items, item{call: &e})
	case steps.Intent, steps.Made, steps.Gone:
		w.resource(e, r)
	case steps.Waiting:
		r.wait = &e
	case steps.Progress:
		r.done, r.total = e.Args["done"], e.Args["total"]
	case steps.Observed:
		if e.Msg == "read" { // of a page: there is nothing to show of it
			return
		}
		r.wait = nil
		r.seen = append(r.seen, e)
		r.items = append(r.items, item{event: &e})
		w.observe(e, r)
	case steps.Note:
		if e.Msg == shown {
			return
		}
		r.items = append(r.items, item{event: &e})
	case steps.Held, steps.Failed:
		w.end(e, r)
	case steps.Undone:
		delete(w.rec, e.Step)
		if e.Step == w.now {
			w.now = ""
		}
	}
}

// end closes a step: it holds, or it failed.
func (w *walk) end(e steps.Event, r *record) {
	r.status, r.fail = steps.Holds, nil
	if e.Kind == steps.Failed {
		r.status, r.fail = steps.Broken, &e
		for _, ru := range r.runs { // a silence that was not to be is no observation
			if e.Msg != steps.MsgInterrupted && ru.hung() {
				w.observe(steps.Event{Msg: "silence", Host: ru.host}, r)
			}
		}
	}
	r.wait, r.before, r.ended = nil, nil, e.At
	if r.began.IsZero() {
		r.began = e.At
	}
	if w.now == e.Step {
		w.now = ""
	}
}

// cutShort takes a step that had begun when the program ended, by a power cut
// or a signal, for stopped: it is on nobody's screen that it runs.
func (w *walk) cutShort() {
	for id, r := range w.rec {
		if r.status == steps.Running {
			w.end(steps.Event{Step: id, Kind: steps.Failed, Msg: steps.MsgInterrupted, At: r.began}, r)
			w.version++
		}
	}
}

// interrupted reports whether a step was stopped; nothing is known to be wrong.
func (r *record) interrupted() bool {
	return r.status == steps.Broken && r.fail != nil && r.fail.Msg == steps.MsgInterrupted
}

// mark is the status by which a step is marked: one that was stopped is still
// to be done.
func (r *record) mark() steps.Status {
	if r.interrupted() {
		return steps.NotYet
	}
	return r.status
}

// hung reports whether a command printed nothing until Ctrl-C ended it.
func (ru *run) hung() bool {
	printed := slices.ContainsFunc(ru.out, func(l outLine) bool { return l.text != "" && l.text != "^C" })
	return ru.over && ru.status == "130" && !printed
}

// skip notes that a step already held: what was recorded then is shown again.
func (w *walk) skip(e steps.Event, r *record) {
	if r.before != nil && len(r.items) == 0 && len(r.before.items) > 0 {
		w.rec[e.Step] = r.before
		r = r.before
	}
	r.status, r.fail, r.wait, r.before = steps.Holds, nil, nil, nil
	if w.now == e.Step {
		w.now = ""
	}
}

func (r *record) last(host string) *run {
	for _, ru := range slices.Backward(r.runs) {
		if ru.host == host {
			return ru
		}
	}
	return nil
}

func (r *record) output(e steps.Event) {
	ru := r.last(e.Host)
	if ru == nil { // a line without a command: keep it all the same
		ru = &run{step: e.Step, host: e.Host}
		r.runs = append(r.runs, ru)
		r.items = append(r.items, item{run: ru})
	}
	for line := range strings.SplitSeq(strings.TrimRight(e.Text, "\r\n"), "\n") {
		ru.out = append(ru.out, outLine{widget.Clean(strings.TrimRight(line, "\r")), e.Args["stream"] == "stderr"})
	}
	if over := len(ru.out) - maxLines; over > 0 {
		ru.out = slices.Delete(ru.out, 0, over)
	}
	// What answers is no longer waited for.
	if r.wait != nil && r.wait.Host == e.Host {
		r.wait = nil
	}
}

// resource folds the ledger: an intent and the resource it becomes are one.
func (w *walk) resource(e steps.Event, r *record) {
	if e.Resource == nil {
		return
	}
	i := slices.IndexFunc(w.things, func(t thing) bool {
		return !t.gone && t.Kind == e.Resource.Kind && t.Name == e.Resource.Name
	})
	if e.Kind == steps.Gone {
		r.items = append(r.items, item{event: &e})
		if i >= 0 {
			w.things[i].gone, w.things[i].goneStep = true, e.Step
		}
		return
	}
	if i < 0 {
		w.things = append(w.things, thing{Resource: *e.Resource, step: e.Step})
		i = len(w.things) - 1
		r.items = append(r.items, item{thing: i + 1})
	}
	t := &w.things[i]
	t.step = e.Step
	if e.Kind == steps.Made {
		t.Resource, t.args, t.made = *e.Resource, e.Args, true
		r.wait = nil
	}
}

// find returns the resource of a kind and name that exists now.
func (w *walk) find(kind, name string) (thing, bool) {
	for _, t := range slices.Backward(w.things) {
		if t.Kind == kind && t.Name == name && t.made && !t.gone {
			return t, true
		}
	}
	return thing{}, false
}

// findAt returns the resource as it was when a step was the current one:
// made by it or before it, and not yet gone.
func (w *walk) findAt(at steps.ID, kind, name string) (thing, bool) {
	pos := w.pos(at)
	for _, t := range slices.Backward(w.things) {
		if t.Kind != kind || t.Name != name || !t.made || w.pos(t.step) > pos {
			continue
		}
		// What a step itself undid (a rewind) is gone for good; what a later
		// step removed was still there.
		if t.gone && (w.pos(t.goneStep) <= pos || t.goneStep == t.step) {
			continue
		}
		return t, true
	}
	return thing{}, false
}

// pos is a step's place in the order, or the end for one that is not in it.
func (w *walk) pos(id steps.ID) int {
	if i := slices.Index(w.order, id); i >= 0 {
		return i
	}
	return len(w.order)
}

// existing are the resources that exist or may exist (intended) now.
func (w *walk) existing() []thing {
	var out []thing
	for _, t := range w.things {
		if !t.gone {
			out = append(out, t)
		}
	}
	return out
}

// since are the existing resources that were made at a step or after it.
func (w *walk) since(id steps.ID) []thing {
	var out []thing
	for _, t := range w.existing() {
		if w.pos(t.step) >= w.pos(id) {
			out = append(out, t)
		}
	}
	return out
}

// observed is the last observation of a kind, "" values matching any.
func (w *walk) observed(msg, key, value string) *steps.Event {
	var found *steps.Event
	for _, id := range w.order {
		for _, e := range w.peek(id).seen {
			if e.Msg == msg && (key == "" || e.Args[key] == value) {
				found = &e
			}
		}
	}
	return found
}

// region is where the walk happens, as far as it has been seen.
func (w *walk) region() string {
	if v := w.values["region"]; v != "" {
		return v
	}
	if e := w.observed("identity", "", ""); e != nil {
		return widget.Clean(e.Args["region"])
	}
	return ""
}

// held counts the steps that hold.
func (w *walk) held() int {
	n := 0
	for _, id := range w.order {
		if w.peek(id).status == steps.Holds {
			n++
		}
	}
	return n
}

// resume is where to go on: the first step that does not hold, or the last.
func (w *walk) resume() int {
	for i, id := range w.order {
		if w.peek(id).status != steps.Holds {
			return i
		}
	}
	return max(0, len(w.order)-1)
}

// finished reports whether every step holds.
func (w *walk) finished() bool { return len(w.order) > 0 && w.held() == len(w.order) }
