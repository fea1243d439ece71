package awsapi

import (
	"cmp"
	"strconv"

	"gatewalk/lab/policy"
	"gatewalk/lab/world"
)

func (c *iamCall) role(r *world.Role, full bool) {
	w := &c.out
	w.text("Path", r.Path)
	w.text("RoleName", r.Name)
	w.text("RoleId", r.ID)
	w.text("Arn", c.st.RoleArn(r))
	w.text("CreateDate", iamTime(r.Created))
	w.text("AssumeRolePolicyDocument", encoded(r.Trust))
	w.opt("Description", r.Description)
	w.number("MaxSessionDuration", cmp.Or(r.MaxSession, 3600))
	if full {
		c.tags(r.Tags)
		w.text("RoleLastUsed", "")
	}
}

func (c *iamCall) checkTrust(text string) error {
	return checkDocument(text, func(d *policy.Document) error { return d.CheckTrust(principals(c.st)) })
}

func createRole(c *iamCall) error {
	name, trust, err := c.need2("RoleName", "AssumeRolePolicyDocument")
	if err != nil {
		return err
	}
	if err := c.checkTrust(trust); err != nil {
		return err
	}
	tags, err := c.readTags()
	if err != nil {
		return err
	}
	n, err := c.maxSession(3600)
	if err != nil {
		return err
	}
	r, err := c.tx.CreateRole(world.Role{
		Name: name, Path: c.form.str("Path"), Trust: trust, Description: c.form.str("Description"), MaxSession: n, Tags: tags,
	})
	if err != nil {
		return err
	}
	c.out.in("Role", func() { c.role(r, true) })
	return nil
}

// maxSession reads MaxSessionDuration, in seconds.
func (c *iamCall) maxSession(fallback int) (int, error) {
	n, err := c.form.integer("MaxSessionDuration", fallback)
	if err != nil || n < 3600 || n > 43200 {
		return 0, validation("Value '" + strconv.Itoa(n) + "' at 'maxSessionDuration' failed to satisfy constraint: Member must be between 3600 and 43200")
	}
	return n, nil
}

// updateRole changes what is given; what is not stays.
func updateRole(c *iamCall) error {
	name, err := c.need("RoleName")
	if err != nil {
		return err
	}
	r, err := c.tx.EditRole(name)
	if err != nil {
		return err
	}
	if c.form.has("Description") {
		r.Description = c.form.str("Description")
	}
	if r.MaxSession, err = c.maxSession(cmp.Or(r.MaxSession, 3600)); err != nil {
		return err
	}
	return nil
}

func updateRoleDescription(c *iamCall) error {
	name, err := c.need("RoleName")
	if err != nil {
		return err
	}
	r, err := c.tx.EditRole(name)
	if err != nil {
		return err
	}
	if r.Description, err = c.need("Description"); err != nil {
		return err
	}
	c.out.in("Role", func() { c.role(r, true) })
	return nil
}

func (c *iamCall) needRole() (*world.Role, error) {
	name, err := c.need("RoleName")
	if err != nil {
		return nil, err
	}
	return c.st.Role(name)
}

func getRole(c *iamCall) error {
	r, err := c.needRole()
	if err != nil {
		return err
	}
	c.out.in("Role", func() { c.role(r, true) })
	return nil
}

func listRoles(c *iamCall) error {
	roles := below(c, c.st.Roles, func(r *world.Role) string { return r.Path })
	return listed(c, "Roles", roles, func(r *world.Role) { c.role(r, false) })
}

func updateAssumeRolePolicy(c *iamCall) error {
	name, trust, err := c.need2("RoleName", "PolicyDocument")
	if err != nil {
		return err
	}
	if err := c.checkTrust(trust); err != nil {
		return err
	}
	r, err := c.tx.EditRole(name)
	if err != nil {
		return err
	}
	r.Trust = trust
	return nil
}

func deleteRole(c *iamCall) error {
	name, err := c.need("RoleName")
	if err != nil {
		return err
	}
	return c.tx.DeleteRole(name)
}
