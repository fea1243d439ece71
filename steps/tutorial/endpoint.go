package tutorial

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"gatewalk/steps"
)

// endpointPart is the endpoint's part in the walk.
const endpointPart = "s3"

// serviceNames are what S3's endpoint service may be called in a region.
// Chinese regions have both forms; which is S3's is looked up, never taken for
// granted.
func serviceNames(region string) []string {
	return []string{"com.amazonaws." + region + ".s3", "cn.com.amazonaws." + region + ".s3"}
}

// findServices is 3.6: what S3 offers in this region, by name and type. The
// same name is offered twice, so the type is part of the choice.
func (r *run) findServices(ctx context.Context) error {
	gateway, rows, err := r.services(ctx)
	if err != nil {
		return err
	}
	if err := r.state.Set(valueService, gateway); err != nil {
		return err
	}
	r.observe(seeServices, "", steps.Args{"service": gateway}, rows...)
	return nil
}

// services asks for S3's, and which of them is the gateway's.
func (r *run) services(ctx context.Context) (gateway string, rows [][]string, err error) {
	in := &ec2.DescribeVpcEndpointServicesInput{Filters: []types.Filter{filter("service-name", serviceNames(r.region())...)}}
	for {
		out, err := r.ec2.DescribeVpcEndpointServices(ctx, in)
		if err != nil {
			return "", nil, fmt.Errorf("looking for services: %w", err)
		}
		for _, s := range out.ServiceDetails {
			for _, t := range s.ServiceType {
				rows = append(rows, []string{aws.ToString(s.ServiceName), string(t.ServiceType)})
				if t.ServiceType == types.ServiceTypeGateway {
					gateway = aws.ToString(s.ServiceName)
				}
			}
		}
		if aws.ToString(out.NextToken) == "" {
			break
		}
		in.NextToken = out.NextToken
	}
	if gateway == "" {
		return "", rows, fail(failNoService, nil, "region", r.region())
	}
	slices.SortFunc(rows, slices.Compare[[]string])
	return gateway, rows, nil
}

// service is the name of the gateway service that 3.6 found.
func (r *run) service(ctx context.Context) (string, error) {
	if name := r.state.Value(valueService); name != "" {
		return name, nil
	}
	if err := r.findServices(ctx); err != nil {
		return "", err
	}
	return r.state.Value(valueService), nil
}

// makeEndpoint is 3.7, with the learner's choice of route table. An endpoint
// that is there on the other table is moved.
func (r *run) makeEndpoint(ctx context.Context) error {
	choice := r.state.Choice(RouteTable, private)
	if choice != public {
		choice = private
	}
	table, err := r.id("route-table", choice)
	if err != nil {
		return err
	}
	vpc, err := r.id("vpc", main)
	if err != nil {
		return err
	}
	service, err := r.service(ctx)
	if err != nil {
		return err
	}
	if err := r.routes(ctx, "before"); err != nil {
		return err
	}
	id, err := r.ensure(ctx, thing{kind: "vpc-endpoint", part: endpointPart, token: true, make: func(ctx context.Context, token string) (string, steps.Args, error) {
		var out *ec2.CreateVpcEndpointOutput
		err := r.once(ctx, func(ctx context.Context) (err error) {
			out, err = r.ec2.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{
				ClientToken: &token, VpcEndpointType: types.VpcEndpointTypeGateway, ServiceName: &service, VpcId: &vpc,
				RouteTableIds: []string{table}, TagSpecifications: r.tags(endpointPart, types.ResourceTypeVpcEndpoint),
			})
			return err
		})
		if code(err) == "RouteAlreadyExists" {
			return "", nil, r.otherEndpoint(ctx, table, err)
		}
		if err != nil {
			return "", nil, err
		}
		return aws.ToString(out.VpcEndpoint.VpcEndpointId), steps.Args{"service": service, "route_table": choice, "state": state(out.VpcEndpoint.State)}, nil
	}})
	if err != nil {
		return err
	}
	seen, err := r.endpointReady(ctx, id, table)
	if err != nil {
		return err
	}
	args := steps.Args{"service": service, "route_table": choice, "state": seen}
	if e, ok := r.state.Find("vpc-endpoint", endpointPart); ok && (e.Args["route_table"] != choice || e.Args["state"] != seen) {
		if err := r.state.Made(r.step, e.Resource, args); err != nil {
			return err
		}
	}
	if err := r.routesSwitched(ctx, table, id); err != nil {
		return err
	}
	r.observe(seeEndpoint, "", steps.Args{"id": id, "state": seen, "service": service, "route_table": choice, "route_table_id": table})
	return r.routes(ctx, "after")
}

// otherEndpoint is the failure of a table that leads to S3 already, by an
// endpoint that the learner made by hand: it is named, and not touched.
func (r *run) otherEndpoint(ctx context.Context, table string, cause error) error {
	routes, err := r.tableRoutes(ctx, table)
	if err != nil {
		return err
	}
	for _, t := range routes {
		if id := aws.ToString(t.GatewayId); strings.HasPrefix(id, "vpce-") {
			return fail(failOtherEndpoint, cause, "table", table, "id", id)
		}
	}
	return cause
}

// state is an endpoint's state as the console shows it. The model of the API
// has it in capitals, the wire has not.
func state(s types.State) string { return strings.ToLower(string(s)) }

// endpointReady waits for an endpoint, for which the SDK has no waiter, and
// ties it to table and nothing else.
func (r *run) endpointReady(ctx context.Context, id, table string) (string, error) {
	now := ""
	ready, err := r.wait(ctx, waitEndpoint, "", 2*time.Second, 3*time.Minute, func(ctx context.Context) (bool, error) {
		e, err := r.endpoint(ctx, id)
		if err != nil || e == nil {
			return false, err
		}
		switch now = state(e.State); now {
		case "failed", "rejected", "expired", "deleting", "deleted":
			return false, fail(failEndpointState, nil, "id", id, "state", now)
		case "available":
		default:
			return false, nil
		}
		if slices.Equal(e.RouteTableIds, []string{table}) {
			return true, nil
		}
		in := &ec2.ModifyVpcEndpointInput{VpcEndpointId: &id}
		if !slices.Contains(e.RouteTableIds, table) {
			in.AddRouteTableIds = []string{table}
		}
		for _, other := range e.RouteTableIds {
			if other != table {
				in.RemoveRouteTableIds = append(in.RemoveRouteTableIds, other)
			}
		}
		_, err = r.ec2.ModifyVpcEndpoint(ctx, in)
		return false, err
	})
	if err == nil && !ready {
		err = fail(failEndpointState, nil, "id", id, "state", now)
	}
	return now, err
}

// endpoint describes one; nil if it is not to be seen.
func (r *run) endpoint(ctx context.Context, id string) (*types.VpcEndpoint, error) {
	all, err := r.describeEndpoints(ctx, filter("vpc-endpoint-id", id))
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// routesSwitched waits until the table shows the route that AWS adds.
func (r *run) routesSwitched(ctx context.Context, table, endpoint string) error {
	there, err := r.wait(ctx, waitEndpoint, "", 2*time.Second, time.Minute, func(ctx context.Context) (bool, error) {
		routes, err := r.tableRoutes(ctx, table)
		return slices.ContainsFunc(routes, func(t types.Route) bool { return aws.ToString(t.GatewayId) == endpoint }), err
	})
	if err == nil && !there {
		err = fail(failNoRoute, nil, "table", table, "id", endpoint)
	}
	return err
}

// endpointHolds is the check of 3.7.
func (r *run) endpointHolds(ctx context.Context) (steps.Status, error) {
	rec, ok := r.state.Find("vpc-endpoint", endpointPart)
	if _, seen := r.state.Seen(r.step, seeEndpoint, ""); !seen || !ok || !rec.Made {
		return steps.NotYet, nil
	}
	e, err := r.endpoint(ctx, rec.ID)
	if err != nil || e == nil || state(e.State) != "available" {
		return steps.NotYet, err
	}
	return steps.Holds, nil
}

// removeEndpoint is the undoing of 3.7.
func (r *run) removeEndpoint(ctx context.Context) error {
	var errs []error
	for _, e := range r.state.Resources() {
		if e.Kind == "vpc-endpoint" {
			errs = append(errs, r.remove(ctx, e))
		}
	}
	return errors.Join(errs...)
}

func endpointKind() *kind {
	return ec2Kind("vpc-endpoint", "vpc-endpoint-id", (*run).liveEndpoints,
		func(e types.VpcEndpoint) found {
			return ec2Found(e.VpcEndpointId, e.Tags, steps.Args{"service": aws.ToString(e.ServiceName), "state": state(e.State)})
		},
		func(ctx context.Context, r *run, e steps.LedgerEntry) error {
			out, err := r.ec2.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{e.ID}})
			if err != nil {
				return err
			}
			for _, u := range out.Unsuccessful { // a refusal comes with status 200
				if u.Error != nil { // as any other refusal is told, so that it is read as one
					return &smithy.OperationError{ServiceID: ec2.ServiceID, OperationName: "DeleteVpcEndpoints",
						Err: &smithy.GenericAPIError{Code: aws.ToString(u.Error.Code), Message: aws.ToString(u.Error.Message)}}
				}
			}
			return nil
		})
}
