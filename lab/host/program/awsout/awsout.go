// Package awsout prints answers the way the AWS CLI does: JSON, text and
// tables, from one tree that keeps the order of its keys.
//
// It is pure; the rules are those of awscli 2.33's formatters.
package awsout

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Dict is an object that keeps the order in which its keys were set. Values are
// *Dict, []any, string, bool, int64, float64, or nil.
type Dict struct {
	keys   []string
	values map[string]any
}

// NewDict makes a Dict of key and value in turn.
func NewDict(pairs ...any) *Dict {
	d := &Dict{}
	for i := 0; i+1 < len(pairs); i += 2 {
		d.Set(fmt.Sprint(pairs[i]), pairs[i+1])
	}
	return d
}

// Set adds a key at the end, or changes it where it is.
func (d *Dict) Set(key string, value any) {
	if d.values == nil {
		d.values = map[string]any{}
	}
	if _, ok := d.values[key]; !ok {
		d.keys = append(d.keys, key)
	}
	d.values[key] = value
}

// Get is the value of a key.
func (d *Dict) Get(key string) (any, bool) {
	v, ok := d.values[key]
	return v, ok
}

// Len is the number of keys.
func (d *Dict) Len() int { return len(d.keys) }

// sorted are the keys in order of their bytes, scalars apart from the rest.
func (d *Dict) sorted() (scalars, others []string) {
	for _, k := range slices.Sorted(slices.Values(d.keys)) {
		if isScalar(d.values[k]) {
			scalars = append(scalars, k)
		} else {
			others = append(others, k)
		}
	}
	return scalars, others
}

func isScalar(v any) bool {
	switch v.(type) {
	case *Dict, []any:
		return false
	}
	return true
}

// str is a scalar as Python's str has it.
func str(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	}
	return fmt.Sprint(v)
}

// JSON writes v indented by four, and a line feed. An empty answer prints nothing.
func JSON(w io.Writer, v any) error {
	if d, ok := v.(*Dict); ok && d.Len() == 0 {
		return nil
	}
	var b bytes.Buffer
	writeJSON(&b, v, "\n")
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}

func writeJSON(b *bytes.Buffer, v any, indent string) {
	inner := indent + "    "
	switch v := v.(type) {
	case *Dict:
		if v.Len() == 0 {
			b.WriteString("{}")
			return
		}
		for i, k := range v.keys {
			b.WriteString([]string{"{", ","}[min(i, 1)] + inner)
			writeString(b, k)
			b.WriteString(": ")
			writeJSON(b, v.values[k], inner)
		}
		b.WriteString(indent + "}")
	case []any:
		if len(v) == 0 {
			b.WriteString("[]")
			return
		}
		for i, e := range v {
			b.WriteString([]string{"[", ","}[min(i, 1)] + inner)
			writeJSON(b, e, inner)
		}
		b.WriteString(indent + "]")
	case string:
		writeString(b, v)
	case nil:
		b.WriteString("null")
	default:
		fmt.Fprint(b, v)
	}
}

// writeString quotes as Python's json does with ensure_ascii off.
func writeString(b *bytes.Buffer, s string) {
	var q bytes.Buffer
	e := json.NewEncoder(&q)
	e.SetEscapeHTML(false)
	e.Encode(s)
	text := strings.TrimSuffix(q.String(), "\n")
	b.WriteString(strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029", `\u007f`, "\u007f").Replace(text))
}

// Text writes v as lines of fields between tabs, keys in order of their names.
func Text(w io.Writer, v any) error {
	var b bytes.Buffer
	writeText(&b, v, "", nil)
	_, err := w.Write(b.Bytes())
	return err
}

func writeText(b *bytes.Buffer, v any, name string, columns []string) {
	switch v := v.(type) {
	case *Dict:
		textDict(b, v, name, columns)
	case []any:
		textList(b, v, name)
	default:
		b.WriteString(str(v) + "\n")
	}
}

func textDict(b *bytes.Buffer, d *Dict, name string, columns []string) {
	scalars, others := d.sorted()
	if columns == nil {
		columns = scalars
	}
	var fields []string
	for _, k := range columns {
		if v, ok := d.values[k]; ok {
			fields = append(fields, str(v))
		} else {
			fields = append(fields, "")
		}
	}
	if len(fields) > 0 {
		if name != "" {
			fields = slices.Insert(fields, 0, strings.ToUpper(name))
		}
		b.WriteString(strings.Join(fields, "\t") + "\n")
	}
	for _, k := range others {
		writeText(b, d.values[k], k, nil)
	}
}

func textList(b *bytes.Buffer, list []any, name string) {
	dicts, lists, scalars := false, []any(nil), []any(nil)
	for _, e := range list {
		switch e.(type) {
		case *Dict:
			dicts = true
			lists = append(lists, e)
		case []any:
			lists = append(lists, e)
		default:
			scalars = append(scalars, e)
		}
	}
	switch {
	case dicts:
		columns := columnsOf(list)
		for _, e := range list {
			writeText(b, e, name, columns)
		}
	default:
		if len(scalars) > 0 {
			textScalars(b, scalars, name)
		}
		for _, e := range lists {
			writeText(b, e, name, nil)
		}
	}
}

func textScalars(b *bytes.Buffer, list []any, name string) {
	var fields []string
	for _, e := range list {
		if name != "" {
			b.WriteString(strings.ToUpper(name) + "\t" + str(e) + "\n")
			continue
		}
		fields = append(fields, str(e))
	}
	if name == "" {
		b.WriteString(strings.Join(fields, "\t") + "\n")
	}
}

// columnsOf are the names of all scalars in a list of objects.
func columnsOf(list []any) []string {
	seen := map[string]bool{}
	for _, e := range list {
		if d, ok := e.(*Dict); ok {
			scalars, _ := d.sorted()
			for _, k := range scalars {
				seen[k] = true
			}
		}
	}
	columns := []string{} // never nil: that would mean "each its own"
	for k := range seen {
		columns = append(columns, k)
	}
	slices.Sort(columns)
	return columns
}

// Keys are the keys in their order.
func (d *Dict) Keys() []string { return slices.Clone(d.keys) }
