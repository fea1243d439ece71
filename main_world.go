package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/logging"

	"gatewalk/lab"
	"gatewalk/lab/world"
	"gatewalk/steps"
	"gatewalk/steps/tutorial"
	coursetext "gatewalk/steps/tutorial/text"
)

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
		return steps.Home{}, usage(o.say().Wrong.NoHome, err)
	}
	if runtime.GOOS == "windows" {
		if local := os.Getenv("LOCALAPPDATA"); local != "" {
			return steps.Home{Dir: filepath.Join(local, "gatewalk", "sessions")}, nil
		}
	}
	return steps.Home{Dir: filepath.Join(home, ".local", "state", "gatewalk", "sessions")}, nil
}

// sessions are all that are kept, and where.
func (o *options) sessions() (steps.Home, []steps.Recorded, error) {
	home, err := o.home()
	if err != nil {
		return home, nil, err
	}
	all, err := home.List()
	return home, all, err
}

// What a session notes of where it is walked, so that its name alone is enough
// to find it again.
const (
	valueWorld    = "world" // "lab" or "aws"
	valueRegion   = "region"
	valueProfile  = "profile"
	valueEndpoint = "endpoint"
)

// sessionNamed makes name the session that is meant, in the world where it was
// walked. It is an error if there is none.
func (o *options) sessionNamed(name string) error {
	_, all, err := o.sessions()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(r steps.Recorded) bool { return r.Name == name })
	if i < 0 {
		return usage(o.say().NoSession, name)
	}
	o.name = name
	if all[i].Err == nil {
		o.aws = o.aws || all[i].State.Value(valueWorld) == "aws"
		o.remember(all[i].State)
	}
	return nil
}

// remember takes from a session what neither a flag nor the environment says.
func (o *options) remember(s *steps.State) {
	if !o.aws {
		return
	}
	o.region = cmp.Or(o.region, s.Value(valueRegion))
	o.endpoint = cmp.Or(o.endpoint, s.Value(valueEndpoint))
	if os.Getenv("AWS_PROFILE") == "" && os.Getenv("AWS_ACCESS_KEY_ID") == "" {
		o.profile = cmp.Or(o.profile, s.Value(valueProfile))
	}
}

// A walk is a session opened in its world.
type walk struct {
	session *steps.Session
	runner  *steps.Runner
	course  *tutorial.Walk
	options tutorial.Options
	lab     *lab.Lab // nil on AWS
	account string
	arn     string // of who walks, on AWS
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
		Sleep: w.lab.Clock().Sleep,
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
	var path *fs.PathError
	var bad *steps.FormatError
	switch {
	case errors.As(err, &path):
		return &exitError{exitFailed, fmt.Errorf(o.say().Wrong.StateDir, path.Path, path.Err)}
	case errors.As(err, &bad) && o.aws: // what it made is there all the same
		return &exitError{exitFailed, fmt.Errorf(o.say().Unreadable, filepath.Join(home.Dir, name))}
	}
	return o.unreadable(filepath.Join(home.Dir, name), err)
}

// begin completes the course's options and makes the runner.
func (o *options) begin(w *walk) error {
	w.options.Dir = w.session.Dir()
	w.options.Silence = o.silence
	w.options.CopyKey = o.copyKey
	w.options.BucketName = o.bucket
	w.options.EmptyBucket = o.emptyBucket
	w.options.Tags = parseTags(o.tags)
	w.options.Profile = o.profileInUse()
	if o.sshFrom != "" {
		from, err := parseFrom(o.sshFrom)
		if err != nil {
			return err
		}
		w.options.SSHFrom = from
	}
	// The region is the walk's own to keep: another one is an error there.
	for name, value := range map[string]string{valueWorld: w.options.Target.Name, valueProfile: o.profileInUse(), valueEndpoint: o.endpoint} {
		if w.lab != nil && name != valueWorld {
			continue
		}
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
	if home, err := o.home(); err == nil && o.name != "" {
		if r, err := steps.ReadFile(filepath.Join(home.Dir, o.name)); err == nil {
			o.remember(r.State)
		}
	}
	w, err := o.reachAWS(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	name := o.name
	if name == "" {
		name = "aws-" + w.account + "-" + w.region
	}
	if err := o.openSession(w, name); err != nil {
		return nil, err
	}
	if err := tutorial.Meant(w.session.State(), w.account, w.region); err != nil {
		return nil, o.explain(err)
	}
	return w, o.begin(w)
}

// reachAWS asks who we are there, and opens no session.
func (o *options) reachAWS(ctx context.Context) (*walk, error) {
	w := &walk{}
	cfg, err := o.awsConfig(ctx)
	if err != nil {
		return nil, err
	}
	dial, err := o.dialer()
	if err != nil {
		return nil, err
	}
	w.options = tutorial.Options{Target: tutorial.Target{Name: "aws", AWS: cfg, Dial: dial}}
	if o.endpoint != "" && o.speed != 1 { // an open lab hurries, so its walker may ask more often
		w.options.Sleep = world.NewClock(time.Now(), o.speed).Sleep
	}
	who, err := tutorial.WhoAmI(ctx, cfg)
	if err != nil {
		return nil, o.explain(err)
	}
	w.account, w.arn, w.region = who.Account, who.Arn, cfg.Region
	return w, nil
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
		return cfg, o.explain(tutorial.BadConfig(err))
	}
	if o.endpoint != "" {
		cfg.BaseEndpoint = aws.String(o.endpoint)
	}
	o.endpoint = tutorial.Foreign(cfg)
	return cfg, nil
}

// explain turns an error of AWS into a sentence in the learner's language,
// with the original behind it; no error stays none.
func (o *options) explain(err error) error {
	failure := tutorial.Explain(err, o.profileInUse(), cmp.Or(o.region, os.Getenv("AWS_REGION")))
	book, berr := coursetext.Book(o.lang)
	if failure == nil || berr != nil {
		return err
	}
	sentence := book.Sentence(steps.Event{Kind: steps.Failed, Msg: failure.Msg, Args: failure.Args, Err: err.Error()})
	if sentence == "" {
		return err
	}
	if failure.Err == nil {
		return &exitError{exitFailed, errors.New(sentence)}
	}
	return fmt.Errorf("%s (%w)", sentence, failure.Err)
}

// profileInUse is the profile that the SDK takes, as far as it was named.
func (o *options) profileInUse() string { return cmp.Or(o.profile, os.Getenv("AWS_PROFILE")) }

// opening adds what to do to the errors of a session that cannot be opened.
func (o *options) opening(err error) error {
	var locked *steps.LockedError
	if errors.As(err, &locked) {
		return &exitError{exitFailed, fmt.Errorf(o.say().Locked, locked.PID)}
	}
	return err
}
