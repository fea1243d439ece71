package world

import (
	"maps"
	"slices"
)

// The clone methods copy an object so deeply that no slice or map is shared:
// a transaction writes to the copy while readers hold the original. A test
// walks every type by reflection, so a field that is forgotten here fails it.

func (v *Vpc) clone() *Vpc { c := *v; c.Tags = maps.Clone(v.Tags); return &c }

func (v *Subnet) clone() *Subnet { c := *v; c.Tags = maps.Clone(v.Tags); return &c }

func (v *InternetGateway) clone() *InternetGateway {
	c := *v
	c.Tags = maps.Clone(v.Tags)
	return &c
}

func (v *RouteTable) clone() *RouteTable {
	c := *v
	c.Routes = slices.Clone(v.Routes)
	c.Associations = slices.Clone(v.Associations)
	c.Tags = maps.Clone(v.Tags)
	return &c
}

func (v *SecurityGroup) clone() *SecurityGroup {
	c := *v
	c.Rules = slices.Clone(v.Rules)
	for i := range c.Rules {
		c.Rules[i].Tags = maps.Clone(c.Rules[i].Tags)
	}
	c.Tags = maps.Clone(v.Tags)
	return &c
}

func (v *NetworkAcl) clone() *NetworkAcl {
	c := *v
	c.Entries = slices.Clone(v.Entries)
	c.AssociationIDs = maps.Clone(v.AssociationIDs)
	c.Tags = maps.Clone(v.Tags)
	return &c
}

func (v *Instance) clone() *Instance {
	c := *v
	c.UserData = slices.Clone(v.UserData)
	c.Console = slices.Clone(v.Console)
	c.HostKeys = slices.Clone(v.HostKeys)
	for i := range c.HostKeys {
		c.HostKeys[i] = slices.Clone(c.HostKeys[i])
	}
	c.Tags = maps.Clone(v.Tags)
	return &c
}

func (v *Interface) clone() *Interface {
	c := *v
	c.Groups = slices.Clone(v.Groups)
	c.Tags = maps.Clone(v.Tags)
	return &c
}

func (v *Volume) clone() *Volume { c := *v; c.Tags = maps.Clone(v.Tags); return &c }

func (v *KeyPair) clone() *KeyPair { c := *v; c.Tags = maps.Clone(v.Tags); return &c }

func (v *VpcEndpoint) clone() *VpcEndpoint {
	c := *v
	c.RouteTables = slices.Clone(v.RouteTables)
	c.Subnets = slices.Clone(v.Subnets)
	c.Groups = slices.Clone(v.Groups)
	c.Interfaces = slices.Clone(v.Interfaces)
	c.Tags = maps.Clone(v.Tags)
	return &c
}

func (v *PrefixList) clone() *PrefixList {
	c := *v
	c.Entries = slices.Clone(v.Entries)
	c.Tags = maps.Clone(v.Tags)
	return &c
}

func (v *Address) clone() *Address { c := *v; c.Tags = maps.Clone(v.Tags); return &c }

func (v *NatGateway) clone() *NatGateway { c := *v; c.Tags = maps.Clone(v.Tags); return &c }

func (v *Bucket) clone() *Bucket { c := *v; c.Tags = maps.Clone(v.Tags); return &c }

func (v *Role) clone() *Role {
	c := *v
	c.Policies = maps.Clone(v.Policies)
	c.Attached = slices.Clone(v.Attached)
	c.Tags = maps.Clone(v.Tags)
	return &c
}

func (v *InstanceProfile) clone() *InstanceProfile {
	c := *v
	c.Tags = maps.Clone(v.Tags)
	return &c
}

func (v *Principal) clone() *Principal {
	c := *v
	c.Policies = slices.Clone(v.Policies)
	return &c
}

func (v *User) clone() *User {
	c := *v
	c.Policies = maps.Clone(v.Policies)
	c.Attached = slices.Clone(v.Attached)
	c.Tags = maps.Clone(v.Tags)
	return &c
}

func (v *ManagedPolicy) clone() *ManagedPolicy {
	c := *v
	c.Versions = slices.Clone(v.Versions)
	c.Tags = maps.Clone(v.Tags)
	return &c
}

func (v *Token) clone() *Token { c := *v; return &c }

func (v *InsightsPath) clone() *InsightsPath { c := *v; c.Tags = maps.Clone(v.Tags); return &c }

func (v *InsightsAnalysis) clone() *InsightsAnalysis {
	c := *v
	c.Path = slices.Clone(v.Path)
	c.Tags = maps.Clone(v.Tags)
	return &c
}
