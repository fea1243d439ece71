package host

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path"
	"strings"

	"mvdan.cc/sh/v3/interp"

	"gatewalk/lab/host/program"
)

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
