package lab_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cpuTime is what this process has computed so far, as Linux tells it.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	const ticks = 100 // a second, whatever the kernel: proc(5), USER_HZ
	f := processFields(t, "/proc/self/stat")
	return time.Duration(f(13)+f(14)) * time.Second / ticks
}

// resident is how much memory this process has, in bytes.
func resident(t *testing.T) int64 {
	t.Helper()
	return processFields(t, "/proc/self/statm")(1) * int64(os.Getpagesize())
}

// processFields reads numbers that stand between spaces.
func processFields(t *testing.T, file string) func(i int) int64 {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Skip("only Linux tells:", err)
	}
	fields := strings.Fields(string(text))
	return func(i int) int64 {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		return n
	}
}
