package world

import (
	"slices"
	"strings"
)

// DefaultEndpointPolicy is what a gateway endpoint has unless told otherwise,
// as the API returns it (AWS CLI reference, create-vpc-endpoint examples).
const DefaultEndpointPolicy = `{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`

// defaultInterfacePolicy is an interface endpoint's (same source).
const defaultInterfacePolicy = "{\n  \"Statement\": [\n    {\n      \"Action\": \"*\", \n      \"Effect\": \"Allow\", \n      \"Principal\": \"*\", \n      \"Resource\": \"*\"\n    }\n  ]\n}"

// maxEndpointPolicy is in characters, blanks included.
const maxEndpointPolicy = 20480

// EndpointSpec is what an endpoint is made from. Policy "" is full access.
// RouteTables are for one of type Gateway, what is below them for Interface.
type EndpointSpec struct {
	VpcID, Service, Type, Policy string
	Tags                         Tags
	RouteTables                  []string

	Subnets     []EndpointSubnet
	Groups      []string // none: the VPC's default group
	PrivateDNS  *bool    // nil: as the service has it
	InboundOnly *bool    // nil: true for S3 with private DNS
}

// EndpointSubnet is where an interface endpoint gets an interface. IP "" is any.
type EndpointSubnet struct{ ID, IP string }

// CreateVpcEndpoint makes an endpoint: of type Gateway with its prefix list
// routes, at once, in every table named, of type Interface with an interface in
// every subnet named. None is a valid number of either.
func (tx *Tx) CreateVpcEndpoint(in EndpointSpec) (*VpcEndpoint, error) {
	if _, err := find(&tx.Vpcs, "vpc", in.VpcID); err != nil {
		return nil, err
	}
	service, err := tx.endpointService(in)
	if err != nil {
		return nil, err
	}
	if tx.Endpoints.Len() >= maxEndpoints {
		return nil, refuse("VpcEndpointLimitExceeded", "The maximum number of VPC endpoints has been reached.")
	}
	e := &VpcEndpoint{
		ID: tx.NewID("vpce"), VpcID: in.VpcID, Service: in.Service, Type: in.Type,
		State: "pending", StateSince: tx.Now(), Created: tx.Now(), Tags: in.Tags,
	}
	if err := setPolicy(e, in.Policy); err != nil {
		return nil, err
	}
	if in.Type == "Gateway" {
		e.PrefixList = tx.servicePrefixList(in.Service)
		err = tx.addEndpointRoutes(e, in.RouteTables)
	} else {
		err = tx.plugIn(e, service, in)
	}
	if err != nil {
		return nil, err
	}
	tx.Endpoints.Put(e.ID, e)
	return e, nil
}

func (tx *Tx) endpointService(in EndpointSpec) (EndpointService, error) {
	var types []string
	for _, s := range RegionData(tx.next.Region).EndpointServices() {
		if s.Name != in.Service {
			continue
		}
		if s.Type == in.Type {
			return s, nil
		}
		types = append(types, s.Type)
	}
	switch {
	case in.Service == "":
		return EndpointService{}, refuse("MissingParameter", "The request must contain the parameter ServiceName")
	case len(types) == 0:
		return EndpointService{}, refuse("InvalidServiceName", "The Vpc Endpoint Service '%s' does not exist", in.Service)
	}
	return EndpointService{}, refuse("InvalidParameter", "Endpoint type (%s) does not match available service types ([%s]).", in.Type, strings.Join(types, ", "))
}

// servicePrefixList is the list that holds a service's addresses, by name.
func (tx *Tx) servicePrefixList(service string) string {
	for id, l := range tx.PrefixLists.All() {
		if l.Owner == "AWS" && l.Name == service {
			return id
		}
	}
	return ""
}

// setPolicy gives e a policy, or for "" the one that its type has from the start.
func setPolicy(e *VpcEndpoint, policy string) error {
	switch {
	case len(policy) > maxEndpointPolicy:
		return refuse("InvalidPolicyDocument", "The policy document exceeds the maximum size of %d characters.", maxEndpointPolicy)
	case policy != "":
		e.Policy = policy
	case e.Type == "Gateway":
		e.Policy = DefaultEndpointPolicy
	default:
		e.Policy = defaultInterfacePolicy
	}
	return nil
}

func (tx *Tx) addEndpointRoutes(e *VpcEndpoint, tables []string) error {
	for _, id := range tables {
		rt, err := find(&tx.RouteTables, "rtb", id)
		switch {
		case err != nil:
			return err
		case rt.VpcID != e.VpcID:
			return refuse("InvalidParameter", "Route table %s and VPC %s belong to different networks", id, e.VpcID)
		case slices.Contains(e.RouteTables, id):
			continue
		case rt.indexOf(Route{PrefixList: e.PrefixList}) >= 0:
			return refuse("RouteAlreadyExists", "route table %s already has a route with destination-prefix-list-id %s", id, e.PrefixList)
		}
		rt = tx.RouteTables.Edit(id)
		rt.Routes = append(rt.Routes, Route{PrefixList: e.PrefixList, Target: e.ID, Origin: "CreateRoute"})
		e.RouteTables = append(e.RouteTables, id)
	}
	return nil
}

func (tx *Tx) dropEndpointRoutes(e *VpcEndpoint, tables []string) {
	for _, id := range tables {
		if rt := tx.RouteTables.Edit(id); rt != nil {
			rt.Routes = slices.DeleteFunc(rt.Routes, func(r Route) bool { return r.Target == e.ID })
		}
	}
	e.RouteTables = slices.DeleteFunc(e.RouteTables, func(t string) bool { return slices.Contains(tables, t) })
}

// EndpointChange is what ModifyVpcEndpoint changes. Nil and empty fields leave
// things as they are; the Policy "" puts the default back.
type EndpointChange struct {
	Policy                  *string
	AddTables, RemoveTables []string

	AddSubnets              []EndpointSubnet
	RemoveSubnets           []string
	AddGroups, RemoveGroups []string
	PrivateDNS, InboundOnly *bool
}

// ModifyVpcEndpoint changes an endpoint, all or nothing.
func (tx *Tx) ModifyVpcEndpoint(id string, change EndpointChange) error {
	e, err := edit(&tx.Endpoints, "vpce", id)
	if err != nil {
		return err
	}
	if e.State != "available" && e.State != "pending" {
		return Missing("vpce", id)
	}
	if change.Policy != nil {
		if err := setPolicy(e, *change.Policy); err != nil {
			return err
		}
	}
	if e.Type == "Interface" {
		return tx.replug(e, change)
	}
	for _, t := range change.RemoveTables {
		if _, err := find(&tx.RouteTables, "rtb", t); err != nil {
			return err
		}
		if !slices.Contains(e.RouteTables, t) {
			return refuse("InvalidParameter", "Route table %s is not associated with endpoint %s", t, id)
		}
	}
	tx.dropEndpointRoutes(e, change.RemoveTables)
	return tx.addEndpointRoutes(e, change.AddTables)
}

// DeleteVpcEndpoint takes the routes away at once and the endpoint, with its
// interfaces, a little later. One that is being deleted already is left to it.
func (tx *Tx) DeleteVpcEndpoint(id string) error {
	e, err := edit(&tx.Endpoints, "vpce", id)
	if err != nil {
		return err
	}
	if e.State == "deleting" {
		return nil
	}
	if e.Type == "Gateway" && !tx.otherGateway(e) {
		for other, o := range tx.Endpoints.All() {
			if o.InboundOnly && o.VpcID == e.VpcID && o.Service == e.Service && o.State != "deleting" {
				return refuse("InvalidParameter", "Gateway endpoint cannot be deleted while Interface endpoint %s for the service has PrivateDnsOnlyForInboundResolverEndpoint set to true.", other)
			}
		}
	}
	tx.dropEndpointRoutes(e, slices.Clone(e.RouteTables))
	e.State, e.StateSince = "deleting", tx.Now()
	return nil
}
