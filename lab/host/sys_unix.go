//go:build unix

package host

import (
	"os"
	"syscall"
)

// systemStat is what the interpreter's tests -O and -G compare with the user
// and group of the machine's process: the same where the shell's user owns the
// file, others where not.
func systemStat(owner, group bool) any {
	st := &syscall.Stat_t{Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid())}
	if !owner {
		st.Uid++
	}
	if !group {
		st.Gid++
	}
	return st
}
