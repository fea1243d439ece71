package lab_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"gatewalk/lab"
	"gatewalk/lab/world"
)

// TestKilledLab: what a lab has answered for is there for the next process,
// though this one never got to close it.
func TestKilledLab(t *testing.T) {
	t.Parallel()
	dir, copied := t.TempDir(), t.TempDir()
	l := openLab(t, lab.Options{Seed: 7, StateDir: dir})
	var vpc string
	if err := l.World().Update(func(tx *world.Tx) error {
		v, err := tx.CreateVpc("10.0.0.0/16", nil)
		vpc = v.ID
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	again := openLab(t, lab.Options{StateDir: copied})
	if again.World().Snapshot().Vpcs[vpc] == nil {
		t.Error("the VPC is lost")
	}
	want, _ := l.Credentials()
	if got, _ := again.Credentials(); got != want {
		t.Errorf("the access key became %s, was %s", got, want)
	}
}

// TestLoadedIsUp: the machines of a lab that is loaded were booted before, and
// take logins from its first moment.
func TestLoadedIsUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := newGuide(t, lab.Options{StateDir: dir})
	bastion := g.bastionTarget().Addr
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		l := openLab(t, lab.Options{StateDir: dir})
		if l.Net().Host(world.HostID(g.private)) == nil {
			t.Error("the private instance is off")
		}
		c, err := l.DialContext(t.Context(), "tcp", bastion)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEarlierVersion: a walk's lab as the first version left it, at step 3.8,
// goes on as one of today.
func TestEarlierVersion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	saved, err := os.ReadFile("testdata/lab-v1.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "lab.json"), saved, 0o600); err != nil {
		t.Fatal(err)
	}
	g := &guide{Lab: openLab(t, lab.Options{StateDir: dir, Speed: 100}), t: t}
	s := g.World().Snapshot()
	if s.Version != world.Version {
		t.Errorf("it stays of version %d", s.Version)
	}
	id, secret := g.Credentials()
	client := iam.New(iam.Options{Region: g.Region(), BaseEndpoint: aws.String(g.Endpoint()), Credentials: credentials.NewStaticCredentialsProvider(id, secret, "")})
	who, err := client.GetUser(t.Context(), nil)
	if err != nil || aws.ToString(who.User.UserName) != "learner" {
		t.Errorf("the credentials are of %v, %v", who, err)
	}
	public := 0
	for id, i := range s.Instances {
		had := s.Interfaces[i.InterfaceID].PublicIP
		for _, f := range []func(*world.Tx) ([]world.Transition, error){
			func(tx *world.Tx) ([]world.Transition, error) { return tx.StopInstances([]string{id}) },
			func(tx *world.Tx) ([]world.Transition, error) { return tx.StartInstances([]string{id}) },
		} {
			var to string
			g.change(func(tx *world.Tx) error {
				moves, err := f(tx)
				if err == nil && moves[0].After == world.Stopping {
					to = world.Stopped
				} else {
					to = world.Running
				}
				return err
			})
			g.wait(id+" to be "+to, func(s *world.State) bool { return s.Instances[id].State == to })
		}
		now := g.World().Snapshot().Interfaces[i.InterfaceID].PublicIP
		if now.IsValid() != had.IsValid() {
			t.Errorf("%s had the public address %v, and has %v after a new start", id, had, now)
		}
		if now.IsValid() {
			public++
		}
	}
	if len(s.Instances) != 2 || public != 1 {
		t.Errorf("%d instances, %d of them public", len(s.Instances), public)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if now, err := world.Load(filepath.Join(dir, "lab.json")); err != nil || now.Version != world.Version {
		t.Errorf("it is kept as of version %d, %v", now.Version, err)
	}
}
