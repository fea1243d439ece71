package tutorial

import (
	"errors"
	"maps"
	"net"
	"net/url"
	"regexp"
	"runtime"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go"

	"gatewalk/steps"
)

// explainCredentials finds what kept credentials from being had, which happens
// inside the first call that needs them; nil where that is not what went wrong.
// What mends it is a command in Args["command"], for the profile that [Named]
// adds.
func explainCredentials(err error) error {
	var (
		noProfile  config.SharedConfigProfileNotExistError
		noMFA      config.AssumeRoleTokenProviderNotSetError
		badFile    config.SharedConfigLoadError
		badRole    config.SharedConfigAssumeRoleError
		noARN      config.CredentialRequiresARNError
		process    *processcreds.ProviderError
		noSSO      *ssocreds.InvalidTokenError
		noRegion   *aws.MissingRegionError
		text       = err.Error()
		sso        = inside(err, "SSO", "")
		role       = inside(err, "STS", "AssumeRole")
		federation = inside(err, "STS", "AssumeRoleWithWebIdentity")
	)
	switch {
	case errors.As(err, &noRegion), strings.Contains(text, "Missing Region"), strings.Contains(text, "an AWS region is required"):
		return fail(failNoRegion, err)
	case errors.As(err, &noProfile):
		return fail(failNoProfile, err, "profile", noProfile.Profile, "command", "aws configure list-profiles")
	case errors.As(err, &noMFA):
		return fail(failMFA, err, "command", "aws configure export-credentials --format env")
	case errors.As(err, &badFile), errors.As(err, &badRole), errors.As(err, &noARN):
		return fail(failConfigFile, err, "reason", oneLine(text))
	case errors.As(err, &process):
		// What the process printed may hold the keys.
		said, _, printed := strings.Cut(oneLine(process.Err.Error()), "parse failed of process output:")
		if printed {
			said = "its output is not the JSON that it should be"
		}
		return fail(failProcess, errors.New(said), "reason", strings.TrimPrefix(said, "error in credential_process: "))
	case sso != nil && code(sso) == "ForbiddenException":
		return fail(failSSODenied, err, "command", "aws configure sso")
	case sso != nil, errors.As(err, &noSSO), inside(err, "SSO OIDC", "") != nil, strings.Contains(text, "SSO token"):
		if unreached := explainWay(err); unreached != nil {
			return unreached
		}
		return fail(failSSO, err, "command", "aws sso login")
	case inside(err, "Signin", "") != nil, strings.Contains(text, "please reauthenticate"), strings.Contains(text, "login token"):
		return fail(failLogin, err, "command", "aws login")
	case role != nil && codes[code(role)] == failDenied, federation != nil && code(federation) != "":
		return fail(failRole, err, "role", roleIn(text), "reason", reason(err))
	}
	return nil
}

// noCredentials are how the SDK says that its chain came to its end.
func noCredentials(text string) bool {
	for _, said := range []string{"get credentials", "retrieve credentials", "get identity", "static credentials are empty", "refresh cached credentials"} {
		if strings.Contains(text, said) {
			return true
		}
	}
	return false
}

// inside is the part of err that is of a call to that service ("" for any of
// its operations), which may lie in the call that needed it; nil if there is
// none.
func inside(err error, service, operation string) *smithy.OperationError {
	for {
		var op *smithy.OperationError
		switch {
		case !errors.As(err, &op):
			return nil
		case op.ServiceID == service && (operation == "" || op.OperationName == operation):
			return op
		}
		err = op.Err
	}
}

// explainWay finds what was in the way to where a call should have gone; nil
// where an answer came.
func explainWay(err error) error {
	var (
		op   *smithy.OperationError
		dns  *net.DNSError
		dial *net.OpError
		at   *url.Error
		host string
	)
	if !errors.As(err, &op) || answered(err) != 0 {
		return nil
	}
	if errors.As(err, &at) {
		if u, uerr := url.Parse(at.URL); uerr == nil {
			host = u.Host
		}
	}
	text := err.Error()
	switch {
	case errors.As(err, &dns):
		return fail(failNoName, err, "address", dns.Name, "region", regionIn(dns.Name))
	case strings.Contains(text, "x509:"), strings.Contains(text, "tls:"), strings.Contains(text, "HTTP response to HTTPS client"):
		return fail(failCertificate, err, "address", host)
	case errors.As(err, &dial) && dial.Op == "dial" && dial.Addr != nil, host != "":
		return fail(failUnreachable, err, "service", op.ServiceID, "address", host)
	}
	return nil
}

var regionInHost = regexp.MustCompile(`\.([a-z]{2}(?:-[a-z]+)+-\d+)\.`)

func regionIn(host string) string {
	if m := regionInHost.FindStringSubmatch(host); m != nil {
		return m[1]
	}
	return ""
}

var roleARN = regexp.MustCompile(`arn:[a-z-]+:iam::\d+:role/[\w+=,.@/-]+`)

func roleIn(text string) string { return roleARN.FindString(text) }

// reason is AWS's own sentence in err.
func reason(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorMessage()
	}
	return ""
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// setClock is the command that sets this computer's clock.
func setClock() string {
	switch runtime.GOOS {
	case "windows":
		return "w32tm /resync"
	case "darwin":
		return "sudo sntp -sS time.apple.com"
	}
	return "sudo timedatectl set-ntp true"
}

// Named is err with the region and the profile that are in use ("" for none)
// in the command that mends it.
func Named(err error, profile, region string) error {
	var f *steps.Failure
	if !errors.As(err, &f) || !strings.HasPrefix(f.Args["command"], "aws ") || f.Msg == failNoProfile {
		return err
	}
	named := *f
	named.Args = maps.Clone(f.Args)
	if f.Msg == failOptIn && region != "" {
		named.Args["command"] += " --region-name " + region
	}
	if profile != "" {
		named.Args["command"] += " --profile " + profile
	}
	return &named
}

// BadConfig explains an error of reading the AWS configuration.
func BadConfig(err error) error {
	var known *steps.Failure
	if err = explain(err); err == nil || errors.As(err, &known) {
		return err
	}
	return fail(failConfigFile, err, "reason", oneLine(err.Error()))
}
