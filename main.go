// Command gatewalk walks a person through one AWS networking lesson and does
// it for real: a private EC2 instance cannot reach S3; add an S3 gateway
// endpoint; now it can, and only the route has changed. It runs in a lab inside
// the process, or on the learner's own AWS account.
//
// The main*.go files are the wiring and nothing else: the commands here, what
// their flags take (main_flags.go), which world a session is walked in
// (main_world.go), and a file for each of the larger commands.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gatewalk/steps"
	coursetext "gatewalk/steps/tutorial/text"
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

// run is main with an exit status: what it defers is done before the exit.
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
	sshFrom, answers, listen, bucket                  string
	record, background                                string
	tags                                              []string
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
		Use: "gatewalk", Args: o.commands, SilenceErrors: true, SilenceUsage: true, DisableFlagsInUseLine: true,
		RunE: do(func([]string) error { return o.screen(ctx) }),
	}
	root.SuggestionsMinimumDistance = 2
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
	f.list(&o.tags, "tag", "KEY=VALUE")
	f.seconds(&o.silence, "silence", 15*time.Second)
	f.Float64Var(&o.speed, "speed", 1, "")
	f.named("speed", "N")
	f.string(&o.answers, "dns", "guide", "guide|today")

	screened := func(f flags) {
		f.BoolVar(&o.present, "present", false, "")
		f.seconds(&o.auto, "auto", 0)
		f.BoolVar(&o.ascii, "ascii", false, "")
		f.BoolVar(&o.noColor, "no-color", false, "")
		f.string(&o.background, "background", "", "light|dark")
		f.string(&o.record, "record", "", "FILE")
		f.BoolVar(&o.mouse, "mouse", false, "")
	}
	screened(flags{root.Flags()})

	takes := o.takes
	var until, listen string
	var asJSON, keep, dryRun, orphans, html, prepared bool
	var faults, pcaps []string
	sub := func(use string, args cobra.PositionalArgs, run func(args []string) error) (*cobra.Command, flags) {
		cmd := &cobra.Command{Use: use, Args: args, RunE: do(run), DisableFlagsInUseLine: true}
		cmd.Flags().SortFlags = false
		root.AddCommand(cmd)
		return cmd, flags{cmd.Flags()}
	}
	run, f := sub("run [--until STEP] [--json] [--keep] [--yes] [--dry-run]", takes(0, 0), func([]string) error {
		return o.transcript(ctx, steps.ID(until), asJSON, keep, dryRun)
	})
	f.string(&until, "until", "", "STEP")
	run.RegisterFlagCompletionFunc("until", offer(names(coursetext.Order())...))
	f.BoolVar(&asJSON, "json", false, "")
	f.BoolVar(&keep, "keep", false, "")
	f.BoolVar(&o.yes, "yes", false, "")
	f.BoolVar(&dryRun, "dry-run", false, "")

	_, f = sub("lab [--listen ADDR] [--prepared] [--fault FAULT] [--pcap HOST=FILE]", takes(0, 0), func([]string) error {
		return o.openLab(ctx, listen, prepared, faults, pcaps)
	})
	f.string(&listen, "listen", "127.0.0.1:0", "ADDR")
	f.BoolVar(&prepared, "prepared", false, "")
	f.list(&faults, "fault", "FAULT")
	f.list(&pcaps, "pcap", "HOST=FILE")

	ssh, _ := sub("ssh bastion|private [-- COMMAND…]", takes(1, math.MaxInt), func(args []string) error { return o.ssh(ctx, args[0], args[1:]) })

	ssh.ValidArgs = []string{"bastion", "private"}

	_, f = sub("status [--json]", takes(0, 0), func([]string) error { return o.status(ctx, asJSON) })
	f.BoolVar(&asJSON, "json", false, "")

	clean, f := sub("cleanup [SESSION] [--yes] [--empty-bucket] [--orphans]", takes(0, 1), func(args []string) error { return o.cleanup(ctx, args, orphans) })
	f.BoolVar(&o.yes, "yes", false, "")
	f.BoolVar(&o.emptyBucket, "empty-bucket", false, "")
	f.BoolVar(&orphans, "orphans", false, "")
	clean.ValidArgsFunction = o.sessionNames

	replay, f := sub("replay [FILE|SESSION] [--present] [--auto SECONDS]", takes(0, 1), func(args []string) error { return o.replay(ctx, args) })
	screened(f)
	replay.ValidArgsFunction = o.sessionNames

	report, f := sub("report [FILE|SESSION] [--html]", takes(0, 1), func(args []string) error { return o.report(args, html) })
	f.BoolVar(&html, "html", false, "")
	report.ValidArgsFunction = o.sessionNames

	policy, _ := sub("policy iam|bucket", takes(1, 1), func(args []string) error { return o.policy(ctx, args[0]) })
	policy.ValidArgs = []string{"iam", "bucket"}
	policy.PreRun = func(*cobra.Command, []string) { o.aws = true } // so that --region and --profile may choose

	_, f = sub("notes", takes(0, 0), func([]string) error { return o.notes(ctx) })
	f.string(&o.background, "background", "", "light|dark")

	connect, _ := sub("connect SOCKS HOST PORT", takes(3, 3), func(args []string) error { return o.connect(ctx, args[0], args[1], args[2]) })
	connect.Hidden = true

	root.SetFlagErrorFunc(o.misread)
	completeHelp(root, o, func() string { return cmp.Or(o.lang, languageOf(os.Getenv)) })
	return root
}

// say is the command line's own words in the learner's language.
func (o *options) say() *text.CLI {
	if slices.Contains(languages, o.lang) {
		return text.CLIOf(o.lang)
	}
	return text.CLIOf(languageOf(os.Getenv)) // nothing was said yet, or nothing that is known
}

// languages are those of the catalogues.
var languages = []string{"ko", "en"}

// books are the pages of the course, by language.
func books() (map[string]steps.Book, error) {
	all := map[string]steps.Book{}
	for _, lang := range languages {
		book, err := coursetext.Book(lang)
		if err != nil {
			return nil, err
		}
		all[lang] = book
	}
	return all, nil
}
