package memfs

import "io"

// chunk is the unit in which files grow: large ones are never copied to make
// room, and a hole costs nothing.
const chunk = 128 << 10

// maxSize bounds a file, holes included.
const maxSize = 16 << 30

// content is the bytes of a file. Each chunk but the last holds all of its
// range, or is nil and reads as zeros; a chunk shorter than its range reads as
// zeros behind its end.
type content struct {
	chunks [][]byte
	size   int64
}

func (c *content) readAt(p []byte, off int64) (n int, err error) {
	if off >= c.size {
		return 0, io.EOF
	}
	if rest := c.size - off; int64(len(p)) > rest {
		p, err = p[:rest], io.EOF
	}
	for n < len(p) {
		i, at := int((off+int64(n))/chunk), int((off+int64(n))%chunk)
		want := p[n:min(len(p), n+chunk-at)]
		got := 0
		if i < len(c.chunks) && at < len(c.chunks[i]) {
			got = copy(want, c.chunks[i][at:])
		}
		clear(want[got:])
		n += len(want)
	}
	return n, err
}

// writeAt stores p and returns by how many bytes the data held has grown; grow
// is asked before each step and may refuse it.
func (c *content) writeAt(p []byte, off int64, grow func(int64) bool) (n int, err error) {
	if off+int64(len(p)) > maxSize {
		return 0, EFBIG
	}
	for n < len(p) {
		i, at := int((off+int64(n))/chunk), int((off+int64(n))%chunk)
		part := p[n:min(len(p), n+chunk-at)]
		for i >= len(c.chunks) {
			c.chunks = append(c.chunks, nil)
		}
		have := c.chunks[i]
		if need := at + len(part) - len(have); need > 0 {
			if !grow(int64(need)) {
				return n, ENOSPC
			}
			have = extend(have, at+len(part))
		}
		copy(have[at:], part)
		c.chunks[i] = have
		n += len(part)
		c.size = max(c.size, off+int64(n))
	}
	return n, nil
}

// extend grows b to length n, by doubling up to a whole chunk.
func extend(b []byte, n int) []byte {
	if n <= cap(b) {
		old := len(b)
		b = b[:n]
		clear(b[old:])
		return b
	}
	c := n
	if len(b) > 0 {
		c = min(chunk, max(n, 2*cap(b)))
	}
	bigger := make([]byte, n, c)
	copy(bigger, b)
	return bigger
}

// truncate sets the size and returns by how many bytes the data held shrank.
func (c *content) truncate(size int64) (freed int64, err error) {
	switch {
	case size < 0:
		return 0, EINVAL
	case size > maxSize:
		return 0, EFBIG
	}
	keep := int((size + chunk - 1) / chunk)
	for len(c.chunks) > keep {
		last := len(c.chunks) - 1
		freed += int64(len(c.chunks[last]))
		c.chunks[last] = nil
		c.chunks = c.chunks[:last]
	}
	if at := int(size % chunk); at > 0 && len(c.chunks) == keep && keep > 0 && len(c.chunks[keep-1]) > at {
		freed += int64(len(c.chunks[keep-1]) - at)
		c.chunks[keep-1] = c.chunks[keep-1][:at]
	}
	if size == 0 {
		c.chunks = nil
	}
	c.size = size
	return freed, nil
}
