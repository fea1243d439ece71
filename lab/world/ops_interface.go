package world

import (
	"net/netip"
	"slices"
)

// newInterface makes an interface in a subnet, with no public address.
func (tx *Tx) newInterface(sub *Subnet, ip netip.Addr) *Interface {
	i := &Interface{
		ID: tx.NewID("eni"), VpcID: sub.VpcID, SubnetID: sub.ID, PrivateIP: ip,
		Carrier: tx.NewCarrier(), Mac: tx.NewMac(), AttachmentID: tx.NewID("eni-attach"),
	}
	tx.Interfaces.Put(i.ID, i)
	return i
}

// deleteInterface removes an interface with its address; an Elastic IP is free
// again.
func (tx *Tx) deleteInterface(id string) {
	i := tx.Interfaces.Get(id)
	if i == nil {
		return
	}
	if a := tx.Addresses.Get(i.AllocationID); a != nil {
		tx.unmap(a)
	}
	tx.setBlackhole(id, true)
	tx.Interfaces.Delete(id)
}

// ModifyInterfaceGroups sets the security groups of an interface.
func (tx *Tx) ModifyInterfaceGroups(id string, groups []string) error {
	i, err := edit(&tx.Interfaces, "eni", id)
	if err != nil {
		return err
	}
	if i.RequesterManaged {
		return refuse("AuthFailure", "You do not have permission to access the specified resource.")
	}
	if len(groups) == 0 {
		return refuse("InvalidParameterValue", "An interface has at least one security group.")
	}
	if err := tx.groupsOf(i.VpcID, i.SubnetID, groups); err != nil {
		return err
	}
	i.Groups = slices.Clone(groups)
	return nil
}

// groupsOf checks that groups can be put on an interface of a subnet.
func (tx *Tx) groupsOf(vpc, subnet string, groups []string) error {
	if len(groups) > 5 {
		return refuse("SecurityGroupsPerInterfaceLimitExceeded", "The maximum number of security groups per interface has been reached.")
	}
	for _, id := range groups {
		g, err := find(&tx.SecurityGroups, "sg", id)
		if err != nil {
			return err
		}
		if g.VpcID != vpc {
			return refuse("InvalidParameter", "Security group %s and subnet %s belong to different networks.", id, subnet)
		}
	}
	return nil
}

// privateIP is the address for a new interface: want where it can be had, or a
// free one where want is "".
func (tx *Tx) privateIP(sub *Subnet, want string) (netip.Addr, error) {
	if want == "" {
		ip, ok := tx.NewPrivateIP(sub.ID)
		if !ok {
			return ip, noAddresses(sub.ID)
		}
		return ip, nil
	}
	ip, err := netip.ParseAddr(want)
	if err != nil || !ip.Is4() {
		return ip, refuse("InvalidParameterValue", "Value (%s) for parameter address is invalid. Invalid IP address.", want)
	}
	if !sub.Cidr.Contains(ip) {
		return ip, refuse("InvalidParameterValue", "Address %s does not fall within the subnet's address range", ip)
	}
	offset := number(ip) - number(sub.Cidr.Addr())
	if offset < 4 || offset == 1<<(32-sub.Cidr.Bits())-1 {
		return ip, refuse("InvalidParameterValue", "Address %s is in subnet's reserved address range", ip)
	}
	if some(tx.next.Interfaces, func(i *Interface) bool { return i.SubnetID == sub.ID && i.PrivateIP == ip }) {
		return ip, refuse("InvalidIPAddress.InUse", "Address %s is in use.", ip)
	}
	return ip, nil
}

func noAddresses(subnet string) *Error {
	return refuse("InsufficientFreeAddressesInSubnet", "There are not enough free addresses in subnet '%s' to satisfy the requested number of instances.", subnet)
}
