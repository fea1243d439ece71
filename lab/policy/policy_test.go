package policy

import (
	"fmt"
	"strings"
	"testing"
)

const (
	account   = "123456789012"
	other     = "210987654321"
	roleArnOf = "arn:aws:iam::123456789012:role/gwlab-reader"
	session   = "arn:aws:sts::123456789012:assumed-role/gwlab-reader/i-0a1b2c3d4e5f60001"
	user      = "arn:aws:iam::123456789012:user/ann"
	bucket    = "arn:aws:s3:::b"
	key       = "arn:aws:s3:::b/o"
	vpce      = "vpce-0a1b2c3d4e5f60718"
)

var (
	role      = Principal{Arn: session, Account: account}
	root      = Principal{Arn: "arn:aws:iam::123456789012:root", Account: account, Root: true}
	stranger  = Principal{Arn: "arn:aws:iam::210987654321:user/eve", Account: other}
	anonymous = Principal{Anonymous: true}
)

// The contexts of a request from the internet and of one by the endpoint.
func internet(ip string) map[string][]string { return map[string][]string{"aws:SourceIp": {ip}} }

func endpoint() map[string][]string {
	return map[string][]string{"aws:SourceVpce": {vpce}, "aws:SourceVpc": {"vpc-1"}, "aws:VpcSourceIp": {"10.0.2.234"}}
}

func doc(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func identity(effect, action, resource string) string {
	return doc(fmt.Sprintf(`{"Effect":%q,"Action":%q,"Resource":%q}`, effect, action, resource))
}

func everybody(effect, action, resource, condition string) string {
	if condition == "" {
		condition = "{}"
	}
	return doc(fmt.Sprintf(`{"Effect":%q,"Principal":"*","Action":%q,"Resource":%q,"Condition":%s}`, effect, action, resource, condition))
}

const fullAccess = `{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`

// TestEvaluate is aws-facts A.5 as a table: the algorithm, and each text of
// the 403s.
func TestEvaluate(t *testing.T) {
	reader := identity("Allow", "s3:*", "*")
	onlyVpce := fmt.Sprintf(`{"StringNotEquals":{"aws:sourceVpce":%q}}`, vpce)
	byVpce := fmt.Sprintf(`{"StringEquals":{"aws:SourceVpce":%q}}`, vpce)
	office := `{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`
	inOffice := `{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`

	tests := []struct {
		name    string
		who     Principal
		action  string
		on      string
		context map[string][]string
		p       Policies
		want    string // the message; "" = allowed
	}{
		{"identity allows", role, "s3:ListBucket", bucket, nil, Policies{Identity: []string{reader}}, ""},
		{"no identity policy", role, "s3:GetObject", key, nil, Policies{},
			"User: " + session + " is not authorized to perform: s3:GetObject because no identity-based policy allows the s3:GetObject action"},
		{"identity denies", role, "s3:GetObject", key, nil, Policies{Identity: []string{reader, identity("Deny", "s3:Get*", "*")}},
			"User: " + session + ` is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::b/o" with an explicit deny in an identity-based policy`},
		{"bucket policy denies", role, "s3:GetObject", key, nil, Policies{Identity: []string{reader}, Resource: everybody("Deny", "s3:*", "arn:aws:s3:::b/*", "")},
			"User: " + session + ` is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::b/o" with an explicit deny in a resource-based policy`},
		{"bucket policy alone is enough in the account", role, "s3:GetObject", key, nil, Policies{Resource: everybody("Allow", "s3:GetObject", "arn:aws:s3:::b/*", "")}, ""},
		{"endpoint policy of another bucket", role, "s3:GetObject", key, endpoint(),
			Policies{Identity: []string{reader}, ThroughEndpoint: true, Endpoint: everybody("Allow", "s3:*", "arn:aws:s3:::other/*", "")},
			"User: " + session + " is not authorized to perform: s3:GetObject because no VPC endpoint policy allows the s3:GetObject action"},
		{"endpoint policy denies", role, "s3:GetObject", key, endpoint(),
			Policies{Identity: []string{reader}, ThroughEndpoint: true, Endpoint: doc(
				`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`,
				`{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"*"}`)},
			"User: " + session + ` is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::b/o" with an explicit deny in a VPC endpoint policy`},
		{"endpoint policy has no say from the internet", role, "s3:GetObject", key, internet("203.0.113.9"),
			Policies{Identity: []string{reader}, Endpoint: everybody("Deny", "s3:*", "*", "")}, ""},
		{"endpoint does not replace identity", role, "s3:GetObject", key, endpoint(), Policies{ThroughEndpoint: true, Endpoint: fullAccess},
			"User: " + session + " is not authorized to perform: s3:GetObject because no identity-based policy allows the s3:GetObject action"},
		{"default endpoint policy is full access", role, "s3:GetObject", key, endpoint(), Policies{Identity: []string{reader}, ThroughEndpoint: true}, ""},

		// aws:SourceIp never matches through an endpoint.
		{"Deny NotIpAddress through endpoint denies", role, "s3:GetObject", key, endpoint(),
			Policies{Identity: []string{reader}, ThroughEndpoint: true, Resource: everybody("Deny", "s3:GetObject", "arn:aws:s3:::b/*", office)},
			"User: " + session + ` is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::b/o" with an explicit deny in a resource-based policy`},
		{"Deny NotIpAddress from the office", role, "s3:GetObject", key, internet("203.0.113.9"),
			Policies{Identity: []string{reader}, Resource: everybody("Deny", "s3:GetObject", "arn:aws:s3:::b/*", office)}, ""},
		{"Deny IpAddress through endpoint does not bite", role, "s3:GetObject", key, endpoint(),
			Policies{Identity: []string{reader}, ThroughEndpoint: true, Resource: everybody("Deny", "s3:GetObject", "arn:aws:s3:::b/*", inOffice)}, ""},
		{"Deny IpAddress from the office bites", role, "s3:GetObject", key, internet("203.0.113.9"),
			Policies{Identity: []string{reader}, Resource: everybody("Deny", "s3:GetObject", "arn:aws:s3:::b/*", inOffice)},
			"User: " + session + ` is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::b/o" with an explicit deny in a resource-based policy`},
		{"VpcSourceIp matches through endpoint", role, "s3:GetObject", key, endpoint(),
			Policies{ThroughEndpoint: true, Resource: everybody("Allow", "s3:GetObject", "arn:aws:s3:::b/*", `{"IpAddress":{"aws:VpcSourceIp":"10.0.2.0/24"}}`)}, ""},

		// Deny unless aws:sourceVpce.
		{"Deny unless vpce: through it", role, "s3:ListBucket", bucket, endpoint(),
			Policies{Identity: []string{reader}, ThroughEndpoint: true, Resource: everybody("Deny", "s3:*", bucket, onlyVpce)}, ""},
		{"Deny unless vpce: from the internet, the administrator too", Principal{Arn: user, Account: account}, "s3:ListBucket", bucket, internet("203.0.113.9"),
			Policies{Identity: []string{identity("Allow", "*", "*")}, Resource: everybody("Deny", "s3:*", bucket, onlyVpce)},
			"User: " + user + ` is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::b" with an explicit deny in a resource-based policy`},
		{"Deny unless vpce: by another endpoint", role, "s3:ListBucket", bucket, map[string][]string{"aws:sourcevpce": {"vpce-2"}},
			Policies{Identity: []string{reader}, ThroughEndpoint: true, Resource: everybody("Deny", "s3:*", bucket, onlyVpce)},
			"User: " + session + ` is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::b" with an explicit deny in a resource-based policy`},
		{"Deny unless vpce: root may still remove the policy", root, "s3:DeleteBucketPolicy", bucket, internet("203.0.113.9"),
			Policies{Resource: everybody("Deny", "s3:*", bucket, onlyVpce)}, ""},
		{"Deny unless vpce: root may not list", root, "s3:ListBucket", bucket, internet("203.0.113.9"),
			Policies{Resource: everybody("Deny", "s3:*", bucket, onlyVpce)},
			`User: arn:aws:iam::123456789012:root is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::b" with an explicit deny in a resource-based policy`},

		// No credentials.
		{"anonymous through the endpoint", anonymous, "s3:ListBucket", bucket, endpoint(),
			Policies{ThroughEndpoint: true, ResourceAccount: account, RestrictPublic: true, Resource: everybody("Allow", "s3:ListBucket", bucket, byVpce)}, ""},
		{"anonymous from the internet", anonymous, "s3:ListBucket", bucket, internet("203.0.113.9"),
			Policies{ResourceAccount: account, RestrictPublic: true, Resource: everybody("Allow", "s3:ListBucket", bucket, byVpce)}, "Access Denied"},
		{"anonymous, public bucket", anonymous, "s3:ListBucket", bucket, internet("203.0.113.9"),
			Policies{ResourceAccount: account, Resource: everybody("Allow", "s3:ListBucket", bucket, "")}, ""},
		{"anonymous, public bucket restricted", anonymous, "s3:ListBucket", bucket, internet("203.0.113.9"),
			Policies{ResourceAccount: account, RestrictPublic: true, Resource: everybody("Allow", "s3:ListBucket", bucket, "")}, "Access Denied"},
		{"anonymous, no policy", anonymous, "s3:ListBucket", bucket, nil, Policies{ResourceAccount: account}, "Access Denied"},
		{"zero principal is anonymous", Principal{}, "s3:ListBucket", bucket, nil, Policies{Identity: []string{reader}}, "Access Denied"},
		{"owner in a restricted public bucket", role, "s3:ListBucket", bucket, nil,
			Policies{ResourceAccount: account, RestrictPublic: true, Resource: everybody("Allow", "s3:ListBucket", bucket, "")}, ""},

		// Another account.
		{"cross account, both allow", stranger, "s3:GetObject", key, nil,
			Policies{Identity: []string{reader}, ResourceAccount: account, Resource: doc(`{"Effect":"Allow","Principal":{"AWS":"210987654321"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`)}, ""},
		{"cross account, identity only", stranger, "s3:GetObject", key, nil, Policies{Identity: []string{reader}, ResourceAccount: account}, "Access Denied"},
		{"cross account, bucket only", stranger, "s3:GetObject", key, nil,
			Policies{ResourceAccount: account, Resource: everybody("Allow", "s3:GetObject", "arn:aws:s3:::b/*", "")}, "Access Denied"},

		// Principals.
		{"account delegates, identity allows nothing", role, "s3:GetObject", key, nil,
			Policies{Resource: doc(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"s3:*","Resource":"*"}`)},
			"User: " + session + " is not authorized to perform: s3:GetObject because no identity-based policy allows the s3:GetObject action"},
		{"role ARN names its sessions", role, "s3:GetObject", key, nil,
			Policies{Resource: doc(`{"Effect":"Allow","Principal":{"AWS":"` + roleArnOf + `"},"Action":"s3:*","Resource":"*"}`)}, ""},
		{"Deny for the account hits all in it", role, "s3:GetObject", key, nil,
			Policies{Identity: []string{reader}, Resource: doc(`{"Effect":"Deny","Principal":{"AWS":"123456789012"},"Action":"s3:*","Resource":"*"}`)},
			"User: " + session + ` is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::b/o" with an explicit deny in a resource-based policy`},
		{"NotPrincipal spares the one it names", role, "s3:GetObject", key, nil,
			Policies{Identity: []string{reader}, Resource: doc(`{"Effect":"Deny","NotPrincipal":{"AWS":["` + roleArnOf + `"]},"Action":"s3:*","Resource":"*"}`)}, ""},
		{"NotPrincipal hits the others", Principal{Arn: user, Account: account}, "s3:GetObject", key, nil,
			Policies{Identity: []string{reader}, Resource: doc(`{"Effect":"Deny","NotPrincipal":{"AWS":["` + roleArnOf + `"]},"Action":"s3:*","Resource":"*"}`)},
			"User: " + user + ` is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::b/o" with an explicit deny in a resource-based policy`},
		{"an account in an endpoint policy is its root only", role, "s3:GetObject", key, endpoint(),
			Policies{Identity: []string{reader}, ThroughEndpoint: true, Endpoint: doc(`{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"*","Resource":"*"}`)},
			"User: " + session + " is not authorized to perform: s3:GetObject because no VPC endpoint policy allows the s3:GetObject action"},
		{"endpoint policy by aws:PrincipalArn", role, "s3:GetObject", key, endpoint(),
			Policies{Identity: []string{reader}, ThroughEndpoint: true, Endpoint: everybody("Allow", "*", "*", `{"ArnEquals":{"aws:PrincipalArn":"`+roleArnOf+`"}}`)}, ""},

		// Other services have the resource bare, and always.
		{"ec2 without a resource", role, "ec2:DescribeVpcs", "*", nil, Policies{},
			"User: " + session + " is not authorized to perform: ec2:DescribeVpcs because no identity-based policy allows the ec2:DescribeVpcs action"},
		{"ec2 on a resource", role, "ec2:CreateVpc", "arn:aws:ec2:ap-northeast-2:123456789012:vpc/*", nil, Policies{},
			"User: " + session + " is not authorized to perform: ec2:CreateVpc on resource: arn:aws:ec2:ap-northeast-2:123456789012:vpc/* because no identity-based policy allows the ec2:CreateVpc action"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := Request{Principal: tt.who, Action: tt.action, Resource: tt.on, Context: tt.context}
			d, err := Evaluate(r, tt.p)
			if err != nil {
				t.Fatal(err)
			}
			if got := d.Message(r); got != tt.want || d.Allowed != (tt.want == "") {
				t.Errorf("allowed %v\n got %s\nwant %s", d.Allowed, got, tt.want)
			}
			if d.Explicit != strings.Contains(tt.want, "explicit deny") {
				t.Errorf("Explicit = %v", d.Explicit)
			}
		})
	}
}

// TestAppendix3 runs the least rights of the tool (aws-facts, Appendix 3).
func TestAppendix3(t *testing.T) {
	const network = `{"Sid":"Network","Effect":"Allow","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"ap-northeast-2"}},"Action":["ec2:CreateVpc","ec2:DeleteVpcEndpoints"]}`
	const read = `{"Sid":"Read","Effect":"Allow","Resource":"*","Action":["ec2:Describe*","s3:ListAllMyBuckets"]}`
	const bucketSid = `{"Sid":"Bucket","Effect":"Allow","Resource":["arn:aws:s3:::gwlab-*","arn:aws:s3:::gwlab-*/*"],"Action":["s3:CreateBucket","s3:PutObject"]}`
	const pass = `{"Sid":"Pass","Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/gwlab-*","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}`
	p := Policies{Identity: []string{doc(network, read, bucketSid, pass)}}
	tests := []struct {
		action, resource string
		context          map[string][]string
		want             bool
	}{
		{"ec2:DescribeVpcs", "*", nil, true},
		{"EC2:describevpcs", "", nil, true},
		{"ec2:CreateVpc", "*", map[string][]string{"aws:requestedregion": {"ap-northeast-2"}}, true},
		{"ec2:CreateVpc", "*", map[string][]string{"aws:RequestedRegion": {"us-east-1"}}, false},
		{"ec2:CreateVpc", "*", nil, false},
		{"ec2:CreateSubnet", "*", map[string][]string{"aws:RequestedRegion": {"ap-northeast-2"}}, false},
		{"s3:CreateBucket", "arn:aws:s3:::gwlab-1", nil, true},
		{"s3:PutObject", "arn:aws:s3:::gwlab-1/a/b", nil, true},
		{"s3:PutObject", "arn:aws:s3:::other/a", nil, false},
		{"iam:PassRole", "arn:aws:iam::123456789012:role/gwlab-r", map[string][]string{"iam:PassedToService": {"ec2.amazonaws.com"}}, true},
		{"iam:PassRole", "arn:aws:iam::123456789012:role/gwlab-r", map[string][]string{"iam:PassedToService": {"lambda.amazonaws.com"}}, false},
		{"iam:PassRole", "arn:aws:iam::123456789012:role/admin", map[string][]string{"iam:PassedToService": {"ec2.amazonaws.com"}}, false},
	}
	for _, tt := range tests {
		d, err := Evaluate(Request{Principal: Principal{Arn: user, Account: account}, Action: tt.action, Resource: tt.resource, Context: tt.context}, p)
		if err != nil || d.Allowed != tt.want {
			t.Errorf("%s on %s with %v: allowed %v, %v; want %v", tt.action, tt.resource, tt.context, d.Allowed, err, tt.want)
		}
	}
}

func TestEvaluateNamesTheBrokenPolicy(t *testing.T) {
	good := identity("Allow", "*", "*")
	for kind, p := range map[string]Policies{
		"identity-based": {Identity: []string{good, "{"}},
		"resource-based": {Resource: "{"},
		"VPC endpoint":   {Endpoint: "{", ThroughEndpoint: true},
	} {
		_, err := Evaluate(Request{}, p)
		if err == nil || !strings.Contains(err.Error(), kind) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func BenchmarkEvaluate(b *testing.B) {
	p := Policies{
		Identity: []string{identity("Allow", "s3:ListBucket", bucket)}, Resource: everybody("Deny", "s3:*", bucket, `{"StringNotEquals":{"aws:sourceVpce":"`+vpce+`"}}`),
		Endpoint: fullAccess, ThroughEndpoint: true,
	}
	r := Request{Principal: role, Action: "s3:ListBucket", Resource: bucket, Context: endpoint()}
	for b.Loop() {
		if d, err := Evaluate(r, p); err != nil || !d.Allowed {
			b.Fatal(d, err)
		}
	}
}
