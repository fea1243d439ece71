package steps

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// LockedError says that another gatewalk has the session open.
type LockedError struct {
	Path string // the lock file
	PID  int    // of the process that holds it; 0 if it did not say
}

func (e *LockedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("%s: another gatewalk has this session open", e.Path)
	}
	return fmt.Sprintf("%s: another gatewalk (process %d) has this session open", e.Path, e.PID)
}

// errHeld is what lockFile returns when another process has the lock.
var errHeld = errors.New("the lock is held")

// takeLock locks path with the operating system's own file lock, which a dead
// process cannot keep. The file holds the owner's process id, for the message
// that the next one gets.
func takeLock(path string) (*os.File, error) {
	f, err := lockFile(path)
	if errors.Is(err, errHeld) {
		return nil, &LockedError{Path: path, PID: lockOwner(path)}
	}
	if err != nil {
		return nil, fmt.Errorf("locking the session: %w", err)
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("locking the session: %w", err)
	}
	return f, nil
}

func lockOwner(path string) int {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 32))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return pid
}
