package program

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/crypto/ssh"
)

// keygen is ssh-keygen with -l, -y, -R, -F and the making of ed25519 keys.
func keygen(_ context.Context, p *Process) int {
	g, rest, ok := parse(p, "lyqR:F:f:t:N:C:b:E:v", nil)
	if !ok {
		return 1
	}
	if len(rest) > 0 {
		fmt.Fprintln(p.Stderr, "Too many arguments.")
		return 1
	}
	file := g.last('f', "")
	switch {
	case g.has('R'):
		return forget(p, g.last('R', ""), file)
	case g.has('F'):
		return lookUp(p, g.last('F', ""), file)
	case g.has('l'):
		return fingerprints(p, file)
	case g.has('y'):
		data, err := disk(p).ReadFile(abs(p, expandHome(p, file)))
		if err != nil {
			fmt.Fprintf(p.Stderr, "Load key \"%s\": %s\n", file, why(err))
			return 255
		}
		signer, err := ssh.ParsePrivateKey(data)
		if err != nil {
			fmt.Fprintf(p.Stderr, "Load key \"%s\": error in libcrypto\n", file)
			return 255
		}
		p.Stdout.Write(ssh.MarshalAuthorizedKey(signer.PublicKey()))
		return 0
	}
	if t := g.last('t', "ed25519"); t != "ed25519" {
		fmt.Fprintf(p.Stderr, "unknown key type %s on this host (ed25519 is there)\n", t)
		return 1
	}
	return generate(p, g, file)
}

func generate(p *Process, g given, file string) int {
	fmt.Fprintln(p.Stdout, "Generating public/private ed25519 key pair.")
	if file == "" {
		file = home(p) + "/.ssh/id_ed25519"
		if p.Prompt != nil {
			answer, err := p.Prompt(fmt.Sprintf("Enter file in which to save the key (%s): ", file), false)
			if err != nil {
				return 1
			}
			if answer = strings.TrimSpace(answer); answer != "" {
				file = answer
			}
		}
	}
	at := abs(p, expandHome(p, file))
	if _, err := disk(p).Stat(at); err == nil {
		fmt.Fprintf(p.Stdout, "%s already exists.\n", file)
		if p.Prompt == nil {
			return 1
		}
		if answer, err := p.Prompt("Overwrite (y/n)? ", false); err != nil || !strings.HasPrefix(answer, "y") {
			return 1
		}
	}
	phrase := g.last('N', "")
	for !g.has('N') && p.Prompt != nil {
		first, err := p.Prompt(fmt.Sprintf("Enter passphrase for \"%s\" (empty for no passphrase): ", file), true)
		if err != nil {
			return 1
		}
		again, err := p.Prompt("Enter same passphrase again: ", true)
		if err != nil {
			return 1
		}
		if first == again {
			phrase = first
			break
		}
		fmt.Fprintln(p.Stdout, "Passphrases do not match.  Try again.")
	}
	pub, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return complain(p, "%s", err)
	}
	host, _, _ := strings.Cut(p.Hostname, ".")
	comment := g.last('C', userName(uid(p))+"@"+host)
	var block *pem.Block
	if phrase == "" {
		block, err = ssh.MarshalPrivateKey(private, comment)
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(private, comment, []byte(phrase))
	}
	if err != nil {
		return complain(p, "%s", err)
	}
	public, err := ssh.NewPublicKey(pub)
	if err != nil {
		return complain(p, "%s", err)
	}
	line := strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(public)), "\n") + " " + comment + "\n"
	if dir := home(p) + "/.ssh"; strings.HasPrefix(at, dir+"/") {
		disk(p).Mkdir(dir, 0o700)
	}
	for _, out := range []struct {
		name string
		data []byte
		mode fs.FileMode
	}{{at, pem.EncodeToMemory(block), 0o600}, {at + ".pub", []byte(line), 0o644}} {
		disk(p).Remove(out.name)
		if err := disk(p).WriteFile(out.name, out.data, out.mode); err != nil {
			fmt.Fprintf(p.Stderr, "Saving key \"%s\" failed: %s\n", file, why(err))
			return 1
		}
	}
	fmt.Fprintf(p.Stdout, "Your identification has been saved in %s\nYour public key has been saved in %s.pub\n", file, file)
	fmt.Fprintf(p.Stdout, "The key fingerprint is:\n%s %s\n", ssh.FingerprintSHA256(public), comment)
	return 0
}

// fingerprints prints a line for each key of a file: public keys, known hosts
// or one private key.
func fingerprints(p *Process, file string) int {
	if file == "" {
		file = home(p) + "/.ssh/id_ed25519.pub"
	}
	data, err := disk(p).ReadFile(abs(p, expandHome(p, file)))
	if err != nil {
		fmt.Fprintf(p.Stderr, "ssh-keygen: %s: %s\n", file, why(err))
		return 255
	}
	if signer, err := ssh.ParsePrivateKey(data); err == nil {
		printKey(p, signer.PublicKey(), "no comment")
		return 0
	}
	found := false
	for line := range strings.Lines(string(data)) {
		// Known hosts first: a host would pass for the options of a public key.
		if _, hosts, key, _, _, err := ssh.ParseKnownHosts([]byte(line)); err == nil {
			printKey(p, key, strings.Join(hosts, ","))
			found = true
		} else if key, comment, _, _, err := ssh.ParseAuthorizedKey([]byte(line)); err == nil {
			printKey(p, key, cmp.Or(comment, "no comment"))
			found = true
		}
	}
	if !found {
		fmt.Fprintf(p.Stderr, "%s is not a key file.\n", file)
		return 255
	}
	return 0
}

func printKey(p *Process, key ssh.PublicKey, comment string) {
	fmt.Fprintf(p.Stdout, "%d %s %s (%s)\n", KeyBits(key), ssh.FingerprintSHA256(key), comment, keyName(key))
}

// KeyBits is the length of a key as ssh-keygen -l prints it.
func KeyBits(key ssh.PublicKey) int {
	switch key.Type() {
	case ssh.KeyAlgoECDSA384:
		return 384
	case ssh.KeyAlgoECDSA521:
		return 521
	case ssh.KeyAlgoRSA:
		if c, ok := key.(ssh.CryptoPublicKey); ok {
			if r, ok := c.CryptoPublicKey().(interface{ Size() int }); ok {
				return 8 * r.Size()
			}
		}
		return 2048
	}
	return 256
}

// forget removes a host from known_hosts and keeps the old file as .old.
func forget(p *Process, host, file string) int {
	file, data, status := knownHostsFile(p, file)
	if status != 0 {
		return status
	}
	drop := map[int]bool{}
	for _, k := range parseKnownHosts(data) {
		if k.is(host) {
			fmt.Fprintf(p.Stdout, "# Host %s found: line %d\n", host, k.line)
			drop[k.line] = true
		}
	}
	if len(drop) == 0 {
		fmt.Fprintf(p.Stderr, "Host %s not found in %s\n", host, file)
		return 0
	}
	var kept strings.Builder
	n := 0
	for line := range strings.Lines(string(data)) {
		if n++; !drop[n] {
			kept.WriteString(line)
		}
	}
	at := abs(p, file)
	if err := disk(p).WriteFile(at+".old", data, 0o600); err != nil {
		fmt.Fprintf(p.Stderr, "link %s to %s.old: %s\n", file, file, why(err))
		return 255
	}
	if err := disk(p).WriteFile(at, []byte(kept.String()), 0o600); err != nil {
		fmt.Fprintf(p.Stderr, "%s: %s\n", file, why(err))
		return 255
	}
	fmt.Fprintf(p.Stdout, "%s updated.\nOriginal contents retained as %s.old\n", file, file)
	return 0
}

func lookUp(p *Process, host, file string) int {
	_, data, status := knownHostsFile(p, file)
	if status != 0 {
		return status
	}
	all := strings.Split(string(data), "\n")
	status = 1
	for _, k := range parseKnownHosts(data) {
		if k.is(host) {
			fmt.Fprintf(p.Stdout, "# Host %s found: line %d \n%s\n", host, k.line, all[k.line-1])
			status = 0
		}
	}
	return status
}

func knownHostsFile(p *Process, file string) (string, []byte, int) {
	if file == "" {
		file = home(p) + "/.ssh/known_hosts"
	}
	data, err := disk(p).ReadFile(abs(p, expandHome(p, file)))
	if err != nil {
		fmt.Fprintf(p.Stderr, "Cannot stat %s: %s\n", file, why(err))
		return file, nil, 255
	}
	return expandHome(p, file), data, 0
}
