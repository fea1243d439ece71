package tutorial

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gatewalk/steps"
	"gatewalk/steps/probe"
)

// slowest is how long an `aws s3 ls` that is expected to answer may be silent:
// the first start of the AWS CLI on a small instance takes its seconds.
const slowest = 30 * time.Second

// listOnBastion is 3.3.
func (r *run) listOnBastion(ctx context.Context) error {
	return r.list(ctx, bastion, func(ctx context.Context) error {
		return r.unnamed(ctx, bastion, fail(failBastionSilent, nil, "host", bastion))
	})
}

// listOnPrivate is 3.8. If it hangs, the endpoint is looked at to say why.
func (r *run) listOnPrivate(ctx context.Context) error { return r.list(ctx, private, r.whySilent) }

// list expects the sample in the listing. A refusal is asked again for a
// while: IAM tells its services one after the other of a new role.
func (r *run) list(ctx context.Context, host string, silent func(context.Context) error) error {
	var last error
	ok, err := r.wait(ctx, waitPropagation, host, 5*time.Second, 90*time.Second, func(ctx context.Context) (bool, error) {
		res, err := r.ls(ctx, host, max(slowest, r.o.Silence))
		if err != nil {
			return false, err
		}
		if inVain(res) {
			return false, silent(ctx)
		}
		last = r.readListing(host, res)
		if f, ok := last.(*steps.Failure); ok && (f.Msg == failHostDenied || f.Msg == failHostCredentials) {
			return false, nil
		}
		return last == nil, last
	})
	if err == nil && !ok {
		if f, isFailure := last.(*steps.Failure); isFailure && f.Msg == failHostDenied {
			r.observe(seeDenied, host, f.Args)
		}
		err = last
	}
	return err
}

// unnamed asks whether it is the name that is not found, which looks the same
// from outside; otherwise it returns why.
func (r *run) unnamed(ctx context.Context, host string, why error) error {
	res, err := r.command(ctx, host, "nslookup "+r.state.Value(valueS3))
	if err != nil {
		return err
	}
	if l, err := probe.Nslookup(res.text); err == nil && l.Failure != "" {
		return fail(failUnresolved, fmt.Errorf("nslookup: %s", strings.TrimSpace(res.text)), "host", host)
	}
	return why
}

func (r *run) ls(ctx context.Context, host string, limit time.Duration) (result, error) {
	bucket := r.state.Value(valueBucket)
	if bucket == "" {
		return result{}, fail(failNeeds, nil, "step", "3.1")
	}
	return r.commandWithin(ctx, host, "aws s3 ls s3://"+bucket, limit)
}

// refusal is what the AWS CLI prints of a service's error.
var refusal = regexp.MustCompile(`An error occurred \((\w+)\) when calling the (\w+) operation[^:]*: (.*)`)

// readListing observes the sample in what `aws s3 ls` printed, or says what
// stood there instead.
func (r *run) readListing(host string, res result) error {
	bucket := r.state.Value(valueBucket)
	cause := func(msg string, args ...string) error {
		return fail(msg, fmt.Errorf("aws s3 ls: exit status %d: %s", res.status, strings.TrimSpace(res.text)), append(args, "host", host, "bucket", bucket)...)
	}
	if m := refusal.FindStringSubmatch(res.text); m != nil && m[1] == "AccessDenied" {
		return cause(failHostDenied, "action", m[2], "cause", m[3])
	}
	switch {
	case strings.Contains(res.text, "Unable to locate credentials"):
		return cause(failHostCredentials)
	case strings.Contains(res.text, "Could not connect to the endpoint URL"):
		return cause(failUnresolved)
	case res.status != 0:
		return cause(failListing, "status", strconv.Itoa(res.status))
	}
	listing, err := probe.S3Ls(res.text)
	if err != nil {
		return cause(failListing, "status", strconv.Itoa(res.status))
	}
	for _, o := range listing.Objects {
		if o.Key == sampleKey {
			r.observe(seeListing, host, steps.Args{"bucket": bucket, "key": o.Key, "size": strconv.FormatInt(o.Size, 10)})
			return nil
		}
	}
	return cause(failListing, "status", strconv.Itoa(res.status))
}

// listInVain is 3.5: the same command, and nothing comes back.
func (r *run) listInVain(ctx context.Context) error {
	res, err := r.ls(ctx, private, r.o.Silence)
	if err != nil {
		return err
	}
	if !inVain(res) {
		return fail(failAnswered, fmt.Errorf("aws s3 ls: exit status %d: %s", res.status, strings.TrimSpace(res.text)), "host", private, "status", strconv.Itoa(res.status))
	}
	seen := steps.Args{"elapsed": res.silent.String(), "status": strconv.Itoa(res.status)}
	if !res.stopped {
		seen["end"] = "gave-up"
	}
	r.observe(seeSilence, private, seen)
	return nil
}

// inVain reports whether no answer came: the AWS CLI was stopped, or it gave up
// by itself, which takes it minutes.
func inVain(res result) bool {
	return res.stopped || strings.Contains(res.text, "Connect timeout on endpoint URL")
}
