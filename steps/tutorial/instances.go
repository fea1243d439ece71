package tutorial

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"gatewalk/steps"
)

// The guide's instances.
const (
	bastionIP = "10.0.1.123"
	privateIP = "10.0.2.234"
	user      = "ec2-user"
)

// imageParameter is where AWS says which Amazon Linux 2023 is current. AL2023 by name:
// the standard image of its successor has neither nslookup nor traceroute.
const imageParameter = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"

// sizes are the instance types to try, the cheapest that is everywhere first.
func sizes() []string { return []string{"t3.micro", "t3.small", "t2.micro", "t3a.micro"} }

// place is where an instance may run.
type place struct{ zone, size string }

// instances makes both instances, each with its subnet in a zone that has room.
func (r *run) instances(ctx context.Context) error {
	ami, err := r.image(ctx)
	if err != nil {
		return err
	}
	places, err := r.places(ctx)
	if err != nil {
		return err
	}
	fresh := false
	for _, part := range []string{bastion, private} {
		made, err := r.instance(ctx, part, ami, places)
		if err != nil {
			return err
		}
		fresh = fresh || made
	}
	if fresh {
		r.outdate()
	}
	for _, part := range []string{bastion, private} {
		if err := r.running(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// outdate says of the later steps that what they saw holds no more: they saw
// it on instances that are gone.
func (r *run) outdate() {
	later := false
	for _, s := range r.Steps() {
		if later && r.state.Status(s.ID()) != steps.NotYet {
			r.emit(steps.Event{Step: s.ID(), Kind: steps.Undone})
		}
		later = later || s.ID() == r.step
	}
}

func (r *run) image(ctx context.Context) (string, error) {
	out, err := r.ssm.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(imageParameter)})
	if err != nil {
		return "", fmt.Errorf("looking up Amazon Linux 2023: %w", err)
	}
	return aws.ToString(out.Parameter.Value), nil
}

// places are the zones and types on offer, the best first.
func (r *run) places(ctx context.Context) ([]place, error) {
	offers, err := collect(ctx, ec2.NewDescribeInstanceTypeOfferingsPaginator(r.ec2, &ec2.DescribeInstanceTypeOfferingsInput{
		LocationType: types.LocationTypeAvailabilityZone,
		Filters:      []types.Filter{filter("instance-type", sizes()...)},
	}), func(p *ec2.DescribeInstanceTypeOfferingsOutput) []types.InstanceTypeOffering {
		return p.InstanceTypeOfferings
	})
	if err != nil {
		return nil, fmt.Errorf("looking up instance types: %w", err)
	}
	var all []place
	for _, o := range offers {
		// "ap-northeast-2a", not the local zone "us-west-2-lax-1a".
		if zone := aws.ToString(o.Location); len(zone) == len(r.region())+1 {
			all = append(all, place{zone, string(o.InstanceType)})
		}
	}
	if len(all) == 0 {
		return nil, fail(failNoType, nil, "types", strings.Join(sizes(), ", "), "region", r.region())
	}
	slices.SortFunc(all, func(a, b place) int {
		if d := strings.Compare(a.zone, b.zone); d != 0 {
			return d
		}
		return slices.Index(sizes(), a.size) - slices.Index(sizes(), b.size)
	})
	return all, nil
}

// instance makes one instance where there is room, and says whether it is new.
func (r *run) instance(ctx context.Context, part, ami string, places []place) (bool, error) {
	if e, ok := r.state.Find("instance", part); ok && e.Made {
		live, err := r.settled(ctx, e.ID, instanceKind())
		if err != nil {
			return false, err
		}
		if live {
			ending, err := r.ending(ctx, e.ID)
			if err != nil || !ending {
				return false, err
			}
			if err := r.remove(ctx, e); err != nil { // its address is free only then
				return false, err
			}
		}
		_ = r.Walk.Close() // connections to one that is gone only look alive
	}
	subnet := map[string]string{bastion: public, private: private}[part]
	if e, ok := r.state.Find("subnet", subnet); ok && e.Made { // rather than moving it
		slices.SortStableFunc(places, func(a, b place) int {
			return boolInt(b.zone == e.Args["zone"]) - boolInt(a.zone == e.Args["zone"])
		})
	}
	var last error
	for _, p := range places {
		id, err := r.subnet(ctx, subnet, p.zone)
		if err == nil {
			_, err = r.ensure(ctx, thing{kind: "instance", part: part, token: true, make: func(ctx context.Context, token string) (string, steps.Args, error) {
				return r.launch(ctx, part, ami, id, p, token)
			}})
		}
		if err == nil {
			return true, nil
		}
		if !roomless(err) {
			return false, err
		}
		last = err
		r.emit(steps.Event{Kind: steps.Note, Msg: noteOtherZone, Host: part, Err: err.Error(),
			Args: steps.Args{"zone": p.zone, "type": p.size, "code": code(err)}})
	}
	return false, last
}

// roomless reports whether another zone or type may do where this one does not:
// for lack of room, or because this account may not have it. The texts are
// EC2's: of accounts on the free plan, and of a zone that is closed to those
// who were not there before.
func roomless(err error) bool {
	text := err.Error()
	return codes[code(err)] == failCapacity ||
		code(err) == "InvalidParameterCombination" && strings.Contains(text, "not eligible for Free Tier") ||
		code(err) == "InvalidParameterValue" && strings.Contains(text, "Subnets can currently only be created in")
}

// ending reports whether somebody terminates an instance, or just has.
func (r *run) ending(ctx context.Context, id string) (bool, error) {
	all, err := r.describeInstances(ctx, filter("instance-id", id))
	if err != nil || len(all) == 0 || all[0].State == nil {
		return false, err
	}
	state := all[0].State.Name
	return state == types.InstanceStateNameShuttingDown || state == types.InstanceStateNameTerminated, nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (r *run) launch(ctx context.Context, part, ami, subnet string, p place, token string) (string, steps.Args, error) {
	group, err := r.id("security-group", part)
	if err != nil {
		return "", nil, err
	}
	in := r.launchInput(part, ami, subnet, group, p.size)
	in.ClientToken, in.KeyName = &token, aws.String(r.name(main))
	in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Name: aws.String(r.name(main))}
	var out *ec2.RunInstancesOutput
	err = r.patiently(ctx, waitProfile, 2*time.Minute, unready, func(ctx context.Context) (err error) {
		out, err = r.ec2.RunInstances(ctx, in)
		return err
	})
	if err != nil {
		return "", nil, err
	}
	if len(out.Instances) == 0 {
		return "", nil, fmt.Errorf("running an instance: the answer names none")
	}
	i := out.Instances[0]
	return aws.ToString(i.InstanceId), instanceArgs(i), nil
}

// launchInput is what an instance is asked for with, but for what has to be
// there before. A dry run asks the same, since companies deny what is less
// guarded: disks in the clear, the first version of the metadata service.
func (r *run) launchInput(part, ami, subnet, group, size string) *ec2.RunInstancesInput {
	ip := map[string]string{bastion: bastionIP, private: privateIP}[part]
	return &ec2.RunInstancesInput{
		ImageId:      &ami,
		InstanceType: types.InstanceType(size),
		MinCount:     aws.Int32(1),
		MaxCount:     aws.Int32(1),
		// Version 2 alone, and not for what runs behind the instance.
		MetadataOptions: &types.InstanceMetadataOptionsRequest{
			HttpEndpoint: types.InstanceMetadataEndpointStateEnabled, HttpTokens: types.HttpTokensStateRequired, HttpPutResponseHopLimit: aws.Int32(1),
		},
		NetworkInterfaces: []types.InstanceNetworkInterfaceSpecification{{
			DeviceIndex: aws.Int32(0), SubnetId: &subnet, PrivateIpAddress: &ip, Groups: []string{group},
			AssociatePublicIpAddress: aws.Bool(part == bastion), DeleteOnTermination: aws.Bool(true),
		}},
		BlockDeviceMappings: []types.BlockDeviceMapping{{
			DeviceName: aws.String("/dev/xvda"),
			Ebs: &types.EbsBlockDevice{ // the size that the plan has priced, whatever the image's becomes
				VolumeSize: aws.Int32(diskGiB), Encrypted: aws.Bool(true), VolumeType: types.VolumeTypeGp3, DeleteOnTermination: aws.Bool(true),
			},
		}},
		TagSpecifications: r.tags(part, types.ResourceTypeInstance, types.ResourceTypeVolume, types.ResourceTypeNetworkInterface),
	}
}

// unready reports whether EC2 has not yet heard of what an instance needs: of
// the instance profile that IAM has just made, or of the role in it (both texts
// are EC2's); or that its address is free again.
func unready(err error) bool {
	switch text := err.Error(); code(err) {
	case "InvalidParameterValue":
		return strings.Contains(text, "Invalid IAM Instance Profile") || strings.Contains(text, "has no associated IAM Roles")
	case "InvalidIPAddress.InUse":
		return true
	case "InvalidAMIID.NotFound": // it is kept from this account
		return false
	}
	return missing(err)
}

func instanceArgs(i types.Instance) steps.Args {
	args := steps.Args{
		"private_ip": aws.ToString(i.PrivateIpAddress), "public_ip": aws.ToString(i.PublicIpAddress),
		"public_dns": aws.ToString(i.PublicDnsName), "private_dns": aws.ToString(i.PrivateDnsName), "type": string(i.InstanceType),
	}
	if i.Placement != nil {
		args["zone"] = aws.ToString(i.Placement.AvailabilityZone)
	}
	if i.State != nil {
		args["state"] = string(i.State.Name)
	}
	if i.StateReason != nil {
		args["reason"] = aws.ToString(i.StateReason.Message)
	}
	return args
}

// running waits until an instance runs and records its addresses.
func (r *run) running(ctx context.Context, part string) error {
	e, ok := r.state.Find("instance", part)
	if !ok || !e.Made {
		return fail(failNeeds, nil, "step", "3.1")
	}
	var args steps.Args
	runs, err := r.wait(ctx, waitInstance, part, 3*time.Second, 5*time.Minute, func(ctx context.Context) (bool, error) {
		all, err := r.describeInstances(ctx, filter("instance-id", e.ID))
		if err != nil || len(all) == 0 {
			return false, err
		}
		args = instanceArgs(all[0])
		return powered(part, e.ID, args)
	})
	if err != nil {
		return err
	}
	if !runs {
		return fail(failNotRunning, nil, "host", part, "id", e.ID, "state", args["state"], "reason", args["reason"], steps.ArgAnew, provisioning)
	}
	return r.located(part, e, args)
}

// powered reports whether an instance runs and can be reached; one that does
// not and will not by itself is an error.
func powered(part, id string, args steps.Args) (bool, error) {
	switch types.InstanceStateName(args["state"]) {
	case types.InstanceStateNameRunning:
		return part != bastion || args["public_ip"] != "", nil
	case types.InstanceStateNamePending:
		return false, nil
	case types.InstanceStateNameStopped, types.InstanceStateNameStopping:
		return false, fail(failStopped, nil, "host", part, "id", id, steps.ArgAnew, provisioning)
	}
	if reason := args["reason"]; strings.Contains(reason, "Client.InternalError") || strings.Contains(reason, "KMS") { // EC2's words for a disk's key
		return false, fail(failDiskKey, nil, "host", part, "id", id, "reason", reason, "command", "aws ec2 get-ebs-default-kms-key-id", steps.ArgAnew, provisioning)
	}
	return false, fail(failNotRunning, nil, "host", part, "id", id, "state", args["state"], "reason", args["reason"], steps.ArgAnew, provisioning)
}

// located records where an instance is now.
func (r *run) located(part string, e steps.LedgerEntry, args steps.Args) error {
	if e.Args["public_ip"] != args["public_ip"] || e.Args["state"] != args["state"] {
		if err := r.state.Made(e.Step, e.Resource, args); err != nil {
			return err
		}
	}
	if address := r.address(part); r.state.Value(valueHost+"."+part) != address {
		return r.state.Set(valueHost+"."+part, address)
	}
	return nil
}

// awake asks the API whether the instances on the way to a host run, which a
// dial in vain does not tell. One that was stopped and started has another
// public address since, and that is recorded.
func (r *run) awake(ctx context.Context, host string) error {
	for _, part := range slices.Compact([]string{bastion, host}) {
		e, ok := r.state.Find("instance", part)
		if !ok || !e.Made {
			return fail(failNeeds, nil, "step", "3.1")
		}
		all, err := r.describeInstances(ctx, filter("instance-id", e.ID))
		if err != nil || len(all) == 0 {
			return err
		}
		args := instanceArgs(all[0])
		if runs, err := powered(part, e.ID, args); err != nil || !runs {
			return err
		}
		if err := r.located(part, e, args); err != nil {
			return err
		}
	}
	return nil
}

func instanceKind() *kind {
	return ec2Kind("instance", "instance-id", (*run).liveInstances,
		func(i types.Instance) found {
			f := ec2Found(i.InstanceId, i.Tags, instanceArgs(i))
			f.since = aws.ToTime(i.LaunchTime)
			return f
		},
		func(ctx context.Context, r *run, e steps.LedgerEntry) error {
			_, err := r.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{e.ID}})
			return err
		})
}

// volumeKind is for looking whether the root volumes went with their instances.
func volumeKind() *kind {
	return ec2Kind("volume", "volume-id", (*run).liveVolumes,
		func(v types.Volume) found { return ec2Found(v.VolumeId, v.Tags, nil) },
		func(ctx context.Context, r *run, e steps.LedgerEntry) error {
			_, err := r.ec2.DeleteVolume(ctx, &ec2.DeleteVolumeInput{VolumeId: &e.ID})
			return err
		})
}
