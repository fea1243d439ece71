package program

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net"
	"strings"

	"golang.org/x/crypto/ssh"
)

// knownHost is one line of a known_hosts file that can be understood.
type knownHost struct {
	line    int // from 1
	revoked bool
	hosts   []string // patterns, or one hash
	key     ssh.PublicKey
}

// parseKnownHosts reads a known_hosts file; lines that are none are passed over,
// as OpenSSH does.
func parseKnownHosts(data []byte) (all []knownHost) {
	n := 0
	for line := range bytes.Lines(data) {
		n++
		marker, hosts, key, _, _, err := ssh.ParseKnownHosts(line)
		if err != nil || key == nil || marker == "cert-authority" {
			continue
		}
		all = append(all, knownHost{n, marker == "revoked", hosts, key})
	}
	return all
}

// knownName is how a host is written in the file: "[name]:port" off port 22.
func knownName(host, port string) string {
	if port == "22" {
		return host
	}
	return "[" + host + "]:" + port
}

// is reports whether the line speaks of the host.
func (k knownHost) is(name string) bool {
	found := false
	for _, pattern := range k.hosts {
		pattern, not := strings.CutPrefix(pattern, "!")
		hit := false
		if strings.HasPrefix(pattern, "|1|") {
			hit = hashed(pattern, name)
		} else {
			hit = wildcard(strings.ToLower(pattern), strings.ToLower(name))
		}
		if hit && not {
			return false
		}
		found = found || hit
	}
	return found
}

// hashed compares a name with "|1|salt|HMAC-SHA1".
func hashed(pattern, name string) bool {
	parts := strings.Split(pattern, "|")
	if len(parts) != 4 {
		return false
	}
	salt, err1 := base64.StdEncoding.DecodeString(parts[2])
	want, err2 := base64.StdEncoding.DecodeString(parts[3])
	if err1 != nil || err2 != nil {
		return false
	}
	mac := hmac.New(sha1.New, salt)
	mac.Write([]byte(name))
	return hmac.Equal(mac.Sum(nil), want)
}

// wildcard matches * and ?, in time linear in the product of the lengths.
func wildcard(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// keyName is the short name OpenSSH prints: ED25519, ECDSA, RSA.
func keyName(key ssh.PublicKey) string {
	switch t := key.Type(); {
	case t == ssh.KeyAlgoED25519:
		return "ED25519"
	case strings.HasPrefix(t, "ecdsa-"):
		return "ECDSA"
	case t == ssh.KeyAlgoRSA:
		return "RSA"
	default:
		return strings.ToUpper(t)
	}
}

// hostKeys is the file ~/.ssh/known_hosts in the eyes of one connection.
type hostKeys struct {
	p     *Process
	o     *sshOptions
	host  string // as typed
	port  string
	shown string // the address, in the question
}

func (h *hostKeys) file() string {
	if f := h.o.config["userknownhostsfile"]; f != "" {
		return expandHome(h.p, f)
	}
	return home(h.p) + "/.ssh/known_hosts"
}

// algorithms puts the types of key already known first, so that the one that
// can be checked is the one that is sent.
func (h *hostKeys) algorithms() []string {
	all := []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	var first, rest []string
	data, _ := disk(h.p).ReadFile(h.file())
	known := map[string]bool{}
	for _, k := range parseKnownHosts(data) {
		if k.is(knownName(h.host, h.port)) && !k.revoked {
			known[k.key.Type()] = true
		}
	}
	for _, a := range all {
		if known[a] || known[ssh.KeyAlgoRSA] && strings.HasPrefix(a, "rsa-") {
			first = append(first, a)
		} else {
			rest = append(rest, a)
		}
	}
	return append(first, rest...)
}

// errRefused ends a handshake whose reason has been printed already.
var errRefused = fmt.Errorf("host key refused")

// check is the HostKeyCallback: it compares, asks, and remembers.
func (h *hostKeys) check(_ string, _ net.Addr, key ssh.PublicKey) error {
	name := knownName(h.host, h.port)
	data, _ := disk(h.p).ReadFile(h.file())
	var other *knownHost
	for _, k := range parseKnownHosts(data) {
		if !k.is(name) {
			continue
		}
		same := bytes.Equal(k.key.Marshal(), key.Marshal())
		switch {
		case same && !k.revoked:
			return nil
		case same || k.key.Type() == key.Type():
			other = &k
		}
	}
	strict := strings.ToLower(h.o.config["stricthostkeychecking"])
	if other != nil {
		h.changed(key, *other)
		if strict == "no" || strict == "off" {
			// OpenSSH goes on with passwords and forwarding off; keys still work.
			return nil
		}
		fmt.Fprintf(h.p.Stderr, "Host key for %s has changed and you have requested strict checking.\n", name)
		return h.failed()
	}
	switch strict {
	case "yes":
		fmt.Fprintf(h.p.Stderr, "No %s host key is known for %s and you have requested strict checking.\n", keyName(key), name)
		return h.failed()
	case "no", "off", "accept-new":
		h.remember(data, name, key)
		return nil
	}
	if h.o.yes("batchmode") || h.p.Prompt == nil {
		return h.failed()
	}
	text := fmt.Sprintf("The authenticity of host '%s (%s)' can't be established.\n%s key fingerprint is %s.\n"+
		"This key is not known by any other names.\nAre you sure you want to continue connecting (yes/no/[fingerprint])? ",
		name, h.shown, keyName(key), ssh.FingerprintSHA256(key))
	for {
		answer, err := h.p.Prompt(text, false)
		if err != nil {
			return h.failed()
		}
		switch answer = strings.TrimSpace(answer); {
		case strings.EqualFold(answer, "yes"), answer == ssh.FingerprintSHA256(key):
			h.remember(data, name, key)
			return nil
		case strings.EqualFold(answer, "no"):
			return h.failed()
		}
		text = "Please type 'yes', 'no' or the fingerprint: "
	}
}

func (h *hostKeys) failed() error {
	fmt.Fprintln(h.p.Stderr, "Host key verification failed.")
	return errRefused
}

// remember appends the key to the file.
func (h *hostKeys) remember(data []byte, name string, key ssh.PublicKey) {
	if len(data) > 0 && data[len(data)-1] != '\n' {
		data = append(data, '\n')
	}
	file := h.file()
	if dir := home(h.p) + "/.ssh"; strings.HasPrefix(file, dir+"/") {
		disk(h.p).Mkdir(dir, 0o700)
	}
	data = append(data, name+" "+string(ssh.MarshalAuthorizedKey(key))...)
	if err := disk(h.p).WriteFile(file, data, 0o600); err != nil {
		fmt.Fprintf(h.p.Stderr, "Failed to add the host to the list of known hosts (%s).\n", file)
		return
	}
	fmt.Fprintf(h.p.Stderr, "Warning: Permanently added '%s' (%s) to the list of known hosts.\n", name, keyName(key))
}

// changed prints the warning of a key that is not the known one.
func (h *hostKeys) changed(key ssh.PublicKey, k knownHost) {
	fmt.Fprintf(h.p.Stderr, `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Someone could be eavesdropping on you right now (man-in-the-middle attack)!
It is also possible that a host key has just been changed.
The fingerprint for the %[1]s key sent by the remote host is
%[2]s.
Please contact your system administrator.
Add correct host key in %[3]s to get rid of this message.
Offending %[4]s key in %[3]s:%[5]d
  remove with:
  ssh-keygen -f "%[3]s" -R "%[6]s"
`, keyName(key), ssh.FingerprintSHA256(key), h.file(), keyName(k.key), k.line, knownName(h.host, h.port))
}
