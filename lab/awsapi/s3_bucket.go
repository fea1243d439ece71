package awsapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"io"
	"net/http"
	"regexp"
	"time"

	"gatewalk/lab/world"
)

const s3Namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// document is an answer's body being written: <root xmlns=…> is open.
type document struct {
	bytes.Buffer
	root string
}

func newDocument(root string) *document {
	d := &document{root: root}
	d.WriteString(xml.Header + "<" + root + ` xmlns="` + s3Namespace + `">`)
	return d
}

func (d *document) text(name, value string) { element(&d.Buffer, name, value) }
func (d *document) open(name string)        { d.WriteString("<" + name + ">") }
func (d *document) close(name string)       { d.WriteString("</" + name + ">") }

// opt is text that is left out when empty.
func (d *document) opt(name, value string) {
	if value != "" {
		d.text(name, value)
	}
}

func (c *s3Call) answer(d *document) error {
	d.close(d.root)
	c.w.Header().Set("Content-Type", "application/xml")
	c.w.WriteHeader(http.StatusOK)
	c.w.Write(d.Bytes()) // the client may be gone; there is nobody else to tell
	return nil
}

func (c *s3Call) noContent() error {
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// s3Time is a time in a body; S3 keeps whole seconds.
func s3Time(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// now is the lesson's time in whole seconds.
func (c *s3Call) now() time.Time { return c.world.Clock().Now().UTC().Truncate(time.Second) }

// maxXML bounds the XML and JSON bodies. The largest is a multipart upload of
// 10,000 parts with checksums.
const maxXML = 4 << 20

func (c *s3Call) readBody() ([]byte, error) {
	claim, err := claimOf(c.r.Header)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(c.r.Body, maxXML+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxXML {
		return nil, s3Fail(400, "MaxMessageLengthExceeded", "Your request was too big.")
	}
	_, _, err = claim.verify(&s3Blob{[][]byte{body}, int64(len(body))}, c.r.Trailer)
	return body, err
}

func (c *s3Call) readXML(into any) error {
	body, err := c.readBody()
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return s3NoBody
	}
	if xml.Unmarshal(body, into) != nil {
		return s3MalformedXML
	}
	return nil
}

// ownerID is the canonical user id of the account.
func (c *s3Call) ownerID() string {
	sum := sha256.Sum256([]byte("owner" + c.st.Account))
	return hex.EncodeToString(sum[:])
}

func (c *s3Call) owner(d *document, name string) {
	d.open(name)
	d.text("ID", c.ownerID())
	d.close(name)
}

func (c *s3Call) listBuckets() error {
	d := newDocument("ListAllMyBucketsResult")
	c.owner(d, "Owner")
	d.open("Buckets")
	prefix, region := c.query.Get("prefix"), c.query.Get("bucket-region")
	for name, b := range world.Sorted(c.st.Buckets) {
		if len(name) < len(prefix) || name[:len(prefix)] != prefix || region != "" && b.Region != region {
			continue
		}
		d.open("Bucket")
		d.text("Name", name)
		d.text("CreationDate", s3Time(b.Created))
		d.text("BucketRegion", b.Region)
		d.close("Bucket")
	}
	d.close("Buckets")
	d.opt("Prefix", prefix)
	return c.answer(d)
}

var s3Region = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)

type createBucketConfiguration struct {
	LocationConstraint string   `xml:"LocationConstraint"`
	Tags               []s3XTag `xml:"Tags>Tag"`
}

func (c *s3Call) createBucket() error {
	if err := bucketNameError(c.name); err != nil {
		return err
	}
	body, err := c.readBody()
	if err != nil {
		return err
	}
	var config createBucketConfiguration
	if len(body) > 0 && xml.Unmarshal(body, &config) != nil {
		return s3MalformedXML
	}
	if err := locationError(c.region, config.LocationConstraint); err != nil {
		return err
	}
	tags, err := tagsOf(config.Tags)
	if err != nil {
		return err
	}
	if acl := c.r.Header.Get("X-Amz-Acl"); acl != "" && acl != "private" {
		return s3Fail(400, "InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
	}
	if o := c.r.Header.Get("X-Amz-Object-Ownership"); o != "" && o != "BucketOwnerEnforced" {
		return s3Fail(501, "NotImplemented", "CreateBucket with object ownership "+o+" is not implemented in this lab.")
	}
	err = c.world.Update(func(tx *world.Tx) error {
		if tx.Buckets.Get(c.name) != nil {
			// us-east-1 alone says yes again, for the sake of old programs.
			if c.region == "us-east-1" {
				return nil
			}
			return s3Fail(409, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.").with("BucketName", c.name)
		}
		tx.Buckets.Put(c.name, &world.Bucket{
			Name: c.name, Region: c.region, Created: tx.Now().Truncate(time.Second), Tags: tags,
			// Since April 2023 every new bucket has all four on.
			Block: [4]bool{true, true, true, true},
		})
		return nil
	})
	if err != nil {
		return err
	}
	location := "/" + c.name
	if c.region != "us-east-1" {
		location = "http://" + c.name + ".s3.amazonaws.com/"
	}
	c.w.Header().Set("Location", location)
	c.w.WriteHeader(http.StatusOK)
	return nil
}

// locationError holds a LocationConstraint to the region of the endpoint: they
// must be the same, but us-east-1 is said by saying nothing.
func locationError(region, constraint string) error {
	const code = "IllegalLocationConstraintException"
	switch {
	case constraint == "us-east-1", constraint != "" && constraint != "EU" && !s3Region.MatchString(constraint):
		return s3Fail(400, "InvalidLocationConstraint", "The specified location-constraint is not valid").with("LocationConstraint", constraint)
	case constraint == region, constraint == "EU" && region == "eu-west-1", constraint == "" && region == "us-east-1":
		return nil
	case constraint == "":
		return s3Fail(400, code, "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.")
	}
	return s3Fail(400, code, "The "+constraint+" location constraint is incompatible for the region specific endpoint this request was sent to.")
}

func (c *s3Call) headBucket() error {
	c.w.Header().Set("X-Amz-Bucket-Region", c.bucket.Region)
	c.w.Header().Set("X-Amz-Access-Point-Alias", "false")
	c.w.Header().Set("Content-Type", "application/xml")
	c.w.WriteHeader(http.StatusOK)
	return nil
}

func (c *s3Call) getLocation() error {
	d := newDocument("LocationConstraint")
	if c.bucket.Region != "us-east-1" { // which is said by saying nothing
		d.WriteString(c.bucket.Region)
	}
	return c.answer(d)
}

func (c *s3Call) deleteBucket() error {
	empty, err := c.objects.drop(c.name, func() error {
		return c.world.Update(func(tx *world.Tx) error {
			if tx.Buckets.Get(c.name) == nil {
				return s3NoSuchBucket(c.name)
			}
			tx.Buckets.Delete(c.name)
			return nil
		})
	})
	if err != nil {
		return err
	}
	if !empty {
		return s3Fail(409, "BucketNotEmpty", "The bucket you tried to delete is not empty").with("BucketName", c.name)
	}
	return c.noContent()
}

// changeBucket edits the bucket in the world.
func (c *s3Call) changeBucket(change func(*world.Bucket)) error {
	return c.world.Update(func(tx *world.Tx) error {
		b := tx.Buckets.Edit(c.name)
		if b == nil {
			return s3NoSuchBucket(c.name)
		}
		change(b)
		return nil
	})
}

// stillThere is asked while an object is stored: the bucket may have been
// deleted since the request began.
func (c *s3Call) stillThere() error {
	if c.world.Snapshot().Buckets[c.name] == nil {
		return s3NoSuchBucket(c.name)
	}
	return nil
}
