package awsapi

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"gatewalk/lab/world"
)

func importKeyPair(c *ec2Call) error {
	tags, err := c.tags("key-pair")
	if err != nil {
		return err
	}
	encoded, err := c.form.need("PublicKeyMaterial")
	if err != nil {
		return err
	}
	// Some clients wrap the base64.
	line, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(encoded), ""))
	if err != nil {
		return invalid("InvalidParameterValue", "Value for parameter PublicKeyMaterial is invalid. Length exceeds maximum of 2048 or it is not base64.")
	}
	k, err := c.tx.ImportKeyPair(c.form.str("KeyName"), string(line), "", tags)
	if err != nil {
		return err
	}
	c.keyPair(k)
	return nil
}

func (c *ec2Call) keyPair(k *world.KeyPair) {
	c.out.text("keyPairId", k.ID)
	c.out.text("keyName", k.Name)
	c.out.text("keyFingerprint", k.Fingerprint)
	c.out.tags(k.Tags)
}

func createKeyPair(c *ec2Call) error {
	tags, err := c.tags("key-pair")
	if err != nil {
		return err
	}
	switch f := c.form.str("KeyFormat"); f {
	case "", "pem":
	case "ppk":
		return unsupported("Key format " + f + " is not part of this lab; use pem.")
	default:
		return invalidValue("keyFormat", f)
	}
	var public, private, fingerprint string
	switch kind := c.form.str("KeyType"); kind {
	case "", "rsa":
		public, private, fingerprint, err = newRSA()
	case "ed25519":
		public, private, err = newEd25519(c.form.str("KeyName"))
	default:
		return invalidValue("keyType", kind)
	}
	if err != nil {
		return err
	}
	k, err := c.tx.ImportKeyPair(c.form.str("KeyName"), public, fingerprint, tags)
	if err != nil {
		return err
	}
	c.keyPair(k)
	c.out.text("keyMaterial", private)
	return nil
}

// newRSA makes a key of 2048 bits. The fingerprint of a key that AWS made is
// the SHA-1 of its private half (EC2 user guide, "verify-keys").
func newRSA() (public, private, fingerprint string, err error) {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", "", "", err
	}
	pub, err := ssh.NewPublicKey(&k.PublicKey)
	if err != nil {
		return "", "", "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return "", "", "", err
	}
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k)}
	return string(ssh.MarshalAuthorizedKey(pub)), string(pem.EncodeToMemory(block)), world.Colons(sha1.Sum(der)), nil
}

func newEd25519(name string) (public, private string, err error) {
	pub, k, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", "", err
	}
	sshPub, err := ssh.NewPublicKey(pub)
	if err != nil {
		return "", "", err
	}
	block, err := ssh.MarshalPrivateKey(k, name)
	if err != nil {
		return "", "", err
	}
	return string(ssh.MarshalAuthorizedKey(sshPub)), string(pem.EncodeToMemory(block)), nil
}

func describeKeyPairs(c *ec2Call) error {
	names := c.form.list("KeyName")
	for _, n := range names {
		if k := c.st.KeyPair(n); k == nil || c.unseen != nil && c.unseen(k.ID) {
			return invalid("InvalidKeyPair.NotFound", "The key pair '"+n+"' does not exist")
		}
	}
	withKey, err := c.form.boolean("IncludePublicKey", false)
	if err != nil {
		return err
	}
	items, _, err := describe(c, described[*world.KeyPair]{
		ids: "KeyPairId", prefix: "key", all: c.st.KeyPairs,
		tags: func(k *world.KeyPair) world.Tags { return k.Tags },
		filters: map[string]func(*world.KeyPair) []string{
			"key-pair-id": one(func(k *world.KeyPair) string { return k.ID }),
			"key-name":    one(func(k *world.KeyPair) string { return k.Name }),
			"fingerprint": one(func(k *world.KeyPair) string { return k.Fingerprint }),
		},
	})
	if err != nil {
		return err
	}
	if len(names) > 0 {
		items = slices.DeleteFunc(items, func(k *world.KeyPair) bool { return !slices.Contains(names, k.Name) })
	}
	list(&c.out, "keySet", items, func(k *world.KeyPair) {
		c.keyPair(k)
		c.out.text("keyType", k.Type)
		c.out.time("createTime", k.Created)
		if withKey {
			c.out.text("publicKey", k.PublicKey)
		}
	})
	return nil
}

func deleteKeyPair(c *ec2Call) error {
	name, id := c.form.str("KeyName"), c.form.str("KeyPairId")
	if name == "" && id == "" {
		return missing("KeyName")
	}
	deleted := c.tx.DeleteKeyPair(name, id)
	c.out.text("return", "true")
	c.out.opt("keyPairId", deleted)
	return nil
}
