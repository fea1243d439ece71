package tui

import (
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
	r, err := steps.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return r.Events
}

// noon is the tests' time.
var noon = time.Date(2026, 1, 3, 3, 0, 0, 0, time.UTC)
