package world

import "slices"

const (
	maxRolePolicies = 10240 // characters of all inline policies of a role
	maxAttached     = 10    // managed policies of a role or user
)

// Holder is who has policies: a role or a user.
type Holder struct{ Kind, Name string } // Kind: "role" or "user"

// Held are the inline policies of a holder by name, and the ARNs of the managed
// ones that are attached.
func (s *State) Held(h Holder) (inline map[string]string, attached []string, err error) {
	if h.Kind == "user" {
		u, err := s.User(h.Name)
		if err != nil {
			return nil, nil, err
		}
		return u.Policies, u.Attached, nil
	}
	r, err := s.Role(h.Name)
	if err != nil {
		return nil, nil, err
	}
	return r.Policies, r.Attached, nil
}

// hold is Held, to be written to.
func (tx *Tx) hold(h Holder) (inline *map[string]string, attached *[]string, err error) {
	if h.Kind == "user" {
		u, err := tx.EditUser(h.Name)
		if err != nil {
			return nil, nil, err
		}
		return &u.Policies, &u.Attached, nil
	}
	r, err := tx.EditRole(h.Name)
	if err != nil {
		return nil, nil, err
	}
	return &r.Policies, &r.Attached, nil
}

// bare refuses to delete who still has policies.
func bare(inline map[string]string, attached []string) error {
	switch {
	case len(attached) > 0:
		return conflict("DeleteConflict", "Cannot delete entity, must detach all policies first.")
	case len(inline) > 0:
		return conflict("DeleteConflict", "Cannot delete entity, must delete policies first.")
	}
	return nil
}

// PutPolicy sets an inline policy, whose document is checked by the caller.
func (tx *Tx) PutPolicy(h Holder, name, document string) error {
	inline, _, err := tx.hold(h)
	if err != nil {
		return err
	}
	if err := checkName("policyName", name, 128); err != nil {
		return err
	}
	size := len(document)
	for n, d := range *inline {
		if n != name {
			size += len(d)
		}
	}
	if size > maxRolePolicies {
		return conflict("LimitExceeded", "Maximum policy size of %d bytes exceeded for %s %s", maxRolePolicies, h.Kind, h.Name)
	}
	if *inline == nil {
		*inline = map[string]string{}
	}
	(*inline)[name] = document
	return nil
}

// PutRolePolicy is PutPolicy for a role.
func (tx *Tx) PutRolePolicy(role, name, document string) error {
	return tx.PutPolicy(Holder{"role", role}, name, document)
}

// Policy is an inline policy of a holder.
func (s *State) Policy(h Holder, name string) (string, error) {
	inline, _, err := s.Held(h)
	if err != nil {
		return "", err
	}
	if d, ok := inline[name]; ok {
		return d, nil
	}
	return "", noSuch("The %s policy with name %s cannot be found.", h.Kind, name)
}

// DeletePolicy removes an inline policy.
func (tx *Tx) DeletePolicy(h Holder, name string) error {
	if _, err := tx.next.Policy(h, name); err != nil {
		return err
	}
	inline, _, err := tx.hold(h)
	if err != nil {
		return err
	}
	delete(*inline, name)
	return nil
}

// AttachPolicy gives a holder a managed policy; it may have it already.
func (tx *Tx) AttachPolicy(h Holder, arn string) error {
	_, attached, err := tx.hold(h)
	if err != nil {
		return err
	}
	switch {
	case tx.next.ManagedPolicy(arn) == nil:
		return noSuch("Policy %s does not exist or is not attachable.", arn)
	case slices.Contains(*attached, arn):
		return nil
	case len(*attached) >= maxAttached:
		return conflict("LimitExceeded", "Cannot exceed quota for PoliciesPer%s: %d", map[string]string{"role": "Role", "user": "User"}[h.Kind], maxAttached)
	}
	*attached = append(*attached, arn)
	slices.Sort(*attached)
	return nil
}

// DetachPolicy takes it away again.
func (tx *Tx) DetachPolicy(h Holder, arn string) error {
	_, attached, err := tx.hold(h)
	if err != nil {
		return err
	}
	i := slices.Index(*attached, arn)
	if i < 0 {
		return noSuch("Policy %s was not found.", arn)
	}
	*attached = slices.Delete(*attached, i, i+1)
	return nil
}
