package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"

	"gatewalk/lab/host/memfs"
	"gatewalk/lab/host/program"
)

// cause is the last error in err, without what was being done.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// exec is the interpreter's ExecHandler: it runs what is neither function nor
// builtin.
func (s *shell) exec(ctx context.Context, args []string) error {
	hc := interp.HandlerCtx(ctx)
	switch args[0] {
	case statusCommand:
		code, _ := strconv.Atoi(args[1])
		return status(code)
	case timeCommand:
		return s.timed(hc, args)
	}
	at, err := s.find(hc.Env.Get("PATH").String(), slashed(hc.Dir), args[0], s.root)
	if err != nil {
		code := 126
		switch {
		case errors.Is(err, errNoCommand):
			code = 127
		case errors.Is(err, fs.ErrNotExist):
			code = 127
		}
		fmt.Fprintf(hc.Stderr, "%s%s: %s\n", s.prefix(hc), args[0], cause(err))
		return status(code)
	}
	if args[0] == "aws" {
		s.h.noteBuckets(args)
	}
	return status(s.start(ctx, s.process(hc, args), at, s.prefix(hc)))
}

var errNoCommand = errors.New("command not found")

// find looks a command up as execvp does: a path, or a name in the directories
// of PATH.
func (s *shell) find(dirs, dir, name string, root bool) (string, error) {
	files := s.h.view(root)
	check := func(at string) error {
		i, err := files.Stat(at)
		switch {
		case err != nil:
			return cause(err)
		case i.IsDir():
			return memfs.EISDIR
		}
		return cause(files.Access(at, 1))
	}
	if strings.Contains(name, "/") {
		at := name
		if !strings.HasPrefix(at, "/") {
			at = dir + "/" + at
		}
		at = path.Clean(at)
		if err := check(at); err != nil {
			return "", err
		}
		return at, nil
	}
	for d := range strings.SplitSeq(dirs, ":") {
		if at := path.Join("/", d, name); name != "" && check(at) == nil {
			return at, nil
		}
	}
	return "", errNoCommand
}

func (s *shell) lookup(hc interp.HandlerContext, name string) (string, bool) {
	at, err := s.find(hc.Env.Get("PATH").String(), slashed(hc.Dir), name, s.root)
	return at, err == nil
}

// process makes the Process of a command from what the interpreter knows.
func (s *shell) process(hc interp.HandlerContext, args []string) *program.Process {
	own := map[string]string{}
	p := &program.Process{
		Args: args, Stdin: hc.Stdin, Stdout: hc.Stdout, Stderr: hc.Stderr, Dir: slashed(hc.Dir), Root: s.root,
		Tty: s.tty != nil && s.out == io.Writer(s.tty) && hc.Stdout == s.out,
		Getenv: func(name string) string {
			if v, ok := own[name]; ok {
				return v
			}
			if v := hc.Env.Get(name); v.Exported {
				return v.String()
			}
			return ""
		},
		Setenv: func(name, value string) { own[name] = value },
		Environ: func() []string {
			all := maps.Clone(own)
			for name, v := range hc.Env.Each {
				if _, mine := own[name]; v.Exported && v.Kind == expand.String && !mine {
					all[name] = v.String()
				}
			}
			var out []string
			for _, name := range slices.Sorted(maps.Keys(all)) {
				out = append(out, name+"="+all[name])
			}
			return out
		},
	}
	return p
}

// spawn is Process.Spawn: a program that starts another.
func (s *shell) spawn(ctx context.Context, p *program.Process) int {
	at, err := s.find(p.Getenv("PATH"), p.Dir, p.Args[0], p.Root)
	if err != nil {
		fmt.Fprintf(p.Stderr, "%s: %s: %s\n", s.name, p.Args[0], cause(err))
		return 127
	}
	return s.start(ctx, p, at, s.name+": ")
}

// errPipe ends a program whose output nobody takes any more.
var errPipe = errors.New("broken pipe")

// start runs the program at a path until it has ended, with every stream bound
// to its life. What keeps it from running is printed behind prefix.
func (s *shell) start(ctx context.Context, p *program.Process, at, prefix string) (code int) {
	if !s.h.tasks.begin() {
		return 130
	}
	defer s.h.tasks.end()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	child := *p
	child.Machine = s.h.machine(child.Root)
	child.Lookup = func(name string) (string, bool) {
		at, err := s.find(child.Getenv("PATH"), child.Dir, name, child.Root)
		return at, err == nil
	}
	child.Spawn = s.spawn
	child.Processes = s.h.processes.list
	child.Kill = func(pid int) bool { return s.h.processes.kill(pid, child.Root) }
	child.Cols = 0
	child.Terminal, child.Prompt = nil, nil
	if s.tty != nil {
		t := &terminal{s.tty, ctx}
		child.Terminal, child.Prompt = t, t.Prompt
		if _, inherited := child.Stdin.(*terminal); inherited {
			child.Stdin = t // its parent's, which ends with the parent
		}
		if child.Tty {
			child.Cols, _ = s.tty.size()
		}
	}
	user, name := "ec2-user", "?"
	if child.Root {
		user = "root"
	}
	if s.tty != nil {
		name = s.tty.name
	}
	pid, remove := s.h.processes.add(entry{
		Running: program.Running{User: user, TTY: name, Started: s.h.config.Clock.Now(), Args: child.Args},
		root:    child.Root, cancel: func() { cancel(program.ErrTerminated) },
	})
	defer remove()
	child.PID = pid

	// A file or pipe blocks until its deadline: set when the program must end.
	if f, ok := child.Stdin.(*os.File); ok && f != nil {
		defer expire(ctx, f.SetReadDeadline)()
	} else if child.Stdin == nil {
		if child.Terminal != nil {
			child.Stdin = child.Terminal
		} else {
			child.Stdin = s.live(ctx)
		}
	}
	if f, ok := child.Stdout.(*os.File); ok {
		defer expire(ctx, f.SetWriteDeadline)()
	}
	var caught atomic.Bool
	child.Catch = func() { caught.Store(true) }
	child.Stdout = &programOutput{ctx, child.Stdout, cancel, &caught}
	child.Stderr = &programOutput{ctx, child.Stderr, cancel, &caught}

	code = s.load(ctx, &child, at, prefix)
	switch cause := context.Cause(ctx); {
	case cause == errPipe:
		return 141 // 128 + SIGPIPE
	case cause == program.ErrTerminated:
		return 143 // 128 + SIGTERM
	case cause != nil && caught.Load():
		s.caught.Store(&code)
	case cause != nil:
		return 130 // 128 + SIGINT
	}
	return code
}

// expire sets a deadline in the past once ctx has ended; undo takes it back.
func expire(ctx context.Context, set func(time.Time) error) (undo func()) {
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		set(time.Unix(1, 0))
		close(done)
	})
	return func() {
		if !stop() {
			<-done
			set(time.Time{})
		}
	}
}

// programOutput is a standard output or error: it fails once the program is to
// end, unless that is to have the last word, and ends the program when nobody
// reads it.
type programOutput struct {
	ctx    context.Context
	w      io.Writer
	cancel context.CancelCauseFunc
	caught *atomic.Bool
}

func (o *programOutput) Write(p []byte) (int, error) {
	switch cause := context.Cause(o.ctx); {
	case cause == errPipe, cause == program.ErrTerminated, cause != nil && !o.caught.Load():
		return 0, cause
	}
	n, err := o.w.Write(p)
	if _, pipe := o.w.(*os.File); err != nil && pipe && o.ctx.Err() == nil {
		o.cancel(errPipe)
	}
	return n, err
}
