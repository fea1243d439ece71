package program

import (
	"context"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"time"
)

// The kernel that the host says it runs; AL2023's, x86_64.
const (
	kernelRelease = "6.1.166-197.305.amzn2023.x86_64"
	kernelVersion = "#1 SMP PREEMPT_DYNAMIC Mon Mar 23 09:53:26 UTC 2026"
)

func systemPrograms() map[string]Func {
	return map[string]Func{
		"date": date, "sleep": sleep, "whoami": whoami, "id": id, "hostname": hostname, "uname": uname, "uptime": uptime,
		"clear": clearScreen, "basename": baseName, "dirname": dirName, "yes": yes, "free": free, "ps": ps, "kill": kill,
		"nproc": nproc, "tty": ttyName, "stty": stty, "groups": groups, "logger": logger,
		"vi": editor, "vim": editor, "nano": editor, "emacs": editor, "ed": editor,
	}
}

func date(_ context.Context, p *Process) int {
	g, args, ok := parse(p, "uId:R", map[string]rune{"utc": 'u', "universal": 'u', "date": 'd', "rfc-email": 'R'})
	if !ok {
		return 1
	}
	now := p.Clock.Now().UTC()
	format := "%a %b %e %H:%M:%S %Z %Y"
	switch {
	case g.has('d'):
		text := g.last('d', "")
		secs, err := strconv.ParseInt(strings.TrimPrefix(text, "@"), 10, 64)
		if err != nil || !strings.HasPrefix(text, "@") {
			return complain(p, "invalid date ‘%s’ (this host knows @SECONDS)", text)
		}
		now = time.Unix(secs, 0).UTC()
	case g.has('R'):
		format = "%a, %d %b %Y %H:%M:%S %z"
	case g.has('I'):
		format = "%Y-%m-%d"
	}
	if len(args) > 0 {
		if !strings.HasPrefix(args[0], "+") {
			return complain(p, "cannot set date: Operation not permitted")
		}
		format = args[0][1:]
	}
	fmt.Fprintln(p.Stdout, strftime(now, format))
	return 0
}

// strftime formats t as C's function of that name does.
func strftime(t time.Time, format string) string {
	layouts := map[byte]string{
		'a': "Mon", 'A': "Monday", 'b': "Jan", 'h': "Jan", 'B': "January", 'd': "02", 'e': "_2", 'H': "15", 'I': "03",
		'm': "01", 'M': "04", 'p': "PM", 'S': "05", 'y': "06", 'Y': "2006", 'Z': "MST", 'z': "-0700", 'j': "002",
		'F': "2006-01-02", 'T': "15:04:05", 'R': "15:04", 'D': "01/02/06", 'c': "Mon Jan _2 15:04:05 2006", 'k': "15",
		'x': "01/02/06", 'X': "15:04:05", 'N': "000000000",
	}
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		switch c := format[i]; c {
		case '%':
			b.WriteByte('%')
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 's':
			fmt.Fprint(&b, t.Unix())
		case 'N':
			fmt.Fprintf(&b, "%09d", t.Nanosecond())
		case 'u':
			fmt.Fprint(&b, (int(t.Weekday())+6)%7+1)
		default:
			if layout, ok := layouts[c]; ok {
				b.WriteString(t.Format(layout))
			} else {
				b.WriteString("%" + string(c))
			}
		}
	}
	return b.String()
}

// duration reads "3", "0.5", "2m" as sleep and timeout do.
func duration(s string) (time.Duration, bool) {
	unit := time.Second
	if s != "" {
		switch s[len(s)-1] {
		case 's':
			s = s[:len(s)-1]
		case 'm':
			s, unit = s[:len(s)-1], time.Minute
		case 'h':
			s, unit = s[:len(s)-1], time.Hour
		case 'd':
			s, unit = s[:len(s)-1], 24*time.Hour
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || n < 0 || n != n {
		return 0, false
	}
	if n*float64(unit) > float64(1<<62) { // "infinity"
		return 1 << 62, true
	}
	return time.Duration(n * float64(unit)), true
}

func sleep(ctx context.Context, p *Process) int {
	if len(p.Args) < 2 {
		return missing(p, "missing operand")
	}
	var total time.Duration
	for _, a := range p.Args[1:] {
		d, ok := duration(a)
		if !ok {
			return missing(p, "invalid time interval ‘"+a+"’")
		}
		total += d
	}
	if p.Clock.Sleep(ctx, total) != nil {
		return 130
	}
	return 0
}

func whoami(_ context.Context, p *Process) int {
	fmt.Fprintln(p.Stdout, userName(uid(p)))
	return 0
}

func id(_ context.Context, p *Process) int {
	g, args, ok := parse(p, "ugGn", map[string]rune{"user": 'u', "group": 'g', "name": 'n'})
	if !ok {
		return 1
	}
	who := uid(p)
	if len(args) > 0 {
		if who, ok = userNumber(args[0]); !ok {
			return complain(p, "‘%s’: no such user", args[0])
		}
	}
	name := userName(who)
	switch {
	case (g.has('u') || g.has('g')) && g.has('n'):
		fmt.Fprintln(p.Stdout, name)
	case g.has('u') || g.has('g'):
		fmt.Fprintln(p.Stdout, who)
	default:
		more := ""
		if who != 0 {
			more = ",4(adm),10(wheel),190(systemd-journal)"
		}
		fmt.Fprintf(p.Stdout, "uid=%d(%s) gid=%d(%s) groups=%d(%s)%s context=unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023\n",
			who, name, who, name, who, name, more)
	}
	return 0
}

func groups(_ context.Context, p *Process) int {
	if p.Root {
		fmt.Fprintln(p.Stdout, "root")
	} else {
		fmt.Fprintln(p.Stdout, "ec2-user adm wheel systemd-journal")
	}
	return 0
}

func hostname(_ context.Context, p *Process) int {
	g, args, ok := parse(p, "sfiId", map[string]rune{"short": 's', "fqdn": 'f', "long": 'f', "ip-address": 'i', "all-ip-addresses": 'I', "domain": 'd'})
	if !ok {
		return 1
	}
	if len(args) > 0 {
		return complain(p, "you must be root to change the host name")
	}
	short, domain, _ := strings.Cut(p.Hostname, ".")
	switch {
	case g.has('s'):
		fmt.Fprintln(p.Stdout, short)
	case g.has('d'):
		fmt.Fprintln(p.Stdout, domain)
	case g.has('i'):
		fmt.Fprintln(p.Stdout, p.Net.Addr())
	case g.has('I'):
		fmt.Fprintln(p.Stdout, p.Net.Addr().String()+" ")
	default:
		fmt.Fprintln(p.Stdout, p.Hostname)
	}
	return 0
}

func uname(_ context.Context, p *Process) int {
	g, _, ok := parse(p, "asnrvmpio", map[string]rune{"all": 'a', "kernel-release": 'r', "machine": 'm', "nodename": 'n'})
	if !ok {
		return 1
	}
	if len(g) == 0 {
		g = given{'s': {""}}
	}
	var out []string
	for _, f := range []struct {
		letter rune
		text   string
	}{
		{'s', "Linux"}, {'n', p.Hostname}, {'r', kernelRelease}, {'v', kernelVersion},
		{'m', "x86_64"}, {'p', "x86_64"}, {'i', "x86_64"}, {'o', "GNU/Linux"},
	} {
		if g.has('a') || g.has(f.letter) {
			out = append(out, f.text)
		}
	}
	fmt.Fprintln(p.Stdout, strings.Join(out, " "))
	return 0
}

func uptime(_ context.Context, p *Process) int {
	now := p.Clock.Now().UTC()
	up := now.Sub(p.Booted)
	text := fmt.Sprintf("%2d:%02d", int(up.Hours())%24, int(up.Minutes())%60)
	if up < time.Hour {
		text = fmt.Sprintf("%d min", int(up.Minutes()))
	}
	if days := int(up.Hours()) / 24; days == 1 {
		text = "1 day, " + text
	} else if days > 1 {
		text = fmt.Sprintf("%d days, %s", days, text)
	}
	users := map[string]bool{}
	for _, r := range p.Processes() {
		if r.TTY != "?" {
			users[r.TTY] = true
		}
	}
	plural := "s"
	if len(users) == 1 {
		plural = ""
	}
	fmt.Fprintf(p.Stdout, " %s up %s,  %d user%s,  load average: 0.00, 0.00, 0.00\n", now.Format("15:04:05"), text, len(users), plural)
	return 0
}

func clearScreen(_ context.Context, p *Process) int {
	io.WriteString(p.Stdout, "\x1b[H\x1b[2J\x1b[3J")
	return 0
}

func baseName(_ context.Context, p *Process) int {
	if len(p.Args) < 2 {
		return missing(p, "missing operand")
	}
	name := path.Base(p.Args[1])
	if len(p.Args) > 2 && name != p.Args[2] {
		name = strings.TrimSuffix(name, p.Args[2])
	}
	fmt.Fprintln(p.Stdout, name)
	return 0
}

func dirName(_ context.Context, p *Process) int {
	if len(p.Args) < 2 {
		return missing(p, "missing operand")
	}
	for _, a := range p.Args[1:] {
		if trimmed := strings.TrimRight(a, "/"); trimmed != "" {
			a = trimmed // "a/b/" is in a
		}
		fmt.Fprintln(p.Stdout, path.Dir(a))
	}
	return 0
}

func yes(ctx context.Context, p *Process) int {
	text := "y"
	if len(p.Args) > 1 {
		text = strings.Join(p.Args[1:], " ")
	}
	block := []byte(strings.Repeat(text+"\n", max(1, 8192/(len(text)+1))))
	for ctx.Err() == nil {
		if _, err := p.Stdout.Write(block); err != nil {
			return 141 // SIGPIPE
		}
	}
	return 130
}

// free shows the memory of a t3.micro, of which the files take their part.
func free(_ context.Context, p *Process) int {
	g, _, ok := parse(p, "hmgk", map[string]rune{"human": 'h', "mebi": 'm'})
	if !ok {
		return 1
	}
	const total, programs = 972568, 158120 // KiB
	used, _ := disk(p).Usage()
	cached := min(used>>10+196000, total-programs-40000)
	unit := func(kib int64) string {
		switch {
		case g.has('h') && kib == 0:
			return "0B"
		case g.has('h') && kib >= 10<<10:
			return fmt.Sprintf("%dMi", (kib+1023)>>10)
		case g.has('h'):
			return fmt.Sprintf("%.1fMi", float64(kib)/1024)
		case g.has('m'):
			return fmt.Sprint(kib >> 10)
		case g.has('g'):
			return fmt.Sprint(kib >> 20)
		}
		return fmt.Sprint(kib)
	}
	fmt.Fprintf(p.Stdout, "%7s%13s%12s%12s%12s%12s%12s\n", "", "total", "used", "free", "shared", "buff/cache", "available")
	fmt.Fprintf(p.Stdout, "Mem:   %13s%12s%12s%12s%12s%12s\n", unit(total), unit(programs), unit(total-programs-cached),
		unit(2900), unit(cached), unit(total-programs-20000))
	fmt.Fprintf(p.Stdout, "Swap:  %13s%12s%12s\n", unit(0), unit(0), unit(0))
	return 0
}

func nproc(_ context.Context, p *Process) int {
	fmt.Fprintln(p.Stdout, 2)
	return 0
}

func ttyName(_ context.Context, p *Process) int {
	for _, r := range p.Processes() {
		if r.PID == p.PID && r.TTY != "?" && p.Terminal != nil {
			fmt.Fprintln(p.Stdout, "/dev/"+r.TTY)
			return 0
		}
	}
	fmt.Fprintln(p.Stdout, "not a tty")
	return 1
}

// logger appends to /var/log/messages, which only root may do.
func logger(_ context.Context, p *Process) int {
	g, words, ok := parse(p, "t:p:s", map[string]rune{"tag": 't', "priority": 'p', "stderr": 's'})
	if !ok {
		return 1
	}
	text := fmt.Sprintf("%s %s: %s\n", p.Clock.Now().UTC().Format("Jan _2 15:04:05"), g.last('t', userName(uid(p))), strings.Join(words, " "))
	if g.has('s') {
		fmt.Fprint(p.Stderr, "<13>"+text)
	}
	old, _ := disk(p).ReadFile("/var/log/messages")
	disk(p).WriteFile("/var/log/messages", append(old, text...), 0o640)
	return 0
}

func editor(_ context.Context, p *Process) int {
	fmt.Fprintf(p.Stderr, "%s: this host has no editor; write a file with \"cat > NAME\" (Ctrl-D ends it), change one with sed -i, or copy it here with scp\n", base(p))
	return 1
}
