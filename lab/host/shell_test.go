package host

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// scripts is what the shell must do; TestBash holds a real bash to the same
// table, so that it tells the truth.
var scripts = []struct {
	script string
	out    string
	code   int
}{
	{"echo hello", "hello\n", 0},
	{"echo one two | wc -w | tr -d ' '", "2\n", 0},
	{"false", "", 1},
	{"false; echo $?", "1\n", 0},
	{"true && echo yes || echo no", "yes\n", 0},
	{"false && echo yes || echo no", "no\n", 0},
	{"x=5; echo $((x * 3))", "15\n", 0},
	{"for i in 1 2 3; do echo -n $i; done; echo", "123\n", 0},
	{"i=0; while [ $i -lt 3 ]; do i=$((i+1)); done; echo $i", "3\n", 0},
	{"f() { echo got $1; return 7; }; f it; echo $?", "got it\n7\n", 0},
	{"echo a > f; echo b >> f; cat f; rm f; ls f 2>/dev/null; echo $?", "a\nb\n2\n", 0},
	{"cat <<X\nhere $((1+1))\nX", "here 2\n", 0},
	{"cat <<< word", "word\n", 0},
	{"read a b <<< '1 2 3'; echo \"$b\"", "2 3\n", 0},
	{"printf '%s-%d\\n' a 1 b 2", "a-1\nb-2\n", 0},
	{"echo $(echo inner) `echo old`", "inner old\n", 0},
	{"(exit 3); echo $?", "3\n", 0},
	{"exit 42", "", 42},
	{"no_such_command 2>/dev/null; echo $?", "127\n", 0},
	{"echo x > s; chmod 644 s; ./s 2>/dev/null; echo $?; rm s", "126\n", 0},
	{"printf 'echo ran $1\\nexit 5\\n' > s; chmod 755 s; ./s it; echo $?; rm s", "ran it\n5\n", 0},
	{"mkdir -p d/e; cd d/e; pwd | grep -c '/d/e$'; cd ../..; rm -r d", "1\n", 0},
	{"seq 5 | head -2", "1\n2\n", 0},
	{"seq 10 | tail -n 2", "9\n10\n", 0},
	{"seq 10 | tail -n +9", "9\n10\n", 0},
	{"seq 3 | head -n -1", "1\n2\n", 0},
	{"printf 'b\\na\\nb\\n' | sort | uniq -c | sed 's/^ *//'", "1 a\n2 b\n", 0},
	{"printf '10\\n9\\n2\\n' | sort -n", "2\n9\n10\n", 0},
	{"printf 'a:2\\nb:1\\n' | sort -t: -k2", "b:1\na:2\n", 0},
	{"printf 'x 3\\ny 20\\nz 1\\n' | sort -k2 -n -r", "y 20\nx 3\nz 1\n", 0},
	{"printf 'b\\na\\nb\\n' | sort -u", "a\nb\n", 0},
	{"echo a,b,c | cut -d, -f2", "b\n", 0},
	{"echo a,b,c | cut -d, -f2-", "b,c\n", 0},
	{"echo abcdef | cut -c2-4", "bcd\n", 0},
	{"echo hello | tr a-y b-z", "ifmmp\n", 0},
	{"echo hello | tr '[:lower:]' '[:upper:]'", "HELLO\n", 0},
	{"echo aabbcc | tr -s ab", "abcc\n", 0},
	{"echo a1b2 | tr -d 0-9", "ab\n", 0},
	{"echo a1b2 | tr -cd '0-9\\n'", "12\n", 0},
	{"echo hello | sed 's/l/L/'", "heLlo\n", 0},
	{"echo hello | sed 's/l/L/g'", "heLLo\n", 0},
	{"echo hello | sed 's/l/L/2'", "helLo\n", 0},
	{"echo hello | sed 's/\\(h\\)\\(e\\)/\\2\\1/'", "ehllo\n", 0},
	{"echo hello | sed -E 's/(h)(e)/\\2\\1&/'", "ehhello\n", 0},
	{"echo a/b | sed 's#/#-#'", "a-b\n", 0},
	{"seq 5 | sed -n '2,4p'", "2\n3\n4\n", 0},
	{"seq 5 | sed -n '$p'", "5\n", 0},
	{"seq 5 | sed '/3/d'", "1\n2\n4\n5\n", 0},
	{"seq 5 | sed -n '/2/,/4/p'", "2\n3\n4\n", 0},
	{"seq 5 | sed 2q", "1\n2\n", 0},
	{"seq 3 | sed '2!d'", "2\n", 0},
	{"printf 'one\\nTwo\\nthree\\n' | grep -i two", "Two\n", 0},
	{"printf 'one\\ntwo\\n' | grep -v one", "two\n", 0},
	{"printf 'one\\ntwo\\n' | grep -n two", "2:two\n", 0},
	{"printf 'one\\ntwo\\n' | grep -c o", "2\n", 0},
	{"printf 'a+b\\naab\\n' | grep 'a+b'", "a+b\n", 0},
	{"printf 'a+b\\naab\\n' | grep -E 'a+b'", "aab\n", 0},
	{"printf 'a+b\\naab\\n' | grep 'a\\+b'", "aab\n", 0},
	{"printf 'ab\\nabc\\n' | grep -w ab", "ab\n", 0},
	{"printf 'a1b22\\n' | grep -o '[0-9]*'", "1\n22\n", 0},
	{"seq 9 | grep -A1 -B1 5", "4\n5\n6\n", 0},
	{"echo x | grep y", "", 1},
	{"echo x | grep -q x && echo found", "found\n", 0},
	{"echo 'a b  c' | wc", "      1       3       7\n", 0},
	{"printf 'ab' | wc -c", "2\n", 0},
	{"printf '한글\\n' | wc -m", "3\n", 0},
	{"yes | head -2", "y\ny\n", 0},
	{"yes no | head -1", "no\n", 0},
	{"seq 1 2 7 | tr '\\n' ' '", "1 3 5 7 ", 0},
	{"seq -w 8 10", "08\n09\n10\n", 0},
	{"seq 0.5 0.5 1.5", "0.5\n1.0\n1.5\n", 0},
	{"seq 3 -1 1", "3\n2\n1\n", 0},
	{"basename /a/b.txt .txt; dirname /a/b.txt", "b\n/a\n", 0},
	{"dirname a; dirname /; dirname a/b/", ".\n/\na\n", 0},
	{"echo hi | tee t1 | cat; cat t1; rm t1", "hi\nhi\n", 0},
	{"echo abc | md5sum", "0bee89b07a248e27c83fc3d5951213c1  -\n", 0},
	{"echo abc | sha256sum | cut -c1-16", "edeaaff3f1774ad2\n", 0},
	{"echo abc | base64", "YWJjCg==\n", 0},
	{"echo YWJjCg== | base64 -d", "abc\n", 0},
	{"head -c 5 /dev/zero | wc -c", "5\n", 0},
	{"head -c 100000 /dev/urandom | wc -c", "100000\n", 0},
	{"dd if=/dev/zero of=z bs=1k count=4 2>/dev/null; stat -c %s z; rm z", "4096\n", 0},
	{"truncate -s 1M z; stat -c %s z; rm z", "1048576\n", 0},
	{"touch e; [ -f e ] && [ ! -s e ] && echo empty; rm e", "empty\n", 0},
	{"touch e; chmod 600 e; stat -c %a e; chmod go+r e; stat -c %A e; rm e", "600\n-rw-r--r--\n", 0},
	{"mkdir d; touch d/b d/a; ls d; ls -r d; rm -r d", "a\nb\nb\na\n", 0},
	{"mkdir d; touch d/.h d/a; ls -A d; rm -r d", ".h\na\n", 0},
	{"mkdir d; echo 1 > d/x; cp -r d e; cat e/x; mv e/x e/y; ls e; rm -r d e", "1\ny\n", 0},
	{"mkdir d; rmdir d; ls d 2>/dev/null; echo $?", "2\n", 0},
	{"mkdir -p a/b; touch a/b/c; find a | sort; find a -type f; find a -name 'b*'; rm -r a", "a\na/b\na/b/c\na/b/c\na/b\n", 0},
	{"touch 1.txt 2.txt; echo *.txt; rm *.txt; echo *.txt", "1.txt 2.txt\n*.txt\n", 0},
	{"echo a b c | xargs -n 1 echo", "a\nb\nc\n", 0},
	{"printf 'x\\ny\\n' | xargs -I{} echo [{}]", "[x]\n[y]\n", 0},
	{"timeout 1 true; echo $?", "0\n", 0},
	{"timeout 0.05 sleep 5; echo $?", "124\n", 0},
	{"env A=1 bash -c 'echo $A'", "1\n", 0},
	{"A=1 bash -c 'echo $A$1' x y", "1y\n", 0},
	{"echo 'echo from file $1' > s.sh; bash s.sh arg; sh s.sh; rm s.sh", "from file arg\nfrom file\n", 0},
	{"echo 'echo piped' | bash", "piped\n", 0},
	{"bash -c 'exit 9'; echo $?", "9\n", 0},
	{"set -e; false; echo not reached", "", 1},
	{"set -o pipefail; false | true; echo $?", "1\n", 0},
	{"x='a b'; set -- $x; echo $#", "2\n", 0},
	{"case abc in a*) echo m;; *) echo n;; esac", "m\n", 0},
	{"[[ abc =~ ^a.c$ ]] && echo re", "re\n", 0},
	{"x=(1 2 3); echo ${#x[@]} ${x[1]}", "3 2\n", 0},
	{"x=file.tar.gz; echo ${x%%.*} ${x##*.}", "file gz\n", 0},
	{"sleep 0.01 & wait; echo done", "done\n", 0},
	{"trap 'echo bye' EXIT; echo hi", "hi\nbye\n", 0},
	{"echo err >&2 2>/dev/null | cat", "", 0},
	{"type cd", "cd is a shell builtin\n", 0},
	{"f() { :; }; type -t f >/dev/null && echo function", "function\n", 0},
	{"command -v cd", "cd\n", 0},
	{"command -v nothing_at_all; echo $?", "1\n", 0},
	{"printf '1\\n2\\n' | while read n; do echo got $n; done", "got 1\ngot 2\n", 0},
	{"printf '1\\n2\\n' > l; while read n; do echo $n; done < l; rm l", "1\n2\n", 0},
	{"cd /nowhere 2>/dev/null; echo $?", "1\n", 0},
	{"cd /tmp; cd - >/dev/null; cd /tmp && echo $PWD", "/tmp\n", 0},
	{"[ -r /etc/passwd ] && echo readable", "readable\n", 0},
	{"[ -O . ] && echo mine", "mine\n", 0},
	{"date -u -d @0 +%Y-%m-%dT%H:%M:%S", "1970-01-01T00:00:00\n", 0},
	{"cat nothing 2>&1", "cat: nothing: No such file or directory\n", 1},
	{"ls nothing 2>&1", "ls: cannot access 'nothing': No such file or directory\n", 2},
	{"rm nothing 2>&1", "rm: cannot remove 'nothing': No such file or directory\n", 1},
	{"mkdir d; rm d 2>&1; rmdir d", "rm: cannot remove 'd': Is a directory\n", 0},
	{"cat /etc 2>&1", "cat: /etc: Is a directory\n", 1},
	{"cp a 2>&1 | head -1", "cp: missing destination file operand after 'a'\n", 0},
	{"ls -Z9 2>&1 | tail -1 | grep -c information", "1\n", 0},
	{"head -n x /dev/null 2>&1", "head: invalid number of lines: ‘x’\n", 1},
	{"sleep x 2>&1 | head -1", "sleep: invalid time interval ‘x’\n", 0},
	{"chmod 999 /tmp 2>&1 | head -1", "chmod: invalid mode: ‘999’\n", 0},
	{"echo hi >/nowhere/x 2>/dev/null; echo $?", "1\n", 0},
}

func TestShell(t *testing.T) {
	h := bootHost(t, newFakeWorld(), "10.0.1.123", 1, nil)
	for _, test := range scripts {
		out, errs, code := run(t, h, test.script, "")
		if out != test.out || code != test.code {
			t.Errorf("%s\n got %q, status %d (errors %q)\nwant %q, status %d", test.script, out, code, errs, test.out, test.code)
		}
	}
}

// TestBash runs the same scripts in the machine's own bash.
func TestBash(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash here to compare with")
	}
	if version, _ := exec.Command("uname", "-s").Output(); !strings.HasPrefix(string(version), "Linux") {
		t.Skip("the table is that of GNU programs")
	}
	for _, test := range scripts {
		cmd := exec.Command(bash, "-c", test.script)
		cmd.Dir = t.TempDir()
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
		out, _ := cmd.Output()
		if string(out) != test.out || cmd.ProcessState.ExitCode() != test.code {
			t.Errorf("the table is wrong: %s\nbash says %q, status %d\nthe table  %q, status %d",
				test.script, out, cmd.ProcessState.ExitCode(), test.out, test.code)
		}
	}
}

// TestHostOnly is what the machine's bash cannot witness.
func TestHostOnly(t *testing.T) {
	l := bootLab(t, 1)
	for _, test := range []struct{ script, in, out, err string }{
		{"whoami; sudo whoami", "", "ec2-user\nroot\n", ""},
		{"hostname; hostname -s", "", "ip-10-0-1-123.ap-northeast-2.compute.internal\nip-10-0-1-123\n", ""},
		{"foo", "", "", "bash: line 1: foo: command not found\n"},
		{"cd /root", "", "", "bash: line 1: cd: /root: Permission denied\n"},
		{"cat /etc/resolv.conf", "", "search ap-northeast-2.compute.internal\nnameserver 10.0.0.2\n", ""},
		{"echo x > /etc/x", "", "", "bash: line 1: /etc/x: Permission denied\n"},
		{"sudo bash -c 'echo x > /etc/x'; cat /etc/x", "", "x\n", ""},
		{"read a; echo got $a; read b; echo then $b", "one\ntwo\n", "got one\nthen two\n", ""},
		{"while read x; do echo [$x]; done", "1\n2\n", "[1]\n[2]\n", ""},
		{"head -1; cat", "a\nb\n", "a\n", ""},
		{"ls -ld /tmp | cut -c1-11", "", "drwxrwxrwt.\n", ""},
		{"ls -l /etc/hostname", "", "-rw-r--r--. 1 root root 46 Nov 23 12:00 /etc/hostname\n", ""},
		{"id -u; sudo id -u; echo $UID", "", "1000\n0\n1000\n", ""},
		{"which aws2 ls", "", "/usr/bin/ls\n", "/usr/bin/which: no aws2 in (" + defaultPath + ")\n"},
		{"echo ~; echo $HOME; pwd", "", "/home/ec2-user\n/home/ec2-user\n/home/ec2-user\n", ""},
		{"timeout 3 bash -c '</dev/tcp/10.0.2.234/22'; echo $?", "", "0\n", ""},
		{"timeout 3 bash -c '</dev/tcp/10.0.2.234/23'; echo $?", "", "1\n",
			"bash: line 1: connect: Connection refused\nbash: line 1: /dev/tcp/10.0.2.234/23: Connection refused\n"},
		{"timeout 0.1 bash -c '</dev/tcp/3.5.143.161/443'; echo $?", "", "124\n", ""},
		{"vi x", "", "", "vi: this host has no editor; write a file with \"cat > NAME\" (Ctrl-D ends it), change one with sed -i, or copy it here with scp\n"},
		{"sudo foo", "", "", "sudo: foo: command not found\n"},
		{"df -h / | sed 's/ [0-9.]*K/ 1.6K/'", "", "Filesystem      Size  Used Avail Use% Mounted on\n/dev/nvme0n1p1  300M  1.6K  300M   1% /\n", ""},
		{"free -h | tail -1; free | head -1", "", "Swap:             0B          0B          0B\n               total        used        free      shared  buff/cache   available\n", ""},
		{"stat /etc/hostname | head -4 | tail -2 | sed 's/Inode: [0-9]*/Inode: N/'", "", "Device: 259,1\tInode: N         Links: 1\nAccess: (0644/-rw-r--r--)  Uid: (    0/    root)   Gid: (    0/    root)\n", ""},
		{"dd if=/dev/zero of=/dev/null bs=1M count=256 2>&1 | tail -1 | cut -d, -f1,2", "",
			"268435456 bytes (268 MB, 256 MiB) copied\n", ""},
		{"uname -sm; cat /etc/system-release", "", "Linux x86_64\nAmazon Linux release 2023.12.20260831 (Amazon Linux)\n", ""},
		{"sudo -i pwd; sudo -u ec2-user whoami", "", "/root\nec2-user\n", ""},
		{"echo '#!/usr/bin/python3' > p; chmod +x p; ./p", "", "", "bash: line 1: ./p: cannot execute: required file not found\n"},
		{"ps -e | awk 1", "", "", "bash: line 1: awk: command not found\n"},
		{"sleep 100 & sleep 0.2; kill $(ps -e | grep sleep | sed 's/^ *//' | cut -d' ' -f1); wait; echo $?", "", "0\n", ""},
	} {
		out, errs, _ := run(t, l.bastion, test.script, test.in)
		if out != test.out || errs != test.err {
			t.Errorf("%s\n got %q and %q\nwant %q and %q", test.script, out, errs, test.out, test.err)
		}
	}
}

// TestInterrupt ends commands of every kind early.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	h := bootHost(t, newFakeWorld(), "10.0.1.123", 1, nil)
	for _, script := range []string{
		"sleep 100", "while :; do :; done", "while true; do sleep 0.001; done", "yes > /dev/null", "cat /dev/zero > /dev/null",
		"yes | cat > /dev/null", "sleep 100 | cat", "cat | sleep 100", "sudo sleep 100", "bash -c 'sleep 100'", "read x", "cat",
		"sha256sum /dev/zero", "sleep 100 & wait", "f() { f; }; f", "seq 1 100000000000", "dd if=/dev/zero of=/dev/null",
		"timeout 100 cat", "tail -f /etc/hostname", "head -c 1G /dev/zero | wc -c; sleep 100", "cat < /dev/zero > /dev/null",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		start := time.Now()
		blocked := newInbox() // a standard input that never comes
		code := h.Run(ctx, script, readerFunc(func(p []byte) (int, error) { return blocked.read(ctx, p) }), nil, nil)
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("%s: stopped after %v", script, took)
		}
		if code != 130 && script != "f() { f; }; f" {
			t.Errorf("%s: status %d, want 130", script, code)
		}
		cancel()
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestNoEnd: input without an end is passed on as it comes, or refused; it does
// not fill the machine's memory.
func TestNoEnd(t *testing.T) {
	t.Parallel()
	h := bootHost(t, newFakeWorld(), "10.0.1.123", 1, nil)
	for _, test := range []struct{ script, out, errs string }{
		{"base64 -w 10 /dev/zero | head -2", "AAAAAAAAAA\nAAAAAAAAAA\n", ""},
		{"printf hello | base64 -w 3", "aGV\nsbG\n8=\n", ""},
		{"printf '' | base64; printf hi | base64 -w 0; printf hi | base64", "aGk=aGk=\n", ""},
		{"head -1 /dev/zero | head -c 5 | wc -c", "5\n", ""},
		{"yes | sort", "", "sort: -: memory exhausted\n"},
		{"tail /dev/zero", "", "tail: /dev/zero: memory exhausted\n"},
		{"grep x /dev/zero", "", "grep: /dev/zero: memory exhausted\n"},
		{"truncate -s 15G huge; chmod +x huge; ./huge; rm huge", "", "bash: line 1: ./huge: File too large\n"},
	} {
		out, errs, code := run(t, h, test.script, "")
		if out != test.out || errs != test.errs {
			t.Errorf("%s:\n got %.200q, %.200q, status %d\nwant %q, %q", test.script, out, errs, code, test.out, test.errs)
		}
	}
}

// TestRunaway must end by itself: stack and memory are not the learner's.
func TestRunaway(t *testing.T) {
	h := bootHost(t, newFakeWorld(), "10.0.1.123", 1, nil)
	h.maxGoroutines = 2000
	for script, want := range map[string]string{
		"f() { f; }; f":            "maximum function nesting level exceeded",
		"f() { f | f; }; f":        "fork: retry: Resource temporarily unavailable",
		":(){ :|:& };:; sleep 0.1": "", // those who are refused are in the background
	} {
		_, errs, code := run(t, h, script, "") // which waits 20 s at most
		if !strings.Contains(errs, want) || code == 130 {
			t.Errorf("%s: status %d, %.200q, want %q", script, code, errs, want)
		}
		if out, _, _ := run(t, h, "echo alive", ""); out != "alive\n" {
			t.Errorf("after %s the host says %q", script, out)
		}
	}
}

func BenchmarkRun(b *testing.B) {
	h := bootHost(b, newFakeWorld(), "10.0.1.123", 1, nil)
	var out bytes.Buffer
	for b.Loop() {
		out.Reset()
		if h.Run(b.Context(), "ls -l / | wc -l", nil, &out, nil) != 0 {
			b.Fatal(out.String())
		}
	}
}
