package host

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"gatewalk/lab/host/program"
)

// consoleLimit is what GetConsoleOutput keeps.
const consoleLimit = 64 << 10

func (h *Host) print(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.console = append(h.console, text...)
	if over := len(h.console) - consoleLimit; over > 0 {
		h.console = slices.Clone(h.console[over:])
	}
}

// cloudInit writes the boot to the console. The block of host keys comes in the
// final stage, after user data has run, as cloud-init 22.2 orders it; user data
// runs on behind Boot's back, so that a long script keeps nobody waiting.
func (h *Host) cloudInit() {
	at := h.booted.UTC()
	h.print(fmt.Sprintf(`[    0.000000] Linux version %s (mockbuild@ip-10-0-38-195) %s
[    0.000000] Command line: BOOT_IMAGE=(hd0,gpt1)/boot/vmlinuz root=/dev/nvme0n1p1 ro console=tty0 console=ttyS0,115200n8
[    1.124337] systemd[1]: Hostname set to <%s>.
[    4.310522] cloud-init[1580]: Cloud-init v. 22.2.2 running 'init' at %s. Up 4.31 seconds.
[    5.872149] cloud-init[1655]: Cloud-init v. 22.2.2 running 'modules:config' at %s. Up 5.87 seconds.
`, "6.1.166-197.305.amzn2023.x86_64", "#1 SMP PREEMPT_DYNAMIC", h.config.Hostname, at.Format(time.RFC1123Z), at.Format(time.RFC1123Z)))
	finish := func(took time.Duration) {
		defer close(h.finished)
		h.print(h.hostKeyBlock())
		up := 7.21487 + took.Seconds()
		h.print(fmt.Sprintf("[%12.6f] cloud-init[1702]: Cloud-init v. 22.2.2 finished at %s. Datasource DataSourceEc2.  Up %.2f seconds\n",
			up, h.config.Clock.Now().UTC().Format(time.RFC1123Z), up))
		h.print(fmt.Sprintf("\nAmazon Linux 2023.12.20260831\nKernel 6.1.166-197.305.amzn2023.x86_64 on an x86_64 (-)\n\n%s login: ",
			strings.Split(h.config.Hostname, ".")[0]))
	}
	if len(h.config.UserData) == 0 {
		finish(0)
		return
	}
	h.tasks.run(func() {
		began := h.config.Clock.Now()
		h.userData(h.ctx)
		finish(h.config.Clock.Now().Sub(began))
	})
}

// userData runs the script of the launch as root.
func (h *Host) userData(ctx context.Context) {
	files := h.view(true)
	log, err := files.OpenFile("/var/log/cloud-init-output.log", os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return // the file is ours; without it nobody could read of the failure
	}
	out := &lockedWriter{w: io.MultiWriter(log, consoleWriter{h})}
	if !bytes.HasPrefix(h.config.UserData, []byte("#!")) {
		fmt.Fprintf(out, "cloud-init: Unhandled non-multipart (text/x-not-multipart) userdata: only scripts that begin with #! are run here\n")
		return
	}
	const name = "/var/lib/cloud/instance-part-001"
	if err := files.WriteFile(name, h.config.UserData, 0o700); err != nil {
		fmt.Fprintf(out, "cloud-init: %s\n", err)
		return
	}
	sh, err := h.newShell(ctx, start{
		root: true, name: "cloud-init", out: out, err: out, dir: "/",
		env:  []string{"HOME=/root", "USER=root", "LOGNAME=root", "PATH=" + defaultPath, "SHELL=/bin/bash", "LANG=C.UTF-8"},
		live: func(context.Context) io.Reader { return eof{} },
	})
	if err != nil {
		fmt.Fprintf(out, "cloud-init: %s\n", err)
		return
	}
	if code := sh.eval(ctx, name, "cloud-init"); code != 0 {
		fmt.Fprintf(out, "%s - cc_scripts_user.py[WARNING]: Failed to run module scripts-user (scripts in /var/lib/cloud/instance/scripts)\n",
			h.config.Clock.Now().UTC().Format("2006-01-02 15:04:05,000"))
	}
}

type consoleWriter struct{ h *Host }

func (c consoleWriter) Write(p []byte) (int, error) {
	c.h.print(string(p))
	return len(p), nil
}

// hostKeyBlock is what cloud-init prints for those who want to know the keys
// before they log in: fingerprints through logger, then the keys themselves.
func (h *Host) hostKeyBlock() string {
	var b strings.Builder
	stamp := "<14>" + h.config.Clock.Now().UTC().Format("Jan _2 15:04:05") + " cloud-init: "
	rule := stamp + strings.Repeat("#", 61) + "\n"
	keys := slices.Clone(h.config.HostKeys)
	slices.SortFunc(keys, func(a, b ssh.Signer) int {
		return strings.Compare(keyFile(a.PublicKey()), keyFile(b.PublicKey()))
	})
	b.WriteString(rule + stamp + "-----BEGIN SSH HOST KEY FINGERPRINTS-----\n")
	for _, k := range keys {
		fmt.Fprintf(&b, "%s%d %s root@%s (%s)\n", stamp, program.KeyBits(k.PublicKey()), ssh.FingerprintSHA256(k.PublicKey()),
			h.config.Hostname, strings.ToUpper(keyFile(k.PublicKey())))
	}
	b.WriteString(stamp + "-----END SSH HOST KEY FINGERPRINTS-----\n" + rule)
	b.WriteString("-----BEGIN SSH HOST KEY KEYS-----\n")
	for _, k := range keys {
		b.WriteString(h.publicKeyLine(k.PublicKey()))
	}
	b.WriteString("-----END SSH HOST KEY KEYS-----\n")
	return b.String()
}
