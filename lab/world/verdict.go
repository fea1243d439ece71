package world

import (
	"net/netip"
	"time"
)

// Protocol numbers of IPv4, as in its header.
const (
	ICMP uint8 = 1
	TCP  uint8 = 6
	UDP  uint8 = 17
)

// Flow names one direction of a conversation. For ICMP echo the identifier
// stands in both ports.
type Flow struct {
	Proto    uint8
	Src, Dst netip.AddrPort
}

// Reverse is the other direction.
func (f Flow) Reverse() Flow { return Flow{f.Proto, f.Dst, f.Src} }

// HostID names who owns an address on the simulated wire: an instance id, a
// NAT gateway's id, or one of the hosts outside every VPC.
type HostID string

// Hosts that stand outside every VPC.
const (
	Laptop   HostID = "laptop"   // the learner's machine, on the internet
	S3       HostID = "s3"       // every address of the S3 prefix list
	DynamoDB HostID = "dynamodb" // every address of the DynamoDB prefix list
	API      HostID = "api"      // ec2., sts., iam., ssm. of the region, checkip.
	Resolver HostID = "resolver" // VPC+2 and 169.254.169.253 of every VPC
	Metadata HostID = "imds"     // 169.254.169.254 of every instance
)

// Action is what becomes of a packet.
type Action uint8

const (
	Drop    Action = iota // silently, as AWS does
	Deliver               // to Verdict.To
)

// Hop is a router on the way: it lowers the TTL by one. A hop with no Addr
// never answers.
type Hop struct {
	Addr  netip.Addr
	Delay time.Duration // round trip of its answer, at speed 1
}

// Verdict says what becomes of a flow's packets, and why.
type Verdict struct {
	Action Action
	To     HostID
	// Src and Dst are the addresses after translation; a zero value keeps the
	// packet's own.
	Src, Dst netip.AddrPort
	// Path are the routers between; a packet whose TTL is at most len(Path)
	// dies at Path[TTL-1]. Endpoint paths are all silent hops.
	Path []Hop
	// RTT is the round trip to the destination at speed 1.
	RTT time.Duration
	// Via is the route target taken ("local", "igw-…", "vpce-…", "nat-…"): a
	// tracked flow whose Via changes is cut (S3 user guide, "vpc-endpoints-s3":
	// an endpoint disconnects open TCP connections).
	Via string
	// Inside is the flow as the VPC side sees it (before a 1:1 NAT on the way
	// out, after it on the way in): the key of connection tracking.
	Inside Flow
	// Code is AWS's explanation code where one exists
	// (NO_ROUTE_TO_DESTINATION, ENI_SG_RULES_MISMATCH, SUBNET_ACL_RESTRICTION,
	// VPCE_GATEWAY_PROTOCOL_RESTRICTION, IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS …);
	// Object is the id that decided (rtb-, sg-, acl-, vpce-, igw-).
	Code, Object string
	// Inward says that a rule for what comes in decided so, and not one for
	// what goes out.
	Inward bool
	// Silent destinations answer TCP alone: no UDP, no echo request (S3 in
	// 3.5.0.0/16, for one).
	Silent bool
}

// Explanation codes of AWS's Reachability Analyzer (its guide,
// "explanation-codes"), as they stand in [Verdict.Code].
const (
	CodeBadState       = "BAD_STATE"                            // the object does not work at present
	CodeBadRoute       = "BAD_STATE_ROUTE"                      // the row that was chosen is a black hole
	CodeNoRoute        = "NO_ROUTE_TO_DESTINATION"              // no row matches; the object is the table
	CodeNoDestination  = "NO_POSSIBLE_DESTINATION"              // nobody has that address
	CodeSourceCheck    = "ENI_SOURCE_DEST_CHECK_RESTRICTION"    // not the interface's own address
	CodeGroup          = "ENI_SG_RULES_MISMATCH"                // no rule of the security group applies
	CodeAcl            = "SUBNET_ACL_RESTRICTION"               // the network ACL does not admit it
	CodeNoPublicIP     = "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS" // only public addresses pass the gateway
	CodePrivateDest    = "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS"
	CodeSharedDest     = "IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS"
	CodeNatReflection  = "IGW_NAT_REFLECTION"                // an instance and its own public address
	CodeEndpointProto  = "VPCE_GATEWAY_PROTOCOL_RESTRICTION" // a gateway endpoint takes TCP and ICMP echo
	CodeProtocol       = "PROTOCOL_RESTRICTION"              // the component takes other protocols
	CodeNatForeign     = "NGW_REQUIRES_SOURCE_IN_VPC"        // a NAT gateway carries out, not in
	CodeEndpointSwitch = "HIGHER_PRIORITY_ROUTE"             // the way back goes elsewhere by now
)
