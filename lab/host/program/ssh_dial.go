package program

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// link is a connection to the last host of a chain of jumps.
type link struct {
	*ssh.Client
	chain []*ssh.Client // nearest first
	stop  func() bool
}

func (l *link) Close() {
	l.stop()
	for i := len(l.chain) - 1; i >= 0; i-- {
		l.chain[i].Close()
	}
}

// connect reaches t through the jumps. What goes wrong is printed in ssh's own
// words, and then the link is nil.
func connect(ctx context.Context, p *Process, o *sshOptions, t target) *link {
	signers := &identities{p: p, o: o}
	l := &link{}
	var mu sync.Mutex
	var conns []net.Conn
	// Closing is the only way to cancel a handshake or a session.
	l.stop = context.AfterFunc(ctx, func() {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range conns {
			c.Close()
		}
	})
	hops := []target{}
	for _, j := range o.jumps {
		hop, ok := newTarget(p, j, true, newSSHOptions())
		if !ok {
			fmt.Fprintf(p.Stderr, "Invalid -J argument: %s\n", j)
			return nil
		}
		hops = append(hops, hop)
	}
	for i, hop := range append(hops, t) {
		var via *ssh.Client
		if i > 0 {
			via = l.chain[i-1]
		}
		conn, shown, ok := dialHop(ctx, p, o, via, hop)
		if !ok {
			l.Close()
			return nil
		}
		mu.Lock()
		if conns = append(conns, conn); ctx.Err() != nil { // too late for the one above
			conn.Close()
		}
		mu.Unlock()
		client, ok := handshake(ctx, p, o, signers, conn, hop, shown)
		if !ok {
			conn.Close()
			if i > 0 {
				fmt.Fprintln(p.Stderr, "Connection closed by UNKNOWN port 65535")
			}
			l.Close()
			return nil
		}
		l.chain = append(l.chain, client)
		l.Client = client
	}
	return l
}

// dialHop opens the transport of one hop; shown is its address as the question
// about its key has it.
func dialHop(ctx context.Context, p *Process, o *sshOptions, via *ssh.Client, t target) (conn net.Conn, shown string, ok bool) {
	if via != nil {
		conn, err := via.DialContext(ctx, "tcp", net.JoinHostPort(t.host, t.port))
		if err == nil {
			return conn, "<no hostip for proxy command>", true
		}
		reason := Reason(err)
		if open, ok := errors.AsType[*ssh.OpenChannelError](err); ok {
			reason = strings.TrimPrefix(open.Message, "connect failed: ")
		}
		fmt.Fprintf(p.Stderr, "channel 0: open failed: connect failed: %s\nstdio forwarding failed\n"+
			"kex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port 65535\n", reason)
		return nil, "", false
	}
	found, err := p.Resolver().Host(ctx, t.host)
	if err != nil {
		if ctx.Err() == nil {
			fmt.Fprintf(p.Stderr, "ssh: Could not resolve hostname %s: %s\n", t.host, Reason(err))
		}
		return nil, "", false
	}
	for _, addr := range found.Addrs {
		limited, cancel := context.WithTimeout(ctx, p.Clock.Real(o.timeout()))
		conn, err = p.Net.DialContext(limited, "tcp", net.JoinHostPort(addr.String(), t.port))
		cancel()
		if err == nil {
			return conn, addr.String(), true
		}
		if ctx.Err() != nil {
			return nil, "", false
		}
		fmt.Fprintf(p.Stderr, "ssh: connect to host %s port %s: %s\n", t.host, t.port, Reason(err))
	}
	return nil, "", false
}

// handshake checks the host, then lets the user in.
func handshake(ctx context.Context, p *Process, o *sshOptions, ids *identities, conn net.Conn, t target, shown string) (*ssh.Client, bool) {
	keys := &hostKeys{p: p, o: o, host: t.host, port: t.port, shown: shown}
	config := &ssh.ClientConfig{
		User:              t.user,
		Auth:              []ssh.AuthMethod{ssh.PublicKeysCallback(ids.signers)},
		HostKeyCallback:   keys.check,
		HostKeyAlgorithms: keys.algorithms(),
		ClientVersion:     "SSH-2.0-OpenSSH_9.9",
		BannerCallback: func(text string) error {
			fmt.Fprint(p.Stderr, text)
			return nil
		},
	}
	// A server that accepts and is then mute counts as a time-out as well; the
	// question about its key may take as long as it takes.
	mute := time.AfterFunc(max(5*time.Second, p.Clock.Real(o.timeout())), func() { conn.Close() })
	check := config.HostKeyCallback
	config.HostKeyCallback = func(host string, addr net.Addr, key ssh.PublicKey) error {
		mute.Stop()
		return check(host, addr, key)
	}
	c, chans, reqs, err := ssh.NewClientConn(conn, net.JoinHostPort(t.host, t.port), config)
	expired := !mute.Stop()
	if err == nil {
		return ssh.NewClient(c, chans, reqs), true
	}
	text := err.Error()
	switch {
	case ctx.Err() != nil, strings.Contains(text, errRefused.Error()):
	case strings.Contains(text, "unable to authenticate"):
		fmt.Fprintf(p.Stderr, "%s: Permission denied (publickey).\n", t)
	case expired && strings.Contains(text, "close"):
		fmt.Fprintf(p.Stderr, "Connection timed out during banner exchange\nConnection to %s port %s timed out\n", t.host, t.port)
	case strings.Contains(text, "EOF"):
		fmt.Fprintf(p.Stderr, "kex_exchange_identification: Connection closed by remote host\nConnection closed by %s port %s\n", shown, t.port)
	default:
		fmt.Fprintf(p.Stderr, "kex_exchange_identification: read: %s\nConnection reset by %s port %s\n", Reason(err), shown, t.port)
	}
	return nil, false
}

// identities are the keys that are tried: those of -i, else the usual files.
type identities struct {
	p      *Process
	o      *sshOptions
	once   sync.Once
	loaded []ssh.Signer
}

func (ids *identities) signers() ([]ssh.Signer, error) {
	ids.once.Do(func() {
		for _, name := range ids.o.identities {
			ids.load(name, true)
		}
		if len(ids.o.identities) > 0 {
			return
		}
		for _, name := range []string{"id_rsa", "id_ecdsa", "id_ed25519"} {
			ids.load(home(ids.p)+"/.ssh/"+name, false)
		}
	})
	return ids.loaded, nil
}

// load reads one key file; a default file that is not there is no matter.
func (ids *identities) load(name string, asked bool) {
	p := ids.p
	at := abs(p, expandHome(p, name))
	info, err := disk(p).Stat(at)
	if err != nil {
		if asked {
			fmt.Fprintf(p.Stderr, "Warning: Identity file %s not accessible: %s.\n", name, why(err))
		}
		return
	}
	if info.Mode().Perm()&0o077 != 0 {
		fmt.Fprintf(p.Stderr, unprotected, info.Mode().Perm(), name)
		return
	}
	data, err := disk(p).ReadFile(at)
	if err != nil {
		fmt.Fprintf(p.Stderr, "Load key \"%s\": %s\n", name, why(err))
		return
	}
	signer, err := ssh.ParsePrivateKey(data)
	if _, locked := errors.AsType[*ssh.PassphraseMissingError](err); locked && p.Prompt != nil && !ids.o.yes("batchmode") {
		for range 3 {
			phrase, perr := p.Prompt(fmt.Sprintf("Enter passphrase for key '%s': ", name), true)
			if perr != nil {
				return
			}
			if signer, err = ssh.ParsePrivateKeyWithPassphrase(data, []byte(phrase)); err == nil {
				break
			}
		}
	}
	if err != nil {
		fmt.Fprintf(p.Stderr, "Load key \"%s\": error in libcrypto\n", name)
		return
	}
	ids.loaded = append(ids.loaded, signer)
}

// unprotected wants the mode and the name of the key file.
const unprotected = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Permissions %04[1]o for '%[2]s' are too open.
It is required that your private key files are NOT accessible by others.
This private key will be ignored.
Load key "%[2]s": bad permissions
`

// home is the user's home directory.
func home(p *Process) string {
	if p.Root {
		return "/root"
	}
	return "/home/ec2-user"
}

func expandHome(p *Process, name string) string {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		return path.Join(home(p), rest)
	}
	return name
}
