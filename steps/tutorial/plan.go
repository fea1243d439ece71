package tutorial

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/crypto/ssh"

	"gatewalk/sshx"
	"gatewalk/steps"
)

// PlanItem is one thing that the walk makes.
type PlanItem struct {
	Step    string // where it is made
	Kind    string // as in the ledger: "vpc", "instance"…
	Part    string // "bastion", "private"…
	Name    string // what it is called on the account
	Detail  string // an address range, a type; "" where there is nothing to say
	Tags    map[string]string
	PerHour float64 // US dollars; 0 is free
}

// Plan is everything that a walk of that session makes on that account, in
// order; the steps make the same, and nothing else.
func (w *Walk) Plan(session, account string) []PlanItem {
	price := PriceIn(w.region())
	bucket := w.o.BucketName
	if bucket == "" {
		bucket = defaultBucket(account, session)
	}
	base := baseName(session)
	details := map[[2]string]string{
		{"vpc", main}: vpcCidr, {"subnet", public}: publicCidr, {"subnet", private}: privateCidr,
		{"instance", bastion}: sizes()[0] + ", " + bastionIP, {"instance", private}: sizes()[0] + ", " + privateIP,
		{"vpc-endpoint", endpointPart}: "com.amazonaws." + w.region() + ".s3, Gateway",
	}
	var items []PlanItem
	for _, n := range append(needed(), [2]string{"vpc-endpoint", endpointPart}) {
		item := PlanItem{Step: "3.1", Kind: n[0], Part: n[1], Name: base, Detail: details[n]}
		if item.Part != main {
			item.Name += "-" + item.Part
		}
		item.Tags = map[string]string{tagSession: session, tagPart: item.Part}
		switch item.Kind {
		case "bucket":
			item.Name = bucket
		case "object":
			item.Name, item.Detail, item.Tags = bucket+"/"+sampleKey, fmt.Sprintf("%d bytes", sampleSize), nil
		case "instance":
			item.PerHour = price.Instance + diskGiB*price.DiskGiB
			if item.Part == bastion {
				item.PerHour += price.Address
			}
		case "vpc-endpoint":
			item.Step = "3.7"
		}
		items = append(items, item)
	}
	return items
}

// diskGiB is the root volume of Amazon Linux 2023.
const diskGiB = 8

// Price is what the walk's things cost in a region, in US dollars per hour.
type Price struct {
	Instance float64 // a t3.micro
	Address  float64 // a public IPv4 address
	DiskGiB  float64 // one GiB of gp3
	// Known is false for a region that the table does not have; the figures
	// are then those of the dearest one that it has.
	Known bool
}

// PriceIn is a small table of list prices of 2026. The bill is AWS's: this is
// for knowing the order of magnitude before saying yes.
func PriceIn(region string) Price {
	const address = 0.005
	const month = 730 // hours, as AWS reckons
	table := map[string]Price{
		"ap-northeast-1": {0.0136, address, 0.096 / month, true},
		"ap-northeast-2": {0.0130, address, 0.0912 / month, true},
		"ap-northeast-3": {0.0136, address, 0.096 / month, true},
		"ap-southeast-1": {0.0132, address, 0.096 / month, true},
		"ap-southeast-2": {0.0132, address, 0.096 / month, true},
		"ap-south-1":     {0.0112, address, 0.0912 / month, true},
		"ca-central-1":   {0.0116, address, 0.088 / month, true},
		"eu-central-1":   {0.0120, address, 0.0952 / month, true},
		"eu-west-1":      {0.0114, address, 0.088 / month, true},
		"eu-west-2":      {0.0118, address, 0.0928 / month, true},
		"us-east-1":      {0.0104, address, 0.08 / month, true},
		"us-east-2":      {0.0104, address, 0.08 / month, true},
		"us-west-2":      {0.0104, address, 0.08 / month, true},
	}
	if p, ok := table[region]; ok {
		return p
	}
	return Price{0.0136, address, 0.096 / month, false}
}

// Right is whether something that the walk does is allowed.
type Right struct {
	Action  string // "ec2:CreateVpc"
	Allowed bool
	// Sure is false where AWS would not say before it is done.
	Sure bool
	Err  error // why not
}

// DryRun asks EC2 of every kind of thing the walk makes there whether it would
// be allowed; nothing is made. S3 and IAM have no such question. The error is
// of credentials or the way to AWS.
func (w *Walk) DryRun(ctx context.Context, session string) ([]Right, error) {
	r := &run{Walk: w}
	ami, err := r.image(ctx)
	if err != nil {
		return nil, explain(err)
	}
	signer, err := sshx.Key(w.keyPath(), baseName(session))
	if err != nil {
		return nil, err
	}
	yes, name := aws.Bool(true), aws.String(baseName(session))
	tags := func(t types.ResourceType) []types.TagSpecification {
		return []types.TagSpecification{{ResourceType: t, Tags: []types.Tag{{Key: aws.String(tagSession), Value: &session}}}}
	}
	// Ids of nothing: rights are looked at before them.
	const zeros = "00000000000000000"
	vpc, subnet, table, group := aws.String("vpc-"+zeros), aws.String("subnet-"+zeros), aws.String("rtb-"+zeros), aws.String("sg-"+zeros)
	calls := []struct {
		action string
		call   func() error
	}{
		{"ec2:CreateVpc", func() error {
			out, err := w.ec2.CreateVpc(ctx, &ec2.CreateVpcInput{DryRun: yes, CidrBlock: aws.String(vpcCidr), TagSpecifications: tags(types.ResourceTypeVpc)})
			if err == nil {
				return r.takeBack(ctx, vpcKind(), aws.ToString(out.Vpc.VpcId))
			}
			return err
		}},
		{"ec2:CreateSubnet", func() error {
			_, err := w.ec2.CreateSubnet(ctx, &ec2.CreateSubnetInput{DryRun: yes, VpcId: vpc, CidrBlock: aws.String(publicCidr), TagSpecifications: tags(types.ResourceTypeSubnet)})
			return err
		}},
		{"ec2:CreateInternetGateway", func() error {
			out, err := w.ec2.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{DryRun: yes, TagSpecifications: tags(types.ResourceTypeInternetGateway)})
			if err == nil {
				return r.takeBack(ctx, gatewayKind(), aws.ToString(out.InternetGateway.InternetGatewayId))
			}
			return err
		}},
		{"ec2:CreateRouteTable", func() error {
			_, err := w.ec2.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{DryRun: yes, VpcId: vpc, TagSpecifications: tags(types.ResourceTypeRouteTable)})
			return err
		}},
		{"ec2:CreateSecurityGroup", func() error {
			_, err := w.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{DryRun: yes, VpcId: vpc, GroupName: name, Description: name, TagSpecifications: tags(types.ResourceTypeSecurityGroup)})
			return err
		}},
		{"ec2:ImportKeyPair", func() error {
			_, err := w.ec2.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{DryRun: yes, KeyName: name, PublicKeyMaterial: ssh.MarshalAuthorizedKey(signer.PublicKey()), TagSpecifications: tags(types.ResourceTypeKeyPair)})
			return err
		}},
		{"ec2:RunInstances", func() error {
			_, err := w.ec2.RunInstances(ctx, &ec2.RunInstancesInput{DryRun: yes, ImageId: &ami, InstanceType: types.InstanceType(sizes()[0]),
				MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: subnet, SecurityGroupIds: []string{*group}, TagSpecifications: tags(types.ResourceTypeInstance)})
			return err
		}},
		{"ec2:CreateVpcEndpoint", func() error {
			_, err := w.ec2.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{DryRun: yes, VpcId: vpc, ServiceName: aws.String("com.amazonaws." + w.region() + ".s3"), RouteTableIds: []string{*table}})
			return err
		}},
	}
	var rights []Right
	for _, c := range calls {
		err := c.call()
		right := Right{Action: c.action}
		var wet *notDryError
		switch got := code(err); {
		case err == nil:
			right.Allowed = true
		case errors.As(err, &wet):
			right.Allowed, right.Err = true, err
			if wet.err != nil {
				return rights, err
			}
		case got == "DryRunOperation":
			right.Allowed, right.Sure = true, true
		case codes[got] == failDenied:
			right.Sure, right.Err = true, explain(err)
		case strings.HasSuffix(got, ".NotFound"):
			right.Allowed = true // it got as far as looking for what is not there
		case got == "" || codes[got] == failCredentials || codes[got] == failExpired || codes[got] == failClock || codes[got] == failOptIn:
			return rights, explain(err)
		default:
			right.Allowed, right.Err = true, explain(err)
		}
		rights = append(rights, right)
	}
	return rights, nil
}

// notDryError is of an endpoint, an emulator's, that did what it was only asked
// about.
type notDryError struct {
	id  string
	err error // why it could not be taken back; nil if it was
}

func (e *notDryError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("the endpoint made %s in spite of DryRun; it is deleted again", e.id)
	}
	return fmt.Sprintf("the endpoint made %s in spite of DryRun, and deleting it failed: %v", e.id, e.err)
}

func (e *notDryError) Unwrap() error { return e.err }

// takeBack deletes what a dry run should not have made.
func (r *run) takeBack(ctx context.Context, k *kind, id string) error {
	return &notDryError{id, k.remove(ctx, r, steps.LedgerEntry{Resource: steps.Resource{Kind: k.name, ID: id}})}
}
