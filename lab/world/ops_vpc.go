package world

import "net/netip"

// Quotas of a new account, per Region (VPC guide, "Amazon VPC quotas").
const (
	maxVpcs      = 5
	maxGateways  = 5
	maxEndpoints = 20
	maxAddresses = 5
	maxRules     = 60 // of one direction of a security group
	maxRoutes    = 500
	maxVcpus     = 32
)

// CreateVpc makes a VPC with what each has from the start: the main route
// table, the default network ACL and the default security group.
func (tx *Tx) CreateVpc(cidr string, tags Tags) (*Vpc, error) {
	p, err := parseCidr("cidrBlock", cidr)
	if err != nil {
		return nil, err
	}
	if p.Bits() < 16 || p.Bits() > 28 {
		return nil, refuse("InvalidVpc.Range", "The CIDR '%s' is invalid.", cidr)
	}
	if tx.Vpcs.Len() >= maxVpcs {
		return nil, refuse("VpcLimitExceeded", "The maximum number of VPCs has been reached.")
	}
	v := &Vpc{ID: tx.NewID("vpc"), Cidr: p, EnableDnsSupport: true, Tags: tags}

	rt := newRouteTable(tx, v)
	rt.Associations = []Association{{ID: tx.NewID("rtbassoc"), Main: true}}
	tx.RouteTables.Put(rt.ID, rt)

	acl := &NetworkAcl{ID: tx.NewID("acl"), VpcID: v.ID, Default: true, AssociationIDs: map[string]string{}}
	for _, egress := range []bool{true, false} {
		acl.Entries = append(acl.Entries, AclEntry{Number: 100, Egress: egress, Protocol: "-1", Allow: true, Cidr: everywhere})
	}
	tx.NetworkAcls.Put(acl.ID, acl)

	sg := &SecurityGroup{ID: tx.NewID("sg"), VpcID: v.ID, Name: "default", Description: "default VPC security group"}
	sg.Rules = []GroupRule{
		{ID: tx.NewID("sgr"), Protocol: "-1", From: -1, To: -1, Group: sg.ID},
		{ID: tx.NewID("sgr"), Egress: true, Protocol: "-1", From: -1, To: -1, Cidr: everywhere},
	}
	tx.SecurityGroups.Put(sg.ID, sg)

	v.MainRouteTable, v.DefaultAcl, v.DefaultGroup = rt.ID, acl.ID, sg.ID
	tx.Vpcs.Put(v.ID, v)
	return v, nil
}

var everywhere = netip.MustParsePrefix("0.0.0.0/0")

// DeleteVpc removes a VPC that holds nothing but what it was born with.
func (tx *Tx) DeleteVpc(id string) error {
	v, err := find(&tx.Vpcs, "vpc", id)
	if err != nil {
		return err
	}
	if tx.vpcInUse(v) {
		return refuse("DependencyViolation", "The vpc '%s' has dependencies and cannot be deleted.", id)
	}
	tx.RouteTables.Delete(v.MainRouteTable)
	tx.NetworkAcls.Delete(v.DefaultAcl)
	tx.SecurityGroups.Delete(v.DefaultGroup)
	tx.Vpcs.Delete(id)
	return nil
}

func (tx *Tx) vpcInUse(v *Vpc) bool {
	s := tx.next
	return some(s.Subnets, func(x *Subnet) bool { return x.VpcID == v.ID }) ||
		some(s.Gateways, func(x *InternetGateway) bool { return x.VpcID == v.ID }) ||
		some(s.Endpoints, func(x *VpcEndpoint) bool { return x.VpcID == v.ID }) ||
		some(s.Interfaces, func(x *Interface) bool { return x.VpcID == v.ID }) ||
		some(s.RouteTables, func(x *RouteTable) bool { return x.VpcID == v.ID && x.ID != v.MainRouteTable }) ||
		some(s.NetworkAcls, func(x *NetworkAcl) bool { return x.VpcID == v.ID && x.ID != v.DefaultAcl }) ||
		some(s.SecurityGroups, func(x *SecurityGroup) bool { return x.VpcID == v.ID && x.ID != v.DefaultGroup })
}

// some reports whether some object of m is such a one.
func some[P object[P]](m map[string]P, such func(P) bool) bool {
	for _, v := range m {
		if such(v) {
			return true
		}
	}
	return false
}

// ModifyVpcAttribute sets the attributes that are not nil; AWS takes one a
// call.
func (tx *Tx) ModifyVpcAttribute(id string, dnsSupport, dnsHostnames *bool) error {
	v, err := edit(&tx.Vpcs, "vpc", id)
	switch {
	case err != nil:
		return err
	case dnsSupport != nil && dnsHostnames != nil:
		return refuse("InvalidParameterCombination", "Fields for multiple attribute types specified: enableDnsSupport, enableDnsHostnames")
	case dnsSupport != nil:
		v.EnableDnsSupport = *dnsSupport
	case dnsHostnames != nil:
		v.EnableDnsHostnames = *dnsHostnames
	default:
		return refuse("MissingParameter", "The request must contain one attribute to modify")
	}
	return nil
}
