package main

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The program under test is this test binary: gatewalk, on the PATH.
func TestMain(m *testing.M) {
	// Most of these tests wait, for a clock or for another process: more of them
	// than there are processors may run at a time. The flag -parallel comes later.
	flag.Set("test.parallel", strconv.Itoa(4*runtime.GOMAXPROCS(0)))
	testscript.Main(m, map[string]func(){"gatewalk": main})
}

// long asks for more of the same, for a machine that has the time.
func long() bool { return os.Getenv("GATEWALK_LONG") != "" }

// Stories of whole commands; each file opens with what it proves.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, "state"))
			e.Setenv("LANG", "en_US.UTF-8")
			e.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"inorder": inOrder, "cut": cut},
	})
}

// inOrder FILE PATTERNS: every line of PATTERNS is a regular expression that
// some line of FILE matches, each after the one before.
func inOrder(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: inorder FILE PATTERNS")
	}
	lines := strings.Split(ts.ReadFile(args[0]), "\n")
	at := 0
	for _, pattern := range strings.Split(strings.TrimSpace(ts.ReadFile(args[1])), "\n") {
		re := regexp.MustCompile(pattern)
		i := slices.IndexFunc(lines[at:], re.MatchString)
		if i < 0 {
			ts.Fatalf("after line %d of %s nothing matches %q", at, args[0], pattern)
		}
		at += i + 1
	}
}

// cut FILE N takes the last N bytes off a file, as a power cut might.
func cut(ts *testscript.TestScript, neg bool, args []string) {
	data := ts.ReadFile(args[0])
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(data[:len(data)-n]), 0o600))
}

// gatewalk is the program in a state folder of its own.
func gatewalk(state string, args ...string) *exec.Cmd {
	cmd := exec.Command("gatewalk", append(args, "--lang", "en", "--state-dir", state)...)
	cmd.Env = append(os.Environ(), "AWS_EC2_METADATA_DISABLED=true")
	return cmd
}

func tail(out []byte) []byte { return out[max(0, len(out)-3000):] }

// bareEnv is this process's environment without anything that names an AWS
// account or a way to the internet.
func bareEnv(t *testing.T) []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "AWS_") || strings.HasPrefix(v, "HOME=") || strings.Contains(strings.ToUpper(strings.SplitN(v, "=", 2)[0]), "PROXY")
	})
	return append(env, "AWS_EC2_METADATA_DISABLED=true", "HOME="+t.TempDir())
}

// notInShort skips what -short, which is for the race detector, has no use for:
// one process after the other, or files that are read.
func notInShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("not with -short: nothing runs beside anything here")
	}
}

// needs skips where a program of the learner's is missing.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed", p)
		}
	}
}

// exitStatus runs cmd to its end, with its standard output and error apart.
func exitStatus(t *testing.T, cmd *exec.Cmd) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), o.String(), e.String()
}
