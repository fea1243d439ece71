package world

// AssociateProfile gives a running or stopped instance an instance profile.
func (tx *Tx) AssociateProfile(id, name, arn string) (*Instance, error) {
	i, err := edit(&tx.Instances, "i", id)
	if err != nil {
		return nil, err
	}
	p, err := tx.launchProfile(&Launch{ProfileName: name, ProfileArn: arn})
	switch {
	case err != nil:
		return nil, err
	case p == nil:
		return nil, refuse("MissingParameter", "The request must contain the parameter IamInstanceProfile")
	case i.State != Pending && i.State != Running && i.State != Stopped && i.State != Stopping:
		return nil, wrongState(i, "modified")
	case i.ProfileAssociation != "":
		return nil, refuse("IncorrectState", "There is an existing association for instance %s", id)
	}
	i.Profile, i.ProfileAssociation = p.Name, tx.NewID("iip-assoc")
	return i, nil
}

// ReplaceProfile gives the instance of an association another profile, by an
// association of its own.
func (tx *Tx) ReplaceProfile(association, name, arn string) (*Instance, error) {
	i, err := tx.DisassociateProfile(association)
	if err != nil {
		return nil, err
	}
	return tx.AssociateProfile(i.ID, name, arn)
}

// DisassociateProfile takes it away again and returns the instance, which is
// still printed with the association it had.
func (tx *Tx) DisassociateProfile(association string) (*Instance, error) {
	for id, i := range tx.Instances.All() {
		if i.ProfileAssociation == association && association != "" {
			now := tx.Instances.Edit(id)
			now.Profile, now.ProfileAssociation = "", ""
			return i, nil
		}
	}
	return nil, Missing("iip-assoc", association)
}

// ModifyMetadataOptions sets how the metadata service answers an instance; ""
// and 0 leave things as they are.
func (tx *Tx) ModifyMetadataOptions(id, tokens string, hops int) (*Instance, error) {
	i, err := edit(&tx.Instances, "i", id)
	if err != nil {
		return nil, err
	}
	if tokens != "" {
		i.HttpTokens = tokens
	}
	if hops != 0 {
		i.HttpPutResponseHopLimit = hops
	}
	return i, nil
}
