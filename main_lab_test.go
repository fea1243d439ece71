package main

import (
	"bufio"
	"bytes"
	"fmt"
	"gatewalk/lab/world"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// openLab is `gatewalk lab` in a process of its own.
type openLab struct {
	cmd  *exec.Cmd
	env  []string          // of a program that works in it
	vars map[string]string // what it exports
	ssh  string            // its ssh_config
	errs *bytes.Buffer
}

func startLab(t *testing.T, state string, args ...string) *openLab {
	t.Helper()
	l := &openLab{cmd: gatewalk(state, append([]string{"lab", "--speed", "50"}, args...)...), env: bareEnv(t), vars: map[string]string{}, errs: &bytes.Buffer{}}
	l.cmd.Env, l.cmd.Stderr = bareEnv(t), l.errs
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.cmd.Process.Kill(); l.cmd.Wait() })
	late := time.AfterFunc(30*time.Second, func() { l.cmd.Process.Kill() })
	defer late.Stop()
	for lines := bufio.NewScanner(out); len(l.vars) < 8 && lines.Scan(); {
		name, value, ok := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "=")
		if !ok || !strings.HasPrefix(lines.Text(), "export ") {
			t.Fatalf("a line that a shell would not take: %q", lines.Text())
		}
		l.vars[name] = value
		l.env = append(l.env, name+"="+value)
	}
	if len(l.vars) < 8 {
		l.cmd.Wait()
		t.Fatalf("the lab exports %v and says\n%s", l.vars, l.errs)
	}
	l.ssh = filepath.Join(state, "sessions", "open-lab", "ssh_config")
	return l
}

// run is a program of the learner's in the lab, its output together.
func (l *openLab) run(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = l.env
	cmd.WaitDelay = 5 * time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// must is run for what has to succeed and to print something like want; it
// gives the first group of want.
func (l *openLab) must(t *testing.T, want, name string, args ...string) string {
	t.Helper()
	out, err := l.run(t, name, args...)
	found := regexp.MustCompile(want).FindStringSubmatch(out)
	if err != nil || found == nil {
		t.Fatalf("%s %q: %v, with %q wanted in\n%s", name, args, err, want, out)
	}
	return found[len(found)-1]
}

// stop ends the lab as Ctrl-C does.
func (l *openLab) stop(t *testing.T) {
	t.Helper()
	l.cmd.Process.Signal(os.Interrupt)
	began := time.Now()
	if err := l.cmd.Wait(); err != nil {
		t.Errorf("after Ctrl-C: %v\n%s", err, l.errs)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v to end", took)
	}
	if strings.Contains(l.errs.String(), "goroutine ") {
		t.Errorf("a stack trace:\n%s", l.errs)
	}
}

// The lab serves the programs that people already have, and the walk itself,
// and it is the same lab after a restart.
func TestOpenLab(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no Ctrl-C for one process on Windows")
	}
	t.Parallel()
	state := t.TempDir()
	l := startLab(t, state, "--prepared")
	keys, err := os.ReadFile(filepath.Join(filepath.Dir(l.ssh), "known_hosts"))
	if err != nil || len(keys) == 0 {
		t.Errorf("no host keys are known: %v", err)
	}
	for _, name := range []string{"AWS_ENDPOINT_URL", "ALL_PROXY"} {
		if !strings.Contains(l.vars[name], "//127.0.0.1:") {
			t.Errorf("%s is %q: not on loopback", name, l.vars[name])
		}
	}

	t.Run("openssh", func(t *testing.T) { l.openssh(t, state) })
	t.Run("curl", func(t *testing.T) {
		needs(t, "curl")
		l.must(t, `^203\.0\.113\.\d+\n$`, "curl", "-sS", "-m", "10", "http://checkip.amazonaws.com")
	})
	t.Run("boto3", l.boto3)
	t.Run("aws", l.endpointByHand)
	t.Run("walk", func(t *testing.T) {
		dir := t.TempDir()
		cmd := gatewalk(dir, "run", "--aws", "--yes", "--speed", "50")
		cmd.Env = l.env
		out, err := cmd.CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("Nothing is left")) || !bytes.Contains(out, []byte("is not real AWS")) {
			t.Errorf("walking against the open lab: %v\n%s", err, tail(out))
		}
	})

	before := savedInstances(t, state)
	l.stop(t)
	again := startLab(t, state)
	if again.vars["AWS_ACCESS_KEY_ID"] != l.vars["AWS_ACCESS_KEY_ID"] {
		t.Error("after a restart the credentials are others")
	}
	if after := savedInstances(t, state); after != before {
		t.Errorf("after a restart the instances are %s, and they were %s", after, before)
	}
	if _, err := exec.LookPath("ssh"); err == nil { // whose host keys are checked
		again.must(t, `(?m)^ip-10-0-2-234\.`, "ssh", "-F", again.ssh, "-o", "BatchMode=yes", "private", "hostname")
	}
	again.stop(t)
}

// savedInstances are the ids of the lab's running instances, as it saved them.
func savedInstances(t *testing.T, state string) string {
	t.Helper()
	running := map[string]bool{}
	for id, i := range savedLab(t, filepath.Join(state, "sessions", "open-lab", "lab")).Instances {
		if i.State == world.Running {
			running[id] = true
		}
	}
	if len(running) != 2 {
		t.Errorf("%d instances run, want 2", len(running))
	}
	return fmt.Sprint(running) // sorted by fmt
}

// openssh comes in by the lab's ssh_config alone, host keys verified.
func (l *openLab) openssh(t *testing.T, state string) {
	needs(t, "ssh", "scp", "sftp")
	ssh := []string{"-F", l.ssh, "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"}
	with := func(args ...string) []string { return append(append([]string{}, ssh...), args...) }
	l.must(t, `^ip-10-0-1-123\.ap-northeast-2\.compute\.internal\n$`, "ssh", with("bastion", "hostname")...)
	l.must(t, `^ip-10-0-2-234\.ap-northeast-2\.compute\.internal\n$`, "ssh", with("private", "hostname")...)

	dir := t.TempDir()
	file, back := filepath.Join(dir, "up"), filepath.Join(dir, "down")
	content := bytes.Repeat([]byte("\x00\xff gatewalk\r\n"), 10_000)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, legacy := range [][]string{{}, {"-O"}} { // by SFTP, and by the old protocol
		l.must(t, ``, "scp", append(with(legacy...), file, "private:copy")...)
		l.must(t, ``, "scp", append(with(legacy...), "private:copy", back)...)
		if got, err := os.ReadFile(back); err != nil || !bytes.Equal(got, content) {
			t.Errorf("scp %v brings back %d bytes of %d: %v", legacy, len(got), len(content), err)
		}
	}
	batch := filepath.Join(dir, "batch")
	if err := os.WriteFile(batch, []byte("rename copy moved\nls -l moved\nget moved "+back+".sftp\nrm moved\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l.must(t, fmt.Sprintf(`(?m)^-rw-r--r-- .* %d .* moved\s*$`, len(content)), "sftp", with("-b", batch, "private")...)
	if got, err := os.ReadFile(back + ".sftp"); err != nil || !bytes.Equal(got, content) {
		t.Errorf("sftp brings back %d bytes of %d: %v", len(got), len(content), err)
	}
	if out, err := l.run(t, "ssh", with("private", "exit 7")...); err == nil || err.Error() != "exit status 7" {
		t.Errorf("exit 7 comes back as %v: %s", err, out)
	}
}

// boto3 reads every answer that it can ask for without knowing an id.
func (l *openLab) boto3(t *testing.T) {
	needs(t, "python3")
	if err := exec.Command("python3", "-c", "import boto3").Run(); err != nil {
		t.Skip("boto3 is not installed")
	}
	l.must(t, `(?m)^2 instances, (\d+) answers$`, "python3", "-W", "error::UserWarning", "-c", `
import boto3
ec2 = boto3.client("ec2")
asked = """vpcs subnets instances internet_gateways route_tables security_groups security_group_rules key_pairs network_acls
 network_interfaces volumes vpc_endpoints prefix_lists managed_prefix_lists availability_zones images nat_gateways addresses
 tags vpc_endpoint_services instance_types instance_type_offerings regions""".split()
for name in asked:
    kw = {"Owners": ["amazon"]} if name == "images" else {}
    answer = getattr(ec2, "describe_" + name)(**kw)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200, name
assert boto3.client("sts").get_caller_identity()["Account"] == "123456789012"
assert len(boto3.client("s3").list_buckets()["Buckets"]) == 1
assert len(boto3.client("iam").list_roles()["Roles"]) >= 1
found = [i for r in ec2.describe_instances()["Reservations"] for i in r["Instances"]]
assert all(i["LaunchTime"].tzinfo for i in found), "times have zones"
print(len(found), "instances,", len(asked), "answers")
`)
}

// endpointByHand is the guide's lesson in the learner's own commands.
func (l *openLab) endpointByHand(t *testing.T) {
	needs(t, "ssh")
	a := l.startAWS(t)
	word := func(command string, more ...string) string {
		t.Helper()
		return strings.TrimSpace(a.run(command+" --output text", more...).text())
	}
	vpc := word("ec2 describe-vpcs --filters Name=tag-key,Values=gatewalk:session --query Vpcs[].VpcId")
	table := word("ec2 describe-route-tables --filters Name=tag:gatewalk:part,Values=private --query RouteTables[].RouteTableId")
	service := word("ec2 describe-vpc-endpoint-services --filters Name=service-type,Values=Gateway --query ServiceNames[?ends_with(@,'.s3')]")
	bucket := word("s3api list-buckets --query Buckets[].Name")
	list := []string{"-F", l.ssh, "-o", "BatchMode=yes", "private", "timeout", "3", "aws", "s3", "ls", "s3://" + bucket}
	if out, err := l.run(t, "ssh", list...); err == nil || err.Error() != "exit status 124" {
		t.Errorf("without an endpoint S3 is to be silent, and it is %v: %s", err, out)
	}
	endpoint := word("ec2 create-vpc-endpoint --query VpcEndpoint.VpcEndpointId --vpc-id " + vpc + " --service-name " + service + " --route-table-ids " + table)
	if got := a.run("ec2 describe-route-tables --route-table-ids " + table).at("RouteTables.0.Routes.1.DestinationPrefixListId"); !strings.HasPrefix(got, "pl-") {
		t.Errorf("the private table's second row is for %s", got)
	}
	l.must(t, `TestImage1\.png`, "ssh", list...)
	if got := a.run("ec2 delete-vpc-endpoints --vpc-endpoint-ids " + endpoint); fmt.Sprint(got.v) != "map[Unsuccessful:[]]" {
		t.Errorf("the endpoint stays: %v", got.v)
	}
	a.refused("InvalidVpcID.NotFound", "ec2 describe-vpcs --vpc-ids vpc-00000000")
}

// OpenSSH finds its way through a folder whose name means something to it.
func TestOpenLabElsewhere(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no Ctrl-C for one process on Windows")
	}
	needs(t, "ssh")
	t.Parallel()
	l := startLab(t, filepath.Join(t.TempDir(), "100 %h"), "--prepared")
	for _, host := range []string{"bastion", "private"} {
		l.must(t, `^ip-10-0-`, "ssh", "-F", l.ssh, "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", host, "hostname")
	}
}

// A lab that is killed keeps what was done in it.
func TestLabKilled(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no SIGKILL on Windows")
	}
	t.Parallel()
	state := t.TempDir()
	l := startLab(t, state, "--prepared")
	before := savedInstances(t, state)
	l.cmd.Process.Signal(syscall.SIGKILL)
	l.cmd.Wait()
	again := startLab(t, state, "--prepared")
	if after := savedInstances(t, state); after != before {
		t.Errorf("after SIGKILL the instances are %s, and they were %s", after, before)
	}
	again.stop(t)
}

// Faults happen as ordered, and a capture is one that other programs read.
func TestLabFaults(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no Ctrl-C for one process on Windows")
	}
	t.Parallel()
	state := t.TempDir()
	for _, wrong := range []string{"RunInstances", "=X", "X=", "X=throttle:0", "X=delay:soon", "X=Y,times=0"} {
		if status, _, errs := exitStatus(t, gatewalk(state, "lab", "--fault", wrong)); status != exitUsage || strings.Count(errs, "\n") != 1 {
			t.Errorf("--fault %s: exit status %d: %s", wrong, status, errs)
		}
	}
	file := filepath.Join(t.TempDir(), "bastion.pcap")
	l := startLab(t, state, "--prepared", "--fault", "DescribeVpcs=UnauthorizedOperation,times=1", "--pcap", "bastion="+file)
	if _, err := exec.LookPath("ssh"); err == nil {
		l.must(t, `^ip-10-0-1-123`, "ssh", "-F", l.ssh, "-o", "BatchMode=yes", "bastion", "hostname")
	}
	if _, err := exec.LookPath("aws"); err == nil {
		if out, err := l.run(t, "aws", "ec2", "describe-vpcs"); err == nil || !strings.Contains(out, "(UnauthorizedOperation)") {
			t.Errorf("the fault does not happen: %v %s", err, out)
		}
		l.must(t, `vpc-`, "aws", "ec2", "describe-vpcs")
	}
	l.stop(t)
	data, err := os.ReadFile(file)
	if err != nil || !bytes.HasPrefix(data, []byte{0xd4, 0xc3, 0xb2, 0xa1}) {
		t.Fatalf("the capture begins with %x: %v", data[:min(4, len(data))], err)
	}
	if _, err := exec.LookPath("ssh"); err == nil && !bytes.Contains(data, []byte("SSH-2.0-OpenSSH")) {
		t.Errorf("%d captured bytes show no SSH", len(data))
	}
}
