package main

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A character that two writes share is not torn in the recording.
func TestRecorder(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	path := filepath.Join(t.TempDir(), "walk.cast")
	cast, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{File: null, cast: cast, begun: time.Now()}
	const text = "경로만 바뀝니다 ✓\n"
	for i := range len(text) {
		if n, err := r.Write([]byte(text[i : i+1])); n != 1 || err != nil {
			t.Fatalf("byte %d: %d, %v", i, n, err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var got strings.Builder
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var event []any
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil || event[1] != "o" {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		got.WriteString(event[2].(string))
	}
	if got.String() != text {
		t.Errorf("got %q, want %q", got.String(), text)
	}
	if _, err := record(null, path); err == nil {
		t.Error("a recording was written over, or made of what is no terminal")
	}
}
