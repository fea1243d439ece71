package policy

import (
	"encoding/base64"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// operator compares one value of the request to one of the policy.
type operator struct {
	name   string
	negate bool // Not…: true when none of the policy's values match
	match  func(p pattern, q *query, value string) bool
	// valid checks a policy value when it is parsed; nil takes any text.
	valid func(value string) bool
}

// findOperator knows the operators of the IAM user guide, "Condition
// operators", without prefix and without IfExists.
func findOperator(name string) (operator, bool) {
	op := operator{name: name, negate: strings.Contains(name, "Not")}
	switch name {
	case "StringEquals", "StringNotEquals":
		op.match = func(p pattern, q *query, v string) bool { return p.equal(v, q, false) }
	case "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase":
		op.match = func(p pattern, q *query, v string) bool { return p.equal(v, q, true) }
	case "StringLike", "StringNotLike":
		op.match = func(p pattern, q *query, v string) bool { return p.match(v, q, false) }
	case "ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike":
		op.match = matchArn
	case "IpAddress", "NotIpAddress":
		op.match, op.valid = matchIP, validIP
	case "Bool":
		op.match, op.valid = func(p pattern, q *query, v string) bool { return p.equal(v, q, true) }, validBool
	case "Null":
		op.valid = validBool // it asks for absence, which only condition.holds sees
	case "BinaryEquals":
		op.match, op.valid = func(p pattern, _ *query, v string) bool { return p.raw == v }, validBinary
	default:
		kind, accept, ok := findOrder(name)
		if !ok {
			return operator{}, false
		}
		if kind == "Date" {
			op.match, op.valid = compareDates(accept), validDate
		} else {
			op.match, op.valid = compareNumbers(accept), validNumber
		}
	}
	return op, true
}

// findOrder reads the operators that compare: accept is given -1, 0 or 1 for
// the request's value against the policy's. NotEquals accepts as Equals does,
// and is negated like every Not….
func findOrder(name string) (kind string, accept func(int) bool, ok bool) {
	kind = "Numeric"
	rest, ok := strings.CutPrefix(name, kind)
	if !ok {
		kind = "Date"
		if rest, ok = strings.CutPrefix(name, kind); !ok {
			return "", nil, false
		}
	}
	switch rest {
	case "Equals", "NotEquals":
		accept = func(c int) bool { return c == 0 }
	case "LessThan":
		accept = func(c int) bool { return c < 0 }
	case "LessThanEquals":
		accept = func(c int) bool { return c <= 0 }
	case "GreaterThan":
		accept = func(c int) bool { return c > 0 }
	case "GreaterThanEquals":
		accept = func(c int) bool { return c >= 0 }
	}
	return kind, accept, accept != nil
}

// matchArn compares the six fields of an ARN one by one, so that a * does not
// run over a colon of the first five.
func matchArn(p pattern, q *query, value string) bool {
	glob, ok := p.expand(q, true)
	if !ok {
		return false
	}
	want, have := splitRunes(glob, ':', 6), strings.SplitN(value, ":", 6)
	if len(want) != len(have) {
		return len(want) == 1 && globMatch(glob, []rune(value), false)
	}
	for i := range want {
		if !globMatch(want[i], []rune(have[i]), false) {
			return false
		}
	}
	return true
}

func splitRunes(s []rune, sep rune, n int) [][]rune {
	var out [][]rune
	for len(out) < n-1 {
		i := slices.Index(s, sep)
		if i < 0 {
			break
		}
		out, s = append(out, s[:i]), s[i+1:]
	}
	return append(out, s)
}

// prefixOf reads an address or a CIDR block.
func prefixOf(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

func validIP(s string) bool { _, ok := prefixOf(s); return ok }

func matchIP(p pattern, q *query, value string) bool {
	text, ok := p.expand(q, false)
	if !ok {
		return false
	}
	block, ok := prefixOf(string(text))
	a, err := netip.ParseAddr(value)
	return ok && err == nil && block.Contains(a.Unmap())
}

func validNumber(s string) bool { _, err := strconv.ParseFloat(s, 64); return err == nil }

func compareNumbers(accept func(int) bool) func(pattern, *query, string) bool {
	return func(p pattern, q *query, value string) bool {
		text, ok := p.expand(q, false)
		if !ok {
			return false
		}
		want, err1 := strconv.ParseFloat(string(text), 64)
		have, err2 := strconv.ParseFloat(value, 64)
		if err1 != nil || err2 != nil || want != want || have != have { // NaN orders with nothing
			return false
		}
		switch {
		case have < want:
			return accept(-1)
		case have > want:
			return accept(1)
		}
		return accept(0)
	}
}

func validBool(s string) bool {
	return strings.EqualFold(s, "true") || strings.EqualFold(s, "false")
}

func validBinary(s string) bool { _, err := base64.StdEncoding.DecodeString(s); return err == nil }

// parseDate reads the W3C forms that IAM takes, and seconds since 1970.
func parseDate(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02", "2006-01", "2006"} {
		// A bare year is also a number of seconds; IAM reads it as a year.
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Unix(n, 0), true
	}
	return time.Time{}, false
}

func validDate(s string) bool { _, ok := parseDate(s); return ok }

func compareDates(accept func(int) bool) func(pattern, *query, string) bool {
	return func(p pattern, q *query, value string) bool {
		text, ok := p.expand(q, false)
		if !ok {
			return false
		}
		want, ok1 := parseDate(string(text))
		have, ok2 := parseDate(value)
		return ok1 && ok2 && accept(have.Compare(want))
	}
}
