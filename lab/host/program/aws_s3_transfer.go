package program

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gatewalk/lab/host/memfs"
)

// s3Transfer is one run of cp, mv or rm.
type s3Transfer struct {
	*awsRun
	verb      string // of the result lines: upload, download, copy, move, delete
	kind      string // "locals3", "s3local", "s3s3" or "s3"
	move      bool
	dryrun    bool
	recursive bool
	header    http.Header // of uploads
	show      *s3Progress
}

// s3Task is one object to be carried.
type s3Task struct {
	local       string // absolute name of the file
	bucket, key string // where it goes, or for a download and a removal where it is
	fromBucket  string // of a copy
	fromKey     string
	size        int64
	modified    time.Time
	src, dst    string // as they are shown
}

// awsS3Transfer is cp, mv and rm.
func awsS3Transfer(ctx context.Context, a *awsRun, args []string) error {
	f, unknown, err := parseAWSFlags(args, map[string]int{
		"--recursive": 0, "--quiet": 0, "--only-show-errors": 0, "--no-progress": 0, "--dryrun": 0,
		"--exclude": 1, "--include": 1, "--page-size": 1, "--request-payer": 1, "--content-type": 1, "--storage-class": 1,
		"--acl": 1, "--sse": 1, "--cache-control": 1, "--expected-size": 1, "--follow-symlinks": 0, "--no-follow-symlinks": 0,
	})
	if err != nil {
		return err
	}
	want := 2
	if a.command == "rm" {
		want = 1
	}
	switch {
	case len(f.operands) < want:
		return awsMisuse("the following arguments are required: paths")
	case len(f.operands) > want || len(unknown) > 0:
		return awsFail(awsInvalid, "Unknown options: %s", strings.Join(append(f.operands[want:], unknown...), ","))
	}
	src, dst := f.operands[0], ""
	if want == 2 {
		dst = f.operands[1]
	}
	t := &s3Transfer{awsRun: a, move: a.command == "mv", dryrun: f.has("--dryrun"), recursive: f.has("--recursive"), header: http.Header{}}
	for option, name := range map[string]string{
		"--content-type": "Content-Type", "--storage-class": "X-Amz-Storage-Class", "--acl": "X-Amz-Acl",
		"--sse": "X-Amz-Server-Side-Encryption", "--cache-control": "Cache-Control",
	} {
		if f.has(option) {
			t.header.Set(name, f.get(option))
		}
	}
	quiet := f.has("--quiet")
	t.show = &s3Progress{
		run: a, quiet: quiet, results: !quiet && !f.has("--only-show-errors"),
		progress: !quiet && !f.has("--only-show-errors") && !f.has("--no-progress") && a.command != "rm",
	}
	t.kind = pathKind(src) + pathKind(dst)
	if a.command == "rm" {
		t.kind = pathKind(src)
	}
	verbs := map[string]string{"locals3": "upload", "s3local": "download", "s3s3": "copy", "s3": "delete"}
	if t.verb = verbs[t.kind]; t.verb == "" || a.command == "rm" && t.kind != "s3" {
		usage := "<LocalPath> <S3Uri> or <S3Uri> <LocalPath> or <S3Uri> <S3Uri>"
		if a.command == "rm" {
			usage = "<S3Uri>"
		}
		return awsFail(awsInvalid, "usage: aws s3 %s %s\nError: Invalid argument type", a.command, usage)
	}
	if t.move {
		t.verb = "move"
	}
	if src == "-" || dst == "-" {
		return t.stream(ctx, src, dst)
	}
	filters := filtersOf(args)
	tasks, err := t.tasks(ctx, src, dst)
	if err != nil {
		if exit, ok := errors.AsType[*awsExit](err); ok && exit.status != awsGeneral {
			return err
		}
		if ctx.Err() != nil {
			err = errors.New("") // what Python's KeyboardInterrupt says
		}
		if missing, ok := errors.AsType[*noSuchPath](err); ok {
			return awsFail(awsGeneral, "%v", missing)
		}
		if !quiet {
			fmt.Fprintf(a.Stderr, "fatal error: %v\n", err)
		}
		return errTransferFailed
	}
	tasks = slices.DeleteFunc(tasks, func(task s3Task) bool { return !filters.admit(task, src) })
	return t.carry(ctx, tasks)
}

func pathKind(p string) string {
	if strings.HasPrefix(p, "s3://") {
		return "s3"
	}
	return "local"
}

// noSuchPath is a source that is not there.
type noSuchPath struct{ path string }

func (e *noSuchPath) Error() string {
	return fmt.Sprintf("The user-provided path %s does not exist.", e.path)
}

// carry does the tasks one by one and reports 1 if one failed.
func (t *s3Transfer) carry(ctx context.Context, tasks []s3Task) error {
	if t.dryrun {
		for _, task := range tasks {
			fmt.Fprintf(t.Stdout, "(dryrun) %s: %s\n", t.verb, task.place())
		}
		return nil
	}
	t.show.begin(tasks)
	failed := false
	for _, task := range tasks {
		err := t.one(ctx, task)
		if ctx.Err() != nil {
			t.show.line(t.Stderr, "cancelled: ctrl-c received")
			return errTransferFailed
		}
		if err != nil {
			failed = true
			t.show.failed(fmt.Sprintf("%s failed: %s %v", t.verb, task.place(), err), task.size)
			continue
		}
		t.show.done(fmt.Sprintf("%s: %s", t.verb, task.place()))
	}
	if failed {
		return errTransferFailed
	}
	return nil
}

// errTransferFailed is the end of a transfer that has told already what went
// wrong. Ctrl-C is such an end as well: these commands make 1 of it, not 130.
var errTransferFailed = &awsExit{awsFailed, ""}

func (t s3Task) place() string {
	if t.dst == "" {
		return t.src
	}
	return t.src + " to " + t.dst
}

func (t *s3Transfer) one(ctx context.Context, task s3Task) error {
	var err error
	switch t.kind {
	case "locals3":
		err = t.upload(ctx, task)
	case "s3local":
		err = t.download(ctx, task)
	case "s3s3":
		err = t.copy(ctx, task)
	case "s3":
		_, err = t.s3Body(ctx, s3Request{operation: "DeleteObject", method: http.MethodDelete, bucket: task.bucket, key: task.key})
		return err
	}
	if err != nil || !t.move {
		return err
	}
	switch t.kind {
	case "locals3":
		return t.Files.Remove(task.local)
	case "s3s3":
		task.bucket, task.key = task.fromBucket, task.fromKey
	}
	_, err = t.s3Body(ctx, s3Request{operation: "DeleteObject", method: http.MethodDelete, bucket: task.bucket, key: task.key})
	return err
}

func (t *s3Transfer) upload(ctx context.Context, task s3Task) error {
	b, err := t.Files.ReadFile(task.local)
	if err != nil {
		return fmt.Errorf("[Errno %d] %s: '%s'", errnoOf(err), why(err), task.local)
	}
	if err := t.put(ctx, task.bucket, task.key, b); err != nil {
		return err
	}
	t.show.moved(int64(len(b)))
	return nil
}

func (t *s3Transfer) put(ctx context.Context, bucket, key string, body []byte) error {
	header := t.header.Clone()
	if header.Get("Content-Type") == "" {
		if guess := mediaTypes[strings.ToLower(path.Ext(key))]; guess != "" {
			header.Set("Content-Type", guess)
		}
	}
	_, err := t.s3Body(ctx, s3Request{operation: "PutObject", method: http.MethodPut, bucket: bucket, key: key, header: header, body: body})
	return err
}

// mediaTypes are the guesses of Python's mimetypes for what a learner uploads;
// package mime would read the machine's own files for them.
var mediaTypes = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".svg": "image/svg+xml",
	".txt": "text/plain", ".html": "text/html", ".htm": "text/html", ".css": "text/css", ".csv": "text/csv", ".md": "text/markdown",
	".js": "text/javascript", ".json": "application/json", ".xml": "text/xml", ".pdf": "application/pdf", ".zip": "application/zip",
	".tar": "application/x-tar", ".sh": "application/x-sh", ".py": "text/x-python", ".mp4": "video/mp4",
}

func (t *s3Transfer) download(ctx context.Context, task s3Task) error {
	response, err := t.s3(ctx, s3Request{operation: "GetObject", method: http.MethodGet, bucket: task.bucket, key: task.key})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if d, ok := t.Files.(interface{ Usage() (used, limit int64) }); ok {
		if used, limit := d.Usage(); response.ContentLength > limit-used { // or it would fill the machine's memory first
			return fmt.Errorf("[Errno %d] %s: '%s'", errnoOf(memfs.ENOSPC), memfs.ENOSPC, task.local)
		}
	}
	var b []byte
	piece := make([]byte, 256<<10)
	for {
		n, err := io.ReadFull(response.Body, piece)
		b = append(b, piece[:n]...)
		if n > 0 {
			t.show.moved(int64(n))
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF && int64(len(b)) == response.ContentLength {
			break
		}
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return endpointError(response.Request.URL.String(), &webError{Phase: phaseReceive, Err: err, TimedOut: errors.Is(err, os.ErrDeadlineExceeded)})
		}
	}
	makeDirs(t.Process, path.Dir(task.local))
	if err := t.Files.WriteFile(task.local, b, 0o644); err != nil {
		return fmt.Errorf("[Errno %d] %s: '%s'", errnoOf(err), why(err), task.local)
	}
	// A downloaded file is as old as its object.
	if c, ok := t.Files.(interface {
		Chtimes(name string, mtime time.Time) error
	}); ok {
		c.Chtimes(task.local, task.modified)
	}
	return nil
}

func (t *s3Transfer) copy(ctx context.Context, task s3Task) error {
	header := t.header.Clone()
	header.Set("X-Amz-Copy-Source", escapeKey(task.fromBucket+"/"+task.fromKey))
	_, err := t.s3Body(ctx, s3Request{operation: "CopyObject", method: http.MethodPut, bucket: task.bucket, key: task.key, header: header})
	if err == nil {
		t.show.moved(task.size)
	}
	return err
}

// stream is cp between an object and standard input or output; it prints
// nothing but what was asked for.
func (t *s3Transfer) stream(ctx context.Context, src, dst string) error {
	fail := func(err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		fmt.Fprintf(t.Stderr, "%s failed: %s to %s %v\n", t.verb, src, dst, err)
		return &awsExit{awsFailed, ""}
	}
	if src == "-" {
		bucket, key := splitS3(dst)
		if key == "" || strings.HasSuffix(key, "/") {
			key += "-"
		}
		dst = "s3://" + bucket + "/" + key
		b, err := whole(t.Stdin)
		if err == nil {
			err = t.put(ctx, bucket, key, b)
		}
		if err != nil {
			return fail(err)
		}
		return nil
	}
	bucket, key := splitS3(src)
	src = "s3://" + bucket + "/" + key
	if key == "" {
		return fail(errors.New("Parameter validation failed:\nInvalid length for parameter Key, value: 0, valid min length: 1"))
	}
	// The size is asked for first, as with every download.
	if _, err := t.head(ctx, bucket, key); err != nil {
		return fail(err)
	}
	response, err := t.s3(ctx, s3Request{operation: "GetObject", method: http.MethodGet, bucket: bucket, key: key})
	if err != nil {
		return fail(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(t.Stdout, response.Body); err != nil {
		return fail(err)
	}
	return nil
}

// head asks for what is known of an object.
func (a *awsRun) head(ctx context.Context, bucket, key string) (*http.Response, error) {
	response, err := a.s3(ctx, s3Request{operation: "HeadObject", method: http.MethodHead, bucket: bucket, key: key})
	if err != nil {
		return nil, err
	}
	response.Body.Close()
	return response, nil
}

// errnoOf is the number of a file error.
func errnoOf(err error) int {
	switch {
	case errors.Is(err, memfs.EISDIR):
		return 21
	case errors.Is(err, memfs.ENOTDIR):
		return 20
	case errors.Is(err, memfs.ENOSPC):
		return 28
	case errors.Is(err, fs.ErrPermission):
		return 13
	}
	return 2
}

// relative is a local name as the result lines show it: from the working
// directory, with "./" where no directory stands before it.
func (t *s3Transfer) relative(local string) string {
	dir, file := path.Split(local)
	rel, err := filepath.Rel(cmp.Or(t.Dir, "/"), path.Clean(dir))
	if err != nil {
		return local
	}
	return filepath.ToSlash(rel) + "/" + file
}
