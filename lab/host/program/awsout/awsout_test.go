package awsout

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

func tag(k, v string) *Dict { return NewDict("Key", k, "Value", v) }

// answers are trees in the shapes that EC2 and S3 give.
var answers = map[string]*Dict{
	"routes": NewDict("RouteTables", []any{NewDict(
		"Associations", []any{NewDict("Main", false, "RouteTableAssociationId", "rtbassoc-7a526c2cde25f6f67", "RouteTableId", "rtb-e808af40c78c6decf",
			"SubnetId", "subnet-e4e3cc6754811f88f", "AssociationState", NewDict("State", "associated"))},
		"RouteTableId", "rtb-e808af40c78c6decf",
		"Routes", []any{
			NewDict("DestinationCidrBlock", "10.0.0.0/16", "GatewayId", "local", "Origin", "CreateRouteTable", "State", "active"),
			NewDict("DestinationPrefixListId", "pl-78a54011", "GatewayId", "vpce-28e1867af92209c2b", "Origin", "CreateRoute", "State", "active"),
		},
		"Tags", []any{}, "VpcId", "vpc-312d25076e86f5788", "OwnerId", "123456789012")}),
	"two tables": NewDict("RouteTables", []any{
		NewDict("RouteTableId", "rtb-1", "Routes", []any{NewDict("GatewayId", "local")}, "Tags", []any{tag("Name", "프라이빗")}, "OwnerId", "1"),
		NewDict("RouteTableId", "rtb-2", "VpcId", "vpc-2", "Tags", []any{tag("a", "<&>\""), tag("b", "")}),
	}),
	"identity": NewDict("UserId", "AKIAIOSFODNN7EXAMPLE", "Account", "123456789012", "Arn", "arn:aws:sts::123456789012:user/moto"),
	"endpoint": NewDict("VpcEndpoint", NewDict("VpcEndpointId", "vpce-0a1b2c3d4e5f60718", "State", "available", "RouteTableIds", []any{"rtb-1", "rtb-2"},
		"SubnetIds", []any{}, "PrivateDnsEnabled", false, "CreationTimestamp", "2022-01-03T11:50:21+00:00")),
	"entries": NewDict("Entries", []any{NewDict("Cidr", "3.5.140.0/22"), NewDict("Cidr", "52.219.56.0/22", "Description", "x")}),
	"lists":   NewDict("PrefixLists", []any{NewDict("Cidrs", []any{"3.5.140.0/22", "52.219.56.0/22"}, "PrefixListId", "pl-78a54011", "PrefixListName", "com.amazonaws.ap-northeast-2.s3")}),
	"listing": NewDict("Contents", []any{NewDict("Key", "photos/x.png", "LastModified", "2022-01-03T11:36:09+00:00", "ETag", `"bfd23e847b"`, "Size", int64(478809), "StorageClass", "STANDARD")},
		"RequestCharged", nil, "Prefix", ""),
	"instances": NewDict("Reservations", []any{NewDict("ReservationId", "r-1", "OwnerId", "1", "Groups", []any{}, "Instances", []any{
		NewDict("InstanceId", "i-1", "AmiLaunchIndex", int64(0), "State", NewDict("Code", int64(16), "Name", "running"), "NetworkInterfaces", []any{
			NewDict("Attachment", NewDict("DeviceIndex", int64(0), "Status", "attached"), "Groups", []any{NewDict("GroupId", "sg-1", "GroupName", "default")}, "PrivateIpAddress", "10.0.2.4"),
		}, "Tags", []any{tag("Name", "private")}),
	})}),
	"single":       NewDict("LocationConstraint", nil),
	"true":         NewDict("Return", true),
	"nothing left": NewDict("Unsuccessful", []any{}),
	"empty":        NewDict(),
}

// witness prints documents with the installed CLI's own formatters, which
// version 1 and 2 share: a list of [format, document] in, a list of texts out.
const witness = `
import io, json, sys, types
from awscli.formatter import get_formatter
out = []
for format, doc in json.load(sys.stdin):
    stream = io.StringIO()
    get_formatter(format, types.SimpleNamespace(query=None, color='off'))("DescribeThings", doc, stream)
    out.append(stream.getvalue())
json.dump(out, sys.stdout)
`

func TestWitness(t *testing.T) {
	var names, ours []string
	var jobs [][2]any
	for name, v := range answers {
		var doc, text, table bytes.Buffer
		JSON(&doc, v)
		Text(&text, v)
		Table(&table, "DescribeThings", v, 80)
		plain := json.RawMessage(doc.String())
		if doc.Len() == 0 {
			plain = json.RawMessage("{}")
		}
		for format, b := range map[string]string{"json": doc.String(), "text": text.String(), "table": table.String()} {
			names, ours, jobs = append(names, name+" as "+format), append(ours, b), append(jobs, [2]any{format, plain})
		}
	}
	in, err := json.Marshal(jobs)
	if err != nil {
		t.Fatal(err)
	}
	var theirs []string
	var stdout, stderr bytes.Buffer
	cmd := exec.Command("python3", "-c", witness)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if cmd.ProcessState == nil || strings.Contains(stderr.String(), "ModuleNotFoundError") {
			t.Skip("the awscli Python package is not installed: its formatters are not compared with ours")
		}
		t.Fatalf("%v\n%s", err, &stderr)
	}
	if err := json.Unmarshal(stdout.Bytes(), &theirs); err != nil || len(theirs) != len(ours) {
		t.Fatalf("%d answers: %v", len(theirs), err)
	}
	for i, name := range names {
		if ours[i] != theirs[i] {
			t.Errorf("%s:\n%s--- real\n%s", name, ours[i], theirs[i])
		}
	}
}

func FuzzFormats(f *testing.F) {
	f.Add(`{"a":[{"b":"c"},{"d":[1,2]}],"e":null}`, 80)
	f.Fuzz(func(t *testing.T, doc string, width int) {
		var plain any
		if json.Unmarshal([]byte(doc), &plain) != nil {
			return
		}
		d, ok := tree(plain).(*Dict)
		if !ok {
			return
		}
		var b bytes.Buffer
		if JSON(&b, d); b.Len() > 0 && !json.Valid(b.Bytes()) {
			t.Errorf("not JSON: %s", &b)
		}
		Text(&b, d)
		Table(&b, "T", d, width%300)
	})
}

// tree turns what encoding/json read into ours.
func tree(v any) any {
	switch v := v.(type) {
	case map[string]any:
		d := NewDict()
		for k, e := range v {
			d.Set(k, tree(e))
		}
		return d
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = tree(e)
		}
		return list
	case float64:
		return int64(v)
	}
	return v
}
