package lab_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"gatewalk/lab"
	"gatewalk/lab/world"
)

// Six programs in four worlds, on the private instance: what the guide shows,
// and what it leaves to be guessed. The name's answer is 3.5.143.161.
func TestProgramsInWorlds(t *testing.T) {
	t.Parallel()
	const (
		nslookup = "nslookup " + s3Name
		udp      = "traceroute -n " + s3Name
		tcp      = "sudo traceroute -n -T -p 443 " + s3Name
		curl     = "curl -s -m 5 https://" + s3Name
		list     = "AWS_MAX_ATTEMPTS=1 aws s3 ls --cli-connect-timeout 1"
		ping     = "ping -c 1 " + s3Name
	)
	silentTrace := func(t *testing.T, r result) {
		r.check(t, 0)
		if n := strings.Count(r.out, " * * *"); n != 30 {
			t.Errorf("%d silent hops, want 30: %s", n, r.out)
		}
	}
	answered := func(t *testing.T, r result) { r.check(t, 0, "Server:\t\t10.0.0.2", "Address: 3.5.143.161") }
	lost := func(t *testing.T, r result) {
		r.check(t, 1, "PING s3", "1 packets transmitted, 0 received, 100% packet loss")
	}
	cannot := map[string]func(*testing.T, result){
		nslookup: answered, udp: silentTrace, ping: lost, tcp: silentTrace,
		curl: func(t *testing.T, r result) {
			r.check(t, 28)
			if r.took < 5*time.Second {
				t.Errorf("gave up after %s, want its 5 s", r.took)
			}
		},
		list: func(t *testing.T, r result) {
			r.check(t, 255, `Connect timeout on endpoint URL: "https://`+s3Name+`/"`)
		},
	}
	can := map[string]func(*testing.T, result){
		nslookup: answered, udp: silentTrace, ping: lost,
		tcp: func(t *testing.T, r result) {
			lines := strings.Split(strings.TrimSpace(r.out), "\n")
			r.check(t, 0)
			if last := lines[len(lines)-1]; len(lines) != 8 || !strings.HasPrefix(last, " 7  3.5.143.161 ") || strings.Count(r.out, " * * *") != 6 {
				t.Errorf("want six silent hops and S3 as the seventh: %s", r.out)
			}
		},
		curl: func(t *testing.T, r result) { r.check(t, 0) },
		list: func(t *testing.T, r result) { r.check(t, 0, bucket) },
	}
	for _, test := range []struct {
		name     string
		make     func(g *guide)
		programs map[string]func(*testing.T, result)
		further  func(t *testing.T, s *shell)
	}{
		{"no endpoint", func(g *guide) {}, cannot, nil},
		{"endpoint", func(g *guide) { g.endpoint("", g.privateTable) }, can, nil},
		{"group without egress 443", func(g *guide) {
			g.endpoint("", g.privateTable)
			g.change(func(tx *world.Tx) error {
				if err := tx.RevokeSecurityGroup(g.privateGroup, true, []world.GroupRule{{Protocol: "-1", From: -1, To: -1, Egress: true, Cidr: anywhere}}, nil); err != nil {
					return err
				}
				_, err := tx.AuthorizeSecurityGroup(g.privateGroup, []world.GroupRule{{Egress: true, Protocol: "tcp", From: 80, To: 80, Cidr: anywhere}})
				return err
			})
		}, cannot, func(t *testing.T, s *shell) {
			s.run(t, "curl -s -m 60 http://"+s3Name).check(t, 0) // the port that is left
		}},
		{"static route shadows part of the list", func(g *guide) {
			g.endpoint("", g.privateTable)
			g.change(func(tx *world.Tx) error {
				return tx.CreateRoute(g.privateTable, world.RouteSpec{Cidr: "3.5.140.0/22", Target: g.gateway})
			})
		}, cannot, func(t *testing.T, s *shell) {
			elsewhere := "--resolve " + s3Name + ":443:52.219.56.25 "
			s.run(t, "curl -s -m 60 "+elsewhere+"https://"+s3Name).check(t, 0) // the rest of the list
			s.run(t, "sudo traceroute -n -T -p 443 52.219.56.25").check(t, 0, "\n 7  52.219.56.25 ")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			g := newGuide(t, lab.Options{})
			s := g.onPrivate()
			test.make(g)
			if test.further != nil {
				test.further(t, s)
			}
			// They mostly wait, and none hears the other: all at once.
			results := map[string]result{}
			var mu sync.Mutex
			var wg sync.WaitGroup
			for cmd := range test.programs {
				wg.Go(func() {
					r := s.try(t.Context(), cmd)
					mu.Lock()
					defer mu.Unlock()
					results[cmd] = r
				})
			}
			wg.Wait()
			for cmd, check := range test.programs {
				t.Run(cmd, func(t *testing.T) { check(t, results[cmd].whole(t)) })
			}
		})
	}
}

const (
	reach = "curl -s -m 60 https://" + s3Name // patient: for where it has to succeed
	hangs = "curl -s -m 5 https://" + s3Name
	list  = "aws s3 ls s3://" + bucket
)

func TestEndpointOnThePublicTableOnly(t *testing.T) {
	t.Parallel()
	g := newGuide(t, lab.Options{})
	g.endpoint("", g.publicTable)
	g.onPrivate().run(t, hangs).check(t, 28)
	g.onBastion().run(t, reach).check(t, 0)
	// The bastion's way to S3 is the endpoint's now: no hop of it answers.
	g.onBastion().run(t, "traceroute -n -m 3 "+s3Name).check(t, 0, " 1  * * *", " 2  * * *", " 3  * * *")
}

func TestEndpointPolicyOfAnotherBucket(t *testing.T) {
	t.Parallel()
	g := newGuide(t, lab.Options{})
	g.endpoint(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::other","arn:aws:s3:::other/*"]}]}`, g.privateTable)
	r := g.onPrivate().run(t, list)
	r.check(t, 254, "An error occurred (AccessDenied) when calling the ListObjectsV2 operation", "because no VPC endpoint policy allows the s3:ListBucket action")
	if r.took > 20*time.Second {
		t.Errorf("refused after %s, which looks like a missing route", r.took)
	}
	g.onBastion().run(t, list).check(t, 0, key) // its way is not the endpoint's
}

func TestNoRole(t *testing.T) {
	t.Parallel()
	g := newGuide(t, lab.Options{})
	g.endpoint("", g.privateTable)
	s := g.onPrivate()
	s.run(t, list).check(t, 0, key)
	g.change(func(tx *world.Tx) error {
		_, err := tx.DisassociateProfile(tx.Instances.Get(g.private).ProfileAssociation)
		return err
	})
	s.run(t, list).check(t, 253, "Unable to locate credentials")
}

// An ACL is stateless: without the ephemeral ports what S3 answers is lost,
// though all that leaves is allowed. The resolver is beyond its reach.
func TestAclWithoutEphemeralPorts(t *testing.T) {
	t.Parallel()
	g := newGuide(t, lab.Options{})
	g.endpoint("", g.privateTable)
	g.onPrivate().run(t, reach).check(t, 0)
	g.change(func(tx *world.Tx) error {
		acl, err := tx.CreateNetworkAcl(g.vpc, nil)
		if err != nil {
			return err
		}
		for _, e := range []world.AclEntry{
			{Number: 100, Protocol: "6", Allow: true, Cidr: anywhere, From: 22, To: 22},
			{Number: 100, Egress: true, Protocol: "-1", Allow: true, Cidr: anywhere},
		} {
			if err := tx.PutNetworkAclEntry(acl.ID, e, false); err != nil {
				return err
			}
		}
		was := tx.NetworkAcls.Get(tx.Subnets.Get(g.privateSubnet).AclID).AssociationIDs[g.privateSubnet]
		_, err = tx.ReplaceNetworkAclAssociation(was, acl.ID)
		return err
	})
	s := g.onPrivate()
	s.run(t, hangs).check(t, 28)
	s.run(t, "nslookup "+s3Name).check(t, 0, "3.5.143.161")
}

func TestDnsSupportOff(t *testing.T) {
	t.Parallel()
	g := newGuide(t, lab.Options{})
	g.endpoint("", g.privateTable)
	s := g.onPrivate()
	off := false
	g.change(func(tx *world.Tx) error { return tx.ModifyVpcAttribute(g.vpc, &off, nil) })
	s.run(t, "nslookup "+s3Name).check(t, 1, "no servers could be reached")
	s.run(t, "curl -sS https://"+s3Name).check(t, 6, "curl: (6) Could not resolve host: "+s3Name)
	// The way itself is open: it is the name alone that is missing.
	s.run(t, "curl -s -m 60 --resolve "+s3Name+":443:3.5.143.161 https://"+s3Name).check(t, 0)
}
