package program

import (
	"fmt"
	"strings"
)

// given is the options that a program was given: each letter with its values,
// "" for an option without one.
type given map[rune][]string

func (g given) has(letter rune) bool { return len(g[letter]) > 0 }

// last is the value given last, or the default.
func (g given) last(letter rune, otherwise string) string {
	if v := g[letter]; len(v) > 0 {
		return v[len(v)-1]
	}
	return otherwise
}

// parse splits arguments the way getopt_long does: spec holds the letters, each
// with ":" behind it if it takes a value, "=" if its long form may have one;
// long gives long options a letter.
// Options may stand behind operands. What is wrong is printed as GNU programs
// print it, and then ok is false.
func parse(p *Process, spec string, long map[string]rune) (g given, rest []string, ok bool) {
	g = given{}
	takes := func(letter rune) (known, value bool) {
		i := strings.IndexRune(spec, letter)
		return i >= 0 && letter != ':' && letter != '=', i >= 0 && strings.HasPrefix(spec[i+1:], ":")
	}
	may := func(letter rune) bool { return strings.Contains(spec, string(letter)+"=") }
	wrong := func(format string, args ...any) (given, []string, bool) {
		complain(p, format, args...)
		fmt.Fprintf(p.Stderr, "Try '%s --help' for more information.\n", base(p))
		return nil, nil, false
	}
	args := p.Args[1:]
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			return g, append(rest, args...), true
		case strings.HasPrefix(arg, "--"):
			name, value, has := strings.Cut(arg[2:], "=")
			letter, known := long[name]
			if !known {
				return wrong("unrecognized option '--%s'", name)
			}
			if _, needs := takes(letter); needs && !has {
				if len(args) == 0 {
					return wrong("option '--%s' requires an argument", name)
				}
				value, args = args[0], args[1:]
			} else if !needs && has && !may(letter) {
				return wrong("option '--%s' doesn't allow an argument", name)
			}
			g[letter] = append(g[letter], value)
		case len(arg) > 1 && arg[0] == '-':
			for i, letter := range arg {
				if i == 0 {
					continue
				}
				known, value := takes(letter)
				if !known {
					return wrong("invalid option -- '%c'", letter)
				}
				if !value {
					g[letter] = append(g[letter], "")
					continue
				}
				v := arg[i+len(string(letter)):]
				if v == "" {
					if len(args) == 0 {
						return wrong("option requires an argument -- '%c'", letter)
					}
					v, args = args[0], args[1:]
				}
				g[letter] = append(g[letter], v)
				break
			}
		default:
			rest = append(rest, arg)
		}
	}
	return g, rest, true
}
