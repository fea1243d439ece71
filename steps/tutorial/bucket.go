package tutorial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"gatewalk/steps"
)

// sampleKey is the guide's object.
const sampleKey = "TestImage1.png"

// bucketName is S3's rule in its strictest reading: no dots, which TLS
// wildcards do not match.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]+[a-z0-9]$`)

// ValidBucketName reports whether S3 would take name for a bucket.
func ValidBucketName(name string) bool {
	reserved := func(f func(string, string) bool, parts ...string) bool {
		return slices.ContainsFunc(parts, func(p string) bool { return f(name, p) })
	}
	return len(name) <= 63 && bucketName.MatchString(name) && !reserved(strings.HasPrefix, "xn--", "sthree-", "amzn-s3-demo-") &&
		!reserved(strings.HasSuffix, "-s3alias", "--ol-s3", "--x-s3", "--table-s3")
}

// bucket makes the bucket, closes it to the public, and puts the sample in.
func (r *run) bucket(ctx context.Context) error {
	name, err := r.chooseBucket(ctx)
	if err != nil {
		return err
	}
	_, err = r.ensure(ctx, thing{kind: "bucket", part: main, make: func(ctx context.Context, _ string) (string, steps.Args, error) {
		in := &s3.CreateBucketInput{Bucket: &name}
		if r.region() != "us-east-1" { // which S3 does not take for a constraint
			in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(r.region())}
		}
		err := r.patiently(ctx, waitPropagation, settleLimit, nameBusy, func(ctx context.Context) error {
			_, err := r.s3.CreateBucket(ctx, in)
			return unless(err, "BucketAlreadyOwnedByYou") // see below
		})
		switch {
		case err == nil:
			err = r.ownBucket(ctx, name)
		case code(err) == "BucketAlreadyExists":
			err = r.bucketTaken(name, err)
		}
		return name, steps.Args{"name": name, "region": r.region()}, err
	}})
	if err != nil {
		return err
	}
	yes := aws.Bool(true)
	err = r.onBucket(ctx, func(ctx context.Context) error {
		_, err := r.s3.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: &name, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
			BlockPublicAcls: yes, BlockPublicPolicy: yes, IgnorePublicAcls: yes, RestrictPublicBuckets: yes,
		}})
		return err
	})
	if err != nil {
		return fmt.Errorf("closing %s to the public: %w", name, err)
	}
	tags := []types.Tag{{Key: aws.String(tagSession), Value: aws.String(r.state.ID())}, {Key: aws.String(tagPart), Value: aws.String(main)}}
	for _, own := range r.ownTags() {
		tags = append(tags, types.Tag{Key: &own[0], Value: &own[1]})
	}
	err = r.onBucket(ctx, func(ctx context.Context) error {
		_, err := r.s3.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: &name, Tagging: &types.Tagging{TagSet: tags}})
		return err
	})
	if err != nil {
		return fmt.Errorf("tagging %s: %w", name, err)
	}
	_, err = r.ensure(ctx, thing{kind: "object", part: "sample", make: func(ctx context.Context, _ string) (string, steps.Args, error) {
		data, err := sample()
		if err != nil {
			return "", nil, err
		}
		err = r.onBucket(ctx, func(ctx context.Context) error {
			_, err := r.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &name, Key: aws.String(sampleKey), Body: bytes.NewReader(data), ContentType: aws.String("image/png")})
			return err
		})
		return name + "/" + sampleKey, steps.Args{"key": sampleKey, "size": strconv.Itoa(len(data))}, err
	}})
	return err
}

// ownBucket makes sure that a bucket which is there is the session's. The usual
// name has the session in it. One that the learner chose may have been taken by
// somebody else meanwhile, who has put something in it; in us-east-1 S3 then
// says that it was made.
func (r *run) ownBucket(ctx context.Context, name string) error {
	if name == defaultBucket(r.state.Value(valueAccount), r.state.ID()) {
		return nil
	}
	out, err := r.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &name, MaxKeys: aws.Int32(1)})
	if err != nil || len(out.Contents) == 0 {
		return err
	}
	return r.bucketTaken(name, nil)
}

// bucketTaken is the failure of a name that is somebody else's; the next try may
// have another one.
func (r *run) bucketTaken(name string, err error) error {
	return errors.Join(fail(failBucketTaken, err, "bucket", name), r.state.Set(valueBucket, ""))
}

// nameBusy reports whether S3 still works on the bucket, or on one that had its
// name.
func nameBusy(err error) bool { return code(err) == "OperationAborted" }

// onBucket is once for a call that changes the bucket.
func (r *run) onBucket(ctx context.Context, call func(context.Context) error) error {
	return r.patiently(ctx, waitPropagation, settleLimit, func(err error) bool { return missing(err) || nameBusy(err) }, call)
}

// chooseBucket settles the bucket's name for the session.
func (r *run) chooseBucket(ctx context.Context) (string, error) {
	if name := r.state.Value(valueBucket); name != "" {
		return name, nil
	}
	name := r.o.BucketName
	if name == "" {
		name = defaultBucket(r.state.Value(valueAccount), r.state.ID())
	} else {
		if !ValidBucketName(name) {
			return "", fail(failBucketName, nil, "bucket", name)
		}
		// A bucket that was there before is nobody's to clean up.
		there, err := bucketExists(ctx, r, name)
		switch answered(err) {
		case http.StatusForbidden, http.StatusMovedPermanently, http.StatusTemporaryRedirect: // somebody else's, or in another region
			there = true
		default:
			if err != nil {
				return "", err
			}
		}
		if there {
			return "", fail(failBucketTaken, err, "bucket", name)
		}
	}
	return name, r.state.Set(valueBucket, name)
}

func defaultBucket(account, session string) string { return "gatewalk-" + account + "-" + session }

var defaultBucketName = regexp.MustCompile(`^gatewalk-\d{12}-(gw-[0-9a-f]+)$`)

// bucketPolicy lets the role read the bucket. S3 refuses a principal that IAM
// has not told it of yet.
func (r *run) bucketPolicy(ctx context.Context) error {
	name := r.state.Value(valueBucket)
	text := BucketPolicy(r.partition(), r.state.Value(valueAccount), name, r.name(main))
	unknown := func(err error) bool { return code(err) == "MalformedPolicy" || missing(err) || nameBusy(err) }
	err := r.patiently(ctx, waitPropagation, 2*time.Minute, unknown, func(ctx context.Context) error {
		_, err := r.s3.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &name, Policy: &text})
		return err
	})
	if err != nil {
		return fmt.Errorf("writing the policy of %s: %w", name, err)
	}
	return nil
}

func bucketExists(ctx context.Context, r *run, name string) (bool, error) {
	_, err := r.s3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &name})
	if missing(err) {
		return false, nil
	}
	return err == nil, err
}

func bucketKind() *kind {
	return &kind{
		name:   "bucket",
		exists: bucketExists,
		list: func(ctx context.Context, r *run, session string) ([]found, error) {
			if session != "" {
				name := defaultBucket(r.state.Value(valueAccount), session)
				if chosen := r.state.Value(valueBucket); chosen != "" && chosen != name {
					if _, ours := r.state.Find("bucket", main); !ours { // it may be anybody's
						return nil, nil
					}
					name = chosen
				} else if chosen == "" { // the session's file is lost
					chosen, err := chosenBuckets(ctx, r, session)
					if err != nil {
						return nil, err
					}
					if chosen[session] != "" {
						name = chosen[session]
					}
				}
				ok, err := bucketExists(ctx, r, name)
				if err != nil || !ok {
					return nil, err
				}
				return []found{{kind: "bucket", part: main, session: session, id: name, args: steps.Args{"name": name, "region": r.region()}}}, nil
			}
			buckets, err := collect(ctx, s3.NewListBucketsPaginator(r.s3, &s3.ListBucketsInput{BucketRegion: aws.String(r.region())}),
				func(p *s3.ListBucketsOutput) []types.Bucket { return p.Buckets })
			if err != nil {
				return nil, err
			}
			chosen, err := chosenBuckets(ctx, r, "")
			if err != nil {
				return nil, err
			}
			var all []found
			for _, b := range buckets {
				if region := aws.ToString(b.BucketRegion); region != "" && region != r.region() {
					continue // of an endpoint that gives those of all regions
				}
				name, session := aws.ToString(b.Name), ""
				if m := defaultBucketName.FindStringSubmatch(name); m != nil {
					session = m[1]
				}
				for s, bucket := range chosen {
					if bucket == name {
						session = s
					}
				}
				if session != "" {
					all = append(all, found{kind: "bucket", part: main, session: session, id: name, since: aws.ToTime(b.CreationDate)})
				}
			}
			return all, nil
		},
		remove: removeBucket,
	}
}

// chosenBuckets are the buckets whose names learners chose, by session: of one,
// or of all for "".
func chosenBuckets(ctx context.Context, r *run, session string) (map[string]string, error) {
	by := []ec2types.Filter{filter("tag-key", tagBucket)}
	if session != "" {
		by = append(by, filter("tag:"+tagSession, session))
	}
	vpcs, err := r.describeVpcs(ctx, by...)
	chosen := map[string]string{}
	for _, v := range vpcs {
		if s, bucket := tag(v.Tags, tagSession), tag(v.Tags, tagBucket); s != "" && bucket != "" {
			chosen[s] = bucket
		}
	}
	return chosen, err
}

// removeBucket empties a bucket, versions, markers and half uploads included,
// and deletes it. What the learner put there is not touched without leave.
func removeBucket(ctx context.Context, r *run, e steps.LedgerEntry) error {
	var inside []types.ObjectIdentifier
	var theirs []string // by key
	pages := s3.NewListObjectVersionsPaginator(r.s3, &s3.ListObjectVersionsInput{Bucket: &e.ID})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, v := range page.Versions {
			inside = append(inside, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
			if aws.ToString(v.Key) != sampleKey || aws.ToInt64(v.Size) != sampleSize {
				theirs = append(theirs, aws.ToString(v.Key))
			}
		}
		for _, m := range page.DeleteMarkers {
			inside = append(inside, types.ObjectIdentifier{Key: m.Key, VersionId: m.VersionId})
		}
	}
	uploads, err := collect(ctx, s3.NewListMultipartUploadsPaginator(r.s3, &s3.ListMultipartUploadsInput{Bucket: &e.ID}),
		func(p *s3.ListMultipartUploadsOutput) []types.MultipartUpload { return p.Uploads })
	if err != nil {
		return err
	}
	for _, u := range uploads { // the walk makes none
		theirs = append(theirs, aws.ToString(u.Key))
	}
	if len(theirs) > 0 && !r.o.EmptyBucket {
		return fail(failBucketForeign, nil, "bucket", e.ID, "count", strconv.Itoa(len(theirs)), "key", theirs[0])
	}
	for _, o := range inside {
		_, err := r.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &e.ID, Key: o.Key, VersionId: o.VersionId})
		if err != nil && !missing(err) {
			return err
		}
	}
	for _, u := range uploads {
		_, err := r.s3.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &e.ID, Key: u.Key, UploadId: u.UploadId})
		if err != nil && !missing(err) {
			return err
		}
	}
	_, err = r.s3.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &e.ID})
	return err
}

// object describes BUCKET/KEY; nil if it is not there. Not by HeadObject, which
// takes one more right and whose refusal says nothing.
func (r *run) object(ctx context.Context, id string) (*types.Object, error) {
	bucket, key, _ := strings.Cut(id, "/")
	out, err := r.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &key})
	if err != nil {
		return nil, unless(err, "NoSuchBucket")
	}
	for _, o := range out.Contents {
		if aws.ToString(o.Key) == key {
			return &o, nil
		}
	}
	return nil, nil
}

// objectKind is the sample; its id is BUCKET/KEY.
func objectKind() *kind {
	exists := func(ctx context.Context, r *run, id string) (bool, error) {
		o, err := r.object(ctx, id)
		return o != nil, err
	}
	return &kind{
		name:   "object",
		exists: exists,
		list: func(ctx context.Context, r *run, session string) ([]found, error) {
			if session == "" { // of all sessions: a bucket speaks for what is in it
				return nil, nil
			}
			bucket := r.state.Value(valueBucket)
			if bucket == "" {
				return nil, nil
			}
			id := bucket + "/" + sampleKey
			ok, err := exists(ctx, r, id)
			if err != nil || !ok {
				return nil, err
			}
			return []found{{kind: "object", part: "sample", session: session, id: id, args: steps.Args{"key": sampleKey, "size": strconv.Itoa(sampleSize)}}}, nil
		},
		remove: func(ctx context.Context, r *run, e steps.LedgerEntry) error {
			bucket, key, _ := strings.Cut(e.ID, "/")
			o, err := r.object(ctx, e.ID)
			if err != nil {
				return err
			}
			if o != nil && aws.ToInt64(o.Size) != sampleSize && !r.o.EmptyBucket { // somebody's own, under this name
				return fail(failBucketForeign, nil, "bucket", bucket, "count", "1", "key", key)
			}
			_, err = r.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key})
			return err
		},
	}
}
