package tutorial_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatewalk/lab/awsapi"
	"gatewalk/lab/world"
	"gatewalk/steps"
)

// A service that repeats the request, token and all, does not bring it into an
// error, an event or the session's file.
func TestSecretsInErrors(t *testing.T) {
	for _, action := range []string{"CreateVpc", "s3:CreateBucket", "iam:CreateRole", "ssm:GetParameter", "sts:GetCallerIdentity"} {
		a := newAccount(t, "ap-northeast-2")
		a.config.Retryer = impatient
		a.server.Fault(awsapi.Fault{Action: action, Before: &world.Error{Code: "SignatureDoesNotMatch", Status: 403,
			Message: "The request signature we calculated does not match.\n\nThe Canonical String for this request should have been\n'POST\nx-amz-security-token:TOPSECRET'"}})
		dir := t.TempDir()
		r, done := a.walk(t, dir, nil)
		err := r.RunUntil(t.Context(), "3.1")
		done()
		var f *steps.Failure
		if !errors.As(err, &f) || f.Msg != "credentials-wrong" || strings.Contains(err.Error(), "TOPSECRET") {
			t.Errorf("%s: it says %v", action, err)
		}
		if text, err := os.ReadFile(filepath.Join(dir, "events.jsonl")); err != nil || strings.Contains(string(text), "TOPSECRET") || !strings.Contains(string(text), "SignatureDoesNotMatch") {
			t.Errorf("%s: the session's file: %v\n%s", action, err, text)
		}
	}
}
