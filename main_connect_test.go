package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// door is a SOCKS door whose far end is f.
func door(t *testing.T, f func(*net.TCPConn)) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		for _, turn := range []struct {
			hears int
			says  string
		}{{3, "\x05\x00"}, {10, "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"}} {
			if _, err := io.ReadFull(c, make([]byte, turn.hears)); err != nil {
				return
			}
			io.WriteString(c, turn.says)
		}
		f(c.(*net.TCPConn))
	}()
	return ln.Addr().String()
}

// ssh's proxy passes on the end of what is said, and hears the answer out.
func TestConnect(t *testing.T) {
	t.Parallel()
	addr := door(t, func(c *net.TCPConn) {
		all, _ := io.ReadAll(c)
		io.WriteString(c, "heard "+string(all))
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var out bytes.Buffer
	o := &options{stdin: strings.NewReader("hello"), stdout: &out}
	if err := o.connect(ctx, addr, "10.0.2.234", "22"); err != nil || out.String() != "heard hello" {
		t.Errorf("got %q, %v", out.String(), err)
	}
}

// Ctrl-C ends it without a word: ssh says what there is to say.
func TestConnectInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	addr := door(t, func(c *net.TCPConn) {
		cancel()
		io.Copy(io.Discard, c)
	})
	silent, end := io.Pipe()
	defer end.Close()
	o := &options{stdin: silent, stdout: io.Discard}
	err := o.connect(ctx, addr, "10.0.2.234", "22")
	var exit *exitError
	if !errors.As(err, &exit) || exit.status != exitInterrupted || exit.err != nil {
		t.Errorf("got %v", err)
	}
}
