package sshx

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

// A server is a small sshd for one test: it knows one user key, forwards
// direct-tcpip through dial, and runs the commands of commands.
type server struct {
	addr   string
	key    ssh.Signer
	conns  sync.WaitGroup
	listen net.Listener

	mu    sync.Mutex
	mute  bool              // it answers no request of a session
	tells bool              // it tells its host keys after a login, as OpenSSH does
	heard chan string       // global requests
	files map[string]string // what scp -t wrote
	sizes []Size            // what pty-req and window-change said
}

func newSigner(t testing.TB) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// startServer starts one that lets user in; it shows keys beside its own.
func startServer(t testing.TB, user ssh.PublicKey, keys ...ssh.Signer) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{addr: l.Addr().String(), key: newSigner(t), listen: l, files: map[string]string{}, heard: make(chan string, 100)}
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if string(key.Marshal()) != string(user.Marshal()) {
			return nil, fmt.Errorf("unknown key")
		}
		return nil, nil
	}}
	for _, key := range append(keys, s.key) {
		config.AddHostKey(key)
	}
	s.conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.conns.Go(func() { s.serve(c, config) })
		}
	})
	t.Cleanup(func() { l.Close(); s.conns.Wait() })
	return s
}

func (s *server) serve(c net.Conn, config *ssh.ServerConfig) {
	conn, chans, reqs, err := ssh.NewServerConn(c, config)
	if err != nil {
		c.Close()
		return
	}
	defer conn.Close()
	go func() {
		for r := range reqs {
			s.heard <- r.Type
			if r.WantReply {
				r.Reply(false, nil)
			}
		}
	}()
	s.mu.Lock()
	tells := s.tells
	s.mu.Unlock()
	if tells {
		conn.SendRequest("hostkeys-00@openssh.com", false, nil)
	}
	for ch := range chans {
		switch ch.ChannelType() {
		case "session":
			go s.session(ch)
		case "direct-tcpip":
			go forward(ch)
		default:
			ch.Reject(ssh.UnknownChannelType, "no such channel")
		}
	}
}

func forward(ch ssh.NewChannel) {
	var to struct {
		Host     string
		Port     uint32
		From     string
		FromPort uint32
	}
	ssh.Unmarshal(ch.ExtraData(), &to)
	out, err := net.Dial("tcp", net.JoinHostPort(to.Host, fmt.Sprint(to.Port)))
	if err != nil {
		ch.Reject(ssh.ConnectionFailed, "Connection refused")
		return
	}
	in, reqs, err := ch.Accept()
	if err != nil {
		out.Close()
		return
	}
	go ssh.DiscardRequests(reqs)
	go func() { io.Copy(out, in); out.Close() }()
	io.Copy(in, out)
	in.Close()
}

func (s *server) session(nc ssh.NewChannel) {
	ch, reqs, err := nc.Accept()
	if err != nil {
		return
	}
	defer ch.Close()
	s.mu.Lock()
	mute := s.mute
	s.mu.Unlock()
	signal := make(chan struct{}, 1)
	for r := range reqs {
		if mute {
			continue
		}
		switch r.Type {
		case "pty-req":
			var p struct {
				Term                 string
				Cols, Rows, PxW, PxH uint32
				Modes                string
			}
			ssh.Unmarshal(r.Payload, &p)
			s.size(p.Cols, p.Rows)
			r.Reply(true, nil)
		case "window-change":
			var p struct{ Cols, Rows, PxW, PxH uint32 }
			ssh.Unmarshal(r.Payload, &p)
			s.size(p.Cols, p.Rows)
		case "signal":
			signal <- struct{}{}
		case "exec", "shell":
			var p struct{ Command string }
			ssh.Unmarshal(r.Payload, &p)
			r.Reply(true, nil)
			go func() {
				status := s.command(p.Command, ch, signal)
				if status >= 0 {
					ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(status)}))
				}
				ch.Close()
			}()
		default:
			r.Reply(false, nil)
		}
	}
}

func (s *server) size(cols, rows uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sizes = append(s.sizes, Size{int(cols), int(rows)})
}

// command runs one of the few programs the tests need; -1 drops the session
// without a status.
func (s *server) command(cmd string, ch ssh.Channel, signal <-chan struct{}) int {
	switch word, rest, _ := strings.Cut(cmd, " "); word {
	case "echo":
		fmt.Fprintln(ch, rest)
		return 0
	case "complain":
		fmt.Fprintln(ch.Stderr(), rest)
		return 7
	case "cat":
		io.Copy(ch, ch)
		return 0
	case "hang": // until Ctrl-C by signal or by keyboard
		typed := make(chan struct{}, 1)
		go func() {
			b := make([]byte, 1)
			for {
				if _, err := ch.Read(b); err != nil {
					return
				}
				if b[0] == 3 {
					typed <- struct{}{}
				}
			}
		}()
		fmt.Fprintln(ch, "hello")
		select {
		case <-signal:
		case <-typed:
		}
		fmt.Fprintln(ch, "bye")
		return 130
	case "drop":
		return -1
	case "": // a shell
		fmt.Fprint(ch, "$ ")
		b := make([]byte, 64)
		n, _ := ch.Read(b)
		fmt.Fprintf(ch, "you said %q\r\n", b[:n])
		return 3
	case "scp":
		return s.sink(strings.Trim(strings.TrimPrefix(rest, "-qt "), "'"), ch)
	}
	return 127
}

// sink is the far end of scp -t.
func (s *server) sink(name string, ch ssh.Channel) int {
	if strings.HasPrefix(name, "/full") {
		fmt.Fprint(ch, "\x01scp: /full: No space left on device\n")
		return 1
	}
	ch.Write([]byte{0})
	var mode, size int
	var base string
	var line []byte
	for b := make([]byte, 1); ; {
		if _, err := ch.Read(b); err != nil {
			return 1
		}
		if b[0] == '\n' {
			break
		}
		line = append(line, b[0])
	}
	fmt.Sscanf(string(line), "C%o %d %s", &mode, &size, &base)
	ch.Write([]byte{0})
	data := make([]byte, size+1)
	if _, err := io.ReadFull(ch, data); err != nil {
		return 1
	}
	s.mu.Lock()
	s.files[name] = fmt.Sprintf("%o %s", mode, data[:size])
	s.mu.Unlock()
	ch.Write([]byte{0})
	return 0
}

// target is how a test logs in to s.
func (s *server) target(user ssh.Signer) Target {
	return Target{Addr: s.addr, User: "ec2-user", Auth: []ssh.AuthMethod{ssh.PublicKeys(user)}, HostKey: ssh.FixedHostKey(s.key.PublicKey())}
}

func connect(t testing.TB, s *server, user ssh.Signer) *Client {
	t.Helper()
	c, err := Jump(context.Background(), new(net.Dialer), s.target(user))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
