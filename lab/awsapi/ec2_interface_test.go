package awsapi

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"gatewalk/lab/world"
)

// An interface of one's own has its address before there is an instance, and
// keeps it after.
func TestOwnInterface(t *testing.T) {
	l := newAPI(t, 5000)
	l.live()
	c, ctx, s := l.ec2, l.ctx, aws.String
	vpc := l.vpc("10.0.0.0/16")
	subnet := l.subnet(vpc, "10.0.2.0/24")
	in := &ec2.CreateNetworkInterfaceInput{SubnetId: &subnet, PrivateIpAddress: s("10.0.2.234"), Description: s("mine"), ClientToken: s("t"), TagSpecifications: tagged("network-interface", "Name", "n")}
	made := must(c.CreateNetworkInterface(ctx, in))(t).NetworkInterface
	id := *made.NetworkInterfaceId
	if again := must(c.CreateNetworkInterface(ctx, in))(t).NetworkInterface; *again.NetworkInterfaceId != id {
		t.Errorf("the same token made %s and %s", id, *again.NetworkInterfaceId)
	}
	see := func() types.NetworkInterface {
		return must(c.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{id}}))(t).NetworkInterfaces[0]
	}
	if i := see(); i.Status != "available" || i.Attachment != nil || *i.PrivateIpAddress != "10.0.2.234" || i.InterfaceType != "interface" || *i.RequesterManaged || *i.Groups[0].GroupName != "default" || *i.TagSet[0].Value != "n" {
		t.Errorf("a new interface: %+v", i)
	}
	if found := must(c.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: filter("status", "available")}))(t).NetworkInterfaces; len(found) != 1 {
		t.Errorf("%d interfaces are available", len(found))
	}
	if _, err := c.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: &subnet, PrivateIpAddress: s("10.0.2.234")}); code(err) != "InvalidIPAddress.InUse" {
		t.Errorf("a second one at the address: %v", err)
	}
	if _, err := c.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &subnet}); code(err) != "DependencyViolation" {
		t.Errorf("its subnet is deleted: %v", err)
	}

	launch := func(in *ec2.RunInstancesInput) {
		in.SubnetId = nil
		in.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), NetworkInterfaceId: &id}}
	}
	i := l.run(subnet, launch)
	if n := i.NetworkInterfaces[0]; *n.NetworkInterfaceId != id || *i.PrivateIpAddress != "10.0.2.234" || *i.SubnetId != subnet || *n.Attachment.DeleteOnTermination {
		t.Errorf("the instance with it: %+v", i)
	}
	if n := see(); n.Status != "in-use" || *n.Attachment.InstanceId != *i.InstanceId || *n.Attachment.DeleteOnTermination {
		t.Errorf("attached: %+v", n)
	}
	wrong := func(what, want string, err error) {
		t.Helper()
		if code(err) != want {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
	}
	second := &ec2.RunInstancesInput{ImageId: s(l.image()), InstanceType: "t3.micro", MinCount: aws.Int32(1), MaxCount: aws.Int32(1)}
	launch(second)
	_, err := c.RunInstances(ctx, second)
	wrong("a second instance with it", "InvalidNetworkInterface.InUse", err)
	second.NetworkInterfaces[0].PrivateIpAddress = s("10.0.2.9")
	_, err = c.RunInstances(ctx, second)
	wrong("with an address that it has not", "InvalidParameterCombination", err)
	_, err = c.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &id})
	wrong("deleted in use", "InvalidParameterValue", err)
	_, err = c.DetachNetworkInterface(ctx, &ec2.DetachNetworkInterfaceInput{AttachmentId: see().Attachment.AttachmentId})
	wrong("detached", "OperationNotPermitted", err)

	must(c.ModifyNetworkInterfaceAttribute(ctx, &ec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: &id, Description: &types.AttributeValue{Value: s("ours")}}))(t)
	if got := must(c.DescribeNetworkInterfaceAttribute(ctx, &ec2.DescribeNetworkInterfaceAttributeInput{NetworkInterfaceId: &id, Attribute: "description"}))(t); *got.Description.Value != "ours" {
		t.Errorf("its description is %s", *got.Description.Value)
	}
	end := func(id *string) {
		t.Helper()
		must(c.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{*id}}))(t)
		until(t, func() bool { return l.world.Snapshot().Instances[*id].State == world.Terminated })
	}
	end(i.InstanceId)
	if n := see(); n.Status != "available" || n.Attachment != nil {
		t.Errorf("after its instance: %+v", n)
	}

	// This time it is to go with its instance.
	i = l.run(subnet, launch)
	keep := &types.NetworkInterfaceAttachmentChanges{AttachmentId: i.NetworkInterfaces[0].Attachment.AttachmentId, DeleteOnTermination: aws.Bool(true)}
	must(c.ModifyNetworkInterfaceAttribute(ctx, &ec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: &id, Attachment: keep}))(t)
	end(i.InstanceId)
	_, err = c.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{id}})
	wrong("after it was to go", "InvalidNetworkInterfaceID.NotFound", err)
	must(c.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &subnet}))(t)
}

// What a description says can be filtered by.
func TestFiltersOfInterfaces(t *testing.T) {
	l := newAPI(t, 1)
	c, ctx := l.ec2, l.ctx
	vpc := l.vpc("10.0.0.0/16")
	l.gateway(vpc)
	i := l.run(l.subnet(vpc, "10.0.1.0/24"), nil)
	n := i.NetworkInterfaces[0]
	eip := must(c.AllocateAddress(ctx, &ec2.AllocateAddressInput{}))(t)
	link := *must(c.AssociateAddress(ctx, &ec2.AssociateAddressInput{AllocationId: eip.AllocationId, NetworkInterfaceId: n.NetworkInterfaceId}))(t).AssociationId
	l.run(l.subnet(vpc, "10.0.2.0/24"), nil) // another, with another interface
	for name, value := range map[string]string{
		"network-interface.private-ip-address": *n.PrivateIpAddress, "network-interface.private-dns-name": *n.PrivateDnsName, "network-interface.mac-address": *n.MacAddress,
		"network-interface.attachment.attachment-id": *n.Attachment.AttachmentId, "network-interface.attachment.instance-id": *i.InstanceId,
		"network-interface.association.public-ip": *eip.PublicIp, "network-interface.association.allocation-id": *eip.AllocationId,
	} {
		found := must(c.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: filter(name, value)}))(t).Reservations
		if len(found) != 1 || *found[0].Instances[0].InstanceId != *i.InstanceId {
			t.Errorf("instances by %s: %d", name, len(found))
		}
	}
	for name, value := range map[string]string{
		"virtualization-type": "hvm", "hypervisor": "xen", "tenancy": "default", "platform-details": "Linux/UNIX", "root-device-name": "/dev/xvda", "source-dest-check": "true",
		"availability-zone-id": "apne2-az1", "metadata-options.http-endpoint": "enabled", "metadata-options.http-put-response-hop-limit": "2", "monitoring-state": "disabled",
		"network-interface.status": "in-use", "network-interface.group-name": "default", "network-interface.attachment.delete-on-termination": "true", "network-interface.availability-zone": "ap-northeast-2a",
	} {
		if found := must(c.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: filter(name, value)}))(t).Reservations; len(found) != 2 {
			t.Errorf("instances by %s: %d", name, len(found))
		}
		if found := must(c.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: filter(name, "nothing")}))(t).Reservations; len(found) != 0 {
			t.Errorf("instances by another %s: %d", name, len(found))
		}
	}
	for name, value := range map[string]string{
		"private-dns-name": *n.PrivateDnsName, "association.association-id": link, "availability-zone-id": "apne2-az1", "source-dest-check": "true", "attachment.delete-on-termination": "true",
	} {
		found := must(c.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: append(filter(name, value), filter("addresses.private-ip-address", *n.PrivateIpAddress)...)}))(t).NetworkInterfaces
		if len(found) != 1 || *found[0].NetworkInterfaceId != *n.NetworkInterfaceId {
			t.Errorf("interfaces by %s: %d", name, len(found))
		}
	}
}
