package tutorial

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"gatewalk/sshx"
	"gatewalk/steps"
)

// terminal is as wide as any line of the lesson, so that none is folded.
func terminal() sshx.PTY { return sshx.PTY{Size: sshx.Size{Cols: 400, Rows: 50}} }

// result is what became of a command on a host.
type result struct {
	status  int
	text    string        // all it printed
	stopped bool          // it was interrupted for its silence
	silent  time.Duration // which lasted as long, in the lesson's time
}

// typed says that a command is typed on a host ("" is the learner's machine).
func (r *run) typed(host, text string) {
	r.emit(steps.Event{Kind: steps.Command, Host: host, Text: text, Args: steps.Args{"prompt": r.prompt(host)}})
}

func (r *run) exited(host string, status int) {
	r.emit(steps.Event{Kind: steps.Exit, Host: host, Args: steps.Args{"status": strconv.Itoa(status)}})
}

// command types text on a host's terminal and tells its lines as they come. A
// connection that has broken since it was last used is made anew.
func (r *run) command(ctx context.Context, host, text string) (result, error) {
	return r.commandWithin(ctx, host, text, 0)
}

// commandWithin is command that is interrupted with Ctrl-C once it has printed
// nothing for as long as limit, or by the learner before.
func (r *run) commandWithin(ctx context.Context, host, text string, limit time.Duration) (result, error) {
	c, err := r.connection(ctx, host)
	if err != nil {
		return result{}, err
	}
	r.typed(host, text)
	out := &lines{emit: func(line string) { r.emit(steps.Event{Kind: steps.Output, Host: host, Text: line}) }}
	res, err := r.execute(ctx, c, host, text, out, limit)
	if lost(err) && out.empty() {
		r.drop(host, c)
		if c, err = r.connection(ctx, host); err == nil {
			res, err = r.execute(ctx, c, host, text, out, limit)
		}
	}
	out.flush()
	if err != nil {
		if lost(err) {
			r.drop(host, c)
		}
		return result{}, err
	}
	if ctx.Err() != nil {
		return result{}, context.Cause(ctx)
	}
	r.exited(host, res.status)
	res.text = out.text()
	return res, nil
}

func lost(err error) bool {
	var e *sshx.Error
	return errors.As(err, &e) && e.Phase == sshx.PhaseSession
}

// execute runs text on c while it watches the clock.
func (r *run) execute(ctx context.Context, c *sshx.Client, host, text string, out *lines, limit time.Duration) (result, error) {
	running, interrupt := context.WithCancel(ctx)
	defer interrupt()
	quiet := &silence{run: r, host: host, limit: limit, out: out, interrupt: interrupt}
	if limit > 0 {
		r.listen(quiet)
		defer r.listen(nil)
	}
	var watch sync.WaitGroup
	if limit > 0 {
		watch.Go(func() { quiet.watch(running) })
	}
	status, err := c.RunPTY(running, text, terminal(), sshx.Streams{Out: out})
	interrupt()
	watch.Wait()
	return result{status: status, silent: quiet.elapsed, stopped: quiet.stopped}, err
}

// lines cuts what a terminal prints into lines without its control codes. Safe
// for concurrent use.
type lines struct {
	emit func(string)

	mu   sync.Mutex
	rest []byte
	all  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range p {
		if b != '\n' {
			l.rest = append(l.rest, b)
			continue
		}
		l.line()
	}
	return len(p), nil
}

func (l *lines) line() {
	text := plain(string(l.rest))
	l.rest = l.rest[:0]
	l.all.WriteString(text + "\n")
	l.emit(text)
}

// flush ends a last line that has no newline.
func (l *lines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rest) > 0 {
		l.line()
	}
}

// empty reports whether nothing worth reading came yet. What the terminal
// shows of Ctrl-C is nothing.
func (l *lines) empty() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.all.String() + plain(string(l.rest))
	return strings.TrimSpace(strings.ReplaceAll(text, "^C", "")) == ""
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// controls are the sequences of ECMA-48 that a terminal acts on.
var controls = regexp.MustCompile(`\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\-_])`)

// plain is what is left to read of a line of terminal output.
func plain(s string) string {
	s = controls.ReplaceAllString(s, "")
	return strings.Map(func(c rune) rune {
		if c < ' ' && c != '\t' || c == 0x7f {
			return -1
		}
		return c
	}, s)
}

// both runs f for each host at once and waits for the two.
func both(f func(host string) error) error {
	var errs [2]error
	var wg sync.WaitGroup
	for i, host := range []string{bastion, private} {
		wg.Go(func() { errs[i] = f(host) })
	}
	wg.Wait()
	return errors.Join(errs[0], errs[1])
}
