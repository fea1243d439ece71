package tutorial

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"gatewalk/steps"
)

// The guide's addresses.
const (
	vpcCidr     = "10.0.0.0/16"
	publicCidr  = "10.0.1.0/24"
	privateCidr = "10.0.2.0/24"
	anywhere    = "0.0.0.0/0"
)

// network makes the VPC, its gateway and its two route tables. Subnets come
// with the instances: their zone is where there is room.
func (r *run) network(ctx context.Context) error {
	vpc, err := r.ensure(ctx, thing{kind: "vpc", part: main, make: func(ctx context.Context, _ string) (string, steps.Args, error) {
		var out *ec2.CreateVpcOutput
		err := r.once(ctx, func(ctx context.Context) (err error) {
			tags := r.tags(main, types.ResourceTypeVpc)
			if bucket := r.state.Value(valueBucket); bucket != defaultBucket(r.state.Value(valueAccount), r.state.ID()) {
				tags[0].Tags = append(tags[0].Tags, types.Tag{Key: aws.String(tagBucket), Value: &bucket})
			}
			out, err = r.ec2.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String(vpcCidr), TagSpecifications: tags}, single)
			return err
		})
		if err != nil {
			return "", nil, err
		}
		return aws.ToString(out.Vpc.VpcId), steps.Args{"cidr": vpcCidr}, nil
	}})
	if err != nil {
		return err
	}
	if err := r.nameHosts(ctx, vpc); err != nil {
		return err
	}
	gateway, err := r.ensure(ctx, thing{kind: "internet-gateway", part: main, make: func(ctx context.Context, _ string) (string, steps.Args, error) {
		var out *ec2.CreateInternetGatewayOutput
		err := r.once(ctx, func(ctx context.Context) (err error) {
			out, err = r.ec2.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{
				TagSpecifications: r.tags(main, types.ResourceTypeInternetGateway),
			}, single)
			return err
		})
		if err != nil {
			return "", nil, err
		}
		return aws.ToString(out.InternetGateway.InternetGatewayId), nil, nil
	}})
	if err != nil {
		return err
	}
	if err := r.attach(ctx, gateway, vpc); err != nil {
		return err
	}
	for _, part := range []string{public, private} {
		if _, err := r.routeTable(ctx, part, vpc); err != nil {
			return err
		}
	}
	return r.routeOut(ctx, gateway)
}

// nameHosts turns on both DNS attributes. Without hostnames, which a VPC made
// by the API does not have, the bastion would have no public name.
func (r *run) nameHosts(ctx context.Context, vpc string) error {
	for _, in := range []*ec2.ModifyVpcAttributeInput{
		{VpcId: &vpc, EnableDnsSupport: &types.AttributeBooleanValue{Value: aws.Bool(true)}},
		{VpcId: &vpc, EnableDnsHostnames: &types.AttributeBooleanValue{Value: aws.Bool(true)}},
	} {
		err := r.once(ctx, func(ctx context.Context) error {
			_, err := r.ec2.ModifyVpcAttribute(ctx, in)
			return err
		})
		if err != nil {
			return fmt.Errorf("turning on DNS in %s: %w", vpc, err)
		}
	}
	return nil
}

func (r *run) attach(ctx context.Context, gateway, vpc string) error {
	err := r.once(ctx, func(ctx context.Context) error {
		_, err := r.ec2.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &vpc})
		if code(err) == "Resource.AlreadyAssociated" {
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("attaching %s: %w", gateway, err)
	}
	return nil
}

func (r *run) routeTable(ctx context.Context, part, vpc string) (string, error) {
	return r.ensure(ctx, thing{kind: "route-table", part: part, token: true, make: func(ctx context.Context, token string) (string, steps.Args, error) {
		var out *ec2.CreateRouteTableOutput
		err := r.once(ctx, func(ctx context.Context) (err error) {
			out, err = r.ec2.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{
				VpcId: &vpc, ClientToken: &token,
				TagSpecifications: r.tags(part, types.ResourceTypeRouteTable),
			})
			return err
		})
		if err != nil {
			return "", nil, err
		}
		return aws.ToString(out.RouteTable.RouteTableId), nil, nil
	}})
}

// routeOut gives the public table its way to the internet.
func (r *run) routeOut(ctx context.Context, gateway string) error {
	table, err := r.id("route-table", public)
	if err != nil {
		return err
	}
	unknown := func(err error) bool { // that the gateway is the VPC's
		return missing(err) || code(err) == "InvalidParameterValue" && strings.Contains(err.Error(), "belong to different networks")
	}
	err = r.patiently(ctx, waitPropagation, settleLimit, unknown, func(ctx context.Context) error {
		_, err := r.ec2.CreateRoute(ctx, &ec2.CreateRouteInput{
			RouteTableId: &table, DestinationCidrBlock: aws.String(anywhere), GatewayId: &gateway,
		})
		if code(err) == "RouteAlreadyExists" {
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("routing to %s: %w", gateway, err)
	}
	return nil
}

// subnet makes the subnet of a part in a zone and ties it to its table. One
// that stands in another zone, where there was no room, goes first.
func (r *run) subnet(ctx context.Context, part, zone string) (string, error) {
	if e, ok := r.state.Find("subnet", part); ok && e.Made && e.Args["zone"] != zone {
		if err := r.remove(ctx, e); err != nil {
			return "", err
		}
	}
	vpc, err := r.id("vpc", main)
	if err != nil {
		return "", err
	}
	cidr := map[string]string{public: publicCidr, private: privateCidr}[part]
	id, err := r.ensure(ctx, thing{kind: "subnet", part: part, make: func(ctx context.Context, _ string) (string, steps.Args, error) {
		var out *ec2.CreateSubnetOutput
		err := r.once(ctx, func(ctx context.Context) (err error) {
			out, err = r.ec2.CreateSubnet(ctx, &ec2.CreateSubnetInput{
				VpcId: &vpc, CidrBlock: &cidr, AvailabilityZone: &zone,
				TagSpecifications: r.tags(part, types.ResourceTypeSubnet),
			}, single)
			return err
		})
		if err != nil {
			return "", nil, err
		}
		return aws.ToString(out.Subnet.SubnetId), steps.Args{"cidr": cidr, "zone": zone}, nil
	}})
	if err != nil {
		return "", err
	}
	table, err := r.id("route-table", part)
	if err != nil {
		return "", err
	}
	err = r.once(ctx, func(ctx context.Context) error {
		_, err := r.ec2.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &table, SubnetId: &id})
		if code(err) == "Resource.AlreadyAssociated" {
			return nil
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("associating %s with %s: %w", table, id, err)
	}
	return id, nil
}

// id is the recorded id of a thing that an earlier step made.
func (r *run) id(kind, part string) (string, error) {
	if e, ok := r.state.Find(kind, part); ok && e.Made {
		return e.ID, nil
	}
	return "", fail(failNeeds, fmt.Errorf("there is no %s/%s", kind, part), "step", "3.1")
}

func vpcKind() *kind {
	return ec2Kind("vpc", "vpc-id", (*run).describeVpcs,
		func(v types.Vpc) found {
			return ec2Found(v.VpcId, v.Tags, steps.Args{"cidr": aws.ToString(v.CidrBlock)})
		},
		func(ctx context.Context, r *run, e steps.LedgerEntry) error {
			_, err := r.ec2.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &e.ID})
			return err
		})
}

func subnetKind() *kind {
	return ec2Kind("subnet", "subnet-id", (*run).describeSubnets,
		func(s types.Subnet) found {
			return ec2Found(s.SubnetId, s.Tags, steps.Args{"cidr": aws.ToString(s.CidrBlock), "zone": aws.ToString(s.AvailabilityZone)})
		},
		func(ctx context.Context, r *run, e steps.LedgerEntry) error {
			_, err := r.ec2.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &e.ID})
			return err
		})
}

func routeTableKind() *kind {
	return ec2Kind("route-table", "route-table-id", (*run).describeRouteTables,
		func(t types.RouteTable) found { return ec2Found(t.RouteTableId, t.Tags, nil) },
		func(ctx context.Context, r *run, e steps.LedgerEntry) error {
			tables, err := r.describeRouteTables(ctx, filter("route-table-id", e.ID))
			if err != nil {
				return err
			}
			for _, t := range tables {
				for _, a := range t.Associations {
					_, err := r.ec2.DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: a.RouteTableAssociationId})
					if err != nil && !missing(err) {
						return err
					}
				}
			}
			_, err = r.ec2.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: &e.ID})
			return err
		})
}

func gatewayKind() *kind {
	return ec2Kind("internet-gateway", "internet-gateway-id", (*run).describeGateways,
		func(g types.InternetGateway) found { return ec2Found(g.InternetGatewayId, g.Tags, nil) },
		func(ctx context.Context, r *run, e steps.LedgerEntry) error {
			gateways, err := r.describeGateways(ctx, filter("internet-gateway-id", e.ID))
			if err != nil {
				return err
			}
			for _, g := range gateways {
				for _, a := range g.Attachments {
					_, err := r.ec2.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &e.ID, VpcId: a.VpcId})
					if err != nil && !missing(err) {
						return err
					}
				}
			}
			_, err = r.ec2.DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: &e.ID})
			return err
		})
}
