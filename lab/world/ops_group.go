package world

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// CreateSecurityGroup makes a group that lets nothing in and everything out.
func (tx *Tx) CreateSecurityGroup(vpcID, name, description string, tags Tags) (*SecurityGroup, error) {
	switch {
	case vpcID == "":
		return nil, refuse("VPCIdNotSpecified", "No default VPC for this user")
	case name == "":
		return nil, refuse("MissingParameter", "The request must contain the parameter GroupName")
	case description == "":
		return nil, refuse("MissingParameter", "The request must contain the parameter GroupDescription")
	case len(name) > 255 || !groupText(name):
		return nil, refuse("InvalidParameterValue", "Value (%s) for parameter GroupName is invalid. Character sets beyond ASCII are not supported.", name)
	case len(description) > 255 || !groupText(description):
		return nil, refuse("InvalidParameterValue", "Value (%s) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported.", description)
	case strings.HasPrefix(strings.ToLower(name), "sg-"):
		return nil, refuse("InvalidParameterValue", "Invalid group name. Group names may not be in the format sg-*")
	case name == "default":
		return nil, refuse("InvalidParameterValue", "Cannot use reserved security group name: default")
	}
	if _, err := find(&tx.Vpcs, "vpc", vpcID); err != nil {
		return nil, err
	}
	if some(tx.next.SecurityGroups, func(g *SecurityGroup) bool { return g.VpcID == vpcID && g.Name == name }) {
		return nil, refuse("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", name, vpcID)
	}
	g := &SecurityGroup{ID: tx.NewID("sg"), VpcID: vpcID, Name: name, Description: description, Tags: tags}
	g.Rules = []GroupRule{{ID: tx.NewID("sgr"), Egress: true, Protocol: "-1", From: -1, To: -1, Cidr: everywhere}}
	tx.SecurityGroups.Put(g.ID, g)
	return g, nil
}

func groupText(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// DeleteSecurityGroup removes a group that no interface has and no other
// group's rule names.
func (tx *Tx) DeleteSecurityGroup(id string) error {
	g, err := find(&tx.SecurityGroups, "sg", id)
	if err != nil {
		return err
	}
	if g.Name == "default" {
		return refuse("CannotDelete", "the specified group: %q name: \"default\" cannot be deleted by a user", id)
	}
	used := some(tx.next.Interfaces, func(i *Interface) bool { return slices.Contains(i.Groups, id) }) ||
		some(tx.next.SecurityGroups, func(o *SecurityGroup) bool {
			return o.ID != id && slices.ContainsFunc(o.Rules, func(r GroupRule) bool { return r.Group == id })
		})
	if used {
		return refuse("DependencyViolation", "resource %s has a dependent object", id)
	}
	tx.SecurityGroups.Delete(id)
	return nil
}

// AuthorizeSecurityGroup adds rules, all or none. Their ids are given here.
func (tx *Tx) AuthorizeSecurityGroup(id string, rules []GroupRule) ([]GroupRule, error) {
	g, err := edit(&tx.SecurityGroups, "sg", id)
	if err != nil {
		return nil, err
	}
	var made []GroupRule
	for _, r := range rules {
		if err := tx.checkRule(g, &r); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(g.Rules, r.same) {
			return nil, refuse("InvalidPermission.Duplicate", "the specified rule %q already exists", r)
		}
		r.ID = tx.NewID("sgr")
		g.Rules = append(g.Rules, r)
		made = append(made, r)
	}
	for _, egress := range []bool{false, true} {
		weight := 0
		for _, r := range g.Rules {
			if r.Egress == egress {
				weight += tx.weight(r)
			}
		}
		if weight > maxRules {
			return nil, refuse("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.")
		}
	}
	return made, nil
}

// weight is how much of the quota a rule takes: a prefix list counts as its
// size, AWS's own S3 and DynamoDB lists as one (VPC guide, "AWS-managed prefix
// list weight").
func (tx *Tx) weight(r GroupRule) int {
	if l := tx.PrefixLists.Get(r.PrefixList); l != nil && l.Owner != "AWS" {
		return l.MaxEntries
	}
	return 1
}

// checkRule makes a rule canonical and refuses what AWS would.
func (tx *Tx) checkRule(g *SecurityGroup, r *GroupRule) error {
	switch strings.ToLower(r.Protocol) {
	case "6", "tcp":
		r.Protocol = "tcp"
	case "17", "udp":
		r.Protocol = "udp"
	case "1", "icmp":
		r.Protocol = "icmp"
	case "58", "icmpv6":
		r.Protocol = "icmpv6"
	case "-1":
	default:
		n, err := strconv.Atoi(r.Protocol)
		if err != nil || n < 0 || n > 255 {
			return refuse("InvalidParameterValue", "Invalid value '%s' for IP protocol. Unknown protocol.", r.Protocol)
		}
		r.From, r.To = -1, -1
	}
	switch r.Protocol {
	case "-1":
		r.From, r.To = -1, -1
	case "tcp", "udp":
		if r.From == -1 || r.To == -1 {
			return refuse("InvalidParameterValue", "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
		}
		if r.From < 0 || r.From > 65535 {
			return refuse("InvalidParameterValue", "TCP/UDP (from) port (%d) out of range", r.From)
		}
		if r.To < 0 || r.To > 65535 {
			return refuse("InvalidParameterValue", "TCP/UDP (to) port (%d) out of range", r.To)
		}
		if r.From > r.To {
			return refuse("InvalidParameterValue", "Invalid TCP/UDP port range (%d:%d)", r.From, r.To)
		}
	case "icmp", "icmpv6":
		if r.From < -1 || r.From > 255 || r.To < -1 || r.To > 255 {
			return refuse("InvalidParameterValue", "ICMP code (%d), for type (%d) not found", r.To, r.From)
		}
	}
	if r.PrefixList != "" {
		if _, err := find(&tx.PrefixLists, "pl", r.PrefixList); err != nil {
			return err
		}
	}
	if r.Group != "" {
		other, err := find(&tx.SecurityGroups, "sg", r.Group)
		if err != nil {
			return err
		}
		if other.VpcID != g.VpcID {
			return refuse("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
		}
	}
	if !r.Cidr.IsValid() && r.PrefixList == "" && r.Group == "" {
		return refuse("MissingParameter", "The request must contain the parameter cidrIp, groupId or prefixListId")
	}
	return nil
}

// same compares what rules allow: description, tags and id make no difference.
func (r GroupRule) same(o GroupRule) bool {
	return r.Egress == o.Egress && r.Protocol == o.Protocol && r.From == o.From && r.To == o.To &&
		r.Cidr == o.Cidr && r.PrefixList == o.PrefixList && r.Group == o.Group
}

// String is a rule as AWS's messages print it.
func (r GroupRule) String() string {
	peer := r.Group + r.PrefixList
	if r.Cidr.IsValid() {
		peer = r.Cidr.String()
	}
	switch r.Protocol {
	case "-1":
		return "peer: " + peer + ", ALL, ALLOW"
	case "icmp":
		return fmt.Sprintf("peer: %s, ICMP, type: %d, code: %d, ALLOW", peer, r.From, r.To)
	}
	return fmt.Sprintf("peer: %s, %s, from port: %d, to port: %d, ALLOW", peer, strings.ToUpper(r.Protocol), r.From, r.To)
}

// RevokeSecurityGroup takes rules away, all or none: those that are the same
// as one of rules, or that one of ids names.
func (tx *Tx) RevokeSecurityGroup(id string, egress bool, rules []GroupRule, ids []string) error {
	g, err := edit(&tx.SecurityGroups, "sg", id)
	if err != nil {
		return err
	}
	remove := func(such func(GroupRule) bool) bool {
		n := len(g.Rules)
		g.Rules = slices.DeleteFunc(g.Rules, such)
		return len(g.Rules) < n
	}
	for _, r := range rules {
		if err := tx.checkRule(g, &r); err != nil {
			return err
		}
		if !remove(r.same) {
			return refuse("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
		}
	}
	for _, rule := range ids {
		if !remove(func(o GroupRule) bool { return o.ID == rule && o.Egress == egress }) {
			return Missing("sgr", rule)
		}
	}
	return nil
}

// ModifySecurityGroupRules replaces rules by id; what cannot be told from the
// new rule (direction, tags) stays.
func (tx *Tx) ModifySecurityGroupRules(id string, rules []GroupRule) error {
	g, err := edit(&tx.SecurityGroups, "sg", id)
	if err != nil {
		return err
	}
	for _, r := range rules {
		i := slices.IndexFunc(g.Rules, func(o GroupRule) bool { return o.ID == r.ID })
		if i < 0 {
			return Missing("sgr", r.ID)
		}
		r.Egress, r.Tags = g.Rules[i].Egress, g.Rules[i].Tags
		if err := tx.checkRule(g, &r); err != nil {
			return err
		}
		for j, o := range g.Rules {
			if j != i && r.same(o) {
				return refuse("InvalidPermission.Duplicate", "the specified rule %q already exists", r)
			}
		}
		g.Rules[i] = r
	}
	return nil
}

// ParseRuleCidr reads the address block of a rule, IPv4 or IPv6 as wanted, and
// makes it canonical, as AWS does.
func ParseRuleCidr(s string, v6 bool) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil || p.Addr().Is4() == v6 {
		return p, refuse("InvalidParameterValue", "CIDR block %s is malformed", s)
	}
	return p.Masked(), nil
}

// DescribeRules gives rules that are there, named by id or by what they allow,
// the descriptions of rules.
func (tx *Tx) DescribeRules(id string, rules []GroupRule) error {
	g, err := edit(&tx.SecurityGroups, "sg", id)
	if err != nil {
		return err
	}
	for _, r := range rules {
		if r.ID == "" {
			if err := tx.checkRule(g, &r); err != nil {
				return err
			}
		}
		i := slices.IndexFunc(g.Rules, func(o GroupRule) bool {
			return r.ID != "" && o.ID == r.ID && o.Egress == r.Egress || r.ID == "" && r.same(o)
		})
		switch {
		case i < 0 && r.ID != "":
			return Missing("sgr", r.ID)
		case i < 0:
			return refuse("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
		}
		g.Rules[i].Description = r.Description
	}
	return nil
}
