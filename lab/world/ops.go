package world

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// The ops_*.go files are the account's operations: each method of [Tx] is one
// EC2 or IAM action without its wire format, with AWS's rules, error codes and
// texts (EC2 API reference, "Error codes for the Amazon EC2 API"). A refusal
// is an [*Error]; the transaction it happens in is to be abandoned.

// Kind is a sort of EC2 resource.
type Kind struct {
	Prefix    string // of its ids, without the dash
	Type      string // in tags and ARNs: "vpc", "route-table"
	NotFound  string // error code for an id that does not exist
	Text      string // its message; %s is the id
	Malformed string // error code for an id of the wrong shape
}

var kinds = map[string]Kind{
	"vpc":        {"vpc", "vpc", "InvalidVpcID.NotFound", "The vpc ID '%s' does not exist", "InvalidVpcID.Malformed"},
	"subnet":     {"subnet", "subnet", "InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", "InvalidSubnetID.Malformed"},
	"igw":        {"igw", "internet-gateway", "InvalidInternetGatewayID.NotFound", "The internetGateway ID '%s' does not exist", "InvalidInternetGatewayId.Malformed"},
	"rtb":        {"rtb", "route-table", "InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist", "InvalidRouteTableId.Malformed"},
	"rtbassoc":   {"rtbassoc", "", "InvalidAssociationID.NotFound", "The association ID '%s' does not exist", "InvalidAssociationID.Malformed"},
	"sg":         {"sg", "security-group", "InvalidGroup.NotFound", "The security group '%s' does not exist", "InvalidGroupId.Malformed"},
	"sgr":        {"sgr", "security-group-rule", "InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '%s' does not exist", "InvalidSecurityGroupRuleId.Malformed"},
	"acl":        {"acl", "network-acl", "InvalidNetworkAclID.NotFound", "The networkAcl ID '%s' does not exist", "InvalidNetworkAclId.Malformed"},
	"aclassoc":   {"aclassoc", "", "InvalidAssociationID.NotFound", "The association ID '%s' does not exist", "InvalidAssociationID.Malformed"},
	"i":          {"i", "instance", "InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", "InvalidInstanceID.Malformed"},
	"eni":        {"eni", "network-interface", "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '%s' does not exist", "InvalidNetworkInterfaceId.Malformed"},
	"eni-attach": {"eni-attach", "", "InvalidAttachmentID.NotFound", "The network interface attachment ID '%s' does not exist", "InvalidAttachmentID.Malformed"},
	"vol":        {"vol", "volume", "InvalidVolume.NotFound", "The volume '%s' does not exist.", "InvalidVolumeID.Malformed"},
	"key":        {"key", "key-pair", "InvalidKeyPair.NotFound", "The key pair ID '%s' does not exist", "InvalidKeyPairId.Malformed"},
	"vpce":       {"vpce", "vpc-endpoint", "InvalidVpcEndpointId.NotFound", "The Vpc Endpoint Id '%s' does not exist", "InvalidVpcEndpointId.Malformed"},
	"pl":         {"pl", "prefix-list", "InvalidPrefixListID.NotFound", "The prefix list ID '%s' does not exist", "InvalidPrefixListId.Malformed"},
	"eipalloc":   {"eipalloc", "elastic-ip", "InvalidAllocationID.NotFound", "The allocation ID '%s' does not exist", "InvalidAllocationID.Malformed"},
	"eipassoc":   {"eipassoc", "", "InvalidAssociationID.NotFound", "The association ID '%s' does not exist", "InvalidAssociationID.Malformed"},
	"nat":        {"nat", "natgateway", "NatGatewayNotFound", "The Nat Gateway %s was not found", "NatGatewayMalformed"},
	"ami":        {"ami", "image", "InvalidAMIID.NotFound", "The image id '[%s]' does not exist", "InvalidAMIID.Malformed"},
	"nip":        {"nip", "network-insights-path", "InvalidNetworkInsightsPathId.NotFound", "The network insights path ID '%s' does not exist", "InvalidNetworkInsightsPathId.Malformed"},
	"nia":        {"nia", "network-insights-analysis", "InvalidNetworkInsightsAnalysisId.NotFound", "The network insights analysis ID '%s' does not exist", "InvalidNetworkInsightsAnalysisId.Malformed"},
	"iip-assoc":  {"iip-assoc", "", "InvalidAssociationID.NotFound", "The association ID '%s' does not exist", "InvalidAssociationID.Malformed"},
}

// KindOf is the kind that an id belongs to, by its prefix.
func KindOf(id string) (Kind, bool) {
	i := strings.LastIndexByte(id, '-')
	if i < 0 {
		return Kind{}, false
	}
	k, ok := kinds[id[:i]]
	return k, ok
}

// Missing is the refusal of an id that does not exist, or cannot: AWS tells
// those apart. prefix is the kind that was expected.
func Missing(prefix, id string) *Error {
	k := kinds[prefix]
	rest, ok := strings.CutPrefix(id, prefix+"-")
	if !ok || len(rest) != 8 && len(rest) != 17 || strings.Trim(rest, "0123456789abcdef") != "" {
		return refuse(k.Malformed, "Invalid id: %q (expecting \"%s-...\")", id, prefix)
	}
	return refuse(k.NotFound, k.Text, id)
}

func refuse(code, format string, a ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, a...)}
}

func conflict(code, format string, a ...any) *Error {
	e := refuse(code, format, a...)
	e.Status = 409
	return e
}

func hasDependencies(what, id string) *Error {
	return refuse("DependencyViolation", "The %s '%s' has dependencies and cannot be deleted.", what, id)
}

// find and edit look an object up and refuse as AWS does where there is none.
func find[P object[P]](t *Table[P], prefix, id string) (P, error) {
	v, ok := (*t.m)[id]
	if !ok {
		return v, Missing(prefix, id)
	}
	return v, nil
}

func edit[P object[P]](t *Table[P], prefix, id string) (P, error) {
	if _, err := find(t, prefix, id); err != nil {
		var none P
		return none, err
	}
	return t.Edit(id), nil
}

// parseCidr reads an IPv4 block and makes it canonical, as the API does
// (100.68.0.18/18 becomes 100.68.0.0/18; VPC guide, "subnet sizing").
func parseCidr(param, s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil || !p.Addr().Is4() {
		return p, refuse("InvalidParameterValue", "Value (%s) for parameter %s is invalid. This is not a valid CIDR block.", s, param)
	}
	return p.Masked(), nil
}

// Once makes an idempotent call: the same token makes nothing new but returns
// what it made before, and the same token with another digest of the
// parameters is refused (EC2 developer guide, "Ensuring idempotency"). A token
// is good for a day; an empty one always makes.
func (tx *Tx) Once(action, token, digest string, run func() (id string, err error)) (id string, again bool, err error) {
	if token == "" {
		id, err = run()
		return id, false, err
	}
	if len(token) > 64 {
		return "", false, refuse("InvalidParameterValue", "Value (%s) for parameter clientToken is invalid. The maximum length is 64 ASCII characters.", token)
	}
	for old, t := range tx.State().Tokens {
		if tx.Now().Sub(t.At) > tokenTime {
			tx.Tokens.Delete(old)
		}
	}
	key := action + "/" + token
	if t := tx.Tokens.Get(key); t != nil {
		if t.Digest != digest {
			return "", false, refuse("IdempotentParameterMismatch", "The client token '%s' was used before with other parameters.", token)
		}
		return t.ID, true, nil
	}
	if id, err = run(); err != nil {
		return "", false, err
	}
	tx.Tokens.Put(key, &Token{Action: action, Digest: digest, ID: id, At: tx.Now()})
	return id, false, nil
}

// tokenTime is how long a client token is remembered: "at least 24 hours".
const tokenTime = 24 * time.Hour
