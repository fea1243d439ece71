package tutorial

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatewalk/steps"
)

// goneLimit bounds how long a deleted thing may still be described: an
// instance takes minutes to terminate.
const goneLimit = 10 * time.Minute

// cleanUp is 6: everything that is recorded goes, then everything that bears
// the session's tag, and then all of it is looked for once more.
func (r *run) cleanUp(ctx context.Context) error {
	failed := r.removeAll(ctx)
	if ctx.Err() != nil || r.state.Value(valueAccount) == "" {
		return failed
	}
	left, err := r.left(ctx, r.state.ID())
	if err != nil {
		return errors.Join(failed, err)
	}
	var rows [][]string
	for _, f := range left {
		rows = append(rows, []string{f.kind, f.id})
		r.keep(steps.LedgerEntry{Resource: steps.Resource{Kind: f.kind, Name: f.part, ID: f.id}, Args: f.args})
	}
	r.observe(seeLeft, "", steps.Args{"count": strconv.Itoa(len(left)), "region": r.region()}, rows...)
	if failed != nil {
		return failed
	}
	if len(left) > 0 {
		return fail(failLeft, nil, "count", strconv.Itoa(len(left)))
	}
	return r.burn()
}

// nothingLeft is the check of 6.
func (r *run) nothingLeft(context.Context) (steps.Status, error) {
	e, ok := r.state.Seen(r.step, seeLeft, "")
	if !ok || e.Args["count"] != "0" || len(r.state.Resources()) > 0 {
		return steps.NotYet, nil
	}
	return steps.Holds, nil
}

// removeAll removes what is recorded, past errors, in the order in which AWS
// lets go of it; and then what only the tag knows.
func (r *run) removeAll(ctx context.Context) error {
	entries := r.state.Resources()
	if r.state.Value(valueAccount) == "" && len(entries) == 0 && r.step != "6" {
		return nil // nothing was ever begun
	}
	if err := r.identify(ctx); err != nil {
		return err
	}
	_ = r.Walk.Close() // however the connections end: the hosts go
	errs := r.removeEach(ctx, entries)
	return errors.Join(append(errs, r.sweep(ctx)...)...)
}

func (r *run) removeEach(ctx context.Context, entries []steps.LedgerEntry) []error {
	order := map[string]int{}
	for i, k := range kinds() {
		order[k.name] = i
	}
	slices.SortStableFunc(entries, func(a, b steps.LedgerEntry) int { return order[a.Kind] - order[b.Kind] })
	var errs []error
	for _, e := range entries {
		switch {
		case e.Kind == "vpc":
			r.vpc = e.ID
		case !e.Made:
		case e.Kind == "instance": // they take the longest, so they begin now
			_ = instanceKind().remove(ctx, r, e) // it is said again, and heard, below
		case e.Kind == "security-group":
			if err := r.empty(ctx, e.ID); err != nil {
				errs = append(errs, err)
			}
		}
	}
	for i, e := range entries {
		r.progress(i, len(entries))
		if err := r.remove(ctx, e); err != nil {
			errs = append(errs, err)
			r.keep(e)
			if ctx.Err() != nil {
				return errs
			}
		}
	}
	if len(entries) > 0 {
		r.progress(len(entries), len(entries))
	}
	return errs
}

// keep records what is still there and was known by its tag alone, so that it
// is counted and told of as what is recorded.
func (r *run) keep(e steps.LedgerEntry) {
	if e.ID == "" || slices.ContainsFunc(r.state.Resources(), func(known steps.LedgerEntry) bool { return known.ID == e.ID }) {
		return
	}
	_ = r.state.Made(r.step, e.Resource, e.Args) // a session that cannot be written says so itself
}

// remove deletes one recorded thing and waits until it is seen to be gone.
func (r *run) remove(ctx context.Context, e steps.LedgerEntry) error {
	k := r.kind(e.Kind)
	if !e.Made { // the answer to its making was never heard
		id, args, err := r.find(ctx, k, e.Name, findLimit)
		if err != nil {
			return fmt.Errorf("looking for %s/%s: %w", e.Kind, e.Name, err)
		}
		if id == "" {
			return r.state.Gone(r.step, e.Resource)
		}
		e.ID, e.Args = id, args
		if err := r.state.Made(r.step, e.Resource, args); err != nil && ctx.Err() != nil {
			return err
		}
	}
	if e.Kind == "vpc" {
		r.vpc = e.ID
	}
	try, limit := 0, settleLimit
	if e.Kind == "role" { // IAM is sooner of one mind; what lasts is a policy that somebody attached
		limit = time.Minute
	}
	err := r.patiently(ctx, waitDeletion, limit, holding, func(ctx context.Context) error {
		err := k.remove(ctx, r, e)
		if try++; try%5 == 1 && holding(err) && !unanswered(err) {
			if blocked := r.inTheWay(ctx, e); blocked != nil {
				return blocked
			}
		}
		return err
	})
	if code(err) == "DeleteConflict" && strings.Contains(err.Error(), "policies first") { // as fleet management attaches them
		return fail(failRoleHeld, err, "role", e.ID, "command", "aws iam list-attached-role-policies --role-name "+e.ID)
	}
	if err != nil && !missing(err) {
		return fmt.Errorf("deleting %s %s: %w", e.Kind, e.ID, err)
	}
	msg, host := waitDeletion, ""
	if e.Kind == "instance" {
		msg, host = waitTerminated, e.Name
	}
	gone, err := r.wait(ctx, msg, host, 3*time.Second, goneLimit, func(ctx context.Context) (bool, error) {
		there, err := k.exists(ctx, r, e.ID)
		return !there && err == nil, err
	})
	if err != nil {
		return fmt.Errorf("deleting %s %s: %w", e.Kind, e.ID, err)
	}
	if !gone {
		return fmt.Errorf("deleting %s %s: it is still there after %v", e.Kind, e.ID, goneLimit)
	}
	return r.gone(e)
}

// gone records that a thing is not there any more.
func (r *run) gone(e steps.LedgerEntry) error {
	if e.Kind == "instance" {
		if err := r.unpin(e); err != nil {
			return err
		}
	}
	return r.state.Gone(r.step, e.Resource)
}

// holding reports whether something else still hangs on what is deleted, which
// AWS needs a while to see is gone.
func holding(err error) bool {
	switch code(err) {
	case "DependencyViolation", "InvalidIPAddress.InUse", "InvalidNetworkInterface.InUse", "VolumeInUse", "DeleteConflict",
		"BucketNotEmpty", "OperationAborted", "InvalidGroup.InUse", "ConcurrentModification", "IncorrectState":
		return true
	}
	return unanswered(err)
}

// sweep removes what bears the session's tag and is not recorded: a call whose
// answer was lost may have made a thing twice.
func (r *run) sweep(ctx context.Context) []error {
	left, err := r.left(ctx, r.state.ID())
	if err != nil {
		return []error{err}
	}
	var entries []steps.LedgerEntry
	for _, f := range left {
		if slices.ContainsFunc(r.state.Resources(), func(e steps.LedgerEntry) bool { return e.ID == f.id }) {
			continue // its removal failed, and said why
		}
		res := steps.Resource{Kind: f.kind, Name: f.part, ID: f.id}
		if f.kind != "volume" { // those go by themselves, a little after their instances
			r.emit(steps.Event{Kind: steps.Note, Msg: noteSwept, Args: steps.Args{"kind": f.kind, "id": f.id}})
		}
		entries = append(entries, steps.LedgerEntry{Resource: res, Step: r.step, Made: true, Args: f.args})
	}
	return r.removeEach(ctx, entries)
}

// left describes what is live of a session, or of all for "".
func (r *run) left(ctx context.Context, session string) ([]found, error) {
	var all []found
	for _, k := range kinds() {
		fs, err := k.list(ctx, r, session)
		if err != nil {
			return nil, fmt.Errorf("looking for what is left (%s): %w", k.name, err)
		}
		all = append(all, fs...)
	}
	return all, nil
}

// burn removes the private key and the host keys: nothing they open is left.
func (r *run) burn() error {
	for _, name := range []string{KeyFile, PinsFile} {
		if err := os.Remove(filepath.Join(r.o.Dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing %s: %w", name, err)
		}
	}
	return nil
}

// Orphan is something on the account that bears the tag of a session.
type Orphan struct {
	Session, Kind, ID string
	Since             time.Time // zero where AWS does not say
}

// Orphans finds what any session left on the account, in this region. A session
// opened with the id of a lost one removes what was that one's, at step 6.
func (w *Walk) Orphans(ctx context.Context) ([]Orphan, error) {
	r := &run{Walk: w, emit: func(steps.Event) {}}
	all, err := r.left(ctx, "")
	if err != nil {
		return nil, explain(err)
	}
	var orphans []Orphan
	for _, f := range all {
		orphans = append(orphans, Orphan{f.session, f.kind, f.id, f.since})
	}
	slices.SortStableFunc(orphans, func(a, b Orphan) int { return strings.Compare(a.Session, b.Session) })
	return orphans, nil
}
