package awsapi

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// s3Disk is the directory behind [Objects]:
//
//	BUCKET/SHA256(KEY)      an object: one line of JSON, then its bytes
//	BUCKET/SHA256(KEY).ID   its version of that id
//	.uploads/ID/upload      an unfinished multipart upload: one line of JSON
//	.uploads/ID/part-N      one of its parts, like an object
//
// One file holds both what an object is and its bytes, so that renaming it
// into place is all or nothing, even when the process is killed. A bucket's
// name begins with a letter or digit and so never meets ".uploads".
type s3Disk struct{ dir string } // "" writes nothing

const (
	s3Uploads   = ".uploads"
	s3Temporary = ".new-"
)

// s3File is a file that was written but is not yet in its place. The zero
// value is the file of a store without a directory.
type s3File struct{ temp, path string }

func (f s3File) keep() error {
	if f.path == "" {
		return nil
	}
	return os.Rename(f.temp, f.path)
}

// discard removes what was not kept.
func (f s3File) discard() {
	if f.temp != "" {
		os.Remove(f.temp) // fails where keep has renamed it, as it should
	}
}

func (d s3Disk) objectPath(obj *s3Object) string {
	sum := sha256.Sum256([]byte(obj.Key)) // keys are longer and odder than file names may be
	name := hex.EncodeToString(sum[:])
	if obj.Version != "" {
		name += "." + obj.Version
	}
	return filepath.Join(d.dir, obj.Bucket, name)
}

func (d s3Disk) uploadPath(id string, name ...string) string {
	return filepath.Join(append([]string{d.dir, s3Uploads, id}, name...)...)
}

func (d s3Disk) writeObject(obj *s3Object) (s3File, error) {
	return d.write(d.objectPath(obj), obj, obj.body)
}

func (d s3Disk) writePart(id string, p *s3Part) (s3File, error) {
	return d.write(d.uploadPath(id, fmt.Sprintf("part-%d", p.Number)), p, p.body)
}

func (d s3Disk) writeUpload(u *s3Upload) error {
	f, err := d.write(d.uploadPath(u.ID, "upload"), u, &s3Blob{})
	if err != nil {
		return err
	}
	defer f.discard()
	return f.keep()
}

func (d s3Disk) write(path string, head any, body *s3Blob) (_ s3File, err error) {
	if d.dir == "" {
		return s3File{}, nil
	}
	line, err := json.Marshal(head)
	if err != nil {
		return s3File{}, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return s3File{}, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), s3Temporary+"*")
	if err != nil {
		return s3File{}, err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(append(line, '\n')); err != nil {
		return s3File{}, err
	}
	if _, err := body.WriteTo(f); err != nil {
		return s3File{}, err
	}
	return s3File{f.Name(), path}, f.Close()
}

func (d s3Disk) removeObject(obj *s3Object) error {
	if d.dir == "" {
		return nil
	}
	return ignoreMissing(os.Remove(d.objectPath(obj)))
}

func (d s3Disk) removeUpload(id string) error {
	if d.dir == "" {
		return nil
	}
	// The upload goes first: parts without one are swept up at the next start.
	if err := ignoreMissing(os.Remove(d.uploadPath(id, "upload"))); err != nil {
		return err
	}
	return os.RemoveAll(d.uploadPath(id))
}

func (d s3Disk) removeBucket(bucket string) error {
	if d.dir == "" || bucket == "" {
		return nil
	}
	return os.RemoveAll(filepath.Join(d.dir, bucket))
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// load reads the directory, and removes what a killed process left half done.
func (d s3Disk) load() ([]*s3Object, []*s3Upload, error) {
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return nil, nil, err
	}
	var objects []*s3Object
	err := d.each(".", func(bucket string) error {
		if strings.HasPrefix(bucket, ".") {
			return nil
		}
		return d.each(bucket, func(name string) error {
			path := filepath.Join(d.dir, bucket, name)
			if strings.HasPrefix(name, s3Temporary) {
				return os.Remove(path)
			}
			obj := &s3Object{}
			var err error
			if obj.body, err = readSaved(path, obj); err != nil {
				return err
			}
			if obj.Bucket != bucket || d.objectPath(obj) != path {
				return fmt.Errorf("%s is not the object it says it is", path)
			}
			objects = append(objects, obj)
			return nil
		})
	})
	if err != nil {
		return nil, nil, err
	}
	var uploads []*s3Upload
	err = d.each(s3Uploads, func(id string) error {
		u, err := d.loadUpload(id)
		if u != nil {
			uploads = append(uploads, u)
		}
		return err
	})
	return objects, uploads, err
}

func (d s3Disk) loadUpload(id string) (*s3Upload, error) {
	u := &s3Upload{parts: map[int]*s3Part{}}
	_, err := readSaved(d.uploadPath(id, "upload"), u)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, os.RemoveAll(d.uploadPath(id))
	}
	if err != nil {
		return nil, err
	}
	return u, d.each(filepath.Join(s3Uploads, id), func(name string) error {
		path := d.uploadPath(id, name)
		switch {
		case strings.HasPrefix(name, s3Temporary):
			return os.Remove(path)
		case !strings.HasPrefix(name, "part-"):
			return nil
		}
		p := &s3Part{}
		if p.body, err = readSaved(path, p); err != nil {
			return err
		}
		u.parts[p.Number] = p
		return nil
	})
}

func (d s3Disk) each(name string, f func(entry string) error) error {
	entries, err := os.ReadDir(filepath.Join(d.dir, name))
	if ignoreMissing(err) != nil {
		return err
	}
	for _, e := range entries {
		if err := f(e.Name()); err != nil {
			return err
		}
	}
	return nil
}

// readSaved reads a file of write.
func readSaved(path string, head any) (*s3Blob, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	r := bufio.NewReader(f)
	line, err := r.ReadBytes('\n')
	if err != nil && err != io.EOF {
		return nil, err
	}
	if err := json.Unmarshal(line, head); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return readBlob(r, info.Size()-int64(len(line)))
}
