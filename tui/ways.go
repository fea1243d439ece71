package tui

import (
	"net/netip"
	"strings"

	"gatewalk/steps"
)

// fate is what becomes of a packet.
type fate int

const (
	unknown fate = iota
	arrives
	dies
)

// way is how a host's packets to S3 fare.
type way struct {
	fate  fate
	via   string // "igw", "endpoint", or "" where nothing took it
	code  string // AWS's explanation code where it dies
	where string // the object that decided
	dest  string
	proto string
	exact bool // seen in a packet, not concluded from an observation
}

// observe draws conclusions on packets from what a host saw. They are weaker
// than a packet that was watched and never overrule one.
func (w *walk) observe(e steps.Event, r *record) {
	if e.Msg == "left" {
		w.left = &e
		return
	}
	old := r.ways[e.Host]
	wy := way{dest: old.dest, proto: "tcp", via: w.viaOf(e.Host)}
	switch e.Msg {
	case "listing", "denied":
		wy.fate = arrives
	case "silence":
		wy.fate = dies
		if wy.via == "" {
			wy.code = "NO_ROUTE_TO_DESTINATION"
		}
	case "trace":
		wy.proto, wy.dest = e.Args["method"], e.Args["dest"]
		wy.fate = arrives
		if e.Args["reached"] != "yes" {
			wy.fate = dies
			switch {
			case wy.via == "":
				wy.code = "NO_ROUTE_TO_DESTINATION"
			case wy.via == "endpoint" && wy.proto != "tcp":
				wy.code = "VPCE_GATEWAY_PROTOCOL_RESTRICTION"
			}
		}
	default:
		return
	}
	if old.exact && old.fate == wy.fate && (old.proto == wy.proto || old.proto == "") {
		return
	}
	r.ways[e.Host] = wy
}

// viaOf is the way that a host's route table offers to S3.
func (w *walk) viaOf(host string) string {
	table := map[string]string{"bastion": "public", "private": "private"}[host]
	if ep, ok := w.find("vpc-endpoint", "s3"); ok && ep.args["route_table"] == table {
		return "endpoint"
	}
	if table == "public" {
		return "igw"
	}
	return ""
}

// packet notes the fate of a packet to S3 that was seen in the lab. Others
// (to the resolver, between the instances) are not part of the picture.
func (w *walk) packet(e steps.Event) {
	host := e.Args["from"]
	if src, err := netip.ParseAddrPort(host); err == nil && src.Port() != 0 && src.Port() < 1024 {
		return // the answer of a server on the instance: SSH, mostly
	}
	if host != "bastion" && host != "private" {
		host = w.hostOf(host)
	}
	dest, err := netip.ParseAddrPort(e.Args["to"])
	if host == "" || err != nil || dest.Addr().IsPrivate() || dest.Addr().IsLinkLocalUnicast() {
		return
	}
	if e.Step == "" || e.Args["action"] != "deliver" && e.Args["code"] == "" {
		return // a probe of a trace whose time to live ran out on the way
	}
	wy := way{dest: e.Args["to"], proto: e.Args["proto"], code: e.Args["code"], where: e.Args["object"], exact: true, fate: dies}
	if e.Args["action"] == "deliver" {
		wy.fate, wy.code = arrives, ""
	}
	switch via := e.Args["via"]; {
	case strings.HasPrefix(via, "igw"):
		wy.via = "igw"
	case strings.HasPrefix(via, "vpce"), via == "endpoint":
		wy.via = "endpoint"
	}
	w.record(e.Step).ways[host] = wy
}

// hostOf names the instance that has an address.
func (w *walk) hostOf(addr string) string {
	if ap, err := netip.ParseAddrPort(addr); err == nil {
		addr = ap.Addr().String()
	}
	for _, t := range w.things {
		if t.Kind == "instance" && addr != "" && (t.args["private_ip"] == addr || t.args["public_ip"] == addr) {
			return t.Name
		}
	}
	return ""
}
