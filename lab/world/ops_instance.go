package world

import (
	"net/netip"
	"slices"
	"strings"
)

const maxUserData = 16 << 10

// Launch is what RunInstances makes instances from. Zero values are AWS's
// defaults.
type Launch struct {
	ImageID, Type, KeyName, SubnetID string
	Min, Max                         int // 0 means 1
	Groups                           []string
	InterfaceID                      string // of one that there is; it knows its subnet, groups and address
	InterfaceOutlives                bool
	PrivateIP                        string
	PublicIP                         *bool // nil: as the subnet says
	Description                      string
	UserData                         []byte
	ProfileName, ProfileArn          string
	HttpTokens                       string // default: required, as AL2023 asks
	HopLimit                         int    // default 2, as AL2023 asks
	VolumeSize                       int    // GiB; default 8
	VolumeType                       string // default gp3
	Encrypted                        bool
	ClientToken                      string
	NoTerminate, NoStop, Monitored   bool
	OnShutdown                       string          // "" is stop
	Tags                             map[string]Tags // by resource type: instance, volume, network-interface
}

// RunInstances makes instances in one subnet, all or none. They share a
// reservation.
func (tx *Tx) RunInstances(in Launch) ([]*Instance, error) {
	r := RegionData(tx.next.Region)
	sub, profile, err := tx.checkLaunch(r, &in)
	if err != nil {
		return nil, err
	}
	reservation := tx.NewID("r")
	var made []*Instance
	for range in.Max {
		i, err := tx.launch(in, sub, profile, reservation)
		if err != nil {
			return nil, err
		}
		made = append(made, i)
	}
	return made, nil
}

func (tx *Tx) checkLaunch(r *Region, in *Launch) (*Subnet, *InstanceProfile, error) {
	in.Max = max(in.Max, 1)
	in.Min = max(in.Min, 1)
	if in.Type == "" {
		in.Type = "t3.micro" // the API's own default, m1.small, cannot run AL2023
	}
	image := slices.IndexFunc(r.Images(), func(i Image) bool { return i.ID == in.ImageID })
	kind, known := r.InstanceType(in.Type)
	switch {
	case in.Min > in.Max:
		return nil, nil, refuse("InvalidParameterValue", "The parameter MaxCount (%d) must be at least MinCount (%d).", in.Max, in.Min)
	case in.ImageID == "":
		return nil, nil, refuse("MissingParameter", "The request must contain the parameter ImageId")
	case image < 0:
		return nil, nil, Missing("ami", in.ImageID)
	case !known:
		return nil, nil, refuse("InvalidParameterValue", "Invalid value '%s' for InstanceType.", in.Type)
	case !slices.Contains(kind.Architecture, r.Images()[image].Architecture):
		return nil, nil, refuse("InvalidParameterValue", "The architecture '%s' of the specified instance type does not match the architecture '%s' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again. You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI.",
			strings.Join(kind.Architecture, ","), r.Images()[image].Architecture)
	case in.SubnetID == "" && in.InterfaceID == "":
		return nil, nil, refuse("VPCIdNotSpecified", "No default VPC for this user")
	case in.KeyName != "" && tx.next.KeyPair(in.KeyName) == nil:
		return nil, nil, refuse("InvalidKeyPair.NotFound", "The key pair '%s' does not exist", in.KeyName)
	case len(in.UserData) > maxUserData:
		return nil, nil, refuse("InvalidParameterValue", "User data is limited to %d bytes", maxUserData)
	case in.PrivateIP != "" && in.Max > 1:
		return nil, nil, refuse("InvalidParameterCombination", "The parameter privateIpAddress cannot be used when launching more than one instance.")
	}
	if err := tx.checkInterface(in); err != nil {
		return nil, nil, err
	}
	sub, err := find(&tx.Subnets, "subnet", in.SubnetID)
	if err != nil {
		return nil, nil, err
	}
	if !kind.In(sub.Zone) {
		var zones []string
		for _, z := range r.Zones {
			if kind.In(z.Name) {
				zones = append(zones, z.Name)
			}
		}
		return nil, nil, refuse("Unsupported", "Your requested instance type (%s) is not supported in your requested Availability Zone (%s). Please retry your request by not specifying an Availability Zone or choosing %s.",
			in.Type, sub.Zone, strings.Join(zones, ", "))
	}
	if err := tx.vcpuQuota(r, kind.VCPUs*in.Max); err != nil {
		return nil, nil, err
	}
	if len(in.Groups) == 0 {
		in.Groups = []string{tx.Vpcs.Get(sub.VpcID).DefaultGroup}
	}
	if err := tx.groupsOf(sub.VpcID, sub.ID, in.Groups); err != nil {
		return nil, nil, err
	}
	profile, err := tx.launchProfile(in)
	return sub, profile, err
}

// checkInterface takes what an interface that is there already decides.
func (tx *Tx) checkInterface(in *Launch) error {
	if in.InterfaceID == "" {
		return nil
	}
	eni, err := find(&tx.Interfaces, "eni", in.InterfaceID)
	switch {
	case err != nil:
		return err
	case eni.AttachmentID != "":
		return refuse("InvalidNetworkInterface.InUse", "Interface: [%s] in use.", eni.ID)
	case in.Max > 1:
		return refuse("InvalidParameterCombination", "A network interface cannot be given to more than one instance.")
	}
	in.SubnetID, in.Groups = eni.SubnetID, eni.Groups
	return nil
}

func (tx *Tx) vcpuQuota(r *Region, more int) error {
	for _, i := range tx.next.Instances {
		if kind, ok := r.InstanceType(i.Type); ok && (i.State == Pending || i.State == Running) {
			more += kind.VCPUs
		}
	}
	if more > maxVcpus {
		return refuse("VcpuLimitExceeded", "You have requested more vCPU capacity than your current vCPU limit of %d allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.", maxVcpus)
	}
	return nil
}

// launchProfile finds the instance profile, in the words that tools know to
// wait for (hashicorp/terraform#9474).
func (tx *Tx) launchProfile(in *Launch) (*InstanceProfile, error) {
	if in.ProfileName == "" && in.ProfileArn == "" {
		return nil, nil
	}
	for _, p := range tx.Profiles.All() {
		if p.Name != in.ProfileName && tx.next.ProfileArn(p) != in.ProfileArn {
			continue
		}
		if p.Role == "" {
			return nil, refuse("InvalidParameterValue", "IAM Instance Profile \"%s\" has no associated IAM Roles", tx.next.ProfileArn(p))
		}
		return p, nil
	}
	if in.ProfileName != "" {
		return nil, refuse("InvalidParameterValue", "Value (%s) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name", in.ProfileName)
	}
	return nil, refuse("InvalidParameterValue", "Value (%s) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN", in.ProfileArn)
}

func (tx *Tx) launch(in Launch, sub *Subnet, profile *InstanceProfile, reservation string) (*Instance, error) {
	now := tx.Now()
	i := &Instance{
		ID: tx.NewID("i"), Reservation: reservation, Type: in.Type, ImageID: in.ImageID, KeyName: in.KeyName,
		VpcID: sub.VpcID, SubnetID: sub.ID, State: Pending, StateSince: now, Launched: now,
		ClientToken: in.ClientToken, UserData: in.UserData, Tags: cloneTags(in.Tags["instance"]),
		HttpTokens: in.HttpTokens, HttpPutResponseHopLimit: in.HopLimit, DeletedOnTermination: true,
		NoTerminate: in.NoTerminate, NoStop: in.NoStop, OnShutdown: in.OnShutdown, Monitored: in.Monitored,
	}
	if i.HttpTokens == "" {
		i.HttpTokens = "required"
	}
	if i.HttpPutResponseHopLimit == 0 {
		i.HttpPutResponseHopLimit = 2
	}
	if profile != nil {
		i.Profile, i.ProfileAssociation = profile.Name, tx.NewID("iip-assoc")
	}

	if err := tx.giveInterface(i, in, sub); err != nil {
		return nil, err
	}

	v := &Volume{
		ID: tx.NewID("vol"), Zone: sub.Zone, InstanceID: i.ID, State: "in-use",
		SizeGiB: max(in.VolumeSize, 8), Type: in.VolumeType, Encrypted: in.Encrypted, Created: now,
		Tags: cloneTags(in.Tags["volume"]),
	}
	if v.Type == "" {
		v.Type = "gp3"
	}
	i.VolumeID = v.ID
	tx.Volumes.Put(v.ID, v)
	tx.Instances.Put(i.ID, i)
	return i, nil
}

// giveInterface gives an instance the interface that was asked for, or a new one.
func (tx *Tx) giveInterface(i *Instance, in Launch, sub *Subnet) error {
	if in.InterfaceID != "" {
		eni := tx.Interfaces.Edit(in.InterfaceID)
		eni.InstanceID, eni.AttachmentID = i.ID, tx.NewID("eni-attach")
		i.InterfaceID = eni.ID
		return nil
	}
	ip, err := tx.privateIP(sub, in.PrivateIP)
	if err != nil {
		return err
	}
	eni := tx.newInterface(sub, ip)
	eni.InstanceID, eni.Groups, eni.Description = i.ID, slices.Clone(in.Groups), in.Description
	eni.Tags, eni.Outlives = cloneTags(in.Tags["network-interface"]), in.InterfaceOutlives
	i.InterfaceID = eni.ID
	if eni.AutoPublic = in.PublicIP == nil && sub.MapPublicIpOnLaunch || in.PublicIP != nil && *in.PublicIP; eni.AutoPublic {
		eni.PublicIP = tx.NewPublicIP()
	}
	return nil
}

// cloneTags gives each of several new resources tags of its own.
func cloneTags(t Tags) Tags {
	if len(t) == 0 {
		return nil
	}
	c := Tags{}
	for k, v := range t {
		c[k] = v
	}
	return c
}

// A Transition is an instance's state before and after a call.
type Transition struct{ ID, Before, After string }

// TerminateInstances begins to delete instances, all or none; it may be asked
// again of one that is gone already.
func (tx *Tx) TerminateInstances(ids []string) ([]Transition, error) {
	return tx.change(ids, func(i *Instance) error {
		if i.State == ShuttingDown || i.State == Terminated {
			return nil
		}
		if i.NoTerminate {
			return refuse("OperationNotPermitted", "The instance '%s' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.", i.ID)
		}
		tx.become(i, ShuttingDown, "Client.UserInitiatedShutdown: User initiated shutdown")
		return nil
	})
}

// StopInstances begins to power instances off.
func (tx *Tx) StopInstances(ids []string) ([]Transition, error) {
	return tx.change(ids, func(i *Instance) error {
		switch {
		case i.State == Running && i.NoStop:
			return refuse("OperationNotPermitted", "The instance '%s' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.", i.ID)
		case i.State == Running:
			tx.become(i, Stopping, "Client.UserInitiatedShutdown: User initiated shutdown")
		case i.State == Stopped, i.State == Stopping:
		default:
			return wrongState(i, "stopped")
		}
		return nil
	})
}

// StartInstances powers stopped instances on.
func (tx *Tx) StartInstances(ids []string) ([]Transition, error) {
	return tx.change(ids, func(i *Instance) error {
		switch i.State {
		case Stopped:
			tx.become(i, Pending, "")
			i.Launched = i.StateSince
			// A public address that is no Elastic IP is a new one at every start.
			if eni := tx.Interfaces.Edit(i.InterfaceID); eni.AutoPublic && !eni.PublicIP.IsValid() {
				eni.PublicIP = tx.NewPublicIP()
			}
		case Pending, Running:
		default:
			return wrongState(i, "started")
		}
		return nil
	})
}

// MonitorInstances turns detailed monitoring on or off.
func (tx *Tx) MonitorInstances(ids []string, on bool) error {
	_, err := tx.change(ids, func(i *Instance) error {
		if i.State == ShuttingDown || i.State == Terminated {
			return wrongState(i, "monitored")
		}
		i.Monitored = on
		return nil
	})
	return err
}

// RebootInstances checks that they can be rebooted; the lab's machines come
// back too fast to be seen away.
func (tx *Tx) RebootInstances(ids []string) error {
	_, err := tx.change(ids, func(i *Instance) error {
		if i.State != Running {
			return wrongState(i, "rebooted")
		}
		return nil
	})
	return err
}

func wrongState(i *Instance, verb string) *Error {
	return refuse("IncorrectInstanceState", "The instance '%s' is not in a state from which it can be %s.", i.ID, verb)
}

func (tx *Tx) change(ids []string, f func(*Instance) error) ([]Transition, error) {
	if len(ids) == 0 {
		return nil, refuse("MissingParameter", "The request must contain the parameter InstanceId")
	}
	var out []Transition
	for _, id := range ids {
		i, err := edit(&tx.Instances, "i", id)
		if err != nil {
			return nil, err
		}
		before := i.State
		if err := f(i); err != nil {
			return nil, err
		}
		out = append(out, Transition{id, before, i.State})
	}
	return out, nil
}

func (tx *Tx) become(i *Instance, state, reason string) {
	i.State, i.StateSince, i.StateReason = state, tx.Now(), reason
}

// ModifyInstance sets one attribute of an instance, by AWS's name for it.
func (tx *Tx) ModifyInstance(id, attribute, value string) error {
	i, err := edit(&tx.Instances, "i", id)
	if err != nil {
		return err
	}
	wrong := refuse("InvalidParameterValue", "Value (%s) for parameter %s is invalid.", value, attribute)
	switch attribute {
	case "disableApiTermination", "disableApiStop":
		on := strings.EqualFold(value, "true")
		if !on && !strings.EqualFold(value, "false") {
			return wrong
		}
		if attribute == "disableApiStop" {
			i.NoStop = on
		} else {
			i.NoTerminate = on
		}
	case "instanceInitiatedShutdownBehavior":
		if value != "stop" && value != "terminate" {
			return wrong
		}
		i.OnShutdown = value
	case "instanceType":
		r := RegionData(tx.next.Region)
		was, _ := r.InstanceType(i.Type)
		kind, known := r.InstanceType(value)
		switch {
		case !known:
			return refuse("InvalidParameterValue", "Invalid value '%s' for InstanceType.", value)
		case i.State != Stopped:
			return refuse("IncorrectInstanceState", "The instance '%s' is not in the 'stopped' state.", id)
		case !slices.Equal(kind.Architecture, was.Architecture):
			return refuse("InvalidParameterValue", "The architecture of the instance type '%s' does not match that of the instance '%s'.", value, id)
		case !kind.In(tx.Subnets.Get(i.SubnetID).Zone):
			return refuse("Unsupported", "Your requested instance type (%s) is not supported in your requested Availability Zone (%s).", value, tx.Subnets.Get(i.SubnetID).Zone)
		}
		i.Type = value
	default:
		return wrong
	}
	return nil
}

// SetConsole keeps what an instance has printed so far, its last 64 KiB
// (EC2 user guide, "instance-console").
func (w *World) SetConsole(id string, output []byte) error {
	return w.Update(func(tx *Tx) error {
		i, err := edit(&tx.Instances, "i", id)
		if err != nil {
			return err
		}
		i.Console, i.ConsoleAt = slices.Clone(output[max(0, len(output)-64<<10):]), tx.Now()
		return nil
	})
}

// released takes everything off an instance that is terminated.
func (tx *Tx) released(i *Instance) {
	tx.detached(i.InterfaceID)
	tx.setBlackhole(i.ID, true)
	tx.Volumes.Delete(i.VolumeID)
	i.InterfaceID, i.VolumeID, i.Profile, i.ProfileAssociation = "", "", "", ""
	i.UserData, i.Console, i.HostKeys = nil, nil, nil
}

// unplugged takes the public address off a stopped instance, unless it is an
// Elastic IP.
func (tx *Tx) unplugged(i *Instance) {
	if eni := tx.Interfaces.Get(i.InterfaceID); eni != nil && eni.PublicIP.IsValid() && eni.AllocationID == "" {
		tx.Interfaces.Edit(eni.ID).PublicIP = netip.Addr{}
	}
}
