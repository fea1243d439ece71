package host

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/pkg/sftp"

	"gatewalk/lab/host/memfs"
)

// serveFiles is the sftp subsystem, with the rights of ec2-user.
func (s *session) serveFiles() {
	f := sftpFiles{s.h.view(false)}
	server := sftp.NewRequestServer(s.ch, sftp.Handlers{FileGet: f, FilePut: f, FileCmd: f, FileList: f},
		sftp.WithStartDirectory("/home/ec2-user"))
	// Serve ends with the client's end of file. It is not closed, for that closes
	// the channel, on which the exit status is still to go.
	_ = server.Serve()
}

// sftpFiles hands the host's files to the sftp server.
type sftpFiles struct{ files *memfs.View }

// sftpError gives an error the code that clients know.
func sftpError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return sftp.ErrSSHFxNoSuchFile
	case errors.Is(err, fs.ErrPermission):
		return sftp.ErrSSHFxPermissionDenied
	}
	return errors.New(cause(err).Error()) // SSH_FX_FAILURE and the text
}

func (s sftpFiles) open(r *sftp.Request) (*memfs.File, error) {
	flags := r.Pflags()
	flag := os.O_RDONLY
	switch {
	case flags.Read && flags.Write:
		flag = os.O_RDWR
	case flags.Write || flags.Append:
		flag = os.O_WRONLY
	}
	for bit, set := range map[int]bool{os.O_CREATE: flags.Creat, os.O_TRUNC: flags.Trunc, os.O_EXCL: flags.Excl} {
		if set {
			flag |= bit
		}
	}
	mode := fs.FileMode(0o644)
	if r.AttrFlags().Permissions {
		a, err := attributes(r)
		if err != nil {
			return nil, err
		}
		mode = a.FileMode().Perm()
	}
	f, err := s.files.OpenFile(r.Filepath, flag, mode)
	if err != nil {
		return nil, sftpError(err)
	}
	if i, _ := f.Stat(); i.IsDir() {
		return nil, sftpError(memfs.EISDIR)
	}
	return f, nil
}

func (s sftpFiles) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	f, err := s.open(r)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (s sftpFiles) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	f, err := s.open(r)
	if err != nil {
		return nil, err
	}
	return sftpWriter{f}, nil
}

// OpenFile opens for reading and writing.
func (s sftpFiles) OpenFile(r *sftp.Request) (sftp.WriterAtReaderAt, error) {
	f, err := s.open(r)
	if err != nil {
		return nil, err
	}
	return sftpWriter{f}, nil
}

// sftpWriter words what goes wrong with a write, such as a full disk.
type sftpWriter struct{ *memfs.File }

func (w sftpWriter) WriteAt(p []byte, off int64) (int, error) {
	n, err := w.File.WriteAt(p, off)
	return n, sftpError(err)
}

// Filecmd changes names and attributes.
func (s sftpFiles) Filecmd(r *sftp.Request) error {
	switch r.Method {
	case "Setstat":
		return sftpError(s.setstat(r))
	case "Rename":
		if _, err := s.files.Stat(r.Target); err == nil {
			return sftpError(memfs.EEXIST) // the old request never replaces
		}
		return sftpError(s.files.Rename(r.Filepath, r.Target))
	case "PosixRename":
		return sftpError(s.files.Rename(r.Filepath, r.Target))
	case "Rmdir", "Remove":
		i, err := s.files.Stat(r.Filepath)
		switch {
		case err != nil:
		case i.IsDir() && r.Method == "Remove":
			err = memfs.EISDIR
		case !i.IsDir() && r.Method == "Rmdir":
			err = memfs.ENOTDIR
		default:
			err = s.files.Remove(r.Filepath)
		}
		return sftpError(err)
	case "Mkdir":
		return sftpError(s.files.Mkdir(r.Filepath, 0o755))
	}
	return sftp.ErrSSHFxOpUnsupported // links
}

// PosixRename replaces its target.
func (s sftpFiles) PosixRename(r *sftp.Request) error {
	return sftpError(s.files.Rename(r.Filepath, r.Target))
}

// attributes are those of a request, which may say that it has some and be too
// short for them.
func attributes(r *sftp.Request) (*sftp.FileStat, error) {
	if a := r.Attributes(); a != nil {
		return a, nil
	}
	return nil, sftp.ErrSSHFxBadMessage
}

func (s sftpFiles) setstat(r *sftp.Request) error {
	flags := r.AttrFlags()
	a, err := attributes(r)
	if err != nil {
		return err
	}
	var errs []error
	if flags.Size {
		errs = append(errs, s.files.Truncate(r.Filepath, int64(min(a.Size, 1<<62))))
	}
	if flags.Permissions {
		errs = append(errs, s.files.Chmod(r.Filepath, a.FileMode()))
	}
	if flags.UidGid {
		errs = append(errs, s.files.Chown(r.Filepath, a.UID, a.GID))
	}
	if flags.Acmodtime {
		errs = append(errs, s.files.Chtimes(r.Filepath, time.Unix(int64(a.Mtime), 0)))
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// StatVFS answers df of sftp.
func (s sftpFiles) StatVFS(*sftp.Request) (*sftp.StatVFS, error) {
	used, limit := s.files.Usage()
	const block = 4096
	free := uint64(limit-used) / block
	return &sftp.StatVFS{Bsize: block, Frsize: block, Blocks: uint64(limit) / block, Bfree: free, Bavail: free, Namemax: 255}, nil
}

// Filelist lists and describes.
func (s sftpFiles) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	switch r.Method {
	case "List":
		entries, err := s.files.ReadDir(r.Filepath)
		if err != nil {
			return nil, sftpError(err)
		}
		infos := make(sftpList, 0, len(entries))
		for _, e := range entries {
			if i, err := e.Info(); err == nil {
				infos = append(infos, i)
			}
		}
		return infos, nil
	case "Stat":
		i, err := s.files.Stat(r.Filepath)
		if err != nil {
			return nil, sftpError(err)
		}
		return sftpList{i}, nil
	}
	return nil, sftp.ErrSSHFxOpUnsupported
}

// LookupUserName and LookupGroupName name the owners in a long listing.
func (s sftpFiles) LookupUserName(uid string) string {
	if name, ok := map[string]string{"0": "root", "1000": "ec2-user"}[uid]; ok {
		return name
	}
	return uid
}

// LookupGroupName: see LookupUserName.
func (s sftpFiles) LookupGroupName(gid string) string { return s.LookupUserName(gid) }

// RealPath makes a path absolute; there are no links to follow.
func (s sftpFiles) RealPath(name string) (string, error) {
	if !path.IsAbs(name) {
		name = "/home/ec2-user/" + name
	}
	return path.Clean(name), nil
}

type sftpList []fs.FileInfo

func (l sftpList) ListAt(to []fs.FileInfo, from int64) (int, error) {
	if from >= int64(len(l)) {
		return 0, io.EOF
	}
	n := copy(to, l[from:])
	if n < len(to) {
		return n, io.EOF
	}
	return n, nil
}
