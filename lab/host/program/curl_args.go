package program

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// curlVersion is that of AL2023's curl-minimal.
const curlVersion = "8.17.0"

// curlOptions are those of one run.
type curlOptions struct {
	urls                                     []string
	outputs                                  []string // for the urls in turn; "" is standard output
	remoteNames                              int      // so many -O
	silent, showError, verbose, include      bool
	head, insecure, follow, fail, noProgress bool
	create, get                              bool
	method, data, upload, agent, user        string
	hasData                                  bool
	headers                                  []string
	most, connect                            time.Duration
	proxy, noProxy                           string
	writeOut                                 string
	fixed                                    map[string]netip.Addr
}

// curlLong are the long options by the short ones that are meant; a second
// letter "+" takes an argument.
var curlLong = map[string]string{
	"silent": "s", "show-error": "S", "verbose": "v", "include": "i", "show-headers": "i", "head": "I", "insecure": "k", "location": "L",
	"fail": "f", "ipv4": "4", "output": "o+", "remote-name": "O", "max-time": "m+", "connect-timeout": "C+", "request": "X+",
	"header": "H+", "data": "d+", "data-raw": "D+", "data-binary": "B+", "data-ascii": "d+", "write-out": "w+", "user-agent": "A+", "upload-file": "T+",
	"url": "U+", "resolve": "r+", "get": "G", "version": "V", "proxy": "x+", "noproxy": "n+", "no-progress-meter": "p", "http1.1": "1",
	"user": "u+", "help": "h", "retry": "y+", "create-dirs": "c", "globoff": "g", "tlsv1.2": "1", "referer": "e+",
}

// curlShort are the letters of the command line; "+" takes an argument.
var curlShort = map[byte]string{
	's': "s", 'S': "S", 'v': "v", 'i': "i", 'I': "I", 'k': "k", 'L': "L", 'f': "f", '4': "4", 'o': "o+", 'O': "O", 'm': "m+",
	'X': "X+", 'H': "H+", 'd': "d+", 'w': "w+", 'A': "A+", 'T': "T+", 'G': "G", 'V': "V", 'x': "x+", 'u': "u+", 'h': "h", 'g': "g", 'e': "e+", '0': "1",
}

const curlHint = "curl: try 'curl --help' for more information\n"

// A curlError ends curl with a status and a sentence.
type curlError struct {
	code int
	text string
}

func (e *curlError) Error() string { return fmt.Sprintf("curl: (%d) %s", e.code, e.text) }

func curlFail(code int, format string, args ...any) error {
	return &curlError{code, fmt.Sprintf(format, args...)}
}

// curlInfo asks for a text instead of a transfer.
type curlInfo string

func (c curlInfo) Error() string { return string(c) }

// parseCurl reads curl's command line; read gives the content of @files.
func parseCurl(args []string, read func(name string) (string, error)) (*curlOptions, error) {
	o := &curlOptions{fixed: map[string]netip.Addr{}}
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case strings.HasPrefix(a, "--") && len(a) > 2:
			kind, on := curlLong[a[2:]], true
			if kind == "" {
				if rest, ok := strings.CutPrefix(a, "--no-"); ok && curlLong[rest] != "" && len(curlLong[rest]) == 1 {
					kind, on = curlLong[rest], false
				}
			}
			if kind == "" {
				return nil, fmt.Errorf("curl: option %s: is unknown\n%s", a, curlHint)
			}
			value := ""
			if len(kind) > 1 {
				if i++; i >= len(args) {
					return nil, fmt.Errorf("curl: option %s: requires parameter\n%s", a, curlHint)
				}
				value = args[i]
			}
			if err := o.set(kind[0], value, a, on, read); err != nil {
				return nil, err
			}
		case len(a) > 1 && a[0] == '-':
			for j := 1; j < len(a); j++ {
				kind := curlShort[a[j]]
				if kind == "" {
					return nil, fmt.Errorf("curl: option %s: is unknown\n%s", a, curlHint)
				}
				value := ""
				if len(kind) > 1 {
					if value = a[j+1:]; value == "" {
						if i++; i >= len(args) {
							return nil, fmt.Errorf("curl: option %s: requires parameter\n%s", a, curlHint)
						}
						value = args[i]
					}
				}
				if err := o.set(kind[0], value, a, true, read); err != nil {
					return nil, err
				}
				if len(kind) > 1 {
					break
				}
			}
		default:
			o.urls = append(o.urls, a)
		}
	}
	if len(o.urls) == 0 {
		return nil, &curlError{2, "no URL specified\n" + strings.TrimSuffix(curlHint, "\n")}
	}
	return o, nil
}

func (o *curlOptions) set(kind byte, value, option string, on bool, read func(string) (string, error)) error {
	flags := map[byte]*bool{
		's': &o.silent, 'S': &o.showError, 'v': &o.verbose, 'i': &o.include, 'I': &o.head, 'k': &o.insecure, 'L': &o.follow,
		'f': &o.fail, 'G': &o.get, 'p': &o.noProgress, 'c': &o.create,
	}
	if f := flags[kind]; f != nil {
		*f = on
		return nil
	}
	texts := map[byte]*string{'X': &o.method, 'A': &o.agent, 'T': &o.upload, 'x': &o.proxy, 'n': &o.noProxy, 'w': &o.writeOut, 'u': &o.user}
	if t := texts[kind]; t != nil {
		*t = value
		return nil
	}
	switch kind {
	case 'o':
		o.outputs = append(o.outputs, value)
	case 'O':
		o.remoteNames++
	case 'U':
		o.urls = append(o.urls, value)
	case 'H':
		o.headers = append(o.headers, value)
	case 'e':
		o.headers = append(o.headers, "Referer: "+value)
	case 'm', 'C':
		f, ok := float(value)
		if !ok || f < 0 {
			return fmt.Errorf("curl: option %s: expected a proper numerical parameter\n%s", option, curlHint)
		}
		if kind == 'm' {
			o.most = seconds(f)
		} else {
			o.connect = seconds(f)
		}
	case 'd', 'D', 'B':
		if name, ok := strings.CutPrefix(value, "@"); ok && kind != 'D' {
			text, err := read(name)
			if err != nil {
				return fmt.Errorf("curl: option %s: error encountered when reading a file\n%s", option, curlHint)
			}
			if value = text; kind == 'd' {
				value = strings.NewReplacer("\r", "", "\n", "").Replace(value)
			}
		}
		if o.hasData {
			o.data += "&"
		}
		o.data, o.hasData = o.data+value, true
	case 'r':
		// HOST:PORT:ADDRESS
		parts := strings.SplitN(value, ":", 3)
		if len(parts) != 3 {
			return &curlError{49, "Couldn't parse CURLOPT_RESOLVE entry '" + value + "'"}
		}
		a, err := netip.ParseAddr(strings.Split(parts[2], ",")[0])
		if err != nil {
			return &curlError{49, "Couldn't parse CURLOPT_RESOLVE entry '" + value + "'"}
		}
		o.fixed[parts[0]+":"+parts[1]] = a
	case 'V':
		return curlInfo("curl " + curlVersion + " (x86_64-amazon-linux-gnu) libcurl/" + curlVersion + " OpenSSL/3.2.2 zlib/1.2.11 nghttp2/1.59.0\n" +
			"Release-Date: 2025-11-05\nProtocols: file ftp ftps http https\nFeatures: alt-svc AsynchDNS GSS-API HSTS HTTP2 HTTPS-proxy IPv6 Kerberos Largefile libz SPNEGO SSL threadsafe UnixSockets\n")
	case 'h':
		return curlInfo(curlHelp)
	}
	return nil
}

const curlHelp = `Usage: curl [options...] <url>
 -d, --data <data>           HTTP POST data
 -f, --fail                  Fail fast with no output on HTTP errors
 -h, --help                  Get help for commands
 -o, --output <file>         Write to file instead of stdout
 -O, --remote-name           Write output to file named as remote file
 -i, --show-headers          Show response headers in output
 -s, --silent                Silent mode
 -T, --upload-file <file>    Transfer local FILE to destination
 -u, --user <user:password>  Server user and password
 -A, --user-agent <name>     Send User-Agent <name> to server
 -v, --verbose               Make the operation more talkative
 -V, --version               Show version number and quit
`

// verb is the method of the request.
func (o *curlOptions) verb() string {
	switch {
	case o.method != "":
		return o.method
	case o.head:
		return http.MethodHead
	case o.upload != "":
		return http.MethodPut
	case o.hasData && !o.get:
		return http.MethodPost
	}
	return http.MethodGet
}
