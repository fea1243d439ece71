package memfs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

const user = 1000

func newTestFS(t testing.TB, limit int64) (root, me *View) {
	t.Helper()
	f := New(Options{Limit: limit})
	root, me = f.As(0, 0), f.As(user, user)
	for _, step := range []error{
		root.Mkdir("/home", 0o755), root.Mkdir("/home/me", 0o700), root.Chown("/home/me", user, user),
		root.Mkdir("/etc", 0o755), root.WriteFile("/etc/passwd", []byte("root\n"), 0o644),
		root.WriteFile("/etc/shadow", []byte("secret\n"), 0o600),
		root.Mkdir("/tmp", 0o777|fs.ModeSticky), root.WriteFile("/tmp/roots", nil, 0o666),
		root.Mkdir("/root", 0o700),
	} {
		if step != nil {
			t.Fatal(step)
		}
	}
	return root, me
}

// TestRefusals holds the table of what one user may not do.
func TestRefusals(t *testing.T) {
	root, me := newTestFS(t, 1<<20)
	read := func(v *View, name string) func() error {
		return func() error { _, err := v.ReadFile(name); return err }
	}
	write := func(v *View, name string) func() error {
		return func() error { return v.WriteFile(name, []byte("x"), 0o644) }
	}
	for _, test := range []struct {
		what string
		do   func() error
		want error
	}{
		{"read public", read(me, "/etc/passwd"), nil},
		{"read secret", read(me, "/etc/shadow"), EACCES},
		{"root reads secret", read(root, "/etc/shadow"), nil},
		{"read missing", read(me, "/etc/none"), ENOENT},
		{"read below file", read(me, "/etc/passwd/x"), ENOTDIR},
		{"read directory", read(me, "/etc"), EISDIR},
		{"read endless device", read(me, "/dev/zero"), EINVAL},
		{"write foreign file", write(me, "/etc/passwd"), EACCES},
		{"write in foreign directory", write(me, "/etc/new"), EACCES},
		{"write at home", write(me, "/home/me/new"), nil},
		{"write to directory", write(me, "/home/me"), EISDIR},
		{"write into missing directory", write(me, "/home/me/a/b"), ENOENT},
		{"search closed directory", read(me, "/root/x"), EACCES},
		{"remove from sticky directory", func() error { return me.Remove("/tmp/roots") }, EPERM},
		{"root removes from it", func() error { return root.Remove("/tmp/roots") }, nil},
		{"remove full directory", func() error { return root.Remove("/etc") }, ENOTEMPTY},
		{"remove root directory", func() error { return root.Remove("/") }, EBUSY},
		{"mkdir twice", func() error { return root.Mkdir("/etc", 0o755) }, EEXIST},
		{"chmod foreign", func() error { return me.Chmod("/etc/passwd", 0o777) }, EPERM},
		{"give away", func() error { return me.Chown("/home/me/new", 0, 0) }, EPERM},
		{"directory below itself", func() error { return root.Rename("/home", "/home/me/x") }, EINVAL},
		{"directory over file", func() error { return root.Rename("/tmp", "/etc/passwd") }, ENOTDIR},
		{"file over directory", func() error { return root.Rename("/etc/passwd", "/home") }, EISDIR},
		{"too large", func() error { return me.Truncate("/home/me/new", maxSize+1) }, EFBIG},
		{"disk full", func() error { return me.WriteFile("/home/me/big", make([]byte, 2<<20), 0o600) }, ENOSPC},
		{"long name", write(me, "/home/me/"+string(bytes.Repeat([]byte("n"), 256))), ENAMETOOLONG},
	} {
		err := test.do()
		if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
			t.Errorf("%s: %v, want %v", test.what, err, test.want)
		}
		if err != nil {
			if _, ok := errors.AsType[*fs.PathError](err); !ok {
				t.Errorf("%s: %T, want *fs.PathError", test.what, err)
			}
		}
	}
}

// TestAgainstDisk does the same random things to a file here and to one of the
// machine's own disk, which is the witness.
func TestAgainstDisk(t *testing.T) {
	_, me := newTestFS(t, 64<<20)
	real, err := os.OpenFile(filepath.Join(t.TempDir(), "f"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer real.Close()
	ours, err := me.OpenFile("/home/me/f", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range 400 {
		off, n := rnd.Int64N(5*chunk), rnd.IntN(chunk*3/2)
		switch rnd.IntN(4) {
		case 0:
			if a, b := real.Truncate(off), ours.Truncate(off); a != nil || b != nil {
				t.Fatal(a, b)
			}
		case 1:
			p := bytes.Repeat([]byte{byte(i)}, n)
			real.WriteAt(p, off)
			if _, err := ours.WriteAt(p, off); err != nil {
				t.Fatal(err)
			}
		default:
			p, q := make([]byte, n), make([]byte, n)
			a, aerr := real.ReadAt(p, off)
			b, berr := ours.ReadAt(q, off)
			if n > 0 && (a != b || (aerr == io.EOF) != (berr == io.EOF)) || !bytes.Equal(p[:a], q[:b]) {
				t.Fatalf("step %d: reading %d at %d: %d %v here, %d %v on disk", i, n, off, b, berr, a, aerr)
			}
		}
	}
}

func TestSpace(t *testing.T) {
	_, me := newTestFS(t, 1<<20)
	used := func() int64 { n, _ := me.Usage(); return n }
	before := used()
	if err := me.WriteFile("/home/me/f", make([]byte, 1000_000), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := me.OpenFile("/home/me/f", os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	n, err := f.Write(make([]byte, 100_000))
	if !errors.Is(err, ENOSPC) || n > 50_000 {
		t.Errorf("writing to a full disk: %d, %v", n, err)
	}
	if err := me.Truncate("/home/me/f", 10); err != nil || used() != before+10 {
		t.Errorf("truncating: %v, %d used, want %d", err, used(), before+10)
	}
	if err := me.Truncate("/home/me/f", 1<<30); err != nil || used() != before+10 {
		t.Errorf("a hole costs %d bytes, error %v", used()-before-10, err)
	}
	if err := me.Remove("/home/me/f"); err != nil || used() != before {
		t.Errorf("after remove: %v, %d used, want %d", err, used(), before)
	}
	f.Write(make([]byte, 1000))
	if used() != before {
		t.Error("writing to a removed file takes space that nobody can give back")
	}
}

func TestReadDir(t *testing.T) {
	root, me := newTestFS(t, 0)
	d, err := me.OpenFile("/", os.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for {
		part, err := d.ReadDir(2)
		if err == io.EOF {
			break
		}
		for _, e := range part {
			names = append(names, e.Name())
		}
	}
	if got := fmt.Sprint(names); got != "[dev etc home root tmp]" {
		t.Error(got)
	}
	if _, err := me.ReadDir("/root"); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
	root.Mkdir("/usr", 0o755)
	root.Mkdir("/usr/bin", 0o755)
	if !root.f.Bind("/usr/bin", "/bin") {
		t.Fatal("bind failed")
	}
	root.WriteFile("/usr/bin/ls", nil, 0o755)
	if err := me.Access("/bin/ls", 1); err != nil {
		t.Error(err)
	}
}

func TestTimes(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	v := New(Options{Now: func() time.Time { return now }}).As(0, 0)
	v.WriteFile("/f", nil, 0o600)
	now = now.Add(time.Hour)
	v.WriteFile("/f", []byte("x"), 0o600)
	if i, _ := v.Stat("/f"); !i.ModTime().Equal(now) {
		t.Errorf("changed at %v, want %v", i.ModTime(), now)
	}
	old := now.AddDate(-1, 0, 0)
	v.Chtimes("/f", old)
	if i, _ := v.Stat("/f"); !i.ModTime().Equal(old) {
		t.Errorf("set to %v, want %v", i.ModTime(), old)
	}
}

// TestConcurrent is for the race detector.
func TestConcurrent(t *testing.T) {
	_, me := newTestFS(t, 1<<20)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			name := fmt.Sprintf("/home/me/%d", i%2)
			for range 200 {
				me.WriteFile(name, []byte("hello"), 0o600)
				me.ReadFile(name)
				me.ReadDir("/home/me")
				me.Rename(name, name+"x")
				me.Remove(name + "x")
			}
		})
	}
	wg.Wait()
}

func BenchmarkWrite(b *testing.B) {
	f := New(Options{Limit: 512 << 20})
	v := f.As(0, 0)
	p := make([]byte, 32<<10)
	b.SetBytes(256 << 20)
	for b.Loop() {
		file, err := v.OpenFile("/f", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			b.Fatal(err)
		}
		for range 256 << 20 / len(p) {
			if _, err := file.Write(p); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// A directory does not come to lie in itself, by whatever name.
func TestRenameIntoItself(t *testing.T) {
	f := New(Options{})
	root := f.As(0, 0)
	for _, dir := range []string{"/usr", "/usr/bin", "/usr/bin/deep"} {
		if err := root.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if !f.Bind("/usr/bin", "/bin") {
		t.Fatal("not bound")
	}
	for _, to := range []string{"/usr/bin/x", "/bin/x", "/bin/deep/x", "/usr/bin/deep/x"} {
		if err := root.Rename("/usr/bin", to); !errors.Is(err, EINVAL) {
			t.Errorf("to %s: %v", to, err)
		}
	}
}
