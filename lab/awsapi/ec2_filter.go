package awsapi

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"gatewalk/lab/world"
)

// A kind of object that can be described: how it is named, filtered and told
// from others.
type described[T any] struct {
	ids     string // the list parameter that names objects: "VpcId"
	prefix  string // of those ids: "vpc"
	all     map[string]T
	tags    func(T) world.Tags // nil for what has none
	filters map[string]func(T) []string
}

// one makes a filter of a single value.
func one[T any](f func(T) string) func(T) []string {
	return func(v T) []string { return []string{f(v)} }
}

// yes makes a filter of a boolean.
func yes[T any](f func(T) bool) func(T) []string {
	return func(v T) []string { return []string{strconv.FormatBool(f(v))} }
}

// rows makes a filter of what value says of each row of an object; "" is
// nothing.
func rows[T, R any](of func(T) []R, value func(R) string) func(T) []string {
	return func(v T) []string {
		var out []string
		for _, r := range of(v) {
			if s := value(r); s != "" {
				out = append(out, s)
			}
		}
		return out
	}
}

// describe picks the objects that a call asks for, in the order of their ids,
// and the token of the next page. An id that does not exist is refused, as is a
// filter that this kind does not have.
func describe[T any](c *ec2Call, d described[T]) (page []T, next string, err error) {
	ids := c.form.list(d.ids)
	for _, id := range ids {
		if _, ok := d.all[id]; !ok || c.unseen != nil && c.unseen(id) {
			return nil, "", world.Missing(d.prefix, id)
		}
	}
	keep, err := filters(c, d.tags, d.filters)
	if err != nil {
		return nil, "", err
	}
	var found []string
	for id, v := range world.Sorted(d.all) {
		if (len(ids) == 0 || slices.Contains(ids, id)) && (c.unseen == nil || !c.unseen(id)) && keep(v) {
			found = append(found, id)
		}
	}
	found, next, err = paginate(c, found, len(ids) > 0, d.ids)
	for _, id := range found {
		page = append(page, d.all[id])
	}
	return page, next, err
}

// describeList answers with what a call asks for: a list of that name, and the
// token of the next page.
func describeList[T any](c *ec2Call, name string, d described[T], item func(T)) error {
	items, next, err := describe(c, d)
	if err != nil {
		return err
	}
	list(&c.out, name, items, item)
	c.out.opt("nextToken", next)
	return nil
}

// filters reads Filter.N and returns the test for all of them: the values of
// one filter are alternatives.
func filters[T any](c *ec2Call, tags func(T) world.Tags, known map[string]func(T) []string) (func(T) bool, error) {
	type filter struct {
		values   []string
		property func(T) []string
	}
	var all []filter
	for _, f := range c.form.items("Filter") {
		name, err := f.need("Name")
		if err != nil {
			return nil, err
		}
		property, ok := known[name]
		if !ok && tags != nil {
			property, ok = tagFilter(name, tags)
		}
		if !ok {
			return nil, invalid("InvalidParameterValue", "The filter '"+name+"' is invalid")
		}
		values := f.list("Value")
		switch {
		case len(values) == 0:
			return nil, invalid("InvalidParameterValue", "The filter '"+name+"' must have at least one value.")
		case len(values) > 200:
			return nil, invalid("FilterLimitExceeded", "The maximum number of filter values specified on a single call is 200")
		}
		all = append(all, filter{values, property})
	}
	return func(v T) bool {
		for _, f := range all {
			has := f.property(v)
			if !slices.ContainsFunc(f.values, func(want string) bool {
				return slices.ContainsFunc(has, func(s string) bool { return like(want, s) })
			}) {
				return false
			}
		}
		return true
	}, nil
}

func tagFilter[T any](name string, tags func(T) world.Tags) (func(T) []string, bool) {
	if key, ok := strings.CutPrefix(name, "tag:"); ok {
		return func(v T) []string {
			if s, ok := tags(v)[key]; ok {
				return []string{s}
			}
			return nil
		}, true
	}
	switch name {
	case "tag-key":
		return func(v T) []string {
			var out []string
			for k := range tags(v) {
				out = append(out, k)
			}
			return out
		}, true
	case "tag-value":
		return func(v T) []string {
			var out []string
			for _, s := range tags(v) {
				out = append(out, s)
			}
			return out
		}, true
	}
	return nil, false
}

// like matches a filter value: * is any text, ? any one character, and a
// backslash takes their meaning away.
func like(pattern, s string) bool {
	// star and mark are where to go on after the last *.
	star, mark := -1, 0
	p, i := 0, 0
	for i < len(s) {
		if p < len(pattern) {
			switch ch := pattern[p]; {
			case ch == '*':
				star, mark = p, i
				p++
				continue
			case ch == '\\' && p+1 < len(pattern) && pattern[p+1] == s[i]:
				p, i = p+2, i+1
				continue
			case ch == '?' || ch != '\\' && ch == s[i]:
				p, i = p+1, i+1
				continue
			}
		}
		if star < 0 {
			return false
		}
		mark++
		p, i = star+1, mark
	}
	return strings.Trim(pattern[p:], "*") == ""
}

const tokenMark = "gatewalk:"

// paginate cuts the page that MaxResults and NextToken ask for out of sorted
// ids. A token is the last id of the page before, so that what comes and goes
// meanwhile makes no other object appear twice or never.
func paginate(c *ec2Call, ids []string, named bool, param string) (page []string, next string, err error) {
	limit, err := c.form.integer("MaxResults", 0)
	if err != nil {
		return nil, "", err
	}
	if limit != 0 && named {
		return nil, "", invalid("InvalidParameterCombination", "The parameter "+param+"s cannot be used with the parameter MaxResults")
	}
	if c.form.has("MaxResults") && limit < 5 {
		return nil, "", invalid("InvalidParameterValue", "Value ( "+strconv.Itoa(limit)+" ) for parameter maxResults is invalid. Expecting a value greater than or equal to 5.")
	}
	if token := c.form.str("NextToken"); token != "" {
		b, err := base64.RawURLEncoding.DecodeString(token)
		last, ok := strings.CutPrefix(string(b), tokenMark)
		if err != nil || !ok {
			return nil, "", invalid("InvalidNextToken", "The token '"+token+"' is invalid")
		}
		i, found := slices.BinarySearch(ids, last)
		if found {
			i++
		}
		ids = ids[i:]
	}
	if limit = min(limit, 1000); limit != 0 && len(ids) > limit {
		ids = ids[:limit]
		next = base64.RawURLEncoding.EncodeToString([]byte(tokenMark + ids[limit-1]))
	}
	return ids, next, nil
}
