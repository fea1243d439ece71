package awsapi

import (
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// supported are the actions that a server has, "service action", from the
// tables that it answers by.
func supported() []string {
	var out []string
	add := func(service string, actions []string) {
		for _, a := range actions {
			out = append(out, service+" "+a)
		}
	}
	add("ec2", slices.Collect(maps.Keys(ec2Ops)))
	add("iam", slices.Collect(maps.Keys(iamOps)))
	add("sts", slices.Collect(maps.Keys(stsOps)))
	add("ssm", slices.Collect(maps.Keys(ssmOps)))
	add("dynamodb", []string{"ListTables"})
	for _, op := range s3Ops() {
		out = append(out, "s3 "+op.name)
	}
	slices.Sort(out)
	return out
}

// boto3 is the answer of a Python program, which is skipped, with a message,
// where boto3 is not installed.
func (l *apiLab) boto3(t *testing.T, args ...string) string {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err == nil {
		err = exec.Command(python, "-c", "import boto3").Run()
	}
	if err != nil {
		t.Skip("boto3 is not installed: what it reads in the lab's answers is not tried")
	}
	cmd := exec.CommandContext(t.Context(), python, args...)
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+l.url, "AWS_ACCESS_KEY_ID=AKIAADMIN", "AWS_SECRET_ACCESS_KEY=admin", "AWS_CONFIG_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// Every action that the server has is asked for by boto3, whose parser takes
// each answer without a warning; every answer is also held against the models.
// An action that is new to the server and not in the program fails here.
func TestEveryAction(t *testing.T) {
	t.Parallel() // it mostly waits for another process
	l := newAPI(t, 5000)
	l.live()
	asked := strings.Split(strings.TrimSpace(l.boto3(t, "testdata/every_action.py")), "\n")
	for _, a := range supported() {
		if !slices.Contains(asked, a) {
			t.Errorf("%s is not asked for by testdata/every_action.py", a)
		}
	}
	st := l.world.Snapshot()
	if len(st.Vpcs)+len(st.Buckets)+len(st.Roles)+len(st.Users)+len(st.Interfaces)+len(st.Volumes)+len(st.Endpoints) != 0 {
		t.Error("something is left")
	}
}
