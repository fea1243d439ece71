package lab

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"gatewalk/lab/world"
)

// oneInstance is a world with one instance that runs, with a role and user
// data, and its address on the wire.
func oneInstance(f *testing.F) (*world.World, netip.Addr) {
	f.Helper()
	w := world.New(world.Options{Seed: 1})
	var carrier netip.Addr
	err := w.Update(func(tx *world.Tx) error {
		vpc, err := tx.CreateVpc("10.0.0.0/16", nil)
		if err != nil {
			return err
		}
		subnet, err := tx.CreateSubnet(vpc.ID, "10.0.1.0/24", "", nil)
		if err != nil {
			return err
		}
		made, err := tx.RunInstances(world.Launch{ImageID: world.RegionData("ap-northeast-2").Images()[0].ID, SubnetID: subnet.ID, UserData: []byte("#!/bin/sh\n")})
		if err != nil {
			return err
		}
		i := tx.Instances.Edit(made[0].ID)
		i.State, i.HttpTokens = world.Running, "optional"
		return nil
	})
	if err != nil {
		f.Fatal(err)
	}
	for _, eni := range w.Snapshot().Interfaces {
		carrier = eni.Carrier
	}
	return w, carrier
}

// FuzzResolver asks the resolver whatever comes, as an instance and as nobody:
// what it answers can be packed, and is an answer to that.
func FuzzResolver(f *testing.F) {
	for _, name := range []string{"s3.ap-northeast-2.amazonaws.com.", "25.56.219.52.in-addr.arpa.", "ip-10-0-1-4.ap-northeast-2.compute.internal.", "a.b.", ".", strings.Repeat("a.", 120)} {
		for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA, dns.TypePTR, dns.TypeANY, dns.TypeSOA, 65535} {
			if b, err := new(dns.Msg).SetQuestion(name, kind).Pack(); err == nil {
				f.Add(b)
			}
		}
	}
	q := new(dns.Msg).SetQuestion("s3.amazonaws.com.", dns.TypeA)
	q.SetEdns0(512, true)
	q.Question = append(q.Question, q.Question[0])
	if b, err := q.Pack(); err == nil {
		f.Add(b)
	}
	f.Add([]byte{0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 0x0c, 0, 1, 0, 1}) // a name that points to itself
	w, carrier := oneInstance(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		q := new(dns.Msg)
		if q.Unpack(b) != nil {
			return // the server has no handler for that
		}
		for _, from := range []netip.Addr{carrier, world.LaptopAddr} {
			a := &dnsAnswer{from: from}
			(&resolver{world: w}).ServeDNS(a, q)
			if a.said == nil {
				t.Fatalf("%v gets no answer", q)
			}
			if a.said.Id != q.Id || !a.said.Response {
				t.Errorf("%v is answered with %v", q, a.said)
			}
			if _, err := a.said.Pack(); err != nil {
				t.Errorf("%v is answered with what cannot be sent: %v", q, err)
			}
		}
	})
}

// dnsAnswer keeps what is written to a client.
type dnsAnswer struct {
	dns.ResponseWriter
	from netip.Addr
	said *dns.Msg
}

func (a *dnsAnswer) RemoteAddr() net.Addr {
	return net.UDPAddrFromAddrPort(netip.AddrPortFrom(a.from, 5353))
}
func (a *dnsAnswer) WriteMsg(m *dns.Msg) error { a.said = m; return nil }

// FuzzMetadata asks the metadata service whatever comes: it answers, never with
// its own failure, and never without a token what needs one.
func FuzzMetadata(f *testing.F) {
	f.Add("GET", "/latest/meta-data/", tokenHeader, "AQAEzz_x")
	f.Add("PUT", "/latest/api/token", ttlHeader, "21600")
	f.Add("PUT", "/latest/api/token", ttlHeader, "-1")
	f.Add("GET", "/latest/meta-data/iam/security-credentials/../../user-data", tokenHeader, "")
	f.Add("HEAD", "//latest//dynamic/", "X-Forwarded-For", "1.2.3.4")
	f.Add("GET", "", tokenHeader, "AQAE9223372036854775807_")
	w, carrier := oneInstance(f)
	m := &metadata{world: w, clock: w.Clock(), secret: secret(1, "metadata")}
	f.Fuzz(func(t *testing.T, method, path, header, value string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Method, r.URL.Path, r.RemoteAddr = method, path, netip.AddrPortFrom(carrier, 40000).String()
		r.Header.Set(header, value)
		a := httptest.NewRecorder()
		m.ServeHTTP(a, r)
		if a.Code >= http.StatusInternalServerError {
			t.Errorf("%s %q with %s: %q is answered %d", method, path, header, value, a.Code)
		}
		r.RemoteAddr = netip.AddrPortFrom(world.LaptopAddr, 40000).String()
		stranger := httptest.NewRecorder()
		m.ServeHTTP(stranger, r)
		if stranger.Code != http.StatusNotFound {
			t.Errorf("a stranger's %s %q is answered %d", method, path, stranger.Code)
		}
	})
}
