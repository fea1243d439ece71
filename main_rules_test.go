package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// A rule of the house says what a package may not import, and why. Packages
// and imports are patterns: one that ends in "..." matches all below.
type rule struct {
	pkg    string
	only   []string // if set, nothing but these (and the standard library)
	never  []string
	why    string
	except []string // packages that the rule leaves alone
}

var rules = []rule{
	{pkg: "gatewalk/lab/world", only: []string{}, why: "the account is pure state: no packet, no HTTP"},
	{pkg: "gatewalk/lab/policy", only: []string{}, why: "a decision is a pure function"},
	{pkg: "gatewalk/lab/sigv4", only: []string{}, why: "signing is shared by both sides of the wire and drags nothing in"},
	{pkg: "gatewalk/lab/host/memfs", only: []string{}, why: "files in memory are useful by themselves"},
	{pkg: "gatewalk/lab/host/program/packet", only: []string{}, why: "bytes in, bytes out"},
	{pkg: "gatewalk/steps", only: []string{}, why: "the engine knows no AWS, no SSH and no screen"},
	{pkg: "gatewalk/steps/probe", only: []string{}, why: "reading output is pure"},
	{pkg: "gatewalk/steps/tutorial/text", only: []string{"gatewalk/steps"}, why: "prose is read without AWS or SSH"},
	{pkg: "gatewalk/tui/text", only: []string{}, why: "prose is plain values"},
	{pkg: "gatewalk/sshx", only: []string{"golang.org/x/crypto/ssh..."}, why: "SSH through a bastion is useful by itself"},

	{pkg: "gatewalk/lab...", never: []string{"gatewalk/tui...", "gatewalk/steps...", "gatewalk/sshx...", "github.com/aws/..."},
		why: "the lab is the other side: the SDK and sshx are our independent witnesses"},
	{pkg: "gatewalk/lab/vnet", only: []string{"gatewalk/lab/world", "gvisor.dev/gvisor..."}, why: "the wire asks the world and knows no service"},
	{pkg: "gatewalk/lab/awsapi", never: []string{"gatewalk/lab/vnet", "gatewalk/lab/host..."}, why: "an API changes the account; what follows from it is the wire's and the hosts' to see"},
	{pkg: "gatewalk/lab/host...", never: []string{"gatewalk/lab/world", "gatewalk/lab/vnet", "gatewalk/lab/awsapi"}, why: "a host sees its Net, not how the wire is made nor who decides"},
	{pkg: "gatewalk/lab/host/program...", never: []string{"gatewalk/lab/host"}, why: "a program is given its process, and does not know the machine"},
	{pkg: "gatewalk/steps...", never: []string{"gatewalk/lab...", "gatewalk/tui..."}, why: "no step asks in which world it runs, or who is looking"},
	{pkg: "gatewalk/tui...", never: []string{"gatewalk/lab...", "gatewalk/sshx...", "github.com/aws/...", "gatewalk/steps/tutorial..."},
		why: "a face reads events and books; it must work for a replay without lab or AWS"},
	{pkg: "gatewalk/tui/...", never: []string{"gatewalk/tui"}, why: "what a screen is made of does not know the screen"},
	{pkg: "gatewalk/tui...", never: []string{"charm.land/glamour...", "github.com/alecthomas/chroma..."}, why: "their package initialisation alone costs half the start-up budget"},

	{pkg: "gatewalk...", never: []string{"github.com/aws/aws-sdk-go-v2/service/..."}, except: []string{"gatewalk/steps/tutorial"},
		why: "the AWS services take minutes to compile: one package imports them"},
	{pkg: "gatewalk...", never: []string{"gvisor.dev/gvisor..."}, except: []string{"gatewalk/lab/vnet"}, why: "one package knows the stack, whose API moves with every version"},
	{pkg: "gatewalk...", never: []string{"mvdan.cc/sh/...", "github.com/pkg/sftp"}, except: []string{"gatewalk/lab/host"}, why: "shells and SFTP are an instance's"},
	{pkg: "gatewalk...", never: []string{"github.com/jmespath/go-jmespath"}, except: []string{"gatewalk/lab/host/program/awsout"}, why: "--query is the AWS CLI's"},
	{pkg: "gatewalk...", never: []string{"github.com/charmbracelet/x/vt"}, except: []string{"gatewalk/tui/console", "gatewalk/tui/termtest"},
		why: "the emulator is young and moves: one package knows it, and the terminal of the tests"},
	{pkg: "gatewalk...", never: []string{"charm.land/..."}, except: []string{"gatewalk", "gatewalk/tui", "gatewalk/tui/console", "gatewalk/tui/termtest", "gatewalk/tui/theme"},
		why: "a page, a transcript and a picture of text are made without a terminal"},
	{pkg: "gatewalk...", never: []string{"github.com/spf13/...", "github.com/muesli/..."}, except: []string{"gatewalk"}, why: "the command line is main's"},
	{pkg: "gatewalk...", never: []string{"gatewalk/tui/termtest"}, why: "a terminal for tests is for tests"},
	{pkg: "gatewalk...", never: []string{"github.com/mattn/go-runewidth", "github.com/rivo/uniseg"}, why: "widths are measured in one way, x/ansi's, whatever the locale"},
}

func match(pattern, p string) bool {
	if base, ok := strings.CutSuffix(pattern, "..."); ok {
		return strings.HasPrefix(p, base)
	}
	return pattern == p
}

// sources parses every Go file that git would track, by package path.
func sources(t *testing.T, mode parser.Mode) map[string]map[string]*ast.File {
	t.Helper()
	pkgs := map[string]map[string]*ast.File{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || name != "." && strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, mode)
		if err != nil {
			return err
		}
		pkg := path.Join("gatewalk", filepath.ToSlash(filepath.Dir(name)))
		if pkgs[pkg] == nil {
			pkgs[pkg] = map[string]*ast.File{}
		}
		pkgs[pkg][filepath.ToSlash(name)] = f
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pkgs
}

// The direction of imports is the architecture.
func TestImports(t *testing.T) {
	pkgs := sources(t, parser.ImportsOnly)
	used, needed := map[int]bool{}, map[string]bool{}
	for pkg, files := range pkgs {
		for name, f := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			for _, spec := range f.Imports {
				imp, _ := strconv.Unquote(spec.Path.Value)
				first, _, _ := strings.Cut(imp, "/")
				standard := !strings.Contains(first, ".") && first != "gatewalk"
				for i, r := range rules {
					if !match(r.pkg, pkg) {
						continue
					}
					used[i] = true
					fits := func(p string) bool { return match(p, imp) }
					if r.only != nil && !standard && !slices.ContainsFunc(r.only, fits) || slices.ContainsFunc(r.never, fits) {
						if slices.Contains(r.except, pkg) {
							needed[fmt.Sprint(i, pkg)] = true
							continue
						}
						t.Errorf("%s imports %s: %s", name, imp, r.why)
					}
				}
			}
		}
	}
	for i, r := range rules {
		if !used[i] {
			t.Errorf("the rule for %s governs nothing: is the package gone?", r.pkg)
		}
		for _, pkg := range r.except {
			if !needed[fmt.Sprint(i, pkg)] {
				t.Errorf("%s needs no exception from %q", pkg, r.why)
			}
		}
	}
}

// Every package says once what it is for.
func TestPackageDocs(t *testing.T) {
	for pkg, files := range sources(t, parser.ParseComments) {
		var documented []string
		for name, f := range files {
			if f.Doc != nil && !strings.HasSuffix(name, "_test.go") {
				documented = append(documented, name)
			}
		}
		if len(documented) != 1 {
			t.Errorf("%s has %d package comments %v, want one", pkg, len(documented), documented)
		}
	}
}

var forbiddenText = []struct{ pattern, why string }{
	{`(^|[^A-Za-z0-9_.])/(work|farm)/`, "it names a path of one machine"},
	{`proxy\.golang\.org|registry\.npmjs|deb\.debian\.org|pypi\.org`, "it names a package registry's host"},
}

// Files are NFC (a syllable is one code point) and name no machine.
func TestText(t *testing.T) {
	notInShort(t)
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name == ".git" {
				return filepath.SkipDir
			}
			return nil
		}
		if !slices.Contains([]string{".go", ".md", ".txt", ".txtar", ".json", ".jsonl", ".golden", ""}, filepath.Ext(name)) || name == "main_rules_test.go" {
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if info, _ := d.Info(); info != nil && info.Size() > 1<<20 {
			return nil
		}
		if !norm.NFC.IsNormal(data) && !strings.Contains(filepath.ToSlash(name), "testdata/fuzz") && !strings.HasSuffix(name, "_test.go") {
			t.Errorf("%s is not NFC", name)
		}
		for _, f := range forbiddenText {
			if at := regexp.MustCompile(f.pattern).FindIndex(data); at != nil {
				t.Errorf("%s: %q: %s", name, data[at[0]:min(at[1]+20, len(data))], f.why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Every command that the README shows exists, with the flags that it shows,
// and every picture is there.
func TestReadme(t *testing.T) {
	notInShort(t)
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte("```sh\ngo run .\ngo test ./...\n```")) {
		t.Error("the two commands that do everything are not shown")
	}
	for _, m := range regexp.MustCompile(`!\[.*?\]\((.*?)\)`).FindAllSubmatch(data, -1) {
		if _, err := os.Stat(string(m[1])); err != nil {
			t.Errorf("picture: %v", err)
		}
	}
	shown := regexp.MustCompile("(?m)^gatewalk( [^#\n]*|$)").FindAllStringSubmatch(string(data), -1)
	if len(shown) < 10 {
		t.Fatalf("only %d commands found", len(shown))
	}
	for _, m := range shown {
		args := append(strings.Fields(m[1]), "--help")
		out, err := gatewalk(t.TempDir(), args...).CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("Usage")) {
			t.Errorf("gatewalk%s: %v\n%s", m[1], err, tail(out))
		}
		root := command(t.Context(), new(signals), new(error))
		cmd, rest, err := root.Find(strings.Fields(m[1]))
		if err != nil {
			t.Errorf("gatewalk%s: %v", m[1], err)
			continue
		}
		if err := cmd.ParseFlags(rest); err != nil {
			t.Errorf("gatewalk%s: %v", m[1], err)
		}
	}
}
