// Package sigv4 signs and verifies HTTP requests the way AWS does (Signature
// Version 4).
//
// Both sides live here because they must agree on one canonical form: [Sign]
// serves the programs on a simulated host, [Verifier] the lab's API. Times come
// in as values, nothing is logged, and the package keeps no state; a
// [Verifier] that is kept remembers derived keys and is safe for concurrent
// use.
package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	dateLayout = "20060102T150405Z"

	// Unsigned is the payload hash of a body that the signature leaves out.
	Unsigned = "UNSIGNED-PAYLOAD"

	emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// Credentials are one access key. SessionToken is "" for a long-term key.
type Credentials struct {
	AccessKeyID, SecretKey, SessionToken string
}

// Sign puts an Authorization header on r, and X-Amz-Date, X-Amz-Security-Token
// and (for S3) X-Amz-Content-Sha256 as they are needed. body is what will be
// sent, nil for none; a X-Amz-Content-Sha256 that is already set, such as
// [Unsigned], is taken instead of hashing it.
func Sign(r *http.Request, body []byte, c Credentials, region, service string, at time.Time) {
	at = at.UTC()
	r.Header.Set("X-Amz-Date", at.Format(dateLayout))
	if c.SessionToken != "" {
		r.Header.Set("X-Amz-Security-Token", c.SessionToken)
	}
	hash := r.Header.Get("X-Amz-Content-Sha256")
	if hash == "" {
		hash = hexHash(body)
		if service == "s3" {
			r.Header.Set("X-Amz-Content-Sha256", hash)
		}
	}
	signed := []string{"host"}
	for name := range r.Header {
		switch name = strings.ToLower(name); {
		case strings.HasPrefix(name, "x-amz-"), name == "content-type", name == "content-md5", name == "range":
			signed = append(signed, name)
		}
	}
	slices.Sort(signed)
	s := scope{at.Format("20060102"), region, service}
	toSign := stringToSign(at.Format(dateLayout), s, canonical(r, signed, hash, s.service, false))
	r.Header.Set("Authorization", algorithm+" Credential="+c.AccessKeyID+"/"+s.String()+
		", SignedHeaders="+strings.Join(signed, ";")+
		", Signature="+hex.EncodeToString(mac(s.key(c.SecretKey), toSign)))
}

// scope is what a signature is good for: one day, region and service.
type scope struct{ date, region, service string }

func (s scope) String() string {
	return s.date + "/" + s.region + "/" + s.service + "/aws4_request"
}

// key derives the signing key of the scope from a secret key.
func (s scope) key(secret string) []byte {
	k := mac([]byte("AWS4"+secret), s.date)
	k = mac(k, s.region)
	k = mac(k, s.service)
	return mac(k, "aws4_request")
}

func stringToSign(date string, s scope, canonical string) string {
	return algorithm + "\n" + date + "\n" + s.String() + "\n" + hexHash([]byte(canonical))
}

// canonical is the canonical request. presigned leaves the signature itself
// out of the query.
func canonical(r *http.Request, signed []string, payload, service string, presigned bool) string {
	var b strings.Builder
	b.Grow(512)
	b.WriteString(r.Method)
	b.WriteByte('\n')
	// Every service but S3 encodes the path twice: once as it is sent, and
	// once more for the signature.
	switch path := r.URL.Path; {
	case path == "":
		b.WriteByte('/')
	case service == "s3":
		escape(&b, path, true)
	default:
		escape(&b, r.URL.EscapedPath(), true)
	}
	b.WriteByte('\n')
	canonicalQuery(&b, r.URL.RawQuery, presigned)
	b.WriteByte('\n')
	for _, name := range signed {
		b.WriteString(name)
		b.WriteByte(':')
		for i, v := range headerValues(r, name) {
			if i > 0 {
				b.WriteByte(',')
			}
			trimSpaces(&b, v)
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	b.WriteString(strings.Join(signed, ";"))
	b.WriteByte('\n')
	b.WriteString(payload)
	return b.String()
}

// headerValues also finds the two headers that net/http keeps elsewhere.
func headerValues(r *http.Request, name string) []string {
	switch name {
	case "host":
		if r.Host != "" {
			return []string{r.Host}
		}
		return []string{r.URL.Host}
	case "content-length":
		return []string{strconv.FormatInt(r.ContentLength, 10)}
	case "transfer-encoding":
		return r.TransferEncoding
	}
	return r.Header.Values(name)
}

// trimSpaces drops the spaces around v and makes each run of them one.
func trimSpaces(b *strings.Builder, v string) {
	v = strings.Trim(v, " \t")
	for i := range len(v) {
		if v[i] == ' ' && v[i-1] == ' ' {
			continue
		}
		b.WriteByte(v[i])
	}
}

func canonicalQuery(b *strings.Builder, raw string, presigned bool) {
	if raw == "" {
		return
	}
	var pairs []string
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		if k = unescape(k); presigned && k == "X-Amz-Signature" {
			continue
		}
		var p strings.Builder
		escape(&p, k, false)
		p.WriteByte('=')
		escape(&p, unescape(v), false)
		pairs = append(pairs, p.String())
	}
	// By name, then by value: '=' must not take part in comparing names.
	slices.SortFunc(pairs, func(x, y string) int {
		xk, xv, _ := strings.Cut(x, "=")
		yk, yv, _ := strings.Cut(y, "=")
		if c := strings.Compare(xk, yk); c != 0 {
			return c
		}
		return strings.Compare(xv, yv)
	})
	b.WriteString(strings.Join(pairs, "&"))
}

// escape percent-encodes all but RFC 3986's unreserved characters.
func escape(b *strings.Builder, s string, keepSlash bool) {
	const digits = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '-', c == '_', c == '.', c == '~', keepSlash && c == '/':
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
}

// unescape undoes percent-encoding and leaves what is not valid as it is: a
// signature over it simply will not match.
func unescape(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			out = append(out, ' ')
		case s[i] == '%' && i+2 < len(s):
			if n, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				out = append(out, n[0])
				i += 2
				continue
			}
			out = append(out, '%')
		default:
			out = append(out, s[i])
		}
	}
	return string(out)
}

func mac(key []byte, s string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(s))
	return h.Sum(nil)
}

func hexHash(b []byte) string {
	if len(b) == 0 {
		return emptyHash
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
