package awsapi

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"gatewalk/lab/world"
)

// versioned is a bucket whose versioning is what a test makes it.
type versioned struct {
	*s3Lab
	client *s3.Client
	bucket *string
}

func newVersioned(t *testing.T, dir string) *versioned {
	t.Helper()
	l := newS3Lab(t, dir)
	l.makeBucket("gwlab-1")
	return &versioned{l, l.admin(), aws.String("gwlab-1")}
}

func (v *versioned) set(status types.BucketVersioningStatus) {
	v.t.Helper()
	must(v.client.PutBucketVersioning(v.t.Context(), &s3.PutBucketVersioningInput{Bucket: v.bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: status}}))(v.t)
	if got := must(v.client.GetBucketVersioning(v.t.Context(), &s3.GetBucketVersioningInput{Bucket: v.bucket}))(v.t).Status; got != status {
		v.t.Errorf("versioning is %s, want %s", got, status)
	}
}

// write puts an object and gives its version.
func (v *versioned) write(key, body string) string {
	v.t.Helper()
	out := must(v.client.PutObject(v.t.Context(), &s3.PutObjectInput{Bucket: v.bucket, Key: &key, Body: strings.NewReader(body)}))(v.t)
	return aws.ToString(out.VersionId)
}

// read gives an object's bytes, or its version's, and "" and the error's code.
func (v *versioned) read(key, version string) string {
	v.t.Helper()
	in := &s3.GetObjectInput{Bucket: v.bucket, Key: &key}
	if version != "" {
		in.VersionId = &version
	}
	out, err := v.client.GetObject(v.t.Context(), in)
	if err != nil {
		return code(err)
	}
	return readAll(v.t, out.Body)
}

func (v *versioned) delete(key, version string) (marker bool, id string) {
	v.t.Helper()
	in := &s3.DeleteObjectInput{Bucket: v.bucket, Key: &key}
	if version != "" {
		in.VersionId = &version
	}
	out := must(v.client.DeleteObject(v.t.Context(), in))(v.t)
	return aws.ToBool(out.DeleteMarker), aws.ToString(out.VersionId)
}

// listed tells every version as KEY:VERSION, with + for the latest and - for a
// delete marker, by pages of that size.
func (v *versioned) listed(page int32) (out []string) {
	v.t.Helper()
	type entry struct {
		key, id string
		latest  bool
		marker  string
	}
	pages := s3.NewListObjectVersionsPaginator(v.client, &s3.ListObjectVersionsInput{Bucket: v.bucket, MaxKeys: aws.Int32(page)})
	for pages.HasMorePages() {
		p := must(pages.NextPage(v.t.Context()))(v.t)
		if n := len(p.Versions) + len(p.DeleteMarkers); n > int(page) {
			v.t.Errorf("a page of %d has %d entries", page, n)
		}
		var all []entry
		for _, o := range p.Versions {
			all = append(all, entry{*o.Key, *o.VersionId, *o.IsLatest, ""})
		}
		for _, o := range p.DeleteMarkers {
			all = append(all, entry{*o.Key, *o.VersionId, *o.IsLatest, "-"})
		}
		for _, e := range all {
			s := e.key + ":" + e.id + e.marker
			if e.latest {
				s += "+"
			}
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return out
}

func (v *versioned) want(page int32, want ...string) {
	v.t.Helper()
	slices.Sort(want)
	if got := v.listed(page); !slices.Equal(got, want) {
		v.t.Errorf("by pages of %d:\ngot  %q\nwant %q", page, got, want)
	}
}

// TestS3Versions is the life of a key: without versioning, with it, and with it
// suspended.
func TestS3Versions(t *testing.T) {
	v := newVersioned(t, "")
	ctx := t.Context()
	if id := v.write("k", "null 1"); id != "" {
		t.Errorf("a bucket without versions names one: %q", id)
	}
	v.set("Enabled")
	one, two := v.write("k", "one"), v.write("k", "two")
	if one == two || len(one) != 32 {
		t.Errorf("versions %q and %q", one, two)
	}
	marker, deleted := v.delete("k", "")
	if !marker {
		t.Error("a deletion leaves no marker")
	}
	for version, want := range map[string]string{"": "NoSuchKey", one: "one", two: "two", "null": "null 1", deleted: "MethodNotAllowed",
		strings.Repeat("0", 32): "NoSuchVersion", "nonsense": "InvalidArgument"} {
		if got := v.read("k", version); got != want {
			t.Errorf("version %q reads %q, want %q", version, got, want)
		}
	}
	for _, page := range []int32{1, 2, 3, 1000} {
		v.want(page, "k:null", "k:"+one, "k:"+two, "k:"+deleted+"-+")
	}
	wantKeys(t, keysOf(must(v.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: v.bucket}))(t).Contents))
	// What says so is in the headers of the answer, which is an error.
	_, err := v.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: v.bucket, Key: aws.String("k")})
	var answer *awshttp.ResponseError
	if !errors.As(err, &answer) || answer.Response.Header.Get("x-amz-delete-marker") != "true" || answer.Response.Header.Get("x-amz-version-id") != deleted {
		t.Errorf("of a deleted object: %v", err)
	}

	// The deletion is taken back; then the version before it; then a copy makes
	// an earlier one the object again.
	if marker, id := v.delete("k", deleted); !marker || id != deleted {
		t.Errorf("removing the marker says %t, %q", marker, id)
	}
	if got := v.read("k", ""); got != "two" {
		t.Errorf("without the marker it is %q", got)
	}
	if marker, id := v.delete("k", two); marker || id != two || v.read("k", "") != "one" {
		t.Errorf("removing a version says %t, %q, and leaves %q", marker, id, v.read("k", ""))
	}
	copied := must(v.client.CopyObject(ctx, &s3.CopyObjectInput{Bucket: v.bucket, Key: aws.String("k"), CopySource: aws.String("gwlab-1/k?versionId=null")}))(t)
	if *copied.CopySourceVersionId != "null" || v.read("k", "") != "null 1" || v.read("k", *copied.VersionId) != "null 1" {
		t.Errorf("a copy of the null version says %q to %q, and makes %q", *copied.CopySourceVersionId, *copied.VersionId, v.read("k", ""))
	}

	// Tags are a version's.
	tag := &types.Tagging{TagSet: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}}}
	must(v.client.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{Bucket: v.bucket, Key: aws.String("k"), VersionId: &one, Tagging: tag}))(t)
	for version, want := range map[string]int{one: 1, *copied.VersionId: 0} {
		if got := must(v.client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: v.bucket, Key: aws.String("k"), VersionId: &version}))(t); len(got.TagSet) != want {
			t.Errorf("version %q has %d tags, want %d", version, len(got.TagSet), want)
		}
	}

	// While it is suspended, writes and deletions are of the null version.
	v.set("Suspended")
	if id := v.write("k", "null 2"); id != "null" {
		t.Errorf("a write while suspended is of version %q", id)
	}
	v.want(1000, "k:null+", "k:"+*copied.VersionId, "k:"+one)
	if marker, id := v.delete("k", ""); !marker || id != "null" {
		t.Errorf("a deletion while suspended says %t, %q", marker, id)
	}
	v.want(2, "k:null-+", "k:"+*copied.VersionId, "k:"+one)

	_, err = v.client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: v.bucket, VersioningConfiguration: &types.VersioningConfiguration{}})
	wantError(t, err, "IllegalVersioningConfigurationException", "")
	_, err = v.client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: v.bucket, MFA: aws.String("a 1"), VersioningConfiguration: &types.VersioningConfiguration{Status: "Enabled", MFADelete: "Enabled"}})
	wantError(t, err, "NotImplemented", "")
}

// TestS3VersionsKeepABucket: neither versions nor markers are nothing, and
// DeleteObjects takes them all.
func TestS3VersionsKeepABucket(t *testing.T) {
	v := newVersioned(t, "")
	ctx := t.Context()
	v.set("Enabled")
	for _, key := range []string{"a/1", "a/2", "b"} {
		v.write(key, "1")
		v.write(key, "2")
		v.delete(key, "")
	}
	page := must(v.client.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: v.bucket, Delimiter: aws.String("/")}))(t)
	wantKeys(t, prefixesOf(page.CommonPrefixes), "a/")
	if len(page.Versions) != 2 || len(page.DeleteMarkers) != 1 {
		t.Errorf("%d versions and %d markers", len(page.Versions), len(page.DeleteMarkers))
	}
	deleteBucket := func() error {
		_, err := v.client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: v.bucket})
		return err
	}
	wantError(t, deleteBucket(), "BucketNotEmpty", "")
	all := must(v.client.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: v.bucket}))(t)
	var ids []types.ObjectIdentifier
	for _, o := range all.Versions {
		ids = append(ids, types.ObjectIdentifier{Key: o.Key, VersionId: o.VersionId})
	}
	remove := func(ids []types.ObjectIdentifier) *s3.DeleteObjectsOutput {
		return must(v.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: v.bucket, Delete: &types.Delete{Objects: ids}}))(t)
	}
	if out := remove(ids); len(out.Deleted) != 6 || len(out.Errors) != 0 {
		t.Errorf("%d deleted, %d errors", len(out.Deleted), len(out.Errors))
	}
	wantError(t, deleteBucket(), "BucketNotEmpty", "") // the markers are there
	ids = nil
	for _, o := range all.DeleteMarkers {
		ids = append(ids, types.ObjectIdentifier{Key: o.Key, VersionId: o.VersionId})
	}
	for _, d := range remove(ids).Deleted {
		if !aws.ToBool(d.DeleteMarker) || *d.DeleteMarkerVersionId != *d.VersionId {
			t.Errorf("of a marker that is gone it says %+v", d)
		}
	}
	wantError(t, deleteBucket(), "", "")
}

// TestS3VersionsAreKept: the next process has every version, in its order, and
// makes new ones.
func TestS3VersionsAreKept(t *testing.T) {
	dir := t.TempDir()
	v := newVersioned(t, dir)
	v.write("k", "null")
	v.set("Enabled")
	for i := range 20 {
		v.write("k", fmt.Sprint(i))
		v.write("gone", fmt.Sprint(i))
	}
	v.delete("gone", "")
	before := v.listed(1000)
	again := newVersioned(t, dir)
	again.set("Enabled")
	if after := again.listed(1000); !slices.Equal(after, before) {
		t.Errorf("there were\n%q, and are\n%q", before, after)
	}
	if a, b := again.read("k", ""), again.read("gone", ""); a != "19" || b != "NoSuchKey" {
		t.Errorf("the current ones are %q and %q", a, b)
	}
	if id := again.write("k", "20"); slices.ContainsFunc(before, func(s string) bool { return strings.Contains(s, id) }) || again.read("k", "") != "20" {
		t.Errorf("version %q is no new one", id)
	}
}

// TestS3VersionRights: to name a version takes rights of its own.
func TestS3VersionRights(t *testing.T) {
	v := newVersioned(t, "")
	v.set("Enabled")
	id := v.write("k", "one")
	allow := func(actions string) {
		v.change(func(tx *world.Tx) {
			tx.Roles.Edit("reader").Policies = map[string]string{"p": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":[` + actions + `],"Resource":"*"}}`}
		})
	}
	role := v.s3Lab.client("ASIAROLE")
	get := func(version *string) error {
		_, err := role.GetObject(t.Context(), &s3.GetObjectInput{Bucket: v.bucket, Key: aws.String("k"), VersionId: version})
		return err
	}
	remove := func(version *string) error {
		_, err := role.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: v.bucket, Key: aws.String("k"), VersionId: version})
		return err
	}
	allow(`"s3:GetObject","s3:DeleteObject"`)
	wantError(t, get(nil), "", "")
	wantError(t, get(&id), "AccessDenied", "")
	wantError(t, remove(&id), "AccessDenied", "")
	allow(`"s3:GetObjectVersion","s3:DeleteObjectVersion"`)
	wantError(t, get(&id), "", "")
	wantError(t, get(nil), "AccessDenied", "")
	wantError(t, remove(nil), "AccessDenied", "")
	wantError(t, remove(&id), "", "")
}

// TestS3VersionsCLI has the aws command do it, as its users do.
func TestS3VersionsCLI(t *testing.T) {
	t.Parallel() // it mostly waits for other processes
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the aws command is not installed: its requests are not tried")
	}
	if testing.Short() {
		t.Skip("starting the aws command takes a second each time")
	}
	v := newVersioned(t, "")
	home := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "aws", append([]string{"--endpoint-url", v.url, "--region", s3Seoul, "--output", "text"}, args...)...)
		cmd.Dir = home
		cmd.Env = append(os.Environ(), "HOME="+home, "AWS_ACCESS_KEY_ID=AKIAADMIN", "AWS_SECRET_ACCESS_KEY=admin", "AWS_SESSION_TOKEN=", "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true", "PYENV_VERSION="+os.Getenv("PYENV_VERSION"))
		out, err := cmd.CombinedOutput()
		if err != nil && cmd.ProcessState.ExitCode() == 127 {
			t.Skipf("the aws command does not start: %s", out)
		}
		if err != nil {
			t.Fatalf("aws %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
	run("s3api", "put-bucket-versioning", "--bucket", "gwlab-1", "--versioning-configuration", "Status=Enabled")
	if out := run("s3api", "get-bucket-versioning", "--bucket", "gwlab-1"); out != "Enabled" {
		t.Errorf("versioning is %q", out)
	}
	id := run("s3api", "put-object", "--bucket", "gwlab-1", "--key", "k", "--query", "VersionId")
	run("s3", "rm", "s3://gwlab-1/k")
	if out := run("s3", "ls", "s3://gwlab-1"); out != "" {
		t.Errorf("it lists %q", out)
	}
	if out := run("s3api", "list-object-versions", "--bucket", "gwlab-1", "--query", "[Versions[0].VersionId, DeleteMarkers[0].IsLatest]"); out != id+"\tTrue" {
		t.Errorf("the versions are %q, want %q and a marker", out, id)
	}
	marker := run("s3api", "list-object-versions", "--bucket", "gwlab-1", "--query", "DeleteMarkers[0].VersionId")
	for _, version := range []string{id, marker} {
		run("s3api", "delete-object", "--bucket", "gwlab-1", "--key", "k", "--version-id", version)
	}
	run("s3", "rb", "s3://gwlab-1")
}
