package program

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"gatewalk/lab/sigv4"
)

// awsCall is one request to a service.
type awsCall struct {
	service, operation string
	region             string // that it is signed for
	method, url        string
	header             http.Header
	body               []byte
	contentType        string
}

// An awsError is what a service answered instead of a result.
type awsError struct {
	Operation     string
	Code, Message string
	Status        int
	Region        string // of the bucket, where S3 says that it is elsewhere
	Retries       int    // that were made, if they are used up
}

func (e *awsError) Error() string {
	retries := ""
	if e.Retries > 0 {
		retries = fmt.Sprintf(" (reached max retries: %d)", e.Retries)
	}
	return fmt.Sprintf("An error occurred (%s) when calling the %s operation%s: %s", e.Code, e.Operation, retries, e.Message)
}

// send makes a request until it is answered, or three attempts failed; what is
// repeated and when is botocore's retry mode "standard". The answer's status is
// below 300 and its body must be closed. Errors are an *awsError, an *awsExit,
// missing credentials, or that of ctx.
func (a *awsRun) send(ctx context.Context, call awsCall) (*http.Response, error) {
	var keys *awsCredentials
	if !a.noSign {
		var err error
		if keys, err = a.signer(ctx); err != nil {
			return nil, err
		}
	}
	for attempt := 1; ; attempt++ {
		response, err := a.once(ctx, call, keys)
		if err == nil {
			return response, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		refused, answered := errors.AsType[*awsError](err)
		if answered && !refused.transient() {
			return nil, err
		}
		if attempt >= a.attempts {
			if answered {
				refused.Retries = attempt - 1
				return nil, err
			}
			return nil, endpointError(call.url, err)
		}
		if err := a.Clock.Sleep(ctx, a.backoff(attempt-1)); err != nil {
			return nil, err
		}
	}
}

func (a *awsRun) once(ctx context.Context, call awsCall, keys *awsCredentials) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, call.method, call.url, bytes.NewReader(call.body))
	if err != nil {
		return nil, awsFail(awsGeneral, "Invalid endpoint: %s", call.url)
	}
	if len(call.body) == 0 {
		r.Body, r.GetBody = http.NoBody, func() (io.ReadCloser, error) { return http.NoBody, nil }
	}
	for name, values := range call.header {
		r.Header[name] = values
	}
	if call.contentType != "" {
		r.Header.Set("Content-Type", call.contentType)
	}
	r.Header.Set("User-Agent", fmt.Sprintf("aws-cli/%s md/awscrt#0.29.2 ua/2.1 os/linux#%s md/arch#x86_64 lang/python#%s md/command#%s.%s",
		awsVersion, awsKernel, awsPython, call.service, a.command))
	if keys != nil {
		sigv4.Sign(r, call.body, keys.Credentials, call.region, call.service, a.Clock.Now())
	}
	response, err := a.web.do(ctx, r)
	if err != nil {
		return nil, err
	}
	if response.StatusCode < 300 {
		return response, nil
	}
	defer response.Body.Close()
	b, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	e := readAWSError(b, response)
	e.Operation = call.operation
	return nil, e
}

// transient reports what is worth asking again.
func (e *awsError) transient() bool {
	switch e.Status {
	case 500, 502, 503, 504:
		return true
	}
	switch e.Code {
	case "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "TooManyRequestsException",
		"ProvisionedThroughputExceededException", "TransactionInProgressException", "RequestLimitExceeded", "BandwidthLimitExceeded",
		"LimitExceededException", "RequestThrottled", "SlowDown", "PriorRequestNotComplete", "EC2ThrottledException", "RequestTimeout", "RequestTimeoutException":
		return true
	}
	return false
}

// readAWSError reads the error document of S3, EC2, or the query protocol.
func readAWSError(b []byte, r *http.Response) *awsError {
	var doc struct {
		XMLName       xml.Name
		Code, Message string
		Region        string
		Error         struct{ Code, Message string }
		Errors        struct {
			Error []struct{ Code, Message string }
		}
	}
	e := &awsError{Status: r.StatusCode, Region: r.Header.Get("X-Amz-Bucket-Region")}
	if xml.Unmarshal(b, &doc) == nil {
		switch {
		case doc.Code != "":
			e.Code, e.Message = doc.Code, doc.Message
		case len(doc.Errors.Error) > 0:
			e.Code, e.Message = doc.Errors.Error[0].Code, doc.Errors.Error[0].Message
		default:
			e.Code, e.Message = doc.Error.Code, doc.Error.Message
		}
		e.Region = cmp.Or(e.Region, doc.Region)
	}
	if e.Code == "" { // an answer to HEAD has no body
		e.Code, e.Message = fmt.Sprint(r.StatusCode), http.StatusText(r.StatusCode)
	}
	return e
}

// endpointError words a request that was not answered.
func endpointError(shown string, err error) error {
	if _, ok := errors.AsType[*awsExit](err); ok {
		return err
	}
	e, ok := errors.AsType[*webError](err)
	if !ok {
		return awsFail(awsGeneral, "Connection was closed before we received a valid response from endpoint URL: \"%s\".", shown)
	}
	switch {
	case e.Phase <= phaseTLS && e.Phase > phaseResolve && e.TimedOut:
		return awsFail(awsGeneral, "Connect timeout on endpoint URL: \"%s\"", shown)
	case e.Proxy != "" && e.Phase <= phaseProxy:
		return awsFail(awsGeneral, "Failed to connect to proxy URL: \"%s\"", e.Proxy)
	case e.Phase <= phaseConnect:
		return awsFail(awsGeneral, "Could not connect to the endpoint URL: \"%s\"", shown)
	case e.Phase == phaseTLS:
		return awsFail(awsGeneral, "SSL validation failed for %s %s", shown, sslText(e.Err))
	case e.TimedOut:
		return awsFail(awsGeneral, "Read timeout on endpoint URL: \"%s\"", shown)
	}
	return awsFail(awsGeneral, "Connection was closed before we received a valid response from endpoint URL: \"%s\".", shown)
}

// sslText is what OpenSSL would say.
func sslText(err error) string {
	text := err.Error()
	switch {
	case strings.Contains(text, "unknown authority"):
		return "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:1147)"
	case strings.Contains(text, "expired") || strings.Contains(text, "not yet valid"):
		return "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1147)"
	case strings.Contains(text, "certificate is valid for"):
		return "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, certificate is not valid. (_ssl.c:1147)"
	}
	return "EOF occurred in violation of protocol (_ssl.c:1147)"
}

// queryAPI makes a request in the query protocol (EC2, STS) and returns the body.
func (a *awsRun) queryAPI(ctx context.Context, service, version, operation string, form url.Values) ([]byte, error) {
	region, err := a.regionOf(ctx)
	if err != nil {
		return nil, err
	}
	host := fmt.Sprintf("https://%s.%s.amazonaws.com", service, region)
	if region == "" {
		if service != "sts" {
			return nil, errNoRegion()
		}
		host, region = "https://sts.amazonaws.com", "us-east-1"
	}
	body := url.Values{"Action": {operation}, "Version": {version}}
	for k, v := range form {
		body[k] = v
	}
	response, err := a.send(ctx, awsCall{
		service: service, operation: operation, region: region, method: http.MethodPost, url: cmp.Or(a.endpoint, host) + "/",
		body: []byte(body.Encode()), contentType: "application/x-www-form-urlencoded; charset=utf-8",
	})
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, endpointError(cmp.Or(a.endpoint, host)+"/", &webError{Phase: phaseReceive, Err: err, TimedOut: errors.Is(err, os.ErrDeadlineExceeded)})
	}
	return b, nil
}

func errNoRegion() error {
	return awsFail(awsConfig, "You must specify a region. You can also configure your region by running \"aws configure\".")
}

// awsCallerIdentity is sts get-caller-identity.
func awsCallerIdentity(ctx context.Context, a *awsRun, args []string) error {
	if err := a.noMore(args); err != nil {
		return err
	}
	b, err := a.queryAPI(ctx, "sts", "2011-06-15", "GetCallerIdentity", nil)
	if err != nil {
		return err
	}
	var doc struct {
		Result struct{ UserId, Account, Arn string } `xml:"GetCallerIdentityResult"`
	}
	if err := xml.Unmarshal(b, &doc); err != nil {
		return awsFail(awsGeneral, "Unable to parse response (%v), invalid XML received. Further retries may succeed:\n%q", err, b)
	}
	return a.show("GetCallerIdentity", dict("UserId", doc.Result.UserId, "Account", doc.Result.Account, "Arn", doc.Result.Arn))
}

// noMore refuses words that are left over.
func (a *awsRun) noMore(args []string) error {
	if len(args) == 0 {
		return nil
	}
	return unknownOptions(args)
}

// unknownOptions is the complaint of commands that mirror an API.
func unknownOptions(words []string) error {
	return awsFail(awsInvalid, "%s\nUnknown options: %s\n", awsUsage, strings.Join(words, ", "))
}
