package tutorial

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"golang.org/x/crypto/ssh"

	"gatewalk/steps"
)

// Right is whether something that the walk does is allowed.
type Right struct {
	Action  string // "ec2:CreateVpc"
	Allowed bool
	// Sure is false where AWS would not say before it is done.
	Sure bool
	Err  error // why not
}

// DryRun asks of every right in [Policy] whether the walker has it: what looks
// is done, what makes something in EC2 is asked with DryRun, and of the rest
// AWS does not say anything before there is something to do it to. Nothing is
// made. The error is of credentials or the way to AWS.
func (w *Walk) DryRun(ctx context.Context, session string) ([]Right, error) {
	r := &run{Walk: w, state: steps.Fold(session, nil), emit: func(steps.Event) {}}
	probes, err := r.probes(ctx)
	if err != nil {
		return nil, err
	}
	var rights []Right
	for _, s := range policyOf(Partition(w.region()), w.region(), "", "").Statement {
		for _, action := range s.actions() {
			right := Right{Action: action, Allowed: true}
			if probe := probes[action]; probe != nil {
				if right, err = judge(action, probe()); err != nil {
					return rights, err
				}
			}
			rights = append(rights, right)
		}
	}
	return rights, nil
}

// judge reads what a probe was answered. The error is one that has nothing to
// do with the right.
func judge(action string, answer error) (Right, error) {
	right := Right{Action: action, Allowed: true, Err: explain(answer)}
	var wet *notDryError
	switch got := code(answer); {
	case answer == nil, got == "DryRunOperation":
		right.Sure, right.Err = true, nil
	case errors.As(answer, &wet):
		if wet.err != nil {
			return right, answer
		}
	case codes[got] == failDenied:
		right.Allowed, right.Sure = false, true
	case got == "" && answered(answer) == 0, codes[got] == failCredentials, codes[got] == failExpired, codes[got] == failClock, codes[got] == failOptIn:
		return right, explain(answer)
	}
	// Any other refusal, of an id that there is not for one, came after the
	// question of rights; but that is EC2's habit and not its promise.
	return right, nil
}

// probes are the questions by the right that they ask for.
func (r *run) probes(ctx context.Context) (map[string]func() error, error) {
	yes, name, session := aws.Bool(true), aws.String(r.name(main)), r.state.ID()
	tags := func(t types.ResourceType) []types.TagSpecification { return r.tags(main, t) }
	// Ids of nothing: rights are looked at before them.
	const zeros = "00000000000000000"
	vpc, subnet, table, group := aws.String("vpc-"+zeros), aws.String("subnet-"+zeros), aws.String("rtb-"+zeros), aws.String("sg-"+zeros)
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key to ask with: %w", err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("making a key to ask with: %w", err)
	}
	list := func(kind, session string) func() error {
		return func() error { _, err := r.kind(kind).list(ctx, r, session); return err }
	}
	return map[string]func() error{
		"sts:GetCallerIdentity":             func() error { _, err := r.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}); return err },
		"ssm:GetParameter":                  func() error { _, err := r.image(ctx); return err },
		"ec2:DescribeInstanceTypeOfferings": func() error { _, err := r.places(ctx); return err },
		"ec2:DescribeVpcEndpointServices":   func() error { _, _, err := r.services(ctx); return err },
		"ec2:DescribeManagedPrefixLists": func() error {
			_, err := r.ec2.DescribeManagedPrefixLists(ctx, &ec2.DescribeManagedPrefixListsInput{DryRun: yes})
			return err
		},
		"ec2:GetManagedPrefixListEntries": func() error {
			_, err := r.ec2.GetManagedPrefixListEntries(ctx, &ec2.GetManagedPrefixListEntriesInput{DryRun: yes, PrefixListId: aws.String("pl-" + zeros)})
			return err
		},
		"ec2:GetConsoleOutput": func() error {
			_, err := r.ec2.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{DryRun: yes, InstanceId: aws.String("i-" + zeros)})
			return err
		},
		"ec2:DescribeNetworkInterfaces": func() error {
			_, err := r.ec2.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{DryRun: yes})
			return err
		},
		"ec2:DescribeInstances": list("instance", session), "ec2:DescribeInternetGateways": list("internet-gateway", session),
		"ec2:DescribeKeyPairs": list("key-pair", session), "ec2:DescribeRouteTables": list("route-table", session),
		"ec2:DescribeSecurityGroups": list("security-group", session), "ec2:DescribeSubnets": list("subnet", session),
		"ec2:DescribeVolumes": list("volume", session), "ec2:DescribeVpcEndpoints": list("vpc-endpoint", session),
		"ec2:DescribeVpcs": list("vpc", session), "iam:GetRole": list("role", session), "iam:GetInstanceProfile": list("instance-profile", session),
		"s3:ListAllMyBuckets": list("bucket", ""), "iam:ListRoles": list("role", ""), "iam:ListInstanceProfiles": list("instance-profile", ""),

		"ec2:CreateVpc": func() error {
			out, err := r.ec2.CreateVpc(ctx, &ec2.CreateVpcInput{DryRun: yes, CidrBlock: aws.String(vpcCidr), TagSpecifications: tags(types.ResourceTypeVpc)}, single)
			if err == nil {
				return r.takeBack(ctx, vpcKind(), aws.ToString(out.Vpc.VpcId))
			}
			return err
		},
		"ec2:CreateSubnet": func() error {
			_, err := r.ec2.CreateSubnet(ctx, &ec2.CreateSubnetInput{DryRun: yes, VpcId: vpc, CidrBlock: aws.String(publicCidr), TagSpecifications: tags(types.ResourceTypeSubnet)})
			return err
		},
		"ec2:CreateInternetGateway": func() error {
			out, err := r.ec2.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{DryRun: yes, TagSpecifications: tags(types.ResourceTypeInternetGateway)}, single)
			if err == nil {
				return r.takeBack(ctx, gatewayKind(), aws.ToString(out.InternetGateway.InternetGatewayId))
			}
			return err
		},
		"ec2:CreateRouteTable": func() error {
			_, err := r.ec2.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{DryRun: yes, VpcId: vpc, TagSpecifications: tags(types.ResourceTypeRouteTable)})
			return err
		},
		"ec2:CreateSecurityGroup": func() error {
			_, err := r.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{DryRun: yes, VpcId: vpc, GroupName: name, Description: name, TagSpecifications: tags(types.ResourceTypeSecurityGroup)})
			return err
		},
		"ec2:ImportKeyPair": func() error {
			_, err := r.ec2.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{DryRun: yes, KeyName: name, PublicKeyMaterial: ssh.MarshalAuthorizedKey(key), TagSpecifications: tags(types.ResourceTypeKeyPair)})
			return err
		},
		"ec2:RunInstances": func() error {
			ami, err := r.image(ctx)
			if err != nil {
				ami = "ami-" + zeros
			}
			in := r.launchInput(bastion, ami, *subnet, *group, sizes()[0])
			in.DryRun = yes
			_, err = r.ec2.RunInstances(ctx, in)
			return err
		},
		"ec2:CreateVpcEndpoint": func() error {
			service, _, err := r.services(ctx)
			if err != nil {
				service = serviceNames(r.region())[0]
			}
			_, err = r.ec2.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{DryRun: yes, VpcId: vpc, ServiceName: &service, RouteTableIds: []string{*table},
				TagSpecifications: tags(types.ResourceTypeVpcEndpoint)})
			return err
		},
	}, nil
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
