package lab_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gatewalk/lab"
	"gatewalk/lab/world"
)

// find has Reachability Analyzer look at a way for TCP.
func (g *guide) find(from, to, addr string, port int) *world.InsightsAnalysis {
	g.t.Helper()
	var a *world.InsightsAnalysis
	g.change(func(tx *world.Tx) error {
		p, err := tx.CreateInsightsPath(world.InsightsPath{Source: from, Destination: to, DestinationIP: addr, Protocol: "tcp", DestinationPort: port})
		if err == nil {
			a, err = tx.Analyze(p.ID, nil)
		}
		return err
	})
	return a
}

// arrives sends packets the same way: TCP probes that only the destination
// answers with its own address.
func (s *shell) arrives(t *testing.T, addr string, port int) bool {
	t.Helper()
	out := s.run(t, fmt.Sprintf("sudo traceroute -n -T -q 1 -w 1 -m 9 -p %d %s", port, addr)).out
	return strings.Contains(out, "  "+addr+" ")
}

// What Reachability Analyzer finds is what becomes of packets: whether they
// arrive, and if not, at which object.
func TestInsightsTellTheTruth(t *testing.T) {
	t.Parallel()
	const s3 = "3.5.143.161"
	acl := func(g *guide, entries ...world.AclEntry) string {
		var id string
		g.change(func(tx *world.Tx) error {
			made, err := tx.CreateNetworkAcl(g.vpc, nil)
			if err != nil {
				return err
			}
			id = made.ID
			for _, e := range entries {
				if err := tx.PutNetworkAclEntry(id, e, false); err != nil {
					return err
				}
			}
			was := tx.NetworkAcls.Get(tx.Subnets.Get(g.privateSubnet).AclID).AssociationIDs[g.privateSubnet]
			_, err = tx.ReplaceNetworkAclAssociation(was, id)
			return err
		})
		return id
	}
	every := func(egress bool) world.AclEntry {
		return world.AclEntry{Number: 100, Egress: egress, Protocol: "-1", Allow: true, Cidr: anywhere}
	}
	onlyEgress := func(g *guide, r world.GroupRule) {
		g.change(func(tx *world.Tx) error {
			if err := tx.RevokeSecurityGroup(g.privateGroup, true, []world.GroupRule{{Protocol: "-1", From: -1, To: -1, Egress: true, Cidr: anywhere}}, nil); err != nil {
				return err
			}
			r.Egress = true
			_, err := tx.AuthorizeSecurityGroup(g.privateGroup, []world.GroupRule{r})
			return err
		})
	}
	// The rules that keep something out, where all others keep it in.
	inward := []string{"an ACL that lets no answer in", "to a port that its group does not have", "to its subnet's ACL", "into the group of one"}
	for _, tc := range []struct {
		name string
		// make changes the guide's world and says which object is to be found
		// at fault, where one is.
		make func(g *guide) (culprit string)
		from func(g *guide) *shell // nil: the private instance
		addr string
		port int
		code string // "" arrives
	}{
		{"no route", func(g *guide) string { return g.privateTable }, nil, s3, 443, world.CodeNoRoute},
		{"the endpoint on the right table", func(g *guide) string { g.endpoint("", g.privateTable); return "" }, nil, s3, 443, ""},
		{"on the wrong table", func(g *guide) string { g.endpoint("", g.publicTable); return g.privateTable }, nil, s3, 443, world.CodeNoRoute},
		{"no egress rule", func(g *guide) string {
			g.endpoint("", g.privateTable)
			onlyEgress(g, world.GroupRule{Protocol: "tcp", From: 80, To: 80, Cidr: anywhere})
			return g.privateGroup
		}, nil, s3, 443, world.CodeGroup},
		{"an egress rule by prefix list", func(g *guide) string {
			g.endpoint("", g.privateTable)
			onlyEgress(g, world.GroupRule{Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-78a54011"})
			return ""
		}, nil, s3, 443, ""},
		{"an ACL that lets nothing out", func(g *guide) string {
			g.endpoint("", g.privateTable)
			return acl(g, every(false), world.AclEntry{Number: 100, Egress: true, Protocol: "6", Allow: true, Cidr: anywhere, From: 1024, To: 65535})
		}, nil, s3, 443, world.CodeAcl},
		{"an ACL that lets no answer in", func(g *guide) string {
			g.endpoint("", g.privateTable)
			return acl(g, every(true), world.AclEntry{Number: 100, Protocol: "6", Allow: true, Cidr: anywhere, From: 22, To: 22})
		}, nil, s3, 443, world.CodeAcl},
		{"a static route into nothing", func(g *guide) string {
			g.endpoint("", g.privateTable)
			g.change(func(tx *world.Tx) error {
				return tx.CreateRoute(g.privateTable, world.RouteSpec{Cidr: "3.5.140.0/22", Target: g.gateway})
			})
			return g.gateway
		}, nil, s3, 443, world.CodeNoPublicIP},
		{"and past it", func(g *guide) string {
			g.endpoint("", g.privateTable)
			g.change(func(tx *world.Tx) error {
				return tx.CreateRoute(g.privateTable, world.RouteSpec{Cidr: "3.5.140.0/22", Target: g.gateway})
			})
			return ""
		}, nil, "52.219.56.25", 443, ""},
		{"an endpoint that is being deleted", func(g *guide) string {
			id := g.endpoint("", g.privateTable)
			g.change(func(tx *world.Tx) error { return tx.DeleteVpcEndpoint(id) })
			return g.privateTable
		}, nil, s3, 443, world.CodeNoRoute},
		{"by the internet", func(g *guide) string { return "" }, (*guide).onBastion, s3, 443, ""},
		{"to the private instance", func(g *guide) string { return "" }, (*guide).onBastion, privateIP, 22, ""},
		{"to a port that its group does not have", func(g *guide) string { return g.privateGroup }, (*guide).onBastion, privateIP, 80, world.CodeGroup},
		{"to its subnet's ACL", func(g *guide) string { return acl(g, every(true)) }, (*guide).onBastion, privateIP, 22, world.CodeAcl},
		{"nobody has that address", func(g *guide) string { return g.vpc }, nil, "10.0.1.9", 22, world.CodeNoDestination},
		{"through an interface endpoint", func(g *guide) string {
			_, group := g.interfaceEndpoint("s3", func(s *world.EndpointSpec) { s.Subnets[0].IP = "10.0.2.50" })
			g.admit(group)
			return ""
		}, nil, "10.0.2.50", 443, ""},
		{"into the group of one", func(g *guide) string {
			_, group := g.interfaceEndpoint("s3", func(s *world.EndpointSpec) { s.Subnets[0].IP = "10.0.2.50" })
			return group
		}, nil, "10.0.2.50", 443, world.CodeGroup},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			g := newGuide(t, lab.Options{})
			from, s := g.private, (*shell)(nil)
			if tc.from != nil {
				from, s = g.bastion, tc.from(g)
			} else {
				s = g.onPrivate()
			}
			culprit := tc.make(g)
			a := g.find(from, "", tc.addr, tc.port)
			if a.Found != (tc.code == "") || a.Explanation != tc.code || a.Component != culprit {
				t.Errorf("found %v: %s at %s, want %q at %s", a.Found, a.Explanation, a.Component, tc.code, culprit)
			}
			if a.Inward != slices.Contains(inward, tc.name) {
				t.Errorf("a rule for what comes in: %v", a.Inward)
			}
			if got := s.arrives(t, tc.addr, tc.port); got != a.Found {
				t.Errorf("a packet arrives: %v; the analyzer says: %v (%s)", got, a.Found, a.Explanation)
			}
			if a.Found && (len(a.Path) < 5 || a.Path[0] != from) {
				t.Errorf("the way is %v", a.Path)
			}
		})
	}
}
