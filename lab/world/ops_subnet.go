package world

import (
	"slices"
	"strings"
)

// CreateSubnet makes a subnet, on the VPC's default ACL and main route table.
// zone may be a zone's name or id, or "" for any.
func (tx *Tx) CreateSubnet(vpcID, cidr, zone string, tags Tags) (*Subnet, error) {
	v, err := find(&tx.Vpcs, "vpc", vpcID)
	if err != nil {
		return nil, err
	}
	p, err := parseCidr("cidrBlock", cidr)
	if err != nil {
		return nil, err
	}
	if p.Bits() > 28 || p.Bits() < v.Cidr.Bits() || !v.Cidr.Contains(p.Addr()) {
		return nil, refuse("InvalidSubnet.Range", "The CIDR '%s' is invalid.", cidr)
	}
	for _, other := range tx.next.Subnets {
		if other.VpcID == vpcID && other.Cidr.Overlaps(p) {
			return nil, refuse("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", p)
		}
	}
	zones := RegionData(tx.next.Region).Zones
	i := slices.IndexFunc(zones, func(z Zone) bool { return zone == "" || z.Name == zone || z.ID == zone })
	if i < 0 {
		var names []string
		for _, z := range zones {
			names = append(names, z.Name)
		}
		return nil, refuse("InvalidParameterValue", "Value (%s) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: %s.", zone, strings.Join(names, ", "))
	}
	s := &Subnet{ID: tx.NewID("subnet"), VpcID: vpcID, Zone: zones[i].Name, Cidr: p, AclID: v.DefaultAcl, Tags: tags}
	tx.NetworkAcls.Edit(v.DefaultAcl).AssociationIDs[s.ID] = tx.NewID("aclassoc")
	tx.Subnets.Put(s.ID, s)
	return s, nil
}

// DeleteSubnet removes an empty subnet and its associations.
func (tx *Tx) DeleteSubnet(id string) error {
	s, err := find(&tx.Subnets, "subnet", id)
	if err != nil {
		return err
	}
	if some(tx.next.Interfaces, func(i *Interface) bool { return i.SubnetID == id }) {
		return hasDependencies("subnet", id)
	}
	for rid, rt := range tx.RouteTables.All() {
		if slices.ContainsFunc(rt.Associations, func(a Association) bool { return a.Subnet == id }) {
			rt = tx.RouteTables.Edit(rid)
			rt.Associations = slices.DeleteFunc(rt.Associations, func(a Association) bool { return a.Subnet == id })
		}
	}
	delete(tx.NetworkAcls.Edit(s.AclID).AssociationIDs, id)
	tx.Subnets.Delete(id)
	return nil
}

// ModifySubnetAttribute sets whether instances get a public address.
func (tx *Tx) ModifySubnetAttribute(id string, mapPublicIP bool) error {
	s, err := edit(&tx.Subnets, "subnet", id)
	if err != nil {
		return err
	}
	s.MapPublicIpOnLaunch = mapPublicIP
	return nil
}

// FreeAddresses is how many addresses of a subnet are left: AWS keeps five.
func (s *State) FreeAddresses(sub *Subnet) int {
	n := 1<<(32-sub.Cidr.Bits()) - 5
	for _, i := range s.Interfaces {
		if i.SubnetID == sub.ID {
			n--
		}
	}
	return n
}
