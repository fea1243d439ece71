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

// A service that repeats the request, token and all, or encodes it, does not
// bring it into an error, an event or the session's file.
func TestSecretsInErrors(t *testing.T) {
	const repeated = "The request signature we calculated does not match.\n\nThe Canonical String for this request should have been\n'POST\nx-amz-security-token:TOPSECRET'"
	const encoded = "You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/kim is not authorized to perform: ec2:CreateVpc " +
		"because no identity-based policy allows the ec2:CreateVpc action. Encoded authorization failure message: TOPSECRET"
	for _, tt := range []struct{ action, code, message, failure string }{
		{"CreateVpc", "SignatureDoesNotMatch", repeated, "credentials-wrong"},
		{"s3:CreateBucket", "SignatureDoesNotMatch", repeated, "credentials-wrong"},
		{"iam:CreateRole", "SignatureDoesNotMatch", repeated, "credentials-wrong"},
		{"ssm:GetParameter", "SignatureDoesNotMatch", repeated, "credentials-wrong"},
		{"sts:GetCallerIdentity", "SignatureDoesNotMatch", repeated, "credentials-wrong"},
		{"CreateVpc", "UnauthorizedOperation", encoded, "access-denied"},
	} {
		action := tt.action
		a := newAccount(t, "ap-northeast-2")
		a.config.Retryer = impatient
		a.server.Fault(awsapi.Fault{Action: action, Before: &world.Error{Code: tt.code, Status: 403, Message: tt.message}})
		dir := t.TempDir()
		r, done := a.walk(t, dir, nil)
		err := r.RunUntil(t.Context(), "3.1")
		done()
		var f *steps.Failure
		if !errors.As(err, &f) || f.Msg != tt.failure || strings.Contains(err.Error(), "TOPSECRET") {
			t.Errorf("%s: it says %v", action, err)
		}
		if text, err := os.ReadFile(filepath.Join(dir, "events.jsonl")); err != nil || strings.Contains(string(text), "TOPSECRET") || !strings.Contains(string(text), tt.code) {
			t.Errorf("%s: the session's file: %v\n%s", action, err, text)
		}
	}
}
