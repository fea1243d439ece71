package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// refusing answers every call with one error, in the format of the service.
func refusing(status int, code, message string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if strings.HasPrefix(r.Host, "portal.sso.") || strings.HasPrefix(r.Host, "oidc.") {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("X-Amzn-Errortype", code)
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"message":%q}`, message)
			return
		}
		w.WriteHeader(status)
		fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>r</RequestId></ErrorResponse>`, code, message)
	})
}

// instead puts aws in the place of all of Amazon's hosts, for a program with
// that environment: a proxy on this machine, and a certificate for them. No
// name is looked up, and nobody outside is called.
func instead(t *testing.T, aws http.Handler) (env []string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"*.amazonaws.com", "*.ap-northeast-2.amazonaws.com", "*.sso.ap-northeast-2.amazonaws.com"}
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: names, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(aws)
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			http.Error(w, "only CONNECT", http.StatusMethodNotAllowed)
			return
		}
		there, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			return
		}
		defer there.Close()
		w.WriteHeader(http.StatusOK)
		here, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer here.Close()
		go io.Copy(there, buffered)
		io.Copy(here, there)
	}))
	t.Cleanup(proxy.Close)
	return []string{"HTTPS_PROXY=" + proxy.URL, "AWS_CA_BUNDLE=" + bundle}
}

// silent is a server that takes connections and says nothing, for as long as
// the test runs: the metadata service of a machine that is no instance.
func silent(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			defer c.Close()
		}
	}()
	return "http://" + ln.Addr().String()
}

const (
	keysInFile = "[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret\n"
	ssoProfile = "[profile dev]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Learner\nregion = ap-northeast-2\n" +
		"[sso-session corp]\nsso_region = ap-northeast-2\nsso_start_url = https://corp.awsapps.com/start\n"
	oldSSOProfile = "[profile dev]\nsso_region = ap-northeast-2\nsso_start_url = https://corp.awsapps.com/start\nsso_account_id = 123456789012\nsso_role_name = Learner\n"
	roleProfile   = "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/Learner\nsource_profile = default\n"
)

// ssoToken is the file that aws sso login leaves; its name is the SHA-1 of the
// session's name or the start URL.
func ssoToken(session bool, expires, more string) map[string]string {
	file := map[bool]string{true: sha1Hex("corp"), false: sha1Hex("https://corp.awsapps.com/start")}[session]
	return map[string]string{".aws/sso/cache/" + file + ".json": fmt.Sprintf(`{"accessToken":"t","expiresAt":%q,"region":"ap-northeast-2","startUrl":"https://corp.awsapps.com/start"%s}`, expires, more)}
}

// What is wrong with somebody's credentials is one sentence, soon, that names
// the command or the thing to do that mends it; nothing is begun.
func TestCredentials(t *testing.T) {
	notInShort(t)
	t.Parallel()
	const past, future = "2020-01-01T00:00:00Z", "2040-01-01T00:00:00Z"
	config := func(text string) map[string]string { return map[string]string{".aws/config": text} }
	both := func(a, b map[string]string) map[string]string {
		all := map[string]string{}
		for _, m := range []map[string]string{a, b} {
			for k, v := range m {
				all[k] = v
			}
		}
		return all
	}
	keys := map[string]string{".aws/credentials": keysInFile}
	denied := func(by string) string {
		return "User: arn:aws:iam::123456789012:user/kim is not authorized to perform: sts:GetCallerIdentity with an explicit deny in " + by
	}
	dev := []string{"--profile", "dev"}
	for _, tt := range []struct {
		name  string
		files map[string]string // in the home folder
		env   []string
		args  []string
		error [3]any // status, code and message of what AWS answers; nil: nobody is asked
		own   bool   // somebody else says a line before
		says  string // a regular expression, in either language
	}{
		{name: "no keys", says: `aws configure\b.*aws sso login.*--profile`},
		{name: "no keys, and something silent where metadata would be", env: []string{"AWS_EC2_METADATA_DISABLED=false", "AWS_EC2_METADATA_SERVICE_ENDPOINT=" + silent(t)}, says: `aws configure`},
		{name: "no region", files: keys, args: []string{"--region", ""}, says: `--region ap-northeast-2.*AWS_REGION`},
		{name: "no such profile", files: keys, args: []string{"--profile", "nobody"}, says: `nobody.*aws configure list-profiles`},
		{name: "no such profile in the environment", files: keys, env: []string{"AWS_PROFILE=nobody"}, says: `nobody.*aws configure list-profiles`},
		{name: "half a key", files: map[string]string{".aws/credentials": "[default]\naws_access_key_id = AKIAEXAMPLE\n"}, says: `\.aws/credentials.*partial credentials`},
		{name: "no INI file", files: config("[profile dev\nregion"), args: dev, says: `dev.*aws configure list-profiles`},
		{name: "a role without keys", files: config("[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/Learner\n"), args: dev, says: `aws configure --profile dev`},

		{name: "never logged in by SSO", files: config(ssoProfile), args: dev, says: `aws sso login --profile dev`},
		{name: "SSO expired", files: both(config(ssoProfile), ssoToken(true, past, "")), args: dev, says: `aws sso login --profile dev`},
		{name: "SSO expired, profile in the environment", files: both(config(ssoProfile), ssoToken(true, past, "")), env: []string{"AWS_PROFILE=dev"}, says: `aws sso login --profile dev`},
		{name: "SSO expired, and not to be renewed", files: both(config(ssoProfile), ssoToken(true, past, `,"refreshToken":"r","clientId":"c","clientSecret":"s","registrationExpiresAt":"`+future+`"`)),
			args: dev, error: [3]any{400, "InvalidGrantException", "Invalid refresh token"}, says: `aws sso login --profile dev`},
		{name: "older SSO, never logged in", files: config(oldSSOProfile), args: dev, says: `aws sso login --profile dev`},
		{name: "older SSO, expired", files: both(config(oldSSOProfile), ssoToken(false, past, "")), args: dev, says: `aws sso login --profile dev`},
		{name: "SSO token not accepted", files: both(config(oldSSOProfile), ssoToken(false, future, "")), args: dev,
			error: [3]any{401, "UnauthorizedException", "Session token not found or invalid"}, says: `aws sso login --profile dev`},
		{name: "SSO without that role", files: both(config(oldSSOProfile), ssoToken(false, future, "")), args: dev,
			error: [3]any{403, "ForbiddenException", "No access"}, says: `IAM Identity Center.*aws configure sso --profile dev`},
		{name: "aws login, gone", files: config("[profile dev]\nlogin_session = arn:aws:iam::123456789012:user/kim\n"), args: dev, says: `aws login --profile dev`},

		{name: "credential_process fails", files: config("[profile dev]\ncredential_process = sh -c 'echo vault is sealed >&2; exit 2'\n"), args: dev, own: true, says: `credential_process.*exit status 2`},
		{name: "credential_process is not there", files: config("[profile dev]\ncredential_process = /nonexistent/vault\n"), args: dev, own: true, says: `credential_process.*exit status 127`},
		{name: "credential_process prints half of its JSON", files: config("[profile dev]\ncredential_process = echo '{\"Version\":1,\"SecretAccessKey\":\"TOPSECRET\"'\n"), args: dev, says: `credential_process.*JSON`},
		{name: "a role that is denied", files: both(keys, config(roleProfile)), args: dev,
			error: [3]any{403, "AccessDenied", "User: arn:aws:iam::123456789012:user/kim is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/Learner"},
			says:  `arn:aws:iam::123456789012:role/Learner.*sts:AssumeRole`},
		{name: "a role that asks for MFA", files: both(keys, config(roleProfile+"mfa_serial = arn:aws:iam::123456789012:mfa/kim\n")), args: dev,
			says: `MFA.*aws configure export-credentials --format env --profile dev`},

		{name: "no such key", files: keys, error: [3]any{403, "InvalidClientTokenId", "The security token included in the request is invalid."}, says: `InvalidClientTokenId.*aws configure list`},
		{name: "wrong secret", files: keys, error: [3]any{403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided."}, says: `SignatureDoesNotMatch.*aws configure list`},
		{name: "wrong secret, and the request repeated", files: map[string]string{".aws/credentials": keysInFile + "aws_session_token = TOPSECRET\n"},
			error: [3]any{403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.\n\nThe Canonical String for this request should have been\n'POST\n/\n\nhost:sts\nx-amz-security-token:TOPSECRET\n'"},
			says:  `SignatureDoesNotMatch.*aws configure list`},
		{name: "EC2's word for both", files: keys, error: [3]any{401, "AuthFailure", "AWS was not able to validate the provided access credentials"}, says: `AuthFailure.*aws configure list`},
		{name: "expired", files: keys, error: [3]any{400, "ExpiredToken", "The security token included in the request is expired"}, says: `aws sso login.*aws sts assume-role`},
		{name: "a clock that is wrong", files: keys, error: [3]any{403, "SignatureDoesNotMatch", "Signature expired: 20260101T000000Z is now earlier than 20260102T000000Z"}, says: `timedatectl|sntp|w32tm`},
		{name: "expired, EC2's word", files: keys, error: [3]any{400, "RequestExpired", "Request has expired."}, says: `aws sso login.*aws sts assume-role`},
		{name: "a region that is off", files: keys, error: [3]any{403, "RegionDisabledException", "STS is not activated in this region for account:123456789012."}, says: `get-region-opt-status --region-name ap-northeast-2`},
		{name: "an account that is not ready", files: keys, error: [3]any{401, "OptInRequired", "You are not subscribed to this service."}, says: `OptInRequired.*get-region-opt-status`},
		{name: "a right that is missing", files: keys, error: [3]any{403, "AccessDenied", "User: arn:aws:iam::123456789012:user/kim is not authorized to perform: sts:GetCallerIdentity because no identity-based policy allows the sts:GetCallerIdentity action"},
			says: `sts:GetCallerIdentity.*gatewalk policy iam`},
		{name: "an organisation that forbids it", files: keys, error: [3]any{403, "AccessDenied", denied("a service control policy")}, says: `sts:GetCallerIdentity.*SCP`},
		{name: "a boundary that forbids it", files: keys, error: [3]any{403, "AccessDenied", denied("a permissions boundary")}, says: `sts:GetCallerIdentity.*(permissions boundary|권한 경계)`},
		{name: "a stumble of AWS's", files: keys, error: [3]any{503, "ServiceUnavailable", "Service is unable to handle request."}, says: `ServiceUnavailable`},
		{name: "nobody listens", files: keys, args: []string{"--endpoint-url", "http://127.0.0.1:1"}, says: `127\.0\.0\.1:1.*HTTPS_PROXY`},
		{name: "a certificate of nobody's", files: keys, args: []string{"--endpoint-url", selfSigned(t)}, says: `AWS_CA_BUNDLE`},
		{name: "a proxy that is not there", files: keys, env: []string{"HTTPS_PROXY=http://127.0.0.1:1"}, says: `HTTPS_PROXY`},
		{name: "no such region", files: keys, args: []string{"--region", "seoul"}, says: `seoul.*ap-northeast-2`},
	} {
		for _, lang := range []string{"ko", "en"} {
			t.Run(tt.name+"/"+lang, func(t *testing.T) {
				t.Parallel()
				if runtime.GOOS == "windows" && strings.Contains(tt.name, "credential_process") {
					t.Skip("sh is not there")
				}
				home, state := t.TempDir(), t.TempDir()
				for name, text := range tt.files {
					name = filepath.Join(home, filepath.FromSlash(name))
					if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				args := []string{"run", "--aws", "--yes", "--region", motoRegion}
				env := append(bareEnv(t), "HOME="+home, "USERPROFILE="+home)
				env = append(env, "HTTPS_PROXY=http://127.0.0.1:1") // so that nobody is asked
				if tt.error[0] != nil {
					env = append(env, instead(t, refusing(tt.error[0].(int), tt.error[1].(string), tt.error[2].(string)))...)
				}
				cmd := gatewalk(state, append(args, tt.args...)...)
				cmd.Args = append(cmd.Args, "--lang", lang) // the last one counts
				cmd.Env = append(env, tt.env...)
				began := time.Now()
				status, out, errs := exitStatus(t, cmd)
				said := errs
				if tt.own { // the process speaks for itself first
					_, said, _ = strings.Cut(errs, "\n")
				}
				if took := time.Since(began); took > 20*time.Second {
					t.Errorf("it took %v", took)
				}
				if status != exitFailed || out != "" || strings.Count(said, "\n") != 1 || !regexp.MustCompile(tt.says).MatchString(said) {
					t.Errorf("exit status %d; one line with %q is wanted, and it says\n%s%s", status, tt.says, out, errs)
				}
				if strings.Contains(errs, "TOPSECRET") {
					t.Error("it tells a secret")
				}
				if korean := regexp.MustCompile(`\p{Hangul}`).MatchString(errs); korean != (lang == "ko") {
					t.Errorf("in the wrong language: %s", errs)
				}
				if left, _ := filepath.Glob(filepath.Join(state, "sessions", "*")); len(left) > 0 {
					t.Errorf("a session began: %v", left)
				}
				t.Logf("%v: %s", time.Since(began).Round(100*time.Millisecond), errs)
			})
		}
	}
}

func sha1Hex(s string) string { return fmt.Sprintf("%x", sha1.Sum([]byte(s))) }

// selfSigned is an HTTPS server whose certificate nobody vouches for.
func selfSigned(t *testing.T) string {
	t.Helper()
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv.URL
}
