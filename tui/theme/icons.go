package theme

// Icons are the marks. Each is one cell wide, so that a theme can be changed
// without moving anything; each is a single code point in text presentation,
// because terminals disagree about the width of anything else.
type Icons struct {
	OK, Bad, Now, Todo, Note, Wait string
	Dots                           [3]string // progress: done, now, to come
	Spinner                        []string
	Up, Down                       string
	Differs, OnlyLeft, OnlyRight   string
	Added, Removed                 string
	Host, Bullet, Ellipsis, Arrow  string
	Quote                          string
	BarFull, BarEmpty              string
	Heads                          [4]string // of arrows: up, right, down, left
}

func unicodeIcons() Icons {
	return Icons{
		OK: "✓", Bad: "✕", Now: "▶", Todo: "○", Note: "·", Wait: "…",
		Dots:    [3]string{"●", "◐", "○"},
		Spinner: []string{"⠋", "⠙", "⠸", "⠴", "⠦", "⠇"},
		Up:      "↑", Down: "↓",
		Differs: "≠", OnlyLeft: "‹", OnlyRight: "›",
		Added: "+", Removed: "-",
		Host: "●", Bullet: "•", Ellipsis: "…", Arrow: "→",
		Quote:   "▎",
		BarFull: "█", BarEmpty: "░",
		Heads: [4]string{"▲", "▶", "▼", "◀"},
	}
}

func asciiIcons() Icons {
	return Icons{
		OK: "v", Bad: "x", Now: ">", Todo: "o", Note: ".", Wait: ".",
		Dots:    [3]string{"#", ">", "."},
		Spinner: []string{"|", "/", "-", "\\"},
		Up:      "^", Down: "v",
		Differs: "!", OnlyLeft: "<", OnlyRight: ">",
		Added: "+", Removed: "-",
		Host: "*", Bullet: "*", Ellipsis: "~", Arrow: ">",
		Quote:   "|",
		BarFull: "#", BarEmpty: ".",
		Heads: [4]string{"^", ">", "v", "<"},
	}
}
