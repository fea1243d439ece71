package program

import (
	"bufio"
	"context"
	"errors"
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

// The protocol of scp -t and -f: lines "C0644 SIZE NAME", "D0755 0 NAME", "E",
// "T MTIME 0 ATIME 0", each and each file's data answered by a zero byte, or by
// 1 (go on) or 2 (stop) and a line of text.

// scpEntry is one such line.
type scpEntry struct {
	kind byte // 'C', 'D', 'E' or 'T'
	mode fs.FileMode
	size int64
	name string
	time time.Time // of 'T'
}

// parseScp reads a line without its line feed. A name with a slash in it, or
// "..", would let the far end choose where to write: it is refused.
func parseScp(line string) (e scpEntry, err error) {
	if line == "" {
		return e, errors.New("protocol error: empty line")
	}
	e.kind = line[0]
	fields := strings.SplitN(line[1:], " ", 3)
	switch e.kind {
	case 'E':
		if line != "E" {
			return e, errors.New("protocol error: unexpected text after E")
		}
		return e, nil
	case 'T':
		f := strings.Fields(line[1:])
		if len(f) != 4 {
			return e, errors.New("protocol error: mtime.sec not delimited")
		}
		secs, err := strconv.ParseInt(f[0], 10, 64)
		if err != nil || secs < 0 || secs > 1<<36 {
			return e, errors.New("protocol error: mtime.sec not present")
		}
		e.time = time.Unix(secs, 0)
		return e, nil
	case 'C', 'D':
	default:
		return e, errors.New("protocol error: expected control record")
	}
	if len(fields) != 3 {
		return e, errors.New("protocol error: size not delimited")
	}
	mode, err := strconv.ParseUint(fields[0], 8, 16)
	if err != nil || len(fields[0]) != 4 {
		return e, errors.New("protocol error: bad mode")
	}
	e.mode = fs.FileMode(mode & 0o777)
	if e.size, err = strconv.ParseInt(fields[1], 10, 64); err != nil || e.size < 0 {
		return e, errors.New("protocol error: size out of range")
	}
	e.name = fields[2]
	if e.name == "" || e.name == "." || e.name == ".." || strings.ContainsAny(e.name, "/\x00\n") {
		return e, fmt.Errorf("error: unexpected filename: %s", e.name)
	}
	return e, nil
}

// scpEnd is one end of a copy.
type scpEnd struct {
	p     *Process
	r     *bufio.Reader
	w     io.Writer
	deep  bool // -r
	times bool // -p
	dir   bool // -d: the target must be a directory
	// progress is told of each file's bytes; nil without a display.
	progress func(name string, done, size int64)
	failed   bool
}

func newScpEnd(p *Process, r io.Reader, w io.Writer) *scpEnd {
	return &scpEnd{p: p, r: bufio.NewReaderSize(r, 64<<10), w: w}
}

// complain tells both ends of a failure after which the copy goes on.
func (e *scpEnd) complain(format string, args ...any) error {
	e.failed = true
	text := fmt.Sprintf("scp: "+format+"\n", args...)
	io.WriteString(e.p.Stderr, text)
	_, err := io.WriteString(e.w, "\x01"+text)
	return err
}

func (e *scpEnd) ok() error {
	_, err := e.w.Write([]byte{0})
	return err
}

// answer reads the far end's answer; a refusal is printed and remembered.
func (e *scpEnd) answer() (accepted bool, err error) {
	b, err := e.r.ReadByte()
	if err != nil {
		return false, err
	}
	if b == 0 {
		return true, nil
	}
	text, err := e.line()
	if err != nil {
		return false, err
	}
	if b != 1 && b != 2 {
		text = string(b) + text
	}
	fmt.Fprintln(e.p.Stderr, text)
	e.failed = true
	if b != 1 {
		return false, errors.New("the far end stopped")
	}
	return false, nil
}

// line reads a control line; one longer than a path can be is an attack.
func (e *scpEnd) line() (string, error) {
	var b []byte
	for len(b) < 8192 {
		c, err := e.r.ReadByte()
		if err != nil {
			return "", err
		}
		if c == '\n' {
			return string(b), nil
		}
		b = append(b, c)
	}
	return "", errors.New("protocol error: line too long")
}

// send copies the named files and directories to the far end.
func (e *scpEnd) send(ctx context.Context, names []string) error {
	if _, err := e.answer(); err != nil {
		return err
	}
	for _, name := range names {
		if err := e.sendOne(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (e *scpEnd) sendOne(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	i, err := disk(e.p).Stat(abs(e.p, name))
	if err == nil && i.IsDir() && !e.deep {
		return e.complain("%s: not a regular file", name)
	}
	if err != nil {
		return e.complain("%s: %s", name, why(err))
	}
	if e.times {
		at := i.ModTime().Unix()
		if _, err := fmt.Fprintf(e.w, "T%d 0 %d 0\n", at, at); err != nil {
			return err
		}
		if _, err := e.answer(); err != nil {
			return err
		}
	}
	if i.IsDir() {
		return e.sendDir(ctx, name, i)
	}
	f, err := open(ctx, e.p, abs(e.p, name))
	if err != nil {
		return e.complain("%s: %s", name, why(err))
	}
	size := i.Size()
	if _, err := fmt.Fprintf(e.w, "C%04o %d %s\n", i.Mode().Perm(), size, path.Base(abs(e.p, name))); err != nil {
		return err
	}
	if accepted, err := e.answer(); err != nil || !accepted {
		return err
	}
	n, err := io.Copy(e.w, &watched{Reader: io.LimitReader(f, size), e: e, name: path.Base(name), size: size})
	if err != nil {
		return err
	}
	for pad := make([]byte, 4096); n < size; { // it shrank meanwhile: the announced length must come
		m, err := e.w.Write(pad[:min(size-n, int64(len(pad)))])
		if err != nil {
			return err
		}
		n += int64(m)
		e.failed = true
	}
	if err := e.ok(); err != nil {
		return err
	}
	_, err = e.answer()
	return err
}

func (e *scpEnd) sendDir(ctx context.Context, name string, i fs.FileInfo) error {
	entries, err := disk(e.p).ReadDir(abs(e.p, name))
	if err != nil {
		return e.complain("%s: %s", name, why(err))
	}
	if _, err := fmt.Fprintf(e.w, "D%04o 0 %s\n", i.Mode().Perm(), path.Base(abs(e.p, name))); err != nil {
		return err
	}
	if accepted, err := e.answer(); err != nil || !accepted {
		return err
	}
	for _, entry := range entries {
		if err := e.sendOne(ctx, path.Join(abs(e.p, name), entry.Name())); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(e.w, "E\n"); err != nil {
		return err
	}
	_, err = e.answer()
	return err
}

// receive takes what the far end sends, until it ends, into target.
func (e *scpEnd) receive(ctx context.Context, target string) error {
	i, err := disk(e.p).Stat(abs(e.p, target))
	into := err == nil && i.IsDir()
	if e.dir && !into {
		if err == nil {
			err = memfs.ENOTDIR
		}
		fmt.Fprintf(e.w, "\x02scp: %s: %s\n", target, why(err))
		return err
	}
	if err := e.ok(); err != nil {
		return err
	}
	dirs := []string{abs(e.p, target)}
	var when time.Time
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		first, err := e.r.ReadByte()
		if err == io.EOF && len(dirs) == 1 {
			return nil
		}
		if err != nil {
			return err
		}
		if first == 1 || first == 2 {
			text, _ := e.line()
			fmt.Fprintln(e.p.Stderr, text)
			e.failed = true
			if first == 2 {
				return errors.New(text)
			}
			continue
		}
		e.r.UnreadByte()
		text, err := e.line()
		if err != nil {
			return err
		}
		entry, err := parseScp(text)
		if err != nil {
			fmt.Fprintf(e.w, "\x02scp: %s\n", err)
			return err
		}
		here := dirs[len(dirs)-1]
		at := here
		if into || len(dirs) > 1 {
			at = path.Join(here, entry.name)
		}
		switch entry.kind {
		case 'T':
			when = entry.time
			err = e.ok()
		case 'E':
			if len(dirs) == 1 {
				return errors.New("protocol error: unexpected end of directory")
			}
			dirs = dirs[:len(dirs)-1]
			err = e.ok()
		case 'D':
			if !e.deep || len(dirs) > 256 {
				fmt.Fprintf(e.w, "\x02scp: received directory without -r\n")
				return errors.New("received directory without -r")
			}
			if err := disk(e.p).Mkdir(at, entry.mode|0o700); err != nil && !errors.Is(err, fs.ErrExist) {
				fmt.Fprintf(e.w, "\x02scp: %s: %s\n", at, why(err))
				return err
			}
			dirs = append(dirs, at)
			err = e.ok()
		case 'C':
			err = e.receiveFile(at, entry)
			if e.times && !when.IsZero() {
				disk(e.p).Chtimes(at, when)
			}
			when = time.Time{}
		}
		if err != nil {
			return err
		}
	}
}

func (e *scpEnd) receiveFile(at string, entry scpEntry) error {
	f, err := disk(e.p).OpenFile(at, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, entry.mode)
	if err != nil {
		// The sender then skips the file.
		return e.complain("%s: %s", at, why(err))
	}
	if e.times {
		disk(e.p).Chmod(at, entry.mode)
	}
	if err := e.ok(); err != nil {
		return err
	}
	body := &watched{Reader: io.LimitReader(e.r, entry.size), e: e, name: entry.name, size: entry.size}
	n, err := io.CopyBuffer(struct{ io.Writer }{f}, body, make([]byte, 32<<10))
	if err != nil {
		// The disk is full or the connection is gone; the rest must still be taken.
		if _, err := io.Copy(io.Discard, body); err != nil {
			return err
		}
	} else if n < entry.size {
		return io.ErrUnexpectedEOF
	}
	if _, aerr := e.answer(); aerr != nil {
		return aerr
	}
	if err != nil {
		return e.complain("%s: %s", at, why(err))
	}
	return e.ok()
}

// watched tells of the bytes that pass.
type watched struct {
	io.Reader
	e    *scpEnd
	name string
	done int64
	size int64
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Reader.Read(b)
	w.done += int64(n)
	if w.e.progress != nil {
		w.e.progress(w.name, w.done, w.size)
	}
	return n, err
}
