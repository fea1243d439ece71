package awsapi

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"
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
}

// s3Object is one object, complete and immutable. All but the body is saved as
// JSON.
type s3Object struct {
	Bucket, Key string
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

// s3Keys is the objects of one bucket, and their names in order.
type s3Keys struct {
	objects map[string]*s3Object
	sorted  []string
	stale   bool // sorted has to be made again
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
		b = &s3Keys{objects: map[string]*s3Object{}}
		o.buckets[name] = b
	}
	return b
}

// put and remove never write to what sorted already shows: a listing may still
// be walking it.
func (b *s3Keys) put(obj *s3Object) {
	_, known := b.objects[obj.Key]
	b.objects[obj.Key] = obj
	switch n := len(b.sorted); {
	case known || b.stale:
	case n > 0 && b.sorted[n-1] > obj.Key:
		b.stale = true // sorting waits for the next listing
	default:
		b.sorted = append(b.sorted, obj.Key)
	}
}

func (b *s3Keys) remove(key string) {
	delete(b.objects, key)
	b.stale = true
}

// get is the object, or nil.
func (o *Objects) get(bucket, key string) *s3Object {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if b := o.buckets[bucket]; b != nil {
		return b.objects[key]
	}
	return nil
}

// put stores obj in place of the one of that name, if allowed still agrees
// once no other write can come between.
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
	var old *s3Object
	if b := o.buckets[obj.Bucket]; b != nil {
		old = b.objects[obj.Key]
	}
	if allowed != nil {
		if err := allowed(old); err != nil {
			return err
		}
	}
	if err := file.keep(); err != nil {
		return fmt.Errorf("storing %s: %w", obj.Key, err)
	}
	o.bucket(obj.Bucket).put(obj)
	return nil
}

// edit replaces an object by a changed copy that shares its bytes; false
// where there is none.
func (o *Objects) edit(bucket, key string, change func(*s3Object)) (bool, error) {
	old := o.get(bucket, key)
	if old == nil {
		return false, nil
	}
	next := *old
	change(&next)
	gone := false
	err := o.put(&next, func(now *s3Object) error {
		if now != old {
			gone = true
			return errChanged
		}
		return nil
	})
	if gone {
		return o.edit(bucket, key, change) // somebody was faster: once more, on theirs
	}
	return true, err
}

var errChanged = fmt.Errorf("the object was changed meanwhile")

// remove deletes an object; there need not be one.
func (o *Objects) remove(bucket, key string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := o.buckets[bucket]
	if b == nil || b.objects[key] == nil {
		return nil
	}
	if err := o.disk.removeObject(bucket, key); err != nil {
		return fmt.Errorf("deleting %s: %w", key, err)
	}
	b.remove(key)
	return nil
}

// drop forgets a bucket that holds no objects, after forget has taken it out of
// the world; false where it holds some. No object can come in between. Uploads
// that were never completed do not keep a bucket, they go with it.
func (o *Objects) drop(bucket string, forget func() error) (bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if b := o.buckets[bucket]; b != nil && len(b.objects) > 0 {
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

// s3Page is what a listing found.
type s3Page struct {
	objects  []*s3Object
	prefixes []string
	more     bool
	last     string // the name or prefix that the page ends with
}

// list walks the names after marker in order, folding those that share a
// delimiter after prefix, until limit names and prefixes are found. It jumps
// over a folded prefix, so its work grows with what it returns.
func (o *Objects) list(bucket, prefix, delimiter, marker string, limit int) s3Page {
	names, objects := o.names(bucket)
	var page s3Page
	i := sort.SearchStrings(names, max(prefix, marker))
	for i < len(names) {
		key := names[i]
		if !strings.HasPrefix(key, prefix) {
			break
		}
		if key == marker {
			i++
			continue
		}
		folded := ""
		if delimiter != "" {
			if before, _, ok := strings.Cut(key[len(prefix):], delimiter); ok {
				folded = prefix + before + delimiter
			}
		}
		found := cmp.Or(folded, key)
		if found != marker { // a marker that is a prefix stands for all below it
			if len(page.objects)+len(page.prefixes) >= limit {
				page.more = true
				break
			}
			page.last = found
		}
		if folded == "" {
			// A name can vanish between the two looks; then it is not listed.
			if obj := objects(key); obj != nil {
				page.objects = append(page.objects, obj)
			}
			i++
		} else {
			if folded != marker {
				page.prefixes = append(page.prefixes, folded)
			}
			i += sort.Search(len(names)-i, func(n int) bool { return !strings.HasPrefix(names[i+n], folded) })
		}
	}
	return page
}

// names are the bucket's keys in order, as a slice that is not written to
// again, and the way to look one up.
func (o *Objects) names(bucket string) ([]string, func(string) *s3Object) {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := o.buckets[bucket]
	if b == nil {
		return nil, nil
	}
	if b.stale {
		b.sorted, b.stale = slices.Sorted(maps.Keys(b.objects)), false
	}
	return b.sorted, func(key string) *s3Object { return o.get(bucket, key) }
}
