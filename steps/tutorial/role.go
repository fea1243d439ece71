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
	err = r.once(ctx, func(ctx context.Context) error {
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

func (r *run) iamTags() []types.Tag {
	return []types.Tag{
		{Key: aws.String(tagSession), Value: aws.String(r.state.ID())},
		{Key: aws.String(tagPart), Value: aws.String(main)},
	}
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

// ofSession reads the session out of a name that [baseName] made.
func ofSession(name string) (session string, ok bool) {
	session, ok = strings.CutPrefix(name, baseName(""))
	return session, ok && strings.HasPrefix(session, "gw-")
}

func roleKind() *kind {
	exists := func(ctx context.Context, r *run, name string) (bool, error) {
		_, err := r.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
		return err == nil, unless(err, "NoSuchEntity")
	}
	return &kind{
		name:   "role",
		exists: exists,
		list: func(ctx context.Context, r *run, session string) ([]found, error) {
			if session != "" {
				return named(ctx, r, "role", session, exists)
			}
			roles, err := collect(ctx, iam.NewListRolesPaginator(r.iam, &iam.ListRolesInput{}),
				func(p *iam.ListRolesOutput) []types.Role { return p.Roles })
			var all []found
			for _, role := range roles {
				if s, ok := ofSession(aws.ToString(role.RoleName)); ok {
					all = append(all, found{kind: "role", part: main, session: s, id: *role.RoleName, since: aws.ToTime(role.CreateDate)})
				}
			}
			return all, err
		},
		remove: func(ctx context.Context, r *run, e steps.LedgerEntry) error {
			_, err := r.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &e.ID, PolicyName: aws.String(rolePolicyName)})
			if err = unless(err, "NoSuchEntity"); err != nil {
				return err
			}
			_, err = r.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &e.ID})
			return err
		},
	}
}

func profileKind() *kind {
	exists := func(ctx context.Context, r *run, name string) (bool, error) {
		_, err := r.iam.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &name})
		return err == nil, unless(err, "NoSuchEntity")
	}
	return &kind{
		name:   "instance-profile",
		exists: exists,
		list: func(ctx context.Context, r *run, session string) ([]found, error) {
			if session != "" {
				return named(ctx, r, "instance-profile", session, exists)
			}
			profiles, err := collect(ctx, iam.NewListInstanceProfilesPaginator(r.iam, &iam.ListInstanceProfilesInput{}),
				func(p *iam.ListInstanceProfilesOutput) []types.InstanceProfile { return p.InstanceProfiles })
			var all []found
			for _, p := range profiles {
				if s, ok := ofSession(aws.ToString(p.InstanceProfileName)); ok {
					all = append(all, found{kind: "instance-profile", part: main, session: s, id: *p.InstanceProfileName, since: aws.ToTime(p.CreateDate)})
				}
			}
			return all, err
		},
		remove: func(ctx context.Context, r *run, e steps.LedgerEntry) error {
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
		},
	}
}

// named is the list of a kind whose one thing a session knows by its name.
func named(ctx context.Context, r *run, kind, session string, exists func(context.Context, *run, string) (bool, error)) ([]found, error) {
	name := baseName(session)
	ok, err := exists(ctx, r, name)
	if err != nil || !ok {
		return nil, err
	}
	return []found{{kind: kind, part: main, session: session, id: name}}, nil
}
