// Package memfs is a small Unix file system in memory: directories, files,
// character devices, owners, modes and times, and a limit after which it is
// full.
//
// An [FS] is safe for concurrent use. Nobody reaches it but through a [View],
// which acts for one user and refuses what that user may not do. Names are
// absolute and slash-separated on every platform; errors are *[fs.PathError]
// around an [Errno], whose texts are those of the C library. There are no
// links, and access times are not kept.
package memfs

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options say what a file system is made of.
type Options struct {
	Limit int64            // bytes of file data it holds; 0 means 64 MiB
	Now   func() time.Time // stamps changes; nil means time.Now
	// Random fills p, for /dev/urandom; nil leaves it zero.
	Random func(p []byte)
}

// FS is one file system. Its zero value is of no use: see [New].
type FS struct {
	o Options

	mu     sync.RWMutex
	root   *node
	used   int64
	inodes uint64 // given out
}

// node is a file, directory or device; the FS's mutex guards it.
type node struct {
	inode    uint64
	mode     fs.FileMode // type and permissions
	uid, gid uint32
	mtime    time.Time
	children map[string]*node // of a directory
	data     content          // of a file
	device   device
	gone     bool // removed; what is still written to it is lost
}

type device int

const (
	none device = iota
	null
	zero
	random
)

// New returns a file system with the directories / and /dev, and the devices
// null, zero, random and urandom.
func New(o Options) *FS {
	if o.Limit <= 0 {
		o.Limit = 64 << 20
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = func(p []byte) { clear(p) }
	}
	at := o.Now()
	f := &FS{o: o}
	dev := &node{inode: f.inode(), mode: fs.ModeDir | 0o755, mtime: at, children: map[string]*node{}}
	for name, kind := range map[string]device{"null": null, "zero": zero, "random": random, "urandom": random} {
		dev.children[name] = &node{inode: f.inode(), mode: fs.ModeDevice | fs.ModeCharDevice | 0o666, mtime: at, device: kind}
	}
	f.root = &node{inode: f.inode(), mode: fs.ModeDir | 0o755, mtime: at, children: map[string]*node{"dev": dev}}
	return f
}

// inode is the next number; the first, of XFS's root, is 128.
func (f *FS) inode() uint64 {
	f.inodes++
	return 127 + f.inodes
}

// As returns the file system as the user with these ids sees it; uid 0 may do
// everything.
func (f *FS) As(uid, gid uint32) *View { return &View{f: f, uid: uid, gid: gid} }

// Bind gives the directory from the second name to, as a bind mount does. It
// reports whether both places exist.
func (f *FS) Bind(from, to string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	root := f.As(0, 0)
	n, err := root.find(from)
	dir, base, err2 := root.parent(to)
	if err != nil || err2 != nil || !n.mode.IsDir() {
		return false
	}
	dir.children[base] = n
	return true
}

// Usage reports the bytes of data held and the most that fit.
func (f *FS) Usage() (used, limit int64) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.used, f.o.Limit
}

// View is a file system in the hands of one user. It satisfies [fs.StatFS] but
// for its names, which are absolute.
type View struct {
	f        *FS
	uid, gid uint32
}

// Usage is [FS.Usage].
func (v *View) Usage() (used, limit int64) { return v.f.Usage() }

const (
	mayRead  = 4
	mayWrite = 2
	mayExec  = 1
)

func (v *View) may(n *node, what fs.FileMode) bool {
	if v.uid == 0 {
		// Root passes every check but one: a file nobody may execute.
		return what&mayExec == 0 || n.mode.IsDir() || n.mode&0o111 != 0
	}
	perm := n.mode.Perm()
	switch {
	case v.uid == n.uid:
		perm >>= 6
	case v.gid == n.gid:
		perm >>= 3
	}
	return perm&what == what
}

// find walks to name; the caller holds the mutex.
func (v *View) find(name string) (*node, error) {
	n := v.f.root
	for part := range strings.SplitSeq(path.Clean("/" + name)[1:], "/") {
		if part == "" {
			return n, nil // the root itself
		}
		if !n.mode.IsDir() {
			return nil, ENOTDIR
		}
		if !v.may(n, mayExec) {
			return nil, EACCES
		}
		child, ok := n.children[part]
		if !ok {
			return nil, ENOENT
		}
		n = child
	}
	return n, nil
}

// parent walks to the directory that holds name, which need not exist, and
// checks that entries may be made and removed there.
func (v *View) parent(name string) (dir *node, base string, err error) {
	name = path.Clean("/" + name)
	if name == "/" {
		return nil, "", EBUSY
	}
	base = path.Base(name)
	if len(base) > 255 {
		return nil, "", ENAMETOOLONG
	}
	dir, err = v.find(path.Dir(name))
	switch {
	case err != nil:
		return nil, "", err
	case !dir.mode.IsDir():
		return nil, "", ENOTDIR
	case !v.may(dir, mayExec):
		return nil, "", EACCES
	}
	return dir, base, nil
}

// mayUnlink is the right to take n out of dir: a sticky directory such as
// /tmp leaves each file to its owner.
func (v *View) mayUnlink(dir, n *node) error {
	if !v.may(dir, mayWrite) {
		return EACCES
	}
	if dir.mode&fs.ModeSticky != 0 && v.uid != 0 && v.uid != n.uid && v.uid != dir.uid {
		return EPERM
	}
	return nil
}

// Stat describes a file; its FileInfo is an *[Info].
func (v *View) Stat(name string) (fs.FileInfo, error) {
	v.f.mu.RLock()
	defer v.f.mu.RUnlock()
	n, err := v.find(name)
	if err != nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	return newInfo(path.Base(path.Clean("/"+name)), n), nil
}

// Access checks that the user may do all of mode, bits as in access(2): 4 to
// read, 2 to write, 1 to execute or search.
func (v *View) Access(name string, mode uint32) error {
	v.f.mu.RLock()
	defer v.f.mu.RUnlock()
	n, err := v.find(name)
	if err == nil && !v.may(n, fs.FileMode(mode&7)) {
		err = EACCES
	}
	return wrap("access", name, err)
}

// ReadDir lists a directory in the order of the bytes of the names.
func (v *View) ReadDir(name string) ([]fs.DirEntry, error) {
	v.f.mu.RLock()
	defer v.f.mu.RUnlock()
	n, err := v.find(name)
	switch {
	case err != nil:
	case !n.mode.IsDir():
		err = ENOTDIR
	case !v.may(n, mayRead):
		err = EACCES
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	entries := make([]fs.DirEntry, 0, len(n.children))
	for _, base := range slices.Sorted(maps.Keys(n.children)) {
		entries = append(entries, fs.FileInfoToDirEntry(newInfo(base, n.children[base])))
	}
	return entries, nil
}

// Info is what is known of a file.
type Info struct {
	name     string
	inode    uint64
	size     int64
	mode     fs.FileMode
	mtime    time.Time
	uid, gid uint32
	links    int
}

func newInfo(name string, n *node) *Info {
	i := &Info{name: name, inode: n.inode, size: n.data.size, mode: n.mode, mtime: n.mtime, uid: n.uid, gid: n.gid, links: 1}
	if n.mode.IsDir() {
		i.size, i.links = 4096, 2
		for _, c := range n.children {
			if c.mode.IsDir() {
				i.links++ // its ".."
			}
		}
	}
	return i
}

func (i *Info) Name() string       { return i.name }
func (i *Info) Size() int64        { return i.size }
func (i *Info) Mode() fs.FileMode  { return i.mode }
func (i *Info) ModTime() time.Time { return i.mtime }
func (i *Info) IsDir() bool        { return i.mode.IsDir() }
func (i *Info) Sys() any           { return nil }

// Uid is the number of the owner.
func (i *Info) Uid() uint32 { return i.uid }

// Gid is the number of the group.
func (i *Info) Gid() uint32 { return i.gid }

// Inode is the number of the file, which renaming keeps.
func (i *Info) Inode() uint64 { return i.inode }

// Links is the number of names: 1, and for a directory 2 and one for each
// directory in it.
func (i *Info) Links() int { return i.links }

func wrap(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}
