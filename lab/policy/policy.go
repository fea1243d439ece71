// Package policy decides requests by IAM policies: identity-based, resource-based
// (S3 bucket) and VPC endpoint policies together, as AWS does for one account.
//
// Everything here is a pure function of its arguments: no clock, no state, no
// I/O. The time a request is made at is a context key (aws:CurrentTime) like
// any other. All functions may be called concurrently, and a parsed [Document]
// is never changed. The zero [Policies] allows nothing.
package policy

import (
	"fmt"
	"strings"
)

// Request is one call to be decided.
type Request struct {
	Principal Principal
	Action    string // "s3:ListBucket"
	Resource  string // "arn:aws:s3:::b"; "" for actions that name none
	// Context holds the condition keys of the request, by name in any case:
	// aws:SourceIp, aws:SourceVpce, s3:prefix … A missing key means that the
	// request does not carry it, which conditions can tell.
	Context map[string][]string
}

// Principal is who makes a request. The zero value is nobody known, and is
// treated as Anonymous.
type Principal struct {
	Arn       string // of the user, or of the role session (arn:aws:sts::…:assumed-role/…)
	Account   string // twelve digits
	Anonymous bool   // an unsigned request
	Root      bool   // the account's root user
}

// Policies are the documents that have a say in one request.
type Policies struct {
	Identity []string // of the principal; empty strings are skipped
	Resource string   // of the bucket, "" for none
	Endpoint string   // of the VPC endpoint, "" for AWS's default (full access)
	// ThroughEndpoint says that the request came by a VPC endpoint, so that
	// Endpoint has a say.
	ThroughEndpoint bool
	ResourceAccount string // owner of the resource, "" for the principal's own
	// RestrictPublic is S3's RestrictPublicBuckets: a public resource policy
	// then grants nothing outside the owner's account.
	RestrictPublic bool
}

// Reason is why a request was decided as it was.
type Reason int

const (
	NoAllow      Reason = iota // nothing allows it
	ExplicitDeny               // a Deny statement matched
	Allowed                    // an Allow matched, and no Deny
)

// Decision is the outcome for one request.
type Decision struct {
	Allowed bool
	Reason  Reason
	// Policy is the kind that decided, in AWS's words: "identity-based",
	// "resource-based" or "VPC endpoint"; "" where the request is anonymous or
	// from another account, for which S3 names none.
	Policy   string
	Explicit bool // a Deny statement matched
}

// The kinds of policy as AWS's messages name them.
const (
	identityBased = "identity-based"
	resourceBased = "resource-based"
	vpcEndpoint   = "VPC endpoint"
)

// Evaluate decides r. The order is that of AWS's policy evaluation logic: an
// explicit Deny anywhere wins; an endpoint on the way must allow; then, within
// one account, the identity's or the resource's policy is enough, and across
// accounts both are needed. The error names a document that cannot be read.
func Evaluate(r Request, p Policies) (Decision, error) {
	docs, err := parseAll(p)
	if err != nil {
		return Decision{}, err
	}
	q := newQuery(r)
	same := p.ResourceAccount == "" || p.ResourceAccount == r.Principal.Account
	anonymous := r.Principal.Anonymous || r.Principal == Principal{}

	// A stranger learns nothing of whose policy refused (S3 user guide,
	// "troubleshoot-403-errors": other accounts get plain Access Denied).
	deny := func(kind string, reason Reason) (Decision, error) {
		if anonymous || !same {
			kind = ""
		}
		return Decision{Reason: reason, Policy: kind, Explicit: reason == ExplicitDeny}, nil
	}

	identity := grant{}
	if !r.Principal.Root && !anonymous {
		for _, d := range docs.identity {
			identity = identity.or(d.decide(q, withoutPrincipal))
		}
	}
	resource := docs.resource.decide(q, delegatesToAccount)
	endpoint := grant{allow: true}
	if p.ThroughEndpoint && docs.endpoint != nil {
		endpoint = docs.endpoint.decide(q, accountIsRoot)
	}

	// The owner's root user can always get at the policy of a bucket, or a
	// Deny for everybody could never be taken back.
	if r.Principal.Root && same && bucketPolicyAction(r.Action) {
		resource.deny = false
	}
	switch {
	case identity.deny:
		return deny(identityBased, ExplicitDeny)
	case resource.deny:
		return deny(resourceBased, ExplicitDeny)
	case endpoint.deny:
		return deny(vpcEndpoint, ExplicitDeny)
	case !endpoint.allow:
		return deny(vpcEndpoint, NoAllow)
	}

	if p.RestrictPublic && !(same && !anonymous) && docs.resource != nil && docs.resource.Public() {
		resource.allow, resource.delegate = false, false
	}
	allowed := Decision{Allowed: true, Reason: Allowed}
	switch {
	case anonymous:
		if !resource.allow {
			return deny("", NoAllow)
		}
		allowed.Policy = resourceBased
	case !same:
		byIdentity := identity.allow || r.Principal.Root
		if !byIdentity || !(resource.allow || resource.delegate) {
			return deny("", NoAllow)
		}
		allowed.Policy = resourceBased
	case r.Principal.Root, identity.allow:
		allowed.Policy = identityBased
	case resource.allow:
		allowed.Policy = resourceBased
	default:
		return deny(identityBased, NoAllow)
	}
	return allowed, nil
}

// Message is AWS's text for a denied r, from "User:" on; EC2 puts a sentence
// of its own before it. Source: S3 user guide, "troubleshoot-403-errors". It is
// "" where d allows.
func (d Decision) Message(r Request) string {
	if d.Allowed {
		return ""
	}
	if d.Policy == "" {
		return "Access Denied"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "User: %s is not authorized to perform: %s", r.Principal.Arn, r.Action)
	s3 := strings.HasPrefix(strings.ToLower(r.Action), "s3:")
	switch {
	case r.Resource == "" || r.Resource == "*":
	case s3 && d.Explicit:
		fmt.Fprintf(&b, " on resource: %q", r.Resource)
	case !s3:
		// The other services name the resource bare, and always.
		fmt.Fprintf(&b, " on resource: %s", r.Resource)
	}
	if d.Explicit {
		article := "a"
		if d.Policy == identityBased {
			article = "an"
		}
		fmt.Fprintf(&b, " with an explicit deny in %s %s policy", article, d.Policy)
	} else {
		fmt.Fprintf(&b, " because no %s policy allows the %s action", d.Policy, r.Action)
	}
	return b.String()
}

// documents are the parsed Policies; a nil document says nothing.
type documents struct {
	identity           []*Document
	resource, endpoint *Document
}

func parseAll(p Policies) (documents, error) {
	var docs documents
	parse := func(kind, text string) (*Document, error) {
		if text == "" {
			return nil, nil
		}
		d, err := Parse(text)
		if err != nil {
			return nil, fmt.Errorf("reading the %s policy: %w", kind, err)
		}
		return d, nil
	}
	for _, text := range p.Identity {
		d, err := parse(identityBased, text)
		if err != nil {
			return docs, err
		}
		if d != nil {
			docs.identity = append(docs.identity, d)
		}
	}
	var err error
	if docs.resource, err = parse(resourceBased, p.Resource); err != nil {
		return docs, err
	}
	if p.ThroughEndpoint {
		docs.endpoint, err = parse(vpcEndpoint, p.Endpoint)
	}
	return docs, err
}

func bucketPolicyAction(action string) bool {
	switch strings.ToLower(action) {
	case "s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy":
		return true
	}
	return false
}
