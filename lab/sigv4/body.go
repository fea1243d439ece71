package sigv4

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// hashReader compares the SHA-256 of a body with the signed one at its end.
type hashReader struct {
	io.ReadCloser
	sum  hash.Hash
	want string
}

func newHashReader(body io.ReadCloser, want string) *hashReader {
	return &hashReader{body, sha256.New(), want}
}

func (h *hashReader) Read(p []byte) (int, error) {
	n, err := h.ReadCloser.Read(p)
	h.sum.Write(p[:n])
	if err == io.EOF && hex.EncodeToString(h.sum.Sum(nil)) != h.want {
		return n, &Error{Code: CodePayload, Msg: "The provided 'x-amz-content-sha256' header does not match what was computed."}
	}
	return n, err
}

// chain signs chunk after chunk, each signature over the one before. A nil key
// means that the chunks are not signed.
type chain struct {
	key      []byte
	scope    scope
	date     string
	previous string // hex
}

func (c *chain) check(kind, middle, sum, signature string) error {
	if c.key == nil {
		return nil
	}
	s := "AWS4-HMAC-SHA256-" + kind + "\n" + c.date + "\n" + c.scope.String() + "\n" + c.previous + "\n" + middle + sum
	want := hex.EncodeToString(mac(c.key, s))
	if !hmac.Equal([]byte(want), []byte(signature)) {
		return &Error{Code: CodeMismatch, Msg: "The chunk signature we calculated does not match the signature you provided."}
	}
	c.previous = want
	return nil
}

// maxLine bounds a chunk header or trailer line, and all trailers together.
const maxLine = 8 << 10

// chunkReader undoes aws-chunked: "SIZE;chunk-signature=…\r\nDATA\r\n", ended
// by a chunk of size 0 and perhaps trailers.
type chunkReader struct {
	r         *http.Request
	body      io.Closer
	in        *bufio.Reader
	chain     *chain
	left      int64
	sum       hash.Hash
	signature string
	open      bool // inside a chunk
	err       error
}

func newChunkReader(r *http.Request, c *chain) *chunkReader {
	return &chunkReader{r: r, body: r.Body, in: bufio.NewReaderSize(r.Body, maxLine), chain: c, sum: sha256.New()}
}

func (c *chunkReader) Close() error { return c.body.Close() }

func (c *chunkReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for c.err == nil && c.left == 0 {
		c.err = c.next()
	}
	if c.err != nil {
		return 0, c.err
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.in.Read(p)
	c.left -= int64(n)
	if c.chain.key != nil {
		c.sum.Write(p[:n])
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		c.err = err
	}
	return n, err
}

// next closes the chunk that was read and opens the one after it; io.EOF when
// that is the last.
func (c *chunkReader) next() error {
	if c.open {
		if line, err := c.line(); err != nil || line != "" {
			return malformedChunk(err)
		}
		if err := c.closeChunk(); err != nil {
			return err
		}
	}
	line, err := c.line()
	if err != nil {
		return malformedChunk(err)
	}
	size, ext, _ := strings.Cut(line, ";")
	n, err := strconv.ParseInt(strings.TrimSpace(size), 16, 63)
	if err != nil || n < 0 {
		return malformedChunk(nil)
	}
	c.signature = strings.TrimPrefix(strings.TrimSpace(ext), "chunk-signature=")
	c.left, c.open = n, true
	if n > 0 {
		return nil
	}
	if err := c.closeChunk(); err != nil {
		return err
	}
	return c.trailers()
}

func (c *chunkReader) closeChunk() error {
	err := c.chain.check("PAYLOAD", emptyHash+"\n", hex.EncodeToString(c.sum.Sum(nil)), c.signature)
	c.sum.Reset()
	c.open = false
	return err
}

func (c *chunkReader) trailers() error {
	var signedText strings.Builder
	for {
		line, err := c.line()
		if line == "" { // the blank line, or the end of a body without one
			if err != nil && err != io.EOF {
				return malformedChunk(err)
			}
			if signedText.Len() > 0 && c.chain.key != nil {
				return &Error{Code: CodeMismatch, Msg: "The trailer is not signed."}
			}
			return io.EOF
		}
		if err != nil {
			return malformedChunk(err)
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return malformedChunk(nil)
		}
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if name == "x-amz-trailer-signature" {
			if err := c.chain.check("TRAILER", "", hexHash([]byte(signedText.String())), value); err != nil {
				return err
			}
			signedText.Reset()
			continue
		}
		if fmt.Fprintf(&signedText, "%s:%s\n", name, value); signedText.Len() > maxLine {
			return malformedChunk(nil)
		}
		if c.r.Trailer == nil {
			c.r.Trailer = http.Header{}
		}
		c.r.Trailer.Set(name, value)
	}
}

func (c *chunkReader) line() (string, error) {
	b, err := c.in.ReadSlice('\n')
	return strings.TrimRight(string(b), "\r\n"), err
}

func malformedChunk(err error) error {
	if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
		return fmt.Errorf("reading a chunk: %w", err)
	}
	return &Error{Code: CodeIncomplete, Msg: "The request body is not aws-chunked as its headers say."}
}
