package policy

import (
	"strings"
	"unicode"
)

// pattern is a string of a policy with wildcards and policy variables,
// "arn:aws:s3:::b/${aws:username}/*", cut into parts once, when it is parsed.
type pattern struct {
	raw   string
	parts []part
}

// part is a run of literal text (in which * and ? are wildcards unless
// quoted), or a variable.
type part struct {
	text     string
	quoted   bool   // from ${*}, ${?}, ${$}
	variable string // lower case, "" for text
	fallback string // ${key, 'fallback'}
	hasElse  bool
}

// newPattern cuts s. Policy variables exist since version 2012-10-17; in older
// documents "${" is text (IAM user guide, "policy variables").
func newPattern(s string, variables bool) pattern {
	p := pattern{raw: s}
	rest := s
	for variables {
		before, after, ok := strings.Cut(rest, "${")
		if !ok {
			break
		}
		name, tail, ok := strings.Cut(after, "}")
		if !ok {
			break
		}
		if before != "" {
			p.parts = append(p.parts, part{text: before})
		}
		p.parts = append(p.parts, variablePart(name))
		rest = tail
	}
	if rest != "" {
		p.parts = append(p.parts, part{text: rest})
	}
	return p
}

func variablePart(name string) part {
	if name == "*" || name == "?" || name == "$" {
		return part{text: name, quoted: true}
	}
	key, fallback, ok := strings.Cut(name, ",")
	v := part{variable: strings.ToLower(strings.TrimSpace(key)), hasElse: ok}
	v.fallback = strings.Trim(strings.TrimSpace(fallback), "'")
	return v
}

// fixed says that p stands for one value whatever the request: neither a
// wildcard nor a variable. Block Public Access asks it.
func (p pattern) fixed() bool {
	for _, x := range p.parts {
		if x.variable != "" || !x.quoted && strings.ContainsAny(x.text, "*?") {
			return false
		}
	}
	return true
}

// Wildcards in an expanded pattern; every other element is a rune.
const (
	anyRun rune = -1 // *
	anyOne rune = -2 // ?
)

// expand puts q's values into p. It is false where a variable has no value: a
// statement that needs it then matches nothing. Values are text, never
// wildcards, or a tag could widen a policy.
func (p pattern) expand(q *query, wild bool) ([]rune, bool) {
	out := make([]rune, 0, len(p.raw))
	for _, x := range p.parts {
		text, literal := x.text, x.quoted || !wild
		if x.variable != "" {
			literal = true
			switch v := q.lookup(x.variable); {
			case v != "":
				text = v
			case x.hasElse:
				text = x.fallback
			default:
				return nil, false
			}
		}
		for _, c := range text {
			switch {
			case c == '*' && !literal:
				c = anyRun
			case c == '?' && !literal:
				c = anyOne
			}
			out = append(out, c)
		}
	}
	return out, true
}

// lookup is value, for a query that may be nil.
func (q *query) lookup(key string) string {
	if q == nil {
		return ""
	}
	return q.value(key)
}

// match reports whether s fits p with its wildcards.
func (p pattern) match(s string, q *query, fold bool) bool {
	if p.raw == "*" {
		return true
	}
	glob, ok := p.expand(q, true)
	return ok && globMatch(glob, []rune(s), fold)
}

// equal reports whether s is p's text, in which * and ? mean themselves.
func (p pattern) equal(s string, q *query, fold bool) bool {
	text, ok := p.expand(q, false)
	if !ok {
		return false
	}
	if fold {
		return strings.EqualFold(string(text), s)
	}
	return string(text) == s
}

// globMatch goes back to the last * only, so its work is bounded by
// len(glob) × len(s) whatever the pattern.
func globMatch(glob, s []rune, fold bool) bool {
	g, i := 0, 0
	star, mark := -1, 0
	for i < len(s) {
		switch {
		case g < len(glob) && glob[g] == anyRun:
			star, mark = g, i
			g++
		case g < len(glob) && (glob[g] == anyOne || sameRune(glob[g], s[i], fold)):
			g++
			i++
		case star >= 0:
			mark++
			g, i = star+1, mark
		default:
			return false
		}
	}
	for g < len(glob) && glob[g] == anyRun {
		g++
	}
	return g == len(glob)
}

func sameRune(a, b rune, fold bool) bool {
	return a == b || fold && unicode.ToLower(a) == unicode.ToLower(b)
}
