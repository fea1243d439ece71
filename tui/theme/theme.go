// Package theme holds the colours, marks and lines of the screens.
//
// A [Theme] is a plain value: it is made once for a terminal (dark or light,
// with or without colour, with or without Unicode drawing) and read by
// everything that draws. No meaning rests on a colour alone: whatever is
// coloured also has a mark of its own.
package theme

import (
	"image/color"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// Options describe the terminal that is drawn on.
type Options struct {
	Light   bool // the background is light
	NoColor bool // attributes only: bold, underline, reverse
	ASCII   bool // marks and lines from ASCII
	Basic   bool // sixteen colours: the terminal's own, not the nearest to ours
}

// Style paints text. It is a prepared escape sequence, because a frame paints
// some hundred strings and composing the sequence costs more than using it.
// The zero Style paints nothing.
type Style struct{ open string }

// Paint returns s in this style. Nothing is added to an empty string.
func (s Style) Paint(text string) string {
	if s.open == "" || text == "" {
		return text
	}
	return s.open + text + ansi.ResetStyle
}

// Theme is all that drawing needs to know of colours and glyphs.
type Theme struct {
	Options

	Text struct {
		Strong Style // headings and what matters in a sentence
		Dim    Style // what may be skipped
		Code   Style // what is typed or printed by a machine
		Link   Style
		Accent Style // where to look now
		Key    Style // a key to press
	}
	State struct {
		OK, Bad, Warn, Now Style
	}
	Frame struct {
		Line, Focus       Style
		Title, FocusTitle Style
	}
	Badge struct {
		Lab, AWS, Loud Style
	}
	Diff struct {
		Mark, Change Style
	}

	Icon   Icons
	Border Border
}

// New makes the theme for a terminal.
func New(o Options) *Theme {
	t := &Theme{Options: o, Icon: unicodeIcons(), Border: rounded()}
	if o.ASCII {
		t.Icon, t.Border = asciiIcons(), asciiBorder()
	}
	p := paletteOf(o)
	t.Text.Strong = style(nil, nil, "bold")
	t.Text.Dim = style(p.dim, nil, "")
	t.Text.Code = style(p.code, nil, "")
	t.Text.Link = style(p.info, nil, "underline")
	t.Text.Accent = style(p.accent, nil, "bold")
	t.Text.Key = style(p.accent, nil, "bold")
	t.State.OK = style(p.ok, nil, "bold")
	t.State.Bad = style(p.bad, nil, "bold")
	t.State.Warn = style(p.warn, nil, "bold")
	t.State.Now = style(p.accent, nil, "bold")
	t.Frame.Line = style(p.line, nil, "")
	t.Frame.Focus = style(p.accent, nil, "")
	t.Frame.Title = style(nil, nil, "bold")
	t.Frame.FocusTitle = t.Frame.Title
	if o.NoColor { // where the line cannot tell
		t.Frame.FocusTitle = badge(nil, nil)
	}
	t.Badge.Lab = badge(p.ink, p.ok)
	t.Badge.AWS = badge(p.paper, p.bad)
	t.Badge.Loud = badge(p.ink, p.warn)
	t.Diff.Mark = style(p.warn, nil, "bold")
	t.Diff.Change = style(p.warn, nil, "underline")
	return t
}

// palette are the colours of one background. A nil colour is the terminal's
// own; Bubble Tea brings the rest down to what the terminal can show.
type palette struct {
	dim, code, info, accent, ok, bad, warn, line color.Color
	ink, paper                                   color.Color // on badges
}

func paletteOf(o Options) palette {
	switch {
	case o.NoColor:
		return palette{}
	case o.Basic:
		return basicPalette(o.Light)
	case o.Light:
		return lightPalette()
	}
	return darkPalette()
}

// basicPalette names the sixteen colours, which every terminal shows as its
// owner likes to see them. The nearest of them to ours would often be the same
// one twice.
func basicPalette(light bool) palette {
	c := lipgloss.Color
	if light {
		return palette{
			dim: c("8"), code: c("4"), info: c("4"), accent: c("5"), ok: c("2"), bad: c("1"), warn: c("6"), line: c("8"),
			ink: c("15"), paper: c("15"),
		}
	}
	return palette{
		dim: c("7"), code: c("14"), info: c("12"), accent: c("11"), ok: c("10"), bad: c("9"), warn: c("13"), line: c("8"),
		ink: c("0"), paper: c("0"),
	}
}

func darkPalette() palette {
	return palette{
		dim: lipgloss.Color("#9E9E9E"), code: lipgloss.Color("#C3D8F0"), info: lipgloss.Color("#7AB8FF"),
		accent: lipgloss.Color("#FFB454"), ok: lipgloss.Color("#7FD18A"), bad: lipgloss.Color("#FF7B72"),
		warn: lipgloss.Color("#F2CC60"), line: lipgloss.Color("#767676"),
		ink: lipgloss.Color("#101010"), paper: lipgloss.Color("#101010"),
	}
}

func lightPalette() palette {
	return palette{
		dim: lipgloss.Color("#585858"), code: lipgloss.Color("#0B3D91"), info: lipgloss.Color("#0550AE"),
		accent: lipgloss.Color("#9A4B00"), ok: lipgloss.Color("#116329"), bad: lipgloss.Color("#B31D28"),
		warn: lipgloss.Color("#7D4E00"), line: lipgloss.Color("#8A8A8A"),
		ink: lipgloss.Color("#FFFFFF"), paper: lipgloss.Color("#FFFFFF"),
	}
}

// badge is readable without colour as well: reversed then.
func badge(fg, bg color.Color) Style {
	if bg == nil {
		return style(nil, nil, "reverse bold")
	}
	return style(fg, bg, "bold")
}

// style prepares the sequence of a foreground, a background and attributes
// named in attrs.
func style(fg, bg color.Color, attrs string) Style {
	s := ansi.NewStyle()
	for _, a := range strings.Fields(attrs) {
		switch a {
		case "bold":
			s = s.Bold()
		case "underline":
			s = s.Underline(true)
		case "reverse":
			s = s.Reverse(true)
		}
	}
	if fg != nil {
		s = s.ForegroundColor(fg)
	}
	if bg != nil {
		s = s.BackgroundColor(bg)
	}
	if len(s) == 0 {
		return Style{}
	}
	return Style{open: s.String()}
}
