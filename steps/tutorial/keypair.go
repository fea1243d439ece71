package tutorial

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/crypto/ssh"

	"gatewalk/sshx"
	"gatewalk/steps"
)

// Files that a session keeps beside its events.
const (
	KeyFile  = "key.pem"
	PinsFile = "known_hosts"
)

func (w *Walk) keyPath() string { return filepath.Join(w.o.Dir, KeyFile) }

// keyPair makes a key on this machine and gives AWS the public half; the
// private one never leaves the session's directory.
func (r *run) keyPair(ctx context.Context) error {
	signer, err := sshx.Key(r.keyPath(), r.name(main))
	if err != nil {
		return err
	}
	_, err = r.ensure(ctx, thing{kind: "key-pair", part: main, make: func(ctx context.Context, _ string) (string, steps.Args, error) {
		out, err := r.ec2.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{
			KeyName: aws.String(r.name(main)), PublicKeyMaterial: ssh.MarshalAuthorizedKey(signer.PublicKey()),
			TagSpecifications: r.tags(main, types.ResourceTypeKeyPair),
		}, single)
		if err != nil {
			return "", nil, err
		}
		return aws.ToString(out.KeyPairId), steps.Args{"fingerprint": ssh.FingerprintSHA256(signer.PublicKey())}, nil
	}})
	if err != nil {
		return fmt.Errorf("importing the key: %w", err)
	}
	return nil
}

func keyPairKind() *kind {
	return ec2Kind("key-pair", "key-pair-id", (*run).describeKeyPairs,
		func(k types.KeyPairInfo) found {
			return ec2Found(k.KeyPairId, k.Tags, steps.Args{"fingerprint": aws.ToString(k.KeyFingerprint)})
		},
		func(ctx context.Context, r *run, e steps.LedgerEntry) error {
			// By name, which has the session in it and is the account's only
			// one: emulators take no id here, and say that all went well.
			_, err := r.ec2.DeleteKeyPair(ctx, &ec2.DeleteKeyPairInput{KeyName: aws.String(r.name(e.Name))})
			return err
		})
}
