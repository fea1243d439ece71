package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"gatewalk/steps"
)

// moto is an AWS account that somebody else has written.
type moto struct {
	endpoint string
	env      []string // of a program that works on it
}

const motoRegion = "ap-northeast-2"

// startMoto runs moto_server, a fresh account, until the test ends.
func startMoto(t *testing.T) *moto {
	t.Helper()
	program, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skip("moto_server is not installed")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	ln.Close()
	var out bytes.Buffer
	cmd := exec.Command(program, "-H", "127.0.0.1", "-p", port)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	m := &moto{endpoint: "http://127.0.0.1:" + port, env: append(bareEnv(t), "AWS_ACCESS_KEY_ID=testing", "AWS_SECRET_ACCESS_KEY=testing")}
	for began := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			c.Close()
			return m
		}
		if time.Since(began) > 30*time.Second {
			t.Fatalf("moto_server does not listen after 30 s")
		}
	}
}

// gatewalk is the program on this account.
func (m *moto) gatewalk(state string, args ...string) *exec.Cmd {
	cmd := gatewalk(state, append(args, "--aws", "--region", motoRegion, "--endpoint-url", m.endpoint, "--ssh-from", "203.0.113.7/32")...)
	cmd.Env = m.env
	return cmd
}

// account asks, without any SDK, for all that a walk could leave behind.
func (m *moto) account(t *testing.T) string {
	t.Helper()
	var all []string
	ask := func(service, form, id string) {
		method, region := http.MethodPost, motoRegion
		if service == "s3" {
			method = http.MethodGet
		}
		req, err := http.NewRequestWithContext(t.Context(), method, m.endpoint+"/", strings.NewReader(form))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		// Moto reads here which service is meant, and believes the rest.
		req.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=testing/20260101/%s/%s/aws4_request, SignedHeaders=host, Signature=0", region, service))
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %v %s", form, res.Status, err, body)
		}
		for _, found := range regexp.MustCompile("<"+id+">([^<]+)</"+id+">").FindAllSubmatch(body, -1) {
			all = append(all, service+" "+id+" "+string(found[1]))
		}
	}
	for action, id := range map[string]string{
		"DescribeVpcs": "vpcId", "DescribeSubnets": "subnetId", "DescribeInternetGateways": "internetGatewayId", "DescribeRouteTables": "routeTableId",
		"DescribeSecurityGroups": "groupId", "DescribeKeyPairs": "keyName", "DescribeVpcEndpoints": "vpcEndpointId", "DescribeVolumes": "volumeId",
	} {
		ask("ec2", url.Values{"Action": {action}, "Version": {"2016-11-15"}}.Encode(), id)
	}
	ask("ec2", url.Values{"Action": {"DescribeInstances"}, "Version": {"2016-11-15"}, "Filter.1.Name": {"instance-state-name"},
		"Filter.1.Value.1": {"pending"}, "Filter.1.Value.2": {"running"}, "Filter.1.Value.3": {"stopping"}, "Filter.1.Value.4": {"stopped"}}.Encode(), "instanceId")
	ask("iam", "Action=ListRoles&Version=2010-05-08", "RoleName")
	ask("iam", "Action=ListInstanceProfiles&Version=2010-05-08", "InstanceProfileName")
	ask("s3", "", "Name")
	slices.Sort(all)
	return strings.Join(slices.Compact(all), "\n")
}

// The walk provisions an account that somebody else has written, and leaves it
// as it was: when told to, and after being killed at any moment.
func TestMoto(t *testing.T) {
	notInShort(t)
	t.Parallel()
	m := startMoto(t)
	before := m.account(t)
	if !strings.Contains(before, "ec2 vpcId vpc-") {
		t.Fatalf("the account has no default VPC, so the test sees nothing:\n%s", before)
	}
	unchanged := func(when string) {
		t.Helper()
		if after := m.account(t); after != before {
			t.Errorf("%s the account is\n%s\nand it was\n%s", when, after, before)
		}
	}
	dir := t.TempDir()
	for _, step := range []struct {
		args    []string
		status  int
		out     string // a regular expression, as is errs
		errs    string
		changes bool
	}{
		{args: []string{"run"}, status: exitUsage, errs: `--yes`},
		{args: []string{"run", "--dry-run"}, status: exitHeld, out: `(?s)is not AWS.*EC2 instance \(bastion\).*gatewalk:part=bastion.*ec2:RunInstances.*Nothing was made`},
		{args: []string{"run", "--yes", "--until", "3.1"}, status: exitHeld, out: `(?s)203\.0\.113\.7/32.*EC2 instance \(private\)`, errs: `15 resources exist`, changes: true},
		// An emulator's instance bears the address of a stranger.
		{args: []string{"run", "--yes"}, status: exitFailed, out: `ALL_PROXY`, changes: true},
		{args: []string{"cleanup"}, status: exitUsage, errs: `--yes`, changes: true},
		{args: []string{"cleanup", "--yes"}, status: exitHeld, out: `Left: 0`},
		{args: []string{"cleanup", "--yes"}, status: exitHeld, out: `Left: 0`},
	} {
		began := time.Now()
		status, out, errs := exitStatus(t, m.gatewalk(dir, step.args...))
		if status != step.status || !regexp.MustCompile(step.out).MatchString(out) || !regexp.MustCompile(step.errs).MatchString(errs) {
			t.Errorf("%v: exit status %d, want %d, with %q and %q in\n%s\n%s", step.args, status, step.status, step.out, step.errs, out, errs)
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("%v took %v", step.args, took)
		}
		if after := m.account(t); (after != before) != step.changes {
			t.Errorf("after %v the account is\n%s\nand it was\n%s", step.args, after, before)
		}
	}

	t.Run("elsewhere", func(t *testing.T) { m.elsewhere(t) })
	unchanged("after a session was looked for elsewhere")
	t.Run("own files", func(t *testing.T) { m.ownFiles(t) })
	unchanged("after the learner's own files")
	t.Run("lost", func(t *testing.T) { m.lost(t) })
	unchanged("after a session whose file was lost")

	if runtime.GOOS == "windows" {
		return // it has no SIGKILL
	}
	kills := 4
	if long() {
		kills = 16
	}
	var amid atomic.Int32 // how many were killed while they made things
	kill := func(t *testing.T) {
		after := rand.IntN(15) // of the things that 3.1 makes
		dir := t.TempDir()
		killed(t, m.gatewalk(dir, "run", "--yes", "--until", "3.1", "--json"), after, `"kind":"intent"`)
		if all, err := (steps.Home{Dir: filepath.Join(dir, "sessions")}).List(); err == nil && len(all) == 1 && all[0].Err == nil &&
			len(all[0].State.Resources()) > 0 && all[0].State.Status("3.1") != steps.Holds {
			amid.Add(1)
		}
		if out, err := m.gatewalk(dir, "cleanup", "--yes").CombinedOutput(); err != nil {
			t.Errorf("cleaning up after a kill behind %d things: %v\n%s", after, err, tail(out))
		}
	}
	t.Run("killed", func(t *testing.T) {
		for n := range kills { // all on one account, which is not to matter
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				kill(t)
			})
		}
	})
	for range 20 { // chance has it now and then that all came too early or too late
		if amid.Load() >= int32(kills)/3 {
			break
		}
		kill(t)
	}
	unchanged("after the kills")
	if amid.Load() == 0 {
		t.Error("nobody was killed while making things")
	}
}

// elsewhere looks for a session's things where they are not, in another region,
// and must not take them for gone; by the session's name alone they are found.
func (m *moto) elsewhere(t *testing.T) {
	dir := t.TempDir()
	if status, out, errs := exitStatus(t, m.gatewalk(dir, "run", "--yes", "--until", "3.1", "--session", "mine")); status != exitHeld {
		t.Fatalf("exit status %d: %s%s", status, out, errs)
	} else if !strings.Contains(errs, "gatewalk cleanup mine") {
		t.Errorf("it does not say how to clean up: %s", errs)
	}
	there := m.account(t)
	for _, args := range [][]string{{"cleanup", "--yes", "--session", "mine"}, {"run", "--yes", "--until", "3.1", "--session", "mine"}, {"run", "--dry-run", "--session", "mine"}} {
		cmd := m.gatewalk(dir, args...)
		cmd.Args = append(cmd.Args, "--region", "us-west-2") // the last one counts
		if status, out, errs := exitStatus(t, cmd); status == exitHeld || !strings.Contains(out+errs, "--region "+motoRegion) {
			t.Errorf("%v: exit status %d: %s%s", args, status, out, errs)
		}
		if m.account(t) != there {
			t.Fatalf("%v in another region changed the account", args)
		}
	}
	// Without its name another session is cleaned up, or the lab's, and nothing is
	// left of that: it says that this one is still there.
	other := m.gatewalk(dir, "cleanup", "--yes")
	other.Args = append(other.Args, "--region", "us-west-2")
	lab := gatewalk(dir, "cleanup", "--yes")
	lab.Env = m.env
	for _, cmd := range []*exec.Cmd{other, lab} {
		if status, out, errs := exitStatus(t, cmd); status != exitHeld || !strings.Contains(errs, "still has 15 resources in account 123456789012, region "+motoRegion) ||
			!strings.Contains(errs, "gatewalk cleanup mine") || m.account(t) != there {
			t.Errorf("%v: exit status %d: %s%s", cmd.Args, status, out, errs)
		}
	}
	cmd := gatewalk(dir, "cleanup", "nobody", "--yes")
	cmd.Env = m.env
	if status, out, errs := exitStatus(t, cmd); status != exitUsage || !strings.Contains(errs, "nobody") {
		t.Errorf("a session that is not there: exit status %d: %s%s", status, out, errs)
	}
	cmd = gatewalk(dir, "status", "--aws", "--region", motoRegion, "--endpoint-url", m.endpoint)
	cmd.Env = m.env
	if status, out, errs := exitStatus(t, cmd); status != exitHeld || !regexp.MustCompile(`(?s)gatewalk cleanup mine.*asked at.*16 resources.*EBS volume`).MatchString(out) {
		t.Errorf("status: exit status %d: %s%s", status, out, errs)
	}
	cmd = gatewalk(dir, "cleanup", "mine", "--yes") // without a region or an endpoint
	cmd.Env = m.env
	if status, out, errs := exitStatus(t, cmd); status != exitHeld || !strings.Contains(out, "Left: 0") {
		t.Errorf("by its name: exit status %d: %s%s", status, out, errs)
	}
}

// ownFiles is a learner who turns on versions and keeps files in the bucket:
// old versions and files under delete markers are files, too.
func (m *moto) ownFiles(t *testing.T) {
	dir := t.TempDir()
	if status, out, errs := exitStatus(t, m.gatewalk(dir, "run", "--yes", "--until", "3.1")); status != exitHeld {
		t.Fatalf("exit status %d: %s%s", status, out, errs)
	}
	home := steps.Home{Dir: filepath.Join(dir, "sessions")}
	sessions, err := home.List()
	if err != nil || len(sessions) != 1 {
		t.Fatalf("%v, %v", sessions, err)
	}
	bucket := aws.String(sessions[0].State.Value("bucket"))
	store := s3.New(s3.Options{Region: motoRegion, BaseEndpoint: &m.endpoint, UsePathStyle: true, Credentials: credentials.NewStaticCredentialsProvider("testing", "testing", "")})
	_, err = store.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}})
	if err != nil {
		t.Fatal(err)
	}
	key := aws.String("holiday.jpg")
	if _, err := store.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("mine")}); err != nil {
		t.Fatal(err)
	}
	if _, err := store.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: key}); err != nil {
		t.Fatal(err)
	}
	status, out, errs := exitStatus(t, m.gatewalk(dir, "cleanup", "--yes"))
	if status != exitLeft || !strings.Contains(out+errs, "--empty-bucket") || !strings.Contains(out, "Left: ") || strings.Contains(out, "Left: 0") {
		t.Errorf("exit status %d, want %d, with --empty-bucket in\n%s%s", status, exitLeft, out, errs)
	}
	versions, err := store.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: bucket})
	if err != nil || !slices.ContainsFunc(versions.Versions, func(v types.ObjectVersion) bool { return *v.Key == *key }) {
		t.Errorf("the learner's file is gone: %v", err)
	}
	if status, out, errs := exitStatus(t, m.gatewalk(dir, "cleanup", "--yes", "--empty-bucket")); status != exitHeld || !strings.Contains(out, "Left: 0") {
		t.Errorf("exit status %d: %s%s", status, out, errs)
	}
}

// lost is a session whose file is gone, as IAM and S3 show it in every region:
// it is found in its own alone, as often as it takes, and so is what appears
// after a clean-up that found nothing left.
func (m *moto) lost(t *testing.T) {
	dir := t.TempDir()
	if status, out, errs := exitStatus(t, m.gatewalk(dir, "run", "--yes", "--until", "3.1")); status != exitHeld {
		t.Fatalf("exit status %d: %s%s", status, out, errs)
	}
	sessions, err := steps.Home{Dir: filepath.Join(dir, "sessions")}.List()
	if err != nil || len(sessions) != 1 {
		t.Fatalf("%v, %v", sessions, err)
	}
	st := sessions[0].State
	config := aws.Config{Region: motoRegion, BaseEndpoint: &m.endpoint, Credentials: credentials.NewStaticCredentialsProvider("testing", "testing", "")}
	bucket, store := aws.String(st.Value("bucket")), s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := store.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: aws.String("mine"), Body: strings.NewReader("mine")}); err != nil {
		t.Fatal(err)
	}
	// The first line of the file does not say any more whose it is.
	file := filepath.Join(sessions[0].Dir, "events.jsonl")
	if err := os.WriteFile(file, []byte("lost\nlost\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out, errs := exitStatus(t, m.gatewalk(dir, "cleanup", "--yes")); status != exitFailed || !strings.Contains(errs, "cleanup --aws --orphans") {
		t.Errorf("exit status %d: %s%s", status, out, errs)
	}
	// Somebody else is walking here, whose file is on another computer.
	others := t.TempDir()
	if status, out, errs := exitStatus(t, m.gatewalk(others, "run", "--yes", "--until", "3.1")); status != exitHeld {
		t.Fatalf("exit status %d: %s%s", status, out, errs)
	}
	there := m.account(t)
	if status, out, errs := exitStatus(t, m.gatewalk(dir, "cleanup", "--orphans")); status != exitUsage || !strings.Contains(errs, "what 2 lost sessions left") ||
		!regexp.MustCompile(`gatewalk cleanup gw-[0-9a-f]+ --aws --orphans`).MatchString(errs) {
		t.Errorf("of two sessions: exit status %d: %s%s", status, out, errs)
	}
	orphans := func() *exec.Cmd { return m.gatewalk(dir, "cleanup", st.ID(), "--orphans", "--yes") }

	elsewhere := orphans()
	elsewhere.Args = append(elsewhere.Args, "--region", "us-west-2")
	if status, out, errs := exitStatus(t, elsewhere); status != exitHeld || !strings.Contains(errs, "Nothing was found") || m.account(t) != there {
		t.Errorf("in another region: exit status %d: %s%s", status, out, errs)
	}
	for range 2 { // the bucket is not emptied unasked, and not forgotten either
		if status, out, errs := exitStatus(t, orphans()); status != exitLeft || !strings.Contains(out, "Left: ") || strings.Contains(out, "Left: 0") {
			t.Errorf("with a file in the bucket: exit status %d: %s%s", status, out, errs)
		}
	}
	cmd := gatewalk(dir, "status")
	cmd.Env = m.env
	name := regexp.MustCompile(`gatewalk cleanup (lost-\S+)`)
	status, out, errs := exitStatus(t, cmd)
	found := name.FindStringSubmatch(out)
	if status != exitHeld || found == nil {
		t.Fatalf("status does not tell of what is left: exit status %d: %s%s", status, out, errs)
	}
	cmd = gatewalk(dir, "cleanup", found[1], "--yes", "--empty-bucket") // by its name alone
	cmd.Env = m.env
	if status, out, errs := exitStatus(t, cmd); status != exitHeld || !strings.Contains(out, "Left: 0") {
		t.Errorf("by its name: exit status %d: %s%s", status, out, errs)
	}

	late := &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), TagSpecifications: []ec2types.TagSpecification{
		{ResourceType: ec2types.ResourceTypeVpc, Tags: []ec2types.Tag{{Key: aws.String("gatewalk:session"), Value: aws.String(st.ID())}}}}}
	if _, err := ec2.NewFromConfig(config).CreateVpc(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	if status, out, errs := exitStatus(t, orphans()); status != exitHeld || !strings.Contains(out, "Left: 0") {
		t.Errorf("what appears late: exit status %d: %s%s", status, out, errs)
	}
	whole := m.account(t)
	if status, out, errs := exitStatus(t, m.gatewalk(others, "run", "--yes", "--until", "3.1")); status != exitHeld || m.account(t) != whole {
		t.Errorf("the other session's things were touched: exit status %d: %s%s", status, out, errs)
	}
	if status, out, errs := exitStatus(t, m.gatewalk(others, "cleanup", "--yes")); status != exitHeld || !strings.Contains(out, "Left: 0") {
		t.Errorf("the other session: exit status %d: %s%s", status, out, errs)
	}
}

// What is missing to begin on AWS is one sentence, at once.
func TestNotReady(t *testing.T) {
	t.Parallel()
	keys := []string{"AWS_ACCESS_KEY_ID=testing", "AWS_SECRET_ACCESS_KEY=testing"}
	for _, tt := range []struct {
		name   string
		env    []string
		args   []string
		status int
		errs   string
	}{
		{"no credentials", nil, []string{"--region", motoRegion}, exitFailed, `aws configure`},
		{"no region", keys, nil, exitFailed, `--region`},
		{"no such profile", keys, []string{"--profile", "nobody", "--region", motoRegion}, exitFailed, `nobody`},
		{"nobody listens", keys, []string{"--region", motoRegion, "--endpoint-url", "http://127.0.0.1:1"}, exitFailed, `127\.0\.0\.1:1`},
		{"no URL", keys, []string{"--region", motoRegion, "--endpoint-url", "localhost"}, exitUsage, `--endpoint-url`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cmd := gatewalk(dir, append([]string{"run", "--aws", "--yes"}, tt.args...)...)
			cmd.Env = append(bareEnv(t), tt.env...)
			began := time.Now()
			status, out, errs := exitStatus(t, cmd)
			if took := time.Since(began); took > 15*time.Second {
				t.Errorf("it took %v", took)
			}
			if status != tt.status || out != "" || strings.Count(errs, "\n") != 1 || !regexp.MustCompile(tt.errs).MatchString(errs) {
				t.Errorf("exit status %d, want %d, with one line and %q in\n%s%s", status, tt.status, tt.errs, out, errs)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "sessions", "*")); len(left) > 0 {
				t.Errorf("a session began: %v", left)
			}
		})
	}
}
