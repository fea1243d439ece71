package sshx

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// Pins are the host keys that are trusted, kept in a known_hosts file that
// OpenSSH reads as well. Safe for concurrent use.
type Pins struct {
	path string
	mu   sync.Mutex
}

// HostKeyChanged is returned when a host shows another key than the pinned
// one: it is another machine, or somebody stands between.
type HostKeyChanged struct {
	Host string
	Got  ssh.PublicKey
	Want []ssh.PublicKey
}

func (e *HostKeyChanged) Error() string {
	want := make([]string, len(e.Want))
	for i, k := range e.Want {
		want[i] = ssh.FingerprintSHA256(k)
	}
	return fmt.Sprintf("host key of %s has changed: got %s, pinned %s",
		e.Host, ssh.FingerprintSHA256(e.Got), strings.Join(want, ", "))
}

// OpenPins reads the file at path, and makes an empty one where there is none.
func OpenPins(path string) (*Pins, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening known hosts: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("opening known hosts: %w", err)
	}
	if _, err := knownhosts.New(path); err != nil {
		return nil, fmt.Errorf("reading known hosts %s: %w", path, err)
	}
	return &Pins{path: path}, nil
}

// Add trusts keys for host ("name" or "name:port"); what is there stays.
func (p *Pins) Add(host string, keys ...ssh.PublicKey) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	f, err := os.OpenFile(p.path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("pinning a host key: %w", err)
	}
	var lines strings.Builder
	for _, key := range keys {
		lines.WriteString(knownhosts.Line([]string{knownhosts.Normalize(host)}, key) + "\n")
	}
	_, err = f.WriteString(lines.String())
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("pinning a host key: %w", err)
	}
	return nil
}

// Remove forgets every key of host: its instance is gone, and the next one
// with that address is another machine.
func (p *Pins) Remove(host string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	data, err := os.ReadFile(p.path)
	if err != nil {
		return fmt.Errorf("forgetting a host key: %w", err)
	}
	var kept bytes.Buffer
	for line := range strings.Lines(string(data)) {
		if name, _, _ := strings.Cut(line, " "); name != knownhosts.Normalize(host) {
			kept.WriteString(line)
		}
	}
	tmp := p.path + ".new"
	if err := os.WriteFile(tmp, kept.Bytes(), 0o600); err != nil {
		return fmt.Errorf("forgetting a host key: %w", err)
	}
	if err := os.Rename(tmp, p.path); err != nil {
		return fmt.Errorf("forgetting a host key: %w", err)
	}
	return nil
}

// Known reports whether any key is pinned for host.
func (p *Pins) Known(host string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	data, err := os.ReadFile(p.path)
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(data)) {
		if name, _, _ := strings.Cut(line, " "); name == knownhosts.Normalize(host) {
			return true
		}
	}
	return false
}

// Algorithms are the host key algorithms, those of the keys pinned for host
// first: a host shows one of its keys, and one that is not pinned would look
// like another host's. They are nil where none is pinned.
func (p *Pins) Algorithms(host string) []string {
	p.mu.Lock()
	data, _ := os.ReadFile(p.path) // Callback tells what is wrong with it
	p.mu.Unlock()
	pinned := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == knownhosts.Normalize(host) {
			pinned[fields[1]] = true
		}
	}
	if len(pinned) == 0 {
		return nil
	}
	var first, rest []string
	for _, a := range ssh.SupportedAlgorithms().HostKeys {
		if pinned[a] || pinned[ssh.KeyAlgoRSA] && strings.HasPrefix(a, "rsa-") {
			first = append(first, a)
		} else {
			rest = append(rest, a)
		}
	}
	return append(first, rest...)
}

// Callback verifies a host against the pins. A host with no pin is given to
// first, which says whether to trust it; its key is then pinned. A nil first
// refuses unknown hosts. A key that differs is always a [*HostKeyChanged].
func (p *Pins) Callback(first func(host string, key ssh.PublicKey) error) ssh.HostKeyCallback {
	return func(host string, remote net.Addr, key ssh.PublicKey) error {
		p.mu.Lock()
		check, err := knownhosts.New(p.path)
		p.mu.Unlock()
		if err != nil {
			return fmt.Errorf("reading known hosts: %w", err)
		}
		err = check(host, anyAddr{}, key)
		var mismatch *knownhosts.KeyError
		if err == nil || !errors.As(err, &mismatch) {
			return err
		}
		if len(mismatch.Want) > 0 {
			changed := &HostKeyChanged{Host: host, Got: key}
			for _, want := range mismatch.Want {
				changed.Want = append(changed.Want, want.Key)
			}
			return changed
		}
		if first == nil {
			return fmt.Errorf("host key of %s is not known", host)
		}
		if err := first(host, key); err != nil {
			return err
		}
		return p.Add(host, key)
	}
}

// anyAddr stands for the address behind the name: a host is known by the name
// it was dialled by alone, as a connection through a bastion has no address.
type anyAddr struct{}

func (anyAddr) Network() string { return "tcp" }
func (anyAddr) String() string  { return "0.0.0.0:0" }

// ParseConsole finds the host keys that cloud-init prints on an instance's
// console between its BEGIN and END SSH HOST KEY KEYS lines. Kernel lines in
// between, prefixes and carriage returns are passed over.
func ParseConsole(out []byte) []ssh.PublicKey {
	var keys []ssh.PublicKey
	inside := false
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.Contains(line, "-----BEGIN SSH HOST KEY KEYS-----"):
			inside, keys = true, nil // the newest boot counts
		case strings.Contains(line, "-----END SSH HOST KEY KEYS-----"):
			inside = false
		case inside:
			if key := consoleKey(line); key != nil {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// consoleKey reads the key in a line, whatever stands before it.
func consoleKey(line string) ssh.PublicKey {
	for _, prefix := range []string{"ssh-ed25519 ", "ecdsa-sha2-", "ssh-rsa "} {
		if i := strings.Index(line, prefix); i >= 0 {
			if key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line[i:])); err == nil {
				return key
			}
		}
	}
	return nil
}

// exists reports whether a file is there.
func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
