package world

import (
	"crypto/ed25519"
	"crypto/md5"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/big"
	"strings"
)

// ImportKeyPair takes an RSA or Ed25519 public key in the form of an
// authorized_keys line. fingerprint is "" for an imported key; a pair that was
// made here has that of its private half.
func (tx *Tx) ImportKeyPair(name, line, fingerprint string, tags Tags) (*KeyPair, error) {
	switch {
	case name == "":
		return nil, refuse("MissingParameter", "The request must contain the parameter KeyName")
	case len(name) > 255 || !groupText(name):
		return nil, refuse("InvalidParameterValue", "Value (%s) for parameter keyName is invalid. Character sets beyond ASCII are not supported.", name)
	case tx.next.KeyPair(name) != nil:
		return nil, refuse("InvalidKeyPair.Duplicate", "The keypair '%s' already exists.", name)
	}
	kind, print, err := parseKey(line)
	if err != nil {
		return nil, err
	}
	if fingerprint == "" {
		fingerprint = print
	}
	fields := strings.Fields(line)
	k := &KeyPair{
		ID: tx.NewID("key"), Name: name, Type: kind, Fingerprint: fingerprint,
		PublicKey: fields[0] + " " + fields[1] + " " + name, Created: tx.Now(), Tags: tags,
	}
	tx.KeyPairs.Put(k.ID, k)
	return k, nil
}

// KeyPair finds a key pair by its name, or nil.
func (s *State) KeyPair(name string) *KeyPair {
	for _, k := range s.KeyPairs {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// DeleteKeyPair removes the key pair of that name or id; there need not be one.
func (tx *Tx) DeleteKeyPair(name, id string) (deleted string) {
	if k := tx.next.KeyPair(name); k != nil && name != "" {
		id = k.ID
	}
	if tx.KeyPairs.Get(id) == nil {
		return ""
	}
	tx.KeyPairs.Delete(id)
	return id
}

// parseKey reads a public key and computes its fingerprint: MD5 of the DER form
// for RSA, SHA-256 for Ed25519 (EC2 user guide, "verify-keys").
func parseKey(line string) (kind, fingerprint string, err error) {
	invalid := refuse("InvalidKey.Format", "Key is not in valid OpenSSH public key format")
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return "", "", invalid
	}
	blob, err := base64.StdEncoding.DecodeString(fields[1])
	if err != nil {
		return "", "", invalid
	}
	parts := sshStrings(blob)
	if len(parts) == 0 || string(parts[0]) != fields[0] {
		return "", "", invalid
	}
	switch {
	case fields[0] == "ssh-ed25519" && len(parts) == 2 && len(parts[1]) == ed25519.PublicKeySize:
		sum := sha256.Sum256(blob)
		return "ed25519", base64.StdEncoding.EncodeToString(sum[:]), nil
	case fields[0] == "ssh-rsa" && len(parts) == 3:
		e, n := new(big.Int).SetBytes(parts[1]), new(big.Int).SetBytes(parts[2])
		if !e.IsInt64() || e.Int64() > 1<<31-1 || n.BitLen() < 1024 || n.BitLen() > 4096 {
			return "", "", refuse("InvalidKey.Format", "Key length is not supported: RSA keys have 1024, 2048 or 4096 bits")
		}
		der, err := x509.MarshalPKIXPublicKey(&rsa.PublicKey{N: n, E: int(e.Int64())})
		if err != nil {
			return "", "", invalid
		}
		return "rsa", Colons(md5.Sum(der)), nil
	}
	return "", "", invalid
}

// sshStrings splits a blob into its length-prefixed strings; nil if it is torn.
func sshStrings(b []byte) [][]byte {
	var out [][]byte
	for len(b) > 0 {
		if len(b) < 4 {
			return nil
		}
		n := binary.BigEndian.Uint32(b)
		if b = b[4:]; uint64(n) > uint64(len(b)) {
			return nil
		}
		out, b = append(out, b[:n]), b[n:]
	}
	return out
}

// Colons prints a hash as fingerprints are printed: 1f:51:ae:…
func Colons[B [16]byte | [20]byte](sum B) string {
	return strings.ReplaceAll(fmt.Sprintf("% x", sum), " ", ":")
}
