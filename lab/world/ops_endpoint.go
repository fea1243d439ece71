package world

import (
	"slices"
	"strings"
)

// DefaultEndpointPolicy is what a gateway endpoint has unless told otherwise,
// as the API returns it (AWS CLI reference, create-vpc-endpoint examples).
const DefaultEndpointPolicy = `{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`

// maxEndpointPolicy is in characters, blanks included.
const maxEndpointPolicy = 20480

// EndpointSpec is what a gateway endpoint is made from. Policy "" is full
// access.
type EndpointSpec struct {
	VpcID, Service, Type, Policy string
	RouteTables                  []string
	Tags                         Tags
}

// CreateVpcEndpoint makes a gateway endpoint and the prefix list routes to it,
// at once, in every table named. None is a valid number of tables.
func (tx *Tx) CreateVpcEndpoint(in EndpointSpec) (*VpcEndpoint, error) {
	if _, err := find(&tx.Vpcs, "vpc", in.VpcID); err != nil {
		return nil, err
	}
	if err := tx.endpointService(in); err != nil {
		return nil, err
	}
	if tx.Endpoints.Len() >= maxEndpoints {
		return nil, refuse("VpcEndpointLimitExceeded", "The maximum number of VPC endpoints has been reached.")
	}
	if in.Policy == "" {
		in.Policy = DefaultEndpointPolicy
	}
	e := &VpcEndpoint{
		ID: tx.NewID("vpce"), VpcID: in.VpcID, Service: in.Service, Type: "Gateway",
		State: "pending", StateSince: tx.Now(), Created: tx.Now(),
		PrefixList: tx.servicePrefixList(in.Service), Tags: in.Tags,
	}
	if err := setPolicy(e, in.Policy); err != nil {
		return nil, err
	}
	if err := tx.addEndpointRoutes(e, in.RouteTables); err != nil {
		return nil, err
	}
	tx.Endpoints.Put(e.ID, e)
	return e, nil
}

func (tx *Tx) endpointService(in EndpointSpec) error {
	var types []string
	for _, s := range RegionData(tx.next.Region).EndpointServices() {
		if s.Name == in.Service {
			types = append(types, s.Type)
		}
	}
	switch {
	case in.Service == "":
		return refuse("MissingParameter", "The request must contain the parameter ServiceName")
	case len(types) == 0:
		return refuse("InvalidServiceName", "The Vpc Endpoint Service '%s' does not exist", in.Service)
	case !slices.Contains(types, in.Type):
		return refuse("InvalidParameter", "Endpoint type (%s) does not match available service types ([%s]).", in.Type, strings.Join(types, ", "))
	case in.Type != "Gateway":
		return refuse("UnsupportedOperation", "This lab makes gateway endpoints; %s endpoints are not part of it.", strings.ToLower(in.Type))
	}
	return nil
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

func setPolicy(e *VpcEndpoint, policy string) error {
	if len(policy) > maxEndpointPolicy {
		return refuse("InvalidPolicyDocument", "The policy document exceeds the maximum size of %d characters.", maxEndpointPolicy)
	}
	e.Policy = policy
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

// ModifyVpcEndpoint changes tables and policy; policy nil leaves it, "" puts
// the default back.
func (tx *Tx) ModifyVpcEndpoint(id string, add, remove []string, policy *string) error {
	e, err := edit(&tx.Endpoints, "vpce", id)
	if err != nil {
		return err
	}
	if e.State != "available" && e.State != "pending" {
		return Missing("vpce", id)
	}
	for _, t := range remove {
		if _, err := find(&tx.RouteTables, "rtb", t); err != nil {
			return err
		}
		if !slices.Contains(e.RouteTables, t) {
			return refuse("InvalidParameter", "Route table %s is not associated with endpoint %s", t, id)
		}
	}
	tx.dropEndpointRoutes(e, slices.Clone(remove))
	if policy != nil {
		p := *policy
		if p == "" {
			p = DefaultEndpointPolicy
		}
		if err := setPolicy(e, p); err != nil {
			return err
		}
	}
	return tx.addEndpointRoutes(e, add)
}

// DeleteVpcEndpoint takes the routes away at once and the endpoint a little
// later. One that is being deleted already is left to it.
func (tx *Tx) DeleteVpcEndpoint(id string) error {
	e, err := edit(&tx.Endpoints, "vpce", id)
	if err != nil {
		return err
	}
	if e.State == "deleting" {
		return nil
	}
	tx.dropEndpointRoutes(e, slices.Clone(e.RouteTables))
	e.State, e.StateSince = "deleting", tx.Now()
	return nil
}
