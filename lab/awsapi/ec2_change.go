package awsapi

import "gatewalk/lab/world"

// modifyInstanceAttribute changes the security groups of an instance, by which
// learners repair what they got wrong.
func modifyInstanceAttribute(c *ec2Call) error {
	i, err := c.needInstance()
	if err != nil {
		return err
	}
	groups := c.form.list("GroupId")
	if len(groups) == 0 {
		return unsupported("Only the security groups of an instance can be modified in this lab.")
	}
	if i.InterfaceID == "" {
		return invalid("IncorrectInstanceState", "The instance '"+i.ID+"' is not in a valid state for this operation.")
	}
	if err := c.tx.ModifyInterfaceGroups(i.InterfaceID, groups); err != nil {
		return err
	}
	return c.ok()
}

func modifyMetadataOptions(c *ec2Call) error {
	i, err := c.needInstance()
	if err != nil {
		return err
	}
	var in world.Launch
	if err := readMetadataOptions(c.form, &in); err != nil {
		return err
	}
	if i, err = c.tx.ModifyMetadataOptions(i.ID, in.HttpTokens, in.HopLimit); err != nil {
		return err
	}
	c.out.text("instanceId", i.ID)
	c.metadataOptions("instanceMetadataOptions", i)
	return nil
}

func associateProfile(c *ec2Call) error {
	id, err := c.form.need("InstanceId")
	if err != nil {
		return err
	}
	i, err := c.tx.AssociateProfile(id, c.form.str("IamInstanceProfile.Name"), c.form.str("IamInstanceProfile.Arn"))
	if err != nil {
		return err
	}
	c.out.in("iamInstanceProfileAssociation", func() { c.profileAssociation(i, "associating") })
	return nil
}

func disassociateProfile(c *ec2Call) error {
	id, err := c.form.need("AssociationId")
	if err != nil {
		return err
	}
	i, err := c.tx.DisassociateProfile(id)
	if err != nil {
		return err
	}
	c.out.in("iamInstanceProfileAssociation", func() { c.profileAssociation(i, "disassociating") })
	return nil
}

func (c *ec2Call) profileAssociation(i *world.Instance, state string) {
	w := &c.out
	w.text("associationId", i.ProfileAssociation)
	w.text("instanceId", i.ID)
	if p := c.st.Profiles[i.Profile]; p != nil {
		w.in("iamInstanceProfile", func() { w.text("arn", c.st.ProfileArn(p)); w.text("id", p.ID) })
	}
	w.text("state", state)
}

func describeIngress(c *ec2Call) error { return c.describeRules(false) }
func describeEgress(c *ec2Call) error  { return c.describeRules(true) }

// describeRules gives rules that are there new descriptions.
func (c *ec2Call) describeRules(egress bool) error {
	id, err := c.groupID()
	if err != nil {
		return err
	}
	rules, err := c.readRules(egress)
	if err != nil {
		return err
	}
	for _, d := range c.form.items("SecurityGroupRuleDescription") {
		r := world.GroupRule{Egress: egress, Description: d.str("Description")}
		if r.ID, err = d.need("SecurityGroupRuleId"); err != nil {
			return err
		}
		rules = append(rules, r)
	}
	if len(rules) == 0 {
		return missing("IpPermissions")
	}
	if err := c.tx.DescribeRules(id, rules); err != nil {
		return err
	}
	return c.ok()
}
