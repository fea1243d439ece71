package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"golang.org/x/net/proxy"

	"gatewalk/lab/awsapi"
	"gatewalk/steps/tutorial"
)

// openLab keeps the lab open for other programs until Ctrl-C.
func (o *options) openLab(ctx context.Context, listen string, prepared bool, faults, pcaps []string) (err error) {
	if o.aws {
		return usage("%s", o.say().Wrong.LabAndAWS)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // a heap this small is better left alone while many ask: a fifth more calls
	}
	var wrong []awsapi.Fault
	for _, s := range faults {
		f, err := parseFault(s, &o.say().Wrong)
		if err != nil {
			return err
		}
		wrong = append(wrong, f)
	}
	o.listen = listen
	if o.name == "" {
		o.name = "open-lab"
	}
	w, err := o.open(ctx)
	if err != nil {
		return o.opening(err)
	}
	defer w.close()
	socks, err := w.lab.ListenSOCKS("")
	if err != nil {
		return err
	}
	if prepared {
		if err := w.runner.RunUntil(ctx, provision); err != nil {
			return o.explain(err)
		}
		if err := w.course.Pin(ctx, w.session.State(), "private"); err != nil { // and the bastion before it
			return o.explain(err)
		}
	}
	stop, err := w.capture(pcaps, &o.say().Wrong)
	defer func() { err = errors.Join(err, stop()) }()
	if err != nil {
		return err
	}
	for _, f := range wrong { // not before: what is prepared is to be whole
		w.lab.API().Fault(f)
	}
	sshConfig := filepath.Join(w.session.Dir(), "ssh_config")
	if err := o.writeSSHConfig(w, sshConfig, socks); err != nil {
		return err
	}
	say := o.say()
	id, secret := w.lab.Credentials()
	fmt.Fprintf(o.stderr, say.LabOpen+"\n"+say.LabEval+"\n", w.lab.Endpoint())
	for _, v := range [][2]string{
		{"AWS_ENDPOINT_URL", w.lab.Endpoint()}, {"AWS_ACCESS_KEY_ID", id}, {"AWS_SECRET_ACCESS_KEY", secret},
		{"AWS_REGION", w.region}, {"AWS_DEFAULT_REGION", w.region}, {"AWS_EC2_METADATA_DISABLED", "true"},
		{"ALL_PROXY", "socks5h://" + socks}, {"NO_PROXY", "127.0.0.1,localhost"},
	} {
		fmt.Fprintf(o.stdout, "export %s=%s\n", v[0], v[1])
	}
	fmt.Fprintf(o.stderr, say.LabSSH+"\n"+say.LabStop+"\n", shellWord(sshConfig))
	<-ctx.Done()
	return nil
}

// writeSSHConfig lets OpenSSH in: by this program as the way through the SOCKS
// door, with the session's key and the host keys that it has pinned.
func (o *options) writeSSHConfig(w *walk, path, socks string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	quoted := func(path string) string { return strconv.Quote(strings.ReplaceAll(path, "%", "%%")) }
	pins := quoted(filepath.Join(w.session.Dir(), tutorial.PinsFile))
	var b strings.Builder
	host := func(name, addr, jump string) {
		fmt.Fprintf(&b, "Host %s\n  HostName %s\n  User ec2-user\n  IdentityFile %s\n  IdentitiesOnly yes\n  UserKnownHostsFile %s\n%s\n",
			name, addr, quoted(filepath.Join(w.session.Dir(), tutorial.KeyFile)), pins, jump)
	}
	if e, ok := w.session.State().Find("instance", "bastion"); ok {
		host(e.Name, e.Args["public_dns"], "")
	}
	if e, ok := w.session.State().Find("instance", "private"); ok {
		jump := "ProxyJump bastion"
		if strings.ContainsAny(path, " %") { // OpenSSH gives this file's name to the jump's ssh without quotes
			jump = "ProxyCommand ssh -F " + quoted(path) + " -W [%h]:%p bastion"
		}
		host(e.Name, e.Args["private_ip"], "  "+jump+"\n")
	}
	// Everything else of the lab's internet; a jump overrides it.
	fmt.Fprintf(&b, "Host * !private\n  User ec2-user\n  UserKnownHostsFile %s\n  ProxyCommand %s connect %s %%h %%p\n",
		pins, quoted(self), socks)
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("writing ssh_config: %w", err)
	}
	return nil
}

// connect joins standard input and output to an address behind a SOCKS door:
// OpenSSH's ProxyCommand, without asking for another program.
func (o *options) connect(ctx context.Context, socks, host, port string) (err error) {
	defer func() {
		if ctx.Err() != nil {
			err = &exitError{exitInterrupted, nil}
		}
	}()
	var c *net.TCPConn // the proxy package hides that it can be closed one way
	d, err := proxy.SOCKS5("tcp", socks, nil, dialFunc(func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		c, _ = conn.(*net.TCPConn)
		return conn, err
	}))
	if err != nil {
		return err
	}
	if _, err := d.(proxy.ContextDialer).DialContext(ctx, "tcp", net.JoinHostPort(host, port)); err != nil {
		return err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	go func() { // ends with the process
		io.Copy(c, o.stdin)
		c.CloseWrite()
	}()
	_, err = io.Copy(o.stdout, c)
	return err
}

// dialFunc is a function in a dialer's place.
type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

func (f dialFunc) Dial(network, addr string) (net.Conn, error) {
	return f(context.Background(), network, addr)
}

func (f dialFunc) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	return f(ctx, network, addr)
}
