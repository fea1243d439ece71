package awsapi

import (
	"maps"
	"slices"
	"strings"

	"gatewalk/lab/world"
)

// authorize asks IAM for every resource that a call touches. They are found in
// its parameters: whatever is an id there, and one "type/*" for each type that
// the action makes (Service Authorization Reference, "Actions, resources, and
// condition keys for Amazon EC2"). Reading calls have no resource.
func (c *ec2Call) authorize(op ec2Op) error {
	if c.unlimited() {
		return nil
	}
	action := "ec2:" + c.action
	if !op.write {
		return c.allow(action, "*", nil)
	}
	touched := c.touched(op)
	if len(touched) == 0 {
		return c.allow(action, "*", nil)
	}
	specs, err := c.tagSpecs(slices.Collect(maps.Keys(taggable))...)
	if err != nil {
		return err
	}
	for _, t := range touched {
		if err := c.allow(action, c.arn(t), c.keysOf(t, specs)); err != nil {
			return err
		}
	}
	// Tags given at creation need ec2:CreateTags as well, which a policy can
	// confine to this action.
	for _, kind := range slices.Sorted(maps.Keys(specs)) {
		if len(specs[kind]) == 0 {
			continue
		}
		t := world.Tagged{Type: kind, ID: "*"}
		keys := c.keysOf(t, specs)
		keys["ec2:CreateAction"] = []string{c.action}
		if err := c.allow("ec2:CreateTags", c.arn(t), keys); err != nil {
			return err
		}
	}
	return c.allowPassRole()
}

// taggable are the resource types of EC2 that the lab has.
var taggable = map[string]bool{
	"vpc": true, "subnet": true, "internet-gateway": true, "route-table": true, "security-group": true,
	"security-group-rule": true, "network-acl": true, "instance": true, "network-interface": true,
	"volume": true, "key-pair": true, "vpc-endpoint": true, "prefix-list": true, "elastic-ip": true,
	"natgateway": true, "network-insights-path": true, "network-insights-analysis": true,
}

// touched are the resources of a call, each once: what it makes has id "*".
func (c *ec2Call) touched(op ec2Op) []world.Tagged {
	var out []world.Tagged
	seen := map[string]bool{}
	add := func(t world.Tagged) {
		if !seen[t.Type+t.ID] {
			seen[t.Type+t.ID] = true
			out = append(out, t)
		}
	}
	for _, kind := range op.creates {
		id := "*"
		if kind == "key-pair" {
			id = c.form.kid("KeyName").peek()
		}
		add(world.Tagged{Type: kind, ID: id})
	}
	c.form.each(func(name, value string) {
		if strings.HasPrefix(name, "TagSpecification.") || strings.HasPrefix(name, "Tag.") {
			return
		}
		if k, ok := world.KindOf(value); ok {
			for _, t := range c.resources(k, value) {
				add(t)
			}
		}
		if name == "KeyName" && len(op.creates) > 0 && op.creates[0] != "key-pair" || name == "KeyName" && len(op.creates) == 0 {
			t := world.Tagged{Type: "key-pair", ID: value}
			if k := c.st.KeyPair(value); k != nil {
				t.Tags = k.Tags
			}
			add(t)
		}
	})
	return out
}

// resources are what an id stands for: associations stand for both ends.
func (c *ec2Call) resources(k world.Kind, id string) []world.Tagged {
	if k.Type != "" {
		t, ok := c.st.Resource(id)
		if !ok {
			t = world.Tagged{ID: id, Type: k.Type}
		}
		if key := c.st.KeyPairs[id]; key != nil {
			t.ID = key.Name // key pairs have their names in ARNs
		}
		return []world.Tagged{t}
	}
	var ids []string
	switch k.Prefix {
	case "rtbassoc":
		for _, rt := range world.Sorted(c.st.RouteTables) {
			for _, a := range rt.Associations {
				if a.ID == id {
					ids = append(ids, rt.ID, a.Subnet)
				}
			}
		}
	case "aclassoc":
		for _, acl := range world.Sorted(c.st.NetworkAcls) {
			for subnet, a := range acl.AssociationIDs {
				if a == id {
					ids = append(ids, acl.ID, subnet)
				}
			}
		}
	case "eipassoc":
		for _, a := range world.Sorted(c.st.Addresses) {
			if a.AssociationID == id {
				ids = append(ids, a.AllocationID, a.InterfaceID)
			}
		}
	case "eni-attach":
		for _, i := range world.Sorted(c.st.Interfaces) {
			if i.AttachmentID == id {
				ids = append(ids, i.ID, i.InstanceID)
			}
		}
	case "iip-assoc":
		for _, i := range world.Sorted(c.st.Instances) {
			if i.ProfileAssociation == id {
				ids = append(ids, i.ID)
			}
		}
	}
	var out []world.Tagged
	for _, id := range ids {
		if t, ok := c.st.Resource(id); ok {
			out = append(out, t)
		}
	}
	return out
}

// arn is the ARN of a resource. Images have no account, and AWS's own prefix
// lists have AWS for one.
func (c *ec2Call) arn(t world.Tagged) string {
	account := c.st.Account
	switch l := c.st.PrefixLists[t.ID]; {
	case t.Type == "image":
		account = ""
	case l != nil && l.Owner == "AWS":
		account = "aws"
	}
	return "arn:" + c.st.Partition() + ":ec2:" + c.st.Region + ":" + account + ":" + t.Type + "/" + t.ID
}

// keysOf are the condition keys of one resource of the call.
func (c *ec2Call) keysOf(t world.Tagged, specs map[string]world.Tags) map[string][]string {
	keys := map[string][]string{"ec2:Region": {c.st.Region}}
	for k, v := range t.Tags {
		keys["aws:ResourceTag/"+k] = []string{v}
		keys["ec2:ResourceTag/"+k] = []string{v}
	}
	if v := c.st.Vpcs[t.VpcID]; v != nil && t.Type != "vpc" {
		keys["ec2:Vpc"] = []string{c.arn(world.Tagged{Type: "vpc", ID: v.ID})}
	}
	if v := c.form.kid("InstanceType").peek(); v != "" {
		keys["ec2:InstanceType"] = []string{v}
	}
	var names []string
	request := func(tags world.Tags) {
		for k, v := range tags {
			keys["aws:RequestTag/"+k] = []string{v}
			names = append(names, k)
		}
	}
	if t.ID == "*" || t.Type == "key-pair" {
		request(specs[t.Type])
	}
	if c.action == "CreateTags" || c.action == "DeleteTags" {
		if tags, err := readTags(c.form); err == nil {
			request(tags)
		}
	}
	if len(names) > 0 {
		slices.Sort(names)
		keys["aws:TagKeys"] = names
	}
	return keys
}

// allow asks IAM and words a refusal as EC2 does.
func (c *ec2Call) allow(action, resource string, keys map[string][]string) error {
	why := c.may(c.server, c.st, action, resource, keys)
	if why == "" {
		return nil
	}
	encoded := encodeDenial(denial{
		ExplicitDeny: strings.Contains(why, "explicit deny"), Context: deniedContext{
			Principal: deniedPrincipal{c.id.Principal.UserID, c.id.arn()}, Action: action, Resource: resource,
		},
	})
	return &world.Error{
		Code:    "UnauthorizedOperation",
		Message: "You are not authorized to perform this operation. " + why + ". Encoded authorization failure message: " + encoded,
		Status:  403,
	}
}

// allowPassRole asks whether the caller may hand the role of an instance
// profile to EC2.
func (c *ec2Call) allowPassRole() error {
	p := c.form.kid("IamInstanceProfile")
	name, arn := p.kid("Name").peek(), p.kid("Arn").peek()
	for _, profile := range world.Sorted(c.st.Profiles) {
		if profile.Name != name && c.st.ProfileArn(profile) != arn {
			continue
		}
		if role := c.st.Roles[profile.Role]; role != nil {
			return c.allow("iam:PassRole", c.st.RoleArn(role), map[string][]string{"iam:PassedToService": {c.st.EC2Principal()}})
		}
	}
	return nil
}
