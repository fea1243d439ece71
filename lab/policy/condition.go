package policy

import (
	"slices"
	"strconv"
	"strings"
)

// condition is one operator on one key: {"StringLike": {"s3:prefix": ["a/*"]}}.
type condition struct {
	op     operator
	set    setOperator
	exists bool   // …IfExists
	key    string // in lower case
	name   string // the key as the document writes it
	values []pattern
}

// setOperator says how a key with several values is read.
type setOperator int

const (
	single setOperator = iota
	forAny             // ForAnyValue:
	forAll             // ForAllValues:
)

func parseConditions(v any, variables bool) ([]condition, error) {
	block, ok := v.(object)
	if !ok {
		return nil, malformed("Invalid policy syntax.")
	}
	var out []condition
	for _, m := range block {
		c, ok := parseOperator(m.key)
		keys, isObject := m.value.(object)
		if !ok {
			// A condition that cannot be understood must never be skipped.
			return nil, malformed("Invalid Condition type : " + m.key)
		}
		if !isObject {
			return nil, malformed("Invalid policy syntax.")
		}
		for _, k := range keys {
			values, ok := stringList(k.value)
			if !ok || k.key == "" {
				return nil, malformed("Invalid policy syntax.")
			}
			c := c
			c.key, c.name, c.values = strings.ToLower(k.key), k.key, nil
			for _, text := range values {
				if c.op.valid != nil && !strings.Contains(text, "${") && !c.op.valid(text) {
					return nil, malformed("Invalid value for condition " + m.key + ": " + text)
				}
				c.values = append(c.values, newPattern(text, variables))
			}
			out = append(out, c)
		}
	}
	return out, nil
}

// parseOperator reads "ForAllValues:StringLikeIfExists".
func parseOperator(name string) (c condition, ok bool) {
	if rest, found := strings.CutPrefix(name, "ForAnyValue:"); found {
		c.set, name = forAny, rest
	} else if rest, found := strings.CutPrefix(name, "ForAllValues:"); found {
		c.set, name = forAll, rest
	}
	if rest, found := strings.CutSuffix(name, "IfExists"); found && rest != "Null" {
		c.exists, name = true, rest
	}
	c.op, ok = findOperator(name)
	return c, ok
}

// holds decides c. A missing key fails a plain operator and passes a negated
// one, so Deny + NotIpAddress bites a request that has no aws:SourceIp at all:
// that is what happens through a VPC endpoint.
func (c condition) holds(q *query) bool {
	values := q.context[c.key]
	if c.op.name == "Null" {
		absent := len(values) == 0
		return slices.ContainsFunc(c.values, func(p pattern) bool {
			return p.equal(strconv.FormatBool(absent), q, true)
		})
	}
	if len(values) == 0 {
		switch {
		case c.exists, c.set == forAll:
			return true
		case c.set == forAny:
			return false
		}
		return c.op.negate
	}
	one := func(value string) bool {
		found := slices.ContainsFunc(c.values, func(p pattern) bool { return c.op.match(p, q, value) })
		return found != c.op.negate
	}
	// A key with one value makes all three the same. With several, a plain
	// negated operator asks that none of them match.
	if c.set == forAll || c.set == single && c.op.negate {
		return !slices.ContainsFunc(values, func(v string) bool { return !one(v) })
	}
	return slices.ContainsFunc(values, one)
}
