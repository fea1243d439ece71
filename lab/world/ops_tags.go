package world

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

const maxTags = 50

// CheckTags refuses what AWS does not take as tags.
func CheckTags(t Tags) error {
	if len(t) > maxTags {
		return refuse("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
	}
	for k, v := range t {
		switch {
		case k == "" || utf8.RuneCountInString(k) > 128:
			return refuse("InvalidParameterValue", "Tag key must have between 1 and 128 characters")
		case utf8.RuneCountInString(v) > 256:
			return refuse("InvalidParameterValue", "Tag value exceeds the maximum length of 256 characters")
		case strings.HasPrefix(strings.ToLower(k), "aws:"):
			return refuse("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
		}
	}
	return nil
}

// CreateTags adds tags to resources, or changes them; all or none.
func (tx *Tx) CreateTags(ids []string, tags Tags) error {
	if err := CheckTags(tags); err != nil {
		return err
	}
	return tx.eachTags(ids, func(t *Tags) error {
		if *t == nil {
			*t = Tags{}
		}
		maps.Copy(*t, tags)
		return CheckTags(*t)
	})
}

// DeleteTags removes tags from resources: each of keys, only where it has the
// value given if that is not nil. No keys means all.
func (tx *Tx) DeleteTags(ids []string, keys map[string]*string) error {
	return tx.eachTags(ids, func(t *Tags) error {
		if len(keys) == 0 {
			*t = nil
		}
		for k, v := range keys {
			if v == nil || (*t)[k] == *v {
				delete(*t, k)
			}
		}
		return nil
	})
}

func (tx *Tx) eachTags(ids []string, change func(*Tags) error) error {
	for _, id := range ids {
		t, err := tx.editTags(id)
		if err != nil {
			return err
		}
		if err := change(t); err != nil {
			return err
		}
	}
	return nil
}

// editTags is where the tags of a resource are, ready to be written to.
func (tx *Tx) editTags(id string) (*Tags, error) {
	k, ok := KindOf(id)
	if !ok || k.Type == "" {
		return nil, refuse("InvalidID", "The ID '%s' is not valid", id)
	}
	var t *Tags
	switch k.Prefix {
	case "vpc":
		t = tagsIn(&tx.Vpcs, id, func(v *Vpc) *Tags { return &v.Tags })
	case "subnet":
		t = tagsIn(&tx.Subnets, id, func(v *Subnet) *Tags { return &v.Tags })
	case "igw":
		t = tagsIn(&tx.Gateways, id, func(v *InternetGateway) *Tags { return &v.Tags })
	case "rtb":
		t = tagsIn(&tx.RouteTables, id, func(v *RouteTable) *Tags { return &v.Tags })
	case "sg":
		t = tagsIn(&tx.SecurityGroups, id, func(v *SecurityGroup) *Tags { return &v.Tags })
	case "sgr":
		t = tx.ruleTags(id)
	case "acl":
		t = tagsIn(&tx.NetworkAcls, id, func(v *NetworkAcl) *Tags { return &v.Tags })
	case "i":
		t = tagsIn(&tx.Instances, id, func(v *Instance) *Tags { return &v.Tags })
	case "eni":
		t = tagsIn(&tx.Interfaces, id, func(v *Interface) *Tags { return &v.Tags })
	case "vol":
		t = tagsIn(&tx.Volumes, id, func(v *Volume) *Tags { return &v.Tags })
	case "key":
		t = tagsIn(&tx.KeyPairs, id, func(v *KeyPair) *Tags { return &v.Tags })
	case "vpce":
		t = tagsIn(&tx.Endpoints, id, func(v *VpcEndpoint) *Tags { return &v.Tags })
	case "pl":
		t = tagsIn(&tx.PrefixLists, id, func(v *PrefixList) *Tags { return &v.Tags })
	case "eipalloc":
		t = tagsIn(&tx.Addresses, id, func(v *Address) *Tags { return &v.Tags })
	case "nat":
		t = tagsIn(&tx.NatGateways, id, func(v *NatGateway) *Tags { return &v.Tags })
	case "nip":
		t = tagsIn(&tx.InsightsPaths, id, func(v *InsightsPath) *Tags { return &v.Tags })
	case "nia":
		t = tagsIn(&tx.InsightsResults, id, func(v *InsightsAnalysis) *Tags { return &v.Tags })
	}
	if t == nil {
		return nil, Missing(k.Prefix, id)
	}
	return t, nil
}

func tagsIn[P object[P]](t *Table[P], id string, field func(P) *Tags) *Tags {
	var none P
	if v := t.Edit(id); v != none {
		return field(v)
	}
	return nil
}

func (tx *Tx) ruleTags(id string) *Tags {
	for gid, g := range tx.SecurityGroups.All() {
		if i := slices.IndexFunc(g.Rules, func(r GroupRule) bool { return r.ID == id }); i >= 0 {
			return &tx.SecurityGroups.Edit(gid).Rules[i].Tags
		}
	}
	return nil
}

// Tagged is one resource and its tags, to read.
type Tagged struct {
	ID, Type string
	VpcID    string // "" for what belongs to no VPC
	Tags     Tags
}

// Resource finds any EC2 resource by its id.
func (s *State) Resource(id string) (Tagged, bool) {
	k, ok := KindOf(id)
	if !ok {
		return Tagged{}, false
	}
	r, ok := s.resource(k.Prefix, id)
	r.ID, r.Type = id, k.Type
	return r, ok
}

func (s *State) resource(prefix, id string) (Tagged, bool) {
	switch prefix {
	case "vpc":
		if v := s.Vpcs[id]; v != nil {
			return Tagged{VpcID: id, Tags: v.Tags}, true
		}
	case "subnet":
		if v := s.Subnets[id]; v != nil {
			return Tagged{VpcID: v.VpcID, Tags: v.Tags}, true
		}
	case "igw":
		if v := s.Gateways[id]; v != nil {
			return Tagged{VpcID: v.VpcID, Tags: v.Tags}, true
		}
	case "rtb":
		if v := s.RouteTables[id]; v != nil {
			return Tagged{VpcID: v.VpcID, Tags: v.Tags}, true
		}
	case "sg":
		if v := s.SecurityGroups[id]; v != nil {
			return Tagged{VpcID: v.VpcID, Tags: v.Tags}, true
		}
	case "sgr":
		for _, g := range s.SecurityGroups {
			for _, r := range g.Rules {
				if r.ID == id {
					return Tagged{VpcID: g.VpcID, Tags: r.Tags}, true
				}
			}
		}
	case "acl":
		if v := s.NetworkAcls[id]; v != nil {
			return Tagged{VpcID: v.VpcID, Tags: v.Tags}, true
		}
	case "i":
		if v := s.Instances[id]; v != nil {
			return Tagged{VpcID: v.VpcID, Tags: v.Tags}, true
		}
	case "eni":
		if v := s.Interfaces[id]; v != nil {
			return Tagged{VpcID: v.VpcID, Tags: v.Tags}, true
		}
	case "vol":
		if v := s.Volumes[id]; v != nil {
			return Tagged{Tags: v.Tags}, true
		}
	case "key":
		if v := s.KeyPairs[id]; v != nil {
			return Tagged{Tags: v.Tags}, true
		}
	case "vpce":
		if v := s.Endpoints[id]; v != nil {
			return Tagged{VpcID: v.VpcID, Tags: v.Tags}, true
		}
	case "pl":
		if v := s.PrefixLists[id]; v != nil {
			return Tagged{Tags: v.Tags}, true
		}
	case "eipalloc":
		if v := s.Addresses[id]; v != nil {
			return Tagged{Tags: v.Tags}, true
		}
	case "nat":
		if v := s.NatGateways[id]; v != nil {
			return Tagged{VpcID: v.VpcID, Tags: v.Tags}, true
		}
	case "nip":
		if v := s.InsightsPaths[id]; v != nil {
			return Tagged{Tags: v.Tags}, true
		}
	case "nia":
		if v := s.InsightsResults[id]; v != nil {
			return Tagged{Tags: v.Tags}, true
		}
	}
	return Tagged{}, false
}

// AllTagged is every resource that has tags, in the order of ids.
func (s *State) AllTagged() []Tagged {
	ids := slices.Concat(
		keys(s.Vpcs), keys(s.Subnets), keys(s.Gateways), keys(s.RouteTables), keys(s.SecurityGroups),
		keys(s.NetworkAcls), keys(s.Instances), keys(s.Interfaces), keys(s.Volumes), keys(s.KeyPairs),
		keys(s.Endpoints), keys(s.PrefixLists), keys(s.Addresses), keys(s.NatGateways),
		keys(s.InsightsPaths), keys(s.InsightsResults))
	for _, g := range s.SecurityGroups {
		for _, r := range g.Rules {
			ids = append(ids, r.ID)
		}
	}
	slices.Sort(ids)
	var out []Tagged
	for _, id := range ids {
		if r, ok := s.Resource(id); ok && len(r.Tags) > 0 {
			out = append(out, r)
		}
	}
	return out
}

func keys[V any](m map[string]V) []string { return slices.Collect(maps.Keys(m)) }
