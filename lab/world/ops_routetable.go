package world

import (
	"net/netip"
	"slices"
	"strings"
)

func newRouteTable(tx *Tx, v *Vpc) *RouteTable {
	return &RouteTable{ID: tx.NewID("rtb"), VpcID: v.ID, Routes: []Route{{Cidr: v.Cidr, Target: "local", Origin: "CreateRouteTable"}}}
}

// CreateRouteTable makes a table that holds the local route alone.
func (tx *Tx) CreateRouteTable(vpcID string, tags Tags) (*RouteTable, error) {
	v, err := find(&tx.Vpcs, "vpc", vpcID)
	if err != nil {
		return nil, err
	}
	rt := newRouteTable(tx, v)
	rt.Tags = tags
	tx.RouteTables.Put(rt.ID, rt)
	return rt, nil
}

// DeleteRouteTable removes one that is neither the main one nor associated.
func (tx *Tx) DeleteRouteTable(id string) error {
	rt, err := find(&tx.RouteTables, "rtb", id)
	if err != nil {
		return err
	}
	if len(rt.Associations) > 0 {
		return hasDependencies("routeTable", id)
	}
	// The table's entries in endpoints go with it.
	for _, r := range rt.Routes {
		if e := tx.Endpoints.Edit(r.Target); e != nil {
			e.RouteTables = slices.DeleteFunc(e.RouteTables, func(t string) bool { return t == id })
		}
	}
	tx.RouteTables.Delete(id)
	return nil
}

// AssociateRouteTable puts a subnet on a table. Doing it again changes
// nothing and returns the same association.
func (tx *Tx) AssociateRouteTable(id, subnetID string) (*Association, error) {
	rt, err := find(&tx.RouteTables, "rtb", id)
	if err != nil {
		return nil, err
	}
	s, err := find(&tx.Subnets, "subnet", subnetID)
	if err != nil {
		return nil, err
	}
	if s.VpcID != rt.VpcID {
		return nil, refuse("InvalidParameterValue", "route table %s and subnet %s belong to different networks", id, subnetID)
	}
	for _, other := range tx.RouteTables.All() {
		for _, a := range other.Associations {
			switch {
			case a.Subnet != subnetID:
			case other.ID == id:
				return &a, nil
			default:
				return nil, refuse("Resource.AlreadyAssociated", "the specified association for route table %s conflicts with an existing association", id)
			}
		}
	}
	a := Association{ID: tx.NewID("rtbassoc"), Subnet: subnetID}
	rt = tx.RouteTables.Edit(id)
	rt.Associations = append(rt.Associations, a)
	return &a, nil
}

// tableOfAssociation finds the table and the index of an association in it.
func (tx *Tx) tableOfAssociation(id string) (*RouteTable, int, error) {
	for _, rt := range tx.RouteTables.All() {
		if i := slices.IndexFunc(rt.Associations, func(a Association) bool { return a.ID == id }); i >= 0 {
			return rt, i, nil
		}
	}
	return nil, 0, Missing("rtbassoc", id)
}

// DisassociateRouteTable takes a subnet off its table, and so back to the main
// one.
func (tx *Tx) DisassociateRouteTable(associationID string) error {
	rt, i, err := tx.tableOfAssociation(associationID)
	if err != nil {
		return err
	}
	if rt.Associations[i].Main {
		return refuse("InvalidParameterValue", "cannot disassociate the main route table association %s", associationID)
	}
	rt = tx.RouteTables.Edit(rt.ID)
	rt.Associations = slices.Delete(rt.Associations, i, i+1)
	return nil
}

// ReplaceRouteTableAssociation moves a subnet, or the role of main table, to
// another table in one step. The association gets a new id.
func (tx *Tx) ReplaceRouteTableAssociation(associationID, id string) (*Association, error) {
	old, i, err := tx.tableOfAssociation(associationID)
	if err != nil {
		return nil, err
	}
	to, err := find(&tx.RouteTables, "rtb", id)
	if err != nil {
		return nil, err
	}
	if to.VpcID != old.VpcID {
		return nil, refuse("InvalidParameterValue", "route table %s and route table %s belong to different networks", old.ID, id)
	}
	a := old.Associations[i]
	a.ID = tx.NewID("rtbassoc")
	old = tx.RouteTables.Edit(old.ID)
	old.Associations = slices.Delete(old.Associations, i, i+1)
	to = tx.RouteTables.Edit(id)
	to.Associations = append(to.Associations, a)
	if a.Main {
		tx.Vpcs.Edit(to.VpcID).MainRouteTable = id
	}
	return &a, nil
}

// A RouteSpec is what CreateRoute, ReplaceRoute and DeleteRoute name: one
// destination, and, but for the last, one target (an igw-, nat-, eni- or i- id).
type RouteSpec struct {
	Cidr, PrefixList string
	Target           string
}

func (r RouteSpec) String() string {
	if r.PrefixList != "" {
		return r.PrefixList
	}
	return r.Cidr
}

// destination checks the destination of spec and makes a route of it.
func (tx *Tx) destination(spec RouteSpec) (Route, error) {
	switch {
	case spec.Cidr != "" && spec.PrefixList != "":
		return Route{}, refuse("InvalidParameterCombination", "The parameters destinationCidrBlock and destinationPrefixListId cannot be used together.")
	case spec.PrefixList != "":
		if _, err := find(&tx.PrefixLists, "pl", spec.PrefixList); err != nil {
			return Route{}, err
		}
		return Route{PrefixList: spec.PrefixList}, nil
	case spec.Cidr != "":
		p, err := parseCidr("destinationCidrBlock", spec.Cidr)
		return Route{Cidr: p}, err
	}
	return Route{}, refuse("MissingParameter", "The request must contain the parameter destinationCidrBlock")
}

func (rt *RouteTable) indexOf(r Route) int {
	return slices.IndexFunc(rt.Routes, func(o Route) bool { return o.Cidr == r.Cidr && o.PrefixList == r.PrefixList })
}

// noRouteInside is the block that AWS keeps for services (VPC guide, "Route
// tables", "Considerations").
var noRouteInside = netip.MustParsePrefix("169.254.168.0/22")

// CreateRoute adds a row. Rows to gateway endpoints are AWS's own and cannot be
// made by hand.
func (tx *Tx) CreateRoute(id string, spec RouteSpec) error {
	rt, err := find(&tx.RouteTables, "rtb", id)
	if err != nil {
		return err
	}
	r, err := tx.destination(spec)
	if err != nil {
		return err
	}
	if err := tx.routeTarget(rt, spec.Target); err != nil {
		return err
	}
	if rt.indexOf(r) >= 0 {
		return refuse("RouteAlreadyExists", "The route identified by %s already exists.", spec)
	}
	if r.PrefixList != "" && tx.PrefixLists.Get(r.PrefixList).Owner == "AWS" {
		return refuse("InvalidParameterValue", "The prefix list %s is managed by AWS and cannot be the destination of a route you create.", r.PrefixList)
	}
	if r.Cidr.IsValid() {
		if err := tx.moreSpecific(rt, r.Cidr, spec.Target); err != nil {
			return err
		}
	}
	if len(rt.Routes) >= maxRoutes {
		return refuse("RouteLimitExceeded", "The maximum number of routes has been reached.")
	}
	r.Target, r.Origin = spec.Target, "CreateRoute"
	rt = tx.RouteTables.Edit(id)
	rt.Routes = append(rt.Routes, r)
	return nil
}

// moreSpecific holds the rule for rows inside the VPC's own block: a whole
// subnet only, and to an appliance only.
func (tx *Tx) moreSpecific(rt *RouteTable, p netip.Prefix, target string) error {
	if noRouteInside.Overlaps(p) && p.Bits() >= noRouteInside.Bits() {
		return refuse("InvalidParameterValue", "The destination CIDR block %s is within the reserved range %s.", p, noRouteInside)
	}
	v := tx.Vpcs.Get(rt.VpcID)
	if !v.Cidr.Contains(p.Addr()) || p.Bits() <= v.Cidr.Bits() {
		return nil
	}
	whole := some(tx.next.Subnets, func(s *Subnet) bool { return s.VpcID == v.ID && s.Cidr == p })
	if !whole || strings.HasPrefix(target, "igw-") {
		return refuse("InvalidParameterValue", "The destination CIDR block %s is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance.", p)
	}
	return nil
}

// routeTarget checks that a target is there and can be one for rt.
func (tx *Tx) routeTarget(rt *RouteTable, target string) error {
	kind, _, _ := strings.Cut(target, "-")
	vpc := rt.VpcID
	switch kind {
	case "igw":
		g := tx.Gateways.Get(target)
		if g == nil {
			return refuse("InvalidGatewayID.NotFound", "The gateway ID '%s' does not exist", target)
		}
		if g.VpcID != vpc {
			return refuse("InvalidParameterValue", "route table %s and network gateway %s belong to different networks", rt.ID, target)
		}
	case "nat":
		n := tx.NatGateways.Get(target)
		if n == nil || n.State == "deleted" {
			return refuse("InvalidNatGatewayID.NotFound", "The natGateway ID '%s' does not exist", target)
		}
		vpc = n.VpcID
	case "eni":
		i, err := find(&tx.Interfaces, "eni", target)
		if err != nil {
			return err
		}
		vpc = i.VpcID
	case "i":
		i, err := find(&tx.Instances, "i", target)
		if err != nil {
			return err
		}
		if i.InterfaceID == "" {
			return Missing("i", target)
		}
		vpc = i.VpcID
	case "vpce":
		return refuse("RouteNotSupported", "Route table contains unsupported route target: %s. VPC Endpoints of this type cannot be used as route targets.", target)
	case "":
		return refuse("MissingParameter", "The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId, vpcPeeringConnectionId, egressOnlyInternetGatewayId, transitGatewayId, localGatewayId, carrierGatewayId, vpcEndpointId, coreNetworkArn or instanceId")
	default:
		return refuse("InvalidGatewayID.NotFound", "The gateway ID '%s' does not exist", target)
	}
	if vpc != rt.VpcID {
		return refuse("InvalidParameterValue", "route table %s and %s belong to different networks", rt.ID, target)
	}
	return nil
}

// ReplaceRoute changes the target of a row.
func (tx *Tx) ReplaceRoute(id string, spec RouteSpec) error {
	rt, _, i, err := tx.row(id, spec)
	if err != nil {
		return err
	}
	if i < 0 {
		return refuse("InvalidParameterValue", "There is no route defined for '%s' in the route table. Use CreateRoute instead.", spec)
	}
	if err := changeable(rt, i, spec, "replace"); err != nil {
		return err
	}
	if err := tx.routeTarget(rt, spec.Target); err != nil {
		return err
	}
	row := &tx.RouteTables.Edit(id).Routes[i]
	row.Target, row.Blackhole = spec.Target, false
	return nil
}

// DeleteRoute removes a row that a person made.
func (tx *Tx) DeleteRoute(id string, spec RouteSpec) error {
	rt, r, i, err := tx.row(id, spec)
	if err != nil {
		return err
	}
	if i < 0 {
		kind := "cidr-block"
		if r.PrefixList != "" {
			kind = "prefix-list-id"
		}
		return refuse("InvalidRoute.NotFound", "no route with destination-%s %s in route table %s", kind, spec, id)
	}
	if err := changeable(rt, i, spec, "remove"); err != nil {
		return err
	}
	rt = tx.RouteTables.Edit(id)
	rt.Routes = slices.Delete(rt.Routes, i, i+1)
	return nil
}

// row finds the row of a table that has a destination; i is -1 where none has.
func (tx *Tx) row(id string, spec RouteSpec) (rt *RouteTable, r Route, i int, err error) {
	if rt, err = find(&tx.RouteTables, "rtb", id); err != nil {
		return nil, r, -1, err
	}
	if r, err = tx.destination(spec); err != nil {
		return nil, r, -1, err
	}
	return rt, r, rt.indexOf(r), nil
}

// changeable refuses the rows that only AWS may touch.
func changeable(rt *RouteTable, i int, spec RouteSpec, verb string) error {
	switch target := rt.Routes[i].Target; {
	case target == "local":
		return refuse("InvalidParameterValue", "cannot %s local route %s in route table %s", verb, spec, rt.ID)
	case strings.HasPrefix(target, "vpce-"):
		return refuse("InvalidParameterValue", "cannot %s VPC endpoint route %s in route table %s", verb, spec, rt.ID)
	}
	return nil
}
