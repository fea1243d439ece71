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

	"golang.org/x/term"

	"gatewalk/steps"
	"gatewalk/steps/tutorial"
	"gatewalk/tui/plain"
	"gatewalk/tui/text"
)

// plan is what the walk is going to make on the account: the same for the
// screen, the question before a transcript, and --dry-run.
func (o *options) plan(w *walk) plain.Plan {
	p := plain.Plan{
		Account: w.account, Arn: w.arn, Root: tutorial.IsRoot(w.arn), Region: w.region, Endpoint: o.endpoint, Session: w.session.State().ID(),
		Lab: w.lab != nil, Priced: tutorial.PriceIn(w.region).Known,
	}
	switch {
	case w.options.SSHFrom.IsValid():
		p.SSHFrom = w.options.SSHFrom.String()
	case w.options.Target.Dial == nil:
		p.SSHFrom = "127.0.0.1/32" // nobody could come in
	}
	for _, i := range w.course.Plan(p.Session, w.account) {
		p.Items = append(p.Items, plain.PlanItem{Step: steps.ID(i.Step), Kind: i.Kind, Part: i.Part, Name: i.Name, Detail: i.Detail, Tags: i.Tags, PerHour: i.PerHour})
	}
	return p
}

// confirmPlan shows what will be made on a real account and asks for a typed
// word. The lab, and a plan that was confirmed before, are not asked about.
func (o *options) confirmPlan(w *walk) error {
	if w.lab != nil || o.yes || len(w.session.State().Resources()) > 0 {
		return nil
	}
	if err := plain.PrintPlan(o.stderr, o.plan(w).Lines(o.lang, 0)); err != nil {
		return err
	}
	return o.askWord(func(say *text.CLI) string { return say.CreateWord })
}

// askWord lets the learner type a word, in either language: a keyboard may have
// no Hangul. Anything else is a no.
func (o *options) askWord(of func(*text.CLI) string) error {
	word, latin := of(o.say()), of(text.CLIOf("en"))
	if f, ok := o.stdin.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return usage("%s", o.say().NeedsYes)
	}
	fmt.Fprintf(o.stderr, o.say().TypeWord+" ", strings.Join(slices.Compact([]string{word, latin}), "/"))
	answer, err := bufio.NewReader(o.stdin).ReadString('\n')
	if answer = strings.TrimSpace(answer); answer != word && answer != latin {
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("reading the answer: %w", err)
		}
		return &exitError{exitFailed, errors.New(o.say().NothingDone)}
	}
	return nil
}

// dryRun shows the plan and proves the rights by DryRun calls.
func (o *options) dryRun(ctx context.Context, w *walk, asJSON bool) error {
	p := o.plan(w)
	if !asJSON {
		if err := plain.PrintPlan(o.stdout, append(p.Lines(o.lang, 0), plain.PlanLine{})); err != nil {
			return err
		}
	}
	rights, err := w.course.DryRun(ctx, p.Session)
	if err != nil {
		return o.explain(err)
	}
	for _, r := range rights {
		p.Rights = append(p.Rights, plain.Right{Action: r.Action, Sure: r.Sure, Allowed: r.Allowed})
	}
	if asJSON {
		err = p.JSON(o.stdout)
	} else {
		err = plain.PrintPlan(o.stdout, p.RightLines(o.lang))
	}
	if err != nil {
		return err
	}
	if missing := p.Missing(); missing > 0 {
		return &exitError{exitFailed, fmt.Errorf(o.say().RightsMissing, missing)}
	}
	return nil
}
