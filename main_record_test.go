package main

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatewalk/tui/text"
)

// A character that two writes share is not torn in the recording, and a change
// of the window is in it once.
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
	cols := 80
	r := &recorder{File: null, size: func() (int, int, error) { return cols, 24, nil }, cast: cast, begun: time.Now(), shape: "80x24"}
	const typed = "경로만 바뀝니다 ✓\n"
	for i := range len(typed) {
		if i == 10 {
			cols = 120
		}
		if n, err := r.Write([]byte(typed[i : i+1])); n != 1 || err != nil {
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
	var sizes []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var event []any
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		switch event[1] {
		case "o":
			got.WriteString(event[2].(string))
		case "r":
			sizes = append(sizes, event[2].(string))
		default:
			t.Errorf("%s: asciicast 2 has no such event", lines.Text())
		}
	}
	if len(sizes) != 1 || sizes[0] != "120x24" {
		t.Errorf("the sizes %v were noted", sizes)
	}
	if got.String() != typed {
		t.Errorf("got %q, want %q", got.String(), typed)
	}
	if _, err := record(null, path, &text.CLIOf("en").Wrong); err == nil {
		t.Error("a recording was written over, or made of what is no terminal")
	}
}
