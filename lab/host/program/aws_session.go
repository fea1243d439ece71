package program

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"gatewalk/lab/sigv4"
)

// awsSession is what a run of the CLI works with: its configuration, the
// connection it keeps, and the credentials once they were found.
type awsSession struct {
	files    *awsFiles
	web      *web
	dice     *rand.Rand
	attempts int // of each request
	command  string

	credentials *awsCredentials
	found       *string // region
}

// awsCredentials are keys and where they came from.
type awsCredentials struct {
	sigv4.Credentials
	method string // "env", "shared-credentials-file", "config-file" or "iam-role"
}

func (a *awsRun) open() (*awsSession, error) {
	s := &awsSession{dice: a.random(), attempts: 3}
	s.web = &web{process: a.Process, connect: a.connect, silence: a.read, insecure: a.noVerify}
	profile := cmp.Or(a.profile, a.Getenv("AWS_PROFILE"), a.Getenv("AWS_DEFAULT_PROFILE"))
	s.files = readAWSFiles(a.Process, profile)
	if n, err := strconv.Atoi(cmp.Or(a.Getenv("AWS_MAX_ATTEMPTS"), s.files.config["max_attempts"])); err == nil && n > 0 {
		s.attempts = n
	}
	if a.endpoint == "" {
		a.endpoint = strings.TrimSuffix(cmp.Or(a.Getenv("AWS_ENDPOINT_URL"), s.files.config["endpoint_url"]), "/")
	}
	if a.output == "" {
		a.output = cmp.Or(a.Getenv("AWS_DEFAULT_OUTPUT"), cmp.Or(s.files.config["output"], "json"))
	}
	return s, nil
}

// profiled reports a profile that was asked for and is nowhere.
func (a *awsRun) profiled() error {
	if a.files.missing {
		return awsFail(awsGeneral, "The config profile (%s) could not be found", a.files.profile)
	}
	return nil
}

// regionSource is a region and how it is called in "configure list".
type regionSource struct{ region, kind, place string }

// configuredRegion is the region by option, environment or file, or none.
func (a *awsRun) configuredRegion() regionSource {
	if v := cmp.Or(a.Getenv("AWS_REGION"), a.Getenv("AWS_DEFAULT_REGION")); v != "" {
		return regionSource{v, "env", "['AWS_REGION', 'AWS_DEFAULT_REGION']"}
	}
	if v := a.files.config["region"]; v != "" {
		return regionSource{v, "config-file", a.files.shownConfig}
	}
	return regionSource{}
}

// regionOf is the region to talk to. Version 2 of the CLI asks the instance
// metadata where nothing was configured; "" is then no region at all.
func (a *awsRun) regionOf(ctx context.Context) (string, error) {
	if err := a.profiled(); err != nil {
		return "", err
	}
	if a.region != "" {
		return a.region, nil
	}
	if a.found == nil {
		r := a.configuredRegion().region
		if r == "" {
			zone, err := a.metadata(ctx, "placement/availability-zone/")
			if ctx.Err() != nil {
				return "", ctx.Err()
			}
			if err == nil && len(zone) > 1 {
				r = zone[:len(zone)-1] // the zone's letter
			}
		}
		a.found = &r
	}
	return *a.found, nil
}

// signer finds credentials: environment, credentials file, config file, then
// the instance's role. An explicit profile goes before the environment.
func (a *awsRun) signer(ctx context.Context) (*awsCredentials, error) {
	if a.credentials != nil {
		return a.credentials, nil
	}
	c, err := a.findCredentials(ctx)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, errNoCredentials
	}
	a.credentials = c
	return c, nil
}

// errNoCredentials has a text of its own in transfers.
var errNoCredentials = &awsNoCredentials{}

type awsNoCredentials struct{}

func (*awsNoCredentials) Error() string { return "Unable to locate credentials" }

func (a *awsRun) findCredentials(ctx context.Context) (*awsCredentials, error) {
	if err := a.profiled(); err != nil {
		return nil, err
	}
	if id := a.Getenv("AWS_ACCESS_KEY_ID"); id != "" && a.profile == "" {
		secret := a.Getenv("AWS_SECRET_ACCESS_KEY")
		if secret == "" {
			return nil, awsFail(awsGeneral, "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY")
		}
		token := cmp.Or(a.Getenv("AWS_SESSION_TOKEN"), a.Getenv("AWS_SECURITY_TOKEN"))
		return &awsCredentials{sigv4.Credentials{AccessKeyID: id, SecretKey: secret, SessionToken: token}, "env"}, nil
	}
	for _, from := range []struct {
		values map[string]string
		method string
	}{{a.files.credentials, "shared-credentials-file"}, {a.files.config, "config-file"}} {
		id := from.values["aws_access_key_id"]
		if id == "" {
			continue
		}
		secret := from.values["aws_secret_access_key"]
		if secret == "" {
			return nil, awsFail(awsGeneral, "Partial credentials found in %s, missing: aws_secret_access_key", from.method)
		}
		return &awsCredentials{sigv4.Credentials{AccessKeyID: id, SecretKey: secret, SessionToken: from.values["aws_session_token"]}, from.method}, nil
	}
	return a.roleCredentials(ctx)
}

// backoff is how long the CLI waits before its n-th repetition (retry mode
// "standard").
func (s *awsSession) backoff(n int) time.Duration {
	return seconds(min(s.dice.Float64()*float64(int(1)<<min(n, 10)), 20))
}

// masked is a value that must not be shown whole.
func masked(s string) string {
	return strings.Repeat("*", 16) + s[max(0, len(s)-4):]
}

// awsExplain is the last word about an error that is not an awsExit.
func awsExplain(err error) *awsExit {
	switch e := err.(type) {
	case *awsNoCredentials:
		return &awsExit{awsConfig, e.Error() + ". You can configure credentials by running \"aws login\"."}
	case *awsError:
		return &awsExit{awsClient, e.Error()}
	}
	return &awsExit{awsGeneral, fmt.Sprint(err)}
}
