package awsapi

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatewalk/lab/world"
)

// checksTime is how long the two status checks take to pass, in lesson time.
const checksTime = 90 * time.Second

func describeInstanceStatus(c *ec2Call) error {
	all, err := c.form.boolean("IncludeAllInstances", false)
	if err != nil {
		return err
	}
	visible := map[string]*world.Instance{}
	for id, i := range c.st.Instances {
		if all || i.State == world.Running || slices.Contains(c.form.list("InstanceId"), id) {
			visible[id] = i
		}
	}
	status := func(i *world.Instance) string {
		switch {
		case i.State != world.Running:
			return "not-applicable"
		case c.now.Sub(i.StateSince) < checksTime:
			return "initializing"
		}
		return "ok"
	}
	known := c.instanceFilters()
	for _, name := range []string{"instance-status.status", "system-status.status", "instance-status.reachability", "system-status.reachability"} {
		known[name] = one(status)
	}
	items, next, err := describe(c, described[*world.Instance]{
		ids: "InstanceId", prefix: "i", all: visible,
		tags: func(i *world.Instance) world.Tags { return i.Tags }, filters: known,
	})
	if err != nil {
		return err
	}
	if !all {
		items = slices.DeleteFunc(items, func(i *world.Instance) bool { return i.State != world.Running })
	}
	w := &c.out
	list(w, "instanceStatusSet", items, func(i *world.Instance) {
		w.text("instanceId", i.ID)
		if s := c.st.Subnets[i.SubnetID]; s != nil {
			w.text("availabilityZone", s.Zone)
			w.text("availabilityZoneId", c.zoneID(s.Zone))
		}
		c.state("instanceState", i.State)
		for _, name := range []string{"systemStatus", "instanceStatus"} {
			w.in(name, func() {
				s := status(i)
				w.text("status", s)
				if s == "not-applicable" {
					return
				}
				w.in("details", func() {
					w.in("item", func() {
						w.text("name", "reachability")
						w.text("status", map[string]string{"ok": "passed"}[s]+map[string]string{"initializing": "initializing"}[s])
					})
				})
			})
		}
	})
	w.opt("nextToken", next)
	return nil
}

func (c *ec2Call) transitions(t []world.Transition, err error) error {
	if err != nil {
		return err
	}
	list(&c.out, "instancesSet", t, func(t world.Transition) {
		c.out.text("instanceId", t.ID)
		c.state("currentState", t.After)
		c.state("previousState", t.Before)
	})
	return nil
}

func terminateInstances(c *ec2Call) error {
	c.form.skip("SkipOsShutdown", "Force")
	return c.transitions(c.tx.TerminateInstances(c.form.list("InstanceId")))
}

func stopInstances(c *ec2Call) error {
	c.form.skip("Force", "SkipOsShutdown")
	if h, err := c.form.boolean("Hibernate", false); err != nil || h {
		return cmpErr(err, invalid("UnsupportedHibernationConfiguration", "The instances are not configured for hibernation."))
	}
	return c.transitions(c.tx.StopInstances(c.form.list("InstanceId")))
}

func startInstances(c *ec2Call) error {
	return c.transitions(c.tx.StartInstances(c.form.list("InstanceId")))
}

// monitorInstances is the handler that turns detailed monitoring on or off, and
// says that it is about to be.
func monitorInstances(on bool, state string) func(*ec2Call) error {
	return func(c *ec2Call) error {
		ids := c.form.list("InstanceId")
		if err := c.tx.MonitorInstances(ids, on); err != nil {
			return err
		}
		list(&c.out, "instancesSet", ids, func(id string) {
			c.out.text("instanceId", id)
			c.out.in("monitoring", func() { c.out.text("state", state) })
		})
		return nil
	}
}

func rebootInstances(c *ec2Call) error {
	if err := c.tx.RebootInstances(c.form.list("InstanceId")); err != nil {
		return err
	}
	return c.ok()
}

func (c *ec2Call) needInstance() (*world.Instance, error) {
	id, err := c.form.need("InstanceId")
	if err != nil {
		return nil, err
	}
	i := c.st.Instances[id]
	if i == nil {
		return nil, world.Missing("i", id)
	}
	return i, nil
}

// getConsoleOutput tells what was posted last, which is seconds old at most:
// there is nothing later for who asks for the latest, but that AWS lets ask for
// it on Nitro alone (EC2 user guide, "instance-console").
func getConsoleOutput(c *ec2Call) error {
	i, err := c.needInstance()
	if err != nil {
		return err
	}
	latest, err := c.form.boolean("Latest", false)
	if err != nil {
		return err
	}
	if kind, _ := world.RegionData(c.st.Region).InstanceType(i.Type); latest && kind.Hypervisor != "nitro" {
		return &world.Error{Code: "UnsupportedOperation", Message: "This instance type does not support retrieving the latest console logs. For more information about instance types that support retrieving the latest console logs, see the EC2 User Guide."}
	}
	c.out.text("instanceId", i.ID)
	at := i.ConsoleAt
	if at.IsZero() {
		at = c.now
	}
	c.out.time("timestamp", at)
	if len(i.Console) > 0 {
		c.out.text("output", base64.StdEncoding.EncodeToString(i.Console))
	}
	return nil
}

func describeInstanceAttribute(c *ec2Call) error {
	i, err := c.needInstance()
	if err != nil {
		return err
	}
	w := &c.out
	w.text("instanceId", i.ID)
	value := func(name, v string) {
		w.in(name, func() { w.opt("value", v) })
	}
	switch name := c.form.str("Attribute"); name {
	case "userData":
		value(name, base64.StdEncoding.EncodeToString(i.UserData))
	case "instanceType":
		value(name, i.Type)
	case "disableApiTermination":
		value(name, strconv.FormatBool(i.NoTerminate))
	case "disableApiStop":
		value(name, strconv.FormatBool(i.NoStop))
	case "ebsOptimized":
		value(name, "false")
	case "sourceDestCheck", "enaSupport":
		value(name, "true")
	case "kernel", "ramdisk": // of paravirtual machines
		value(name, "")
	case "blockDeviceMapping":
		c.blockDevices(i)
	case "rootDeviceName":
		value(name, "/dev/xvda")
	case "instanceInitiatedShutdownBehavior":
		value(name, cmp.Or(i.OnShutdown, "stop"))
	case "groupSet":
		if eni := c.st.Interfaces[i.InterfaceID]; eni != nil {
			c.groupSet(eni.Groups)
		}
	case "":
		return missing("Attribute")
	default:
		return invalidValue("attribute", name)
	}
	return nil
}

func describeCreditSpecifications(c *ec2Call) error {
	items, next, err := describe(c, described[*world.Instance]{
		ids: "InstanceId", prefix: "i", all: c.st.Instances,
		filters: map[string]func(*world.Instance) []string{"instance-id": one(func(i *world.Instance) string { return i.ID })},
	})
	if err != nil {
		return err
	}
	list(&c.out, "instanceCreditSpecificationSet", items, func(i *world.Instance) {
		c.out.text("instanceId", i.ID)
		credits := "unlimited" // T3 and T4g; T2 is the exception
		if strings.HasPrefix(i.Type, "t2.") {
			credits = "standard"
		}
		c.out.text("cpuCredits", credits)
	})
	c.out.opt("nextToken", next)
	return nil
}

func describeProfileAssociations(c *ec2Call) error {
	with := map[string]*world.Instance{}
	for _, i := range c.st.Instances {
		if i.ProfileAssociation != "" {
			with[i.ProfileAssociation] = i
		}
	}
	return describeList(c, "iamInstanceProfileAssociationSet", described[*world.Instance]{
		ids: "AssociationId", prefix: "iip-assoc", all: with,
		filters: map[string]func(*world.Instance) []string{
			"instance-id": one(func(i *world.Instance) string { return i.ID }),
			"state":       one(func(*world.Instance) string { return "associated" }),
		},
	}, func(i *world.Instance) { c.profileAssociation(i, "associated") })
}
