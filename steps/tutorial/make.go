package tutorial

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"gatewalk/steps"
)

// The tags of everything that is made. A thing is found again by its session
// and its part, and cost reports show it by them.
const (
	tagSession = "gatewalk:session"
	tagPart    = "gatewalk:part"
	tagName    = "Name"
	tagRegion  = "gatewalk:region" // of what IAM has, which is the same in all regions
	// On the VPC, the bucket's name if the learner chose it: from the session's
	// id alone it could not be told.
	tagBucket = "gatewalk:bucket"
)

// EC2 is eventually consistent: what was just made may be unknown for a while.
const (
	settleEvery = 2 * time.Second
	settleLimit = 5 * time.Minute
	findLimit   = 12 * time.Second // until a thing that was not found was never made
)

// thing is something that a step makes.
type thing struct {
	kind, part string
	// token says that AWS takes a client token for it, and so makes one thing
	// of two calls.
	token bool
	make  func(ctx context.Context, token string) (id string, args steps.Args, err error)
}

// ensure makes a thing that is not there yet and returns its id. An intent is
// on disk before the call; where an earlier call may have come through without
// its answer, the thing is looked for first.
func (r *run) ensure(ctx context.Context, t thing) (string, error) {
	k := r.kind(t.kind)
	res := steps.Resource{Kind: t.kind, Name: t.part}
	limit := findLimit
	if t.token { // of this intent alone: a deleted thing must not come back by it
		res.Token, limit = r.state.ID()+"-"+t.part+"-"+randomHex(4), 0
	}
	doubt := false
	if e, ok := r.state.Find(t.kind, t.part); ok {
		if e.Made {
			there, err := r.settled(ctx, e.ID, k)
			if there || err != nil {
				return e.ID, err
			}
			r.emit(steps.Event{Kind: steps.Note, Msg: noteLost, Args: steps.Args{"kind": e.Kind, "id": e.ID}})
			if err := r.gone(e); err != nil {
				return "", err
			}
		} else {
			res.Token, doubt = e.Token, true
		}
	}
	for try := 1; ; try++ {
		if doubt {
			id, args, err := r.find(ctx, k, t.part, limit)
			if err != nil {
				return "", err
			}
			if id != "" {
				r.emit(steps.Event{Kind: steps.Note, Msg: noteFound, Args: steps.Args{"kind": t.kind, "id": id}})
				res.ID = id
				return id, r.state.Made(r.step, res, args)
			}
		} else if err := r.state.Intend(r.step, res); err != nil {
			return "", err
		}
		id, args, err := t.make(ctx, res.Token)
		switch {
		case err == nil:
			res.ID = id
			return id, r.state.Made(r.step, res, args)
		case unanswered(err) && ctx.Err() == nil && try < 3:
			doubt = true // it may be there all the same
		case code(err) == "IdempotentParameterMismatch" && doubt && limit == 0:
			limit = findLimit // it is there, as it was asked for before: in another zone, say
		case !unanswered(err) && ctx.Err() == nil && !doubt:
			// AWS refused: nothing was made, and the intent is void.
			return "", errors.Join(fmt.Errorf("making %s/%s: %w", t.kind, t.part, err), r.state.Gone(r.step, res))
		default:
			return "", fmt.Errorf("making %s/%s: %w", t.kind, t.part, err)
		}
	}
}

// find looks for a thing that may have been made, for up to limit: AWS may not
// know it yet.
func (r *run) find(ctx context.Context, k *kind, part string, limit time.Duration) (id string, args steps.Args, err error) {
	_, err = r.wait(ctx, waitPropagation, "", 3*time.Second, limit, func(ctx context.Context) (bool, error) {
		all, err := k.list(ctx, r, r.state.ID())
		for _, f := range all {
			if f.part == part {
				id, args = f.id, f.args
			}
		}
		return id != "", err
	})
	return id, args, err
}

// settled reports whether a recorded thing is there. One that is not seen is
// looked for a little longer: it may be only just made.
func (r *run) settled(ctx context.Context, id string, k *kind) (bool, error) {
	return r.wait(ctx, waitPropagation, "", 3*time.Second, findLimit, func(ctx context.Context) (bool, error) {
		return k.exists(ctx, r, id)
	})
}

// patiently repeats a call for as long as its error is one that time mends:
// throttling, and what worth says. msg is what is waited for.
func (r *run) patiently(ctx context.Context, msg string, limit time.Duration, worth func(error) bool, call func(context.Context) error) error {
	var last error
	_, err := r.wait(ctx, msg, "", settleEvery, limit, func(ctx context.Context) (bool, error) {
		last = call(ctx)
		if last == nil || ctx.Err() != nil || !throttled(last) && !worth(last) {
			return true, last
		}
		return false, nil
	})
	if err == nil {
		err = last
	}
	return err
}

// once is patiently for a call about something that was just made.
func (r *run) once(ctx context.Context, call func(context.Context) error) error {
	return r.patiently(ctx, waitPropagation, settleLimit, missing, call)
}

// single is the option of a call that makes something without a token: the SDK
// must not repeat it by itself, as an answer that was lost would leave two.
// [run.ensure] looks first.
func single(o *ec2.Options) { o.Retryer = aws.NopRetryer{} }

// tags are those of one thing, for the call that makes it.
func (r *run) tags(part string, resource ...types.ResourceType) []types.TagSpecification {
	var specs []types.TagSpecification
	for _, t := range resource {
		tags := []types.Tag{
			{Key: aws.String(tagName), Value: aws.String(r.name(part))},
			{Key: aws.String(tagSession), Value: aws.String(r.state.ID())},
			{Key: aws.String(tagPart), Value: aws.String(part)},
		}
		for _, own := range r.ownTags() {
			tags = append(tags, types.Tag{Key: &own[0], Value: &own[1]})
		}
		specs = append(specs, types.TagSpecification{ResourceType: t, Tags: tags})
	}
	return specs
}

// ValidTag reports whether a learner may give such a tag: AWS takes it for each
// thing, and it is none of the walk's own.
func ValidTag(key, value string) bool {
	length := utf8.RuneCountInString
	return key != "" && length(key) <= 128 && length(value) <= 256 && tagText.MatchString(key) && tagText.MatchString(value) &&
		key != tagName && !strings.HasPrefix(key, "gatewalk:") && !strings.HasPrefix(strings.ToLower(key), "aws:")
}

// tagText is what EC2, S3 and IAM take alike. The lengths are counted outside
// of it: {0,256} costs every start of the program milliseconds.
var tagText = regexp.MustCompile(`^[\p{L}\p{N} _.:/=+@-]*$`)

// ownTags are the learner's, by key.
func (r *run) ownTags() (tags [][2]string) {
	own := r.o.Tags
	if len(own) == 0 {
		_ = json.Unmarshal([]byte(r.state.Value(valueTags)), &own) // none are kept where there is nothing to read
	}
	for _, key := range slices.Sorted(maps.Keys(own)) {
		tags = append(tags, [2]string{key, own[key]})
	}
	return tags
}

// keepTags notes the learner's tags for what is made later.
func (r *run) keepTags() error {
	if len(r.o.Tags) == 0 {
		return nil
	}
	text, err := json.Marshal(r.o.Tags)
	if err != nil {
		return fmt.Errorf("noting the tags: %w", err)
	}
	return r.state.Set(valueTags, string(text))
}

// name is how a thing is shown in the console.
func (r *run) name(part string) string {
	if part == main {
		return baseName(r.state.ID())
	}
	return baseName(r.state.ID()) + "-" + part
}

// baseName begins the name of everything a session makes; the policy for the
// person who walks is limited to names that begin so.
func baseName(session string) string { return "gatewalk-" + session }

// filter is an EC2 filter with one name.
func filter(name string, values ...string) types.Filter {
	return types.Filter{Name: aws.String(name), Values: values}
}

// tag is the value of one tag.
func tag(tags []types.Tag, key string) string {
	for _, t := range tags {
		if aws.ToString(t.Key) == key {
			return aws.ToString(t.Value)
		}
	}
	return ""
}

func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails, by its documentation
	return hex.EncodeToString(b)
}
