package awsapi

import (
	"strconv"

	"gatewalk/lab/world"
)

func describeVolumes(c *ec2Call) error {
	type volume = *world.Volume
	w := &c.out
	return describeList(c, "volumeSet", described[volume]{
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
	}, func(v volume) {
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
	return describeList(c, "networkInterfaceSet", described[eni]{
		ids: "NetworkInterfaceId", prefix: "eni", all: c.st.Interfaces,
		tags: func(i eni) world.Tags { return i.Tags },
		filters: map[string]func(eni) []string{
			"network-interface-id":            one(func(i eni) string { return i.ID }),
			"vpc-id":                          one(func(i eni) string { return i.VpcID }),
			"subnet-id":                       one(func(i eni) string { return i.SubnetID }),
			"availability-zone":               one(c.interfaceZone),
			"description":                     one(func(i eni) string { return i.Description }),
			"group-id":                        func(i eni) []string { return i.Groups },
			"status":                          one(interfaceStatus),
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
			"association.association-id": func(i eni) []string {
				if a := c.st.Addresses[i.AllocationID]; a != nil {
					return []string{a.AssociationID}
				}
				return nil
			},
			"association.public-dns-name":      one(c.publicName),
			"availability-zone-id":             one(func(i eni) string { return c.zoneID(c.interfaceZone(i)) }),
			"private-dns-name":                 one(func(i eni) string { return world.PrivateName(i.PrivateIP, c.st.Region) }),
			"source-dest-check":                yes(sourceDestCheck),
			"attachment.delete-on-termination": yes(diesWithInstance),
			"attachment.attachment-id":         one(func(i eni) string { return i.AttachmentID }),
			"attachment.instance-id": func(i eni) []string {
				if i.InstanceID == "" {
					return nil
				}
				return []string{i.InstanceID}
			},
			"attachment.status": func(i eni) []string {
				if i.AttachmentID == "" {
					return nil
				}
				return []string{"attached"}
			},
		},
	}, c.networkInterface)
}

func interfaceType(i *world.Interface) string {
	switch {
	case i.EndpointID != "":
		return "vpc_endpoint"
	case i.RequesterManaged:
		return "nat_gateway"
	}
	return "interface"
}

// sourceDestCheck says whether an interface takes its own packets alone.
func sourceDestCheck(i *world.Interface) bool { return interfaceType(i) != "nat_gateway" }

func diesWithInstance(i *world.Interface) bool { return i.InstanceID != "" && !i.Outlives }

func interfaceStatus(i *world.Interface) string {
	if i.AttachmentID == "" {
		return "available"
	}
	return "in-use"
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
	w.text("status", interfaceStatus(i))
	w.text("macAddress", i.Mac)
	w.text("privateIpAddress", i.PrivateIP.String())
	w.text("privateDnsName", world.PrivateName(i.PrivateIP, c.st.Region))
	w.boolean("sourceDestCheck", sourceDestCheck(i))
	c.groupSet(i.Groups)
	if i.AttachmentID != "" {
		w.in("attachment", func() { c.interfaceAttachment(i) })
	}
	w.tags(i.Tags)
	c.addressesOf(i, true)
}

// interfaceAttachment is an attachment as an interface describes it: with what
// it is attached to.
func (c *ec2Call) interfaceAttachment(i *world.Interface) {
	w, owner, device := &c.out, c.st.Account, 0
	if i.InstanceID == "" { // a service's
		owner, device = "amazon-aws", 1
	}
	w.opt("instanceId", i.InstanceID)
	w.text("instanceOwnerId", owner)
	c.attachment(i, device)
}

// attachment is what every description of an attachment has.
func (c *ec2Call) attachment(i *world.Interface, device int) {
	w := &c.out
	w.text("attachmentId", i.AttachmentID)
	w.number("deviceIndex", device)
	w.number("networkCardIndex", 0)
	w.text("status", "attached")
	if in := c.st.Instances[i.InstanceID]; in != nil {
		w.time("attachTime", in.Launched)
	}
	w.boolean("deleteOnTermination", diesWithInstance(i))
}

// addressesOf is what ends the description of an interface, by itself and as an
// instance's.
func (c *ec2Call) addressesOf(i *world.Interface, ids bool) {
	w := &c.out
	c.publicAssociation(i, ids)
	w.in("privateIpAddressesSet", func() {
		w.in("item", func() {
			w.text("privateIpAddress", i.PrivateIP.String())
			w.text("privateDnsName", world.PrivateName(i.PrivateIP, c.st.Region))
			w.boolean("primary", true)
			c.publicAssociation(i, ids)
		})
	})
	w.text("ipv6AddressesSet", "")
	w.text("interfaceType", interfaceType(i))
}

func createNetworkInterface(c *ec2Call) error {
	tags, err := c.tags("network-interface")
	if err != nil {
		return err
	}
	subnet, err := c.form.need("SubnetId")
	if err != nil {
		return err
	}
	for _, other := range []string{"Ipv6Addresses", "Ipv6AddressCount", "Ipv4Prefix", "Ipv4PrefixCount", "Ipv6Prefix", "Ipv6PrefixCount", "SecondaryPrivateIpAddressCount", "EnablePrimaryIpv6"} {
		if v := c.form.str(other); c.form.has(other) && v != "0" && v != "false" {
			return unsupported("More than one private IPv4 address of an interface is not part of this lab.")
		}
	}
	switch kind := c.form.str("InterfaceType"); kind {
	case "", "interface":
	case "efa", "efa-only", "branch", "trunk":
		return unsupported("Interfaces of type " + kind + " are not part of this lab.")
	default:
		return invalidValue("interfaceType", kind)
	}
	address, err := primaryAddress(c.form)
	if err != nil {
		return err
	}
	description, groups := c.form.str("Description"), c.form.list("SecurityGroupId")
	i, err := onceIn(c, "eni", func() map[string]*world.Interface { return c.st.Interfaces }, func() (*world.Interface, error) {
		return c.tx.CreateInterface(subnet, address, description, groups, tags)
	})
	if err != nil {
		return err
	}
	c.out.in("networkInterface", func() { c.networkInterface(i) })
	c.out.opt("clientToken", c.form.str("ClientToken"))
	return nil
}

// primaryAddress is the private address that f asks for, alone or as the
// primary one of a list; "" where it asks for none.
func primaryAddress(f *form) (string, error) {
	address := f.str("PrivateIpAddress")
	for _, p := range f.items("PrivateIpAddresses") {
		primary, err := p.boolean("Primary", false)
		if err != nil {
			return "", err
		}
		if !primary {
			return "", unsupported("Secondary private addresses are not part of this lab.")
		}
		address = p.str("PrivateIpAddress")
	}
	return address, nil
}

func detachNetworkInterface(c *ec2Call) error {
	id, err := c.form.need("AttachmentId")
	if err != nil {
		return err
	}
	if _, err := c.form.boolean("Force", false); err != nil {
		return err
	}
	return c.tx.DetachInterface(id)
}

func describeNetworkInterfaceAttribute(c *ec2Call) error {
	id, err := c.form.need("NetworkInterfaceId")
	if err != nil {
		return err
	}
	i := c.st.Interfaces[id]
	if i == nil {
		return world.Missing("eni", id)
	}
	w := &c.out
	w.text("networkInterfaceId", id)
	switch name := c.form.str("Attribute"); name {
	case "description":
		w.in(name, func() { w.text("value", i.Description) })
	case "sourceDestCheck":
		w.in(name, func() { w.boolean("value", sourceDestCheck(i)) })
	case "groupSet":
		c.groupSet(i.Groups)
	case "attachment":
		if i.AttachmentID != "" {
			w.in(name, func() { c.interfaceAttachment(i) })
		}
	case "":
		return missing("Attribute")
	default:
		return invalidValue("attribute", name)
	}
	return nil
}

// modifyNetworkInterfaceAttribute changes one thing about an interface.
func modifyNetworkInterfaceAttribute(c *ec2Call) error {
	f := c.form
	id, err := f.need("NetworkInterfaceId")
	if err != nil {
		return err
	}
	groups := f.list("SecurityGroupId")
	switch {
	case len(groups) > 0:
		err = c.tx.ModifyInterfaceGroups(id, groups)
	case f.has("Description"):
		err = c.tx.ModifyInterfaceDescription(id, f.str("Description.Value"))
	case f.has("Attachment.DeleteOnTermination"):
		var dies bool
		if dies, err = f.boolean("Attachment.DeleteOnTermination", false); err == nil {
			err = c.tx.ModifyInterfaceAttachment(id, f.str("Attachment.AttachmentId"), !dies)
		}
	case f.has("SourceDestCheck") || f.has("Attachment") || f.has("EnaSrdSpecification") || f.has("ConnectionTrackingSpecification") || f.has("EnablePrimaryIpv6"):
		return unsupported("This lab modifies the groups, the description and the attachment's deleteOnTermination of an interface.")
	default:
		return errNoAttributes
	}
	if err != nil {
		return err
	}
	return c.ok()
}
