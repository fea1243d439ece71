package steps

import "time"

// ID names a step for ever: "3.5". It is stored in sessions, never translated.
type ID string

// Kind says what sort of fact an [Event] is.
type Kind string

// The kinds of facts.
const (
	Started  Kind = "started"  // a step begins
	Command  Kind = "command"  // Text is typed on Host; Args["prompt"] precedes it
	Output   Kind = "output"   // Text is one line that Host printed; Args["stream"] is "stderr" for errors
	Exit     Kind = "exit"     // the command ended; Args["status"]
	Call     Kind = "call"     // an AWS call; Args: service, action, ms, code (of its error)
	Intent   Kind = "intent"   // a resource is about to be made (synced to disk first)
	Made     Kind = "made"     // it exists (synced)
	Gone     Kind = "gone"     // it was deleted, and seen to be (synced)
	Waiting  Kind = "waiting"  // Msg says for what; Args: elapsed, of (Go durations)
	Progress Kind = "progress" // Args: done, total
	Observed Kind = "observed" // Msg names what was seen; Args and Rows hold it
	Chosen   Kind = "chosen"   // the learner chose or predicted: Msg names what, Args["value"]
	Set      Kind = "set"      // a value that later steps need: Msg is its name, Args["value"]
	Packet   Kind = "packet"   // a packet's fate: Args: from, to, proto, action, via, code, object
	Held     Kind = "held"     // the step holds: what had to be seen was seen
	Failed   Kind = "failed"   // it does not: Msg names the explanation, Err the cause
	Undone   Kind = "undone"   // the step's resources are gone again
	Skipped  Kind = "skipped"  // it already held
	Note     Kind = "note"     // anything else worth a sentence; Msg names it
)

// Args are the values of an event by name; catalogues place them by name.
type Args map[string]string

// Resource is one thing on the account, as the ledger knows it.
type Resource struct {
	Kind  string `json:"kind"`            // "vpc", "subnet", "instance", "bucket", …
	Name  string `json:"name"`            // its part in the walk: "public", "private", "bastion" …
	ID    string `json:"id,omitempty"`    // AWS's id, empty in an intent
	Token string `json:"token,omitempty"` // client token, or the tag value to find it by
}

// Event is one fact: never a sentence for the learner, never an escape code.
type Event struct {
	At       time.Time  `json:"at"`
	Step     ID         `json:"step,omitempty"`
	Kind     Kind       `json:"kind"`
	Host     string     `json:"host,omitempty"` // "bastion", "private", or "" for the learner's machine
	Msg      string     `json:"msg,omitempty"`  // a key of the catalogues
	Text     string     `json:"text,omitempty"` // verbatim: a command, or a line of output
	Args     Args       `json:"args,omitempty"`
	Rows     [][]string `json:"rows,omitempty"` // a table: routes, prefix list entries, services
	Resource *Resource  `json:"resource,omitempty"`
	Err      string     `json:"err,omitempty"` // the original error, in English
}

// Emit hands an event on. It may be called from any goroutine and does not block.
type Emit func(Event)
