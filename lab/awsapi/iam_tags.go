package awsapi

import (
	"maps"

	"gatewalk/lab/world"
)

// onTags is a handler that changes the tags of an entity.
func onTags(kind string, change func(*iamCall, *world.Tags) error) func(*iamCall) error {
	return func(c *iamCall) error {
		name, err := c.needEntity(kind)
		if err != nil {
			return err
		}
		t, err := c.tx.EntityTags(kind, name)
		if err != nil {
			return err
		}
		return change(c, t)
	}
}

func addTags(c *iamCall, t *world.Tags) error {
	given, err := c.readTags()
	if err != nil {
		return err
	}
	if *t == nil {
		*t = world.Tags{}
	}
	maps.Copy(*t, given)
	return world.CheckTags(*t)
}

func removeTags(c *iamCall, t *world.Tags) error {
	for _, k := range c.form.list("TagKeys") {
		delete(*t, k)
	}
	return nil
}

// listTags is a handler that lists the tags of an entity.
func listTags(kind string) func(*iamCall) error {
	return func(c *iamCall) error {
		name, err := c.needEntity(kind)
		if err != nil {
			return err
		}
		t, err := c.st.EntityTags(kind, name)
		if err != nil {
			return err
		}
		if len(t) == 0 {
			c.out.text("Tags", "")
		}
		c.tags(t)
		c.page()
		return nil
	}
}
