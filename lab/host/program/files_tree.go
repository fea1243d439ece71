package program

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	"gatewalk/lab/host/memfs"
)

func filePrograms() map[string]Func {
	return map[string]Func{
		"ls": ls, "mkdir": mkdir, "rmdir": rmdir, "rm": rm, "cp": cp, "mv": mv, "touch": touch,
		"chmod": chmod, "chown": chown, "stat": stat, "df": df, "du": du, "dd": dd, "truncate": truncate, "find": find,
	}
}

// missing prints what coreutils print when an operand is wanting.
func missing(p *Process, what string) int {
	complain(p, "%s", what)
	fmt.Fprintf(p.Stderr, "Try '%s --help' for more information.\n", base(p))
	return 1
}

func mkdir(_ context.Context, p *Process) (status int) {
	g, names, ok := parse(p, "pvm:", map[string]rune{"parents": 'p', "verbose": 'v', "mode": 'm'})
	if !ok {
		return 1
	}
	if len(names) == 0 {
		return missing(p, "missing operand")
	}
	mode, err := strconv.ParseUint(g.last('m', "755"), 8, 12)
	if err != nil {
		return complain(p, "invalid mode: '%s'", g.last('m', ""))
	}
	for _, name := range names {
		at := abs(p, name)
		if g.has('p') {
			err = mkdirAll(p, at, fs.FileMode(mode))
		} else {
			err = disk(p).Mkdir(at, fs.FileMode(mode))
		}
		if err != nil {
			status = complain(p, "cannot create directory ‘%s’: %s", name, why(err))
		} else if g.has('v') {
			fmt.Fprintf(p.Stdout, "mkdir: created directory '%s'\n", name)
		}
	}
	return status
}

func mkdirAll(p *Process, at string, mode fs.FileMode) error {
	if i, err := disk(p).Stat(at); err == nil {
		if i.IsDir() {
			return nil
		}
		return memfs.EEXIST
	}
	if dir := path.Dir(at); dir != at {
		if err := mkdirAll(p, dir, 0o755); err != nil {
			return err
		}
	}
	return disk(p).Mkdir(at, mode)
}

func rmdir(_ context.Context, p *Process) (status int) {
	_, names, ok := parse(p, "", nil)
	if !ok {
		return 1
	}
	if len(names) == 0 {
		return missing(p, "missing operand")
	}
	for _, name := range names {
		i, err := disk(p).Stat(abs(p, name))
		if err == nil && !i.IsDir() {
			err = memfs.ENOTDIR
		}
		if err == nil {
			err = disk(p).Remove(abs(p, name))
		}
		if err != nil {
			status = complain(p, "failed to remove '%s': %s", name, why(err))
		}
	}
	return status
}

func rm(ctx context.Context, p *Process) (status int) {
	g, names, ok := parse(p, "rRfvid", map[string]rune{"recursive": 'r', "force": 'f', "verbose": 'v'})
	if !ok {
		return 1
	}
	if len(names) == 0 && !g.has('f') {
		return missing(p, "missing operand")
	}
	deep := g.has('r') || g.has('R')
	for _, name := range names {
		at := abs(p, name)
		if at == "/" && deep {
			complain(p, "it is dangerous to operate recursively on '/'")
			status = complain(p, "use --no-preserve-root to override this failsafe")
			continue
		}
		i, err := disk(p).Stat(at)
		switch {
		case errors.Is(err, fs.ErrNotExist) && g.has('f'):
			continue
		case err == nil && i.IsDir() && !deep:
			err = memfs.EISDIR
		case err == nil:
			err = removeAll(ctx, p, at)
		}
		if err != nil {
			status = complain(p, "cannot remove '%s': %s", name, why(err))
		} else if g.has('v') {
			fmt.Fprintf(p.Stdout, "removed '%s'\n", name)
		}
	}
	return status
}

func removeAll(ctx context.Context, p *Process, at string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if i, err := disk(p).Stat(at); err == nil && i.IsDir() {
		entries, err := disk(p).ReadDir(at)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := removeAll(ctx, p, path.Join(at, e.Name())); err != nil {
				return err
			}
		}
	}
	return disk(p).Remove(at)
}

// targets splits the operands of cp and mv: where each source goes.
func targets(p *Process, names []string) (pairs [][2]string, status int) {
	switch len(names) {
	case 0:
		return nil, missing(p, "missing file operand")
	case 1:
		return nil, missing(p, fmt.Sprintf("missing destination file operand after '%s'", names[0]))
	}
	to := names[len(names)-1]
	i, err := disk(p).Stat(abs(p, to))
	into := err == nil && i.IsDir()
	if len(names) > 2 && !into {
		if err == nil {
			err = memfs.ENOTDIR
		}
		return nil, complain(p, "target '%s': %s", to, why(err))
	}
	for _, from := range names[:len(names)-1] {
		dest := to
		if into {
			dest = strings.TrimSuffix(to, "/") + "/" + path.Base(abs(p, from))
		}
		pairs = append(pairs, [2]string{from, dest})
	}
	return pairs, 0
}

func cp(ctx context.Context, p *Process) int {
	g, names, ok := parse(p, "rRapfvi", map[string]rune{"recursive": 'r', "archive": 'a', "verbose": 'v', "force": 'f'})
	if !ok {
		return 1
	}
	pairs, status := targets(p, names)
	for _, pair := range pairs {
		status |= copyTree(ctx, p, g, pair[0], pair[1])
	}
	return status
}

func copyTree(ctx context.Context, p *Process, g given, from, to string) (status int) {
	info, err := disk(p).Stat(abs(p, from))
	if err != nil {
		return complain(p, "cannot stat '%s': %s", from, why(err))
	}
	if info.IsDir() {
		if !g.has('r') && !g.has('R') && !g.has('a') {
			return complain(p, "-r not specified; omitting directory '%s'", from)
		}
		if strings.HasPrefix(abs(p, to)+"/", abs(p, from)+"/") {
			return complain(p, "cannot copy a directory, '%s', into itself, '%s'", from, to)
		}
		if err := disk(p).Mkdir(abs(p, to), info.Mode().Perm()); err != nil && !errors.Is(err, fs.ErrExist) {
			return complain(p, "cannot create directory '%s': %s", to, why(err))
		}
		entries, err := disk(p).ReadDir(abs(p, from))
		if err != nil {
			return complain(p, "cannot access '%s': %s", from, why(err))
		}
		for _, e := range entries {
			status |= copyTree(ctx, p, g, from+"/"+e.Name(), to+"/"+e.Name())
		}
		return status
	}
	if abs(p, from) == abs(p, to) {
		return complain(p, "'%s' and '%s' are the same file", from, to)
	}
	in, err := open(ctx, p, from)
	if err != nil {
		return complain(p, "cannot open '%s' for reading: %s", from, why(err))
	}
	out, err := disk(p).OpenFile(abs(p, to), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, info.Mode().Perm())
	if err != nil {
		return complain(p, "cannot create regular file '%s': %s", to, why(err))
	}
	if _, err := io.Copy(out, in); err != nil {
		return complain(p, "error writing '%s': %s", to, why(err))
	}
	if g.has('p') || g.has('a') {
		disk(p).Chmod(abs(p, to), info.Mode())
		disk(p).Chtimes(abs(p, to), info.ModTime())
	}
	if g.has('v') {
		fmt.Fprintf(p.Stdout, "'%s' -> '%s'\n", from, to)
	}
	return 0
}

func mv(_ context.Context, p *Process) int {
	g, names, ok := parse(p, "fvin", map[string]rune{"force": 'f', "verbose": 'v'})
	if !ok {
		return 1
	}
	pairs, status := targets(p, names)
	for _, pair := range pairs {
		from, to := pair[0], pair[1]
		if _, err := disk(p).Stat(abs(p, from)); err != nil {
			status = complain(p, "cannot stat '%s': %s", from, why(err))
		} else if abs(p, from) == abs(p, to) {
			status = complain(p, "'%s' and '%s' are the same file", from, to)
		} else if err := disk(p).Rename(abs(p, from), abs(p, to)); err != nil {
			status = complain(p, "cannot move '%s' to '%s': %s", from, to, why(err))
		} else if g.has('v') {
			fmt.Fprintf(p.Stdout, "renamed '%s' -> '%s'\n", from, to)
		}
	}
	return status
}

func touch(_ context.Context, p *Process) (status int) {
	g, names, ok := parse(p, "camd:r:t:", map[string]rune{"no-create": 'c'})
	if !ok {
		return 1
	}
	if len(names) == 0 {
		return missing(p, "missing file operand")
	}
	if g.has('d') || g.has('r') || g.has('t') {
		return complain(p, "setting a time other than now is not supported on this host")
	}
	for _, name := range names {
		at := abs(p, name)
		_, err := disk(p).Stat(at)
		switch {
		case err == nil:
			err = disk(p).Chtimes(at, p.Clock.Now())
		case g.has('c'):
			continue
		default:
			err = disk(p).WriteFile(at, nil, 0o644)
		}
		if err != nil {
			status = complain(p, "cannot touch '%s': %s", name, why(err))
		}
	}
	return status
}
