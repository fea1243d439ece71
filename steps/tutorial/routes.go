package tutorial

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"gatewalk/steps"
)

// routes observes both route tables; when is "before" or "after" the endpoint.
// Before it, its own row is left out: an earlier run that was stopped, or that
// chose another table, got as far as to make it.
func (r *run) routes(ctx context.Context, when string) error {
	own, _ := r.state.Find("vpc-endpoint", endpointPart)
	for _, part := range []string{public, private} {
		id, err := r.id("route-table", part)
		if err != nil {
			return err
		}
		routes, err := r.tableRoutes(ctx, id)
		if err != nil {
			return err
		}
		var rows [][]string
		for _, t := range routes {
			if target := aws.ToString(t.GatewayId); when == "before" && own.ID != "" && target == own.ID {
				continue
			}
			rows = append(rows, []string{destination(t), aws.ToString(t.GatewayId), string(t.State), string(t.Origin)})
		}
		r.observe(seeRoutes, "", steps.Args{"table": part, "id": id, "when": when}, rows...)
	}
	return nil
}

func destination(t types.Route) string {
	for _, d := range []*string{t.DestinationPrefixListId, t.DestinationCidrBlock, t.DestinationIpv6CidrBlock} {
		if d != nil {
			return *d
		}
	}
	return ""
}

func (r *run) tableRoutes(ctx context.Context, id string) ([]types.Route, error) {
	tables, err := r.describeRouteTables(ctx, filter("route-table-id", id))
	if err != nil {
		return nil, fmt.Errorf("reading route table %s: %w", id, err)
	}
	if len(tables) == 0 {
		return nil, nil
	}
	return tables[0].Routes, nil
}

// prefixList is S3's list of this region, found by its name: the same id may
// be another list elsewhere.
func (r *run) prefixList(ctx context.Context) (id, name string, entries []netip.Prefix, err error) {
	if name, err = r.service(ctx); err != nil {
		return "", "", nil, err
	}
	lists, err := collect(ctx, ec2.NewDescribeManagedPrefixListsPaginator(r.ec2, &ec2.DescribeManagedPrefixListsInput{Filters: []types.Filter{filter("prefix-list-name", name)}}),
		func(p *ec2.DescribeManagedPrefixListsOutput) []types.ManagedPrefixList { return p.PrefixLists })
	if err != nil {
		return "", "", nil, fmt.Errorf("looking for the prefix list %s: %w", name, err)
	}
	if len(lists) == 0 {
		return "", "", nil, fail(failNoService, fmt.Errorf("no prefix list %s", name), "region", r.region())
	}
	id = aws.ToString(lists[0].PrefixListId)
	listed, err := collect(ctx, ec2.NewGetManagedPrefixListEntriesPaginator(r.ec2, &ec2.GetManagedPrefixListEntriesInput{PrefixListId: &id}),
		func(p *ec2.GetManagedPrefixListEntriesOutput) []types.PrefixListEntry { return p.Entries })
	if err != nil {
		return "", "", nil, fmt.Errorf("reading the prefix list %s: %w", id, err)
	}
	for _, e := range listed {
		p, err := netip.ParsePrefix(aws.ToString(e.Cidr))
		if err != nil {
			return "", "", nil, fmt.Errorf("reading the prefix list %s: %w", id, err)
		}
		entries = append(entries, p)
	}
	return id, name, entries, nil
}

// showRoutes is 4.4: the row that AWS added, and what its destination means.
func (r *run) showRoutes(ctx context.Context) error {
	endpoint, err := r.id("vpc-endpoint", endpointPart)
	if err != nil {
		return fail(failNeeds, err, "step", "3.7")
	}
	id, name, entries, err := r.prefixList(ctx)
	if err != nil {
		return err
	}
	table, err := r.id("route-table", private)
	if err != nil {
		return err
	}
	routes, err := r.tableRoutes(ctx, table)
	if err != nil {
		return err
	}
	row := false
	for _, t := range routes {
		row = row || aws.ToString(t.DestinationPrefixListId) == id && aws.ToString(t.GatewayId) == endpoint
	}
	if err := r.routes(ctx, "after"); err != nil {
		return err
	}
	if !row {
		return fail(failNoRoute, nil, "table", table, "id", endpoint)
	}
	var rows [][]string
	for _, p := range entries {
		rows = append(rows, []string{p.String()})
	}
	r.observe(seePrefixList, "", steps.Args{"id": id, "name": name, "count": strconv.Itoa(len(rows))}, rows...)
	return nil
}

// whySilent says why the private instance still hears nothing from S3.
func (r *run) whySilent(ctx context.Context) error {
	e, ok := r.state.Find("vpc-endpoint", endpointPart)
	if !ok || !e.Made {
		return fail(failNoEndpoint, nil, "host", private)
	}
	table, err := r.id("route-table", private)
	if err != nil {
		return err
	}
	routes, err := r.tableRoutes(ctx, table)
	if err != nil {
		return err
	}
	for _, t := range routes {
		if aws.ToString(t.GatewayId) == e.ID {
			return r.unnamed(ctx, private, fail(failStillSilent, nil, "host", private, "id", e.ID, "table", table))
		}
	}
	return fail(failWrongTable, nil, "host", private, "id", e.ID, "table", e.Args["route_table"], "want", private, "want_id", table)
}
