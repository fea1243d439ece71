package program

import (
	"context"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
)

// grep returns 0 when a line was selected, 1 when none was, 2 for an error.
func grep(ctx context.Context, p *Process) int {
	g, args, ok := parse(p, "ivnEFGcrRloqwxhHse:A:B:C:m:", map[string]rune{
		"ignore-case": 'i', "invert-match": 'v', "line-number": 'n', "extended-regexp": 'E', "fixed-strings": 'F',
		"count": 'c', "recursive": 'r', "files-with-matches": 'l', "only-matching": 'o', "quiet": 'q', "word-regexp": 'w',
		"color": 'G', "no-messages": 's', "regexp": 'e',
	})
	if !ok {
		return 2
	}
	patterns := g['e']
	if len(patterns) == 0 {
		if len(args) == 0 {
			fmt.Fprintf(p.Stderr, "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n")
			return 2
		}
		patterns, args = []string{args[0]}, args[1:]
	}
	re, err := grepPattern(p, g, patterns)
	if err != nil {
		complain(p, "%s", err)
		return 2
	}
	deep := g.has('r') || g.has('R')
	if deep && len(args) == 0 {
		args = []string{"."}
	}
	s := &selection{p: p, g: g, re: re, named: (len(args) > 1 || deep || g.has('H')) && !g.has('h')}
	s.before, s.after = s.context("B"), s.context("A")
	s.out = newOutput(p)
	defer s.out.Flush()
	if len(args) == 0 {
		s.file(ctx, "-")
	}
	for _, name := range args {
		i, err := disk(p).Stat(abs(p, name))
		if err == nil && i.IsDir() && deep {
			s.tree(ctx, name)
			continue
		}
		if err == nil && i.IsDir() {
			s.out.Flush()
			fmt.Fprintf(p.Stderr, "grep: %s: Is a directory\n", name)
			s.failed = true
			continue
		}
		s.file(ctx, name)
	}
	switch {
	case ctx.Err() != nil:
		return 130
	case s.failed && !(g.has('q') && s.found):
		return 2
	case s.found:
		return 0
	}
	return 1
}

// grepPattern makes one Go expression of all patterns.
func grepPattern(p *Process, g given, patterns []string) (*regexp.Regexp, error) {
	var all []string
	for _, text := range patterns {
		for part := range strings.SplitSeq(text, "\n") {
			switch {
			case g.has('F') || base(p) == "fgrep":
				part = regexp.QuoteMeta(part)
			case !g.has('E') && base(p) != "egrep":
				part = basicRegexp(part)
			}
			all = append(all, part)
		}
	}
	text := strings.Join(all, "|")
	if g.has('w') {
		text = `\b(?:` + text + `)\b`
	}
	if g.has('x') {
		text = `^(?:` + text + `)$`
	}
	if g.has('i') {
		text = "(?i)" + text
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("%s: this host's grep knows no back references and no such expression", patterns[0])
	}
	return re, nil
}

// basicRegexp turns a POSIX basic expression, in which \( \) \{ \} \+ \? \|
// are the operators and the bare characters are not, into the extended form.
func basicRegexp(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s):
			i++
			if strings.IndexByte("(){}+?|", s[i]) >= 0 {
				b.WriteByte(s[i])
			} else {
				b.WriteByte('\\')
				b.WriteByte(s[i])
			}
		case strings.IndexByte("(){}+?|", c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '*' && (i == 0 || s[i-1] == '(' && i > 1 && s[i-2] == '\\'):
			b.WriteString(`\*`)
		case c == '[':
			end := bracketEnd(s, i)
			b.WriteString(s[i:end])
			i = end - 1
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// bracketEnd is where the bracket expression that begins at i ends.
func bracketEnd(s string, i int) int {
	j := i + 1
	if j < len(s) && s[j] == '^' {
		j++
	}
	if j < len(s) && s[j] == ']' {
		j++
	}
	for j < len(s) && s[j] != ']' {
		if s[j] == '[' && j+1 < len(s) && s[j+1] == ':' {
			if k := strings.Index(s[j:], ":]"); k > 0 {
				j += k + 1
			}
		}
		j++
	}
	return min(j+1, len(s))
}

// selection is one run of grep.
type selection struct {
	p             *Process
	g             given
	re            *regexp.Regexp
	named         bool
	before, after int
	out           *output
	found, failed bool
}

func (s *selection) context(letter string) int {
	n := 0
	fmt.Sscan(s.g.last(rune(letter[0]), s.g.last('C', "0")), &n)
	return n
}

func (s *selection) tree(ctx context.Context, name string) {
	entries, err := disk(s.p).ReadDir(abs(s.p, name))
	if err != nil {
		s.out.Flush()
		fmt.Fprintf(s.p.Stderr, "grep: %s: %s\n", name, why(err))
		s.failed = true
	}
	for _, e := range entries {
		below := path.Join(name, e.Name())
		if strings.HasPrefix(name, ".") {
			below = strings.TrimSuffix(name, "/") + "/" + e.Name()
		}
		if e.IsDir() {
			s.tree(ctx, below)
		} else if e.Type().IsRegular() {
			s.file(ctx, below)
		}
	}
}

func (s *selection) file(ctx context.Context, name string) {
	r, err := open(ctx, s.p, name)
	if err == nil {
		err = s.scan(name, r)
	}
	if err != nil && err != errEnough && ctx.Err() == nil {
		s.failed = true
		if !s.g.has('s') {
			s.out.Flush()
			fmt.Fprintf(s.p.Stderr, "grep: %s: %s\n", name, why(err))
		}
	}
}

var errEnough = fmt.Errorf("enough")

func (s *selection) scan(name string, r io.Reader) error {
	if name == "-" {
		name = "(standard input)"
	}
	most := -1
	fmt.Sscan(s.g.last('m', "-1"), &most)
	var n, hits, last, until int // last: number of the last line shown
	var held []string            // lines before, not yet shown
	show := func(number int, line string, sep string) error {
		prefix := ""
		if s.named {
			prefix = name + sep
		}
		if s.g.has('n') {
			prefix += fmt.Sprint(number) + sep
		}
		if last > 0 && number > last+1 && (s.before > 0 || s.after > 0) {
			s.out.line("--")
		}
		last = number
		return s.out.line(prefix + line)
	}
	err := lines(r, func(line string) error {
		n++
		if s.re.MatchString(line) == s.g.has('v') {
			if n <= until {
				return show(n, line, "-")
			}
			if s.before > 0 {
				held = append(held, line)
				held = slices.Delete(held, 0, max(0, len(held)-s.before))
			}
			return nil
		}
		hits++
		s.found = true
		if s.g.has('q') || s.g.has('l') {
			return errEnough
		}
		if !s.g.has('c') {
			for i, h := range held {
				show(n-len(held)+i, h, "-")
			}
			held = nil
			until = n + s.after
			if s.g.has('o') && !s.g.has('v') {
				for _, m := range s.re.FindAllString(line, -1) {
					if m != "" {
						last = n - 1
						show(n, m, ":")
					}
				}
			} else if err := show(n, line, ":"); err != nil {
				return err
			}
		}
		if hits == most {
			return errEnough
		}
		return nil
	})
	if s.g.has('l') && hits > 0 {
		s.out.line(name)
	} else if s.g.has('c') {
		prefix := ""
		if s.named {
			prefix = name + ":"
		}
		s.out.line(prefix + fmt.Sprint(hits))
	}
	return err
}
