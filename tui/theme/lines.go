package theme

// Border are the lines of boxes and of the map.
type Border struct {
	H, V, TL, TR, BL, BR string
	Open, Close          string // around the name of a door in a line
	ascii                bool
}

func rounded() Border {
	return Border{H: "─", V: "│", TL: "╭", TR: "╮", BL: "╰", BR: "╯", Open: "┤", Close: "├"}
}

func asciiBorder() Border {
	return Border{H: "-", V: "|", TL: "+", TR: "+", BL: "+", BR: "+", Open: "[", Close: "]", ascii: true}
}

// Weight is how strong a line is. Heavy lines draw the way of a packet, so
// that it stands out where there is no colour.
type Weight uint8

// The weights, and how much stronger one is than the other.
const (
	None Weight = iota
	Light
	Heavy
)

// Arms are the lines that leave the middle of a cell: up, right, down, left.
type Arms [4]Weight

// crossings are the box-drawing characters, three bytes each, by their arms
// read as digits to the base of three; the one with no arms is left out.
const crossings = "╴╸╷┐┑╻┒┓╶─╾┌┬┭┎┰┱╺╼━┍┮┯┏┲┳" +
	"╵┘┙│┤┥╽┧┪└┴┵├┼┽┟╁╅┕┶┷┝┾┿┢╆╈" +
	"╹┚┛╿┦┩┃┨┫┖┸┹┞╀╃┠╂╉┗┺┻┡╄╇┣╊╋"

// Cross is the character that joins the arms of one cell; dotted only for a
// straight line. "" for no arms at all.
func (b Border) Cross(a Arms, dotted bool) string {
	n, straight := 0, a[0] == a[2] && a[1] == a[3] && (a[0] == None || a[1] == None)
	for _, w := range a {
		n = n*3 + int(w)
	}
	switch {
	case n == 0:
		return ""
	case b.ascii:
		return b.plain(a, straight, dotted)
	case dotted && straight && a[0] == None:
		return "┄"
	case dotted && straight:
		return "┆"
	}
	switch a {
	case Arms{None, Light, Light, None}:
		return b.TL
	case Arms{None, None, Light, Light}:
		return b.TR
	case Arms{Light, Light, None, None}:
		return b.BL
	case Arms{Light, None, None, Light}:
		return b.BR
	}
	return crossings[3*(n-1) : 3*n]
}

// plain is Cross in ASCII.
func (b Border) plain(a Arms, straight, dotted bool) string {
	heavy := max(a[0], a[1], a[2], a[3]) == Heavy
	across, down := max(a[1], a[3]), max(a[0], a[2])
	switch {
	case !straight && across > None && down > None:
		if heavy && across == down {
			return "#"
		}
		return "+"
	case across > None && dotted:
		return "."
	case across > None && heavy:
		return "="
	case across > None:
		return "-"
	case dotted:
		return ":"
	case heavy:
		return "#"
	}
	return "|"
}
