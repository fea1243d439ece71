package lab_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"gatewalk/lab"
	"gatewalk/lab/world"
)

// TestConsoleOfUserData: what user data prints is on the console as it goes,
// and the host keys, which come after it, are too; the stock aws reads it.
func TestConsoleOfUserData(t *testing.T) {
	t.Parallel()
	g := &guide{Lab: openLab(t, lab.Options{}), t: t}
	g.useKey()
	g.build()
	var slow, xen string
	g.change(func(tx *world.Tx) error {
		launch := world.Launch{
			ImageID: image(t, g.Region()), Type: "t3.micro", KeyName: "key", SubnetID: g.privateSubnet, Groups: []string{g.privateGroup},
			UserData: []byte("#!/bin/bash\necho begun\nsleep 15\necho done\n"),
		}
		slow = made(tx.RunInstances(launch))(t)[0].ID
		launch.Type, launch.UserData = "t2.micro", nil
		xen = made(tx.RunInstances(launch))(t)[0].ID
		return nil
	})
	console := func(s *world.State) string { return string(s.Instances[slow].Console) }
	g.wait("the first line of user data", func(s *world.State) bool { return strings.Contains(console(s), "\nbegun\n") })
	if text := console(g.World().Snapshot()); strings.Contains(text, "\ndone\n") || strings.Contains(text, "HOST KEY KEYS") {
		t.Errorf("the console is ahead of user data:\n%s", text)
	}
	g.wait("the end of user data", func(s *world.State) bool { return strings.Contains(console(s), " login: ") })
	text := console(g.World().Snapshot())
	if !inOrder(text, "\nbegun\n", "done\n", "-----BEGIN SSH HOST KEY KEYS-----", "ssh-ed25519 ", " Up ") {
		t.Errorf("the console shows\n%s", text)
	}
	var up float64
	if _, err := fmt.Sscanf(text[strings.LastIndex(text, " Up "):], " Up %f seconds", &up); err != nil || up < 22 { // 7 s, and 15 of sleep
		t.Errorf("it was up for %v s, %v, in\n%s", up, err, text)
	}
	at := g.World().Snapshot().Instances[slow].ConsoleAt
	if quiet := g.World().Generation(); at.IsZero() || at.After(g.Clock().Now()) {
		t.Errorf("it was posted at %v", at)
	} else if time.Sleep(g.Clock().Real(5 * time.Second)); g.World().Generation() != quiet {
		t.Error("a console that says no more is posted again")
	}

	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("aws is not installed: it does not read the console")
	}
	for _, args := range [][]string{{"--instance-id", slow}, {"--latest", "--instance-id", slow}} {
		out, err := g.aws(append([]string{"ec2", "get-console-output", "--query", "Output", "--output", "text"}, args...)...)
		if err != nil || !inOrder(out, "begun", "done", "-----BEGIN SSH HOST KEY KEYS-----") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
	if out, err := g.aws("ec2", "get-console-output", "--latest", "--instance-id", xen); err == nil || !strings.Contains(out, "(UnsupportedOperation)") {
		t.Errorf("the latest console of a t2.micro: %v\n%s", err, out)
	}
}

func inOrder(text string, parts ...string) bool {
	for _, p := range parts {
		_, rest, ok := strings.Cut(text, p)
		if !ok {
			return false
		}
		text = rest
	}
	return true
}

// aws runs the command of that name as the lab's administrator.
func (g *guide) aws(args ...string) (string, error) {
	cmd := exec.CommandContext(g.t.Context(), "aws", args...)
	id, secret := g.Credentials()
	cmd.Env = append(cmd.Environ(), "AWS_ENDPOINT_URL="+g.Endpoint(), "AWS_ACCESS_KEY_ID="+id, "AWS_SECRET_ACCESS_KEY="+secret,
		"AWS_REGION="+g.Region(), "AWS_DEFAULT_REGION="+g.Region(), "AWS_CONFIG_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true")
	out, err := cmd.CombinedOutput()
	return string(out), err
}
