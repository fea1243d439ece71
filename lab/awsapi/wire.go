package awsapi

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"time"

	"gatewalk/lab/world"
)

// xw writes the XML of the query protocols, element by element: the answers
// are flat, and a second set of types beside world's would only be copied to.
type xw struct{ bytes.Buffer }

// text writes <name>value</name>.
func (w *xw) text(name, value string) {
	w.open(name)
	w.escape(value)
	w.close(name)
}

// escape writes text as AWS does, which leaves quotes alone. What XML cannot
// hold becomes U+FFFD.
func (w *xw) escape(s string) {
	if plain(s) {
		w.WriteString(s)
		return
	}
	for _, r := range s {
		switch {
		case r == '&':
			w.WriteString("&amp;")
		case r == '<':
			w.WriteString("&lt;")
		case r == '>':
			w.WriteString("&gt;")
		case r == '\r':
			w.WriteString("&#xD;")
		case r < ' ' && r != '\t' && r != '\n', r == '\uFFFE', r == '\uFFFF':
			w.WriteRune('\uFFFD')
		default:
			w.WriteRune(r)
		}
	}
}

// plain says whether s stands for itself in XML, as nearly every value does.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '&' || c == '<' || c == '>' {
			return false
		}
	}
	return true
}

// opt is text that is left out when empty.
func (w *xw) opt(name, value string) {
	if value != "" {
		w.text(name, value)
	}
}

func (w *xw) boolean(name string, v bool)   { w.text(name, strconv.FormatBool(v)) }
func (w *xw) number(name string, v int)     { w.text(name, strconv.Itoa(v)) }
func (w *xw) time(name string, t time.Time) { w.text(name, stamp(t)) }

// stamp is a time as EC2 prints it: milliseconds, UTC.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func (w *xw) open(name string) {
	w.WriteByte('<')
	w.WriteString(name)
	w.WriteByte('>')
}

func (w *xw) close(name string) {
	w.WriteString("</")
	w.WriteString(name)
	w.WriteByte('>')
}

// in writes an element around what body writes.
func (w *xw) in(name string, body func()) {
	w.open(name)
	body()
	w.close(name)
}

// list writes an element of items, and the empty element for none, as AWS does.
func list[T any](w *xw, name string, items []T, item func(T)) {
	w.open(name)
	for _, v := range items {
		w.open("item")
		item(v)
		w.close("item")
	}
	w.close(name)
}

// strings writes a list of plain values, each in an element called item ("" for
// one without, directly under <item>).
func (w *xw) strings(name, item string, values []string) {
	list(w, name, values, func(v string) {
		if item == "" {
			w.escape(v)
			return
		}
		w.text(item, v)
	})
}

func (w *xw) tags(t world.Tags) {
	list(w, "tagSet", slices.Sorted(maps.Keys(t)), func(k string) {
		w.text("key", k)
		w.text("value", t[k])
	})
}
