package tutorial

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// checkPolicies is 5: the guide's two checks, the role's policy and the
// bucket's, and the third that it leaves out, the endpoint's own.
func (r *run) checkPolicies(ctx context.Context) error {
	name, bucket := r.name(main), r.state.Value(valueBucket)
	if bucket == "" {
		return fail(failNeeds, nil, "step", "3.1")
	}
	var rows [][]string
	role, err := r.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &name, PolicyName: aws.String(rolePolicyName)})
	if err != nil {
		if missing(err) {
			return fail(failRolePolicy, err, "role", name)
		}
		return fmt.Errorf("reading the role's policy: %w", err)
	}
	text, err := url.QueryUnescape(aws.ToString(role.PolicyDocument)) // IAM sends it so
	if err != nil {
		return fmt.Errorf("reading the role's policy: %w", err)
	}
	got, err := statements("role", text)
	if err != nil {
		return err
	}
	if !allows(got, "s3:ListBucket") {
		return fail(failRolePolicy, nil, "role", name)
	}
	rows = append(rows, got...)

	policy, err := r.s3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &bucket})
	if err != nil {
		if missing(err) {
			return fail(failBucketPolicy, err, "bucket", bucket)
		}
		return fmt.Errorf("reading the bucket's policy: %w", err)
	}
	if got, err = statements("bucket", aws.ToString(policy.Policy)); err != nil {
		return err
	}
	if !allows(got, "s3:ListBucket") {
		return fail(failBucketPolicy, nil, "bucket", bucket)
	}
	rows = append(rows, got...)

	if id, err := r.id("vpc-endpoint", endpointPart); err == nil {
		e, err := r.endpoint(ctx, id)
		if err != nil {
			return fmt.Errorf("reading the endpoint's policy: %w", err)
		}
		if e != nil {
			if got, err = statements("endpoint", aws.ToString(e.PolicyDocument)); err != nil {
				return err
			}
			rows = append(rows, got...)
		}
	}
	r.observe(seePolicies, "", nil, rows...)
	return nil
}

// statements are the rows of a policy: which, effect, principal, action,
// resource.
func statements(which, text string) ([][]string, error) {
	var doc struct {
		Statement []struct {
			Effect                      string
			Principal, Action, Resource any
		}
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		return nil, fmt.Errorf("reading the %s's policy: %w", which, err)
	}
	var rows [][]string
	for _, s := range doc.Statement {
		rows = append(rows, []string{which, s.Effect, words(s.Principal), words(s.Action), words(s.Resource)})
	}
	return rows, nil
}

// words reads what IAM lets be one string, several, or a map of them.
func words(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		var all []string
		for _, x := range v {
			all = append(all, words(x))
		}
		return strings.Join(all, ", ")
	case map[string]any:
		for _, x := range v { // a principal of one kind
			return words(x)
		}
	}
	return ""
}

func allows(rows [][]string, action string) bool {
	for _, row := range rows {
		if row[1] != "Allow" {
			continue
		}
		for a := range strings.SplitSeq(row[3], ", ") {
			if a == action || a == "*" || a == "s3:*" {
				return true
			}
		}
	}
	return false
}
