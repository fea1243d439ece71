package tutorial

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"gatewalk/steps"
)

// needed are the things that 3.1 makes, as the ledger names them, in the order
// in which they are made.
func needed() [][2]string {
	return [][2]string{
		{"bucket", main}, {"object", "sample"}, {"vpc", main}, {"internet-gateway", main}, {"route-table", public}, {"route-table", private},
		{"security-group", bastion}, {"security-group", private}, {"key-pair", main}, {"role", main}, {"instance-profile", main},
		{"subnet", public}, {"instance", bastion}, {"subnet", private}, {"instance", private},
	}
}

// provisioned is the check of 3.1: all is recorded, both instances run, and the
// learner is let in.
func (r *run) provisioned(ctx context.Context) (steps.Status, error) {
	if _, ok := r.state.Seen(r.step, seeProvisioned, ""); !ok {
		return steps.NotYet, nil
	}
	for _, n := range needed() {
		if e, ok := r.state.Find(n[0], n[1]); !ok || !e.Made {
			return steps.NotYet, nil
		}
	}
	for _, part := range []string{bastion, private} {
		id, err := r.id("instance", part)
		if err != nil {
			return steps.NotYet, err
		}
		all, err := r.liveInstances(ctx, filter("instance-id", id))
		if err != nil {
			return steps.NotYet, err
		}
		if len(all) == 0 || all[0].State == nil || all[0].State.Name != types.InstanceStateNameRunning {
			return steps.NotYet, nil
		}
	}
	if !r.letIn(ctx) {
		return steps.NotYet, nil
	}
	return steps.Holds, nil
}

// provision makes everything that the lesson stands on.
func (r *run) provision(ctx context.Context) error {
	if err := r.identify(ctx); err != nil {
		return err
	}
	if err := r.keepTags(); err != nil {
		return err
	}
	from, err := r.sshFrom(ctx) // before anything is made, as it may not be found
	if err != nil {
		return err
	}
	groups := func(ctx context.Context) error { return r.groups(ctx, from) }
	parts := []func(context.Context) error{r.bucket, r.network, groups, r.keyPair, r.role, r.bucketPolicy, r.instances}
	for i, part := range parts {
		r.progress(i, len(parts))
		if err := part(ctx); err != nil {
			r.leftovers(ctx, err)
			return err
		}
	}
	r.progress(len(parts), len(parts))
	r.observe(seeProvisioned, "", nil)
	return nil
}

// leftovers says, when a quota is reached, what other sessions have left in this
// region: it is the first thing to go.
func (r *run) leftovers(ctx context.Context, err error) {
	var f *steps.Failure
	if !errors.As(explain(err), &f) || f.Msg != failLimit {
		return
	}
	all, err := r.left(ctx, "")
	if err != nil {
		return // the quota's own sentence is said in any case
	}
	counts := map[string]int{}
	for _, f := range all {
		if f.session != r.state.ID() {
			counts[f.session]++
		}
	}
	for _, session := range slices.Sorted(maps.Keys(counts)) {
		r.emit(steps.Event{Kind: steps.Note, Msg: noteLeftover, Args: steps.Args{"session": session, "count": strconv.Itoa(counts[session])}})
	}
}

// Meant is the failure of an account or a region that is not the one where a
// session began.
func Meant(state *steps.State, account, region string) error {
	if had := state.Value(valueAccount); had != "" && had != account {
		return fail(failOtherAccount, nil, "have", account, "want", had)
	}
	if had := state.Value(valueRegion); had != "" && had != region {
		return fail(failOtherRegion, nil, "have", region, "want", had)
	}
	return nil
}

// identify finds out who walks, and that it is the same account and region as
// before: what another one holds could not be found or removed.
func (r *run) identify(ctx context.Context) error {
	if r.region() == "" {
		return fail(failNoRegion, nil)
	}
	out, err := r.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return fmt.Errorf("asking who walks: %w", err)
	}
	account, arn := aws.ToString(out.Account), aws.ToString(out.Arn)
	if err := Meant(r.state, account, r.region()); err != nil {
		return err
	}
	part := Partition(r.region())
	if fields := strings.SplitN(arn, ":", 3); len(fields) == 3 && fields[1] != "" {
		part = fields[1]
	}
	for _, v := range [][2]string{{valueRegion, r.region()}, {valuePartition, part}, {valueS3, "s3." + r.region() + "." + domain(part)}, {valueAccount, account}} {
		if r.state.Value(v[0]) == v[1] {
			continue
		}
		if err := r.state.Set(v[0], v[1]); err != nil {
			return err
		}
	}
	r.observe(seeIdentity, "", steps.Args{"account": account, "arn": arn, "region": r.region()})
	if IsRoot(arn) {
		r.emit(steps.Event{Kind: steps.Note, Msg: noteRoot, Args: steps.Args{"arn": arn}})
	}
	return nil
}
