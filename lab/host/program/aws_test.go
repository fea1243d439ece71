package program

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const listedImage = "2022-01-03 11:36:09     478809 TestImage1.png\n"

// inCloud runs a table against a fresh cloud each.
func inCloud(t *testing.T, prepare func(*cloud, *session), cases []expect) {
	for _, c := range cases {
		t.Run(c.line, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := newCloud(t)
				s := cloud.instance()
				if prepare != nil {
					prepare(cloud, s)
				}
				began := time.Now()
				stdout, stderr, status := s.run(t.Context(), t, c.line)
				if stdout != c.stdout || stderr != c.stderr || status != c.status {
					t.Errorf("status %d\n%s--- stderr\n%s--- want %d\n%s--- stderr\n%s", status, stdout, stderr, c.status, c.stdout, c.stderr)
				}
				if took := time.Since(began).Round(time.Second); took != c.takes {
					t.Errorf("took %v, want %v", took, c.takes)
				}
				cloud.wg.Wait()
			})
		})
	}
}

func TestS3Ls(t *testing.T) {
	inCloud(t, nil, []expect{
		{line: "aws s3 ls s3://test-seoulregion", stdout: listedImage},
		{line: "aws s3 ls test-seoulregion", stdout: listedImage},
		{line: "aws s3 ls s3://test-seoulregion --human-readable --summarize",
			stdout: "2022-01-03 11:36:09  467.6 KiB TestImage1.png\n\nTotal Objects: 1\n   Total Size: 467.6 KiB\n"},
		{line: "aws s3 ls s3://test-seoulregion/nosuch", status: 1},
		{line: "aws s3 ls s3://other", status: 254,
			stderr: "\nAn error occurred (NoSuchBucket) when calling the ListObjectsV2 operation: The specified bucket does not exist\n"},
		{line: "aws s3 ls s3://away", stdout: listedImage}, // S3 says which region, and it is asked
		{line: "aws s3 ls --bogus", status: 252, stderr: "\nUnknown options: --bogus\n"},
		{line: "aws s3 ls a b", status: 252, stderr: "\nUnknown options: b\n"},
	})
	inCloud(t, func(c *cloud, _ *session) { clear(c.objects) }, []expect{{line: "aws s3 ls s3://test-seoulregion"}})
	inCloud(t, func(c *cloud, _ *session) {
		c.put("photos/a b.png", "12")
		c.objects["big.bin"] = s3Object{Key: "big.bin", Size: 12345678901}
	}, []expect{
		{line: "aws s3 ls s3://test-seoulregion",
			stdout: "                           PRE photos/\n" + listedImage + "2022-01-03 11:36:09 12345678901 big.bin\n"},
		{line: "aws s3 ls s3://test-seoulregion/photos/", stdout: "2022-01-03 11:36:09          2 a b.png\n"},
		{line: "aws s3 ls s3://test-seoulregion --recursive --summarize", stdout: listedImage +
			"2022-01-03 11:36:09 12345678901 big.bin\n2022-01-03 11:36:09          2 photos/a b.png\n\nTotal Objects: 3\n   Total Size: 12346157712\n"},
	})
}

// What version 2 asks the metadata, in its order, and then S3.
func TestMetadataRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		c.instance().run(t.Context(), t, "aws s3 ls s3://test-seoulregion")
		want := "PUT /latest/api/token, GET /latest/meta-data/placement/availability-zone/, PUT /latest/api/token, " +
			"GET /latest/meta-data/iam/security-credentials/, GET /latest/meta-data/iam/security-credentials/lesson-role"
		if got := strings.Join(c.imds, ", "); got != want {
			t.Errorf("metadata was asked\n%s", got)
		}
		if got := strings.Join(c.log, ", "); got != "GET test-seoulregion.s3.ap-northeast-2.amazonaws.com/?list-type=2&prefix=&delimiter=%2F&encoding-type=url" {
			t.Errorf("S3 was asked %s", got)
		}
		c.wg.Wait()
	})
}

const listURL = `"https://test-seoulregion.s3.ap-northeast-2.amazonaws.com/?list-type=2&prefix=&delimiter=%2F&encoding-type=url"`

// The lesson's silence: three times as many minutes as there are addresses.
func TestS3Silence(t *testing.T) {
	mute := func(c *cloud, _ *session) { delete(c.serve, "52.219.56.25:443") }
	timeout := func(took time.Duration, bucket string) expect {
		return expect{line: "aws s3 ls s3://" + bucket, status: 255, takes: took,
			stderr: "\nConnect timeout on endpoint URL: " + strings.Replace(listURL, lessonBucket, bucket, 1) + "\n"}
	}
	for _, c := range []expect{timeout(3*time.Minute, lessonBucket), timeout(12*time.Minute, "many")} {
		synctest.Test(t, func(t *testing.T) {
			cloud := newCloud(t)
			mute(cloud, nil)
			began := time.Now()
			out, errs, status := cloud.instance().run(t.Context(), t, c.line)
			// Between the attempts there is a pause that is drawn: up to 1 s, then up to 2 s.
			if took := time.Since(began); out != "" || errs != c.stderr || status != 255 || took < c.takes || took > c.takes+3*time.Second {
				t.Errorf("%s: status %d after %v\n%s%s", c.line, status, took, out, errs)
			}
			cloud.wg.Wait()
		})
	}
	inCloud(t, func(c *cloud, s *session) {
		mute(c, s)
		s.vars["AWS_MAX_ATTEMPTS"] = "1"
	}, []expect{{line: "aws s3 ls s3://test-seoulregion --cli-connect-timeout 5", status: 255, takes: 5 * time.Second,
		stderr: "\nConnect timeout on endpoint URL: " + listURL + "\n"}})
}

func TestS3CtrlC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		delete(c.serve, "52.219.56.25:443")
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		began := time.Now()
		out, errs, status := c.instance().run(ctx, t, "aws s3 ls s3://test-seoulregion")
		if out != "\n" || errs != "" || status != 130 || time.Since(began) != 15*time.Second {
			t.Errorf("status %d after %v: %q %q", status, time.Since(began), out, errs)
		}
		c.wg.Wait()
	})
}

func TestEndpointErrors(t *testing.T) {
	once := func(prepare func(*cloud, *session)) func(*cloud, *session) {
		return func(c *cloud, s *session) {
			s.vars["AWS_MAX_ATTEMPTS"] = "1"
			prepare(c, s)
		}
	}
	ls := "aws s3 ls s3://test-seoulregion"
	for _, c := range []struct {
		name    string
		prepare func(*cloud, *session)
		want    expect
	}{
		{"refused", func(c *cloud, _ *session) { c.refuse = map[string]bool{"52.219.56.25:443": true} },
			expect{line: ls, status: 255, stderr: "\nCould not connect to the endpoint URL: " + listURL + "\n"}},
		{"no such name", func(c *cloud, _ *session) {
			delete(c.dns, lessonBucket+".s3.ap-northeast-2.amazonaws.com A")
			delete(c.dns, lessonBucket+".s3.ap-northeast-2.amazonaws.com CNAME")
		},
			expect{line: ls, status: 255, stderr: "\nCould not connect to the endpoint URL: " + listURL + "\n"}},
		{"no answer", func(c *cloud, _ *session) {
			// After the handshake the request is read and never answered.
			c.answer = func(http.ResponseWriter, *http.Request) bool { time.Sleep(time.Minute + time.Second); return false }
		}, expect{line: ls, status: 255, takes: time.Minute, stderr: "\nRead timeout on endpoint URL: " + listURL + "\n"}},
		{"mute", func(c *cloud, _ *session) {
			c.serve["52.219.56.25:443"] = func(conn net.Conn) { io.Copy(io.Discard, conn) }
		}, expect{line: ls, status: 255, takes: time.Minute, stderr: "\nConnect timeout on endpoint URL: " + listURL + "\n"}},
		{"untrusted", func(_ *cloud, s *session) { s.Roots = newCloud(t).roots },
			expect{line: ls, status: 255, stderr: "\nSSL validation failed for " + strings.Trim(listURL, `"`) +
				" [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:1147)\n"}},
		{"nobody is trusted", func(_ *cloud, s *session) { s.Roots = nil },
			expect{line: ls, status: 255, stderr: "\nSSL validation failed for " + strings.Trim(listURL, `"`) +
				" [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:1147)\n"}},
		{"untrusted but told not to look", func(_ *cloud, s *session) { s.Roots = newCloud(t).roots },
			expect{line: ls + " --no-verify-ssl", stdout: listedImage}},
		{"proxy refuses", func(c *cloud, s *session) {
			s.vars["HTTPS_PROXY"], s.vars["NO_PROXY"] = "http://10.0.1.50:3128", "169.254.169.254"
			c.refuse = map[string]bool{"10.0.1.50:3128": true}
		}, expect{line: ls, status: 255, stderr: "\nFailed to connect to proxy URL: \"http://10.0.1.50:3128\"\n"}},
		{"proxy forbids", func(c *cloud, s *session) {
			s.vars["HTTPS_PROXY"], s.vars["NO_PROXY"] = "http://10.0.1.50:3128", "169.254.169.254"
			c.serve["10.0.1.50:3128"] = func(conn net.Conn) {
				c.http(conn, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusForbidden) }))
			}
		}, expect{line: ls, status: 255, stderr: "\nFailed to connect to proxy URL: \"http://10.0.1.50:3128\"\n"}},
		{"proxy is silent", func(c *cloud, s *session) {
			s.vars["HTTPS_PROXY"], s.vars["NO_PROXY"] = "http://10.0.1.50:3128", "169.254.169.254"
		}, expect{line: ls, status: 255, takes: time.Minute, stderr: "\nConnect timeout on endpoint URL: " + listURL + "\n"}},
		{"proxy works", func(c *cloud, s *session) {
			s.vars["HTTPS_PROXY"], s.vars["NO_PROXY"] = "http://10.0.1.50:3128", "169.254.169.254"
			c.serve["10.0.1.50:3128"] = func(conn net.Conn) { c.tunnel(conn) }
		}, expect{line: ls, stdout: listedImage}},
		{"denied", func(c *cloud, _ *session) {
			c.answer = func(w http.ResponseWriter, _ *http.Request) bool {
				w.WriteHeader(http.StatusForbidden)
				io.WriteString(w, "<Error><Code>AccessDenied</Code><Message>User: arn is not authorized to perform: s3:ListBucket because no VPC endpoint policy allows the s3:ListBucket action</Message></Error>")
				return true
			}
		}, expect{line: ls, status: 254, stderr: "\nAn error occurred (AccessDenied) when calling the ListObjectsV2 operation: User: arn is not authorized to perform: s3:ListBucket because no VPC endpoint policy allows the s3:ListBucket action\n"}},
		{"no role", func(c *cloud, _ *session) { c.role = false },
			expect{line: ls, status: 253, stderr: "\nUnable to locate credentials. You can configure credentials by running \"aws login\".\n"}},
		{"no role in a transfer", func(c *cloud, _ *session) { c.role = false },
			expect{line: "aws s3 cp s3://test-seoulregion/TestImage1.png .", status: 1, stderr: "fatal error: Unable to locate credentials\n"}},
		{"no signature", func(c *cloud, _ *session) { c.role = false },
			expect{line: ls + " --no-sign-request", stdout: listedImage}},
		// Nobody is asked for the region, and the name is the global one.
		{"region trap", func(c *cloud, s *session) {
			s.vars["AWS_EC2_METADATA_DISABLED"] = "true"
			s.vars["AWS_ACCESS_KEY_ID"], s.vars["AWS_SECRET_ACCESS_KEY"] = "AKIA", "secret"
		}, expect{line: ls, status: 255, takes: time.Minute,
			stderr: "\nConnect timeout on endpoint URL: \"https://test-seoulregion.s3.amazonaws.com/?list-type=2&prefix=&delimiter=%2F&encoding-type=url\"\n"}},
		{"no region", func(c *cloud, s *session) { s.vars["AWS_EC2_METADATA_DISABLED"] = "true" },
			expect{line: "aws ec2 describe-vpcs", status: 253, stderr: "\nYou must specify a region. You can also configure your region by running \"aws configure\".\n"}},
		{"path style", func(*cloud, *session) {},
			expect{line: "aws s3 ls s3://my.dotted.bucket --region eu-x-1", status: 255, stderr: "\nCould not connect to the endpoint URL: \"https://s3.eu-x-1.amazonaws.com/my.dotted.bucket?list-type=2&prefix=&delimiter=%2F&encoding-type=url\"\n"}},
		{"own endpoint", func(*cloud, *session) {},
			expect{line: ls + " --endpoint-url https://bucket.vpce-1.test", status: 255, stderr: "\nCould not connect to the endpoint URL: \"https://bucket.vpce-1.test/test-seoulregion?list-type=2&prefix=&delimiter=%2F&encoding-type=url\"\n"}},
	} {
		t.Run(c.name, func(t *testing.T) { inCloud(t, once(c.prepare), []expect{c.want}) })
	}
}

// tunnel is a proxy that does what CONNECT says.
func (c *cloud) tunnel(conn net.Conn) {
	b := make([]byte, 4096)
	n, err := conn.Read(b)
	if err != nil || !strings.HasPrefix(string(b[:n]), "CONNECT test-seoulregion.s3.ap-northeast-2.amazonaws.com:443 ") {
		return
	}
	fmt.Fprint(conn, "HTTP/1.1 200 OK\r\n\r\n")
	c.serve["52.219.56.25:443"](conn)
}

// A service that is overloaded is asked three times in all.
func TestRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		asked := 0
		c.answer = func(w http.ResponseWriter, _ *http.Request) bool {
			asked++
			w.WriteHeader(http.StatusServiceUnavailable)
			io.WriteString(w, "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error></Errors><RequestID>1</RequestID></Response>")
			return true
		}
		_, errs, status := c.instance().run(t.Context(), t, "aws ec2 describe-vpcs")
		want := "\nAn error occurred (RequestLimitExceeded) when calling the DescribeVpcs operation (reached max retries: 2): Request limit exceeded.\n"
		if errs != want || status != 254 || asked != 3 {
			t.Errorf("asked %d times, status %d: %s", asked, status, errs)
		}
		c.wg.Wait()
	})
}

// Usage errors, byte for byte as 2.33.15 prints them.
func TestAWSArguments(t *testing.T) {
	inCloud(t, nil, []expect{
		{line: "aws --version", stdout: "aws-cli/2.33.15 Python/3.9.25 Linux/6.1.159-182.297.amzn2023.x86_64 source/x86_64.amzn.2023\n"},
		{line: "aws", status: 252, stderr: "\naws: [ERROR]: the following arguments are required: command\n\n" + awsUsage + "\n"},
		{line: "aws s3", status: 252, stderr: "\nusage: aws [options] s3 <subcommand> [parameters]\naws: [ERROR]: too few arguments\n"},
		{line: "aws s3 ls --region", status: 252, stderr: "\naws: [ERROR]: argument --region: expected one argument\n\n" + awsUsage + "\n"},
		{line: "aws s3 ls --output bad", status: 252, stderr: "\naws: [ERROR]: argument --output: Found invalid choice 'bad'\n\n\n" + awsUsage + "\n"},
		{line: "aws s3 ls --cli-connect-timeout x", status: 255, stderr: "\ninvalid literal for int() with base 10: 'x'\n"},
		{line: "aws s3 cp a", status: 252, stderr: "\naws: [ERROR]: the following arguments are required: paths\n\n" + awsUsage + "\n"},
		{line: "aws s3 cp a b", status: 252, stderr: "\nusage: aws s3 cp <LocalPath> <S3Uri> or <S3Uri> <LocalPath> or <S3Uri> <S3Uri>\nError: Invalid argument type\n"},
		{line: "aws s3 rm foo", status: 252, stderr: "\nusage: aws s3 rm <S3Uri>\nError: Invalid argument type\n"},
		{line: "aws s3 mb test", status: 252, stderr: "\n<S3Uri>\nError: Invalid argument type\n"},
		{line: "aws s3 rb s3://bkt/key", status: 252, stderr: "\nPlease specify a valid bucket name only. E.g. s3://bkt\n"},
		{line: "aws s3 cp nosuch s3://test-seoulregion/", status: 255, stderr: "\nThe user-provided path nosuch does not exist.\n"},
		{line: "aws ec2 describe-vpcs --bogus x", status: 252, stderr: "\n" + awsUsage + "\nUnknown options: --bogus, x\n\n"},
		{line: "aws ec2 describe-vpcs --filters bad", status: 252, stderr: "\nError parsing parameter '--filters': Expected: '=', received: 'EOF' for input:\n bad\n   ^\n"},
		{line: "aws s3 ls s3://x --endpoint-url foo", status: 252, stderr: "\nBad value for --endpoint-url \"foo\": scheme is missing.  Must be of the form http://<hostname>/ or https://<hostname>/\n"},
		{line: "aws s3 ls --profile nosuch", status: 255, stderr: "\nThe config profile (nosuch) could not be found\n"},
		{line: "aws lambda list-functions", status: 252, stderr: "\naws: [ERROR]: 'aws lambda list-functions' is not among the commands that this lab's AWS CLI knows\n"},
		{line: "aws s3 sync a b", status: 252, stderr: "\naws: [ERROR]: 'aws s3 sync' is not among the commands that this lab's AWS CLI knows\n"},
	})
}

func TestS3Transfer(t *testing.T) {
	file := func(c *cloud, s *session) {
		s.Files.WriteFile("/home/ec2-user/a.txt", []byte("hello\n"), 0o644)
		s.Files.WriteFile("/home/ec2-user/d/b.txt", []byte("b\n"), 0o644)
	}
	inCloud(t, file, []expect{
		{line: "aws s3 cp s3://test-seoulregion/TestImage1.png .",
			stdout: "Completed 256.0 KiB/467.6 KiB (0 Bytes/s) with 1 file(s) remaining\rCompleted 467.6 KiB/467.6 KiB (0 Bytes/s) with 1 file(s) remaining\r" +
				"download: s3://test-seoulregion/TestImage1.png to ./TestImage1.png\n"},
		{line: "aws s3 cp s3://test-seoulregion/TestImage1.png x/copy.png --no-progress",
			stdout: "download: s3://test-seoulregion/TestImage1.png to x/copy.png\n"},
		{line: "aws s3 cp a.txt s3://test-seoulregion",
			stdout: "Completed 6 Bytes/6 Bytes (0 Bytes/s) with 1 file(s) remaining\r" + fmt.Sprintf("%-62s\n", "upload: ./a.txt to s3://test-seoulregion/a.txt")},
		{line: "aws s3 cp a.txt s3://test-seoulregion/p/ --quiet"},
		{line: "aws s3 cp d s3://test-seoulregion/dd --recursive --no-progress", stdout: "upload: d/b.txt to s3://test-seoulregion/dd/b.txt\n"},
		{line: "aws s3 cp . s3://test-seoulregion/ --recursive --dryrun --exclude * --include *.txt",
			stdout: "(dryrun) upload: ./a.txt to s3://test-seoulregion/a.txt\n(dryrun) upload: d/b.txt to s3://test-seoulregion/d/b.txt\n"},
		{line: "aws s3 cp s3://test-seoulregion/nosuch.png .", status: 1,
			stderr: "fatal error: An error occurred (404) when calling the HeadObject operation: Key \"nosuch.png\" does not exist\n"},
		{line: "aws s3 cp a.txt s3://other/", status: 1,
			stderr: "upload failed: ./a.txt to s3://other/a.txt An error occurred (NoSuchBucket) when calling the PutObject operation: The specified bucket does not exist\n"},
		{line: "aws s3 mv a.txt s3://test-seoulregion/moved --no-progress", stdout: "move: ./a.txt to s3://test-seoulregion/moved\n"},
		{line: "aws s3 rm s3://test-seoulregion/TestImage1.png", stdout: "delete: s3://test-seoulregion/TestImage1.png\n"},
		{line: "aws s3 rm s3://test-seoulregion --recursive --dryrun", stdout: "(dryrun) delete: s3://test-seoulregion/TestImage1.png\n"},
		{line: "aws s3 cp - -", status: 252, stderr: "\nusage: aws s3 cp <LocalPath> <S3Uri> or <S3Uri> <LocalPath> or <S3Uri> <S3Uri>\nError: Invalid argument type\n"},
	})
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		s := c.instance()
		s.Stdin = strings.NewReader("from a pipe")
		if _, errs, status := s.run(t.Context(), t, "aws s3 cp - s3://test-seoulregion/piped"); status != 0 {
			t.Error(errs)
		}
		if out, _, _ := s.run(t.Context(), t, "aws s3 cp s3://test-seoulregion/piped -"); out != "from a pipe" {
			t.Errorf("came back as %q", out)
		}
		s.run(t.Context(), t, "aws s3 cp s3://test-seoulregion/TestImage1.png img --quiet")
		if b, _ := s.Files.ReadFile("/home/ec2-user/img"); len(b) != 478809 {
			t.Errorf("the file has %d bytes", len(b))
		}
		c.wg.Wait()
	})
}

func TestConfigure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		s := c.instance()
		step := func(line, input, want string, wantStatus int) {
			t.Helper()
			s.Stdin = strings.NewReader(input)
			out, errs, status := s.run(t.Context(), t, line)
			if out != want || errs != "" || status != wantStatus {
				t.Errorf("%s: status %d\n%q %q", line, status, out, errs)
			}
		}
		step("aws configure get region", "", "", 1)
		step("aws configure set region ap-northeast-2", "", "", 0)
		step("aws configure get region", "", "ap-northeast-2\n", 0)
		step("aws configure", "AKIA123456789\nsecretABCD\n\njson\n",
			"AWS Access Key ID [None]: AWS Secret Access Key [None]: Default region name [ap-northeast-2]: Default output format [None]: ", 0)
		step("aws configure", "\n\n\n\n",
			"AWS Access Key ID [****************6789]: AWS Secret Access Key [****************ABCD]: Default region name [ap-northeast-2]: Default output format [json]: ", 0)
		step("aws configure set profile.x.region us-west-2", "", "", 0)
		step("aws configure set aws_access_key_id AK", "", "", 0)
		step("aws configure list-profiles", "", "default\nx\n", 0)
		step("aws configure list", "", "NAME       : VALUE                    : TYPE             : LOCATION\n"+
			"profile    : <not set>                : None             : None\n"+
			"access_key : ****************AK       : shared-credentials-file : \n"+
			"secret_key : ****************ABCD     : shared-credentials-file : \n"+
			"region     : ap-northeast-2           : config-file      : ~/.aws/config\n", 0)
		for name, want := range map[string]string{
			"/home/ec2-user/.aws/config":      "[default]\nregion = ap-northeast-2\noutput = json\n[profile x]\nregion = us-west-2\n",
			"/home/ec2-user/.aws/credentials": "[default]\naws_access_key_id = AK\naws_secret_access_key = secretABCD\n",
		} {
			if b, _ := s.Files.ReadFile(name); string(b) != want {
				t.Errorf("%s:\n%s", name, b)
			}
		}
		c.wg.Wait()
	})
	// On an instance with a role and no configuration both come from the metadata.
	inCloud(t, nil, []expect{{line: "aws configure list", stdout: "NAME       : VALUE                    : TYPE             : LOCATION\n" +
		"profile    : <not set>                : None             : None\n" +
		"access_key : ****************MPLE     : iam-role         : \n" +
		"secret_key : ****************cret     : iam-role         : \n" +
		"region     : ap-northeast-2           : imds             : \n"}})
}

func FuzzAWSArguments(f *testing.F) {
	f.Add("s3 ls s3://b --region x --output=json")
	f.Add("ec2 describe-vpcs --filters Name=a,Values=b,c --vpc-ids")
	f.Fuzz(func(t *testing.T, line string) {
		a := &awsRun{Process: newSession(&testNet{}).Process}
		rest, _, err := a.globals(strings.Fields(line))
		if err != nil || len(rest) < 2 {
			return
		}
		if c, ok := ec2Commands()[rest[1]]; ok {
			c.form(a, rest[2:])
		}
		parseAWSFlags(rest, map[string]int{"--a": 0, "--b": 1, "--c": 2})
		globMatch(rest[0], rest[1])
		setINI(line, rest[0], rest[1], "v")
	})
}

func FuzzAWSAnswers(f *testing.F) {
	f.Add(`<Error><Code>A</Code><Message>m</Message></Error>`, "NextToken")
	f.Add(`<DescribeVpcsResponse><vpcSet><item><vpcId>v</vpcId><isDefault>true</isDefault></item></vpcSet></DescribeVpcsResponse>`, "x")
	f.Fuzz(func(t *testing.T, doc, text string) {
		e := readAWSError([]byte(doc), &http.Response{StatusCode: 400, Header: http.Header{}})
		if e.Code == "" {
			t.Error("an error without a code")
		}
		for _, c := range ec2Commands() {
			readEC2([]byte(doc), c.answer)
		}
		for _, s := range parseINI(text) {
			for k := range s.values {
				if k != strings.ToLower(k) {
					t.Errorf("key %q", k)
				}
			}
		}
		if got := parseINI(setINI("", "default", "k", "v")).section("default")["k"]; got != "v" {
			t.Errorf("written and read back: %q", got)
		}
	})
}
