package world

import (
	"net/netip"
	"slices"
)

// CreateInterface makes an interface of the customer's own, attached to
// nothing, at address or, where that is "", at a free one. Without groups it has
// the VPC's default one.
func (tx *Tx) CreateInterface(subnet, address, description string, groups []string, tags Tags) (*Interface, error) {
	sub, err := find(&tx.Subnets, "subnet", subnet)
	if err != nil {
		return nil, err
	}
	if len(groups) == 0 {
		groups = []string{tx.Vpcs.Get(sub.VpcID).DefaultGroup}
	}
	if err := tx.groupsOf(sub.VpcID, sub.ID, groups); err != nil {
		return nil, err
	}
	ip, err := tx.privateIP(sub, address)
	if err != nil {
		return nil, err
	}
	i := tx.newInterface(sub, ip)
	i.AttachmentID, i.Outlives = "", true
	i.Description, i.Groups, i.Tags = description, slices.Clone(groups), tags
	return i, nil
}

// newInterface makes an attached interface in a subnet, with no public address.
func (tx *Tx) newInterface(sub *Subnet, ip netip.Addr) *Interface {
	i := &Interface{
		ID: tx.NewID("eni"), VpcID: sub.VpcID, SubnetID: sub.ID, PrivateIP: ip,
		Carrier: tx.NewCarrier(), Mac: tx.NewMac(), AttachmentID: tx.NewID("eni-attach"),
	}
	tx.Interfaces.Put(i.ID, i)
	return i
}

// ownInterface is an interface to change, which must not be a service's.
func (tx *Tx) ownInterface(id string) (*Interface, error) {
	i, err := edit(&tx.Interfaces, "eni", id)
	if err == nil && i.RequesterManaged {
		err = refuse("AuthFailure", "You do not have permission to access the specified resource.")
	}
	return i, err
}

// DeleteInterface removes an interface that is attached to nothing.
func (tx *Tx) DeleteInterface(id string) error {
	i, err := tx.ownInterface(id)
	if err != nil {
		return err
	}
	if i.AttachmentID != "" {
		return refuse("InvalidParameterValue", "Network interface '%s' is currently in use.", id)
	}
	tx.deleteInterface(id)
	return nil
}

// DetachInterface refuses to: an instance has one interface here, and AWS lets
// nobody take off the first.
func (tx *Tx) DetachInterface(attachment string) error {
	for _, i := range tx.Interfaces.All() {
		switch {
		case attachment == "" || i.AttachmentID != attachment:
		case i.RequesterManaged:
			return refuse("AuthFailure", "You do not have permission to access the specified resource.")
		default:
			return refuse("OperationNotPermitted", "The network interface at device index 0 and networkCard index 0 cannot be detached.")
		}
	}
	return Missing("eni-attach", attachment)
}

// detached takes an interface off an instance that is terminated.
func (tx *Tx) detached(id string) {
	i := tx.Interfaces.Get(id)
	if i == nil || !i.Outlives {
		tx.deleteInterface(id)
		return
	}
	i = tx.Interfaces.Edit(id)
	i.InstanceID, i.AttachmentID, i.AutoPublic = "", "", false
	if i.AllocationID == "" {
		i.PublicIP = netip.Addr{}
	}
}

// ModifyInterfaceDescription changes what an interface says of itself.
func (tx *Tx) ModifyInterfaceDescription(id, description string) error {
	i, err := tx.ownInterface(id)
	if err == nil {
		i.Description = description
	}
	return err
}

// ModifyInterfaceAttachment says whether an interface stays when its instance
// is terminated.
func (tx *Tx) ModifyInterfaceAttachment(id, attachment string, outlives bool) error {
	i, err := tx.ownInterface(id)
	if err != nil {
		return err
	}
	if i.AttachmentID == "" || i.AttachmentID != attachment {
		return Missing("eni-attach", attachment)
	}
	i.Outlives = outlives
	return nil
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
	i, err := tx.ownInterface(id)
	if err != nil {
		return err
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
