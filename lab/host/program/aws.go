package program

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"gatewalk/lab/host/program/awsout"
)

// The AWS CLI that AL2023 carries.
const (
	awsVersion = "2.33.15"
	awsPython  = "3.9.25"
	awsKernel  = "6.1.159-182.297.amzn2023.x86_64"
)

// awsUsage follows every complaint about the command line.
const awsUsage = `usage: aws [options] <command> <subcommand> [<subcommand> ...] [parameters]
To see help text, you can run:

  aws help
  aws <command> help
  aws <command> <subcommand> help
`

// Exit statuses of the CLI (AWS CLI user guide, "return codes").
const (
	awsFailed  = 1   // an S3 transfer
	awsInvalid = 252 // the command line
	awsConfig  = 253 // the configuration, credentials or region
	awsClient  = 254 // the service refused
	awsGeneral = 255
)

// An awsExit ends a command with a status and a text.
type awsExit struct {
	status int
	text   string
}

func (e *awsExit) Error() string { return e.text }

func awsFail(status int, format string, args ...any) error {
	return &awsExit{status, fmt.Sprintf(format, args...)}
}

// awsMisuse is a complaint of the argument parser.
func awsMisuse(format string, args ...any) error {
	return awsFail(awsInvalid, "aws: [ERROR]: %s\n\n%s", fmt.Sprintf(format, args...), awsUsage)
}

// awsGlobals are the options that every command takes.
type awsGlobals struct {
	region, profile, output, endpoint string
	query                             *awsout.Query // nil: all
	noVerify, noSign                  bool
	connect, read                     time.Duration
}

// awsRun is one run of the CLI.
type awsRun struct {
	*Process
	awsGlobals
	*awsSession
}

// awsFunc is a command below a service; args are what the globals left.
type awsFunc func(ctx context.Context, a *awsRun, args []string) error

// awsCommand is the AWS CLI, version 2, as far as a learner of the lesson goes.
func awsCommand(ctx context.Context, p *Process) int {
	if p.Catch != nil {
		p.Catch()
	}
	a := &awsRun{Process: p}
	err := a.run(ctx, p.Args[1:])
	if a.awsSession != nil {
		a.web.close()
	}
	if ctx.Err() != nil && err != errTransferFailed {
		fmt.Fprintln(p.Stdout)
		return statusInterrupted
	}
	if err == nil {
		return 0
	}
	exit, ok := errors.AsType[*awsExit](err)
	if !ok {
		exit = awsExplain(err)
	}
	if exit.text != "" {
		fmt.Fprintf(p.Stderr, "\n%s\n", exit.text)
	}
	return exit.status
}

// awsCommands are the commands that exist here.
func awsCommands() map[string]map[string]awsFunc {
	return map[string]map[string]awsFunc{
		"s3": {
			"ls": awsS3Ls, "cp": awsS3Transfer, "mv": awsS3Transfer, "rm": awsS3Transfer, "mb": awsS3Mb, "rb": awsS3Rb,
			"presign": nil, "sync": nil, "website": nil,
		},
		"s3api": {
			"list-objects-v2": awsListObjects, "list-buckets": awsListBuckets, "head-object": awsHeadObject, "head-bucket": awsHeadBucket,
			"get-bucket-location": awsBucketLocation, "get-bucket-policy": awsBucketPolicy, "get-object": awsGetObject,
		},
		"sts":       {"get-caller-identity": awsCallerIdentity},
		"ec2":       awsEC2Commands(),
		"configure": {"": awsConfigure, "list": awsConfigureList, "get": awsConfigureGet, "set": awsConfigureSet, "list-profiles": awsConfigureProfiles},
	}
}

func (a *awsRun) run(ctx context.Context, args []string) error {
	rest, version, err := a.globals(args)
	if err != nil {
		return err
	}
	if version {
		fmt.Fprintf(a.Stdout, "aws-cli/%s Python/%s Linux/%s source/x86_64.amzn.2023\n", awsVersion, awsPython, awsKernel)
		return nil
	}
	if len(rest) == 0 || strings.HasPrefix(rest[0], "-") {
		return awsMisuse("the following arguments are required: command")
	}
	service, rest := rest[0], rest[1:]
	commands, known := awsCommands()[service]
	if !known {
		return a.unavailable(service, rest)
	}
	name := ""
	if len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		name, rest = rest[0], rest[1:]
	}
	run, known := commands[name]
	switch {
	case known && run != nil:
	case name != "":
		return a.unavailable(service, append([]string{name}, rest...))
	case service == "s3":
		return awsFail(awsInvalid, "usage: aws [options] s3 <subcommand> [parameters]\naws: [ERROR]: too few arguments")
	default:
		return awsMisuse("the following arguments are required: operation")
	}
	if a.awsSession, err = a.open(); err != nil {
		return err
	}
	a.command = name
	return run(ctx, a, rest)
}

// unavailable names a command that the real CLI may have and this one has not.
func (a *awsRun) unavailable(service string, rest []string) error {
	words := []string{"aws", service}
	if len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		words = append(words, rest[0])
	}
	return awsFail(awsInvalid, "aws: [ERROR]: '%s' is not among the commands that this lab's AWS CLI knows", strings.Join(words, " "))
}

// globals takes the global options out of a command line.
func (a *awsRun) globals(args []string) (rest []string, version bool, err error) {
	a.connect, a.read = 60*time.Second, 60*time.Second
	value := map[string]func(string) error{
		"--region":  set(&a.region),
		"--profile": set(&a.profile),
		"--query": func(s string) (err error) {
			if a.query, err = awsout.ParseQuery(s); err != nil {
				return awsFail(awsInvalid, "%v", err)
			}
			return nil
		},
		"--color":  choice(new(string), "on", "off", "auto"),
		"--output": choice(&a.output, "json", "text", "table", "yaml", "yaml-stream", "off"),
		"--endpoint-url": func(s string) error {
			u, err := url.Parse(s)
			if err != nil || u.Scheme == "" || u.Host == "" {
				return awsFail(awsInvalid, "Bad value for --endpoint-url \"%s\": scheme is missing.  Must be of the form http://<hostname>/ or https://<hostname>/", s)
			}
			a.endpoint = strings.TrimSuffix(s, "/")
			return nil
		},
		"--ca-bundle":           set(new(string)),
		"--cli-binary-format":   set(new(string)),
		"--cli-connect-timeout": wholeSeconds(&a.connect),
		"--cli-read-timeout":    wholeSeconds(&a.read),
	}
	flag := map[string]func(){
		"--debug": func() {}, "--no-paginate": func() {}, "--no-cli-pager": func() {}, "--cli-auto-prompt": func() {}, "--no-cli-auto-prompt": func() {},
		"--no-verify-ssl":   func() { a.noVerify = true },
		"--no-sign-request": func() { a.noSign = true },
		"--version":         func() { version = true },
	}
	for i := 0; i < len(args); i++ {
		name, given, has := strings.Cut(args[i], "=")
		if f, ok := flag[name]; ok {
			if has {
				return nil, false, awsMisuse("argument %s: ignored explicit argument '%s'", name, given)
			}
			f()
			continue
		}
		f, ok := value[name]
		if !ok {
			rest = append(rest, args[i])
			continue
		}
		if !has {
			if i++; i >= len(args) || strings.HasPrefix(args[i], "--") {
				return nil, false, awsMisuse("argument %s: expected one argument", name)
			}
			given = args[i]
		}
		if err := f(given); err != nil {
			if bad, ok := errors.AsType[*badChoice](err); ok {
				err = awsMisuse("argument %s: Found invalid choice '%s'\n", name, bad.value)
			}
			return nil, false, err
		}
	}
	return rest, version, nil
}

func set(into *string) func(string) error {
	return func(s string) error { *into = s; return nil }
}

type badChoice struct{ value string }

func (e *badChoice) Error() string { return "invalid choice " + e.value }

func choice(into *string, choices ...string) func(string) error {
	return func(s string) error {
		for _, c := range choices {
			if s == c {
				*into = s
				return nil
			}
		}
		return &badChoice{s}
	}
}

// wholeSeconds reads whole seconds; 0 waits for ever, as in the CLI.
func wholeSeconds(into *time.Duration) func(string) error {
	return func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil {
			return awsFail(awsGeneral, "invalid literal for int() with base 10: '%s'", s)
		}
		*into = time.Duration(n) * time.Second
		return nil
	}
}

// awsFlags reads the options of one command: values by name, each with as many
// words as it wants, and the operands.
type awsFlags struct {
	values   map[string][]string
	operands []string
}

func (f *awsFlags) has(name string) bool { _, ok := f.values[name]; return ok }

func (f *awsFlags) get(name string) string {
	if v := f.values[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// parseAWSFlags knows options without a value (0), with one (1) and with any
// number (2). unknown are the words that nobody takes.
func parseAWSFlags(args []string, known map[string]int) (f awsFlags, unknown []string, err error) {
	f.values = map[string][]string{}
	for i := 0; i < len(args); i++ {
		name, given, has := strings.Cut(args[i], "=")
		if !strings.HasPrefix(name, "--") || name == "--" {
			f.operands = append(f.operands, args[i])
			continue
		}
		n, ok := known[name]
		if !ok {
			unknown = append(unknown, args[i])
			for i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") && len(known) > 0 && !has {
				i++
				unknown = append(unknown, args[i])
			}
			continue
		}
		var values []string
		if has {
			values = []string{given}
		}
		switch {
		case n == 0 && has:
			return f, nil, awsMisuse("argument %s: ignored explicit argument '%s'", name, given)
		case n == 1 && !has:
			if i++; i >= len(args) || strings.HasPrefix(args[i], "--") {
				return f, nil, awsMisuse("argument %s: expected one argument", name)
			}
			values = []string{args[i]}
		case n == 2 && !has:
			for i+1 < len(args) && !strings.HasPrefix(args[i+1], "--") {
				i++
				values = append(values, args[i])
			}
		}
		f.values[name] = values
	}
	return f, unknown, nil
}
