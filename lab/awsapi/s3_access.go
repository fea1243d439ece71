package awsapi

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gatewalk/lab/policy"
)

// authorize asks the policies whether the caller may do action on resource.
// extra are condition keys that only the operation knows. The error is S3's
// 403, with its reason.
func (c *s3Call) authorize(action, resource string, extra map[string]string) error {
	r := policy.Request{Principal: c.principal(), Action: action, Resource: resource, Context: c.conditions(extra)}
	d, err := policy.Evaluate(r, c.policies())
	if err != nil {
		return fmt.Errorf("authorizing %s: %w", action, err)
	}
	if !d.Allowed {
		return s3Fail(http.StatusForbidden, "AccessDenied", d.Message(r))
	}
	return nil
}

func (c *s3Call) principal() policy.Principal {
	p := c.id.Principal
	if c.id.Anonymous || p == nil {
		return policy.Principal{Anonymous: true}
	}
	account := c.st.Account
	if parts := strings.Split(p.Arn, ":"); len(parts) > 4 {
		account = parts[4]
	}
	return policy.Principal{Arn: p.Arn, Account: account, Root: strings.HasSuffix(p.Arn, ":root")}
}

func (c *s3Call) policies() policy.Policies {
	p := c.source.policies(c.st, c.id.Principal)
	p.ResourceAccount = c.st.Account
	if c.bucket != nil {
		p.Resource, p.RestrictPublic = c.bucket.Policy, c.bucket.Block[restrictPublicBuckets]
	}
	return p
}

// The switches of a public access block, in the order of [world.Bucket].
const (
	blockPublicAcls = iota
	ignorePublicAcls
	blockPublicPolicy
	restrictPublicBuckets
)

// conditions are the condition keys of the request (IAM user guide, "Global
// condition context keys"; Service Authorization Reference, "Amazon S3").
func (c *s3Call) conditions(extra map[string]string) map[string][]string {
	now := c.world.Clock().Now().UTC()
	keys := map[string][]string{
		"aws:RequestedRegion": {c.region},
		"aws:SecureTransport": {strconv.FormatBool(c.r.TLS != nil)},
		"aws:CurrentTime":     {now.Format(time.RFC3339)},
		"aws:EpochTime":       {strconv.FormatInt(now.Unix(), 10)},
		"s3:authType":         {"REST-HEADER"},
	}
	set := func(key, value string) {
		if value != "" {
			keys[key] = []string{value}
		}
	}
	for k, v := range c.source.keys() {
		set(k, v)
	}
	set("aws:UserAgent", c.r.UserAgent())
	set("aws:Referer", c.r.Referer())
	if c.id.Verified.Presigned {
		set("s3:authType", "REST-QUERY-STRING")
	}
	if c.bucket != nil {
		set("aws:ResourceAccount", c.st.Account)
		set("s3:ResourceAccount", c.st.Account)
	}
	for _, name := range []string{"prefix", "delimiter", "max-keys"} {
		if c.query.Has(name) {
			keys["s3:"+name] = []string{c.query.Get(name)} // an empty prefix is one
		}
	}
	for _, name := range []string{"x-amz-acl", "x-amz-server-side-encryption", "x-amz-content-sha256", "x-amz-copy-source", "x-amz-storage-class"} {
		set("s3:"+name, c.r.Header.Get(name))
	}
	c.principalConditions(set)
	c.tagConditions(set)
	for k, v := range extra {
		set(k, v)
	}
	return keys
}

func (c *s3Call) principalConditions(set func(key, value string)) {
	p := c.id.Principal
	if p == nil {
		set("aws:PrincipalType", "Anonymous")
		return
	}
	set("s3:signatureversion", "AWS4-HMAC-SHA256")
	set("aws:userid", p.UserID)
	set("aws:PrincipalArn", principalArn(c.st, p))
	set("aws:username", p.User)
	switch {
	case p.Role != "":
		set("aws:PrincipalType", "AssumedRole")
	case strings.HasSuffix(p.Arn, ":root"):
		set("aws:PrincipalType", "Account")
	default:
		set("aws:PrincipalType", "User")
	}
	if u := c.st.Users[p.User]; u != nil {
		for k, v := range u.Tags {
			set("aws:PrincipalTag/"+k, v)
		}
	}
}

func (c *s3Call) tagConditions(set func(key, value string)) {
	if c.op.on != onObject {
		return
	}
	if obj := c.objects.get(c.name, c.key); obj != nil {
		for k, v := range obj.Tags {
			set("s3:ExistingObjectTag/"+k, v)
		}
	}
	if tags, err := parseTagHeader(c.r.Header.Get("X-Amz-Tagging")); err == nil {
		for k, v := range tags {
			set("s3:RequestObjectTag/"+k, v)
		}
	}
}

// missing is what a caller is told of an object that is not there: that it is
// not there, if they could have seen so in a listing, and else nothing.
func (c *s3Call) missing(key string) error {
	if err := c.authorize("s3:ListBucket", c.arnOf(c.name), nil); err != nil {
		return err
	}
	return s3NoSuchKey.with("Key", key)
}
