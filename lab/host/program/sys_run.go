package program

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// runPrograms are those that run another program.
func runPrograms() map[string]Func {
	return map[string]Func{
		"sudo": sudo, "su": su, "timeout": timeout, "env": env, "xargs": xargs, "nohup": nohup, "which": which, "watch": watch,
	}
}

// spawn runs args as a child with the same streams; change may alter it first.
func spawn(ctx context.Context, p *Process, args []string, change func(*Process)) int {
	child := *p
	child.Args = args
	if change != nil {
		change(&child)
	}
	return p.Spawn(ctx, &child)
}

func sudo(ctx context.Context, p *Process) int {
	args := p.Args[1:]
	user, login := "root", false
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		switch flag := args[0]; flag {
		case "-i", "-s", "--login", "--shell":
			login = true
		case "-n", "-E", "-H", "-k", "-S", "--non-interactive", "--preserve-env":
		case "-u", "--user":
			if len(args) < 2 {
				return complain(p, "option requires an argument -- 'u'")
			}
			user, args = args[1], args[1:]
		case "-v":
			return 0
		case "-l":
			fmt.Fprintf(p.Stdout, "User %s may run the following commands on %s:\n    (ALL) ALL\n    (ALL) NOPASSWD: ALL\n",
				userName(uid(p)), strings.Split(p.Hostname, ".")[0])
			return 0
		case "--":
		default:
			return complain(p, "invalid option -- '%s'", strings.TrimLeft(flag, "-"))
		}
		args = args[1:]
	}
	n, ok := userNumber(user)
	if !ok {
		complain(p, "unknown user %s", user)
		return complain(p, "error initializing audit plugin sudoers_audit")
	}
	for len(args) > 0 && strings.Contains(args[0], "=") { // sudo NAME=VALUE command
		name, value, _ := strings.Cut(args[0], "=")
		q := *p
		withEnv(&q, []string{name + "=" + value})
		p, args = &q, args[1:]
	}
	switch {
	case len(args) == 0 && !login:
		fmt.Fprintln(p.Stderr, "usage: sudo -h | -K | -k | -V\nusage: sudo -v [-n] [-u user]\nusage: sudo -l [-n] [-u user]\nusage: sudo [-in] [-u user] [VAR=value] [command [arg ...]]")
		return 1
	case len(args) == 0:
		args = []string{"bash", "-l"}
	case login:
		args = []string{"bash", "-c", strings.Join(args, " ")}
	}
	if _, ok := p.Lookup(args[0]); !ok {
		return complain(p, "%s: command not found", args[0])
	}
	return spawn(ctx, p, args, func(c *Process) {
		c.Root = n == 0
		home := "/home/ec2-user"
		if c.Root {
			home = "/root"
		}
		if login {
			c.Dir = home
		}
		withEnv(c, []string{"USER=" + user, "LOGNAME=" + user, "HOME=" + home, "SUDO_USER=" + userName(uid(p)), "SUDO_UID=" + fmt.Sprint(uid(p))})
	})
}

// su lets root become anyone; another user has no password to give.
func su(ctx context.Context, p *Process) int {
	if !p.Root {
		if p.Prompt != nil {
			p.Prompt("Password: ", true)
		}
		return complain(p, "Authentication failure")
	}
	user, args := "root", []string{"bash", "-l"}
	for i := 1; i < len(p.Args); i++ {
		switch a := p.Args[i]; {
		case a == "-" || a == "-l":
		case a == "-c" && i+1 < len(p.Args):
			i++
			args = []string{"bash", "-c", p.Args[i]}
		default:
			user = a
		}
	}
	n, ok := userNumber(user)
	if !ok {
		return complain(p, "user %s does not exist or the user entry does not contain all the required fields", user)
	}
	return spawn(ctx, p, args, func(c *Process) {
		c.Root = n == 0
		withEnv(c, []string{"USER=" + user, "LOGNAME=" + user})
	})
}

// withEnv gives a process variables of its own over those of its parent.
func withEnv(p *Process, pairs []string) {
	get, all := p.Getenv, p.Environ
	own := map[string]string{}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		own[name] = value
	}
	p.Getenv = func(name string) string {
		if v, ok := own[name]; ok {
			return v
		}
		return get(name)
	}
	p.Environ = func() []string {
		var out []string
		for _, pair := range all() {
			name, _, _ := strings.Cut(pair, "=")
			if _, ok := own[name]; !ok {
				out = append(out, pair)
			}
		}
		return append(out, pairs...)
	}
	p.Setenv = func(name, value string) { own[name] = value }
}

func timeout(ctx context.Context, p *Process) int {
	args, end := p.Args[1:], ErrTerminated
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		if args[0] == "-s" && len(args) > 1 && strings.HasSuffix(args[1], "INT") {
			end = nil
		}
		if (args[0] == "-s" || args[0] == "-k") && len(args) > 1 {
			args = args[1:]
		}
		args = args[1:]
	}
	if len(args) < 2 {
		missing(p, "missing operand")
		return 125
	}
	d, ok := duration(args[0])
	if !ok {
		missing(p, "invalid time interval ‘"+args[0]+"’")
		return 125
	}
	if _, ok := p.Lookup(args[1]); !ok {
		complain(p, "failed to run command ‘%s’: No such file or directory", args[1])
		return 127
	}
	if d == 0 {
		return spawn(ctx, p, args[1:], nil)
	}
	limited, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	expired := make(chan struct{})
	timer := time.AfterFunc(p.Clock.Real(d), func() { close(expired); cancel(end) })
	status := spawn(limited, p, args[1:], nil)
	if timer.Stop() {
		return status
	}
	<-expired
	return 124
}

func env(ctx context.Context, p *Process) int {
	args := p.Args[1:]
	var pairs []string
	child := *p
	for len(args) > 0 {
		if args[0] == "-i" || args[0] == "-" {
			child.Getenv = func(string) string { return "" }
			child.Environ = func() []string { return nil }
		} else if strings.Contains(args[0], "=") {
			pairs = append(pairs, args[0])
		} else {
			break
		}
		args = args[1:]
	}
	withEnv(&child, pairs)
	if len(args) == 0 {
		for _, pair := range child.Environ() {
			fmt.Fprintln(p.Stdout, pair)
		}
		return 0
	}
	if _, ok := p.Lookup(args[0]); !ok {
		complain(p, "‘%s’: No such file or directory", args[0])
		return 127
	}
	child.Args = args
	return p.Spawn(ctx, &child)
}

func nohup(ctx context.Context, p *Process) int {
	if len(p.Args) < 2 {
		missing(p, "missing operand")
		return 125
	}
	if _, ok := p.Lookup(p.Args[1]); !ok {
		complain(p, "failed to run command ‘%s’: No such file or directory", p.Args[1])
		return 127
	}
	return spawn(ctx, p, p.Args[1:], nil)
}

func which(_ context.Context, p *Process) (status int) {
	_, names, ok := parse(p, "a", nil)
	if !ok {
		return 2
	}
	for _, name := range names {
		if at, ok := p.Lookup(name); ok {
			fmt.Fprintln(p.Stdout, at)
			continue
		}
		fmt.Fprintf(p.Stderr, "/usr/bin/which: no %s in (%s)\n", name, p.Getenv("PATH"))
		status = 1
	}
	return status
}

func xargs(ctx context.Context, p *Process) int {
	args := p.Args[1:]
	most, replace, nul := 5000, "", false
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		if flag := args[0]; len(flag) > 2 && (flag[1] == 'I' || flag[1] == 'n') {
			args = append([]string{flag[:2], flag[2:]}, args[1:]...)
		}
		switch {
		case args[0] == "-n" && len(args) > 1:
			n, err := strconv.Atoi(args[1])
			if err != nil || n < 1 {
				return complain(p, "invalid number \"%s\" for -n option", args[1])
			}
			most, args = n, args[1:]
		case args[0] == "-I" && len(args) > 1:
			replace, args = args[1], args[1:]
		case args[0] == "-0":
			nul = true
		case args[0] == "-r":
		default:
			return complain(p, "invalid option -- '%s'", strings.TrimLeft(args[0], "-"))
		}
		args = args[1:]
	}
	if len(args) == 0 {
		args = []string{"echo"}
	}
	if _, ok := p.Lookup(args[0]); !ok {
		complain(p, "%s: No such file or directory", args[0])
		return 127
	}
	all, err := whole(p.Stdin)
	switch {
	case ctx.Err() != nil:
		return 130
	case err != nil:
		return complain(p, "%s", why(err))
	}
	items := strings.Fields(string(all))
	switch {
	case nul:
		items = strings.Split(strings.TrimSuffix(string(all), "\x00"), "\x00")
	case replace != "":
		items = strings.Split(strings.TrimSuffix(string(all), "\n"), "\n")
		most = 1
	}
	status := 0
	for len(items) > 0 && ctx.Err() == nil {
		batch := items[:min(most, len(items))]
		items = items[len(batch):]
		full := append([]string{}, args...)
		if replace == "" {
			full = append(full, batch...)
		} else {
			for i := range full {
				full[i] = strings.ReplaceAll(full[i], replace, batch[0])
			}
		}
		if s := spawn(ctx, p, full, func(c *Process) { c.Stdin = strings.NewReader("") }); s != 0 {
			status = 123
		}
	}
	return status
}

// watch runs a command every two seconds and shows its first screenful.
func watch(ctx context.Context, p *Process) int {
	args := p.Args[1:]
	every := 2 * time.Second
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		if args[0] == "-n" && len(args) > 1 {
			d, ok := duration(args[1])
			if !ok || d < 100*time.Millisecond {
				return complain(p, "failed to parse argument: '%s'", args[1])
			}
			every, args = d, args[1:]
		}
		args = args[1:]
	}
	if len(args) == 0 {
		return missing(p, "missing command")
	}
	line := strings.Join(args, " ")
	rows := 24
	if p.Terminal != nil {
		if _, r := p.Terminal.Size(); r > 0 {
			rows = r
		}
	}
	for {
		var out shared
		spawn(ctx, p, []string{"bash", "-c", line}, func(c *Process) {
			c.Stdout, c.Stderr, c.Stdin, c.Tty = &out, &out, strings.NewReader(""), false
		})
		if ctx.Err() != nil {
			return 130
		}
		shown := strings.Split(out.text(), "\n")
		fmt.Fprintf(p.Stdout, "\x1b[H\x1b[2JEvery %.1fs: %s    %s\n\n%s", every.Seconds(), line,
			p.Clock.Now().UTC().Format("Mon Jan _2 15:04:05 2006"), strings.Join(shown[:min(len(shown), max(1, rows-3))], "\n"))
		if p.Clock.Sleep(ctx, every) != nil {
			return 130
		}
	}
}

// shared is a buffer that several programs of a pipeline may write to.
type shared struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *shared) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
