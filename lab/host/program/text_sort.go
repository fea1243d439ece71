package program

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

func sortLines(ctx context.Context, p *Process) int {
	g, names, ok := parse(p, "nrufhbk:t:o:", map[string]rune{
		"numeric-sort": 'n', "reverse": 'r', "unique": 'u', "ignore-case": 'f', "key": 'k', "human-numeric-sort": 'h',
		"field-separator": 't', "output": 'o',
	})
	if !ok {
		return 2
	}
	first, last := 0, 0
	numeric, reverse := g.has('n'), g.has('r')
	if k := g.last('k', ""); k != "" {
		flags := strings.TrimLeft(k, "0123456789,.")
		numeric, reverse = numeric || strings.Contains(flags, "n"), reverse || strings.Contains(flags, "r")
		from, to, both := strings.Cut(strings.TrimRight(k, "nrbfh"), ",")
		var err error
		if first, err = strconv.Atoi(strings.TrimRight(from, "nrbfh")); err == nil && both {
			last, err = strconv.Atoi(to)
		}
		if err != nil || first < 1 {
			complain(p, "invalid number at field start: invalid count at start of ‘%s’", k)
			return 2
		}
	}
	key := func(line string) string {
		if first == 0 {
			return line
		}
		fields := sortFields(line, g.last('t', ""))
		if first > len(fields) {
			return ""
		}
		end := len(fields)
		if last > 0 {
			end = min(last, end)
		}
		return strings.Join(fields[first-1:max(end, first-1)], "")
	}
	compare := func(a, b string) int {
		x, y := key(a), key(b)
		switch {
		case g.has('h'):
			return cmp.Compare(humanNumber(x), humanNumber(y))
		case numeric:
			return cmp.Compare(leadingNumber(x), leadingNumber(y))
		case g.has('f'):
			return cmp.Compare(strings.ToUpper(x), strings.ToUpper(y))
		}
		return cmp.Compare(x, y)
	}
	var all []string
	status := inputs(ctx, p, names, func(_ string, r io.Reader) error {
		more, err := wholeLines(r)
		all = append(all, more...)
		return err
	})
	slices.SortStableFunc(all, func(a, b string) int {
		by := compare(a, b)
		if by == 0 && !g.has('u') {
			by = cmp.Compare(a, b)
		}
		if reverse {
			by = -by
		}
		return by
	})
	if g.has('u') {
		all = slices.CompactFunc(all, func(a, b string) bool { return compare(a, b) == 0 })
	}
	out := newOutput(p)
	if name := g.last('o', ""); name != "" {
		f, err := disk(p).OpenFile(abs(p, name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
		if err != nil {
			complain(p, "open failed: %s: %s", name, why(err))
			return 2
		}
		out = &output{Writer: bufio.NewWriter(f)}
	}
	defer out.Flush()
	for _, l := range all {
		if out.line(l) != nil {
			break
		}
	}
	return status * 2
}

// sortFields splits a line for sort -k: with a separator, or so that each field
// keeps the blanks before it.
func sortFields(line, sep string) []string {
	if sep != "" {
		return strings.Split(line, sep)
	}
	var fields []string
	for line != "" {
		start := len(line) - len(strings.TrimLeft(line, " \t"))
		end := strings.IndexAny(line[start:], " \t")
		if end < 0 {
			return append(fields, line)
		}
		fields = append(fields, line[:start+end])
		line = line[start+end:]
	}
	return fields
}

// leadingNumber is the number that a text begins with, or 0.
func leadingNumber(s string) float64 {
	s = strings.TrimLeft(s, " \t")
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || s[end] == '.' || end == 0 && s[end] == '-') {
		end++
	}
	n, _ := strconv.ParseFloat(s[:end], 64)
	return n
}

func humanNumber(s string) float64 {
	n := leadingNumber(s)
	rest := strings.TrimLeft(strings.TrimLeft(s, " \t"), "-0123456789.")
	if rest != "" {
		n *= float64(int64(1) << (10 * (1 + max(-1, strings.IndexByte("KMGTPE", rest[0])))))
	}
	return n
}

func uniq(ctx context.Context, p *Process) int {
	g, names, ok := parse(p, "cdui", map[string]rune{"count": 'c', "repeated": 'd', "unique": 'u', "ignore-case": 'i'})
	if !ok {
		return 1
	}
	if len(names) > 1 {
		return missing(p, fmt.Sprintf("extra operand ‘%s’", names[1]))
	}
	out := newOutput(p)
	defer out.Flush()
	n, line := 0, ""
	flush := func() error {
		if n == 0 || g.has('d') && n < 2 || g.has('u') && n > 1 {
			return nil
		}
		if g.has('c') {
			return out.line(fmt.Sprintf("%7d %s", n, line))
		}
		return out.line(line)
	}
	status := inputs(ctx, p, names, func(_ string, r io.Reader) error {
		return lines(r, func(l string) error {
			if n > 0 && (l == line || g.has('i') && strings.EqualFold(l, line)) {
				n++
				return nil
			}
			err := flush()
			n, line = 1, l
			return err
		})
	})
	flush()
	return status
}

func cut(ctx context.Context, p *Process) int {
	g, names, ok := parse(p, "d:f:c:b:s", map[string]rune{"delimiter": 'd', "fields": 'f', "characters": 'c', "bytes": 'b', "only-delimited": 's'})
	if !ok {
		return 1
	}
	list := g.last('f', g.last('c', g.last('b', "")))
	if list == "" {
		return missing(p, "you must specify a list of bytes, characters, or fields")
	}
	wants, ok := ranges(list)
	if !ok {
		return missing(p, "invalid field value ‘"+list+"’")
	}
	sep := g.last('d', "\t")
	if len([]rune(sep)) != 1 {
		return missing(p, "the delimiter must be a single character")
	}
	out := newOutput(p)
	defer out.Flush()
	return inputs(ctx, p, names, func(_ string, r io.Reader) error {
		return lines(r, func(l string) error {
			var parts, picked []string
			if g.has('f') {
				if !strings.Contains(l, sep) {
					if g.has('s') {
						return nil
					}
					return out.line(l)
				}
				parts = strings.Split(l, sep)
			} else {
				parts = strings.Split(l, "")
			}
			for i, part := range parts {
				if wants(i + 1) {
					picked = append(picked, part)
				}
			}
			if g.has('f') {
				return out.line(strings.Join(picked, sep))
			}
			return out.line(strings.Join(picked, ""))
		})
	})
}

// ranges reads "1,3-5,7-".
func ranges(list string) (func(int) bool, bool) {
	var spans [][2]int
	for part := range strings.SplitSeq(list, ",") {
		from, to, dash := strings.Cut(part, "-")
		span := [2]int{1, 1 << 30}
		var err error
		if from != "" {
			span[0], err = strconv.Atoi(from)
		}
		if !dash {
			span[1] = span[0]
		} else if to != "" && err == nil {
			span[1], err = strconv.Atoi(to)
		}
		if err != nil || span[0] < 1 || from == "" && to == "" || span[1] < span[0] {
			return nil, false
		}
		spans = append(spans, span)
	}
	return func(n int) bool {
		return slices.ContainsFunc(spans, func(s [2]int) bool { return n >= s[0] && n <= s[1] })
	}, true
}

func tr(_ context.Context, p *Process) int {
	g, sets, ok := parse(p, "dscC", map[string]rune{"delete": 'd', "squeeze-repeats": 's', "complement": 'c'})
	if !ok {
		return 1
	}
	if len(sets) == 0 || len(sets) < 2 && !g.has('d') && !g.has('s') {
		return missing(p, "missing operand")
	}
	from := trSet(sets[0])
	in := func(r rune) bool { return slices.Contains(from, r) != (g.has('c') || g.has('C')) }
	var to []rune
	if len(sets) > 1 {
		to = trSet(sets[1])
	}
	translate := func(r rune) rune {
		if len(to) == 0 || !in(r) {
			return r
		}
		i := slices.Index(from, r)
		if i < 0 || i >= len(to) {
			i = len(to) - 1
		}
		return to[i]
	}
	squeeze := in
	if len(to) > 0 {
		squeeze = func(r rune) bool { return slices.Contains(to, r) }
	}
	b := bufio.NewReader(p.Stdin)
	out := newOutput(p)
	defer out.Flush()
	last := rune(-1)
	for {
		r, n, err := b.ReadRune()
		if err != nil {
			return 0
		}
		if r == unicode.ReplacementChar && n == 1 { // not UTF-8: as it is
			b.UnreadRune()
			c, _ := b.ReadByte()
			out.WriteByte(c)
			continue
		}
		if g.has('d') && in(r) {
			continue
		}
		r = translate(r)
		if g.has('s') && r == last && squeeze(r) {
			continue
		}
		last = r
		if _, err := out.WriteRune(r); err != nil {
			return 1
		}
		if r == '\n' && out.tty {
			out.Flush()
		}
	}
}

// trSet expands "a-z", "[:upper:]" and "\n".
func trSet(s string) []rune {
	for name, chars := range map[string]string{
		"[:upper:]": "A-Z", "[:lower:]": "a-z", "[:digit:]": "0-9", "[:alpha:]": "A-Za-z", "[:alnum:]": "A-Za-z0-9",
		"[:space:]": `\t\n\v\f\r `, "[:blank:]": `\t `, "[:punct:]": "!-/:-@[-`{-~",
	} {
		s = strings.ReplaceAll(s, name, chars)
	}
	if t, err := strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`); err == nil {
		s = t
	}
	var set []rune
	chars := []rune(s)
	for i := 0; i < len(chars); i++ {
		if i+2 < len(chars) && chars[i+1] == '-' && chars[i] <= chars[i+2] && chars[i+2]-chars[i] < 0x10000 {
			for r := chars[i]; r <= chars[i+2]; r++ {
				set = append(set, r)
			}
			i += 2
			continue
		}
		set = append(set, chars[i])
	}
	return set
}

func seq(ctx context.Context, p *Process) int {
	// Not by parse: "-1" is a number.
	args := p.Args[1:]
	sep, wide := "\n", false
	for len(args) > 0 && (args[0] == "-w" || args[0] == "-s" && len(args) > 1) {
		if args[0] == "-w" {
			wide, args = true, args[1:]
		} else {
			sep, args = args[1], args[2:]
		}
	}
	if len(args) == 0 {
		return missing(p, "missing operand")
	}
	n := []float64{1, 1, 1}
	decimals := 0
	for i, a := range args {
		v, err := strconv.ParseFloat(a, 64)
		if err != nil || i > 2 {
			return missing(p, fmt.Sprintf("invalid floating point argument: ‘%s’", a))
		}
		if _, frac, ok := strings.Cut(a, "."); ok && i < 2 {
			decimals = max(decimals, len(frac))
		}
		switch {
		case len(args) == 1:
			n[2] = v
		case len(args) == 2 && i == 1:
			n[2] = v
		default:
			n[i] = v
		}
	}
	if n[1] == 0 {
		return missing(p, "invalid Zero increment value: ‘"+args[1]+"’")
	}
	width := 0
	if wide {
		width = max(len(strconv.FormatFloat(n[0], 'f', decimals, 64)), len(strconv.FormatFloat(n[2], 'f', decimals, 64)))
	}
	out := newOutput(p)
	defer out.Flush()
	for i := 0; ctx.Err() == nil; i++ {
		v := n[0] + float64(i)*n[1]
		if n[1] > 0 && v > n[2]+1e-9 || n[1] < 0 && v < n[2]-1e-9 {
			if i > 0 {
				out.WriteString("\n")
			}
			break
		}
		if i > 0 {
			if _, err := out.WriteString(sep); err != nil {
				return 1
			}
		}
		fmt.Fprintf(out, "%0*s", width, strconv.FormatFloat(v, 'f', decimals, 64))
	}
	return 0
}
