package awsapi

import (
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatewalk/lab/sigv4"
	"gatewalk/lab/world"
)

// rightIdentities are a good request for every action of IAM. A value that
// begins with "@" names somebody, and one with "{" is a document.
var rightIdentities = map[string]string{
	"CreateRole":               "RoleName=new AssumeRolePolicyDocument={trust",
	"GetRole":                  "RoleName=@r",
	"ListRoles":                "",
	"UpdateRole":               "RoleName=@r",
	"UpdateRoleDescription":    "RoleName=@r Description=d",
	"UpdateAssumeRolePolicy":   "RoleName=@r PolicyDocument={trust",
	"DeleteRole":               "RoleName=@idle",
	"TagRole":                  "RoleName=@r Tags.member.1.Key=a Tags.member.1.Value=b",
	"UntagRole":                "RoleName=@r TagKeys.member.1=a",
	"ListRoleTags":             "RoleName=@r",
	"PutRolePolicy":            "RoleName=@r PolicyName=new PolicyDocument={policy",
	"GetRolePolicy":            "RoleName=@r PolicyName=@p",
	"ListRolePolicies":         "RoleName=@r",
	"DeleteRolePolicy":         "RoleName=@r PolicyName=@p",
	"ListAttachedRolePolicies": "RoleName=@r",
	"AttachRolePolicy":         "RoleName=@r PolicyArn=@" + managedReader,
	"DetachRolePolicy":         "RoleName=@r PolicyArn=@" + managedReader,

	"CreateInstanceProfile":         "InstanceProfileName=new",
	"GetInstanceProfile":            "InstanceProfileName=@r",
	"ListInstanceProfiles":          "",
	"ListInstanceProfilesForRole":   "RoleName=@r",
	"AddRoleToInstanceProfile":      "InstanceProfileName=@idle RoleName=@r",
	"RemoveRoleFromInstanceProfile": "InstanceProfileName=@r RoleName=@r",
	"DeleteInstanceProfile":         "InstanceProfileName=@idle",
	"TagInstanceProfile":            "InstanceProfileName=@r Tags.member.1.Key=a Tags.member.1.Value=b",
	"UntagInstanceProfile":          "InstanceProfileName=@r TagKeys.member.1=a",
	"ListInstanceProfileTags":       "InstanceProfileName=@r",

	"CreateUser":       "UserName=new",
	"GetUser":          "UserName=@u",
	"ListUsers":        "",
	"DeleteUser":       "UserName=@idle",
	"TagUser":          "UserName=@u Tags.member.1.Key=a Tags.member.1.Value=b",
	"UntagUser":        "UserName=@u TagKeys.member.1=a",
	"ListUserTags":     "UserName=@u",
	"PutUserPolicy":    "UserName=@u PolicyName=new PolicyDocument={policy",
	"GetUserPolicy":    "UserName=@u PolicyName=@p",
	"ListUserPolicies": "UserName=@u",
	"DeleteUserPolicy": "UserName=@u PolicyName=@p",
	"CreateAccessKey":  "UserName=@u",
	"ListAccessKeys":   "UserName=@u",
	"DeleteAccessKey":  "UserName=@u AccessKeyId=@AKIAUUUUUUUUUUUUUUUU",

	"AttachUserPolicy": "UserName=@u PolicyArn=@" + managedReader,
	"DetachUserPolicy": "UserName=@u PolicyArn=@" + managedReader,

	"ListAttachedUserPolicies": "UserName=@u",
	"ListGroupsForUser":        "UserName=@u",
	"ListAccountAliases":       "",

	"CreatePolicy":            "PolicyName=new PolicyDocument={policy",
	"GetPolicy":               "PolicyArn=@" + managedReader,
	"ListPolicies":            "",
	"DeletePolicy":            "PolicyArn=@" + ownPolicy,
	"CreatePolicyVersion":     "PolicyArn=@" + ownPolicy + " PolicyDocument={policy",
	"GetPolicyVersion":        "PolicyArn=@" + managedReader + " VersionId=@v1",
	"ListPolicyVersions":      "PolicyArn=@" + ownPolicy,
	"SetDefaultPolicyVersion": "PolicyArn=@" + ownPolicy + " VersionId=@v1",
	"DeletePolicyVersion":     "PolicyArn=@arn:aws:iam::123456789012:policy/two VersionId=@v1",
	"ListEntitiesForPolicy":   "PolicyArn=@" + ownPolicy,
	"TagPolicy":               "PolicyArn=@" + ownPolicy + " Tags.member.1.Key=a Tags.member.1.Value=b",
	"UntagPolicy":             "PolicyArn=@" + ownPolicy + " TagKeys.member.1=a",
	"ListPolicyTags":          "PolicyArn=@" + ownPolicy,

	"SimulatePrincipalPolicy":          "PolicySourceArn=@arn:aws:iam::123456789012:role/r ActionNames.member.1=s3:ListBucket",
	"SimulateCustomPolicy":             "PolicyInputList.member.1={policy ActionNames.member.1=s3:ListBucket",
	"GetContextKeysForPrincipalPolicy": "PolicySourceArn=@arn:aws:iam::123456789012:role/r",
	"GetContextKeysForCustomPolicy":    "PolicyInputList.member.1={policy",
}

const (
	managedReader = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
	ownPolicy     = "arn:aws:iam::123456789012:policy/own"
)

// already are the names that a second creation is refused for.
var already = map[string]string{
	"CreateRole": "RoleName=r", "CreateInstanceProfile": "InstanceProfileName=r", "CreateUser": "UserName=u", "CreatePolicy": "PolicyName=own",
}

// inUse are the deletions that something stands against.
var inUse = map[string]string{"DeleteRole": "RoleName=r", "DeleteInstanceProfile": "InstanceProfileName=r", "DeleteUser": "UserName=u", "DeletePolicy": "PolicyArn=arn:aws:iam::123456789012:policy/two"}

// Every action of IAM with one thing wrong at a time, as in
// TestWrongQuestions. IAM has no dry runs: a parameter that nobody knows keeps a
// good question from being answered, and proves that it is a good one.
func TestWrongIdentities(t *testing.T) {
	l := newAPI(t, 1)
	documents := map[string]string{"{trust": trustEC2, "{policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`}
	err := l.world.Update(func(tx *world.Tx) error {
		must(tx.CreateRole(world.Role{Name: "r", Trust: trustEC2}))(t)
		must(tx.CreateRole(world.Role{Name: "idle", Trust: trustEC2}))(t)
		must(tx.CreateInstanceProfile(world.InstanceProfile{Name: "r"}))(t)
		must(tx.CreateInstanceProfile(world.InstanceProfile{Name: "idle"}))(t)
		must(tx.CreateUser(world.User{Name: "u"}))(t)
		must(tx.CreateUser(world.User{Name: "idle"}))(t)
		must(tx.CreateManagedPolicy(world.ManagedPolicy{Name: "own"}, documents["{policy"]))(t)
		two := must(tx.CreateManagedPolicy(world.ManagedPolicy{Name: "two"}, documents["{policy"]))(t)
		must(tx.CreatePolicyVersion(tx.State().PolicyArn(two), documents["{policy"], true))(t)
		tx.Principals.Put("AKIAUUUUUUUUUUUUUUUU", &world.Principal{AccessKeyID: "AKIAUUUUUUUUUUUUUUUU", SecretKey: "s", User: "u", Arn: "arn:aws:iam::123456789012:user/u"})
		for _, err := range []error{
			tx.PutRolePolicy("r", "p", documents["{policy"]), tx.PutPolicy(world.Holder{Kind: "user", Name: "u"}, "p", documents["{policy"]),
			tx.AttachPolicy(world.Holder{Kind: "role", Name: "r"}, managedReader), tx.AttachPolicy(world.Holder{Kind: "user", Name: "u"}, managedReader), tx.AddRoleToInstanceProfile("r", "r"),
		} {
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	before := l.world.Generation()
	ask := func(action, form, change, value string) (code, message string) {
		v := url.Values{"Action": {action}, "Version": {"2010-05-08"}, "Bogus": {"x"}}
		for _, f := range strings.Fields(form) {
			name, value, _ := strings.Cut(f, "=")
			if d, ok := documents[value]; ok {
				value = d
			}
			v.Set(name, strings.TrimPrefix(value, "@"))
		}
		if v.Set(change, value); value == "" {
			v.Del(change)
		}
		_, answer := l.send("iam", formType, "", v.Encode())
		var e struct {
			Error struct{ Code, Message string }
		}
		if xml.Unmarshal([]byte(answer), &e) != nil {
			return "answered: " + answer, ""
		}
		return e.Error.Code, e.Error.Message
	}
	const unknown = "The parameter Bogus is not recognized"
	for _, action := range slices.Sorted(maps.Keys(iamOps)) {
		form, ok := rightIdentities[action]
		if !ok {
			t.Errorf("%s is not asked", action)
			continue
		}
		if got, message := ask(action, form, "", ""); got != "ValidationError" || message != unknown {
			t.Errorf("%s %s: %s %s", action, form, got, message)
			continue
		}
		for _, f := range strings.Fields(form) {
			name, value, _ := strings.Cut(f, "=")
			if got, message := ask(action, form, name, ""); got != "ValidationError" || message == unknown && !strings.HasPrefix(name, "Tag") {
				t.Errorf("%s without %s: %s %s", action, name, got, message)
			}
			switch value[0] {
			case '@':
				nobody := "nobody"
				if name == "PolicySourceArn" {
					if got, message := ask(action, form, name, nobody); got != "InvalidInput" {
						t.Errorf("%s with no ARN: %s %s", action, got, message)
					}
					nobody = "arn:aws:iam::123456789012:user/nobody"
				}
				if name == "PolicyArn" {
					if got, message := ask(action, form, name, nobody); got != "ValidationError" || message == unknown {
						t.Errorf("%s with no ARN: %s %s", action, got, message)
					}
					nobody = managedReader + "s"
				}
				if got, message := ask(action, form, name, nobody); got != "NoSuchEntity" {
					t.Errorf("%s of nobody's %s: %s %s", action, name, got, message)
				}
			case '{':
				for _, document := range []string{"{", `{"Version":"2012-10-17"}`, `{"Version":"2012-10-17","Statement":[{"Effect":"Maybe","Action":"*","Resource":"*"}]}`} {
					want := "MalformedPolicyDocument"
					if name == "PolicyInputList.member.1" {
						want = "InvalidInput"
					}
					if got, message := ask(action, form, name, document); got != want {
						t.Errorf("%s with %s: %s %s", action, document, got, message)
					}
				}
			default:
				if strings.HasSuffix(name, "Name") {
					if got, message := ask(action, form, name, "a/b c"); got != "ValidationError" || message == unknown {
						t.Errorf("%s with a name that is none: %s %s", action, got, message)
					}
				}
			}
		}
		if twice := already[action]; twice != "" {
			name, value, _ := strings.Cut(twice, "=")
			if got, message := ask(action, form, name, value); got != "EntityAlreadyExists" {
				t.Errorf("%s again: %s %s", action, got, message)
			}
		}
		if used := inUse[action]; used != "" {
			name, value, _ := strings.Cut(used, "=")
			if got, message := ask(action, form, name, value); got != "DeleteConflict" {
				t.Errorf("%s in use: %s %s", action, got, message)
			}
		}
	}
	if l.world.Generation() != before {
		t.Error("a question changed the world")
	}
}

// Every operation of S3 on a bucket that there is none of, and on an object
// that there is none of, and without a signature.
func TestWrongBuckets(t *testing.T) {
	l := newAPI(t, 1)
	send := func(method, path string, header http.Header, signed bool) (int, string) {
		r, err := http.NewRequestWithContext(l.ctx, method, l.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(r.Header, header)
		if signed {
			sigv4.Sign(r, nil, sigv4.Credentials{AccessKeyID: "AKIAADMIN", SecretKey: "admin"}, "ap-northeast-2", "s3", time.Now())
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(b)
	}
	if status, body := send("PUT", "/gwlab-there", http.Header{}, true); status != 400 || !strings.Contains(body, "IllegalLocationConstraintException") {
		t.Errorf("a bucket in no region: %d %s", status, body)
	}
	err := l.world.Update(func(tx *world.Tx) error {
		tx.Buckets.Put("gwlab-there", &world.Bucket{Name: "gwlab-there", Region: "ap-northeast-2"})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range s3Ops() {
		query, header := "", http.Header{}
		if op.sub != "" {
			query = "?" + op.sub + "&partNumber=1"
		}
		if op.header != "" {
			header.Set(op.header, "/gwlab-none/key")
		}
		path := map[s3Level]string{onService: "/", onBucket: "/BUCKET", onObject: "/BUCKET/key"}[op.on] + query
		none := strings.Replace(path, "BUCKET", "gwlab-none", 1)
		if op.on != onService && op.name != "CreateBucket" {
			if status, body := send(op.method, none, header, true); status != 404 || op.method != "HEAD" && !strings.Contains(body, "<Code>NoSuchBucket</Code>") {
				t.Errorf("%s of no bucket: %d %s", op.name, status, body)
			}
		}
		if op.name == "DeleteObjects" { // asks for a checksum first, and then of each object by itself
			continue
		}
		if status, body := send(op.method, strings.Replace(path, "BUCKET", "gwlab-there", 1), header, false); status != 403 || op.method != "HEAD" && !strings.Contains(body, "<Code>AccessDenied</Code>") {
			t.Errorf("%s by nobody: %d %s", op.name, status, body)
		}
		want := ""
		switch {
		case op.on != onObject || op.method == "PUT" && op.sub == "" && op.header == "" || op.sub == "uploads" || op.name == "DeleteObject" || op.name == "PutObjectTagging" || op.name == "PutObjectAcl":
			continue // makes one, does not mind, or wants a body first
		case op.sub == "uploadId":
			want = "NoSuchUpload"
		case op.header != "":
			want = "NoSuchBucket" // of the source
		default:
			want = "NoSuchKey"
		}
		if status, body := send(op.method, strings.Replace(path, "BUCKET", "gwlab-there", 1), header, true); status != 404 || op.method != "HEAD" && !strings.Contains(body, "<Code>"+want+"</Code>") {
			t.Errorf("%s of no object: %d %s, want %s", op.name, status, body, want)
		}
	}
	for _, name := range []string{"ab", "UPPER", "a..b", "192.168.0.1", "xn--bucket", "bucket-s3alias"} {
		if status, body := send("PUT", "/"+name, http.Header{}, true); status != 400 || !strings.Contains(body, "<Code>InvalidBucketName</Code>") {
			t.Errorf("a bucket called %s: %d %s", name, status, body)
		}
	}
}
