package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// The stack and the goroutines of the interpreter are the machine's: these bound
// functions that call themselves, and those that multiply. The goroutines of one
// shell cannot be told from those of a thousand other labs, so their limit is
// what no such crowd adds while a command runs.
const (
	maxFrames     = 10000
	maxGoroutines = 100_000 // more than when the shell began
)

// runaway is why the shell runs no more commands of this line, or nil. Once
// given it stands: a function that calls itself twice would otherwise go on
// with every branch that is left.
func (s *shell) runaway() error {
	if why := s.tripped.Load(); why != nil {
		return *why
	}
	var why error
	switch {
	case runtime.Callers(maxFrames, make([]uintptr, 1)) > 0:
		why = errors.New("maximum function nesting level exceeded")
	case runtime.NumGoroutine() > s.goroutines+s.h.maxGoroutines:
		why = errors.New("fork: retry: Resource temporarily unavailable")
	default:
		return nil
	}
	s.tripped.Store(&why)
	return why
}

// call is the interpreter's CallHandler. It sees every command before the
// builtins do, and takes over those that would look at the machine, that the
// interpreter lacks, or whose messages are not bash's.
func (s *shell) call(ctx context.Context, args []string) ([]string, error) {
	if err := s.runaway(); err != nil {
		return nil, err // ends the whole command
	}
	hc := interp.HandlerCtx(ctx)
	say := func(format string, a ...any) { fmt.Fprintf(hc.Stderr, s.prefix(hc)+format+"\n", a...) }
	end := func(code int) ([]string, error) { return []string{statusCommand, strconv.Itoa(code)}, nil }
	arg := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	switch name := args[0]; name {
	case "builtin", "command":
		switch {
		case len(args) == 1:
			return end(0)
		case name == "command" && (args[1] == "-v" || args[1] == "-V"):
			return s.describe(hc, args[2:], args[1] == "-v")
		case !strings.HasPrefix(args[1], "-"):
			rest, err := s.call(ctx, args[1:])
			if err != nil {
				return nil, err
			}
			return append([]string{"command"}, rest...), nil
		}
	case "cd":
		return s.chdir(hc, args)
	case "pwd":
		// There are no links, so -P is the same; and the builtin's answer has the
		// machine's separators.
		return []string{"echo", slashed(hc.Dir)}, nil
	case "type":
		if strings.HasPrefix(arg(1), "-") && len(args) > 2 {
			return s.describe(hc, args[2:], true)
		}
		return s.describe(hc, args[1:], false)
	case "source", ".":
		if len(args) < 2 {
			say("%s: filename argument required", name)
			return end(2)
		}
		at := args[1]
		if !strings.HasPrefix(at, "/") {
			at = slashed(hc.Dir) + "/" + at
		}
		if i, err := s.files().Stat(path.Clean(at)); err != nil || i.IsDir() {
			say("%s: No such file or directory", args[1])
			return end(1)
		}
		return append([]string{"source", path.Clean(at)}, args[2:]...), nil
	case "read", "mapfile", "readarray":
		if hc.Stdin == nil {
			return s.readLive(ctx, hc, args)
		}
	case "history":
		if arg(1) == "-c" && s.history != nil {
			s.history.clear()
		} else if s.history != nil {
			for i := range s.history.len() {
				fmt.Fprintf(hc.Stdout, "%5d  %s\n", i+1, s.history.get(i))
			}
		}
		return end(0)
	case "logout":
		if !s.login {
			say("logout: not login shell: use `exit'")
			return end(1)
		}
		return append([]string{"exit"}, args[1:]...), nil
	case "exit":
		if _, err := strconv.Atoi(arg(1)); len(args) > 1 && err != nil {
			say("exit: %s: numeric argument required", args[1])
			return []string{"exit", "2"}, nil
		}
	case "kill":
		return append([]string{"/usr/bin/kill"}, args[1:]...), nil
	case "fg", "bg":
		say("%s: current: no such job", name)
		return end(1)
	case "umask":
		if len(args) == 1 {
			fmt.Fprintln(hc.Stdout, "0022")
		}
		return end(0)
	case "ulimit":
		fmt.Fprintln(hc.Stdout, "unlimited")
		return end(0)
	case "jobs", "disown", "bind", "complete", "compopt", "compgen", "enable", "fc", "newgrp", "caller":
		return end(0)
	case "suspend":
		say("suspend: cannot suspend a login shell")
		return end(1)
	case "help":
		say("help: no help on this host")
		return end(1)
	}
	return args, nil
}

// chdir words what cd refuses as bash does.
func (s *shell) chdir(hc interp.HandlerContext, args []string) ([]string, error) {
	for len(args) > 1 && (args[1] == "--" || args[1] == "-P" || args[1] == "-L") {
		args = append([]string{"cd"}, args[2:]...)
	}
	refuse := func(format string, a ...any) ([]string, error) {
		fmt.Fprintf(hc.Stderr, s.prefix(hc)+"cd: "+format+"\n", a...)
		return []string{statusCommand, "1"}, nil
	}
	if len(args) > 2 {
		return refuse("too many arguments")
	}
	dir := hc.Env.Get("HOME").String()
	if len(args) == 2 {
		dir = args[1]
	} else if dir == "" {
		return refuse("HOME not set")
	}
	if dir == "-" {
		if dir = slashed(hc.Env.Get("OLDPWD").String()); dir == "" {
			return refuse("OLDPWD not set")
		}
		fmt.Fprintln(hc.Stdout, dir)
	}
	if dir == "" {
		return []string{statusCommand, "0"}, nil
	}
	at := dir
	if !strings.HasPrefix(at, "/") {
		at = slashed(hc.Dir) + "/" + at
	}
	i, err := s.files().Stat(path.Clean(at))
	switch {
	case err != nil:
		return refuse("%s: %s", dir, cause(err))
	case !i.IsDir():
		return refuse("%s: Not a directory", dir)
	}
	if err := s.files().Access(path.Clean(at), 1); err != nil {
		return refuse("%s: %s", dir, cause(err))
	}
	// The builtin asks the machine's rules whether a path is absolute; all agree
	// on what a relative one is.
	rel, err := filepath.Rel(slashed(hc.Dir), path.Clean(at))
	if err != nil {
		return refuse("%s: %s", dir, err)
	}
	return []string{"cd", rel}, nil
}

// describe is type and command -v. What is neither keyword, builtin nor program
// may be a function, of which only the interpreter knows.
func (s *shell) describe(hc interp.HandlerContext, names []string, short bool) ([]string, error) {
	var script strings.Builder
	script.WriteString("(exit 0)")
	code := 0
	for _, name := range names {
		at, ok := s.lookup(hc, name)
		switch {
		case syntax.IsKeyword(name):
			s.tell(hc, short, name, name+" is a shell keyword")
		case interp.IsBuiltin(name):
			s.tell(hc, short, name, name+" is a shell builtin")
		case ok:
			s.tell(hc, short, at, name+" is "+at)
		case syntax.ValidName(name):
			q := "declare -f " + name + " >/dev/null"
			yes := "echo '" + name + " is a function'"
			no := "{ echo '" + s.prefix(hc) + "type: " + name + ": not found' >&2; false; }"
			if short {
				yes, no = "echo "+name, "false"
			}
			fmt.Fprintf(&script, "; if %s; then %s; else %s; fi", q, yes, no)
		default:
			if !short {
				fmt.Fprintf(hc.Stderr, "%stype: %s: not found\n", s.prefix(hc), name)
			}
			code = 1
		}
	}
	if code != 0 {
		script.WriteString("; (exit 1)")
	}
	return []string{"eval", script.String()}, nil
}

func (s *shell) tell(hc interp.HandlerContext, short bool, brief, full string) {
	if short {
		full = brief
	}
	fmt.Fprintln(hc.Stdout, full)
}

// readLive is read from the shell's own standard input, which the interpreter
// does not have: the line is read here and given to it as a here-string.
func (s *shell) readLive(ctx context.Context, hc interp.HandlerContext, args []string) ([]string, error) {
	in := s.live(ctx)
	if args[0] != "read" {
		all, err := io.ReadAll(io.LimitReader(in, 16<<20))
		if err != nil {
			return []string{statusCommand, "130"}, nil
		}
		return hereString(args, strings.TrimSuffix(string(all), "\n"), "")
	}
	rest := []string{"read"}
	prompt, hidden := "", false
	for i := 1; i < len(args); i++ {
		switch {
		case args[i] == "-p" && i+1 < len(args):
			i++
			prompt = args[i]
		case args[i] == "-s":
			hidden = true
		case args[i] == "-sp" && i+1 < len(args):
			i++
			prompt, hidden = args[i], true
		default:
			rest = append(rest, args[i])
		}
	}
	var line string
	var err error
	if s.tty != nil {
		line, err = s.tty.ask(ctx, prompt, hidden)
	} else {
		line, err = readLine(in.Read)
	}
	switch {
	case ctx.Err() != nil:
		return []string{statusCommand, "130"}, nil
	case err != nil && line == "":
		return hereString(rest, "", "; false")
	case err != nil:
		return hereString(rest, line, "; false")
	}
	return hereString(rest, line, "")
}

func hereString(args []string, text, after string) ([]string, error) {
	var b strings.Builder
	for _, a := range args {
		q, err := syntax.Quote(a, syntax.LangBash)
		if err != nil {
			return []string{statusCommand, "2"}, nil
		}
		b.WriteString(q + " ")
	}
	q, err := syntax.Quote(strings.ReplaceAll(text, "\x00", ""), syntax.LangBash)
	if err != nil {
		return []string{statusCommand, "1"}, nil
	}
	return []string{"eval", b.String() + "<<< " + q + after}, nil
}
