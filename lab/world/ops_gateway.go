package world

// CreateInternetGateway makes one that is attached to nothing.
func (tx *Tx) CreateInternetGateway(tags Tags) (*InternetGateway, error) {
	if tx.Gateways.Len() >= maxGateways {
		return nil, refuse("InternetGatewayLimitExceeded", "The maximum number of internet gateways has been reached.")
	}
	g := &InternetGateway{ID: tx.NewID("igw"), Tags: tags}
	tx.Gateways.Put(g.ID, g)
	return g, nil
}

// AttachInternetGateway joins a VPC to the internet. Routes that pointed at the
// gateway before it was detached work again.
func (tx *Tx) AttachInternetGateway(id, vpcID string) error {
	g, err := find(&tx.Gateways, "igw", id)
	if err != nil {
		return err
	}
	if _, err := find(&tx.Vpcs, "vpc", vpcID); err != nil {
		return err
	}
	if g.VpcID != "" {
		return refuse("Resource.AlreadyAssociated", "resource %s is already attached to network %s", id, g.VpcID)
	}
	if some(tx.next.Gateways, func(o *InternetGateway) bool { return o.VpcID == vpcID }) {
		return refuse("InvalidParameterValue", "Network %s already has an internet gateway attached", vpcID)
	}
	tx.Gateways.Edit(id).VpcID = vpcID
	tx.setBlackhole(id, false)
	return nil
}

// DetachInternetGateway takes it off; routes to it become black holes.
func (tx *Tx) DetachInternetGateway(id, vpcID string) error {
	g, err := find(&tx.Gateways, "igw", id)
	if err != nil {
		return err
	}
	if _, err := find(&tx.Vpcs, "vpc", vpcID); err != nil {
		return err
	}
	if g.VpcID != vpcID {
		return refuse("Gateway.NotAttached", "resource %s is not attached to network %s", id, vpcID)
	}
	if some(tx.next.Interfaces, func(i *Interface) bool { return i.VpcID == vpcID && i.PublicIP.IsValid() }) {
		return refuse("DependencyViolation", "Network %s has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.", vpcID)
	}
	tx.Gateways.Edit(id).VpcID = ""
	tx.setBlackhole(id, true)
	return nil
}

// DeleteInternetGateway removes a detached one.
func (tx *Tx) DeleteInternetGateway(id string) error {
	g, err := find(&tx.Gateways, "igw", id)
	if err != nil {
		return err
	}
	if g.VpcID != "" {
		return hasDependencies("internetGateway", id)
	}
	tx.Gateways.Delete(id)
	return nil
}

// setBlackhole marks every route to a target whose state changed.
func (tx *Tx) setBlackhole(target string, gone bool) {
	for id, rt := range tx.RouteTables.All() {
		for i, r := range rt.Routes {
			if r.Target == target && r.Blackhole != gone {
				tx.RouteTables.Edit(id).Routes[i].Blackhole = gone
			}
		}
	}
}
