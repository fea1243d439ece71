package sshx

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"os"

	"golang.org/x/crypto/ssh"
)

// Key makes an ed25519 key pair and keeps the private half at path, mode 0600,
// in OpenSSH's form. A key that is there already is loaded instead: a session
// has one key for as long as it lives.
func Key(path, comment string) (ssh.Signer, error) {
	if exists(path) {
		return LoadKey(path)
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(private, comment)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	// Written aside and renamed: a key cut in half would lock its owner out.
	tmp := path + ".new"
	if err := os.WriteFile(tmp, pem.EncodeToMemory(block), 0o600); err != nil {
		return nil, fmt.Errorf("keeping the key: %w", err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return nil, fmt.Errorf("keeping the key: %w", err)
	}
	return ssh.NewSignerFromKey(private)
}

// LoadKey reads a private key without a passphrase.
func LoadKey(path string) (ssh.Signer, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the key: %w", err)
	}
	signer, err := ssh.ParsePrivateKey(data)
	if err != nil {
		return nil, fmt.Errorf("reading the key %s: %w", path, err)
	}
	return signer, nil
}
