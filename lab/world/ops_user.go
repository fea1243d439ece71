package world

// CreateUser makes an IAM user, who can do nothing yet.
func (tx *Tx) CreateUser(u User) (*User, error) {
	if err := checkName("userName", u.Name, 64); err != nil {
		return nil, err
	}
	if err := checkPath(&u.Path); err != nil {
		return nil, err
	}
	if tx.Users.Get(u.Name) != nil {
		return nil, conflict("EntityAlreadyExists", "User with name %s already exists.", u.Name)
	}
	u.ID, u.Created = tx.NewIAMID("AIDA"), tx.Now()
	tx.Users.Put(u.Name, &u)
	return &u, nil
}

// User finds a user to read; EditUser to change.
func (s *State) User(name string) (*User, error) {
	if u := s.Users[name]; u != nil {
		return u, nil
	}
	return nil, noSuch("The user with name %s cannot be found.", name)
}

// EditUser is User, to be written to.
func (tx *Tx) EditUser(name string) (*User, error) {
	if _, err := tx.next.User(name); err != nil {
		return nil, err
	}
	return tx.Users.Edit(name), nil
}

// DeleteUser removes a user who has neither keys nor policies.
func (tx *Tx) DeleteUser(name string) error {
	u, err := tx.next.User(name)
	switch {
	case err != nil:
		return err
	case len(tx.next.AccessKeys(name)) > 0:
		return conflict("DeleteConflict", "Cannot delete entity, must delete access keys first.")
	}
	if err := bare(u.Policies, u.Attached); err != nil {
		return err
	}
	tx.Users.Delete(name)
	return nil
}

// CreateAccessKey makes one of at most two keys of a user.
func (tx *Tx) CreateAccessKey(user string) (*Principal, error) {
	u, err := tx.next.User(user)
	if err != nil {
		return nil, err
	}
	if len(tx.next.AccessKeys(user)) >= 2 {
		return nil, conflict("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
	}
	p := &Principal{
		AccessKeyID: tx.NewIAMID("AKIA"), SecretKey: tx.NewSecretKey(),
		Arn: tx.next.UserArn(u), UserID: u.ID, User: user,
	}
	tx.Principals.Put(p.AccessKeyID, p)
	return p, nil
}

// AccessKeys are the keys of a user.
func (s *State) AccessKeys(user string) []*Principal {
	var out []*Principal
	for _, p := range Sorted(s.Principals) {
		if p.User == user {
			out = append(out, p)
		}
	}
	return out
}

// DeleteAccessKey removes a key of a user.
func (tx *Tx) DeleteAccessKey(user, id string) error {
	p := tx.Principals.Get(id)
	if p == nil || p.User == "" || user != "" && p.User != user {
		return noSuch("The Access Key with id %s cannot be found.", id)
	}
	tx.Principals.Delete(id)
	return nil
}
