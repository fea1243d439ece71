// Package text holds what the screens themselves say, in Korean and English:
// names of keys and panes, questions, short messages. The course's prose is
// not here; it comes in a steps.Book.
//
// A [Chrome] is a plain value that nobody changes. Placeholders are named, as
// in {step}; particles after one are written so that no choice depends on its
// value. A test holds both languages to the same fields and placeholders.
package text

import "strings"

// Chrome is everything the screens say in one language.
type Chrome struct {
	Lang string // "ko", "en"

	Head struct{ NotReal, Replay, Cost string }
	Pane struct{ Lesson, Term, Map, Steps string }

	// Key names what a key does, in a word or two.
	Key struct {
		Next, Back, Forward, Jump, Repeat, Stop, CtrlC     string
		Tab, TabBack, Up, Down, PageUp, PageDown, Top, End string
		Compare, Map, Notes                                string
		Topic, TopicBack, Swap, Zoom, Copy                 string
		Hint, Help, Lang, Shell, ShellLast, Quit, Close    string
		Yes, No                                            string
		Choose, Run, Again, Begin, Resume, Finish, GoOn    string
		CleanUp, StepKeys, More, Find                      string
		Leave, Large, Past, Recent, ShellBack              string // of a shell
	}
	Group struct{ Walk, Look, Compare, Help, Shell, Choose, Hangul string }

	Cover struct {
		About, Lab, AWS, NotReal, Replay, How, Keys string
		Starting, Soon, Ready, Resume, Done, Failed string
	}
	Lesson struct {
		Margin                                      int // cells for the labels
		What, Why, Expect                           string
		Held, Failed, Interrupted, Stopped, Details string
		Ways, WaysNoShell                           string
	}
	Predict struct{ Title, Soon, SoonRead, Skip, SkipRead, Right, Wrong string }
	Term    struct {
		Planned, Running, Removing, Waiting, Silence, StopKey, CtrlCKey, Exit string
		Before, After, PrefixHead                                             string
		RouteHead, ServiceHead, LeftHead                                      []string
		Listed                                                                map[string]string // whether an address is in S3's prefix list: yes, no
	}
	Map struct {
		PC, S3, Internet, Public, Private, Table, Gone, Lost, Nothing string
		Why                                                           map[string]string // by AWS's explanation code
		Through                                                       map[string]string // igw, endpoint
	}
	Compare struct {
		ListBoth, ListChange, Routes, Prefix, Addresses string
		Before, After, Silent, Copied                   string
	}
	Form struct {
		Title, Category, CategoryAWS, Service, Tables, Private, Public string
		Policy, FullAccess, Custom, Create                             string
		NotInterface, NotCustom, Missing, Hint                         string
	}
	Jump    struct{ Title, BringTitle, Bring, BringYes, BringNo string }
	Ways    struct{ Title, Intro, Again, Hint, Form, Redo, Anew, Back, Shell string }
	Hint    struct{ Title, Solution, ToSolution, Notes string }
	Shell   struct{ Title, Intro, Pane, Connecting, Back, Whole, Quiet, Lost string }
	Quit    struct{ Title, Nothing, Exists, Costs, Lab, Running, Stay, Keep, Leave, CleanUp string }
	Confirm struct {
		Word, Or, Type, Wrong, More            string
		RewindTitle, Rewind, CleanTitle, Clean string
		SpendTitle, SpendWord                  string
	}
	// Plan is what is said before anything is made on an account.
	Plan struct {
		Account, Region, Session, Cost         string
		SSHKnown, SSHAsked                     string
		About, Billed, Unpriced, NotReal, Root string
		Lab                                    string
		Makes, Free, Hourly, Tags, NoTags      string
		After                                  string
		Denied, Proven, Open, NothingMade      string // of rights
		Reading                                string // how to read on
	}
	Finish struct {
		Title, Learnt, Steps, Predictions, Time, Cost, Left, LeftNow, Checked, Next string
	}

	Notes struct{ Waiting, Reset string }

	// Say are the short messages at the foot of the screen.
	Say struct {
		Tiny, Trouble, Broken, Busy, NotReady, NotHere, UnknownKey, AllShown string
		First, Last, EscHere, NoHint, NoNotes, NoCompare, NoShell            string
		TypeThere                                                            string
		NoHost, NoLang, AutoStops, Stopping, Leaving                         string
	}

	// Status is what gatewalk status says.
	Status struct {
		None, World, Lab, Since, Walked, Nothing, Intended string
		Exists, Cost, CleanUp, Sum, Recorded               string
		Asked, AskedNone, Unrecorded, Lost                 string
		Ago, Minutes, Hours, Days                          string
	}

	Kind map[string]string // resource kinds of the ledger
	Part map[string]string // the parts that resources play
	Host map[string]string // where commands are typed; "" is the learner's machine
}

// Resource is what a resource is called, with its part in the walk if it has
// one; a kind that is not known is called as the ledger calls it.
func (c *Chrome) Resource(kind, part string) string {
	name := c.Kind[kind]
	if name == "" {
		name = kind
	}
	if part := c.Part[part]; part != "" {
		name += " (" + part + ")"
	}
	return name
}

// Fill places values by name: Fill("step {step}", "step", "3.1").
func Fill(s string, pairs ...string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		s = strings.ReplaceAll(s, "{"+pairs[i]+"}", pairs[i+1])
	}
	return s
}

// For returns the chrome of a language; anything unknown is Korean.
func For(lang string) *Chrome {
	if lang == "en" {
		return english()
	}
	return korean()
}
