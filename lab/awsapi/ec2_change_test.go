package awsapi

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"gatewalk/lab/world"
)

// What is said of an instance at its start or later is what happens to it.
func TestInstanceAttributes(t *testing.T) {
	l := newAPI(t, 5000)
	l.live()
	c, ctx, s := l.ec2, l.ctx, aws.String
	vpc := l.vpc("10.0.0.0/16")
	subnet := l.subnet(vpc, "10.0.1.0/24")
	id := l.run(subnet, func(in *ec2.RunInstancesInput) {
		in.DisableApiTermination, in.InstanceInitiatedShutdownBehavior = aws.Bool(true), "terminate"
		in.SubnetId = nil
		in.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), SubnetId: &subnet, AssociatePublicIpAddress: aws.Bool(true)}}
	}).InstanceId
	ids := []string{*id}
	state := func() string { return l.world.Snapshot().Instances[*id].State }
	until(t, func() bool { return state() == world.Running })
	attribute := func(name types.InstanceAttributeName) *ec2.DescribeInstanceAttributeOutput {
		return must(c.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: id, Attribute: name}))(t)
	}
	if !*attribute("disableApiTermination").DisableApiTermination.Value || *attribute("instanceInitiatedShutdownBehavior").InstanceInitiatedShutdownBehavior.Value != "terminate" {
		t.Error("what was asked for at the launch is not there")
	}
	if _, err := c.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: ids}); code(err) != "OperationNotPermitted" || state() != world.Running {
		t.Errorf("terminated in spite of its lock: %v", err)
	}
	set := func(change func(*ec2.ModifyInstanceAttributeInput)) error {
		in := &ec2.ModifyInstanceAttributeInput{InstanceId: id}
		change(in)
		_, err := c.ModifyInstanceAttribute(ctx, in)
		return err
	}
	lock := func(on bool) func(*ec2.ModifyInstanceAttributeInput) {
		return func(in *ec2.ModifyInstanceAttributeInput) {
			in.DisableApiStop = &types.AttributeBooleanValue{Value: &on}
		}
	}
	size := func(in *ec2.ModifyInstanceAttributeInput) {
		in.InstanceType = &types.AttributeValue{Value: s("t3.small")}
	}
	if err := set(lock(true)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: ids}); code(err) != "OperationNotPermitted" {
		t.Errorf("stopped in spite of its lock: %v", err)
	}
	if err := set(size); code(err) != "IncorrectInstanceState" {
		t.Errorf("another size while it runs: %v", err)
	}
	if err := set(lock(false)); err != nil {
		t.Fatal(err)
	}
	public := func() string {
		return aws.ToString(must(c.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: ids}))(t).Reservations[0].Instances[0].PublicIpAddress)
	}
	was := public()
	must(c.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: ids}))(t)
	until(t, func() bool { return state() == world.Stopped })
	if err := set(size); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []struct{ kind, code string }{{"t4g.small", "InvalidParameterValue"}, {"t9.huge", "InvalidParameterValue"}} {
		if err := set(func(in *ec2.ModifyInstanceAttributeInput) {
			in.InstanceType = &types.AttributeValue{Value: &wrong.kind}
		}); code(err) != wrong.code {
			t.Errorf("%s: %v", wrong.kind, err)
		}
	}
	must(c.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: ids}))(t)
	until(t, func() bool { return state() == world.Running })
	if now := public(); was == "" || now == "" || now == was {
		t.Errorf("its public address was %q and is %q: a start gives a new one, as it was launched with one", was, now)
	}
	if kind := *attribute("instanceType").InstanceType.Value; kind != "t3.small" {
		t.Errorf("it is a %s", kind)
	}
	// The older form of the same.
	if err := set(func(in *ec2.ModifyInstanceAttributeInput) {
		in.Attribute, in.Value = "disableApiTermination", s("false")
	}); err != nil {
		t.Fatal(err)
	}
	must(c.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: ids}))(t)
	if err := set(func(in *ec2.ModifyInstanceAttributeInput) {
		in.SourceDestCheck = &types.AttributeBooleanValue{Value: aws.Bool(false)}
	}); code(err) != "UnsupportedOperation" {
		t.Errorf("a router: %v", err)
	}
}
