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
	}
}

// Border are the lines of boxes and of the map. The heavy pair draws the way
// of a packet, so that it stands out where there is no colour.
type Border struct {
	H, V, TL, TR, BL, BR string
	TDown                string
	HeavyH, HeavyV       string
	HeavyBL, HeavyBR     string
	DashV                string
}

func rounded() Border {
	return Border{
		H: "─", V: "│", TL: "╭", TR: "╮", BL: "╰", BR: "╯",
		TDown:  "┬",
		HeavyH: "━", HeavyV: "┃", HeavyBL: "┗", HeavyBR: "┛",
		DashV: "╎",
	}
}

func asciiBorder() Border {
	return Border{
		H: "-", V: "|", TL: "+", TR: "+", BL: "+", BR: "+",
		TDown:  "+",
		HeavyH: "=", HeavyV: "#", HeavyBL: "#", HeavyBR: "#",
		DashV: ":",
	}
}
