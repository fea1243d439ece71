package text

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/text/unicode/norm"
)

// catalogues are all there is to read in a language.
type catalogues struct {
	Chrome *Chrome
	CLI    *CLI
	Help   *Help
	Report *Report
}

func all(lang string) catalogues {
	return catalogues{For(lang), CLIOf(lang), HelpOf(lang), ReportOf(lang)}
}

// texts collects every text of a language with its path: "Chrome.Key.Next",
// "Chrome.Kind[vpc]", "Report.RouteHead[0]".
func texts(t *testing.T, c catalogues) map[string]string {
	t.Helper()
	out := map[string]string{}
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			walk(path, v.Elem())
		case reflect.Struct:
			for i := range v.NumField() {
				walk(strings.TrimPrefix(path+"."+v.Type().Field(i).Name, "."), v.Field(i))
			}
		case reflect.Map:
			if v.Len() == 0 {
				t.Errorf("%s: %s is empty", c.Chrome.Lang, path)
			}
			for _, k := range v.MapKeys() {
				walk(fmt.Sprintf("%s[%s]", path, k), v.MapIndex(k))
			}
		case reflect.Slice, reflect.Array:
			if v.Len() == 0 {
				t.Errorf("%s: %s is empty", c.Chrome.Lang, path)
			}
			for i := range v.Len() {
				walk(fmt.Sprintf("%s[%d]", path, i), v.Index(i))
			}
		case reflect.String:
			out[path] = v.String()
		case reflect.Int:
			if v.Int() <= 0 {
				t.Errorf("%s: %s is %d", c.Chrome.Lang, path, v.Int())
			}
		default:
			t.Errorf("%s: %s is a %s, which this test does not know", c.Chrome.Lang, path, v.Kind())
		}
	}
	walk("", reflect.ValueOf(c))
	return out
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}|%(\[\d\])?(\.\d)?[a-z]`)

// TestComplete: nothing is missing in either language, and both name the same
// values.
func TestComplete(t *testing.T) {
	ko, en := texts(t, all("ko")), texts(t, all("en"))
	for path, s := range ko {
		other, ok := en[path]
		if !ok {
			t.Errorf("%s is Korean only", path)
			continue
		}
		if strings.TrimSpace(s) == "" || strings.TrimSpace(other) == "" {
			t.Errorf("%s is empty: %q, %q", path, s, other)
		}
		a, b := placeholder.FindAllString(s, -1), placeholder.FindAllString(other, -1)
		slices.Sort(a)
		slices.Sort(b)
		if a, b = slices.Compact(a), slices.Compact(b); !slices.Equal(a, b) {
			t.Errorf("%s names %v in Korean and %v in English", path, a, b)
		}
	}
	for path := range en {
		if _, ok := ko[path]; !ok {
			t.Errorf("%s is English only", path)
		}
	}
}

// TestShape: composed, without control characters, and no letter of the other
// language except where the other language is offered.
func TestShape(t *testing.T) {
	for _, lang := range []string{"ko", "en"} {
		for path, s := range texts(t, all(lang)) {
			if !norm.NFC.IsNormalString(s) {
				t.Errorf("%s %s is not NFC: %q", lang, path, s)
			}
			if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
				t.Errorf("%s %s has a control character: %q", lang, path, s)
			}
			if strings.ContainsAny(s, "\u200b\u200d\ufe0e\ufe0f") {
				t.Errorf("%s %s has a character of disputed width: %q", lang, path, s)
			}
			hangul := strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Hangul, r) })
			if lang == "en" && hangul && path != "Chrome.Key.Lang" {
				t.Errorf("en %s has Hangul: %q", path, s)
			}
		}
	}
}

// TestKorean holds the style: sentences end politely, and the terms are those
// that were decided on.
func TestKorean(t *testing.T) {
	forbidden := map[string]string{
		"베스천": "배스천", "바스티온": "배스천", "보안그룹": "보안 그룹", "라우트 테이블": "라우팅 테이블", "루트 테이블": "라우팅 테이블",
		"엔드 포인트": "엔드포인트", "퍼블릿": "퍼블릭", "당신": "", "하십시요": "하십시오",
	}
	for path, s := range texts(t, all("ko")) {
		for bad, better := range forbidden {
			if strings.Contains(s, bad) {
				t.Errorf("%s says %q; we say %q", path, bad, better)
			}
		}
		for sentence := range strings.SplitSeq(strings.TrimSpace(s), ". ") {
			if strings.HasSuffix(s, ".") && strings.HasSuffix(strings.TrimSuffix(sentence, "."), "한다") {
				t.Errorf("%s is not polite: %q", path, sentence)
			}
		}
	}
}

// TestWidths: labels that stand in a fixed place fit it.
func TestWidths(t *testing.T) {
	for _, lang := range []string{"ko", "en"} {
		c := For(lang)
		for _, tc := range []struct {
			name, s string
			max     int
		}{
			{"Map.PC", c.Map.PC, 6}, {"Map.S3", c.Map.S3, 10}, {"Map.Internet", c.Map.Internet, 10},
			{"Map.Public", c.Map.Public, 8}, {"Map.Private", c.Map.Private, 8}, {"Map.Gone", c.Map.Gone, 34},
			{"Lesson.What", c.Lesson.What, c.Lesson.Margin - 1}, {"Lesson.Why", c.Lesson.Why, c.Lesson.Margin - 1},
			{"Lesson.Expect", c.Lesson.Expect, c.Lesson.Margin - 1},
			{"Pane.Lesson+", c.Pane.Lesson + c.Pane.Term + c.Pane.Map + c.Pane.Steps, 36},
			{"Form.Tables", c.Form.Tables, 18}, {"Head.NotReal", c.Head.NotReal, 22},
		} {
			if w := ansi.StringWidth(tc.s); w > tc.max {
				t.Errorf("%s: %s is %d cells wide, more than %d: %q", lang, tc.name, w, tc.max, tc.s)
			}
		}
	}
}

// TestUnknownLanguage: whoever asks for another gets Korean.
func TestUnknownLanguage(t *testing.T) {
	if got := For("de").Lang; got != "ko" {
		t.Errorf("For(de) is %s", got)
	}
}
