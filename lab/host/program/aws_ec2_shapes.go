package program

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"gatewalk/lab/host/program/awsout"
)

// ec2Shapes are the parts of EC2's answers, one a line, their members in the
// order of the service model (botocore ec2/2016-11-15), which is the order in
// which they are printed. A member is Name[=wireName][:type]; without a wire
// name it is Name with a small first letter; without a type a string. Types are
// bool, int, time, a shape, and []of these.
const ec2Shapes = `
DescribeRouteTablesResult RouteTables=routeTableSet:[]RouteTable NextToken
DescribeVpcEndpointsResult VpcEndpoints=vpcEndpointSet:[]VpcEndpoint NextToken
DescribeVpcEndpointServicesResult ServiceNames=serviceNameSet:[] ServiceDetails=serviceDetailSet:[]ServiceDetail NextToken
DescribeVpcsResult NextToken Vpcs=vpcSet:[]Vpc
DescribeSubnetsResult NextToken Subnets=subnetSet:[]Subnet
DescribeInstancesResult NextToken Reservations=reservationSet:[]Reservation
DescribeSecurityGroupsResult NextToken SecurityGroups=securityGroupInfo:[]SecurityGroup
DescribeInternetGatewaysResult InternetGateways=internetGatewaySet:[]InternetGateway NextToken
DescribeNetworkInterfacesResult NetworkInterfaces=networkInterfaceSet:[]NetworkInterface NextToken
DescribePrefixListsResult NextToken PrefixLists=prefixListSet:[]PrefixList
DescribeManagedPrefixListsResult NextToken PrefixLists=prefixListSet:[]ManagedPrefixList
GetManagedPrefixListEntriesResult Entries=entrySet:[]PrefixListEntry NextToken
CreateVpcEndpointResult VpcEndpoint:VpcEndpoint ClientToken
ModifyVpcEndpointResult Return:bool
DeleteVpcEndpointsResult Unsuccessful:[]UnsuccessfulItem
RouteTable Associations=associationSet:[]RouteTableAssociation PropagatingVgws=propagatingVgwSet:[]PropagatingVgw RouteTableId Routes=routeSet:[]Route Tags=tagSet:[]Tag VpcId OwnerId
RouteTableAssociation Main:bool RouteTableAssociationId RouteTableId SubnetId GatewayId AssociationState:StateAndMessage
PropagatingVgw GatewayId
Route DestinationCidrBlock DestinationIpv6CidrBlock DestinationPrefixListId EgressOnlyInternetGatewayId GatewayId InstanceId InstanceOwnerId NatGatewayId TransitGatewayId LocalGatewayId CarrierGatewayId NetworkInterfaceId Origin State VpcPeeringConnectionId
VpcEndpoint VpcEndpointId VpcEndpointType VpcId ServiceName State PolicyDocument RouteTableIds=routeTableIdSet:[] SubnetIds=subnetIdSet:[] Groups=groupSet:[]Group IpAddressType DnsOptions:DnsOptions PrivateDnsEnabled:bool RequesterManaged:bool NetworkInterfaceIds=networkInterfaceIdSet:[] DnsEntries=dnsEntrySet:[]DnsEntry CreationTimestamp:time Tags=tagSet:[]Tag OwnerId LastError:LastError FailureReason ServiceRegion
DnsOptions DnsRecordIpType PrivateDnsOnlyForInboundResolverEndpoint:bool
DnsEntry DnsName HostedZoneId
LastError Message Code
ServiceDetail ServiceName ServiceId ServiceType:[]ServiceTypeDetail ServiceRegion AvailabilityZoneIds=availabilityZoneIdSet:[] AvailabilityZones=availabilityZoneSet:[] Owner BaseEndpointDnsNames=baseEndpointDnsNameSet:[] PrivateDnsName PrivateDnsNames=privateDnsNameSet:[]PrivateDnsDetails VpcEndpointPolicySupported:bool AcceptanceRequired:bool ManagesVpcEndpoints:bool PayerResponsibility Tags=tagSet:[]Tag PrivateDnsNameVerificationState SupportedIpAddressTypes=supportedIpAddressTypeSet:[]
ServiceTypeDetail ServiceType
PrivateDnsDetails PrivateDnsName
Vpc OwnerId InstanceTenancy Ipv6CidrBlockAssociationSet:[]Ipv6Association CidrBlockAssociationSet:[]CidrAssociation IsDefault:bool Tags=tagSet:[]Tag BlockPublicAccessStates:BlockPublicAccessStates VpcId State CidrBlock DhcpOptionsId
CidrAssociation AssociationId CidrBlock CidrBlockState:StateAndMessage
Ipv6Association AssociationId Ipv6CidrBlock Ipv6CidrBlockState:StateAndMessage NetworkBorderGroup Ipv6Pool
StateAndMessage State StatusMessage
BlockPublicAccessStates InternetGatewayBlockMode
Subnet AvailabilityZoneId MapCustomerOwnedIpOnLaunch:bool OwnerId AssignIpv6AddressOnCreation:bool Ipv6CidrBlockAssociationSet:[]Ipv6Association Tags=tagSet:[]Tag SubnetArn EnableDns64:bool Ipv6Native:bool PrivateDnsNameOptionsOnLaunch:PrivateDnsNameOptions BlockPublicAccessStates:BlockPublicAccessStates SubnetId State VpcId CidrBlock AvailableIpAddressCount:int AvailabilityZone DefaultForAz:bool MapPublicIpOnLaunch:bool
PrivateDnsNameOptions HostnameType EnableResourceNameDnsARecord:bool EnableResourceNameDnsAAAARecord:bool
InternetGateway Attachments=attachmentSet:[]InternetGatewayAttachment InternetGatewayId OwnerId Tags=tagSet:[]Tag
InternetGatewayAttachment State VpcId
PrefixList Cidrs=cidrSet:[] PrefixListId PrefixListName
ManagedPrefixList PrefixListId AddressFamily State StateMessage PrefixListArn PrefixListName MaxEntries:int Version:int Tags=tagSet:[]Tag OwnerId
PrefixListEntry Cidr Description
UnsuccessfulItem Error:UnsuccessfulItemError ResourceId
UnsuccessfulItemError Code Message
Tag Key Value
Group GroupId GroupName
SecurityGroup GroupId IpPermissionsEgress:[]IpPermission Tags=tagSet:[]Tag VpcId SecurityGroupArn OwnerId GroupName Description=groupDescription IpPermissions:[]IpPermission
IpPermission IpProtocol FromPort:int ToPort:int UserIdGroupPairs=groups:[]UserIdGroupPair IpRanges:[]IpRange Ipv6Ranges:[]Ipv6Range PrefixListIds:[]PrefixListId
UserIdGroupPair Description UserId GroupName GroupId VpcId
IpRange Description CidrIp
Ipv6Range Description CidrIpv6
PrefixListId Description PrefixListId
Reservation ReservationId OwnerId RequesterId Groups=groupSet:[]Group Instances=instancesSet:[]Instance
Instance Architecture BlockDeviceMappings=blockDeviceMapping:[]BlockDevice ClientToken EbsOptimized:bool EnaSupport:bool Hypervisor IamInstanceProfile:IamInstanceProfile InstanceLifecycle NetworkInterfaces=networkInterfaceSet:[]InstanceInterface RootDeviceName RootDeviceType SecurityGroups=groupSet:[]Group SourceDestCheck:bool StateReason:CodeAndMessage Tags=tagSet:[]Tag VirtualizationType CpuOptions:CpuOptions CapacityReservationSpecification:CapacityReservation HibernationOptions:HibernationOptions MetadataOptions:MetadataOptions EnclaveOptions:EnclaveOptions BootMode PlatformDetails UsageOperation UsageOperationUpdateTime:time PrivateDnsNameOptions:PrivateDnsNameOptions MaintenanceOptions:MaintenanceOptions CurrentInstanceBootMode InstanceId ImageId State=instanceState:InstanceState PrivateDnsName PublicDnsName=dnsName StateTransitionReason=reason KeyName AmiLaunchIndex:int ProductCodes:[]ProductCode InstanceType LaunchTime:time Placement:Placement KernelId RamdiskId Platform Monitoring:Monitoring SubnetId VpcId PrivateIpAddress PublicIpAddress=ipAddress
BlockDevice DeviceName Ebs:Ebs
Ebs AttachTime:time DeleteOnTermination:bool Status VolumeId
IamInstanceProfile Arn Id
InstanceInterface Association:InterfaceAssociation Attachment:InterfaceAttachment Description Groups=groupSet:[]Group Ipv6Addresses=ipv6AddressesSet:[]Ipv6Address MacAddress NetworkInterfaceId OwnerId PrivateDnsName PrivateIpAddress PrivateIpAddresses=privateIpAddressesSet:[]PrivateIp SourceDestCheck:bool Status SubnetId VpcId InterfaceType
NetworkInterface Association:EniAssociation Attachment:EniAttachment AvailabilityZone Description Groups=groupSet:[]Group InterfaceType Ipv6Addresses=ipv6AddressesSet:[]Ipv6Address MacAddress NetworkInterfaceId OutpostArn OwnerId PrivateDnsName PublicDnsName PrivateIpAddress PrivateIpAddresses=privateIpAddressesSet:[]EniAddress RequesterId RequesterManaged:bool SourceDestCheck:bool Status SubnetId TagSet:[]Tag VpcId DenyAllIgwTraffic:bool Ipv6Native:bool Ipv6Address AvailabilityZoneId
EniAttachment AttachTime:time AttachmentId DeleteOnTermination:bool DeviceIndex:int NetworkCardIndex:int InstanceId InstanceOwnerId Status
EniAssociation AllocationId AssociationId IpOwnerId PublicDnsName PublicIp CustomerOwnedIp CarrierIp
EniAddress Association:EniAssociation Primary:bool PrivateDnsName PrivateIpAddress
InterfaceAssociation CarrierIp CustomerOwnedIp IpOwnerId PublicDnsName PublicIp
InterfaceAttachment AttachTime:time AttachmentId DeleteOnTermination:bool DeviceIndex:int Status NetworkCardIndex:int
Ipv6Address Ipv6Address
PrivateIp Association:InterfaceAssociation Primary:bool PrivateDnsName PrivateIpAddress
CodeAndMessage Code Message
CpuOptions CoreCount:int ThreadsPerCore:int AmdSevSnp
CapacityReservation CapacityReservationPreference
HibernationOptions Configured:bool
MetadataOptions State HttpTokens HttpPutResponseHopLimit:int HttpEndpoint HttpProtocolIpv6 InstanceMetadataTags
EnclaveOptions Enabled:bool
MaintenanceOptions AutoRecovery RebootMigration
InstanceState Code:int Name
ProductCode ProductCodeId=productCode ProductCodeType=type
Placement AvailabilityZoneId Affinity GroupName PartitionNumber:int HostId Tenancy AvailabilityZone
Monitoring State
`

// ec2Member is one member of a shape.
type ec2Member struct{ name, wire, kind string }

// parseShapes reads the table above.
func parseShapes(text string) map[string][]ec2Member {
	shapes := map[string][]ec2Member{}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		for _, word := range words[1:] {
			m := ec2Member{}
			m.name, m.kind, _ = strings.Cut(word, ":")
			m.name, m.wire, _ = strings.Cut(m.name, "=")
			if m.wire == "" {
				m.wire = strings.ToLower(m.name[:1]) + m.name[1:]
			}
			shapes[words[0]] = append(shapes[words[0]], m)
		}
	}
	return shapes
}

// xmlNode is an element with what is in it.
type xmlNode struct {
	name     string
	text     string
	children []*xmlNode
}

// maxDepth bounds how deep an answer may nest; EC2's own go to nine.
const maxDepth = 64

// parseXML reads a document into a tree.
func parseXML(b []byte) (*xmlNode, error) {
	root := &xmlNode{}
	stack := []*xmlNode{root}
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		top := stack[len(stack)-1]
		switch t := token.(type) {
		case xml.StartElement:
			if len(stack) > maxDepth {
				return nil, fmt.Errorf("nested more than %d deep", maxDepth)
			}
			n := &xmlNode{name: t.Name.Local}
			top.children = append(top.children, n)
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.text += string(t)
		}
	}
	if len(root.children) != 1 {
		return nil, errors.New("no element found: line 1, column 0")
	}
	return root.children[0], nil
}

// readEC2 turns an answer into the tree that is printed. What the model does
// not know is left out, and so is what the answer does not mention.
func readEC2(b []byte, shape string) (*awsout.Dict, error) {
	root, err := parseXML(b)
	if err != nil {
		return nil, err
	}
	return ec2Dict(root, parseShapes(ec2Shapes), shape), nil
}

func ec2Dict(n *xmlNode, shapes map[string][]ec2Member, shape string) *awsout.Dict {
	d := dict()
	for _, m := range shapes[shape] {
		for _, c := range n.children {
			if c.name == m.wire {
				d.Set(m.name, ec2Value(c, shapes, m.kind))
				break
			}
		}
	}
	return d
}

func ec2Value(n *xmlNode, shapes map[string][]ec2Member, kind string) any {
	if of, ok := strings.CutPrefix(kind, "[]"); ok {
		list := []any{}
		for _, item := range n.children {
			if item.name == "item" {
				list = append(list, ec2Value(item, shapes, of))
			}
		}
		return list
	}
	switch kind {
	case "":
		return n.text
	case "bool":
		return n.text == "true"
	case "int":
		v, err := strconv.ParseInt(n.text, 10, 64)
		if err != nil {
			return n.text
		}
		return v
	case "time":
		t, err := time.Parse(time.RFC3339, n.text)
		if err != nil {
			return n.text
		}
		return isoTime(t)
	}
	return ec2Dict(n, shapes, kind)
}
