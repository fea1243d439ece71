package steps

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

// The lock is between processes: a second copy of the test binary tries it.
func TestMain(m *testing.M) {
	if dir := os.Getenv("STEPS_TEST_OPEN"); dir != "" {
		s, err := Open(dir, SessionOptions{})
		if err != nil {
			fmt.Print(err)
			os.Exit(1)
		}
		fmt.Println("open")
		if os.Getenv("STEPS_TEST_DIE") == "" {
			s.Close()
			os.Exit(0)
		}
		os.Stdin.Read(make([]byte, 1)) // until killed
	}
	goleak.VerifyTestMain(m)
}

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func open(t testing.TB, dir string) *Session {
	t.Helper()
	s, err := Open(dir, SessionOptions{Course: "s3", Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// What one process wrote the next one finds, folded.
func TestContinue(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "session")
	s := open(t, dir)
	id := s.State().ID()
	if !strings.HasPrefix(id, "gw-") || len(id) != 9 {
		t.Errorf("id %q", id)
	}
	st := s.State()
	vpc := Resource{Kind: "vpc", Name: "main", Token: id}
	must(t, st.Set("account", "123456789012"), st.Choose("3.7", "3.7.route_table", "public"), st.Intend("3.1", vpc))
	vpc.ID = "vpc-1"
	must(t, st.Made("3.1", vpc, Args{"cidr": "10.0.0.0/16"}), st.Intend("3.1", Resource{Kind: "subnet", Name: "public"}))
	for _, e := range []Event{{Step: "3.1", Kind: Started}, {Step: "3.1", Kind: Held}, {Step: "3.2", Kind: Started},
		{Step: "3.2", Kind: Output, Text: "vpc -> <b>한국어</b>\x1b"}} {
		must(t, s.Append(e))
	}
	must(t, s.Close())

	s = open(t, dir)
	st = s.State()
	if st.ID() != id || st.Value("account") != "123456789012" || st.Choice("3.7.route_table", "private") != "public" || st.Choice("x", "y") != "y" {
		t.Errorf("lost values: %+v", st)
	}
	if st.Status("3.1") != Holds || st.Status("3.2") != NotYet || st.Status("9") != NotYet {
		t.Errorf("statuses %q %q %q", st.Status("3.1"), st.Status("3.2"), st.Status("9"))
	}
	got := st.Resources()
	if len(got) != 2 || got[0].ID != "vpc-1" || !got[0].Made || got[0].Token != id || got[0].Args["cidr"] == "" || got[1].Made || got[1].Step != "3.1" {
		t.Errorf("ledger %+v", got)
	}
	if e := s.Events(); len(e) != 9 || e[8].Text != "vpc -> <b>한국어</b>\x1b" || !e[8].At.Equal(noon) {
		t.Errorf("events %+v", e)
	}
	must(t, st.Gone("3.1", vpc))
	if _, ok := st.Find("vpc", "main"); ok {
		t.Error("the vpc is still there")
	}
	if runtime.GOOS != "windows" {
		for name, want := range map[string]fs.FileMode{"": 0o700, "events.jsonl": 0o600, "lock": 0o600} {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil || info.Mode().Perm() != want {
				t.Errorf("%q has mode %v, %v; want %v", name, info.Mode(), err, want)
			}
		}
	}
}

// A resource whose id is known is never forgotten for another of its name.
func TestLedgerKeepsIDs(t *testing.T) {
	s := open(t, t.TempDir()).State()
	r := func(id string) Resource { return Resource{Kind: "instance", Name: "bastion", ID: id} }
	must(t, s.Intend("3.1", r("")), s.Made("3.1", r("i-1"), nil), s.Intend("3.1", r("")), s.Made("3.1", r("i-2"), nil))
	if got := s.Resources(); len(got) != 2 {
		t.Fatalf("ledger %+v", got)
	}
	if e, ok := s.Find("instance", "bastion"); !ok || e.ID != "i-2" {
		t.Errorf("found %+v", e)
	}
	must(t, s.Gone("3.1", r("i-9")), s.Gone("3.1", r("i-1")))
	if got := s.Resources(); len(got) != 1 || got[0].ID != "i-2" {
		t.Errorf("ledger %+v", got)
	}
	must(t, s.Intend("3.1", r("")), s.Gone("3.1", r(""))) // an intent that came to nothing
	if got := s.Resources(); len(got) != 1 || got[0].ID != "i-2" {
		t.Errorf("ledger %+v", got)
	}
}

const head = `{"format":"gatewalk-session","version":1,"id":"gw-abc123","course":"s3","created":"2026-11-24T12:00:00Z"}` + "\n"
const line = `{"at":"2026-11-24T12:00:01Z","kind":"set","msg":"n","args":{"value":"1"}}` + "\n"

func TestDamagedFiles(t *testing.T) {
	for _, test := range []struct {
		name, content string
		events        int // after opening; -1: it is refused
		line          int // of the FormatError
		newer         bool
	}{
		{"whole", head + line + line, 2, 0, false},
		{"only a header", head, 0, 0, false},
		{"torn", head + line + line[:30], 2, 0, false}, // and the note that it was repaired
		{"torn at the newline", head + line + strings.TrimSuffix(line, "\n"), 2, 0, false},
		{"zeros at the end", head + line + "\x00\x00\x00", 2, 0, false},
		{"bad line in the middle", head + line + line[:30] + "\n" + line, -1, 3, false},
		{"no kind", head + `{"at":"2026-11-24T12:00:01Z"}` + "\n" + line, -1, 2, false},
		{"foreign", "hello\nworld\n", -1, 1, false},
		{"foreign, one line", "hello", -1, 1, false},
		{"other json", `{"version":1,"id":"x"}` + "\n", -1, 1, false},
		{"other course", strings.Replace(head, `"s3"`, `"sql"`, 1), -1, 1, false},
		{"only zeros", "\x00\x00", -1, 1, false},
		{"newer", strings.Replace(head, `"version":1`, `"version":2`, 1), -1, 0, true},
		{"empty", "", 0, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "events.jsonl")
			must(t, os.WriteFile(path, []byte(test.content), 0o600))
			s, err := Open(dir, SessionOptions{Course: "s3"})
			if test.events < 0 {
				var f *FormatError
				var n *NewerError
				switch {
				case test.newer && (!errors.As(err, &n) || n.Path != path || n.Version != 2):
					t.Errorf("got %v", err)
				case !test.newer && (!errors.As(err, &f) || f.Path != path || f.Line != test.line):
					t.Errorf("got %v, want line %d", err, test.line)
				}
				if after, err := os.ReadFile(path); err != nil || string(after) != test.content {
					t.Errorf("a refused file was changed: %q, %v", after, err)
				}
				return
			}
			must(t, err)
			if got := s.Events(); len(got) != test.events {
				t.Errorf("got %d events, want %d: %v", len(got), test.events, got)
			}
			must(t, s.State().Set("after", "the mending"), s.Close())
			f, err := os.Open(path)
			must(t, err)
			defer f.Close()
			if l, err := readLog(f); err != nil || len(l.events) != test.events+1 {
				t.Errorf("mended file has %d events, %v", len(l.events), err)
			}
		})
	}
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	_, err := Open(dir, SessionOptions{})
	var locked *LockedError
	if !errors.As(err, &locked) || locked.PID != os.Getpid() {
		t.Errorf("in this process: got %v", err)
	}
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), "STEPS_TEST_OPEN="+dir)
	out, err := other.CombinedOutput()
	if err == nil || !strings.Contains(string(out), fmt.Sprintf("process %d", os.Getpid())) {
		t.Errorf("in another process: %q, %v", out, err)
	}
	must(t, s.Close())

	// A process that was killed does not keep the session.
	other = exec.Command(os.Args[0])
	other.Env = append(os.Environ(), "STEPS_TEST_OPEN="+dir, "STEPS_TEST_DIE=1")
	stdin, err := other.StdinPipe()
	must(t, err)
	defer stdin.Close()
	stdout, err := other.StdoutPipe()
	must(t, err, other.Start())
	if _, err := stdout.Read(make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, SessionOptions{}); !errors.As(err, &locked) || locked.PID != other.Process.Pid {
		t.Errorf("while it lives: got %v", err)
	}
	must(t, other.Process.Kill())
	other.Wait()
	open(t, dir)
}

func TestUnwritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	if _, err := Open(filepath.Join(file, "session"), SessionOptions{}); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v, want an error that names %s", err, file)
	}
}

// A disk that is full is said by the call that needed it, remembered, and
// forgotten when there is room again; nothing of the torn line stays.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	must(t, s.State().Set("a", "1"))
	broken, err := os.Open(s.path) // opened for reading: every write fails
	must(t, err)
	whole := s.file
	s.file = broken
	if err := s.State().Intend("3.1", Resource{Kind: "vpc", Name: "main"}); err == nil || s.Err() == nil {
		t.Error("an intent that is not on disk was accepted")
	}
	broken.Close()
	s.file = whole
	if _, err := s.file.WriteAt([]byte(`{"half":`), s.size); err != nil {
		t.Fatal(err)
	}
	must(t, s.State().Set("b", "2"), s.Err(), s.Close())
	s = open(t, dir)
	if st := s.State(); st.Value("a") != "1" || st.Value("b") != "2" || len(s.Events()) != 2 {
		t.Errorf("events %+v", s.Events())
	}
}

// Subscribers hear everything in order, one of them late and slow, and none
// holds up who emits.
func TestSubscribe(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(dir, SessionOptions{})
		must(t, err)
		var quick, slow, all, cut []string
		s.Emit(Event{Kind: Note, Msg: "before"})
		s.Subscribe(func(e Event) { quick = append(quick, e.Msg) })
		s.Subscribe(func(e Event) { time.Sleep(time.Second); slow = append(slow, e.Msg) })
		stop := s.Subscribe(func(e Event) { cut = append(cut, e.Msg) })
		start := time.Now()
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for i := range 5 {
					s.Emit(Event{Kind: Note, Msg: fmt.Sprint(i)})
				}
			})
		}
		wg.Wait()
		if d := time.Since(start); d != 0 {
			t.Errorf("emitting took %v", d)
		}
		s.Follow(func(e Event) { all = append(all, e.Msg) })
		time.Sleep(time.Minute)
		stop()
		s.Emit(Event{Kind: Note, Msg: "after"})
		must(t, s.Close())
		if len(quick) != 21 || !slices.Equal(quick, slow) || !slices.Equal(quick, all[1:]) || all[0] != "before" || slices.Contains(cut, "after") {
			t.Errorf("heard\n%v\n%v\n%v\n%v", quick, slow, all, cut)
		}
		if err := s.Append(Event{Kind: Note}); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
}

func FuzzReadLog(f *testing.F) {
	f.Add([]byte(head + line + line[:20]))
	f.Add([]byte(head + `{"kind":"made","resource":{"kind":"vpc","name":"main","id":"vpc-1"}}` + "\n"))
	f.Add([]byte("\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := readLog(bytes.NewReader(data))
		if err != nil {
			return
		}
		Fold("gw-1", l.events)
		// What was read can be written, and reads the same.
		var b bytes.Buffer
		b.WriteString(head)
		for _, e := range l.events {
			line, err := encode(e)
			if err != nil {
				return // a year that JSON's times cannot say
			}
			b.Write(line)
		}
		again, err := readLog(&b)
		if err != nil || len(again.events) != len(l.events) {
			t.Errorf("%d events became %d: %v", len(l.events), len(again.events), err)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	s := open(b, b.TempDir())
	for b.Loop() {
		s.Emit(Event{Step: "4.2", Kind: Output, Host: "bastion", Text: " 2  100.65.19.160 (100.65.19.160)  2.173 ms"})
	}
}
