package host

import (
	"context"
	"strings"
)

// search is Ctrl-R: it shows the newest line of the history that holds what is
// typed; Ctrl-R again goes to older ones. The key that ends it is returned, to
// act on the line found; Ctrl-C and Ctrl-G bring back the line there was.
func (e *editor) search(ctx context.Context) (key string, err error) {
	prompt, line, pos := e.prompt, e.line, e.pos
	wanted, at, failed := "", e.history.len(), false
	look := func(from int) {
		for i := from; i >= 0; i-- {
			if k := strings.Index(e.history.get(i), wanted); k >= 0 && i < e.history.len() {
				at, failed = i, false
				e.line = clusters(e.history.get(i))
				e.pos = len(clusters(e.history.get(i)[:k]))
				return
			}
		}
		failed = true
	}
	for {
		e.prompt = "(reverse-i-search)`" + wanted + "': "
		if failed {
			e.prompt = "(failed " + e.prompt[1:]
		}
		e.redraw()
		if key, err = e.key(ctx); err != nil {
			return "", err
		}
		switch {
		case key == "\x12":
			look(at - 1)
		case key == "\x7f" || key == "\x08":
			if all := clusters(wanted); len(all) > 0 {
				wanted = strings.Join(all[:len(all)-1], "")
				look(e.history.len() - 1)
			}
		case key == string(rune(resized)):
		case key[0] >= ' ' && key[0] != del:
			wanted += key
			look(min(at, e.history.len()-1))
		default:
			e.prompt = prompt
			if key == "\x03" || key == "\x07" {
				e.line, e.pos = line, pos
			}
			e.redraw()
			return key, nil
		}
	}
}
