package tutorial

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"gatewalk/steps"
)

// stranger is something in the session's VPC that the walk did not make: it is
// never deleted, and what it hangs on cannot be.
type stranger struct {
	kind, id string
	subnet   string
	groups   []string // security groups that it uses or names
	public   bool     // it has a public address
}

// strangers describes all that is in a VPC and does not bear the session's tag.
func (r *run) strangers(ctx context.Context, vpc string) ([]stranger, error) {
	in := filter("vpc-id", vpc)
	ours := func(tags []types.Tag) bool { return tag(tags, tagSession) == r.state.ID() }
	endpoints, err := r.liveEndpoints(ctx, in)
	if err != nil {
		return nil, err
	}
	// On their way: AWS holds the VPC until they are gone.
	endpoints = slices.DeleteFunc(endpoints, func(e types.VpcEndpoint) bool { return state(e.State) == "deleting" })
	all, err := r.strangeInterfaces(ctx, in, ours, endpoints)
	if err != nil {
		return nil, err
	}
	add := func(s stranger, tags []types.Tag) {
		if !ours(tags) && !slices.ContainsFunc(all, func(o stranger) bool { return o.id == s.id }) {
			all = append(all, s)
		}
	}
	groups, err := r.describeGroups(ctx, in)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		if aws.ToString(g.GroupName) == "default" { // which goes with the VPC
			continue
		}
		s := stranger{kind: "security-group", id: aws.ToString(g.GroupId)}
		for _, p := range slices.Concat(g.IpPermissions, g.IpPermissionsEgress) {
			for _, pair := range p.UserIdGroupPairs {
				s.groups = append(s.groups, aws.ToString(pair.GroupId))
			}
		}
		add(s, g.Tags)
	}
	subnets, err := r.describeSubnets(ctx, in)
	if err != nil {
		return nil, err
	}
	for _, s := range subnets {
		add(stranger{kind: "subnet", id: aws.ToString(s.SubnetId)}, s.Tags)
	}
	tables, err := r.describeRouteTables(ctx, in)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		if !slices.ContainsFunc(t.Associations, func(a types.RouteTableAssociation) bool { return aws.ToBool(a.Main) }) {
			add(stranger{kind: "route-table", id: aws.ToString(t.RouteTableId)}, t.Tags)
		}
	}
	for _, e := range endpoints {
		add(stranger{kind: "vpc-endpoint", id: aws.ToString(e.VpcEndpointId)}, e.Tags)
	}
	return all, nil
}

// strangeInterfaces are the network interfaces, by what they belong to; not
// those of endpoints and instances that are on their way.
func (r *run) strangeInterfaces(ctx context.Context, in types.Filter, ours func([]types.Tag) bool, endpoints []types.VpcEndpoint) ([]stranger, error) {
	instances, err := r.describeInstances(ctx, in)
	if err != nil {
		return nil, err
	}
	interfaces, err := r.describeInterfaces(ctx, in)
	if err != nil {
		return nil, err
	}
	var all []stranger
	for _, n := range interfaces {
		s := stranger{kind: "network-interface", id: aws.ToString(n.NetworkInterfaceId), subnet: aws.ToString(n.SubnetId),
			public: n.Association != nil && aws.ToString(n.Association.PublicIp) != ""}
		for _, g := range n.Groups {
			s.groups = append(s.groups, aws.ToString(g.GroupId))
		}
		switch about := ownerInText.FindString(aws.ToString(n.Description)); {
		case n.Attachment != nil && aws.ToString(n.Attachment.InstanceId) != "":
			s.kind, s.id = "instance", aws.ToString(n.Attachment.InstanceId)
		case strings.HasPrefix(about, "nat-"):
			s.kind, s.id = "nat-gateway", about
		case strings.HasPrefix(about, "vpce-"):
			s.kind, s.id = "vpc-endpoint", about
		}
		passing := slices.ContainsFunc(instances, func(i types.Instance) bool {
			ending := i.State != nil && i.State.Name == types.InstanceStateNameShuttingDown
			return aws.ToString(i.InstanceId) == s.id && (ending || ours(i.Tags))
		})
		if s.kind == "vpc-endpoint" {
			passing = !slices.ContainsFunc(endpoints, func(e types.VpcEndpoint) bool { return aws.ToString(e.VpcEndpointId) == s.id })
		}
		if !passing && !ours(n.TagSet) {
			all = append(all, s)
		}
	}
	return all, nil
}

// ownerInText is how the interfaces of AWS's own things name them: "Interface
// for NAT Gateway nat-0123…", "VPC Endpoint Interface vpce-0123…".
var ownerInText = regexp.MustCompile(`\b(?:nat|vpce)-[0-9a-f]+`)

// inTheWay is the failure that names what keeps e from being deleted for ever,
// nil where it is only a matter of time.
func (r *run) inTheWay(ctx context.Context, e steps.LedgerEntry) error {
	if r.vpc == "" || !slices.Contains([]string{"subnet", "security-group", "internet-gateway", "vpc"}, e.Kind) {
		return nil
	}
	all, err := r.strangers(ctx, r.vpc)
	if err != nil {
		return nil // the deletion's own error says more
	}
	var ids []string
	for _, s := range all {
		if e.Kind == "vpc" || e.Kind == "subnet" && s.subnet == e.ID || e.Kind == "internet-gateway" && s.public || slices.Contains(s.groups, e.ID) {
			ids = append(ids, s.id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return fail(failBlocked, nil, "kind", e.Kind, "id", e.ID, "count", strconv.Itoa(len(ids)), "things", strings.Join(ids, ", "))
}
