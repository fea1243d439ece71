package tutorial

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"gatewalk/steps"
)

// rolePolicyName is the inline policy that lets the instances read the bucket.
const rolePolicyName = "read-the-bucket"

// role makes the instances' role and the profile that hands it to them.
func (r *run) role(ctx context.Context) error {
	name := r.name(main)
	_, err := r.ensure(ctx, thing{kind: "role", part: main, make: func(ctx context.Context, _ string) (string, steps.Args, error) {
		_, err := r.iam.CreateRole(ctx, &iam.CreateRoleInput{
			RoleName: &name, Description: aws.String("gatewalk: instances that list a bucket"),
			AssumeRolePolicyDocument: aws.String(trustPolicy(r.partition())), Tags: r.iamTags(),
		})
		return name, nil, unless(err, "EntityAlreadyExists")
	}})
	if err != nil {
		return err
	}
	err = r.once(ctx, func(ctx context.Context) error {
		_, err := r.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
			RoleName: &name, PolicyName: aws.String(rolePolicyName), PolicyDocument: aws.String(RolePolicy(r.partition(), r.state.Value(valueBucket))),
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("writing the policy of %s: %w", name, err)
	}
	_, err = r.ensure(ctx, thing{kind: "instance-profile", part: main, make: func(ctx context.Context, _ string) (string, steps.Args, error) {
		_, err := r.iam.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: &name, Tags: r.iamTags()})
		return name, nil, unless(err, "EntityAlreadyExists")
	}})
	if err != nil {
		return err
	}
	unseen := func(err error) bool { return missing(err) || code(err) == "LimitExceeded" } // it has one that is not to be seen yet
	err = r.patiently(ctx, waitPropagation, settleLimit, unseen, func(ctx context.Context) error {
		// A profile holds one role, and adding it twice is an error.
		out, err := r.iam.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &name})
		if err != nil || len(out.InstanceProfile.Roles) > 0 {
			return err
		}
		_, err = r.iam.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &name, RoleName: &name})
		return err
	})
	if err != nil {
		return fmt.Errorf("adding %s to its profile: %w", name, err)
	}
	return nil
}

// unless is err, or nil if AWS's code is one that says it is done already.
func unless(err error, done ...string) error {
	for _, c := range done {
		if code(err) == c {
			return nil
		}
	}
	return err
}

func roleKind() *kind {
	return iamKind("role",
		func(ctx context.Context, r *run) ([]found, error) {
			roles, err := collect(ctx, iam.NewListRolesPaginator(r.iam, &iam.ListRolesInput{}),
				func(p *iam.ListRolesOutput) []types.Role { return p.Roles })
			var all []found
			for _, role := range roles {
				all = append(all, found{id: aws.ToString(role.RoleName), since: aws.ToTime(role.CreateDate)})
			}
			return all, err
		},
		func(ctx context.Context, r *run, name string) ([]types.Tag, error) {
			out, err := r.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
			if err != nil {
				return nil, err
			}
			return out.Role.Tags, nil
		},
		func(ctx context.Context, r *run, e steps.LedgerEntry) error {
			_, err := r.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &e.ID, PolicyName: aws.String(rolePolicyName)})
			if err = unless(err, "NoSuchEntity"); err != nil {
				return err
			}
			_, err = r.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &e.ID})
			return err
		})
}

func profileKind() *kind {
	return iamKind("instance-profile",
		func(ctx context.Context, r *run) ([]found, error) {
			profiles, err := collect(ctx, iam.NewListInstanceProfilesPaginator(r.iam, &iam.ListInstanceProfilesInput{}),
				func(p *iam.ListInstanceProfilesOutput) []types.InstanceProfile { return p.InstanceProfiles })
			var all []found
			for _, p := range profiles {
				all = append(all, found{id: aws.ToString(p.InstanceProfileName), since: aws.ToTime(p.CreateDate)})
			}
			return all, err
		},
		func(ctx context.Context, r *run, name string) ([]types.Tag, error) {
			out, err := r.iam.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &name})
			if err != nil {
				return nil, err
			}
			return out.InstanceProfile.Tags, nil
		},
		func(ctx context.Context, r *run, e steps.LedgerEntry) error {
			out, err := r.iam.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &e.ID})
			if err != nil {
				return err
			}
			for _, role := range out.InstanceProfile.Roles {
				_, err := r.iam.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: &e.ID, RoleName: role.RoleName})
				if err = unless(err, "NoSuchEntity"); err != nil {
					return err
				}
			}
			_, err = r.iam.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: &e.ID})
			return err
		})
}

// iamKind is a kind that IAM knows by its name, of which a session has one. IAM
// is the same in all regions, and shows tags to those alone who ask by name:
// they say whose a thing is, and of which region.
func iamKind(name string, all func(context.Context, *run) ([]found, error), tagsOf func(ctx context.Context, r *run, name string) ([]types.Tag, error),
	remove func(context.Context, *run, steps.LedgerEntry) error) *kind {
	return &kind{
		name: name,
		list: func(ctx context.Context, r *run, session string) ([]found, error) {
			named := []found{{id: baseName(session)}}
			if session == "" {
				var err error
				if named, err = all(ctx, r); err != nil {
					return nil, err
				}
			}
			var ours []found
			for _, f := range named {
				if !strings.HasPrefix(f.id, baseName(session)) {
					continue
				}
				tags, err := tagsOf(ctx, r, f.id)
				if missing(err) {
					continue
				}
				if err != nil {
					return nil, err
				}
				f.kind, f.part, f.session = name, main, iamTag(tags, tagSession)
				if f.session != "" && f.id == baseName(f.session) && iamTag(tags, tagRegion) == r.region() {
					ours = append(ours, f)
				}
			}
			return ours, nil
		},
		exists: func(ctx context.Context, r *run, name string) (bool, error) {
			_, err := tagsOf(ctx, r, name)
			return err == nil, unless(err, "NoSuchEntity")
		},
		remove: remove,
	}
}

func (r *run) iamTags() []types.Tag {
	tags := []types.Tag{
		{Key: aws.String(tagSession), Value: aws.String(r.state.ID())},
		{Key: aws.String(tagPart), Value: aws.String(main)},
		{Key: aws.String(tagRegion), Value: aws.String(r.region())},
	}
	for _, own := range r.ownTags() {
		tags = append(tags, types.Tag{Key: &own[0], Value: &own[1]})
	}
	return tags
}

func iamTag(tags []types.Tag, key string) string {
	for _, t := range tags {
		if aws.ToString(t.Key) == key {
			return aws.ToString(t.Value)
		}
	}
	return ""
}
