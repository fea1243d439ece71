package world

import (
	"slices"
	"strings"
)

// Interface endpoints (AWS PrivateLink guide; S3 user guide,
// "privatelink-interface-endpoints").

// plugIn makes e's interfaces and settles its names.
func (tx *Tx) plugIn(e *VpcEndpoint, service EndpointService, in EndpointSpec) error {
	e.Groups = slices.Clone(in.Groups)
	if len(e.Groups) == 0 {
		e.Groups = []string{tx.Vpcs.Get(e.VpcID).DefaultGroup}
	}
	if err := tx.groupsOf(e.VpcID, e.ID, e.Groups); err != nil {
		return err
	}
	for _, n := range in.Subnets {
		if err := tx.plug(e, n); err != nil {
			return err
		}
	}
	// The API's default is true. It was false for S3 when its interface
	// endpoints had no private DNS, and nothing that was written then would
	// work if it had changed.
	private := service.PrivateName != "" && !inbound(e.Service)
	if in.PrivateDNS != nil {
		private = *in.PrivateDNS
	}
	return tx.setPrivateDNS(e, private, in.InboundOnly)
}

// inbound says whether a service has the option InboundOnly: those that have
// gateway endpoints, too.
func inbound(service string) bool { return serviceHost(service) != API }

// plug makes the interface of e in a subnet.
func (tx *Tx) plug(e *VpcEndpoint, in EndpointSubnet) error {
	sub, err := find(&tx.Subnets, "subnet", in.ID)
	if err != nil {
		return err
	}
	if sub.VpcID != e.VpcID {
		return refuse("InvalidParameter", "Subnet %s and VPC %s belong to different networks.", in.ID, e.VpcID)
	}
	for _, have := range e.Subnets {
		if tx.Subnets.Get(have).Zone == sub.Zone {
			return refuse("DuplicateSubnetsInSameZone", "Found another VPC endpoint subnet in the availability zone of %s. VPC endpoint subnets should be in different availability zones supported by the VPC endpoint service.", in.ID)
		}
	}
	ip, err := tx.privateIP(sub, in.IP)
	if err != nil {
		return err
	}
	i := tx.newInterface(sub, ip)
	i.EndpointID, i.Description, i.RequesterManaged = e.ID, "VPC Endpoint Interface "+e.ID, true
	i.AttachmentID = "ela-attach" + strings.TrimPrefix(i.AttachmentID, "eni-attach")
	i.Groups = slices.Clone(e.Groups)
	e.Subnets = append(e.Subnets, sub.ID)
	e.Interfaces = append(e.Interfaces, i.ID)
	return nil
}

// setPrivateDNS settles whether the service's own name leads to e, and for
// whom; only nil is the default.
func (tx *Tx) setPrivateDNS(e *VpcEndpoint, private bool, only *bool) error {
	if !private {
		if only != nil && *only {
			return refuse("InvalidParameter", "PrivateDnsOnlyForInboundResolverEndpoint cannot be set to true when private DNS is not enabled.")
		}
		e.PrivateDNS, e.InboundOnly = false, false
		return nil
	}
	vpc := tx.Vpcs.Get(e.VpcID)
	if !vpc.EnableDnsSupport || !vpc.EnableDnsHostnames {
		return refuse("InvalidParameter", "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for %s", e.VpcID)
	}
	for id, o := range tx.Endpoints.All() {
		if id != e.ID && o.VpcID == e.VpcID && o.Service == e.Service && o.PrivateDNS && o.State != "deleting" {
			return refuse("InvalidParameter", "private-dns-enabled cannot be set because there is already a conflicting DNS domain for %s in the VPC %s", RegionData(tx.next.Region).privateNames(e.Service)[0], e.VpcID)
		}
	}
	inboundOnly := inbound(e.Service)
	if only != nil {
		if *only && !inboundOnly {
			return refuse("InvalidParameter", "PrivateDnsOnlyForInboundResolverEndpoint is not supported for the service %s.", e.Service)
		}
		inboundOnly = *only
	}
	if inboundOnly && !tx.otherGateway(e) {
		return refuse("InvalidParameter", "To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC %s must have a Gateway endpoint for the service.", e.VpcID)
	}
	e.PrivateDNS, e.InboundOnly = true, inboundOnly
	return nil
}

// otherGateway says whether e's VPC has a gateway endpoint for e's service
// beside e.
func (tx *Tx) otherGateway(e *VpcEndpoint) bool {
	return some(tx.next.Endpoints, func(o *VpcEndpoint) bool {
		return o.ID != e.ID && o.Type == "Gateway" && o.VpcID == e.VpcID && o.Service == e.Service && o.State != "deleting"
	})
}

// replug changes an interface endpoint.
func (tx *Tx) replug(e *VpcEndpoint, change EndpointChange) error {
	for _, id := range change.RemoveSubnets {
		at := slices.Index(e.Subnets, id)
		if at < 0 {
			if _, err := find(&tx.Subnets, "subnet", id); err != nil {
				return err
			}
			return refuse("InvalidParameter", "Subnet %s is not associated with endpoint %s", id, e.ID)
		}
		tx.deleteInterface(e.Interfaces[at])
		e.Subnets, e.Interfaces = slices.Delete(e.Subnets, at, at+1), slices.Delete(e.Interfaces, at, at+1)
	}
	for _, id := range change.RemoveGroups {
		at := slices.Index(e.Groups, id)
		if at < 0 {
			if _, err := find(&tx.SecurityGroups, "sg", id); err != nil {
				return err
			}
			return refuse("InvalidParameter", "Security group %s is not associated with endpoint %s", id, e.ID)
		}
		e.Groups = slices.Delete(e.Groups, at, at+1)
	}
	for _, id := range change.AddGroups {
		if !slices.Contains(e.Groups, id) {
			e.Groups = append(e.Groups, id)
		}
	}
	if len(e.Groups) == 0 {
		return refuse("InvalidParameter", "An interface endpoint has at least one security group.")
	}
	if err := tx.groupsOf(e.VpcID, e.ID, e.Groups); err != nil {
		return err
	}
	for _, id := range e.Interfaces {
		tx.Interfaces.Edit(id).Groups = slices.Clone(e.Groups)
	}
	for _, n := range change.AddSubnets {
		if slices.Contains(e.Subnets, n.ID) {
			continue
		}
		if err := tx.plug(e, n); err != nil {
			return err
		}
	}
	if change.PrivateDNS == nil && change.InboundOnly == nil {
		return nil
	}
	private, only := e.PrivateDNS, change.InboundOnly
	if change.PrivateDNS != nil {
		private = *change.PrivateDNS
	}
	if only == nil && private && e.PrivateDNS {
		only = &e.InboundOnly
	}
	return tx.setPrivateDNS(e, private, only)
}
