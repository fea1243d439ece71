// Package probe reads what the programs of the lesson print (aws s3 ls,
// nslookup, traceroute) into typed facts. It is pure: the same text always
// gives the same facts. Text it does not understand is an error that quotes
// the line, never a guess.
package probe

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// SyntaxError says which line was not understood.
type SyntaxError struct {
	Program string // "aws s3 ls", "nslookup", "traceroute"
	Line    int    // from 1
	Text    string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("reading %s: line %d is not understood: %q", e.Program, e.Line, e.Text)
}

// lines splits text at newlines, without carriage returns.
func lines(text string) []string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// Object is one row of `aws s3 ls s3://bucket`.
type Object struct {
	Modified time.Time // zone of the machine that printed it, given as UTC
	Size     int64     // bytes
	Key      string    // relative to the prefix that was listed
}

// Listing is what `aws s3 ls s3://bucket` printed.
type Listing struct {
	Prefixes []string // rows marked PRE, with their trailing slash
	Objects  []Object
}

// S3Ls reads the output of `aws s3 ls s3://bucket[/prefix]`. Empty output is
// an empty listing.
func S3Ls(text string) (Listing, error) {
	var l Listing
	for i, line := range lines(text) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if name, ok := strings.CutPrefix(strings.TrimLeft(line, " "), "PRE "); ok {
			l.Prefixes = append(l.Prefixes, name)
			continue
		}
		o, ok := object(line)
		if !ok {
			return l, &SyntaxError{"aws s3 ls", i + 1, line}
		}
		l.Objects = append(l.Objects, o)
	}
	return l, nil
}

// object reads "2022-01-03 11:36:09     478809 TestImage1.png": the size is
// right-aligned in ten columns, and a key may hold blanks.
func object(line string) (Object, bool) {
	const stamp = "2006-01-02 15:04:05"
	if len(line) < len(stamp)+2 {
		return Object{}, false
	}
	at, err := time.Parse(stamp, line[:len(stamp)])
	if err != nil {
		return Object{}, false
	}
	size, key, ok := strings.Cut(strings.TrimLeft(line[len(stamp):], " "), " ")
	if !ok || key == "" {
		return Object{}, false
	}
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil || n < 0 {
		return Object{}, false
	}
	return Object{at, n, key}, true
}
