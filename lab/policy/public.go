package policy

import (
	"slices"
	"strings"
)

// Public reports whether d lets anybody in, by the meaning that Block Public
// Access gives the word: an Allow is public unless it names fixed principals,
// or is bound to fixed values of one of a few condition keys (S3 user guide,
// "access-control-block-public-access", section "The meaning of public").
// aws:SourceVpce is one of these keys, so that "no credentials, only through my
// endpoint" is not public.
func (d *Document) Public() bool {
	return slices.ContainsFunc(d.Statements, func(s Statement) bool {
		return !s.Deny && s.wideOpen() && !slices.ContainsFunc(s.conditions, condition.narrows)
	})
}

func (s Statement) wideOpen() bool {
	return s.NotPrincipal || slices.ContainsFunc(s.Principals, func(p PrincipalName) bool {
		return strings.ContainsAny(p.Value, "*?")
	})
}

// narrows says whether c ties an Allow to fixed values.
func (c condition) narrows() bool {
	// …IfExists and ForAllValues pass where the key is missing.
	if c.op.negate || c.exists || c.set == forAll || len(c.values) == 0 {
		return false
	}
	switch c.op.name {
	case "StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress":
	default:
		return false
	}
	fixed := pattern.fixed
	switch c.key {
	case "aws:sourceip":
		fixed = narrowBlock
	case "s3:dataaccesspointarn":
		// The access point's name may be a wildcard, its account may not.
		fixed = func(p pattern) bool {
			parts := strings.SplitN(p.raw, ":", 6)
			return len(parts) == 6 && isAccount(parts[4])
		}
	case "aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:userid",
		"aws:principalorgid", "aws:principalaccount", "aws:principalarn", "s3:dataaccesspointaccount":
	default:
		return false
	}
	return !slices.ContainsFunc(c.values, func(p pattern) bool { return !fixed(p) })
}

// narrowBlock says whether an aws:SourceIp value is no broader than /8 (IPv4)
// or /32 (IPv6), beyond which S3 calls it public.
func narrowBlock(p pattern) bool {
	block, ok := prefixOf(p.raw)
	if !ok {
		return false
	}
	if block.Addr().Is6() {
		return block.Bits() >= 32
	}
	return block.Bits() >= 8
}
