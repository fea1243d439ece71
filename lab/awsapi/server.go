// Package awsapi answers AWS's own wire protocols for the account that a
// [world.World] holds: EC2, IAM and STS (query), SSM and DynamoDB (JSON), S3
// (REST).
//
// One [Server] answers every service at one address; the service is the one
// that a request is signed for. Signatures are verified, IAM policies are
// evaluated on every call, and what is not there is refused by name, never
// ignored. Each call is logged ([Server.Calls]) and can be made to fail
// ([Server.Fault]). A Server is safe for concurrent use and starts no
// goroutine; its time is the world's.
package awsapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"gatewalk/lab/sigv4"
	"gatewalk/lab/world"
)

// Server is an http.Handler. World has to be set; a nil S3 answers 501.
type Server struct {
	World *world.World
	// S3 gets every S3 request, with the caller's identity in its context. If
	// it has a method S3Action(*http.Request) string, that names the action
	// for faults and the call log.
	S3 http.Handler

	verifier sigv4.Verifier

	mu     sync.Mutex
	faults []*Fault
	calls  callLog
	hidden map[string]time.Time // new ids, and until when nobody sees them
}

// New answers for w, with the objects of its buckets in o.
func New(w *world.World, o *Objects) *Server { return &Server{World: w, S3: NewS3(w, o)} }

// protocol is a wire format: how a service words what went wrong.
type protocol struct {
	service string
	// fail writes an error answer.
	fail func(w http.ResponseWriter, e *world.Error, requestID string)
	// refused words a bad signature.
	refused  func(*sigv4.Error) *world.Error
	throttle *world.Error
	internal string // the code of its own troubles
	// regional services have one account in every region, of which the lab has
	// one. IAM and STS are everywhere the same, and S3 knows where a bucket is.
	regional bool
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := s.identify(r)
	service := sigv4.Service(r)
	if service == "" {
		if service = unsignedService(r); unsignedAbsent(service, r) {
			s.serveAbsent(w, r, id, service)
			return
		}
	}
	switch service {
	case "s3":
		s.serveS3(w, r, id)
	case "ec2":
		s.serveQuery(w, r, id, ec2Protocol, (*Server).ec2)
	case "iam":
		s.serveQuery(w, r, id, iamProtocol, (*Server).iam)
	case "sts":
		s.serveQuery(w, r, id, stsProtocol, (*Server).sts)
	case "ssm":
		s.serveJSON(w, r, id, ssmProtocol, (*Server).ssm)
	case "dynamodb":
		s.serveJSON(w, r, id, dynamoProtocol, (*Server).dynamodb)
	default:
		s.serveAbsent(w, r, id, service)
	}
}

// request is one API call on its way.
type request struct {
	http      *http.Request
	id        identity
	requestID string
	action    string
	form      *form          // query protocol
	json      map[string]any // JSON protocol
	hide      time.Duration
}

func (s *Server) serveQuery(w http.ResponseWriter, r *http.Request, id identity, p *protocol, run func(*Server, *request) ([]byte, error)) {
	raw := r.URL.RawQuery
	if r.Method == http.MethodPost && id.Err == nil {
		body, err := io.ReadAll(io.LimitReader(r.Body, sigv4.MaxBody))
		if err != nil {
			id.Err = &sigv4.Error{Code: sigv4.CodeIncomplete, Msg: "The request body could not be read."}
		}
		raw = string(body)
	}
	q := &request{http: r, id: id}
	var err error
	if q.form, err = parseForm(raw); err == nil {
		q.action = q.form.str("Action")
		q.form.skip("Version", "AWSAccessKeyId", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Security-Token")
	}
	s.answer(w, q, p, entry{raw: raw}, "text/xml;charset=UTF-8", err, run)
}

// answer takes a call through faults and identity to its handler, and logs it.
func (s *Server) answer(w http.ResponseWriter, q *request, p *protocol, e entry, contentType string, err error, run func(*Server, *request) ([]byte, error)) {
	start := time.Now()
	q.requestID = newRequestID()
	e.Call = Call{At: s.World.Clock().Now(), Service: p.service, Action: q.action, Principal: q.id.arn()}
	f := s.match(p.service, q.action)
	q.hide = f.Hide
	var body []byte
	switch {
	case s.World.Clock().Sleep(q.http.Context(), f.Delay) != nil:
		return // the client has gone
	case err != nil:
	case f.throttled:
		err = p.throttle
	case f.Before != nil:
		err = f.Before
	case q.id.Err != nil:
		err = p.refused(q.id.Err)
	case p.regional && q.id.Verified.Region != s.World.Snapshot().Region:
		err = elsewhere(p.service, q.action, q.id.Verified.Region, s.World.Snapshot().Region)
	default:
		body, err = run(s, q)
	}
	e.Status = http.StatusOK
	var failure *world.Error
	if err != nil {
		if failure, _ = errors.AsType[*world.Error](err); failure == nil {
			failure = &world.Error{Code: p.internal, Message: "An internal error has occurred: " + err.Error(), Status: 500}
		}
		e.Status, e.Code = failure.HTTPStatus(), failure.Code
	}
	e.Took = time.Since(start)
	s.log(e)
	switch {
	case f.LoseAnswer && f.Before == nil && !f.throttled:
		drop(w)
	case failure != nil:
		p.fail(w, failure, q.requestID)
	default:
		h := w.Header()
		h.Set("Content-Type", contentType)
		h.Set("X-Amzn-Requestid", q.requestID)
		h.Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body)
	}
}

func (s *Server) serveS3(w http.ResponseWriter, r *http.Request, id identity) {
	start := time.Now()
	if id.Anonymous {
		id.Err = nil // what a stranger may do is the bucket policy's affair
	}
	note := new(noted)
	r = r.WithContext(context.WithValue(context.WithValue(r.Context(), identityKey{}, id), notedKey{}, note))
	action := r.Method + " " + r.URL.Path
	if n, ok := s.S3.(interface{ S3Action(*http.Request) string }); ok {
		action = n.S3Action(r)
	}
	e := entry{raw: r.URL.RawQuery, path: r.URL.Path}
	e.Call = Call{At: s.World.Clock().Now(), Service: "s3", Action: action, Principal: id.arn()}
	f := s.match("s3", action)
	if s.World.Clock().Sleep(r.Context(), f.Delay) != nil {
		return
	}
	out := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	switch {
	case s.S3 == nil:
		s3Error(out, r, absent("s3", action), newRequestID())
	case f.throttled:
		s3Error(out, r, &world.Error{Code: "SlowDown", Message: "Please reduce your request rate.", Status: 503}, newRequestID())
	case f.Before != nil:
		s3Error(out, r, f.Before, newRequestID())
	case f.LoseAnswer:
		lost := &discard{header: http.Header{}}
		out.ResponseWriter = lost
		s.S3.ServeHTTP(out, r)
		defer drop(w)
	default:
		s.S3.ServeHTTP(out, r)
	}
	e.Status, e.Code, e.Took = out.status, note.code, time.Since(start)
	s.log(e)
}

// drop cuts the connection without an answer.
func drop(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil { // not a connection of HTTP/1: an empty answer is the nearest thing
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	conn.Close()
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController find the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// discard takes an answer that nobody will get.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}
