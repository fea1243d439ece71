package host

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// FuzzSSHHello says whatever comes to sshd before anybody has logged in: it
// hangs up, and others are served as before.
func FuzzSSHHello(f *testing.F) {
	f.Add([]byte("SSH-2.0-OpenSSH_9.9\r\n"))
	f.Add([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
	f.Add([]byte("SSH-1.5-old\n"))
	f.Add(append([]byte("SSH-2.0-x\r\n"), packetOf(append([]byte{20}, make([]byte, 61)...))...))
	f.Add(append([]byte("SSH-2.0-x\r\n"), packetOf(append([]byte{20}, append(make([]byte, 16), 0xff, 0xff, 0xff, 0xff)...))...))
	f.Add(append([]byte("SSH-2.0-x\r\n"), 0xff, 0xff, 0xff, 0xff, 4))
	f.Add(append([]byte("SSH-2.0-x\r\n"), packetOf([]byte{1, 0, 0, 0, 2, 0, 0, 0, 0})...))
	f.Add(bytes.Repeat([]byte("x"), 1000))
	h := bootHost(f, newFakeWorld(), "10.0.1.123", 1000, nil)
	f.Fuzz(func(t *testing.T, said []byte) {
		near, far := net.Pipe()
		h.mu.Lock()
		h.pending++ // as serve does
		h.conns[far] = struct{}{}
		h.mu.Unlock()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			h.handle(far)
		}()
		go io.Copy(io.Discard, near)
		near.SetDeadline(time.Now().Add(5 * time.Second))
		near.Write(said)
		near.Close()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Fatalf("after %q the connection does not end", said)
		}
	})
}

// packetOf frames a payload as SSH does before there are keys.
func packetOf(payload []byte) []byte {
	padding := 8 - (5+len(payload))%8
	if padding < 4 {
		padding += 8
	}
	b := binary.BigEndian.AppendUint32(nil, uint32(1+len(payload)+padding))
	b = append(append(b, byte(padding)), payload...)
	return append(b, make([]byte, padding)...)
}

// FuzzSSHChannel is a client that is logged in and asks for whatever comes: a
// channel of any kind, and two requests on it.
func FuzzSSHChannel(f *testing.F) {
	pty := ssh.Marshal(struct {
		Term                      string
		Cols, Rows, Width, Height uint32
		Modes                     string
	}{"xterm", 1 << 31, 0, 0, 0, "\x00"})
	text := func(s string) []byte { return ssh.Marshal(struct{ Text string }{s}) }
	f.Add("session", []byte{}, "pty-req", pty, "shell", []byte{}, []byte("ls\r\x03\x04"))
	f.Add("session", []byte{}, "exec", text("cat"), "signal", text("INT"), []byte("x"))
	f.Add("session", []byte{}, "env", ssh.Marshal(struct{ Name, Value string }{"LC_ALL", "\x00"}), "exec", text("env"), []byte{})
	f.Add("session", []byte{}, "subsystem", text("sftp"), "window-change", []byte{1, 2}, []byte{0, 0, 0, 5, 1, 0, 0, 0, 3})
	f.Add("session", []byte{}, "pty-req", pty, "pty-req", pty, []byte{})
	f.Add("session", []byte{}, "exec", []byte{0xff, 0xff, 0xff, 0xff}, "auth-agent-req@openssh.com", []byte{}, []byte{})
	f.Add("direct-tcpip", ssh.Marshal(struct {
		Host   string
		Port   uint32
		Origin string
		From   uint32
	}{"10.0.2.234", 22, "127.0.0.1", 1}), "", []byte{}, "", []byte{}, []byte("SSH-2.0-x\r\n"))
	f.Add("direct-tcpip", []byte{0, 0, 0, 1}, "x", []byte{}, "y", []byte{}, []byte{})
	f.Add("x11", []byte{}, "", []byte{}, "", []byte{}, []byte{})
	w := newFakeWorld()
	h := bootHost(f, w, "10.0.1.123", 1000, nil)
	bootHost(f, w, "10.0.2.234", 1000, nil)
	cl := login(f, h, w.port("10.0.1.123:22"))
	f.Fuzz(func(t *testing.T, kind string, extra []byte, first string, a []byte, second string, b, data []byte) {
		defer time.AfterFunc(20*time.Second, func() {
			panic(fmt.Sprintf("a channel %q %q with %q %q and %q %q, and then %q, hangs", kind, extra, first, a, second, b, data))
		}).Stop()
		// What takes its time is cut short by closing: it has to end then.
		ch, requests, err := cl.OpenChannel(kind, extra)
		if err == nil {
			go ssh.DiscardRequests(requests)
			go io.Copy(io.Discard, ch)
			go io.Copy(io.Discard, ch.Stderr())
			for _, r := range []struct {
				name    string
				payload []byte
			}{{first, a}, {second, b}} {
				if _, err := ch.SendRequest(r.name, true, r.payload); err != nil {
					break
				}
			}
			ch.Write(data)
			ch.CloseWrite()
			ch.Close()
		}
		if _, _, err := cl.SendRequest(first, true, a); err != nil {
			t.Fatal("the connection has ended:", err)
		}
		deadline := time.Now().Add(10 * time.Second)
		for len(h.processes.list()) > 2 {
			if time.Now().After(deadline) {
				t.Fatalf("there still runs %v", h.processes.list())
			}
			runtime.Gosched()
		}
	})
}

// FuzzSFTP says whatever comes to the SFTP server: it ends with its input, and
// the files are as sound as before.
func FuzzSFTP(f *testing.F) {
	message := func(kind byte, fields ...any) []byte {
		b := []byte{kind}
		for _, field := range fields {
			switch v := field.(type) {
			case string:
				b = append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...)
			case int:
				b = binary.BigEndian.AppendUint32(b, uint32(v))
			case uint64:
				b = binary.BigEndian.AppendUint64(b, v)
			}
		}
		return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
	}
	session := func(messages ...[]byte) []byte {
		return bytes.Join(append([][]byte{message(1, 3)}, messages...), nil)
	}
	const opened = "1" // the first handle
	f.Add(session(message(3, 1, "f", 0x1a, 0), message(6, 2, opened, uint64(1<<40), "data"), message(4, 3, opened)))
	f.Add(session(message(3, 1, "/etc/passwd", 1, 0), message(5, 2, opened, uint64(1<<63), 1<<31), message(8, 3, opened)))
	f.Add(session(message(11, 1, "/"), message(12, 2, opened), message(12, 3, opened)))
	f.Add(session(message(9, 1, "f", 0xf, uint64(1<<62), 1, 2, 0o7777, 1, 2)))
	f.Add(session(message(14, 1, "d", 0), message(15, 2, "d"), message(13, 3, "d"), message(18, 4, "d", "../../x")))
	f.Add(session(message(20, 1, "/etc/passwd", "link"), message(19, 2, "link"), message(17, 3, "link"), message(7, 4, "link")))
	f.Add(session(message(16, 1, "../../../.."), message(200, 2, "statvfs@openssh.com", "/"), message(200, 3, "posix-rename@openssh.com", "a", "b")))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 1})
	f.Add([]byte{0, 0, 0, 0})
	h := bootHost(f, newFakeWorld(), "10.0.1.123", 1000, func(c *Config) { c.Disk = 8 << 20 })
	f.Fuzz(func(t *testing.T, said []byte) {
		files := sftpFiles{h.view(false)}
		server := sftp.NewRequestServer(&conversation{said: said, answered: make(chan struct{}, 1)}, sftp.Handlers{FileGet: files, FilePut: files, FileCmd: files, FileList: files},
			sftp.WithStartDirectory("/home/ec2-user"))
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			server.Serve()
			server.Close()
		}()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Fatalf("%q does not end", said)
		}
		if used, limit := h.fs.Usage(); used < 0 || used > limit {
			t.Errorf("%d bytes of %d are used", used, limit)
		}
		if data, err := h.view(false).ReadFile("/etc/passwd"); err != nil || !bytes.HasPrefix(data, []byte("root:x:0:0:")) {
			t.Errorf("/etc/passwd is now %q: %v", data, err)
		}
	})
}

// conversation is a client that says one message after the other, each when the
// one before it was answered: pkg/sftp is not safe from a client that uses a
// handle before it has it.
type conversation struct {
	said     []byte
	left     int // of the message that is being read
	answered chan struct{}
}

func (c *conversation) Read(p []byte) (int, error) {
	if len(c.said) == 0 {
		return 0, io.EOF
	}
	if c.left <= 0 {
		select {
		case <-c.answered:
		case <-time.After(20 * time.Millisecond): // not everything is
		}
		c.left = len(c.said)
		if len(c.said) >= 4 {
			c.left = int(min(4+int64(binary.BigEndian.Uint32(c.said)), int64(len(c.said))))
		}
	}
	n := copy(p, c.said[:c.left])
	c.said, c.left = c.said[n:], c.left-n
	return n, nil
}

func (c *conversation) Write(p []byte) (int, error) {
	select {
	case c.answered <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (*conversation) Close() error { return nil }
