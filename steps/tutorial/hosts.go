package tutorial

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"golang.org/x/crypto/ssh"

	"gatewalk/sshx"
	"gatewalk/steps"
)

const (
	dialLimit  = 10 * time.Second // of one try at logging in
	bootLimit  = 3 * time.Minute  // until sshd of a new instance answers
	freshLimit = 30 * time.Second // of a host that has only just started, and refuses
	authTries  = 10               // until cloud-init has put the key in its place
	keysLimit  = time.Minute      // until the console shows the host keys
)

// Connect logs in to "bastion", or to "private" through it, and leaves the
// connection to the caller, who closes it.
func (w *Walk) Connect(ctx context.Context, state *steps.State, host string) (*sshx.Client, error) {
	r := &run{Walk: w, state: state, emit: func(steps.Event) {}}
	if err := r.awake(ctx, host); err != nil {
		return nil, explain(err)
	}
	if err := w.Pin(ctx, state, host); err != nil {
		return nil, err
	}
	var c *sshx.Client
	var last error
	_, err := r.wait(ctx, waitSSH, host, time.Second, freshLimit, func(ctx context.Context) (bool, error) {
		c, last = r.dial(ctx, host)
		return last == nil || !sshx.Booting(last) || late(last), nil
	})
	if err == nil {
		err = r.unreached(ctx, last)
	}
	return c, explain(err)
}

// Pin makes the host keys of "bastion" or "private", and of what is on the way
// to it, known in [PinsFile]: for programs that read that file.
func (w *Walk) Pin(ctx context.Context, state *steps.State, host string) error {
	r := &run{Walk: w, state: state, emit: func(steps.Event) {}}
	for _, part := range []string{bastion, host} {
		if err := r.pin(ctx, part); err != nil {
			return explain(err)
		}
	}
	return nil
}

// Command is how a learner would log in to a host from the own machine. A key
// that ssh is given by -i serves the last host alone, so what jumps needs an
// agent.
func (w *Walk) Command(state *steps.State, host string) string {
	r := &run{Walk: w, state: state}
	outer := user + "@" + r.address(bastion)
	if host == bastion {
		return fmt.Sprintf("ssh -i %q %s", w.keyPath(), outer)
	}
	return fmt.Sprintf("ssh-add %q; ssh -J %s %s@%s", w.keyPath(), outer, user, r.address(private))
}

// address is what a host is dialled by, and known by, without the port.
func (r *run) address(host string) string {
	e, _ := r.state.Find("instance", host)
	switch {
	case host != bastion:
		return e.Args["private_ip"]
	case e.Args["public_dns"] != "":
		return e.Args["public_dns"]
	}
	return e.Args["public_ip"]
}

// connection is the walk's own to a host: made when first needed, kept until
// it breaks.
func (r *run) connection(ctx context.Context, host string) (*sshx.Client, error) {
	r.mu.Lock()
	c := r.hosts[host]
	r.mu.Unlock()
	if c != nil {
		return c, nil
	}
	c, err := r.login(ctx, host)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if other := r.hosts[host]; other != nil { // two steps at once
		go c.Close()
		return other, nil
	}
	r.hosts[host] = c
	return c, nil
}

// drop forgets a connection that has broken.
func (r *run) drop(host string, c *sshx.Client) {
	r.mu.Lock()
	if r.hosts[host] == c {
		delete(r.hosts, host)
	}
	r.mu.Unlock()
	c.Close()
}

// hangUp is the undoing of a login.
func (r *run) hangUp(context.Context) error { return r.Walk.Close() }

// login dials until a booting host answers.
func (r *run) login(ctx context.Context, host string) (*sshx.Client, error) {
	// An API that does not answer now is no reason not to try.
	if off := (*steps.Failure)(nil); errors.As(r.awake(ctx, host), &off) {
		return nil, off
	}
	for _, part := range slices.Compact([]string{bastion, host}) {
		if err := r.pin(ctx, part); err != nil {
			return nil, err
		}
	}
	var c *sshx.Client
	var last error
	refused, silent := 0, false
	ok, err := r.wait(ctx, waitSSH, host, 3*time.Second, bootLimit, func(ctx context.Context) (bool, error) {
		c, last = r.dial(ctx, host)
		var e *sshx.Error
		switch {
		case last == nil:
			return true, nil
		case ctx.Err() != nil:
			return false, context.Cause(ctx)
		case errors.As(last, &e) && e.Phase == sshx.PhaseAuth:
			if refused++; refused > authTries {
				return false, last
			}
			return false, nil
		case sshx.Booting(last), errors.Is(last, context.DeadlineExceeded):
			if unanswering(last) && !silent { // it may only be booting; but what its group drops is not worth waiting for
				silent = true
				if _, why := r.notLetIn(ctx, last); why != nil {
					return false, why
				}
			}
			return false, r.awake(ctx, host)
		}
		return false, last
	})
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, r.unreached(ctx, last)
	}
	return c, nil
}

// dial tries once.
func (r *run) dial(ctx context.Context, host string) (*sshx.Client, error) {
	for _, part := range []string{bastion, host} {
		if _, err := r.id("instance", part); err != nil {
			return nil, err
		}
	}
	if err := r.reachable(host); err != nil {
		return nil, err
	}
	signer, err := sshx.LoadKey(r.keyPath())
	if err != nil {
		return nil, err
	}
	pins, err := r.pins()
	if err != nil {
		return nil, err
	}
	target := func(host string) sshx.Target {
		addr := net.JoinHostPort(r.address(host), "22")
		return sshx.Target{
			Addr: addr, User: user, Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)}, HostKeyAlgorithms: pins.Algorithms(addr),
			HostKey: pins.Callback(func(_ string, key ssh.PublicKey) error {
				r.emit(steps.Event{Kind: steps.Note, Msg: noteFirstUse, Host: host, Args: steps.Args{"fingerprint": ssh.FingerprintSHA256(key)}})
				return nil
			}),
		}
	}
	hops := []sshx.Target{target(bastion)}
	if host != bastion {
		hops = append(hops, target(host))
	}
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	return sshx.Jump(ctx, r.o.Target.Dial, hops...)
}

// reachable fails where there is no way to a public address.
func (r *run) reachable(host string) error {
	if r.o.Target.Dial == nil {
		return fail(failNoWay, nil, "host", host, "address", r.address(bastion))
	}
	return nil
}

func (r *run) pins() (*sshx.Pins, error) { return sshx.OpenPins(filepath.Join(r.o.Dir, PinsFile)) }

// pin reads a host's keys from its console, which nobody between here and
// there can forge. Where they cannot be had in time, the first login is taken
// on trust, and says so.
func (r *run) pin(ctx context.Context, host string) error {
	id, err := r.id("instance", host)
	if err != nil {
		return err
	}
	if err := r.reachable(host); err != nil { // so it is not worth waiting for its keys
		return err
	}
	pins, err := r.pins()
	if err != nil {
		return err
	}
	name := net.JoinHostPort(r.address(host), "22")
	if pins.Known(name) {
		return nil
	}
	var keys []ssh.PublicKey
	latest := true
	found, err := r.wait(ctx, waitConsoleKey, host, 5*time.Second, keysLimit, func(ctx context.Context) (bool, error) {
		in := &ec2.GetConsoleOutputInput{InstanceId: &id}
		if latest {
			in.Latest = aws.Bool(true)
		}
		out, err := r.ec2.GetConsoleOutput(ctx, in)
		if code(err) == "UnsupportedOperation" && latest { // types before Nitro show it late
			latest = false
			return false, nil
		}
		if err != nil {
			return false, err
		}
		text, err := base64.StdEncoding.DecodeString(aws.ToString(out.Output))
		if err != nil {
			return false, fmt.Errorf("reading the console of %s: %w", id, err)
		}
		keys = sshx.ParseConsole(text)
		return len(keys) > 0, nil
	})
	if err != nil || !found {
		return err
	}
	r.emit(steps.Event{Kind: steps.Note, Msg: notePinned, Host: host, Args: steps.Args{"count": strconv.Itoa(len(keys)), "fingerprint": ssh.FingerprintSHA256(keys[0])}})
	return pins.Add(name, keys...)
}

// unpin forgets the host keys of an instance that is gone: the next one with
// its address is another machine.
func (r *run) unpin(e steps.LedgerEntry) error {
	if _, err := os.Stat(filepath.Join(r.o.Dir, PinsFile)); err != nil {
		return nil
	}
	pins, err := r.pins()
	if err != nil {
		return err
	}
	for _, addr := range []string{e.Args["private_ip"], e.Args["public_dns"], e.Args["public_ip"]} {
		if addr == "" {
			continue
		}
		if err := pins.Remove(net.JoinHostPort(addr, "22")); err != nil {
			return err
		}
	}
	return nil
}

// prompt is what a host's shell shows before a command.
func (r *run) prompt(host string) string {
	if host == "" {
		return "$ "
	}
	e, _ := r.state.Find("instance", host)
	return fmt.Sprintf("[%s@ip-%s ~]$ ", user, strings.ReplaceAll(e.Args["private_ip"], ".", "-"))
}
