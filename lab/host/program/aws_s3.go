package program

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"
)

// s3Request is a request to S3 before its place is known.
type s3Request struct {
	operation   string
	method      string
	bucket, key string
	query       string // as it goes on the wire
	header      http.Header
	body        []byte
	pathStyle   bool
}

// s3 sends a request to the bucket's address in the region, and once more to
// the region that S3 names where the bucket is elsewhere.
func (a *awsRun) s3(ctx context.Context, r s3Request) (*http.Response, error) {
	if r.bucket != "" {
		if err := checkBucket(r.bucket); err != nil {
			return nil, err
		}
	}
	region, err := a.regionOf(ctx)
	if err != nil {
		return nil, err
	}
	response, err := a.s3At(ctx, r, region)
	refused, ok := errors.AsType[*awsError](err)
	if !ok || !refused.elsewhere() {
		return response, err
	}
	if there := a.regionOfBucket(ctx, r, refused, region); there != "" && there != region {
		return a.s3At(ctx, r, there)
	}
	return nil, err
}

// elsewhere reports answers that mean another region.
func (e *awsError) elsewhere() bool {
	switch e.Code {
	case "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301", "307":
		return true
	}
	return e.Status == 301 || e.Status == 302 || e.Status == 307 || e.Code == "400" && e.Region != ""
}

// regionOfBucket is where the answer says the bucket is, or what HeadBucket says.
func (a *awsRun) regionOfBucket(ctx context.Context, r s3Request, e *awsError, region string) string {
	if e.Region != "" || r.bucket == "" {
		return e.Region
	}
	response, err := a.s3At(ctx, s3Request{operation: "HeadBucket", method: http.MethodHead, bucket: r.bucket}, region)
	if refused, ok := errors.AsType[*awsError](err); ok {
		return refused.Region
	}
	if err != nil {
		return ""
	}
	response.Body.Close()
	return response.Header.Get("X-Amz-Bucket-Region")
}

func (a *awsRun) s3At(ctx context.Context, r s3Request, region string) (*http.Response, error) {
	signed := region
	if region == "" {
		signed = "us-east-1" // where the global name is at home
	}
	return a.send(ctx, awsCall{
		service: "s3", operation: r.operation, region: signed, method: r.method,
		url: r.url(a.endpoint, region), header: r.header, body: r.body,
	})
}

// url is the address of a request: the bucket as a host name where its name
// may be one under TLS, else in the path; without a region the global name.
func (r s3Request) url(endpoint, region string) string {
	host := "s3.amazonaws.com"
	if region != "" {
		host = "s3." + region + ".amazonaws.com"
	}
	base, path := "https://"+host, "/"
	switch {
	case endpoint != "":
		base = endpoint
		if r.bucket != "" {
			path = "/" + r.bucket
		}
	case r.bucket == "":
	case r.pathStyle || len(r.bucket) > 63 || !hostableBucket.MatchString(r.bucket):
		path = "/" + r.bucket
	default:
		base = "https://" + r.bucket + "." + host
	}
	if r.key != "" {
		path = strings.TrimSuffix(path, "/") + "/" + escapeKey(r.key)
	}
	if r.query != "" {
		path += "?" + r.query
	}
	return base + path
}

// Lengths stand outside of these patterns, which would be slow to compile.
var (
	// hostableBucket matches names without dots, which the certificate covers.
	hostableBucket = regexp.MustCompile(`^[a-z0-9][a-z0-9-]+[a-z0-9]$`)
	// bucketName is what botocore accepts before it asks S3.
	bucketName = regexp.MustCompile(`^[a-zA-Z0-9.\-_]+$`)
)

func checkBucket(name string) error {
	if len(name) <= 255 && bucketName.MatchString(name) {
		return nil
	}
	return awsFail(awsInvalid, "Parameter validation failed:\nInvalid bucket name \"%s\": Bucket name must match the regex "+
		`"^[a-zA-Z0-9.\-_]{1,255}$" or be an ARN matching the regex "^arn:(aws).*:(s3|s3-object-lambda):[a-z\-0-9]*:[0-9]{12}:accesspoint[/:][a-zA-Z0-9\-.]{1,63}$|^arn:(aws).*:s3-outposts:[a-z\-0-9]+:[0-9]{12}:outpost[/:][a-zA-Z0-9\-]{1,63}[/:]accesspoint[/:][a-zA-Z0-9\-]{1,63}$"`, name)
}

// escapeKey encodes a key for a path: all but unreserved characters and "/".
func escapeKey(key string) string { return percent(key, "/") }

// percent encodes as Python's quote does, but for the characters in safe.
func percent(s, safe string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-_.~"+safe, c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// s3Page is a page of a listing.
type s3Page struct {
	Name, Prefix          string
	IsTruncated           bool
	NextContinuationToken string
	KeyCount              int
	EncodingType          string
	Contents              []s3Object
	CommonPrefixes        []struct{ Prefix string }
}

type s3Object struct {
	Key          string
	LastModified time.Time
	ETag         string
	Size         int64
	StorageClass string
}

// list calls f with every page of a listing.
func (a *awsRun) list(ctx context.Context, bucket, prefix, delimiter string, pageSize string, f func(s3Page) error) error {
	token := ""
	for {
		query := "list-type=2&prefix=" + percent(prefix, "")
		if delimiter != "" {
			query += "&delimiter=" + percent(delimiter, "")
		}
		if pageSize != "" {
			query += "&max-keys=" + percent(pageSize, "")
		}
		if token != "" {
			query += "&continuation-token=" + percent(token, "")
		}
		query += "&encoding-type=url"
		var page s3Page
		if err := a.s3XML(ctx, s3Request{operation: "ListObjectsV2", method: http.MethodGet, bucket: bucket, query: query}, &page); err != nil {
			return err
		}
		page.decode()
		if err := f(page); err != nil {
			return err
		}
		if token = page.NextContinuationToken; !page.IsTruncated || token == "" {
			return nil
		}
	}
}

// decode takes the encoding off that was asked for.
func (p *s3Page) decode() {
	if p.EncodingType != "url" {
		return
	}
	plain := func(s *string) {
		if d, err := url.QueryUnescape(*s); err == nil {
			*s = d
		}
	}
	plain(&p.Prefix)
	for i := range p.Contents {
		plain(&p.Contents[i].Key)
	}
	for i := range p.CommonPrefixes {
		plain(&p.CommonPrefixes[i].Prefix)
	}
}

// s3XML reads the answer to a request.
func (a *awsRun) s3XML(ctx context.Context, r s3Request, into any) error {
	b, err := a.s3Body(ctx, r)
	if err != nil {
		return err
	}
	if err := xml.Unmarshal(b, into); err != nil {
		return awsFail(awsGeneral, "Unable to parse response (%v), invalid XML received. Further retries may succeed:\n%q", err, b)
	}
	return nil
}

func (a *awsRun) s3Body(ctx context.Context, r s3Request) ([]byte, error) {
	response, err := a.s3(ctx, r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, endpointError(response.Request.URL.String(), &webError{Phase: phaseReceive, Err: err, TimedOut: errors.Is(err, os.ErrDeadlineExceeded)})
	}
	return b, nil
}

// splitS3 takes "s3://bucket/key" apart.
func splitS3(uri string) (bucket, key string) {
	bucket, key, _ = strings.Cut(strings.TrimPrefix(uri, "s3://"), "/")
	return bucket, key
}

// awsS3Ls lists buckets, or what a bucket holds below a prefix.
func awsS3Ls(ctx context.Context, a *awsRun, args []string) error {
	f, unknown, err := parseAWSFlags(args, map[string]int{
		"--recursive": 0, "--human-readable": 0, "--summarize": 0, "--page-size": 1, "--request-payer": 1, "--bucket-name-prefix": 1, "--bucket-region": 1,
	})
	if err != nil {
		return err
	}
	if len(f.operands) > 1 {
		unknown = append(f.operands[1:], unknown...)
	}
	if len(unknown) > 0 {
		return awsFail(awsInvalid, "Unknown options: %s", strings.Join(unknown, ","))
	}
	uri := ""
	if len(f.operands) == 1 {
		uri = f.operands[0]
	}
	bucket, prefix := splitS3(uri)
	if bucket == "" {
		return a.listBuckets(ctx)
	}
	delimiter := "/"
	if f.has("--recursive") {
		delimiter = ""
	}
	var count, total int64
	seen := false
	err = a.list(ctx, bucket, prefix, delimiter, f.get("--page-size"), func(p s3Page) error {
		for _, c := range p.CommonPrefixes {
			seen = true
			parts := strings.Split(c.Prefix, "/")
			fmt.Fprintf(a.Stdout, "%30s %s/\n", "PRE", parts[max(0, len(parts)-2)])
		}
		for _, o := range p.Contents {
			seen = true
			count++
			total += o.Size
			name := o.Key
			if delimiter != "" {
				name = name[strings.LastIndex(name, "/")+1:]
			}
			size := fmt.Sprint(o.Size)
			if f.has("--human-readable") {
				size = humanSize(float64(o.Size))
			}
			if _, err := fmt.Fprintf(a.Stdout, "%s %10s %s\n", stampS3(o.LastModified), size, name); err != nil {
				return &awsExit{awsGeneral, ""}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if f.has("--summarize") {
		size := fmt.Sprint(total)
		if f.has("--human-readable") {
			size = humanSize(float64(total))
		}
		fmt.Fprintf(a.Stdout, "\nTotal Objects: %d\n   Total Size: %s\n", count, size)
	}
	if prefix != "" && !seen {
		return &awsExit{awsFailed, ""}
	}
	return nil
}

// stampS3 is a time as the listings have it: local, and that is UTC here.
func stampS3(t time.Time) string { return t.UTC().Format(time.DateTime) }

// humanSize is a number of bytes with a unit, as --human-readable has it.
func humanSize(n float64) string {
	switch {
	case n == 1:
		return "1 Byte"
	case n < 1024:
		return fmt.Sprintf("%d Bytes", int(n))
	}
	for _, unit := range []string{"KiB", "MiB", "GiB", "TiB", "PiB"} {
		n /= 1024
		if math.RoundToEven(n) < 1024 {
			return fmt.Sprintf("%.1f %s", n, unit)
		}
	}
	return fmt.Sprintf("%.1f EiB", n/1024)
}

// s3Buckets is the answer to ListBuckets.
type s3Buckets struct {
	Owner   struct{ DisplayName, ID string }
	Buckets []struct {
		Name         string
		CreationDate time.Time
		BucketRegion string
	} `xml:"Buckets>Bucket"`
}

func (a *awsRun) buckets(ctx context.Context) (s3Buckets, error) {
	var b s3Buckets
	err := a.s3XML(ctx, s3Request{operation: "ListBuckets", method: http.MethodGet}, &b)
	return b, err
}

func (a *awsRun) listBuckets(ctx context.Context) error {
	all, err := a.buckets(ctx)
	if err != nil {
		return err
	}
	for _, b := range all.Buckets {
		fmt.Fprintf(a.Stdout, "%s %s\n", stampS3(b.CreationDate), b.Name)
	}
	return nil
}

// awsS3Mb makes a bucket.
func awsS3Mb(ctx context.Context, a *awsRun, args []string) error {
	uri, _, err := oneBucket(args, nil)
	if err != nil {
		return err
	}
	bucket, _ := splitS3(uri)
	region, err := a.regionOf(ctx)
	if err != nil {
		return err
	}
	r := s3Request{operation: "CreateBucket", method: http.MethodPut, bucket: bucket}
	if region != "" && region != "us-east-1" {
		r.body = []byte(`<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>` + region + `</LocationConstraint></CreateBucketConfiguration>`)
		r.header = http.Header{"Content-Type": {"application/xml"}}
	}
	if bucket == "" {
		err = checkBucket(bucket)
	} else {
		_, err = a.s3Body(ctx, r)
	}
	return a.bucketDone(ctx, "make_bucket", uri, bucket, err)
}

// awsS3Rb removes a bucket, with --force what is in it as well.
func awsS3Rb(ctx context.Context, a *awsRun, args []string) error {
	uri, f, err := oneBucket(args, map[string]int{"--force": 0})
	if err != nil {
		return err
	}
	bucket, key := splitS3(uri)
	if key != "" {
		return awsFail(awsInvalid, "Please specify a valid bucket name only. E.g. s3://%s", bucket)
	}
	if f.has("--force") {
		a.command = "rm"
		if err := awsS3Transfer(ctx, a, []string{uri, "--recursive"}); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return awsFail(awsGeneral, "remove_bucket failed: Unable to delete all objects in the bucket, bucket will not be deleted.")
		}
	}
	_, err = a.s3Body(ctx, s3Request{operation: "DeleteBucket", method: http.MethodDelete, bucket: bucket})
	return a.bucketDone(ctx, "remove_bucket", uri, bucket, err)
}

func oneBucket(args []string, known map[string]int) (string, awsFlags, error) {
	f, unknown, err := parseAWSFlags(args, known)
	switch {
	case err != nil:
		return "", f, err
	case len(f.operands) == 0:
		return "", f, awsMisuse("the following arguments are required: path")
	case len(unknown) > 0 || len(f.operands) > 1:
		return "", f, awsFail(awsInvalid, "Unknown options: %s", strings.Join(append(f.operands[1:], unknown...), ","))
	case !strings.HasPrefix(f.operands[0], "s3://"):
		return "", f, awsFail(awsInvalid, "<S3Uri>\nError: Invalid argument type")
	}
	return f.operands[0], f, nil
}

// bucketDone says how it went, in a line of its own as these commands do.
func (a *awsRun) bucketDone(ctx context.Context, verb, uri, bucket string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		fmt.Fprintf(a.Stderr, "%s failed: %s %v\n", verb, uri, err)
		return &awsExit{awsFailed, ""}
	}
	fmt.Fprintf(a.Stdout, "%s: %s\n", verb, bucket)
	return nil
}
