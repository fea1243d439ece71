package lab

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"

	"gatewalk/lab/world"
)

// secret derives 32 bytes from the lab's seed: same seed, same secret.
func secret(seed uint64, purpose ...string) []byte {
	mac := hmac.New(sha256.New, binary.LittleEndian.AppendUint64([]byte("gatewalk lab"), seed))
	mac.Write([]byte(strings.Join(purpose, "\x00")))
	return mac.Sum(nil)
}

// hostKeys are an instance's, as AL2023 makes them: ed25519 and ecdsa. They
// are derived, so that a lab that is loaded has the hosts that were trusted.
func hostKeys(seed uint64, instance string) ([]ssh.Signer, error) {
	ed, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(secret(seed, "ed25519", instance)))
	if err != nil {
		return nil, fmt.Errorf("making a host key: %w", err)
	}
	// A hash is below the order of P-256 all but once in four billion tries.
	for n := byte(0); ; n++ {
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), secret(seed, "ecdsa", instance, string(n)))
		if err != nil {
			continue
		}
		ec, err := ssh.NewSignerFromKey(key)
		if err != nil {
			return nil, fmt.Errorf("making a host key: %w", err)
		}
		return []ssh.Signer{ed, ec}, nil
	}
}

// learner is the user that the lab's credentials belong to.
const learner = "learner"

// administrator is the principal that the lab's credentials stand for.
func administrator(s *world.State) world.Principal {
	id := secret(s.Seed, "administrator")
	return world.Principal{
		AccessKeyID: "AKIA" + strings.ToUpper(hex.EncodeToString(id[:8])),
		SecretKey:   base64.StdEncoding.EncodeToString(secret(s.Seed, "administrator secret"))[:40],
		Arn:         fmt.Sprintf("arn:%s:iam::%s:user/%s", s.Partition(), s.Account, learner),
		User:        learner,
		UserID:      "AIDA" + strings.ToUpper(hex.EncodeToString(id[8:16])),
		Admin:       true,
	}
}

// Credentials are the access keys of the account's administrator.
func (l *Lab) Credentials() (accessKeyID, secretKey string) {
	p := administrator(l.world.Snapshot())
	return p.AccessKeyID, p.SecretKey
}

// ensureAdministrator makes the administrator and his key where there is none:
// in a new lab, in one of an earlier version, and where somebody deleted them.
func (l *Lab) ensureAdministrator() error {
	s := l.world.Snapshot()
	p := administrator(s)
	key, user := s.Principals[p.AccessKeyID], s.Users[learner]
	if key != nil && key.User == learner && user != nil {
		return nil
	}
	return l.world.Update(func(tx *world.Tx) error {
		tx.Principals.Put(p.AccessKeyID, &p)
		if user == nil {
			tx.Users.Put(learner, &world.User{
				Name: learner, ID: p.UserID, Path: "/", Created: tx.Now(),
				Attached: []string{"arn:" + tx.State().Partition() + ":iam::aws:policy/AdministratorAccess"},
			})
		}
		return nil
	})
}
