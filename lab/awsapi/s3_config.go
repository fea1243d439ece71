package awsapi

import (
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"gatewalk/lab/policy"
	"gatewalk/lab/world"
)

// maxPolicy is the size limit of a bucket policy, in bytes.
const maxPolicy = 20 << 10

func (c *s3Call) putPolicy() error {
	body, err := c.readBody()
	if err != nil {
		return err
	}
	if len(body) > maxPolicy {
		return s3Fail(400, "PolicyTooLarge", "The policy exceeds the maximum allowed document size.")
	}
	text := string(body)
	doc, err := policy.Parse(text)
	if err != nil {
		return err
	}
	if err := doc.CheckBucket(c.name, principals(c.st)); err != nil {
		return err
	}
	if doc.Public() && c.bucket.Block[blockPublicPolicy] {
		return s3Fail(403, "AccessDenied", fmt.Sprintf("User: %s is not authorized to perform: s3:PutBucketPolicy on resource: %q because public policies are blocked by the BlockPublicPolicy block public access setting.", c.principal().Arn, c.arn()))
	}
	if err := c.changeBucket(func(b *world.Bucket) { b.Policy = text }); err != nil {
		return err
	}
	return c.noContent()
}

var s3NoPolicy = s3Fail(404, "NoSuchBucketPolicy", "The bucket policy does not exist")

func (c *s3Call) getPolicy() error {
	if c.bucket.Policy == "" {
		return s3NoPolicy.with("BucketName", c.name)
	}
	c.w.Header().Set("Content-Type", "application/json")
	c.w.Write([]byte(c.bucket.Policy))
	return nil
}

func (c *s3Call) deletePolicy() error {
	if err := c.changeBucket(func(b *world.Bucket) { b.Policy = "" }); err != nil {
		return err
	}
	return c.noContent()
}

func (c *s3Call) getPolicyStatus() error {
	if c.bucket.Policy == "" {
		return s3NoPolicy.with("BucketName", c.name)
	}
	doc, err := policy.Parse(c.bucket.Policy)
	if err != nil {
		return err
	}
	d := newDocument("PolicyStatus")
	d.text("IsPublic", strconv.FormatBool(doc.Public()))
	return c.answer(d)
}

// s3Block is a public access block on the wire.
type s3Block struct {
	XMLName               xml.Name `xml:"PublicAccessBlockConfiguration"`
	BlockPublicAcls       bool
	IgnorePublicAcls      bool
	BlockPublicPolicy     bool
	RestrictPublicBuckets bool
}

func (c *s3Call) putBlock() error {
	var in s3Block
	if err := c.readXML(&in); err != nil {
		return err
	}
	err := c.changeBucket(func(b *world.Bucket) {
		b.Block, b.NoBlock = [4]bool{in.BlockPublicAcls, in.IgnorePublicAcls, in.BlockPublicPolicy, in.RestrictPublicBuckets}, false
	})
	if err == nil {
		c.w.WriteHeader(http.StatusOK)
	}
	return err
}

func (c *s3Call) getBlock() error {
	if c.bucket.NoBlock {
		return s3Fail(404, "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found").with("BucketName", c.name)
	}
	d := newDocument("PublicAccessBlockConfiguration")
	for i, name := range []string{"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"} {
		d.text(name, strconv.FormatBool(c.bucket.Block[i]))
	}
	return c.answer(d)
}

func (c *s3Call) deleteBlock() error {
	if err := c.changeBucket(func(b *world.Bucket) { b.Block, b.NoBlock = [4]bool{}, true }); err != nil {
		return err
	}
	return c.noContent()
}

type s3XTag struct{ Key, Value string }

type s3Tagging struct {
	XMLName xml.Name `xml:"Tagging"`
	TagSet  []s3XTag `xml:"TagSet>Tag"`
}

// tagsOf checks tags as S3 does; nil for none.
func tagsOf(list []s3XTag) (map[string]string, error) {
	var tags map[string]string
	for _, t := range list {
		switch _, twice := tags[t.Key]; {
		case twice:
			return nil, s3Fail(400, "InvalidTag", "Cannot provide multiple Tags with the same key").with("TagKey", t.Key)
		case t.Key == "" || len([]rune(t.Key)) > 128:
			return nil, s3Fail(400, "InvalidTag", "The TagKey you have provided is invalid").with("TagKey", t.Key)
		case len([]rune(t.Value)) > 256:
			return nil, s3Fail(400, "InvalidTag", "The TagValue you have provided is invalid").with("TagKey", t.Key).with("TagValue", t.Value)
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return nil, s3Fail(400, "InvalidTag", "System tags cannot be added/updated by requester").with("TagKey", t.Key)
		}
		if tags == nil {
			tags = map[string]string{}
		}
		tags[t.Key] = t.Value
	}
	return tags, nil
}

// objectTags bounds tagsOf to what an object may have.
func objectTags(list []s3XTag) (map[string]string, error) {
	if len(list) > 10 {
		return nil, s3Fail(400, "BadRequest", "Object tags cannot be greater than 10")
	}
	return tagsOf(list)
}

// parseTagHeader reads x-amz-tagging, "k=v&k2=v2".
func parseTagHeader(text string) (map[string]string, error) {
	invalid := s3Argument("x-amz-tagging", text, "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, invalid
	}
	var list []s3XTag
	for _, k := range slices.Sorted(maps.Keys(values)) {
		if len(values[k]) > 1 {
			return nil, invalid
		}
		list = append(list, s3XTag{k, values.Get(k)})
	}
	return objectTags(list)
}

func (c *s3Call) answerTags(tags map[string]string) error {
	d := newDocument("Tagging")
	d.open("TagSet")
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		d.open("Tag")
		d.text("Key", k)
		d.text("Value", tags[k])
		d.close("Tag")
	}
	d.close("TagSet")
	return c.answer(d)
}

func (c *s3Call) getBucketTags() error {
	if len(c.bucket.Tags) == 0 {
		return s3Fail(404, "NoSuchTagSet", "The TagSet does not exist").with("BucketName", c.name)
	}
	return c.answerTags(c.bucket.Tags)
}

func (c *s3Call) putBucketTags() error {
	var in s3Tagging
	if err := c.readXML(&in); err != nil {
		return err
	}
	if len(in.TagSet) > 50 {
		return s3Fail(400, "BadRequest", "Bucket tag count cannot be greater than 50")
	}
	tags, err := tagsOf(in.TagSet)
	if err != nil {
		return err
	}
	if err := c.changeBucket(func(b *world.Bucket) { b.Tags = tags }); err != nil {
		return err
	}
	return c.noContent()
}

func (c *s3Call) deleteBucketTags() error {
	if err := c.changeBucket(func(b *world.Bucket) { b.Tags = nil }); err != nil {
		return err
	}
	return c.noContent()
}

// s3Defaults are the configurations that stay in this lab as a new bucket of S3
// has them: a document, or the error for none.
var s3Defaults = map[string]struct{ root, inner, code, message string }{
	"encryption":        {root: "ServerSideEncryptionConfiguration", inner: "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule>"},
	"ownershipControls": {root: "OwnershipControls", inner: "<Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>"},
	"requestPayment":    {root: "RequestPaymentConfiguration", inner: "<Payer>BucketOwner</Payer>"},
	"logging":           {root: "BucketLoggingStatus"},
	"notification":      {root: "NotificationConfiguration"},
	"accelerate":        {root: "AccelerateConfiguration"},
	"cors":              {code: "NoSuchCORSConfiguration", message: "The CORS configuration does not exist"},
	"lifecycle":         {code: "NoSuchLifecycleConfiguration", message: "The lifecycle configuration does not exist"},
	"website":           {code: "NoSuchWebsiteConfiguration", message: "The specified bucket does not have a website configuration"},
	"replication":       {code: "ReplicationConfigurationNotFoundError", message: "The replication configuration was not found"},
	"object-lock":       {code: "ObjectLockConfigurationNotFoundError", message: "Object Lock configuration does not exist for this bucket"},
}

// s3Settled are the configurations that can be put, with the element that says
// what, and its value: the one that every bucket here has anyway.
var s3Settled = map[string][2]string{
	"encryption":        {"SSEAlgorithm", "AES256"},
	"ownershipControls": {"ObjectOwnership", "BucketOwnerEnforced"},
	"requestPayment":    {"Payer", "BucketOwner"},
}

// putDefault accepts what is so, and refuses any other value by name.
func (c *s3Call) putDefault() error {
	body, err := c.readBody()
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return s3NoBody
	}
	kept := s3Settled[c.op.sub]
	var in anyElement
	if xml.Unmarshal(body, &in) != nil {
		return s3MalformedXML
	}
	switch got := in.find(kept[0]); got {
	case kept[1]:
		if c.bucket.NoOwnership && c.op.sub == "ownershipControls" {
			if err := c.changeBucket(func(b *world.Bucket) { b.NoOwnership = false }); err != nil {
				return err
			}
		}
		c.w.WriteHeader(http.StatusOK)
		return nil
	case "":
		return s3MalformedXML
	default:
		return absent("s3", c.op.name+" with "+got)
	}
}

// anyElement is any XML element.
type anyElement struct {
	XMLName xml.Name
	Text    string       `xml:",chardata"`
	Kids    []anyElement `xml:",any"`
}

// find is the text of the first element of that name, "" without one.
func (e anyElement) find(name string) string {
	if e.XMLName.Local == name {
		return strings.TrimSpace(e.Text)
	}
	for _, k := range e.Kids {
		if s := k.find(name); s != "" {
			return s
		}
	}
	return ""
}

// deleteEncryption leaves what every bucket has had since January 2023.
func (c *s3Call) deleteEncryption() error { return c.noContent() }

// deleteOwnership leaves a bucket without the rule that turns ACLs off.
func (c *s3Call) deleteOwnership() error {
	if err := c.changeBucket(func(b *world.Bucket) { b.NoOwnership = true }); err != nil {
		return err
	}
	return c.noContent()
}

func (c *s3Call) putACL() error { return c.noACLs() }

// noACLs is refused by S3, as ACLs are off in every bucket since April 2023, or
// by the lab, which has none to turn on.
func (c *s3Call) noACLs() error {
	if c.bucket.NoOwnership {
		return absent("s3", c.op.name+" with an ACL")
	}
	return s3NoACLs
}

func (c *s3Call) getObjectACL() error {
	if _, err := c.find(); err != nil {
		return err
	}
	return c.getDefault()
}

func (c *s3Call) getDefault() error {
	if c.op.sub == "acl" { // names the owner
		d := newDocument("AccessControlPolicy")
		c.owner(d, "Owner")
		d.WriteString(`<AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">`)
		d.text("ID", c.ownerID())
		d.WriteString("</Grantee><Permission>FULL_CONTROL</Permission></Grant></AccessControlList>")
		return c.answer(d)
	}
	if c.bucket.NoOwnership && c.op.sub == "ownershipControls" {
		return s3Fail(404, "OwnershipControlsNotFoundError", "The bucket ownership controls were not found").with("BucketName", c.name)
	}
	v := s3Defaults[c.op.sub]
	if v.code != "" {
		return s3Fail(404, v.code, v.message).with("BucketName", c.name)
	}
	d := newDocument(v.root)
	d.WriteString(v.inner)
	return c.answer(d)
}
