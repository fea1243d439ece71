package tutorial

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"gatewalk/sshx"
	"gatewalk/steps"
)

// explain turns an error of AWS's, or of the way to it, into a [*steps.Failure]
// that names what it means. Errors it does not know, and those that are
// explained already, are returned as they are.
func explain(err error) error {
	var known *steps.Failure
	var ssh *sshx.Error
	var api smithy.APIError
	switch {
	case err == nil, errors.As(err, &known), errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &ssh):
		return explainSSH(ssh, err)
	}
	if missing := explainCredentials(err); missing != nil {
		return missing
	}
	if errors.As(err, &api) {
		return explainAPI(api, err)
	}
	if strings.Contains(err.Error(), "no EC2 IMDS role found") { // where the SDK's chain ends
		return fail(failNoCredentials, err, "command", "aws configure")
	}
	if way := explainWay(err); way != nil {
		return way
	}
	var op *smithy.OperationError
	switch isCall := errors.As(err, &op); {
	case noCredentials(err.Error()):
		return fail(failNoCredentials, err, "command", "aws configure")
	case isCall && answered(err) != 0: // by something that is not AWS, or hardly
		return fail(failAPI, err, "action", strings.ToLower(op.ServiceID)+":"+op.OperationName, "code", "HTTP "+strconv.Itoa(answered(err)), "reason", http.StatusText(answered(err)))
	case isCall:
		return fail(failUnreachable, err, "service", op.ServiceID)
	}
	return err
}

// answered is the HTTP status of an answer that came, 0 where none did.
func answered(err error) int {
	var res *smithyhttp.ResponseError
	if errors.As(err, &res) {
		return res.HTTPStatusCode()
	}
	return 0
}

// codes says what AWS's error codes mean; those of a limit are told by their
// ending. Source: the EC2 API reference's list of error codes, and S3's.
var codes = map[string]string{
	"ExpiredToken":                  failExpired,
	"ExpiredTokenException":         failExpired,
	"AuthFailure":                   failCredentials,
	"InvalidClientTokenId":          failCredentials,
	"InvalidAccessKeyId":            failCredentials,
	"SignatureDoesNotMatch":         failCredentials,
	"UnrecognizedClientException":   failCredentials,
	"MissingAuthenticationToken":    failCredentials,
	"RequestExpired":                failExpired, // EC2's word for a session token that is too old
	"RequestTimeTooSkewed":          failClock,
	"RequestInTheFuture":            failClock,
	"OptInRequired":                 failOptIn,
	"PendingVerification":           failOptIn,
	"Blocked":                       failOptIn,
	"RegionDisabledException":       failOptIn,
	"SubscriptionRequiredException": failOptIn,
	"UnauthorizedOperation":         failDenied,
	"AccessDenied":                  failDenied,
	"AccessDeniedException":         failDenied,
	"Forbidden":                     failDenied, // HeadBucket, whose answer has no body
	"LimitExceeded":                 failLimit,
	"TooManyBuckets":                failLimit,
	"InvalidBucketName":             failBucketName,
	"BucketAlreadyExists":           failBucketTaken,

	"InvalidAMIID.NotFound":        failImage,
	"InsufficientInstanceCapacity": failCapacity,
	"Unsupported":                  failCapacity,
}

func explainAPI(api smithy.APIError, err error) error {
	c := api.ErrorCode()
	msg, ok := codes[c]
	switch {
	case throttled(err):
		msg = failThrottled
	case strings.HasSuffix(c, "LimitExceeded"):
		msg = failLimit
	case !ok:
		msg = failAPI
	case c == "SignatureDoesNotMatch" && (strings.Contains(api.ErrorMessage(), "Signature expired") || strings.Contains(api.ErrorMessage(), "not yet current")),
		(msg == failCredentials || msg == failExpired) && skewed(err):
		msg = failClock
	}
	args := []string{"code", c, "action", action(api, err), "reason", api.ErrorMessage()}
	if m := forbidden.FindStringSubmatch(api.ErrorMessage()); m != nil && msg == failDenied {
		msg, args = failForbidden, append(args, "by", m[1]+m[2])
	}
	switch msg {
	case failClock:
		args = append(args, "command", setClock())
	case failOptIn:
		args = append(args, "command", "aws account get-region-opt-status")
	}
	return fail(msg, err, args...)
}

// skewed reports whether the one who answered has another time than this
// computer, which signs it into its requests: AWS bears with five minutes.
func skewed(err error) bool {
	var res *smithyhttp.ResponseError
	if !errors.As(err, &res) || res.Response == nil || res.Response.Response == nil {
		return false
	}
	there, perr := http.ParseTime(res.Response.Header.Get("Date"))
	return perr == nil && time.Since(there).Abs() > 5*time.Minute
}

// forbidden is how AWS says that it is denied by what no allowing policy mends:
// "with an explicit deny in a service control policy", or a limit that does not
// reach so far: "because no permissions boundary allows …".
var forbidden = regexp.MustCompile(`with an explicit deny in an? ([A-Za-z -]+ policy|permissions boundary)|because no ((?:service control|resource control|session) policy|permissions boundary) allows`)

var performed = regexp.MustCompile(`not authorized to perform: ([a-zA-Z0-9-]+:[a-zA-Z0-9]+)`)

// action is what was not allowed, or what was asked: "ec2:CreateVpc".
func action(api smithy.APIError, err error) string {
	if m := performed.FindStringSubmatch(api.ErrorMessage()); m != nil {
		return m[1]
	}
	var op *smithy.OperationError
	if !errors.As(err, &op) {
		return ""
	}
	name := strings.ToLower(op.ServiceID) + ":" + op.OperationName
	// Some of S3's rights are named otherwise than their operations.
	if right, ok := map[string]string{
		"s3:HeadBucket": "s3:ListBucket", "s3:ListObjectsV2": "s3:ListBucket", "s3:ListObjectVersions": "s3:ListBucketVersions",
		"s3:ListMultipartUploads": "s3:ListBucketMultipartUploads", "s3:ListBuckets": "s3:ListAllMyBuckets",
		"s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
	}[name]; ok {
		return right
	}
	return name
}

// explainSSH says how far the connection came, and on which host.
func explainSSH(e *sshx.Error, err error) error {
	host := bastion
	if e.Hop > 0 {
		host = private
	}
	msg := map[sshx.Phase]string{
		sshx.PhaseDial: failSSHDial, sshx.PhaseHandshake: failSSHHandshake, sshx.PhaseHostKey: failSSHHostKey,
		sshx.PhaseAuth: failSSHAuth, sshx.PhaseSession: failSSHSession,
	}[e.Phase]
	if changed := (*sshx.HostKeyChanged)(nil); errors.As(err, &changed) {
		msg = failSSHHostChanged
	}
	args := []string{"host", host, "address", e.Addr}
	switch msg {
	case failSSHDial: // the learner's address may be another than it was
		args = append(args, steps.ArgRedo, provisioning)
	case failSSHAuth:
		args = append(args, steps.ArgAnew, provisioning)
	}
	return fail(msg, err, args...)
}

// throttled reports whether AWS asked for patience. Nothing was done then.
func throttled(err error) bool {
	switch code(err) {
	case "RequestLimitExceeded", "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
		"RequestThrottledException", "TooManyRequestsException", "EC2ThrottledException", "SlowDown", "PriorRequestNotComplete", "BandwidthLimitExceeded":
		return true
	}
	return false
}

// unanswered reports whether a call may have had its effect although it
// failed: the answer was lost, or AWS itself stumbled.
func unanswered(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		var op *smithy.OperationError
		return errors.As(err, &op) && !errors.Is(err, context.Canceled)
	}
	// The codes of EC2, S3 and IAM for a fault of their own. Others with an
	// HTTP status of 5xx, such as InsufficientInstanceCapacity, are refusals.
	switch api.ErrorCode() {
	case "InternalError", "InternalFailure", "ServiceFailure", "ServiceUnavailable", "Unavailable", "UnknownError", "":
		return true
	}
	return false
}

// missing reports whether AWS says that there is no such thing.
func missing(err error) bool {
	c := code(err)
	return strings.HasSuffix(c, ".NotFound") || strings.HasSuffix(c, "NotFound") ||
		c == "NoSuchBucket" || c == "NoSuchEntity" || c == "NoSuchKey" || c == "NoSuchBucketPolicy" || c == "Gateway.NotAttached"
}
