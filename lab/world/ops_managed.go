package world

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxPolicySize     = 6144 // characters that are not white space
	maxPolicyVersions = 5
)

// CreateManagedPolicy makes a managed policy of the account's own. Its document is
// checked by the caller.
func (tx *Tx) CreateManagedPolicy(p ManagedPolicy, document string) (*ManagedPolicy, error) {
	if err := checkName("policyName", p.Name, 128); err != nil {
		return nil, err
	}
	if err := checkPath(&p.Path); err != nil {
		return nil, err
	}
	if some(tx.next.Policies, func(other *ManagedPolicy) bool { return strings.EqualFold(other.Name, p.Name) }) {
		return nil, conflict("EntityAlreadyExists", "A policy called %s already exists. Duplicate names are not allowed.", p.Name)
	}
	p.ID, p.Owner, p.Created = tx.NewIAMID("ANPA"), tx.next.Account, tx.Now()
	if err := p.add(document, p.Created, true); err != nil {
		return nil, err
	}
	tx.Policies.Put(p.Name, &p)
	return &p, nil
}

// add adds a version, which may come into force.
func (p *ManagedPolicy) add(document string, now time.Time, inForce bool) error {
	if n := len(strings.Join(strings.Fields(document), "")); n > maxPolicySize {
		return conflict("LimitExceeded", "Cannot exceed quota for PolicySize: %d", maxPolicySize)
	}
	if len(p.Versions) >= maxPolicyVersions {
		return conflict("LimitExceeded", "A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", maxPolicyVersions)
	}
	p.Made++
	v := PolicyVersion{"v" + strconv.Itoa(p.Made), document, now}
	p.Versions, p.Updated = append(p.Versions, v), now
	if inForce {
		p.Default = v.ID
	}
	return nil
}

// EditManagedPolicy is a policy of the account's own, to be written to.
func (tx *Tx) EditManagedPolicy(arn string) (*ManagedPolicy, error) {
	p := tx.next.ManagedPolicy(arn)
	switch {
	case p == nil:
		return nil, noSuch("Policy %s was not found.", arn)
	case p.Owner != tx.next.Account:
		e := refuse("AccessDenied", "Policy %s is AWS's own and cannot be changed.", arn)
		e.Status = 403
		return nil, e
	}
	return tx.Policies.Edit(p.Name), nil
}

// CreatePolicyVersion adds a version to a policy.
func (tx *Tx) CreatePolicyVersion(arn, document string, inForce bool) (*ManagedPolicy, error) {
	p, err := tx.EditManagedPolicy(arn)
	if err == nil {
		err = p.add(document, tx.Now(), inForce)
	}
	return p, err
}

// SetDefaultPolicyVersion brings another version of a policy into force.
func (tx *Tx) SetDefaultPolicyVersion(arn, id string) error {
	p, err := tx.editVersion(arn, id)
	if err != nil {
		return err
	}
	p.Default, p.Updated = id, tx.Now()
	return nil
}

// editVersion is EditManagedPolicy for a policy that has that version.
func (tx *Tx) editVersion(arn, id string) (*ManagedPolicy, error) {
	p, err := tx.EditManagedPolicy(arn)
	if err == nil && p.Version(id) == nil {
		err = NoSuchVersion(arn, id)
	}
	return p, err
}

// NoSuchVersion is the refusal of a version that a policy does not have.
func NoSuchVersion(arn, id string) error {
	return noSuch("Policy %s version %s does not exist or is not attachable.", arn, id)
}

// DeletePolicyVersion removes a version that is not in force.
func (tx *Tx) DeletePolicyVersion(arn, id string) error {
	p, err := tx.editVersion(arn, id)
	switch {
	case err != nil:
		return err
	case p.Default == id:
		return conflict("DeleteConflict", "Cannot delete the default version of a policy.")
	}
	p.Versions = slices.DeleteFunc(p.Versions, func(v PolicyVersion) bool { return v.ID == id })
	p.Updated = tx.Now()
	return nil
}

// DeleteManagedPolicy removes a policy that nobody has, with its one version.
func (tx *Tx) DeleteManagedPolicy(arn string) error {
	p, err := tx.EditManagedPolicy(arn)
	if err != nil {
		return err
	}
	roles, users := tx.next.Attached(arn)
	switch {
	case len(roles)+len(users) > 0:
		return conflict("DeleteConflict", "Cannot delete a policy attached to entities.")
	case len(p.Versions) > 1:
		return conflict("DeleteConflict", "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
	}
	tx.Policies.Delete(p.Name)
	return nil
}
