package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"gatewalk/sshx"
	"gatewalk/steps"
	"gatewalk/tui"
)

// sshPTY is the screen's terminal as sshx knows it, until ctx ends.
func sshPTY(ctx context.Context, p tui.PTY) *sshx.PTY {
	resize := make(chan sshx.Size)
	go func() {
		defer close(resize)
		for {
			select {
			case size, open := <-p.Resize:
				if !open {
					return
				}
				select {
				case resize <- sshx.Size(size):
				case <-ctx.Done():
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return &sshx.PTY{Size: sshx.Size{Cols: p.Cols, Rows: p.Rows}, Resize: resize}
}

// shell opens a shell, or runs one command, on an instance of the walk.
func (o *options) shell(ctx context.Context, w *walk, host string, args []string, pty *sshx.PTY, streams sshx.Streams) (int, error) {
	client, err := w.course.Connect(ctx, w.session.State(), host)
	if err != nil {
		return -1, err
	}
	defer client.Close()
	if w.lab != nil && len(args) == 0 {
		w.remember(ctx, client, host)
	}
	switch {
	case len(args) > 0 && pty == nil:
		return client.Run(ctx, strings.Join(args, " "), streams)
	case len(args) > 0:
		return client.RunPTY(ctx, strings.Join(args, " "), *pty, streams)
	}
	return client.Shell(ctx, *pty, streams)
}

// remember puts the commands that the walk has typed on a host into its shell's
// history, so that the up arrow brings them. The lab's hosts alone: those of a
// real account are the learner's. What goes wrong costs only the convenience.
func (w *walk) remember(ctx context.Context, client *sshx.Client, host string) {
	const file = ".bash_history"
	var known, more strings.Builder
	if _, err := client.Run(ctx, "cat "+file, sshx.Streams{Out: &known}); err != nil {
		return
	}
	lines := strings.Split(known.String(), "\n")
	for _, e := range w.session.Events() {
		if e.Kind == steps.Command && e.Host == host && !slices.Contains(lines, e.Text) {
			lines = append(lines, e.Text)
			more.WriteString(e.Text + "\n")
		}
	}
	if more.Len() > 0 {
		client.Run(ctx, "cat >> "+file, sshx.Streams{In: strings.NewReader(more.String())})
	}
}

// ssh is a shell, or one command, on an instance.
func (o *options) ssh(ctx context.Context, host string, args []string) error {
	if host != "bastion" && host != "private" {
		return usage(o.say().Wrong.OneOf, "ssh", host, "bastion, private")
	}
	w, err := o.open(ctx)
	if err != nil {
		return o.opening(err)
	}
	defer w.close()
	streams := sshx.Streams{In: o.stdin, Out: o.stdout, Err: o.stderr}
	var pty *sshx.PTY
	if in, ok := o.stdin.(*os.File); ok && term.IsTerminal(int(in.Fd())) && len(args) == 0 {
		cols, rows, err := term.GetSize(int(in.Fd()))
		if err != nil {
			return fmt.Errorf("asking the terminal for its size: %w", err)
		}
		before, err := term.MakeRaw(int(in.Fd()))
		if err != nil {
			return fmt.Errorf("preparing the terminal: %w", err)
		}
		defer term.Restore(int(in.Fd()), before)
		pty = &sshx.PTY{Term: os.Getenv("TERM"), Size: sshx.Size{Cols: cols, Rows: rows}, Resize: resizes(ctx, in)}
	} else if len(args) == 0 {
		pty = &sshx.PTY{}
	}
	code, err := o.shell(ctx, w, host, args, pty, streams)
	if err != nil {
		return o.explain(err)
	}
	if code != 0 {
		return &exitError{code, nil}
	}
	return nil
}

// resizes tells the terminal's new sizes. Asking it four times a second works
// on every system; a signal for it does not exist on all.
func resizes(ctx context.Context, f *os.File) <-chan sshx.Size {
	sizes := make(chan sshx.Size)
	go func() {
		defer close(sizes)
		var last sshx.Size
		for tick := time.NewTicker(250 * time.Millisecond); ; {
			select {
			case <-ctx.Done():
				tick.Stop()
				return
			case <-tick.C:
			}
			cols, rows, err := term.GetSize(int(f.Fd()))
			if now := (sshx.Size{Cols: cols, Rows: rows}); err == nil && now != last {
				last = now
				select {
				case sizes <- now:
				case <-ctx.Done():
				}
			}
		}
	}()
	return sizes
}
