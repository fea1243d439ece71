package awsapi

import (
	"encoding/base64"
	"strings"

	"gatewalk/lab/world"
)

func runInstances(c *ec2Call) error {
	in, err := c.readLaunch()
	if err != nil {
		return err
	}
	var made []*world.Instance
	id, again, err := c.once(func() (string, error) {
		made, err = c.tx.RunInstances(in)
		if err != nil {
			return "", err
		}
		return made[0].Reservation, nil
	})
	if err != nil {
		return err
	}
	if again {
		for _, i := range world.Sorted(c.st.Instances) {
			if i.Reservation == id {
				made = append(made, i)
			}
		}
	}
	c.reservation(id, made)
	return nil
}

// readLaunch reads the request. Where the network is given as an interface
// specification, it is the only one, and stands for the same parameters.
func (c *ec2Call) readLaunch() (world.Launch, error) {
	f := c.form
	in := world.Launch{
		ImageID: f.str("ImageId"), Type: f.str("InstanceType"), KeyName: f.str("KeyName"),
		SubnetID: f.str("SubnetId"), Groups: f.list("SecurityGroupId"), PrivateIP: f.str("PrivateIpAddress"),
		ProfileName: f.str("IamInstanceProfile.Name"), ProfileArn: f.str("IamInstanceProfile.Arn"),
		ClientToken: f.str("ClientToken"),
	}
	if name, ok := strings.CutPrefix(in.ImageID, "resolve:ssm:"); ok {
		p, err := c.parameter(name)
		if err != nil {
			return in, err
		}
		in.ImageID = p.value
	}
	for _, p := range []string{"MinCount", "MaxCount"} {
		if _, err := f.need(p); err != nil {
			return in, err
		}
	}
	var err error
	if in.Min, err = f.integer("MinCount", 1); err != nil {
		return in, err
	}
	if in.Max, err = f.integer("MaxCount", 1); err != nil {
		return in, err
	}
	if in.Min < 1 || in.Max < 1 {
		return in, invalidValue("minCount", f.str("MinCount"))
	}
	if f.has("SecurityGroup") {
		return in, invalid("InvalidParameterCombination", "The parameter groupName cannot be used with the parameter subnet")
	}
	if in.UserData, err = base64.StdEncoding.DecodeString(f.str("UserData")); err != nil {
		return in, invalid("InvalidParameterValue", "Invalid BASE64 encoding of user data.")
	}
	if err := c.readInterface(&in); err != nil {
		return in, err
	}
	if err := readMetadataOptions(f.kid("MetadataOptions"), &in); err != nil {
		return in, err
	}
	if err := c.readDisks(&in); err != nil {
		return in, err
	}
	switch in.OnShutdown = f.str("InstanceInitiatedShutdownBehavior"); in.OnShutdown {
	case "", "stop", "terminate":
	default:
		return in, invalidValue("instanceInitiatedShutdownBehavior", in.OnShutdown)
	}
	if in.NoTerminate, err = f.boolean("DisableApiTermination", false); err != nil {
		return in, err
	}
	if in.NoStop, err = f.boolean("DisableApiStop", false); err != nil {
		return in, err
	}
	if in.Monitored, err = f.boolean("Monitoring.Enabled", false); err != nil {
		return in, err
	}
	if z := f.str("Placement.AvailabilityZone"); z != "" {
		if s := c.st.Subnets[in.SubnetID]; s != nil && s.Zone != z {
			return in, invalid("InvalidParameterValue", "The specified Availability Zone does not match that of the subnet.")
		}
	}
	if g := f.str("Placement.GroupName"); g != "" {
		return in, invalid("InvalidPlacementGroup.Unknown", "The placement group '"+g+"' is unknown.")
	}
	if t := f.str("Placement.Tenancy"); t != "" && t != "default" {
		return in, unsupported("Tenancy " + t + " is not part of this lab.")
	}
	// These make no difference to a machine that is simulated.
	f.skip("EbsOptimized", "CreditSpecification",
		"CpuOptions", "MaintenanceOptions", "PrivateDnsNameOptions", "EnclaveOptions", "HibernationOptions", "CapacityReservationSpecification")
	in.Tags, err = c.tagSpecs("instance", "volume", "network-interface", "spot-instances-request")
	return in, err
}

func (c *ec2Call) readInterface(in *world.Launch) error {
	list := c.form.items("NetworkInterface")
	if len(list) == 0 {
		return nil
	}
	if len(list) > 1 {
		return unsupported("More than one network interface is not part of this lab.")
	}
	n := list[0]
	if in.SubnetID != "" || len(in.Groups) > 0 {
		return invalid("InvalidParameterCombination", "Network interfaces and an instance-level subnet ID and security groups may not be specified on the same request")
	}
	if in.PrivateIP != "" {
		return invalid("InvalidParameterCombination", "Network interfaces and an instance-level private IP address may not be specified on the same request")
	}
	if v := n.str("DeviceIndex"); v != "0" {
		return invalid("InvalidParameterValue", "Each network interface requires a device index; the first one's is 0.")
	}
	n.skip("InterfaceType", "NetworkCardIndex")
	in.InterfaceID = n.str("NetworkInterfaceId")
	dies, err := n.boolean("DeleteOnTermination", in.InterfaceID == "")
	if err != nil {
		return err
	}
	if in.InterfaceID != "" {
		for _, other := range []string{"SubnetId", "SecurityGroupId", "PrivateIpAddress", "PrivateIpAddresses", "Description", "AssociatePublicIpAddress"} {
			if n.has(other) {
				return invalid("InvalidParameterCombination", "The parameter "+other+" cannot be used with an existing network interface.")
			}
		}
		if dies {
			return invalid("InvalidParameterCombination", "DeleteOnTermination can be true only for a network interface that is created at launch.")
		}
		return nil
	}
	in.InterfaceOutlives = !dies
	in.SubnetID, in.Groups, in.Description = n.str("SubnetId"), n.list("SecurityGroupId"), n.str("Description")
	address, err := primaryAddress(n)
	if err != nil {
		return err
	}
	if address != "" {
		in.PrivateIP = address
	}
	if n.has("AssociatePublicIpAddress") {
		v, err := n.boolean("AssociatePublicIpAddress", false)
		if err != nil {
			return err
		}
		in.PublicIP = &v
	}
	return nil
}

func readMetadataOptions(f *form, in *world.Launch) (err error) {
	if f == nil {
		return nil
	}
	switch in.HttpTokens = f.str("HttpTokens"); in.HttpTokens {
	case "", "required", "optional":
	default:
		return invalidValue("metadataOptions.httpTokens", in.HttpTokens)
	}
	if in.HopLimit, err = f.integer("HttpPutResponseHopLimit", 0); err != nil {
		return err
	}
	if in.HopLimit < 0 || in.HopLimit > 64 {
		return invalidValue("metadataOptions.httpPutResponseHopLimit", f.str("HttpPutResponseHopLimit"))
	}
	if v := f.str("HttpEndpoint"); v != "" && v != "enabled" {
		return unsupported("Turning the metadata service off is not part of this lab.")
	}
	f.skip("HttpProtocolIpv6", "InstanceMetadataTags")
	return nil
}

func (c *ec2Call) readDisks(in *world.Launch) (err error) {
	list := c.form.items("BlockDeviceMapping")
	if len(list) == 0 {
		return nil
	}
	if len(list) > 1 {
		return unsupported("More than the root volume is not part of this lab.")
	}
	d := list[0]
	if name := d.str("DeviceName"); name != "/dev/xvda" {
		return unsupported("Devices other than the root, /dev/xvda, are not part of this lab.")
	}
	e := d.kid("Ebs")
	if in.VolumeSize, err = e.integer("VolumeSize", 0); err != nil {
		return err
	}
	if e.has("VolumeSize") && in.VolumeSize < 8 {
		return invalid("InvalidBlockDeviceMapping", "Volume of size "+e.str("VolumeSize")+"GB is smaller than snapshot, expect size >= 8GB")
	}
	switch in.VolumeType = e.str("VolumeType"); in.VolumeType {
	case "", "gp2", "gp3", "standard", "io1", "io2":
	default:
		return invalidValue("volumeType", in.VolumeType)
	}
	if in.Encrypted, err = e.boolean("Encrypted", false); err != nil {
		return err
	}
	if del, err := e.boolean("DeleteOnTermination", true); err != nil || !del {
		return cmpErr(err, unsupported("Volumes that outlive their instance are not part of this lab."))
	}
	e.skip("Iops", "Throughput", "KmsKeyId", "SnapshotId")
	return nil
}
