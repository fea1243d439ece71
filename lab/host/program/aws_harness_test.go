package program

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// cloud is a small AWS on a testNet: S3, EC2 and STS behind TLS at
// 52.219.56.25 and 3.5.143.161, and instance metadata with a role.
type cloud struct {
	*testNet
	roots *x509.CertPool
	cert  tls.Certificate

	mu      sync.Mutex
	objects map[string]s3Object // of the bucket
	bodies  map[string]string
	log     []string // requests to the services
	imds    []string // requests to the metadata
	role    bool
	answer  func(w http.ResponseWriter, r *http.Request) bool // goes first
}

const lessonBucket = "test-seoulregion"

var uploaded = time.Date(2022, 1, 3, 11, 36, 9, 0, time.UTC)

func newCloud(t testing.TB) *cloud {
	c := &cloud{testNet: bastionNet(), role: true, objects: map[string]s3Object{}, bodies: map[string]string{}}
	c.dns = maps.Clone(lessonZone)
	region := ".ap-northeast-2.amazonaws.com A"
	c.dns["ec2"+region], c.dns["sts"+region] = []string{"52.95.193.1"}, []string{"52.95.193.1"}
	c.dns[lessonBucket+".s3.ap-northeast-2.amazonaws.com CNAME"] = nil
	c.dns[lessonBucket+".s3.ap-northeast-2.amazonaws.com A"] = []string{"52.219.56.25"}
	c.dns["other.s3.ap-northeast-2.amazonaws.com A"] = []string{"52.219.56.25"}
	c.dns["many.s3.ap-northeast-2.amazonaws.com A"] = []string{"3.5.140.1", "3.5.140.2", "3.5.140.3", "3.5.140.4"}
	c.dns["away.s3.ap-northeast-2.amazonaws.com A"] = []string{"52.219.56.25"}
	c.dns["away.s3.us-west-2.amazonaws.com A"] = []string{"52.218.1.1"}
	c.dns[lessonBucket+".s3.amazonaws.com A"] = []string{"52.216.1.1"}
	c.certificate(t)
	secure := func(conn net.Conn) {
		s := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{c.cert}})
		c.http(s, http.HandlerFunc(c.service))
	}
	c.serve = map[string]func(net.Conn){
		"52.219.56.25:443": secure, "3.5.143.161:443": secure, "52.95.193.1:443": secure, "52.218.1.1:443": secure,
		"169.254.169.254:80": func(conn net.Conn) { c.http(conn, http.HandlerFunc(c.metadata)) },
	}
	c.put("TestImage1.png", strings.Repeat("x", 478809))
	return c
}

func (c *cloud) put(key, body string) {
	c.objects[key] = s3Object{Key: key, Size: int64(len(body)), LastModified: uploaded, ETag: `"etag"`, StorageClass: "STANDARD"}
	c.bodies[key] = body
}

func (c *cloud) certificate(t testing.TB) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "lesson"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC),
		DNSNames: []string{"*.s3.ap-northeast-2.amazonaws.com", "s3.ap-northeast-2.amazonaws.com", "*.ap-northeast-2.amazonaws.com", "*.s3.us-west-2.amazonaws.com"},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, _ := x509.ParseCertificate(der)
	c.cert = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: parsed}
	c.roots = x509.NewCertPool()
	c.roots.AddCert(parsed)
}

// http answers requests on one connection until it closes.
func (c *cloud) http(conn net.Conn, h http.Handler) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		response := w.Result()
		response.Request = r
		response.ContentLength = int64(w.Body.Len())
		if n := response.Header.Get("Content-Length"); n != "" {
			fmt.Sscan(n, &response.ContentLength)
		}
		if response.Write(conn) != nil {
			return
		}
	}
}

func (c *cloud) metadata(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.imds = append(c.imds, r.Method+" "+r.URL.Path)
	c.mu.Unlock()
	switch {
	case r.Method == http.MethodPut && r.URL.Path == "/latest/api/token" && r.Header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds") == "21600":
		io.WriteString(w, "TOKEN")
	case r.Header.Get("X-Aws-Ec2-Metadata-Token") != "TOKEN":
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == "/latest/meta-data/placement/availability-zone/":
		io.WriteString(w, "ap-northeast-2a")
	case r.URL.Path == "/latest/meta-data/iam/security-credentials/" && c.role:
		io.WriteString(w, "lesson-role")
	case r.URL.Path == "/latest/meta-data/iam/security-credentials/lesson-role" && c.role:
		io.WriteString(w, `{"Code":"Success","AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"secret","Token":"session"}`)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (c *cloud) service(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.log = append(c.log, r.Method+" "+r.Host+r.URL.RequestURI())
	c.mu.Unlock()
	if c.answer != nil && c.answer(w, r) {
		return
	}
	refuse := func(status int, code, message string) {
		w.WriteHeader(status)
		fmt.Fprintf(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message></Error>", code, message)
	}
	bucket, _, _ := strings.Cut(r.Host, ".s3.")
	key := strings.TrimPrefix(r.URL.Path, "/")
	switch {
	case bucket == "away" && strings.Contains(r.Host, "ap-northeast-2"):
		w.Header().Set("X-Amz-Bucket-Region", "us-west-2")
		refuse(http.StatusMovedPermanently, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.")
	case bucket != lessonBucket && bucket != "away":
		refuse(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	case key == "" && r.Method == http.MethodGet:
		c.list(w, r)
	case r.Method == http.MethodPut:
		b, _ := io.ReadAll(r.Body)
		c.put(key, string(b))
	case r.Method == http.MethodDelete:
		delete(c.objects, key)
		w.WriteHeader(http.StatusNoContent)
	default:
		o, ok := c.objects[key]
		if !ok {
			refuse(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
			return
		}
		w.Header().Set("Last-Modified", o.LastModified.Format(http.TimeFormat))
		w.Header().Set("Content-Length", fmt.Sprint(o.Size))
		w.Header().Set("Etag", o.ETag)
		if r.Method == http.MethodGet {
			io.WriteString(w, c.bodies[key])
		}
	}
}

func (c *cloud) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var contents, prefixes string
	seen := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(c.objects)) {
		rest, ok := strings.CutPrefix(key, q.Get("prefix"))
		if !ok {
			continue
		}
		if dir, _, deeper := strings.Cut(rest, "/"); deeper && q.Get("delimiter") == "/" {
			if p := q.Get("prefix") + dir + "/"; !seen[p] {
				seen[p] = true
				prefixes += "<CommonPrefixes><Prefix>" + p + "</Prefix></CommonPrefixes>"
			}
			continue
		}
		contents += fmt.Sprintf("<Contents><Key>%s</Key><LastModified>%s</LastModified><ETag>&quot;etag&quot;</ETag><Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>",
			strings.ReplaceAll(key, " ", "+"), uploaded.Format("2006-01-02T15:04:05.000Z"), c.objects[key].Size)
	}
	fmt.Fprintf(w, `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>%s%s</ListBucketResult>`, contents, prefixes)
}

// instance is a machine in the cloud, with a role and no configuration.
func (c *cloud) instance() *session {
	s := newSession(c)
	s.Roots = c.roots
	return s
}
