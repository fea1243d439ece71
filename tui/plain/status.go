package plain

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"gatewalk/steps"
	"gatewalk/tui/text"
)

// Session is what there is to say of one recorded session.
type Session struct {
	Name      string           `json:"name"`
	ID        string           `json:"id,omitempty"`
	Created   time.Time        `json:"created,omitzero"`
	World     string           `json:"world,omitempty"` // "lab" or "aws"
	Holds     []steps.ID       `json:"holds"`
	Resources []steps.Resource `json:"resources"`
	USD       float64          `json:"usd"`      // so far
	PerHour   float64          `json:"per_hour"` // while it exists
	Err       string           `json:"error,omitempty"`
}

// Status lists sessions for people, or as one JSON array.
func Status(w io.Writer, lang string, asJSON bool, all []Session) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		if all == nil {
			all = []Session{}
		}
		if err := enc.Encode(all); err != nil {
			return fmt.Errorf("writing the status: %w", err)
		}
		return nil
	}
	say := text.CLIOf(lang)
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	if len(all) == 0 {
		fmt.Fprintln(out, say.NoSessions)
	}
	for _, s := range all {
		if s.Err != "" {
			fmt.Fprintf(out, "%s\t%s\n", s.Name, s.Err)
			continue
		}
		last := steps.ID("-")
		if len(s.Holds) > 0 {
			last = s.Holds[len(s.Holds)-1]
		}
		fmt.Fprintf(out, say.SessionLine+"\n", s.Name, s.ID, last, len(s.Resources), s.USD, s.PerHour)
		for _, r := range s.Resources {
			id := r.ID
			if id == "" {
				id = say.Intended
			}
			fmt.Fprintf(out, "  %s\t%s\t%s\n", r.Kind, r.Name, id)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the status: %w", err)
	}
	return nil
}
