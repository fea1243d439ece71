package theme

// Icons are the marks. Each is one cell wide, so that a theme can be changed
// without moving anything; each is a single code point in text presentation,
// because terminals disagree about the width of anything else.
type Icons struct {
	OK, Bad, Now, Todo, Note, Wait string
	Dots                           [3]string // progress: done, now, to come
	Spinner                        []string
	Left, Right, Up, Down          string
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
		Left:    "←", Right: "→", Up: "↑", Down: "↓",
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
		Left:    "<", Right: ">", Up: "^", Down: "v",
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
	H, V, TL, TR, BL, BR, ML, MR string
	TDown, TUp, Cross            string
	HeavyH, HeavyV               string
	HeavyTL, HeavyTR             string
	HeavyBL, HeavyBR             string
	DashH, DashV                 string
}

func rounded() Border {
	return Border{
		H: "─", V: "│", TL: "╭", TR: "╮", BL: "╰", BR: "╯", ML: "├", MR: "┤",
		TDown: "┬", TUp: "┴", Cross: "┼",
		HeavyH: "━", HeavyV: "┃", HeavyTL: "┏", HeavyTR: "┓", HeavyBL: "┗", HeavyBR: "┛",
		DashH: "╌", DashV: "╎",
	}
}

func asciiBorder() Border {
	return Border{
		H: "-", V: "|", TL: "+", TR: "+", BL: "+", BR: "+", ML: "+", MR: "+",
		TDown: "+", TUp: "+", Cross: "+",
		HeavyH: "=", HeavyV: "#", HeavyTL: "#", HeavyTR: "#", HeavyBL: "#", HeavyBR: "#",
		DashH: ".", DashV: ":",
	}
}
