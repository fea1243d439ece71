package awsapi

import (
	"strings"

	"gatewalk/lab/world"
)

func createRouteTable(c *ec2Call) error {
	tags, err := c.tags("route-table")
	if err != nil {
		return err
	}
	vpc, err := c.form.need("VpcId")
	if err != nil {
		return err
	}
	rt, err := onceIn(c, "rtb", func() map[string]*world.RouteTable { return c.st.RouteTables }, func() (*world.RouteTable, error) {
		return c.tx.CreateRouteTable(vpc, tags)
	})
	if err != nil {
		return err
	}
	c.out.in("routeTable", func() { c.routeTable(rt) })
	c.out.opt("clientToken", c.form.str("ClientToken"))
	return nil
}

func (c *ec2Call) routeTable(rt *world.RouteTable) {
	w := &c.out
	w.text("routeTableId", rt.ID)
	w.text("vpcId", rt.VpcID)
	w.text("ownerId", c.st.Account)
	list(w, "routeSet", rt.Routes, func(r world.Route) {
		if r.PrefixList != "" {
			w.text("destinationPrefixListId", r.PrefixList)
		} else {
			w.text("destinationCidrBlock", r.Cidr.String())
		}
		w.text(targetElement(r.Target), r.Target)
		w.text("state", routeState(r))
		w.text("origin", r.Origin)
	})
	list(w, "associationSet", rt.Associations, func(a world.Association) {
		w.text("routeTableAssociationId", a.ID)
		w.text("routeTableId", rt.ID)
		w.opt("subnetId", a.Subnet)
		w.boolean("main", a.Main)
		w.in("associationState", func() { w.text("state", "associated") })
	})
	w.text("propagatingVgwSet", "")
	w.tags(rt.Tags)
}

// targetElement is the element that names a route's target; an endpoint is a
// gateway there.
func targetElement(target string) string {
	switch kind, _, _ := strings.Cut(target, "-"); kind {
	case "nat":
		return "natGatewayId"
	case "eni":
		return "networkInterfaceId"
	case "i":
		return "instanceId"
	}
	return "gatewayId"
}

func routeState(r world.Route) string {
	if r.Blackhole {
		return "blackhole"
	}
	return "active"
}

func describeRouteTables(c *ec2Call) error {
	type table = *world.RouteTable
	route := func(value func(world.Route) string) func(table) []string {
		return rows(func(rt table) []world.Route { return rt.Routes }, value)
	}
	association := func(value func(world.Association) string) func(table) []string {
		return rows(func(rt table) []world.Association { return rt.Associations }, value)
	}
	target := func(element string) func(table) []string {
		return route(func(r world.Route) string {
			if targetElement(r.Target) == element {
				return r.Target
			}
			return ""
		})
	}
	return describeList(c, "routeTableSet", described[table]{
		ids: "RouteTableId", prefix: "rtb", all: c.st.RouteTables,
		tags: func(rt table) world.Tags { return rt.Tags },
		filters: map[string]func(table) []string{
			"route-table-id": one(func(rt table) string { return rt.ID }),
			"vpc-id":         one(func(rt table) string { return rt.VpcID }),
			"owner-id":       one(func(table) string { return c.st.Account }),
			"association.main": association(func(a world.Association) string {
				if a.Main {
					return "true"
				}
				return "false"
			}),
			"association.route-table-association-id": association(func(a world.Association) string { return a.ID }),
			"association.route-table-id": func(rt table) []string {
				if len(rt.Associations) == 0 {
					return nil
				}
				return []string{rt.ID}
			},
			"association.subnet-id":            association(func(a world.Association) string { return a.Subnet }),
			"route.destination-cidr-block":     route(func(r world.Route) string { return cidrText(r) }),
			"route.destination-prefix-list-id": route(func(r world.Route) string { return r.PrefixList }),
			"route.gateway-id":                 target("gatewayId"),
			"route.nat-gateway-id":             target("natGatewayId"),
			"route.instance-id":                target("instanceId"),
			"route.origin":                     route(func(r world.Route) string { return r.Origin }),
			"route.state":                      route(routeState),
		},
	}, c.routeTable)
}

func cidrText(r world.Route) string {
	if r.Cidr.IsValid() {
		return r.Cidr.String()
	}
	return ""
}

func associateRouteTable(c *ec2Call) error {
	id, err := c.form.need("RouteTableId")
	if err != nil {
		return err
	}
	if c.form.has("GatewayId") {
		return unsupported("Gateway route tables are not part of this lab.")
	}
	subnet, err := c.form.need("SubnetId")
	if err != nil {
		return err
	}
	a, err := c.tx.AssociateRouteTable(id, subnet)
	if err != nil {
		return err
	}
	c.association("associationId", a)
	return nil
}

func (c *ec2Call) association(name string, a *world.Association) {
	c.out.text(name, a.ID)
	c.out.in("associationState", func() { c.out.text("state", "associated") })
}

func replaceRouteTableAssociation(c *ec2Call) error {
	association, err := c.form.need("AssociationId")
	if err != nil {
		return err
	}
	id, err := c.form.need("RouteTableId")
	if err != nil {
		return err
	}
	a, err := c.tx.ReplaceRouteTableAssociation(association, id)
	if err != nil {
		return err
	}
	c.association("newAssociationId", a)
	return nil
}

// routeSpec reads what the three route calls have in common.
func (c *ec2Call) routeSpec(withTarget bool) (id string, spec world.RouteSpec, err error) {
	if id, err = c.form.need("RouteTableId"); err != nil {
		return id, spec, err
	}
	spec.Cidr, spec.PrefixList = c.form.str("DestinationCidrBlock"), c.form.str("DestinationPrefixListId")
	if c.form.has("DestinationIpv6CidrBlock") {
		return id, spec, unsupported("IPv6 is not part of this lab.")
	}
	if !withTarget {
		return id, spec, nil
	}
	for _, p := range []string{"GatewayId", "NatGatewayId", "NetworkInterfaceId", "InstanceId", "VpcEndpointId"} {
		v := c.form.str(p)
		if v == "" {
			continue
		}
		if spec.Target != "" {
			return id, spec, invalid("InvalidParameterCombination", "The request must contain exactly one target of the route.")
		}
		spec.Target = v
	}
	return id, spec, nil
}

func createRoute(c *ec2Call) error {
	id, spec, err := c.routeSpec(true)
	if err != nil {
		return err
	}
	if err := c.tx.CreateRoute(id, spec); err != nil {
		return err
	}
	return c.ok()
}

func replaceRoute(c *ec2Call) error {
	id, spec, err := c.routeSpec(true)
	if err != nil {
		return err
	}
	if err := c.tx.ReplaceRoute(id, spec); err != nil {
		return err
	}
	return c.ok()
}

func deleteRoute(c *ec2Call) error {
	id, spec, err := c.routeSpec(false)
	if err != nil {
		return err
	}
	if err := c.tx.DeleteRoute(id, spec); err != nil {
		return err
	}
	return c.ok()
}
