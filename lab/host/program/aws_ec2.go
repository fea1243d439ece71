package program

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"gatewalk/lab/host/program/awsout"
)

// ec2Command is one operation of EC2: its options by the parameters of the API,
// and what its answer is made of.
type ec2Command struct {
	operation string
	answer    string // shape, see ec2Shapes
	options   []ec2Option
	pages     bool // the answer has a NextToken
}

// ec2Option is an option of the command line. Kinds: "" one word, "list" any
// number of them, "flag" none, "filters", "tags" and "fields" in shorthand.
type ec2Option struct {
	name, parameter, kind string
	required              bool
}

// describes is what all Describe commands have in common.
func describes(operation, ids, parameter string) ec2Command {
	return ec2Command{operation, operation + "Result", []ec2Option{
		{ids, parameter, "list", false}, {"--filters", "Filter", "filters", false}, {"--dry-run", "DryRun", "flag", false},
		{"--max-results", "MaxResults", "", false},
	}, true}
}

func ec2Commands() map[string]ec2Command {
	endpoint := []ec2Option{
		{"--vpc-id", "VpcId", "", true}, {"--service-name", "ServiceName", "", true}, {"--vpc-endpoint-type", "VpcEndpointType", "", false},
		{"--route-table-ids", "RouteTableId", "list", false}, {"--subnet-ids", "SubnetId", "list", false},
		{"--security-group-ids", "SecurityGroupId", "list", false}, {"--policy-document", "PolicyDocument", "file", false},
		{"--private-dns-enabled", "PrivateDnsEnabled", "flag", false}, {"--dns-options", "DnsOptions", "fields", false},
		{"--ip-address-type", "IpAddressType", "", false}, {"--client-token", "ClientToken", "", false},
		{"--tag-specifications", "TagSpecification", "tags", false}, {"--dry-run", "DryRun", "flag", false},
	}
	modify := []ec2Option{
		{"--vpc-endpoint-id", "VpcEndpointId", "", true}, {"--add-route-table-ids", "AddRouteTableId", "list", false},
		{"--remove-route-table-ids", "RemoveRouteTableId", "list", false}, {"--policy-document", "PolicyDocument", "file", false},
		{"--reset-policy", "ResetPolicy", "flag", false}, {"--add-subnet-ids", "AddSubnetId", "list", false}, {"--remove-subnet-ids", "RemoveSubnetId", "list", false},
		{"--add-security-group-ids", "AddSecurityGroupId", "list", false}, {"--remove-security-group-ids", "RemoveSecurityGroupId", "list", false},
		{"--private-dns-enabled", "PrivateDnsEnabled", "flag", false}, {"--dns-options", "DnsOptions", "fields", false}, {"--dry-run", "DryRun", "flag", false},
	}
	return map[string]ec2Command{
		"describe-route-tables":          describes("DescribeRouteTables", "--route-table-ids", "RouteTableId"),
		"describe-vpc-endpoints":         describes("DescribeVpcEndpoints", "--vpc-endpoint-ids", "VpcEndpointId"),
		"describe-vpc-endpoint-services": describes("DescribeVpcEndpointServices", "--service-names", "ServiceName"),
		"describe-vpcs":                  describes("DescribeVpcs", "--vpc-ids", "VpcId"),
		"describe-subnets":               describes("DescribeSubnets", "--subnet-ids", "SubnetId"),
		"describe-instances":             describes("DescribeInstances", "--instance-ids", "InstanceId"),
		"describe-security-groups":       describes("DescribeSecurityGroups", "--group-ids", "GroupId"),
		"describe-internet-gateways":     describes("DescribeInternetGateways", "--internet-gateway-ids", "InternetGatewayId"),
		"describe-network-interfaces":    describes("DescribeNetworkInterfaces", "--network-interface-ids", "NetworkInterfaceId"),
		"describe-prefix-lists":          describes("DescribePrefixLists", "--prefix-list-ids", "PrefixListId"),
		"describe-managed-prefix-lists":  describes("DescribeManagedPrefixLists", "--prefix-list-ids", "PrefixListId"),
		"get-managed-prefix-list-entries": {"GetManagedPrefixListEntries", "GetManagedPrefixListEntriesResult", []ec2Option{
			{"--prefix-list-id", "PrefixListId", "", true}, {"--dry-run", "DryRun", "flag", false}, {"--max-results", "MaxResults", "", false},
		}, true},
		"create-vpc-endpoint": {"CreateVpcEndpoint", "CreateVpcEndpointResult", endpoint, false},
		"modify-vpc-endpoint": {"ModifyVpcEndpoint", "ModifyVpcEndpointResult", modify, false},
		"delete-vpc-endpoints": {"DeleteVpcEndpoints", "DeleteVpcEndpointsResult", []ec2Option{
			{"--vpc-endpoint-ids", "VpcEndpointId", "list", true}, {"--dry-run", "DryRun", "flag", false},
		}, false},
	}
}

// awsEC2Commands are the commands as the dispatcher wants them.
func awsEC2Commands() map[string]awsFunc {
	commands := map[string]awsFunc{}
	for name, c := range ec2Commands() {
		commands[name] = func(ctx context.Context, a *awsRun, args []string) error { return c.run(ctx, a, args) }
	}
	return commands
}

func (c ec2Command) run(ctx context.Context, a *awsRun, args []string) error {
	form, err := c.form(a, args)
	if err != nil {
		return err
	}
	var whole *awsout.Dict
	for {
		b, err := a.queryAPI(ctx, "ec2", "2016-11-15", c.operation, form)
		if err != nil {
			return err
		}
		answer, err := readEC2(b, c.answer)
		if err != nil {
			return awsFail(awsGeneral, "Unable to parse response (%v), invalid XML received. Further retries may succeed:\n%q", err, b)
		}
		token, _ := answer.Get("NextToken")
		if whole = merge(whole, answer); token == nil || token == "" || !c.pages {
			break
		}
		form.Set("NextToken", fmt.Sprint(token))
	}
	return a.show(c.operation, whole)
}

// merge adds the lists of a page to those before it; tokens are left out.
func merge(whole, page *awsout.Dict) *awsout.Dict {
	if whole == nil {
		whole = dict()
	}
	for _, k := range page.Keys() {
		v, _ := page.Get(k)
		if k == "NextToken" {
			continue
		}
		if before, ok := whole.Get(k); ok {
			if list, ok := before.([]any); ok {
				v = append(list, v.([]any)...)
			}
		}
		whole.Set(k, v)
	}
	return whole
}

// form turns the command line into the API's parameters.
func (c ec2Command) form(a *awsRun, args []string) (url.Values, error) {
	known := map[string]int{"--max-items": 1, "--page-size": 1}
	kinds := map[string]int{"": 1, "file": 1, "fields": 1, "list": 2, "filters": 2, "tags": 2, "flag": 0}
	for _, o := range c.options {
		known[o.name] = kinds[o.kind]
		if o.kind == "flag" {
			known["--no-"+strings.TrimPrefix(o.name, "--")] = 0
		}
	}
	f, unknown, err := parseAWSFlags(args, known)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, o := range c.options {
		if o.required && !f.has(o.name) {
			missing = append(missing, o.name)
		}
	}
	if len(missing) > 0 {
		return nil, awsMisuse("the following arguments are required: %s", strings.Join(missing, ", "))
	}
	if unknown = append(unknown, f.operands...); len(unknown) > 0 {
		return nil, unknownOptions(unknown)
	}
	form := url.Values{}
	for _, o := range c.options {
		if o.kind == "flag" {
			if f.has(o.name) {
				form.Set(o.parameter, "true")
			} else if f.has("--no-" + strings.TrimPrefix(o.name, "--")) {
				form.Set(o.parameter, "false")
			}
			continue
		}
		if !f.has(o.name) {
			continue
		}
		if err := o.fill(a, form, f.values[o.name]); err != nil {
			return nil, err
		}
	}
	return form, nil
}

func (o ec2Option) fill(a *awsRun, form url.Values, values []string) error {
	switch o.kind {
	case "list":
		for i, v := range values {
			form.Set(fmt.Sprintf("%s.%d", o.parameter, i+1), v)
		}
	case "filters":
		for i, v := range values {
			fields, err := shorthand(o.name, v)
			if err != nil {
				return err
			}
			form.Set(fmt.Sprintf("Filter.%d.Name", i+1), strings.Join(fields["Name"], ","))
			for j, value := range fields["Values"] {
				form.Set(fmt.Sprintf("Filter.%d.Value.%d", i+1, j+1), value)
			}
		}
	case "fields": // Key=value,Key=value
		for field := range strings.SplitSeq(values[0], ",") {
			key, value, ok := strings.Cut(field, "=")
			if !ok {
				return awsFail(awsInvalid, "Error parsing parameter '%s': Expected: '=', received: 'EOF' for input:\n %s\n%s^", o.name, values[0], strings.Repeat(" ", len(values[0])))
			}
			form.Set(o.parameter+"."+key, value)
		}
	case "tags":
		for i, v := range values {
			if err := tagSpecification(form, o, i+1, v); err != nil {
				return err
			}
		}
	case "file":
		v := values[0]
		if name, ok := strings.CutPrefix(v, "file://"); ok {
			b, err := a.Files.ReadFile(abs(a.Process, name))
			if err != nil {
				return awsFail(awsInvalid, "Error parsing parameter '%s': Unable to load paramfile %s: [Errno %d] %s: '%s'", o.name, v, errnoOf(err), why(err), name)
			}
			v = string(b)
		}
		form.Set(o.parameter, v)
	default:
		form.Set(o.parameter, values[0])
	}
	return nil
}

// shorthand reads "Name=…,Values=…,…", the CLI's own notation.
func shorthand(option, text string) (map[string][]string, error) {
	fields, name := map[string][]string{}, ""
	for i, part := range strings.Split(text, ",") {
		key, value, ok := strings.Cut(part, "=")
		switch {
		case ok:
			name = key
			fields[name] = append(fields[name], strings.Trim(value, `"'`))
		case i == 0:
			return nil, awsFail(awsInvalid, "Error parsing parameter '%s': Expected: '=', received: 'EOF' for input:\n %s\n%s^", option, text, strings.Repeat(" ", len(text)))
		default:
			fields[name] = append(fields[name], strings.Trim(part, `"'`))
		}
	}
	for key := range fields {
		if key != "Name" && key != "Values" {
			return nil, awsFail(awsInvalid, "Parameter validation failed:\nUnknown parameter in Filters[0]: \"%s\", must be one of: Name, Values", key)
		}
	}
	return fields, nil
}

// tagSpecification reads "ResourceType=…,Tags=[{Key=…,Value=…},…]".
func tagSpecification(form url.Values, o ec2Option, n int, text string) error {
	head, tags, ok := strings.Cut(text, ",Tags=[")
	kind, isKind := strings.CutPrefix(head, "ResourceType=")
	tags, closed := strings.CutSuffix(tags, "]")
	if !ok || !isKind || !closed {
		return awsFail(awsInvalid, "Error parsing parameter '%s': Expected: 'ResourceType=…,Tags=[{Key=…,Value=…}]' for input:\n %s", o.name, text)
	}
	form.Set(fmt.Sprintf("TagSpecification.%d.ResourceType", n), kind)
	for i, tag := range strings.Split(strings.TrimSuffix(strings.TrimPrefix(tags, "{"), "}"), "},{") {
		key, value, _ := strings.Cut(tag, ",Value=")
		form.Set(fmt.Sprintf("TagSpecification.%d.Tag.%d.Key", n, i+1), strings.TrimPrefix(key, "Key="))
		form.Set(fmt.Sprintf("TagSpecification.%d.Tag.%d.Value", n, i+1), value)
	}
	return nil
}
