package awsapi

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestS3CLI lets the real aws command speak: make a bucket, copy up and down
// (20 MiB, which it sends in parts), list, remove.
func TestS3CLI(t *testing.T) {
	t.Parallel() // it mostly waits for other processes
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the aws command is not installed: its requests are not tried")
	}
	if testing.Short() {
		t.Skip("starting the aws command takes a second each time")
	}
	l := newS3Lab(t, t.TempDir())
	home := t.TempDir()
	run := func(want int, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "aws", append([]string{"--endpoint-url", l.url, "--region", s3Seoul}, args...)...)
		cmd.Dir = home
		cmd.Env = append(os.Environ(), "HOME="+home, "AWS_ACCESS_KEY_ID=AKIAADMIN", "AWS_SECRET_ACCESS_KEY=admin", "AWS_SESSION_TOKEN=", "TZ=Asia/Seoul", "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true", "PYENV_VERSION="+os.Getenv("PYENV_VERSION"))
		out, err := cmd.CombinedOutput()
		status := 0
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			status = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if status == 127 {
			t.Skipf("the aws command does not start: %s", out)
		}
		if status != want {
			t.Fatalf("aws %s: exit status %d, want %d\n%s", strings.Join(args, " "), status, want, out)
		}
		return string(out)
	}
	big := make([]byte, 20<<20)
	for i := range big {
		big[i] = byte(i * i >> 8)
	}
	if err := os.WriteFile(filepath.Join(home, "big"), big, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "TestImage1.png"), sample(478809), 0o600); err != nil {
		t.Fatal(err)
	}

	if out := run(0, "s3", "mb", "s3://test-seoulregion"); out != "make_bucket: test-seoulregion\n" {
		t.Errorf("mb says %q", out)
	}
	run(0, "s3", "cp", "--quiet", "TestImage1.png", "s3://test-seoulregion")
	run(0, "s3", "cp", "--quiet", "big", "s3://test-seoulregion/a b/한글")
	if obj := l.objects.get("test-seoulregion", "a b/한글"); obj == nil || len(obj.Parts) != 3 {
		t.Errorf("20 MiB were not sent in parts: %+v", obj)
	}
	// The guide's line, with the padding that its print lost.
	want := regexp.MustCompile(`^ {27}PRE a b/\n2022-01-03 11:36:\d\d     478809 TestImage1.png\n$`)
	if out := run(0, "s3", "ls", "s3://test-seoulregion"); !want.MatchString(out) {
		t.Errorf("ls says %q", out)
	}
	run(0, "s3", "cp", "--quiet", "s3://test-seoulregion/a b/한글", "back")
	back, err := os.ReadFile(filepath.Join(home, "back"))
	if err != nil || sha256.Sum256(back) != sha256.Sum256(big) || !bytes.Equal(back, big) {
		t.Errorf("the file came back changed: %v", err)
	}
	if out := run(255, "s3", "ls", "s3://gwlab-none"); !strings.Contains(out, "An error occurred (NoSuchBucket) when calling the ListObjectsV2 operation: The specified bucket does not exist\n") {
		t.Errorf("ls says %q", out)
	}
	if out := run(0, "s3", "rb", "--force", "s3://test-seoulregion"); !strings.HasSuffix(out, "remove_bucket: test-seoulregion\n") {
		t.Errorf("rb says %q", out)
	}
	if n := len(l.world.Snapshot().Buckets); n != 0 {
		t.Errorf("%d buckets are left", n)
	}
}
