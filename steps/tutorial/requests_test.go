package tutorial_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"gatewalk/steps/tutorial"
)

// sent is a request as it would have left for AWS.
type sent struct {
	service, scope     string // that it is signed for: "ec2", "ap-northeast-2"
	host, method, path string
	query              url.Values
	header             http.Header
	body               []byte
}

// tap is the SDK's HTTP client: it notes every request, under the name of the
// host that it was meant for, and lets an account in this process answer.
type tap struct {
	account http.Handler
	mu      sync.Mutex
	all     []*sent
}

var scope = regexp.MustCompile(`Credential=[^/]+/\d+/([^/]+)/([^/]+)/`)

func (t *tap) Do(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body.Close()
	}
	s := &sent{host: r.URL.Host, method: r.Method, path: r.URL.Path, query: r.URL.Query(), header: r.Header.Clone(), body: body}
	if m := scope.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		s.scope, s.service = m[1], m[2]
	}
	t.mu.Lock()
	t.all = append(t.all, s)
	t.mu.Unlock()
	in := httptest.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), bytes.NewReader(body))
	in.Header, in.ContentLength = r.Header.Clone(), int64(len(body))
	out := httptest.NewRecorder()
	t.account.ServeHTTP(out, in)
	res := out.Result()
	res.Request = r
	return res, nil
}

// nobody is a way to the internet on which nobody is met.
type nobody struct{}

func (nobody) DialContext(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("nobody is there")
}

// everything makes the walk send all that it can: each step that calls AWS,
// the other route table, the login's look at the console, what a learner left
// in the way, a removal that is refused, and the questions beside the walk.
func everything(t *testing.T, region string) (*tap, map[string]string) {
	t.Helper()
	a := newAccount(t, region)
	plain := a.config
	p := &tap{account: a.server}
	a.config.BaseEndpoint, a.config.HTTPClient, a.config.Retryer = nil, p, impatient
	var options tutorial.Options
	r, done := a.walk(t, t.TempDir(), func(o *tutorial.Options) {
		o.Target.Dial, o.BucketName, o.EmptyBucket = nobody{}, "gatewalk-requests", true
		options = *o
	})
	defer done()
	st := r.Session.State()
	w := tutorial.New(options)
	defer w.Close()
	do := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	_, err := tutorial.WhoAmI(t.Context(), a.config)
	do("who am I", err)
	_, err = w.DryRun(t.Context(), st.ID())
	do("dry run", err)
	do("choosing", st.Choose("3.7", tutorial.RouteTable, "public"))
	do("walking", r.RunUntil(t.Context(), "3.7"))
	do("choosing", st.Choose("3.7", tutorial.RouteTable, "private"))
	do("moving the endpoint", r.Run(t.Context(), "3.7"))
	do("walking", r.RunUntil(t.Context(), "5"))
	do("reading the console", w.Pin(t.Context(), st, "private"))
	_, err = w.Orphans(t.Context())
	do("orphans", err)
	values := map[string]string{"s3": st.Value("s3"), "service": st.Value("service")}

	do("littering", a.litter(t, plain, st))
	if r.Run(t.Context(), "6") == nil {
		t.Error("the obstacle was not noticed")
	}
	do("cleaning up", r.Run(t.Context(), "6"))
	return p, values
}

// Every request is right by AWS's own model, goes to the host where AWS
// answers in that region, and names nothing of another partition.
func TestRequests(t *testing.T) {
	if amazon() == nil {
		t.Skip("python3 with botocore is not here: what the walk sends is not held against AWS's models")
	}
	global := map[string]string{"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"} // where IAM signs
	for _, region := range regions() {
		t.Run(region, func(t *testing.T) {
			t.Parallel()
			p, values := everything(t, region)
			partition := map[string]string{"cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov"}[region]
			if partition == "" {
				partition = "aws"
			}
			hosts, domain := amazon().Hosts[region], amazon().Domains[region]
			if want := strings.TrimPrefix(hosts["s3"], "https://"); values["s3"] != want {
				t.Errorf("the learner looks up %s, and S3 is %s", values["s3"], want)
			}
			seen := map[string]bool{}
			for _, r := range p.all {
				model := amazon().Models[r.service]
				if model == nil {
					t.Fatalf("a request for %q: %s %s%s", r.service, r.method, r.host, r.path)
				}
				operation, problems := model.check(r)
				seen[r.service+":"+operation] = true
				for _, problem := range problems {
					t.Errorf("%s:%s", r.service, problem)
				}
				want := strings.TrimPrefix(hosts[r.service], "https://")
				if r.host != want && (r.service != "s3" || !strings.HasSuffix(r.host, "."+want)) {
					t.Errorf("%s:%s goes to %s, and AWS is at %s", r.service, operation, r.host, want)
				}
				if r.scope != region && (r.service != "iam" || r.scope != global[partition]) {
					t.Errorf("%s:%s is signed for %s", r.service, operation, r.scope)
				}
				for _, foreign := range foreigners(r, partition, domain) {
					t.Errorf("%s:%s names %s", r.service, operation, foreign)
				}
			}
			for _, call := range callsInSource(t) {
				if !seen[call] {
					t.Errorf("%s is in the code, and nothing here makes the walk send it", call)
				}
			}
			t.Logf("%d requests, %d actions", len(p.all), len(seen))
		})
	}
}

var (
	arns    = regexp.MustCompile(`arn:([a-z-]+):`)
	domains = regexp.MustCompile(`[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?\b`)
)

// foreigners are the names in a request that belong to another partition.
func foreigners(r *sent, partition, domain string) (found []string) {
	text := string(r.body)
	if plain, err := url.QueryUnescape(text); err == nil {
		text = plain
	}
	for _, m := range arns.FindAllStringSubmatch(text, -1) {
		if m[1] != partition {
			found = append(found, m[0])
		}
	}
	for _, name := range domains.FindAllString(text, -1) {
		if name == "s3.amazonaws.com" && strings.Contains(text, "http://s3.amazonaws.com/doc/") { // a namespace, the same everywhere
			continue
		}
		if !strings.HasSuffix(name, "."+domain) {
			found = append(found, name)
		}
	}
	return found
}

var (
	callInSource = regexp.MustCompile(`\b[rw]\.(ec2|s3|iam|sts|ssm)\.([A-Z]\w+)\(`)
	pageInSource = regexp.MustCompile(`\b(ec2|s3|iam)\.New(\w+)Paginator\(`)
)

// callsInSource are the actions that the package's code can call.
func callsInSource(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, re := range []*regexp.Regexp{callInSource, pageInSource} {
			for _, m := range re.FindAllSubmatch(text, -1) {
				all = append(all, string(m[1])+":"+string(m[2]))
			}
		}
	}
	if len(all) < 40 {
		t.Fatalf("only %d calls were found in the code", len(all))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// The check itself sees what is wrong.
func TestRequestsRefused(t *testing.T) {
	if amazon() == nil {
		t.Skip("python3 with botocore is not here")
	}
	query := func(service, form string) *sent {
		return &sent{service: service, method: http.MethodPost, path: "/", body: []byte(form)}
	}
	const ec2 = "Version=2016-11-15&Action="
	for want, r := range map[string]*sent{
		"no such action":          query("ec2", ec2+"CreateVcp"),
		"no parameter CidrBlocks": query("ec2", ec2+"CreateVpc&CidrBlocks=10.0.0.0%2F16"),
		"VpcId is required":       query("ec2", ec2+"DeleteVpc"),
		"is no boolean":           query("ec2", ec2+"DeleteVpc&VpcId=vpc-1&DryRun=yes"),
		"is none of":              query("ec2", ec2+"CreateVpcEndpoint&VpcId=vpc-1&VpcEndpointType=gateway"),
		"is no list":              query("ec2", ec2+"TerminateInstances&InstanceId.2=i-1"),
		"and the model is of":     query("iam", "Version=2010-05-09&Action=ListRoles"),
		"invalid syntax":          query("iam", "Version=2010-05-08&Action=ListRoles&MaxItems=many"),
		"within the limits":       query("iam", "Version=2010-05-08&Action=GetRole&RoleName="+strings.Repeat("r", 65)),
		"no parameter Nme": {service: "ssm", method: http.MethodPost, path: "/", header: http.Header{"X-Amz-Target": {"AmazonSSM.GetParameter"}},
			body: []byte(`{"Nme":"x"}`)},
		"no parameter ?polizy": {service: "s3", method: http.MethodGet, host: "s3.x", path: "/b", query: url.Values{"list-type": {"2"}, "polizy": {""}}},
		"no parameter Bolt": {service: "s3", method: http.MethodPut, host: "s3.x", path: "/b", query: url.Values{"publicAccessBlock": {""}},
			body: []byte(`<PublicAccessBlockConfiguration><Bolt>true</Bolt></PublicAccessBlockConfiguration>`)},
		"Tagging is required": {service: "s3", method: http.MethodPut, host: "s3.x", path: "/b", query: url.Values{"tagging": {""}}},
	} {
		_, problems := amazon().Models[r.service].check(r)
		if !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, want) }) {
			t.Errorf("%s %s?%s %s: %q is not among %q", r.service, r.path, r.query.Encode(), r.body, want, problems)
		}
	}
}

// A dry run asks for the instance that is made later, guarded as that one is: an
// organization may deny any other.
func TestDryRunAsksForTheSame(t *testing.T) {
	t.Parallel()
	p, _ := everything(t, "ap-northeast-2")
	var dry, wet url.Values
	for _, r := range p.all {
		form, err := url.ParseQuery(string(r.body))
		switch {
		case err != nil || form.Get("Action") != "RunInstances":
		case form.Get("DryRun") == "true":
			dry = form
		case form.Get("NetworkInterface.1.AssociatePublicIpAddress") == "true":
			wet = form
		}
	}
	if dry == nil || wet == nil {
		t.Fatal("one of the two was not asked")
	}
	for key, values := range wet {
		made := key == "NetworkInterface.1.SubnetId" || strings.HasPrefix(key, "NetworkInterface.1.SecurityGroupId") || strings.HasPrefix(key, "IamInstanceProfile") || key == "KeyName" || key == "ClientToken"
		if !made && !slices.Equal(dry[key], values) {
			t.Errorf("%s is %q, and was asked about as %q", key, values, dry[key])
		}
	}
}
