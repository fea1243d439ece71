package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// awsCLI is the aws command as it is installed.
type awsCLI struct {
	t        *testing.T
	in       io.Writer
	out      *bufio.Scanner
	examples string // the folder of its documentation's examples
	compared int    // answers that were compared with one
}

// startAWS starts the helper that runs aws commands; it skips where aws v1 is
// not installed.
func (l *openLab) startAWS(t *testing.T) *awsCLI {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "python3", filepath.Join("testdata", "aws_commands.py"))
	cmd.Env = l.env
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skipf("Python is not installed: %v", err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	a := &awsCLI{t: t, in: in, out: bufio.NewScanner(out)}
	a.out.Buffer(nil, 8<<20)
	if !a.out.Scan() {
		t.Skip("aws v1 is not installed for Python: the guide is not done by hand")
	}
	a.examples = a.out.Text()
	return a
}

// try runs a command; the words of it are split at blanks, but for those that
// come as a list.
func (a *awsCLI) try(command string, more ...string) (status int, out string) {
	a.t.Helper()
	args := append(strings.Fields(command), more...)
	line, _ := json.Marshal(args)
	fmt.Fprintf(a.in, "%s\n", line)
	if !a.out.Scan() {
		a.t.Fatalf("aws %s: %v", command, a.out.Err())
	}
	var answer [2]any
	if err := json.Unmarshal(a.out.Bytes(), &answer); err != nil {
		a.t.Fatalf("aws %s: %s", command, a.out.Text())
	}
	return int(answer[0].(float64)), answer[1].(string)
}

// run is the answer of a command that has to succeed, as JSON where it is any.
// Its shape is compared with that of AWS's own examples of the command.
func (a *awsCLI) run(command string, more ...string) tree {
	a.t.Helper()
	status, out := a.try(command, more...)
	if status != 0 {
		a.t.Fatalf("aws %s %q: exit status %d: %s", command, more, status, out)
	}
	var v any
	if json.Unmarshal([]byte(out), &v) != nil {
		return tree{a.t, out}
	}
	words := strings.Fields(command)
	a.compare(words[0], words[1], v)
	return tree{a.t, v}
}

// refused is a command that has to fail with a code of AWS's.
func (a *awsCLI) refused(code, command string, more ...string) {
	a.t.Helper()
	if status, out := a.try(command, more...); status != 255 || !strings.Contains(out, "An error occurred ("+code+") when calling the ") {
		a.t.Errorf("aws %s: exit status %d, want 255 and %s: %s", command, status, code, out)
	}
}

// tree is an answer.
type tree struct {
	t *testing.T
	v any
}

// at is what stands at a path such as "Vpcs.0.VpcId".
func (t tree) at(path string) string {
	t.t.Helper()
	v := t.v
	for part := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[part]
		case []any:
			v = nil
			if i := int(part[0] - '0'); len(part) == 1 && i < len(x) {
				v = x[i]
			}
		default:
			v = nil
		}
	}
	if v == nil {
		t.t.Fatalf("nothing at %s in %v", path, t.v)
	}
	return fmt.Sprint(v)
}

// text is an answer that is not JSON.
func (t tree) text() string { return fmt.Sprint(t.v) }

var exampleOutput = regexp.MustCompile(`(?m)^Output::\n\n {2,4}(\{(?s:.*?)^ {2,4}\})\s*$`)

// notHere are members of AWS's examples that depend on what was asked for or on
// what the lab does not have.
var notHere = []string{
	"head-object VersionId", "describe-vpc-attribute EnableDnsSupport", "create-vpc Vpc.Ipv6CidrBlockAssociationSet",
	"authorize-security-group-ingress SecurityGroupRules.CidrIpv4", "describe-route-tables RouteTables.Routes.NatGatewayId",
	"create-role Role.AssumeRolePolicyDocument.Statement.Principal.AWS", "create-role Role.AssumeRolePolicyDocument.Statement.Sid",
	"get-role Role.Description", "get-role Role.RoleLastUsed.LastUsedDate", "get-role Role.RoleLastUsed.Region", "get-parameters Parameters.Selector",
	"get-managed-prefix-list-entries Entries.Description",
	// The page shows another command's answer.
	"create-network-insights-path NetworkInsightsPaths",
}

// compare holds an answer against the examples of the command in the
// documentation that comes with aws: what AWS's answer to the most similar
// question has, the lab's has.
func (a *awsCLI) compare(service, command string, answer any) {
	a.t.Helper()
	page, err := os.ReadFile(filepath.Join(a.examples, service, command+".rst"))
	if err != nil {
		return // not every command has examples
	}
	have := map[string]bool{}
	keys("", answer, have)
	var least []string
	found := false
	for _, m := range exampleOutput.FindAllSubmatch(page, -1) {
		var v any
		if json.Unmarshal(m[1], &v) != nil {
			continue // a few have a comma too many, or dots
		}
		want, missing := map[string]bool{}, []string{}
		keys("", v, want)
		for _, k := range slices.Sorted(maps.Keys(want)) {
			// Nothing can be missing in a list that is empty.
			parent := k[:max(strings.LastIndex(k, "."), 0)]
			if !have[k] && (parent == "" || have[parent+"."]) && !slices.Contains(notHere, command+" "+k) {
				missing = append(missing, k)
			}
		}
		if !found || len(missing) < len(least) {
			least, found = missing, true
		}
	}
	if found {
		a.compared++
	}
	if len(least) > 0 {
		a.t.Errorf("%s %s: AWS's own example has also %q", service, command, least)
	}
}

// keys collects the paths of all members; those of a list's items are the
// list's. The path with a dot at its end says that there are members below.
func keys(path string, v any, into map[string]bool) {
	switch x := v.(type) {
	case map[string]any:
		into[path+"."] = true
		for k, kid := range x {
			p := strings.TrimPrefix(path+"."+k, ".")
			into[p] = true
			keys(p, kid, into)
		}
	case []any:
		for _, kid := range x {
			keys(path, kid, into)
		}
	}
}

// The guide by hand, from nothing to nothing, in the commands that AWS's
// documentation has for it: aws, ssh, scp, sftp and curl as they are installed;
// aws, nslookup, dig and traceroute typed on the instances.
func TestGuideByHand(t *testing.T) {
	notInShort(t)
	if runtime.GOOS == "windows" {
		t.Skip("no Ctrl-C for one process on Windows")
	}
	needs(t, "python3", "ssh", "ssh-keygen", "scp", "sftp", "curl")
	t.Parallel()
	state := t.TempDir()
	l := startLab(t, state)
	a := l.startAWS(t)
	h := &hand{openLab: l, aws: a, t: t, dir: t.TempDir()}
	h.storage()
	h.network()
	h.access()
	h.machines()
	h.logIn()
	h.lesson()
	h.cleanUp()
	if a.compared < 20 {
		t.Errorf("%d answers were compared with AWS's examples", a.compared)
	}
	l.stop(t)
}

// hand is what somebody has written down who does the guide by hand.
type hand struct {
	*openLab
	aws *awsCLI
	t   *testing.T
	dir string

	bucket, vpc, public, private, igw, publicTable, privateTable string
	bastionGroup, privateGroup, bastion, privateHost, address    string
	assocs                                                       []string
}

func (h *hand) file(name, content string) string {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		h.t.Fatal(err)
	}
	return path
}

func (h *hand) storage() {
	if arn := h.aws.run("sts get-caller-identity").at("Arn"); h.aws.run("iam get-user").at("User.Arn") != arn {
		h.t.Errorf("the caller %s is not its user", arn)
	}
	h.bucket = "gwlab-by-hand"
	h.aws.run("s3api create-bucket --bucket " + h.bucket + " --region ap-northeast-2 --create-bucket-configuration LocationConstraint=ap-northeast-2")
	h.aws.refused("BucketAlreadyOwnedByYou", "s3api create-bucket --bucket "+h.bucket+" --create-bucket-configuration LocationConstraint=ap-northeast-2")
	h.aws.run("s3 cp --quiet", h.file("TestImage1.png", strings.Repeat("gatewalk", 59_851)+"!"), "s3://"+h.bucket+"/TestImage1.png")
	h.aws.run("s3api list-objects-v2 --bucket " + h.bucket)
	h.aws.run("s3api head-object --key TestImage1.png --bucket " + h.bucket)
	// A presigned URL is anybody's.
	url := strings.TrimSpace(h.aws.run("s3 presign s3://" + h.bucket + "/TestImage1.png").text())
	if out, err := h.openLab.run(h.t, "curl", "-sS", "-m", "20", url); err != nil || len(out) != 478_809 {
		h.t.Errorf("curl brings %d bytes of the object: %v", len(out), err)
	}
}

func (h *hand) network() {
	a := h.aws
	h.vpc = a.run("ec2 create-vpc --cidr-block 10.0.0.0/16 --tag-specifications ResourceType=vpc,Tags=[{Key=Name,Value=by-hand}]").at("Vpc.VpcId")
	a.run("ec2 wait vpc-available --vpc-ids " + h.vpc)
	a.run("ec2 modify-vpc-attribute --enable-dns-hostnames --vpc-id " + h.vpc)
	a.run("ec2 describe-vpc-attribute --attribute enableDnsHostnames --vpc-id " + h.vpc)
	subnet := func(cidr string) string {
		return a.run("ec2 create-subnet --availability-zone ap-northeast-2a --vpc-id " + h.vpc + " --cidr-block " + cidr).at("Subnet.SubnetId")
	}
	h.public, h.private = subnet("10.0.1.0/24"), subnet("10.0.2.0/24")
	a.refused("InvalidSubnet.Conflict", "ec2 create-subnet --vpc-id "+h.vpc+" --cidr-block 10.0.1.128/25")
	h.igw = a.run("ec2 create-internet-gateway").at("InternetGateway.InternetGatewayId")
	a.run("ec2 attach-internet-gateway --internet-gateway-id " + h.igw + " --vpc-id " + h.vpc)
	table := func(subnet string) string {
		id := a.run("ec2 create-route-table --vpc-id " + h.vpc).at("RouteTable.RouteTableId")
		h.assocs = append(h.assocs, a.run("ec2 associate-route-table --route-table-id "+id+" --subnet-id "+subnet).at("AssociationId"))
		return id
	}
	h.publicTable, h.privateTable = table(h.public), table(h.private)
	a.run("ec2 create-route --destination-cidr-block 0.0.0.0/0 --route-table-id " + h.publicTable + " --gateway-id " + h.igw)
	a.run("ec2 describe-route-tables --filters Name=vpc-id,Values=" + h.vpc)
	group := func(name string) string {
		return a.run("ec2 create-security-group --description by-hand --group-name " + name + " --vpc-id " + h.vpc).at("GroupId")
	}
	h.bastionGroup, h.privateGroup = group("bastion"), group("private")
	mine := strings.TrimSpace(h.openLab.must(h.t, `^[\d.]+\n$`, "curl", "-sS", "-m", "10", "http://checkip.amazonaws.com"))
	a.run("ec2 authorize-security-group-ingress --protocol tcp --port 22 --group-id " + h.bastionGroup + " --cidr " + mine + "/32")
	a.run("ec2 authorize-security-group-ingress --protocol tcp --port 22 --group-id " + h.privateGroup + " --source-group " + h.bastionGroup)
	a.refused("InvalidPermission.Duplicate", "ec2 authorize-security-group-ingress --protocol tcp --port 22 --group-id "+h.bastionGroup+" --cidr "+mine+"/32")
	a.run("ec2 describe-security-groups --group-ids " + h.privateGroup)
}

func (h *hand) access() {
	a := h.aws
	h.openLab.must(h.t, "", "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(h.dir, "key"))
	a.run("ec2 import-key-pair --key-name by-hand --public-key-material fileb://" + filepath.Join(h.dir, "key.pub"))
	trust := h.file("trust.json", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	policy := h.file("policy.json", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:ListBucket","s3:GetObject","s3:ListAllMyBuckets"],"Resource":"*"}]}`)
	a.run("iam create-role --role-name by-hand --assume-role-policy-document file://" + trust)
	a.run("iam put-role-policy --role-name by-hand --policy-name s3 --policy-document file://" + policy)
	a.run("iam create-instance-profile --instance-profile-name by-hand")
	a.run("iam add-role-to-instance-profile --instance-profile-name by-hand --role-name by-hand")
	a.run("iam get-role --role-name by-hand")
}

func (h *hand) machines() {
	a := h.aws
	image := a.run("ssm get-parameters --names /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64").at("Parameters.0.Value")
	launch := func(options string) string {
		return a.run("ec2 run-instances --instance-type t3.micro --key-name by-hand --iam-instance-profile Name=by-hand --image-id " + image + " " + options).at("Instances.0.InstanceId")
	}
	h.bastion = launch("--associate-public-ip-address --private-ip-address 10.0.1.123 --subnet-id " + h.public + " --security-group-ids " + h.bastionGroup)
	h.privateHost = launch("--private-ip-address 10.0.2.234 --subnet-id " + h.private + " --security-group-ids " + h.privateGroup)
	a.refused("InvalidIPAddress.InUse", "ec2 run-instances --image-id "+image+" --instance-type t3.micro --private-ip-address 10.0.2.234 --subnet-id "+h.private)
	h.until("running")
	a.run("ec2 wait instance-running --instance-ids " + h.bastion + " " + h.privateHost)
	h.address = a.run("ec2 describe-instances --instance-ids " + h.bastion).at("Reservations.0.Instances.0.PublicIpAddress")
	a.run("ec2 describe-instance-status --include-all-instances --instance-ids " + h.bastion)
}

// until asks more often than aws does by itself, which is every 15 s.
func (h *hand) until(state string) {
	h.t.Helper()
	for range 200 {
		got := h.aws.run("ec2 describe-instances --query Reservations[].Instances[].State.Name --instance-ids " + h.bastion + " " + h.privateHost)
		if fmt.Sprint(got.v) == "["+state+" "+state+"]" {
			return
		}
	}
	h.t.Fatalf("the instances are not %s", state)
}

// logIn trusts the keys that the consoles show, and no others.
func (h *hand) logIn() {
	known := ""
	for id, host := range map[string]string{h.bastion: h.address, h.privateHost: "10.0.2.234"} {
		keys := regexp.MustCompile(`(?m)^(ssh-ed25519|ecdsa-sha2-nistp256) \S+`)
		var console string
		for range 60 { // it is posted a moment after the start
			if console = h.aws.run("ec2 get-console-output --latest --output text --instance-id " + id).text(); keys.MatchString(console) {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		for _, k := range keys.FindAllString(console, -1) {
			known += host + " " + k + "\n"
		}
	}
	h.ssh = h.file("ssh_config", fmt.Sprintf("Host bastion\n  HostName %s\nHost private\n  HostName 10.0.2.234\n  ProxyJump bastion\n"+
		"Host *\n  User ec2-user\n  BatchMode yes\n  IdentityFile %s\n  IdentitiesOnly yes\n  StrictHostKeyChecking yes\n  UserKnownHostsFile %s\nInclude %s\n",
		h.address, filepath.Join(h.dir, "key"), h.file("known_hosts", known), h.openLab.ssh))
	h.on("bastion", `^ip-10-0-1-123\.`, "hostname")
	h.on("private", `^ip-10-0-2-234\.`, "hostname")
}

// on types a command on an instance, which has to succeed and print something
// like want.
func (h *hand) on(host, want, command string) string {
	h.t.Helper()
	return h.openLab.must(h.t, want, "ssh", "-F", h.ssh, host, command)
}

func (h *hand) lesson() {
	a, list := h.aws, "aws s3 ls s3://"+h.bucket
	const name = "s3.ap-northeast-2.amazonaws.com"
	// The key to the bastion, as in the guide, and from there on.
	h.openLab.must(h.t, "", "scp", "-q", "-F", h.ssh, filepath.Join(h.dir, "key"), "bastion:key.pem")
	h.on("bastion", `^ip-10-0-2-234\.`, "chmod 400 key.pem && ssh -i key.pem -o StrictHostKeyChecking=accept-new ec2-user@10.0.2.234 hostname 2>/dev/null")
	h.on("bastion", ` 478809 TestImage1\.png\n`, list)
	if out, err := h.openLab.run(h.t, "ssh", "-F", h.ssh, "private", "timeout 3 "+list); err == nil || err.Error() != "exit status 124" || out != "" {
		h.t.Errorf("without an endpoint S3 is to be silent: %v, %q", err, out)
	}
	h.on("private", `(?m)^Server:\t\t10\.0\.0\.2$`, "nslookup "+name)
	before := h.on("private", `^([\d.]+)\n$`, "dig +short "+name)
	h.on("private", `(?m)^ 5  \* \* \*$`, "sudo traceroute -n -T -p 443 -m 5 -w 1 "+before)

	a.run("ec2 describe-vpc-endpoint-services --filters Name=service-type,Values=Gateway Name=service-name,Values=com.amazonaws.ap-northeast-2.s3")
	endpoint := a.run("ec2 create-vpc-endpoint --vpc-id " + h.vpc + " --service-name com.amazonaws.ap-northeast-2.s3 --route-table-ids " + h.privateTable).at("VpcEndpoint.VpcEndpointId")
	for range 100 { // there is no waiter for endpoints
		if a.run("ec2 describe-vpc-endpoints --vpc-endpoint-ids "+endpoint).at("VpcEndpoints.0.State") == "available" {
			break
		}
	}
	if got := a.run("ec2 describe-route-tables --route-table-ids " + h.privateTable).at("RouteTables.0.Routes.1.GatewayId"); got != endpoint {
		h.t.Errorf("the private table's second row leads to %s", got)
	}
	prefixes := a.run("ec2 describe-prefix-lists --filters Name=prefix-list-name,Values=com.amazonaws.ap-northeast-2.s3").at("PrefixLists.0.PrefixListId")
	a.run("ec2 get-managed-prefix-list-entries --prefix-list-id " + prefixes)
	h.on("private", ` 478809 TestImage1\.png\n`, list)
	if after := h.on("private", `^([\d.]+)\n$`, "dig +short "+name); after != before {
		h.t.Errorf("the endpoint changed the name's address from %s to %s", before, after)
	}
	h.on("private", `(?m)^ 1  \* \* \*\n(?: \d  \* \* \*\n)*\s*7  [\d.]+ .* ms$`, "sudo traceroute -n -T -p 443 -w 1 "+before)
	h.on("bastion", `(?m)^ 8  .*\Q52.219.56.25\E`, "traceroute -w 1 52.219.56.25")
	h.on("private", `^403$`, "curl -s -o /dev/null -w '%{http_code}' https://"+name+"/")
	// And the object itself, from S3 to the instance and from there to here.
	h.on("private", ``, "aws s3 cp --quiet s3://"+h.bucket+"/TestImage1.png .")
	batch := h.file("batch", "get TestImage1.png "+filepath.Join(h.dir, "back.png")+"\n")
	h.openLab.must(h.t, "", "sftp", "-q", "-F", h.ssh, "-b", batch, "private")
	sent, _ := os.ReadFile(filepath.Join(h.dir, "TestImage1.png"))
	if got, err := os.ReadFile(filepath.Join(h.dir, "back.png")); err != nil || !bytes.Equal(got, sent) {
		h.t.Errorf("%d bytes of %d came back: %v", len(got), len(sent), err)
	}
	h.otherKind(list)
	path := a.run("ec2 create-network-insights-path --protocol tcp --destination-port 443 --source " + h.privateHost + " --destination " + endpoint).at("NetworkInsightsPath.NetworkInsightsPathId")
	run := a.run("ec2 start-network-insights-analysis --network-insights-path-id " + path).at("NetworkInsightsAnalysis.NetworkInsightsAnalysisId")
	for range 100 {
		if found := a.run("ec2 describe-network-insights-analyses --network-insights-analysis-ids " + run); found.at("NetworkInsightsAnalyses.0.Status") != "running" {
			if found.at("NetworkInsightsAnalyses.0.NetworkPathFound") != "true" {
				h.t.Errorf("the analyzer finds no way: %v", found.v)
			}
			break
		}
	}
	a.run("ec2 delete-network-insights-analysis --network-insights-analysis-id " + run)
	a.run("ec2 delete-network-insights-path --network-insights-path-id " + path)
	if got := a.run("ec2 delete-vpc-endpoints --vpc-endpoint-ids " + endpoint); fmt.Sprint(got.v) != "map[Unsuccessful:[]]" {
		h.t.Errorf("the endpoint stays: %v", got.v)
	}
}

// otherKind is the endpoint that the guide sets beside the gateway's: an
// interface in the private subnet, with a name of its own and a security group.
func (h *hand) otherKind(list string) {
	a := h.aws
	group := a.run("ec2 create-security-group --description by-hand --group-name endpoint --vpc-id " + h.vpc).at("GroupId")
	a.run("ec2 authorize-security-group-ingress --protocol tcp --port 443 --cidr 10.0.0.0/16 --group-id " + group)
	id := a.run("ec2 create-vpc-endpoint --vpc-endpoint-type Interface --service-name com.amazonaws.ap-northeast-2.s3 --vpc-id " + h.vpc +
		" --subnet-ids " + h.private + " --security-group-ids " + group).at("VpcEndpoint.VpcEndpointId")
	var made tree
	for range 100 {
		if made = a.run("ec2 describe-vpc-endpoints --vpc-endpoint-ids " + id); made.at("VpcEndpoints.0.State") == "available" {
			break
		}
	}
	eni := a.run("ec2 describe-network-interfaces --network-interface-ids " + made.at("VpcEndpoints.0.NetworkInterfaceIds.0"))
	name := "bucket" + strings.TrimPrefix(made.at("VpcEndpoints.0.DnsEntries.0.DnsName"), "*")
	h.on("private", `^\Q`+eni.at("NetworkInterfaces.0.PrivateIpAddress")+`\E\n$`, "dig +short "+name)
	h.on("private", ` 478809 TestImage1\.png\n`, list+" --region ap-northeast-2 --endpoint-url https://"+name)
	h.on("private", `(?m)^ 1  10\.0\.2\.\d+  [\d.]+ ms`, "sudo traceroute -n -T -p 443 "+name)
	a.run("ec2 delete-vpc-endpoints --vpc-endpoint-ids " + id)
	for range 100 { // the group cannot go before the interface
		if status, _ := a.try("ec2 delete-security-group --group-id " + group); status == 0 {
			return
		}
	}
	h.t.Error("the endpoint's group stays")
}

func (h *hand) cleanUp() {
	a := h.aws
	a.refused("DependencyViolation", "ec2 delete-subnet --subnet-id "+h.private)
	a.run("ec2 terminate-instances --instance-ids " + h.bastion + " " + h.privateHost)
	h.until("terminated")
	a.run("ec2 wait instance-terminated --instance-ids " + h.bastion + " " + h.privateHost)
	a.refused("DependencyViolation", "ec2 delete-security-group --group-id "+h.bastionGroup) // the other names it
	a.run("ec2 delete-security-group --group-id " + h.privateGroup)
	a.run("ec2 delete-security-group --group-id " + h.bastionGroup)
	for _, id := range h.assocs {
		a.run("ec2 disassociate-route-table --association-id " + id)
	}
	a.run("ec2 delete-route-table --route-table-id " + h.publicTable)
	a.run("ec2 delete-route-table --route-table-id " + h.privateTable)
	a.run("ec2 delete-subnet --subnet-id " + h.public)
	a.run("ec2 delete-subnet --subnet-id " + h.private)
	a.run("ec2 detach-internet-gateway --internet-gateway-id " + h.igw + " --vpc-id " + h.vpc)
	a.run("ec2 delete-internet-gateway --internet-gateway-id " + h.igw)
	for range 100 { // the endpoint goes a moment after it was asked to
		status, out := a.try("ec2 delete-vpc --vpc-id " + h.vpc)
		if status == 0 {
			break
		}
		if !strings.Contains(out, "(DependencyViolation)") {
			h.t.Fatalf("deleting the VPC: %s", out)
		}
	}
	a.run("ec2 delete-key-pair --key-name by-hand")
	a.run("iam remove-role-from-instance-profile --instance-profile-name by-hand --role-name by-hand")
	a.run("iam delete-instance-profile --instance-profile-name by-hand")
	a.run("iam delete-role-policy --role-name by-hand --policy-name s3")
	a.run("iam delete-role --role-name by-hand")
	a.refused("BucketNotEmpty", "s3api delete-bucket --bucket "+h.bucket)
	a.run("s3 rb --force s3://" + h.bucket)
	left := a.run("ec2 describe-vpcs").v
	if fmt.Sprint(left, a.run("ec2 describe-network-interfaces").v, a.run("iam list-roles").v, a.run("s3api list-buckets --query Buckets").v) !=
		"map[Vpcs:[]] map[NetworkInterfaces:[]] map[Roles:[]] []" {
		h.t.Errorf("something is left: %v", left)
	}
}
