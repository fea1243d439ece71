package world

import (
	"errors"
	"fmt"
	"reflect"
)

// collection is one of the state's maps, whatever it holds: what saving and
// loading do to each of them alike.
type collection interface {
	fill()                      // makes the map where there is none
	whole() error               // refuses entries that are null
	differ(old, new collection) // becomes what new has otherwise than old, null for what it has no more
	apply(change collection)    // takes what differ made
}

// collections are the maps of s, which may be written to. A test holds that
// none is missing.
func (s *State) collections() []collection {
	return []collection{
		of[*Vpc]{"Vpcs", &s.Vpcs},
		of[*Subnet]{"Subnets", &s.Subnets},
		of[*InternetGateway]{"Gateways", &s.Gateways},
		of[*RouteTable]{"RouteTables", &s.RouteTables},
		of[*SecurityGroup]{"SecurityGroups", &s.SecurityGroups},
		of[*NetworkAcl]{"NetworkAcls", &s.NetworkAcls},
		of[*Instance]{"Instances", &s.Instances},
		of[*Volume]{"Volumes", &s.Volumes},
		of[*KeyPair]{"KeyPairs", &s.KeyPairs},
		of[*VpcEndpoint]{"Endpoints", &s.Endpoints},
		of[*PrefixList]{"PrefixLists", &s.PrefixLists},
		of[*Address]{"Addresses", &s.Addresses},
		of[*NatGateway]{"NatGateways", &s.NatGateways},
		of[*Interface]{"Interfaces", &s.Interfaces},
		of[*Bucket]{"Buckets", &s.Buckets},
		of[*Role]{"Roles", &s.Roles},
		of[*InstanceProfile]{"Profiles", &s.Profiles},
		of[*Principal]{"Principals", &s.Principals},
		of[*User]{"Users", &s.Users},
		of[*ManagedPolicy]{"Policies", &s.Policies},
		of[*Token]{"Tokens", &s.Tokens},
		of[*InsightsPath]{"InsightsPaths", &s.InsightsPaths},
		of[*InsightsAnalysis]{"InsightsResults", &s.InsightsResults},
	}
}

// of is the collection of one kind of object.
type of[P object[P]] struct {
	name string
	m    *map[string]P
}

func (c of[P]) fill() {
	if *c.m == nil {
		*c.m = map[string]P{}
	}
}

func (c of[P]) whole() error {
	var none P
	for id, v := range Sorted(*c.m) {
		if v == none {
			return fmt.Errorf("%s: %q is null", c.name, id)
		}
	}
	return nil
}

// differ compares pointers: a transaction copies what it changes, maps as well.
func (c of[P]) differ(old, new collection) {
	was, is := *old.(of[P]).m, *new.(of[P]).m
	if reflect.ValueOf(was).Pointer() == reflect.ValueOf(is).Pointer() {
		return
	}
	for id, v := range is {
		if was[id] != v {
			c.fill()
			(*c.m)[id] = v
		}
	}
	var none P
	for id := range was {
		if is[id] == none {
			c.fill()
			(*c.m)[id] = none
		}
	}
}

func (c of[P]) apply(change collection) {
	var none P
	for id, v := range *change.(of[P]).m {
		if v == none {
			delete(*c.m, id)
		} else {
			(*c.m)[id] = v
		}
	}
}

// makeMaps gives every kind a map, so that writers need not ask.
func (s *State) makeMaps() {
	for _, c := range s.collections() {
		c.fill()
	}
}

// check refuses entries that are null: every reader takes an object that is
// there to be one.
func (s *State) check() error {
	var errs []error
	for _, c := range s.collections() {
		errs = append(errs, c.whole())
	}
	return errors.Join(errs...)
}

// since is what s has otherwise than old, an earlier state of the same world:
// a state of changed objects alone, with null for those that are gone.
func (s *State) since(old *State) *State {
	change := &State{Generation: s.Generation, Serial: s.Serial}
	was, is := old.collections(), s.collections()
	for i, c := range change.collections() {
		c.differ(was[i], is[i])
	}
	return change
}

// apply makes of s, which nobody else sees yet, the state that change was
// since.
func (s *State) apply(change *State) {
	s.Generation, s.Serial = change.Generation, change.Serial
	changed := change.collections()
	for i, c := range s.collections() {
		c.apply(changed[i])
	}
}
