package awsapi

import (
	"strings"

	"gatewalk/lab/world"
)

// modifyInstanceAttribute changes one thing about an instance, as AWS does: the
// groups by which learners repair what they got wrong, the locks against its
// end, and, of a stopped one, its size.
func modifyInstanceAttribute(c *ec2Call) error {
	i, err := c.needInstance()
	if err != nil {
		return err
	}
	f := c.form
	if groups := f.list("GroupId"); len(groups) > 0 {
		if i.InterfaceID == "" {
			return invalid("IncorrectInstanceState", "The instance '"+i.ID+"' is not in a valid state for this operation.")
		}
		if err := c.tx.ModifyInterfaceGroups(i.InterfaceID, groups); err != nil {
			return err
		}
		return c.ok()
	}
	// Either DisableApiStop.Value=true or Attribute=disableApiStop and Value.
	for _, name := range []string{"DisableApiTermination", "DisableApiStop", "InstanceInitiatedShutdownBehavior", "InstanceType"} {
		attribute := strings.ToLower(name[:1]) + name[1:]
		path := name + ".Value"
		if f.kid("Attribute").peek() == attribute {
			f.skip("Attribute")
			path = "Value"
		} else if !f.has(name) {
			continue
		}
		v, err := f.need(path)
		if err != nil {
			return err
		}
		if err := c.tx.ModifyInstance(i.ID, attribute, v); err != nil {
			return err
		}
		return c.ok()
	}
	nothing := true
	f.each(func(name, _ string) {
		nothing = nothing && (name == "Action" || name == "Version" || name == "DryRun" || name == "InstanceId")
	})
	if nothing {
		return errNoAttributes
	}
	return unsupported("This lab modifies the groups, the type, disableApiTermination, disableApiStop and instanceInitiatedShutdownBehavior of an instance.")
}

var errNoAttributes = invalid("InvalidParameterCombination", "No attributes specified.")

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

// giveProfile is the handler of an action that gives a profile to what a
// parameter names.
func giveProfile(param string, do func(tx *world.Tx, id, name, arn string) (*world.Instance, error)) func(*ec2Call) error {
	return func(c *ec2Call) error {
		id, err := c.form.need(param)
		if err != nil {
			return err
		}
		i, err := do(c.tx, id, c.form.str("IamInstanceProfile.Name"), c.form.str("IamInstanceProfile.Arn"))
		if err != nil {
			return err
		}
		c.out.in("iamInstanceProfileAssociation", func() { c.profileAssociation(i, "associating") })
		return nil
	}
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
	id, rules, err := c.groupRules(egress)
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
