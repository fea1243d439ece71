package awsapi

import (
	"bytes"
	"encoding/xml"
	"errors"
	"net/http"
	"strconv"

	"gatewalk/lab/policy"
	"gatewalk/lab/sigv4"
	"gatewalk/lab/world"
)

// s3Failure is an S3 error: what every error of AWS has, and the elements and
// headers that this one adds.
type s3Failure struct {
	status        int
	Code, Message string
	extra         [][2]string
	headers       [][2]string
}

func s3Fail(status int, code, message string) *s3Failure {
	return &s3Failure{status: status, Code: code, Message: message}
}

func (f *s3Failure) Error() string { return f.Code + ": " + f.Message }

// with adds an element; header adds a header. Both return a new failure, so
// that shared ones stay as they are.
func (f *s3Failure) with(name, value string) *s3Failure {
	c := *f
	c.extra = append(c.extra[:len(c.extra):len(c.extra)], [2]string{name, value})
	return &c
}

func (f *s3Failure) header(name, value string) *s3Failure {
	c := *f
	c.headers = append(c.headers[:len(c.headers):len(c.headers)], [2]string{name, value})
	return &c
}

// The failures that say the same everywhere; texts are those of the S3 API
// reference, "Error responses".
var (
	s3NoSuchKey      = s3Fail(404, "NoSuchKey", "The specified key does not exist.")
	s3NoSuchUpload   = s3Fail(404, "NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
	s3NoSuchVersion  = s3Fail(400, "InvalidArgument", "Invalid version id specified")
	s3MalformedXML   = s3Fail(400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	s3InvalidDigest  = s3Fail(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")
	s3IncompleteBody = s3Fail(400, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
	s3MissingLength  = s3Fail(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
	s3Precondition   = s3Fail(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	s3NotModified    = s3Fail(304, "NotModified", "Not Modified")
	s3MethodRefused  = s3Fail(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	s3Internal       = s3Fail(500, "InternalError", "We encountered an internal error. Please try again.")
	s3NoBody         = s3Fail(400, "MissingRequestBodyError", "Request Body is empty")
	s3NoACLs         = s3Fail(400, "AccessControlListNotSupported", "The bucket does not allow ACLs")
)

func s3NoSuchBucket(name string) *s3Failure {
	return s3Fail(404, "NoSuchBucket", "The specified bucket does not exist").with("BucketName", name)
}

// s3Argument is a parameter whose value cannot be.
func s3Argument(name, value, message string) *s3Failure {
	return s3Fail(400, "InvalidArgument", message).with("ArgumentName", name).with("ArgumentValue", value)
}

// failureOf turns any error into what S3 answers.
func failureOf(err error) *s3Failure {
	if f, ok := errors.AsType[*s3Failure](err); ok {
		return f
	}
	if e, ok := errors.AsType[*world.Error](err); ok {
		return s3Fail(e.HTTPStatus(), e.Code, e.Message)
	}
	if e, ok := errors.AsType[*sigv4.Error](err); ok {
		return s3Signature(e, "", false)
	}
	if e, ok := errors.AsType[*policy.SyntaxError](err); ok {
		return s3Fail(400, "MalformedPolicy", e.Error())
	}
	if errors.Is(err, errShortBody) {
		return s3IncompleteBody
	}
	return s3Internal
}

// s3Signature words a refused signature as S3 does; presigned says that it
// stood in the query.
func s3Signature(e *sigv4.Error, accessKeyID string, presigned bool) *s3Failure {
	switch {
	case presigned && e.Code == sigv4.CodeIncomplete:
		return s3Fail(400, "AuthorizationQueryParametersError", e.Msg)
	case presigned && e.Code == sigv4.CodeExpired:
		return s3Fail(403, "AccessDenied", "Request has expired")
	}
	switch e.Code {
	case sigv4.CodeUnknownKey:
		return s3Fail(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.").with("AWSAccessKeyId", accessKeyID)
	case sigv4.CodeBadToken:
		return s3Fail(400, "InvalidToken", "The provided token is malformed or otherwise invalid.")
	case sigv4.CodeMismatch:
		return s3Fail(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.").with("AWSAccessKeyId", accessKeyID)
	case sigv4.CodeTokenExpired:
		return s3Fail(400, "ExpiredToken", "The provided token has expired.")
	case sigv4.CodeExpired:
		return s3Fail(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.").
			with("RequestTime", e.At.UTC().Format("20060102T150405Z")).with("ServerTime", e.Now.UTC().Format("2006-01-02T15:04:05Z")).
			with("MaxAllowedSkewMilliseconds", strconv.FormatInt(sigv4.Skew.Milliseconds(), 10))
	case sigv4.CodePayload:
		return s3Fail(400, "XAmzContentSHA256Mismatch", e.Msg)
	case sigv4.CodeTooLarge:
		return s3Fail(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
	case sigv4.CodeIncomplete:
		return s3Fail(400, "AuthorizationHeaderMalformed", e.Msg)
	}
	return s3Fail(403, "AccessDenied", "Access Denied")
}

// s3Error answers r with e, in S3's XML: for the middleware, whose faults are
// none of the handler's.
func s3Error(w http.ResponseWriter, r *http.Request, e *world.Error, requestID string) {
	writeFailure(w, r, s3Fail(e.HTTPStatus(), e.Code, e.Message), s3IDs{requestID, requestID})
}

// writeFailure writes the error document. HEAD has none, nor has 304.
func writeFailure(w http.ResponseWriter, r *http.Request, f *s3Failure, ids s3IDs) {
	noteError(r.Context(), f.Code)
	h := w.Header()
	ids.set(h)
	for _, x := range f.headers {
		h.Set(x[0], x[1])
	}
	if r.Method == http.MethodHead || f.status == http.StatusNotModified {
		h.Del("Content-Type")
		w.WriteHeader(f.status)
		return
	}
	b := bytes.NewBufferString(xml.Header + "<Error>")
	element(b, "Code", f.Code)
	element(b, "Message", f.Message)
	for _, x := range f.extra {
		element(b, x[0], x[1])
	}
	element(b, "RequestId", ids.request)
	element(b, "HostId", ids.host)
	b.WriteString("</Error>")
	h.Set("Content-Type", "application/xml")
	w.WriteHeader(f.status)
	w.Write(b.Bytes()) // the client may be gone; there is nobody else to tell
}

func element(b *bytes.Buffer, name, value string) {
	b.WriteByte('<')
	b.WriteString(name)
	b.WriteByte('>')
	xml.EscapeText(b, []byte(value)) // a bytes.Buffer never fails
	b.WriteString("</")
	b.WriteString(name)
	b.WriteByte('>')
}
