package memfs

import (
	"io"
	"io/fs"
	"os"
	"path"
	"sync"
	"time"
)

// Open opens a file or directory for reading.
func (v *View) Open(name string) (fs.File, error) { return v.OpenFile(name, os.O_RDONLY, 0) }

// OpenFile opens a file as [os.OpenFile] does, with the flags of package os.
// Rights are checked here and then hold for the File.
func (v *View) OpenFile(name string, flag int, perm fs.FileMode) (*File, error) {
	v.f.mu.Lock()
	defer v.f.mu.Unlock()
	n, err := v.open(name, flag, perm)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &File{view: v, name: path.Base(path.Clean("/" + name)), node: n, flag: flag}, nil
}

func (v *View) open(name string, flag int, perm fs.FileMode) (*node, error) {
	writes := flag&(os.O_WRONLY|os.O_RDWR) != 0
	n, err := v.find(name)
	if err == ENOENT && flag&os.O_CREATE != 0 {
		return v.create(name, &node{mode: perm.Perm()})
	}
	switch {
	case err != nil:
		return nil, err
	case flag&os.O_CREATE != 0 && flag&os.O_EXCL != 0:
		return nil, EEXIST
	case n.mode.IsDir() && (writes || flag&os.O_CREATE != 0):
		return nil, EISDIR
	case flag&os.O_WRONLY == 0 && !v.may(n, mayRead), writes && !v.may(n, mayWrite):
		return nil, EACCES
	}
	if flag&os.O_TRUNC != 0 && writes && n.mode.IsRegular() {
		freed, _ := n.data.truncate(0)
		v.f.used -= freed
		n.mtime = v.f.o.Now()
	}
	return n, nil
}

// create enters n under name, as a new file of the user.
func (v *View) create(name string, n *node) (*node, error) {
	dir, base, err := v.parent(name)
	switch {
	case err != nil:
		return nil, err
	case dir.children[base] != nil:
		return nil, EEXIST
	case !v.may(dir, mayWrite):
		return nil, EACCES
	}
	n.inode, n.uid, n.gid, n.mtime = v.f.inode(), v.uid, v.gid, v.f.o.Now()
	dir.children[base], dir.mtime = n, n.mtime
	return n, nil
}

// ReadFile returns all of a file that is no larger than the file system.
func (v *View) ReadFile(name string) ([]byte, error) {
	f, err := v.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	if f.node.device != none {
		return nil, &fs.PathError{Op: "read", Path: name, Err: EINVAL} // it has no end
	}
	i, _ := f.Stat()
	if i.Size() > v.f.o.Limit { // holes: more than was ever written
		return nil, &fs.PathError{Op: "read", Path: name, Err: EFBIG}
	}
	b := make([]byte, i.Size())
	n, err := f.ReadAt(b, 0)
	if err == io.EOF {
		err = nil
	}
	return b[:n], err
}

// WriteFile sets all of a file, which it makes if it is not there.
func (v *View) WriteFile(name string, data []byte, perm fs.FileMode) error {
	f, err := v.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, perm)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return err
}

// File is an open file. Its methods may be called at the same time.
type File struct {
	view *View
	name string
	node *node
	flag int

	mu     sync.Mutex
	off    int64
	listed []fs.DirEntry // rest of a directory being read
	read   bool          // listed is filled
}

var _ interface {
	fs.ReadDirFile
	io.ReadWriteSeeker
	io.ReaderAt
	io.WriterAt
} = (*File)(nil)

// Close does nothing that can fail; a closed File still works.
func (f *File) Close() error { return nil }

// Stat describes the file as it is now.
func (f *File) Stat() (fs.FileInfo, error) {
	f.view.f.mu.RLock()
	defer f.view.f.mu.RUnlock()
	return newInfo(f.name, f.node), nil
}

// Read reads from the file's position on.
func (f *File) Read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.ReadAt(p, f.off)
	f.off += int64(n)
	if n > 0 && err == io.EOF {
		err = nil
	}
	return n, err
}

// ReadAt reads at a position of its own.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	fsys := f.view.f
	switch {
	case f.flag&os.O_WRONLY != 0:
		return 0, f.fail("read", EBADF)
	case f.node.mode.IsDir():
		return 0, f.fail("read", EISDIR)
	case off < 0:
		return 0, f.fail("read", EINVAL)
	}
	switch f.node.device {
	case null:
		return 0, io.EOF
	case zero:
		clear(p)
		return len(p), nil
	case random:
		fsys.mu.Lock()
		defer fsys.mu.Unlock()
		fsys.o.Random(p)
		return len(p), nil
	}
	fsys.mu.RLock()
	defer fsys.mu.RUnlock()
	return f.node.data.readAt(p, off)
}

// Write writes at the file's position, or at its end with O_APPEND.
func (f *File) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, at, err := f.write(p, f.off, f.flag&os.O_APPEND != 0)
	f.off = at + int64(n)
	return n, err
}

// WriteAt writes at a position of its own.
func (f *File) WriteAt(p []byte, off int64) (int, error) {
	n, _, err := f.write(p, off, false)
	return n, err
}

func (f *File) write(p []byte, off int64, end bool) (n int, at int64, err error) {
	switch {
	case f.flag&(os.O_WRONLY|os.O_RDWR) == 0:
		return 0, off, f.fail("write", EBADF)
	case off < 0:
		return 0, off, f.fail("write", EINVAL)
	case f.node.device != none:
		return len(p), off, nil
	}
	fsys := f.view.f
	fsys.mu.Lock()
	defer fsys.mu.Unlock()
	if f.node.gone {
		return len(p), off, nil
	}
	if end {
		off = f.node.data.size
	}
	n, err = f.node.data.writeAt(p, off, func(by int64) bool {
		if fsys.used+by > fsys.o.Limit {
			return false
		}
		fsys.used += by
		return true
	})
	f.node.mtime = fsys.o.Now()
	if err != nil {
		err = f.fail("write", err)
	}
	return n, off, err
}

// Seek sets the position.
func (f *File) Seek(offset int64, whence int) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		offset += f.off
	case io.SeekEnd:
		f.view.f.mu.RLock()
		offset += f.node.data.size
		f.view.f.mu.RUnlock()
	}
	if offset < 0 {
		return 0, f.fail("seek", EINVAL)
	}
	f.off = offset
	return offset, nil
}

// Truncate sets the size.
func (f *File) Truncate(size int64) error {
	if f.flag&(os.O_WRONLY|os.O_RDWR) == 0 {
		return f.fail("truncate", EINVAL)
	}
	f.view.f.mu.Lock()
	defer f.view.f.mu.Unlock()
	return f.view.f.resize(f.name, f.node, size)
}

// ReadDir returns the next n entries of a directory, or all with n <= 0, as
// [fs.ReadDirFile] says.
func (f *File) ReadDir(n int) ([]fs.DirEntry, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.node.mode.IsDir() {
		return nil, f.fail("readdir", ENOTDIR)
	}
	if !f.read {
		// The node itself is listed, wherever it has been moved to since.
		at := &View{f: &FS{root: f.node}}
		f.view.f.mu.RLock()
		f.listed, _ = at.ReadDir("/")
		f.view.f.mu.RUnlock()
		f.read = true
	}
	if n <= 0 {
		n = len(f.listed)
	} else if len(f.listed) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(f.listed))
	out := f.listed[:n]
	f.listed = f.listed[n:]
	return out, nil
}

func (f *File) fail(op string, err error) error {
	return &fs.PathError{Op: op, Path: f.name, Err: err}
}

// resize is truncate with its account and time; the caller holds the mutex.
func (f *FS) resize(name string, n *node, size int64) error {
	if !n.mode.IsRegular() {
		return &fs.PathError{Op: "truncate", Path: name, Err: EINVAL}
	}
	freed, err := n.data.truncate(size)
	if err != nil {
		return &fs.PathError{Op: "truncate", Path: name, Err: err}
	}
	f.used -= freed
	n.mtime = f.o.Now()
	return nil
}

// Chtimes sets the time of the last change.
func (v *View) Chtimes(name string, mtime time.Time) error {
	return v.change("chtimes", name, func(n *node) error { n.mtime = mtime; return nil })
}
