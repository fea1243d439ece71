// Command gatewalk walks a person through one AWS networking lesson and does
// it for real: a private EC2 instance cannot reach S3; add an S3 gateway
// endpoint; now it can, and only the route has changed. It runs in a lab inside
// the process, or on the learner's own AWS account.
//
// This file is the wiring: commands, flags, signals, and which world a session
// is walked in.
package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"charm.land/fang/v2"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/logging"
	"github.com/spf13/cobra"
	"golang.org/x/net/proxy"
	"golang.org/x/term"

	"gatewalk/lab"
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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once

	var failed error
	err := fang.Execute(ctx, command(ctx, &failed), fang.WithoutVersion(), fang.WithErrorHandler(
		func(w io.Writer, _ fang.Styles, err error) { fmt.Fprintln(os.Stderr, "gatewalk:", err) }))
	if err != nil { // cobra's own: unknown flags and commands
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
	profile, region, endpoint, lang, stateDir, name   string
	sshFrom, answers, listen                          string
	speed                                             float64
	silence, auto                                     time.Duration
	stdin                                             io.Reader
	stdout, stderr                                    io.Writer
}

func command(ctx context.Context, failed *error) *cobra.Command {
	o := &options{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	// A command's own error is kept aside: fang asks the terminal for its
	// colours before it prints one, and we have one sentence to say.
	do := func(f func(args []string) error) func(*cobra.Command, []string) error {
		return func(_ *cobra.Command, args []string) error {
			if *failed = o.check(); *failed == nil {
				*failed = f(args)
			}
			return nil
		}
	}
	root := &cobra.Command{
		Use:   "gatewalk",
		Short: "Walk through S3 gateway endpoints, in a lab or on your AWS account",
		Args:  cobra.NoArgs,
		RunE:  do(func([]string) error { return o.screen(ctx) }),
	}
	f := root.PersistentFlags()
	f.BoolVar(&o.aws, "aws", false, "walk on your own AWS account instead of the lab")
	f.StringVar(&o.profile, "profile", "", "AWS profile (AWS_PROFILE)")
	f.StringVar(&o.region, "region", "", "AWS region (AWS_REGION)")
	f.StringVar(&o.endpoint, "endpoint-url", "", "AWS endpoint that is not Amazon's (AWS_ENDPOINT_URL)")
	f.StringVar(&o.lang, "lang", "", "ko or en (from LC_ALL, LC_MESSAGES, LANG; else ko)")
	f.StringVar(&o.stateDir, "state-dir", "", "where sessions are kept")
	f.StringVar(&o.name, "session", "", "name of the session, to have more than one")
	f.BoolVar(&o.copyKey, "copy-key", false, "copy the key to the bastion as the guide does, instead of jumping")
	f.StringVar(&o.sshFrom, "ssh-from", "", "address or CIDR that may reach the bastion by SSH (default: found)")
	f.DurationVar(&o.silence, "silence", 15*time.Second, "how long to wait for an answer that never comes")
	f.Float64Var(&o.speed, "speed", 1, "the waits of the lab, or of an --endpoint-url, are this many times shorter")
	f.StringVar(&o.answers, "dns", "guide", "how the lab's resolver answers for S3: guide (one address) or today (eight)")

	rf := root.Flags()
	rf.BoolVar(&o.present, "present", false, "large and few words, for a projector")
	rf.DurationVar(&o.auto, "auto", 0, "go on by itself after this long")
	rf.BoolVar(&o.ascii, "ascii", false, "draw with ASCII only")
	rf.BoolVar(&o.noColor, "no-color", false, "without colours (NO_COLOR)")
	rf.BoolVar(&o.mouse, "mouse", false, "follow the mouse")

	var until string
	var asJSON, keep, dryRun, orphans, html bool
	var listen string
	var prepared bool
	runCmd := &cobra.Command{
		Use: "run", Short: "The walk as a transcript; exit 0 only if every observation held", Args: cobra.NoArgs,
		RunE: do(func([]string) error { return o.transcript(ctx, steps.ID(until), asJSON, keep, dryRun) }),
	}
	runCmd.Flags().StringVar(&until, "until", "", "stop after this step")
	runCmd.Flags().BoolVar(&asJSON, "json", false, "one event a line")
	runCmd.Flags().BoolVar(&keep, "keep", false, "do not clean up at the end")
	runCmd.Flags().BoolVar(&o.yes, "yes", false, "do not ask before creating")
	runCmd.Flags().BoolVar(&dryRun, "dry-run", false, "show the plan and prove the rights; make nothing")

	labCmd := &cobra.Command{
		Use: "lab", Short: "Keep the lab open for your own aws, ssh, curl, boto3", Args: cobra.NoArgs,
		RunE: do(func([]string) error { return o.openLab(ctx, listen, prepared) }),
	}
	labCmd.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "loopback address of the lab's API")
	labCmd.Flags().BoolVar(&prepared, "prepared", false, "provision step 3.1 first")

	sshCmd := &cobra.Command{
		Use: "ssh bastion|private [-- COMMAND...]", Short: "A shell, or one command, on an instance", Args: cobra.MinimumNArgs(1),
		RunE: do(func(args []string) error { return o.ssh(ctx, args[0], args[1:]) }),
	}
	statusCmd := &cobra.Command{
		Use: "status", Short: "Sessions, what exists, what it costs", Args: cobra.NoArgs,
		RunE: do(func([]string) error { return o.status(asJSON) }),
	}
	statusCmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	cleanupCmd := &cobra.Command{
		Use: "cleanup [SESSION]", Short: "Remove all that is recorded; prove that nothing is left", Args: cobra.MaximumNArgs(1),
		RunE: do(func(args []string) error { return o.cleanup(ctx, args, orphans) }),
	}
	cleanupCmd.Flags().BoolVar(&o.yes, "yes", false, "do not ask")
	cleanupCmd.Flags().BoolVar(&orphans, "orphans", false, "also find by tag what a lost session left")
	replayCmd := &cobra.Command{
		Use: "replay FILE", Short: "Play a recorded run", Args: cobra.ExactArgs(1),
		RunE: do(func(args []string) error { return o.replay(ctx, args[0]) }),
	}
	reportCmd := &cobra.Command{
		Use: "report FILE", Short: "A page to hand in or to hand out", Args: cobra.ExactArgs(1),
		RunE: do(func(args []string) error { return o.report(args[0], html) }),
	}
	reportCmd.Flags().BoolVar(&html, "html", false, "HTML instead of Markdown")
	policyCmd := &cobra.Command{
		Use: "policy iam|bucket", Short: "The least rights the walk needs; the bucket policy it sets", Args: cobra.ExactArgs(1),
		RunE: do(func(args []string) error { return o.policy(args[0]) }), ValidArgs: []string{"iam", "bucket"},
	}
	connectCmd := &cobra.Command{
		Use: "connect SOCKS HOST PORT", Hidden: true, Args: cobra.ExactArgs(3),
		RunE: do(func(args []string) error { return o.connect(ctx, args[0], args[1], args[2]) }),
	}
	notesCmd := &cobra.Command{
		Use: "notes", Short: "A trainer's notes and timer, for a second terminal", Args: cobra.NoArgs,
		RunE: do(func([]string) error { return o.notes(ctx) }),
	}
	root.AddCommand(connectCmd, notesCmd, runCmd, labCmd, sshCmd, statusCmd, cleanupCmd, replayCmd, reportCmd, policyCmd)
	return root
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
			return usage("--ssh-from %q: must be an IPv4 address or CIDR, such as 203.0.113.7/32", o.sshFrom)
		}
	}
	if o.endpoint == "" {
		o.endpoint = os.Getenv("AWS_ENDPOINT_URL")
	}
	if u, err := url.Parse(o.endpoint); o.endpoint != "" && (err != nil || u.Host == "") {
		return usage("--endpoint-url %q: must be a URL, such as http://127.0.0.1:5000", o.endpoint)
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
	if err == nil && !p.Addr().Is4() {
		err = errors.New("not IPv4")
	}
	return p, err
}

// say is the command line's own words in the learner's language.
func (o *options) say() *text.CLI { return text.CLIOf(o.lang) }

// home is where sessions are kept: --state-dir, or the XDG state folder.
func (o *options) home() (steps.Home, error) {
	if o.stateDir != "" {
		return steps.Home{Dir: filepath.Join(o.stateDir, "sessions")}, nil
	}
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return steps.Home{Dir: filepath.Join(dir, "gatewalk", "sessions")}, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return steps.Home{}, usage("no folder for sessions is known (%v): name one with --state-dir", err)
	}
	if runtime.GOOS == "windows" {
		if local := os.Getenv("LOCALAPPDATA"); local != "" {
			return steps.Home{Dir: filepath.Join(local, "gatewalk", "sessions")}, nil
		}
	}
	return steps.Home{Dir: filepath.Join(home, ".local", "state", "gatewalk", "sessions")}, nil
}

// A walk is a session opened in its world.
type walk struct {
	session *steps.Session
	runner  *steps.Runner
	course  *tutorial.Walk
	options tutorial.Options
	lab     *lab.Lab // nil on AWS
	account string
	region  string
}

func (w *walk) close() error {
	var errs []error
	if w.course != nil {
		errs = append(errs, w.course.Close())
	}
	if w.session != nil {
		errs = append(errs, w.session.Close())
	}
	if w.lab != nil {
		errs = append(errs, w.lab.Close())
	}
	return errors.Join(errs...)
}

// open opens the session of this world; on AWS, after asking who we are there.
func (o *options) open(ctx context.Context) (*walk, error) {
	if o.aws {
		return o.openAWS(ctx)
	}
	name := o.name
	if name == "" {
		name = "lab"
	}
	return o.openLabSession(ctx, name)
}

func (o *options) openLabSession(ctx context.Context, name string) (_ *walk, err error) {
	w := &walk{}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if err := o.openSession(w, name); err != nil {
		return nil, err
	}
	w.lab, err = lab.Start(ctx, lab.Options{Speed: o.speed, Listen: o.listen, StateDir: filepath.Join(w.session.Dir(), "lab"), Answers: o.answers})
	if err != nil {
		return nil, err
	}
	id, secret := w.lab.Credentials()
	w.account, w.region = w.lab.World().Snapshot().Account, w.lab.Region()
	w.options = tutorial.Options{
		Target: tutorial.Target{
			Name: "lab",
			AWS: aws.Config{
				Region:       w.region,
				BaseEndpoint: aws.String(w.lab.Endpoint()),
				Credentials:  credentials.NewStaticCredentialsProvider(id, secret, ""),
			},
			Dial: w.lab,
		},
		SSHFrom: netip.PrefixFrom(w.lab.LaptopAddr(), 32),
		Sleep:   w.lab.Clock().Sleep,
	}
	return w, o.begin(w)
}

// openSession takes the session's lock and file. Its events are stamped with
// the lesson's time once there is a lab.
func (o *options) openSession(w *walk, name string) error {
	home, err := o.home()
	if err != nil {
		return err
	}
	now := func() time.Time {
		if w.lab != nil {
			return w.lab.Clock().Now()
		}
		return time.Now()
	}
	w.session, err = home.Open(name, cleanUp, steps.SessionOptions{Now: now, Course: tutorial.Name})
	return err
}

// begin completes the course's options and makes the runner.
func (o *options) begin(w *walk) error {
	w.options.Dir = w.session.Dir()
	w.options.Silence = o.silence
	w.options.CopyKey = o.copyKey
	if o.sshFrom != "" {
		from, err := parseFrom(o.sshFrom)
		if err != nil {
			return err
		}
		w.options.SSHFrom = from
	}
	for name, value := range map[string]string{"world": w.options.Target.Name, "region": w.region} {
		if w.session.State().Value(name) == value {
			continue
		}
		if err := w.session.State().Set(name, value); err != nil {
			return err
		}
	}
	w.course = tutorial.New(w.options)
	w.runner = &steps.Runner{Steps: w.course.Steps(), Session: w.session}
	return nil
}

func (o *options) openAWS(ctx context.Context) (_ *walk, err error) {
	w := &walk{}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	cfg, err := o.awsConfig(ctx)
	if err != nil {
		return nil, err
	}
	w.options = tutorial.Options{Target: tutorial.Target{Name: "aws", AWS: cfg, Dial: o.dialer()}}
	if o.endpoint != "" && o.speed != 1 { // an open lab hurries, so its walker may ask more often
		w.options.Sleep = world.NewClock(time.Now(), o.speed).Sleep
	}
	who, err := tutorial.WhoAmI(ctx, cfg)
	if err != nil {
		return nil, o.explain(err)
	}
	w.account, w.region = who.Account, cfg.Region
	name := o.name
	if name == "" {
		name = "aws-" + w.account + "-" + w.region
	}
	if err := o.openSession(w, name); err != nil {
		return nil, err
	}
	return w, o.begin(w)
}

// awsConfig follows the SDK's own chain.
func (o *options) awsConfig(ctx context.Context) (aws.Config, error) {
	// What the SDK has to warn of comes back as an error, too.
	load := []func(*config.LoadOptions) error{config.WithLogger(logging.Nop{})}
	if o.profile != "" {
		load = append(load, config.WithSharedConfigProfile(o.profile))
	}
	if o.region != "" {
		load = append(load, config.WithRegion(o.region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return cfg, o.explain(err)
	}
	if o.endpoint != "" {
		cfg.BaseEndpoint = aws.String(o.endpoint)
	}
	// A profile may name an endpoint too, and the environment one for EC2 alone.
	o.endpoint = cmp.Or(o.endpoint, aws.ToString(cfg.BaseEndpoint), os.Getenv("AWS_ENDPOINT_URL_EC2"))
	return cfg, nil
}

// explain turns an error of AWS into a sentence in the learner's language,
// with the original behind it.
func (o *options) explain(err error) error {
	failure := tutorial.Explain(err)
	book, berr := coursetext.Book(o.lang)
	if failure == nil || berr != nil {
		return err
	}
	sentence := book.Sentence(steps.Event{Kind: steps.Failed, Msg: failure.Msg, Args: failure.Args, Err: err.Error()})
	if sentence == "" {
		return err
	}
	return fmt.Errorf("%s (%w)", sentence, err)
}

// dialer is how a public address is reached: directly, by ALL_PROXY, or, where
// the account is not Amazon's, not at all: an emulator's instances bear
// addresses that belong to strangers.
func (o *options) dialer() sshx.Dialer {
	if o.endpoint == "" {
		if d, ok := proxy.FromEnvironmentUsing(&net.Dialer{}).(sshx.Dialer); ok {
			return d
		}
		return &net.Dialer{}
	}
	// NO_PROXY must not open a way around the proxy here.
	u, err := url.Parse(cmp.Or(os.Getenv("ALL_PROXY"), os.Getenv("all_proxy")))
	if err != nil {
		return nil
	}
	through, err := proxy.FromURL(u, &net.Dialer{})
	if err != nil { // none is named, or one that is no SOCKS proxy
		return nil
	}
	d, _ := through.(sshx.Dialer)
	return d
}

// screen is the full screen. The world is readied behind its first picture.
func (o *options) screen(ctx context.Context) error {
	if !term.IsTerminal(int(os.Stdout.Fd())) || !term.IsTerminal(int(os.Stdin.Fd())) {
		return usage("%s", o.say().NeedsTerminal)
	}
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
	screen.Start = func(ctx context.Context) (tui.Engine, error) {
		opened, err := o.open(ctx)
		if err != nil {
			return nil, err
		}
		w = opened
		return engine{w.runner}, nil
	}
	screen.Shell = func(ctx context.Context, host string, pty tui.PTY, in io.Reader, out io.Writer) error {
		_, err := o.shell(ctx, w, host, nil, sshPTY(pty), sshx.Streams{In: in, Out: out, Err: out})
		return err
	}
	if !o.aws {
		screen.Packets = func(f func(steps.Event)) func() { return w.lab.Watch(func(s vnet.Sighting) { f(packetEvent(s)) }) }
	}
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

// transcript is the walk without the full screen.
func (o *options) transcript(ctx context.Context, until steps.ID, asJSON, keep, dryRun bool) error {
	book, err := coursetext.Book(o.lang)
	if err != nil {
		return err
	}
	if until != "" && !slices.Contains(coursetext.Order(), until) {
		return usage("--until %q: the steps are %s", until, strings.Join(names(coursetext.Order()), ", "))
	}
	w, err := o.open(ctx)
	if err != nil {
		return o.opening(err)
	}
	defer w.close()
	if dryRun {
		return o.dryRun(ctx, w)
	}
	if err := o.confirmPlan(w); err != nil {
		return err
	}

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	face := plain.Transcript(o.stdout, book, plain.Options{Lang: o.lang, ASCII: o.ascii})
	if asJSON {
		face = plain.JSON(o.stdout)
	}
	w.session.Subscribe(func(e steps.Event) {
		face.Event(e)
		if err := face.Err(); err != nil {
			cancel(fmt.Errorf("writing the transcript: %w", err)) // `| head -1`
		}
	})
	if until == "" && keep {
		until = beforeCleanUp
	}
	err = errors.Join(w.runner.RunUntil(ctx, until), w.session.Close()) // closed: all is told
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	if err != nil {
		o.farewell(w)
		var failure *steps.Failure
		if errors.As(err, &failure) && ctx.Err() == nil {
			return &exitError{exitFailed, nil} // the transcript has told it
		}
		if ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled) {
			return &exitError{exitInterrupted, nil}
		}
		return err
	}
	if keep || until != "" {
		o.farewell(w)
	}
	return nil
}

func names(ids []steps.ID) []string {
	s := make([]string, len(ids))
	for i, id := range ids {
		s[i] = string(id)
	}
	return s
}

// opening adds what to do to the errors of a session that cannot be opened.
func (o *options) opening(err error) error {
	var locked *steps.LockedError
	if errors.As(err, &locked) {
		return &exitError{exitFailed, fmt.Errorf(o.say().Locked, locked.PID)}
	}
	return err
}

// farewell says what exists and how to go on, if anything does.
func (o *options) farewell(w *walk) {
	left := w.session.State().Resources()
	if len(left) == 0 {
		return
	}
	say := o.say()
	fmt.Fprintf(o.stderr, say.Exists+"\n", len(left), w.session.Dir())
	aws := ""
	if w.lab == nil {
		aws = " --aws"
	}
	fmt.Fprintf(o.stderr, say.GoOn+"\n", "gatewalk run"+aws, "gatewalk cleanup"+aws)
}

// confirmPlan shows what will be made on a real account and asks for a typed
// word. The lab, and a plan that was confirmed before, are not asked about.
func (o *options) confirmPlan(w *walk) error {
	if w.lab != nil || o.yes || len(w.session.State().Resources()) > 0 {
		return nil
	}
	if err := o.showPlan(w); err != nil {
		return err
	}
	return o.askWord(o.say().CreateWord)
}

func (o *options) showPlan(w *walk) error {
	if o.endpoint != "" {
		fmt.Fprintf(o.stderr, o.say().NotReal+"\n", o.endpoint)
	}
	plan := w.course.Plan(w.session.State().ID(), w.account)
	total := 0.0
	for _, item := range plan {
		total += item.PerHour
	}
	out := tabwriter.NewWriter(o.stderr, 0, 8, 2, ' ', 0)
	fmt.Fprintf(out, o.say().PlanTitle+"\n", w.account, w.region, len(plan), total, total/2)
	for _, item := range plan {
		price := o.say().PlanFree
		if item.PerHour > 0 {
			price = fmt.Sprintf("$%.4f/h", item.PerHour)
		}
		fmt.Fprintf(out, "  %s\t%s\t%s\t%s\t%s\n", item.Step, item.Kind, item.Name, item.Detail, price)
	}
	return out.Flush()
}

// askWord lets the learner type word; anything else is a no.
func (o *options) askWord(word string) error {
	if f, ok := o.stdin.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return usage("%s", o.say().NeedsYes)
	}
	fmt.Fprintf(o.stderr, o.say().TypeWord+" ", word)
	answer, err := bufio.NewReader(o.stdin).ReadString('\n')
	if strings.TrimSpace(answer) != word {
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("reading the answer: %w", err)
		}
		return &exitError{exitFailed, errors.New(o.say().NothingDone)}
	}
	return nil
}

// dryRun shows the plan and proves the rights by DryRun calls.
func (o *options) dryRun(ctx context.Context, w *walk) error {
	if err := o.showPlan(w); err != nil {
		return err
	}
	rights, err := w.course.DryRun(ctx, w.session.State().ID())
	if err != nil {
		return o.explain(err)
	}
	missing := 0
	out := tabwriter.NewWriter(o.stderr, 0, 8, 2, ' ', 0)
	for _, r := range rights {
		answer := o.say().RightSure
		switch {
		case !r.Allowed && r.Sure:
			answer = o.say().RightDenied
			missing++
		case !r.Sure:
			answer = o.say().RightUnsure
		}
		fmt.Fprintf(out, "  %s\t%s\n", r.Action, answer)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if missing > 0 {
		return &exitError{exitFailed, fmt.Errorf(o.say().RightsMissing, missing)}
	}
	fmt.Fprintln(o.stderr, o.say().RightsProven)
	return nil
}

// openLab keeps the lab open for other programs until Ctrl-C.
func (o *options) openLab(ctx context.Context, listen string, prepared bool) error {
	if o.aws {
		return usage("gatewalk lab and --aws exclude each other")
	}
	o.listen = listen
	if o.name == "" {
		o.name = "open-lab"
	}
	w, err := o.open(ctx)
	if err != nil {
		return o.opening(err)
	}
	defer w.close()
	socks, err := w.lab.ListenSOCKS("")
	if err != nil {
		return err
	}
	if prepared {
		if err := w.runner.RunUntil(ctx, provision); err != nil {
			return o.explain(err)
		}
		if err := w.course.Pin(ctx, w.session.State(), "private"); err != nil { // and the bastion before it
			return o.explain(err)
		}
	}
	sshConfig := filepath.Join(w.session.Dir(), "ssh_config")
	if err := o.writeSSHConfig(w, sshConfig, socks); err != nil {
		return err
	}
	say := o.say()
	id, secret := w.lab.Credentials()
	fmt.Fprintf(o.stderr, say.LabOpen+"\n"+say.LabEval+"\n", w.lab.Endpoint())
	for _, v := range [][2]string{
		{"AWS_ENDPOINT_URL", w.lab.Endpoint()}, {"AWS_ACCESS_KEY_ID", id}, {"AWS_SECRET_ACCESS_KEY", secret},
		{"AWS_REGION", w.region}, {"AWS_DEFAULT_REGION", w.region}, {"AWS_EC2_METADATA_DISABLED", "true"},
		{"ALL_PROXY", "socks5h://" + socks}, {"NO_PROXY", "127.0.0.1,localhost"},
	} {
		fmt.Fprintf(o.stdout, "export %s=%s\n", v[0], v[1])
	}
	fmt.Fprintf(o.stderr, say.LabSSH+"\n"+say.LabStop+"\n", sshConfig)
	<-ctx.Done()
	return nil
}

// writeSSHConfig lets OpenSSH in: by this program as the way through the SOCKS
// door, with the session's key and the host keys that it has pinned.
func (o *options) writeSSHConfig(w *walk, path, socks string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	var b strings.Builder
	host := func(name, addr, jump string) {
		fmt.Fprintf(&b, "Host %s\n  HostName %s\n  User ec2-user\n  IdentityFile %q\n  IdentitiesOnly yes\n  UserKnownHostsFile %q\n%s\n",
			name, addr, filepath.Join(w.session.Dir(), tutorial.KeyFile), filepath.Join(w.session.Dir(), tutorial.PinsFile), jump)
	}
	if e, ok := w.session.State().Find("instance", "bastion"); ok {
		host(e.Name, e.Args["public_dns"], "")
	}
	if e, ok := w.session.State().Find("instance", "private"); ok {
		host(e.Name, e.Args["private_ip"], "  ProxyJump bastion\n")
	}
	// Everything else of the lab's internet; a jump overrides it.
	fmt.Fprintf(&b, "Host * !private\n  User ec2-user\n  UserKnownHostsFile %q\n  ProxyCommand %q connect %s %%h %%p\n",
		filepath.Join(w.session.Dir(), tutorial.PinsFile), self, socks)
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("writing ssh_config: %w", err)
	}
	return nil
}

// connect joins standard input and output to an address behind a SOCKS door:
// OpenSSH's ProxyCommand, without asking for another program.
func (o *options) connect(ctx context.Context, socks, host, port string) error {
	d, err := proxy.SOCKS5("tcp", socks, nil, &net.Dialer{})
	if err != nil {
		return err
	}
	c, err := d.(proxy.ContextDialer).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	go func() { // ends with the process
		io.Copy(c, o.stdin)
		if t, ok := c.(interface{ CloseWrite() error }); ok {
			t.CloseWrite()
		}
	}()
	_, err = io.Copy(o.stdout, c)
	return err
}

func sshPTY(p tui.PTY) *sshx.PTY {
	resize := make(chan sshx.Size)
	go func() {
		defer close(resize)
		for size := range p.Resize {
			resize <- sshx.Size(size)
		}
	}()
	return &sshx.PTY{Size: sshx.Size{Cols: p.Cols, Rows: p.Rows}, Resize: resize}
}

// shell opens a shell, or runs one command, on an instance of the walk.
func (o *options) shell(ctx context.Context, w *walk, host string, args []string, pty *sshx.PTY, streams sshx.Streams) (int, error) {
	client, err := w.course.Connect(ctx, w.session.State(), host)
	if err != nil {
		return -1, err
	}
	defer client.Close()
	switch {
	case len(args) > 0 && pty == nil:
		return client.Run(ctx, strings.Join(args, " "), streams)
	case len(args) > 0:
		return client.RunPTY(ctx, strings.Join(args, " "), *pty, streams)
	}
	return client.Shell(ctx, *pty, streams)
}

// ssh is a shell, or one command, on an instance.
func (o *options) ssh(ctx context.Context, host string, args []string) error {
	if host != "bastion" && host != "private" {
		return usage("ssh %q: the instances are bastion and private", host)
	}
	w, err := o.open(ctx)
	if err != nil {
		return o.opening(err)
	}
	defer w.close()
	streams := sshx.Streams{In: o.stdin, Out: o.stdout, Err: o.stderr}
	var pty *sshx.PTY
	if in, ok := o.stdin.(*os.File); ok && term.IsTerminal(int(in.Fd())) && len(args) == 0 {
		cols, rows, err := term.GetSize(int(in.Fd()))
		if err != nil {
			return fmt.Errorf("asking the terminal for its size: %w", err)
		}
		before, err := term.MakeRaw(int(in.Fd()))
		if err != nil {
			return fmt.Errorf("preparing the terminal: %w", err)
		}
		defer term.Restore(int(in.Fd()), before)
		pty = &sshx.PTY{Term: os.Getenv("TERM"), Size: sshx.Size{Cols: cols, Rows: rows}, Resize: resizes(ctx, in)}
	} else if len(args) == 0 {
		pty = &sshx.PTY{}
	}
	code, err := o.shell(ctx, w, host, args, pty, streams)
	if err != nil {
		return o.explain(err)
	}
	if code != 0 {
		return &exitError{code, nil}
	}
	return nil
}

// resizes tells the terminal's new sizes. Asking it four times a second works
// on every system; a signal for it does not exist on all.
func resizes(ctx context.Context, f *os.File) <-chan sshx.Size {
	sizes := make(chan sshx.Size)
	go func() {
		defer close(sizes)
		var last sshx.Size
		for tick := time.NewTicker(250 * time.Millisecond); ; {
			select {
			case <-ctx.Done():
				tick.Stop()
				return
			case <-tick.C:
			}
			cols, rows, err := term.GetSize(int(f.Fd()))
			if now := (sshx.Size{Cols: cols, Rows: rows}); err == nil && now != last {
				last = now
				select {
				case sizes <- now:
				case <-ctx.Done():
				}
			}
		}
	}()
	return sizes
}

// status tells of every session what exists and what it costs.
func (o *options) status(asJSON bool) error {
	home, err := o.home()
	if err != nil {
		return err
	}
	all, err := home.List()
	if err != nil {
		return err
	}
	var sessions []plain.Session
	for _, r := range all {
		sessions = append(sessions, o.sessionOf(r))
	}
	return plain.Status(o.stdout, o.lang, asJSON, sessions)
}

// sessionOf tells of a recorded session what its status shows. The world and
// region are those that the walk noted.
func (o *options) sessionOf(r steps.Recorded) plain.Session {
	s := plain.Session{Name: r.Name, Created: r.Created, Holds: []steps.ID{}, Resources: []steps.Resource{}}
	if r.Err != nil {
		s.Err = r.Err.Error()
		return s
	}
	s.ID, s.World = r.State.ID(), r.State.Value("world")
	for _, id := range coursetext.Order() {
		if r.State.Status(id) == steps.Holds {
			s.Holds = append(s.Holds, id)
		}
	}
	for _, e := range r.State.Resources() {
		s.Resources = append(s.Resources, e.Resource)
	}
	if s.World == "aws" {
		s.USD, s.PerHour = tutorial.Cost(r.State.Value("region"), r.Events, time.Now())
	}
	return s
}

// cleanup removes what a session recorded and proves that it is gone.
func (o *options) cleanup(ctx context.Context, args []string, orphans bool) error {
	if len(args) > 0 {
		o.name = args[0]
		o.aws = o.aws || strings.HasPrefix(o.name, "aws-")
	}
	w, err := o.open(ctx)
	if err != nil {
		return o.opening(err)
	}
	defer w.close()
	book, err := coursetext.Book(o.lang)
	if err != nil {
		return err
	}
	if orphans {
		return o.cleanOrphans(ctx, w)
	}
	left := w.session.State().Resources()
	if w.lab == nil && !o.yes && len(left) > 0 {
		fmt.Fprintf(o.stderr, o.say().WillDelete+"\n", len(left), w.account, w.region)
		for _, e := range left {
			fmt.Fprintf(o.stderr, "  %s %s %s\n", e.Kind, e.Name, e.ID)
		}
		if err := o.askWord(o.say().DeleteWord); err != nil {
			return err
		}
	}
	face := plain.Transcript(o.stdout, book, plain.Options{Lang: o.lang, ASCII: o.ascii})
	w.session.Subscribe(face.Event)
	err = w.runner.Run(ctx, cleanUp)
	err = errors.Join(err, w.session.Close())
	if ctx.Err() != nil {
		o.farewell(w)
		return &exitError{exitInterrupted, nil}
	}
	if n := len(w.session.State().Resources()); n > 0 {
		o.farewell(w)
		return &exitError{exitLeft, o.explainIf(err)}
	}
	return o.explainIf(err)
}

func (o *options) explainIf(err error) error {
	if err == nil {
		return nil
	}
	return o.explain(err)
}

// replay plays a recorded run, full screen or as a transcript.
func (o *options) replay(ctx context.Context, file string) error {
	r, err := steps.ReadFile(file)
	if err != nil {
		return err
	}
	books, err := books()
	if err != nil {
		return err
	}
	if term.IsTerminal(int(os.Stdout.Fd())) && term.IsTerminal(int(os.Stdin.Fd())) {
		return tui.Replay(ctx, r.Events, o.speed, o.screenOptions(books))
	}
	face := plain.Transcript(o.stdout, books[o.lang], plain.Options{Lang: o.lang})
	for _, e := range r.Events {
		face.Event(e)
	}
	return face.Err()
}

// report makes one page of a recorded run.
func (o *options) report(file string, html bool) error {
	r, err := steps.ReadFile(file)
	if err != nil {
		return err
	}
	book, err := coursetext.Book(o.lang)
	if err != nil {
		return err
	}
	return plain.Report(o.stdout, book, r.Events, plain.ReportOptions{Lang: o.lang, HTML: html})
}

// policy prints the least rights of the walk, or the bucket policy it sets.
func (o *options) policy(which string) error {
	region := o.region
	if region == "" {
		region = "ap-northeast-2"
	}
	switch which {
	case "iam":
		_, err := fmt.Fprintln(o.stdout, tutorial.Policy("aws", region, "*"))
		return err
	case "bucket":
		_, err := fmt.Fprintln(o.stdout, tutorial.BucketPolicy("aws", "ACCOUNT", "BUCKET", "ROLE"))
		return err
	}
	return usage("policy %q: must be iam or bucket", which)
}
