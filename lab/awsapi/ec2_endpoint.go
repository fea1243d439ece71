package awsapi

import (
	"errors"
	"slices"

	"gatewalk/lab/policy"
	"gatewalk/lab/world"
)

func createVpcEndpoint(c *ec2Call) error {
	tags, err := c.tags("vpc-endpoint")
	if err != nil {
		return err
	}
	f := c.form
	in := world.EndpointSpec{
		Service: f.str("ServiceName"), Type: f.str("VpcEndpointType"),
		Policy: f.str("PolicyDocument"), RouteTables: f.list("RouteTableId"), Groups: f.list("SecurityGroupId"), Tags: tags,
	}
	if in.VpcID, err = f.need("VpcId"); err != nil {
		return err
	}
	switch in.Type {
	case "":
		in.Type = "Gateway"
	case "Gateway", "Interface":
	case "GatewayLoadBalancer", "Resource", "ServiceNetwork":
		return unsupported("Endpoints of type " + in.Type + " are not part of this lab.")
	default:
		return invalidValue("VpcEndpointType", in.Type)
	}
	if in.Subnets, err = c.endpointSubnets("SubnetId"); err != nil {
		return err
	}
	if in.PrivateDNS, in.InboundOnly, err = c.privateDNS(); err != nil {
		return err
	}
	if in.Type == "Gateway" && in.PrivateDNS != nil && *in.PrivateDNS {
		return invalid("InvalidParameter", "Private DNS can't be enabled for endpoints of type Gateway.")
	}
	if err := c.refuseOfOtherType(in.Type); err != nil {
		return err
	}
	if r := f.str("ServiceRegion"); r != "" && r != c.st.Region {
		return unsupported("Endpoints to services of another region are not part of this lab.")
	}
	if err := checkEndpointPolicy(in.Policy); err != nil {
		return err
	}
	e, err := onceIn(c, "vpce", func() map[string]*world.VpcEndpoint { return c.st.Endpoints }, func() (*world.VpcEndpoint, error) {
		return c.tx.CreateVpcEndpoint(in)
	})
	if err != nil {
		return err
	}
	c.out.in("vpcEndpoint", func() { c.vpcEndpoint(e) })
	c.out.opt("clientToken", f.str("ClientToken"))
	return nil
}

// refuseOfOtherType refuses the parameters that only another type of endpoint
// has.
func (c *ec2Call) refuseOfOtherType(kind string) error {
	others := []string{"SubnetId", "SubnetConfiguration", "SecurityGroupId", "AddSubnetId", "RemoveSubnetId", "AddSecurityGroupId", "RemoveSecurityGroupId"}
	if kind == "Interface" {
		others = []string{"RouteTableId", "AddRouteTableId", "RemoveRouteTableId"}
	}
	for _, p := range others {
		if c.form.has(p) {
			return invalid("InvalidParameter", "The parameter "+p+" is not supported for endpoints of type "+kind+".")
		}
	}
	return nil
}

// endpointSubnets reads where an interface endpoint gets its interfaces:
// subnets, some with an address that is asked for.
func (c *ec2Call) endpointSubnets(param string) ([]world.EndpointSubnet, error) {
	addresses := map[string]string{}
	var order []string
	for _, s := range c.form.items("SubnetConfiguration") {
		id, err := s.need("SubnetId")
		if err != nil {
			return nil, err
		}
		addresses[id] = s.str("Ipv4")
		order = append(order, id)
	}
	var out []world.EndpointSubnet
	for _, id := range c.form.list(param) {
		out = append(out, world.EndpointSubnet{ID: id, IP: addresses[id]})
		delete(addresses, id)
	}
	for _, id := range order {
		if ip, left := addresses[id]; left {
			out = append(out, world.EndpointSubnet{ID: id, IP: ip})
		}
	}
	return out, nil
}

// privateDNS reads what the names of an endpoint are to be; nil is what was not
// said.
func (c *ec2Call) privateDNS() (private, only *bool, err error) {
	read := func(path string) (*bool, error) {
		if c.form.str(path) == "" {
			return nil, nil
		}
		v, err := c.form.boolean(path, false)
		return &v, err
	}
	if private, err = read("PrivateDnsEnabled"); err != nil {
		return nil, nil, err
	}
	if only, err = read("DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint"); err != nil {
		return nil, nil, err
	}
	if t := c.form.str("IpAddressType"); t != "" && t != "ipv4" {
		return nil, nil, unsupported("IPv6 is not part of this lab.")
	}
	switch t := c.form.str("DnsOptions.DnsRecordIpType"); t {
	case "", "ipv4", "service-defined":
	case "dualstack", "ipv6":
		return nil, nil, unsupported("IPv6 is not part of this lab.")
	default:
		return nil, nil, invalidValue("DnsOptions.DnsRecordIpType", t)
	}
	return private, only, nil
}

func checkEndpointPolicy(document string) error {
	if document == "" {
		return nil
	}
	d, err := policy.Parse(document)
	if err == nil {
		err = d.CheckEndpoint()
	}
	if err != nil {
		return invalid("InvalidPolicyDocument", "Invalid policy document: "+err.Error())
	}
	return nil
}

func (c *ec2Call) vpcEndpoint(e *world.VpcEndpoint) {
	w := &c.out
	w.text("vpcEndpointId", e.ID)
	w.text("vpcEndpointType", e.Type)
	w.text("vpcId", e.VpcID)
	w.text("serviceName", e.Service)
	w.text("state", e.State)
	w.text("policyDocument", e.Policy)
	w.strings("routeTableIdSet", "", e.RouteTables)
	w.strings("subnetIdSet", "", e.Subnets)
	c.groupSet(e.Groups)
	w.text("ipAddressType", "ipv4")
	w.in("dnsOptions", func() {
		if e.Type == "Gateway" {
			w.text("dnsRecordIpType", "service-defined")
			return
		}
		w.text("dnsRecordIpType", "ipv4")
		if e.PrivateDNS {
			w.boolean("privateDnsOnlyForInboundResolverEndpoint", e.InboundOnly)
		}
	})
	w.boolean("privateDnsEnabled", e.PrivateDNS)
	w.boolean("requesterManaged", false)
	w.strings("networkInterfaceIdSet", "", e.Interfaces)
	list(w, "dnsEntrySet", c.st.EndpointNames(e), func(n world.EndpointName) {
		w.text("dnsName", n.Name)
		w.text("hostedZoneId", n.Zone)
	})
	w.time("creationTimestamp", e.Created)
	w.tags(e.Tags)
	w.text("ownerId", c.st.Account)
	w.text("serviceRegion", c.st.Region)
}

func describeVpcEndpoints(c *ec2Call) error {
	type endpoint = *world.VpcEndpoint
	return describeList(c, "vpcEndpointSet", described[endpoint]{
		ids: "VpcEndpointId", prefix: "vpce", all: c.st.Endpoints,
		tags: func(e endpoint) world.Tags { return e.Tags },
		filters: map[string]func(endpoint) []string{
			"vpc-endpoint-id":    one(func(e endpoint) string { return e.ID }),
			"vpc-id":             one(func(e endpoint) string { return e.VpcID }),
			"service-name":       one(func(e endpoint) string { return e.Service }),
			"vpc-endpoint-state": one(func(e endpoint) string { return e.State }),
			"vpc-endpoint-type":  one(func(e endpoint) string { return e.Type }),
			"ip-address-type":    one(func(endpoint) string { return "ipv4" }),
			"service-region":     one(func(endpoint) string { return c.st.Region }),
		},
	}, c.vpcEndpoint)
}

func modifyVpcEndpoint(c *ec2Call) error {
	f := c.form
	id, err := f.need("VpcEndpointId")
	if err != nil {
		return err
	}
	reset, err := f.boolean("ResetPolicy", false)
	if err != nil {
		return err
	}
	document := f.str("PolicyDocument")
	if document != "" && reset {
		return invalid("InvalidParameterCombination", "The parameters PolicyDocument and ResetPolicy cannot be used together.")
	}
	change := world.EndpointChange{
		AddTables: f.list("AddRouteTableId"), RemoveTables: f.list("RemoveRouteTableId"), RemoveSubnets: f.list("RemoveSubnetId"),
		AddGroups: f.list("AddSecurityGroupId"), RemoveGroups: f.list("RemoveSecurityGroupId"),
	}
	if document != "" || reset {
		change.Policy = &document
	}
	if change.AddSubnets, err = c.endpointSubnets("AddSubnetId"); err != nil {
		return err
	}
	if change.PrivateDNS, change.InboundOnly, err = c.privateDNS(); err != nil {
		return err
	}
	if e := c.st.Endpoints[id]; e != nil {
		if err := checkEndpointPolicy(document); err != nil {
			return err
		}
		if err := c.refuseOfOtherType(e.Type); err != nil {
			return err
		}
	}
	if err := c.tx.ModifyVpcEndpoint(id, change); err != nil {
		return err
	}
	return c.ok()
}

// deleteVpcEndpoints answers 200 whatever happens: what could not be deleted is
// listed (EC2 API reference, "DeleteVpcEndpoints").
func deleteVpcEndpoints(c *ec2Call) error {
	ids := c.form.list("VpcEndpointId")
	if len(ids) == 0 {
		return missing("VpcEndpointId")
	}
	type failure struct {
		id  string
		err *world.Error
	}
	var failed []failure
	for _, id := range ids {
		if err := c.tx.DeleteVpcEndpoint(id); err != nil {
			e, ok := errors.AsType[*world.Error](err)
			if !ok {
				return err
			}
			failed = append(failed, failure{id, e})
		}
	}
	list(&c.out, "unsuccessful", failed, func(f failure) {
		c.out.in("error", func() { c.out.text("code", f.err.Code); c.out.text("message", f.err.Message) })
		c.out.text("resourceId", f.id)
	})
	return nil
}

func describeVpcEndpointServices(c *ec2Call) error {
	type service = world.EndpointService
	names := c.form.list("ServiceName")
	all := c.region().EndpointServices()
	for _, n := range names {
		if !slices.ContainsFunc(all, func(s service) bool { return s.Name == n }) {
			return invalid("InvalidServiceName", "The Vpc Endpoint Service '"+n+"' does not exist")
		}
	}
	if r := c.form.list("ServiceRegion"); len(r) > 0 && !slices.Contains(r, c.st.Region) {
		all = nil
	}
	items, next, err := describe(c, described[service]{
		all:  byKey(all, func(s service) string { return s.Name + " " + s.Type }),
		tags: func(service) world.Tags { return nil },
		filters: map[string]func(service) []string{
			"service-name":               one(func(s service) string { return s.Name }),
			"service-type":               one(func(s service) string { return s.Type }),
			"owner":                      one(func(service) string { return "amazon" }),
			"service-region":             one(func(service) string { return c.st.Region }),
			"supported-ip-address-types": one(func(service) string { return "ipv4" }),
		},
	})
	if err != nil {
		return err
	}
	if len(names) > 0 {
		items = slices.DeleteFunc(items, func(s service) bool { return !slices.Contains(names, s.Name) })
	}
	var zones []string
	for _, z := range c.region().Zones {
		zones = append(zones, z.Name)
	}
	w := &c.out
	list(w, "serviceDetailSet", items, func(s service) {
		w.text("serviceName", s.Name)
		w.text("serviceId", s.ID)
		list(w, "serviceType", []string{s.Type}, func(t string) { w.text("serviceType", t) })
		w.text("serviceRegion", c.st.Region)
		w.strings("availabilityZoneSet", "", zones)
		w.text("owner", "amazon")
		w.strings("baseEndpointDnsNameSet", "", []string{s.BaseName(c.st.Region)})
		if s.PrivateName != "" {
			w.text("privateDnsName", s.PrivateName)
			list(w, "privateDnsNameSet", []string{s.PrivateName}, func(n string) { w.text("privateDnsName", n) })
			w.text("privateDnsNameVerificationState", "verified")
		}
		w.boolean("vpcEndpointPolicySupported", true)
		w.boolean("acceptanceRequired", false)
		w.boolean("managesVpcEndpoints", false)
		w.text("tagSet", "")
		w.strings("supportedIpAddressTypeSet", "", []string{"ipv4"})
	})
	unique := map[string]bool{}
	var distinct []string
	for _, s := range items {
		if !unique[s.Name] {
			unique[s.Name] = true
			distinct = append(distinct, s.Name)
		}
	}
	w.strings("serviceNameSet", "", distinct)
	w.opt("nextToken", next)
	return nil
}
