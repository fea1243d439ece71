package world

import (
	"net/netip"
	"strings"
)

// Origin is who a request came from, as a service sees it: the condition keys
// of policies and the lines of its log.
type Origin struct {
	// SourceIP is the private address of the sender where the request came
	// through an endpoint, else the public one.
	SourceIP netip.Addr
	// VpcID and EndpointID are set only for requests through an endpoint
	// (aws:SourceVpc, aws:SourceVpce).
	VpcID, EndpointID string
	InstanceID        string // "" for the learner's machine and NAT gateways
}

// Origin says who speaks from the address that a service sees on the wire (one
// with gateway endpoints is "s3" or "dynamodb"); to is the address that was
// spoken to. An unknown address is its own origin.
func (s *State) Origin(from, to netip.Addr, service string) Origin {
	from = from.Unmap()
	if i := s.ByPublicIP(from); i != nil {
		return Origin{SourceIP: from, InstanceID: i.InstanceID}
	}
	i := s.ByCarrier(from)
	if i == nil {
		return Origin{SourceIP: from}
	}
	o := Origin{SourceIP: i.PrivateIP, VpcID: i.VpcID, InstanceID: i.InstanceID}
	if end := s.ByPrivateIP(i.VpcID, to.Unmap()); end != nil {
		o.EndpointID = end.EndpointID
		return o
	}
	if t := s.TableOf(i.SubnetID); t != nil {
		for _, r := range t.Routes {
			if e := s.Endpoints[r.Target]; e != nil && strings.HasSuffix(e.Service, "."+service) {
				o.EndpointID = e.ID
			}
		}
	}
	return o
}
