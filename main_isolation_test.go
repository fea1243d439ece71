package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// waysOut are what could reach the machine's own network, by package; "*" is
// all of one. A way out that has to be taken is taken by a caller of lab.
var waysOut = map[string][]string{
	"net": {"Dial", "Dialer", "DialTimeout", "DialTCP", "DialUDP", "DialIP", "DialUnix", "DefaultResolver", "Resolver",
		"LookupHost", "LookupIP", "LookupAddr", "LookupCNAME", "LookupMX", "LookupNS", "LookupPort", "LookupSRV", "LookupTXT",
		"ResolveTCPAddr", "ResolveUDPAddr", "ResolveIPAddr", "ListenTCP", "ListenUDP", "ListenPacket", "ListenIP", "ListenUnix",
		"ListenUnixgram", "ListenMulticastUDP", "ListenConfig", "FileConn", "FileListener", "FilePacketConn"},
	"crypto/tls":                 {"Dial", "DialWithDialer", "Dialer", "Listen"},
	"net/http":                   {"Get", "Post", "PostForm", "Head", "Client", "DefaultClient", "Transport", "DefaultTransport", "ListenAndServe", "ListenAndServeTLS"},
	"golang.org/x/crypto/ssh":    {"Dial"},
	"github.com/miekg/dns":       {"Client", "Exchange", "ExchangeContext", "Dial", "DialTimeout", "DialWithTLS", "ListenAndServe", "ListenAndServeTLS"},
	"syscall":                    {"Socket", "Connect", "Exec", "ForkExec", "StartProcess"},
	"golang.org/x/sys/unix":      {"Socket", "Connect", "Exec"},
	"os":                         {"StartProcess"},
	"os/exec":                    {"*"},
	"net/rpc":                    {"*"},
	"net/smtp":                   {"*"},
	"plugin":                     {"*"},
	"golang.org/x/net/proxy":     {"*"},
	"golang.org/x/net/websocket": {"*"},
}

// filesOfTheMachine are what a simulated host, whose files are in memory, has
// no use for.
var filesOfTheMachine = map[string][]string{
	"os": {"Open", "OpenFile", "OpenInRoot", "OpenRoot", "Create", "CreateTemp", "ReadFile", "WriteFile", "ReadDir", "Stat", "Lstat", "Mkdir", "MkdirAll", "MkdirTemp",
		"Remove", "RemoveAll", "Rename", "Link", "Symlink", "Readlink", "Chmod", "Chown", "Chtimes", "Truncate", "DirFS", "Chdir", "Getwd", "Environ", "Getenv", "LookupEnv",
		"Hostname", "UserHomeDir", "Stdin", "Stdout", "Stderr", "CopyFS"},
	"io/ioutil":     {"*"},
	"path/filepath": {"Walk", "WalkDir", "Glob", "EvalSymlinks", "Abs"},
	"os/user":       {"*"},
	"syscall":       {"Open", "Openat", "Unlink", "Rename", "Environ", "Getenv"},
}

// The lab's addresses exist inside the process alone. So nothing in lab may
// dial by the machine's own network, whatever the address, and only the doors
// of the lab listen on it. What a simulated host reads and writes is not the
// machine's.
func TestLabStaysInside(t *testing.T) {
	for pkg, files := range sources(t, 0) {
		if !strings.HasPrefix(pkg, "gatewalk/lab") {
			continue
		}
		for name, f := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			for _, use := range outside(pkg, f) {
				t.Errorf("%s uses %s: it could reach the machine", name, use)
			}
		}
	}
}

// outside are the uses in a file of what could reach the machine.
func outside(pkg string, f *ast.File) (uses []string) {
	rules := []map[string][]string{waysOut}
	if pkg != "gatewalk/lab" {
		rules = append(rules, map[string][]string{"net": {"Listen"}}) // only package lab opens doors
	}
	if strings.HasPrefix(pkg, "gatewalk/lab/host") || pkg == "gatewalk/lab/vnet" || pkg == "gatewalk/lab/policy" {
		rules = append(rules, filesOfTheMachine)
	}
	forbidden := func(imp, name string) bool {
		return slices.ContainsFunc(rules, func(r map[string][]string) bool {
			return slices.Contains(r[imp], name) || slices.Contains(r[imp], "*")
		})
	}
	locals := map[string]string{}
	for _, spec := range f.Imports {
		imp, _ := strconv.Unquote(spec.Path.Value)
		local := path.Base(imp)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		locals[local] = imp
		if forbidden(imp, "*") || local == "." && slices.ContainsFunc(rules, func(r map[string][]string) bool { return r[imp] != nil }) {
			uses = append(uses, imp)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && id.Obj == nil && forbidden(locals[id.Name], sel.Sel.Name) {
				uses = append(uses, id.Name+"."+sel.Sel.Name)
			}
		}
		return true
	})
	return uses
}

// The guard sees a dial in each of the ways that one can be written.
func TestGuardSees(t *testing.T) {
	for _, test := range []struct{ pkg, imports, code, want string }{
		{"gatewalk/lab", `"net"`, `func f() { net.Dial("tcp", "52.219.56.25:443") }`, "net.Dial"},
		{"gatewalk/lab/host", `"net"`, `func f() { new(net.Dialer).DialContext(nil, "tcp", "10.0.2.234:22") }`, "net.Dialer"},
		{"gatewalk/lab/vnet", `"net"`, `var d net.Dialer`, "net.Dialer"},
		{"gatewalk/lab/vnet", `"net"`, `var dial = net.DialTimeout`, "net.DialTimeout"},
		{"gatewalk/lab", `other "net"`, `func f() { other.LookupHost("s3.amazonaws.com") }`, "other.LookupHost"},
		{"gatewalk/lab", `. "net"`, `func f() { Dial("tcp", "") }`, "net"},
		{"gatewalk/lab/host", `"net"`, `func f() { net.Listen("tcp", ":0") }`, "net.Listen"},
		{"gatewalk/lab", `"net"`, `func f() { net.Listen("tcp", "127.0.0.1:0") }`, ""},
		{"gatewalk/lab/awsapi", `"net/http"`, `var c = &http.Client{}`, "http.Client"},
		{"gatewalk/lab/host/program", `"golang.org/x/crypto/ssh"`, `func f() { ssh.Dial("tcp", "", nil) }`, "ssh.Dial"},
		{"gatewalk/lab/host/program", `"golang.org/x/crypto/ssh"`, `func f() { ssh.NewClientConn(nil, "", nil) }`, ""},
		{"gatewalk/lab/host/program", `"github.com/miekg/dns"`, `func f() { new(dns.Client).Exchange(nil, "") }`, "dns.Client"},
		{"gatewalk/lab/host", `"os/exec"`, ``, "os/exec"},
		{"gatewalk/lab/host", `"os"`, `func f() { os.ReadFile("/etc/passwd") }`, "os.ReadFile"},
		{"gatewalk/lab/host", `"os"`, `var flag = os.O_RDONLY`, ""},
		{"gatewalk/lab/world", `"os"`, `func f() { os.Open("lab.json") }`, ""},
	} {
		source := "package p\nimport " + test.imports + "\n" + test.code
		f, err := parser.ParseFile(token.NewFileSet(), "p.go", source, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(outside(test.pkg, f), " "); got != test.want {
			t.Errorf("in %s, %s: found %q, want %q", test.pkg, source, got, test.want)
		}
	}
}
