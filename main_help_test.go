package main

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gatewalk/tui/text"
)

// TestHelpComplete: every command and flag has its line in both languages, and
// no line speaks of one that is not there.
func TestHelpComplete(t *testing.T) {
	for _, lang := range []string{"ko", "en"} {
		h := text.HelpOf(lang)
		commands, flags := map[string]bool{}, map[string]bool{}
		root := command(t.Context(), new(signals), new(error))
		describe(root, lang)
		everyCommand(root, func(cmd *cobra.Command) {
			if cmd.Hidden {
				return
			}
			path := pathOf(cmd)
			commands[path] = true
			if cmd.Short == "" {
				t.Errorf("%s: the command %q has no line", lang, path)
			}
			cmd.Flags().VisitAll(func(f *pflag.Flag) {
				flags[f.Name], flags[strings.TrimSpace(path+" "+f.Name)] = true, true
				if says := wordsFor(h, cmd, f); says == "" || cmd.InheritedFlags().Lookup(f.Name) == nil && f.Usage != says {
					t.Errorf("%s: --%s of %q says %q", lang, f.Name, path, f.Usage)
				}
			})
			for line := range strings.Lines(help(cmd, h, 80)) {
				if w := ansi.StringWidth(strings.TrimSuffix(line, "\n")); w > 80 && !strings.Contains(line, "gatewalk "+path) {
					t.Errorf("%s: a line of %q is %d cells wide: %s", lang, path, w, line)
				}
			}
		})
		for path := range h.Command {
			if !commands[path] {
				t.Errorf("%s: there is no command %q", lang, path)
			}
		}
		for name := range h.Flag {
			if !flags[name] {
				t.Errorf("%s: there is no flag %q", lang, name)
			}
		}
	}
}

// TestSeconds: people write 20 where Go writes 20s.
func TestSeconds(t *testing.T) {
	for in, want := range map[string]string{"20": "20s", "1.5": "1.5s", "1m30s": "1m30s", "0": "0s"} {
		var s seconds
		if err := s.Set(in); err != nil || s.String() != want {
			t.Errorf("%q is %v (%v), want %s", in, s.String(), err, want)
		}
	}
	for _, in := range []string{"", "x", "-3", "-1s", "NaN", "inf"} {
		var s seconds
		if err := s.Set(in); err == nil {
			t.Errorf("%q is taken for %v", in, s.String())
		}
	}
}

// TestManual: the man page has every command and flag, and nothing in the
// words is taken for a request of roff's.
func TestManual(t *testing.T) {
	for _, lang := range []string{"ko", "en"} {
		h := text.HelpOf(lang)
		root := command(t.Context(), new(signals), new(error))
		describe(root, lang)
		page := manual(root, h)
		everyCommand(root, func(cmd *cobra.Command) {
			if !cmd.Hidden && !strings.Contains(page, roff(cmd.UseLine())) {
				t.Errorf("%s: the man page has no %q", lang, cmd.UseLine())
			}
			cmd.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
				if !cmd.Hidden && !strings.Contains(page, `\fB`+roff("--"+f.Name)) && f.Shorthand == "" {
					t.Errorf("%s: the man page has no --%s", lang, f.Name)
				}
			})
		})
		for line := range strings.Lines(page) {
			if request, _, _ := strings.Cut(strings.TrimSpace(line), " "); strings.HasPrefix(request, ".") && !strings.Contains(" .TH .SH .SS .TP ", " "+request+" ") {
				t.Errorf("%s: the man page has the request %q", lang, request)
			}
		}
	}
}
