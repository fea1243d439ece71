package awsapi

import (
	"cmp"

	"gatewalk/lab/world"
)

func (c *iamCall) user(u *world.User) {
	w := &c.out
	w.text("Path", u.Path)
	w.text("UserName", u.Name)
	w.text("UserId", u.ID)
	w.text("Arn", c.st.UserArn(u))
	w.text("CreateDate", iamTime(u.Created))
	c.tags(u.Tags)
}

func createUser(c *iamCall) error {
	name, err := c.need("UserName")
	if err != nil {
		return err
	}
	tags, err := c.readTags()
	if err != nil {
		return err
	}
	u, err := c.tx.CreateUser(world.User{Name: name, Path: c.form.str("Path"), Tags: tags})
	if err != nil {
		return err
	}
	c.out.in("User", func() { c.user(u) })
	return nil
}

// userName is the user that a call names, or the caller. The lab's
// administrator is a caller without a user.
func (c *iamCall) userName() (string, error) {
	if name := cmp.Or(c.form.str("UserName"), c.id.Principal.User); name != "" {
		return name, nil
	}
	return "", validation("Must specify userName when calling with non-User credentials")
}

func (c *iamCall) needUser() (*world.User, error) {
	name, err := c.need("UserName")
	if err != nil {
		return nil, err
	}
	return c.st.User(name)
}

func getUser(c *iamCall) error {
	name, err := c.userName()
	if err != nil {
		return err
	}
	u, err := c.st.User(name)
	if err != nil {
		return err
	}
	c.out.in("User", func() { c.user(u) })
	return nil
}

func listUsers(c *iamCall) error {
	return listed(c, "Users", below(c, c.st.Users, func(u *world.User) string { return u.Path }), c.user)
}

func deleteUser(c *iamCall) error {
	name, err := c.need("UserName")
	if err != nil {
		return err
	}
	return c.tx.DeleteUser(name)
}

func createAccessKey(c *iamCall) error {
	user, err := c.userName()
	if err != nil {
		return err
	}
	p, err := c.tx.CreateAccessKey(user)
	if err != nil {
		return err
	}
	w := &c.out
	w.in("AccessKey", func() {
		w.text("UserName", user)
		w.text("AccessKeyId", p.AccessKeyID)
		w.text("Status", "Active")
		w.text("SecretAccessKey", p.SecretKey)
		w.text("CreateDate", iamTime(c.tx.Now()))
	})
	return nil
}

func listAccessKeys(c *iamCall) error {
	user, err := c.userName()
	if err == nil {
		_, err = c.st.User(user)
	}
	if err != nil {
		return err
	}
	return listed(c, "AccessKeyMetadata", c.st.AccessKeys(user), func(p *world.Principal) {
		c.out.text("UserName", user)
		c.out.text("AccessKeyId", p.AccessKeyID)
		c.out.text("Status", "Active")
	})
}

func deleteAccessKey(c *iamCall) error {
	id, err := c.need("AccessKeyId")
	if err != nil {
		return err
	}
	user, err := c.userName()
	if err != nil {
		return err
	}
	return c.tx.DeleteAccessKey(user, id)
}

// listGroupsForUser: the lab has no groups.
func listGroupsForUser(c *iamCall) error {
	if _, err := c.needUser(); err != nil {
		return err
	}
	c.out.text("Groups", "")
	c.page()
	return nil
}

func listAccountAliases(c *iamCall) error {
	c.out.text("AccountAliases", "")
	c.page()
	return nil
}
