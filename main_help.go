package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"gatewalk/tui/text"
)

// valueName annotates a flag with what its value is called in the help.
const valueName = "value"

// version is the module's, as the Go toolchain stamped it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(devel)"
	}
	return info.Main.Version
}

// pathOf is a command's path below the program: "completion zsh".
func pathOf(cmd *cobra.Command) string {
	if !cmd.HasParent() {
		return ""
	}
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}

// wordsFor finds what the help says of a flag of a command.
func wordsFor(h *text.Help, cmd *cobra.Command, f *pflag.Flag) string {
	return cmp.Or(h.Flag[strings.TrimSpace(pathOf(cmd)+" "+f.Name)], h.Flag[f.Name])
}

// describe gives every command and flag its sentence in a language: the help,
// the man page and the shell's completion all read them there.
func describe(root *cobra.Command, lang string) {
	h := text.HelpOf(lang)
	everyCommand(root, func(cmd *cobra.Command) {
		if cmd.Hidden {
			return
		}
		cmd.Short, cmd.Long = h.Command[pathOf(cmd)], ""
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if !cmd.HasParent() || cmd.InheritedFlags().Lookup(f.Name) == nil {
				f.Usage = wordsFor(h, cmd, f)
			}
		})
	})
}

func everyCommand(cmd *cobra.Command, f func(*cobra.Command)) {
	f(cmd)
	for _, sub := range cmd.Commands() {
		everyCommand(sub, f)
	}
}

// completeHelp adds what cobra would add by itself later, so that it can be
// described, and lets the help speak the language that lang gives once the
// flags are read.
func completeHelp(root *cobra.Command, o *options, lang func() string) {
	root.Version = version()
	root.SetVersionTemplate("gatewalk {{.Version}}\n")
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "completion":
			cmd.Use, cmd.Args = "completion bash|zsh|fish|powershell", o.commands
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		case "help":
			cmd.Use, cmd.Run = "help [COMMAND]", nil
			cmd.RunE = func(_ *cobra.Command, args []string) error {
				about, rest, err := root.Find(args)
				if err != nil || len(rest) > 0 {
					return o.commands(about, rest)
				}
				return about.Help()
			}
		}
	}
	everyCommand(root, func(cmd *cobra.Command) {
		cmd.DisableFlagsInUseLine = true
		cmd.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
			if v := f.Annotations[valueName]; v != nil && strings.Contains(v[0], "|") {
				cmd.RegisterFlagCompletionFunc(f.Name, offer(strings.Split(v[0], "|")...))
			}
		})
		cmd.InitDefaultHelpFlag()
		cmd.InitDefaultVersionFlag()
	})
	describe(root, lang())
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		describe(root, lang())
		lipgloss.Fprint(cmd.OutOrStdout(), help(cmd, text.HelpOf(lang()), helpWidth(cmd.OutOrStdout())))
	})
	root.AddCommand(&cobra.Command{
		Use: "man", Hidden: true, Args: o.takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			describe(root, lang())
			_, err := fmt.Fprint(cmd.OutOrStdout(), manual(root, text.HelpOf(lang())))
			return err
		},
	})
}

// helpWidth is that of the terminal, within what reads well.
func helpWidth(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if cols, _, err := term.GetSize(int(f.Fd())); err == nil {
			return min(max(cols, 40), 110)
		}
	}
	return 100
}

// help is a command's page, at most width cells wide.
func help(cmd *cobra.Command, h *text.Help, width int) string {
	heading, name := lipgloss.NewStyle().Bold(true), lipgloss.NewStyle().Foreground(lipgloss.BrightYellow)
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n  %s\n", lipgloss.Wrap(cmd.Short, width, " "), heading.Render(h.Usage), cmd.UseLine())
	table := func(title string, rows [][2]string) {
		if len(rows) == 0 {
			return
		}
		fmt.Fprintf(&b, "\n%s\n", heading.Render(title))
		left := 0
		for _, row := range rows {
			left = max(left, lipgloss.Width(row[0]))
		}
		for _, row := range rows {
			says := lipgloss.NewStyle().Width(max(20, width-left-4)).Render(row[1])
			for line := range strings.Lines(lipgloss.JoinHorizontal(lipgloss.Top, "  ", name.Width(left+2).Render(row[0]), says) + "\n") {
				b.WriteString(strings.TrimRight(line, " \n") + "\n")
			}
		}
	}
	var commands [][2]string
	for _, sub := range cmd.Commands() {
		if !sub.Hidden {
			use, _, _ := strings.Cut(sub.Use, " [--") // its flags are on its own page
			commands = append(commands, [2]string{use, sub.Short})
		}
	}
	table(h.Commands, commands)
	table(h.Flags, flagRows(cmd, cmd.LocalFlags(), h))
	table(h.Global, flagRows(cmd, cmd.InheritedFlags(), h))
	if !cmd.HasParent() {
		table(h.Exit, h.Statuses)
	}
	return b.String()
}

func flagRows(cmd *cobra.Command, flags *pflag.FlagSet, h *text.Help) (rows [][2]string) {
	flags.SortFlags = false // the order of main.go: what one needs first
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		left, says := "--"+f.Name, wordsFor(h, cmd, f)
		if f.Shorthand != "" {
			left = "-" + f.Shorthand + " " + left
		}
		if v := f.Annotations[valueName]; v != nil {
			left += " " + v[0]
			if !slices.Contains([]string{"", "[]", "0s"}, f.DefValue) {
				says += " (" + fmt.Sprintf(h.Default, f.DefValue) + ")"
			}
		}
		rows = append(rows, [2]string{left, says})
	})
	return rows
}
