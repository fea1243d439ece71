package main

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// fill leaves no room on the disk for a file that this process has open:
// /dev/full takes the place of its descriptor. free makes room again.
func fill(t *testing.T, file string) (free func()) {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if name, err := os.Readlink(filepath.Join("/proc/self/fd", e.Name())); err != nil || name != file {
			continue
		}
		fd, _ := strconv.Atoi(e.Name())
		kept, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		full, err := unix.Open("/dev/full", unix.O_RDWR|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		swap := func(from int) {
			if err := unix.Dup3(from, fd, unix.O_CLOEXEC); err != nil {
				t.Fatal(err)
			}
			unix.Close(from)
		}
		swap(full)
		return func() { swap(kept) }
	}
	t.Fatalf("%s is not open", file)
	return nil
}
