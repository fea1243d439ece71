package awsout

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/jmespath/go-jmespath"
)

// Query is what --query selects: a JMESPath expression.
type Query struct {
	text string
	path *jmespath.JMESPath
}

// maxQuery is how long an expression may be, in bytes.
const maxQuery = 16 << 10

// ParseQuery reads an expression; the error is in the CLI's words.
func ParseQuery(text string) (q *Query, err error) {
	defer bad(text, &err)
	if len(text) > maxQuery {
		panic("too long") // the library would go as deep as there are brackets
	}
	path, err := jmespath.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("Bad value for --query %s: %s", text, complaint(text, err))
	}
	return &Query{text, path}, nil
}

// complaint is what Python's jmespath says of an expression that ends too soon,
// and nearly what it says of any other.
func complaint(text string, err error) string {
	bad, ok := errors.AsType[jmespath.SyntaxError](err)
	switch {
	case text == "":
		return "Invalid JMESPath expression: cannot be empty."
	case !ok:
		return "Invalid jmespath expression: " + err.Error()
	case bad.Offset >= len(text):
		return fmt.Sprintf("Invalid jmespath expression: Incomplete expression:\n%q\n%s^", text, strings.Repeat(" ", len(text)+1))
	}
	return fmt.Sprintf("Invalid jmespath expression: Parse error at column %d, token %q, for expression:\n%q\n%s^",
		bad.Offset, text[bad.Offset:bad.Offset+1], text, strings.Repeat(" ", bad.Offset+1))
}

// bad turns a panic into an error: the library takes some expressions that are
// none, "@()" for one, and falls over them.
func bad(text string, err *error) {
	if recover() != nil {
		*err = fmt.Errorf("Bad value for --query %s: Invalid jmespath expression", text)
	}
}

// Select is the part of v that the query selects; objects keep the order of
// their keys, and new ones have that of the expression.
func (q *Query) Select(v any) (out any, err error) {
	defer bad(q.text, &err)
	known := map[uintptr]*Dict{}
	all := plain(v, known)
	found, err := q.path.Search(all)
	if err != nil {
		return nil, fmt.Errorf("Bad value for --query %s: %w", q.text, err)
	}
	out = q.ordered(found, known)
	runtime.KeepAlive(all) // or a new map may be where an old one was
	return out, nil
}

// plain is v as the library has it: maps, lists, and numbers of one type. known
// gets which object each map stands for.
func plain(v any, known map[uintptr]*Dict) any {
	switch v := v.(type) {
	case *Dict:
		m := make(map[string]any, v.Len())
		for _, k := range v.keys {
			m[k] = plain(v.values[k], known)
		}
		known[reflect.ValueOf(m).Pointer()] = v
		return m
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = plain(v[i], known)
		}
		return out
	case int64:
		return float64(v)
	case int:
		return float64(v)
	}
	return v
}

// ordered is the way back.
func (q *Query) ordered(v any, known map[uintptr]*Dict) any {
	switch v := v.(type) {
	case map[string]any:
		if d := known[reflect.ValueOf(v).Pointer()]; d != nil {
			return d
		}
		var keys []string
		for k := range v {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, func(a, b string) int {
			return cmp.Or(cmp.Compare(strings.Index(q.text, a), strings.Index(q.text, b)), cmp.Compare(a, b))
		})
		d := NewDict()
		for _, k := range keys {
			d.Set(k, q.ordered(v[k], known))
		}
		return d
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = q.ordered(v[i], known)
		}
		return out
	case float64:
		if n := int64(v); float64(n) == v {
			return n
		}
	}
	return v
}
