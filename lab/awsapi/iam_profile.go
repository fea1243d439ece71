package awsapi

import (
	"strings"

	"gatewalk/lab/world"
)

func (c *iamCall) profile(p *world.InstanceProfile) {
	w := &c.out
	w.text("Path", p.Path)
	w.text("InstanceProfileName", p.Name)
	w.text("InstanceProfileId", p.ID)
	w.text("Arn", c.st.ProfileArn(p))
	w.text("CreateDate", iamTime(p.Created))
	members(w, "Roles", present(c.st.Roles[p.Role]), func(r *world.Role) { c.role(r, false) })
	c.tags(p.Tags)
}

func createInstanceProfile(c *iamCall) error {
	name, err := c.need("InstanceProfileName")
	if err != nil {
		return err
	}
	tags, err := c.readTags()
	if err != nil {
		return err
	}
	p, err := c.tx.CreateInstanceProfile(world.InstanceProfile{Name: name, Path: c.form.str("Path"), Tags: tags})
	if err != nil {
		return err
	}
	c.out.in("InstanceProfile", func() { c.profile(p) })
	return nil
}

func (c *iamCall) needProfile() (*world.InstanceProfile, error) {
	name, err := c.need("InstanceProfileName")
	if err != nil {
		return nil, err
	}
	return c.st.Profile(name)
}

func getInstanceProfile(c *iamCall) error {
	p, err := c.needProfile()
	if err != nil {
		return err
	}
	c.out.in("InstanceProfile", func() { c.profile(p) })
	return nil
}

func (c *iamCall) profiles(such func(*world.InstanceProfile) bool) error {
	var out []*world.InstanceProfile
	for _, p := range world.Sorted(c.st.Profiles) {
		if such(p) {
			out = append(out, p)
		}
	}
	return listed(c, "InstanceProfiles", out, c.profile)
}

func listInstanceProfiles(c *iamCall) error {
	prefix := c.form.str("PathPrefix")
	return c.profiles(func(p *world.InstanceProfile) bool { return strings.HasPrefix(p.Path, prefix) })
}

func listInstanceProfilesForRole(c *iamCall) error {
	r, err := c.needRole()
	if err != nil {
		return err
	}
	return c.profiles(func(p *world.InstanceProfile) bool { return p.Role == r.Name })
}

func addRoleToInstanceProfile(c *iamCall) error {
	profile, role, err := c.need2("InstanceProfileName", "RoleName")
	if err != nil {
		return err
	}
	return c.tx.AddRoleToInstanceProfile(profile, role)
}

func removeRoleFromInstanceProfile(c *iamCall) error {
	profile, role, err := c.need2("InstanceProfileName", "RoleName")
	if err != nil {
		return err
	}
	return c.tx.RemoveRoleFromInstanceProfile(profile, role)
}

func deleteInstanceProfile(c *iamCall) error {
	name, err := c.need("InstanceProfileName")
	if err != nil {
		return err
	}
	return c.tx.DeleteInstanceProfile(name)
}
