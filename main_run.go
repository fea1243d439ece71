package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"gatewalk/steps"
	coursetext "gatewalk/steps/tutorial/text"
	"gatewalk/tui/plain"
)

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
	face := o.face(book)
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

// face is the walk told as text on standard output.
func (o *options) face(book steps.Book) *plain.Printer {
	return plain.Transcript(o.stdout, book, plain.Options{Lang: o.lang, ASCII: o.ascii})
}
