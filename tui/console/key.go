package console

import (
	"fmt"
	"io"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/vt"
)

// held are the modifiers that terminals tell programs of; locks are none.
const held = tea.ModShift | tea.ModAlt | tea.ModCtrl

// Key types a key.
func (c *Console) Key(k tea.Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	mod := k.Mod & held
	if s := modified(k.Code, mod); s != "" {
		io.WriteString(c.em.InputPipe(), s)
		return
	}
	if k.Text != "" && mod&^tea.ModShift == 0 {
		c.em.SendText(k.Text)
		return
	}
	if k.Code > unicode.MaxRune && !(k.Code >= tea.KeyUp && k.Code <= tea.KeyKp9 || k.Code >= tea.KeyF1 && k.Code <= tea.KeyF12) {
		return // a key that terminals have nothing to send for, such as the volume
	}
	c.em.SendKey(vt.KeyPressEvent{Code: k.Code, Mod: vt.KeyMod(mod), Text: k.Text})
}

// modified is what xterm sends for an arrow or an editing key with modifiers
// (XTerm Control Sequences, "PC-Style Function Keys"), which the emulator does
// not know; "" for any other key.
func modified(code rune, mod tea.KeyMod) string {
	if mod == 0 {
		return ""
	}
	n := 1
	if mod&tea.ModShift != 0 {
		n++
	}
	if mod&tea.ModAlt != 0 {
		n += 2
	}
	if mod&tea.ModCtrl != 0 {
		n += 4
	}
	if final, ok := map[rune]string{
		tea.KeyUp: "A", tea.KeyDown: "B", tea.KeyRight: "C", tea.KeyLeft: "D", tea.KeyHome: "H", tea.KeyEnd: "F",
	}[code]; ok {
		return fmt.Sprintf("\x1b[1;%d%s", n, final)
	}
	if number, ok := map[rune]int{tea.KeyInsert: 2, tea.KeyDelete: 3, tea.KeyPgUp: 5, tea.KeyPgDown: 6}[code]; ok {
		return fmt.Sprintf("\x1b[%d;%d~", number, n)
	}
	return ""
}
