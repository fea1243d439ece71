package world

import (
	"fmt"
	"testing"
)

func TestChoose(t *testing.T) {
	s := &State{PrefixLists: map[string]*PrefixList{
		"pl-a": {ID: "pl-a", Entries: []PrefixEntry{{Cidr: pfx("52.219.56.0/22")}, {Cidr: pfx("3.5.140.0/22")}}},
		"pl-b": {ID: "pl-b", Entries: []PrefixEntry{{Cidr: pfx("52.219.56.0/22")}}},
		"pl-c": {ID: "pl-c", Entries: []PrefixEntry{{Cidr: pfx("52.219.0.0/16")}, {Cidr: pfx("52.219.57.0/24")}}},
	}}
	local := Route{Cidr: pfx("10.0.0.0/16"), Target: "local", Origin: "CreateRouteTable"}
	world := Route{Cidr: anywhere, Target: "igw-1", Origin: "CreateRoute"}
	list := Route{PrefixList: "pl-a", Target: "vpce-a", Origin: "CreateRoute"}
	propagated := func(cidr string) Route {
		return Route{Cidr: pfx(cidr), Target: "vgw-1", Origin: "EnableVgwRoutePropagation"}
	}
	static := func(cidr string) Route { return Route{Cidr: pfx(cidr), Target: "eni-1", Origin: "CreateRoute"} }
	tests := []struct {
		name   string
		routes []Route
		dst    string
		want   string // target; "" for none
	}{
		{"empty", nil, "10.0.0.1", ""},
		{"local", []Route{local, world}, "10.0.9.9", "local"},
		{"default", []Route{local, world}, "9.9.9.9", "igw-1"},
		{"no default", []Route{local}, "9.9.9.9", ""},
		{"list before default", []Route{local, world, list}, "52.219.59.255", "vpce-a"},
		{"just outside the list", []Route{local, world, list}, "52.219.60.0", "igw-1"},
		{"second entry", []Route{world, list}, "3.5.143.161", "vpce-a"},
		{"a longer static row", []Route{world, list, static("52.219.56.0/24")}, "52.219.56.25", "eni-1"},
		{"beside the longer static row", []Route{world, list, static("52.219.56.0/24")}, "52.219.57.25", "vpce-a"},
		{"a shorter static row", []Route{list, static("52.219.0.0/16")}, "52.219.56.25", "vpce-a"},
		{"an equal static row", []Route{list, static("52.219.56.0/22")}, "52.219.56.25", "eni-1"},
		{"an equal static row, first", []Route{static("52.219.56.0/22"), list}, "52.219.56.25", "eni-1"},
		{"an equal propagated row", []Route{propagated("52.219.56.0/22"), list}, "52.219.56.25", "vpce-a"},
		{"static before propagated", []Route{propagated("9.0.0.0/8"), static("9.0.0.0/8")}, "9.9.9.9", "eni-1"},
		{"longer propagated before static", []Route{propagated("9.9.0.0/16"), static("9.0.0.0/8")}, "9.9.9.9", "vgw-1"},
		{"the longest entry of a list counts", []Route{list, {PrefixList: "pl-c", Target: "vpce-c"}}, "52.219.57.1", "vpce-c"},
		{"the shorter entry of that list", []Route{list, {PrefixList: "pl-c", Target: "vpce-c"}}, "52.219.58.1", "vpce-a"},
		{"a list that does not exist", []Route{world, {PrefixList: "pl-none", Target: "vpce-x"}}, "52.219.57.1", "igw-1"},
		{"a black hole wins its match", []Route{world, {Cidr: pfx("9.0.0.0/8"), Target: "nat-gone", Blackhole: true}}, "9.9.9.9", "nat-gone"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			r, ok := s.Choose(&RouteTable{ID: "rtb-1", Routes: tc.routes}, addr(tc.dst))
			if r.Target != tc.want || ok != (tc.want != "") {
				t.Errorf("%s goes to %q (%t), want %q", tc.dst, r.Target, ok, tc.want)
			}
		})
	}
}

// TestTwoListsTie: the choice depends on the table, not on the order of rows,
// and falls both ways.
func TestTwoListsTie(t *testing.T) {
	s := &State{PrefixLists: map[string]*PrefixList{
		"pl-a": {Entries: []PrefixEntry{{Cidr: pfx("52.219.56.0/22")}}},
		"pl-b": {Entries: []PrefixEntry{{Cidr: pfx("52.219.56.0/22")}}},
	}}
	a, b := Route{PrefixList: "pl-a", Target: "vpce-a"}, Route{PrefixList: "pl-b", Target: "vpce-b"}
	won := map[string]int{}
	for i := range 40 {
		id := fmt.Sprint("rtb-", i)
		x, _ := s.Choose(&RouteTable{ID: id, Routes: []Route{a, b}}, s3A)
		y, _ := s.Choose(&RouteTable{ID: id, Routes: []Route{b, a}}, s3A)
		if x != y {
			t.Fatalf("%s: the order of the rows decides", id)
		}
		won[x.Target]++
	}
	if won["vpce-a"] < 8 || won["vpce-b"] < 8 {
		t.Errorf("one list is always preferred: %v", won)
	}
}

func TestTableOf(t *testing.T) {
	g := newGuide(t, Options{})
	check := func(subnet, want string) {
		t.Helper()
		table := g.Snapshot().TableOf(subnet)
		if got := map[bool]string{true: ""}[table == nil]; table != nil {
			if table.ID != want {
				t.Errorf("%s has %s, want %s", subnet, table.ID, want)
			}
		} else if want != got {
			t.Errorf("%s has no table, want %s", subnet, want)
		}
	}
	check("subnet-pub", "rtb-pub")
	check("subnet-priv", "rtb-priv")
	check("subnet-none", "")
	g.change(func(tx *Tx) {
		tx.RouteTables.Edit("rtb-pub").Associations = nil
		// Inside the transaction the answer is that of the changes so far.
		if got := tx.State().TableOf("subnet-pub"); got == nil || got.ID != "rtb-priv" {
			t.Errorf("inside the transaction: %v", got)
		}
	})
	check("subnet-pub", "rtb-priv")
}
