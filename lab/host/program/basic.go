package program

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"strings"

	"gatewalk/lab/host/memfs"
)

// Basic returns the programs that need no network, by the names they are
// called by, and the clients of sshd.
func Basic() map[string]Func {
	all := map[string]Func{}
	for _, group := range []map[string]Func{
		filePrograms(), textPrograms(), systemPrograms(), runPrograms(), sshPrograms(),
	} {
		maps.Copy(all, group)
	}
	return all
}

// disk is the file system as the process's user sees it.
func disk(p *Process) *memfs.View {
	v, ok := p.Files.(*memfs.View)
	if !ok {
		// A process without a disk finds every file missing.
		return memfs.New(memfs.Options{}).As(0, 0)
	}
	return v
}

// abs makes a name that was typed absolute and clean.
func abs(p *Process, name string) string {
	if !strings.HasPrefix(name, "/") {
		name = p.Dir + "/" + name
	}
	return path.Clean(name)
}

// why is the last cause of err, as strerror would put it.
func why(err error) string {
	if e, ok := errors.AsType[memfs.Errno](err); ok {
		return e.Error()
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// base is the name the program was called by, without its directory.
func base(p *Process) string { return path.Base(p.Args[0]) }

// complain prints "program: text" and returns 1, the usual failure.
func complain(p *Process, format string, args ...any) int {
	fmt.Fprintf(p.Stderr, base(p)+": "+format+"\n", args...)
	return 1
}

// uid is the number of the user that runs the process.
func uid(p *Process) uint32 {
	if p.Root {
		return 0
	}
	return 1000
}

// userName names a user or group number, as /etc/passwd has them.
func userName(id uint32) string {
	switch id {
	case 0:
		return "root"
	case 1000:
		return "ec2-user"
	}
	return fmt.Sprint(id)
}

// userNumber is the other way round.
func userNumber(name string) (uint32, bool) {
	switch name {
	case "root", "0":
		return 0, true
	case "ec2-user", "1000":
		return 1000, true
	}
	return 0, false
}

// open opens an operand for reading; "-" is standard input. Reads end with the
// context, so that no loop over /dev/zero outlives Ctrl-C.
func open(ctx context.Context, p *Process, name string) (io.Reader, error) {
	if name == "-" {
		return p.Stdin, nil
	}
	f, err := disk(p).Open(abs(p, name))
	if err != nil {
		return nil, err
	}
	if i, _ := f.Stat(); i.IsDir() {
		return nil, memfs.EISDIR
	}
	return untilDone{ctx, f}, nil
}

// untilDone is a reader that fails once its context has ended.
type untilDone struct {
	ctx context.Context
	io.Reader
}

func (r untilDone) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(b)
}

// inputs calls f with each operand opened, or with standard input where there
// are none, and returns 1 if one could not be read.
func inputs(ctx context.Context, p *Process, names []string, f func(name string, r io.Reader) error) (status int) {
	if len(names) == 0 {
		names = []string{"-"}
	}
	for _, name := range names {
		r, err := open(ctx, p, name)
		if err == nil {
			err = f(name, r)
		}
		if ctx.Err() != nil {
			return 130
		}
		if err != nil {
			status = complain(p, "%s: %s", name, why(err))
		}
	}
	return status
}

// output buffers standard output; on a terminal each line is shown at once.
type output struct {
	*bufio.Writer
	tty bool
}

func newOutput(p *Process) *output { return &output{bufio.NewWriterSize(p.Stdout, 32<<10), p.Tty} }

// line writes s and a line feed.
func (o *output) line(s string) error {
	o.WriteString(s)
	err := o.WriteByte('\n')
	if o.tty {
		err = o.Flush()
	}
	return err
}

// lines calls f with each line of r without its line feed, until f fails.
func lines(r io.Reader, f func(string) error) error {
	b := bufio.NewReader(r)
	var line []byte
	for {
		part, err := b.ReadSlice('\n')
		switch line = append(line, part...); {
		case len(line) > memory:
			return errMemory
		case err == bufio.ErrBufferFull:
			continue
		case len(line) > 0:
			if err := f(strings.TrimSuffix(string(line), "\n")); err != nil {
				return err
			}
			line = line[:0]
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// memory is how much of its input a program holds at once. The memory is the
// machine's, and what a learner types may have no end: yes | sort.
const memory = 64 << 20

var errMemory = errors.New("memory exhausted")

// whole reads all of r, for a program that needs its end before it can begin.
func whole(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, memory+1))
	if len(b) > memory {
		return nil, errMemory
	}
	return b, err
}

// wholeLines is whole, by lines.
func wholeLines(r io.Reader) (all []string, err error) {
	b, err := whole(r)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(b)) {
		all = append(all, strings.TrimSuffix(line, "\n"))
	}
	return all, nil
}
