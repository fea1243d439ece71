package tutorial

import (
	"context"
	"fmt"
	"os"
	"path"
	"strings"

	"gatewalk/sshx"
	"gatewalk/steps"
)

// copied is where the guide leaves the key on the bastion.
const copied = "MyKeyPair.pem"

// loginBastion is 3.2.
func (r *run) loginBastion(ctx context.Context) error {
	if _, err := r.id("instance", bastion); err != nil {
		return err
	}
	if err := r.reachable(bastion); err != nil { // so that nobody types the command either
		return err
	}
	r.typed("", r.Command(r.state, bastion))
	return r.arrive(ctx, bastion, 0)
}

// loginPrivate is 3.4: through the bastion, which passes the connection on and
// never sees the key; or with a copy of the key on it, as the guide has it.
func (r *run) loginPrivate(ctx context.Context) error {
	if _, err := r.id("instance", private); err != nil {
		return err
	}
	if !r.o.CopyKey {
		r.typed("", r.Command(r.state, private))
		return r.arrive(ctx, private, 1)
	}
	c, err := r.connection(ctx, bastion)
	if err != nil {
		return err
	}
	if err := r.copyKey(ctx, c); err != nil {
		return err
	}
	// Whatever happens next, the copy does not stay.
	defer r.removeCopy(context.WithoutCancel(ctx), c)
	res, err := r.command(ctx, bastion, fmt.Sprintf("ssh -i %q -o StrictHostKeyChecking=accept-new %s@%s hostname", copied, user, r.address(private)))
	if err != nil {
		return err
	}
	if res.status != 0 {
		return fail(failSSHAuth, fmt.Errorf("ssh on the bastion: exit status %d: %s", res.status, strings.TrimSpace(res.text)), "host", private, "address", r.address(private))
	}
	return r.arrive(ctx, private, 1)
}

// arrive opens the connection and asks the far end who it is.
func (r *run) arrive(ctx context.Context, host string, hop int) error {
	res, err := r.command(ctx, host, "hostname")
	if err != nil {
		return err
	}
	name := strings.TrimSpace(res.text)
	if res.status != 0 || name == "" {
		return fail(failSSHSession, fmt.Errorf("hostname: exit status %d", res.status), "host", host, "address", r.address(host))
	}
	r.observe(seeLogin, host, steps.Args{"hop": fmt.Sprint(hop), "user": user, "address": r.address(host), "hostname": name})
	return nil
}

func (r *run) copyKey(ctx context.Context, c *sshx.Client) error {
	key, err := os.Open(r.keyPath())
	if err != nil {
		return fmt.Errorf("copying the key: %w", err)
	}
	defer key.Close()
	info, err := key.Stat()
	if err != nil {
		return fmt.Errorf("copying the key: %w", err)
	}
	r.typed("", fmt.Sprintf("scp -i %q %q %s@%s:%s", r.keyPath(), r.keyPath(), user, r.address(bastion), copied))
	// One that an interrupted run left is 0400 and would not be written over.
	if _, err := c.Run(ctx, "rm -f "+copied, sshx.Streams{}); err != nil {
		return err
	}
	if err := c.Copy(ctx, key, info.Size(), 0o400, copied); err != nil {
		return err
	}
	r.exited("", 0)
	r.emit(steps.Event{Kind: steps.Note, Msg: noteKeyCopied, Host: bastion, Args: steps.Args{"path": path.Join("/home", user, copied)}})
	return nil
}

// removeCopy takes the key off the bastion again. If it cannot, the copy goes
// with the instance, and the key with the session: both at clean-up.
func (r *run) removeCopy(ctx context.Context, c *sshx.Client) {
	if _, err := c.Run(ctx, "rm -f "+copied, sshx.Streams{}); err == nil {
		r.emit(steps.Event{Kind: steps.Note, Msg: noteKeyGone, Host: bastion, Args: steps.Args{"path": path.Join("/home", user, copied)}})
	}
}
