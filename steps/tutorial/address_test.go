package tutorial_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"gatewalk/steps"
	"gatewalk/steps/tutorial"
)

// checkip is the way to an internet on which all that there is says where the
// learner comes from.
type checkip struct{ addr string }

func (c checkip) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	if addr != "checkip.amazonaws.com:80" {
		return nil, fmt.Errorf("dialled %s", addr)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", c.addr)
}

// The learner's own address is found before anything is made, said with how it
// was found, and the one before it loses its way in.
func TestOwnAddress(t *testing.T) {
	for _, tt := range []struct{ says, want, failure string }{
		{says: "198.51.100.7\n", want: "198.51.100.7/32"},
		{says: "2001:db8::7\n", failure: "own-ipv6"},
		{says: "::ffff:198.51.100.7\n", want: "198.51.100.7/32"},
		{says: "10.1.2.3\n", failure: "own-address"},
		{says: "<html>Log in to the hotel's network</html>", failure: "own-address"},
		{says: "", failure: "own-address"},
	} {
		t.Run(tt.says, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, tt.says) }))
			defer srv.Close()
			a := newAccount(t, "ap-northeast-2")
			before := a.things(t)
			dir := t.TempDir()
			asked := func(o *tutorial.Options) {
				o.SSHFrom, o.Target.Dial = netip.Prefix{}, checkip{srv.Listener.Addr().String()}
			}
			r, done := a.walk(t, dir, asked)
			err := r.RunUntil(t.Context(), "3.1")
			done()
			var f *steps.Failure
			if tt.failure != "" {
				if !errors.As(err, &f) || f.Msg != tt.failure || a.things(t) != before {
					t.Errorf("it says %v, and made %s", err, difference(before, a.things(t)))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			note := func() (said steps.Event) {
				for _, e := range r.Session.Events() {
					if e.Kind == steps.Note && e.Msg == "ssh-from" {
						said = e
					}
				}
				return said
			}
			if n := note(); n.Args["cidr"] != tt.want || n.Args["how"] != "asked" {
				t.Errorf("it says %v", n)
			}
			if got := a.openTo(); len(got) != 1 || got[0] != tt.want {
				t.Errorf("port 22 is open to %v", got)
			}
			// The learner moves, and says where to.
			r, done = a.walk(t, dir, func(o *tutorial.Options) { o.SSHFrom = netip.MustParsePrefix("203.0.113.9/24") })
			defer done()
			if err := r.Run(t.Context(), "3.1"); err != nil {
				t.Fatal(err)
			}
			if n := note(); n.Args["how"] != "given" {
				t.Errorf("it says %v", n)
			}
			if got := a.openTo(); len(got) != 1 || got[0] != "203.0.113.0/24" {
				t.Errorf("after moving, port 22 is open to %v", got)
			}
		})
	}
}

// openTo are the addresses that some group of the account lets in.
func (a *account) openTo() (cidrs []string) {
	for _, g := range a.world.Snapshot().SecurityGroups {
		for _, rule := range g.Rules {
			if rule.Cidr.IsValid() && !rule.Egress {
				cidrs = append(cidrs, rule.Cidr.String())
			}
		}
	}
	return cidrs
}

// Who comes back from elsewhere finds 3.1 undone, which lets the new address
// in; who named an address is not asked of again.
func TestMoved(t *testing.T) {
	t.Parallel()
	home := "198.51.100.7"
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, home) }))
	defer srv.Close()
	a := newAccount(t, "ap-northeast-2")
	dir := t.TempDir()
	walk := func(from string) {
		t.Helper()
		r, done := a.walk(t, dir, func(o *tutorial.Options) {
			o.SSHFrom, o.Target.Dial = netip.Prefix{}, checkip{srv.Listener.Addr().String()}
			if from != "" {
				o.SSHFrom = netip.MustParsePrefix(from)
			}
		})
		defer done()
		if err := r.RunUntil(t.Context(), "3.1"); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ from, home, want string }{
		{home: "198.51.100.7", want: "198.51.100.7/32"},
		{home: "198.51.100.7", want: "198.51.100.7/32"},
		{home: "192.0.2.44", want: "192.0.2.44/32"},
		{home: "not an address", want: "192.0.2.44/32"},
		{home: "192.0.2.44", from: "203.0.113.0/24", want: "203.0.113.0/24"},
		{home: "192.0.2.44", want: "203.0.113.0/24"},
	} {
		home = tt.home
		walk(tt.from)
		if got := a.openTo(); len(got) != 1 || got[0] != tt.want {
			t.Errorf("from %s, and given %q: port 22 is open to %v, want %s", tt.home, tt.from, got, tt.want)
		}
	}
}

// A bastion that is silent: whom its group does not let in is told so at once,
// with the step that mends it, and whom it lets in that the way is barred.
func TestSilentBastion(t *testing.T) {
	login := func(t *testing.T, c *classroom) error { return c.RunUntil(t.Context(), "3.2") }
	shell := func(t *testing.T, c *classroom) error { // which does not wait for a host to boot
		_, err := c.walk.Connect(t.Context(), c.Session.State(), "private")
		return err
	}
	for name, tt := range map[string]struct {
		from    string // as --ssh-from says
		bar     func(*testing.T, *classroom, *ec2.Client)
		try     func(*testing.T, *classroom) error
		failure string
	}{
		"not let in": {failure: "ssh-not-let-in", try: login, bar: func(t *testing.T, c *classroom, client *ec2.Client) {
			group, _ := c.Session.State().Find("security-group", "bastion")
			out := must(client.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupIds: []string{group.ID}}))(t)
			must(client.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{GroupId: &group.ID, IpPermissions: out.SecurityGroups[0].IpPermissions}))(t)
		}},
		"from elsewhere": {failure: "ssh-elsewhere", try: shell, from: "198.51.100.0/24", bar: func(*testing.T, *classroom, *ec2.Client) {}},
		"blocked": {failure: "ssh-blocked", try: shell, bar: func(t *testing.T, c *classroom, client *ec2.Client) {
			table, _ := c.Session.State().Find("route-table", "public")
			must(client.DeleteRoute(t.Context(), &ec2.DeleteRouteInput{RouteTableId: &table.ID, DestinationCidrBlock: aws.String("0.0.0.0/0")}))(t)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClassroom(t, func(o *tutorial.Options) {
				if tt.from != "" {
					o.SSHFrom = netip.MustParsePrefix(tt.from)
				}
			})
			c.until(t, "3.1")
			tt.bar(t, c, ec2.NewFromConfig(c.config))
			err := tt.try(t, c)
			var f *steps.Failure
			if !errors.As(err, &f) || f.Msg != tt.failure || f.Args["now"] == "" {
				t.Fatalf("it says %v", err)
			}
			if tt.from != "" {
				return
			}
			// 3.1 makes anew both what let the learner in and the way there.
			if err := c.Run(t.Context(), "3.1"); err != nil {
				t.Fatal(err)
			}
			c.until(t, "3.2")
		})
	}
}
