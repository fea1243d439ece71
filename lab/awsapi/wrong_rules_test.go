package awsapi

import (
	"cmp"
	"encoding/xml"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatewalk/lab/world"
)

const edLine = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJyHQ2ynUyNTjGuaXDmYfTN7LTcIL7nYbAgyEvPqvMEq me"

// question is a request taken apart.
type question struct {
	action string
	names  []string
	values map[string]string
	marks  map[string]byte // of the values that had one
}

func readQuestion(action, form string, expand func(string) string) question {
	q := question{action: action, values: map[string]string{}, marks: map[string]byte{}}
	for _, f := range strings.Fields(form) {
		name, value, _ := strings.Cut(f, "=")
		if strings.ContainsAny(value[:1], "!#?*") {
			q.marks[name], value = value[0], value[1:]
		}
		q.names = append(q.names, name)
		q.values[name] = expand(value)
	}
	return q
}

// with is the request with one parameter changed; "" leaves it out.
func (q question) with(name, value string) string {
	v := url.Values{"Action": {q.action}, "Version": {"2016-11-15"}, "DryRun": {"true"}}
	for k, old := range q.values {
		v.Set(k, old)
	}
	if v.Set(name, value); value == "" {
		v.Del(name)
	}
	return v.Encode()
}

// requires says whether AWS's model of the action requires the parameter, and
// there is no more of it where it is a list.
func (q question) requires(name string) bool {
	all := models()
	if all == nil {
		return false
	}
	top, _, _ := strings.Cut(name, ".")
	for _, other := range q.names {
		if other != name && strings.HasPrefix(other, top+".") {
			return false
		}
	}
	m := all["ec2"]
	input := m.Shapes[m.Operations[q.action].Input.Shape]
	return input != nil && slices.ContainsFunc(input.Required, func(member string) bool {
		wire := cmp.Or(input.Members[member].QueryName, input.Members[member].LocationName, member)
		return strings.EqualFold(wire, top)
	})
}

var anyID = regexp.MustCompile(`^(ami|[a-z]+(-[a-z]+)?)-[0-9a-f]{17}$`)

// wrongly are the answers that differ from the rule. The key is the action, the
// parameter, and what is wrong with it; without an action it is for all.
var wrongly = map[string]string{
	" Filter.1.Value.1 absent": "InvalidParameterValue",

	// Without it the rest makes no sense.
	"AuthorizeSecurityGroupEgress IpPermissions.1.FromPort absent":                   "InvalidParameterValue",
	"AuthorizeSecurityGroupEgress IpPermissions.1.ToPort absent":                     "InvalidParameterValue",
	"AuthorizeSecurityGroupIngress IpPermissions.1.FromPort absent":                  "InvalidParameterValue",
	"AuthorizeSecurityGroupIngress IpPermissions.1.ToPort absent":                    "InvalidParameterValue",
	"ModifySecurityGroupRules SecurityGroupRule.1.SecurityGroupRule.FromPort absent": "InvalidParameterValue",
	"ModifySecurityGroupRules SecurityGroupRule.1.SecurityGroupRule.ToPort absent":   "InvalidParameterValue",
	"CreateVpcEndpoint VpcEndpointType absent":                                       "InvalidParameter", // a gateway's, which has no subnets
	"CreateVpcEndpoint PrivateDnsEnabled absent":                                     "InvalidParameter", // on, which asks for DNS hostnames
	"ModifyInstanceAttribute DisableApiStop.Value absent":                            "InvalidParameterCombination",
	"ModifyNetworkInterfaceAttribute SecurityGroupId.1 absent":                       "InvalidParameterCombination",
	// There is no default VPC.
	"CreateSecurityGroup VpcId absent": "VPCIdNotSpecified",
	"RunInstances SubnetId absent":     "VPCIdNotSpecified",

	// A route's target is looked up in a way of its own.
	"CreateRoute GatewayId nobody":        "InvalidGatewayID.NotFound",
	"CreateRoute GatewayId malformed":     "InvalidGatewayID.NotFound",
	"ReplaceRoute NatGatewayId nobody":    "InvalidNatGatewayID.NotFound",
	"ReplaceRoute NatGatewayId malformed": "InvalidNatGatewayID.NotFound",

	// Every client makes one of its own.
	" ClientToken absent": "DryRunOperation",

	// It answers 200 and lists what it could not delete.
	"DeleteVpcEndpoints VpcEndpointId.1 nobody":    "DryRunOperation",
	"DeleteVpcEndpoints VpcEndpointId.1 malformed": "DryRunOperation",

	"DescribeInstanceTypes InstanceType.1 bogus": "InvalidInstanceType",
	"DeleteVolume VolumeId good":                 "VolumeInUse",           // there are no other volumes here
	"DetachNetworkInterface AttachmentId good":   "OperationNotPermitted", // there are no second interfaces here
}

// expected is the code that a wrong value is answered with: the rule, unless
// the table above knows better.
func expected(action, name, wrong, rule string) string {
	for _, key := range []string{action + " " + name + " " + wrong, " " + name + " " + wrong} {
		if code, ok := wrongly[key]; ok {
			return code
		}
	}
	return rule
}

// Every action of EC2 is asked a good question, as a dry run, and then the same
// with one thing wrong at a time: what is required left out, an id that is not
// one and one that is nobody's, no number, no boolean, no such word, no CIDR,
// no such filter, no such parameter.
func TestWrongQuestions(t *testing.T) {
	l, expand := wrongAccount(t)
	before := l.world.Generation()
	ask := func(body string) string {
		status, answer := l.send("ec2", formType, "", body)
		var e struct {
			Errors struct {
				Error struct{ Code, Message string }
			}
		}
		if status == 200 || xml.Unmarshal([]byte(answer), &e) != nil || e.Errors.Error.Message == "" {
			return "answered: " + answer
		}
		return e.Errors.Error.Code
	}
	for _, action := range slices.Sorted(maps.Keys(ec2Ops)) {
		form, ok := rightQuestions[action]
		if !ok {
			t.Errorf("%s is not asked", action)
			continue
		}
		q := readQuestion(action, form, expand)
		good := "DryRunOperation"
		if len(q.names) > 0 {
			good = expected(action, q.names[0], "good", good)
		}
		if got := ask(q.with("", "")); got != good {
			t.Errorf("%s %v: %s", action, q.values, got)
			continue
		}
		check := func(name, wrong, value, rule string) {
			t.Helper()
			want := expected(action, name, wrong, rule)
			if got := ask(q.with(name, value)); !slices.Contains(strings.Split(want, "|"), got) {
				t.Errorf("%q: %q, // got, want %s", action+" "+name+" "+wrong, got, want)
			}
		}
		if good == "DryRunOperation" {
			check("Bogus", "unknown", "x", "UnknownParameter")
		}
		for _, name := range q.names {
			rule := "MissingParameter|" + good
			if q.requires(name) {
				rule = "MissingParameter"
			}
			check(name, "absent", "", rule)
			switch q.marks[name] {
			case '!', '*':
				check(name, "bogus", "bogus", "InvalidParameterValue")
			case '#', '?':
				check(name, "bogus", "bogus", "InvalidParameterValue")
			}
			if m := anyID.FindStringSubmatch(q.values[name]); m != nil {
				kind, _ := world.KindOf(q.values[name])
				check(name, "nobody", m[1]+"-0fffffffffffffffa", kind.NotFound)
				check(name, "malformed", m[1]+"-xyz", kind.Malformed)
			}
			if strings.Contains(q.values[name], ".0/") {
				check(name, "CIDR", "10.0.0.0/99", "InvalidParameterValue")
			}
		}
	}
	if l.world.Generation() != before {
		t.Error("a question changed the world")
	}
}
