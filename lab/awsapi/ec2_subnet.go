package awsapi

import (
	"strconv"

	"gatewalk/lab/world"
)

func createSubnet(c *ec2Call) error {
	tags, err := c.tags("subnet")
	if err != nil {
		return err
	}
	vpc, err := c.form.need("VpcId")
	if err != nil {
		return err
	}
	cidr, err := c.form.need("CidrBlock")
	if err != nil {
		return err
	}
	zone := c.form.str("AvailabilityZone")
	if id := c.form.str("AvailabilityZoneId"); zone == "" {
		zone = id
	}
	s, err := c.tx.CreateSubnet(vpc, cidr, zone, tags)
	if err != nil {
		return err
	}
	c.out.in("subnet", func() { c.subnet(s) })
	return nil
}

func (c *ec2Call) subnetArn(id string) string { return c.arn(world.Tagged{Type: "subnet", ID: id}) }

func (c *ec2Call) zoneID(name string) string {
	for _, z := range world.RegionData(c.st.Region).Zones {
		if z.Name == name {
			return z.ID
		}
	}
	return ""
}

func (c *ec2Call) subnet(s *world.Subnet) {
	w := &c.out
	w.text("subnetId", s.ID)
	w.text("subnetArn", c.subnetArn(s.ID))
	w.text("state", "available")
	w.text("ownerId", c.st.Account)
	w.text("vpcId", s.VpcID)
	w.text("cidrBlock", s.Cidr.String())
	w.text("ipv6CidrBlockAssociationSet", "")
	w.number("availableIpAddressCount", c.st.FreeAddresses(s))
	w.text("availabilityZone", s.Zone)
	w.text("availabilityZoneId", c.zoneID(s.Zone))
	w.boolean("defaultForAz", false)
	w.boolean("mapPublicIpOnLaunch", s.MapPublicIpOnLaunch)
	w.boolean("mapCustomerOwnedIpOnLaunch", false)
	w.boolean("assignIpv6AddressOnCreation", false)
	w.boolean("enableDns64", false)
	w.boolean("ipv6Native", false)
	w.in("privateDnsNameOptionsOnLaunch", func() {
		w.text("hostnameType", "ip-name")
		w.boolean("enableResourceNameDnsARecord", false)
		w.boolean("enableResourceNameDnsAAAARecord", false)
	})
	w.tags(s.Tags)
}

func describeSubnets(c *ec2Call) error {
	zone := one(func(s *world.Subnet) string { return s.Zone })
	zoneID := one(func(s *world.Subnet) string { return c.zoneID(s.Zone) })
	cidr := one(func(s *world.Subnet) string { return s.Cidr.String() })
	no := yes(func(*world.Subnet) bool { return false })
	return describeList(c, "subnetSet", described[*world.Subnet]{
		ids: "SubnetId", prefix: "subnet", all: c.st.Subnets,
		tags: func(s *world.Subnet) world.Tags { return s.Tags },
		filters: map[string]func(*world.Subnet) []string{
			"subnet-id":                  one(func(s *world.Subnet) string { return s.ID }),
			"subnet-arn":                 one(func(s *world.Subnet) string { return c.subnetArn(s.ID) }),
			"vpc-id":                     one(func(s *world.Subnet) string { return s.VpcID }),
			"state":                      one(func(*world.Subnet) string { return "available" }),
			"owner-id":                   one(func(*world.Subnet) string { return c.st.Account }),
			"cidr":                       cidr,
			"cidr-block":                 cidr,
			"cidrBlock":                  cidr,
			"availability-zone":          zone,
			"availabilityZone":           zone,
			"availabilityZoneId":         zoneID,
			"availability-zone-id":       zoneID,
			"default-for-az":             no,
			"defaultForAz":               no,
			"ipv6-native":                no,
			"map-public-ip-on-launch":    yes(func(s *world.Subnet) bool { return s.MapPublicIpOnLaunch }),
			"available-ip-address-count": one(func(s *world.Subnet) string { return strconv.Itoa(c.st.FreeAddresses(s)) }),
		},
	}, c.subnet)
}

func modifySubnetAttribute(c *ec2Call) error {
	id, err := c.form.need("SubnetId")
	if err != nil {
		return err
	}
	if !c.form.has("MapPublicIpOnLaunch") {
		return missing("MapPublicIpOnLaunch")
	}
	v, err := c.form.boolean("MapPublicIpOnLaunch.Value", false)
	if err != nil {
		return err
	}
	if err := c.tx.ModifySubnetAttribute(id, v); err != nil {
		return err
	}
	return c.ok()
}
