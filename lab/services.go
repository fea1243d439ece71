package lab

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/miekg/dns"

	"gatewalk/lab/awsapi"
	"gatewalk/lab/world"
)

// everywhere is a host that answers on every address that the wire brings to
// it: who may speak to it was decided on the way.
var everywhere = netip.MustParsePrefix("0.0.0.0/0")

// startServices puts the hosts on the wire that stand outside every VPC.
func (l *Lab) startServices() error {
	state := l.world.Snapshot()
	laptop, err := l.net.AddHost(world.Laptop, netip.PrefixFrom(world.LaptopAddr, 32))
	if err != nil {
		return err
	}
	l.laptop = laptop
	if err := l.startResolver(); err != nil {
		return err
	}
	if err := l.startMetadata(); err != nil {
		return err
	}
	r := state.Region
	s3 := []string{"s3." + r + ".amazonaws.com", "*.s3." + r + ".amazonaws.com", "s3.amazonaws.com", "*.s3.amazonaws.com",
		"s3.dualstack." + r + ".amazonaws.com", "*.s3.dualstack." + r + ".amazonaws.com"}
	if err := l.startWeb(world.S3, l.api, s3...); err != nil {
		return err
	}
	if err := l.startWeb(world.DynamoDB, l.api, "dynamodb."+r+".amazonaws.com"); err != nil {
		return err
	}
	api := http.NewServeMux()
	api.Handle("/", l.api)
	api.HandleFunc("checkip.amazonaws.com/", checkIP)
	return l.startWeb(world.API, api, "ec2."+r+".amazonaws.com", "sts."+r+".amazonaws.com", "ssm."+r+".amazonaws.com",
		"sts.amazonaws.com", "iam.amazonaws.com", "checkip.amazonaws.com")
}

// checkIP tells the caller its own public address.
func checkIP(w http.ResponseWriter, r *http.Request) {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	fmt.Fprintln(w, host)
}

func (l *Lab) startResolver() error {
	h, err := l.net.AddHost(world.Resolver, everywhere)
	if err != nil {
		return err
	}
	udp, err := h.ListenPacket("udp", ":53")
	if err != nil {
		return err
	}
	tcp, err := h.Listen("tcp", ":53")
	if err != nil {
		return err
	}
	handler := &resolver{world: l.world}
	for _, srv := range []*dns.Server{{PacketConn: udp, Handler: handler}, {Listener: tcp, Handler: handler}} {
		if err := l.own(shutdown{srv}); err != nil {
			return err
		}
		l.wg.Go(func() { srv.ActivateAndServe() })
	}
	return nil
}

// shutdown closes a DNS server whether or not it has begun to serve.
type shutdown struct{ *dns.Server }

func (s shutdown) Close() error {
	s.Shutdown()
	if s.PacketConn != nil {
		s.PacketConn.Close()
	}
	if s.Listener != nil {
		s.Listener.Close()
	}
	return nil
}

func (l *Lab) startMetadata() error {
	h, err := l.net.AddHost(world.Metadata, everywhere)
	if err != nil {
		return err
	}
	ln, err := h.Listen("tcp", ":80")
	if err != nil {
		return err
	}
	l.serve(ln, &metadata{world: l.world, clock: l.clock, secret: secret(l.world.Snapshot().Seed, "metadata")})
	return nil
}

// startWeb answers HTTPS and HTTP on a host, telling the handler from where in
// the lab a request came.
func (l *Lab) startWeb(id world.HostID, h http.Handler, names ...string) error {
	host, err := l.net.AddHost(id, everywhere)
	if err != nil {
		return err
	}
	plain, err := host.Listen("tcp", ":80")
	if err != nil {
		return err
	}
	secure, err := host.Listen("tcp", ":443")
	if err != nil {
		return err
	}
	// Endpoints come and go, and so do their names. S3's own are those above: it
	// has no certificate for a bucket with dots, here as there.
	others := func(name string) bool {
		return (id == world.API || strings.HasSuffix(name, ".vpce.amazonaws.com")) && l.world.Snapshot().HostOf(name) == id
	}
	config, err := l.ca.serve(l.clock.Now, others, names...)
	if err != nil {
		return err
	}
	origin := func(s *http.Server) {
		s.ConnContext = func(ctx context.Context, c net.Conn) context.Context { return l.origin(ctx, c, string(id)) }
	}
	l.serve(plain, h, origin)
	l.serve(tls.NewListener(secure, config), h, origin)
	return nil
}

// origin is what a service can tell of its caller: a public address, or an
// address inside a VPC and the endpoint that it came through.
func (l *Lab) origin(ctx context.Context, c net.Conn, service string) context.Context {
	from, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return ctx
	}
	to, err := netip.ParseAddrPort(c.LocalAddr().String())
	if err != nil {
		return ctx
	}
	return awsapi.WithOrigin(ctx, l.world.Snapshot().Origin(from.Addr(), to.Addr(), service))
}
