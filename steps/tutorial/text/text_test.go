package text

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/text/unicode/norm"

	"gatewalk/steps"
)

func open(t *testing.T, lang string) *book {
	t.Helper()
	b, err := Book(lang)
	if err != nil {
		t.Fatal(err)
	}
	return b.(*book)
}

var place = regexp.MustCompile(`\{[^}]*\}`)

func places(s string) []string {
	found := place.FindAllString(s, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// Both languages have the same pages with the same fields and values in them.
func TestPagesAgree(t *testing.T) {
	ko, en := open(t, "ko"), open(t, "en")
	for _, id := range Order() {
		k, e := ko.Page(id), en.Page(id)
		for name, pair := range map[string][2]string{
			"title": {k.Title, e.Title}, "short": {k.Short, e.Short}, "part": {k.Part, e.Part}, "what": {k.What, e.What}, "why": {k.Why, e.Why}, "body": {k.Body, e.Body}, "expect": {k.Expect, e.Expect},
			"seen": {k.Seen, e.Seen}, "hint": {k.Hint, e.Hint}, "solution": {k.Solution, e.Solution}, "notes": {k.Notes, e.Notes},
		} {
			if (pair[0] == "") != (pair[1] == "") {
				t.Errorf("%s: one language has no %s", id, name)
			}
			if !slices.Equal(places(pair[0]), places(pair[1])) {
				t.Errorf("%s: %s has the places %v and %v", id, name, places(pair[0]), places(pair[1]))
			}
			if strings.Count(pair[0], "```") != strings.Count(pair[1], "```") || strings.Count(pair[0], "\n|") != strings.Count(pair[1], "\n|") {
				t.Errorf("%s: %s is built differently", id, name)
			}
		}
		if (k.Predict == nil) != (e.Predict == nil) {
			t.Errorf("%s: one language asks, the other does not", id)
			continue
		}
		if k.Predict == nil {
			continue
		}
		values := func(p *steps.Prediction) (v []string) {
			for _, o := range p.Options {
				v = append(v, o.Value)
			}
			return v
		}
		if !slices.Equal(values(k.Predict), values(e.Predict)) || k.Predict.Right != e.Predict.Right || !slices.Contains(values(k.Predict), k.Predict.Right) {
			t.Errorf("%s: predictions %v right %s, and %v right %s", id, values(k.Predict), k.Predict.Right, values(e.Predict), e.Predict.Right)
		}
	}
	for _, id := range []steps.ID{"3.5", "3.8", "4.1", "4.3"} { // where the guide has a surprise
		if ko.Page(id).Predict == nil {
			t.Errorf("%s asks for no prediction", id)
		}
	}
}

// A list shows a step's short title on one line, uncut. A part is one run of
// pages, and the same run in both languages.
func TestListsAgree(t *testing.T) {
	const budget = 17 // cells of a terminal
	runs := map[string][]int{}
	for _, lang := range []string{"ko", "en"} {
		b, seen, last := open(t, lang), map[string]bool{}, ""
		for i, id := range Order() {
			p := b.Page(id)
			if w := ansi.StringWidth(p.Short); w > budget {
				t.Errorf("%s %s: %q takes %d cells, more than %d", lang, id, p.Short, w, budget)
			}
			if p.Part == last {
				continue
			}
			if seen[p.Part] {
				t.Errorf("%s %s: the part %q begins a second time", lang, id, p.Part)
			}
			if w := ansi.StringWidth(p.Part); w > budget {
				t.Errorf("%s %s: the part %q takes %d cells", lang, id, p.Part, w)
			}
			seen[p.Part], last = true, p.Part
			runs[lang] = append(runs[lang], i)
		}
	}
	if !slices.Equal(runs["ko"], runs["en"]) {
		t.Errorf("the parts begin at pages %v and %v", runs["ko"], runs["en"])
	}
}

func TestMessagesAgree(t *testing.T) {
	ko, en := open(t, "ko").messages, open(t, "en").messages
	for key, k := range ko {
		e, ok := en[key]
		if !ok {
			t.Errorf("%s: not in English", key)
		}
		if !slices.Equal(places(k), places(e)) {
			t.Errorf("%s: places %v and %v", key, places(k), places(e))
		}
		if (k == "") != (e == "") {
			t.Errorf("%s: empty in one language", key)
		}
	}
	for key := range en {
		if _, ok := ko[key]; !ok {
			t.Errorf("%s: not in Korean", key)
		}
	}
}

// Files are plain text in the normal form that screens and searches expect.
func TestCharacters(t *testing.T) {
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		if !norm.NFC.IsNormal(data) {
			t.Errorf("%s is not in NFC", name)
		}
		for i, line := range strings.Split(string(data), "\n") {
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%s:%d ends in blanks", name, i+1)
			}
			for _, c := range line {
				if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || c == unicode.ReplacementChar {
					t.Errorf("%s:%d holds %U", name, i+1, c)
				}
			}
			if strings.HasPrefix(name, "en/") && strings.ContainsFunc(line, func(c rune) bool { return unicode.Is(unicode.Hangul, c) }) {
				t.Errorf("%s:%d: Korean in the English text", name, i+1)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Korean particles change with the sound before them, which a value's sound
// is not known for: sentences are worded so that none that changes follows.
func TestParticles(t *testing.T) {
	changing := regexp.MustCompile(`\}(\([은는이가을를와과]\)|은 |는 |이 |가 |을 |를 |와 |과 |으로 |로 )`)
	for key, s := range open(t, "ko").messages {
		if m := changing.FindString(s); m != "" {
			t.Errorf("%s: %q after a value", key, m)
		}
	}
}

// Every key that the code emits has a sentence, and no sentence waits for a
// key that nothing emits.
func TestKeys(t *testing.T) {
	kinds := map[string]string{"see": "observed.", "wait": "waiting.", "note": "note.", "fail": "failed."}
	want := map[string]bool{
		"failed." + steps.MsgFailed: true, "failed." + steps.MsgNotHeld: true, "failed." + steps.MsgInterrupted: true,
		"failed." + steps.MsgNotSaved: true, "note." + steps.MsgRepaired: true,
	}
	used := map[string]int{} // how often each constant is named in the code
	names := map[string]string{}
	sources, err := filepath.Glob("../*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				used[id.Name]++
			}
			spec, ok := n.(*ast.ValueSpec)
			if !ok || filepath.Base(name) != "message.go" || len(spec.Values) != 1 {
				return true
			}
			for word, kind := range kinds {
				if strings.HasPrefix(spec.Names[0].Name, word) {
					value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
					if err != nil {
						t.Fatal(err)
					}
					want[kind+value] = true
					names[spec.Names[0].Name] = kind + value
				}
			}
			return true
		})
	}
	if len(names) < 50 {
		t.Fatalf("only %d keys were found in message.go", len(names))
	}
	for name, key := range names {
		if used[name] < 2 {
			t.Errorf("%s (%s) is emitted nowhere", name, key)
		}
	}
	messages := open(t, "ko").messages
	for key := range want {
		if s, ok := messages[key]; !ok || s == "" && key != "observed.read" {
			t.Errorf("no sentence for %s", key)
		}
	}
	for key := range messages {
		if !want[key] && !strings.HasPrefix(key, "word.") && key != "title" {
			t.Errorf("nothing emits %s", key)
		}
	}
}

func TestSentence(t *testing.T) {
	ko, en := open(t, "ko"), open(t, "en")
	for _, test := range []struct {
		e      steps.Event
		ko, en string
	}{
		{steps.Event{Kind: steps.Observed, Msg: "listing", Host: "private", Args: steps.Args{"key": "TestImage1.png", "size": "478809"}},
			"프라이빗 인스턴스에서 목록이 나왔습니다: TestImage1.png (478809바이트)", "Listed on the private instance: TestImage1.png (478809 bytes)"},
		{steps.Event{Kind: steps.Observed, Msg: "silence", Host: "private", Args: steps.Args{"elapsed": "1m15s", "status": "130"}},
			"프라이빗 인스턴스에서는 1분 15초 동안 아무 응답이 없었습니다. Ctrl+C로 중단했고 종료 코드는 130입니다.", "Nothing came back on the private instance in 1 min 15 s. Stopped with Ctrl+C, exit status 130."},
		{steps.Event{Kind: steps.Waiting, Msg: "ssh", Host: "bastion"}, "배스천 호스트 SSH 응답 대기", "Waiting for SSH on the bastion"},
		{steps.Event{Kind: steps.Failed, Msg: "failed", Step: "4.3b"}, "예상하지 못한 오류로 4.3b 단계를 마치지 못했습니다. 다시 실행해도 안전합니다.",
			"Step 4.3b was stopped by an unexpected error. It is safe to run it again."},
		{steps.Event{Kind: steps.Failed, Msg: "no such key"}, "", ""},
		{steps.Event{Kind: steps.Output, Msg: "listing"}, "", ""},
	} {
		if got := ko.Sentence(test.e); got != test.ko {
			t.Errorf("ko: got %q, want %q", got, test.ko)
		}
		if got := en.Sentence(test.e); got != test.en {
			t.Errorf("en: got %q, want %q", got, test.en)
		}
	}
	if _, err := Book("fr"); err == nil {
		t.Error("there is a French book")
	}
}

func FuzzParsePage(f *testing.F) {
	data, err := files.ReadFile("ko/3.5.md")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(data))
	f.Add("---\ntitle: x\n---\n")
	f.Fuzz(func(t *testing.T, src string) {
		if p, err := parsePage("1", src); err == nil && (p.Title == "" || p.What == "") {
			t.Errorf("an empty page was taken: %+v", p)
		}
	})
}

// What a resolver answered is named in the sentence about it.
func TestAddressesAreNamed(t *testing.T) {
	e := steps.Event{
		Step: "4.1", Kind: steps.Observed, Msg: "addresses", Host: "private",
		Args: steps.Args{"name": "s3.ap-northeast-2.amazonaws.com", "server": "10.0.0.2"},
		Rows: [][]string{{"52.219.56.25", "yes"}, {"3.5.143.161", "yes"}, {}},
	}
	for _, lang := range []string{"ko", "en"} {
		if got := open(t, lang).Sentence(e); !strings.Contains(got, "52.219.56.25, 3.5.143.161") {
			t.Errorf("%s says %q", lang, got)
		}
	}
}
