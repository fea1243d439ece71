package awsapi

import (
	"strconv"

	"gatewalk/lab/world"
)

func describeVolumes(c *ec2Call) error {
	type volume = *world.Volume
	items, next, err := describe(c, described[volume]{
		ids: "VolumeId", prefix: "vol", all: c.st.Volumes,
		tags: func(v volume) world.Tags { return v.Tags },
		filters: map[string]func(volume) []string{
			"volume-id":                        one(func(v volume) string { return v.ID }),
			"status":                           one(func(v volume) string { return v.State }),
			"availability-zone":                one(func(v volume) string { return v.Zone }),
			"encrypted":                        yes(func(v volume) bool { return v.Encrypted }),
			"volume-type":                      one(func(v volume) string { return v.Type }),
			"size":                             one(func(v volume) string { return strconv.Itoa(v.SizeGiB) }),
			"attachment.instance-id":           one(func(v volume) string { return v.InstanceID }),
			"attachment.device":                one(func(volume) string { return "/dev/xvda" }),
			"attachment.status":                one(func(volume) string { return "attached" }),
			"attachment.delete-on-termination": yes(func(volume) bool { return true }),
		},
	})
	if err != nil {
		return err
	}
	w := &c.out
	list(w, "volumeSet", items, func(v volume) {
		w.text("volumeId", v.ID)
		w.number("size", v.SizeGiB)
		w.text("snapshotId", "")
		w.text("availabilityZone", v.Zone)
		w.text("availabilityZoneId", c.zoneID(v.Zone))
		w.text("status", v.State)
		w.time("createTime", v.Created)
		w.in("attachmentSet", func() {
			w.in("item", func() {
				w.text("volumeId", v.ID)
				w.text("instanceId", v.InstanceID)
				w.text("device", "/dev/xvda")
				w.text("status", "attached")
				w.time("attachTime", v.Created)
				w.boolean("deleteOnTermination", true)
			})
		})
		w.text("volumeType", v.Type)
		if v.Type == "gp3" {
			w.number("iops", 3000)
			w.number("throughput", 125)
		}
		w.boolean("encrypted", v.Encrypted)
		if v.Encrypted {
			w.text("kmsKeyId", "arn:"+c.st.Partition()+":kms:"+c.st.Region+":"+c.st.Account+":alias/aws/ebs")
		}
		w.boolean("multiAttachEnabled", false)
		w.tags(v.Tags)
	})
	w.opt("nextToken", next)
	return nil
}

func describeNetworkInterfaces(c *ec2Call) error {
	type eni = *world.Interface
	public := func(i eni) []string {
		if i.PublicIP.IsValid() {
			return []string{i.PublicIP.String()}
		}
		return nil
	}
	private := one(func(i eni) string { return i.PrivateIP.String() })
	items, next, err := describe(c, described[eni]{
		ids: "NetworkInterfaceId", prefix: "eni", all: c.st.Interfaces,
		tags: func(i eni) world.Tags { return i.Tags },
		filters: map[string]func(eni) []string{
			"network-interface-id":            one(func(i eni) string { return i.ID }),
			"vpc-id":                          one(func(i eni) string { return i.VpcID }),
			"subnet-id":                       one(func(i eni) string { return i.SubnetID }),
			"availability-zone":               one(c.interfaceZone),
			"description":                     one(func(i eni) string { return i.Description }),
			"group-id":                        func(i eni) []string { return i.Groups },
			"status":                          one(func(eni) string { return "in-use" }),
			"owner-id":                        one(func(eni) string { return c.st.Account }),
			"interface-type":                  one(interfaceType),
			"requester-id":                    one(requester),
			"requester-managed":               yes(func(i eni) bool { return i.RequesterManaged }),
			"mac-address":                     one(func(i eni) string { return i.Mac }),
			"private-ip-address":              private,
			"addresses.private-ip-address":    private,
			"association.public-ip":           public,
			"addresses.association.public-ip": public,
			"association.allocation-id":       one(func(i eni) string { return i.AllocationID }),
			"attachment.attachment-id":        one(func(i eni) string { return i.AttachmentID }),
			"attachment.instance-id": func(i eni) []string {
				if i.InstanceID == "" {
					return nil
				}
				return []string{i.InstanceID}
			},
			"attachment.status": one(func(eni) string { return "attached" }),
		},
	})
	if err != nil {
		return err
	}
	list(&c.out, "networkInterfaceSet", items, c.networkInterface)
	c.out.opt("nextToken", next)
	return nil
}

func interfaceType(i *world.Interface) string {
	switch {
	case i.EndpointID != "":
		return "vpc_endpoint"
	case i.InstanceID == "":
		return "nat_gateway"
	}
	return "interface"
}

// requester is the service of AWS that an interface was made for.
func requester(i *world.Interface) string {
	switch interfaceType(i) {
	case "vpc_endpoint":
		return "727180483921"
	case "nat_gateway":
		return "amazon-nat"
	}
	return ""
}

func (c *ec2Call) interfaceZone(i *world.Interface) string {
	if s := c.st.Subnets[i.SubnetID]; s != nil {
		return s.Zone
	}
	return ""
}

func (c *ec2Call) networkInterface(i *world.Interface) {
	w := &c.out
	w.text("networkInterfaceId", i.ID)
	w.text("subnetId", i.SubnetID)
	w.text("vpcId", i.VpcID)
	w.text("availabilityZone", c.interfaceZone(i))
	w.text("description", i.Description)
	w.text("ownerId", c.st.Account)
	w.opt("requesterId", requester(i))
	w.boolean("requesterManaged", i.RequesterManaged)
	w.text("status", "in-use")
	w.text("macAddress", i.Mac)
	w.text("privateIpAddress", i.PrivateIP.String())
	w.text("privateDnsName", world.PrivateName(i.PrivateIP, c.st.Region))
	w.boolean("sourceDestCheck", interfaceType(i) != "nat_gateway")
	c.groupSet(i.Groups)
	w.in("attachment", func() {
		w.text("attachmentId", i.AttachmentID)
		w.opt("instanceId", i.InstanceID)
		owner, device := c.st.Account, 0
		if i.InstanceID == "" {
			owner, device = "amazon-aws", 1
		}
		w.text("instanceOwnerId", owner)
		w.number("deviceIndex", device)
		w.text("status", "attached")
		w.boolean("deleteOnTermination", i.InstanceID != "")
	})
	c.publicAssociation(i)
	w.tags(i.Tags)
	c.addressesOf(i)
}

// addressesOf is what ends the description of an interface, by itself and as an
// instance's.
func (c *ec2Call) addressesOf(i *world.Interface) {
	w := &c.out
	w.in("privateIpAddressesSet", func() {
		w.in("item", func() {
			w.text("privateIpAddress", i.PrivateIP.String())
			w.text("privateDnsName", world.PrivateName(i.PrivateIP, c.st.Region))
			w.boolean("primary", true)
			c.publicAssociation(i)
		})
	})
	w.text("ipv6AddressesSet", "")
	w.text("interfaceType", interfaceType(i))
}

func modifyNetworkInterfaceAttribute(c *ec2Call) error {
	id, err := c.form.need("NetworkInterfaceId")
	if err != nil {
		return err
	}
	groups := c.form.list("SecurityGroupId")
	for _, other := range []string{"Description", "SourceDestCheck", "Attachment", "EnaSrdSpecification", "ConnectionTrackingSpecification"} {
		if len(groups) == 0 && c.form.has(other) {
			return unsupported("Only the security groups of an interface can be modified in this lab.")
		}
	}
	if len(groups) == 0 {
		return errNoAttributes
	}
	if err := c.tx.ModifyInterfaceGroups(id, groups); err != nil {
		return err
	}
	return c.ok()
}
