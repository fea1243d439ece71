package sigv4

import "net/http"

// Unframe makes r.Body the plain payload of a request that carries no
// signature, as [Verifier.Verify] does for one that does: anonymous uploads to
// S3 are framed as aws-chunked too, and have their checksum in a trailer.
func Unframe(r *http.Request) Payload {
	return protect(r, r.Header.Get("X-Amz-Content-Sha256"), &chain{})
}
