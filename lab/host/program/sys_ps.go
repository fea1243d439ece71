package program

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

func ps(_ context.Context, p *Process) int {
	flags := strings.ReplaceAll(strings.Join(p.Args[1:], ""), "-", "")
	if rest := strings.Trim(flags, "aefux"); rest != "" {
		return complain(p, "unsupported option '%s' on this host (-e, -f and aux are there)", rest)
	}
	all := strings.ContainsAny(flags, "aex")
	mine := "?"
	for _, r := range p.Processes() {
		if r.PID == p.PID {
			mine = r.TTY
		}
	}
	switch {
	case strings.Contains(flags, "u"):
		fmt.Fprintln(p.Stdout, "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND")
	case strings.Contains(flags, "f"):
		fmt.Fprintln(p.Stdout, "UID          PID    PPID  C STIME TTY          TIME CMD")
	default:
		fmt.Fprintln(p.Stdout, "    PID TTY          TIME CMD")
	}
	for _, r := range p.Processes() {
		if !all && (r.TTY != mine || r.User != userName(uid(p)) && r.PID != p.PID) {
			continue
		}
		start := r.Started.UTC().Format("15:04")
		line := strings.Join(r.Args, " ")
		switch {
		case strings.Contains(flags, "u"):
			fmt.Fprintf(p.Stdout, "%-8s %7d  0.0  0.4 %6d %5d %-8s %-4s %s   0:00 %s\n", r.User, r.PID, 223000, 4200, r.TTY, "S", start, line)
		case strings.Contains(flags, "f"):
			fmt.Fprintf(p.Stdout, "%-8s %7d %7d  0 %s %-8s 00:00:00 %s\n", r.User, r.PID, 1, start, r.TTY, line)
		default:
			fmt.Fprintf(p.Stdout, "%7d %-8s 00:00:00 %s\n", r.PID, r.TTY, baseOf(r.Args[0]))
		}
	}
	return 0
}

func baseOf(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// kill interrupts processes; every signal ends them the same way here.
func kill(_ context.Context, p *Process) (status int) {
	args := p.Args[1:]
	if len(args) > 1 && args[0] == "-s" {
		args = args[2:]
	} else if len(args) > 0 && strings.HasPrefix(args[0], "-") {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(p.Stderr, "kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]")
		return 2
	}
	for _, a := range args {
		pid, err := strconv.Atoi(a)
		if err != nil {
			status = complain(p, "%s: arguments must be process or job IDs", a)
			continue
		}
		if p.Kill(pid) {
			continue
		}
		reason := "No such process"
		for _, r := range p.Processes() {
			if r.PID == pid {
				reason = "Operation not permitted"
			}
		}
		status = complain(p, "(%d) - %s", pid, reason)
	}
	return status
}
