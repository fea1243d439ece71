package sshx

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

func TestPins(t *testing.T) {
	path := filepath.Join(t.TempDir(), "known_hosts")
	pins, err := OpenPins(path)
	if err != nil {
		t.Fatal(err)
	}
	one, two := newSigner(t).PublicKey(), newSigner(t).PublicKey()
	const host = "ec2-3-34-1-2.ap-northeast-2.compute.amazonaws.com:22"
	if err := pins.Callback(nil)(host, nil, one); err == nil {
		t.Error("an unknown host was trusted")
	}
	asked := 0
	trust := pins.Callback(func(string, ssh.PublicKey) error { asked++; return nil })
	for range 2 {
		if err := trust(host, nil, one); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 1 || !pins.Known(host) {
		t.Errorf("asked %d times, known %v; want once, and pinned", asked, pins.Known(host))
	}
	var changed *HostKeyChanged
	if err := trust(host, nil, two); !errors.As(err, &changed) || !strings.Contains(err.Error(), ssh.FingerprintSHA256(one)) {
		t.Errorf("another key: got %v", err)
	}
	if err := pins.Remove(host); err != nil || pins.Known(host) {
		t.Errorf("still known: %v", err)
	}
	if err := trust("10.0.2.234:22", nil, two); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(path, []byte("not a key line\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenPins(path); err == nil {
		t.Error("a broken file was accepted")
	}
}

// A host of several keys, of which one is pinned, is asked for that one: another
// would look like another host.
func TestPinnedOfSeveral(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	user := newSigner(t)
	s := startServer(t, user.PublicKey(), ec)
	for _, pinned := range []ssh.PublicKey{s.key.PublicKey(), ec.PublicKey()} {
		pins, err := OpenPins(filepath.Join(t.TempDir(), "known_hosts"))
		if err != nil {
			t.Fatal(err)
		}
		if err := pins.Add(s.addr, pinned); err != nil {
			t.Fatal(err)
		}
		target := s.target(user)
		target.HostKey, target.HostKeyAlgorithms = pins.Callback(nil), pins.Algorithms(s.addr)
		c, err := Jump(t.Context(), new(net.Dialer), target)
		if err != nil {
			t.Errorf("%s is pinned: %v", pinned.Type(), err)
			continue
		}
		c.Close()
	}
}

const console = "[    0.000000] Linux version 6.1\r\n" +
	"<14>Nov 23 12:00:31 cloud-init: -----END SSH HOST KEY FINGERPRINTS-----\r\n" +
	"-----BEGIN SSH HOST KEY KEYS-----\r\n" +
	"KEY root@ip-10-0-1-123\r\n" +
	"[   12.3456] some kernel line\r\n" +
	"-----END SSH HOST KEY KEYS-----\r\n"

func TestParseConsole(t *testing.T) {
	old, key := newSigner(t).PublicKey(), newSigner(t).PublicKey()
	line := func(k ssh.PublicKey) string { return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(k))) }
	boot := func(k ssh.PublicKey) string { return strings.Replace(console, "KEY root", line(k)+" root", 1) }
	got := ParseConsole([]byte(boot(old) + boot(key)))
	if len(got) != 1 || string(got[0].Marshal()) != string(key.Marshal()) {
		t.Errorf("got %v, want the key of the newest boot", got)
	}
	if got := ParseConsole([]byte(strings.ReplaceAll(boot(key), "ssh-ed25519", "<14>x: ssh-ed25519"))); len(got) != 1 {
		t.Errorf("prefixed line: got %v", got)
	}
	if got := ParseConsole(nil); got != nil {
		t.Errorf("no console: got %v", got)
	}
}

func FuzzParseConsole(f *testing.F) {
	f.Add([]byte(console))
	f.Fuzz(func(t *testing.T, data []byte) { ParseConsole(data) })
}
