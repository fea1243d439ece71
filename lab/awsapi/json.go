package awsapi

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"gatewalk/lab/sigv4"
	"gatewalk/lab/world"
)

// The JSON protocols: SSM speaks 1.1, DynamoDB 1.0; they differ in the content
// type alone.
var (
	ssmProtocol    = &protocol{service: "ssm", fail: jsonFail, refused: jsonRefused, throttle: jsonThrottle, internal: "InternalServerError", regional: true}
	dynamoProtocol = &protocol{service: "dynamodb", fail: jsonFail, refused: jsonRefused, throttle: jsonThrottle, internal: "InternalServerError", regional: true}
)

var jsonThrottle = &world.Error{Code: "ThrottlingException", Message: "Rate exceeded"}

func (s *Server) serveJSON(w http.ResponseWriter, r *http.Request, id identity, p *protocol, run func(*Server, *request) ([]byte, error)) {
	q := &request{http: r, id: id}
	_, q.action, _ = strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	contentType := "application/x-amz-json-1.1"
	if p == dynamoProtocol {
		contentType = "application/x-amz-json-1.0"
	}
	var e entry
	var err error
	if id.Err == nil {
		var body []byte
		if body, err = io.ReadAll(io.LimitReader(r.Body, sigv4.MaxBody)); err == nil {
			err = json.Unmarshal(body, &q.json)
		}
		if err != nil {
			err = &world.Error{Code: "SerializationException", Message: "The request could not be read as JSON."}
		}
		e.raw = string(body)
	}
	s.answer(w, q, p, e, contentType, err, run)
}

func jsonFail(w http.ResponseWriter, e *world.Error, id string) {
	h := w.Header()
	h.Set("Content-Type", "application/x-amz-json-1.1")
	h.Set("X-Amzn-Requestid", id)
	w.WriteHeader(e.HTTPStatus())
	writeJSON(w, map[string]string{"__type": e.Code, "message": e.Message})
}

func jsonRefused(e *sigv4.Error) *world.Error {
	switch e.Code {
	case sigv4.CodeMissing:
		return &world.Error{Code: "MissingAuthenticationTokenException", Message: "Missing Authentication Token"}
	case sigv4.CodeUnknownKey, sigv4.CodeBadToken:
		return &world.Error{Code: "UnrecognizedClientException", Message: "The security token included in the request is invalid."}
	case sigv4.CodeMismatch:
		return &world.Error{Code: "InvalidSignatureException", Message: signatureText}
	case sigv4.CodeExpired:
		return &world.Error{Code: "InvalidSignatureException", Message: skewText(e)}
	case sigv4.CodeTokenExpired:
		return &world.Error{Code: "ExpiredTokenException", Message: "The security token included in the request is expired"}
	}
	return &world.Error{Code: "IncompleteSignatureException", Message: e.Msg}
}

// writeJSON writes v, whose types are all of this package's choosing.
func writeJSON(w io.Writer, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		return
	}
	w.Write(b)
}
