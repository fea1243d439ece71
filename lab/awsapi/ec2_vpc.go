package awsapi

import (
	"gatewalk/lab/world"
)

func createVpc(c *ec2Call) error {
	tags, err := c.tags("vpc")
	if err != nil {
		return err
	}
	cidr, err := c.form.need("CidrBlock")
	if err != nil {
		return err
	}
	if err := defaultTenancy(c); err != nil {
		return err
	}
	if v6, err := c.form.boolean("AmazonProvidedIpv6CidrBlock", false); err != nil || v6 {
		return cmpErr(err, unsupported("IPv6 is not part of this lab."))
	}
	v, err := c.tx.CreateVpc(cidr, tags)
	if err != nil {
		return err
	}
	c.out.in("vpc", func() { c.vpc(v) })
	return nil
}

func defaultTenancy(c *ec2Call) error {
	switch v := c.form.str("InstanceTenancy"); v {
	case "", "default":
		return nil
	case "dedicated", "host":
		return unsupported("Tenancy " + v + " is not part of this lab.")
	default:
		return invalidValue("instanceTenancy", v)
	}
}

func unsupported(message string) *world.Error { return invalid("UnsupportedOperation", message) }

// cmpErr is the first error that there is.
func cmpErr(err error, other *world.Error) error {
	if err != nil {
		return err
	}
	return other
}

func (c *ec2Call) vpc(v *world.Vpc) {
	w := &c.out
	w.text("vpcId", v.ID)
	w.text("ownerId", c.st.Account)
	w.text("state", "available")
	w.text("cidrBlock", v.Cidr.String())
	w.in("cidrBlockAssociationSet", func() {
		w.in("item", func() {
			w.text("cidrBlock", v.Cidr.String())
			w.text("associationId", cidrAssociation(v))
			w.in("cidrBlockState", func() { w.text("state", "associated") })
		})
	})
	w.text("dhcpOptionsId", "default")
	w.text("instanceTenancy", "default")
	w.boolean("isDefault", false)
	w.tags(v.Tags)
}

func cidrAssociation(v *world.Vpc) string { return "vpc-cidr-assoc-" + v.ID[len("vpc-"):] }

func describeVpcs(c *ec2Call) error {
	return describeList(c, "vpcSet", described[*world.Vpc]{
		ids: "VpcId", prefix: "vpc", all: c.st.Vpcs,
		tags: func(v *world.Vpc) world.Tags { return v.Tags },
		filters: map[string]func(*world.Vpc) []string{
			"vpc-id":                                one(func(v *world.Vpc) string { return v.ID }),
			"cidr":                                  one(func(v *world.Vpc) string { return v.Cidr.String() }),
			"cidr-block-association.cidr-block":     one(func(v *world.Vpc) string { return v.Cidr.String() }),
			"state":                                 one(func(*world.Vpc) string { return "available" }),
			"owner-id":                              one(func(*world.Vpc) string { return c.st.Account }),
			"is-default":                            yes(func(*world.Vpc) bool { return false }),
			"isDefault":                             yes(func(*world.Vpc) bool { return false }),
			"dhcp-options-id":                       one(func(*world.Vpc) string { return "default" }),
			"cidr-block-association.association-id": one(cidrAssociation),
			"cidr-block-association.state":          one(func(*world.Vpc) string { return "associated" }),
			"ipv6-cidr-block-association.state":     func(*world.Vpc) []string { return nil },
			"ipv6-cidr-block-association.ipv6-cidr-block": func(*world.Vpc) []string { return nil },
		},
	}, c.vpc)
}

func describeVpcAttribute(c *ec2Call) error {
	id, err := c.form.need("VpcId")
	if err != nil {
		return err
	}
	name, err := c.form.need("Attribute")
	if err != nil {
		return err
	}
	v := c.st.Vpcs[id]
	if v == nil {
		return world.Missing("vpc", id)
	}
	value, ok := map[string]bool{
		"enableDnsSupport": v.EnableDnsSupport, "enableDnsHostnames": v.EnableDnsHostnames,
		"enableNetworkAddressUsageMetrics": false,
	}[name]
	if !ok {
		return invalidValue("attribute", name)
	}
	c.out.text("vpcId", id)
	c.out.in(name, func() { c.out.boolean("value", value) })
	return nil
}

func modifyVpcAttribute(c *ec2Call) error {
	id, err := c.form.need("VpcId")
	if err != nil {
		return err
	}
	read := func(name string) *bool {
		if err != nil || !c.form.has(name) {
			return nil
		}
		var v bool
		v, err = c.form.boolean(name+".Value", false)
		return &v
	}
	support, hostnames := read("EnableDnsSupport"), read("EnableDnsHostnames")
	if err != nil {
		return err
	}
	if err := c.tx.ModifyVpcAttribute(id, support, hostnames); err != nil {
		return err
	}
	return c.ok()
}
