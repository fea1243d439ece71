package awsapi

import (
	"maps"
	"slices"

	"gatewalk/lab/world"
)

func createTags(c *ec2Call) error {
	ids := c.form.list("ResourceId")
	if len(ids) == 0 {
		return missing("ResourceId")
	}
	tags, err := readTags(c.form)
	if err != nil {
		return err
	}
	if len(tags) == 0 {
		return missing("Tag")
	}
	if err := c.tx.CreateTags(ids, tags); err != nil {
		return err
	}
	return c.ok()
}

func deleteTags(c *ec2Call) error {
	ids := c.form.list("ResourceId")
	if len(ids) == 0 {
		return missing("ResourceId")
	}
	keys := map[string]*string{}
	for _, t := range c.form.items("Tag") {
		k, err := t.need("Key")
		if err != nil {
			return err
		}
		keys[k] = nil
		if t.has("Value") {
			v := t.str("Value")
			keys[k] = &v
		}
	}
	if err := c.tx.DeleteTags(ids, keys); err != nil {
		return err
	}
	return c.ok()
}

func describeTags(c *ec2Call) error {
	type tag struct {
		world.Tagged
		key, value string
	}
	all := map[string]tag{}
	for _, r := range c.st.AllTagged() {
		for _, k := range slices.Sorted(maps.Keys(r.Tags)) {
			all[r.ID+"\x00"+k] = tag{r, k, r.Tags[k]}
		}
	}
	w := &c.out
	return describeList(c, "tagSet", described[tag]{
		all:  all,
		tags: func(t tag) world.Tags { return world.Tags{t.key: t.value} },
		filters: map[string]func(tag) []string{
			"key":           one(func(t tag) string { return t.key }),
			"value":         one(func(t tag) string { return t.value }),
			"resource-id":   one(func(t tag) string { return t.ID }),
			"resource-type": one(func(t tag) string { return t.Type }),
		},
	}, func(t tag) {
		w.text("resourceId", t.ID)
		w.text("resourceType", t.Type)
		w.text("key", t.key)
		w.text("value", t.value)
	})
}
