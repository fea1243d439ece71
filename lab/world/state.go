package world

import (
	"net/netip"
	"time"
)

// State is one immutable picture of an account: what [World.Snapshot] returns
// and what is saved as JSON. A State that a caller was given is never changed
// again; only a transaction ([World.Update]) makes a new one.
//
// Objects refer to each other by id, as AWS's do.
type State struct {
	Version int    `json:",omitzero"`
	Seed    uint64 `json:",omitzero"`
	Region  string `json:",omitzero"` // "ap-northeast-2"
	Account string `json:",omitzero"` // twelve digits
	// Generation rises with every transaction; the packet path compares it to
	// know that a cached verdict is old.
	Generation uint64 `json:",omitzero"`
	// Serial is what the next id is drawn from: same seed, same serial, same id.
	Serial uint64 `json:",omitzero"`
	// Answers is how the resolver speaks: AnswersGuide or AnswersToday.
	Answers string `json:",omitzero"`

	Vpcs            map[string]*Vpc              `json:",omitzero"`
	Subnets         map[string]*Subnet           `json:",omitzero"`
	Gateways        map[string]*InternetGateway  `json:",omitzero"`
	RouteTables     map[string]*RouteTable       `json:",omitzero"`
	SecurityGroups  map[string]*SecurityGroup    `json:",omitzero"`
	NetworkAcls     map[string]*NetworkAcl       `json:",omitzero"`
	Instances       map[string]*Instance         `json:",omitzero"`
	Volumes         map[string]*Volume           `json:",omitzero"`
	KeyPairs        map[string]*KeyPair          `json:",omitzero"` // by key pair id
	Endpoints       map[string]*VpcEndpoint      `json:",omitzero"`
	PrefixLists     map[string]*PrefixList       `json:",omitzero"`
	Addresses       map[string]*Address          `json:",omitzero"` // Elastic IPs, by allocation id
	NatGateways     map[string]*NatGateway       `json:",omitzero"`
	Interfaces      map[string]*Interface        `json:",omitzero"` // ENIs, by id: the customer's own and of instances, NAT gateways and interface endpoints
	Buckets         map[string]*Bucket           `json:",omitzero"` // by name
	Roles           map[string]*Role             `json:",omitzero"` // by name
	Profiles        map[string]*InstanceProfile  `json:",omitzero"`
	Principals      map[string]*Principal        `json:",omitzero"` // by access key id
	Users           map[string]*User             `json:",omitzero"` // by name
	Policies        map[string]*ManagedPolicy    `json:",omitzero"` // the account's own, by name
	Tokens          map[string]*Token            `json:",omitzero"` // by client token: what an idempotent call made
	InsightsPaths   map[string]*InsightsPath     `json:",omitzero"`
	InsightsResults map[string]*InsightsAnalysis `json:",omitzero"`

	index *index // of the packet path; nil inside a transaction
}

// Version is what this program writes into [State.Version]; it reads no newer
// one.
const Version = 3

// How the resolver answers for S3 ([State.Answers]).
const (
	AnswersGuide = "guide" // one address, as in the guide; the default
	AnswersToday = "today" // eight addresses, as S3 does now
)

// Tags are AWS resource tags.
type Tags map[string]string

// Vpc is a virtual private cloud with one IPv4 block.
type Vpc struct {
	ID                 string
	Cidr               netip.Prefix
	EnableDnsSupport   bool
	EnableDnsHostnames bool
	MainRouteTable     string
	DefaultAcl         string
	DefaultGroup       string
	Tags               Tags
}

// Subnet is an address range in one zone of a VPC.
type Subnet struct {
	ID, VpcID, Zone     string // Zone: "ap-northeast-2a"
	Cidr                netip.Prefix
	MapPublicIpOnLaunch bool
	AclID               string // never empty
	Tags                Tags
}

// InternetGateway joins a VPC to the internet by 1:1 NAT.
type InternetGateway struct {
	ID, VpcID string // VpcID is "" while detached
	Tags      Tags
}

// RouteTable steers the packets that leave the subnets associated with it.
type RouteTable struct {
	ID, VpcID    string
	Routes       []Route
	Associations []Association
	Tags         Tags
}

// Route is one row. Exactly one of Cidr and PrefixList is set; Target is
// "local", an igw-, nat-, eni-, i- or vpce- id.
type Route struct {
	Cidr       netip.Prefix
	PrefixList string
	Target     string
	Origin     string // CreateRouteTable, CreateRoute, EnableVgwRoutePropagation
	Blackhole  bool   // the target is gone
}

// Association ties a table to a subnet, or makes it the main one (Subnet "").
type Association struct {
	ID, Subnet string
	Main       bool
}

// SecurityGroup is a stateful firewall on an interface.
type SecurityGroup struct {
	ID, VpcID, Name, Description string
	Rules                        []GroupRule
	Tags                         Tags
}

// GroupRule allows one kind of traffic. Exactly one of Cidr, PrefixList and
// Group names the other side.
type GroupRule struct {
	ID          string // sgr-…
	Egress      bool
	Protocol    string // "tcp", "udp", "icmp", or "-1" for all
	From, To    int    // ports; ICMP: type and code, -1 for all
	Cidr        netip.Prefix
	PrefixList  string
	Group       string
	Description string
	Tags        Tags
}

// NetworkAcl is a stateless firewall on a subnet. Subnets name their ACL.
type NetworkAcl struct {
	ID, VpcID string
	Default   bool
	Entries   []AclEntry // the final deny (32767) is implied and not stored
	// AssociationIDs are aclassoc- ids by subnet id.
	AssociationIDs map[string]string
	Tags           Tags
}

// AclEntry is one numbered rule; the lowest matching number decides.
type AclEntry struct {
	Number   int
	Egress   bool
	Protocol string // IANA number as text, or "-1"
	Allow    bool
	Cidr     netip.Prefix
	From, To int // ports; zero for protocols without
	IcmpType int
	IcmpCode int
}

// Instance states, as DescribeInstances names them.
const (
	Pending      = "pending"
	Running      = "running"
	ShuttingDown = "shutting-down"
	Terminated   = "terminated"
	Stopping     = "stopping"
	Stopped      = "stopped"
)

// Instance is one virtual machine. Its addresses and groups are its
// interface's ([Interface]).
type Instance struct {
	ID, Type, ImageID, KeyName string
	VpcID, SubnetID            string
	InterfaceID                string
	State                      string
	StateSince                 time.Time
	StateReason                string
	Launched                   time.Time
	Reservation                string // r-…: shared by the instances of one RunInstances
	ClientToken                string
	UserData                   []byte
	Profile                    string // instance profile name
	ProfileAssociation         string // iip-assoc-…
	HttpTokens                 string // required or optional
	HttpPutResponseHopLimit    int
	VolumeID                   string
	DeletedOnTermination       bool
	// NoTerminate and NoStop refuse TerminateInstances and StopInstances
	// (disableApiTermination, disableApiStop).
	NoTerminate, NoStop bool
	OnShutdown          string // what its own shutdown does: "" or stop, terminate
	Monitored           bool   // in detail, every minute
	Tags                Tags
	// Console is what GetConsoleOutput returns, written by the host as it
	// boots and runs user data, the last time at ConsoleAt.
	Console   []byte
	ConsoleAt time.Time
	// HostKeys are the host's private keys in OpenSSH PEM form, so that a lab
	// loaded from its file has the hosts that the learner already trusts.
	HostKeys [][]byte
}

// Interface is an elastic network interface: what packets leave and enter by.
type Interface struct {
	ID, VpcID, SubnetID string
	PrivateIP           netip.Addr
	PublicIP            netip.Addr // zero without one
	// Carrier is an address of 240.0.0.0/4 that is unique in the lab: as
	// VPCs may overlap, it is the source address that the resolver, the
	// metadata service and S3 behind an endpoint see on the wire. They turn it
	// back into this interface by [State.ByCarrier].
	Carrier          netip.Addr
	AutoPublic       bool   // a public address is given at every start
	AllocationID     string // of PublicIP where it is an Elastic IP
	Groups           []string
	InstanceID       string // "" for a NAT gateway's, an endpoint's, and one that is attached to nothing
	EndpointID       string // of the interface endpoint that it belongs to
	AttachmentID     string // "" for one that is attached to nothing
	Outlives         bool   // stays when its instance is terminated
	Description      string
	Mac              string
	RequesterManaged bool
	Tags             Tags
}

// Volume is the root disk of an instance.
type Volume struct {
	ID, Zone, InstanceID, State string // in-use, deleting
	SizeGiB                     int
	Type                        string
	Encrypted                   bool
	Created                     time.Time
	Tags                        Tags
}

// KeyPair is an imported or made public key.
type KeyPair struct {
	ID, Name, Type, Fingerprint string
	PublicKey                   string // authorized_keys form
	Created                     time.Time
	Tags                        Tags
}

// VpcEndpoint is a way from a VPC to a service: a gateway endpoint, which is
// rows of route tables, or an interface endpoint, which is interfaces in
// subnets.
type VpcEndpoint struct {
	ID, VpcID, Service, Type string // Service: com.amazonaws.REGION.s3; Type: Gateway or Interface
	State                    string // pending, available, deleting
	StateSince               time.Time
	Policy                   string
	Created                  time.Time
	Tags                     Tags

	// Of a gateway endpoint.
	RouteTables []string
	PrefixList  string

	// Of an interface endpoint. Interfaces has one for each of Subnets, in
	// their order; Groups are those of each.
	Subnets, Groups, Interfaces []string
	// PrivateDNS makes the service's own name lead to the interfaces, for the
	// whole VPC or, where InboundOnly, only for who asks from on premises.
	PrivateDNS, InboundOnly bool
}

// PrefixList is a managed prefix list, AWS's or the customer's.
type PrefixList struct {
	ID, Name, Owner string // Owner: "AWS" or the account
	Entries         []PrefixEntry
	MaxEntries      int
	Version         int64
	State           string
	Tags            Tags
}

// PrefixEntry is one row of a prefix list.
type PrefixEntry struct {
	Cidr        netip.Prefix
	Description string
}

// Address is an Elastic IP.
type Address struct {
	AllocationID  string
	PublicIP      netip.Addr
	AssociationID string
	InterfaceID   string
	Tags          Tags
}

// NatGateway translates many private addresses to one public one.
type NatGateway struct {
	ID, VpcID, SubnetID, InterfaceID string
	State                            string // pending, available, deleting, deleted
	StateSince, Created              time.Time
	Tags                             Tags
}

// Bucket is an S3 bucket without its bytes, which the object store keeps.
type Bucket struct {
	Name    string
	Region  string
	Created time.Time
	Policy  string // JSON, "" for none
	// Versioning is Enabled or Suspended, and "" until it is first enabled.
	Versioning string
	// NoOwnership says that its ownership controls were deleted, which turn
	// ACLs off.
	NoOwnership bool
	Tags        Tags
	// Block is the public access block: BlockPublicAcls, IgnorePublicAcls,
	// BlockPublicPolicy, RestrictPublicBuckets.
	Block [4]bool
	// NoBlock says that it was deleted, which turns all four off.
	NoBlock bool
}

// Role is an IAM role.
type Role struct {
	Name, ID, Path, Trust, Description string
	Created                            time.Time
	MaxSession                         int               // seconds; 0 is an hour
	Policies                           map[string]string // inline, by name
	Attached                           []string          // ARNs of managed policies
	Tags                               Tags
}

// InstanceProfile hands a role to an instance.
type InstanceProfile struct {
	Name, ID, Path, Role string
	Created              time.Time
	Tags                 Tags
}

// Principal is who an access key stands for.
type Principal struct {
	AccessKeyID, SecretKey, SessionToken string
	Arn, UserID                          string
	Expires                              time.Time // zero: never
	Role                                 string    // the role whose policies bind it, "" for a user
	User                                 string    // the user whose policies bind it, "" for a role
	Policies                             []string  // inline policies of a user
	Admin                                bool      // the account's administrator: everything is allowed
}

// User is an IAM user; what its access keys may do are its policies.
type User struct {
	Name, ID, Path string
	Created        time.Time
	Policies       map[string]string // inline, by name
	Attached       []string          // ARNs of managed policies
	Tags           Tags
}

// ManagedPolicy is a policy that stands by itself, for roles and users to be
// given.
type ManagedPolicy struct {
	Name, ID, Path, Description string
	Owner                       string // the account, or "aws"
	Created, Updated            time.Time
	Versions                    []PolicyVersion // oldest first
	Default                     string          // the id of the one in force
	Made                        int             // how many versions there ever were
	Tags                        Tags
}

// PolicyVersion is one text of a [ManagedPolicy].
type PolicyVersion struct {
	ID, Document string // ID: "v1"
	Created      time.Time
}

// Token remembers what a client token made (idempotency).
type Token struct {
	Action, Digest, ID string
	At                 time.Time
}

// InsightsPath is a Reachability Analyzer path.
type InsightsPath struct {
	ID, Source, Destination, Protocol string
	SourceIP, DestinationIP           string
	DestinationPort                   int
	Created                           time.Time
	Tags                              Tags
}

// InsightsAnalysis is one analysis of an [InsightsPath].
type InsightsAnalysis struct {
	ID, PathID, Status string
	Found              bool
	Explanation        string   // AWS's explanation code, "" where the path was found
	Component          string   // the object that stopped it
	Inward             bool     // by a rule for what comes in
	Path               []string // the objects on the way, from the source on; of a path that was found
	Started            time.Time
	Tags               Tags
}
