package main

import (
	"cmp"
	"errors"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
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

// errSeconds is what pflag is told; misread says it in the learner's language.
var errSeconds = errors.New("not seconds")

func (s *seconds) Set(v string) error {
	d, err := time.ParseDuration(v)
	if _, number := strconv.ParseFloat(v, 64); number == nil {
		d, err = time.ParseDuration(v + "s")
	}
	if err != nil || d < 0 {
		return errSeconds
	}
	*s = seconds(d)
	return nil
}

// check refuses flags that cannot be meant, before anything is opened.
func (o *options) check() error {
	wrong := &o.say().Wrong
	if o.lang == "" {
		o.lang = languageOf(os.Getenv)
	}
	for _, flag := range []struct{ name, value, choices string }{{"--lang", o.lang, "ko|en"}, {"--background", cmp.Or(o.background, "dark"), "light|dark"}, {"--dns", o.answers, "guide|today"}} {
		if choices := strings.Split(flag.choices, "|"); !slices.Contains(choices, flag.value) {
			return usage(wrong.OneOf, flag.name, flag.value, strings.Join(choices, ", "))
		}
	}
	// Above that, the lab's own work takes longer than what it waits for.
	if !(o.speed > 0 && o.speed <= 1000) { // also what is no number
		return usage(wrong.Speed, strconv.FormatFloat(o.speed, 'g', -1, 64))
	}
	if o.name != "" && (o.name != filepath.Base(o.name) || strings.HasPrefix(o.name, ".")) {
		return usage(wrong.Session, o.name)
	}
	if o.sshFrom != "" {
		if _, err := parseFrom(o.sshFrom); err != nil {
			return usage(wrong.From, o.sshFrom)
		}
	}
	if o.bucket != "" && !tutorial.ValidBucketName(o.bucket) {
		return usage(wrong.Bucket, o.bucket)
	}
	for _, t := range o.tags {
		if key, value, ok := strings.Cut(t, "="); !ok || !tutorial.ValidTag(key, value) {
			return usage(wrong.Tag, t)
		}
	}
	if len(o.tags) > 20 { // S3 and EC2 take 50, and the walk has its own
		return usage("%s", wrong.Tags)
	}
	if o.endpoint == "" {
		o.endpoint = os.Getenv("AWS_ENDPOINT_URL")
	}
	if u, err := url.Parse(o.endpoint); o.endpoint != "" && (err != nil || u.Host == "") {
		return usage(wrong.URL, o.endpoint)
	} else if err == nil && u.User != nil {
		return usage("%s", wrong.URLSecret)
	}
	if !o.aws && (o.profile != "" || o.region != "") {
		return usage("%s", wrong.AccountFlags)
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

// parseTags reads KEY=VALUE, which [options.check] has seen.
func parseTags(all []string) map[string]string {
	tags := map[string]string{}
	for _, t := range all {
		key, value, _ := strings.Cut(t, "=")
		tags[key] = value
	}
	return tags
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
