package policy

import (
	"strings"
	"testing"
)

// TestConditions gives each operator a request with the key, with another
// value, and without it (IAM user guide, "Condition operators").
func TestConditions(t *testing.T) {
	with := func(values ...string) map[string][]string { return map[string][]string{"Aws:K": values} }
	tests := []struct {
		condition string
		context   map[string][]string
		want      bool
	}{
		{`{"StringEquals":{"aws:k":"v"}}`, with("v"), true},
		{`{"StringEquals":{"aws:k":["u","v"]}}`, with("v"), true},
		{`{"StringEquals":{"aws:k":"v"}}`, with("V"), false},
		{`{"StringEquals":{"aws:k":"v*"}}`, with("vw"), false},
		{`{"StringEquals":{"aws:k":"v"}}`, nil, false},
		{`{"StringEqualsIfExists":{"aws:k":"v"}}`, nil, true},
		{`{"StringEqualsIfExists":{"aws:k":"v"}}`, with("w"), false},
		{`{"StringEqualsIgnoreCase":{"aws:k":"VAL"}}`, with("val"), true},
		{`{"StringNotEquals":{"aws:k":"v"}}`, with("w"), true},
		{`{"StringNotEquals":{"aws:k":["v","w"]}}`, with("w"), false},
		{`{"StringNotEquals":{"aws:k":"v"}}`, nil, true},
		{`{"StringNotEqualsIgnoreCase":{"aws:k":"V"}}`, with("v"), false},
		{`{"StringLike":{"aws:k":"a*c?"}}`, with("abbbcd"), true},
		{`{"StringLike":{"aws:k":"a*c?"}}`, with("abbbc"), false},
		{`{"StringLike":{"aws:k":"a${*}"}}`, with("ab"), false},
		{`{"StringLike":{"aws:k":"a${*}"}}`, with("a*"), true},
		{`{"StringNotLike":{"aws:k":"a*"}}`, with("b"), true},
		{`{"ArnLike":{"aws:k":"arn:aws:iam::*:role/gw*"}}`, with(roleArnOf), true},
		{`{"ArnEquals":{"aws:k":"arn:aws:iam::*:role/gw*"}}`, with(roleArnOf), true},
		{`{"ArnLike":{"aws:k":"arn:*:role/gw*"}}`, with(roleArnOf), false},
		{`{"ArnNotEquals":{"aws:k":"arn:aws:iam::123456789012:role/x"}}`, with(roleArnOf), true},
		{`{"IpAddress":{"aws:k":"10.0.0.0/16"}}`, with("10.0.2.234"), true},
		{`{"IpAddress":{"aws:k":["192.0.2.1","10.0.2.234"]}}`, with("10.0.2.234"), true},
		{`{"IpAddress":{"aws:k":"10.0.1.0/24"}}`, with("10.0.2.234"), false},
		{`{"IpAddress":{"aws:k":"10.0.1.0/24"}}`, nil, false},
		{`{"IpAddress":{"aws:k":"10.0.0.0/8"}}`, with("::ffff:10.0.0.1"), true},
		{`{"IpAddress":{"aws:k":"2001:db8::/32"}}`, with("2001:db8::1"), true},
		{`{"NotIpAddress":{"aws:k":"10.0.0.0/8"}}`, nil, true},
		{`{"NotIpAddress":{"aws:k":"10.0.0.0/8"}}`, with("10.1.1.1"), false},
		{`{"Bool":{"aws:k":true}}`, with("true"), true},
		{`{"Bool":{"aws:k":"TRUE"}}`, with("false"), false},
		{`{"Bool":{"aws:k":"false"}}`, nil, false},
		{`{"BoolIfExists":{"aws:k":"false"}}`, nil, true},
		{`{"Null":{"aws:k":"true"}}`, nil, true},
		{`{"Null":{"aws:k":"true"}}`, with("x"), false},
		{`{"Null":{"aws:k":false}}`, with("x"), true},
		{`{"NumericEquals":{"aws:k":"10"}}`, with("10.0"), true},
		{`{"NumericNotEquals":{"aws:k":"10"}}`, with("11"), true},
		{`{"NumericLessThan":{"aws:k":10}}`, with("9"), true},
		{`{"NumericLessThanEquals":{"aws:k":10}}`, with("10"), true},
		{`{"NumericGreaterThan":{"aws:k":10}}`, with("10"), false},
		{`{"NumericGreaterThanEquals":{"aws:k":10}}`, with("ten"), false},
		{`{"NumericLessThan":{"aws:k":10}}`, with("NaN"), false},
		{`{"DateLessThan":{"aws:k":"2026-01-01T00:00:00Z"}}`, with("2025-12-31T23:59:59Z"), true},
		{`{"DateGreaterThan":{"aws:k":"2026-01-01"}}`, with("1767225601"), true},
		{`{"DateEquals":{"aws:k":"1767225600"}}`, with("2026-01-01T00:00:00Z"), true},
		{`{"DateNotEquals":{"aws:k":"2026-01-01"}}`, nil, true},
		{`{"BinaryEquals":{"aws:k":"AQID"}}`, with("AQID"), true},
		{`{"ForAnyValue:StringEquals":{"aws:k":["a","b"]}}`, with("x", "b"), true},
		{`{"ForAnyValue:StringEquals":{"aws:k":"a"}}`, nil, false},
		{`{"ForAnyValue:StringNotEquals":{"aws:k":"a"}}`, with("a", "b"), true},
		{`{"ForAnyValue:StringNotEquals":{"aws:k":"a"}}`, with("a"), false},
		{`{"ForAllValues:StringEquals":{"aws:k":["a","b"]}}`, with("a", "b"), true},
		{`{"ForAllValues:StringEquals":{"aws:k":["a","b"]}}`, with("a", "c"), false},
		{`{"ForAllValues:StringEquals":{"aws:k":"a"}}`, nil, true},
		{`{"ForAllValues:StringNotEquals":{"aws:k":"a"}}`, with("b", "a"), false},
		{`{"StringEquals":{"aws:k":"v"},"Bool":{"aws:k":"true"}}`, with("v"), false}, // all operators must hold
		{`{"StringEquals":{"aws:k":"v","aws:j":"w"}}`, with("v"), false},             // and all keys
	}
	for _, tt := range tests {
		r := Request{Principal: role, Action: "s3:GetObject", Resource: key, Context: tt.context}
		text := doc(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":` + tt.condition + `}`)
		d, err := Evaluate(r, Policies{Identity: []string{text}})
		if err != nil || d.Allowed != tt.want {
			t.Errorf("%s with %v: %v, %v; want %v", tt.condition, tt.context, d.Allowed, err, tt.want)
		}
	}
}

func TestVariables(t *testing.T) {
	tests := []struct {
		name, version, resource string
		context                 map[string][]string
		want                    bool
	}{
		{"value", "2012-10-17", "arn:aws:s3:::b/${aws:username}/*", map[string][]string{"AWS:UserName": {"ann"}}, true},
		{"other value", "2012-10-17", "arn:aws:s3:::b/${aws:username}/*", map[string][]string{"aws:username": {"eve"}}, false},
		{"no value", "2012-10-17", "arn:aws:s3:::b/${aws:username}/*", nil, false},
		{"fallback", "2012-10-17", "arn:aws:s3:::b/${aws:username, 'ann'}/*", nil, true},
		{"a value is no wildcard", "2012-10-17", "arn:aws:s3:::b/${aws:username}/*", map[string][]string{"aws:username": {"*"}}, false},
		{"old version has none", "2008-10-17", "arn:aws:s3:::b/${aws:username}/*", map[string][]string{"aws:username": {"ann"}}, false},
		{"unclosed is text", "2012-10-17", "arn:aws:s3:::b/${aws", nil, false},
	}
	for _, tt := range tests {
		text := `{"Version":"` + tt.version + `","Statement":{"Effect":"Allow","Action":"*","Resource":"` + tt.resource + `"}}`
		r := Request{Principal: role, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/ann/o", Context: tt.context}
		d, err := Evaluate(r, Policies{Identity: []string{text}})
		if err != nil || d.Allowed != tt.want {
			t.Errorf("%s: %v, %v", tt.name, d.Allowed, err)
		}
	}
}

func TestMatching(t *testing.T) {
	tests := []struct {
		statement, action, resource string
		want                        bool
	}{
		{`"Action":"s3:get*","Resource":"*"`, "s3:GetObject", key, true},
		{`"Action":"s3:GetObjec?","Resource":"*"`, "s3:GetObject", key, true},
		{`"Action":"s3:Put*","Resource":"*"`, "s3:GetObject", key, false},
		{`"NotAction":"s3:Put*","Resource":"*"`, "s3:GetObject", key, true},
		{`"NotAction":"S3:GET*","Resource":"*"`, "s3:GetObject", key, false},
		{`"Action":"*","Resource":"arn:aws:s3:::B/*"`, "s3:GetObject", key, false}, // resources keep their case
		{`"Action":"*","Resource":"arn:aws:s3:::?/*"`, "s3:GetObject", key, true},
		{`"Action":"*","NotResource":"arn:aws:s3:::b/*"`, "s3:GetObject", key, false},
		{`"Action":"*","NotResource":"arn:aws:s3:::b/*"`, "s3:ListBucket", bucket, true},
		{`"Action":"*","Resource":"arn:aws:s3:::b"`, "s3:ListAllMyBuckets", "*", false},
	}
	for _, tt := range tests {
		d, err := Evaluate(Request{Principal: role, Action: tt.action, Resource: tt.resource}, Policies{Identity: []string{doc(`{"Effect":"Allow",` + tt.statement + `}`)}})
		if err != nil || d.Allowed != tt.want {
			t.Errorf("%s, %s on %s: %v, %v", tt.statement, tt.action, tt.resource, d.Allowed, err)
		}
	}
}

// BenchmarkGlob is the pattern that hurts a backtracking matcher.
func BenchmarkGlob(b *testing.B) {
	p := newPattern(strings.Repeat("*a", 20), false)
	s := strings.Repeat("a", 1000) + "b"
	for b.Loop() {
		p.match(s, nil, false)
	}
}
