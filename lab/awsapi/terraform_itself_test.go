package awsapi

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"gatewalk/lab/world"
)

// Terraform itself, with its AWS provider, makes the guide and its neighbours,
// finds nothing to do, changes what can be changed, finds nothing to do again,
// and takes it all away. It takes minutes, and the provider, which is larger
// than this repository, has to be there: GATEWALK_TERRAFORM names the folder of
// a filesystem mirror (terraform providers mirror DIR).
func TestTerraformItself(t *testing.T) {
	mirror := os.Getenv("GATEWALK_TERRAFORM")
	if mirror == "" {
		t.Skip("GATEWALK_TERRAFORM names no mirror of the AWS provider: TestTerraform replays what it asks for")
	}
	l := newAPI(t, 100)
	l.live()
	config, err := os.ReadFile("testdata/terraform/main.tf")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	terraform := func(want int, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "terraform", append(args, "-no-color", "-input=false")...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "AWS_ENDPOINT_URL="+l.url, "AWS_ACCESS_KEY_ID=AKIAADMIN", "AWS_SECRET_ACCESS_KEY=admin",
			"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true")
		out, err := cmd.CombinedOutput()
		status := 0
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			status = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if status != want {
			t.Fatalf("terraform %q ends with %d, want %d:\n%s", args, status, want, out)
		}
	}
	terraform(0, "init", "-plugin-dir="+mirror)
	for _, second := range []string{"-var=second=false", "-var=second=true"} {
		terraform(0, "apply", "-auto-approve", second)
		terraform(0, "plan", "-detailed-exitcode", second) // 2 would be something to do
	}
	terraform(0, "destroy", "-auto-approve", "-var=second=true")
	st := l.world.Snapshot()
	if len(st.Vpcs)+len(st.Interfaces)+len(st.Endpoints)+len(st.Addresses)+len(st.Volumes)+len(st.KeyPairs)+len(st.Buckets)+len(st.Roles)+len(st.Profiles)+len(st.Users)+len(st.Policies)+len(st.InsightsPaths) != 0 {
		t.Error("something is left")
	}
	for _, i := range st.Instances {
		if i.State != world.Terminated {
			t.Errorf("%s is %s", i.ID, i.State)
		}
	}
}
