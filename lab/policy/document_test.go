package policy

import (
	"errors"
	"strings"
	"testing"
)

func TestParseErrors(t *testing.T) {
	const ok = `"Effect":"Allow","Action":"s3:GetObject","Resource":"*"`
	tests := []struct{ name, doc, s3, iam string }{
		{"empty", "", "Policies must be valid JSON and the first byte must be '{'", "This policy contains invalid Json"},
		{"array", "[]", "Policies must be valid JSON and the first byte must be '{'", "This policy contains invalid Json"},
		{"cut", `{"Statement":[{`, "Policies must be valid JSON and the first byte must be '{'", "This policy contains invalid Json"},
		{"tail", `{"Statement":[{` + ok + `}]} x`, "Policies must be valid JSON and the first byte must be '{'", "This policy contains invalid Json"},
		{"duplicate key", `{"Statement":[{` + ok + `,"Condition":{"Bool":{"a":"true"}},"Condition":{}}]}`, "Policies must be valid JSON and the first byte must be '{'", "This policy contains invalid Json"},
		{"version", `{"Version":"2012-10-18","Statement":[{` + ok + `}]}`, "The policy must contain a valid version string", "The policy must contain a valid version string"},
		{"no statement", `{"Version":"2012-10-17"}`, "Missing required field Statement", "Syntax errors in policy."},
		{"empty statement", `{"Statement":[]}`, "Could not parse the policy: Statement is empty!", "Syntax errors in policy."},
		{"statement text", `{"Statement":["x"]}`, "Invalid policy syntax.", "Syntax errors in policy."},
		{"unknown field", `{"Statement":[{` + ok + `,"Resources":"*"}]}`, "Unknown field Resources", "Syntax errors in policy."},
		{"unknown top field", `{"Statements":[]}`, "Unknown field Statements", "Syntax errors in policy."},
		{"effect", `{"Statement":[{"Effect":"allow","Action":"s3:GetObject","Resource":"*"}]}`, "Invalid effect: allow", "Syntax errors in policy."},
		{"no effect", `{"Statement":[{"Action":"s3:GetObject","Resource":"*"}]}`, "Missing required field Effect", "Syntax errors in policy."},
		{"no action", `{"Statement":[{"Effect":"Allow","Resource":"*"}]}`, "Missing required field Action", "Policy statement must contain actions."},
		{"both actions", `{"Statement":[{` + ok + `,"NotAction":"s3:*"}]}`, "Policy has invalid action", "Syntax errors in policy."},
		{"no vendor", `{"Statement":[{"Effect":"Allow","Action":"GetObject","Resource":"*"}]}`, "Policy has invalid action", "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
		{"resource", `{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"b"}]}`, "Policy has invalid resource", `Resource b must be in ARN format or "*".`},
		{"principal", `{"Statement":[{` + ok + `,"Principal":"ann"}]}`, "Invalid principal in policy", "Syntax errors in policy."},
		{"principal kind", `{"Statement":[{` + ok + `,"Principal":{"User":"*"}}]}`, "Invalid principal in policy", "Syntax errors in policy."},
		{"operator", `{"Statement":[{` + ok + `,"Condition":{"StringEqual":{"a":"b"}}}]}`, "Invalid Condition type : StringEqual", "Syntax errors in policy."},
		{"not an operator", `{"Statement":[{` + ok + `,"Condition":{"NotStringEquals":{"a":"b"}}}]}`, "Invalid Condition type : NotStringEquals", "Syntax errors in policy."},
		{"NullIfExists", `{"Statement":[{` + ok + `,"Condition":{"NullIfExists":{"a":"true"}}}]}`, "Invalid Condition type : NullIfExists", "Syntax errors in policy."},
		{"bad CIDR", `{"Statement":[{` + ok + `,"Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}}}]}`, "Invalid value for condition IpAddress: 10.0.0.0/33", "Syntax errors in policy."},
		{"bad bool", `{"Statement":[{` + ok + `,"Condition":{"Bool":{"aws:SecureTransport":"yes"}}}]}`, "Invalid value for condition Bool: yes", "Syntax errors in policy."},
		{"sids", `{"Statement":[{"Sid":"A",` + ok + `},{"Sid":"A",` + ok + `}]}`, "Statement IDs (SID) in a single policy must be unique.", "Statement IDs (SID) in a single policy must be unique."},
	}
	for _, tt := range tests {
		_, err := Parse(tt.doc)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%s: %v is no SyntaxError", tt.name, err)
			continue
		}
		if syntax.Error() != tt.s3 || syntax.IAM() != tt.iam {
			t.Errorf("%s:\n got %q, %q\nwant %q, %q", tt.name, syntax.Error(), syntax.IAM(), tt.s3, tt.iam)
		}
	}
}

func TestParseAccepts(t *testing.T) {
	for _, text := range []string{
		fullAccess,
		"{\n  \"Statement\": [\n    {\n      \"Action\": \"*\", \n      \"Effect\": \"Allow\", \n      \"Principal\": \"*\", \n      \"Resource\": \"*\"\n    }\n  ]\n}",
		`{"Version":"2012-10-17","Id":"x","Statement":{"Effect":"Allow","Action":["ec2:*"],"Resource":["*"],"Condition":{"Bool":{"aws:SecureTransport":false},"NumericLessThan":{"s3:max-keys":10}}}}`,
		`{"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
	} {
		if _, err := Parse(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestCheck(t *testing.T) {
	trust := `{"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	bucketPolicy := func(principal, action, resource string) string {
		return `{"Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":` + action + `,"Resource":` + resource + `}]}`
	}
	known := func(arn string) bool { return arn == roleArnOf }
	check := map[string]func(*Document) error{
		"identity": (*Document).CheckIdentity,
		"trust":    func(d *Document) error { return d.CheckTrust(known) },
		"endpoint": (*Document).CheckEndpoint,
		"bucket":   func(d *Document) error { return d.CheckBucket("b", known) },
	}
	tests := []struct{ kind, doc, want string }{
		{"identity", identity("Allow", "s3:*", "*"), ""},
		{"identity", trust, "Policy document should not specify a principal."},
		{"identity", `{"Statement":[{"Effect":"Allow","Action":"s3:*"}]}`, "Policy statement must contain resources."},
		{"trust", trust, ""},
		{"trust", `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"` + roleArnOf + `"},"Action":"sts:AssumeRole"}]}`, ""},
		{"trust", `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/nobody"},"Action":"sts:AssumeRole"}]}`, `Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/nobody"`},
		{"trust", `{"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazon.com"},"Action":"sts:AssumeRole"}]}`, `Invalid principal in policy: "SERVICE":"ec2.amazon.com"`},
		{"trust", identity("Allow", "sts:AssumeRole", "*"), "Missing required field Principal"},
		{"trust", everybody("Allow", "sts:AssumeRole", "*", ""), "Has prohibited field Resource"},
		{"trust", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*"}]}`, "AssumeRole policy may only specify STS AssumeRole actions."},
		{"endpoint", fullAccess, ""},
		{"endpoint", identity("Allow", "s3:*", "*"), "Missing required field Principal"},
		{"bucket", bucketPolicy(`"*"`, `"s3:GetObject"`, `"arn:aws:s3:::b/*"`), ""},
		{"bucket", bucketPolicy(`{"AWS":"`+roleArnOf+`"}`, `["s3:ListBucket","s3:GetObject"]`, `["arn:aws:s3:::b","arn:aws:s3:::b/*"]`), ""},
		{"bucket", bucketPolicy(`{"AWS":"arn:aws:iam::123456789012:role/gone"}`, `"s3:*"`, `"arn:aws:s3:::b"`), "Invalid principal in policy"},
		{"bucket", bucketPolicy(`{"AWS":"arn:aws:iam::123456789012:role/*"}`, `"s3:*"`, `"arn:aws:s3:::b"`), "Invalid principal in policy"},
		{"bucket", bucketPolicy(`{"AWS":"123456789012"}`, `"s3:*"`, `"arn:aws:s3:::b"`), ""},
		{"bucket", identity("Allow", "s3:*", bucket), "Missing required field Principal"},
		{"bucket", bucketPolicy(`"*"`, `"ec2:*"`, `"arn:aws:s3:::b"`), "Policy has invalid action"},
		{"bucket", bucketPolicy(`"*"`, `"s3:*"`, `"arn:aws:s3:::c"`), "Policy has invalid resource"},
		{"bucket", bucketPolicy(`"*"`, `"s3:GetObject"`, `"arn:aws:s3:::b"`), "Action does not apply to any resource(s) in statement"},
		{"bucket", bucketPolicy(`"*"`, `"s3:ListBucket"`, `"arn:aws:s3:::b/*"`), "Action does not apply to any resource(s) in statement"},
	}
	for _, tt := range tests {
		d, err := Parse(tt.doc)
		if err != nil {
			t.Fatalf("%s: %v", tt.doc, err)
		}
		got := ""
		if err := check[tt.kind](d); err != nil {
			syntax := err.(*SyntaxError)
			if got = syntax.Error(); tt.kind == "identity" || tt.kind == "trust" {
				got = syntax.IAM()
			}
		}
		if got != tt.want {
			t.Errorf("%s policy %s:\n got %q\nwant %q", tt.kind, tt.doc, got, tt.want)
		}
	}
}

func TestPublic(t *testing.T) {
	allow := func(condition string) string {
		return everybody("Allow", "s3:GetObject", "arn:aws:s3:::b/*", condition)
	}
	tests := []struct {
		doc  string
		want bool
	}{
		{allow(""), true},
		{everybody("Deny", "s3:*", "*", ""), false},
		{allow(`{"StringEquals":{"aws:SourceVpce":"vpce-1"}}`), false},
		{allow(`{"StringEquals":{"AWS:sourcevpc":["vpc-1","vpc-2"]}}`), false},
		{allow(`{"StringLike":{"aws:SourceVpc":"vpc-*"}}`), true},
		{allow(`{"StringLike":{"aws:SourceVpc":"vpc-1"}}`), false},
		{allow(`{"StringEquals":{"aws:SourceVpce":"${aws:username}"}}`), true},
		{allow(`{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}`), true},
		{allow(`{"StringEqualsIfExists":{"aws:SourceVpce":"vpce-1"}}`), true},
		{allow(`{"ForAllValues:StringEquals":{"aws:SourceVpce":"vpce-1"}}`), true},
		{allow(`{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`), false},
		{allow(`{"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}}`), true},
		{allow(`{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","::/0"]}}`), true},
		{allow(`{"IpAddress":{"aws:VpcSourceIp":"10.0.0.0/8"}}`), true},
		{allow(`{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}`), false},
		{allow(`{"Bool":{"aws:SecureTransport":"true"}}`), true},
		{doc(`{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"s3:*","Resource":"*"}`), false},
		{doc(`{"Effect":"Allow","NotPrincipal":{"AWS":"123456789012"},"Action":"s3:*","Resource":"*"}`), true},
	}
	for _, tt := range tests {
		d, err := Parse(tt.doc)
		if err != nil {
			t.Fatal(err)
		}
		if d.Public() != tt.want {
			t.Errorf("public = %v: %s", d.Public(), tt.doc)
		}
	}
}

// FuzzParse asserts that no text, and no request against what it parses to,
// goes wrong, and that what a document refuses it refuses with a SyntaxError.
func FuzzParse(f *testing.F) {
	f.Add(fullAccess, "arn:aws:s3:::b/o", "10.0.2.234")
	f.Add(everybody("Allow", "s3:G?t*", "arn:aws:s3:::b/${aws:username, 'x'}/${*}", `{"ForAnyValue:StringNotLikeIfExists":{"aws:SourceIp":["*","${a}"]}}`), "b", "::1")
	f.Add(everybody("Deny", "*", "*", `{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"DateLessThan":{"aws:SourceIp":"2026"},"ArnLike":{"aws:SourceIp":"arn:*:s3:::?"}}`), "", "arn:aws:s3:::b")
	f.Add(`{"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"1"},"NotAction":"a:b","NotResource":"*"}}`, "", "")
	f.Fuzz(func(t *testing.T, text, resource, value string) {
		d, err := Parse(text)
		var syntax *SyntaxError
		if err != nil {
			if !errors.As(err, &syntax) {
				t.Fatalf("%v is no SyntaxError", err)
			}
			return
		}
		d.Public()
		_ = errors.Join(d.CheckBucket("b", nil), d.CheckEndpoint(), d.CheckIdentity(), d.CheckTrust(nil))
		r := Request{Principal: role, Action: "s3:GetObject", Resource: resource, Context: map[string][]string{"aws:SourceIp": {value}}}
		got, err := Evaluate(r, Policies{Identity: []string{text}, Resource: text, Endpoint: text, ThroughEndpoint: true})
		if err != nil || got.Allowed != (got.Message(r) == "") {
			t.Fatalf("%+v, %v", got, err)
		}
		// A Deny for all beside it always wins.
		closed := Policies{Identity: []string{text, identity("Deny", "*", "*")}}
		if got, err := Evaluate(r, closed); err == nil && got.Allowed {
			t.Fatalf("allowed in spite of a Deny: %s", strings.ToValidUTF8(text, "?"))
		}
	})
}
