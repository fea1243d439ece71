package host

import (
	"bytes"
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
		root:    child.Root, cancel: func() { cancel(errKilled) },
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
	child.Stdout = &programOutput{ctx, child.Stdout, cancel}
	child.Stderr = &programOutput{ctx, child.Stderr, cancel}

	code = s.load(ctx, &child, at, prefix)
	switch cause := context.Cause(ctx); {
	case cause == errPipe:
		return 141 // 128 + SIGPIPE
	case cause == errKilled:
		return 143 // 128 + SIGTERM
	case cause != nil:
		return 130 // 128 + SIGINT
	}
	return code
}

var errKilled = errors.New("killed")

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
// end, and ends the program when nobody reads it.
type programOutput struct {
	ctx    context.Context
	w      io.Writer
	cancel context.CancelCauseFunc
}

func (o *programOutput) Write(p []byte) (int, error) {
	if err := o.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := o.w.Write(p)
	if _, pipe := o.w.(*os.File); err != nil && pipe && o.ctx.Err() == nil {
		o.cancel(errPipe)
	}
	return n, err
}

// load runs a Go program, a shell, a builtin under its program's name, or a
// script.
func (s *shell) load(ctx context.Context, p *program.Process, at, prefix string) int {
	name := path.Base(at)
	data, err := p.Files.ReadFile(at)
	if err != nil {
		fmt.Fprintf(p.Stderr, "%s%s: %s\n", prefix, p.Args[0], cause(err))
		return 126
	}
	if len(data) == 0 && (strings.HasPrefix(at, "/usr/") || strings.HasPrefix(at, "/bin/") || strings.HasPrefix(at, "/sbin/")) {
		switch f := s.h.programs[name]; {
		case f != nil:
			return f(ctx, p)
		case name == "bash" || name == "sh":
			return s.bash(ctx, p)
		case interp.IsBuiltin(name):
			return s.script(ctx, p, name, `"$@"`, append([]string{name}, p.Args[1:]...))
		}
	}
	if bytes.IndexByte(data[:min(len(data), 512)], 0) >= 0 {
		fmt.Fprintf(p.Stderr, "%s%s: cannot execute binary file: Exec format error\n", prefix, p.Args[0])
		return 126
	}
	if first, _, _ := bytes.Cut(data, []byte{'\n'}); bytes.HasPrefix(first, []byte("#!")) {
		words := strings.Fields(string(first[2:]))
		for len(words) > 1 && path.Base(words[0]) == "env" {
			words = words[1:]
		}
		if len(words) == 0 || path.Base(words[0]) != "bash" && path.Base(words[0]) != "sh" {
			fmt.Fprintf(p.Stderr, "%s%s: cannot execute: required file not found\n", prefix, p.Args[0])
			return 127
		}
	}
	return s.script(ctx, p, p.Args[0], string(data), p.Args[1:])
}

// script runs text in a shell of its own.
func (s *shell) script(ctx context.Context, p *program.Process, name, text string, params []string) int {
	child, err := s.child(ctx, p, name, params)
	if err != nil {
		fmt.Fprintf(p.Stderr, "%s: %s\n", name, err)
		return 126
	}
	return child.eval(ctx, text, name)
}

// child is a shell for a process that s started.
func (s *shell) child(ctx context.Context, p *program.Process, name string, params []string) (*shell, error) {
	st := start{
		root: p.Root, name: name, out: p.Stdout, err: p.Stderr, env: p.Environ(), dir: p.Dir, params: params, pid: p.PID,
		live: func(inner context.Context) io.Reader { return &eitherDone{inner, p.Stdin} },
	}
	if p.Terminal != nil && p.Stdin == io.Reader(p.Terminal) {
		st.tty = s.tty
		st.live = func(inner context.Context) io.Reader { return &terminal{s.tty, inner} }
	}
	if p.Tty && st.tty != nil {
		st.out = s.tty
		if p.Stderr != nil {
			st.err = s.tty
		}
	}
	return s.h.newShell(ctx, st)
}

// eitherDone is a reader that checks its context before each read.
type eitherDone struct {
	ctx context.Context
	r   io.Reader
}

func (e *eitherDone) Read(p []byte) (int, error) {
	if err := e.ctx.Err(); err != nil {
		return 0, err
	}
	return e.r.Read(p)
}

// bash is the program of that name.
func (s *shell) bash(ctx context.Context, p *program.Process) int {
	args := p.Args[1:]
	name := path.Base(p.Args[0])
	login, command, has, options := false, "", false, []string{}
	for len(args) > 0 && len(args[0]) > 1 && (args[0][0] == '-' || args[0][0] == '+') && !has {
		flag := args[0]
		args = args[1:]
		switch flag {
		case "--version":
			fmt.Fprintln(p.Stdout, "GNU bash, version 5.2.15(1)-release (x86_64-amazon-linux-gnu)")
			return 0
		case "-l", "--login":
			login = true
			continue
		case "-i", "-s", "--norc", "--noprofile", "--":
			continue
		}
		for _, letter := range flag[1:] {
			switch letter {
			case 'l':
				login = true
			case 'c':
				has = true
			case 'i', 's':
			case 'e', 'u', 'x', 'f', 'n', 'a':
				options = append(options, flag[:1]+string(letter))
			default:
				fmt.Fprintf(p.Stderr, "%s: %s: invalid option\n", name, flag)
				return 2
			}
		}
	}
	params := args
	script := ""
	switch {
	case has && len(args) == 0:
		fmt.Fprintf(p.Stderr, "%s: -c: option requires an argument\n", name)
		return 2
	case has:
		command, params = args[0], args[1:]
		if len(params) > 0 { // $0
			name, params = params[0], params[1:]
		}
	case len(args) > 0:
		script, params = args[0], args[1:]
		at := script
		if !strings.HasPrefix(at, "/") {
			at = p.Dir + "/" + at
		}
		data, err := p.Files.ReadFile(path.Clean(at))
		if err != nil {
			fmt.Fprintf(p.Stderr, "%s: %s: %s\n", name, script, cause(err))
			return 127
		}
		command, has, name = string(data), true, script
	}
	child, err := s.child(ctx, p, name, params)
	if err != nil {
		fmt.Fprintf(p.Stderr, "%s: %s\n", name, err)
		return 126
	}
	if len(options) > 0 {
		child.eval(ctx, "set "+strings.Join(options, " "), name)
	}
	switch {
	case has:
		return child.eval(ctx, command, name)
	case child.tty != nil:
		child.login = login
		if login {
			child.name = "-bash"
		}
		return child.interact(ctx)
	}
	text, err := io.ReadAll(io.LimitReader(p.Stdin, 16<<20))
	if err != nil {
		return 130
	}
	return child.eval(ctx, string(text), name)
}
