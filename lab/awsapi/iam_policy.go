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
	return func(c *iamCall) error {
		name, err := c.needEntity(kind)
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
	c.out.text(entityParams[h.Kind], h.Name)
	c.out.text("PolicyName", name)
	c.out.text("PolicyDocument", encoded(text))
	return nil
}

func listHeldPolicies(c *iamCall, h world.Holder) error {
	inline, _, err := c.st.Held(h)
	if err != nil {
		return err
	}
	return listed(c, "PolicyNames", slices.Sorted(maps.Keys(inline)), func(n string) { c.out.WriteString(n) })
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
	return listed(c, "AttachedPolicies", found, func(p *world.ManagedPolicy) {
		c.out.text("PolicyName", p.Name)
		c.out.text("PolicyArn", c.st.PolicyArn(p))
	})
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

// managed describes a policy; lists leave out its tags.
func (c *iamCall) managed(p *world.ManagedPolicy, full bool) {
	w, arn := &c.out, c.st.PolicyArn(p)
	roles, users := c.st.Attached(arn)
	w.text("PolicyName", p.Name)
	w.text("PolicyId", p.ID)
	w.text("Arn", arn)
	w.text("Path", p.Path)
	w.text("DefaultVersionId", p.Default)
	w.number("AttachmentCount", len(roles)+len(users))
	w.number("PermissionsBoundaryUsageCount", 0)
	w.boolean("IsAttachable", true)
	w.text("CreateDate", iamTime(p.Created))
	w.text("UpdateDate", iamTime(p.Updated))
	if full {
		w.opt("Description", p.Description)
		c.tags(p.Tags)
	}
}

func createPolicy(c *iamCall) error {
	name, text, err := c.need2("PolicyName", "PolicyDocument")
	if err != nil {
		return err
	}
	if err := checkDocument(text, (*policy.Document).CheckIdentity); err != nil {
		return err
	}
	tags, err := c.readTags()
	if err != nil {
		return err
	}
	p, err := c.tx.CreateManagedPolicy(world.ManagedPolicy{Name: name, Path: c.form.str("Path"), Description: c.form.str("Description"), Tags: tags}, text)
	if err != nil {
		return err
	}
	c.out.in("Policy", func() { c.managed(p, true) })
	return nil
}

func getPolicy(c *iamCall) error {
	p, err := c.needPolicy()
	if err != nil {
		return err
	}
	c.out.in("Policy", func() { c.managed(p, true) })
	return nil
}

func deleteManagedPolicy(c *iamCall) error {
	arn, err := c.policyArn()
	if err != nil {
		return err
	}
	return c.tx.DeleteManagedPolicy(arn)
}

func createPolicyVersion(c *iamCall) error {
	arn, err := c.policyArn()
	if err != nil {
		return err
	}
	text, err := c.need("PolicyDocument")
	if err != nil {
		return err
	}
	if err := checkDocument(text, (*policy.Document).CheckIdentity); err != nil {
		return err
	}
	inForce, err := c.form.boolean("SetAsDefault", false)
	if err != nil {
		return err
	}
	p, err := c.tx.CreatePolicyVersion(arn, text, inForce)
	if err != nil {
		return err
	}
	c.out.in("PolicyVersion", func() { c.policyVersion(p, p.Versions[len(p.Versions)-1], false) })
	return nil
}

// onVersion is a handler that does one thing to a version of a policy.
func onVersion(do func(tx *world.Tx, arn, id string) error) func(*iamCall) error {
	return func(c *iamCall) error {
		arn, err := c.policyArn()
		if err != nil {
			return err
		}
		id, err := c.need("VersionId")
		if err != nil {
			return err
		}
		return do(c.tx, arn, id)
	}
}

func (c *iamCall) policyVersion(p *world.ManagedPolicy, v world.PolicyVersion, document bool) {
	if document {
		c.out.text("Document", encoded(v.Document))
	}
	c.out.text("VersionId", v.ID)
	c.out.boolean("IsDefaultVersion", v.ID == p.Default)
	c.out.text("CreateDate", iamTime(v.Created))
}

func getPolicyVersion(c *iamCall) error {
	p, err := c.needPolicy()
	if err != nil {
		return err
	}
	id, err := c.need("VersionId")
	if err != nil {
		return err
	}
	v := p.Version(id)
	if v == nil {
		return world.NoSuchVersion(c.st.PolicyArn(p), id)
	}
	c.out.in("PolicyVersion", func() { c.policyVersion(p, *v, true) })
	return nil
}

// listPolicyVersions lists the newest first.
func listPolicyVersions(c *iamCall) error {
	p, err := c.needPolicy()
	if err != nil {
		return err
	}
	versions := slices.Clone(p.Versions)
	slices.Reverse(versions)
	return listed(c, "Versions", versions, func(v world.PolicyVersion) { c.policyVersion(p, v, false) })
}

// listEntitiesForPolicy lists who has a policy; there are no groups, and no
// permissions boundaries.
func listEntitiesForPolicy(c *iamCall) error {
	p, err := c.needPolicy()
	if err != nil {
		return err
	}
	roles, users := c.st.Attached(c.st.PolicyArn(p))
	prefix := c.form.str("PathPrefix")
	boundary, err := c.usage()
	if err != nil {
		return err
	}
	switch kind := c.form.str("EntityFilter"); kind {
	case "":
	case "Role":
		users = nil
	case "User":
		roles = nil
	case "Group", "LocalManagedPolicy", "AWSManagedPolicy":
		roles, users = nil, nil
	default:
		return enumError("entityFilter", kind, "User, Role, Group, LocalManagedPolicy, AWSManagedPolicy")
	}
	roles = slices.DeleteFunc(roles, func(r *world.Role) bool { return boundary || !strings.HasPrefix(r.Path, prefix) })
	users = slices.DeleteFunc(users, func(u *world.User) bool { return boundary || !strings.HasPrefix(u.Path, prefix) })
	w := &c.out
	w.text("PolicyGroups", "")
	members(w, "PolicyUsers", users, func(u *world.User) { w.text("UserName", u.Name); w.text("UserId", u.ID) })
	members(w, "PolicyRoles", roles, func(r *world.Role) { w.text("RoleName", r.Name); w.text("RoleId", r.ID) })
	c.page()
	return nil
}

// usage reads PolicyUsageFilter: whether a call asks for permissions boundaries
// alone, which the lab has none of.
func (c *iamCall) usage() (boundary bool, err error) {
	switch use := c.form.str("PolicyUsageFilter"); use {
	case "", "PermissionsPolicy":
		return false, nil
	case "PermissionsBoundary":
		return true, nil
	default:
		return false, enumError("policyUsageFilter", use, "PermissionsPolicy, PermissionsBoundary")
	}
}

func enumError(member, value, known string) error {
	return validation("1 validation error detected: Value '" + value + "' at '" + member + "' failed to satisfy constraint: Member must satisfy enum value set: [" + known + "]")
}

// listPolicies lists the account's policies and AWS's.
func listPolicies(c *iamCall) error {
	var all []*world.ManagedPolicy
	scope := c.form.str("Scope")
	switch scope {
	case "", "All", "AWS", "Local":
	default:
		return enumError("scope", scope, "AWS, Local, All")
	}
	if scope != "AWS" {
		for _, p := range world.Sorted(c.st.Policies) {
			all = append(all, p)
		}
	}
	if scope != "Local" {
		all = append(all, world.ManagedPolicies()...)
	}
	only, err := c.form.boolean("OnlyAttached", false)
	if err != nil {
		return err
	}
	boundary, err := c.usage()
	if err != nil {
		return err
	}
	prefix := c.form.str("PathPrefix")
	all = slices.DeleteFunc(all, func(p *world.ManagedPolicy) bool {
		roles, users := c.st.Attached(c.st.PolicyArn(p))
		return boundary || !strings.HasPrefix(p.Path, prefix) || only && len(roles)+len(users) == 0
	})
	return listed(c, "Policies", all, func(p *world.ManagedPolicy) { c.managed(p, false) })
}
