package main

import (
	"errors"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"gatewalk/steps/tutorial"
)

// flags are a command's; what they mean is said by the catalogues ([describe]).
type flags struct{ *pflag.FlagSet }

// named says what the value of a flag is called.
func (f flags) named(name, value string) {
	if err := f.SetAnnotation(name, valueName, []string{value}); err != nil {
		panic(err) // there is no such flag: a mistake in this file
	}
}

func (f flags) string(p *string, name, def, value string) {
	f.StringVar(p, name, def, "")
	f.named(name, value)
}

func (f flags) list(p *[]string, name, value string) {
	f.StringArrayVar(p, name, nil, "")
	f.named(name, value)
}

func (f flags) seconds(p *time.Duration, name string, def time.Duration) {
	*p = def
	f.Var((*seconds)(p), name, "")
	f.named(name, "SECONDS")
}

// seconds is a flag that takes 20 as well as 20s or 1m30s.
type seconds time.Duration

func (s *seconds) String() string { return time.Duration(*s).String() }
func (s *seconds) Type() string   { return "seconds" }

func (s *seconds) Set(v string) error {
	d, err := time.ParseDuration(v)
	if _, number := strconv.ParseFloat(v, 64); number == nil {
		d, err = time.ParseDuration(v + "s")
	}
	if err != nil || d < 0 {
		return errors.New("must be seconds, such as 20 or 1m30s")
	}
	*s = seconds(d)
	return nil
}

// check refuses flags that cannot be meant, before anything is opened.
func (o *options) check() error {
	switch o.lang {
	case "ko", "en":
	case "":
		o.lang = languageOf(os.Getenv)
	default:
		return usage("--lang %q: gatewalk speaks ko and en", o.lang)
	}
	if o.speed <= 0 {
		return usage("--speed %v: must be above 0", o.speed)
	}
	if !slices.Contains([]string{"", "light", "dark"}, o.background) {
		return usage("--background %q: must be light or dark", o.background)
	}
	if !slices.Contains([]string{"guide", "today"}, o.answers) {
		return usage("--dns %q: must be guide or today", o.answers)
	}
	if o.sshFrom != "" {
		if _, err := parseFrom(o.sshFrom); err != nil {
			return usage("--ssh-from %q: must be an IPv4 address or CIDR, such as 203.0.113.7/32, and not everybody's", o.sshFrom)
		}
	}
	if o.bucket != "" && !tutorial.ValidBucketName(o.bucket) {
		return usage("--bucket %q: S3 takes 3 to 63 of a-z, 0-9, dots and hyphens, beginning and ending with a letter or digit", o.bucket)
	}
	if o.endpoint == "" {
		o.endpoint = os.Getenv("AWS_ENDPOINT_URL")
	}
	if u, err := url.Parse(o.endpoint); o.endpoint != "" && (err != nil || u.Host == "") {
		return usage("--endpoint-url %q: must be a URL, such as http://127.0.0.1:5000", o.endpoint)
	} else if err == nil && u.User != nil {
		return usage("--endpoint-url: must hold no user and password, for it is shown and recorded")
	}
	if !o.aws && (o.profile != "" || o.region != "") {
		return usage("--profile and --region choose an AWS account: they go with --aws")
	}
	o.noColor = o.noColor || os.Getenv("NO_COLOR") != ""
	return nil
}

// languageOf follows the locale as POSIX orders it; Korean where it says none.
func languageOf(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		switch v := getenv(name); {
		case v == "" || v == "C" || v == "POSIX" || strings.HasPrefix(v, "C."):
			continue
		case strings.HasPrefix(v, "ko"):
			return "ko"
		default:
			return "en"
		}
	}
	return "ko"
}

func parseFrom(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil && addr.Is4() {
		return netip.PrefixFrom(addr, 32), nil
	}
	p, err := netip.ParsePrefix(s)
	if err == nil && (!p.Addr().Is4() || p.Bits() == 0) {
		err = errors.New("not IPv4, or everybody")
	}
	return p.Masked(), err
}
