package widget

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Input is one line of text that is being typed. Its cursor is meant to be the
// terminal's own, because an input method draws the syllable that is being
// composed at the real cursor and nowhere else.
type Input struct {
	text []rune
	at   int
}

// Value is what has been typed, composed.
func (in *Input) Value() string { return norm.NFC.String(string(in.text)) }

// Insert types s at the cursor.
func (in *Input) Insert(s string) {
	var add []rune
	for _, r := range Clean(s) {
		if r != utf8.RuneError {
			add = append(add, r)
		}
	}
	in.text = append(in.text[:in.at], append(add, in.text[in.at:]...)...)
	in.at += len(add)
}

// Backspace removes what is before the cursor.
func (in *Input) Backspace() {
	if in.at > 0 {
		in.text = append(in.text[:in.at-1], in.text[in.at:]...)
		in.at--
	}
}

// Move moves the cursor by n characters.
func (in *Input) Move(n int) { in.at = min(max(0, in.at+n), len(in.text)) }

// View is what fits w cells, and the cell the cursor stands in. The column is
// measured in cells: a rune count would put it into the middle of Hangul.
func (in *Input) View(w int) (line string, x int) {
	if w <= 0 {
		return "", 0
	}
	before := string(in.text[:in.at])
	start := 0
	for Width(before[start:]) > w-1 {
		_, n := utf8.DecodeRuneInString(before[start:])
		start += n
	}
	return Fit(string(in.text)[start:], w, ""), Width(before[start:])
}
