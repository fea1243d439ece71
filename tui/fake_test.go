package tui

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gatewalk/steps"
	coursetext "gatewalk/steps/tutorial/text"
)

// book is a course read from testdata: realistic pages, so that the screens of
// the tests are those a learner would see.
type book struct {
	Name      string                  `json:"title"`
	Pages     map[steps.ID]steps.Page `json:"pages"`
	Sentences map[string]string       `json:"sentences"`
}

func (b *book) Title() string { return b.Name }

func (b *book) Page(id steps.ID) steps.Page {
	p := b.Pages[id]
	p.ID = id
	return p
}

func (b *book) Sentence(e steps.Event) string {
	s := b.Sentences[string(e.Kind)+"."+e.Msg]
	for k, v := range e.Args {
		s = strings.ReplaceAll(s, "{"+k+"}", v)
	}
	return strings.ReplaceAll(s, "{host}", e.Host)
}

// courseBooks are the real course in both languages.
func courseBooks(tb testing.TB) map[string]steps.Book {
	tb.Helper()
	out := map[string]steps.Book{}
	for _, lang := range []string{"ko", "en"} {
		b, err := coursetext.Book(lang)
		if err != nil {
			tb.Fatal(err)
		}
		out[lang] = b
	}
	return out
}

// books are the course in both languages.
func books(tb testing.TB) map[string]steps.Book {
	tb.Helper()
	out, err := readBooks()
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// readBooks reads the pages once for all tests; nobody changes them.
var readBooks = sync.OnceValues(func() (map[string]steps.Book, error) {
	out := map[string]steps.Book{}
	for _, lang := range []string{"ko", "en"} {
		raw, err := os.ReadFile(filepath.Join("testdata", "book-"+lang+".json"))
		if err != nil {
			return nil, err
		}
		var b book
		if err := json.Unmarshal(raw, &b); err != nil {
			return nil, err
		}
		out[lang] = &b
	}
	return out, nil
})

// recording reads the events of a whole walk.
func recording(tb testing.TB, name string) []steps.Event {
	tb.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	var out []steps.Event
	for dec := json.NewDecoder(f); dec.More(); {
		var e steps.Event
		if err := dec.Decode(&e); err != nil {
			tb.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// noon is the tests' time.
var noon = time.Date(2026, 1, 3, 3, 0, 0, 0, time.UTC)
