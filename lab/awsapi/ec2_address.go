package awsapi

import (
	"slices"

	"gatewalk/lab/world"
)

func allocateAddress(c *ec2Call) error {
	tags, err := c.tags("elastic-ip")
	if err != nil {
		return err
	}
	if d := c.form.str("Domain"); d != "" && d != "vpc" {
		return invalidValue("domain", d)
	}
	c.form.skip("NetworkBorderGroup")
	a, err := c.tx.AllocateAddress(tags)
	if err != nil {
		return err
	}
	w := &c.out
	w.text("publicIp", a.PublicIP.String())
	w.text("allocationId", a.AllocationID)
	w.text("publicIpv4Pool", "amazon")
	w.text("networkBorderGroup", c.st.Region)
	w.text("domain", "vpc")
	return nil
}

func describeAddresses(c *ec2Call) error {
	type address = *world.Address
	eni := func(value func(*world.Interface) string) func(address) []string {
		return func(a address) []string {
			if i := c.st.Interfaces[a.InterfaceID]; i != nil {
				return []string{value(i)}
			}
			return nil
		}
	}
	items, next, err := describe(c, described[address]{
		ids: "AllocationId", prefix: "eipalloc", all: c.st.Addresses,
		tags: func(a address) world.Tags { return a.Tags },
		filters: map[string]func(address) []string{
			"allocation-id":              one(func(a address) string { return a.AllocationID }),
			"association-id":             one(func(a address) string { return a.AssociationID }),
			"public-ip":                  one(func(a address) string { return a.PublicIP.String() }),
			"domain":                     one(func(address) string { return "vpc" }),
			"network-border-group":       one(func(address) string { return c.st.Region }),
			"network-interface-owner-id": eni(func(*world.Interface) string { return c.st.Account }),
			"network-interface-id":       eni(func(i *world.Interface) string { return i.ID }),
			"instance-id":                eni(func(i *world.Interface) string { return i.InstanceID }),
			"private-ip-address":         eni(func(i *world.Interface) string { return i.PrivateIP.String() }),
		},
	})
	if err != nil {
		return err
	}
	if ips := c.form.list("PublicIp"); len(ips) > 0 {
		for _, ip := range ips {
			if !slices.ContainsFunc(items, func(a address) bool { return a.PublicIP.String() == ip }) {
				return invalid("InvalidAddress.NotFound", "Address '"+ip+"' not found.")
			}
		}
		items = slices.DeleteFunc(items, func(a address) bool { return !slices.Contains(ips, a.PublicIP.String()) })
	}
	w := &c.out
	list(w, "addressesSet", items, func(a address) {
		w.text("publicIp", a.PublicIP.String())
		w.text("allocationId", a.AllocationID)
		w.text("domain", "vpc")
		if i := c.st.Interfaces[a.InterfaceID]; i != nil {
			w.opt("instanceId", i.InstanceID)
			w.text("associationId", a.AssociationID)
			w.text("networkInterfaceId", i.ID)
			w.text("networkInterfaceOwnerId", c.st.Account)
			w.text("privateIpAddress", i.PrivateIP.String())
		}
		w.tags(a.Tags)
		w.text("publicIpv4Pool", "amazon")
		w.text("networkBorderGroup", c.st.Region)
	})
	w.opt("nextToken", next)
	return nil
}

// describeAddressesAttribute is asked by Terraform for reverse names, of which
// there are none.
func describeAddressesAttribute(c *ec2Call) error {
	c.form.skip("Attribute")
	return describeList(c, "addressSet", described[*world.Address]{ids: "AllocationId", prefix: "eipalloc", all: c.st.Addresses}, func(a *world.Address) {
		c.out.text("publicIp", a.PublicIP.String())
		c.out.text("allocationId", a.AllocationID)
	})
}

// allocation is the address that a call names by id or, as it used to be, by
// itself.
func (c *ec2Call) allocation() (string, error) {
	if id := c.form.str("AllocationId"); id != "" {
		return id, nil
	}
	ip, err := c.form.need("PublicIp")
	if err != nil {
		return "", missing("AllocationId")
	}
	for id, a := range world.Sorted(c.st.Addresses) {
		if a.PublicIP.String() == ip {
			return id, nil
		}
	}
	return "", invalid("InvalidAddress.NotFound", "Address '"+ip+"' not found.")
}

func associateAddress(c *ec2Call) error {
	id, err := c.allocation()
	if err != nil {
		return err
	}
	eni := c.form.str("NetworkInterfaceId")
	if c.form.has("InstanceId") {
		i, err := c.needInstance()
		if err != nil {
			return err
		}
		eni = i.InterfaceID
	}
	if eni == "" {
		return missing("InstanceId")
	}
	again, err := c.form.boolean("AllowReassociation", false)
	if err != nil {
		return err
	}
	c.form.skip("PrivateIpAddress")
	a, err := c.tx.AssociateAddress(id, eni, again)
	if err != nil {
		return err
	}
	c.out.text("return", "true")
	c.out.text("associationId", a.AssociationID)
	return nil
}

func disassociateAddress(c *ec2Call) error {
	id := c.form.str("AssociationId")
	if id == "" {
		allocation, err := c.allocation()
		if err != nil {
			return err
		}
		if a := c.st.Addresses[allocation]; a != nil {
			id = a.AssociationID
		}
	}
	if err := c.tx.DisassociateAddress(id); err != nil {
		return err
	}
	return c.ok()
}

func releaseAddress(c *ec2Call) error {
	id, err := c.allocation()
	if err != nil {
		return err
	}
	c.form.skip("NetworkBorderGroup")
	if err := c.tx.ReleaseAddress(id); err != nil {
		return err
	}
	return c.ok()
}
