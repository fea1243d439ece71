package program

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"gatewalk/lab/sigv4"
)

// metadataHost is the instance metadata service.
const metadataHost = "http://169.254.169.254"

var errNoMetadata = errors.New("no answer from the instance metadata service")

// metadata asks the instance metadata service, version 2: a token, then the
// value. Nobody there costs a second for each, as the CLI waits for no more and
// asks only once. Each question fetches its token anew, as the CLI does.
func (a *awsRun) metadata(ctx context.Context, path string) (string, error) {
	if strings.EqualFold(a.Getenv("AWS_EC2_METADATA_DISABLED"), "true") {
		return "", errNoMetadata
	}
	m := a.metadataClient()
	defer m.web.close()
	m.token(ctx)
	return m.get(ctx, path)
}

// roleCredentials are the keys of the instance's role; nil without one.
func (a *awsRun) roleCredentials(ctx context.Context) (*awsCredentials, error) {
	if strings.EqualFold(a.Getenv("AWS_EC2_METADATA_DISABLED"), "true") {
		return nil, nil
	}
	m := a.metadataClient()
	defer m.web.close()
	m.token(ctx)
	role, err := m.get(ctx, "iam/security-credentials/")
	if err != nil {
		return nil, ctx.Err()
	}
	role, _, _ = strings.Cut(strings.TrimSpace(role), "\n")
	text, err := m.get(ctx, "iam/security-credentials/"+role)
	if err != nil || role == "" {
		return nil, ctx.Err()
	}
	var keys struct{ Code, AccessKeyId, SecretAccessKey, Token string }
	if json.Unmarshal([]byte(text), &keys) != nil || keys.AccessKeyId == "" || keys.SecretAccessKey == "" {
		return nil, nil
	}
	return &awsCredentials{sigv4.Credentials{AccessKeyID: keys.AccessKeyId, SecretKey: keys.SecretAccessKey, SessionToken: keys.Token}, "iam-role"}, nil
}

type metadataClient struct {
	web     *web
	session string // token; "" asks as version 1 did
}

// metadataClient waits a second of the lesson, as the CLI does, but never so
// little of the machine's time that a busy machine looks like nobody there.
func (a *awsRun) metadataClient() *metadataClient {
	wait := max(time.Second, a.stretch(patience))
	return &metadataClient{web: &web{process: a.Process, connect: wait, silence: wait}}
}

func (m *metadataClient) token(ctx context.Context) {
	text, err := m.request(ctx, http.MethodPut, "/latest/api/token", "X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600")
	if err == nil {
		m.session = text
	}
}

func (m *metadataClient) get(ctx context.Context, path string) (string, error) {
	return m.request(ctx, http.MethodGet, "/latest/meta-data/"+path, "X-Aws-Ec2-Metadata-Token", m.session)
}

func (m *metadataClient) request(ctx context.Context, method, path, header, value string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, method, metadataHost+path, nil)
	if err != nil {
		return "", err
	}
	r.Header.Set("User-Agent", "aws-cli/"+awsVersion)
	if value != "" {
		r.Header.Set(header, value)
	}
	response, err := m.web.do(ctx, r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	b, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	if err != nil || response.StatusCode != http.StatusOK {
		return "", errNoMetadata
	}
	return string(bytes.TrimSpace(b)), nil
}
