package tui

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gatewalk/steps"
	coursetext "gatewalk/steps/tutorial/text"
)

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
