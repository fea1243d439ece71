package widget

import "gatewalk/tui/theme"

// Scroll is a window of height H on Total lines. The zero value shows the top.
// A following window keeps to the end until it is scrolled up.
type Scroll struct {
	Off    int
	Follow bool
}

// Clamp returns the offset that is shown when total lines meet h rows.
func (s Scroll) Clamp(total, h int) int {
	last := max(0, total-h)
	if s.Follow {
		return last
	}
	return min(max(0, s.Off), last)
}

// By moves the window by n lines. Reaching the end follows it again when tail
// is set.
func (s Scroll) By(n, total, h int, tail bool) Scroll {
	off := min(max(0, s.Clamp(total, h)+n), max(0, total-h))
	return Scroll{Off: off, Follow: tail && off >= total-h}
}

// Window cuts h rows out of lines and says in a short note where they are; the
// note is empty where all is shown.
func (s Scroll) Window(t *theme.Theme, lines []string, h int) (shown []string, note string) {
	off := s.Clamp(len(lines), h)
	end := min(len(lines), off+max(0, h))
	shown = lines[off:end]
	switch up, down := off > 0, end < len(lines); {
	case up && down:
		note = t.Icon.Up + t.Icon.Down
	case up:
		note = t.Icon.Up
	case down:
		note = t.Icon.Down
	}
	return shown, note
}
