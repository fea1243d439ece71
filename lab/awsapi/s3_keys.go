package awsapi

import (
	"cmp"
	"maps"
	"slices"
	"sort"
	"strings"
)

// s3Keys is the objects of one bucket.
type s3Keys struct {
	versions map[string][]*s3Object // by key, the current one first; never empty
	all      s3Names                // the keys
	live     s3Names                // those whose current version is no delete marker
}

// live is the object that versions are of, nil where it is deleted.
func live(versions []*s3Object) *s3Object {
	if len(versions) == 0 || versions[0].Marker {
		return nil
	}
	return versions[0]
}

// versionOf finds a version by its id, or nil.
func versionOf(versions []*s3Object, id string) *s3Object {
	i := slices.IndexFunc(versions, func(o *s3Object) bool { return o.Version == id })
	if i < 0 {
		return nil
	}
	return versions[i]
}

// put adds obj, in place of the version of that id.
func (b *s3Keys) put(obj *s3Object) {
	versions := b.without(obj)
	i := slices.IndexFunc(versions, func(o *s3Object) bool { return o.Serial <= obj.Serial })
	if i < 0 {
		i = len(versions)
	}
	b.set(obj.Key, slices.Insert(versions, i, obj))
}

func (b *s3Keys) remove(obj *s3Object) { b.set(obj.Key, b.without(obj)) }

// without is a new slice of the versions but for that of obj's id.
func (b *s3Keys) without(obj *s3Object) []*s3Object {
	versions := make([]*s3Object, 0, len(b.versions[obj.Key])+1)
	for _, o := range b.versions[obj.Key] {
		if o.Version != obj.Version {
			versions = append(versions, o)
		}
	}
	return versions
}

func (b *s3Keys) set(key string, versions []*s3Object) {
	old := b.versions[key]
	if len(versions) > 0 {
		b.versions[key] = versions
	} else {
		delete(b.versions, key)
	}
	b.all.note(key, len(old) > 0, len(versions) > 0)
	b.live.note(key, live(old) != nil, live(versions) != nil)
}

// s3Names are keys in order. What sorted shows already is never written to: a
// listing may still be walking it.
type s3Names struct {
	sorted []string
	stale  bool // sorted has to be made again
}

// note says whether key was one of the names and is one now.
func (n *s3Names) note(key string, was, is bool) {
	switch last := len(n.sorted); {
	case was == is || n.stale:
	case !is, last > 0 && n.sorted[last-1] > key:
		n.stale = true // sorting waits for the next listing
	default:
		n.sorted = append(n.sorted, key)
	}
}

// s3Query is what a listing asks for.
type s3Query struct {
	prefix, delimiter string
	marker            string // the name or prefix that the last page ended with
	versions          bool   // all of them, not the objects as they are
	versionMarker     string // the version of marker that the last page ended with, "" for its last one
	limit             int
}

// s3Page is what a listing found.
type s3Page struct {
	objects  []*s3Object
	prefixes []string
	more     bool
	last     string // the name or prefix that the page ends with
}

// list walks the names after the marker in order, folding those that share a
// delimiter after the prefix, until limit objects and prefixes are found. It
// jumps over a folded prefix, so its work grows with what it returns.
func (o *Objects) list(bucket string, q s3Query) s3Page {
	names := o.names(bucket, q.versions)
	var page s3Page
	full := func() bool {
		page.more = len(page.objects)+len(page.prefixes) >= q.limit
		return page.more
	}
	i := sort.SearchStrings(names, max(q.prefix, q.marker))
	for i < len(names) {
		key := names[i]
		if !strings.HasPrefix(key, q.prefix) {
			break
		}
		if key == q.marker && q.versionMarker == "" {
			i++
			continue
		}
		if q.delimiter != "" {
			if before, _, ok := strings.Cut(key[len(q.prefix):], q.delimiter); ok {
				folded := q.prefix + before + q.delimiter
				if folded != q.marker { // a marker that is a prefix stands for all below it
					if full() {
						return page
					}
					page.prefixes, page.last = append(page.prefixes, folded), folded
				}
				i += sort.Search(len(names)-i, func(n int) bool { return !strings.HasPrefix(names[i+n], folded) })
				continue
			}
		}
		i++
		for _, obj := range o.listed(bucket, key, q) {
			if full() {
				return page
			}
			page.objects, page.last = append(page.objects, obj), key
		}
	}
	return page
}

// listed are the versions of a key that a listing shows. A name can vanish
// after the listing has looked; then it has none.
func (o *Objects) listed(bucket, key string, q s3Query) []*s3Object {
	versions := o.versions(bucket, key)
	switch {
	case !q.versions && live(versions) == nil:
		return nil
	case !q.versions:
		return versions[:1]
	case key == q.marker:
		// A marker that was deleted meanwhile hides nothing.
		i := slices.IndexFunc(versions, func(o *s3Object) bool { return versionID(o) == q.versionMarker })
		return versions[i+1:]
	}
	return versions
}

// names are the bucket's keys in order, as a slice that is not written to
// again.
func (o *Objects) names(bucket string, all bool) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := o.buckets[bucket]
	if b == nil {
		return nil
	}
	names := &b.live
	if all {
		names = &b.all
	}
	if names.stale {
		names.sorted, names.stale = slices.Sorted(maps.Keys(b.versions)), false
		if !all {
			names.sorted = slices.DeleteFunc(names.sorted, func(key string) bool { return live(b.versions[key]) == nil })
		}
	}
	return names.sorted
}

// versionID is how the version of an object is called.
func versionID(o *s3Object) string { return cmp.Or(o.Version, nullVersion) }

// nullVersion is the version that an object has which was put while its bucket
// did not keep versions.
const nullVersion = "null"
