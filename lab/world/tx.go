package world

import (
	"iter"
	"maps"
	"slices"
	"time"
)

// Tx is one transaction: the only way to change a world. It lives as long as
// the function given to [World.Update] and belongs to that goroutine.
//
// Each kind of object is a [Table]. Read with Get and All, write with Edit, Put
// and Delete:
//
//	err := w.Update(func(tx *world.Tx) error {
//		vpc := tx.Vpcs.Edit(id) // a copy of our own, already in the next state
//		if vpc == nil {
//			return &world.Error{Code: "InvalidVpcID.NotFound", Message: …}
//		}
//		vpc.EnableDnsHostnames = true
//		tx.Subnets.Put(sid, &world.Subnet{ID: sid, VpcID: id, …})
//		return nil // an error here and nothing has happened
//	})
//
// What Get, All and State return is shared with readers: never write to it.
type Tx struct {
	next  *State
	clock *Clock
	dirty bool

	Vpcs            Table[*Vpc]
	Subnets         Table[*Subnet]
	Gateways        Table[*InternetGateway]
	RouteTables     Table[*RouteTable]
	SecurityGroups  Table[*SecurityGroup]
	NetworkAcls     Table[*NetworkAcl]
	Instances       Table[*Instance]
	Volumes         Table[*Volume]
	KeyPairs        Table[*KeyPair]
	Endpoints       Table[*VpcEndpoint]
	PrefixLists     Table[*PrefixList]
	Addresses       Table[*Address]
	NatGateways     Table[*NatGateway]
	Interfaces      Table[*Interface]
	Buckets         Table[*Bucket]
	Roles           Table[*Role]
	Profiles        Table[*InstanceProfile]
	Principals      Table[*Principal]
	Users           Table[*User]
	Policies        Table[*ManagedPolicy]
	Tokens          Table[*Token]
	InsightsPaths   Table[*InsightsPath]
	InsightsResults Table[*InsightsAnalysis]
}

func begin(old *State, c *Clock) *Tx {
	next := *old
	next.index = nil
	tx := &Tx{next: &next, clock: c}
	bind(tx, &tx.Vpcs, &next.Vpcs)
	bind(tx, &tx.Subnets, &next.Subnets)
	bind(tx, &tx.Gateways, &next.Gateways)
	bind(tx, &tx.RouteTables, &next.RouteTables)
	bind(tx, &tx.SecurityGroups, &next.SecurityGroups)
	bind(tx, &tx.NetworkAcls, &next.NetworkAcls)
	bind(tx, &tx.Instances, &next.Instances)
	bind(tx, &tx.Volumes, &next.Volumes)
	bind(tx, &tx.KeyPairs, &next.KeyPairs)
	bind(tx, &tx.Endpoints, &next.Endpoints)
	bind(tx, &tx.PrefixLists, &next.PrefixLists)
	bind(tx, &tx.Addresses, &next.Addresses)
	bind(tx, &tx.NatGateways, &next.NatGateways)
	bind(tx, &tx.Interfaces, &next.Interfaces)
	bind(tx, &tx.Buckets, &next.Buckets)
	bind(tx, &tx.Roles, &next.Roles)
	bind(tx, &tx.Profiles, &next.Profiles)
	bind(tx, &tx.Principals, &next.Principals)
	bind(tx, &tx.Users, &next.Users)
	bind(tx, &tx.Policies, &next.Policies)
	bind(tx, &tx.Tokens, &next.Tokens)
	bind(tx, &tx.InsightsPaths, &next.InsightsPaths)
	bind(tx, &tx.InsightsResults, &next.InsightsResults)
	return tx
}

func bind[P object[P]](tx *Tx, t *Table[P], m *map[string]P) { t.tx, t.m = tx, m }

// State is the next state as far as this transaction has made it, for the
// lookups that are methods of State. It must not be written to.
func (tx *Tx) State() *State { return tx.next }

// Now is the lesson's time, in UTC and whole milliseconds, which is what AWS
// prints and what survives JSON.
func (tx *Tx) Now() time.Time { return tx.clock.Now().UTC().Truncate(time.Millisecond) }

// object is what a table holds: a pointer that can copy what it points to.
type object[P any] interface {
	comparable
	clone() P
}

// Table is the objects of one kind inside a transaction. The map and the
// objects are copied at the first write to each, so the snapshots that readers
// hold stay as they are.
type Table[P object[P]] struct {
	tx  *Tx
	m   *map[string]P   // the field of the next state
	own map[string]bool // ids whose object this transaction made; nil: the map is still shared
}

// Get is the object to read, or nil.
func (t *Table[P]) Get(id string) P { return (*t.m)[id] }

// Edit is the object to write to, or nil where there is none.
func (t *Table[P]) Edit(id string) P {
	v, ok := (*t.m)[id]
	if !ok || t.own[id] {
		return v
	}
	v = v.clone()
	t.Put(id, v)
	return v
}

// Put adds the object or replaces the one of that id. Until the transaction
// ends the caller may go on writing to v; afterwards it must not.
func (t *Table[P]) Put(id string, v P) {
	t.write()
	t.own[id] = true
	(*t.m)[id] = v
}

// Delete removes the object; there need not be one.
func (t *Table[P]) Delete(id string) {
	if _, ok := (*t.m)[id]; !ok {
		return
	}
	t.write()
	delete(t.own, id)
	delete(*t.m, id)
}

// Len is how many objects there are.
func (t *Table[P]) Len() int { return len(*t.m) }

// All ranges over the objects in the order of their ids, which makes everything
// that is derived from it the same in every run. The table may be written to
// meanwhile: the range keeps to what was there when it began.
func (t *Table[P]) All() iter.Seq2[string, P] { return Sorted(maps.Clone(*t.m)) }

func (t *Table[P]) write() {
	t.tx.dirty = true
	if t.own != nil {
		return
	}
	t.own = map[string]bool{}
	if *t.m = maps.Clone(*t.m); *t.m == nil {
		*t.m = map[string]P{}
	}
}

// Sorted ranges over a map of the state in the order of its keys.
func Sorted[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}
