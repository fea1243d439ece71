package program

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// command is one command of a sed script.
type command struct {
	from, to address // to is unset for a single address
	not      bool
	verb     byte // s p d q =
	re       *regexp.Regexp
	with     string // replacement of s, in Go's form
	global   bool
	print    bool
	nth      int
	within   bool // between from and to
}

// address selects lines: by number, as the last ("$"), or by expression.
type address struct {
	line int // -1 is the last line
	re   *regexp.Regexp
}

func (a address) set() bool { return a.line != 0 || a.re != nil }

func (a address) is(line string, number int, last bool) bool {
	if a.re != nil {
		return a.re.MatchString(line)
	}
	return a.line == number || a.line < 0 && last
}

// sed knows s, p, d, q and = with addresses.
func sed(ctx context.Context, p *Process) int {
	g, args, ok := parse(p, "nEre:i", map[string]rune{"quiet": 'n', "silent": 'n', "expression": 'e', "regexp-extended": 'E', "in-place": 'i'})
	if !ok {
		return 1
	}
	scripts := g['e']
	if len(scripts) == 0 {
		if len(args) == 0 {
			fmt.Fprintf(p.Stderr, "Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n")
			return 1
		}
		scripts, args = args[:1], args[1:]
	}
	var program []*command
	for i, s := range scripts {
		cs, err := sedScript(s, g.has('E') || g.has('r'))
		if err != nil {
			return complain(p, "-e expression #%d, %s", i+1, err)
		}
		program = append(program, cs...)
	}
	if !g.has('i') {
		out := newOutput(p)
		defer out.Flush()
		n := 0
		var all []string
		status := inputs(ctx, p, args, func(_ string, r io.Reader) error {
			more, err := wholeLines(r)
			all = append(all, more...)
			return err
		})
		sedRun(program, all, &n, g.has('n'), out.line)
		return status
	}
	status := 0
	for _, name := range args {
		data, err := disk(p).ReadFile(abs(p, name))
		if err != nil {
			status = complain(p, "can't read %s: %s", name, why(err))
			continue
		}
		n := 0
		var b strings.Builder
		all, err := wholeLines(bytes.NewReader(data))
		if err != nil {
			status = complain(p, "%s: %s", name, why(err))
			continue
		}
		sedRun(program, all, &n, g.has('n'), func(s string) error { b.WriteString(s + "\n"); return nil })
		if err := disk(p).WriteFile(abs(p, name), []byte(b.String()), 0o644); err != nil {
			status = complain(p, "couldn't open file %s: %s", name, why(err))
		}
	}
	return status
}

// sedRun applies the program to all lines.
func sedRun(program []*command, all []string, n *int, quiet bool, emit func(string) error) {
	for i, line := range all {
		*n++
		deleted, quit := false, false
		for _, c := range program {
			if c.selects(line, *n, i == len(all)-1) == c.not {
				continue
			}
			switch c.verb {
			case 's':
				changed, did := c.substitute(line)
				line = changed
				if did && c.print {
					emit(line)
				}
			case 'p':
				emit(line)
			case '=':
				emit(strconv.Itoa(*n))
			case 'd':
				deleted = true
			case 'q':
				quit = true
			}
			if deleted || quit {
				break
			}
		}
		if !deleted && !quiet {
			if emit(line) != nil {
				return
			}
		}
		if quit {
			return
		}
	}
}

func (c *command) selects(line string, n int, last bool) bool {
	switch {
	case !c.from.set():
		return true
	case !c.to.set():
		return c.from.is(line, n, last)
	case c.within:
		if c.to.is(line, n, last) || c.to.re == nil && c.to.line > 0 && n >= c.to.line {
			c.within = false
			return c.to.re != nil || c.to.line < 0 || n == c.to.line
		}
		return true
	case c.from.is(line, n, last):
		c.within = !(c.to.re == nil && c.to.line > 0 && c.to.line <= n)
		return true
	}
	return false
}

func (c *command) substitute(line string) (string, bool) {
	var b strings.Builder
	at, n := 0, 0
	for _, m := range c.re.FindAllStringSubmatchIndex(line, -1) {
		n++
		if n < c.nth {
			continue
		}
		b.WriteString(line[at:m[0]])
		b.Write(c.re.ExpandString(nil, c.with, line, m))
		at = m[1]
		if !c.global {
			break
		}
	}
	if n < c.nth || n == 0 {
		return line, false
	}
	return b.String() + line[at:], true
}

// sedScript reads commands parted by ";" or line feeds.
func sedScript(s string, extended bool) ([]*command, error) {
	in := &sedInput{s: s, extended: extended}
	var all []*command
	for {
		in.skip(" \t;\n")
		if in.rest() == "" {
			return all, nil
		}
		c := &command{nth: 1}
		var err error
		if c.from, err = in.address(); err != nil {
			return nil, err
		}
		if in.take(",") {
			if c.to, err = in.address(); err != nil {
				return nil, err
			}
			if !c.to.set() {
				return nil, fmt.Errorf("char %d: unexpected `,'", in.at)
			}
		}
		in.skip(" ")
		c.not = in.take("!")
		in.skip(" ")
		if in.rest() == "" {
			return nil, fmt.Errorf("char %d: missing command", in.at)
		}
		c.verb = in.s[in.at]
		in.at++
		switch c.verb {
		case 'p', 'd', 'q', '=':
		case 's':
			if err := in.substitution(c); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("char %d: command `%c' is not supported on this host (s, p, d, q and = are)", in.at, c.verb)
		}
		in.skip(" \t")
		if r := in.rest(); r != "" && r[0] != ';' && r[0] != '\n' {
			return nil, fmt.Errorf("char %d: extra characters after command", in.at+1)
		}
		all = append(all, c)
	}
}

// sedInput reads a script from left to right.
type sedInput struct {
	s        string
	at       int
	extended bool
}

func (in *sedInput) rest() string { return in.s[in.at:] }

func (in *sedInput) skip(chars string) {
	in.at = len(in.s) - len(strings.TrimLeft(in.rest(), chars))
}

func (in *sedInput) take(s string) bool {
	if !strings.HasPrefix(in.rest(), s) {
		return false
	}
	in.at += len(s)
	return true
}

func (in *sedInput) address() (address, error) {
	if in.take("$") {
		return address{line: -1}, nil
	}
	if in.take("/") {
		text, ok := in.until('/')
		if !ok {
			return address{}, fmt.Errorf("char %d: unterminated address regex", in.at)
		}
		re, err := in.compile(text, "")
		return address{re: re}, err
	}
	digits := len(in.rest()) - len(strings.TrimLeft(in.rest(), "0123456789"))
	n, _ := strconv.Atoi(in.rest()[:digits])
	in.at += digits
	return address{line: n}, nil
}

// until reads up to an unescaped delimiter, which may stand escaped.
func (in *sedInput) until(delim byte) (string, bool) {
	var b strings.Builder
	for in.at < len(in.s) {
		c := in.s[in.at]
		in.at++
		switch {
		case c == delim:
			return b.String(), true
		case c == '\\' && in.at < len(in.s):
			if in.s[in.at] != delim {
				b.WriteByte('\\')
			}
			b.WriteByte(in.s[in.at])
			in.at++
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

func (in *sedInput) compile(text, flags string) (*regexp.Regexp, error) {
	if !in.extended {
		text = basicRegexp(text)
	}
	re, err := regexp.Compile(flags + text)
	if err != nil {
		return nil, fmt.Errorf("char %d: this host's sed does not know the expression", in.at)
	}
	return re, nil
}

// substitution reads what follows the s: /expression/replacement/flags.
func (in *sedInput) substitution(c *command) error {
	if in.rest() == "" {
		return fmt.Errorf("char %d: unterminated `s' command", in.at)
	}
	delim := in.s[in.at]
	in.at++
	text, ok := in.until(delim)
	with, ok2 := in.until(delim)
	if !ok || !ok2 {
		return fmt.Errorf("char %d: unterminated `s' command", in.at)
	}
	flags := ""
	for in.rest() != "" && strings.IndexByte("gpiI123456789", in.s[in.at]) >= 0 {
		switch f := in.s[in.at]; f {
		case 'g':
			c.global = true
		case 'p':
			c.print = true
		case 'i', 'I':
			flags = "(?i)"
		default:
			c.nth = int(f - '0')
		}
		in.at++
	}
	var err error
	c.re, err = in.compile(text, flags)
	c.with = sedReplacement(with)
	return err
}

// sedReplacement turns & and \1 into Go's ${0} and ${1}.
func sedReplacement(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '$':
			b.WriteString("$$")
		case c == '&':
			b.WriteString("${0}")
		case c == '\\' && i+1 < len(s):
			i++
			switch d := s[i]; {
			case d >= '0' && d <= '9':
				fmt.Fprintf(&b, "${%c}", d)
			case d == 'n':
				b.WriteByte('\n')
			case d == 't':
				b.WriteByte('\t')
			default:
				b.WriteByte(d)
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
