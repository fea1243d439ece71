package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"gatewalk/tui/text"
)

// manual is the man page: all that --help says of every command, in roff.
func manual(root *cobra.Command, h *text.Help) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH GATEWALK 1 \"\" \"gatewalk %s\"\n", roff(root.Version))
	fmt.Fprintf(&b, ".SH NAME\ngatewalk \\- %s\n", roff(root.Short))
	options := func(rows [][2]string) {
		for _, row := range rows {
			fmt.Fprintf(&b, ".TP\n\\fB%s\\fR\n%s\n", roff(row[0]), roff(row[1]))
		}
	}
	fmt.Fprintf(&b, ".SH %s\n\\fB%s\\fR\n", roff(h.Usage), roff(root.UseLine()))
	fmt.Fprintf(&b, ".SH %s\n", roff(h.Flags))
	options(flagRows(root, root.LocalFlags(), h))
	fmt.Fprintf(&b, ".SH %s\n", roff(h.Commands))
	everyCommand(root, func(cmd *cobra.Command) {
		if cmd.Hidden || !cmd.HasParent() {
			return
		}
		fmt.Fprintf(&b, ".SS %s\n%s\n", roff(cmd.UseLine()), roff(cmd.Short))
		options(flagRows(cmd, cmd.NonInheritedFlags(), h))
	})
	fmt.Fprintf(&b, ".SH %s\n", roff(h.Exit))
	options(h.Statuses)
	return b.String()
}

// roff keeps what stands in text from being read as a request or an escape.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}
