package policy

import (
	"slices"
	"strings"
)

// query is a Request made ready for matching: context keys in lower case, and
// the names under which the principal may appear in a document.
type query struct {
	Request
	context map[string][]string
	names   []string // ARNs that mean this principal
}

func newQuery(r Request) *query {
	q := &query{Request: r, context: make(map[string][]string, len(r.Context)+2)}
	for k, v := range r.Context {
		q.context[strings.ToLower(k)] = v
	}
	if r.Principal.Anonymous || r.Principal.Arn == "" {
		return q
	}
	// A role session is named by its session ARN and by its role's. The role's
	// path is not in the session ARN, so aws:PrincipalArn is asked first.
	role := q.value("aws:principalarn")
	if role == "" {
		role = roleArn(r.Principal.Arn)
		q.context["aws:principalarn"] = []string{role}
	}
	if q.value("aws:principalaccount") == "" && r.Principal.Account != "" {
		q.context["aws:principalaccount"] = []string{r.Principal.Account}
	}
	q.names = []string{r.Principal.Arn, role}
	return q
}

// value is the first value of a context key (lower case), "" without one.
func (q *query) value(key string) string {
	if v := q.context[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// roleArn turns a session ARN into its role's (path "/"), and leaves any other
// ARN alone: that is what aws:PrincipalArn holds.
func roleArn(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[2] != "sts" {
		return arn
	}
	rest, ok := strings.CutPrefix(parts[5], "assumed-role/")
	if !ok {
		return arn
	}
	name, _, _ := strings.Cut(rest, "/")
	return strings.Join([]string{parts[0], parts[1], "iam", parts[3], parts[4], "role/" + name}, ":")
}

// grant is what one document, or one kind of document, says.
type grant struct {
	allow, deny bool
	// delegate: the principal's account was allowed, not the principal. Its
	// own policies must allow it as well.
	delegate bool
}

func (g grant) or(h grant) grant {
	return grant{g.allow || h.allow, g.deny || h.deny, g.delegate || h.delegate}
}

// principalRule is how a kind of policy reads its Principal element.
type principalRule int

const (
	withoutPrincipal   principalRule = iota // identity policies have none
	delegatesToAccount                      // an account stands for all in it, by delegation
	accountIsRoot                           // an account stands for its root user (PrivateLink guide, "vpc-endpoints-access")
)

// decide folds every statement that matches q. A nil document says nothing.
func (d *Document) decide(q *query, rule principalRule) grant {
	var g grant
	if d == nil {
		return g
	}
	for i := range d.Statements {
		s := &d.Statements[i]
		who := s.principal(q, rule)
		if who == nobody || !s.matchesAction(q) || !s.matchesResource(q) || !s.matchesConditions(q) {
			continue
		}
		switch {
		case s.Deny:
			g.deny = true
		case who == itsAccount:
			g.delegate = true
		default:
			g.allow = true
		}
	}
	return g
}

// whom a Principal element means.
type whom int

const (
	nobody     whom = iota // not this principal
	itsAccount             // the account it belongs to
	itself                 // this principal, or everybody
)

func (s *Statement) principal(q *query, rule principalRule) whom {
	if rule == withoutPrincipal {
		return itself
	}
	found := nobody
	for _, p := range s.Principals {
		found = max(found, p.means(q, rule))
	}
	if s.NotPrincipal {
		if found == nobody {
			return itself
		}
		return nobody
	}
	return found
}

func (p PrincipalName) means(q *query, rule principalRule) whom {
	switch {
	case p.Value == "*" && p.Kind == "AWS":
		return itself
	case p.Kind != "AWS" || q.Principal.Anonymous || q.Principal.Arn == "":
		return nobody
	case slices.Contains(q.names, p.Value):
		return itself
	}
	account, ok := p.account()
	if !ok || account != q.Principal.Account {
		return nobody
	}
	if q.Principal.Root {
		return itself
	}
	if rule == accountIsRoot {
		return nobody
	}
	return itsAccount
}

// account is the account that p names as a whole: "123456789012" or its root.
func (p PrincipalName) account() (string, bool) {
	if isAccount(p.Value) {
		return p.Value, true
	}
	parts := strings.Split(p.Value, ":")
	if len(parts) == 6 && parts[5] == "root" {
		return parts[4], true
	}
	return "", false
}

func isAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

func (s *Statement) matchesAction(q *query) bool {
	found := slices.ContainsFunc(s.actions, func(p pattern) bool { return p.match(q.Action, nil, true) })
	return found != s.NotAction
}

func (s *Statement) matchesResource(q *query) bool {
	if s.resources == nil { // trust policies name none
		return true
	}
	resource := q.Resource
	if resource == "" {
		resource = "*" // an action without a resource is allowed by Resource "*" only
	}
	found := slices.ContainsFunc(s.resources, func(p pattern) bool { return p.match(resource, q, false) })
	return found != s.NotResource
}

func (s *Statement) matchesConditions(q *query) bool {
	for _, c := range s.conditions {
		if !c.holds(q) {
			return false
		}
	}
	return true
}
