package world

import (
	"fmt"
	"regexp"
	"strings"
)

// IAM's texts are those of the IAM API. All of its entities are global: their
// ARNs name no region.

var (
	iamName = regexp.MustCompile(`^[\w+=,.@-]+$`) // a length in here would be slow to compile
	iamPath = regexp.MustCompile(`^/$|^/[!-~]*/$`)
)

func noSuch(format string, a ...any) *Error {
	e := refuse("NoSuchEntity", format, a...)
	e.Status = 404
	return e
}

func checkName(param, name string, longest int) error {
	if !iamName.MatchString(name) || len(name) > longest {
		return refuse("ValidationError", "The specified value for %s is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-", param)
	}
	return nil
}

func checkPath(path *string) error {
	if *path == "" {
		*path = "/"
	}
	if !iamPath.MatchString(*path) || len(*path) > 512 {
		return refuse("ValidationError", "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	return nil
}

// Partition is the first part of this region's ARNs after "arn".
func (s *State) Partition() string {
	switch {
	case strings.HasPrefix(s.Region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(s.Region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// EC2Principal is EC2 as roles trust it, which in China has a name of its own.
func (s *State) EC2Principal() string {
	if s.Partition() == "aws-cn" {
		return "ec2.amazonaws.com.cn"
	}
	return "ec2.amazonaws.com"
}

func (s *State) iamArn(kind, path, name string) string {
	return fmt.Sprintf("arn:%s:iam::%s:%s%s%s", s.Partition(), s.Account, kind, path, name)
}

// RoleArn, ProfileArn and UserArn are the ARNs of IAM's entities.
func (s *State) RoleArn(r *Role) string { return s.iamArn("role", r.Path, r.Name) }
func (s *State) ProfileArn(p *InstanceProfile) string {
	return s.iamArn("instance-profile", p.Path, p.Name)
}
func (s *State) UserArn(u *User) string { return s.iamArn("user", u.Path, u.Name) }

// CreateRole makes a role from a checked trust policy.
func (tx *Tx) CreateRole(r Role) (*Role, error) {
	if err := checkName("roleName", r.Name, 64); err != nil {
		return nil, err
	}
	if err := checkPath(&r.Path); err != nil {
		return nil, err
	}
	if tx.Roles.Get(r.Name) != nil {
		return nil, conflict("EntityAlreadyExists", "Role with name %s already exists.", r.Name)
	}
	r.ID, r.Created = tx.NewIAMID("AROA"), tx.Now()
	tx.Roles.Put(r.Name, &r)
	return &r, nil
}

// Role finds a role to read; EditRole to change.
func (s *State) Role(name string) (*Role, error) {
	if r := s.Roles[name]; r != nil {
		return r, nil
	}
	return nil, noSuch("The role with name %s cannot be found.", name)
}

// EditRole is Role, to be written to.
func (tx *Tx) EditRole(name string) (*Role, error) {
	if _, err := tx.next.Role(name); err != nil {
		return nil, err
	}
	return tx.Roles.Edit(name), nil
}

// DeleteRole removes a role that is in no profile and has no policies.
func (tx *Tx) DeleteRole(name string) error {
	r, err := tx.next.Role(name)
	switch {
	case err != nil:
		return err
	case some(tx.next.Profiles, func(p *InstanceProfile) bool { return p.Role == name }):
		return conflict("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.")
	}
	if err := bare(r.Policies, r.Attached); err != nil {
		return err
	}
	tx.Roles.Delete(name)
	return nil
}

// EntityTags are the tags of a role, user, instance profile or managed policy;
// a policy is named by its ARN.
func (s *State) EntityTags(kind, name string) (t Tags, err error) {
	switch kind {
	case "role":
		var r *Role
		if r, err = s.Role(name); err == nil {
			t = r.Tags
		}
	case "user":
		var u *User
		if u, err = s.User(name); err == nil {
			t = u.Tags
		}
	case "instance-profile":
		var p *InstanceProfile
		if p, err = s.Profile(name); err == nil {
			t = p.Tags
		}
	case "policy":
		p := s.ManagedPolicy(name)
		if p == nil {
			return nil, noSuch("Policy %s was not found.", name)
		}
		t = p.Tags
	}
	return t, err
}

// EntityTags is [State.EntityTags], to be written to.
func (tx *Tx) EntityTags(kind, name string) (*Tags, error) {
	if _, err := tx.next.EntityTags(kind, name); err != nil {
		return nil, err
	}
	switch kind {
	case "role":
		return &tx.Roles.Edit(name).Tags, nil
	case "user":
		return &tx.Users.Edit(name).Tags, nil
	case "instance-profile":
		return &tx.Profiles.Edit(name).Tags, nil
	}
	p, err := tx.EditManagedPolicy(name)
	if err != nil {
		return nil, err
	}
	return &p.Tags, nil
}

// CreateInstanceProfile makes a profile without a role.
func (tx *Tx) CreateInstanceProfile(p InstanceProfile) (*InstanceProfile, error) {
	if err := checkName("instanceProfileName", p.Name, 128); err != nil {
		return nil, err
	}
	if err := checkPath(&p.Path); err != nil {
		return nil, err
	}
	if tx.Profiles.Get(p.Name) != nil {
		return nil, conflict("EntityAlreadyExists", "Instance Profile %s already exists.", p.Name)
	}
	p.ID, p.Created = tx.NewIAMID("AIPA"), tx.Now()
	tx.Profiles.Put(p.Name, &p)
	return &p, nil
}

// Profile finds an instance profile to read; EditProfile to change.
func (s *State) Profile(name string) (*InstanceProfile, error) {
	if p := s.Profiles[name]; p != nil {
		return p, nil
	}
	return nil, noSuch("Instance Profile %s cannot be found.", name)
}

// EditProfile is Profile, to be written to.
func (tx *Tx) EditProfile(name string) (*InstanceProfile, error) {
	if _, err := tx.next.Profile(name); err != nil {
		return nil, err
	}
	return tx.Profiles.Edit(name), nil
}

// AddRoleToInstanceProfile puts a role in an empty profile.
func (tx *Tx) AddRoleToInstanceProfile(profile, role string) error {
	p, err := tx.EditProfile(profile)
	if err != nil {
		return err
	}
	if _, err := tx.next.Role(role); err != nil {
		return err
	}
	if p.Role != "" {
		return conflict("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
	}
	p.Role = role
	return nil
}

// RemoveRoleFromInstanceProfile takes it out again.
func (tx *Tx) RemoveRoleFromInstanceProfile(profile, role string) error {
	p, err := tx.EditProfile(profile)
	if err != nil {
		return err
	}
	if _, err := tx.next.Role(role); err != nil {
		return err
	}
	if p.Role != role {
		return noSuch("Instance profile %s does not contain role %s.", profile, role)
	}
	p.Role = ""
	return nil
}

// DeleteInstanceProfile removes an empty profile.
func (tx *Tx) DeleteInstanceProfile(name string) error {
	p, err := tx.next.Profile(name)
	if err != nil {
		return err
	}
	if p.Role != "" {
		return conflict("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.")
	}
	tx.Profiles.Delete(name)
	return nil
}
