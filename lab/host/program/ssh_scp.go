package program

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/crypto/ssh"

	"gatewalk/lab/host/program/resolv"
)

const scpUsage = `usage: scp [-346ABCOpqRrsTv] [-c cipher] [-D sftp_server_path] [-F ssh_config]
           [-i identity_file] [-J destination] [-l limit] [-o ssh_option]
           [-P port] [-S program] [-X sftp_option] source ... target
`

// scp copies between hosts. With -t and -f it is the far end, as sshd starts it.
func scp(ctx context.Context, p *Process) int {
	o := newSSHOptions()
	g, names, ok := parse(p, "rpqdtfvBCO346TsAi:P:J:o:l:c:F:S:D:X:", nil)
	if !ok {
		fmt.Fprint(p.Stderr, scpUsage)
		return 1
	}
	if g.has('t') || g.has('f') {
		return scpFarEnd(ctx, p, g, names)
	}
	o.identities = g['i']
	for _, text := range g['o'] {
		if !o.set(p, text) {
			return 255
		}
	}
	if port := g.last('P', ""); port != "" && !o.setPort(p, port) {
		return 255
	}
	if j := g.last('J', ""); j != "" {
		o.jumps = strings.Split(j, ",")
	}
	if g.has('B') {
		o.config["batchmode"] = "yes"
	}
	if len(names) < 2 {
		fmt.Fprint(p.Stderr, scpUsage)
		return 1
	}
	to := names[len(names)-1]
	from := names[:len(names)-1]
	if i, err := disk(p).Stat(abs(p, to)); len(from) > 1 && !remote(to) && (err != nil || !i.IsDir()) {
		return complain(p, "%s: Not a directory", to)
	}
	status := 0
	switch {
	case remote(to):
		var local []string
		for _, f := range from {
			if remote(f) {
				return complain(p, "copying between two remote hosts is not supported on this host")
			}
			local = append(local, f)
		}
		flags := "-t"
		if len(local) > 1 {
			flags += " -d" // one file's name is not for two
		}
		if !far(ctx, p, o, g, to, flags, func(e *scpEnd) error { return e.send(ctx, local) }) {
			status = 1
		}
	default:
		for _, f := range from {
			if !remote(f) {
				q := *p
				q.Args = []string{"cp", f, to}
				if g.has('r') {
					q.Args = []string{"cp", "-r", f, to}
				}
				status |= cp(ctx, &q)
				continue
			}
			if !far(ctx, p, o, g, f, "-f", func(e *scpEnd) error { return e.receive(ctx, to) }) {
				status = 1
			}
		}
	}
	if ctx.Err() != nil {
		return 130
	}
	return status
}

// remote tells "host:path" from a local file.
func remote(name string) bool {
	if strings.HasPrefix(name, "scp://") {
		return true
	}
	i := strings.IndexByte(name, ':')
	return i > 0 && !strings.Contains(name[:i], "/")
}

// far runs scp at the other end of a connection, by flags that begin with its
// direction, -t or -f, and the near end with it.
func far(ctx context.Context, p *Process, o *sshOptions, g given, place, flags string, near func(*scpEnd) error) bool {
	host, file, _ := strings.Cut(place, ":")
	if rest, ok := strings.CutPrefix(place, "scp://"); ok {
		host, file, _ = strings.Cut(rest, "/")
	}
	t, ok := newTarget(p, host, false, o)
	if !ok {
		fmt.Fprintf(p.Stderr, "ssh: Could not resolve hostname %s: %s\nscp: Connection closed\n", t.host, resolv.NotKnown)
		return false
	}
	l := connect(ctx, p, o, t)
	if l == nil {
		if ctx.Err() == nil {
			fmt.Fprintln(p.Stderr, "scp: Connection closed")
		}
		return false
	}
	defer l.Close()
	s, err := l.NewSession()
	if err != nil {
		return complain(p, "%s", Reason(err)) == 0
	}
	defer s.Close()
	w, err1 := s.StdinPipe()
	r, err2 := s.StdoutPipe()
	s.Stderr = p.Stderr
	if file == "" {
		file = "."
	}
	for _, letter := range "rp" {
		if g.has(letter) {
			flags += " -" + string(letter)
		}
	}
	err = s.Start("scp " + flags + " -- " + shellQuote(file))
	if err = errors.Join(err1, err2, err); err != nil {
		return complain(p, "%s", Reason(err)) == 0
	}
	e := newScpEnd(p, r, w)
	e.deep, e.times = g.has('r'), g.has('p')
	if p.Tty && !g.has('q') {
		m := &meter{p: p}
		e.progress = m.show
		defer m.end()
	}
	err = near(e)
	w.Close()
	if err != nil && ctx.Err() == nil && !e.failed && !errors.Is(err, io.EOF) {
		complain(p, "%s", err)
	}
	werr := s.Wait()
	var exit *ssh.ExitError
	if werr != nil && !errors.As(werr, &exit) && ctx.Err() == nil {
		fmt.Fprintln(p.Stderr, "scp: Connection closed")
	}
	return err == nil && werr == nil && !e.failed
}

// shellQuote makes one word of a name for the far shell, but leaves ~ and the
// wildcards to it, as scp always has.
func shellQuote(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return strings.ContainsRune(" '\"$`&|;<>()\\!#\n\t", r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// scpFarEnd is scp -t and scp -f.
func scpFarEnd(ctx context.Context, p *Process, g given, names []string) int {
	if len(names) == 0 || g.has('t') && len(names) != 1 {
		return complain(p, "ambiguous target")
	}
	e := newScpEnd(p, p.Stdin, p.Stdout)
	e.deep, e.times, e.dir = g.has('r'), g.has('p'), g.has('d')
	q := *p
	q.Stderr = io.Discard // the near end prints what goes wrong
	e.p = &q
	var err error
	if g.has('t') {
		err = e.receive(ctx, names[0])
	} else {
		err = e.send(ctx, names)
	}
	if err != nil || e.failed {
		return 1
	}
	return 0
}

// meter is the line that shows how a copy goes.
type meter struct {
	p     *Process
	name  string
	start time.Time
	shown time.Time
	line  bool
}

func (m *meter) show(name string, done, size int64) {
	now := m.p.Clock.Now()
	if name != m.name || !m.line {
		m.end()
		m.name, m.start, m.shown, m.line = name, now, time.Time{}, true
	}
	if done < size && now.Sub(m.shown) < time.Second {
		return
	}
	m.shown = now
	percent := int64(100)
	if size > 0 {
		percent = done * 100 / size
	}
	took := now.Sub(m.start)
	rate := float64(done) / max(took, time.Millisecond).Seconds()
	width := max(10, m.p.Cols-34)
	label := ansi.Truncate(path.Base(name), width, "")
	fmt.Fprintf(m.p.Stdout, "\r%s%s %3d%% %4s %s/s   %02d:%02d    ", label, strings.Repeat(" ", width-ansi.StringWidth(label)), percent,
		meterSize(float64(done), 0), meterSize(rate, 1), int(took.Minutes()), int(took.Seconds())%60)
	if done >= size {
		m.end()
		m.name = name
	}
}

func (m *meter) end() {
	if m.line {
		fmt.Fprint(m.p.Stdout, "\r\n")
		m.line = false
	}
}

func meterSize(n float64, decimals int) string {
	units := []string{"", "KB", "MB", "GB"}
	i := 0
	for n >= 10000 && i < len(units)-1 || decimals > 0 && i == 0 {
		n /= 1024
		i++
	}
	return fmt.Sprintf("%.*f%s", decimals, n, units[i])
}
