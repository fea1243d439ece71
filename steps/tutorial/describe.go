package tutorial

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// paginator is what the SDK makes for a call that AWS answers in pages.
type paginator[Page, Options any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*Options)) (Page, error)
}

// collect reads what is on all pages.
func collect[Page, Options, Item any](ctx context.Context, pages paginator[Page, Options], items func(Page) []Item) ([]Item, error) {
	var all []Item
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, items(page)...)
	}
	return all, nil
}

// The describing calls of EC2, with all their pages. A filter that nothing
// matches finds nothing, where naming an id that is not there is an error.

func (r *run) describeVpcs(ctx context.Context, by ...types.Filter) ([]types.Vpc, error) {
	return collect(ctx, ec2.NewDescribeVpcsPaginator(r.ec2, &ec2.DescribeVpcsInput{Filters: by}),
		func(p *ec2.DescribeVpcsOutput) []types.Vpc { return p.Vpcs })
}

func (r *run) describeSubnets(ctx context.Context, by ...types.Filter) ([]types.Subnet, error) {
	return collect(ctx, ec2.NewDescribeSubnetsPaginator(r.ec2, &ec2.DescribeSubnetsInput{Filters: by}),
		func(p *ec2.DescribeSubnetsOutput) []types.Subnet { return p.Subnets })
}

func (r *run) describeRouteTables(ctx context.Context, by ...types.Filter) ([]types.RouteTable, error) {
	return collect(ctx, ec2.NewDescribeRouteTablesPaginator(r.ec2, &ec2.DescribeRouteTablesInput{Filters: by}),
		func(p *ec2.DescribeRouteTablesOutput) []types.RouteTable { return p.RouteTables })
}

func (r *run) describeGateways(ctx context.Context, by ...types.Filter) ([]types.InternetGateway, error) {
	return collect(ctx, ec2.NewDescribeInternetGatewaysPaginator(r.ec2, &ec2.DescribeInternetGatewaysInput{Filters: by}),
		func(p *ec2.DescribeInternetGatewaysOutput) []types.InternetGateway { return p.InternetGateways })
}

func (r *run) describeGroups(ctx context.Context, by ...types.Filter) ([]types.SecurityGroup, error) {
	return collect(ctx, ec2.NewDescribeSecurityGroupsPaginator(r.ec2, &ec2.DescribeSecurityGroupsInput{Filters: by}),
		func(p *ec2.DescribeSecurityGroupsOutput) []types.SecurityGroup { return p.SecurityGroups })
}

func (r *run) describeInterfaces(ctx context.Context, by ...types.Filter) ([]types.NetworkInterface, error) {
	return collect(ctx, ec2.NewDescribeNetworkInterfacesPaginator(r.ec2, &ec2.DescribeNetworkInterfacesInput{Filters: by}),
		func(p *ec2.DescribeNetworkInterfacesOutput) []types.NetworkInterface { return p.NetworkInterfaces })
}

// describeKeyPairs has no pages to read.
func (r *run) describeKeyPairs(ctx context.Context, by ...types.Filter) ([]types.KeyPairInfo, error) {
	out, err := r.ec2.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{Filters: by})
	if err != nil {
		return nil, err
	}
	return out.KeyPairs, nil
}

// describeEndpoints shows the deleted ones as well, as AWS does for a while.
func (r *run) describeEndpoints(ctx context.Context, by ...types.Filter) ([]types.VpcEndpoint, error) {
	return collect(ctx, ec2.NewDescribeVpcEndpointsPaginator(r.ec2, &ec2.DescribeVpcEndpointsInput{Filters: by}),
		func(p *ec2.DescribeVpcEndpointsOutput) []types.VpcEndpoint { return p.VpcEndpoints })
}

// describeInstances shows the terminated ones as well, as AWS does for an hour.
func (r *run) describeInstances(ctx context.Context, by ...types.Filter) ([]types.Instance, error) {
	reservations, err := collect(ctx, ec2.NewDescribeInstancesPaginator(r.ec2, &ec2.DescribeInstancesInput{Filters: by}),
		func(p *ec2.DescribeInstancesOutput) []types.Reservation { return p.Reservations })
	var all []types.Instance
	for _, reservation := range reservations {
		all = append(all, reservation.Instances...)
	}
	return all, err
}

func (r *run) liveEndpoints(ctx context.Context, by ...types.Filter) ([]types.VpcEndpoint, error) {
	all, err := r.describeEndpoints(ctx, by...)
	return slices.DeleteFunc(all, func(e types.VpcEndpoint) bool { return state(e.State) == "deleted" }), err
}

func (r *run) liveInstances(ctx context.Context, by ...types.Filter) ([]types.Instance, error) {
	all, err := r.describeInstances(ctx, by...)
	return slices.DeleteFunc(all, func(i types.Instance) bool {
		return i.State != nil && i.State.Name == types.InstanceStateNameTerminated
	}), err
}

// liveVolumes leaves out those that are on their way.
func (r *run) liveVolumes(ctx context.Context, by ...types.Filter) ([]types.Volume, error) {
	all, err := collect(ctx, ec2.NewDescribeVolumesPaginator(r.ec2, &ec2.DescribeVolumesInput{Filters: by}),
		func(p *ec2.DescribeVolumesOutput) []types.Volume { return p.Volumes })
	return slices.DeleteFunc(all, func(v types.Volume) bool {
		return v.State == types.VolumeStateDeleted || v.State == types.VolumeStateDeleting
	}), err
}
