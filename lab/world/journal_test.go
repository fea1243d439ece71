package world

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// kept is a guide that a folder keeps.
func kept(t *testing.T, dir string) (*guide, *Journal) {
	t.Helper()
	j, s, err := OpenJournal(dir)
	if err != nil || s != nil {
		t.Fatalf("a new folder holds %v, %v", s, err)
	}
	t.Cleanup(func() { j.Close() })
	return newGuide(t, Options{Seed: 3, Clock: testClock(), Save: j.Save}), j
}

// reopened is what a folder holds for the next process.
func reopened(t *testing.T, dir string) *State {
	t.Helper()
	j, s, err := OpenJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return s
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// lines of a journal: an object that is new, one that is changed, one that
// goes, and an id that is drawn.
func lines(g *guide) (states []*State) {
	for _, f := range []func(tx *Tx){
		func(tx *Tx) { tx.Vpcs.Put("vpc-2", &Vpc{ID: "vpc-2", Tags: Tags{"이름": "둘"}}) },
		func(tx *Tx) { tx.Vpcs.Edit("vpc-2").Tags["line"] = "a\nb" },
		func(tx *Tx) { tx.Instances.Edit(string(bastion)).HostKeys = [][]byte{{1, 2}} },
		func(tx *Tx) { tx.Vpcs.Delete("vpc-2"); tx.NewID("vpc") },
		func(tx *Tx) { tx.Users.Put("a", &User{Name: "a", Created: tx.Now()}) },
	} {
		g.change(f)
		states = append(states, g.Snapshot())
	}
	return states
}

// TestEveryKindIsKept: a new object, a changed one and one that is gone of
// every kind are what the next process finds.
func TestEveryKindIsKept(t *testing.T) {
	s := &State{Version: Version, Generation: 7}
	s.makeMaps()
	kinds := 0
	for i := range reflect.ValueOf(s).Elem().NumField() {
		m := reflect.ValueOf(s).Elem().Field(i)
		if m.Kind() != reflect.Map {
			continue
		}
		kinds++
		name := reflect.TypeOf(s).Elem().Field(i).Name
		set := func(s *State, id string) {
			m := reflect.ValueOf(s).Elem().FieldByName(name)
			m.SetMapIndex(reflect.ValueOf(id), reflect.New(m.Type().Elem().Elem()))
		}
		old := &State{Version: Version, Generation: 6}
		old.makeMaps()
		set(old, "goes")
		set(old, "changes")
		next := &State{Version: Version, Generation: 7, Serial: 9}
		next.makeMaps()
		set(next, "changes")
		set(next, "new")
		change := next.since(old)
		if got := reflect.ValueOf(change).Elem().Field(i).Len(); got != 3 {
			t.Errorf("%s: %d changes, want 3", name, got)
		}
		old.apply(change)
		if encode(t, old) != encode(t, next) {
			t.Errorf("%s: the change makes\n%sof\n%s", name, encode(t, old), encode(t, next))
		}
	}
	if n := len(s.collections()); n != kinds {
		t.Errorf("%d collections, and %d maps in State", n, kinds)
	}
}

func TestJournal(t *testing.T) {
	dir := t.TempDir()
	g, j := kept(t, dir)
	states := lines(g)
	if n := bytes.Count(read(t, dir, "journal.jsonl"), []byte("\n")); n != len(states) {
		t.Errorf("%d lines for %d changes", n, len(states))
	}
	if b := read(t, dir, "journal.jsonl"); bytes.Contains(b, []byte("rtb-pub")) {
		t.Errorf("what did not change is written again:\n%s", b)
	}
	if got := encode(t, reopened(t, dir)); got != encode(t, g.Snapshot()) {
		t.Errorf("read back:\n%s\nwant\n%s", got, encode(t, g.Snapshot()))
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := g.Update(func(tx *Tx) error { tx.NewID("vpc"); tx.Vpcs.Edit("vpc-1"); return nil }); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a change after Close: %v", err)
	}
	for _, name := range []string{"lab.json", "journal.jsonl"} {
		if i, err := os.Stat(filepath.Join(dir, name)); err != nil || i.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s holds keys and has mode %v", name, i.Mode())
		}
	}
}

func TestCloseFolds(t *testing.T) {
	dir := t.TempDir()
	g, j := kept(t, dir)
	lines(g)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Load(filepath.Join(dir, "lab.json"))
	if err != nil || encode(t, s) != encode(t, g.Snapshot()) {
		t.Errorf("lab.json alone does not hold the lab: %v", err)
	}
	if b := read(t, dir, "journal.jsonl"); len(b) != 0 {
		t.Errorf("the journal holds still %d bytes", len(b))
	}
}

// TestTornJournal: a process is killed, or the power cut, in the middle of a
// line, and at its ends. What the next one finds is the lab of the last whole
// line.
func TestTornJournal(t *testing.T) {
	dir := t.TempDir()
	g, _ := kept(t, dir)
	states := append([]*State{g.Snapshot()}, lines(g)...)
	snapshot, journal := read(t, dir, "lab.json"), read(t, dir, "journal.jsonl")
	for n := range len(journal) + 1 {
		atEnd := bytes.Contains(journal[max(0, n-2):min(n+2, len(journal))], []byte("\n"))
		if !atEnd && n%61 != 0 {
			continue
		}
		for tear, text := range map[string][]byte{
			"cut":   journal[:n],
			"zeros": append(bytes.Clone(journal[:n]), make([]byte, len(journal)-n)...), // blocks that were never written
		} {
			next := filepath.Join(t.TempDir(), "lab")
			if err := errors.Join(os.Mkdir(next, 0o700),
				os.WriteFile(filepath.Join(next, "lab.json"), snapshot, 0o600),
				os.WriteFile(filepath.Join(next, "lab.json.new"), snapshot[:len(snapshot)/2], 0o600), // killed in the middle of folding
				os.WriteFile(filepath.Join(next, "journal.jsonl"), text, 0o600)); err != nil {
				t.Fatal(err)
			}
			j, s, err := OpenJournal(next)
			if err != nil {
				t.Fatalf("%s at %d: %v", tear, n, err)
			}
			want := states[bytes.Count(journal[:n], []byte("\n"))]
			if encode(t, s) != encode(t, want) {
				t.Fatalf("%s at %d: generation %d, want %d", tear, n, s.Generation, want.Generation)
			}
			// And it goes on from there, torn end or not.
			w := New(Options{State: s, Clock: testClock(), Save: j.Save})
			if err := w.Update(func(tx *Tx) error { tx.Vpcs.Put("vpc-9", &Vpc{ID: "vpc-9"}); return nil }); err != nil {
				t.Fatal(err)
			}
			j.file.Close() // killed
			if s := reopened(t, next); s.Vpcs["vpc-9"] == nil || s.Generation != want.Generation+1 {
				t.Fatalf("%s at %d: what was saved next is lost", tear, n)
			}
			if left, _ := filepath.Glob(filepath.Join(next, "*.new")); len(left) != 0 {
				t.Fatalf("%s at %d: left behind: %v", tear, n, left)
			}
		}
	}
}

// TestKilledWhileFolding: the new lab.json is there, and the lines that it
// holds already are, too.
func TestKilledWhileFolding(t *testing.T) {
	dir := t.TempDir()
	g, _ := kept(t, dir)
	lines(g)
	if err := SaveFile(filepath.Join(dir, "lab.json"), g.Snapshot()); err != nil {
		t.Fatal(err)
	}
	if got := encode(t, reopened(t, dir)); got != encode(t, g.Snapshot()) {
		t.Errorf("read back:\n%s", got)
	}
}

// TestLinesOfAnotherLab: lines that do not go on from the snapshot are nobody's.
func TestLinesOfAnotherLab(t *testing.T) {
	dir := t.TempDir()
	g, j := kept(t, dir)
	first := encode(t, g.Snapshot())
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	line := `{"Generation":9,"Vpcs":{"vpc-1":null}}` + "\n"
	if err := os.WriteFile(filepath.Join(dir, "journal.jsonl"), []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := encode(t, reopened(t, dir)); got != first {
		t.Errorf("read back:\n%s", got)
	}
}

// TestJournalFolds: however many changes, the folder stays small.
func TestJournalFolds(t *testing.T) {
	dir := t.TempDir()
	g, _ := kept(t, dir)
	value := strings.Repeat("x", 64<<10)
	for i := range 3 * foldSize / len(value) {
		g.change(func(tx *Tx) { tx.Vpcs.Put("vpc-2", &Vpc{ID: "vpc-2", Tags: Tags{"n": value[i:]}}) })
		if n := len(read(t, dir, "journal.jsonl")); n > foldSize {
			t.Fatalf("the journal has %d bytes", n)
		}
	}
	if got := encode(t, reopened(t, dir)); got != encode(t, g.Snapshot()) {
		t.Error("read back otherwise")
	}
}

// TestNoRoom: on a full disk a change is refused and leaves nothing behind; the
// lab goes on, and so does saving once there is room.
func TestNoRoom(t *testing.T) {
	const full = "/dev/full"
	device, err := os.OpenFile(full, os.O_RDWR, 0)
	if err != nil {
		t.Skip("no device that is always full:", err)
	}
	defer device.Close()
	for _, all := range []bool{false, true} { // no room for a line; none for a snapshot either
		dir := t.TempDir()
		g, j := kept(t, dir)
		before := g.Snapshot()
		file, snapshot := j.file, j.snapshot
		j.file = device
		if all {
			j.snapshot = filepath.Join(dir, "no", "lab.json")
		}
		change := func(tx *Tx) error { tx.Vpcs.Edit("vpc-1").EnableDnsSupport = false; return nil }
		for range 2 {
			if err := g.Update(change); err == nil && all {
				t.Error("saved without room")
			} else if err == nil {
				break // what is whole has room where a line has none
			}
			if g.Snapshot() != before {
				t.Error("a change that was not saved is seen")
			}
			if all && encode(t, reopened(t, dir)) != encode(t, before) {
				t.Error("a change that was refused is kept")
			}
		}
		j.file, j.snapshot = file, snapshot
		if err := g.Update(change); err != nil {
			t.Errorf("with room again: %v", err)
		}
		if s := reopened(t, dir); s.Vpcs["vpc-1"].EnableDnsSupport {
			t.Error("what was saved with room again is lost")
		}
	}
}

// FuzzReplay: whatever the journal, reading it ends, and what comes of it is a
// lab that can be written and read again.
func FuzzReplay(f *testing.F) {
	g := newGuide(&testing.T{}, Options{Seed: 5})
	start := encode(f, g.Snapshot())
	f.Add([]byte(`{"Generation":2,"Serial":9,"Vpcs":{"vpc-1":null},"Subnets":{"subnet-9":{"ID":"subnet-9"}}}` + "\n"))
	f.Add([]byte("{\"Generation\":2}\n{\"Generation\":3,\"Vpcs\":null}\n{\"Gen"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Decode(strings.NewReader(start))
		if err != nil {
			t.Fatal(err)
		}
		s.replay(b)
		again, err := Decode(strings.NewReader(encode(t, s)))
		if err != nil || encode(t, again) != encode(t, s) {
			t.Errorf("what was read is not written: %v", err)
		}
	})
}
