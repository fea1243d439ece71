package tutorial

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"gatewalk/steps"
)

// kind is how one sort of resource is found and removed.
type kind struct {
	name string
	// list gives the live ones of a session, or of every session for "".
	list func(ctx context.Context, r *run, session string) ([]found, error)
	// exists reports whether one is live.
	exists func(ctx context.Context, r *run, id string) (bool, error)
	// remove deletes one. That it is not there is no error; that something
	// hangs on it is one that is tried again.
	remove func(ctx context.Context, r *run, e steps.LedgerEntry) error
}

// found is a resource as AWS describes it.
type found struct {
	kind, part, session, id string
	args                    steps.Args
	since                   time.Time // where AWS says when it was made
}

// The Made events of each kind, as the faces read them (kind/part: Args):
//
//	bucket/main: name, region          object/sample: key, size
//	vpc/main: cidr                     subnet/public, private: cidr, zone
//	key-pair/main: fingerprint         vpc-endpoint/s3: service, route_table (public, private), state
//	instance/bastion, private: private_ip, public_ip, public_dns, private_dns, type, zone, state
//	internet-gateway/main, route-table/public, private, security-group/bastion, private, role/main, instance-profile/main: none
//
// An instance is said to be made twice: when it is, and when it runs and its
// public address is known.

// kinds are all sorts, in the order of removal: what hangs on something goes
// before it.
func kinds() []*kind {
	return []*kind{
		endpointKind(), objectKind(), bucketKind(), keyPairKind(), instanceKind(), profileKind(), roleKind(),
		groupKind(), subnetKind(), routeTableKind(), gatewayKind(), vpcKind(), volumeKind(),
	}
}

func (r *run) kind(name string) *kind {
	all := kinds()
	i := slices.IndexFunc(all, func(k *kind) bool { return k.name == name })
	if i < 0 {
		// Of a session that a later gatewalk wrote: what it is, this one cannot
		// know, and says so instead of leaving it behind unsaid.
		unknown := fmt.Errorf("this gatewalk does not know resources of the kind %q", name)
		return &kind{name: name,
			list:   func(context.Context, *run, string) ([]found, error) { return nil, unknown },
			exists: func(context.Context, *run, string) (bool, error) { return true, unknown },
			remove: func(context.Context, *run, steps.LedgerEntry) error { return unknown },
		}
	}
	return all[i]
}

// ec2Kind is a kind that EC2 describes by filters: by tag, and by id through
// the filter idFilter, which finds nothing where naming the id would be an
// error.
func ec2Kind[Thing any](name, idFilter string, describe func(*run, context.Context, ...types.Filter) ([]Thing, error), read func(Thing) found,
	remove func(context.Context, *run, steps.LedgerEntry) error) *kind {
	return &kind{
		name: name,
		list: func(ctx context.Context, r *run, session string) ([]found, error) {
			by := filter("tag-key", tagSession)
			if session != "" {
				by = filter("tag:"+tagSession, session)
			}
			things, err := describe(r, ctx, by)
			if err != nil {
				return nil, err
			}
			var all []found
			for _, t := range things {
				f := read(t)
				f.kind = name
				all = append(all, f)
			}
			return all, nil
		},
		exists: func(ctx context.Context, r *run, id string) (bool, error) {
			things, err := describe(r, ctx, filter(idFilter, id))
			return len(things) > 0, err
		},
		remove: remove,
	}
}

// ec2Found reads the tags that say whose an EC2 resource is.
func ec2Found(id *string, tags []types.Tag, args steps.Args) found {
	return found{id: aws.ToString(id), part: tag(tags, tagPart), session: tag(tags, tagSession), args: args}
}
