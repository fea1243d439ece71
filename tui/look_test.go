package tui

import (
	"os"
	"strconv"
	"testing"
	"time"
)

// TestLook shows the recorded walk on the terminal that the test runs in, for
// somebody who wants to look at it:
//
//	go test -c -o /tmp/look ./tui && cd tui && GATEWALK_LOOK=ko /tmp/look -test.run TestLook
func TestLook(t *testing.T) {
	lang := os.Getenv("GATEWALK_LOOK")
	if lang == "" {
		t.Skip("set GATEWALK_LOOK=ko or en to look at the screens on a terminal")
	}
	speed, _ := strconv.ParseFloat(os.Getenv("GATEWALK_SPEED"), 64)
	name := os.Getenv("GATEWALK_EVENTS")
	if name == "" {
		name = "lab.jsonl"
	}
	o := Options{
		Books: courseBooks(t), Lang: lang, World: World{Name: "LAB", Region: "ap-northeast-2"},
		ASCII: os.Getenv("GATEWALK_ASCII") != "", NoColor: os.Getenv("NO_COLOR") != "", Present: os.Getenv("GATEWALK_PRESENT") != "",
	}
	o.Auto, _ = time.ParseDuration(os.Getenv("GATEWALK_AUTO"))
	if err := Replay(t.Context(), recording(t, name), speed, o); err != nil {
		t.Fatal(err)
	}
}
