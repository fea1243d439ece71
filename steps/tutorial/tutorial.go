// Package tutorial is the course: a private EC2 instance cannot reach S3, a
// gateway endpoint is added, and now it can.
//
// A [Walk] makes its steps over one [Target]; the same code runs against AWS
// and against anything that speaks its protocols, and no step asks which. What
// a step makes it records before and after making it, and finds again by the
// session's tag, so that every step may be run again after a crash. Names
// carry the session's id: two sessions on one account do not meet.
//
// The steps of a Walk are run one at a time, by a [steps.Runner]; its other
// methods may be called meanwhile. Waits pass through [Options.Sleep], and
// elapsed times are counted in them, so that a lab may hurry both.
//
// It is the one package that imports the AWS services.
package tutorial

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"gatewalk/sshx"
	"gatewalk/steps"
)

// Name is the course's, as sessions store it.
const Name = "s3-gateway-endpoint"

// Target is where the walk happens.
type Target struct {
	Name string // "lab" or "aws"; shown, never asked
	AWS  aws.Config
	// Dial is how a public address is reached. nil means that there is no way
	// to one, as with an emulator whose addresses belong to strangers: the
	// walk then stops at 3.2 and says so.
	Dial sshx.Dialer
}

// Options are how the walk is walked. The zero value of each field but Target
// and Dir is usable.
type Options struct {
	Target Target
	// Profile is the AWS profile in use, for the commands that mend something.
	Profile string
	Dir     string // of the session: the key and the known hosts are kept there
	// SSHFrom may log in to the bastion. The zero value means the learner's
	// own public address, asked of checkip.amazonaws.com.
	SSHFrom netip.Prefix
	Silence time.Duration // how long an unanswered `aws s3 ls` is watched; 0: 15 s
	// Sleep waits on the clock of the lesson; nil means real time.
	Sleep func(ctx context.Context, d time.Duration) error
	// CopyKey logs in to the private instance as the guide does, with a copy
	// of the key on the bastion; otherwise the bastion only passes it on.
	CopyKey    bool
	BucketName string // "": gatewalk-ACCOUNT-SESSION
	// Tags are given to all that is made, beside the walk's own: companies ask
	// for some. Those of a session's beginning hold where none are named.
	Tags map[string]string
	// EmptyBucket allows clean-up to delete files in the bucket that the walk
	// did not put there.
	EmptyBucket bool
}

// Walk is the course over one target.
type Walk struct {
	o   Options
	ec2 *ec2.Client
	s3  *s3.Client
	iam *iam.Client
	sts *sts.Client
	ssm *ssm.Client
	// idle closes the connections to AWS that wait for another call.
	idle func()

	mu    sync.Mutex
	hosts map[string]*sshx.Client // by the host's part in the walk
	quiet *silence                // of the command that is waited for; nil for none
	// opened says that this walk has opened port 22 to the learner.
	opened bool
}

// New prepares a walk; nothing is asked of the target yet.
func New(o Options) *Walk {
	if o.Silence <= 0 {
		o.Silence = 15 * time.Second
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	w := &Walk{o: o, hosts: map[string]*sshx.Client{}}
	cfg := o.Target.AWS.Copy()
	cfg.HTTPClient, w.idle = shared(cfg.HTTPClient, answerLimit)
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), w.watchCalls, discreetly) // the last is the innermost
	w.ec2, w.iam, w.sts, w.ssm = ec2.NewFromConfig(cfg), iam.NewFromConfig(cfg), sts.NewFromConfig(cfg), ssm.NewFromConfig(cfg)
	w.s3 = s3.NewFromConfig(cfg, func(s *s3.Options) {
		s.UsePathStyle = s.BaseEndpoint != nil // which has no name for every bucket
	})
	return w
}

// Close ends the connections to the instances and to AWS. A closed Walk may be
// walked on: it connects anew.
func (w *Walk) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var errs []error
	for _, name := range []string{private, bastion} { // the private one goes through the bastion
		if c := w.hosts[name]; c != nil {
			errs = append(errs, c.Close())
		}
	}
	clear(w.hosts)
	w.idle()
	return errors.Join(errs...)
}

// answerLimit is how long AWS may take to begin an answer. A laptop that wakes
// up in another network still has its connections, and would wait on them for
// a quarter of an hour.
const answerLimit = time.Minute

// shared is one HTTP client for all services, whose connections can be closed:
// each service would make one of its own, for ever. It gives up a connection on
// which nothing comes back for as long as limit.
func shared(c aws.HTTPClient, limit time.Duration) (aws.HTTPClient, func()) {
	if c == nil {
		c = awshttp.NewBuildableClient()
	}
	b, ok := c.(*awshttp.BuildableClient)
	if !ok {
		return c, func() {} // somebody else's to close
	}
	t := b.GetTransport()
	t.ResponseHeaderTimeout = limit
	return &http.Client{Transport: plainBodies{t}, Timeout: b.GetTimeout(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, t.CloseIdleConnections
}

// plainBodies sends bodies that can be read and nothing else. The SDK closes a
// request's body once an answer has begun; its WriteTo then says io.EOF, which
// net/http takes for a failed request if it had yet to ask for the body's end,
// and cuts the connection in the middle of the answer. The lab is so quick.
type plainBodies struct{ http.RoundTripper }

func (p plainBodies) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		plain := *r
		plain.Body = struct{ io.ReadCloser }{r.Body}
		r = &plain
	}
	return p.RoundTripper.RoundTrip(r)
}

func (w *Walk) region() string { return w.o.Target.AWS.Region }

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// Steps are the steps of the course, in order.
func (w *Walk) Steps() []steps.Step {
	return []steps.Step{
		w.step("1", saw(seeRead, ""), (*run).read, nil),
		w.step("2", saw(seeRead, ""), (*run).read, nil),
		w.step("3.1", (*run).provisioned, (*run).provision, (*run).removeAll),
		w.step("3.2", saw(seeLogin, bastion), (*run).loginBastion, (*run).hangUp),
		w.step("3.3", saw(seeListing, bastion), (*run).listOnBastion, nil),
		w.step("3.4", saw(seeLogin, private), (*run).loginPrivate, (*run).hangUp),
		w.step("3.5", saw(seeSilence, private), (*run).listInVain, nil),
		w.step("3.6", saw(seeServices, ""), (*run).findServices, nil),
		w.step("3.7", (*run).endpointHolds, (*run).makeEndpoint, (*run).removeEndpoint),
		w.step("3.8", saw(seeListing, private), (*run).listOnPrivate, nil),
		w.step("4.1", saw(seeAddresses, bastion, private), (*run).resolve, nil),
		w.step("4.2", saw(seeTrace, bastion, private), (*run).trace, nil),
		w.step("4.3", saw(seeTrace, private), (*run).readStars, nil),
		w.step("4.3b", saw(seeTrace, bastion, private), (*run).traceTCP, nil),
		w.step("4.4", saw(seePrefixList, ""), (*run).showRoutes, nil),
		w.step("5", saw(seePolicies, ""), (*run).checkPolicies, nil),
		w.step("6", (*run).nothingLeft, (*run).cleanUp, nil),
	}
}
