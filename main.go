// Command gatewalk walks a person through one AWS networking lesson and does
// it for real: a private EC2 instance cannot reach S3; add an S3 gateway
// endpoint; now it can, and only the route has changed. It runs in a lab inside
// the process, or on the learner's own AWS account.
//
// The main*.go files are the wiring and nothing else: commands and flags here,
// which world a session is walked in (main_world.go), and a file for each of
// the larger commands.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"gatewalk/lab/vnet"
	"gatewalk/lab/world"
	"gatewalk/sshx"
	"gatewalk/steps"
	"gatewalk/steps/tutorial"
	coursetext "gatewalk/steps/tutorial/text"
	"gatewalk/tui"
	"gatewalk/tui/plain"
	"gatewalk/tui/text"
)

// The steps that the commands know by themselves.
const (
	provision     = steps.ID("3.1")
	beforeCleanUp = steps.ID("5")
	cleanUp       = steps.ID("6")
)

// Exit statuses.
const (
	exitHeld        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitLeft        = 3
	exitInterrupted = 130
)

// exitError is an error that was said already, or that knows its exit status.
type exitError struct {
	status int
	err    error // nil: nothing more to say
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func usage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

func main() { os.Exit(run()) }

// run is main with an exit status, so that test scripts can call it.
func run() int {
	var sig signals
	ctx, stop := sig.listen(context.Background())
	defer stop()
	cobra.EnableCommandSorting = false

	var failed error
	if err := command(ctx, &sig, &failed).ExecuteContext(ctx); err != nil { // cobra's own: unknown flags and commands
		fmt.Fprintln(os.Stderr, "gatewalk:", oneLine(err))
		return exitUsage
	}
	return status(ctx, failed)
}

// status says what is left to say of err and turns it into an exit status.
func status(ctx context.Context, err error) int {
	if err == nil {
		return exitHeld
	}
	var exit *exitError
	known := errors.As(err, &exit)
	if !known || exit.err != nil {
		fmt.Fprintln(os.Stderr, "gatewalk:", oneLine(err))
	}
	var unknown *steps.UnknownStepError
	switch {
	case known:
		return exit.status
	case ctx.Err() != nil || errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &unknown):
		return exitUsage
	}
	return exitFailed
}

func oneLine(err error) string { return strings.Join(strings.Split(err.Error(), "\n"), "; ") }

// options are the flags that every command shares.
type options struct {
	aws, copyKey, yes, ascii, noColor, mouse, present bool
	emptyBucket                                       bool
	profile, region, endpoint, lang, stateDir, name   string
	sshFrom, answers, listen, bucket, record          string
	speed                                             float64
	silence, auto                                     time.Duration
	signals                                           *signals
	stdin                                             io.Reader
	stdout, stderr                                    io.Writer
}

func command(ctx context.Context, sig *signals, failed *error) *cobra.Command {
	o := &options{signals: sig, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	// A command's own error is kept aside: its exit status is not usage's.
	do := func(f func(args []string) error) func(*cobra.Command, []string) error {
		return func(_ *cobra.Command, args []string) error {
			if *failed = o.check(); *failed == nil {
				*failed = f(args)
			}
			return nil
		}
	}
	root := &cobra.Command{
		Use: "gatewalk", Args: cobra.NoArgs, SilenceErrors: true, SilenceUsage: true, DisableFlagsInUseLine: true,
		RunE: do(func([]string) error { return o.screen(ctx) }),
	}
	root.Flags().SortFlags, root.PersistentFlags().SortFlags = false, false
	f := flags{root.PersistentFlags()}
	f.BoolVar(&o.aws, "aws", false, "")
	f.string(&o.profile, "profile", "", "NAME")
	f.string(&o.region, "region", "", "REGION")
	f.string(&o.endpoint, "endpoint-url", "", "URL")
	f.string(&o.lang, "lang", "", "ko|en")
	f.string(&o.stateDir, "state-dir", "", "FOLDER")
	f.string(&o.name, "session", "", "NAME")
	f.BoolVar(&o.copyKey, "copy-key", false, "")
	f.string(&o.sshFrom, "ssh-from", "", "CIDR")
	f.string(&o.bucket, "bucket", "", "NAME")
	f.seconds(&o.silence, "silence", 15*time.Second)
	f.Float64Var(&o.speed, "speed", 1, "")
	f.named("speed", "N")
	f.string(&o.answers, "dns", "guide", "guide|today")

	f = flags{root.Flags()}
	f.BoolVar(&o.present, "present", false, "")
	f.seconds(&o.auto, "auto", 0)
	f.BoolVar(&o.ascii, "ascii", false, "")
	f.BoolVar(&o.noColor, "no-color", false, "")
	f.string(&o.record, "record", "", "FILE")
	f.BoolVar(&o.mouse, "mouse", false, "")

	var until, listen string
	var asJSON, keep, dryRun, orphans, html, prepared bool
	var faults, pcaps []string
	sub := func(use string, args cobra.PositionalArgs, run func(args []string) error) (*cobra.Command, flags) {
		cmd := &cobra.Command{Use: use, Args: args, RunE: do(run), DisableFlagsInUseLine: true}
		cmd.Flags().SortFlags = false
		root.AddCommand(cmd)
		return cmd, flags{cmd.Flags()}
	}
	_, f = sub("run [--until STEP] [--json] [--keep] [--yes] [--dry-run]", cobra.NoArgs, func([]string) error {
		return o.transcript(ctx, steps.ID(until), asJSON, keep, dryRun)
	})
	f.string(&until, "until", "", "STEP")
	f.BoolVar(&asJSON, "json", false, "")
	f.BoolVar(&keep, "keep", false, "")
	f.BoolVar(&o.yes, "yes", false, "")
	f.BoolVar(&dryRun, "dry-run", false, "")

	_, f = sub("lab [--listen ADDR] [--prepared] [--fault FAULT] [--pcap HOST=FILE]", cobra.NoArgs, func([]string) error {
		return o.openLab(ctx, listen, prepared, faults, pcaps)
	})
	f.string(&listen, "listen", "127.0.0.1:0", "ADDR")
	f.BoolVar(&prepared, "prepared", false, "")
	f.list(&faults, "fault", "FAULT")
	f.list(&pcaps, "pcap", "HOST=FILE")

	sub("ssh bastion|private [-- COMMAND…]", cobra.MinimumNArgs(1), func(args []string) error { return o.ssh(ctx, args[0], args[1:]) })

	_, f = sub("status [--json]", cobra.NoArgs, func([]string) error { return o.status(ctx, asJSON) })
	f.BoolVar(&asJSON, "json", false, "")

	_, f = sub("cleanup [SESSION] [--yes] [--empty-bucket] [--orphans]", cobra.MaximumNArgs(1), func(args []string) error { return o.cleanup(ctx, args, orphans) })
	f.BoolVar(&o.yes, "yes", false, "")
	f.BoolVar(&o.emptyBucket, "empty-bucket", false, "")
	f.BoolVar(&orphans, "orphans", false, "")

	sub("replay [FILE|SESSION]", cobra.MaximumNArgs(1), func(args []string) error { return o.replay(ctx, args) })

	_, f = sub("report [FILE|SESSION] [--html]", cobra.MaximumNArgs(1), func(args []string) error { return o.report(args, html) })
	f.BoolVar(&html, "html", false, "")

	policy, _ := sub("policy iam|bucket", cobra.ExactArgs(1), func(args []string) error { return o.policy(ctx, args[0]) })
	policy.ValidArgs = []string{"iam", "bucket"}
	policy.PreRun = func(*cobra.Command, []string) { o.aws = true } // so that --region and --profile may choose

	sub("notes", cobra.NoArgs, func([]string) error { return o.notes(ctx) })

	connect, _ := sub("connect SOCKS HOST PORT", cobra.ExactArgs(3), func(args []string) error { return o.connect(ctx, args[0], args[1], args[2]) })
	connect.Hidden = true

	completeHelp(root, func() string { return cmp.Or(o.lang, languageOf(os.Getenv)) })
	return root
}

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

// say is the command line's own words in the learner's language.
func (o *options) say() *text.CLI { return text.CLIOf(o.lang) }

// screen is the full screen. The world is readied behind its first picture.
func (o *options) screen(ctx context.Context) (failed error) {
	if !term.IsTerminal(int(os.Stdout.Fd())) || !term.IsTerminal(int(os.Stdin.Fd())) {
		return usage("%s", o.say().NeedsTerminal)
	}
	var term []tea.ProgramOption
	if o.record != "" {
		r, err := record(os.Stdout, o.record)
		if err != nil {
			return err
		}
		defer func() { failed = errors.Join(failed, r.Close()) }()
		term = append(term, tea.WithOutput(r))
	}
	return o.show(ctx, func(*walk) {}, term...)
}

// show is the full screen on any terminal; opened is told the walk when its
// world is ready.
func (o *options) show(ctx context.Context, opened func(*walk), term ...tea.ProgramOption) error {
	books, err := books()
	if err != nil {
		return err
	}
	var w *walk
	defer func() {
		if w != nil {
			w.close()
		}
	}()
	screen := o.screenOptions(books)
	screen.Term = term
	screen.Start = func(ctx context.Context) (tui.Engine, error) {
		ready, err := o.open(ctx)
		if err != nil {
			return nil, err
		}
		w = ready
		opened(w)
		return engine{w.runner}, nil
	}
	screen.Shell = func(ctx context.Context, host string, pty tui.PTY, in io.Reader, out io.Writer) error {
		_, err := o.shell(ctx, w, host, nil, sshPTY(pty), sshx.Streams{In: in, Out: out, Err: out})
		if f := tutorial.Explain(err, o.profileInUse(), w.region); f != nil { // said in the screen's language
			return f
		}
		return err
	}
	if !o.aws {
		screen.Packets = func(f func(steps.Event)) func() {
			s3 := world.RegionData(w.lab.Region()).S3List()
			return w.lab.Watch(func(s vnet.Sighting) {
				if s3.Contains(s.Flow.Dst.Addr()) { // what else a learner reaches is not on the map
					f(packetEvent(s))
				}
			})
		}
	}
	screen.Plan = func() plain.Plan { return o.plan(w) }
	screen.Cost = func(now time.Time) (usd, perHour float64) {
		if w == nil || w.lab != nil {
			return 0, 0
		}
		return tutorial.Cost(w.region, w.session.Events(), now)
	}
	_, err = tui.Run(ctx, screen)
	if w != nil {
		o.farewell(w)
	}
	return err
}

func (o *options) screenOptions(books map[string]steps.Book) tui.Options {
	world := tui.World{Name: "LAB", Region: o.region}
	if o.aws {
		world = tui.World{Name: "AWS", Region: o.region, NotReal: o.endpoint != ""}
	}
	return tui.Options{Books: books, Lang: o.lang, World: world,
		Present: o.present, Auto: o.auto, ASCII: o.ascii, NoColor: o.noColor, Mouse: o.mouse}
}

// engine shows a Runner as what the screen drives.
type engine struct{ *steps.Runner }

func (e engine) Session() *steps.Session { return e.Runner.Session }

func books() (map[string]steps.Book, error) {
	all := map[string]steps.Book{}
	for _, lang := range []string{"ko", "en"} {
		book, err := coursetext.Book(lang)
		if err != nil {
			return nil, err
		}
		all[lang] = book
	}
	return all, nil
}

// packetEvent tells a packet's fate as a fact of the walk.
func packetEvent(s vnet.Sighting) steps.Event {
	protocol := map[uint8]string{world.ICMP: "icmp", world.TCP: "tcp", world.UDP: "udp"}[s.Flow.Proto]
	action := "deliver"
	if s.Verdict.Action != world.Deliver || s.TTLExpired {
		action = "drop"
	}
	return steps.Event{At: s.At, Kind: steps.Packet, Args: steps.Args{
		"host": string(s.From), "from": s.Flow.Src.String(), "to": s.Flow.Dst.String(), "proto": protocol,
		"action": action, "via": s.Verdict.Via, "code": s.Verdict.Code, "object": s.Verdict.Object,
	}}
}
