package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// CheckIdentity holds d to the rules of a role's or user's policy. The error
// is a *SyntaxError.
func (d *Document) CheckIdentity() error {
	for _, s := range d.Statements {
		switch {
		case s.Principals != nil:
			return &SyntaxError{iamSyntax, "Policy document should not specify a principal."}
		case s.resources == nil:
			return &SyntaxError{"Missing required field Resource", "Policy statement must contain resources."}
		}
	}
	return nil
}

// CheckTrust holds d to the rules of a role's trust policy. known says whether
// an IAM principal's ARN exists; nil takes them all. The error is a *SyntaxError.
func (d *Document) CheckTrust(known func(arn string) bool) error {
	for _, s := range d.Statements {
		for _, p := range s.Principals {
			if !p.valid(known) || p.Kind == "Service" && !serviceName.MatchString(p.Value) {
				msg := fmt.Sprintf("Invalid principal in policy: %q:%q", map[bool]string{true: "SERVICE", false: p.Kind}[p.Kind == "Service"], p.Value)
				return &SyntaxError{msg, msg}
			}
		}
		switch {
		case s.Principals == nil:
			return &SyntaxError{"Missing required field Principal", "Missing required field Principal"}
		case s.resources != nil:
			return &SyntaxError{"Has prohibited field Resource", "Has prohibited field Resource"}
		}
		for _, a := range s.actions {
			if !strings.HasPrefix(strings.ToLower(a.raw), "sts:") && a.raw != "*" {
				const msg = "AssumeRole policy may only specify STS AssumeRole actions."
				return &SyntaxError{msg, msg}
			}
		}
	}
	return nil
}

// CheckEndpoint holds d to the rules of a gateway endpoint's policy, whose
// Principal can only be "*" (PrivateLink guide, "vpc-endpoints-access"). The
// error is a *SyntaxError.
func (d *Document) CheckEndpoint() error {
	for _, s := range d.Statements {
		switch {
		case s.Principals == nil:
			return malformed("Missing required field Principal")
		case s.resources == nil:
			return malformed("Missing required field Resource")
		}
	}
	return nil
}

// CheckBucket holds d to the rules of the policy of one bucket. known says
// whether an IAM principal's ARN exists, as S3 resolves them when the policy
// is put; nil takes them all. The error is a *SyntaxError.
func (d *Document) CheckBucket(bucket string, known func(arn string) bool) error {
	for _, s := range d.Statements {
		if s.Principals == nil {
			return malformed("Missing required field Principal")
		}
		for _, p := range s.Principals {
			if !p.valid(known) {
				return malformed("Invalid principal in policy")
			}
		}
		if s.resources == nil {
			return malformed("Missing required field Resource")
		}
		for _, a := range s.actions {
			if a.raw != "*" && !strings.HasPrefix(strings.ToLower(a.raw), "s3:") {
				return malformed("Policy has invalid action")
			}
		}
		if !s.NotResource && !s.within(bucket) {
			return malformed("Policy has invalid resource")
		}
		if !s.NotAction && !s.NotResource && !s.applies(bucket) {
			return malformed("Action does not apply to any resource(s) in statement")
		}
	}
	return nil
}

// serviceName is how a service is named as a principal.
var serviceName = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$`)

var principalArn = regexp.MustCompile(`^arn:aws(?:-cn|-us-gov)?:(iam|sts)::\d{12}:(root|(user|role|assumed-role|federated-user)/.+)$`)

func (p PrincipalName) valid(known func(string) bool) bool {
	switch {
	case p.Kind != "AWS", p.Value == "*", isAccount(p.Value):
		return p.Value != ""
	case !principalArn.MatchString(p.Value) || strings.ContainsAny(p.Value, "*?"):
		return false
	case strings.HasSuffix(p.Value, ":root"):
		return true
	}
	return known == nil || known(p.Value)
}

// partitions begin the names of AWS, China and GovCloud.
func partitions() []string { return []string{"arn:aws", "arn:aws-cn", "arn:aws-us-gov"} }

// within says whether every resource of s lies in the bucket.
func (s *Statement) within(bucket string) bool {
	return !slices.ContainsFunc(s.resources, func(r pattern) bool {
		arn, name, ok := strings.Cut(r.raw, ":s3:::")
		if !ok || !slices.Contains(partitions(), arn) {
			return r.raw != "*"
		}
		name, _, _ = strings.Cut(name, "/")
		// "b*" may name b and b/*: what counts is that it can match this bucket.
		return !newPattern(name, false).match(bucket, nil, false)
	})
}

// applies says whether each action that s spells out has a resource of its
// kind, a bucket or its objects. Actions with wildcards, and those this
// package does not know, pass.
func (s *Statement) applies(bucket string) bool {
	names := func(matches func(arn string) bool) bool {
		return slices.ContainsFunc(partitions(), func(p string) bool { return matches(p + ":s3:::" + bucket) })
	}
	onBucket := slices.ContainsFunc(s.resources, func(r pattern) bool {
		return names(func(arn string) bool { return r.match(arn, nil, false) })
	})
	onObject := slices.ContainsFunc(s.resources, func(r pattern) bool {
		return r.raw == "*" || strings.HasSuffix(r.raw, "*") || names(func(arn string) bool { return strings.HasPrefix(r.raw, arn+"/") })
	})
	for _, a := range s.actions {
		name := strings.ToLower(strings.TrimPrefix(strings.ToLower(a.raw), "s3:"))
		switch {
		case slices.Contains(bucketActions, name) && !onBucket, slices.Contains(objectActions, name) && !onObject:
			return false
		}
	}
	return true
}

// The actions by the resource they apply to: Service Authorization Reference,
// "Actions, resources, and condition keys for Amazon S3".
var (
	bucketActions = []string{
		"listbucket", "listbucketversions", "listbucketmultipartuploads", "getbucketlocation",
		"getbucketpolicy", "putbucketpolicy", "deletebucketpolicy", "getbucketpolicystatus",
		"getbuckettagging", "putbuckettagging", "getbucketversioning", "putbucketversioning",
		"getbucketpublicaccessblock", "putbucketpublicaccessblock", "getbucketownershipcontrols",
		"getencryptionconfiguration", "putencryptionconfiguration", "getbucketacl", "putbucketacl",
		"deletebucket", "createbucket", "getbucketcors", "putbucketcors", "getbucketlogging", "getbucketwebsite",
	}
	objectActions = []string{
		"getobject", "putobject", "deleteobject", "getobjectversion", "deleteobjectversion",
		"getobjecttagging", "putobjecttagging", "deleteobjecttagging", "getobjectacl", "putobjectacl",
		"abortmultipartupload", "listmultipartuploadparts", "getobjectattributes", "restoreobject",
	}
)
