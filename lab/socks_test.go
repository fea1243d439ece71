package lab

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// Who does not say where to is not waited for, and who does has all the time.
func TestSocksPatience(t *testing.T) {
	synctest.Test(t, socksPatience)
}

func socksPatience(t *testing.T) {
	far, end := net.Pipe()
	defer end.Close()
	d := &door{patience: 50 * time.Millisecond, ctx: t.Context(), conns: map[net.Conn]bool{},
		dial: func(context.Context, string, string) (net.Conn, error) { return far, nil }}
	for _, test := range []struct {
		says  string
		stays bool
	}{{"\x05\x01\x00\x05", false}, {"\x05\x01\x00\x05\x01\x00\x01\x0a\x00\x02\xea\x00\x16", true}} {
		near, client := net.Pipe()
		go io.Copy(io.Discard, client)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			d.serve(near)
			near.Close()
		}()
		client.Write([]byte(test.says))
		select {
		case <-ended:
			if test.stays {
				t.Errorf("who said %q was put out", test.says)
			}
		case <-time.After(time.Hour):
			if !test.stays {
				t.Errorf("who said %q is still there", test.says)
			}
		}
		client.Close()
		near.Close()
		if test.stays {
			far.Close()
		}
		<-ended
	}
	d.wg.Wait()
}

// Each side says by itself that it has nothing more to say: a server that is
// done first still hears its client out.
func TestSocksHalfClosed(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	heard := make(chan string, 1)
	go func() {
		c, err := server.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		io.WriteString(c, "first")
		c.(*net.TCPConn).CloseWrite()
		all, _ := io.ReadAll(c)
		heard <- string(all)
	}()
	d := &door{patience: time.Minute, ctx: t.Context(), conns: map[net.Conn]bool{},
		dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", server.Addr().String())
		}}
	if d.ln, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	d.cancel = func() {}
	d.wg.Go(d.accept)
	defer d.Close()
	c, err := net.Dial("tcp", d.ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "\x05\x01\x00\x05\x01\x00\x01\x0a\x00\x02\xea\x00\x16")
	if all, err := io.ReadAll(c); err != nil || !bytes.HasSuffix(all, []byte("first")) {
		t.Fatalf("the server said %q, %v", all, err)
	}
	io.WriteString(c, "last")
	c.Close()
	select {
	case got := <-heard:
		if got != "last" {
			t.Errorf("the server heard %q", got)
		}
	case <-time.After(10 * time.Second):
		t.Error("the server hears no end")
	}
}

// stumbling is a listener whose first Accept finds no descriptor free.
type stumbling struct {
	net.Listener
	once sync.Once
}

func (s *stumbling) Accept() (c net.Conn, err error) {
	s.once.Do(func() { err = syscall.EMFILE })
	if err != nil {
		return nil, err
	}
	return s.Listener.Accept()
}

// A door that cannot take one in takes the next.
func TestSocksNoDescriptors(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &door{patience: time.Minute, conns: map[net.Conn]bool{}, ln: &stumbling{Listener: ln}}
	d.ctx, d.cancel = context.WithCancel(t.Context())
	d.wg.Go(d.accept)
	defer d.Close()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(c, "\x05\x01\x00")
	if _, err := io.ReadFull(c, make([]byte, 2)); err != nil {
		t.Errorf("nobody answers: %v", err)
	}
}

// Nothing that a client says brings the door down, and what it reads as an
// address is one that can be split again.
func FuzzSocksHello(f *testing.F) {
	f.Add([]byte{5, 1, 0, 5, 1, 0, 1, 10, 0, 2, 234, 0, 22})
	f.Add(append([]byte{5, 2, 2, 0, 5, 1, 0, 3, 9}, "localhost\x01\xbb"...))
	f.Add([]byte{5, 1, 0, 5, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 80})
	f.Add([]byte{5, 1, 0, 5, 1, 0, 3, 0, 0, 80})
	f.Add([]byte{5, 1, 0, 5, 1, 0, 3, 2, '[', ':', 0, 80})
	f.Add([]byte{4, 1, 0, 80, 10, 0, 0, 1, 0})
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var said bytes.Buffer
		addr, err := socksHello(bufio.NewReader(bytes.NewReader(b)), &said)
		if len(b) > 0 && said.Len() > 0 && said.Bytes()[0] != socksVersion {
			t.Errorf("the door answered % x", said.Bytes())
		}
		if err != nil {
			return
		}
		if b[0] != socksVersion {
			t.Errorf("version %d was served", b[0])
		}
		if host, _, err := net.SplitHostPort(addr); err != nil || host == "" {
			t.Errorf("the address is %q: %v", addr, err)
		}
	})
}
