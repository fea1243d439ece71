package plain

import (
	"encoding/json"
	"fmt"
	"io"

	"gatewalk/steps"
)

// JSON writes one event a line, as the session keeps them.
func JSON(w io.Writer) *Printer {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return &Printer{w: w, show: func(p *Printer, e steps.Event) {
		if err := enc.Encode(e); err != nil {
			p.err = fmt.Errorf("writing an event: %w", err)
		}
	}}
}
