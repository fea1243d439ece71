package awsapi

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"gatewalk/lab/world"
)

// stateCodes are the low byte of InstanceState.Code (EC2 API reference,
// "InstanceState").
var stateCodes = map[string]int{
	world.Pending: 0, world.Running: 16, world.ShuttingDown: 32,
	world.Terminated: 48, world.Stopping: 64, world.Stopped: 80,
}

func (c *ec2Call) state(element, state string) {
	c.out.in(element, func() {
		c.out.number("code", stateCodes[state])
		c.out.text("name", state)
	})
}

func (c *ec2Call) reservation(id string, instances []*world.Instance) {
	w := &c.out
	w.text("reservationId", id)
	w.text("ownerId", c.st.Account)
	w.text("groupSet", "")
	n := 0
	list(w, "instancesSet", instances, func(i *world.Instance) {
		c.instance(i, n)
		n++
	})
}

func (c *ec2Call) instance(i *world.Instance, index int) {
	w := &c.out
	eni := c.st.Interfaces[i.InterfaceID]
	kind, _ := world.RegionData(c.st.Region).InstanceType(i.Type)
	w.text("instanceId", i.ID)
	w.text("imageId", i.ImageID)
	c.state("instanceState", i.State)
	private, public := "", ""
	if eni != nil {
		private = world.PrivateName(eni.PrivateIP, c.st.Region)
		public = c.publicName(eni)
	}
	w.text("privateDnsName", private)
	w.text("dnsName", public)
	if i.StateReason != "" {
		code, message, _ := strings.Cut(i.StateReason, ": ")
		w.text("reason", "User initiated ("+i.StateSince.UTC().Format("2006-01-02 15:04:05")+" GMT)")
		w.in("stateReason", func() { w.text("code", code); w.text("message", code+": "+message) })
	} else {
		w.text("reason", "")
		if i.State == world.Pending {
			w.in("stateReason", func() { w.text("code", "pending"); w.text("message", "pending") })
		}
	}
	w.opt("keyName", i.KeyName)
	w.number("amiLaunchIndex", index)
	w.text("productCodes", "")
	w.text("instanceType", i.Type)
	w.time("launchTime", i.Launched)
	w.in("placement", func() {
		if s := c.st.Subnets[i.SubnetID]; s != nil {
			w.text("availabilityZone", s.Zone)
			w.text("availabilityZoneId", c.zoneID(s.Zone))
		}
		w.text("groupName", "")
		w.text("tenancy", "default")
	})
	w.in("monitoring", func() { w.text("state", monitoring(i)) })
	if eni != nil {
		w.text("subnetId", i.SubnetID)
		w.text("vpcId", i.VpcID)
		w.text("privateIpAddress", eni.PrivateIP.String())
		if eni.PublicIP.IsValid() {
			w.text("ipAddress", eni.PublicIP.String())
		}
		w.boolean("sourceDestCheck", true)
		c.groupSet(eni.Groups)
	} else {
		w.text("groupSet", "")
	}
	w.text("architecture", c.architecture(i.ImageID))
	w.text("rootDeviceType", "ebs")
	w.text("rootDeviceName", "/dev/xvda")
	c.blockDevices(i)
	w.text("virtualizationType", "hvm")
	w.text("clientToken", i.ClientToken)
	w.tags(i.Tags)
	hypervisor := kind.Hypervisor
	if hypervisor == "nitro" {
		hypervisor = "xen" // what the API says of Nitro as well
	}
	w.opt("hypervisor", hypervisor)
	list(w, "networkInterfaceSet", present(eni), c.instanceInterface)
	if p := c.st.Profiles[i.Profile]; p != nil {
		w.in("iamInstanceProfile", func() {
			w.text("arn", c.st.ProfileArn(p))
			w.text("id", p.ID)
		})
	}
	w.boolean("ebsOptimized", false)
	w.boolean("enaSupport", true)
	w.in("cpuOptions", func() {
		w.number("coreCount", kind.Cores)
		w.number("threadsPerCore", kind.VCPUs/max(kind.Cores, 1))
	})
	w.in("capacityReservationSpecification", func() { w.text("capacityReservationPreference", "open") })
	w.in("hibernationOptions", func() { w.boolean("configured", false) })
	w.in("enclaveOptions", func() { w.boolean("enabled", false) })
	c.metadataOptions("metadataOptions", i)
	w.text("platformDetails", "Linux/UNIX")
	w.text("usageOperation", "RunInstances")
	w.time("usageOperationUpdateTime", i.Launched)
	w.in("privateDnsNameOptions", func() {
		w.text("hostnameType", "ip-name")
		w.boolean("enableResourceNameDnsARecord", false)
		w.boolean("enableResourceNameDnsAAAARecord", false)
	})
	w.in("maintenanceOptions", func() { w.text("autoRecovery", "default") })
	w.text("currentInstanceBootMode", "uefi")
}

func (c *ec2Call) blockDevices(i *world.Instance) {
	w := &c.out
	list(w, "blockDeviceMapping", present(c.st.Volumes[i.VolumeID]), func(v *world.Volume) {
		w.text("deviceName", "/dev/xvda")
		w.in("ebs", func() {
			w.text("volumeId", v.ID)
			w.text("status", "attached")
			w.time("attachTime", v.Created)
			w.boolean("deleteOnTermination", true)
		})
	})
}

func monitoring(i *world.Instance) string {
	if i.Monitored {
		return "enabled"
	}
	return "disabled"
}

func (c *ec2Call) metadataOptions(element string, i *world.Instance) {
	w := &c.out
	w.in(element, func() {
		w.text("state", "applied")
		w.text("httpTokens", i.HttpTokens)
		w.number("httpPutResponseHopLimit", i.HttpPutResponseHopLimit)
		w.text("httpEndpoint", "enabled")
		w.text("httpProtocolIpv6", "disabled")
		w.text("instanceMetadataTags", "disabled")
	})
}

// present is a list of v, or of nothing.
func present[T any](v *T) []*T {
	if v == nil {
		return nil
	}
	return []*T{v}
}

// publicName is the name of an interface's public address, which there is only
// in a VPC with DNS hostnames (VPC user guide, "vpc-dns").
func (c *ec2Call) publicName(eni *world.Interface) string {
	if v := c.st.Vpcs[eni.VpcID]; v != nil && v.EnableDnsHostnames && eni.PublicIP.IsValid() {
		return world.PublicName(eni.PublicIP, c.st.Region)
	}
	return ""
}

func (c *ec2Call) architecture(image string) string {
	for _, i := range world.RegionData(c.st.Region).Images() {
		if i.ID == image {
			return i.Architecture
		}
	}
	return "x86_64"
}

func (c *ec2Call) groupSet(groups []string) {
	list(&c.out, "groupSet", groups, func(id string) {
		c.out.text("groupId", id)
		if g := c.st.SecurityGroups[id]; g != nil {
			c.out.text("groupName", g.Name)
		}
	})
}

func (c *ec2Call) instanceInterface(eni *world.Interface) {
	w := &c.out
	w.text("networkInterfaceId", eni.ID)
	w.text("subnetId", eni.SubnetID)
	w.text("vpcId", eni.VpcID)
	w.text("description", eni.Description)
	w.text("ownerId", c.st.Account)
	w.text("status", "in-use")
	w.text("macAddress", eni.Mac)
	w.text("privateIpAddress", eni.PrivateIP.String())
	w.opt("privateDnsName", world.PrivateName(eni.PrivateIP, c.st.Region))
	w.boolean("sourceDestCheck", true)
	c.groupSet(eni.Groups)
	w.in("attachment", func() { c.attachment(eni, 0) })
	c.addressesOf(eni, false)
}

// publicAssociation is the public address of an interface, with the ids of an
// Elastic IP, which an instance's description leaves out.
func (c *ec2Call) publicAssociation(eni *world.Interface, ids bool) {
	if !eni.PublicIP.IsValid() {
		return
	}
	w := &c.out
	w.in("association", func() {
		w.text("publicIp", eni.PublicIP.String())
		w.text("publicDnsName", c.publicName(eni))
		owner := "amazon"
		if a := c.st.Addresses[eni.AllocationID]; a != nil {
			owner = c.st.Account
			if ids {
				w.text("allocationId", a.AllocationID)
				w.text("associationId", a.AssociationID)
			}
		}
		w.text("ipOwnerId", owner)
	})
}

// instanceFilters are the filters of DescribeInstances.
func (c *ec2Call) instanceFilters() map[string]func(*world.Instance) []string {
	type inst = *world.Instance
	eni := func(value func(*world.Interface) string) func(inst) []string {
		return func(i inst) []string {
			if n := c.st.Interfaces[i.InterfaceID]; n != nil {
				if s := value(n); s != "" {
					return []string{s}
				}
			}
			return nil
		}
	}
	privateIP := eni(func(n *world.Interface) string { return n.PrivateIP.String() })
	publicIP := eni(func(n *world.Interface) string {
		if n.PublicIP.IsValid() {
			return n.PublicIP.String()
		}
		return ""
	})
	groups := func(i inst) []string {
		if n := c.st.Interfaces[i.InterfaceID]; n != nil {
			return n.Groups
		}
		return nil
	}
	groupNames := func(i inst) []string {
		var out []string
		for _, id := range groups(i) {
			if g := c.st.SecurityGroups[id]; g != nil {
				out = append(out, g.Name)
			}
		}
		return out
	}
	return map[string]func(inst) []string{
		"instance-id":         one(func(i inst) string { return i.ID }),
		"instance-type":       one(func(i inst) string { return i.Type }),
		"instance-state-name": one(func(i inst) string { return i.State }),
		"instance-state-code": one(func(i inst) string { return strconv.Itoa(stateCodes[i.State]) }),
		"image-id":            one(func(i inst) string { return i.ImageID }),
		"key-name":            one(func(i inst) string { return i.KeyName }),
		"vpc-id":              eni(func(n *world.Interface) string { return n.VpcID }),
		"subnet-id":           eni(func(n *world.Interface) string { return n.SubnetID }),
		"monitoring-state":    one(monitoring),
		"client-token":        one(func(i inst) string { return i.ClientToken }),
		"reservation-id":      one(func(i inst) string { return i.Reservation }),
		"owner-id":            one(func(inst) string { return c.st.Account }),
		"architecture":        one(func(i inst) string { return c.architecture(i.ImageID) }),
		"root-device-type":    one(func(inst) string { return "ebs" }),
		"launch-time":         one(func(i inst) string { return stamp(i.Launched) }),
		"availability-zone": func(i inst) []string {
			if s := c.st.Subnets[i.SubnetID]; s != nil {
				return []string{s.Zone}
			}
			return nil
		},
		"private-ip-address":                             privateIP,
		"network-interface.addresses.private-ip-address": privateIP,
		"ip-address": publicIP,
		"network-interface.addresses.association.public-ip": publicIP,
		"private-dns-name":                       eni(func(n *world.Interface) string { return world.PrivateName(n.PrivateIP, c.st.Region) }),
		"dns-name":                               eni(c.publicName),
		"network-interface.network-interface-id": eni(func(n *world.Interface) string { return n.ID }),
		"network-interface.subnet-id":            eni(func(n *world.Interface) string { return n.SubnetID }),
		"network-interface.vpc-id":               eni(func(n *world.Interface) string { return n.VpcID }),
		"instance.group-id":                      groups,
		"network-interface.group-id":             groups,
		"instance.group-name":                    groupNames,
		"iam-instance-profile.arn": func(i inst) []string {
			if p := c.st.Profiles[i.Profile]; p != nil {
				return []string{c.st.ProfileArn(p)}
			}
			return nil
		},
		"iam-instance-profile.id": func(i inst) []string {
			if p := c.st.Profiles[i.Profile]; p != nil {
				return []string{p.ID}
			}
			return nil
		},
		"availability-zone-id": func(i inst) []string {
			if s := c.st.Subnets[i.SubnetID]; s != nil {
				return []string{c.zoneID(s.Zone)}
			}
			return nil
		},
		"block-device-mapping.volume-id":                     one(func(i inst) string { return i.VolumeID }),
		"block-device-mapping.device-name":                   one(func(inst) string { return "/dev/xvda" }),
		"metadata-options.http-tokens":                       one(func(i inst) string { return i.HttpTokens }),
		"metadata-options.http-put-response-hop-limit":       one(func(i inst) string { return strconv.Itoa(i.HttpPutResponseHopLimit) }),
		"metadata-options.http-endpoint":                     one(func(inst) string { return "enabled" }),
		"network-interface.private-ip-address":               privateIP,
		"network-interface.association.public-ip":            publicIP,
		"network-interface.association.allocation-id":        eni(func(n *world.Interface) string { return n.AllocationID }),
		"network-interface.private-dns-name":                 eni(func(n *world.Interface) string { return world.PrivateName(n.PrivateIP, c.st.Region) }),
		"network-interface.availability-zone":                eni(c.interfaceZone),
		"network-interface.mac-address":                      eni(func(n *world.Interface) string { return n.Mac }),
		"network-interface.description":                      eni(func(n *world.Interface) string { return n.Description }),
		"network-interface.status":                           eni(interfaceStatus),
		"network-interface.group-name":                       groupNames,
		"network-interface.attachment.attachment-id":         eni(func(n *world.Interface) string { return n.AttachmentID }),
		"network-interface.attachment.instance-id":           eni(func(n *world.Interface) string { return n.InstanceID }),
		"network-interface.attachment.delete-on-termination": eni(func(n *world.Interface) string { return strconv.FormatBool(!n.Outlives) }),
		"hypervisor":          one(func(inst) string { return "xen" }),
		"virtualization-type": one(func(inst) string { return "hvm" }),
		"tenancy":             one(func(inst) string { return "default" }),
		"platform":            func(inst) []string { return nil }, // Windows alone has one
		"platform-details":    one(func(inst) string { return "Linux/UNIX" }),
		"instance-lifecycle":  func(inst) []string { return nil }, // of spot and scheduled ones
		"root-device-name":    one(func(inst) string { return "/dev/xvda" }),
		"source-dest-check":   yes(func(inst) bool { return true }),
	}
}

func describeInstances(c *ec2Call) error {
	items, next, err := describe(c, described[*world.Instance]{
		ids: "InstanceId", prefix: "i", all: c.st.Instances,
		tags:    func(i *world.Instance) world.Tags { return i.Tags },
		filters: c.instanceFilters(),
	})
	if err != nil {
		return err
	}
	// The instances of one RunInstances are one reservation.
	slices.SortStableFunc(items, func(a, b *world.Instance) int {
		return cmp.Or(a.Launched.Compare(b.Launched), cmp.Compare(a.Reservation, b.Reservation))
	})
	var reservations [][]*world.Instance
	for i, v := range items {
		if i == 0 || v.Reservation != items[i-1].Reservation {
			reservations = append(reservations, nil)
		}
		last := len(reservations) - 1
		reservations[last] = append(reservations[last], v)
	}
	list(&c.out, "reservationSet", reservations, func(r []*world.Instance) { c.reservation(r[0].Reservation, r) })
	c.out.opt("nextToken", next)
	return nil
}
