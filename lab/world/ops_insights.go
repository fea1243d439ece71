package world

import (
	"net/netip"
	"strings"
	"time"
)

// InsightsTime is how long an analysis runs, in lesson time, until its findings
// can be read. They are those of its start.
const InsightsTime = 3 * time.Second

// Quotas of an account (VPC user guide, "Quotas for Reachability Analyzer").
const (
	maxInsightsPaths    = 100
	maxInsightsAnalyses = 1000
)

// Ports of the packet that an analysis imagines where the path names none.
const (
	insightsSource = 49152
	insightsPort   = 443
)

// CreateInsightsPath keeps a question for Reachability Analyzer: can source
// (an instance or an interface) reach destination (one as well, a gateway
// endpoint, an internet gateway, or just an address)?
func (tx *Tx) CreateInsightsPath(p InsightsPath) (*InsightsPath, error) {
	switch p.Protocol {
	case "tcp", "udp":
	default:
		return nil, refuse("InvalidParameterValue", "Value (%s) for parameter protocol is invalid. Valid values: tcp, udp.", p.Protocol)
	}
	if _, err := tx.end(p.Source); err != nil {
		return nil, err
	}
	switch kind, _, _ := strings.Cut(p.Destination, "-"); kind {
	case "i", "eni":
		if _, err := tx.end(p.Destination); err != nil {
			return nil, err
		}
	case "igw":
		if _, err := find(&tx.Gateways, "igw", p.Destination); err != nil {
			return nil, err
		}
	case "vpce":
		if _, err := find(&tx.Endpoints, "vpce", p.Destination); err != nil {
			return nil, err
		}
	case "":
		if p.DestinationIP == "" {
			return nil, refuse("MissingParameter", "The request must contain the parameter Destination")
		}
	default:
		return nil, refuse("UnsupportedOperation", "Paths to %s are not part of this lab.", p.Destination)
	}
	for _, a := range []string{p.SourceIP, p.DestinationIP} {
		if ip, err := netip.ParseAddr(a); a != "" && (err != nil || !ip.Is4()) {
			return nil, refuse("InvalidParameterValue", "Value (%s) for parameter address is invalid. Invalid IP address.", a)
		}
	}
	if p.DestinationPort < 0 || p.DestinationPort > 65535 {
		return nil, refuse("InvalidParameterValue", "Value (%d) for parameter destinationPort is invalid.", p.DestinationPort)
	}
	if tx.InsightsPaths.Len() >= maxInsightsPaths {
		return nil, refuse("NetworkInsightsPathLimitExceeded", "The maximum number of network insights paths (%d) has been reached.", maxInsightsPaths)
	}
	p.ID, p.Created = tx.NewID("nip"), tx.Now()
	tx.InsightsPaths.Put(p.ID, &p)
	return &p, nil
}

// end is the interface behind an i- or eni- id.
func (tx *Tx) end(id string) (*Interface, error) {
	if strings.HasPrefix(id, "eni-") {
		return find(&tx.Interfaces, "eni", id)
	}
	i, err := find(&tx.Instances, "i", id)
	if err != nil {
		return nil, err
	}
	return find(&tx.Interfaces, "eni", i.InterfaceID)
}

// DeleteInsightsPath removes a path that has no analyses.
func (tx *Tx) DeleteInsightsPath(id string) error {
	if _, err := find(&tx.InsightsPaths, "nip", id); err != nil {
		return err
	}
	if some(tx.next.InsightsResults, func(a *InsightsAnalysis) bool { return a.PathID == id }) {
		return refuse("AnalysisExistsForNetworkInsightsPath", "Network Insights Path %s has analyses and cannot be deleted.", id)
	}
	tx.InsightsPaths.Delete(id)
	return nil
}

// Analyze answers a path by the same rules that decide packets: the way there,
// and, as Reachability Analyzer does, the way back.
func (tx *Tx) Analyze(pathID string, tags Tags) (*InsightsAnalysis, error) {
	p, err := find(&tx.InsightsPaths, "nip", pathID)
	if err != nil {
		return nil, err
	}
	if tx.InsightsResults.Len() >= maxInsightsAnalyses {
		return nil, refuse("NetworkInsightsAnalysisLimitExceeded", "The maximum number of network insights analyses (%d) has been reached.", maxInsightsAnalyses)
	}
	a := &InsightsAnalysis{ID: tx.NewID("nia"), PathID: pathID, Status: "succeeded", Started: tx.Now(), Tags: tags}
	from, err := tx.end(p.Source)
	if err != nil {
		a.Status, a.Component = "failed", p.Source
		tx.InsightsResults.Put(a.ID, a)
		return a, nil
	}
	tx.reach(a, from, p)
	tx.InsightsResults.Put(a.ID, a)
	return a, nil
}

// reach fills in what a finds for a packet from the interface from.
func (tx *Tx) reach(a *InsightsAnalysis, from *Interface, p *InsightsPath) {
	if from.InstanceID == "" { // nobody sends from it
		a.Explanation, a.Component = CodeBadState, from.ID
		return
	}
	dst, ok := tx.target(p)
	if !ok {
		a.Explanation, a.Component = CodeNoDestination, p.Destination
		return
	}
	port := p.DestinationPort
	if port == 0 {
		port = insightsPort
	}
	f := Flow{Proto: TCP, Src: netip.AddrPortFrom(from.PrivateIP, insightsSource), Dst: netip.AddrPortFrom(dst, uint16(port))}
	if p.Protocol == "udp" {
		f.Proto = UDP
	}
	v := tx.next.Route(HostID(from.InstanceID), f, nil)
	if v.Action == Deliver {
		// It arrives: but does it pass what was asked for?
		if kind, _, _ := strings.Cut(p.Destination, "-"); (kind == "vpce" || kind == "igw") && v.Via != p.Destination {
			a.Explanation, a.Component = CodeEndpointSwitch, v.Via
			return
		}
		a.Path = tx.way(from, dst, v)
		back := Flow{Proto: f.Proto, Src: f.Dst, Dst: f.Src}
		if v.Src.IsValid() {
			back.Dst = v.Src
		}
		if v.Dst.IsValid() {
			back.Src = v.Dst
		}
		tracked := func(Flow) bool { return true } // groups are stateful, ACLs are not
		// What a NAT gateway translates back only the packets' own table knows.
		if a.Found = strings.HasPrefix(v.Via, "nat-"); !a.Found {
			v = tx.next.Route(v.To, back, tracked)
			a.Found = v.Action == Deliver
		}
	}
	if !a.Found {
		a.Explanation, a.Component, a.Inward, a.Path = v.Code, v.Object, v.Inward, nil
	}
}

// way is what a packet passes that is delivered by v.
func (tx *Tx) way(from *Interface, dst netip.Addr, v Verdict) []string {
	s := tx.next
	out := []string{from.InstanceID, from.ID, firstGroup(from)}
	sub, to := s.Subnets[from.SubnetID], s.ByPrivateIP(from.VpcID, dst)
	if to == nil || to.SubnetID != from.SubnetID {
		out = append(out, sub.AclID, s.TableOf(sub.ID).ID)
		if to == nil {
			return append(out, v.Via)
		}
		out = append(out, s.Subnets[to.SubnetID].AclID)
	}
	out = append(out, firstGroup(to), to.ID)
	if to.EndpointID != "" {
		return append(out, to.EndpointID)
	}
	return append(out, to.InstanceID)
}

// target is the address that a path leads to.
func (tx *Tx) target(p *InsightsPath) (netip.Addr, bool) {
	if p.DestinationIP != "" {
		a, err := netip.ParseAddr(p.DestinationIP)
		return a, err == nil
	}
	switch kind, _, _ := strings.Cut(p.Destination, "-"); kind {
	case "i", "eni":
		if i, err := tx.end(p.Destination); err == nil {
			return i.PrivateIP, true
		}
	case "vpce":
		if e := tx.Endpoints.Get(p.Destination); e != nil {
			if len(e.Interfaces) > 0 {
				return tx.Interfaces.Get(e.Interfaces[0]).PrivateIP, true
			}
			if l := tx.PrefixLists.Get(e.PrefixList); l != nil && len(l.Entries) > 0 {
				return l.Entries[0].Cidr.Addr().Next(), true
			}
		}
	case "igw":
		return LaptopAddr, true
	}
	return netip.Addr{}, false
}

// DeleteAnalysis removes an analysis.
func (tx *Tx) DeleteAnalysis(id string) error {
	if _, err := find(&tx.InsightsResults, "nia", id); err != nil {
		return err
	}
	tx.InsightsResults.Delete(id)
	return nil
}
