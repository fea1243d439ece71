package awsapi

import (
	"errors"
	"fmt"
	"io"
)

// s3Blob is the bytes of an object or part, in pieces. The pieces of a
// multipart object are those of its parts, so completing an upload copies
// nothing. A blob is never changed once it is stored.
type s3Blob struct {
	pieces [][]byte
	size   int64
}

// s3Piece bounds what is allocated on the word of a Content-Length. Bodies up
// to it are held in one piece of exactly their size.
const s3Piece = 4 << 20

// readBlob reads r to its end. size is what the client announced, or -1. A
// body that is shorter or longer is an error that wraps errShortBody.
func readBlob(r io.Reader, size int64) (*s3Blob, error) {
	b := &s3Blob{}
	for size < 0 || b.size < size {
		want := int64(s3Piece)
		if size >= 0 {
			want = min(want, size-b.size)
		}
		piece := make([]byte, want)
		n, err := io.ReadFull(r, piece)
		if n > 0 {
			if n < len(piece) && size < 0 {
				piece = append([]byte(nil), piece[:n]...) // give the rest back
			}
			b.pieces = append(b.pieces, piece[:n])
			b.size += int64(n)
		}
		switch {
		case err == nil:
		case (err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF)) && size < 0:
			return b, nil
		case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
			return nil, fmt.Errorf("reading %d of %d bytes: %w", b.size, size, errShortBody)
		default:
			return nil, err
		}
	}
	// The end must be read as well: there the signature and the trailers are
	// verified.
	switch n, err := io.ReadFull(r, make([]byte, 1)); {
	case n > 0:
		return nil, fmt.Errorf("reading more than %d bytes: %w", size, errShortBody)
	case err != io.EOF:
		return nil, err
	}
	return b, nil
}

var errShortBody = errors.New("the body is not as long as its Content-Length")

// WriteTo writes all of b.
func (b *s3Blob) WriteTo(w io.Writer) (int64, error) { return b.writeRange(w, 0, b.size) }

// writeRange writes the n bytes from off on.
func (b *s3Blob) writeRange(w io.Writer, off, n int64) (written int64, err error) {
	for _, p := range b.pieces {
		size := int64(len(p))
		if off >= size {
			off -= size
			continue
		}
		k, err := w.Write(p[off:min(size, off+n)])
		written += int64(k)
		if n -= int64(k); err != nil || n <= 0 {
			return written, err
		}
		off = 0
	}
	return written, nil
}

// slice is the n bytes from off on, sharing memory with b.
func (b *s3Blob) slice(off, n int64) *s3Blob {
	out := &s3Blob{size: n}
	for _, p := range b.pieces {
		size := int64(len(p))
		if off >= size {
			off -= size
			continue
		}
		if n <= 0 {
			break
		}
		part := p[off:min(size, off+n)]
		out.pieces = append(out.pieces, part)
		n -= int64(len(part))
		off = 0
	}
	return out
}

func joinBlobs(blobs []*s3Blob) *s3Blob {
	out := &s3Blob{}
	for _, b := range blobs {
		out.pieces = append(out.pieces, b.pieces...)
		out.size += b.size
	}
	return out
}
