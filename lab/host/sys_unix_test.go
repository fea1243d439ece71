//go:build unix

package host

import (
	"os/exec"
	"syscall"
)

// ownGroup gives a program a process group, for it and all that it starts.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func signalGroup(cmd *exec.Cmd, s syscall.Signal) error { return syscall.Kill(-cmd.Process.Pid, s) }
