package theme

import (
	"reflect"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// glyphs are all strings of a struct, however deep.
func glyphs(v reflect.Value) (out []string) {
	switch v.Kind() {
	case reflect.String:
		return []string{v.String()}
	case reflect.Struct:
		for i := range v.NumField() {
			out = append(out, glyphs(v.Field(i))...)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			out = append(out, glyphs(v.Index(i))...)
		}
	}
	return out
}

// TestGlyphsAreOneCell: a theme can be changed without moving anything, and
// terminals agree about the width of every mark.
func TestGlyphsAreOneCell(t *testing.T) {
	for _, o := range []Options{{}, {ASCII: true}} {
		th := New(o)
		for _, g := range append(glyphs(reflect.ValueOf(th.Icon)), glyphs(reflect.ValueOf(th.Border))...) {
			if ansi.StringWidth(g) != 1 || ansi.StringWidthWc(g) != 1 || len([]rune(g)) != 1 {
				t.Errorf("ascii=%v: %q is not one code point of one cell", o.ASCII, g)
			}
			if o.ASCII && g[0] >= 0x80 {
				t.Errorf("%q in the ASCII theme", g)
			}
		}
	}
}

// TestMarksDiffer: what has a meaning is told apart without colour.
func TestMarksDiffer(t *testing.T) {
	for _, o := range []Options{{}, {ASCII: true}} {
		i := New(o).Icon
		seen := map[string]bool{}
		for _, m := range []string{i.OK, i.Bad, i.Now, i.Todo} {
			if seen[m] {
				t.Errorf("ascii=%v: the mark %q has two meanings", o.ASCII, m)
			}
			seen[m] = true
		}
		if i.Dots[0] == i.Dots[2] || i.Differs == " " {
			t.Errorf("ascii=%v: progress or difference cannot be seen", o.ASCII)
		}
	}
}

func TestNoColor(t *testing.T) {
	th := New(Options{NoColor: true})
	for name, s := range map[string]Style{"ok": th.State.OK, "bad": th.State.Bad, "dim": th.Text.Dim, "badge": th.Badge.AWS, "line": th.Frame.Line} {
		if got := s.Paint("x"); strings.Contains(got, "38;") || strings.Contains(got, "48;") {
			t.Errorf("%s has a colour: %q", name, got)
		}
	}
	if got := th.Badge.Loud.Paint("x"); got == "x" {
		t.Error("the badge is not marked at all")
	}
}

func TestPaint(t *testing.T) {
	if got := (Style{}).Paint("x"); got != "x" {
		t.Errorf("the zero style paints %q", got)
	}
	th := New(Options{})
	if got := th.State.OK.Paint(""); got != "" {
		t.Errorf("nothing becomes %q", got)
	}
	if got := ansi.Strip(th.State.OK.Paint("한글")); got != "한글" {
		t.Errorf("painting changes the text: %q", got)
	}
	if th.State.OK == New(Options{Light: true}).State.OK {
		t.Error("light and dark have the same green")
	}
}

// TestBasic: with sixteen colours, what differs in meaning differs in colour
// too, and nothing is left to be converted.
func TestBasic(t *testing.T) {
	for _, light := range []bool{false, true} {
		th := New(Options{Basic: true, Light: light})
		seen := map[Style]string{}
		for name, s := range map[string]Style{"ok": th.State.OK, "bad": th.State.Bad, "warn": th.State.Warn, "now": th.State.Now} {
			if other, ok := seen[s]; ok {
				t.Errorf("light=%v: %s looks like %s", light, name, other)
			}
			seen[s] = name
			if got := s.Paint("x"); strings.Contains(got, "38;") {
				t.Errorf("light=%v: %s is not one of the sixteen: %q", light, name, got)
			}
		}
	}
}

// TestCross: every way in which lines can meet has a character of its own, one
// cell wide; in ASCII too, where whole and heavy lines still differ.
func TestCross(t *testing.T) {
	for _, o := range []Options{{}, {ASCII: true}} {
		b, seen := New(o).Border, map[string]Arms{}
		for n := range 81 {
			a := Arms{Weight(n / 27), Weight(n / 9 % 3), Weight(n / 3 % 3), Weight(n % 3)}
			s := b.Cross(a, false)
			if n == 0 {
				if s != "" {
					t.Errorf("no arms are drawn as %q", s)
				}
				continue
			}
			if ansi.StringWidth(s) != 1 || ansi.StringWidthWc(s) != 1 || o.ASCII && s[0] >= 0x80 {
				t.Errorf("ascii=%v: %v is drawn as %q", o.ASCII, a, s)
			}
			if old, ok := seen[s]; ok && !o.ASCII {
				t.Errorf("%v and %v are both drawn as %q", old, a, s)
			}
			seen[s] = a
		}
		for _, straight := range []Arms{{Light, None, Light, None}, {None, Light, None, Light}} {
			heavy := Arms{straight[0] * 2, straight[1] * 2, straight[2] * 2, straight[3] * 2}
			if b.Cross(straight, false) == b.Cross(heavy, false) || b.Cross(straight, false) == b.Cross(straight, true) {
				t.Errorf("ascii=%v: %v looks the same whole, heavy and dotted", o.ASCII, straight)
			}
		}
	}
}
