package host

import (
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// install lays out the files of a fresh Amazon Linux 2023.
func (h *Host) install() error {
	root := h.view(true)
	var failed error
	do := func(err error) {
		if failed == nil {
			failed = err
		}
	}
	for _, dir := range []string{
		"/boot", "/etc", "/etc/ssh", "/home", "/media", "/mnt", "/opt", "/proc", "/root", "/run", "/srv", "/sys", "/tmp", "/usr",
		"/usr/bin", "/usr/sbin", "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/local/sbin", "/usr/share", "/var", "/var/lib",
		"/var/lib/cloud", "/var/log", "/var/tmp", "/home/ec2-user", "/home/ec2-user/.ssh",
	} {
		do(root.Mkdir(dir, 0o755))
	}
	h.fs.Bind("/usr/bin", "/bin")
	h.fs.Bind("/usr/sbin", "/sbin")
	for _, dir := range []string{"/tmp", "/var/tmp"} {
		do(root.Chmod(dir, 0o777|fs.ModeSticky))
	}
	do(root.Chmod("/root", 0o550))
	// Each program is an empty file, so that ls, which and test -x find it.
	for _, name := range slices.Sorted(maps.Keys(h.programs)) {
		do(root.WriteFile("/usr/bin/"+name, nil, 0o755))
	}
	for _, name := range []string{"bash", "sh", "echo", "printf", "pwd", "test", "[", "true", "false"} {
		do(root.WriteFile("/usr/bin/"+name, nil, 0o755))
	}
	for name, text := range h.etc() {
		do(root.WriteFile(name, []byte(text), 0o644))
	}
	for _, key := range h.config.HostKeys {
		name := "/etc/ssh/ssh_host_" + keyFile(key.PublicKey()) + "_key.pub"
		do(root.WriteFile(name, []byte(h.publicKeyLine(key.PublicKey())), 0o644))
	}
	do(root.WriteFile("/var/log/cloud-init-output.log", nil, 0o640))
	do(root.WriteFile("/var/log/messages", nil, 0o600))

	var authorized strings.Builder
	for _, key := range h.config.AuthorizedKeys {
		authorized.Write(ssh.MarshalAuthorizedKey(key))
	}
	const home = "/home/ec2-user"
	do(root.WriteFile(home+"/.ssh/authorized_keys", []byte(authorized.String()), 0o600))
	do(root.WriteFile(home+"/.bash_logout", []byte("# ~/.bash_logout\n\n"), 0o644))
	do(root.WriteFile(home+"/.bash_profile", []byte("# .bash_profile\n\nif [ -f ~/.bashrc ]; then\n\t. ~/.bashrc\nfi\n"), 0o644))
	do(root.WriteFile(home+"/.bashrc", []byte("# .bashrc\n"), 0o644))
	do(root.Chmod(home, 0o700))
	do(root.Chmod(home+"/.ssh", 0o700))
	for _, name := range []string{"", "/.ssh", "/.ssh/authorized_keys", "/.bash_logout", "/.bash_profile", "/.bashrc"} {
		do(root.Chown(home+name, 1000, 1000))
	}
	if failed != nil {
		return fmt.Errorf("installing files: %w", failed)
	}
	return nil
}

// etc is the text files by name.
func (h *Host) etc() map[string]string {
	resolver := h.config.Resolver
	if !resolver.IsValid() {
		// The Amazon resolver is at base+2 of the VPC, which is a /16 here.
		a := h.config.Net.Addr().As4()
		resolver = netip.AddrFrom4([4]byte{a[0], a[1], 0, 2})
	}
	_, domain, _ := strings.Cut(h.config.Hostname, ".")
	return map[string]string{
		"/etc/hostname":    h.config.Hostname + "\n",
		"/etc/resolv.conf": fmt.Sprintf("search %s\nnameserver %s\n", domain, resolver),
		"/etc/hosts": "127.0.0.1   localhost localhost.localdomain localhost4 localhost4.localdomain4\n" +
			"::1         localhost6 localhost6.localdomain6\n",
		"/etc/passwd": "root:x:0:0:root:/root:/bin/bash\nec2-user:x:1000:1000:EC2 Default User:/home/ec2-user:/bin/bash\n",
		"/etc/group":  "root:x:0:\nadm:x:4:ec2-user\nwheel:x:10:ec2-user\nsystemd-journal:x:190:ec2-user\nec2-user:x:1000:\n",
		"/etc/shells": "/bin/sh\n/bin/bash\n/usr/bin/sh\n/usr/bin/bash\n",
		"/etc/os-release": `NAME="Amazon Linux"
VERSION="2023"
ID="amzn"
ID_LIKE="fedora"
VERSION_ID="2023"
PLATFORM_ID="platform:al2023"
PRETTY_NAME="Amazon Linux 2023.12.20260831"
ANSI_COLOR="0;33"
CPE_NAME="cpe:2.3:o:amazon:amazon_linux:2023"
HOME_URL="https://aws.amazon.com/linux/amazon-linux-2023/"
VENDOR_NAME="AWS"
VENDOR_URL="https://aws.amazon.com/"
`,
		"/etc/system-release": "Amazon Linux release 2023.12.20260831 (Amazon Linux)\n",
		"/etc/motd":           motd,
	}
}

const motd = `
       .--.
    .-(    ).       Amazon Linux 2023
   (___.__)__)      an instance of the lab: nothing here leaves it
      |    |
   ---'    '---     https://aws.amazon.com/linux/amazon-linux-2023

`

// keyFile is how a type of key is named in the names of files.
func keyFile(key ssh.PublicKey) string {
	switch key.Type() {
	case ssh.KeyAlgoED25519:
		return "ed25519"
	case ssh.KeyAlgoRSA:
		return "rsa"
	}
	return "ecdsa"
}

func (h *Host) publicKeyLine(key ssh.PublicKey) string {
	return strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(key)), "\n") + " root@" + h.config.Hostname + "\n"
}
