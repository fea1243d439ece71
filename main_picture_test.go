package main

import (
	"flag"
	"fmt"
	"html"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"

	"gatewalk/tui/theme"
)

var pictures = flag.Bool("pictures", false, "draw the README's pictures anew from the real screen (needs tmux)")

// The README's pictures are the real program's screen: a lab is walked to a
// step, the full screen opened in tmux, and what tmux shows is drawn as SVG.
// Make them again with: go test . -run TestPictures -pictures
func TestPictures(t *testing.T) {
	const cols, rows = 120, 36
	for _, p := range []struct{ name, lang, until, keys string }{
		{"silence-ko", "ko", "3.5", "Enter Left"},
		{"endpoint-ko", "ko", "3.8", "Enter Left"},
		{"trace-ko", "ko", "4.2", "Enter Left c"},
		{"endpoint-en", "en", "3.8", "Enter Left"},
	} {
		file := filepath.Join("testdata", "pictures", p.name+".svg")
		if !*pictures {
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%v; draw it with -pictures", err)
			}
			continue
		}
		dir := t.TempDir()
		if out, err := exec.Command("gatewalk", "run", "--speed", "100", "--until", p.until, "--lang", p.lang, "--state-dir", dir).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		program, err := exec.LookPath("gatewalk")
		if err != nil {
			t.Fatal(err)
		}
		tmux := func(args ...string) string {
			out, err := exec.Command("tmux", append([]string{"-L", "gatewalk-pictures"}, args...)...).Output()
			if err != nil {
				t.Fatalf("tmux %v: %v", args, err)
			}
			return string(out)
		}
		tmux("new-session", "-d", "-s", p.name, "-x", fmt.Sprint(cols), "-y", fmt.Sprint(rows),
			"env", "TERM=xterm-256color", "COLORTERM=truecolor", program, "--lang", p.lang, "--speed", "100", "--state-dir", dir)
		time.Sleep(1500 * time.Millisecond)
		for _, key := range strings.Fields(p.keys) {
			tmux("send-keys", "-t", p.name, key)
			time.Sleep(700 * time.Millisecond)
		}
		screen := tmux("capture-pane", "-t", p.name, "-e", "-p")
		tmux("kill-session", "-t", p.name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(svg(screen, cols, rows)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// svg draws a terminal's screen. Each run of cells is told its exact width, so
// that Hangul stands where the terminal put it, whatever font the reader has.
func svg(screen string, cols, rows int) string {
	const cw, ch = 8.4, 18.0
	em := vt.NewEmulator(cols, rows)
	em.WriteString(strings.ReplaceAll(strings.TrimSuffix(screen, "\n"), "\n", "\r\n"))
	boxes := boxCharacters()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" font-family="ui-monospace,'D2Coding','Noto Sans Mono CJK KR',Menlo,Consolas,monospace" font-size="14">`+"\n", float64(cols)*cw+16, float64(rows)*ch+16)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="#16181f"/>`+"\n")
	for y := range rows {
		for x := 0; x < cols; {
			cell := em.CellAt(x, y)
			if cell == nil || strings.TrimSpace(cell.Content) == "" && cell.Style.Bg == nil {
				x++
				continue
			}
			// A run: cells alike; wide ones stand alone.
			text, width := cell.Content, max(cell.Width, 1)
			ascii := func(s string) bool { return len(s) == 1 }
			across := boxes[text].arms == theme.Arms{1: theme.Light, 3: theme.Light}
			for x+width < cols && (across || ascii(cell.Content)) {
				next := em.CellAt(x+width, y)
				if next == nil || !next.Style.Equal(&cell.Style) || across && next.Content != cell.Content || !across && !ascii(next.Content) {
					break
				}
				text += next.Content
				width++
			}
			left, top := 8+float64(x)*cw, 8+float64(y)*ch
			if cell.Style.Bg != nil {
				fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", left, top, float64(width)*cw, ch, hex(cell.Style.Bg, "#16181f"))
			}
			weight := ""
			if cell.Style.Attrs&1 != 0 {
				weight = ` font-weight="bold"`
			}
			if line, ok := boxes[cell.Content]; ok {
				b.WriteString(boxPaths(line, left, top, cw*float64(width), ch, hex(cell.Style.Fg, "#d8dbe5")))
			} else if strings.TrimSpace(text) != "" {
				fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" textLength="%.1f" lengthAdjust="spacingAndGlyphs" xml:space="preserve" fill="%s"%s>%s</text>`+"\n",
					left, top+ch*0.74, float64(width)*cw, hex(cell.Style.Fg, "#d8dbe5"), weight, html.EscapeString(text))
			}
			x += width
		}
	}
	return b.String() + "</svg>\n"
}

// box is a character of lines: they are drawn, not written, so that boxes
// close in every font.
type box struct {
	arms   theme.Arms
	dotted bool
}

// boxCharacters are the lines of the screen by the character that shows them.
func boxCharacters() map[string]box {
	border, out := theme.New(theme.Options{}).Border, map[string]box{}
	for n := 1; n < 81; n++ {
		arms := theme.Arms{theme.Weight(n / 27), theme.Weight(n / 9 % 3), theme.Weight(n / 3 % 3), theme.Weight(n % 3)}
		for _, dotted := range []bool{true, false} {
			out[border.Cross(arms, dotted)] = box{arms, dotted}
		}
	}
	return out
}

// boxPaths draws the arms of one cell.
func boxPaths(c box, left, top, cw, ch float64, colour string) string {
	x, y := left+cw/2, top+ch/2
	ends := [4][2]float64{{0, -ch / 2}, {cw / 2, 0}, {0, ch / 2}, {-cw / 2, 0}}
	dash := ""
	if c.dotted {
		dash = ` stroke-dasharray="2 2.2"`
	}
	var b strings.Builder
	for w, width := range map[theme.Weight]float64{theme.Light: 1.1, theme.Heavy: 2.6} {
		var d strings.Builder
		for arm, has := range c.arms {
			if has == w {
				fmt.Fprintf(&d, "M%.1f %.1fl%.1f %.1f", x, y, ends[arm][0], ends[arm][1])
			}
		}
		if d.Len() > 0 {
			fmt.Fprintf(&b, `<path d="%s" stroke="%s" stroke-width="%.1f"%s/>`+"\n", d.String(), colour, width, dash)
		}
	}
	return b.String()
}

func hex(c color.Color, fallback string) string {
	if c == nil {
		return fallback
	}
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}
