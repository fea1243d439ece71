package world

import "slices"

// CreateNetworkAcl makes an ACL that denies everything.
func (tx *Tx) CreateNetworkAcl(vpcID string, tags Tags) (*NetworkAcl, error) {
	if _, err := find(&tx.Vpcs, "vpc", vpcID); err != nil {
		return nil, err
	}
	a := &NetworkAcl{ID: tx.NewID("acl"), VpcID: vpcID, AssociationIDs: map[string]string{}, Tags: tags}
	tx.NetworkAcls.Put(a.ID, a)
	return a, nil
}

// DeleteNetworkAcl removes one that no subnet is on.
func (tx *Tx) DeleteNetworkAcl(id string) error {
	a, err := find(&tx.NetworkAcls, "acl", id)
	switch {
	case err != nil:
		return err
	case a.Default:
		return refuse("InvalidParameterValue", "cannot delete default network ACL %s", id)
	case len(a.AssociationIDs) > 0:
		return hasDependencies("networkAcl", id)
	}
	tx.NetworkAcls.Delete(id)
	return nil
}

// PutNetworkAclEntry adds an entry, or with replace changes the one that has
// its number and direction.
func (tx *Tx) PutNetworkAclEntry(id string, e AclEntry, replace bool) error {
	a, err := edit(&tx.NetworkAcls, "acl", id)
	if err != nil {
		return err
	}
	if e.Number < 1 || e.Number > 32766 {
		return refuse("InvalidParameterValue", "Value (%d) for parameter ruleNumber is invalid. It must be between 1 and 32766.", e.Number)
	}
	switch e.Protocol {
	case "6", "17":
		if e.From < 0 || e.To > 65535 || e.From > e.To {
			return refuse("InvalidParameterValue", "Invalid TCP/UDP port range (%d:%d)", e.From, e.To)
		}
	}
	i := a.indexOf(e.Number, e.Egress)
	switch {
	case replace && i < 0:
		return refuse("InvalidNetworkAclEntry.NotFound", "The network acl entry identified by %d does not exist", e.Number)
	case replace:
		a.Entries[i] = e
		return nil
	case i >= 0:
		return refuse("NetworkAclEntryAlreadyExists", "The network acl entry identified by %d already exists.", e.Number)
	case len(a.Entries) >= 2*20:
		return refuse("NetworkAclEntryLimitExceeded", "The maximum number of network ACL entries has been reached.")
	}
	a.Entries = append(a.Entries, e)
	return nil
}

// DeleteNetworkAclEntry removes an entry.
func (tx *Tx) DeleteNetworkAclEntry(id string, number int, egress bool) error {
	a, err := edit(&tx.NetworkAcls, "acl", id)
	if err != nil {
		return err
	}
	i := a.indexOf(number, egress)
	if i < 0 {
		return refuse("InvalidNetworkAclEntry.NotFound", "The network acl entry identified by %d does not exist", number)
	}
	a.Entries = slices.Delete(a.Entries, i, i+1)
	return nil
}

func (a *NetworkAcl) indexOf(number int, egress bool) int {
	return slices.IndexFunc(a.Entries, func(o AclEntry) bool { return o.Number == number && o.Egress == egress })
}

// ReplaceNetworkAclAssociation moves a subnet to another ACL and returns the
// new association's id.
func (tx *Tx) ReplaceNetworkAclAssociation(associationID, id string) (string, error) {
	for _, old := range tx.NetworkAcls.All() {
		for subnet, a := range old.AssociationIDs {
			if a != associationID {
				continue
			}
			to, err := edit(&tx.NetworkAcls, "acl", id)
			if err != nil {
				return "", err
			}
			if to.VpcID != old.VpcID {
				return "", refuse("InvalidParameterValue", "network ACL %s and subnet %s belong to different networks", id, subnet)
			}
			delete(tx.NetworkAcls.Edit(old.ID).AssociationIDs, subnet)
			made := tx.NewID("aclassoc")
			to.AssociationIDs[subnet] = made
			tx.Subnets.Edit(subnet).AclID = id
			return made, nil
		}
	}
	return "", Missing("aclassoc", associationID)
}
