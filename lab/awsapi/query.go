package awsapi

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"

	"gatewalk/lab/sigv4"
	"gatewalk/lab/world"
)

// newRequestID is a UUID. It means nothing to the world, so it need not come
// from its seed.
func newRequestID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

const signatureText = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

// The EC2 query protocol. EC2 says AuthFailure whatever is wrong with the
// credentials.
var ec2Protocol = &protocol{
	service: "ec2",
	fail: func(w http.ResponseWriter, e *world.Error, id string) {
		var x xw
		x.WriteString(xmlHeader + "\n")
		x.in("Response", func() {
			x.in("Errors", func() {
				x.in("Error", func() { x.text("Code", e.Code); x.text("Message", e.Message) })
			})
			x.text("RequestID", id)
		})
		writeXML(w, e.HTTPStatus(), x.Bytes(), id)
	},
	refused: func(e *sigv4.Error) *world.Error {
		switch e.Code {
		case sigv4.CodeMissing:
			return &world.Error{Code: "MissingParameter", Message: "The request must contain the parameter AWSAccessKeyId"}
		case sigv4.CodeExpired:
			return &world.Error{Code: "RequestExpired", Message: e.Msg}
		case sigv4.CodeTokenExpired:
			return &world.Error{Code: "RequestExpired", Message: "Request has expired."}
		case sigv4.CodeIncomplete, sigv4.CodeTooLarge, sigv4.CodePayload:
			return &world.Error{Code: e.Code, Message: e.Msg}
		}
		return &world.Error{Code: "AuthFailure", Message: "AWS was not able to validate the provided access credentials", Status: 401}
	},
	throttle: &world.Error{Code: "RequestLimitExceeded", Message: "Request limit exceeded.", Status: 503},
	internal: "InternalError",
	regional: true,
}

// The query protocol of IAM and STS.
var (
	iamProtocol = &protocol{service: "iam", fail: queryFail, refused: queryRefused, throttle: throttling, internal: "ServiceFailure"}
	stsProtocol = &protocol{service: "sts", fail: queryFail, refused: queryRefused, throttle: throttling, internal: "InternalFailure"}
)

var throttling = &world.Error{Code: "Throttling", Message: "Rate exceeded", Status: 400}

func queryFail(w http.ResponseWriter, e *world.Error, id string) {
	var x xw
	x.WriteString(`<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">`)
	x.in("Error", func() {
		kind := "Sender"
		if e.HTTPStatus() >= 500 {
			kind = "Receiver"
		}
		x.text("Type", kind)
		x.text("Code", e.Code)
		x.text("Message", e.Message)
	})
	x.text("RequestId", id)
	x.close("ErrorResponse")
	writeXML(w, e.HTTPStatus(), x.Bytes(), id)
}

func queryRefused(e *sigv4.Error) *world.Error {
	switch e.Code {
	case sigv4.CodeMismatch:
		return &world.Error{Code: e.Code, Message: signatureText, Status: 403}
	case sigv4.CodeUnknownKey, sigv4.CodeBadToken:
		return &world.Error{Code: sigv4.CodeUnknownKey, Message: "The security token included in the request is invalid.", Status: 403}
	case sigv4.CodeExpired:
		return &world.Error{Code: sigv4.CodeMismatch, Message: skewText(e), Status: 403}
	case sigv4.CodeMissing, sigv4.CodeTokenExpired:
		return &world.Error{Code: e.Code, Message: e.Msg, Status: 403}
	}
	return &world.Error{Code: e.Code, Message: e.Msg, Status: 400}
}

// skewText is how services other than EC2 and S3 tell a client that its clock
// is wrong.
func skewText(e *sigv4.Error) string {
	const layout = "20060102T150405Z"
	at, now := e.At.UTC().Format(layout), e.Now.UTC().Format(layout)
	if e.At.After(e.Now) {
		return "Signature not yet current: " + at + " is still later than " + e.Now.UTC().Add(sigv4.Skew).Format(layout) + " (" + now + " + 15 min.)"
	}
	return "Signature expired: " + at + " is now earlier than " + e.Now.UTC().Add(-sigv4.Skew).Format(layout) + " (" + now + " - 15 min.)"
}

const xmlHeader = `<?xml version="1.0" encoding="UTF-8"?>`

func writeXML(w http.ResponseWriter, status int, body []byte, id string) {
	h := w.Header()
	h.Set("Content-Type", "text/xml;charset=UTF-8")
	h.Set("X-Amzn-Requestid", id)
	w.WriteHeader(status)
	w.Write(body)
}
