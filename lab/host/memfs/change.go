package memfs

import (
	"io/fs"
	"path"
)

// Mkdir makes a directory.
func (v *View) Mkdir(name string, perm fs.FileMode) error {
	v.f.mu.Lock()
	defer v.f.mu.Unlock()
	n := &node{mode: fs.ModeDir | perm&(fs.ModePerm|fs.ModeSticky), children: map[string]*node{}}
	if path.Clean("/"+name) == "/" {
		return wrap("mkdir", name, EEXIST)
	}
	_, err := v.create(name, n)
	return wrap("mkdir", name, err)
}

// Remove removes a file or an empty directory.
func (v *View) Remove(name string) error {
	v.f.mu.Lock()
	defer v.f.mu.Unlock()
	dir, base, err := v.parent(name)
	if err != nil {
		return wrap("remove", name, err)
	}
	n, ok := dir.children[base]
	switch {
	case !ok:
		err = ENOENT
	case len(n.children) > 0:
		err = ENOTEMPTY
	default:
		err = v.mayUnlink(dir, n)
	}
	if err == nil {
		v.f.drop(n)
		delete(dir.children, base)
		dir.mtime = v.f.o.Now()
	}
	return wrap("remove", name, err)
}

// drop gives back the space of n, whose last name goes. An open File keeps its
// node, emptied: simpler than counting them, and no program here lives from
// files without a name.
func (f *FS) drop(n *node) {
	freed, _ := n.data.truncate(0)
	f.used -= freed
	n.gone = !n.mode.IsDir()
}

// Rename moves a file or directory, in the place of a file or of an empty
// directory of that name.
func (v *View) Rename(from, to string) error {
	v.f.mu.Lock()
	defer v.f.mu.Unlock()
	return wrap("rename", from, v.rename(path.Clean("/"+from), path.Clean("/"+to)))
}

func (v *View) rename(from, to string) error {
	fromDir, fromBase, err := v.parent(from)
	if err != nil {
		return err
	}
	toDir, toBase, err := v.parent(to)
	if err != nil {
		return err
	}
	n, ok := fromDir.children[fromBase]
	if !ok {
		return ENOENT
	}
	if err := v.mayUnlink(fromDir, n); err != nil {
		return err
	}
	if !v.may(toDir, mayWrite) {
		return EACCES
	}
	if from == to {
		return nil
	}
	if n.holds(toDir) {
		return EINVAL // a directory cannot go below itself
	}
	if old, ok := toDir.children[toBase]; ok {
		switch {
		case n.mode.IsDir() && !old.mode.IsDir():
			return ENOTDIR
		case !n.mode.IsDir() && old.mode.IsDir():
			return EISDIR
		case len(old.children) > 0:
			return ENOTEMPTY
		}
		if err := v.mayUnlink(toDir, old); err != nil {
			return err
		}
		v.f.drop(old)
	}
	delete(fromDir.children, fromBase)
	toDir.children[toBase] = n
	fromDir.mtime = v.f.o.Now()
	toDir.mtime = fromDir.mtime
	return nil
}

// holds reports whether dir is n or below it, by whatever name.
func (n *node) holds(dir *node) bool {
	if n == dir {
		return true
	}
	for _, child := range n.children {
		if child.mode.IsDir() && child.holds(dir) {
			return true
		}
	}
	return false
}

// Chmod sets the permissions (and the sticky bit) of the user's file.
func (v *View) Chmod(name string, mode fs.FileMode) error {
	const settable = fs.ModePerm | fs.ModeSticky
	return v.change("chmod", name, func(n *node) error {
		n.mode = n.mode&^settable | mode&settable
		return nil
	})
}

// Chown gives a file to another owner, which only root may do.
func (v *View) Chown(name string, uid, gid uint32) error {
	return v.change("chown", name, func(n *node) error {
		if v.uid != 0 && (uid != n.uid || gid != n.gid) {
			return EPERM
		}
		n.uid, n.gid = uid, gid
		return nil
	})
}

// Truncate sets the size of a file that the user may write.
func (v *View) Truncate(name string, size int64) error {
	v.f.mu.Lock()
	defer v.f.mu.Unlock()
	n, err := v.find(name)
	switch {
	case err != nil:
	case n.mode.IsDir():
		err = EISDIR
	case !v.may(n, mayWrite):
		err = EACCES
	}
	if err != nil {
		return wrap("truncate", name, err)
	}
	return v.f.resize(name, n, size)
}

// change applies f to a file that is the user's own.
func (v *View) change(op, name string, f func(*node) error) error {
	v.f.mu.Lock()
	defer v.f.mu.Unlock()
	n, err := v.find(name)
	if err == nil {
		if v.uid != 0 && v.uid != n.uid {
			err = EPERM
		} else {
			err = f(n)
		}
	}
	return wrap(op, name, err)
}
