package awsapi

import (
	"maps"
	"slices"
	"strconv"

	"gatewalk/lab/world"
)

func createNetworkAcl(c *ec2Call) error {
	tags, err := c.tags("network-acl")
	if err != nil {
		return err
	}
	vpc, err := c.form.need("VpcId")
	if err != nil {
		return err
	}
	a, err := onceIn(c, "acl", func() map[string]*world.NetworkAcl { return c.st.NetworkAcls }, func() (*world.NetworkAcl, error) {
		return c.tx.CreateNetworkAcl(vpc, tags)
	})
	if err != nil {
		return err
	}
	c.out.in("networkAcl", func() { c.networkAcl(a) })
	c.out.opt("clientToken", c.form.str("ClientToken"))
	return nil
}

// lastRule is the denial that ends both directions of every ACL; it is printed
// and cannot be changed.
const lastRule = 32767

func (c *ec2Call) networkAcl(a *world.NetworkAcl) {
	w := &c.out
	w.text("networkAclId", a.ID)
	w.text("vpcId", a.VpcID)
	w.text("ownerId", c.st.Account)
	w.boolean("default", a.Default)
	list(w, "entrySet", entriesOf(a), func(e world.AclEntry) {
		w.number("ruleNumber", e.Number)
		w.text("protocol", e.Protocol)
		w.text("ruleAction", ruleAction(e))
		w.boolean("egress", e.Egress)
		w.text("cidrBlock", e.Cidr.String())
		switch e.Protocol {
		case "6", "17":
			w.in("portRange", func() { w.number("from", e.From); w.number("to", e.To) })
		case "1":
			w.in("icmpTypeCode", func() { w.number("code", e.IcmpCode); w.number("type", e.IcmpType) })
		}
	})
	list(w, "associationSet", slices.Sorted(maps.Keys(a.AssociationIDs)), func(subnet string) {
		w.text("networkAclAssociationId", a.AssociationIDs[subnet])
		w.text("networkAclId", a.ID)
		w.text("subnetId", subnet)
	})
	w.tags(a.Tags)
}

func ruleAction(e world.AclEntry) string {
	if e.Allow {
		return "allow"
	}
	return "deny"
}

// aclPort is a port of an entry; "" where its protocol has none.
func aclPort(e world.AclEntry, port int) string {
	if e.Protocol != "6" && e.Protocol != "17" {
		return ""
	}
	return strconv.Itoa(port)
}

func entriesOf(a *world.NetworkAcl) []world.AclEntry {
	out := slices.Clone(a.Entries)
	for _, egress := range []bool{true, false} {
		e := world.AclEntry{Number: lastRule, Egress: egress, Protocol: "-1"}
		e.Cidr, _ = world.ParseRuleCidr("0.0.0.0/0", false)
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(x, y world.AclEntry) int { return x.Number - y.Number })
	return out
}

func describeNetworkAcls(c *ec2Call) error {
	type acl = *world.NetworkAcl
	entry := func(value func(world.AclEntry) string) func(acl) []string { return rows(entriesOf, value) }
	return describeList(c, "networkAclSet", described[acl]{
		ids: "NetworkAclId", prefix: "acl", all: c.st.NetworkAcls,
		tags: func(a acl) world.Tags { return a.Tags },
		filters: map[string]func(acl) []string{
			"network-acl-id":             one(func(a acl) string { return a.ID }),
			"vpc-id":                     one(func(a acl) string { return a.VpcID }),
			"owner-id":                   one(func(acl) string { return c.st.Account }),
			"default":                    yes(func(a acl) bool { return a.Default }),
			"association.network-acl-id": one(func(a acl) string { return a.ID }),
			"association.subnet-id":      func(a acl) []string { return slices.Collect(maps.Keys(a.AssociationIDs)) },
			"association.association-id": func(a acl) []string { return slices.Collect(maps.Values(a.AssociationIDs)) },
			"entry.cidr":                 entry(func(e world.AclEntry) string { return e.Cidr.String() }),
			"entry.egress":               entry(func(e world.AclEntry) string { return strconv.FormatBool(e.Egress) }),
			"entry.port-range.from":      entry(func(e world.AclEntry) string { return aclPort(e, e.From) }),
			"entry.port-range.to":        entry(func(e world.AclEntry) string { return aclPort(e, e.To) }),
			"entry.protocol":             entry(func(e world.AclEntry) string { return e.Protocol }),
			"entry.rule-action":          entry(ruleAction),
			"entry.rule-number":          entry(func(e world.AclEntry) string { return strconv.Itoa(e.Number) }),
		},
	}, c.networkAcl)
}

func createNetworkAclEntry(c *ec2Call) error  { return c.putAclEntry(false) }
func replaceNetworkAclEntry(c *ec2Call) error { return c.putAclEntry(true) }

func (c *ec2Call) putAclEntry(replace bool) error {
	id, err := c.form.need("NetworkAclId")
	if err != nil {
		return err
	}
	e, err := c.readAclEntry()
	if err != nil {
		return err
	}
	if err := c.tx.PutNetworkAclEntry(id, e, replace); err != nil {
		return err
	}
	return c.ok()
}

func (c *ec2Call) readAclEntry() (e world.AclEntry, err error) {
	f := c.form
	if _, err = f.need("RuleNumber"); err != nil {
		return e, err
	}
	if e.Number, err = f.integer("RuleNumber", 0); err != nil {
		return e, err
	}
	if e.Egress, err = f.needBoolean("Egress"); err != nil {
		return e, err
	}
	switch action := f.str("RuleAction"); action {
	case "allow", "deny":
		e.Allow = action == "allow"
	case "":
		return e, missing("RuleAction")
	default:
		return e, invalidValue("ruleAction", action)
	}
	if e.Protocol, err = f.need("Protocol"); err != nil {
		return e, err
	}
	// The API takes names as well and always answers with numbers.
	if n, ok := map[string]string{"tcp": "6", "udp": "17", "icmp": "1", "all": "-1"}[e.Protocol]; ok {
		e.Protocol = n
	}
	if n, err := strconv.Atoi(e.Protocol); err != nil || n < -1 || n > 255 {
		return e, invalid("InvalidParameterValue", "Invalid value '"+e.Protocol+"' for IP protocol. Unknown protocol.")
	}
	if f.has("Ipv6CidrBlock") {
		return e, unsupported("IPv6 is not part of this lab.")
	}
	cidr, err := f.need("CidrBlock")
	if err != nil {
		return e, err
	}
	if e.Cidr, err = world.ParsePrefixEntry(cidr); err != nil {
		return e, err
	}
	switch e.Protocol {
	case "6", "17":
		if !f.has("PortRange.From") || !f.has("PortRange.To") {
			return e, missing("portRange")
		}
		if e.From, err = f.integer("PortRange.From", 0); err != nil {
			return e, err
		}
		e.To, err = f.integer("PortRange.To", 0)
	case "1":
		if e.IcmpType, err = f.integer("Icmp.Type", -1); err != nil {
			return e, err
		}
		e.IcmpCode, err = f.integer("Icmp.Code", -1)
	}
	f.skip("PortRange", "Icmp")
	return e, err
}

func deleteNetworkAclEntry(c *ec2Call) error {
	id, err := c.form.need("NetworkAclId")
	if err != nil {
		return err
	}
	if _, err := c.form.need("RuleNumber"); err != nil {
		return err
	}
	number, err := c.form.integer("RuleNumber", 0)
	if err != nil {
		return err
	}
	egress, err := c.form.needBoolean("Egress")
	if err != nil {
		return err
	}
	if err := c.tx.DeleteNetworkAclEntry(id, number, egress); err != nil {
		return err
	}
	return c.ok()
}

func replaceNetworkAclAssociation(c *ec2Call) error {
	association, err := c.form.need("AssociationId")
	if err != nil {
		return err
	}
	id, err := c.form.need("NetworkAclId")
	if err != nil {
		return err
	}
	made, err := c.tx.ReplaceNetworkAclAssociation(association, id)
	if err != nil {
		return err
	}
	c.out.text("newAssociationId", made)
	return nil
}
