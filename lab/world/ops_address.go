package world

import "net/netip"

// AllocateAddress takes an Elastic IP.
func (tx *Tx) AllocateAddress(tags Tags) (*Address, error) {
	if tx.Addresses.Len() >= maxAddresses {
		return nil, refuse("AddressLimitExceeded", "The maximum number of addresses has been reached.")
	}
	a := &Address{AllocationID: tx.NewID("eipalloc"), PublicIP: tx.NewPublicIP(), Tags: tags}
	tx.Addresses.Put(a.AllocationID, a)
	return a, nil
}

// ReleaseAddress gives one back that nothing uses.
func (tx *Tx) ReleaseAddress(id string) error {
	a, err := find(&tx.Addresses, "eipalloc", id)
	if err != nil {
		return err
	}
	if a.AssociationID != "" {
		return refuse("InvalidIPAddress.InUse", "Address %s is in use.", a.PublicIP)
	}
	tx.Addresses.Delete(id)
	return nil
}

// AssociateAddress gives an interface an Elastic IP in place of the public
// address it had. Without reassociate a used one is refused.
func (tx *Tx) AssociateAddress(id, interfaceID string, reassociate bool) (*Address, error) {
	a, err := find(&tx.Addresses, "eipalloc", id)
	if err != nil {
		return nil, err
	}
	eni, err := find(&tx.Interfaces, "eni", interfaceID)
	if err != nil {
		return nil, err
	}
	if a.InterfaceID == interfaceID {
		return a, nil
	}
	if a.AssociationID != "" && !reassociate {
		return nil, refuse("Resource.AlreadyAssociated", "resource %s is already associated with associate-id %s", id, a.AssociationID)
	}
	if !some(tx.next.Gateways, func(g *InternetGateway) bool { return g.VpcID == eni.VpcID }) {
		return nil, refuse("Gateway.NotAttached", "Network %s is not attached to any internet gateway", eni.VpcID)
	}
	tx.unmap(a)
	if other := tx.next.Addresses[eni.AllocationID]; other != nil {
		tx.unmap(other)
	}
	a = tx.Addresses.Edit(id)
	a.AssociationID, a.InterfaceID = tx.NewID("eipassoc"), interfaceID
	eni = tx.Interfaces.Edit(interfaceID)
	eni.PublicIP, eni.AllocationID = a.PublicIP, id
	return a, nil
}

// DisassociateAddress takes an Elastic IP off its interface.
func (tx *Tx) DisassociateAddress(associationID string) error {
	for _, a := range tx.Addresses.All() {
		if a.AssociationID == associationID {
			tx.unmap(a)
			return nil
		}
	}
	return Missing("eipassoc", associationID)
}

func (tx *Tx) unmap(a *Address) {
	if a.InterfaceID == "" {
		return
	}
	if eni := tx.Interfaces.Edit(a.InterfaceID); eni != nil {
		eni.PublicIP, eni.AllocationID = netip.Addr{}, ""
	}
	a = tx.Addresses.Edit(a.AllocationID)
	a.AssociationID, a.InterfaceID = "", ""
}
