package world

import (
	"net/netip"
	"reflect"
	"testing"
)

// TestHairpin: two instances meet by public addresses.
func TestHairpin(t *testing.T) {
	g := newGuide(t, Options{})
	other := addr("3.34.50.60")
	g.change(func(tx *Tx) {
		tx.Interfaces.Edit("eni-i-private").PublicIP = other
		addRoute(tx, "rtb-priv", Route{Cidr: anywhere, Target: "igw-1"})
		s := tx.SecurityGroups.Edit("sg-private")
		s.Rules = append(s.Rules, GroupRule{Protocol: "tcp", From: 80, To: 80, Cidr: netip.PrefixFrom(bastionPub, 32)})
	})
	w := g.wire()
	if v := w.send(bastion, flow(TCP, bastionIP, 4000, other, 22)); v.Code != CodeGroup {
		t.Errorf("a group reference matched a public address: %+v", v)
	}
	f := flow(TCP, bastionIP, 4000, other, 80)
	v := w.send(bastion, f)
	if v.To != private || arrived(f, v) != flow(TCP, bastionPub, 4000, privateIP, 80) {
		t.Fatalf("there: %+v", v)
	}
	back := w.answer(f, v)
	if back.To != bastion || arrived(arrived(f, v).Reverse(), back) != f.Reverse() {
		t.Fatalf("back: %+v", back)
	}
	if again := w.send(bastion, f); again.To != private {
		t.Errorf("second packet: %+v", again)
	}
}

func TestNatPorts(t *testing.T) {
	g := newGuide(t, Options{})
	third := addr("10.0.2.77")
	g.change(natRoute)
	g.change(func(tx *Tx) {
		tx.Interfaces.Put("eni-3", &Interface{ID: "eni-3", VpcID: "vpc-1", SubnetID: "subnet-priv", PrivateIP: third,
			Carrier: tx.NewCarrier(), Groups: []string{"sg-private"}, InstanceID: "i-3"})
		tx.Instances.Put("i-3", &Instance{ID: "i-3", InterfaceID: "eni-3", SubnetID: "subnet-priv", VpcID: "vpc-1", State: Running})
	})
	w := g.wire()
	// The same port of two instances to the same place.
	f1, f2 := flow(TCP, privateIP, 4000, s3B, 443), flow(TCP, third, 4000, s3B, 443)
	v1, v2 := w.send(private, f1), w.send("i-3", f2)
	if v1.Src.Addr() != natPub || v2.Src.Addr() != natPub || v1.Src == v2.Src {
		t.Fatalf("S3 sees %v and %v", v1.Src, v2.Src)
	}
	if v1.Src.Port() != 4000 {
		t.Errorf("a free port was changed to %d", v1.Src.Port())
	}
	if hop := v1.Path[0].Addr; hop != natIP || len(v1.Path) != 8 {
		t.Errorf("%d hops, the first is %v", len(v1.Path), hop)
	}
	if b := w.answer(f1, v1); b.To != private || b.Dst != f1.Src {
		t.Errorf("answer to the first: %+v", b)
	}
	if b := w.answer(f2, v2); b.To != "i-3" || b.Dst != f2.Src {
		t.Errorf("answer to the second: %+v", b)
	}
	if o := g.Snapshot().Origin(v1.Src.Addr(), s3A, "s3"); o.SourceIP != natPub || o.EndpointID != "" {
		t.Errorf("S3 sees %+v", o)
	}
	g.change(func(tx *Tx) { tx.NatGateways.Delete("nat-1") })
	if len(g.nat.gateways) != 0 {
		t.Error("the translations outlive their gateway")
	}
}

func TestNatForgetsTheOldest(t *testing.T) {
	var n natTable
	first := flow(TCP, privateIP, 5000, s3A, 443)
	n.outward("nat-1", first)
	for i := range maxTranslations {
		n.outward("nat-1", flow(TCP, addr("10.0.3.1"), uint16(i), s3A, 443))
	}
	g := n.gateways["nat-1"]
	if len(g.out) != maxTranslations || len(g.in) != maxTranslations {
		t.Errorf("%d out, %d in", len(g.out), len(g.in))
	}
	if _, ok := g.out[first]; ok {
		t.Error("the oldest is still there")
	}
	for f, port := range g.out {
		if back, ok := n.inward("nat-1", Flow{TCP, f.Dst, netip.AddrPortFrom(natPub, port)}); !ok || back != f {
			t.Fatalf("%v left by %d and came back as %v", f, port, back)
		}
	}
}

func TestPaths(t *testing.T) {
	g := newGuide(t, Options{})
	hops := RegionData("ap-northeast-2").Hops
	met := make([]map[netip.Addr]bool, len(hops))
	together := 0 // how often the first two hops drew the same number
	for port := range uint16(200) {
		v := g.Route(bastion, flow(UDP, bastionIP, 40000, s3A, 33434+port), nil)
		if len(v.Path) != 7 || v.Silent {
			t.Fatalf("%d hops, silent %t", len(v.Path), v.Silent)
		}
		for i, h := range v.Path {
			if i == 1 && (h.Addr == hops[1][0]) == (v.Path[0].Addr == hops[0][0]) {
				together++
			}
			if met[i] == nil {
				met[i] = map[netip.Addr]bool{}
			}
			met[i][h.Addr] = true
			if h.Addr != hops[i][0] && h.Addr != hops[i][1] && h.Addr != hops[i][2] {
				t.Fatalf("hop %d is %v", i+1, h.Addr)
			}
			if h.Delay < 700e3 || h.Delay > 22e6 {
				t.Fatalf("hop %d answers after %v", i+1, h.Delay)
			}
		}
		if v.RTT < 200e3 || v.RTT > 1e6 {
			t.Fatalf("RTT %v", v.RTT)
		}
	}
	if together > 160 {
		t.Errorf("each TTL should draw its own router: %d of 200 drew alike", together)
	}
	for i, m := range met {
		if len(m) != 3 {
			t.Errorf("hop %d: %d routers were met", i+1, len(m))
		}
	}
	f := flow(TCP, bastionIP, 40000, s3A, 443)
	if a, b := g.Route(bastion, f, nil), g.Route(bastion, f, nil); !reflect.DeepEqual(a, b) {
		t.Error("one connection took two ways")
	}
	if v := g.Route(bastion, flow(UDP, bastionIP, 1, s3B, 33434), nil); !v.Silent {
		t.Error("3.5.0.0/16 answers UDP")
	}
	if v := g.Route(bastion, flow(TCP, bastionIP, 1, privateIP, 22), nil); len(v.Path) != 0 {
		t.Errorf("%d hops between instances", len(v.Path))
	}
	there := g.Route(bastion, f, nil)
	back := g.Route(S3, flow(TCP, s3A, 443, bastionPub, 40000), func(Flow) bool { return true })
	if d := there.RTT - back.RTT; back.To != bastion || d < -600e3 || d > 600e3 {
		t.Errorf("RTT %v there, %v back", there.RTT, back.RTT)
	}
}
