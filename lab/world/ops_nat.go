package world

// CreateNatGateway makes a public NAT gateway in a subnet, with an Elastic IP.
func (tx *Tx) CreateNatGateway(subnetID, allocationID string, tags Tags) (*NatGateway, error) {
	sub, err := find(&tx.Subnets, "subnet", subnetID)
	if err != nil {
		return nil, err
	}
	a, err := find(&tx.Addresses, "eipalloc", allocationID)
	if err != nil {
		return nil, err
	}
	if a.AssociationID != "" {
		return nil, refuse("Resource.AlreadyAssociated", "resource %s is already associated with associate-id %s", allocationID, a.AssociationID)
	}
	n := &NatGateway{
		ID: tx.NewID("nat"), VpcID: sub.VpcID, SubnetID: subnetID,
		State: "pending", StateSince: tx.Now(), Created: tx.Now(), Tags: tags,
	}
	ip, ok := tx.NewPrivateIP(subnetID)
	if !ok {
		return nil, noAddresses(subnetID)
	}
	eni := tx.newInterface(sub, ip)
	eni.Description, eni.RequesterManaged = "Interface for NAT Gateway "+n.ID, true
	if _, err := tx.AssociateAddress(allocationID, eni.ID, false); err != nil {
		return nil, err
	}
	n.InterfaceID = eni.ID
	tx.NatGateways.Put(n.ID, n)
	return n, nil
}

// DeleteNatGateway begins to delete one; routes to it become black holes and
// its address is free when it is gone.
func (tx *Tx) DeleteNatGateway(id string) (*NatGateway, error) {
	n, err := edit(&tx.NatGateways, "nat", id)
	if err != nil {
		return nil, err
	}
	if n.State == "pending" || n.State == "available" {
		n.State, n.StateSince = "deleting", tx.Now()
		tx.setBlackhole(id, true)
	}
	return n, nil
}
