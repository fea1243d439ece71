package program

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// tasks finds all that is to be carried.
func (t *s3Transfer) tasks(ctx context.Context, src, dst string) ([]s3Task, error) {
	switch t.kind {
	case "locals3":
		return t.localTasks(src, dst)
	case "s3":
		return t.removals(ctx, src)
	}
	return t.objectTasks(ctx, src, dst)
}

// localTasks are uploads: a file, or with --recursive all below a directory.
func (t *s3Transfer) localTasks(src, dst string) ([]s3Task, error) {
	bucket, key := splitS3(dst)
	root := abs(t.Process, src)
	info, err := t.Files.Stat(root)
	if err != nil {
		return nil, &noSuchPath{src}
	}
	add := func(local, key string, size int64) s3Task {
		return s3Task{local: local, bucket: bucket, key: key, size: size, src: t.relative(local), dst: "s3://" + bucket + "/" + key}
	}
	if !t.recursive {
		if key == "" || strings.HasSuffix(key, "/") {
			key += path.Base(root)
		}
		task := add(root, key, info.Size())
		if info.IsDir() {
			task.src, task.local, task.size = t.relative(root)+"/", root+"/", 0
			task.src = strings.TrimPrefix(task.src, "./")
		}
		return []s3Task{task}, nil
	}
	if key != "" && !strings.HasSuffix(key, "/") {
		key += "/"
	}
	var tasks []s3Task
	err = t.walk(root, func(local string, info fs.FileInfo) {
		tasks = append(tasks, add(local, key+strings.TrimPrefix(local, root+"/"), info.Size()))
	})
	return tasks, err
}

// walk calls f with every file below a directory, in order of their names.
func (t *s3Transfer) walk(dir string, f func(name string, info fs.FileInfo)) error {
	entries, err := fs.ReadDir(t.Files, dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if e.IsDir() {
			if err := t.walk(name, f); err != nil {
				return err
			}
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			f(name, info)
		}
	}
	return nil
}

// objectTasks are downloads and copies: an object, or all below a prefix.
func (t *s3Transfer) objectTasks(ctx context.Context, src, dst string) ([]s3Task, error) {
	bucket, key := splitS3(src)
	toBucket, toKey := splitS3(dst)
	build := func(o s3Object, rest string) s3Task {
		task := s3Task{size: o.Size, modified: o.LastModified, src: "s3://" + bucket + "/" + o.Key}
		if t.kind == "s3s3" {
			task.bucket, task.key, task.fromBucket, task.fromKey = toBucket, rest, bucket, o.Key
			task.dst = "s3://" + toBucket + "/" + rest
			return task
		}
		task.bucket, task.key, task.local = bucket, o.Key, abs(t.Process, rest)
		task.dst = t.relative(task.local)
		return task
	}
	if !t.recursive {
		response, err := t.head(ctx, bucket, key)
		if refused, ok := errors.AsType[*awsError](err); ok && refused.Code == "404" {
			refused.Message = "Key \"" + key + "\" does not exist"
		}
		if err != nil {
			return nil, err
		}
		o := s3Object{Key: key, Size: response.ContentLength}
		o.LastModified, _ = time.Parse(time.RFC1123, response.Header.Get("Last-Modified"))
		if t.kind == "s3s3" {
			if toKey == "" || strings.HasSuffix(toKey, "/") {
				toKey += path.Base(key)
			}
			return []s3Task{build(o, toKey)}, nil
		}
		info, err := t.Files.Stat(abs(t.Process, dst))
		if strings.HasSuffix(dst, "/") || err == nil && info.IsDir() {
			dst = strings.TrimSuffix(dst, "/") + "/" + path.Base(key)
		}
		return []s3Task{build(o, dst)}, nil
	}
	if key != "" && !strings.HasSuffix(key, "/") {
		key += "/"
	}
	if t.kind == "s3s3" {
		dst = toKey
	}
	if dst != "" && !strings.HasSuffix(dst, "/") {
		dst += "/"
	}
	var tasks []s3Task
	err := t.list(ctx, bucket, key, "", "", func(p s3Page) error {
		for _, o := range p.Contents {
			if rest := strings.TrimPrefix(o.Key, key); rest != "" && !strings.HasSuffix(rest, "/") {
				tasks = append(tasks, build(o, dst+rest))
			}
		}
		return nil
	})
	return tasks, err
}

// removals are the objects that rm takes away; one that is not there counts.
func (t *s3Transfer) removals(ctx context.Context, src string) ([]s3Task, error) {
	bucket, key := splitS3(src)
	if !t.recursive {
		return []s3Task{{bucket: bucket, key: key, src: src}}, nil
	}
	if key != "" && !strings.HasSuffix(key, "/") {
		key += "/"
	}
	var tasks []s3Task
	err := t.list(ctx, bucket, key, "", "", func(p s3Page) error {
		for _, o := range p.Contents {
			tasks = append(tasks, s3Task{bucket: bucket, key: o.Key, src: "s3://" + bucket + "/" + o.Key})
		}
		return nil
	})
	return tasks, err
}

// s3Filters are --include and --exclude in the order they were given; the last
// that matches decides.
type s3Filters []struct {
	include bool
	pattern string
}

func filtersOf(args []string) s3Filters {
	var f s3Filters
	for i, a := range args {
		name, pattern, joined := strings.Cut(a, "=")
		if !joined && i+1 < len(args) {
			pattern = args[i+1]
		}
		if name == "--include" || name == "--exclude" {
			f = append(f, struct {
				include bool
				pattern string
			}{name == "--include", pattern})
		}
	}
	return f
}

// admit matches a task's name, seen from the source, against the filters.
func (f s3Filters) admit(task s3Task, src string) bool {
	if len(f) == 0 {
		return true
	}
	name := strings.TrimPrefix(strings.TrimPrefix(task.src, "./"), strings.TrimSuffix(strings.TrimPrefix(src, "./"), "/")+"/")
	admitted := true
	for _, filter := range f {
		if globMatch(filter.pattern, name) {
			admitted = filter.include
		}
	}
	return admitted
}

// globMatch matches as Python's fnmatch does: a star takes slashes as well.
func globMatch(pattern, name string) bool {
	swap := strings.NewReplacer("/", "\x00")
	ok, err := path.Match(swap.Replace(pattern), swap.Replace(name))
	return err == nil && ok || slices.Equal([]byte(pattern), []byte(name))
}
