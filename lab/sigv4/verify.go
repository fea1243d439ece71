package sigv4

import (
	"bytes"
	"crypto/hmac"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Error codes. They are neutral; each protocol words them in its own way.
const (
	CodeMissing    = "MissingAuthenticationToken" // no signature at all
	CodeIncomplete = "IncompleteSignature"        // a part of it is absent or malformed
	CodeUnknownKey = "InvalidClientTokenId"       // no such access key, or one that comes without its session token
	CodeBadToken   = "InvalidToken"               // not the session token of the access key
	CodeMismatch   = "SignatureDoesNotMatch"
	CodeExpired    = "RequestExpired"
	// CodeTokenExpired is for whoever knows when credentials end; Verify does not.
	CodeTokenExpired = "ExpiredToken"
	CodeTooLarge     = "RequestEntityTooLarge"
	CodePayload      = "XAmzContentSHA256Mismatch"
)

// MaxBody is the largest body, in bytes, that Verify reads to hash it. Bodies
// whose hash stands in X-Amz-Content-Sha256 (S3) stream and have no limit.
const MaxBody = 4 << 20

// Skew is how far a request's time may be from the server's.
const Skew = 15 * time.Minute

// Error says why a request was not accepted.
type Error struct {
	Code string // one of the Code constants
	Msg  string
	// At is the request's time and Now the server's, of CodeExpired.
	At, Now time.Time
}

func (e *Error) Error() string { return e.Code + ": " + e.Msg }

// Payload says how the body of a verified request is protected.
type Payload int

const (
	Hashed   Payload = iota // the whole body's hash is in the signature
	NotInSig                // UNSIGNED-PAYLOAD
	Chunked                 // aws-chunked, each chunk signed
	Trailing                // aws-chunked, unsigned, checksum in a trailer
)

// Verified is what a good signature says.
type Verified struct {
	AccessKeyID, Region, Service string
	Payload                      Payload
	Presigned                    bool
}

// Lookup finds the credentials of an access key; any error means that there
// are none.
type Lookup func(accessKeyID string) (Credentials, error)

// Verifier verifies requests and remembers the keys it derived, which is most
// of the work. The zero value is ready.
type Verifier struct {
	mu   sync.Mutex
	keys map[keyID][]byte
}

type keyID struct {
	scope
	secret string
}

// Verify checks the signature of r, in its Authorization header or its query
// (presigned). The request's time has to be near one of now: a lab knows two
// clocks, the lesson's and the machine's, and both have honest clients.
//
// Afterwards r.Body is the plain payload. Where the hash of it came in a
// header, or chunk by chunk, reading it returns an [*Error] at the end if the
// payload was another one; aws-chunked framing and its headers are removed,
// and trailers land in r.Trailer. Every error is an [*Error].
func (v *Verifier) Verify(r *http.Request, lookup Lookup, now ...time.Time) (Verified, error) {
	g, err := parse(r)
	if err != nil {
		return Verified{}, err
	}
	out := Verified{AccessKeyID: g.accessKeyID, Region: g.scope.region, Service: g.scope.service, Presigned: g.presigned}
	creds, err := lookup(g.accessKeyID)
	if err != nil || creds.SessionToken != g.token {
		code := CodeUnknownKey
		if err == nil && g.token != "" {
			code = CodeBadToken
		}
		return out, &Error{Code: code, Msg: "The security token included in the request is invalid."}
	}
	if err := g.fresh(now); err != nil {
		return out, err
	}
	hash, err := payloadHash(r, g)
	if err != nil {
		return out, err
	}
	key := v.key(g.scope, creds.SecretKey)
	want := mac(key, stringToSign(g.date, g.scope, canonical(r, g.signed, hash, g.scope.service, g.presigned)))
	if !hmac.Equal(want, g.signature) {
		return out, &Error{Code: CodeMismatch, Msg: "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."}
	}
	out.Payload = protect(r, hash, &chain{key: key, scope: g.scope, date: g.date, previous: hex.EncodeToString(g.signature)})
	return out, nil
}

func (v *Verifier) key(s scope, secret string) []byte {
	v.mu.Lock()
	defer v.mu.Unlock()
	id := keyID{s, secret}
	if k, ok := v.keys[id]; ok {
		return k
	}
	// Scopes come from the client; without a bound they would be a leak.
	if v.keys == nil || len(v.keys) > 1000 {
		v.keys = make(map[keyID][]byte)
	}
	k := s.key(secret)
	v.keys[id] = k
	return k
}

// given is what a request says of its own signature.
type given struct {
	accessKeyID, token, date string
	scope                    scope
	signed                   []string
	signature                []byte
	at                       time.Time
	expires                  time.Duration // presigned only
	presigned                bool
}

func parse(r *http.Request) (given, error) {
	var g given
	var credential, signed, signature string
	if auth := r.Header.Get("Authorization"); auth != "" {
		rest, ok := strings.CutPrefix(auth, algorithm)
		if !ok {
			return g, &Error{Code: CodeIncomplete, Msg: fmt.Sprintf("Unsupported AWS 'algorithm': '%s'.", firstWord(auth))}
		}
		for field := range strings.SplitSeq(rest, ",") {
			k, v, _ := strings.Cut(strings.TrimSpace(field), "=")
			switch k {
			case "Credential":
				credential = v
			case "SignedHeaders":
				signed = v
			case "Signature":
				signature = v
			}
		}
		g.date, g.token = r.Header.Get("X-Amz-Date"), r.Header.Get("X-Amz-Security-Token")
	} else if q := r.URL.Query(); q.Get("X-Amz-Algorithm") == algorithm {
		g.presigned = true
		credential, signed, signature = q.Get("X-Amz-Credential"), q.Get("X-Amz-SignedHeaders"), q.Get("X-Amz-Signature")
		g.date, g.token = q.Get("X-Amz-Date"), q.Get("X-Amz-Security-Token")
		seconds, err := strconv.Atoi(q.Get("X-Amz-Expires"))
		if err != nil || seconds < 1 || seconds > 604800 {
			return g, &Error{Code: CodeIncomplete, Msg: "X-Amz-Expires must be between 1 and 604800 seconds"}
		}
		g.expires = time.Duration(seconds) * time.Second
	} else {
		return g, &Error{Code: CodeMissing, Msg: "Request is missing Authentication Token"}
	}
	// An access key id never contains a slash, so the scope is what follows
	// the first one.
	parts := strings.Split(credential, "/")
	if len(parts) != 5 || parts[0] == "" || parts[4] != "aws4_request" {
		return g, &Error{Code: CodeIncomplete, Msg: "Authorization header requires 'Credential' parameter. Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term"}
	}
	g.accessKeyID, g.scope = parts[0], scope{parts[1], parts[2], parts[3]}
	var err error
	if g.at, err = time.Parse(dateLayout, g.date); err != nil || !strings.HasPrefix(g.date, g.scope.date) {
		return g, &Error{Code: CodeIncomplete, Msg: "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header whose day is that of the credential."}
	}
	g.signed = strings.Split(signed, ";")
	if !slices.Contains(g.signed, "host") {
		return g, &Error{Code: CodeIncomplete, Msg: "'Host' must be a 'SignedHeader' in the AWS Authorization."}
	}
	if g.signature, err = hex.DecodeString(signature); err != nil || len(g.signature) == 0 {
		return g, &Error{Code: CodeIncomplete, Msg: "Authorization header requires 'Signature' parameter."}
	}
	return g, nil
}

func (g *given) fresh(now []time.Time) error {
	for _, t := range now {
		late := t.Sub(g.at)
		if late < -Skew {
			continue
		}
		if limit := max(g.expires, Skew); late <= limit && (!g.presigned || late <= g.expires) {
			return nil
		}
	}
	return &Error{Code: CodeExpired, Msg: "Request has expired. Timestamp date is " + g.at.Format("2006-01-02T15:04:05Z"), At: g.at, Now: now[len(now)-1]}
}

// payloadHash is the hash that the client says it signed, or, where it says
// nothing (every service but S3), that of the body.
func payloadHash(r *http.Request, g given) (string, error) {
	if h := r.Header.Get("X-Amz-Content-Sha256"); h != "" {
		return h, nil
	}
	if g.presigned && g.scope.service == "s3" {
		return Unsigned, nil
	}
	if r.Body == nil || r.Body == http.NoBody {
		return emptyHash, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxBody+1))
	if err != nil {
		return "", &Error{Code: CodeIncomplete, Msg: "The request body could not be read: " + err.Error()}
	}
	if len(body) > MaxBody {
		return "", &Error{Code: CodeTooLarge, Msg: "Request body exceeds the maximum size."}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return hexHash(body), nil
}

// protect replaces r.Body by one that is checked while it is read.
func protect(r *http.Request, hash string, c *chain) Payload {
	mode := Hashed
	switch {
	case hash == Unsigned:
		return NotInSig
	case strings.HasPrefix(hash, "STREAMING-UNSIGNED-PAYLOAD"):
		mode = Trailing
	case strings.HasPrefix(hash, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"):
		mode = Chunked
	default:
		// A body without the header was hashed to get here.
		if r.Header.Get("X-Amz-Content-Sha256") != "" && r.Body != nil {
			r.Body = newHashReader(r.Body, hash)
		}
		return mode
	}
	if mode == Trailing {
		c.key = nil
	}
	r.Body = newChunkReader(r, c)
	r.Header.Set("X-Amz-Content-Sha256", Unsigned)
	if n, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64); err == nil {
		r.ContentLength = n
		r.Header.Set("Content-Length", strconv.FormatInt(n, 10))
	} else {
		r.ContentLength = -1
		r.Header.Del("Content-Length")
	}
	dropEncoding(r.Header)
	return mode
}

// dropEncoding removes aws-chunked from Content-Encoding: it is framing, not
// part of the object.
func dropEncoding(h http.Header) {
	var kept []string
	for _, v := range h.Values("Content-Encoding") {
		for e := range strings.SplitSeq(v, ",") {
			if e = strings.TrimSpace(e); e != "" && e != "aws-chunked" {
				kept = append(kept, e)
			}
		}
	}
	if h.Del("Content-Encoding"); len(kept) > 0 {
		h.Set("Content-Encoding", strings.Join(kept, ","))
	}
}

// Service is the service that r says it is signed for, unverified: "" where it
// does not say. It is for routing.
func Service(r *http.Request) string {
	credential := ""
	if auth := r.Header.Get("Authorization"); auth != "" {
		_, rest, _ := strings.Cut(auth, "Credential=")
		credential, _, _ = strings.Cut(rest, ",")
	} else if strings.Contains(r.URL.RawQuery, "X-Amz-Credential=") {
		_, rest, _ := strings.Cut(r.URL.RawQuery, "X-Amz-Credential=")
		rest, _, _ = strings.Cut(rest, "&")
		credential, _ = url.QueryUnescape(rest)
	}
	if parts := strings.Split(credential, "/"); len(parts) == 5 {
		return parts[3]
	}
	return ""
}

func firstWord(s string) string {
	w, _, _ := strings.Cut(s, " ")
	return w
}
