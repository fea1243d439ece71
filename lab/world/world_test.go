package world

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
)

// TestCloneSharesNothing walks each kind of object and fails for a slice or map
// that a clone shares with its original.
func TestCloneSharesNothing(t *testing.T) {
	var s State
	v := reflect.ValueOf(s)
	kinds := 0
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Type.Kind() != reflect.Map {
			continue
		}
		kinds++
		object := reflect.New(f.Type.Elem().Elem())
		fillValue(object.Elem())
		copied := edited(t, f.Name, object)
		if !reflect.DeepEqual(object.Interface(), copied.Interface()) || object.Pointer() == copied.Pointer() {
			t.Errorf("%s: the clone differs, or is none", f.Name)
		}
		shares(t, f.Name, object.Elem(), copied.Elem())
	}
	if kinds < 20 {
		t.Fatalf("only %d kinds of object were found", kinds)
	}
}

// edited puts an object into the table of that name, and gives what Edit makes
// of it in the next transaction.
func edited(t *testing.T, table string, object reflect.Value) reflect.Value {
	t.Helper()
	id := reflect.ValueOf("id")
	first := begin(New(Options{}).Snapshot(), nil)
	field := reflect.ValueOf(first).Elem().FieldByName(table)
	if !field.IsValid() {
		t.Fatalf("a transaction has no table %s", table)
	}
	field.Addr().MethodByName("Put").Call([]reflect.Value{id, object})
	second := begin(first.next, nil)
	return reflect.ValueOf(second).Elem().FieldByName(table).Addr().MethodByName("Edit").Call([]reflect.Value{id})[0]
}

// fillValue puts one element into every slice and map below v.
func fillValue(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fillValue(v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fillValue(v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		e := reflect.New(v.Type().Elem()).Elem()
		fillValue(e)
		v.SetMapIndex(reflect.ValueOf("k").Convert(v.Type().Key()), e)
	}
}

func shares(t *testing.T, path string, a, b reflect.Value) {
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			if a.Type().Field(i).IsExported() {
				shares(t, path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
			}
		}
	case reflect.Slice, reflect.Map:
		if a.Len() > 0 && a.Pointer() == b.Pointer() {
			t.Errorf("%s is shared by the clone", path)
		}
		if a.Kind() == reflect.Slice && a.Len() > 0 {
			shares(t, path+"[0]", a.Index(0), b.Index(0))
		}
	}
}

func TestSnapshotsDoNotChange(t *testing.T) {
	g := newGuide(t, Options{})
	before := g.Snapshot()
	want := encode(t, before)
	g.change(func(tx *Tx) {
		tx.Vpcs.Edit("vpc-1").EnableDnsSupport = false
		tx.SecurityGroups.Edit("sg-private").Rules[0].Protocol = "tcp"
		tx.RouteTables.Edit("rtb-priv").Routes[0].Target = "igw-1"
		tx.PrefixLists.Edit("pl-78a54011").Entries[0].Cidr = pfx("1.2.3.0/24")
		tx.Subnets.Delete("subnet-pub")
		tx.Tokens.Put("t", &Token{ID: "x"})
		tx.NewID("vpc")
	})
	if got := encode(t, before); got != want {
		t.Error("a snapshot changed with a later transaction")
	}
	after := g.Snapshot()
	if after.Vpcs["vpc-1"].EnableDnsSupport || after.Subnets["subnet-pub"] != nil || after.Tokens["t"] == nil {
		t.Error("the transaction's changes are not in the next state")
	}
	if after.Generation != before.Generation+1 {
		t.Errorf("generation went from %d to %d", before.Generation, after.Generation)
	}
	if after.Instances[string(private)] != before.Instances[string(private)] {
		t.Error("an object that nobody wrote to was copied")
	}
}

func TestUpdateFailsWhole(t *testing.T) {
	broken := errors.New("disk full")
	var fail bool
	saved := 0
	g := newGuide(t, Options{Save: func(*State) error {
		if fail {
			return broken
		}
		saved++
		return nil
	}})
	told := 0
	defer g.Watch(func(_, _ *State) { told++ })()
	before := g.Snapshot()
	no := errors.New("no")
	err := g.Update(func(tx *Tx) error {
		tx.Vpcs.Edit("vpc-1").EnableDnsSupport = false
		return no
	})
	if !errors.Is(err, no) || g.Snapshot() != before {
		t.Errorf("a refused transaction: %v, state changed: %t", err, g.Snapshot() != before)
	}
	fail = true
	err = g.Update(func(tx *Tx) error { tx.Vpcs.Delete("vpc-1"); return nil })
	if !errors.Is(err, broken) || g.Snapshot() != before {
		t.Errorf("a transaction that cannot be saved: %v, state changed: %t", err, g.Snapshot() != before)
	}
	fail = false
	if err := g.Update(func(tx *Tx) error { tx.Vpcs.Get("vpc-1"); tx.Vpcs.Delete("vpc-2"); return nil }); err != nil || g.Snapshot() != before {
		t.Errorf("a transaction that wrote nothing: %v", err)
	}
	if told != 0 || saved != 1 {
		t.Errorf("told %d times, saved %d times; want 0 and 1", told, saved)
	}
}

func TestWatchInOrder(t *testing.T) {
	g := newGuide(t, Options{})
	var got []uint64
	var last *State
	stop := g.Watch(func(old, new *State) {
		if last != nil && old != last {
			t.Error("a change was left out")
		}
		last = new
		got = append(got, new.Generation)
		if new.Vpcs["vpc-1"].EnableDnsSupport { // a watcher may update
			g.change(func(tx *Tx) { tx.Vpcs.Edit("vpc-1").EnableDnsSupport = false })
		}
	})
	first := g.Generation() + 1
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			g.change(func(tx *Tx) { tx.Vpcs.Edit("vpc-1").EnableDnsHostnames = true })
		})
	}
	wg.Wait()
	g.change(func(tx *Tx) { tx.Vpcs.Delete("none"); tx.Vpcs.Edit("vpc-1") }) // tells what is left, if anything
	for i, n := range got {
		if n != first+uint64(i) {
			t.Fatalf("generations told: %v", got)
		}
	}
	// 22 at least: while the watcher had not yet answered the first change,
	// others may have come that it answered too.
	told := len(got)
	if told < 22 || uint64(told) != g.Generation()-first+1 {
		t.Errorf("told %d changes, %d were made", told, g.Generation()-first+1)
	}
	stop()
	g.change(func(tx *Tx) { tx.Vpcs.Delete("vpc-1") })
	if len(got) != told {
		t.Error("told after stop")
	}
}

// TestReadersNeedNoLock routes and asks while the world changes; the race
// detector watches.
func TestReadersNeedNoLock(t *testing.T) {
	g := newGuide(t, Options{})
	g.change(natRoute)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for n := range uint16(3) {
		readers.Go(func() {
			for port := uint16(1); ; port++ {
				select {
				case <-done:
					return
				default:
				}
				g.Route(private, flow(TCP, privateIP, port, s3B, 443+n), nil)
				g.Route(S3, flow(TCP, s3B, 443+n, natPub, port), nil)
				s := g.Snapshot()
				if a := s.Lookup(s.Interfaces["eni-i-private"], "s3.ap-northeast-2.amazonaws.com", "A"); len(a.Addrs) != 1 {
					t.Errorf("the resolver says %v", a)
					return
				}
			}
		})
	}
	for range 200 {
		g.change(func(tx *Tx) {
			addEndpoint(tx, "vpce-1", "rtb-priv")
			tx.SecurityGroups.Edit("sg-private").Rules[0].Protocol = "tcp"
		})
		g.change(func(tx *Tx) {
			t := tx.RouteTables.Edit("rtb-priv")
			t.Routes = t.Routes[:2]
			tx.Endpoints.Delete("vpce-1")
		})
	}
	close(done)
	readers.Wait()
}

func TestTableWhileRanging(t *testing.T) {
	g := newGuide(t, Options{})
	g.change(func(tx *Tx) {
		var ids []string
		for id := range tx.Subnets.All() {
			ids = append(ids, id)
			tx.Subnets.Delete(id)
			tx.Subnets.Put(id+"x", &Subnet{ID: id + "x"})
		}
		if fmt.Sprint(ids) != "[subnet-priv subnet-pub]" {
			t.Errorf("ranged over %v", ids)
		}
		if tx.Subnets.Len() != 2 || tx.Subnets.Get("subnet-pub") != nil || tx.State().Subnets["subnet-pubx"] == nil {
			t.Error("the changes of the range are not there")
		}
		a, b := tx.Subnets.Edit("subnet-pubx"), tx.Subnets.Edit("subnet-pubx")
		if a != b {
			t.Error("a second Edit gave another copy")
		}
		if tx.Subnets.Edit("none") != nil {
			t.Error("Edit made an object")
		}
	})
}

func TestSameSeedSameIDs(t *testing.T) {
	draw := func(seed uint64) []string {
		w := New(Options{Seed: seed})
		var out []string
		for range 3 {
			if err := w.Update(func(tx *Tx) error {
				tx.Subnets.Put("s", &Subnet{ID: "s", Cidr: pfx("10.0.1.0/28")})
				ip, _ := tx.NewPrivateIP("s")
				out = append(out, tx.NewID("vpc"), tx.NewMac(), tx.NewIAMID("AKIA"), tx.NewSecretKey(),
					tx.NewPublicIP().String(), tx.NewCarrier().String(), ip.String(), tx.NewRequestID())
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		return out
	}
	a, b, c := draw(7), draw(7), draw(8)
	if !reflect.DeepEqual(a, b) {
		t.Errorf("same seed, other ids:\n%v\n%v", a, b)
	}
	seen := map[string]bool{}
	for i, id := range a {
		if seen[id] && i%8 != 6 { // private addresses are drawn without being taken
			t.Errorf("%s was drawn twice", id)
		}
		seen[id] = true
		if id == c[i] && i%8 != 6 {
			t.Errorf("seeds 7 and 8 both drew %s", id)
		}
	}
	if len(a[0]) != len("vpc-")+17 || len(a[2]) != 20 || len(a[3]) != 40 {
		t.Errorf("lengths: %q %q %q", a[0], a[2], a[3])
	}
	if !pfx("3.34.0.0/15").Contains(addr(a[4])) || !carriers.Contains(addr(a[5])) {
		t.Errorf("addresses %s %s", a[4], a[5])
	}
}

func TestPrivateIPsRunOut(t *testing.T) {
	w := New(Options{Seed: 1})
	err := w.Update(func(tx *Tx) error {
		tx.Subnets.Put("s", &Subnet{ID: "s", Cidr: pfx("10.0.1.16/28")})
		got := map[string]bool{}
		for {
			ip, ok := tx.NewPrivateIP("s")
			if !ok {
				break
			}
			got[ip.String()] = true
			id := ip.String()
			tx.Interfaces.Put(id, &Interface{ID: id, SubnetID: "s", PrivateIP: ip})
		}
		if len(got) != 11 || got["10.0.1.19"] || got["10.0.1.31"] || !got["10.0.1.20"] || !got["10.0.1.30"] {
			t.Errorf("a /28 gave %d addresses: %v", len(got), got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSaveAndLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lab.json")
	g := newGuide(t, Options{Seed: 3, Clock: testClock(), Save: func(s *State) error { return SaveFile(path, s) }})
	g.change(func(tx *Tx) {
		i := tx.Instances.Edit(string(bastion))
		i.Launched, i.HostKeys, i.UserData = tx.Now(), [][]byte{{1, 2}}, []byte("#!")
	})
	s, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if encode(t, s) != encode(t, g.Snapshot()) {
		t.Error("the loaded state differs")
	}
	if !s.Instances[string(bastion)].Launched.Equal(g.Snapshot().Instances[string(bastion)].Launched) {
		t.Error("times differ")
	}
	again := New(Options{State: s})
	var next [2]string
	for i, w := range []*World{g.World, again} {
		if err := w.Update(func(tx *Tx) error { next[i] = tx.NewID("vpc"); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if next[0] != next[1] {
		t.Errorf("the next id is %s, after loading %s", next[0], next[1])
	}
	f := flow(TCP, bastionIP, 40000, s3A, 443)
	if a, b := g.Route(bastion, f, nil), again.Route(bastion, f, nil); !reflect.DeepEqual(a, b) {
		t.Errorf("verdicts differ after loading:\n%+v\n%+v", a, b)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(left) != 1 {
		t.Errorf("files left: %v", left)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm()&0o077 != 0 {
		t.Errorf("the file holds keys and has mode %v", st.Mode())
	}
}

func TestSaveFileFails(t *testing.T) {
	if err := SaveFile(filepath.Join(t.TempDir(), "no", "lab.json"), New(Options{}).Snapshot()); err == nil {
		t.Error("saved into a folder that does not exist")
	}
	dir := t.TempDir()
	target := filepath.Join(dir, "lab.json")
	if err := os.MkdirAll(filepath.Join(target, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := SaveFile(target, New(Options{}).Snapshot()); err == nil {
		t.Error("replaced a folder")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".lab-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
