package awsapi

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// s3Upload is a multipart upload that was neither completed nor aborted.
type s3Upload struct {
	ID, Bucket, Key string
	Started         time.Time
	Headers         map[string]string `json:",omitempty"`
	Tags            map[string]string `json:",omitempty"`
	Algorithm       string            `json:",omitempty"` // of the checksum, "" for S3's own choice
	FullObject      bool              `json:",omitempty"`
	Initiator       string
	parts           map[int]*s3Part
}

// s3Part is one uploaded part.
type s3Part struct {
	Number   int
	ETag     string
	Modified time.Time
	Sum      s3Sum
	body     *s3Blob
}

// uploadsOf are the bucket's unfinished uploads, by key and start.
func (o *Objects) uploadsOf(bucket string) []*s3Upload {
	o.mu.RLock()
	defer o.mu.RUnlock()
	var out []*s3Upload
	for _, u := range o.uploads {
		if u.Bucket == bucket {
			out = append(out, u)
		}
	}
	slices.SortFunc(out, func(a, b *s3Upload) int {
		return cmp.Or(strings.Compare(a.Key, b.Key), a.Started.Compare(b.Started), strings.Compare(a.ID, b.ID))
	})
	return out
}

// begin adds an upload; false where its id is taken.
func (o *Objects) begin(u *s3Upload) (bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.uploads[u.ID] != nil {
		return false, nil
	}
	if err := o.disk.writeUpload(u); err != nil {
		return false, fmt.Errorf("starting an upload: %w", err)
	}
	u.parts = map[int]*s3Part{}
	o.uploads[u.ID] = u
	return true, nil
}

// upload finds an unfinished upload, or nil.
func (o *Objects) upload(bucket, key, id string) *s3Upload {
	o.mu.RLock()
	defer o.mu.RUnlock()
	u := o.uploads[id]
	if u == nil || u.Bucket != bucket || u.Key != key {
		return nil
	}
	return u
}

// parts are those of an upload, by number.
func (o *Objects) parts(u *s3Upload) map[int]*s3Part {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return maps.Clone(u.parts)
}

// addPart stores a part; false where the upload has ended meanwhile.
func (o *Objects) addPart(u *s3Upload, p *s3Part) (bool, error) {
	file, err := o.disk.writePart(u.ID, p)
	if err != nil {
		return false, fmt.Errorf("storing part %d: %w", p.Number, err)
	}
	defer file.discard()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.uploads[u.ID] != u {
		return false, nil
	}
	if err := file.keep(); err != nil {
		return false, fmt.Errorf("storing part %d: %w", p.Number, err)
	}
	u.parts[p.Number] = p
	return true, nil
}

// finish turns an upload into obj, in one step that no request can see half
// of; false where the upload has ended meanwhile.
func (o *Objects) finish(u *s3Upload, obj *s3Object, allowed func(old *s3Object) error) (bool, error) {
	file, err := o.disk.writeObject(obj)
	if err != nil {
		return false, fmt.Errorf("completing an upload: %w", err)
	}
	defer file.discard()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.uploads[u.ID] != u {
		return false, nil
	}
	if err := o.commit(obj, file, allowed); err != nil {
		return true, err
	}
	// A lab killed right here has both the object and the upload, and a client
	// that completes once more gets the same object.
	delete(o.uploads, u.ID)
	return true, o.disk.removeUpload(u.ID)
}

// abort forgets an upload; false where there is none.
func (o *Objects) abort(u *s3Upload) (bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.uploads[u.ID] != u {
		return false, nil
	}
	if err := o.disk.removeUpload(u.ID); err != nil {
		return false, fmt.Errorf("aborting an upload: %w", err)
	}
	delete(o.uploads, u.ID)
	return true, nil
}
