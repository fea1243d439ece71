package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"

	"gatewalk/lab/host/memfs"
	"gatewalk/lab/host/program"
	"gatewalk/lab/host/program/resolv"
)

// shell is one bash. Its language is mvdan.cc/sh's; everything that leaves the
// language, which is files, directories and programs, goes through the handlers
// here and stays within the host.
type shell struct {
	h    *Host
	root bool
	name string // as messages begin: "-bash" at a login, "bash", a script's name
	tty  *tty   // nil without a terminal
	// live reads what the shell's standard input holds until ctx ends. The
	// interpreter itself has none, which is how the programs that inherit it
	// are told from those that read a pipe or a file.
	live     func(ctx context.Context) io.Reader
	out, err io.Writer
	// typing is set in an interactive shell, whose messages have no line number.
	typing  bool
	login   bool
	history *history
	runner  *interp.Runner
	pid     int
	// goroutines is how many the machine ran when the shell began.
	goroutines int
	tripped    atomic.Pointer[error] // see runaway
	caught     atomic.Pointer[int]   // status of a program that ended itself on Ctrl-C

	mu     sync.Mutex
	timers map[string]time.Time // of the time keyword, by its place
}

// start is what a shell begins with.
type start struct {
	root     bool
	name     string
	tty      *tty
	live     func(ctx context.Context) io.Reader
	out, err io.Writer
	env      []string // exported, "name=value"
	dir      string
	params   []string
	pid      int
}

// nowhere is a directory that no machine has. The interpreter makes the named
// pipes of process substitution below TMPDIR on the machine's own disk, and
// opens files of their names there: below this one both always fail.
func nowhere() string {
	if runtime.GOOS == "windows" {
		return `C:\NUL\none`
	}
	return "/dev/null/none"
}

func (h *Host) newShell(ctx context.Context, s start) (*shell, error) {
	sh := &shell{
		h: h, root: s.root, name: s.name, tty: s.tty, live: s.live, out: s.out, err: s.err, pid: s.pid,
		goroutines: runtime.NumGoroutine(), timers: map[string]time.Time{},
	}
	vars := variables{}
	for _, pair := range s.env {
		name, value, _ := strings.Cut(pair, "=")
		vars[name] = expand.Variable{Set: true, Exported: true, Kind: expand.String, Str: value}
	}
	id := "1000"
	if s.root {
		id = "0"
	}
	for name, value := range map[string]string{
		"UID": id, "EUID": id, "GID": id, "BASHPID": fmt.Sprint(s.pid), "HOSTNAME": h.config.Hostname,
		"BASH": "/bin/bash", "BASH_VERSION": "5.2.15(1)-release", "TMPDIR": nowhere(),
	} {
		vars[name] = expand.Variable{Set: true, Kind: expand.String, Str: value, ReadOnly: strings.HasSuffix(name, "ID") && name != "BASHPID"}
	}
	var err error
	sh.runner, err = interp.New(
		func(r *interp.Runner) error { r.Dir = s.dir; return nil }, // interp.Dir would ask the machine's disk
		interp.Env(vars),
		interp.StdIO(nil, s.out, s.err),
		interp.CallHandler(sh.call),
		interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return sh.exec }),
		interp.OpenHandler(sh.open),
		interp.StatHandler(func(_ context.Context, name string, _ bool) (fs.FileInfo, error) {
			return sh.stat(name)
		}),
		interp.ReadDirHandler2(func(_ context.Context, name string) ([]fs.DirEntry, error) {
			return sh.files().ReadDir(slashed(name))
		}),
		interp.AccessHandler(func(_ context.Context, name string, mode interp.AccessMode) error {
			return sh.files().Access(slashed(name), uint32(mode))
		}),
		interp.Params(append([]string{"--"}, s.params...)...),
	)
	if err != nil {
		return nil, fmt.Errorf("making a shell: %w", err)
	}
	// From here on TMPDIR is the learner's own.
	sh.eval(ctx, "unset TMPDIR", sh.name)
	return sh, nil
}

// slashed turns a path that the interpreter made into one of the host.
func slashed(name string) string {
	return filepath.ToSlash(strings.TrimPrefix(name, filepath.VolumeName(name)))
}

func (s *shell) files() *memfs.View { return s.h.view(s.root) }

func (s *shell) home() string {
	if s.root {
		return "/root"
	}
	return "/home/ec2-user"
}

func (s *shell) stat(name string) (fs.FileInfo, error) {
	i, err := s.files().Stat(slashed(name))
	if err != nil {
		return nil, err
	}
	info := i.(*memfs.Info)
	id := uint32(1000)
	if s.root {
		id = 0
	}
	return statInfo{info, systemStat(info.Uid() == id, info.Gid() == id)}, nil
}

// statInfo gives the interpreter the Sys value that its -O and -N tests take
// for granted.
type statInfo struct {
	*memfs.Info
	sys any
}

func (i statInfo) Sys() any { return i.sys }

// variables is the environment that a shell starts with.
type variables map[string]expand.Variable

// Get also answers for "HOME name", by which the interpreter asks where ~name
// is before it asks the machine.
func (v variables) Get(name string) expand.Variable {
	if user, ok := strings.CutPrefix(name, "HOME "); ok {
		home := map[string]string{"root": "/root", "ec2-user": "/home/ec2-user"}[user]
		return expand.Variable{Set: true, Kind: expand.String, Str: cmp.Or(home, "~"+user)}
	}
	return v[name]
}

func (v variables) Each(f func(string, expand.Variable) bool) {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if !f(name, v[name]) {
			return
		}
	}
}

// eval runs a script and returns its exit status.
func (s *shell) eval(ctx context.Context, script, name string) int {
	file, err := syntax.NewParser().Parse(strings.NewReader(script), "")
	if err != nil {
		line, text := syntaxError(err)
		fmt.Fprintf(s.err, "%s: line %d: %s\n", name, line, text)
		return 2
	}
	s.rewrite(file)
	return s.run(ctx, file)
}

// syntaxError words a parse error as bash does, where it names a token.
func syntaxError(err error) (line uint, text string) {
	e, ok := errors.AsType[syntax.ParseError](err)
	if !ok {
		return 1, "syntax error: " + err.Error()
	}
	if rest, ok := strings.CutPrefix(e.Text, "`"); ok {
		if token, _, ok := strings.Cut(rest, "` can only"); ok {
			return e.Pos.Line(), "syntax error near unexpected token `" + token + "'"
		}
	}
	return e.Pos.Line(), "syntax error: " + e.Text
}

// run interprets a node. A panic of the interpreter ends the command, not the lab.
func (s *shell) run(ctx context.Context, node syntax.Node) (status int) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(s.err, "%s: this shell cannot do that: %v\n", s.name, r)
			status = 2
		}
	}()
	s.tripped.Store(nil)
	err := s.runner.Run(ctx, node)
	if code, ok := errors.AsType[interp.ExitStatus](err); ok {
		return int(code)
	}
	switch {
	case ctx.Err() != nil:
		return 130
	case err != nil:
		fmt.Fprintf(s.err, "%s: %s\n", s.name, err)
		return 1
	}
	return 0
}

// Commands of our own that a script cannot name by accident.
const (
	timeCommand   = "//time"
	statusCommand = "//status"
)

// rewrite changes what the interpreter would take from the machine: the
// process's number, and the time keyword, which prints the lesson's time here.
func (s *shell) rewrite(node syntax.Node) {
	syntax.Walk(node, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ParamExp:
			if n.Param != nil && n.Param.Value == "$" {
				n.Param.Value = "BASHPID"
			}
		case *syntax.Stmt:
			timed, ok := n.Cmd.(*syntax.TimeClause)
			if !ok {
				break
			}
			id := fmt.Sprint(timed.Time)
			block := &syntax.Block{Stmts: []*syntax.Stmt{call(timeCommand, "start", id)}}
			if timed.Stmt != nil {
				block.Stmts = append(block.Stmts, timed.Stmt)
			}
			n.Cmd = block
			block.Stmts = append(block.Stmts, call(timeCommand, "stop", id))
		}
		return true
	})
}

// call makes the statement of a simple command.
func call(words ...string) *syntax.Stmt {
	c := &syntax.CallExpr{}
	for _, w := range words {
		c.Args = append(c.Args, &syntax.Word{Parts: []syntax.WordPart{&syntax.SglQuoted{Value: w}}})
	}
	return &syntax.Stmt{Cmd: c}
}

// timed is the time keyword: it starts a watch, or stops it and prints.
func (s *shell) timed(hc interp.HandlerContext, args []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.h.config.Clock.Now()
	if args[1] == "start" {
		s.timers[args[2]] = now
		return nil
	}
	took := now.Sub(s.timers[args[2]])
	delete(s.timers, args[2])
	fmt.Fprintf(hc.Stderr, "\nreal\t%dm%.3fs\nuser\t0m0.000s\nsys\t0m0.000s\n", int(took.Minutes()), took.Seconds()-60*float64(int(took.Minutes())))
	return status(hc.LastExitStatus)
}

// status is the error that sets an exit status in the interpreter.
func status(code int) error {
	if code == 0 {
		return nil
	}
	return interp.ExitStatus(uint8(code))
}

// prefix is how a message of the shell begins.
func (s *shell) prefix(hc interp.HandlerContext) string {
	if s.typing {
		return s.name + ": "
	}
	return fmt.Sprintf("%s: line %d: ", s.name, max(1, hc.Pos.Line()))
}

// open is the interpreter's OpenHandler: redirections.
func (s *shell) open(ctx context.Context, name string, flag int, perm os.FileMode) (io.ReadWriteCloser, error) {
	hc := interp.HandlerCtx(ctx)
	name = slashed(name)
	at := name
	if !strings.HasPrefix(at, "/") {
		at = slashed(hc.Dir) + "/" + at
	}
	at = path.Clean(at)
	fail := func(err error) error {
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			err = e.Err
		}
		// The interpreter prints Op, Path and Err with blanks between.
		return &os.PathError{Op: strings.TrimSuffix(s.prefix(hc), " "), Path: name, Err: err}
	}
	reads := flag&(os.O_WRONLY|os.O_RDWR) == 0
	switch {
	case strings.HasPrefix(at, "/dev/tcp/"), strings.HasPrefix(at, "/dev/udp/"):
		conn, err := s.dial(ctx, hc, at)
		if err != nil {
			return nil, fail(err)
		}
		return conn, nil
	case at == "/dev/stdout" || at == "/dev/fd/1":
		return stream{w: hc.Stdout}, nil
	case at == "/dev/stderr" || at == "/dev/fd/2":
		return stream{w: hc.Stderr}, nil
	case at == "/dev/tty" && s.tty != nil, at == "/dev/stdin":
		in := hc.Stdin
		if in == nil || at == "/dev/tty" {
			in = s.live(ctx)
		}
		return stream{r: in, w: s.out}, nil
	}
	f, err := s.files().OpenFile(at, flag, perm)
	if err != nil {
		return nil, fail(err)
	}
	if i, _ := f.Stat(); i.IsDir() {
		return nil, fail(memfs.EISDIR)
	}
	if !reads {
		return f, nil
	}
	// The interpreter's standard input is always an *os.File. Handing it one end
	// of a pipe lets it close that end with the redirection, and so ends the
	// writer too.
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fail(err)
	}
	if !s.h.tasks.run(func() {
		io.Copy(struct{ io.Writer }{w}, f)
		w.Close()
	}) {
		w.Close()
	}
	return r, nil
}

// stream is an open stream under another name; closing leaves it open.
type stream struct {
	r io.Reader
	w io.Writer
}

func (s stream) Read(p []byte) (int, error) {
	if s.r == nil {
		return 0, io.EOF
	}
	return s.r.Read(p)
}
func (s stream) Write(p []byte) (int, error) { return s.w.Write(p) }
func (s stream) Close() error                { return nil }

// dial opens /dev/tcp/HOST/PORT.
func (s *shell) dial(ctx context.Context, hc interp.HandlerContext, at string) (io.ReadWriteCloser, error) {
	parts := strings.Split(strings.TrimPrefix(at, "/dev/"), "/")
	if len(parts) != 3 {
		return nil, memfs.ENOENT
	}
	conn, err := s.h.dial(ctx, parts[0], parts[1], parts[2])
	if err != nil {
		reason := memfs.Errno(program.Reason(err))
		if _, unknown := errors.AsType[*resolv.LookupError](err); unknown {
			fmt.Fprintf(hc.Stderr, "%s%s: %s\n", s.prefix(hc), parts[1], reason)
			return nil, memfs.EINVAL
		}
		fmt.Fprintf(hc.Stderr, "%sconnect: %s\n", s.prefix(hc), reason)
		return nil, reason
	}
	return conn, nil
}
