package program

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// s3Progress prints how a transfer goes: a line that is overwritten, and a
// line for each result, padded over it.
type s3Progress struct {
	run               *awsRun
	quiet             bool
	results, progress bool

	began           time.Time
	files, finished int
	bytes, carried  int64
	speed           float64
	width           int // of the line that will be overwritten
}

func (s *s3Progress) begin(tasks []s3Task) {
	s.began, s.files = s.run.Clock.Now(), len(tasks)
	for _, t := range tasks {
		s.bytes += t.size
	}
}

// moved counts bytes that were carried, and shows so in steps of 256 KiB.
func (s *s3Progress) moved(n int64) {
	for n > 0 {
		step := min(n, 256<<10)
		n -= step
		s.carried += step
		if passed := s.run.Clock.Now().Sub(s.began).Seconds(); passed > 0 {
			s.speed = float64(s.carried) / passed
		}
		s.redraw()
	}
}

func (s *s3Progress) redraw() {
	if !s.progress || s.files == s.finished {
		return
	}
	text := fmt.Sprintf("Completed %d file(s) with %d file(s) remaining", s.finished, s.files-s.finished)
	if s.bytes > 0 {
		text = fmt.Sprintf("Completed %s/%s (%s/s) with %d file(s) remaining",
			humanSize(float64(s.carried)), humanSize(float64(s.bytes)), humanSize(s.speed), s.files-s.finished)
	}
	text = s.pad(text)
	fmt.Fprint(s.run.Stdout, text+"\r")
	s.width = len(text)
}

func (s *s3Progress) pad(text string) string {
	return text + strings.Repeat(" ", max(0, s.width-len(text)))
}

// line replaces the progress by a line that stays.
func (s *s3Progress) line(w io.Writer, text string) {
	if s.quiet {
		return
	}
	fmt.Fprintln(w, s.pad(text))
	s.width = 0
}

func (s *s3Progress) done(text string) {
	s.finished++
	if s.results {
		s.line(s.run.Stdout, text)
		s.redraw()
	}
}

// failed counts the bytes of a file that will not come as done.
func (s *s3Progress) failed(text string, size int64) {
	s.finished++
	s.carried += size
	s.line(s.run.Stderr, text)
	s.redraw()
}
