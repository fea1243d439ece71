package awsapi

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"gatewalk/lab/world"
)

// Versioning of a bucket: "" until it is first enabled. From then on each write
// makes a version and each deletion a marker; while it is suspended they are of
// the version called "null" (S3 user guide, "Versioning").
const (
	versioningEnabled   = "Enabled"
	versioningSuspended = "Suspended"
)

type versioningConfiguration struct {
	XMLName   xml.Name `xml:"VersioningConfiguration"`
	Status    string
	MfaDelete string
}

func (c *s3Call) getVersioning() error {
	d := newDocument("VersioningConfiguration")
	d.opt("Status", c.bucket.Versioning)
	return c.answer(d)
}

func (c *s3Call) putVersioning() error {
	var in versioningConfiguration
	if err := c.readXML(&in); err != nil {
		return err
	}
	switch {
	case in.Status != versioningEnabled && in.Status != versioningSuspended:
		return s3Fail(400, "IllegalVersioningConfigurationException", "The Versioning element must be specified")
	case in.MfaDelete == "Enabled":
		return absent("s3", c.op.name+" with MfaDelete")
	}
	if err := c.changeBucket(func(b *world.Bucket) { b.Versioning = in.Status }); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusOK)
	return nil
}

// enter makes obj the newest version of its key.
func (c *s3Call) enter(obj *s3Object) {
	obj.Serial, obj.Modified = c.objects.serial.Add(1), c.now()
	if c.bucket.Versioning == versioningEnabled {
		b := binary.BigEndian.AppendUint64([]byte("version "), c.st.Seed)
		sum := sha256.Sum256(append(binary.BigEndian.AppendUint64(b, obj.Serial), obj.Key...))
		obj.Version = hex.EncodeToString(sum[:16])
	}
}

// showVersion names obj's version in the answer, where the bucket keeps any.
func (c *s3Call) showVersion(obj *s3Object) {
	if c.bucket.Versioning != "" {
		c.w.Header().Set("X-Amz-Version-Id", versionID(obj))
	}
	if obj.Marker {
		c.w.Header().Set("X-Amz-Delete-Marker", "true")
	}
}

// version is the one that id names, which was given as an argument of that
// name.
func (c *s3Call) version(argument, id string) (*s3Object, error) {
	id, err := versionArgument(argument, id)
	if err != nil {
		return nil, err
	}
	obj := versionOf(c.objects.versions(c.name, c.key), id)
	if obj == nil {
		return nil, s3Fail(404, "NoSuchVersion", "The specified version does not exist.").with("Key", c.key).with("VersionId", versionID(&s3Object{Version: id}))
	}
	return obj, nil
}

// versionArgument is a version's id as objects have it.
func versionArgument(argument, id string) (string, error) {
	if id == nullVersion {
		return "", nil
	}
	if _, err := hex.DecodeString(id); err != nil || len(id) != 32 || strings.ToLower(id) != id {
		return "", s3NoSuchVersion.with("ArgumentName", argument).with("ArgumentValue", id)
	}
	return id, nil
}

// find is the object that the request names, or its version.
func (c *s3Call) find() (*s3Object, error) {
	if c.query.Has("versionId") {
		obj, err := c.version("versionId", c.query.Get("versionId"))
		if err == nil && obj.Marker {
			return nil, s3MethodRefused.with("Method", c.r.Method).with("ResourceType", "DeleteMarker").
				header("X-Amz-Delete-Marker", "true").header("X-Amz-Version-Id", versionID(obj))
		}
		return obj, err
	}
	versions := c.objects.versions(c.name, c.key)
	obj := live(versions)
	if obj == nil {
		err := failureOf(c.missing(c.key))
		if len(versions) > 0 {
			err = err.header("X-Amz-Delete-Marker", "true").header("X-Amz-Version-Id", versionID(versions[0]))
		}
		return nil, err
	}
	return obj, nil
}

// delete deletes an object, or a version of it for good, and gives the version
// that is gone or the marker that says so; nil where nothing was there.
func (c *s3Call) delete(key, version string) (*s3Object, error) {
	if version != "" {
		id, err := versionArgument("versionId", version)
		if err != nil {
			return nil, err
		}
		return c.objects.remove(c.name, key, id)
	}
	if c.bucket.Versioning == "" {
		return c.objects.remove(c.name, key, "")
	}
	marker := &s3Object{Bucket: c.name, Key: key, Marker: true, body: &s3Blob{}}
	c.enter(marker)
	return marker, c.objects.put(marker, func(*s3Object) error { return c.stillThere() })
}

func (c *s3Call) deleteObject() error {
	version := c.query.Get("versionId")
	if c.query.Has("versionId") && version == "" {
		return s3NoSuchVersion.with("ArgumentName", "versionId").with("ArgumentValue", version)
	}
	gone, err := c.delete(c.key, version)
	if err != nil {
		return err
	}
	if gone != nil {
		c.showVersion(gone)
	}
	return c.noContent()
}

// listVersions lists every version and delete marker, newest first.
func (c *s3Call) listVersions() error {
	l, err := c.listing("max-keys")
	if err != nil {
		return err
	}
	marker, versionMarker := c.query.Get("key-marker"), c.query.Get("version-id-marker")
	if versionMarker != "" && marker == "" {
		return s3Argument("version-id-marker", versionMarker, "A version-id marker cannot be specified without a key marker.")
	}
	page := c.page(l, s3Query{marker: marker, versions: true, versionMarker: versionMarker})
	d := newDocument("ListVersionsResult")
	d.text("Name", c.name)
	d.text("Prefix", l.encode(l.prefix))
	d.text("KeyMarker", l.encode(marker))
	d.text("VersionIdMarker", versionMarker)
	if page.more {
		d.text("NextKeyMarker", l.encode(page.last))
		if n := len(page.objects); n > 0 && page.objects[n-1].Key == page.last {
			d.text("NextVersionIdMarker", versionID(page.objects[n-1]))
		}
	}
	c.writeHead(d, l, page)
	for _, o := range page.objects {
		element := "Version"
		if o.Marker {
			element = "DeleteMarker"
		}
		versions := c.objects.versions(c.name, o.Key)
		d.open(element)
		d.text("Key", l.encode(o.Key))
		d.text("VersionId", versionID(o))
		d.text("IsLatest", strconv.FormatBool(slices.Index(versions, o) == 0))
		if o.Marker {
			d.text("LastModified", s3Time(o.Modified))
			c.owner(d, "Owner")
		} else {
			c.writeObject(d, o, true)
		}
		d.close(element)
	}
	c.writePrefixes(d, l, page.prefixes)
	return c.answer(d)
}
