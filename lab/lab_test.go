package lab_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"gatewalk/lab"
	"gatewalk/lab/world"
	"gatewalk/sshx"
)

// identity is what a learner would know a lab by again.
func (g *guide) identity() string {
	g.t.Helper()
	s := g.World().Snapshot()
	id, secret := g.Credentials()
	var keys []string
	for _, i := range []string{g.bastion, g.private} {
		for _, k := range sshx.ParseConsole(s.Instances[i].Console) {
			keys = append(keys, k.Type()+" "+string(k.Marshal()))
		}
	}
	text, err := json.Marshal([]any{id, secret, keys, s.Seed, g.vpc, g.publicTable, g.privateTable, g.privateGroup, g.gateway, g.bastion, g.private, s.Interfaces})
	if err != nil {
		g.t.Fatal(err)
	}
	return string(text)
}

func TestSameSeedSameLab(t *testing.T) {
	t.Parallel()
	a, b, c := newGuide(t, lab.Options{Seed: 7}), newGuide(t, lab.Options{Seed: 7}), newGuide(t, lab.Options{Seed: 8})
	if a.identity() != b.identity() {
		t.Errorf("two labs of one seed differ:\n%s\n%s", a.identity(), b.identity())
	}
	if a.identity() == c.identity() {
		t.Error("two labs of different seeds are the same")
	}
}

// A lab that was closed goes on where it was: the hosts are those that were
// trusted, the bucket has its object, and the way to it is open.
func TestLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := newGuide(t, lab.Options{Seed: 7, StateDir: dir})
	g.endpoint("", g.privateTable)
	body := bytes.Repeat([]byte("kept"), 1<<18)
	g.putObject("kept", body)
	before, bastion, private := g.identity(), g.bastionTarget(), g.target(g.private, netip.MustParseAddr(privateIP))
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}

	g.Lab = openLab(t, lab.Options{StateDir: dir})
	// The consoles are of the first life: the machines of the second have to
	// show the keys that were trusted then.
	ready := time.Now().Add(20 * time.Second)
	var s *shell
	for s == nil {
		c, err := sshx.Jump(t.Context(), g, bastion, private)
		switch {
		case err == nil:
			defer c.Close()
			s = &shell{c, g}
		case strings.Contains(err.Error(), "refused") && time.Now().Before(ready): // it boots
			time.Sleep(10 * time.Millisecond)
		default:
			t.Fatal(err)
		}
	}
	if after := g.identity(); after != before {
		t.Errorf("the lab is another:\n%s\n%s", before, after)
	}
	s.run(t, list).check(t, 0, key, "kept")
	got, err := g.s3().GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String("kept")})
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if b, err := io.ReadAll(got.Body); err != nil || !bytes.Equal(b, body) {
		t.Errorf("the object has %d bytes, want its %d: %v", len(b), len(body), err)
	}
}

// An instance's credentials are made anew every hour; those of days ago are
// forgotten, and those that have just expired are told so.
func TestExpiredCredentialsAreForgotten(t *testing.T) {
	t.Parallel()
	g := newGuide(t, lab.Options{})
	now := g.Clock().Now()
	g.change(func(tx *world.Tx) error {
		for id, ended := range map[string]time.Duration{"ASIADAYS": 25 * time.Hour, "ASIAHOUR": time.Hour} {
			tx.Principals.Put(id, &world.Principal{AccessKeyID: id, Expires: now.Add(-ended)})
		}
		return nil
	})
	before := len(g.World().Snapshot().Principals)
	g.onBastion().run(t, "aws sts get-caller-identity").check(t, 0, "assumed-role")
	after := g.World().Snapshot().Principals
	if after["ASIADAYS"] != nil || after["ASIAHOUR"] == nil || len(after) != before { // one gone, one new
		t.Errorf("there were %d principals, and now %d: %v", before, len(after), after)
	}
}

// A state that is not one is refused and left as it is.
func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"cut": `{"Version":1,"Seed":`, "newer": `{"Version":999}`, "empty": ``} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "lab.json")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			l, err := lab.Start(t.Context(), lab.Options{StateDir: dir})
			if err == nil {
				l.Close()
				t.Fatal("it was loaded")
			}
			if !strings.Contains(err.Error(), "loading the lab") {
				t.Errorf("the error is %q", err)
			}
			if after, err := os.ReadFile(file); err != nil || string(after) != text {
				t.Errorf("the file is now %q: %v", after, err)
			}
		})
	}
}

// Two labs of one seed have the same ids and addresses, and yet nothing in
// common: what is done to one, the other does not feel.
func TestTwoLabs(t *testing.T) {
	t.Parallel()
	a, b := newGuide(t, lab.Options{}), newGuide(t, lab.Options{})
	before := b.World().Snapshot()
	a.endpoint("", a.privateTable)
	a.putObject("only in the first", []byte("x"))
	onA, onB := a.onPrivate(), b.onPrivate()
	onA.run(t, "echo first > mark").check(t, 0)
	onB.run(t, "cat mark").check(t, 1, "No such file")
	onA.run(t, list).check(t, 0, "only in the first")
	onB.run(t, hangs).check(t, 28)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if b.World().Snapshot() != before {
		t.Error("the second lab's account changed")
	}
	b.endpoint("", b.privateTable)
	r := onB.run(t, list)
	r.check(t, 0, key)
	if strings.Contains(r.out, "only in the first") {
		t.Errorf("the second lab holds the first one's object: %s", r.out)
	}
}

// Close ends what is under way, in any state that machines may be in, and may
// be called again. That nothing runs on is TestMain's to see.
func TestCloseWhileBusy(t *testing.T) {
	t.Parallel()
	g := newGuide(t, lab.Options{})
	if _, err := g.ListenSOCKS(""); err != nil {
		t.Fatal(err)
	}
	s := g.onPrivate()
	ended := make(chan result, 1)
	go func() { ended <- s.try(t.Context(), "ping "+s3Name) }()
	g.sleep(2 * time.Second)
	g.change(func(tx *world.Tx) error {
		_, err := tx.StopInstances([]string{g.bastion}) // and one on its way down
		return err
	})
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	if err := g.Close(); err != nil {
		t.Error("closing again:", err)
	}
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		// The machine is gone without a word; SSH's keep-alive finds out.
		s.Close()
		<-ended
	}
	if _, err := g.ListenSOCKS(""); err == nil {
		t.Error("a closed lab opened a door")
	}
}

func TestListenRefusesOtherNetworks(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "lab.example:0", "127.0.0.1", "127.0.0.1:99999"} {
		t.Run(addr, func(t *testing.T) {
			l, err := lab.Start(t.Context(), lab.Options{Listen: addr})
			if err == nil {
				l.Close()
				t.Fatalf("the API listens on %s", l.Endpoint())
			}
			if !strings.Contains(err.Error(), "listening on") {
				t.Errorf("the error is %q", err)
			}
		})
	}
	l := openLab(t, lab.Options{Listen: "localhost:0"})
	if door, err := l.ListenSOCKS("0.0.0.0:0"); err == nil {
		t.Errorf("the SOCKS door listens on %s", door)
	}
}
