package tutorial

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"gatewalk/steps"
	"gatewalk/steps/probe"
)

// resolve is 4.1: the name of S3, asked on both hosts.
func (r *run) resolve(ctx context.Context) error {
	_, _, list, err := r.prefixList(ctx)
	if err != nil {
		return err
	}
	name := r.state.Value(valueS3)
	if name == "" {
		return fail(failNeeds, nil, "step", "3.1")
	}
	return both(func(host string) error { return r.lookup(ctx, host, name, list) })
}

func (r *run) lookup(ctx context.Context, host, name string, list []netip.Prefix) error {
	res, err := r.command(ctx, host, "nslookup "+name)
	if err != nil {
		return err
	}
	l, err := probe.Nslookup(res.text)
	if err != nil || l.Failure != "" || len(l.Addresses) == 0 {
		if err == nil {
			err = fmt.Errorf("nslookup: exit status %d: %s", res.status, strings.TrimSpace(res.text))
		}
		return fail(failNoAddress, err, "host", host, "name", name)
	}
	in := func(a netip.Addr) bool {
		return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	var rows [][]string
	for _, a := range l.Addresses {
		rows = append(rows, []string{a.String(), yesNo(in(a))})
	}
	r.observe(seeAddresses, host, steps.Args{"name": name, "server": l.Server.Addr().String()}, rows...)
	i := slices.IndexFunc(l.Addresses, in)
	if i < 0 {
		return fail(failOutside, nil, "host", host, "name", name, "address", l.Addresses[0].String())
	}
	return r.state.Set(valueAddress+"."+host, l.Addresses[i].String())
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// destination of a host's trace: what its own nslookup gave.
func (r *run) destination(ctx context.Context, host string) (string, error) {
	if a := r.state.Value(valueAddress + "." + host); a != "" {
		return a, nil
	}
	if err := r.resolve(ctx); err != nil {
		return "", err
	}
	return r.state.Value(valueAddress + "." + host), nil
}

// trace is 4.2: the way of UDP packets, side by side, each to the address that
// its host was given, as in the guide.
func (r *run) trace(ctx context.Context) error {
	dests := map[string]string{}
	for _, host := range []string{bastion, private} {
		d, err := r.destination(ctx, host)
		if err != nil {
			return err
		}
		dests[host] = d
	}
	return both(func(host string) error {
		t, err := r.traceroute(ctx, host, "udp", "traceroute "+dests[host])
		if err == nil && host == bastion && t.Silent() {
			err = fail(failNoTrace, nil, "host", host, "address", dests[host])
		}
		return err
	})
}

// readStars is 4.3: what the trace of the private instance shows, and does not.
func (r *run) readStars(ctx context.Context) error {
	e, ok := r.state.Seen("4.2", seeTrace, private)
	if !ok {
		d, err := r.destination(ctx, private)
		if err != nil {
			return err
		}
		if _, err := r.traceroute(ctx, private, "udp", "traceroute "+d); err != nil {
			return err
		}
		e, _ = r.state.Seen(r.step, seeTrace, private)
	} else {
		r.observe(seeTrace, private, e.Args, e.Rows...)
	}
	if e.Args["silent"] != "yes" {
		return fail(failStars, nil, "host", private, "address", e.Args["dest"])
	}
	return nil
}

// traceTCP is 4.3b: the test that tells the two worlds apart. Both hosts go to
// the same address, or the addresses would be a second difference.
func (r *run) traceTCP(ctx context.Context) error {
	dest, err := r.destination(ctx, private)
	if err != nil {
		return err
	}
	return both(func(host string) error {
		t, err := r.traceroute(ctx, host, "tcp", "sudo traceroute -n -T -p 443 "+dest)
		if err == nil && host == private && !t.Reached() {
			err = fail(failTCP, nil, "host", host, "address", dest)
		}
		return err
	})
}

func (r *run) traceroute(ctx context.Context, host, method, cmd string) (probe.Trace, error) {
	res, err := r.command(ctx, host, cmd)
	if err != nil {
		return probe.Trace{}, err
	}
	t, err := probe.Traceroute(res.text)
	if err != nil || len(t.Hops) == 0 {
		if err == nil {
			err = fmt.Errorf("traceroute: exit status %d: %s", res.status, strings.TrimSpace(res.text))
		}
		return t, fail(failNoTrace, err, "host", host)
	}
	var rows [][]string
	for _, h := range t.Hops {
		row := []string{strconv.Itoa(h.TTL)}
		for _, a := range h.Addresses() {
			row = append(row, a.String())
		}
		rows = append(rows, row)
	}
	r.observe(seeTrace, host, steps.Args{
		"method": method, "dest": t.Dest.String(), "hops": strconv.Itoa(len(t.Hops)), "reached": yesNo(t.Reached()), "silent": yesNo(t.Silent()),
	}, rows...)
	return t, nil
}
