package awsapi

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"gatewalk/lab/world"
)

// form is one node of a query protocol request: "Filter.1.Value.2" is the kid
// "2" of "Value" of "1" of "Filter". A form remembers which of its values were
// asked for, so that a parameter nobody understood is refused and not ignored.
// A nil form is an absent parameter.
type form struct {
	name  string // as the client wrote it, up to here
	value string
	set   bool // has a value of its own
	read  bool
	kids  map[string]*form
}

const (
	maxParams = 5000
	maxDepth  = 10
)

// parseForm reads an application/x-www-form-urlencoded body or query.
func parseForm(body string) (*form, error) {
	root := &form{}
	if strings.Count(body, "&") > maxParams {
		return nil, malformed("The request has too many parameters.")
	}
	for pair := range strings.SplitSeq(body, "&") {
		if pair == "" {
			continue
		}
		k, v, _ := strings.Cut(pair, "=")
		k, err := url.QueryUnescape(k)
		if err == nil {
			v, err = url.QueryUnescape(v)
		}
		if err != nil || strings.Count(k, ".") >= maxDepth {
			return nil, malformed("The request could not be parsed.")
		}
		root.put(k, v)
	}
	return root, nil
}

func (f *form) put(name, value string) {
	at := f
	for part := range strings.SplitSeq(name, ".") {
		kid := at.kids[part]
		if kid == nil {
			kid = &form{name: part}
			if at != f {
				kid.name = at.name + "." + part
			}
			if at.kids == nil {
				at.kids = map[string]*form{}
			}
			at.kids[part] = kid
		}
		at = kid
	}
	at.value, at.set = value, true
}

// kid is the node at a dotted path, nil without one.
func (f *form) kid(path string) *form {
	for f != nil && path != "" {
		var part string
		part, path, _ = strings.Cut(path, ".")
		f = f.kids[part]
	}
	return f
}

// has reports whether anything was sent at path.
func (f *form) has(path string) bool { return f.kid(path) != nil }

// str is the value at path, "" without one.
func (f *form) str(path string) string {
	k := f.kid(path)
	if k == nil {
		return ""
	}
	k.read = true
	return k.value
}

// need is str for a parameter that has to be there.
func (f *form) need(path string) (string, error) {
	if v := f.str(path); v != "" {
		return v, nil
	}
	return "", missing(f.path(path))
}

func (f *form) path(p string) string {
	if f == nil || f.name == "" {
		return p
	}
	return f.name + "." + p
}

// items are the kids of a list, by number: "X.1", "X.2". The query protocol of
// IAM calls them "X.member.1".
func (f *form) items(path string) []*form {
	f = f.kid(path)
	if f == nil {
		return nil
	}
	f.read = true
	if m := f.kids["member"]; m != nil {
		f = m
		f.read = true
	}
	type numbered struct {
		n int
		f *form
	}
	var list []numbered
	for k, v := range f.kids {
		if n, err := strconv.Atoi(k); err == nil && n >= 0 {
			list = append(list, numbered{n, v})
		}
	}
	slices.SortFunc(list, func(a, b numbered) int { return cmp.Compare(a.n, b.n) })
	out := make([]*form, len(list))
	for i, v := range list {
		out[i] = v.f
	}
	return out
}

// list are the values of a list of strings.
func (f *form) list(path string) []string {
	var out []string
	for _, k := range f.items(path) {
		k.read = true
		out = append(out, k.value)
	}
	return out
}

// boolean is the value at path; fallback without one.
func (f *form) boolean(path string, fallback bool) (bool, error) {
	switch v := f.str(path); strings.ToLower(v) {
	case "":
		return fallback, nil
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	default:
		return false, invalidValue(f.path(path), v)
	}
}

// needBoolean is boolean for a parameter that has to be there.
func (f *form) needBoolean(path string) (bool, error) {
	if _, err := f.need(path); err != nil {
		return false, err
	}
	return f.boolean(path, false)
}

// integer is the value at path; fallback without one.
func (f *form) integer(path string, fallback int) (int, error) {
	v := f.str(path)
	if v == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		return 0, invalidValue(f.path(path), v)
	}
	return n, nil
}

// skip accepts parameters that make no difference here, with all below them.
func (f *form) skip(paths ...string) {
	for _, p := range paths {
		f.kid(p).markAll()
	}
}

func (f *form) markAll() {
	if f == nil {
		return
	}
	f.read = true
	for _, k := range f.kids {
		k.markAll()
	}
}

// unread is the first parameter, in order of name, that nobody asked for.
func (f *form) unread() string {
	if f.set && !f.read {
		return f.name
	}
	first := ""
	for _, k := range f.kids {
		if name := k.unread(); name != "" && (first == "" || name < first) {
			first = name
		}
	}
	return first
}

// each calls visit with every value, in order of name.
func (f *form) each(visit func(name, value string)) {
	if f.set {
		visit(f.name, f.value)
	}
	for _, k := range slices.Sorted(maps.Keys(f.kids)) {
		f.kids[k].each(visit)
	}
}

func malformed(msg string) error {
	return &world.Error{Code: "MalformedQueryString", Message: msg}
}

func missing(name string) error {
	return &world.Error{Code: "MissingParameter", Message: "The request must contain the parameter " + name}
}

func invalidValue(name, value string) error {
	return &world.Error{Code: "InvalidParameterValue", Message: "Value (" + value + ") for parameter " + name + " is invalid."}
}

// peek is the value of f itself, and leaves no mark.
func (f *form) peek() string {
	if f == nil {
		return ""
	}
	return f.value
}
