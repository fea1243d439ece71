package sshx

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// Copy writes size bytes of r to a file on the far host, as scp's old protocol
// does (the far end needs the scp program, which every Amazon Linux has). mode
// are the file's permission bits.
func (c *Client) Copy(ctx context.Context, r io.Reader, size int64, mode fs.FileMode, remote string) error {
	s, err := c.open(ctx)
	if err != nil {
		return c.session(err)
	}
	defer s.Close()
	var complaint bytes.Buffer
	s.Stderr = &complaint
	in, err := s.StdinPipe()
	if err != nil {
		return c.session(err)
	}
	out, err := s.StdoutPipe()
	if err != nil {
		return c.session(err)
	}
	if err := begin(ctx, s, func() error { return s.Start("scp -qt " + quote(remote)) }); err != nil {
		return c.session(err)
	}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	defer c.prompt()()
	send := func() error {
		answers := bufio.NewReader(out)
		if err := scpAnswer(answers); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(in, "C%04o %d %s\n", mode.Perm(), size, path.Base(remote)); err != nil {
			return err
		}
		if err := scpAnswer(answers); err != nil {
			return err
		}
		if n, err := io.CopyN(in, r, size); err != nil {
			return fmt.Errorf("sending byte %d of %d: %w", n, size, err)
		}
		if _, err := in.Write([]byte{0}); err != nil {
			return err
		}
		if err := scpAnswer(answers); err != nil {
			return err
		}
		in.Close() // the far end may have closed first, which is as good
		return nil
	}
	err = send()
	if err != nil {
		s.Close() // the far end may still wait for the rest
	}
	if werr := s.Wait(); err == nil {
		err = werr
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		if text := strings.TrimSpace(complaint.String()); text != "" {
			err = fmt.Errorf("%w: %s", err, text)
		}
		return c.session(fmt.Errorf("copying to %s: %w", remote, err))
	}
	return nil
}

// scpAnswer reads one acknowledgement: a zero byte, or 1 or 2 and a line.
func scpAnswer(r *bufio.Reader) error {
	b, err := r.ReadByte()
	if err != nil {
		return err
	}
	if b == 0 {
		return nil
	}
	text, err := r.ReadSlice('\n')
	if err != nil && err != bufio.ErrBufferFull { // the beginning of a long one will do
		return err
	}
	return errors.New(strings.TrimSpace(string(text)))
}

// quote makes one word of s for the far shell.
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
