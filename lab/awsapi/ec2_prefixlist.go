package awsapi

import (
	"strconv"

	"gatewalk/lab/world"
)

// describePrefixLists is the older call, which knows AWS's own lists alone.
func describePrefixLists(c *ec2Call) error {
	type prefixes = *world.PrefixList
	own := map[string]prefixes{}
	for id, l := range c.st.PrefixLists {
		if l.Owner == "AWS" {
			own[id] = l
		}
	}
	w := &c.out
	return describeList(c, "prefixListSet", described[prefixes]{
		ids: "PrefixListId", prefix: "pl", all: own,
		filters: map[string]func(prefixes) []string{
			"prefix-list-id":   one(func(l prefixes) string { return l.ID }),
			"prefix-list-name": one(func(l prefixes) string { return l.Name }),
		},
	}, func(l prefixes) {
		w.text("prefixListId", l.ID)
		w.text("prefixListName", l.Name)
		var cidrs []string
		for _, e := range l.Entries {
			cidrs = append(cidrs, e.Cidr.String())
		}
		w.strings("cidrSet", "", cidrs)
	})
}

func (c *ec2Call) prefixList(l *world.PrefixList) {
	w := &c.out
	w.text("prefixListId", l.ID)
	w.text("addressFamily", "IPv4")
	w.text("state", l.State)
	w.text("prefixListArn", c.arn(world.Tagged{Type: "prefix-list", ID: l.ID}))
	w.text("prefixListName", l.Name)
	if l.Owner != "AWS" {
		w.number("maxEntries", l.MaxEntries)
		w.text("version", strconv.FormatInt(l.Version, 10))
	}
	w.tags(l.Tags)
	w.text("ownerId", l.Owner)
}

func describeManagedPrefixLists(c *ec2Call) error {
	return describeList(c, "prefixListSet", described[*world.PrefixList]{
		ids: "PrefixListId", prefix: "pl", all: c.st.PrefixLists,
		tags: func(l *world.PrefixList) world.Tags { return l.Tags },
		filters: map[string]func(*world.PrefixList) []string{
			"prefix-list-id":   one(func(l *world.PrefixList) string { return l.ID }),
			"prefix-list-name": one(func(l *world.PrefixList) string { return l.Name }),
			"owner-id":         one(func(l *world.PrefixList) string { return l.Owner }),
		},
	}, c.prefixList)
}

func getManagedPrefixListEntries(c *ec2Call) error {
	id, err := c.form.need("PrefixListId")
	if err != nil {
		return err
	}
	l := c.st.PrefixLists[id]
	if l == nil {
		return world.Missing("pl", id)
	}
	if v := c.form.str("TargetVersion"); v != "" && v != strconv.FormatInt(l.Version, 10) {
		return invalid("PrefixListVersionMismatch", "The prefix list has the incorrect version number.")
	}
	entries := byKey(l.Entries, func(e world.PrefixEntry) string { return e.Cidr.String() })
	return describeList(c, "entrySet", described[world.PrefixEntry]{all: entries}, func(e world.PrefixEntry) {
		c.out.text("cidr", e.Cidr.String())
		c.out.opt("description", e.Description)
	})
}

func getManagedPrefixListAssociations(c *ec2Call) error {
	id, err := c.form.need("PrefixListId")
	if err != nil {
		return err
	}
	if c.st.PrefixLists[id] == nil {
		return world.Missing("pl", id)
	}
	users := byKey(c.st.PrefixListUsers(id), func(id string) string { return id })
	return describeList(c, "prefixListAssociationSet", described[string]{all: users}, func(id string) {
		c.out.text("resourceId", id)
		c.out.text("resourceOwner", c.st.Account)
	})
}

func createManagedPrefixList(c *ec2Call) error {
	tags, err := c.tags("prefix-list")
	if err != nil {
		return err
	}
	f := c.form
	switch family := f.str("AddressFamily"); family {
	case "IPv4":
	case "":
		return missing("AddressFamily")
	case "IPv6":
		return unsupported("IPv6 is not part of this lab.")
	default:
		return invalidValue("addressFamily", family)
	}
	if _, err := f.need("MaxEntries"); err != nil {
		return err
	}
	size, err := f.integer("MaxEntries", 0)
	if err != nil {
		return err
	}
	entries, err := readEntries(f, "Entry")
	if err != nil {
		return err
	}
	name := f.str("PrefixListName")
	l, err := onceIn(c, "pl", func() map[string]*world.PrefixList { return c.st.PrefixLists }, func() (*world.PrefixList, error) {
		return c.tx.CreatePrefixList(name, size, entries, tags)
	})
	if err != nil {
		return err
	}
	c.out.in("prefixList", func() { c.prefixList(l) })
	return nil
}

func readEntries(f *form, name string) ([]world.PrefixEntry, error) {
	var out []world.PrefixEntry
	for _, e := range f.items(name) {
		cidr, err := e.need("Cidr")
		if err != nil {
			return nil, err
		}
		p, err := world.ParsePrefixEntry(cidr)
		if err != nil {
			return nil, err
		}
		out = append(out, world.PrefixEntry{Cidr: p, Description: e.str("Description")})
	}
	return out, nil
}

func modifyManagedPrefixList(c *ec2Call) error {
	f := c.form
	id, err := f.need("PrefixListId")
	if err != nil {
		return err
	}
	change := world.PrefixListChange{Name: f.str("PrefixListName")}
	if change.Max, err = f.integer("MaxEntries", 0); err != nil {
		return err
	}
	version, err := f.integer("CurrentVersion", 0)
	if err != nil {
		return err
	}
	change.Version = int64(version)
	if change.Add, err = readEntries(f, "AddEntry"); err != nil {
		return err
	}
	removed, err := readEntries(f, "RemoveEntry")
	if err != nil {
		return err
	}
	for _, e := range removed {
		change.Remove = append(change.Remove, e.Cidr)
	}
	l, err := c.tx.ModifyPrefixList(id, change)
	if err != nil {
		return err
	}
	c.out.in("prefixList", func() { c.prefixList(l) })
	return nil
}

func deleteManagedPrefixList(c *ec2Call) error {
	id, err := c.form.need("PrefixListId")
	if err != nil {
		return err
	}
	l, err := c.tx.DeletePrefixList(id)
	if err != nil {
		return err
	}
	gone := *l
	gone.State = "delete-in-progress"
	c.out.in("prefixList", func() { c.prefixList(&gone) })
	return nil
}
