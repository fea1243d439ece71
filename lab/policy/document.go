package policy

import (
	"slices"
	"strings"
)

// Document is a parsed policy.
type Document struct {
	Version    string // "2008-10-17" where the text names none
	ID         string
	Statements []Statement
}

// Statement is one rule of a document.
type Statement struct {
	Sid        string
	Deny       bool
	Principals []PrincipalName
	// NotPrincipal, NotAction and NotResource turn the element round.
	NotPrincipal, NotAction, NotResource bool

	actions    []pattern
	resources  []pattern // nil: the document named none
	conditions []condition
}

// PrincipalName is one entry of a Principal element.
type PrincipalName struct {
	Kind  string // AWS, Service, Federated, CanonicalUser
	Value string // "*", an ARN, an account, a service's name
}

// ContextKeys are the condition keys that the document asks for, as it writes
// them.
func (d *Document) ContextKeys() []string {
	var out []string
	for _, s := range d.Statements {
		for _, c := range s.conditions {
			out = append(out, c.name)
		}
	}
	return out
}

// SyntaxError is why a document is refused. Each service says the same thing
// in its own words.
type SyntaxError struct {
	s3, iam string
}

// Error is S3's text, the Message of MalformedPolicy.
func (e *SyntaxError) Error() string { return e.s3 }

// IAM is IAM's text, the Message of MalformedPolicyDocument.
func (e *SyntaxError) IAM() string { return e.iam }

const iamSyntax = "Syntax errors in policy."

func malformed(s3 string) *SyntaxError { return &SyntaxError{s3: s3, iam: iamSyntax} }

// Parse reads what every kind of policy has in common. What only one kind
// demands is asked by CheckIdentity, CheckTrust, CheckBucket and CheckEndpoint.
// Every error is a *SyntaxError.
func Parse(doc string) (*Document, error) {
	v, err := decodeJSON(doc)
	root, ok := v.(object)
	if err != nil || !ok {
		return nil, &SyntaxError{"Policies must be valid JSON and the first byte must be '{'", "This policy contains invalid Json"}
	}
	d := &Document{Version: "2008-10-17"}
	var statements any
	for _, m := range root {
		switch text, isText := m.value.(string); m.key {
		case "Version":
			if text != "2012-10-17" && text != "2008-10-17" {
				const msg = "The policy must contain a valid version string"
				return nil, &SyntaxError{msg, msg}
			}
			d.Version = text
		case "Id":
			if !isText {
				return nil, malformed("Invalid policy syntax.")
			}
			d.ID = text
		case "Statement":
			statements = m.value
		default:
			return nil, malformed("Unknown field " + m.key)
		}
	}
	if statements == nil {
		return nil, malformed("Missing required field Statement")
	}
	list, ok := statements.([]any)
	if !ok {
		list = []any{statements}
	}
	if len(list) == 0 {
		return nil, &SyntaxError{"Could not parse the policy: Statement is empty!", iamSyntax}
	}
	for _, x := range list {
		o, ok := x.(object)
		if !ok {
			return nil, malformed("Invalid policy syntax.")
		}
		s, err := parseStatement(o, d.Version == "2012-10-17")
		if err != nil {
			return nil, err
		}
		d.Statements = append(d.Statements, s)
	}
	return d, d.checkSids()
}

func parseStatement(o object, variables bool) (s Statement, err error) {
	for _, m := range o {
		list, isList := stringList(m.value)
		switch m.key {
		case "Sid":
			text, ok := m.value.(string)
			if !ok {
				return s, malformed("Invalid policy syntax.")
			}
			s.Sid = text
		case "Effect":
			if text, _ := m.value.(string); text != "Allow" && text != "Deny" {
				return s, malformed("Invalid effect: " + text)
			} else {
				s.Deny = text == "Deny"
			}
		case "Principal", "NotPrincipal":
			if s.Principals != nil {
				return s, malformed("Statement must not have both Principal and NotPrincipal")
			}
			s.NotPrincipal = m.key == "NotPrincipal"
			if s.Principals, err = parsePrincipals(m.value); err != nil {
				return s, err
			}
		case "Action", "NotAction":
			if !isList || s.actions != nil {
				return s, malformed("Policy has invalid action")
			}
			s.NotAction = m.key == "NotAction"
			if s.actions, err = parseActions(list); err != nil {
				return s, err
			}
		case "Resource", "NotResource":
			if !isList || s.resources != nil {
				return s, malformed("Policy has invalid resource")
			}
			s.NotResource = m.key == "NotResource"
			if s.resources, err = parseResources(list, variables); err != nil {
				return s, err
			}
		case "Condition":
			if s.conditions, err = parseConditions(m.value, variables); err != nil {
				return s, err
			}
		default:
			return s, malformed("Unknown field " + m.key)
		}
	}
	if _, ok := o.get("Effect"); !ok {
		return s, malformed("Missing required field Effect")
	}
	if s.actions == nil {
		return s, &SyntaxError{"Missing required field Action", "Policy statement must contain actions."}
	}
	return s, nil
}

func parsePrincipals(v any) ([]PrincipalName, error) {
	invalid := malformed("Invalid principal in policy")
	if v == "*" {
		return []PrincipalName{{"AWS", "*"}}, nil
	}
	o, ok := v.(object)
	if !ok || len(o) == 0 {
		return nil, invalid
	}
	var out []PrincipalName
	for _, m := range o {
		names, ok := stringList(m.value)
		if !ok || !slices.Contains([]string{"AWS", "Service", "Federated", "CanonicalUser"}, m.key) {
			return nil, invalid
		}
		for _, name := range names {
			out = append(out, PrincipalName{m.key, name})
		}
	}
	return out, nil
}

func parseActions(list []string) ([]pattern, error) {
	var out []pattern
	for _, a := range list {
		service, name, ok := strings.Cut(a, ":")
		if a != "*" && (!ok || service == "" || name == "") {
			return nil, &SyntaxError{"Policy has invalid action",
				"Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."}
		}
		out = append(out, newPattern(a, false))
	}
	return out, nil
}

func parseResources(list []string, variables bool) ([]pattern, error) {
	var out []pattern
	for _, r := range list {
		if r != "*" && (!strings.HasPrefix(r, "arn:") || strings.Count(r, ":") < 5) {
			return nil, &SyntaxError{"Policy has invalid resource", "Resource " + r + ` must be in ARN format or "*".`}
		}
		out = append(out, newPattern(r, variables))
	}
	return out, nil
}

func (d *Document) checkSids() error {
	seen := map[string]bool{}
	for _, s := range d.Statements {
		if s.Sid != "" && seen[s.Sid] {
			const msg = "Statement IDs (SID) in a single policy must be unique."
			return &SyntaxError{msg, msg}
		}
		seen[s.Sid] = true
	}
	return nil
}
