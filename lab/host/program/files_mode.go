package program

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

func chmod(_ context.Context, p *Process) (status int) {
	args := p.Args[1:]
	deep := false
	for len(args) > 0 && (args[0] == "-R" || args[0] == "--recursive") {
		deep, args = true, args[1:]
	}
	// Not by parse: "-w" is a mode, not an option.
	switch len(args) {
	case 0:
		return missing(p, "missing operand")
	case 1:
		return missing(p, fmt.Sprintf("missing operand after ‘%s’", args[0]))
	}
	for _, name := range args[1:] {
		status |= each(p, name, deep, func(at string) int {
			i, err := disk(p).Stat(at)
			if err != nil {
				return complain(p, "cannot access '%s': %s", name, why(err))
			}
			mode, ok := newMode(args[0], i.Mode())
			if !ok {
				return missing(p, fmt.Sprintf("invalid mode: ‘%s’", args[0]))
			}
			if err := disk(p).Chmod(at, mode); err != nil {
				return complain(p, "changing permissions of '%s': %s", name, why(err))
			}
			return 0
		})
	}
	return status
}

// each calls f for a file and, where deep, for all below it.
func each(p *Process, name string, deep bool, f func(at string) int) int {
	status := f(abs(p, name))
	if !deep {
		return status
	}
	entries, err := disk(p).ReadDir(abs(p, name))
	if err != nil {
		return status
	}
	for _, e := range entries {
		status |= each(p, path.Join(abs(p, name), e.Name()), deep, f)
	}
	return status
}

// newMode applies a mode as chmod takes it, "0400" or "u+x,go-rwx", to old.
func newMode(text string, old fs.FileMode) (fs.FileMode, bool) {
	if n, err := strconv.ParseUint(text, 8, 12); err == nil {
		mode := fs.FileMode(n & 0o777)
		if n&0o1000 != 0 {
			mode |= fs.ModeSticky
		}
		return mode, true
	}
	mode := old
	for clause := range strings.SplitSeq(text, ",") {
		i := strings.IndexAny(clause, "+-=")
		if i < 0 {
			return 0, false
		}
		var who fs.FileMode
		for _, c := range clause[:i] {
			switch c {
			case 'u':
				who |= 0o700
			case 'g':
				who |= 0o070
			case 'o':
				who |= 0o007
			case 'a':
				who |= 0o777
			default:
				return 0, false
			}
		}
		if who == 0 {
			who = 0o777
		}
		var bits, sticky fs.FileMode
		for _, c := range clause[i+1:] {
			switch c {
			case 'r':
				bits |= 0o444
			case 'w':
				bits |= 0o222
			case 'x':
				bits |= 0o111
			case 'X':
				if old.IsDir() || old&0o111 != 0 {
					bits |= 0o111
				}
			case 't':
				sticky = fs.ModeSticky
			default:
				return 0, false
			}
		}
		switch clause[i] {
		case '+':
			mode |= bits&who | sticky
		case '-':
			mode &^= bits&who | sticky
		case '=':
			mode = mode&^who | bits&who
		}
	}
	return mode, true
}

func chown(_ context.Context, p *Process) (status int) {
	g, names, ok := parse(p, "R", map[string]rune{"recursive": 'R'})
	if !ok {
		return 1
	}
	if len(names) < 2 {
		return missing(p, "missing operand")
	}
	owner, group, both := strings.Cut(names[0], ":")
	for _, name := range names[1:] {
		status |= each(p, name, g.has('R'), func(at string) int {
			i, err := disk(p).Stat(at)
			if err != nil {
				return complain(p, "cannot access '%s': %s", name, why(err))
			}
			o := i.(interface{ Uid() uint32 }).Uid()
			gr := i.(interface{ Gid() uint32 }).Gid()
			if owner != "" {
				if o, ok = userNumber(owner); !ok {
					return complain(p, "invalid user: ‘%s’", names[0])
				}
			}
			if both && group != "" {
				if gr, ok = userNumber(group); !ok {
					return complain(p, "invalid group: ‘%s’", names[0])
				}
			} else if both {
				gr = o
			}
			if err := disk(p).Chown(at, o, gr); err != nil {
				return complain(p, "changing ownership of '%s': %s", name, why(err))
			}
			return 0
		})
	}
	return status
}
