package awsapi

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strings"

	"gatewalk/lab/sigv4"
)

// A request that is signed names its service. One that is not is told by its
// address, its form or its path, so that it is refused in the right words; what
// gives no hint is for S3, the one service here with anonymous callers.

// serviceHost reads SERVICE.REGION.amazonaws.com and SERVICE.amazonaws.com.
var serviceHost = regexp.MustCompile(`^([a-z0-9-]+)(?:\.[a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com(?:\.cn)?(?::\d+)?$`)

func unsignedService(r *http.Request) string {
	if m := serviceHost.FindStringSubmatch(strings.ToLower(r.Host)); m != nil {
		return m[1]
	}
	if target, _, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		return targetService(target)
	}
	if r.Header.Get(smithyProtocol) == rpcCBOR {
		if name, ok := strings.CutPrefix(r.URL.Path, "/service/"); ok {
			name, _, _ = strings.Cut(name, "/")
			return strings.ToLower(name)
		}
	}
	isForm := r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
	if isForm || r.URL.Query().Has("Action") && r.URL.Path == "/" {
		return queryService(peekForm(r).str("Version"))
	}
	// A date as the first folder is an API's version.
	switch first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); first {
	case "2013-04-01":
		return "route53"
	case "2015-03-31":
		return "lambda"
	case "2020-05-31":
		return "cloudfront"
	}
	return "s3"
}

// targetService is the service of the JSON protocols' X-Amz-Target:
// "AmazonSSM", "DynamoDB_20120810", "Logs_20140328".
func targetService(target string) string {
	name, _, _ := strings.Cut(target, "_")
	return strings.ToLower(strings.TrimPrefix(strings.TrimPrefix(name, "Amazon"), "AWS"))
}

// queryService is the service of the query protocol that has this version of
// its API; where none is known, EC2, which has had many.
func queryService(version string) string {
	switch version {
	case "2010-03-31":
		return "sns"
	case "2010-05-08":
		return "iam"
	case "2010-05-15":
		return "cloudformation"
	case "2010-08-01":
		return "monitoring"
	case "2011-01-01":
		return "autoscaling"
	case "2011-06-15":
		return "sts"
	case "2012-11-05":
		return "sqs"
	case "2012-06-01", "2015-12-01":
		return "elasticloadbalancing"
	case "2012-12-01":
		return "redshift"
	case "2014-10-31":
		return "rds"
	case "2015-02-02":
		return "elasticache"
	}
	return "ec2"
}

// unsignedAbsent says whether an unsigned request asks for what AWS gives to
// strangers and the lab does not have.
func unsignedAbsent(service string, r *http.Request) bool {
	return service == "sts" && strings.HasPrefix(peekForm(r).str("Action"), "AssumeRoleWith")
}

// peekForm reads the form of a call in the query protocol and leaves its body
// to be read again; what is no form is an empty one.
func peekForm(r *http.Request) *form {
	if r.Body != nil {
		body, err := io.ReadAll(io.LimitReader(r.Body, sigv4.MaxBody))
		back := func() { r.Body = io.NopCloser(bytes.NewReader(body)) }
		back()
		defer back()
		if err != nil {
			return new(form)
		}
	}
	if f := queryForm(r); f != nil {
		return f
	}
	return new(form)
}
