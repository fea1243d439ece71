package tutorial_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"gatewalk/lab/awsapi"
	"gatewalk/lab/world"
	"gatewalk/steps"
	"gatewalk/steps/tutorial"
)

// account is an AWS account without machines: the API half of the lab, which
// is all that most of the course needs.
type account struct {
	world  *world.World
	server *awsapi.Server
	config aws.Config
}

// newAccount opens one whose clock runs a thousand times as fast as the test's.
func newAccount(t testing.TB, region string) *account {
	t.Helper()
	clock := world.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), 1000)
	w := world.New(world.Options{Seed: 7, Region: region, Clock: clock})
	objects, err := awsapi.OpenObjects("")
	if err != nil {
		t.Fatal(err)
	}
	a := &account{world: w, server: awsapi.New(w, objects)}
	a.principal(t, "AKIAADMIN", "admin", true)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); w.Live(ctx) }()
	srv := httptest.NewServer(a.server)
	t.Cleanup(func() { srv.Close(); cancel(); <-done })
	a.config = aws.Config{Region: region, BaseEndpoint: &srv.URL, Credentials: credentials.NewStaticCredentialsProvider("AKIAADMIN", "secret", "")}
	return a
}

func (a *account) principal(t testing.TB, key, name string, admin bool) {
	t.Helper()
	err := a.world.Update(func(tx *world.Tx) error {
		tx.Principals.Put(key, &world.Principal{AccessKeyID: key, SecretKey: "secret", UserID: "AIDA" + name, Arn: "arn:" + a.world.Snapshot().Partition() + ":iam::123456789012:user/" + name, Admin: admin})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// walk is a session on the account; the same dir continues it.
func (a *account) walk(t testing.TB, dir string, edit func(*tutorial.Options)) (*steps.Runner, func()) {
	t.Helper()
	return a.walkAs(t, "gw-0a1b2c", dir, edit)
}

// session is one of several on the account.
func (a *account) session(t testing.TB, id string, edit func(*tutorial.Options)) (*steps.Runner, func()) {
	t.Helper()
	return a.walkAs(t, id, t.TempDir(), edit)
}

func (a *account) walkAs(t testing.TB, id, dir string, edit func(*tutorial.Options)) (*steps.Runner, func()) {
	t.Helper()
	o := tutorial.Options{
		Target: tutorial.Target{Name: "test", AWS: a.config}, Dir: dir,
		SSHFrom: netip.MustParsePrefix("203.0.113.7/32"), Sleep: a.world.Clock().Sleep,
	}
	if edit != nil {
		edit(&o)
	}
	w := tutorial.New(o)
	s, err := steps.Open(dir, steps.SessionOptions{Course: tutorial.Name, ID: id})
	if err != nil {
		t.Fatal(err)
	}
	var course []steps.Step
	for _, step := range w.Steps() {
		if slices.Contains([]steps.ID{"1", "2", "3.1", "3.6", "3.7", "4.4", "5", "6"}, step.ID()) {
			course = append(course, step)
		}
	}
	return &steps.Runner{Steps: course, Session: s}, func() {
		if err := errors.Join(w.Close(), s.Close()); err != nil {
			t.Error(err)
		}
	}
}

// things is what is on the account, as JSON; what a lab remembers of the past
// (client tokens, terminated instances) is not on it.
func (a *account) things(t testing.TB) string {
	t.Helper()
	s := a.world.Snapshot()
	live := map[string]*world.Instance{}
	for id, i := range s.Instances {
		if i.State != world.Terminated {
			live[id] = i
		}
	}
	text, err := json.MarshalIndent(map[string]any{
		"vpcs": s.Vpcs, "subnets": s.Subnets, "gateways": s.Gateways, "tables": s.RouteTables, "groups": s.SecurityGroups, "acls": s.NetworkAcls,
		"instances": live, "volumes": s.Volumes, "keys": s.KeyPairs, "endpoints": s.Endpoints, "interfaces": s.Interfaces,
		"buckets": s.Buckets, "roles": s.Roles, "profiles": s.Profiles,
	}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The half of the course that needs no machine, on the real SDK: everything is
// made, the endpoint's route appears, and afterwards the account is as it was.
func TestAccount(t *testing.T) {
	t.Parallel()
	for _, region := range []string{"ap-northeast-2", "us-east-1", "cn-north-1", "us-gov-west-1"} {
		t.Run(region, func(t *testing.T) { testAccount(t, region) })
	}
}

func testAccount(t *testing.T, region string) {
	a := newAccount(t, region)
	before := a.things(t)
	dir := t.TempDir()
	r, done := a.walk(t, dir, nil)
	defer done()
	if err := r.RunUntil(t.Context(), "5"); err != nil {
		for _, e := range r.Session.Events() {
			t.Log(e)
		}
		t.Fatal(err)
	}
	st := r.Session.State()
	prefix, ok := st.Seen("4.4", "prefix-list", "")
	if !ok || len(prefix.Rows) == 0 {
		t.Error("no prefix list was seen")
	}
	if a.things(t) == before {
		t.Error("nothing was made")
	}
	key := filepath.Join(dir, tutorial.KeyFile)
	if info, err := os.Stat(key); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("the private key: %v, %v", info.Mode(), err)
	}
	if err := r.Run(t.Context(), "6"); err != nil {
		t.Fatal(err)
	}
	if after := a.things(t); after != before {
		t.Errorf("the account is not as it was: %s", after)
	}
	if _, err := os.Stat(key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the private key is still there: %v", err)
	}
	if len(st.Resources()) > 0 {
		t.Errorf("the ledger holds %v", st.Resources())
	}
}
