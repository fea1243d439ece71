package program

import (
	"cmp"
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"gatewalk/lab/host/program/awsout"
)

// s3apiFlags reads the options of an s3api command, of which some must be there.
func s3apiFlags(args []string, required []string, optional ...string) (awsFlags, error) {
	known := map[string]int{}
	for _, name := range append(optional, required...) {
		known[name] = 1
	}
	f, unknown, err := parseAWSFlags(args, known)
	if err != nil {
		return f, err
	}
	var missing []string
	for _, name := range required {
		if !f.has(name) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return f, awsMisuse("the following arguments are required: %s", strings.Join(missing, ", "))
	}
	if len(unknown) > 0 {
		return f, unknownOptions(unknown)
	}
	return f, nil
}

// isoTime is a time as the CLI's answers have it.
func isoTime(t time.Time) string {
	t = t.UTC()
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05+00:00")
	}
	return t.Format("2006-01-02T15:04:05.000000+00:00")
}

// awsListObjects is s3api list-objects-v2, all pages in one.
func awsListObjects(ctx context.Context, a *awsRun, args []string) error {
	f, err := s3apiFlags(args, []string{"--bucket"}, "--prefix", "--delimiter", "--max-items", "--page-size", "--max-keys")
	if err != nil {
		return err
	}
	if err := leftover(f); err != nil {
		return err
	}
	most, err := strconv.Atoi(cmp.Or(f.get("--max-items"), "0"))
	if err != nil {
		return awsFail(awsGeneral, "Parameter validation failed:\nInvalid type for parameter PaginationConfig.MaxItems, value: %s", f.get("--max-items"))
	}
	var contents, prefixes []any
	err = a.list(ctx, f.get("--bucket"), f.get("--prefix"), f.get("--delimiter"), f.get("--page-size"), func(p s3Page) error {
		for _, o := range p.Contents {
			contents = append(contents, dict("Key", o.Key, "LastModified", isoTime(o.LastModified), "ETag", o.ETag,
				"Size", o.Size, "StorageClass", o.StorageClass))
		}
		for _, c := range p.CommonPrefixes {
			prefixes = append(prefixes, dict("Prefix", c.Prefix))
		}
		return nil
	})
	if err != nil {
		return err
	}
	if most > 0 && len(contents) > most {
		contents = contents[:most]
	}
	answer := dict()
	if contents != nil {
		answer.Set("Contents", contents)
	}
	if prefixes != nil {
		answer.Set("CommonPrefixes", prefixes)
	}
	answer.Set("RequestCharged", nil)
	answer.Set("Prefix", f.get("--prefix"))
	return a.show("ListObjectsV2", answer)
}

// leftover refuses operands, which these commands have none of.
func leftover(f awsFlags) error {
	if len(f.operands) > 0 {
		return unknownOptions(f.operands)
	}
	return nil
}

func awsListBuckets(ctx context.Context, a *awsRun, args []string) error {
	if err := a.noMore(args); err != nil {
		return err
	}
	all, err := a.buckets(ctx)
	if err != nil {
		return err
	}
	list := []any{}
	for _, b := range all.Buckets {
		d := dict("Name", b.Name, "CreationDate", isoTime(b.CreationDate))
		if b.BucketRegion != "" {
			d.Set("BucketRegion", b.BucketRegion)
		}
		list = append(list, d)
	}
	owner := dict()
	if all.Owner.DisplayName != "" {
		owner.Set("DisplayName", all.Owner.DisplayName)
	}
	owner.Set("ID", all.Owner.ID)
	return a.show("ListBuckets", dict("Buckets", list, "Owner", owner, "Prefix", nil))
}

// objectHead is what the headers of an object say, in the model's order.
func objectHead(r *http.Response) *awsout.Dict {
	d := dict()
	if v := r.Header.Get("Accept-Ranges"); v != "" {
		d.Set("AcceptRanges", v)
	}
	if t, err := http.ParseTime(r.Header.Get("Last-Modified")); err == nil {
		d.Set("LastModified", isoTime(t))
	}
	d.Set("ContentLength", r.ContentLength)
	for _, h := range [][2]string{
		{"Etag", "ETag"}, {"X-Amz-Version-Id", "VersionId"}, {"Cache-Control", "CacheControl"}, {"Content-Type", "ContentType"},
		{"X-Amz-Server-Side-Encryption", "ServerSideEncryption"},
	} {
		if v := r.Header.Get(h[0]); v != "" {
			d.Set(h[1], v)
		}
	}
	meta := dict()
	for name, values := range r.Header {
		if key, ok := strings.CutPrefix(strings.ToLower(name), "x-amz-meta-"); ok {
			meta.Set(key, values[0])
		}
	}
	d.Set("Metadata", meta)
	if v := r.Header.Get("X-Amz-Storage-Class"); v != "" {
		d.Set("StorageClass", v)
	}
	return d
}

func awsHeadObject(ctx context.Context, a *awsRun, args []string) error {
	f, err := s3apiFlags(args, []string{"--bucket", "--key"}, "--version-id")
	if err != nil {
		return err
	}
	response, err := a.head(ctx, f.get("--bucket"), f.get("--key"))
	if err != nil {
		return err
	}
	return a.show("HeadObject", objectHead(response))
}

func awsGetObject(ctx context.Context, a *awsRun, args []string) error {
	f, err := s3apiFlags(args, []string{"--bucket", "--key"})
	if err != nil {
		return err
	}
	if len(f.operands) != 1 {
		return awsMisuse("the following arguments are required: outfile")
	}
	response, err := a.s3(ctx, s3Request{operation: "GetObject", method: http.MethodGet, bucket: f.get("--bucket"), key: f.get("--key")})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		return endpointError(response.Request.URL.String(), err)
	}
	name := abs(a.Process, f.operands[0])
	if err := a.Files.WriteFile(name, b, 0o644); err != nil {
		return awsFail(awsGeneral, "[Errno %d] %s: '%s'", errnoOf(err), why(err), path.Clean(f.operands[0]))
	}
	return a.show("GetObject", objectHead(response))
}

func awsHeadBucket(ctx context.Context, a *awsRun, args []string) error {
	f, err := s3apiFlags(args, []string{"--bucket"})
	if err != nil {
		return err
	}
	response, err := a.s3(ctx, s3Request{operation: "HeadBucket", method: http.MethodHead, bucket: f.get("--bucket")})
	if err != nil {
		return err
	}
	response.Body.Close()
	answer := dict()
	if v := response.Header.Get("X-Amz-Bucket-Region"); v != "" {
		answer.Set("BucketRegion", v)
	}
	return a.show("HeadBucket", answer)
}

func awsBucketLocation(ctx context.Context, a *awsRun, args []string) error {
	f, err := s3apiFlags(args, []string{"--bucket"})
	if err != nil {
		return err
	}
	var doc struct {
		XMLName xml.Name
		Text    string `xml:",chardata"`
	}
	// This one is asked for by path, so that it works from every region.
	if err := a.s3XML(ctx, s3Request{operation: "GetBucketLocation", method: http.MethodGet, bucket: f.get("--bucket"), query: "location", pathStyle: true}, &doc); err != nil {
		return err
	}
	var location any // us-east-1 has none
	if text := strings.TrimSpace(doc.Text); text != "" {
		location = text
	}
	return a.show("GetBucketLocation", dict("LocationConstraint", location))
}

func awsBucketPolicy(ctx context.Context, a *awsRun, args []string) error {
	f, err := s3apiFlags(args, []string{"--bucket"})
	if err != nil {
		return err
	}
	b, err := a.s3Body(ctx, s3Request{operation: "GetBucketPolicy", method: http.MethodGet, bucket: f.get("--bucket"), query: "policy"})
	if err != nil {
		return err
	}
	return a.show("GetBucketPolicy", dict("Policy", string(b)))
}
