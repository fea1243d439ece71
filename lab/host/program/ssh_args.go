package program

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// sshOptions are the options that ssh and scp share.
type sshOptions struct {
	identities []string
	jumps      []string // user@host:port, from the near end
	config     map[string]string
	user       string
	port       string
	tty        int // -1 never (-T), 1 always (-t)
	quiet      bool
	stay       bool // -N: no command
	forward    string
}

// supported are the -o options that mean something here.
var supported = map[string]bool{
	"stricthostkeychecking": true, "batchmode": true, "connecttimeout": true, "userknownhostsfile": true, "user": true,
	"port": true, "identityfile": true, "proxyjump": true, "identitiesonly": true, "loglevel": true,
	"serveraliveinterval": true, "serveralivecountmax": true, "connectionattempts": true, "passwordauthentication": true,
	"preferredauthentications": true, "forwardagent": true, "requesttty": true, "hashknownhosts": true,
	"globalknownhostsfile": true, "checkhostip": true, "controlmaster": true, "controlpath": true, "addkeystoagent": true,
	"pubkeyauthentication": true, "tcpkeepalive": true, "numberofpasswordprompts": true, "visualhostkey": true,
	"updatehostkeys": true, "exitonforwardfailure": true, "escapechar": true,
}

func newSSHOptions() *sshOptions { return &sshOptions{config: map[string]string{}} }

// yes reports whether an option was set to yes.
func (o *sshOptions) yes(name string) bool { return strings.EqualFold(o.config[name], "yes") }

// timeout is ConnectTimeout, or how long the kernel tries: about 2 min 10 s.
func (o *sshOptions) timeout() time.Duration {
	if n, err := strconv.Atoi(o.config["connecttimeout"]); err == nil && n > 0 {
		return time.Duration(n) * time.Second
	}
	return 131 * time.Second
}

// set takes one -o option, "Name=value" or "Name value".
func (o *sshOptions) set(p *Process, text string) bool {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		name, value, ok = strings.Cut(text, " ")
	}
	key := strings.ToLower(strings.TrimSpace(name))
	value = strings.TrimSpace(value)
	switch {
	case !supported[key]:
		fmt.Fprintf(p.Stderr, "command-line: line 0: Bad configuration option: %s\n", key)
		return false
	case !ok || value == "":
		fmt.Fprintf(p.Stderr, "command-line line 0: no argument after keyword \"%s\"\n", key)
		return false
	}
	switch key {
	case "user":
		o.user = value
	case "port":
		return o.setPort(p, value)
	case "identityfile":
		o.identities = append(o.identities, value)
	case "proxyjump":
		o.jumps = strings.Split(value, ",")
	case "connecttimeout":
		if n, err := strconv.Atoi(value); err != nil || n < 0 {
			fmt.Fprintln(p.Stderr, "command-line line 0: invalid time value.")
			return false
		}
	}
	if _, before := o.config[key]; !before { // the first one counts
		o.config[key] = value
	}
	return true
}

func (o *sshOptions) setPort(p *Process, value string) bool {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > 65535 {
		fmt.Fprintf(p.Stderr, "Bad port '%s'\n", value)
		return false
	}
	o.port = value
	return true
}

// target is where a connection goes.
type target struct{ user, host, port string }

func (t target) String() string { return t.user + "@" + t.host }

// newTarget reads "user@host", "host:port" (with ports) and "ssh://user@host:port".
func newTarget(p *Process, text string, ports bool, o *sshOptions) (target, bool) {
	text, uri := strings.CutPrefix(text, "ssh://")
	t := target{user: o.user, port: o.port}
	if i := strings.LastIndexByte(text, '@'); i >= 0 {
		t.user, text = text[:i], text[i+1:]
	}
	text = strings.TrimSuffix(text, "/")
	t.host = text
	if host, port, ok := strings.Cut(text, ":"); ok && (ports || uri) {
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 {
			return t, false
		}
		t.host, t.port = host, port
	}
	if t.user == "" {
		t.user = userName(uid(p))
	}
	if t.port == "" {
		t.port = "22"
	}
	return t, t.host != "" && !strings.HasPrefix(t.host, "-")
}

const sshUsage = `usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] [-B bind_interface] [-b bind_address]
           [-c cipher_spec] [-D [bind_address:]port] [-E log_file]
           [-e escape_char] [-F configfile] [-I pkcs11] [-i identity_file]
           [-J destination] [-L address] [-l login_name] [-m mac_spec]
           [-O ctl_cmd] [-o option] [-P tag] [-p port] [-R address]
           [-S ctl_path] [-W host:port] [-w local_tun[:remote_tun]]
           destination [command [argument ...]]
`

// sshArgs reads the arguments of ssh. status is 0 with a target, else what to
// exit with.
func sshArgs(p *Process) (o *sshOptions, t target, command []string, status int) {
	o = newSSHOptions()
	args := p.Args[1:]
	dest := ""
	for len(args) > 0 && (dest == "" || strings.HasPrefix(args[0], "-")) {
		arg := args[0]
		args = args[1:]
		if !strings.HasPrefix(arg, "-") || arg == "-" {
			dest = arg
			continue
		}
		if arg == "--" {
			if dest == "" && len(args) > 0 {
				dest, args = args[0], args[1:]
			}
			break
		}
		for i := 1; i < len(arg); i++ {
			letter := arg[i]
			switch letter {
			case 't':
				o.tty = 1
				continue
			case 'T':
				o.tty = -1
				continue
			case 'q':
				o.quiet = true
				continue
			case 'N':
				o.stay = true
				continue
			case 'V':
				fmt.Fprintln(p.Stderr, "OpenSSH_9.9p1, OpenSSL 3.2.2 4 Jun 2024")
				return o, t, nil, -1
			case '4', 'A', 'a', 'C', 'v', 'x', 'n', 'k', 'K', 'X', 'Y':
				continue
			}
			if strings.IndexByte("ipJolWLDRFEce", letter) < 0 {
				fmt.Fprintf(p.Stderr, "unknown option -- %c\n%s", letter, sshUsage)
				return o, t, nil, 255
			}
			value := arg[i+1:]
			if value == "" {
				if len(args) == 0 {
					fmt.Fprintf(p.Stderr, "option requires an argument -- %c\n%s", letter, sshUsage)
					return o, t, nil, 255
				}
				value, args = args[0], args[1:]
			}
			ok := true
			switch letter {
			case 'i':
				o.identities = append(o.identities, value)
			case 'p':
				ok = o.setPort(p, value)
			case 'l':
				o.user = value
			case 'J':
				o.jumps = strings.Split(value, ",")
			case 'o':
				ok = o.set(p, value)
			case 'W':
				o.forward = value
			case 'F', 'E', 'c', 'e':
			default:
				fmt.Fprintf(p.Stderr, "ssh: -%c is not supported on this host\n", letter)
				ok = false
			}
			if !ok {
				return o, t, nil, 255
			}
			break
		}
	}
	if dest == "" {
		fmt.Fprint(p.Stderr, sshUsage)
		return o, t, nil, 255
	}
	t, ok := newTarget(p, dest, false, o)
	if !ok {
		fmt.Fprintf(p.Stderr, "ssh: Could not resolve hostname %s: Name or service not known\n", t.host)
		return o, t, nil, 255
	}
	return o, t, args, 0
}
