package awsapi

import (
	"strconv"

	"gatewalk/lab/world"
)

func createSecurityGroup(c *ec2Call) error {
	tags, err := c.tags("security-group")
	if err != nil {
		return err
	}
	g, err := c.tx.CreateSecurityGroup(c.form.str("VpcId"), c.form.str("GroupName"), c.form.str("GroupDescription"), tags)
	if err != nil {
		return err
	}
	w := &c.out
	w.text("return", "true")
	w.text("groupId", g.ID)
	w.tags(g.Tags)
	w.text("securityGroupArn", c.arn(world.Tagged{Type: "security-group", ID: g.ID}))
	return nil
}

func deleteSecurityGroup(c *ec2Call) error {
	id, err := c.groupID()
	if err != nil {
		return err
	}
	if err := c.tx.DeleteSecurityGroup(id); err != nil {
		return err
	}
	c.out.text("return", "true")
	c.out.text("groupId", id)
	return nil
}

// groupID is the group that a call names. Names alone belong to default VPCs,
// of which the lab has none.
func (c *ec2Call) groupID() (string, error) {
	if id := c.form.str("GroupId"); id != "" {
		return id, nil
	}
	if name := c.form.str("GroupName"); name != "" {
		return "", invalid("InvalidGroup.NotFound", "The security group '"+name+"' does not exist in default VPC 'none'")
	}
	return "", missing("GroupId")
}

func (c *ec2Call) securityGroup(g *world.SecurityGroup) {
	w := &c.out
	w.text("ownerId", c.st.Account)
	w.text("groupId", g.ID)
	w.text("securityGroupArn", c.arn(world.Tagged{Type: "security-group", ID: g.ID}))
	w.text("groupName", g.Name)
	w.text("groupDescription", g.Description)
	w.text("vpcId", g.VpcID)
	c.permissions("ipPermissions", g.Rules, false)
	c.permissions("ipPermissionsEgress", g.Rules, true)
	w.tags(g.Tags)
}

// permissions prints the rules of one direction: those of the same protocol
// and ports are one item.
func (c *ec2Call) permissions(name string, rules []world.GroupRule, egress bool) {
	type ports struct {
		protocol string
		from, to int
	}
	var order []ports
	grouped := map[ports][]world.GroupRule{}
	for _, r := range rules {
		if r.Egress != egress {
			continue
		}
		k := ports{r.Protocol, r.From, r.To}
		if grouped[k] == nil {
			order = append(order, k)
		}
		grouped[k] = append(grouped[k], r)
	}
	w := &c.out
	list(w, name, order, func(k ports) {
		w.text("ipProtocol", k.protocol)
		if k.protocol != "-1" {
			w.number("fromPort", k.from)
			w.number("toPort", k.to)
		}
		var groups, v4, v6, lists []world.GroupRule
		for _, r := range grouped[k] {
			switch {
			case r.Group != "":
				groups = append(groups, r)
			case r.PrefixList != "":
				lists = append(lists, r)
			case r.Cidr.Addr().Is4():
				v4 = append(v4, r)
			default:
				v6 = append(v6, r)
			}
		}
		list(w, "groups", groups, func(r world.GroupRule) {
			w.text("userId", c.st.Account)
			w.text("groupId", r.Group)
			w.opt("description", r.Description)
		})
		list(w, "ipRanges", v4, func(r world.GroupRule) {
			w.text("cidrIp", r.Cidr.String())
			w.opt("description", r.Description)
		})
		list(w, "ipv6Ranges", v6, func(r world.GroupRule) {
			w.text("cidrIpv6", r.Cidr.String())
			w.opt("description", r.Description)
		})
		list(w, "prefixListIds", lists, func(r world.GroupRule) {
			w.text("prefixListId", r.PrefixList)
			w.opt("description", r.Description)
		})
	})
}

// groupRule prints one rule as DescribeSecurityGroupRules does.
func (c *ec2Call) groupRule(group string, r world.GroupRule) {
	w := &c.out
	w.text("securityGroupRuleId", r.ID)
	w.text("securityGroupRuleArn", c.arn(world.Tagged{Type: "security-group-rule", ID: r.ID}))
	w.text("groupId", group)
	w.text("groupOwnerId", c.st.Account)
	w.boolean("isEgress", r.Egress)
	w.text("ipProtocol", r.Protocol)
	w.number("fromPort", r.From)
	w.number("toPort", r.To)
	switch {
	case r.Group != "":
		w.in("referencedGroupInfo", func() {
			w.text("groupId", r.Group)
			w.text("userId", c.st.Account)
		})
	case r.PrefixList != "":
		w.text("prefixListId", r.PrefixList)
	case r.Cidr.Addr().Is4():
		w.text("cidrIpv4", r.Cidr.String())
	default:
		w.text("cidrIpv6", r.Cidr.String())
	}
	w.opt("description", r.Description)
	w.tags(r.Tags)
}

func describeSecurityGroups(c *ec2Call) error {
	type group = *world.SecurityGroup
	rule := func(egress bool, value func(world.GroupRule) string) func(group) []string {
		return rows(func(g group) []world.GroupRule { return g.Rules }, func(r world.GroupRule) string {
			if r.Egress != egress {
				return ""
			}
			return value(r)
		})
	}
	known := map[string]func(group) []string{
		"group-id":    one(func(g group) string { return g.ID }),
		"group-name":  one(func(g group) string { return g.Name }),
		"description": one(func(g group) string { return g.Description }),
		"vpc-id":      one(func(g group) string { return g.VpcID }),
		"owner-id":    one(func(group) string { return c.st.Account }),
	}
	for prefix, egress := range map[string]bool{"ip-permission.": false, "egress.ip-permission.": true} {
		known[prefix+"cidr"] = rule(egress, func(r world.GroupRule) string { return ruleCidr(r) })
		known[prefix+"group-id"] = rule(egress, func(r world.GroupRule) string { return r.Group })
		known[prefix+"group-name"] = rule(egress, func(r world.GroupRule) string {
			if g := c.st.SecurityGroups[r.Group]; g != nil {
				return g.Name
			}
			return ""
		})
		known[prefix+"user-id"] = rule(egress, func(r world.GroupRule) string {
			if r.Group == "" {
				return ""
			}
			return c.st.Account
		})
		known[prefix+"prefix-list-id"] = rule(egress, func(r world.GroupRule) string { return r.PrefixList })
		known[prefix+"protocol"] = rule(egress, func(r world.GroupRule) string { return r.Protocol })
		known[prefix+"from-port"] = rule(egress, func(r world.GroupRule) string { return strconv.Itoa(r.From) })
		known[prefix+"to-port"] = rule(egress, func(r world.GroupRule) string { return strconv.Itoa(r.To) })
	}
	if names := c.form.list("GroupName"); len(names) > 0 {
		return invalid("InvalidGroup.NotFound", "The security group '"+names[0]+"' does not exist in default VPC 'none'")
	}
	return describeList(c, "securityGroupInfo", described[group]{
		ids: "GroupId", prefix: "sg", all: c.st.SecurityGroups,
		tags:    func(g group) world.Tags { return g.Tags },
		filters: known,
	}, c.securityGroup)
}

// getSecurityGroupsForVpc lists the groups that interfaces of a VPC can have:
// its own, as the lab shares none.
func getSecurityGroupsForVpc(c *ec2Call) error {
	id, err := c.form.need("VpcId")
	if err != nil {
		return err
	}
	if c.st.Vpcs[id] == nil {
		return world.Missing("vpc", id)
	}
	type group = *world.SecurityGroup
	all := map[string]group{}
	for _, g := range c.st.SecurityGroups {
		if g.VpcID == id {
			all[g.ID] = g
		}
	}
	w := &c.out
	return describeList(c, "securityGroupForVpcSet", described[group]{
		all:  all,
		tags: func(g group) world.Tags { return g.Tags },
		filters: map[string]func(group) []string{
			"group-id":       one(func(g group) string { return g.ID }),
			"group-name":     one(func(g group) string { return g.Name }),
			"description":    one(func(g group) string { return g.Description }),
			"owner-id":       one(func(group) string { return c.st.Account }),
			"primary-vpc-id": one(func(g group) string { return g.VpcID }),
		},
	}, func(g group) {
		w.text("description", g.Description)
		w.text("groupName", g.Name)
		w.text("ownerId", c.st.Account)
		w.text("groupId", g.ID)
		w.tags(g.Tags)
		w.text("primaryVpcId", g.VpcID)
	})
}

func ruleCidr(r world.GroupRule) string {
	if r.Cidr.IsValid() {
		return r.Cidr.String()
	}
	return ""
}

func describeSecurityGroupRules(c *ec2Call) error {
	type rule struct {
		world.GroupRule
		group string
	}
	all := map[string]rule{}
	for _, g := range c.st.SecurityGroups {
		for _, r := range g.Rules {
			all[r.ID] = rule{r, g.ID}
		}
	}
	return describeList(c, "securityGroupRuleSet", described[rule]{
		ids: "SecurityGroupRuleId", prefix: "sgr", all: all,
		tags: func(r rule) world.Tags { return r.Tags },
		filters: map[string]func(rule) []string{
			"group-id":               one(func(r rule) string { return r.group }),
			"security-group-rule-id": one(func(r rule) string { return r.ID }),
		},
	}, func(r rule) { c.groupRule(r.group, r.GroupRule) })
}

// readRules reads IpPermissions.N, or the older form of one rule in the
// request itself.
func (c *ec2Call) readRules(egress bool) ([]world.GroupRule, error) {
	permissions := c.form.items("IpPermissions")
	if len(permissions) == 0 && c.form.has("IpProtocol") {
		r, err := readPorts(c.form, egress)
		if err != nil {
			return nil, err
		}
		if r.Cidr, err = world.ParseRuleCidr(c.form.str("CidrIp"), false); err != nil {
			return nil, err
		}
		return []world.GroupRule{r}, nil
	}
	var out []world.GroupRule
	for _, p := range permissions {
		base, err := readPorts(p, egress)
		if err != nil {
			return nil, err
		}
		n := len(out)
		add := func(f *form, fill func(*world.GroupRule) error) error {
			r := base
			r.Description = f.str("Description")
			if err := fill(&r); err != nil {
				return err
			}
			out = append(out, r)
			return nil
		}
		for _, source := range []struct {
			list string
			fill func(*form) func(*world.GroupRule) error
		}{
			{"IpRanges", func(f *form) func(*world.GroupRule) error {
				return func(r *world.GroupRule) (err error) {
					r.Cidr, err = world.ParseRuleCidr(f.str("CidrIp"), false)
					return
				}
			}},
			{"Ipv6Ranges", func(f *form) func(*world.GroupRule) error {
				return func(r *world.GroupRule) (err error) {
					r.Cidr, err = world.ParseRuleCidr(f.str("CidrIpv6"), true)
					return
				}
			}},
			{"PrefixListIds", func(f *form) func(*world.GroupRule) error {
				return func(r *world.GroupRule) (err error) { r.PrefixList, err = f.need("PrefixListId"); return }
			}},
			{"Groups", c.readPeer},
			{"UserIdGroupPairs", c.readPeer},
		} {
			for _, f := range p.items(source.list) {
				if err := add(f, source.fill(f)); err != nil {
					return nil, err
				}
			}
		}
		if len(out) == n {
			return nil, missing(p.path("IpRanges"))
		}
	}
	return out, nil
}

// groupRules reads which group is meant, and the rules.
func (c *ec2Call) groupRules(egress bool) (id string, rules []world.GroupRule, err error) {
	if id, err = c.groupID(); err == nil {
		rules, err = c.readRules(egress)
	}
	return id, rules, err
}

// readPeer reads a rule's other group.
func (c *ec2Call) readPeer(f *form) func(*world.GroupRule) error {
	f.skip("VpcId", "PeeringStatus", "GroupName")
	return func(r *world.GroupRule) (err error) {
		if owner := f.str("UserId"); owner != "" && owner != c.st.Account {
			return invalid("InvalidGroup.NotFound", "You have specified a security group of another account.")
		}
		r.Group, err = f.need("GroupId")
		return err
	}
}

func readPorts(f *form, egress bool) (world.GroupRule, error) {
	r := world.GroupRule{Egress: egress}
	var err error
	if r.Protocol, err = f.need("IpProtocol"); err != nil {
		return r, err
	}
	if r.From, err = f.integer("FromPort", -1); err != nil {
		return r, err
	}
	r.To, err = f.integer("ToPort", -1)
	return r, err
}

func authorizeIngress(c *ec2Call) error { return c.authorizeGroup(false) }
func authorizeEgress(c *ec2Call) error  { return c.authorizeGroup(true) }

func (c *ec2Call) authorizeGroup(egress bool) error {
	tags, err := c.tags("security-group-rule")
	if err != nil {
		return err
	}
	id, err := c.groupID()
	if err != nil {
		return err
	}
	rules, err := c.readRules(egress)
	if err != nil {
		return err
	}
	if len(rules) == 0 {
		return missing("IpPermissions")
	}
	for i := range rules {
		if len(tags) > 0 {
			rules[i].Tags = world.Tags{}
			for k, v := range tags {
				rules[i].Tags[k] = v
			}
		}
	}
	made, err := c.tx.AuthorizeSecurityGroup(id, rules)
	if err != nil {
		return err
	}
	c.out.text("return", "true")
	list(&c.out, "securityGroupRuleSet", made, func(r world.GroupRule) { c.groupRule(id, r) })
	return nil
}

func revokeIngress(c *ec2Call) error { return c.revokeGroup(false) }
func revokeEgress(c *ec2Call) error  { return c.revokeGroup(true) }

func (c *ec2Call) revokeGroup(egress bool) error {
	id, rules, err := c.groupRules(egress)
	if err != nil {
		return err
	}
	ids := c.form.list("SecurityGroupRuleId")
	if len(rules)+len(ids) == 0 {
		return missing("IpPermissions")
	}
	g := c.st.SecurityGroups[id]
	if err := c.tx.RevokeSecurityGroup(id, egress, rules, ids); err != nil {
		return err
	}
	var gone []world.GroupRule
	left := map[string]bool{}
	for _, r := range c.st.SecurityGroups[id].Rules {
		left[r.ID] = true
	}
	for _, r := range g.Rules {
		if !left[r.ID] {
			gone = append(gone, r)
		}
	}
	w := &c.out
	w.text("return", "true")
	list(w, "revokedSecurityGroupRuleSet", gone, func(r world.GroupRule) {
		w.text("securityGroupRuleId", r.ID)
		w.text("groupId", id)
		w.boolean("isEgress", r.Egress)
		w.text("ipProtocol", r.Protocol)
		w.number("fromPort", r.From)
		w.number("toPort", r.To)
		w.opt("cidrIpv4", ruleCidr(r))
		w.opt("prefixListId", r.PrefixList)
		w.opt("referencedGroupId", r.Group)
	})
	return nil
}

func modifySecurityGroupRules(c *ec2Call) error {
	id, err := c.groupID()
	if err != nil {
		return err
	}
	var rules []world.GroupRule
	for _, item := range c.form.items("SecurityGroupRule") {
		f := item.kid("SecurityGroupRule")
		r, err := readPorts(f, false)
		if err != nil {
			return err
		}
		if r.ID, err = item.need("SecurityGroupRuleId"); err != nil {
			return err
		}
		r.Description, r.PrefixList, r.Group = f.str("Description"), f.str("PrefixListId"), f.str("ReferencedGroupId")
		if v := f.str("CidrIpv4"); v != "" {
			r.Cidr, err = world.ParseRuleCidr(v, false)
		} else if v := f.str("CidrIpv6"); v != "" {
			r.Cidr, err = world.ParseRuleCidr(v, true)
		}
		if err != nil {
			return err
		}
		rules = append(rules, r)
	}
	if err := c.tx.ModifySecurityGroupRules(id, rules); err != nil {
		return err
	}
	return c.ok()
}
