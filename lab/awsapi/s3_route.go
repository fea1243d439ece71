package awsapi

import (
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// s3Target is what the host and path of a request name.
type s3Target struct {
	name, key string // bucket and object, "" for none
	virtual   bool   // the bucket stood in the host
	region    string // of the endpoint, "" where the host does not say
}

// s3Host reads BUCKET.s3.REGION.amazonaws.com and its relations: no bucket, no
// region (the legacy global name), dualstack, s3-REGION, and the names of an
// interface endpoint.
var s3Host = regexp.MustCompile(`^(?:(.+)\.)?(?:s3(?:\.dualstack)?(?:[.-]([a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com(?:\.cn)?|bucket\.vpce-[a-z0-9-]+\.s3\.([a-z0-9-]+)\.vpce\.amazonaws\.com(?:\.cn)?)$`)

func targetOf(r *http.Request) s3Target {
	host := strings.ToLower(r.Host)
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	var t s3Target
	if m := s3Host.FindStringSubmatch(host); m != nil {
		t.name, t.region = m[1], m[2]+m[3]
		if t.region == "" {
			t.region = "us-east-1" // the legacy global name is that region's
		}
	} else if name, ok := strings.CutSuffix(host, ".localhost"); ok {
		t.name = name
	}
	path := strings.TrimPrefix(r.URL.Path, "/")
	if t.name != "" {
		t.virtual, t.key = true, path
		return t
	}
	t.name, t.key, _ = strings.Cut(path, "/")
	return t
}

// s3Level is what an operation is on.
type s3Level int

const (
	onService s3Level = iota
	onBucket
	onObject
)

func (t s3Target) level() s3Level {
	switch {
	case t.name == "":
		return onService
	case t.key == "":
		return onBucket
	}
	return onObject
}

// s3Op is one operation of the API.
type s3Op struct {
	name   string // as CloudTrail and the SDKs call it
	method string
	on     s3Level
	sub    string // the query parameter that selects it, "" for the plain one
	header string // the header that selects it
	action string // of IAM; "" where the operation asks for itself
	run    func(*s3Call) error
}

// s3Ops are the operations. Among those of one method and level the first
// whose parameter and header are there is meant, so the plain ones come last.
func s3Ops() []s3Op {
	return []s3Op{
		{"ListBuckets", "GET", onService, "", "", "s3:ListAllMyBuckets", (*s3Call).listBuckets},

		{"GetBucketLocation", "GET", onBucket, "location", "", "s3:GetBucketLocation", (*s3Call).getLocation},
		{"GetBucketPolicy", "GET", onBucket, "policy", "", "s3:GetBucketPolicy", (*s3Call).getPolicy},
		{"GetBucketPolicyStatus", "GET", onBucket, "policyStatus", "", "s3:GetBucketPolicyStatus", (*s3Call).getPolicyStatus},
		{"GetPublicAccessBlock", "GET", onBucket, "publicAccessBlock", "", "s3:GetBucketPublicAccessBlock", (*s3Call).getBlock},
		{"GetBucketTagging", "GET", onBucket, "tagging", "", "s3:GetBucketTagging", (*s3Call).getBucketTags},
		{"ListObjectVersions", "GET", onBucket, "versions", "", "s3:ListBucketVersions", (*s3Call).listVersions},
		{"ListMultipartUploads", "GET", onBucket, "uploads", "", "s3:ListBucketMultipartUploads", (*s3Call).listUploads},
		{"GetBucketVersioning", "GET", onBucket, "versioning", "", "s3:GetBucketVersioning", (*s3Call).getVersioning},
		{"PutBucketVersioning", "PUT", onBucket, "versioning", "", "s3:PutBucketVersioning", (*s3Call).putVersioning},
		{"GetBucketEncryption", "GET", onBucket, "encryption", "", "s3:GetEncryptionConfiguration", (*s3Call).getDefault},
		{"GetBucketOwnershipControls", "GET", onBucket, "ownershipControls", "", "s3:GetBucketOwnershipControls", (*s3Call).getDefault},
		{"GetBucketAcl", "GET", onBucket, "acl", "", "s3:GetBucketAcl", (*s3Call).getDefault},
		{"GetBucketRequestPayment", "GET", onBucket, "requestPayment", "", "s3:GetBucketRequestPayment", (*s3Call).getDefault},
		{"GetBucketLogging", "GET", onBucket, "logging", "", "s3:GetBucketLogging", (*s3Call).getDefault},
		{"GetBucketNotificationConfiguration", "GET", onBucket, "notification", "", "s3:GetBucketNotification", (*s3Call).getDefault},
		{"GetBucketAccelerateConfiguration", "GET", onBucket, "accelerate", "", "s3:GetAccelerateConfiguration", (*s3Call).getDefault},
		{"GetBucketCors", "GET", onBucket, "cors", "", "s3:GetBucketCORS", (*s3Call).getDefault},
		{"GetBucketLifecycleConfiguration", "GET", onBucket, "lifecycle", "", "s3:GetLifecycleConfiguration", (*s3Call).getDefault},
		{"GetBucketWebsite", "GET", onBucket, "website", "", "s3:GetBucketWebsite", (*s3Call).getDefault},
		{"GetBucketReplication", "GET", onBucket, "replication", "", "s3:GetReplicationConfiguration", (*s3Call).getDefault},
		{"GetObjectLockConfiguration", "GET", onBucket, "object-lock", "", "s3:GetBucketObjectLockConfiguration", (*s3Call).getDefault},
		{"PutBucketEncryption", "PUT", onBucket, "encryption", "", "s3:PutEncryptionConfiguration", (*s3Call).putDefault},
		{"PutBucketOwnershipControls", "PUT", onBucket, "ownershipControls", "", "s3:PutBucketOwnershipControls", (*s3Call).putDefault},
		{"PutBucketRequestPayment", "PUT", onBucket, "requestPayment", "", "s3:PutBucketRequestPayment", (*s3Call).putDefault},
		{"PutBucketAcl", "PUT", onBucket, "acl", "", "s3:PutBucketAcl", (*s3Call).putACL},
		{"DeleteBucketEncryption", "DELETE", onBucket, "encryption", "", "s3:PutEncryptionConfiguration", (*s3Call).deleteEncryption},
		{"DeleteBucketOwnershipControls", "DELETE", onBucket, "ownershipControls", "", "s3:PutBucketOwnershipControls", (*s3Call).deleteOwnership},
		{"PutBucketPolicy", "PUT", onBucket, "policy", "", "s3:PutBucketPolicy", (*s3Call).putPolicy},
		{"PutPublicAccessBlock", "PUT", onBucket, "publicAccessBlock", "", "s3:PutBucketPublicAccessBlock", (*s3Call).putBlock},
		{"PutBucketTagging", "PUT", onBucket, "tagging", "", "s3:PutBucketTagging", (*s3Call).putBucketTags},
		{"DeleteBucketPolicy", "DELETE", onBucket, "policy", "", "s3:DeleteBucketPolicy", (*s3Call).deletePolicy},
		{"DeletePublicAccessBlock", "DELETE", onBucket, "publicAccessBlock", "", "s3:PutBucketPublicAccessBlock", (*s3Call).deleteBlock},
		{"DeleteBucketTagging", "DELETE", onBucket, "tagging", "", "s3:PutBucketTagging", (*s3Call).deleteBucketTags},
		{"DeleteObjects", "POST", onBucket, "delete", "", "", (*s3Call).deleteObjects},
		{"ListObjectsV2", "GET", onBucket, "list-type", "", "s3:ListBucket", (*s3Call).listV2},
		{"ListObjects", "GET", onBucket, "", "", "s3:ListBucket", (*s3Call).listV1},
		{"HeadBucket", "HEAD", onBucket, "", "", "s3:ListBucket", (*s3Call).headBucket},
		{"CreateBucket", "PUT", onBucket, "", "", "s3:CreateBucket", (*s3Call).createBucket},
		{"DeleteBucket", "DELETE", onBucket, "", "", "s3:DeleteBucket", (*s3Call).deleteBucket},

		{"GetObjectAcl", "GET", onObject, "acl", "", "s3:GetObjectAcl", (*s3Call).getObjectACL},
		{"PutObjectAcl", "PUT", onObject, "acl", "", "s3:PutObjectAcl", (*s3Call).putACL},
		{"GetObjectAttributes", "GET", onObject, "attributes", "", "s3:GetObjectAttributes", (*s3Call).getAttributes},
		{"GetObjectTagging", "GET", onObject, "tagging", "", "s3:GetObjectTagging", (*s3Call).getObjectTags},
		{"PutObjectTagging", "PUT", onObject, "tagging", "", "s3:PutObjectTagging", (*s3Call).putObjectTags},
		{"DeleteObjectTagging", "DELETE", onObject, "tagging", "", "s3:DeleteObjectTagging", (*s3Call).deleteObjectTags},
		{"ListParts", "GET", onObject, "uploadId", "", "s3:ListMultipartUploadParts", (*s3Call).listParts},
		{"CreateMultipartUpload", "POST", onObject, "uploads", "", "s3:PutObject", (*s3Call).createUpload},
		{"UploadPartCopy", "PUT", onObject, "uploadId", "X-Amz-Copy-Source", "s3:PutObject", (*s3Call).copyPart},
		{"UploadPart", "PUT", onObject, "uploadId", "", "s3:PutObject", (*s3Call).uploadPart},
		{"CompleteMultipartUpload", "POST", onObject, "uploadId", "", "s3:PutObject", (*s3Call).completeUpload},
		{"AbortMultipartUpload", "DELETE", onObject, "uploadId", "", "s3:AbortMultipartUpload", (*s3Call).abortUpload},
		{"CopyObject", "PUT", onObject, "", "X-Amz-Copy-Source", "s3:PutObject", (*s3Call).copyObject},
		{"PutObject", "PUT", onObject, "", "", "s3:PutObject", (*s3Call).putObject},
		{"GetObject", "GET", onObject, "", "", "s3:GetObject", (*s3Call).getObject},
		{"HeadObject", "HEAD", onObject, "", "", "s3:GetObject", (*s3Call).getObject},
		{"DeleteObject", "DELETE", onObject, "", "", "s3:DeleteObject", (*s3Call).deleteObject},
	}
}

// versionActions are the actions of IAM on a version that a request names, by
// those on the object as it is.
var versionActions = map[string]string{
	"s3:GetObject": "s3:GetObjectVersion", "s3:DeleteObject": "s3:DeleteObjectVersion",
	"s3:GetObjectAcl": "s3:GetObjectVersionAcl", "s3:PutObjectAcl": "s3:PutObjectVersionAcl",
	"s3:GetObjectTagging": "s3:GetObjectVersionTagging", "s3:PutObjectTagging": "s3:PutObjectVersionTagging",
	"s3:DeleteObjectTagging": "s3:DeleteObjectVersionTagging", "s3:GetObjectAttributes": "s3:GetObjectVersionAttributes",
}

// s3Subresources are the parameters that select an operation of S3, with the
// noun in its name. One that s3Ops does not have for the method is refused by
// that name: taken for the plain operation it would do something else.
var s3Subresources = map[s3Level]map[string]string{
	onBucket: {
		"accelerate": "BucketAccelerateConfiguration", "acl": "BucketAcl", "analytics": "BucketAnalyticsConfiguration",
		"cors": "BucketCors", "delete": "Objects", "encryption": "BucketEncryption",
		"intelligent-tiering": "BucketIntelligentTieringConfiguration", "inventory": "BucketInventoryConfiguration",
		"lifecycle": "BucketLifecycleConfiguration", "location": "BucketLocation", "logging": "BucketLogging",
		"metadataConfiguration": "BucketMetadataConfiguration", "metadataTable": "BucketMetadataTableConfiguration",
		"metrics": "BucketMetricsConfiguration", "notification": "BucketNotificationConfiguration",
		"object-lock": "ObjectLockConfiguration", "ownershipControls": "BucketOwnershipControls",
		"policy": "BucketPolicy", "policyStatus": "BucketPolicyStatus", "publicAccessBlock": "PublicAccessBlock",
		"replication": "BucketReplication", "requestPayment": "BucketRequestPayment", "session": "Session",
		"tagging": "BucketTagging", "uploads": "MultipartUploads", "versioning": "BucketVersioning",
		"versions": "ObjectVersions", "website": "BucketWebsite", "abac": "BucketAbac",
	},
	onObject: {
		"acl": "ObjectAcl", "attributes": "ObjectAttributes", "legal-hold": "ObjectLegalHold",
		"retention": "ObjectRetention", "restore": "RestoreObject", "select": "SelectObjectContent",
		"tagging": "ObjectTagging", "torrent": "ObjectTorrent", "uploadId": "MultipartUpload",
		"uploads": "MultipartUpload", "renameObject": "RenameObject", "encryption": "ObjectEncryption",
		"append": "AppendObject",
	},
}

// findOp selects the operation of r.
func (s *S3) findOp(r *http.Request, t s3Target, query url.Values) (*s3Op, error) {
	level, method := t.level(), r.Method
	name := unimplemented(level, method, query)
	for i := range s.ops {
		op := &s.ops[i]
		if op.method != method || op.on != level {
			continue
		}
		if op.sub == "" && name != "" {
			break // a subresource is meant, and none of ours
		}
		if op.sub != "" && !query.Has(op.sub) || op.header != "" && r.Header.Get(op.header) == "" {
			continue
		}
		return op, nil
	}
	if name == "" && level == onBucket && method == http.MethodPost {
		name = "PostObject" // a form that a browser sends
	}
	if name != "" {
		return nil, absent("s3", name)
	}
	return nil, s3MethodRefused.with("Method", method).with("ResourceType", [...]string{"SERVICE", "BUCKET", "OBJECT"}[level])
}

// unimplemented names the operation that a subresource in the query stands
// for; "" without one.
func unimplemented(level s3Level, method string, query url.Values) string {
	for _, k := range slices.Sorted(maps.Keys(query)) {
		noun, ok := s3Subresources[level][k]
		if !ok {
			continue
		}
		verb := method[:1] + strings.ToLower(method[1:])
		if strings.HasSuffix(noun, "Object") && level == onObject && noun != "Object" || noun == "SelectObjectContent" {
			verb = "" // RestoreObject and its like are verbs themselves
		}
		return verb + noun
	}
	return ""
}

// S3Action names the operation that r asks for, "ListObjectsV2", and is "" for
// one that does not exist.
func (s *S3) S3Action(r *http.Request) string {
	t, query := targetOf(r), r.URL.Query()
	if op, err := s.findOp(r, t, query); err == nil {
		return op.name
	}
	return unimplemented(t.level(), r.Method, query)
}

// bucketNameError is S3's refusal of a name, nil for a good one. Source: S3
// user guide, "bucketnamingrules".
func bucketNameError(name string) error {
	invalid := s3Fail(400, "InvalidBucketName", "The specified bucket is not valid.").with("BucketName", name)
	if len(name) < 3 || len(name) > 63 || !bucketName.MatchString(name) || strings.Contains(name, "..") {
		return invalid
	}
	if a, err := netip.ParseAddr(name); err == nil && a.Is4() {
		return invalid
	}
	for _, p := range []string{"xn--", "sthree-", "amzn-s3-demo-"} {
		if strings.HasPrefix(name, p) {
			return invalid
		}
	}
	for _, p := range []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"} {
		if strings.HasSuffix(name, p) {
			return invalid
		}
	}
	return nil
}

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*[a-z0-9]$`)
