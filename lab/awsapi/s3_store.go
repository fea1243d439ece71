package awsapi

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Objects keeps the bytes of every bucket: in memory, and, where it was opened
// on a directory, in a file for each object as well, which is complete before
// the request that made it is answered. What a bucket is (its policy, region,
// tags) is the world's. Objects is safe for concurrent use; the values it
// hands out are never changed.
type Objects struct {
	disk s3Disk

	mu      sync.RWMutex
	buckets map[string]*s3Keys
	uploads map[string]*s3Upload

	serial atomic.Uint64 // of the last object that was made
}

// s3Object is one version of an object, complete and immutable. All but the
// body is saved as JSON.
type s3Object struct {
	Bucket, Key string
	Version     string `json:",omitempty"` // its id; "" for the one that is called "null"
	Marker      bool   `json:",omitempty"` // it says that the object was deleted
	Serial      uint64 `json:",omitempty"` // the version of the highest is the current one
	ETag        string // without quotes
	Modified    time.Time
	// Headers are those that come back with the object: Content-Type,
	// Cache-Control …, and X-Amz-Meta-*.
	Headers map[string]string `json:",omitempty"`
	Tags    map[string]string `json:",omitempty"`
	Sum     s3Sum
	Parts   []int64 `json:",omitempty"` // sizes, of an object made by a multipart upload
	body    *s3Blob
}

// OpenObjects opens the store in dir, which is made if need be; "" keeps
// everything in memory only.
func OpenObjects(dir string) (*Objects, error) {
	o := &Objects{disk: s3Disk{dir}, buckets: map[string]*s3Keys{}, uploads: map[string]*s3Upload{}}
	if dir == "" {
		return o, nil
	}
	objects, uploads, err := o.disk.load()
	if err != nil {
		return nil, fmt.Errorf("opening the object store: %w", err)
	}
	for _, obj := range objects {
		o.bucket(obj.Bucket).put(obj)
		o.serial.Store(max(o.serial.Load(), obj.Serial))
	}
	for _, u := range uploads {
		o.uploads[u.ID] = u
	}
	return o, nil
}

// bucket is called with mu held for writing.
func (o *Objects) bucket(name string) *s3Keys {
	b := o.buckets[name]
	if b == nil {
		b = &s3Keys{versions: map[string][]*s3Object{}}
		o.buckets[name] = b
	}
	return b
}

// get is the object as it is now, or nil.
func (o *Objects) get(bucket, key string) *s3Object {
	return live(o.versions(bucket, key))
}

// versions are those of an object, the current one first, as a slice that is
// not written to again.
func (o *Objects) versions(bucket, key string) []*s3Object {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.versionsOf(bucket, key)
}

// versionsOf is called with mu held.
func (o *Objects) versionsOf(bucket, key string) []*s3Object {
	if b := o.buckets[bucket]; b != nil {
		return b.versions[key]
	}
	return nil
}

// put stores obj in place of the version of that name and id, if allowed still
// agrees, who is told of the object as it is, once no other write can come
// between.
func (o *Objects) put(obj *s3Object, allowed func(old *s3Object) error) error {
	// The file is written outside the lock, under a name that nothing reads.
	file, err := o.disk.writeObject(obj)
	if err != nil {
		return fmt.Errorf("storing %s: %w", obj.Key, err)
	}
	defer file.discard()
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.commit(obj, file, allowed)
}

// commit is called with mu held.
func (o *Objects) commit(obj *s3Object, file s3File, allowed func(old *s3Object) error) error {
	if allowed != nil {
		if err := allowed(live(o.versionsOf(obj.Bucket, obj.Key))); err != nil {
			return err
		}
	}
	if err := file.keep(); err != nil {
		return fmt.Errorf("storing %s: %w", obj.Key, err)
	}
	o.bucket(obj.Bucket).put(obj)
	return nil
}

// edit replaces old by a changed copy that shares its bytes; false where old is
// not there any more.
func (o *Objects) edit(old *s3Object, change func(*s3Object)) (bool, error) {
	next := *old
	change(&next)
	err := o.put(&next, func(*s3Object) error {
		if !slices.Contains(o.versionsOf(old.Bucket, old.Key), old) {
			return errChanged
		}
		return nil
	})
	if errors.Is(err, errChanged) {
		return false, nil
	}
	return true, err
}

var errChanged = errors.New("the object was changed meanwhile")

// remove deletes a version for good, and gives it back; there need not be one.
func (o *Objects) remove(bucket, key, version string) (*s3Object, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	old := versionOf(o.versionsOf(bucket, key), version)
	if old == nil {
		return nil, nil
	}
	if err := o.disk.removeObject(old); err != nil {
		return nil, fmt.Errorf("deleting %s: %w", key, err)
	}
	o.buckets[bucket].remove(old)
	return old, nil
}

// drop forgets a bucket that holds no version of any object, after forget has taken it out of
// the world; false where it holds some. No object can come in between. Uploads
// that were never completed do not keep a bucket, they go with it.
func (o *Objects) drop(bucket string, forget func() error) (bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if b := o.buckets[bucket]; b != nil && len(b.versions) > 0 {
		return false, nil
	}
	// The files first: a bucket of the same name must not find them again.
	for id, u := range o.uploads {
		if u.Bucket != bucket {
			continue
		}
		if err := o.disk.removeUpload(id); err != nil {
			return true, fmt.Errorf("deleting upload %s: %w", id, err)
		}
		delete(o.uploads, id)
	}
	if err := o.disk.removeBucket(bucket); err != nil {
		return true, fmt.Errorf("deleting the objects of %s: %w", bucket, err)
	}
	delete(o.buckets, bucket)
	return true, forget()
}
