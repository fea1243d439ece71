package program

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"gatewalk/lab/host/memfs"
)

func stat(_ context.Context, p *Process) (status int) {
	g, names, ok := parse(p, "c:", map[string]rune{"format": 'c'})
	if !ok {
		return 1
	}
	if len(names) == 0 {
		return missing(p, "missing operand")
	}
	for _, name := range names {
		fi, err := disk(p).Stat(abs(p, name))
		if err != nil {
			status = complain(p, "cannot statx '%s': %s", name, why(err))
			continue
		}
		i := fi.(*memfs.Info)
		if g.has('c') {
			fmt.Fprintln(p.Stdout, statFormat(g.last('c', ""), name, i))
			continue
		}
		kind := statKind(i)
		when := i.ModTime().UTC().Format("2006-01-02 15:04:05.000000000 -0700")
		fmt.Fprintf(p.Stdout, "  File: %s\n  Size: %-10d\tBlocks: %-10d IO Block: 4096   %s\n", name, i.Size(), 2*blocks(i), kind)
		fmt.Fprintf(p.Stdout, "Device: 259,1\tInode: %-11d Links: %d\n", i.Inode(), i.Links())
		fmt.Fprintf(p.Stdout, "Access: (%04o/%s)  Uid: (%5d/%8s)   Gid: (%5d/%8s)\n", i.Mode().Perm(), modeString(i.Mode()),
			i.Uid(), userName(i.Uid()), i.Gid(), userName(i.Gid()))
		fmt.Fprintf(p.Stdout, "Access: %s\nModify: %s\nChange: %s\n Birth: -\n", when, when, when)
	}
	return status
}

func statKind(i *memfs.Info) string {
	switch {
	case i.IsDir():
		return "directory"
	case i.Mode()&fs.ModeDevice != 0:
		return "character special file"
	case i.Size() == 0:
		return "regular empty file"
	}
	return "regular file"
}

func statFormat(format, name string, i *memfs.Info) string {
	var b strings.Builder
	for k := 0; k < len(format); k++ {
		if format[k] != '%' || k+1 == len(format) {
			b.WriteByte(format[k])
			continue
		}
		k++
		switch format[k] {
		case 'n':
			b.WriteString(name)
		case 's':
			fmt.Fprint(&b, i.Size())
		case 'a':
			fmt.Fprintf(&b, "%o", i.Mode().Perm())
		case 'A':
			b.WriteString(modeString(i.Mode()))
		case 'u':
			fmt.Fprint(&b, i.Uid())
		case 'g':
			fmt.Fprint(&b, i.Gid())
		case 'U':
			b.WriteString(userName(i.Uid()))
		case 'G':
			b.WriteString(userName(i.Gid()))
		case 'F':
			b.WriteString(statKind(i))
		case 'h':
			fmt.Fprint(&b, i.Links())
		case 'i':
			fmt.Fprint(&b, i.Inode())
		case 'Y':
			fmt.Fprint(&b, i.ModTime().Unix())
		case 'y':
			b.WriteString(i.ModTime().UTC().Format("2006-01-02 15:04:05.000000000 -0700"))
		case '%':
			b.WriteByte('%')
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}

func df(_ context.Context, p *Process) int {
	g, _, ok := parse(p, "hk", map[string]rune{"human-readable": 'h'})
	if !ok {
		return 1
	}
	used, limit := disk(p).Usage()
	rows := [2][4]string{
		{"1K-blocks", "Used", "Available", "Use%"},
		{fmt.Sprint(limit >> 10), fmt.Sprint((used + 1023) >> 10), fmt.Sprint((limit - used) >> 10), fmt.Sprintf("%d%%", (used*100+limit-1)/limit)},
	}
	if g.has('h') {
		rows[0][0], rows[0][2] = "Size", "Avail"
		rows[1] = [4]string{human(limit), human(used), human(limit - used), rows[1][3]}
	}
	width := [4]int{5, 5, 5, 4}
	for _, row := range rows {
		for c, cell := range row {
			width[c] = max(width[c], len(cell))
		}
	}
	for i, row := range rows {
		source, mount := "Filesystem", "Mounted on"
		if i > 0 {
			source, mount = "/dev/nvme0n1p1", "/"
		}
		fmt.Fprintf(p.Stdout, "%-14s %*s %*s %*s %*s %s\n", source, width[0], row[0], width[1], row[1], width[2], row[2], width[3], row[3], mount)
	}
	return 0
}

func du(ctx context.Context, p *Process) (status int) {
	g, names, ok := parse(p, "shab", map[string]rune{"summarize": 's', "human-readable": 'h'})
	if !ok {
		return 1
	}
	if len(names) == 0 {
		names = []string{"."}
	}
	print := func(kib int64, name string) {
		size := fmt.Sprint(kib)
		if g.has('h') {
			size = human(kib << 10)
		}
		fmt.Fprintf(p.Stdout, "%s\t%s\n", size, name)
	}
	var walk func(name string, top bool) int64
	walk = func(name string, top bool) int64 {
		i, err := disk(p).Stat(abs(p, name))
		if err != nil || ctx.Err() != nil {
			status = complain(p, "cannot access '%s': %s", name, why(err))
			return 0
		}
		sum := blocks(i.(*memfs.Info))
		entries, _ := disk(p).ReadDir(abs(p, name))
		for _, e := range entries {
			sum += walk(strings.TrimSuffix(name, "/")+"/"+e.Name(), false)
		}
		if top || !g.has('s') && (i.IsDir() || g.has('a')) {
			print(sum, name)
		}
		return sum
	}
	for _, name := range names {
		walk(name, true)
	}
	return status
}

// sizeSuffix reads "10", "4k", "1M", "256MiB", "1GB" as dd and truncate do.
func sizeSuffix(s string) (int64, bool) {
	digits := strings.TrimRight(s, "kKMGTiBcwb")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, false
	}
	unit := int64(1)
	suffix := s[len(digits):]
	step := int64(1024)
	if len(suffix) == 2 && suffix[1] == 'B' {
		step = 1000
	}
	switch strings.TrimSuffix(strings.TrimSuffix(suffix, "B"), "i") {
	case "", "c":
		if suffix == "b" {
			unit = 512
		}
	case "b":
		unit = 512
	case "w":
		unit = 2
	case "k", "K":
		unit = step
	case "M":
		unit = step * step
	case "G":
		unit = step * step * step
	default:
		return 0, false
	}
	if n < 0 || n > 1<<40/unit {
		return 0, false
	}
	return n * unit, true
}

func truncate(_ context.Context, p *Process) (status int) {
	g, names, ok := parse(p, "s:c", map[string]rune{"size": 's', "no-create": 'c'})
	if !ok {
		return 1
	}
	if !g.has('s') {
		return missing(p, "you must specify either ‘--size’ or ‘--reference’")
	}
	size, ok := sizeSuffix(g.last('s', ""))
	if !ok {
		return complain(p, "Invalid number: ‘%s’", g.last('s', ""))
	}
	if len(names) == 0 {
		return missing(p, "missing file operand")
	}
	for _, name := range names {
		f, err := disk(p).OpenFile(abs(p, name), os.O_WRONLY|os.O_CREATE, 0o644)
		if err == nil {
			err = f.Truncate(size)
		}
		if err != nil {
			status = complain(p, "cannot open '%s' for writing: %s", name, why(err))
		}
	}
	return status
}

func dd(ctx context.Context, p *Process) int {
	o := map[string]string{"bs": "512"}
	for _, arg := range p.Args[1:] {
		k, v, ok := strings.Cut(arg, "=")
		switch {
		case !ok:
			return missing(p, fmt.Sprintf("unrecognized operand ‘%s’", arg))
		case k == "if" || k == "of" || k == "bs" || k == "count" || k == "status" || k == "conv" || k == "oflag":
			o[k] = v
		default:
			return missing(p, fmt.Sprintf("unrecognized operand ‘%s’", arg))
		}
	}
	bs, ok := sizeSuffix(o["bs"])
	if !ok || bs <= 0 || bs > 64<<20 {
		return complain(p, "invalid number: ‘%s’", o["bs"])
	}
	count := int64(-1)
	if v, has := o["count"]; has {
		if count, ok = sizeSuffix(v); !ok {
			return complain(p, "invalid number: ‘%s’", v)
		}
	}
	in := io.Reader(p.Stdin)
	if name := o["if"]; name != "" {
		f, err := open(ctx, p, name)
		if err != nil {
			return complain(p, "failed to open '%s': %s", name, why(err))
		}
		in = f
	}
	out := io.Writer(p.Stdout)
	if name := o["of"]; name != "" {
		f, err := disk(p).OpenFile(abs(p, name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
		if err != nil {
			return complain(p, "failed to open '%s': %s", name, why(err))
		}
		out = f
	}
	start := p.Clock.Now()
	var full, part, total int64
	status := 0
	block := make([]byte, bs)
	for n := int64(0); n != count && ctx.Err() == nil; n++ {
		got, err := io.ReadFull(in, block)
		if got > 0 {
			m, werr := out.Write(block[:got])
			total += int64(m)
			if werr != nil {
				status = complain(p, "error writing '%s': %s", o["of"], why(werr))
				break
			}
		}
		if int64(got) == bs {
			full++
		} else if got > 0 {
			part++
		}
		if err != nil {
			break
		}
	}
	if o["status"] != "none" {
		secs := max(p.Clock.Now().Sub(start), time.Microsecond).Seconds()
		fmt.Fprintf(p.Stderr, "%d+%d records in\n%d+%d records out\n", full, part, full, part)
		fmt.Fprintf(p.Stderr, "%s copied, %s s, %s/s\n", ddBytes(total), strconv.FormatFloat(secs, 'g', 6, 64), decimal(float64(total)/secs))
	}
	return status
}

// ddBytes is "268435456 bytes (268 MB, 256 MiB)".
func ddBytes(n int64) string {
	switch {
	case n == 1:
		return "1 byte"
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1024:
		return fmt.Sprintf("%d bytes (%s)", n, decimal(float64(n)))
	}
	return fmt.Sprintf("%d bytes (%s, %s)", n, decimal(float64(n)), scaled(float64(n), 1024, []string{"B", "KiB", "MiB", "GiB", "TiB"}))
}

func decimal(n float64) string {
	return scaled(n, 1000, []string{"B", "kB", "MB", "GB", "TB"})
}

func scaled(n, step float64, units []string) string {
	i := 0
	for n >= step && i < len(units)-1 {
		n /= step
		i++
	}
	if n < 10 && i > 0 {
		return fmt.Sprintf("%.1f %s", n, units[i])
	}
	return fmt.Sprintf("%.0f %s", n, units[i])
}

// find knows -name, -type and -maxdepth.
func find(ctx context.Context, p *Process) (status int) {
	args := p.Args[1:]
	var from []string
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		from, args = append(from, args[0]), args[1:]
	}
	if len(from) == 0 {
		from = []string{"."}
	}
	pattern, kind, depth := "*", "", 1<<30
	for len(args) > 0 {
		if len(args) == 1 && args[0] != "-print" {
			return complain(p, "missing argument to `%s'", args[0])
		}
		switch args[0] {
		case "-print":
			args = args[1:]
			continue
		case "-name":
			pattern = args[1]
		case "-type":
			kind = args[1]
		case "-maxdepth":
			n, err := strconv.Atoi(args[1])
			if err != nil {
				return complain(p, "Expected a positive decimal integer argument to -maxdepth, but got ‘%s’", args[1])
			}
			depth = n
		default:
			return complain(p, "unknown predicate `%s' on this host (it has -name, -type and -maxdepth)", args[0])
		}
		args = args[2:]
	}
	out := newOutput(p)
	defer out.Flush()
	var walk func(name string, level int)
	walk = func(name string, level int) {
		i, err := disk(p).Stat(abs(p, name))
		if err != nil || ctx.Err() != nil {
			status = complain(p, "‘%s’: %s", name, why(err))
			return
		}
		if ok, _ := path.Match(pattern, path.Base(name)); ok && (kind == "" || kind == "d" == i.IsDir() && (kind != "f" || i.Mode().IsRegular())) {
			out.line(name)
		}
		if !i.IsDir() || level >= depth {
			return
		}
		entries, err := disk(p).ReadDir(abs(p, name))
		if err != nil {
			status = complain(p, "‘%s’: %s", name, why(err))
		}
		for _, e := range entries {
			walk(strings.TrimSuffix(name, "/")+"/"+e.Name(), level+1)
		}
	}
	for _, name := range from {
		walk(name, 0)
	}
	return status
}
