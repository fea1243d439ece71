package memfs

import "io/fs"

// Errno is why an operation was refused, with the C library's text.
type Errno string

// The errors of this file system.
const (
	EPERM        Errno = "Operation not permitted"
	ENOENT       Errno = "No such file or directory"
	EACCES       Errno = "Permission denied"
	EBUSY        Errno = "Device or resource busy"
	EEXIST       Errno = "File exists"
	ENOTDIR      Errno = "Not a directory"
	EISDIR       Errno = "Is a directory"
	EINVAL       Errno = "Invalid argument"
	EFBIG        Errno = "File too large"
	ENOSPC       Errno = "No space left on device"
	ENAMETOOLONG Errno = "File name too long"
	ENOTEMPTY    Errno = "Directory not empty"
	EBADF        Errno = "Bad file descriptor"
)

func (e Errno) Error() string { return string(e) }

// Is maps to the errors of package fs, as the real numbers do.
func (e Errno) Is(target error) bool {
	switch target {
	case fs.ErrNotExist:
		return e == ENOENT
	case fs.ErrExist:
		return e == EEXIST || e == ENOTEMPTY
	case fs.ErrPermission:
		return e == EACCES || e == EPERM
	case fs.ErrInvalid:
		return e == EINVAL
	case fs.ErrClosed:
		return e == EBADF
	}
	return false
}
