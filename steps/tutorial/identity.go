package tutorial

import (
	"context"
	"errors"
	"regexp"
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

// regionName is the form of a region's code: "ap-northeast-2", "us-gov-west-1".
var regionName = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-\d+$`)

// IsRoot reports whether an ARN is of an account's root user.
func IsRoot(arn string) bool { return strings.HasSuffix(arn, ":root") }

// WhoAmI asks STS, which every principal may. The error is a [*steps.Failure]
// where it can be explained.
func WhoAmI(ctx context.Context, cfg aws.Config) (Identity, error) {
	if cfg.Region == "" {
		return Identity{}, fail(failNoRegion, &aws.MissingRegionError{})
	}
	if !regionName.MatchString(cfg.Region) {
		return Identity{}, fail(failBadRegion, nil, "region", cfg.Region)
	}
	out, err := sts.NewFromConfig(cfg, sts.WithAPIOptions(discreetly)).GetCallerIdentity(ctx, nil)
	if err != nil {
		return Identity{}, explain(err)
	}
	return Identity{aws.ToString(out.Account), aws.ToString(out.Arn)}, nil
}

// Explain finds what an error of AWS's, or of the way to it, means to somebody
// with that profile and region ("" for none); nil where that is not known.
func Explain(err error, profile, region string) *steps.Failure {
	var f *steps.Failure
	if errors.As(Named(explain(err), profile, region), &f) {
		return f
	}
	return nil
}
