package program

import (
	"bufio"
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

func textPrograms() map[string]Func {
	return map[string]Func{
		"cat": cat, "head": head, "tail": tail, "tee": tee, "wc": wc, "grep": grep, "egrep": grep, "fgrep": grep,
		"sort": sortLines, "uniq": uniq, "cut": cut, "tr": tr, "sed": sed, "seq": seq, "base64": base64Text,
		"md5sum": sum(md5.New), "sha1sum": sum(sha1.New), "sha256sum": sum(sha256.New), "sha512sum": sum(sha512.New),
		"less": less, "more": less,
	}
}

func cat(ctx context.Context, p *Process) int {
	g, names, ok := parse(p, "nu", map[string]rune{"number": 'n'})
	if !ok {
		return 1
	}
	n := 0
	return inputs(ctx, p, names, func(_ string, r io.Reader) error {
		if !g.has('n') {
			_, err := io.Copy(p.Stdout, r)
			return err
		}
		return lines(r, func(line string) error {
			n++
			_, err := fmt.Fprintf(p.Stdout, "%6d\t%s\n", n, line)
			return err
		})
	})
}

// count reads the number of head and tail: "-n 3", "-3", "-c 10k", "+5".
func count(p *Process) (g given, names []string, n int64, sign byte, ok bool) {
	args := []string{p.Args[0]}
	for i, a := range p.Args[1:] {
		value := p.Args[i] == "-n" || p.Args[i] == "-c" // "-n -3" is all but three
		if !value && len(a) > 1 && a[0] == '-' && a[1] >= '0' && a[1] <= '9' {
			a = "-n" + a[1:]
		}
		args = append(args, a)
	}
	q := *p
	q.Args = args
	g, names, ok = parse(&q, "n:c:fqv", map[string]rune{"lines": 'n', "bytes": 'c', "follow": 'f', "quiet": 'q'})
	if !ok {
		return
	}
	text, what := g.last('n', "10"), "lines"
	if g.has('c') {
		text, what = g.last('c', ""), "bytes"
	}
	digits := text
	if digits != "" && (digits[0] == '+' || digits[0] == '-') {
		sign, digits = digits[0], digits[1:]
	}
	n, ok = sizeSuffix(digits)
	if !ok {
		complain(p, "invalid number of %s: ‘%s’", what, text)
	}
	return
}

// title is the line above each of several files.
func title(p *Process, g given, names []string, i *int, name string) {
	if len(names) < 2 || g.has('q') {
		return
	}
	if *i++; *i > 1 {
		fmt.Fprintln(p.Stdout)
	}
	if name == "-" {
		name = "standard input"
	}
	fmt.Fprintf(p.Stdout, "==> %s <==\n", name)
}

func head(ctx context.Context, p *Process) int {
	g, names, n, sign, ok := count(p)
	if !ok {
		return 1
	}
	shown := 0
	return inputs(ctx, p, names, func(name string, r io.Reader) error {
		title(p, g, names, &shown, name)
		if g.has('c') && sign != '-' {
			_, err := io.CopyN(p.Stdout, r, n)
			if err == io.EOF {
				err = nil
			}
			return err
		}
		if sign == '-' { // all but the last n
			all, err := whole(r)
			if err != nil {
				return err
			}
			keep := max(0, int64(len(all))-n)
			if !g.has('c') {
				keep = int64(len(all) - len(lastLines(all, n)))
			}
			_, err = p.Stdout.Write(all[:keep])
			return err
		}
		b := bufio.NewReader(r)
		out := newOutput(p)
		defer out.Flush()
		for left := n; left > 0; {
			part, err := b.ReadSlice('\n')
			if _, werr := out.Write(part); werr != nil {
				return werr
			}
			switch {
			case err == nil:
				left--
			case err != bufio.ErrBufferFull:
				if err == io.EOF {
					err = nil
				}
				return err
			}
		}
		return nil
	})
}

// lastLines is the end of b from its nth line from the last on.
func lastLines(b []byte, n int64) []byte {
	if n <= 0 {
		return nil
	}
	at := len(b)
	if at > 0 && b[at-1] == '\n' {
		at--
	}
	for range n {
		i := bytes.LastIndexByte(b[:at], '\n')
		if i < 0 {
			return b
		}
		at = i
	}
	return b[at+1:]
}

func tail(ctx context.Context, p *Process) int {
	g, names, n, sign, ok := count(p)
	if !ok {
		return 1
	}
	shown := 0
	status := inputs(ctx, p, names, func(name string, r io.Reader) error {
		title(p, g, names, &shown, name)
		all, err := whole(r)
		if err != nil {
			return err
		}
		end := all
		switch {
		case sign == '+' && g.has('c'):
			end = all[min(int64(len(all)), max(0, n-1)):]
		case sign == '+':
			for range n - 1 {
				_, rest, _ := bytes.Cut(end, []byte("\n"))
				end = rest
			}
		case g.has('c'):
			end = all[max(0, int64(len(all))-n):]
		default:
			end = lastLines(all, n)
		}
		_, err = p.Stdout.Write(end)
		return err
	})
	if !g.has('f') || len(names) != 1 || status != 0 {
		return status
	}
	return follow(ctx, p, names[0])
}

// follow shows what is appended to a file, which it looks at each second.
func follow(ctx context.Context, p *Process, name string) int {
	f, err := disk(p).OpenFile(abs(p, name), os.O_RDONLY, 0)
	if err != nil {
		return complain(p, "%s: %s", name, why(err))
	}
	at, _ := f.Seek(0, io.SeekEnd)
	for {
		if p.Clock.Sleep(ctx, time.Second) != nil {
			return 130
		}
		if i, _ := f.Stat(); i.Size() < at {
			fmt.Fprintf(p.Stderr, "tail: %s: file truncated\n", name)
			f.Seek(0, io.SeekStart)
		}
		if _, err := io.Copy(p.Stdout, f); err != nil {
			return 1
		}
		at, _ = f.Seek(0, io.SeekCurrent)
	}
}

func tee(ctx context.Context, p *Process) (status int) {
	g, names, ok := parse(p, "ai", map[string]rune{"append": 'a'})
	if !ok {
		return 1
	}
	outs := []io.Writer{p.Stdout}
	for _, name := range names {
		flag := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
		if g.has('a') {
			flag = os.O_WRONLY | os.O_CREATE | os.O_APPEND
		}
		f, err := disk(p).OpenFile(abs(p, name), flag, 0o644)
		if err != nil {
			status = complain(p, "%s: %s", name, why(err))
			continue
		}
		outs = append(outs, f)
	}
	if _, err := io.Copy(io.MultiWriter(outs...), p.Stdin); err != nil && ctx.Err() == nil {
		status = complain(p, "%s", why(err))
	}
	return status
}

func wc(ctx context.Context, p *Process) int {
	g, names, ok := parse(p, "lwcm", map[string]rune{"lines": 'l', "words": 'w', "bytes": 'c', "chars": 'm'})
	if !ok {
		return 1
	}
	if len(g) == 0 {
		g = given{'l': {""}, 'w': {""}, 'c': {""}}
	}
	type row struct {
		n    [4]int64 // lines, words, characters, bytes
		name string
	}
	var rows []row
	var total row
	status := inputs(ctx, p, names, func(name string, r io.Reader) error {
		c := row{name: name}
		b := bufio.NewReaderSize(r, 64<<10)
		inWord := false
		for {
			ch, n, err := b.ReadRune()
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			c.n[3] += int64(n)
			if ch != utf8.RuneError || n > 1 {
				c.n[2]++
			}
			blank := strings.ContainsRune(" \t\n\v\f\r", ch)
			if ch == '\n' {
				c.n[0]++
			}
			if !blank && !inWord {
				c.n[1]++
			}
			inWord = !blank
		}
		for i := range c.n {
			total.n[i] += c.n[i]
		}
		rows = append(rows, c)
		return nil
	})
	if len(names) > 1 {
		total.name = "total"
		rows = append(rows, total)
	}
	picked := 0
	for _, letter := range "lwmc" {
		if g.has(letter) {
			picked++
		}
	}
	width := len(fmt.Sprint(total.n[3]))
	if len(names) == 0 {
		width = 7 // the length of a pipe is not known beforehand
	}
	if picked == 1 && len(rows) == 1 {
		width = 1
	}
	for _, c := range rows {
		var cells []string
		for i, letter := range "lwmc" {
			if g.has(letter) {
				cells = append(cells, fmt.Sprintf("%*d", width, c.n[i]))
			}
		}
		if len(names) > 0 {
			cells = append(cells, c.name)
		}
		fmt.Fprintln(p.Stdout, strings.Join(cells, " "))
	}
	return status
}

// sum returns the program that prints digests of its operands.
func sum(h func() hash.Hash) Func {
	return func(ctx context.Context, p *Process) int {
		_, names, ok := parse(p, "bt", nil)
		if !ok {
			return 1
		}
		return inputs(ctx, p, names, func(name string, r io.Reader) error {
			digest := h()
			if _, err := io.CopyBuffer(digest, r, make([]byte, 128<<10)); err != nil {
				return err
			}
			_, err := fmt.Fprintf(p.Stdout, "%x  %s\n", digest.Sum(nil), name)
			return err
		})
	}
}

func base64Text(ctx context.Context, p *Process) int {
	g, names, ok := parse(p, "dw:i", map[string]rune{"decode": 'd', "wrap": 'w'})
	if !ok {
		return 1
	}
	wrap, err := strconv.Atoi(g.last('w', "76"))
	if err != nil || wrap < 0 {
		return complain(p, "invalid wrap size: ‘%s’", g.last('w', ""))
	}
	return inputs(ctx, p, names, func(_ string, r io.Reader) error {
		if !g.has('d') {
			out := &wrapWriter{Writer: bufio.NewWriter(p.Stdout), width: wrap}
			code := base64.NewEncoder(base64.StdEncoding, out)
			_, err := io.Copy(code, r)
			return errors.Join(err, code.Close(), out.end())
		}
		all, err := whole(r)
		if err != nil {
			return err
		}
		raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(all)), ""))
		p.Stdout.Write(raw)
		if err != nil {
			return fmt.Errorf("invalid input")
		}
		return nil
	})
}

// wrapWriter breaks what is written into lines of a width; 0 breaks nothing.
type wrapWriter struct {
	*bufio.Writer
	width, col int
}

func (w *wrapWriter) Write(p []byte) (n int, err error) {
	for len(p) > 0 && err == nil {
		part := p
		if w.width > 0 {
			if w.col == w.width {
				w.WriteByte('\n')
				w.col = 0
			}
			part = p[:min(len(p), w.width-w.col)]
		}
		var m int
		m, err = w.Writer.Write(part)
		n, p, w.col = n+m, p[m:], w.col+m
	}
	return n, err
}

// end ends the last line.
func (w *wrapWriter) end() error {
	if w.width > 0 && w.col > 0 {
		w.WriteByte('\n')
	}
	return w.Flush()
}
