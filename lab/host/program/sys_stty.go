package program

import (
	"context"
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// The settings of a terminal of the lab, which do not change: each line of
// stty -a below its first.
var sttySettings = [...]string{
	"intr = ^C; quit = ^\\; erase = ^?; kill = ^U; eof = ^D; eol = <undef>; eol2 = <undef>; swtch = <undef>; start = ^Q; stop = ^S; susp = ^Z; rprnt = ^R; werase = ^W; lnext = ^V; discard = ^O; min = 1; time = 0;",
	"-parenb -parodd -cmspar cs8 -hupcl -cstopb cread -clocal -crtscts",
	"-ignbrk -brkint -ignpar -parmrk -inpck -istrip -inlcr -igncr icrnl ixon -ixoff -iuclc -ixany -imaxbel iutf8",
	"opost -olcuc -ocrnl onlcr -onocr -onlret -ofill -ofdel nl0 cr0 tab0 bs0 vt0 ff0",
	"isig icanon iexten echo echoe echok -echonl -noflsh -xcase -tostop -echoprt echoctl echoke -flusho -extproc",
}

// stty tells the size and the settings of the terminal. It sets nothing: the
// size is the far end's, and the rest is as a learner's terminal needs it.
func stty(_ context.Context, p *Process) int {
	args := p.Args[1:]
	if p.Terminal == nil {
		return complain(p, "'standard input': Inappropriate ioctl for device")
	}
	cols, rows := p.Terminal.Size()
	all := false
	for _, a := range args {
		switch a {
		case "size":
			fmt.Fprintf(p.Stdout, "%d %d\n", rows, cols)
		case "speed":
			fmt.Fprintln(p.Stdout, "38400")
		case "-a", "--all":
			all = true
		case "sane":
		default:
			return complain(p, "'standard input': cannot set %s on a terminal of the lab", a)
		}
	}
	first := "speed 38400 baud;"
	switch {
	case all:
		fill(p, append([]string{fmt.Sprintf("%s rows %d; columns %d; line = 0;", first, rows, cols)}, sttySettings[:]...), cols)
	case len(args) == 0:
		fill(p, []string{first + " line = 0;", "-brkint -imaxbel iutf8"}, cols)
	}
	return 0
}

// fill prints lines broken between settings where the terminal ends.
func fill(p *Process, lines []string, cols int) {
	if cols <= 0 {
		cols = 80
	}
	for _, line := range lines {
		sep := " "
		if strings.Contains(line, ";") {
			sep = "; "
		}
		used := 0
		for i, item := range strings.Split(strings.TrimSuffix(line, ";"), sep) {
			if sep == "; " {
				item += ";"
			}
			w := ansi.StringWidth(item)
			switch {
			case i == 0:
			case used+1+w >= cols:
				fmt.Fprintln(p.Stdout)
				used = 0
			default:
				fmt.Fprint(p.Stdout, " ")
				used++
			}
			fmt.Fprint(p.Stdout, item)
			used += w
		}
		fmt.Fprintln(p.Stdout)
	}
}
