package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"

	"gatewalk/steps/tutorial"
)

// policy prints the least rights of the walk, or the bucket policy it sets, and
// how the first is put to use.
func (o *options) policy(ctx context.Context, which string) error {
	region, err := o.policyRegion(ctx)
	if err != nil {
		return err
	}
	partition := tutorial.Partition(region)
	switch which {
	case "iam":
		if _, err := fmt.Fprintln(o.stdout, tutorial.Policy(partition, region, "*", o.bucket)); err != nil {
			return err
		}
		fmt.Fprintf(o.stderr, o.say().PolicyFor+"\n", region)
		bucket := ""
		if o.bucket != "" {
			bucket = " --bucket " + o.bucket
		}
		fmt.Fprintf(o.stderr, "  gatewalk policy iam --region %s%s > gatewalk.json\n", region, bucket)
		fmt.Fprintln(o.stderr, "  aws iam create-policy --policy-name gatewalk --policy-document file://gatewalk.json")
		fmt.Fprintf(o.stderr, "  aws iam attach-user-policy --user-name USER --policy-arn arn:%s:iam::ACCOUNT:policy/gatewalk\n", partition)
		fmt.Fprintln(o.stderr, o.say().PolicyProve)
		return nil
	case "bucket":
		_, err := fmt.Fprintln(o.stdout, tutorial.BucketPolicy(partition, "ACCOUNT", cmp.Or(o.bucket, "BUCKET"), "ROLE"))
		return err
	}
	return usage(o.say().Wrong.OneOf, "policy", which, "iam, bucket")
}

// policyRegion is the region of --region, the environment or the profile; the
// guide's where none says any. Nobody is asked.
func (o *options) policyRegion(ctx context.Context) (string, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithLogger(logging.Nop{}), config.WithSharedConfigProfile(o.profile))
	if err != nil && o.region == "" {
		return "", o.explain(tutorial.BadConfig(err))
	}
	return cmp.Or(o.region, cfg.Region, "ap-northeast-2"), nil
}
