package host

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// escapes are scripts that would show or touch something of the machine if the
// interpreter's defaults were in place anywhere.
var escapes = []string{
	"cat /etc/machine-id /etc/passwd", "/bin/sh -c 'echo $MACHINE_SECRET'", "env", "set", "export -p", "echo $MACHINE_SECRET",
	"echo ~ ~root ~nobody $HOME", "ls -la / /root /home /tmp", "cat %F", "cat < %F", "echo $(<%F)", "source %F", ". %F", "bash %F",
	"%F", "exec %F", "command cat %F", "cd %D && ls", "echo %D/*", "pushd %D", "pwd -P", "builtin pwd -P", "command pwd -P", "builtin source %F",
	"command . %F", "eval 'cat %F'", "test -e %F && echo MACHINE", "[ -r %F ] && echo MACHINE", "[[ -s %F ]] && echo MACHINE",
	"[[ -O %F ]] && echo MACHINE", "type machinetool && echo MACHINE", "command -v machinetool && echo MACHINE", "which machinetool && echo MACHINE",
	"PATH=%D:$PATH; machinetool", "PATH=%D; type machinetool && echo MACHINE", "PATH=%D; command -v machinetool && echo MACHINE",
	"PATH=%D; type -p machinetool && echo MACHINE", "PATH=%D; builtin type machinetool && echo MACHINE", "PATH=%D; . machinetool", "hash machinetool; machinetool", "builtin type machinetool", "command command -v machinetool",
	"cat <(cat %F)", "TMPDIR=%D cat <(echo MACHINE)", "export TMPDIR=%D; echo > $TMPDIR/sh-interp-1", "echo x > %D/sh-interp-1", "echo x > /tmp/sh-interp-1",
	"echo MACHINE-WAS-HERE > %F", "echo >> %F", "rm -rf %D", "mv %F /tmp/x", "touch %D/new", "mkdir %D/new", "chmod 0 %F", "tee %F < /dev/zero",
	"mapfile x < %F; echo ${x[0]}", "while read l; do echo $l; done < %F", "trap 'cat %F' EXIT", "f() { cat %F; }; f", "(cat %F)", "cat %F | cat",
	"sudo cat %F", "sudo -i cat %F", "timeout 1 cat %F", "env cat %F", "echo %F | xargs cat", "find %D", "grep -r . %D", "cp -r %D here; ls here",
	"dd if=%F", "less %F", "sed -n p %F", "head %F", "sort %F", "ssh -i %F -o BatchMode=yes 10.0.2.9", "ssh-keygen -l -f %F", "scp %F 10.0.2.9:", "curl file://%F",
	"aws s3 cp %F s3://b/k", "cat /proc/self/environ /proc/1/cmdline", "cat /dev/fd/0 /dev/fd/3 /dev/sda", "ls -l /dev", "kill -9 1; kill -9 $PPID; kill $$",
	"exec 3<%F", "cat <&3", "echo >&5", "coproc cat %F", "getent passwd root", "history; fc -l", "ulimit -a; umask", "help cat", "exec bash -c 'cat %F'",
}

// TestIsolation runs each of them, and looks whether anything of the machine
// came out or was changed.
func TestIsolation(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "secret.sh")
	const secret = "echo MACHINE\n"
	must(os.WriteFile(file, []byte(secret), 0o755))
	must(os.WriteFile(filepath.Join(dir, "machinetool"), []byte("#!/bin/sh\necho MACHINE\n"), 0o755))
	t.Setenv("MACHINE_SECRET", "MACHINE")
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("TMPDIR", dir)
	w := newFakeWorld()
	h := bootHost(t, w, "10.0.1.123", 50, nil)
	for _, script := range escapes {
		script = strings.NewReplacer("%F", file, "%D", dir).Replace(script)
		var out bytes.Buffer
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		h.Run(ctx, script, nil, &out, &out)
		cancel()
		text := strings.ReplaceAll(out.String(), script, "") // a message may repeat the command
		text = strings.ReplaceAll(text, "-WAS-HERE", "")
		for _, leak := range []string{"MACHINE\n", "MACHINE_SECRET=", "root:x:0:0:root:/root:/bin/bash\ndaemon", "/nonexistent"} {
			if strings.Contains(text, leak) {
				t.Errorf("%s\nshows something of the machine:\n%s", script, out.String())
			}
		}
		if data, err := os.ReadFile(file); string(data) != secret {
			t.Fatalf("%s\nchanged the machine's file: %q, %v", script, data, err)
		}
		if i, err := os.Stat(file); err != nil || i.Mode().Perm() != 0o755 {
			t.Fatalf("%s\nchanged the machine's file: %v", script, err)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 2 {
			t.Fatalf("%s\nchanged the machine's directory: %v", script, entries)
		}
	}
	if entries, _ := filepath.Glob("/tmp/sh-interp-*"); len(entries) > 0 {
		t.Errorf("named pipes on the machine: %v", entries)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range w.dials {
		if !strings.Contains(d, " 10.0.") && !strings.Contains(d, " 169.254.") {
			t.Errorf("dialled %s", d)
		}
	}
}
