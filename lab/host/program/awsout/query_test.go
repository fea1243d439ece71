package awsout

import (
	"bytes"
	"strings"
	"testing"
)

// What --query selects, as awscli with Python's jmespath prints it.
func TestQuery(t *testing.T) {
	vpc := func(id, cidr string, n int64) *Dict {
		return NewDict("VpcId", id, "CidrBlock", cidr, "Count", n, "Default", false, "Tags", []any{NewDict("Key", "Name", "Value", "n-"+id)})
	}
	answer := NewDict("Vpcs", []any{vpc("vpc-1", "10.0.0.0/16", 2), vpc("vpc-2", "10.1.0.0/16", 12)}, "Empty", NewDict())
	for _, tt := range []struct{ query, json, text string }{
		{"Vpcs[].VpcId", "[\n    \"vpc-1\",\n    \"vpc-2\"\n]\n", "vpc-1\tvpc-2\n"},
		{"Vpcs[0].Tags[0]", "{\n    \"Key\": \"Name\",\n    \"Value\": \"n-vpc-1\"\n}\n", "Name\tn-vpc-1\n"},
		// An object of one's own has the order of the expression.
		{"Vpcs[1].{Net:CidrBlock,Id:VpcId}", "{\n    \"Net\": \"10.1.0.0/16\",\n    \"Id\": \"vpc-2\"\n}\n", "vpc-2\t10.1.0.0/16\n"},
		{"Vpcs[?CidrBlock=='10.1.0.0/16'].VpcId | [0]", "\"vpc-2\"\n", "vpc-2\n"},
		{"Vpcs[?Count > `3`].Count", "[\n    12\n]\n", "12\n"},
		{"Vpcs[].[VpcId,Count]", "[\n    [\n        \"vpc-1\",\n        2\n    ],\n    [\n        \"vpc-2\",\n        12\n    ]\n]\n", "vpc-1\t2\nvpc-2\t12\n"},
		{"Vpcs[].Tags[?Key=='Name'].Value[]", "[\n    \"n-vpc-1\",\n    \"n-vpc-2\"\n]\n", "n-vpc-1\tn-vpc-2\n"},
		{"length(Vpcs)", "2\n", "2\n"},
		{"Vpcs[0].Default", "false\n", "False\n"},
		{"Nothing", "null\n", "None\n"},
		{"Vpcs[?VpcId=='none']", "[]\n", ""},
		{"sort_by(Vpcs, &VpcId)[-1].VpcId", "\"vpc-2\"\n", "vpc-2\n"},
	} {
		q, err := ParseQuery(tt.query)
		if err != nil {
			t.Errorf("%s: %v", tt.query, err)
			continue
		}
		got, err := q.Select(answer)
		if err != nil {
			t.Errorf("%s: %v", tt.query, err)
			continue
		}
		var asJSON, asText, asTable bytes.Buffer
		if err := JSON(&asJSON, got); err != nil || asJSON.String() != tt.json {
			t.Errorf("%s: %q, want %q (%v)", tt.query, asJSON.String(), tt.json, err)
		}
		if err := Text(&asText, got); err != nil || asText.String() != tt.text {
			t.Errorf("%s as text: %q, want %q (%v)", tt.query, asText.String(), tt.text, err)
		}
		if err := Table(&asTable, "Describe", got, 80); err != nil {
			t.Errorf("%s as a table: %v", tt.query, err)
		}
	}
	// Keys of the answer's own objects stay where they are.
	q, _ := ParseQuery("Vpcs[0]")
	got, _ := q.Select(answer)
	if keys := strings.Join(got.(*Dict).Keys(), " "); keys != "VpcId CidrBlock Count Default Tags" {
		t.Errorf("keys = %s", keys)
	}
	for wrong, want := range map[string]string{
		"Vpcs[":                         "Invalid jmespath expression: Incomplete expression:\n\"Vpcs[\"\n      ^", // aws 1.45's words
		"[?":                            "Invalid jmespath expression: Incomplete expression:\n\"[?\"\n   ^",
		"":                              "Invalid JMESPath expression: cannot be empty.",
		"a b":                           "Invalid jmespath expression: Parse error at column 2, token \"b\", for expression:\n\"a b\"\n   ^",
		"(@())":                         "Invalid jmespath expression",
		strings.Repeat("(", maxQuery+1): "Invalid jmespath expression",
	} {
		q, err := ParseQuery(wrong)
		if err == nil {
			_, err = q.Select(answer)
		}
		if err == nil || err.Error() != "Bad value for --query "+wrong+": "+want {
			t.Errorf("%.20q: %v", wrong, err)
		}
	}
	q, err := ParseQuery("abs(Vpcs)")
	if err == nil {
		_, err = q.Select(answer)
	}
	if err == nil {
		t.Error("a function of the wrong type")
	}
}

func FuzzQuery(f *testing.F) {
	for _, s := range []string{"a", "a[?b>`1`].{c:d}", "sort_by(a,&b)[-1]", "a.*|[0]", "@", "(@())", "`{\"a\":1}`"} {
		f.Add(s)
	}
	answer := NewDict("a", []any{NewDict("b", int64(2), "d", "x"), NewDict("b", int64(1))})
	f.Fuzz(func(t *testing.T, text string) {
		q, err := ParseQuery(text)
		if err != nil {
			return
		}
		if v, err := q.Select(answer); err == nil {
			var b bytes.Buffer
			JSON(&b, v)
			Text(&b, v)
			Table(&b, "T", v, 80)
		}
	})
}
