package awsapi

import (
	"slices"
	"strconv"
	"strings"

	"gatewalk/lab/policy"
	"gatewalk/lab/world"
)

// named is an identity-based policy and what the simulator calls it.
type named struct{ id, document string }

// held are the policies of a role or user, inline ones first.
func held(st *world.State, h world.Holder) []named {
	inline, attached, err := st.Held(h)
	if err != nil { // nobody has nothing
		return nil
	}
	var out []named
	for name, document := range world.Sorted(inline) {
		out = append(out, named{h.Kind + "_" + h.Name + "_" + name, document})
	}
	for _, arn := range attached {
		if p := st.ManagedPolicy(arn); p != nil {
			out = append(out, named{p.Name, p.Document()})
		}
	}
	return out
}

// simulation is what a call of the policy simulator asks: whether each action
// is allowed on each resource.
type simulation struct {
	policies           []named
	caller             string // an ARN
	actions, resources []string
	resourcePolicy     string
	context            map[string][]string
}

// simulatePrincipalPolicy simulates with what a role or user has, and with the
// policies that the call adds.
func simulatePrincipalPolicy(c *iamCall) error {
	source, policies, err := c.simulated()
	if err != nil {
		return err
	}
	s := simulation{policies: policies, caller: source, context: map[string][]string{"aws:principalarn": {source}}}
	if _, name, ok := strings.Cut(source, ":user/"); ok {
		s.context["aws:username"] = []string{name[strings.LastIndexByte(name, '/')+1:]}
	}
	return c.simulate(&s)
}

func simulateCustomPolicy(c *iamCall) error {
	if !c.form.has("PolicyInputList") {
		return memberNull("policyInputList")
	}
	return c.simulate(&simulation{context: map[string][]string{}})
}

// simulated is the role or user that a call is about, with their policies.
func (c *iamCall) simulated() (arn string, policies []named, err error) {
	if arn, err = c.need("PolicySourceArn"); err != nil {
		return "", nil, err
	}
	for _, r := range c.st.Roles {
		if c.st.RoleArn(r) == arn {
			return arn, held(c.st, world.Holder{Kind: "role", Name: r.Name}), nil
		}
	}
	for _, u := range c.st.Users {
		if c.st.UserArn(u) == arn {
			return arn, held(c.st, world.Holder{Kind: "user", Name: u.Name}), nil
		}
	}
	if !strings.HasPrefix(arn, "arn:"+c.st.Partition()+":iam::"+c.st.Account+":") || !strings.Contains(arn, ":role/") && !strings.Contains(arn, ":user/") {
		return "", nil, invalid("InvalidInput", "Invalid Entity Arn: "+arn+" does not clearly define entity type and name.")
	}
	return "", nil, &world.Error{Code: "NoSuchEntity", Message: "Policy source " + arn + " cannot be found.", Status: 404}
}

// inputs reads PolicyInputList: policies that nobody has, to be tried.
func (c *iamCall) inputs() ([]named, error) {
	var out []named
	for i, text := range c.form.list("PolicyInputList") {
		d, err := policy.Parse(text)
		if err == nil {
			err = d.CheckIdentity()
		}
		if e, ok := err.(*policy.SyntaxError); ok {
			return nil, invalid("InvalidInput", e.IAM())
		}
		out = append(out, named{"PolicyInputList." + strconv.Itoa(i+1), text})
	}
	return out, nil
}

func memberNull(member string) error {
	return validation("1 validation error detected: Value null at '" + member + "' failed to satisfy constraint: Member must not be null")
}

// simulate reads what both simulations have, and answers.
func (c *iamCall) simulate(s *simulation) error {
	f := c.form
	if f.has("PermissionsBoundaryPolicyInputList") {
		return invalid("InvalidInput", "Permissions boundaries are not part of this lab.")
	}
	f.skip("ResourceHandlingOption", "ResourceOwner")
	inputs, err := c.inputs()
	if err != nil {
		return err
	}
	s.policies = append(s.policies, inputs...)
	if caller := f.str("CallerArn"); caller != "" {
		s.caller = caller
	}
	s.resourcePolicy = f.str("ResourcePolicy")
	if _, err := policy.Parse(s.resourcePolicy); s.resourcePolicy != "" && err != nil {
		return invalid("InvalidInput", "The resource policy cannot be read: "+err.Error())
	}
	if s.actions = f.list("ActionNames"); len(s.actions) == 0 {
		return memberNull("actionNames")
	}
	for _, a := range s.actions {
		if service, name, ok := strings.Cut(a, ":"); !ok || service == "" || name == "" {
			return invalid("InvalidInput", "Invalid action name: "+a)
		}
	}
	if s.resources = f.list("ResourceArns"); len(s.resources) == 0 {
		s.resources = []string{"*"}
	}
	for _, e := range f.items("ContextEntries") {
		s.context[strings.ToLower(e.str("ContextKeyName"))] = e.list("ContextKeyValues")
		e.skip("ContextKeyType")
	}
	if s.context["aws:currenttime"] == nil {
		s.context["aws:currenttime"] = []string{iamTime(c.server.World.Clock().Now())}
	}
	c.out.open("EvaluationResults")
	for _, action := range s.actions {
		for _, resource := range s.resources {
			c.out.open("member")
			if err := c.verdict(s, action, resource); err != nil {
				return err
			}
			c.out.close("member")
		}
	}
	c.out.close("EvaluationResults")
	c.page()
	return nil
}

// verdict prints one answer: what was decided, by which policies, and which
// condition keys they asked for in vain.
func (c *iamCall) verdict(s *simulation, action, resource string) error {
	r := policy.Request{Principal: policy.Principal{Arn: s.caller, Account: c.st.Account}, Action: action, Resource: resource, Context: s.context}
	decide := func(identity []string) (policy.Decision, error) {
		return policy.Evaluate(r, policy.Policies{Identity: identity, Resource: s.resourcePolicy})
	}
	var all []string
	for _, p := range s.policies {
		all = append(all, p.document)
	}
	d, err := decide(all)
	if err != nil {
		return invalid("PolicyEvaluation", err.Error())
	}
	matched := slices.DeleteFunc(slices.Clone(s.policies), func(p named) bool {
		one, err := policy.Evaluate(r, policy.Policies{Identity: []string{p.document}})
		return err != nil || one.Reason != d.Reason || one.Reason == policy.NoAllow
	})
	w := &c.out
	w.text("EvalActionName", action)
	w.text("EvalResourceName", resource)
	w.text("EvalDecision", map[policy.Reason]string{policy.NoAllow: "implicitDeny", policy.ExplicitDeny: "explicitDeny", policy.Allowed: "allowed"}[d.Reason])
	members(w, "MatchedStatements", matched, func(p named) {
		w.text("SourcePolicyId", p.id)
		w.text("SourcePolicyType", "IAM Policy")
	})
	missing := slices.DeleteFunc(contextKeys(s.policies), func(key string) bool { return s.context[strings.ToLower(key)] != nil })
	members(w, "MissingContextValues", missing, func(key string) { w.escape(key) })
	return nil
}

// contextKeys are the condition keys that policies ask for, each once.
func contextKeys(policies []named) []string {
	var out []string
	for _, p := range policies {
		if d, err := policy.Parse(p.document); err == nil {
			out = append(out, d.ContextKeys()...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (c *iamCall) keysAnswer(policies []named, err error) error {
	if err != nil {
		return err
	}
	members(&c.out, "ContextKeyNames", contextKeys(policies), func(key string) { c.out.escape(key) })
	return nil
}

func contextKeysForPrincipal(c *iamCall) error {
	_, policies, err := c.simulated()
	if err != nil {
		return err
	}
	inputs, err := c.inputs()
	return c.keysAnswer(append(policies, inputs...), err)
}

func contextKeysForCustom(c *iamCall) error {
	if !c.form.has("PolicyInputList") {
		return memberNull("policyInputList")
	}
	return c.keysAnswer(c.inputs())
}
