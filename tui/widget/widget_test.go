package widget

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"gatewalk/tui/theme"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
)

func TestWrap(t *testing.T) {
	plain := theme.Style{}
	for _, tc := range []struct {
		name string
		s    string
		w    int
		hang int
		want []string
	}{
		{"fits", "라우팅 테이블", 13, 0, []string{"라우팅 테이블"}},
		{"Korean breaks at spaces", "라우팅 테이블에는 경로가 없습니다.", 20, 0, []string{"라우팅 테이블에는", "경로가 없습니다."}},
		{"hanging", "라우팅 테이블에는 경로가 없습니다.", 18, 4, []string{"라우팅 테이블에는", "    경로가", "    없습니다."}},
		{"a word wider than the line is cut in syllables", "게이트웨이엔드포인트", 7, 0, []string{"게이트", "웨이엔", "드포인", "트"}},
		{"an address is cut at a joint", "https://docs.aws.amazon.com/vpc/latest", 30, 0, []string{"https://docs.aws.amazon.com/", "vpc/latest"}},
		{"spaces inside a line stay", "a  b   c", 10, 0, []string{"a  b   c"}},
		{"spaces at a break go", "aaaa    bbbb", 5, 0, []string{"aaaa", "bbbb"}},
		{"empty", "", 5, 0, []string{""}},
		{"no room for a wide character", "가나", 1, 0, []string{""}},
		{"one cell", "abc", 1, 0, []string{"a", "b", "c"}},
		{"no cells", "abc", 0, 0, nil},
	} {
		if diff := cmp.Diff(tc.want, WrapText(tc.s, plain, tc.w, tc.hang)); diff != "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
	}
}

func TestLinesOfPrograms(t *testing.T) {
	hop := " 2  100.65.19.160 (100.65.19.160)  2.173 ms 100.65.19.0 (100.65.19.0)  1.294 ms"
	want := []string{" 2  100.65.19.160 (100.65.19.160)", "     2.173 ms 100.65.19.0 (100.65.19.0)", "     1.294 ms"}
	if diff := cmp.Diff(want, Lines(hop, theme.Style{}, 40)); diff != "" {
		t.Error(diff)
	}
	ls := "2022-01-03 11:36:09     478809 TestImage1.png"
	if got := Lines(ls, theme.Style{}, 60); got[0] != ls {
		t.Errorf("a line that fits was changed: %q", got)
	}
}

func TestClean(t *testing.T) {
	decomposed := norm.NFD.String("한글.png")
	for in, want := range map[string]string{
		"Server:\t\t10.0.0.2": "Server:         10.0.0.2",
		"한\t글":                "한      글",
		"\x1b[31mred\x1b[m":   "red",
		"a\r\x00b\u0085c":     "abc",
		decomposed:            "한글.png",
		"⚠️":                  "⚠",
		"\xff":                "?",
		"plain":               "plain",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFit(t *testing.T) {
	for _, tc := range []struct {
		s    string
		w    int
		want string
	}{
		{"한글", 6, "한글  "}, {"한글", 4, "한글"}, {"한글", 3, "한…"}, {"한글", 2, "… "}, {"한글", 0, ""}, {"abc", 2, "a…"}, {"", 3, "   "},
	} {
		if got := Fit(tc.s, tc.w, "…"); got != tc.want && Width(got) != tc.w {
			t.Errorf("Fit(%q, %d) = %q (%d wide), want %q", tc.s, tc.w, got, Width(got), tc.want)
		}
	}
	if got := Ends("왼쪽", "오른쪽", 12, "…"); got != "왼쪽  오른쪽" {
		t.Errorf("Ends: %q", got)
	}
	if got := Ends("왼쪽에 있는 긴 글", "오른쪽", 12, "…"); Width(got) != 12 || !strings.HasSuffix(got, "오른쪽") {
		t.Errorf("Ends keeps the right: %q", got)
	}
}

// TestOver lays a box over Korean text so that syllables are cut on both
// sides, and keeps every width.
func TestOver(t *testing.T) {
	under := []string{"가나다라마바사", "abcdefghijklmn", "            "}
	for x := range 10 {
		got := Over(under, []string{"[xx]", "[yy]"}, x, 0)
		for i, l := range got {
			if Width(l) != Width(under[i]) {
				t.Errorf("at %d line %d is %d wide: %q", x, i, Width(l), ansi.Strip(l))
			}
		}
		if !strings.Contains(ansi.Strip(got[0]), "[xx]") || got[2] != under[2] {
			t.Errorf("at %d: %q", x, got)
		}
	}
	if got := Over(under, []string{"z"}, 0, 9); cmp.Diff(under, got) != "" {
		t.Error("a block below the lines changes them")
	}
}

func TestMarkdown(t *testing.T) {
	th := theme.New(theme.Options{NoColor: true})
	src := "# 제목\n문단의 첫 줄\n둘째 줄 `pl-1 → x` **굵게** [문서](https://a.b)\n\n- 하나\n- 둘\n  이어서\n  - 안쪽\n1. 첫째\n\n> 인용\n\n```\n$ aws s3 ls\n  s3://x\n```\n\n| 이름 | 값 |\n| --- | --- |\n| a | `b` |\n---\n끝 \\*"
	want := []string{
		"제목", "문단의 첫 줄 둘째 줄 pl-1 → x 굵게 문서", "(https://a.b)", "",
		"• 하나", "• 둘 이어서", "  • 안쪽", "1. 첫째", "",
		"▎ 인용", "",
		"▎ $ aws s3 ls", "▎   s3://x", "",
		"이름  값", "────────", "a     b",
		strings.Repeat("─", 41), "끝 *",
	}
	got := Markdown(th, src, 41)
	for i := range got {
		got[i] = ansi.Strip(got[i])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestUnfinishedMarkdown: marks without an end are shown as they are.
func TestUnfinishedMarkdown(t *testing.T) {
	th := theme.New(theme.Options{NoColor: true})
	for in, want := range map[string]string{
		"a `b": "a `b", "a **b": "a **b", "2 * 3 * 4": "2 * 3 * 4", "[a](b": "[a](b", "a[0] [b]": "a[0] [b]", "#hash": "#hash", "-x": "-x",
	} {
		if got := ansi.Strip(strings.Join(Markdown(th, in, 40), "\n")); got != want {
			t.Errorf("%q becomes %q", in, got)
		}
	}
}

// TestPoster: on a wall there is the table, its rows apart, and what is strong
// in the text; the rest is said by the trainer.
func TestPoster(t *testing.T) {
	th := theme.New(theme.Options{NoColor: true})
	src := "앞 글입니다. 뒤 글은 **굵습니다.** 그 뒤는 아닙니다. 이것도 **굵은** 글입니다.\n\n굵은 것이 없는 글입니다.\n\n```\naws s3 ls\n```\n\n| 이름 | 값 |\n| --- | --- |\n| a | `b` |\n| c | d |\n\n- 하나\n- 둘"
	want := []string{"뒤 글은 굵습니다. 이것도 굵은 글입니다.", "", "이름  값", "────────", "a     b", "", "c     d", "", "• 하나", "• 둘"}
	got := Poster(th, src, 41)
	for i := range got {
		got[i] = ansi.Strip(got[i])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := Poster(th, "굵은 것이 없는 글입니다.", 41); len(got) > 0 {
		t.Errorf("of a text with nothing strong in it: %q", got)
	}
}

func TestCodeBlock(t *testing.T) {
	if got := CodeBlock("글\n```sh\na\nb\n```\n```\nc\n```"); got != "a\nb" {
		t.Errorf("the first block is %q", got)
	}
	if got := CodeBlock("글"); got != "" {
		t.Errorf("no block is %q", got)
	}
}

func TestTable(t *testing.T) {
	th := theme.New(theme.Options{NoColor: true})
	tb := Table{Head: []string{"대상", "타깃", "상태"}, Rows: [][]string{{"10.0.0.0/16", "local", "active"}, {"pl-1", "vpce-0a1b2c3d4e5f60718"}}}
	for w := 4; w < 60; w++ {
		for _, l := range tb.Lines(th, w) {
			if w > 14 && Width(l) > w {
				t.Fatalf("at %d a line is %d wide: %q", w, Width(l), l)
			}
		}
	}
	tb.Keep = 2
	if got := ansi.Strip(strings.Join(tb.Lines(th, 36), "\n")); strings.Contains(got, "active") || !strings.Contains(got, "vpce-0a1b2c3d4e5f60718") {
		t.Errorf("columns that do not fit are not left out:\n%s", got)
	}
}

// A column is as wide as its longest word while all columns can be: the others
// give way, and nothing is cut in the middle of a word.
func TestTableKeepsWords(t *testing.T) {
	t.Parallel()
	th := theme.New(theme.Options{NoColor: true})
	tb := Table{
		Head: []string{"", "게이트웨이", "인터페이스", "엔드포인트 서비스"},
		Rows: [][]string{{"PrivateLink", "아닙니다", "그렇습니다", "그렇습니다"}, {"주소", "S3의 공인 주소 그대로", "내 서브넷의 사설 주소", "소비자 서브넷의 사설 주소"}},
	}
	for w := 47; w < 80; w++ {
		lines := tb.Lines(th, w)
		if got := strings.Join(lines, "\n"); !strings.Contains(got, "PrivateLink") {
			t.Errorf("at %d cells:\n%s", w, got)
		}
		for _, l := range lines {
			if Width(l) > w {
				t.Errorf("at %d cells a line has %d: %q", w, Width(l), l)
			}
		}
	}
	for _, l := range tb.Lines(th, 30) { // no room for whole words
		if Width(l) > 30 {
			t.Errorf("at 30 cells a line has %d: %q", Width(l), l)
		}
	}
}

func TestCanvas(t *testing.T) {
	b := theme.New(theme.Options{ASCII: true}).Border
	c := NewCanvas(8, 3, b)
	c.Box(Pen{Weight: theme.Light}, 0, 0, 8, 3)
	c.Text(1, 1, "가나다라", theme.Style{}) // the last does not fit beside the frame
	c.Text(2, 1, "x", theme.Style{})    // over the second half of the first
	c.Text(7, 9, "outside", theme.Style{})
	want := []string{"+------+", "| x나다라", "+------+"}
	got := c.Lines()
	if Width(got[1]) != 8 {
		t.Errorf("a row is %d wide: %q", Width(got[1]), got[1])
	}
	if diff := cmp.Diff(want[0], got[0]); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(got[1], "| x나다") {
		t.Errorf("the half that was overwritten is not blank: %q", got[1])
	}
}

// TestCanvasJoins: lines that meet are joined, whichever was drawn first, and
// the heavier of two is seen.
func TestCanvasJoins(t *testing.T) {
	light, heavy, dots := Pen{Weight: theme.Light}, Pen{Weight: theme.Heavy}, Pen{Weight: theme.Light, Dotted: true}
	for _, test := range []struct {
		name        string
		draw        func(*Canvas)
		want, ascii string
	}{
		{"a heavy line leaves a box", func(c *Canvas) {
			c.Box(light, 0, 0, 4, 3)
			c.Path(heavy, Point{3, 1}, Point{6, 1})
		}, "╭──╮\n│  ┝━━╸\n╰──╯", "+--+\n|  +===\n+--+"},
		{"the box is drawn last", func(c *Canvas) {
			c.Path(heavy, Point{3, 1}, Point{6, 1})
			c.Box(light, 0, 0, 4, 3)
		}, "╭──╮\n│  ┝━━╸\n╰──╯", "+--+\n|  +===\n+--+"},
		{"a corner, a tee and a crossing", func(c *Canvas) {
			c.Path(light, Point{0, 1}, Point{4, 1}, Point{4, 2})
			c.Path(light, Point{2, 0}, Point{2, 2})
			c.Path(heavy, Point{6, 0}, Point{6, 2}, Point{4, 2})
		}, "  ╷   ╻\n╶─┼─╮ ┃\n  ╵ ┕━┛", "  |   #\n--+-+ #\n  | +=#"},
		{"a heavy line over a light one", func(c *Canvas) {
			c.Path(heavy, Point{0, 0}, Point{3, 0})
			c.Path(light, Point{0, 0}, Point{6, 0})
		}, "╺━━╾──╴", "====---"},
		{"what is not there is dotted, and whole where something crosses it", func(c *Canvas) {
			c.Box(dots, 0, 0, 5, 3)
			c.Path(light, Point{2, 0}, Point{2, 1})
		}, "╭┄┬┄╮\n┆ ╵ ┆\n╰┄┄┄╯", "+.+.+\n: | :\n+...+"},
		{"text lies over lines", func(c *Canvas) {
			c.Text(2, 0, "x", theme.Style{})
			c.Path(light, Point{0, 0}, Point{4, 0})
		}, "╶─x─╴", "--x--"},
	} {
		for _, o := range []theme.Options{{}, {ASCII: true}} {
			c := NewCanvas(8, 3, theme.New(o).Border)
			test.draw(c)
			got := c.Lines()
			for i := range got {
				got[i] = strings.TrimRight(got[i], " ")
			}
			want := test.want
			if o.ASCII {
				want = test.ascii
			}
			if diff := cmp.Diff(want, strings.TrimRight(strings.Join(got, "\n"), "\n")); diff != "" {
				t.Errorf("%s (ascii=%v):\n%s", test.name, o.ASCII, diff)
			}
		}
	}
}

func TestAlign(t *testing.T) {
	pairs := func(a, b string) (out []Pair) { return Align(strings.Fields(a), strings.Fields(b)) }
	for _, tc := range []struct {
		a, b string
		want []Pair
	}{
		{"x y", "x y", []Pair{{0, 0, true}, {1, 1, true}}},
		{"x", "x y", []Pair{{0, 0, true}, {-1, 1, false}}},
		{"local", "local pl", []Pair{{0, 0, true}, {-1, 1, false}}},
		{"h1 h2 h3", "s1 s2", []Pair{{0, 0, false}, {1, 1, false}, {2, -1, false}}},
		{"a b c", "b c d", []Pair{{0, -1, false}, {1, 0, true}, {2, 1, true}, {-1, 2, false}}},
		{"", "", nil},
	} {
		if diff := cmp.Diff(tc.want, pairs(tc.a, tc.b)); diff != "" {
			t.Errorf("%q and %q: %s", tc.a, tc.b, diff)
		}
	}
}

func TestInput(t *testing.T) {
	var in Input
	in.Insert("삭")
	in.Insert("제")
	line, x := in.View(10)
	if x != 4 || !strings.HasPrefix(line, "삭제") {
		t.Errorf("the cursor stands in cell %d of %q", x, line)
	}
	in.Move(-1)
	if _, x = in.View(10); x != 2 {
		t.Errorf("one syllable back the cursor stands in cell %d", x)
	}
	in.Insert("x\x1b[31m\n")
	in.Backspace()
	in.Backspace()
	if in.Value() != "제" {
		t.Errorf("typed %q", in.Value())
	}
	in = Input{}
	in.Insert(norm.NFD.String("한글"))
	if in.Value() != "한글" {
		t.Errorf("decomposed input stays %q", in.Value())
	}
	for range 40 {
		in.Insert("가")
	}
	if line, x = in.View(9); Width(line) != 9 || x > 8 {
		t.Errorf("a long line: cursor %d in %q", x, line)
	}
}

func TestScroll(t *testing.T) {
	s := Scroll{Follow: true}
	if s.Clamp(100, 10) != 90 {
		t.Error("following is not at the end")
	}
	if s = s.By(-5, 100, 10, true); s.Follow || s.Off != 85 {
		t.Errorf("scrolled up: %+v", s)
	}
	if s = s.By(50, 100, 10, true); !s.Follow {
		t.Errorf("at the end again: %+v", s)
	}
	if s = (Scroll{}).By(5, 3, 10, false); s.Off != 0 {
		t.Errorf("what fits does not scroll: %+v", s)
	}
}

// FuzzMarkdown: nothing is ever wider than asked, whatever is written.
func FuzzMarkdown(f *testing.F) {
	f.Add("# 제목\n- 하나 **굵게**\n| a | b |\n|---|---|\n| `c` | [d](e) |\n```\nx\n", 20)
	f.Add("1. a\n   b\n> c\n> - d", 7)
	f.Fuzz(func(t *testing.T, src string, w int) {
		w = min(max(w, 12), 120)
		if !utf8.ValidString(src) || strings.ContainsFunc(src, func(r rune) bool { return r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 }) {
			return // prose of ours has neither
		}
		th := theme.New(theme.Options{})
		for _, l := range Markdown(th, src, w) {
			if strings.Contains(l, "\n") {
				t.Fatalf("a newline in a line: %q", l)
			}
		}
	})
}

// FuzzWrap: lines are never too wide, and no word is lost.
func FuzzWrap(f *testing.F) {
	f.Add("라우팅 테이블에는 S3로 가는 경로가 없습니다.", 17, 3)
	f.Add(" a  bb   ccc ", 2, 1)
	f.Fuzz(func(t *testing.T, s string, w, hang int) {
		w, hang = min(max(w, 1), 200), min(max(hang, 0), 100)
		s = Clean(s)
		lines := WrapText(s, theme.Style{}, w, hang)
		for _, l := range lines {
			if Width(l) > w {
				t.Fatalf("%q is wider than %d in %q", l, w, s)
			}
		}
		if w > 8 {
			squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
			if got := squeeze(strings.Join(lines, "")); got != squeeze(s) {
				t.Fatalf("%q became %q", squeeze(s), got)
			}
		}
	})
}

// FuzzClean: what comes out is composed, has no control character, and stays
// the same when cleaned again.
func FuzzClean(f *testing.F) {
	f.Add("a\tb\x1b]8;;x\x07c")
	f.Add(norm.NFD.String("한글"))
	f.Fuzz(func(t *testing.T, s string) {
		c := Clean(s)
		if !norm.NFC.IsNormalString(c) || strings.ContainsFunc(c, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Fatalf("Clean(%q) = %q", s, c)
		}
		if again := Clean(c); again != c {
			t.Fatalf("cleaning %q again gives %q", c, again)
		}
	})
}

// TestFocusWithoutColour: which of two boxes has the focus is seen without
// colours, too, and otherwise by the line.
func TestFocusWithoutColour(t *testing.T) {
	for _, o := range []theme.Options{{}, {NoColor: true}, {NoColor: true, ASCII: true}, {Basic: true}} {
		th := theme.New(o)
		if slices.Equal(Box(th, "one", "", nil, 20, 3, true), Box(th, "one", "", nil, 20, 3, false)) {
			t.Errorf("%+v: the focus cannot be seen", o)
		}
	}
}
