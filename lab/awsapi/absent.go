package awsapi

import (
	"encoding/binary"
	"io"
	"net/http"
	"path"
	"strings"

	"gatewalk/lab/sigv4"
	"gatewalk/lab/world"
)

// absent is the refusal of an action that the lab does not have. It is 501,
// which no SDK tries again, also for a name that AWS itself does not have:
// which actions AWS has, some twenty thousand and more every week, the lab does
// not know, and to call a real one invalid would teach what is not so.
func absent(service, action string) *world.Error {
	name := strings.Trim(service+":"+action, ":")
	return &world.Error{
		Code: "NotImplemented", Status: http.StatusNotImplemented,
		Message: name + " is not part of this lab, which has what the lesson on S3 gateway endpoints needs.",
	}
}

// elsewhere is the refusal of a call to a region that the lab does not have.
func elsewhere(service, action, region, lab string) *world.Error {
	return &world.Error{
		Code: "NotImplemented", Status: http.StatusNotImplemented,
		Message: service + ":" + action + " in " + region + " is not part of this lab, which is in " + lab + ".",
	}
}

// absentQuery is absent in the query protocol, where a call may name no action
// at all.
func absentQuery(service, action string) *world.Error {
	if action == "" {
		return &world.Error{Code: "MissingAction", Message: "The request must contain the parameter Action"}
	}
	return absent(service, action)
}

// serveAbsent refuses a call of a service that the lab does not have, in the
// protocol that it came in.
func (s *Server) serveAbsent(w http.ResponseWriter, r *http.Request, id identity, service string) {
	action, fail := r.Method+" "+r.URL.Path, restFail
	if target := r.Header.Get("X-Amz-Target"); strings.Contains(target, ".") { // SERVICE_VERSION.ACTION, or a longer path to it
		action, fail = target[strings.LastIndexByte(target, '.')+1:], jsonFail
	} else if r.Header.Get(smithyProtocol) == rpcCBOR { // /service/NAME/operation/ACTION
		action, fail = path.Base(r.URL.Path), cborFail
	} else if form := queryForm(r); form.has("Action") {
		action, fail = form.str("Action"), queryFail
	} else if restXML(service) {
		fail = queryFail // the error documents of the two are the same
	}
	failure := absent(service, action)
	s.log(entry{raw: r.URL.RawQuery, Call: Call{
		At: s.World.Clock().Now(), Service: service, Action: action, Principal: id.arn(),
		Status: failure.Status, Code: failure.Code,
	}})
	fail(w, failure, newRequestID())
}

// queryForm is the form of a call in the query protocol, nil for any other.
func queryForm(r *http.Request) *form {
	raw := r.URL.RawQuery
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		body, err := io.ReadAll(io.LimitReader(r.Body, sigv4.MaxBody))
		if err != nil {
			return nil
		}
		raw = string(body)
	}
	f, err := parseForm(raw)
	if err != nil {
		return nil
	}
	return f
}

// restXML says whether a REST service speaks XML. These few do; all others
// speak JSON.
func restXML(service string) bool {
	switch service {
	case "route53", "cloudfront", "s3-outposts", "s3express":
		return true
	}
	return false
}

// The newest of the protocols, in which CloudWatch and a few others are asked.
const smithyProtocol, rpcCBOR = "Smithy-Protocol", "rpc-v2-cbor"

// cborFail writes an error in it: a CBOR map of two strings (RFC 8949).
func cborFail(w http.ResponseWriter, e *world.Error, id string) {
	body := []byte{0xa2} // a map of two pairs
	for _, s := range []string{"__type", e.Code, "message", e.Message} {
		body = append(body, 0x79) // a text, its length in two bytes
		body = binary.BigEndian.AppendUint16(body, uint16(len(s)))
		body = append(body, s...)
	}
	h := w.Header()
	h.Set(smithyProtocol, rpcCBOR)
	h.Set("Content-Type", "application/cbor")
	h.Set("X-Amzn-Requestid", id)
	w.WriteHeader(e.HTTPStatus())
	w.Write(body)
}

// restFail writes an error of a REST service that speaks JSON.
func restFail(w http.ResponseWriter, e *world.Error, id string) {
	w.Header().Set("X-Amzn-Errortype", e.Code)
	jsonFail(w, e, id)
}
