package tutorial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"gatewalk/sshx"
	"gatewalk/steps"
)

// groups makes the two security groups: SSH to the bastion from the learner's
// own address alone, and to the private instance from the bastion's group.
func (r *run) groups(ctx context.Context, from netip.Prefix) error {
	vpc, err := r.id("vpc", main)
	if err != nil {
		return err
	}
	outer, err := r.group(ctx, bastion, "SSH from the learner", vpc)
	if err != nil {
		return err
	}
	inner, err := r.group(ctx, private, "SSH from the bastion", vpc)
	if err != nil {
		return err
	}
	if before := r.state.Value(valueSSHFrom); before != "" && before != from.String() { // the learner has moved
		if err := r.expel(ctx, outer, before); err != nil {
			return err
		}
	}
	if err := r.admit(ctx, outer, types.IpPermission{IpRanges: []types.IpRange{{CidrIp: aws.String(from.String()), Description: aws.String("the learner")}}}); err != nil {
		return err
	}
	if err := r.admit(ctx, inner, types.IpPermission{UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &outer, Description: aws.String("the bastion")}}}); err != nil {
		return err
	}
	r.mu.Lock()
	r.opened = true
	r.mu.Unlock()
	return r.state.Set(valueSSHFrom, from.String()) // for the next time, when this one may have to go
}

// letIn reports whether port 22 is open to where the learner is. Of what this
// very walk has opened, and where the address is not to be had, that is taken
// for granted: behind some networks it is another one at each question.
func (r *run) letIn(ctx context.Context) bool {
	r.mu.Lock()
	opened := r.opened
	r.mu.Unlock()
	open, err := netip.ParsePrefix(r.state.Value(valueSSHFrom))
	switch given := r.givenFrom(); {
	case opened, err != nil:
		return true
	case given.IsValid():
		return given == open
	case r.o.Target.Dial == nil:
		return true
	}
	addr, err := r.ownAddress(ctx)
	return err != nil || !addr.Is4() || open.Contains(addr)
}

// notLetIn is the failure of a login to the bastion that its security group
// drops, nil where it would not or where that cannot be told; and where the
// learner comes from, as far as it is known.
func (r *run) notLetIn(ctx context.Context, cause error) (netip.Addr, error) {
	group, err := r.id("security-group", bastion)
	if err != nil {
		return netip.Addr{}, nil
	}
	groups, err := r.describeGroups(ctx, filter("group-id", group))
	if err != nil || len(groups) == 0 {
		return netip.Addr{}, nil
	}
	addr, err := r.ownAddress(ctx)
	if err != nil || !addr.Is4() {
		return netip.Addr{}, nil
	}
	for _, p := range groups[0].IpPermissions {
		all := aws.ToString(p.IpProtocol) == "-1"
		if !all && (aws.ToInt32(p.FromPort) > 22 || aws.ToInt32(p.ToPort) < 22) {
			continue
		}
		for _, from := range p.IpRanges {
			if open, err := netip.ParsePrefix(aws.ToString(from.CidrIp)); err == nil && open.Contains(addr) {
				return addr, nil
			}
		}
	}
	if given := r.givenFrom(); given.IsValid() { // which 3.1 opens it to as well
		return addr, fail(failFromElsewhere, cause, "host", bastion, "address", r.address(bastion), "now", addr.String(), "cidr", given.String())
	}
	return addr, fail(failNotLetIn, cause, "host", bastion, "address", r.address(bastion), "now", addr.String(), steps.ArgRedo, provisioning)
}

// unreached says why nobody answers at the bastion, as far as that can be seen
// from here; other errors are returned as they are.
func (r *run) unreached(ctx context.Context, err error) error {
	if !unanswering(err) || ctx.Err() != nil {
		return err
	}
	addr, why := r.notLetIn(ctx, err)
	switch {
	case why != nil:
		return why
	case addr.IsValid():
		return fail(failSSHBlocked, err, "host", bastion, "address", r.address(bastion), "now", addr.String())
	}
	return err
}

// unanswering reports whether the bastion is silent, as one is whose packets
// are dropped on the way: a host that refuses has been reached.
func unanswering(err error) bool {
	var e *sshx.Error
	return errors.As(err, &e) && e.Hop == 0 && e.Phase == sshx.PhaseDial && late(err)
}

func late(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

func (r *run) group(ctx context.Context, part, about, vpc string) (string, error) {
	return r.ensure(ctx, thing{kind: "security-group", part: part, make: func(ctx context.Context, _ string) (string, steps.Args, error) {
		var out *ec2.CreateSecurityGroupOutput
		err := r.once(ctx, func(ctx context.Context) (err error) {
			out, err = r.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
				GroupName: aws.String(r.name(part)), Description: &about, VpcId: &vpc,
				TagSpecifications: r.tags(part, types.ResourceTypeSecurityGroup),
			}, single)
			return err
		})
		if err != nil {
			return "", nil, err
		}
		return aws.ToString(out.GroupId), nil, nil
	}})
}

// expel closes port 22 of a group to an address.
func (r *run) expel(ctx context.Context, group, cidr string) error {
	_, err := r.ec2.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &group, IpPermissions: []types.IpPermission{
		{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), IpRanges: []types.IpRange{{CidrIp: &cidr}}},
	}})
	if err != nil && !missing(err) {
		return fmt.Errorf("closing port 22 of %s to %s: %w", group, cidr, err)
	}
	return nil
}

// admit lets who p names in to port 22 of a group.
func (r *run) admit(ctx context.Context, group string, p types.IpPermission) error {
	p.IpProtocol, p.FromPort, p.ToPort = aws.String("tcp"), aws.Int32(22), aws.Int32(22)
	err := r.once(ctx, func(ctx context.Context) error {
		_, err := r.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpPermissions: []types.IpPermission{p}})
		if code(err) == "InvalidPermission.Duplicate" {
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("opening port 22 of %s: %w", group, err)
	}
	return nil
}

// givenFrom is who may log in as the learner said it, in this walk or in one of
// the session's before; the zero value if nobody was named.
func (r *run) givenFrom() netip.Prefix {
	if r.o.SSHFrom.IsValid() {
		return r.o.SSHFrom.Masked()
	}
	from, _ := netip.ParsePrefix(r.state.Value(valueSSHGiven))
	return from
}

// sshFrom is who may log in to the bastion: what was asked for, or the
// learner's own address.
func (r *run) sshFrom(ctx context.Context) (netip.Prefix, error) {
	from, how := r.givenFrom(), "given"
	switch {
	case from.IsValid():
		if err := r.state.Set(valueSSHGiven, from.String()); err != nil {
			return from, err
		}
	case r.o.Target.Dial == nil:
		// Nobody here can come in, so nobody is let in.
		from, how = netip.MustParsePrefix("127.0.0.1/32"), "nobody"
	default:
		addr, err := r.ownAddress(ctx)
		switch {
		case err != nil:
			return from, fail(failOwnAddress, err)
		case !addr.Is4():
			return from, fail(failOwnIPv6, nil, "address", addr.String())
		case addr.IsPrivate() || !addr.IsGlobalUnicast():
			return from, fail(failOwnAddress, fmt.Errorf("checkip.amazonaws.com says %v, which is no public address", addr))
		}
		from, how = netip.PrefixFrom(addr, addr.BitLen()), "asked"
	}
	r.emit(steps.Event{Kind: steps.Note, Msg: noteSSHFrom, Args: steps.Args{"cidr": from.String(), "how": how}})
	return from, nil
}

// ownAddress asks AWS which public address the learner comes from, on the way
// that SSH will take. It has an IPv4 address alone.
func (r *run) ownAddress(ctx context.Context) (netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	scheme := "https"
	if Foreign(r.o.Target.AWS) != "" { // its certificate would not be one of the world's
		scheme = "http"
	}
	transport := &http.Transport{DialContext: r.o.Target.Dial.DialContext, DisableKeepAlives: true}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://checkip.amazonaws.com/", nil)
	if err != nil {
		return netip.Addr{}, err
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("asking checkip.amazonaws.com: %w", err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<10))
	if err != nil {
		return netip.Addr{}, fmt.Errorf("asking checkip.amazonaws.com: %w", err)
	}
	addr, err := netip.ParseAddr(strings.TrimSpace(string(text)))
	if err != nil || res.StatusCode != http.StatusOK {
		return netip.Addr{}, fmt.Errorf("asking checkip.amazonaws.com: status %d, %.60q", res.StatusCode, text)
	}
	return addr.Unmap(), nil
}

// Foreign is the endpoint of EC2 if it is somebody else's than AWS's, and "" if
// it is AWS's. A flag, the environment and a profile may name one, for all
// services or for EC2 alone: the SDK knows which counts.
func Foreign(cfg aws.Config) string {
	base := ec2.NewFromConfig(cfg).Options().BaseEndpoint
	if base == nil {
		return ""
	}
	if u, err := url.Parse(*base); err == nil {
		host := strings.TrimSuffix(u.Hostname(), ".cn")
		if host == "amazonaws.com" || strings.HasSuffix(host, ".amazonaws.com") {
			return ""
		}
	}
	return *base
}

func groupKind() *kind {
	return ec2Kind("security-group", "group-id", (*run).describeGroups,
		func(g types.SecurityGroup) found { return ec2Found(g.GroupId, g.Tags, nil) },
		func(ctx context.Context, r *run, e steps.LedgerEntry) error {
			_, err := r.ec2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &e.ID})
			return err
		})
}

// empty takes a group's rules away: groups that name each other hold each
// other.
func (r *run) empty(ctx context.Context, group string) error {
	groups, err := r.describeGroups(ctx, filter("group-id", group))
	if err != nil {
		return err
	}
	for _, g := range groups {
		if len(g.IpPermissions) == 0 {
			continue
		}
		_, err := r.ec2.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &group, IpPermissions: g.IpPermissions})
		if err != nil && !missing(err) {
			return fmt.Errorf("emptying %s: %w", group, err)
		}
	}
	return nil
}
