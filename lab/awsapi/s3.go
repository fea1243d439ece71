package awsapi

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"gatewalk/lab/sigv4"
	"gatewalk/lab/world"
)

// S3 answers the S3 REST protocol over a world: what buckets are is the
// world's, their bytes are in Objects. It expects the signature of a request
// to be verified and its identity and [Source] on the context, as [Server]
// puts them there. It is safe for concurrent use.
type S3 struct {
	world   *world.World
	objects *Objects
	ops     []s3Op
	serial  atomic.Uint64
}

// NewS3 serves the buckets of w, with their objects in o.
func NewS3(w *world.World, o *Objects) *S3 { return &S3{world: w, objects: o, ops: s3Ops()} }

// s3Call is one request on its way.
type s3Call struct {
	*S3
	s3Target
	w      http.ResponseWriter
	r      *http.Request
	op     *s3Op
	st     *world.State
	bucket *world.Bucket // nil for ListBuckets and CreateBucket
	id     identity
	source Source
	query  url.Values
	ids    s3IDs
}

// ServeHTTP answers one request.
func (s *S3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &s3Call{
		S3: s, w: w, r: r, s3Target: targetOf(r), st: s.world.Snapshot(),
		id: identityFrom(r.Context()), source: sourceFrom(r.Context()), ids: s.newIDs(),
	}
	if err := c.serve(); err != nil {
		writeFailure(w, r, failureOf(err), c.ids)
	}
}

// serve asks in S3's order: is there such an operation, is the signature good,
// is this the right region, is there such a bucket, and only then may they.
func (c *s3Call) serve() error {
	var err error
	if c.query, err = url.ParseQuery(c.r.URL.RawQuery); err != nil {
		return s3Fail(400, "InvalidURI", "Couldn't parse the specified URI.")
	}
	if c.op, err = c.findOp(c.r, c.s3Target, c.query); err != nil {
		return err
	}
	if c.id.Err != nil {
		return s3Signature(c.id.Err, c.id.Verified.AccessKeyID, c.query.Has("X-Amz-Algorithm"))
	}
	if err := c.checkRegion(); err != nil {
		return err
	}
	if c.id.Anonymous {
		sigv4.Unframe(c.r)
	}
	c.ids.set(c.w.Header())
	if c.op.on != onService && c.op.name != "CreateBucket" {
		if err := c.findBucket(); err != nil {
			return err
		}
	}
	if action := c.op.action; action != "" {
		if c.query.Has("versionId") && versionActions[action] != "" {
			action = versionActions[action]
		}
		if err := c.authorize(action, c.arn(), nil); err != nil {
			return err
		}
	}
	return c.op.run(c)
}

// checkRegion compares the endpoint with the region the request was signed
// for. On the loopback endpoint, whose name says no region, the signature says
// which regional endpoint the client means.
func (c *s3Call) checkRegion() error {
	signed := c.id.Verified.Region
	switch {
	case c.region == "" && signed != "":
		c.region = signed
	case c.region == "":
		c.region = c.st.Region
	case signed != "" && signed != c.region:
		return s3Fail(400, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region '"+signed+"' is wrong; expecting '"+c.region+"'").with("Region", c.region)
	}
	return nil
}

func (c *s3Call) findBucket() error {
	b := c.st.Buckets[c.name]
	if b == nil {
		return s3NoSuchBucket(c.name)
	}
	if owner := c.r.Header.Get("X-Amz-Expected-Bucket-Owner"); owner != "" && owner != c.st.Account {
		return s3Fail(403, "AccessDenied", "Access Denied")
	}
	// GetBucketLocation answers from anywhere, so that a client can find out.
	if b.Region != c.region && c.op.name != "GetBucketLocation" {
		host := "s3." + b.Region + ".amazonaws.com"
		if c.virtual {
			host = c.name + "." + host
		}
		return s3Fail(301, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.").
			with("Endpoint", host).with("Bucket", c.name).header("X-Amz-Bucket-Region", b.Region)
	}
	c.bucket = b
	return nil
}

// arn is the resource that the operation is on.
func (c *s3Call) arn() string {
	switch c.op.on {
	case onService:
		return "*"
	case onBucket:
		return c.arnOf(c.name)
	}
	return c.arnOf(c.name + "/" + c.key)
}

// arnOf is the name of a bucket, or of BUCKET/KEY.
func (c *s3Call) arnOf(resource string) string {
	return "arn:" + c.st.Partition() + ":s3:::" + resource
}

// s3IDs are the two ids in every answer of S3.
type s3IDs struct{ request, host string }

func (i s3IDs) set(h http.Header) {
	h.Set("X-Amz-Request-Id", i.request)
	h.Set("X-Amz-Id-2", i.host)
	h.Set("Server", "AmazonS3")
}

func (s *S3) newIDs() s3IDs {
	sum := s.draw("request")
	return s3IDs{strings.ToUpper(hex.EncodeToString(sum[:8])), base64.StdEncoding.EncodeToString(sum[:])}
}

// draw is 32 bytes that look random and are the same in every run of the same
// requests.
func (s *S3) draw(kind string) [sha256.Size]byte {
	b := binary.BigEndian.AppendUint64([]byte(kind), s.world.Snapshot().Seed)
	return sha256.Sum256(binary.BigEndian.AppendUint64(b, s.serial.Add(1)))
}
