package awsapi

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"gatewalk/lab/world"
)

func (c *ec2Call) region() *world.Region { return world.RegionData(c.st.Region) }

// byKey makes the map that describe takes, of a list.
func byKey[T any](list []T, key func(T) string) map[string]T {
	out := make(map[string]T, len(list))
	for _, v := range list {
		out[key(v)] = v
	}
	return out
}

func describeImages(c *ec2Call) error {
	type image = world.Image
	owners := c.form.list("Owner")
	c.form.skip("ExecutableBy", "IncludeDeprecated", "IncludeDisabled")
	owner := func(alias string) func(image) []string {
		return func(i image) []string { return []string{i.Owner, alias} }
	}
	items, next, err := describe(c, described[image]{
		ids: "ImageId", prefix: "ami", all: byKey(c.region().Images(), func(i image) string { return i.ID }),
		tags: func(image) world.Tags { return nil },
		filters: map[string]func(image) []string{
			"image-id":                         one(func(i image) string { return i.ID }),
			"name":                             one(func(i image) string { return i.Name }),
			"description":                      one(func(i image) string { return i.Description }),
			"architecture":                     one(func(i image) string { return i.Architecture }),
			"owner-id":                         one(func(i image) string { return i.Owner }),
			"owner-alias":                      one(func(image) string { return "amazon" }),
			"state":                            one(func(image) string { return "available" }),
			"is-public":                        yes(func(image) bool { return true }),
			"image-type":                       one(func(image) string { return "machine" }),
			"root-device-type":                 one(func(image) string { return "ebs" }),
			"root-device-name":                 one(func(i image) string { return i.RootDevice }),
			"virtualization-type":              one(func(image) string { return "hvm" }),
			"hypervisor":                       one(func(image) string { return "xen" }),
			"ena-support":                      yes(func(image) bool { return true }),
			"platform":                         func(image) []string { return nil },
			"block-device-mapping.volume-type": one(func(image) string { return "gp3" }),
		},
	})
	if err != nil {
		return err
	}
	if len(owners) > 0 {
		of := owner("amazon")
		items = slices.DeleteFunc(items, func(i image) bool {
			return !slices.ContainsFunc(of(i), func(o string) bool { return slices.Contains(owners, o) })
		})
	}
	w := &c.out
	list(w, "imagesSet", items, func(i image) {
		w.text("imageId", i.ID)
		w.text("imageLocation", "amazon/"+i.Name)
		w.text("imageState", "available")
		w.text("imageOwnerId", i.Owner)
		w.time("creationDate", imageCreated)
		w.boolean("isPublic", true)
		w.text("architecture", i.Architecture)
		w.text("imageType", "machine")
		w.text("platformDetails", "Linux/UNIX")
		w.text("usageOperation", "RunInstances")
		w.text("imageOwnerAlias", "amazon")
		w.text("name", i.Name)
		w.text("description", i.Description)
		w.text("rootDeviceType", "ebs")
		w.text("rootDeviceName", i.RootDevice)
		w.in("blockDeviceMapping", func() {
			w.in("item", func() {
				w.text("deviceName", i.RootDevice)
				w.in("ebs", func() {
					w.text("snapshotId", "snap-"+i.ID[len("ami-"):])
					w.number("volumeSize", 8)
					w.boolean("deleteOnTermination", true)
					w.text("volumeType", "gp3")
					w.number("iops", 3000)
					w.number("throughput", 125)
					w.boolean("encrypted", false)
				})
			})
		})
		w.text("virtualizationType", "hvm")
		w.text("tagSet", "")
		w.text("hypervisor", "xen")
		w.boolean("enaSupport", true)
		w.text("sriovNetSupport", "simple")
		w.text("bootMode", "uefi-preferred")
		w.text("imdsSupport", "v2.0")
	})
	w.opt("nextToken", next)
	return nil
}

func describeInstanceTypes(c *ec2Call) error {
	type size = world.InstanceType
	all := byKey(c.region().InstanceTypes(), func(t size) string { return t.Name })
	for _, name := range c.form.list("InstanceType") {
		if _, ok := all[name]; !ok {
			return invalid("InvalidInstanceType", "The following supplied instance types do not exist: ["+name+"]")
		}
	}
	items, next, err := describe(c, described[size]{
		ids: "InstanceType", all: all,
		filters: map[string]func(size) []string{
			"instance-type":                         one(func(t size) string { return t.Name }),
			"current-generation":                    yes(func(t size) bool { return t.Current }),
			"free-tier-eligible":                    yes(func(t size) bool { return t.FreeTier }),
			"burstable-performance-supported":       yes(func(t size) bool { return t.Burstable }),
			"hypervisor":                            one(func(t size) string { return t.Hypervisor }),
			"processor-info.supported-architecture": func(t size) []string { return t.Architecture },
			"vcpu-info.default-vcpus":               one(func(t size) string { return strconv.Itoa(t.VCPUs) }),
			"memory-info.size-in-mib":               one(func(t size) string { return strconv.Itoa(t.MemoryMiB) }),
		},
	})
	if err != nil {
		return err
	}
	w := &c.out
	list(w, "instanceTypeSet", items, func(t size) {
		w.text("instanceType", t.Name)
		w.boolean("currentGeneration", t.Current)
		w.boolean("freeTierEligible", t.FreeTier)
		w.strings("supportedUsageClasses", "", []string{"on-demand", "spot"})
		w.strings("supportedRootDeviceTypes", "", []string{"ebs"})
		w.strings("supportedVirtualizationTypes", "", []string{"hvm"})
		w.boolean("bareMetal", false)
		w.text("hypervisor", t.Hypervisor)
		w.in("processorInfo", func() {
			w.strings("supportedArchitectures", "", t.Architecture)
			w.text("sustainedClockSpeedInGhz", strconv.FormatFloat(t.ClockGHz, 'f', -1, 64))
		})
		w.in("vCpuInfo", func() {
			w.number("defaultVCpus", t.VCPUs)
			w.number("defaultCores", t.Cores)
			w.number("defaultThreadsPerCore", t.VCPUs/t.Cores)
		})
		w.in("memoryInfo", func() { w.number("sizeInMiB", t.MemoryMiB) })
		w.boolean("instanceStorageSupported", false)
		w.in("networkInfo", func() {
			w.text("networkPerformance", t.Network)
			w.number("maximumNetworkInterfaces", t.Interfaces)
			w.number("ipv4AddressesPerInterface", t.Addresses)
		})
		w.boolean("hibernationSupported", false)
		w.boolean("burstablePerformanceSupported", t.Burstable)
		w.boolean("dedicatedHostsSupported", false)
		w.boolean("autoRecoverySupported", true)
	})
	w.opt("nextToken", next)
	return nil
}

func describeInstanceTypeOfferings(c *ec2Call) error {
	type offering struct{ size, location string }
	kind := c.form.str("LocationType")
	all := map[string]offering{}
	add := func(size, location string) { all[size+" "+location] = offering{size, location} }
	for _, t := range c.region().InstanceTypes() {
		switch kind {
		case "", "region":
			add(t.Name, c.st.Region)
		case "availability-zone", "availability-zone-id":
			for _, z := range c.region().Zones {
				if location := z.Name; t.In(z.Name) {
					if kind == "availability-zone-id" {
						location = z.ID
					}
					add(t.Name, location)
				}
			}
		default:
			return invalidValue("locationType", kind)
		}
	}
	if kind == "" {
		kind = "region"
	}
	w := &c.out
	return describeList(c, "instanceTypeOfferingSet", described[offering]{
		all: all,
		filters: map[string]func(offering) []string{
			"instance-type": one(func(o offering) string { return o.size }),
			"location":      one(func(o offering) string { return o.location }),
		},
	}, func(o offering) {
		w.text("instanceType", o.size)
		w.text("locationType", kind)
		w.text("location", o.location)
	})
}

func describeAvailabilityZones(c *ec2Call) error {
	type zone = world.Zone
	c.form.skip("AllAvailabilityZones")
	zones := byKey(c.region().Zones, func(z zone) string { return z.Name })
	for _, name := range c.form.list("ZoneName") {
		if _, ok := zones[name]; !ok {
			return invalid("InvalidParameterValue", "Invalid availability zone: ["+name+"]")
		}
	}
	ids := c.form.list("ZoneId")
	items, _, err := describe(c, described[zone]{
		ids: "ZoneName", all: zones,
		filters: map[string]func(zone) []string{
			"zone-name":     one(func(z zone) string { return z.Name }),
			"zone-id":       one(func(z zone) string { return z.ID }),
			"region-name":   one(func(zone) string { return c.st.Region }),
			"state":         one(func(zone) string { return "available" }),
			"zone-type":     one(func(zone) string { return "availability-zone" }),
			"group-name":    one(func(zone) string { return c.st.Region + "-zg-1" }),
			"opt-in-status": one(func(zone) string { return "opt-in-not-required" }),
		},
	})
	if err != nil {
		return err
	}
	if len(ids) > 0 {
		items = slices.DeleteFunc(items, func(z zone) bool { return !slices.Contains(ids, z.ID) })
	}
	w := &c.out
	list(w, "availabilityZoneInfo", items, func(z zone) {
		w.text("zoneName", z.Name)
		w.text("zoneId", z.ID)
		w.text("zoneState", "available")
		w.text("regionName", c.st.Region)
		w.text("optInStatus", "opt-in-not-required")
		w.text("groupName", c.st.Region+"-zg-1")
		w.text("networkBorderGroup", c.st.Region)
		w.text("zoneType", "availability-zone")
		w.text("messageSet", "")
	})
	return nil
}

// regions are those that every account has without opting in.
const regions = `ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2
	ca-central-1 eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1
	us-east-1 us-east-2 us-west-1 us-west-2`

func describeRegions(c *ec2Call) error {
	names := strings.Fields(regions)
	if !slices.Contains(names, c.st.Region) {
		names = append(names, c.st.Region)
	}
	self := func(s string) string { return s }
	c.form.skip("AllRegions")
	all := byKey(names, self)
	for _, name := range c.form.list("RegionName") {
		if _, ok := all[name]; !ok {
			return invalid("InvalidParameterValue", "Invalid region names: ["+name+"]")
		}
	}
	items, _, err := describe(c, described[string]{
		ids: "RegionName", all: all,
		filters: map[string]func(string) []string{
			"region-name":   one(self),
			"endpoint":      one(func(s string) string { return "ec2." + s + ".amazonaws.com" }),
			"opt-in-status": one(func(string) string { return "opt-in-not-required" }),
		},
	})
	if err != nil {
		return err
	}
	w := &c.out
	list(w, "regionInfo", items, func(s string) {
		w.text("regionName", s)
		w.text("regionEndpoint", "ec2."+s+".amazonaws.com")
		w.text("optInStatus", "opt-in-not-required")
	})
	return nil
}

func describeAccountAttributes(c *ec2Call) error {
	type attribute struct{ name, value string }
	all := byKey([]attribute{
		{"supported-platforms", "VPC"}, {"default-vpc", "none"}, {"max-instances", "20"},
		{"vpc-max-security-groups-per-interface", "5"}, {"max-elastic-ips", "5"}, {"vpc-max-elastic-ips", "5"},
	}, func(a attribute) string { return a.name })
	items, _, err := describe(c, described[attribute]{ids: "AttributeName", all: all})
	if err != nil {
		return invalidValue("attributeName", strings.Join(c.form.list("AttributeName"), ","))
	}
	w := &c.out
	list(w, "accountAttributeSet", items, func(a attribute) {
		w.text("attributeName", a.name)
		w.in("attributeValueSet", func() { w.in("item", func() { w.text("attributeValue", a.value) }) })
	})
	return nil
}

// imageCreated is when the release of the images came out.
var imageCreated = time.Date(2026, 4, 29, 21, 14, 7, 0, time.UTC)
