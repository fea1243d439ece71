package tutorial

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"gatewalk/steps"
)

// Identity is who a configuration's credentials belong to.
type Identity struct {
	Account string // twelve digits
	Arn     string
}

// IsRoot reports whether an ARN is of an account's root user.
func IsRoot(arn string) bool { return strings.HasSuffix(arn, ":root") }

// WhoAmI asks STS, which every principal may. The error is a [*steps.Failure]
// where it can be explained.
func WhoAmI(ctx context.Context, cfg aws.Config) (Identity, error) {
	if cfg.Region == "" {
		return Identity{}, fail(failNoRegion, &aws.MissingRegionError{})
	}
	out, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	if err != nil {
		return Identity{}, explain(err)
	}
	return Identity{aws.ToString(out.Account), aws.ToString(out.Arn)}, nil
}

// Explain finds what an error of AWS's, or of the way to it, means; nil where
// that is not known.
func Explain(err error) *steps.Failure {
	var f *steps.Failure
	if errors.As(explain(err), &f) {
		return f
	}
	return nil
}
