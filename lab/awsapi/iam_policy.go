package awsapi

import (
	"maps"
	"slices"
	"strings"

	"gatewalk/lab/policy"
	"gatewalk/lab/world"
)

// of is a handler for the policies of roles, or of users: the calls are the
// same but for the name of one parameter.
func of(kind string, run func(*iamCall, world.Holder) error) func(*iamCall) error {
	param := map[string]string{"role": "RoleName", "user": "UserName"}[kind]
	return func(c *iamCall) error {
		name, err := c.need(param)
		if err != nil {
			return err
		}
		return run(c, world.Holder{Kind: kind, Name: name})
	}
}

func putPolicy(c *iamCall, h world.Holder) error {
	name, text, err := c.need2("PolicyName", "PolicyDocument")
	if err != nil {
		return err
	}
	if err := checkDocument(text, (*policy.Document).CheckIdentity); err != nil {
		return err
	}
	return c.tx.PutPolicy(h, name, text)
}

func getHeldPolicy(c *iamCall, h world.Holder) error {
	name, err := c.need("PolicyName")
	if err != nil {
		return err
	}
	text, err := c.st.Policy(h, name)
	if err != nil {
		return err
	}
	c.out.text(map[string]string{"role": "RoleName", "user": "UserName"}[h.Kind], h.Name)
	c.out.text("PolicyName", name)
	c.out.text("PolicyDocument", encoded(text))
	return nil
}

func listHeldPolicies(c *iamCall, h world.Holder) error {
	inline, _, err := c.st.Held(h)
	if err != nil {
		return err
	}
	members(&c.out, "PolicyNames", slices.Sorted(maps.Keys(inline)), func(n string) { c.out.WriteString(n) })
	c.page()
	return nil
}

func deletePolicy(c *iamCall, h world.Holder) error {
	name, err := c.need("PolicyName")
	if err != nil {
		return err
	}
	return c.tx.DeletePolicy(h, name)
}

// policyArn is the managed policy that a call names. What is no ARN is refused
// before it is looked for.
func (c *iamCall) policyArn() (string, error) {
	arn, err := c.need("PolicyArn")
	if err == nil && (len(arn) < 20 || !strings.HasPrefix(arn, "arn:")) {
		err = validation("ARN " + arn + " is not valid.")
	}
	return arn, err
}

func attachPolicy(c *iamCall, h world.Holder) error {
	arn, err := c.policyArn()
	if err != nil {
		return err
	}
	return c.tx.AttachPolicy(h, arn)
}

func detachPolicy(c *iamCall, h world.Holder) error {
	arn, err := c.policyArn()
	if err != nil {
		return err
	}
	return c.tx.DetachPolicy(h, arn)
}

func listAttachedPolicies(c *iamCall, h world.Holder) error {
	_, attached, err := c.st.Held(h)
	if err != nil {
		return err
	}
	prefix := c.form.str("PathPrefix")
	var found []*world.ManagedPolicy
	for _, arn := range attached {
		if p := c.st.ManagedPolicy(arn); p != nil && strings.HasPrefix(p.Path, prefix) {
			found = append(found, p)
		}
	}
	members(&c.out, "AttachedPolicies", found, func(p *world.ManagedPolicy) {
		c.out.text("PolicyName", p.Name)
		c.out.text("PolicyArn", c.st.PolicyArn(*p))
	})
	c.page()
	return nil
}

func (c *iamCall) needPolicy() (*world.ManagedPolicy, error) {
	arn, err := c.policyArn()
	if err != nil {
		return nil, err
	}
	p := c.st.ManagedPolicy(arn)
	if p == nil {
		return nil, &world.Error{Code: "NoSuchEntity", Message: "Policy " + arn + " was not found.", Status: 404}
	}
	return p, nil
}

func (c *iamCall) policy(p world.ManagedPolicy) {
	w, arn, n := &c.out, c.st.PolicyArn(p), 0
	for _, r := range c.st.Roles {
		if slices.Contains(r.Attached, arn) {
			n++
		}
	}
	for _, u := range c.st.Users {
		if slices.Contains(u.Attached, arn) {
			n++
		}
	}
	w.text("PolicyName", p.Name)
	w.text("PolicyId", world.PolicyID(p))
	w.text("Arn", arn)
	w.text("Path", p.Path)
	w.text("DefaultVersionId", "v1")
	w.number("AttachmentCount", n)
	w.number("PermissionsBoundaryUsageCount", 0)
	w.boolean("IsAttachable", true)
	w.text("CreateDate", iamTime(p.Created))
	w.text("UpdateDate", iamTime(p.Created))
}

func getPolicy(c *iamCall) error {
	p, err := c.needPolicy()
	if err != nil {
		return err
	}
	c.out.in("Policy", func() { c.policy(*p) })
	return nil
}

func getPolicyVersion(c *iamCall) error {
	p, err := c.needPolicy()
	if err != nil {
		return err
	}
	version, err := c.need("VersionId")
	if err != nil {
		return err
	}
	if version != "v1" {
		return &world.Error{Code: "NoSuchEntity", Message: "Policy " + c.st.PolicyArn(*p) + " version " + version + " does not exist or is not attachable.", Status: 404}
	}
	c.out.in("PolicyVersion", func() {
		c.out.text("Document", encoded(p.Document))
		c.out.text("VersionId", version)
		c.out.boolean("IsDefaultVersion", true)
		c.out.text("CreateDate", iamTime(p.Created))
	})
	return nil
}

// listPolicies lists AWS's own; the account has none.
func listPolicies(c *iamCall) error {
	all := world.ManagedPolicies()
	switch scope := c.form.str("Scope"); scope {
	case "", "All", "AWS":
	case "Local":
		all = nil
	default:
		return validation("1 validation error detected: Value '" + scope + "' at 'scope' failed to satisfy constraint: Member must satisfy enum value set: [AWS, Local, All]")
	}
	only, err := c.form.boolean("OnlyAttached", false)
	if err != nil {
		return err
	}
	prefix := c.form.str("PathPrefix")
	attached := map[string]bool{}
	for _, r := range c.st.Roles {
		for _, arn := range r.Attached {
			attached[arn] = true
		}
	}
	for _, u := range c.st.Users {
		for _, arn := range u.Attached {
			attached[arn] = true
		}
	}
	all = slices.DeleteFunc(all, func(p world.ManagedPolicy) bool {
		return !strings.HasPrefix(p.Path, prefix) || only && !attached[c.st.PolicyArn(p)]
	})
	members(&c.out, "Policies", all, c.policy)
	c.page()
	return nil
}
