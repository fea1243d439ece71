package awsapi

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"gatewalk/lab/policy"
	"gatewalk/lab/sigv4"
	"gatewalk/lab/world"
)

// identity is who sent a request, as far as its signature says.
type identity struct {
	Principal *world.Principal // nil when anonymous, or refused
	Anonymous bool             // no signature at all
	Err       *sigv4.Error     // the signature, or its absence, refused; each service words it
	Verified  sigv4.Verified
}

type identityKey struct{}

// identityFrom is the caller's identity, for handlers behind the server.
func identityFrom(ctx context.Context) identity {
	id, ok := ctx.Value(identityKey{}).(identity)
	if !ok {
		id.Anonymous = true
	}
	return id
}

func (id identity) arn() string {
	if id.Principal == nil {
		return ""
	}
	return id.Principal.Arn
}

// identify verifies the signature of r. The lesson's clock and the machine's
// are both good: programs on the lab's hosts know the one, everything else
// the other.
func (s *Server) identify(r *http.Request) identity {
	st := s.World.Snapshot()
	lookup := func(key string) (sigv4.Credentials, error) {
		p := st.Principals[key]
		if p == nil || p.SecretKey == "" {
			return sigv4.Credentials{}, errors.New("no such access key")
		}
		return sigv4.Credentials{AccessKeyID: key, SecretKey: p.SecretKey, SessionToken: p.SessionToken}, nil
	}
	now := s.World.Clock().Now()
	v, err := s.verifier.Verify(r, lookup, now, time.Now())
	id := identity{Verified: v}
	if err != nil {
		id.Err, _ = errors.AsType[*sigv4.Error](err)
		id.Anonymous = id.Err.Code == sigv4.CodeMissing
		return id
	}
	id.Principal = st.Principals[v.AccessKeyID]
	if e := id.Principal.Expires; !e.IsZero() && now.After(e) {
		id.Err = &sigv4.Error{Code: sigv4.CodeTokenExpired, Msg: "The security token included in the request is expired"}
	}
	return id
}

// Source is where a request came from. The zero value is the learner's own
// machine.
type Source struct {
	IP       netip.Addr // public; zero where the request came through an endpoint
	Vpc      string     // of the sender, only through an endpoint
	Endpoint string     // the endpoint that it came through
	VpcIP    netip.Addr // the sender's private address, only through an endpoint
}

type sourceKey struct{}

// WithSource tells the handlers where a request came from. Whoever accepts the
// connection knows it.
func WithSource(ctx context.Context, s Source) context.Context {
	return context.WithValue(ctx, sourceKey{}, s)
}

// WithOrigin is [WithSource] in the world's own terms.
func WithOrigin(ctx context.Context, o world.Origin) context.Context {
	if o.EndpointID != "" {
		return WithSource(ctx, Source{Vpc: o.VpcID, Endpoint: o.EndpointID, VpcIP: o.SourceIP})
	}
	return WithSource(ctx, Source{IP: o.SourceIP})
}

func sourceFrom(ctx context.Context) Source {
	s, ok := ctx.Value(sourceKey{}).(Source)
	if !ok {
		s.IP = world.LaptopAddr
	}
	return s
}

// policiesOf are the identity-based policies that bind p.
func policiesOf(st *world.State, p *world.Principal) []string {
	out := append([]string(nil), p.Policies...)
	for _, h := range []world.Holder{{Kind: "role", Name: p.Role}, {Kind: "user", Name: p.User}} {
		for _, p := range held(st, h) {
			out = append(out, p.document)
		}
	}
	return out
}

// principals says of an ARN in a policy whether it names somebody: AWS refuses a
// policy for a role or user that does not exist. Those of other accounts cannot
// be looked up here.
func principals(st *world.State) func(arn string) bool {
	return func(arn string) bool {
		parts := strings.SplitN(arn, ":", 6)
		if len(parts) != 6 || parts[4] != st.Account {
			return true
		}
		kind, path, _ := strings.Cut(parts[5], "/")
		switch name := path[strings.LastIndexByte(path, '/')+1:]; kind {
		case "role":
			r := st.Roles[name]
			return r != nil && "/"+path == cmp.Or(r.Path, "/")+r.Name
		case "assumed-role":
			name, _, _ := strings.Cut(path, "/")
			return st.Roles[name] != nil
		case "user":
			if u := st.Users[name]; u != nil && "/"+path == cmp.Or(u.Path, "/")+u.Name {
				return true
			}
		}
		for _, p := range st.Principals {
			if p.Arn == arn {
				return true
			}
		}
		return false
	}
}

// conditions are the context keys that every request has.
func (q *request) conditions(st *world.State, now time.Time) map[string][]string {
	p := q.id.Principal
	keys := map[string][]string{
		"aws:RequestedRegion": {st.Region},
		"aws:PrincipalArn":    {principalArn(st, p)},
		"aws:userid":          {p.UserID},
		"aws:CurrentTime":     {now.UTC().Format("2006-01-02T15:04:05Z")},
	}
	if p.User != "" {
		keys["aws:username"] = []string{p.User}
		if u := st.Users[p.User]; u != nil {
			for k, v := range u.Tags {
				keys["aws:PrincipalTag/"+k] = []string{v}
			}
		}
	}
	for k, v := range sourceFrom(q.http.Context()).keys() {
		keys[k] = []string{v}
	}
	return keys
}

// keys are the condition keys that tell where a request came from. Of these two
// worlds only one exists for a request: through an endpoint there is no
// aws:SourceIp (S3 user guide, "vpc-endpoints-s3").
func (s Source) keys() map[string]string {
	keys := map[string]string{}
	if s.Endpoint == "" {
		if !s.IP.IsValid() {
			s.IP = world.LaptopAddr // the loopback endpoint is the laptop's
		}
		keys["aws:SourceIp"] = s.IP.String()
		return keys
	}
	keys["aws:SourceVpce"] = s.Endpoint
	if s.Vpc != "" {
		keys["aws:SourceVpc"] = s.Vpc
	}
	if s.VpcIP.IsValid() {
		keys["aws:VpcSourceIp"] = s.VpcIP.String()
	}
	return keys
}

// policies are those that decide on what a principal asks for, from where it
// asks.
func (s Source) policies(st *world.State, p *world.Principal) policy.Policies {
	out := policy.Policies{}
	switch {
	case p == nil:
	case p.Admin:
		out.Identity = []string{`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`}
	default:
		out.Identity = policiesOf(st, p)
	}
	if s.Endpoint != "" {
		out.ThroughEndpoint = true
		if e := st.Endpoints[s.Endpoint]; e != nil {
			out.Endpoint = e.Policy
		}
	}
	return out
}

// principalArn is the ARN that aws:PrincipalArn holds: of a session, its
// role's.
func principalArn(st *world.State, p *world.Principal) string {
	if r := st.Roles[p.Role]; r != nil {
		return st.RoleArn(r)
	}
	return p.Arn
}

// unlimited says whether nothing has to be asked: the administrator calls, and
// no endpoint has a policy of its own to say.
func (q *request) unlimited() bool {
	return q.id.Principal.Admin && sourceFrom(q.http.Context()).Endpoint == ""
}

// may asks IAM whether the caller may do action on resource ("*" for actions
// without one) with more context keys than every request has. It returns AWS's
// text of the refusal, from "User:" on, or "".
func (q *request) may(s *Server, st *world.State, action, resource string, more map[string][]string) string {
	p := q.id.Principal
	if q.unlimited() {
		return ""
	}
	keys := q.conditions(st, s.World.Clock().Now())
	for k, v := range more {
		keys[k] = v
	}
	r := policy.Request{
		Principal: policy.Principal{Arn: p.Arn, Account: st.Account},
		Action:    action, Resource: resource, Context: keys,
	}
	d, err := policy.Evaluate(r, sourceFrom(q.http.Context()).policies(st, p))
	if err != nil { // a policy that cannot be read grants nothing
		return "User: " + p.Arn + " is not authorized to perform: " + action + " because a policy cannot be read: " + err.Error()
	}
	return d.Message(r)
}
