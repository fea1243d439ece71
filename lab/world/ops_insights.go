package world

import (
	"net/netip"
	"strings"
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
	a := &InsightsAnalysis{ID: tx.NewID("nia"), PathID: pathID, Status: "succeeded", Started: tx.Now(), Tags: tags}
	from, err := tx.end(p.Source)
	if err != nil {
		a.Status, a.Component = "failed", p.Source
		tx.InsightsResults.Put(a.ID, a)
		return a, nil
	}
	a.Found, a.Explanation, a.Component = tx.reach(from, p)
	tx.InsightsResults.Put(a.ID, a)
	return a, nil
}

func (tx *Tx) reach(from *Interface, p *InsightsPath) (found bool, code, component string) {
	dst, ok := tx.target(p)
	if !ok {
		return false, CodeNoDestination, p.Destination
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
	if v.Action != Deliver {
		return false, v.Code, v.Object
	}
	// It arrives: but does it pass what was asked for?
	if kind, _, _ := strings.Cut(p.Destination, "-"); (kind == "vpce" || kind == "igw") && v.Via != p.Destination {
		return false, CodeEndpointSwitch, v.Via
	}
	back := Flow{Proto: f.Proto, Src: f.Dst, Dst: f.Src}
	if v.Src.IsValid() {
		back.Dst = v.Src
	}
	if v.Dst.IsValid() {
		back.Src = v.Dst
	}
	tracked := func(Flow) bool { return true } // groups are stateful, ACLs are not
	if r := tx.next.Route(v.To, back, tracked); r.Action != Deliver && !strings.HasPrefix(v.Via, "nat-") {
		return false, r.Code, r.Object
	}
	return true, "", ""
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
