package tui

import (
	"gatewalk/tui/text"

	"charm.land/bubbles/v2/key"
)

// keyMap are the keys, by what they are for. Primary keys are arrows, Enter,
// Escape, Tab and Ctrl; letters are short cuts, and each has its twin of the
// Korean two-set layout, because an active Hangul input method sends that.
type keyMap struct {
	Walk struct {
		Next, Back, Forward, Jump, Repeat, Stop key.Binding
	}
	Look struct {
		Tab, TabBack, Up, Down, PageUp, PageDown, Top, End key.Binding
		Compare, Map, Notes                                key.Binding
	}
	Compare struct {
		Topic, TopicBack, Swap, Zoom, Copy key.Binding
	}
	Help struct {
		Hint, Keys, Lang, Shell, ShellLast, Quit, Close key.Binding
	}
	Shell struct {
		Leave, Zoom, Back, Forward key.Binding
	}
	Choose struct {
		Yes, No key.Binding
	}
}

// newKeyMap names the keys in a language. present adds what presenters'
// remote controls send.
func newKeyMap(t *text.Chrome, present bool) keyMap {
	bind := func(label, desc string, keys ...string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(label, desc))
	}
	var k keyMap
	k.Walk.Next = bind("enter", t.Key.Next, "enter", "space")
	k.Walk.Back = bind("←", t.Key.Back, "left")
	k.Walk.Forward = bind("→", t.Key.Forward, "right")
	k.Walk.Jump = bind("g", t.Key.Jump, "g", "ㅎ")
	k.Walk.Repeat = bind("r", t.Key.Repeat, "r", "ㄱ")
	k.Walk.Stop = bind("ctrl+c", t.Key.Stop, "ctrl+c")
	k.Look.Tab = bind("tab", t.Key.Tab, "tab")
	k.Look.TabBack = bind("shift+tab", t.Key.TabBack, "shift+tab")
	k.Look.Up = bind("↑", t.Key.Up, "up", "k", "ㅏ")
	k.Look.Down = bind("↓", t.Key.Down, "down", "j", "ㅓ")
	k.Look.PageUp = bind("pgup", t.Key.PageUp, "pgup", "ctrl+b")
	k.Look.PageDown = bind("pgdn", t.Key.PageDown, "pgdown", "ctrl+f")
	k.Look.Top = bind("home", t.Key.Top, "home")
	k.Look.End = bind("end", t.Key.End, "end")
	k.Look.Compare = bind("c", t.Key.Compare, "c", "ㅊ")
	k.Look.Map = bind("m", t.Key.Map, "m", "ㅡ")
	k.Look.Notes = bind("n", t.Key.Notes, "n", "ㅜ")
	k.Compare.Topic = bind("tab", t.Key.Topic, "tab", "right")
	k.Compare.TopicBack = bind("shift+tab", t.Key.TopicBack, "shift+tab", "left")
	k.Compare.Swap = bind("w", t.Key.Swap, "w", "ㅈ")
	k.Compare.Zoom = bind("z", t.Key.Zoom, "z", "ㅋ")
	k.Compare.Copy = bind("y", t.Key.Copy, "y", "ㅛ")
	k.Help.Hint = bind("h", t.Key.Hint, "h", "ㅗ")
	k.Help.Keys = bind("?", t.Key.Help, "?", "f1")
	k.Help.Lang = bind("L", t.Key.Lang, "L", "l", "ㅣ")
	k.Help.Shell = bind("s", t.Key.Shell, "s", "ㄴ")
	k.Help.ShellLast = bind("S", t.Key.ShellLast, "S")
	k.Help.Quit = bind("q", t.Key.Quit, "q", "ㅂ")
	k.Help.Close = bind("esc", t.Key.Close, "esc")
	k.Shell.Leave = bind("ctrl+]", t.Key.Leave, "ctrl+]")
	k.Shell.Zoom = bind("f2", t.Key.Large, "f2", "alt+z", "alt+ㅋ")
	k.Shell.Back = bind("shift+pgup", t.Key.Past, "shift+pgup", "ctrl+pgup", "alt+pgup")
	k.Shell.Forward = bind("shift+pgdn", t.Key.Recent, "shift+pgdown", "ctrl+pgdown", "alt+pgdown")
	k.Choose.Yes = bind("y", t.Key.Yes, "y", "ㅛ")
	k.Choose.No = bind("n", t.Key.No, "n", "ㅜ")
	if present {
		k.Walk.Next = bind("enter", t.Key.Next, "enter", "space", "pgdown")
		k.Walk.Back = bind("←", t.Key.Back, "left", "pgup")
		k.Look.PageUp = bind("ctrl+b", t.Key.PageUp, "ctrl+b")
		k.Look.PageDown = bind("ctrl+f", t.Key.PageDown, "ctrl+f")
	}
	return k
}

// ascii replaces the arrows in a key's label.
func ascii(label string) string {
	switch label {
	case "←":
		return "left"
	case "→":
		return "right"
	case "↑":
		return "up"
	case "↓":
		return "down"
	case "← →":
		return "left/right"
	}
	return label
}
