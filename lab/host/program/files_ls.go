package program

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"gatewalk/lab/host/memfs"
)

// colour is the letter of --color, which has none that can be typed.
const colour = '\x01'

// listed is one row of ls.
type listed struct {
	name string
	*memfs.Info
}

func ls(_ context.Context, p *Process) int {
	g, names, ok := parse(p, "aAlh1dtSrRFn"+string(colour)+"=", map[string]rune{
		"color": colour, "all": 'a', "almost-all": 'A', "human-readable": 'h', "directory": 'd', "reverse": 'r', "recursive": 'R',
	})
	if !ok {
		return 2
	}
	switch when := g.last(colour, "never"); when {
	case "", "always", "yes", "force":
	case "auto", "tty", "if-tty":
		if term := p.Getenv("TERM"); !p.Tty || term == "" || term == "dumb" {
			delete(g, colour)
		}
	case "never", "no", "none":
		delete(g, colour)
	default:
		complain(p, "invalid argument ‘%s’ for ‘--color’", when)
		fmt.Fprintf(p.Stderr, "Valid arguments are:\n  - ‘always’, ‘yes’, ‘force’\n  - ‘never’, ‘no’, ‘none’\n  - ‘auto’, ‘tty’, ‘if-tty’\nTry '%s --help' for more information.\n", base(p))
		return 2
	}
	if len(names) == 0 {
		names = []string{"."}
	}
	status := 0
	var files, dirs []listed
	for _, name := range names {
		i, err := disk(p).Stat(abs(p, name))
		if err != nil {
			complain(p, "cannot access '%s': %s", name, why(err))
			status = 2
			continue
		}
		row := listed{name, i.(*memfs.Info)}
		if i.IsDir() && !g.has('d') {
			dirs = append(dirs, row)
		} else {
			files = append(files, row)
		}
	}
	out := newOutput(p)
	defer out.Flush()
	show(p, out, g, files)
	for i := 0; i < len(dirs); i++ {
		dir := dirs[i]
		rows, err := list(p, g, dir.name)
		if err != nil {
			out.Flush()
			complain(p, "cannot open directory '%s': %s", dir.name, why(err))
			status = 2
			continue
		}
		if len(names) > 1 || g.has('R') {
			if i > 0 || len(files) > 0 {
				out.line("")
			}
			out.line(dir.name + ":")
		}
		if g.has('l') || g.has('n') {
			var kib int64
			for _, r := range rows {
				kib += blocks(r.Info)
			}
			total := fmt.Sprint(kib)
			if g.has('h') {
				total = human(kib << 10)
			}
			out.line("total " + total)
		}
		show(p, out, g, rows)
		if g.has('R') {
			var below []listed
			for _, r := range rows {
				if r.IsDir() && r.name != "." && r.name != ".." {
					below = append(below, listed{strings.TrimSuffix(dir.name, "/") + "/" + r.name, r.Info})
				}
			}
			dirs = slices.Insert(dirs, i+1, below...)
		}
	}
	return status
}

// list reads a directory as -a and -A want it.
func list(p *Process, g given, dir string) ([]listed, error) {
	at := abs(p, dir)
	entries, err := disk(p).ReadDir(at)
	if err != nil {
		return nil, err
	}
	var rows []listed
	if g.has('a') {
		for _, name := range []string{".", ".."} {
			if i, err := disk(p).Stat(path.Join(at, name)); err == nil {
				rows = append(rows, listed{name, i.(*memfs.Info)})
			}
		}
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") && !g.has('a') && !g.has('A') {
			continue
		}
		if i, err := e.Info(); err == nil {
			rows = append(rows, listed{e.Name(), i.(*memfs.Info)})
		}
	}
	return rows, nil
}

// show prints rows in the form and order asked for.
func show(p *Process, out *output, g given, rows []listed) {
	slices.SortStableFunc(rows, func(a, b listed) int {
		by := 0
		switch {
		case g.has('t'):
			by = b.ModTime().Compare(a.ModTime())
		case g.has('S'):
			by = cmp.Compare(b.Size(), a.Size())
		}
		by = cmp.Or(by, cmp.Compare(a.name, b.name))
		if g.has('r') {
			by = -by
		}
		return by
	})
	texts := make([]string, len(rows))
	reset := "\x1b[0m" // before the first
	for i, r := range rows {
		texts[i] = r.name
		if c := colourOf(r); c != "" && g.has(colour) {
			texts[i] = reset + "\x1b[" + c + "m" + r.name + "\x1b[0m"
			reset = ""
		}
		if g.has('F') && r.IsDir() {
			texts[i] += "/"
		} else if g.has('F') && r.Mode()&0o111 != 0 {
			texts[i] += "*"
		}
	}
	switch {
	case g.has('l') || g.has('n'):
		long(p, out, g, rows, texts)
	case p.Tty && !g.has('1'):
		for _, line := range columns(texts, max(p.Cols, 1)) {
			out.line(line)
		}
	default:
		for _, t := range texts {
			out.line(t)
		}
	}
}

// colourOf is what the LS_COLORS of Amazon Linux give a file.
func colourOf(r listed) string {
	m := r.Mode()
	switch {
	case m.IsDir() && m&fs.ModeSticky != 0 && m&0o002 != 0:
		return "30;42"
	case m.IsDir():
		return "01;34"
	case m&fs.ModeCharDevice != 0:
		return "01;33"
	case m&0o111 != 0:
		return "01;32"
	}
	switch path.Ext(r.name) {
	case ".png", ".jpg", ".jpeg", ".gif", ".svg":
		return "01;35"
	case ".tar", ".gz", ".tgz", ".zip", ".xz":
		return "01;31"
	}
	return ""
}

// long prints the rows of ls -l; each column is as wide as its widest cell.
func long(p *Process, out *output, g given, rows []listed, texts []string) {
	now := p.Clock.Now()
	cells := make([][5]string, len(rows))
	var width [5]int
	for i, r := range rows {
		size := fmt.Sprint(r.Size())
		if g.has('h') {
			size = human(r.Size())
		}
		name := userName
		if g.has('n') {
			name = func(id uint32) string { return fmt.Sprint(id) }
		}
		cells[i] = [5]string{modeString(r.Mode()) + ".", fmt.Sprint(r.Links()), name(r.Uid()), name(r.Gid()), size}
		for c, text := range cells[i] {
			width[c] = max(width[c], len(text))
		}
	}
	for i, r := range rows {
		c := cells[i]
		out.line(fmt.Sprintf("%s %*s %-*s %-*s %*s %s %s", c[0], width[1], c[1], width[2], c[2], width[3], c[3],
			width[4], c[4], lsTime(r.ModTime(), now), texts[i]))
	}
}

// lsTime shows the hour of a time within half a year, else the year.
func lsTime(t, now time.Time) string {
	t = t.UTC()
	if age := now.Sub(t); age < 0 || age > 182*24*time.Hour+12*time.Hour {
		return t.Format("Jan _2  2006")
	}
	return t.Format("Jan _2 15:04")
}

// modeString is the ten letters of ls -l and stat.
func modeString(m fs.FileMode) string {
	kind := "-"
	switch {
	case m.IsDir():
		kind = "d"
	case m&fs.ModeCharDevice != 0:
		kind = "c"
	}
	b := []byte(kind + m.Perm().String()[1:])
	if m&fs.ModeSticky != 0 {
		if b[9] == 'x' {
			b[9] = 't'
		} else {
			b[9] = 'T'
		}
	}
	return string(b)
}

// blocks is the space of a file in units of 1024 bytes, whole pages as on XFS.
func blocks(i *memfs.Info) int64 {
	switch {
	case i.Mode().IsRegular():
		return (i.Size() + 4095) / 4096 * 4
	case i.IsDir():
		return 0 // small directories live in their inode
	}
	return 0
}

// human prints a size as ls -h does: rounded up, one decimal below ten.
func human(n int64) string {
	if n < 1024 {
		return fmt.Sprint(n)
	}
	units := "KMGTPE"
	for i := range units {
		unit := int64(1) << (10 * (i + 1))
		if tenths := (n*10 + unit - 1) / unit; tenths < 100 {
			return fmt.Sprintf("%d.%d%c", tenths/10, tenths%10, units[i])
		}
		if whole := (n + unit - 1) / unit; whole < 1024 {
			return fmt.Sprintf("%d%c", whole, units[i])
		}
	}
	return fmt.Sprint(n)
}

// columns lays names out top to bottom in as many columns as fit.
func columns(names []string, width int) []string {
	for rows := 1; rows < len(names); rows++ {
		cols := (len(names) + rows - 1) / rows
		widths := make([]int, cols)
		total := 0
		for c := range cols {
			for _, n := range names[c*rows : min(len(names), (c+1)*rows)] {
				widths[c] = max(widths[c], ansi.StringWidth(n))
			}
			total += widths[c] + 2
		}
		if total-2 > width {
			continue
		}
		out := make([]string, rows)
		for r := range rows {
			var b strings.Builder
			for c := range cols {
				i := c*rows + r
				if i >= len(names) {
					break
				}
				b.WriteString(names[i])
				if i+rows < len(names) {
					b.WriteString(strings.Repeat(" ", widths[c]+2-ansi.StringWidth(names[i])))
				}
			}
			out[r] = b.String()
		}
		return out
	}
	return names
}
