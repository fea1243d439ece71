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
		Policy: f.str("PolicyDocument"), RouteTables: f.list("RouteTableId"), Tags: tags,
	}
	if in.VpcID, err = f.need("VpcId"); err != nil {
		return err
	}
	if in.Type == "" {
		in.Type = "Gateway"
	}
	if in.Type == "Gateway" {
		for _, p := range []string{"SubnetId", "SecurityGroupId"} {
			if f.has(p) {
				return invalid("InvalidParameter", "The parameter "+p+" is not supported for endpoints of type Gateway.")
			}
		}
		if private, err := f.boolean("PrivateDnsEnabled", false); err != nil || private {
			return cmpErr(err, invalid("InvalidParameter", "Private DNS can't be enabled for endpoints of type Gateway."))
		}
	} else {
		f.skip("SubnetId", "SecurityGroupId", "PrivateDnsEnabled", "DnsOptions")
	}
	if t := f.str("IpAddressType"); t != "" && t != "ipv4" {
		return unsupported("IPv6 is not part of this lab.")
	}
	f.skip("DnsOptions")
	if err := checkEndpointPolicy(in.Policy); err != nil {
		return err
	}
	id, _, err := c.once(func() (string, error) {
		e, err := c.tx.CreateVpcEndpoint(in)
		if err != nil {
			return "", err
		}
		return e.ID, nil
	})
	if err != nil {
		return err
	}
	e := c.st.Endpoints[id]
	if e == nil {
		return world.Missing("vpce", id)
	}
	c.out.in("vpcEndpoint", func() { c.vpcEndpoint(e) })
	c.out.opt("clientToken", f.str("ClientToken"))
	return nil
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
	w.text("subnetIdSet", "")
	w.text("groupSet", "")
	w.text("ipAddressType", "ipv4")
	w.in("dnsOptions", func() { w.text("dnsRecordIpType", "service-defined") })
	w.boolean("privateDnsEnabled", false)
	w.boolean("requesterManaged", false)
	w.text("networkInterfaceIdSet", "")
	w.text("dnsEntrySet", "")
	w.time("creationTimestamp", e.Created)
	w.tags(e.Tags)
	w.text("ownerId", c.st.Account)
	w.text("serviceRegion", c.st.Region)
}

func describeVpcEndpoints(c *ec2Call) error {
	type endpoint = *world.VpcEndpoint
	items, next, err := describe(c, described[endpoint]{
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
	})
	if err != nil {
		return err
	}
	list(&c.out, "vpcEndpointSet", items, c.vpcEndpoint)
	c.out.opt("nextToken", next)
	return nil
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
	var change *string
	if document := f.str("PolicyDocument"); document != "" || reset {
		if document != "" && reset {
			return invalid("InvalidParameterCombination", "The parameters PolicyDocument and ResetPolicy cannot be used together.")
		}
		change = &document
	}
	if change != nil {
		if err := checkEndpointPolicy(*change); err != nil {
			return err
		}
	}
	for _, p := range []string{"AddSubnetId", "RemoveSubnetId", "AddSecurityGroupId", "RemoveSecurityGroupId"} {
		if f.has(p) {
			return invalid("InvalidParameter", "The parameter "+p+" is not supported for endpoints of type Gateway.")
		}
	}
	if err := c.tx.ModifyVpcEndpoint(id, f.list("AddRouteTableId"), f.list("RemoveRouteTableId"), change); err != nil {
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
		w.strings("baseEndpointDnsNameSet", "", []string{baseName(s, c.st.Region)})
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

// baseName is where a service's endpoints are: Gateway endpoints have the
// service's own name.
func baseName(s world.EndpointService, region string) string {
	short := s.Name[len("com.amazonaws.")+len(region)+1:]
	if s.Type == "Gateway" {
		return short + "." + region + ".amazonaws.com"
	}
	return short + "." + region + ".vpce.amazonaws.com"
}
