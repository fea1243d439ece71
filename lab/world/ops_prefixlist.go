package world

import (
	"net/netip"
	"slices"
)

// CreatePrefixList makes a customer-managed prefix list.
func (tx *Tx) CreatePrefixList(name string, max int, entries []PrefixEntry, tags Tags) (*PrefixList, error) {
	switch {
	case name == "":
		return nil, refuse("MissingParameter", "The request must contain the parameter PrefixListName")
	case len(name) > 255 || len(name) >= 13 && name[:13] == "com.amazonaws":
		return nil, refuse("InvalidParameterValue", "Value (%s) for parameter PrefixListName is invalid. The name cannot start with com.amazonaws and has at most 255 characters.", name)
	case max < 1 || max > 1000:
		return nil, refuse("InvalidParameterValue", "Value (%d) for parameter MaxEntries is invalid. It must be between 1 and 1000.", max)
	}
	l := &PrefixList{
		ID: tx.NewID("pl"), Name: name, Owner: tx.next.Account, MaxEntries: max,
		Version: 1, State: "create-complete", Tags: tags,
	}
	if err := l.change(entries, nil); err != nil {
		return nil, err
	}
	tx.PrefixLists.Put(l.ID, l)
	return l, nil
}

// change adds entries, or gives those that are there a new description, and
// removes others.
func (l *PrefixList) change(add []PrefixEntry, remove []netip.Prefix) error {
	for _, p := range remove {
		i := slices.IndexFunc(l.Entries, func(e PrefixEntry) bool { return e.Cidr == p })
		if i < 0 {
			return refuse("InvalidParameterValue", "The prefix list %s has no entry %s.", l.ID, p)
		}
		l.Entries = slices.Delete(l.Entries, i, i+1)
	}
	for _, n := range add {
		if i := slices.IndexFunc(l.Entries, func(e PrefixEntry) bool { return e.Cidr == n.Cidr }); i >= 0 {
			l.Entries[i] = n
			continue
		}
		l.Entries = append(l.Entries, n)
	}
	if len(l.Entries) > l.MaxEntries {
		return refuse("PrefixListMaxEntriesExceeded", "You've reached the maximum number of entries for the prefix list.")
	}
	return nil
}

// ownPrefixList finds a list that the account may change.
func (tx *Tx) ownPrefixList(id string) (*PrefixList, error) {
	l, err := edit(&tx.PrefixLists, "pl", id)
	if err == nil && l.Owner != tx.next.Account {
		return nil, &Error{Code: "UnauthorizedOperation", Message: "You are not authorized to perform this operation on the prefix list " + id + ": it is managed by AWS.", Status: 403}
	}
	return l, err
}

// PrefixListChange is a modification; the zero value changes nothing. Version
// is the one that the caller last saw, 0 where it does not say.
type PrefixListChange struct {
	Name    string
	Max     int
	Version int64
	Add     []PrefixEntry
	Remove  []netip.Prefix
}

// ModifyPrefixList changes a customer-managed list; entries make a new version.
func (tx *Tx) ModifyPrefixList(id string, c PrefixListChange) (*PrefixList, error) {
	l, err := tx.ownPrefixList(id)
	if err != nil {
		return nil, err
	}
	entries := len(c.Add)+len(c.Remove) > 0
	switch {
	case c.Version != 0 && c.Version != l.Version:
		return nil, refuse("PrefixListVersionMismatch", "The prefix list has the incorrect version number. Current version: %d.", l.Version)
	case entries && c.Max != 0:
		return nil, refuse("InvalidParameterCombination", "You cannot modify the entries and the size of a prefix list in one request.")
	case c.Max < 0 || c.Max > 1000:
		return nil, refuse("InvalidParameterValue", "Value (%d) for parameter MaxEntries is invalid. It must be between 1 and 1000.", c.Max)
	}
	if c.Name != "" {
		l.Name = c.Name
	}
	if c.Max != 0 {
		l.MaxEntries = c.Max
	}
	if err := l.change(c.Add, c.Remove); err != nil {
		return nil, err
	}
	l.State = "modify-complete"
	if entries {
		l.Version++
	}
	return l, nil
}

// DeletePrefixList removes a customer-managed list that nothing refers to.
func (tx *Tx) DeletePrefixList(id string) (*PrefixList, error) {
	l, err := tx.ownPrefixList(id)
	if err != nil {
		return nil, err
	}
	if len(tx.next.PrefixListUsers(id)) > 0 {
		return nil, refuse("DependencyViolation", "The prefix list '%s' has dependencies and cannot be deleted.", id)
	}
	tx.PrefixLists.Delete(id)
	return l, nil
}

// PrefixListUsers are the ids of the route tables and security groups that name
// a prefix list.
func (s *State) PrefixListUsers(id string) []string {
	var out []string
	for _, t := range Sorted(s.RouteTables) {
		if slices.ContainsFunc(t.Routes, func(r Route) bool { return r.PrefixList == id }) {
			out = append(out, t.ID)
		}
	}
	for _, g := range Sorted(s.SecurityGroups) {
		if slices.ContainsFunc(g.Rules, func(r GroupRule) bool { return r.PrefixList == id }) {
			out = append(out, g.ID)
		}
	}
	return out
}

// ParsePrefixEntry reads the block of an entry.
func ParsePrefixEntry(cidr string) (netip.Prefix, error) { return parseCidr("cidr", cidr) }
