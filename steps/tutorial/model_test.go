package tutorial_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// What AWS takes, as botocore ships it: the models of the services, and where
// each answers in a region. It is the second witness of what the walk sends.
type botocore struct {
	Models  map[string]*model            // by service
	Hosts   map[string]map[string]string // by region and service
	Domains map[string]string            // DNS suffix by region
}

const askBotocore = `
import json, botocore.session, sys
s = botocore.session.Session()
l = s.get_component('data_loader')
services, regions = ['ec2', 's3', 'iam', 'sts', 'ssm'], sys.argv[1:]
e = s.get_component('endpoint_resolver')
key = dict(aws_access_key_id='x', aws_secret_access_key='x')
json.dump({
    'Models': {n: l.load_service_model(n, 'service-2') for n in services},
    'Hosts': {r: {n: s.create_client(n, region_name=r, **key).meta.endpoint_url for n in services} for r in regions},
    'Domains': {r: e.get_partition_dns_suffix(s.get_partition_for_region(r)) for r in regions},
}, sys.stdout)`

// amazon is botocore, read once; nil where it is not installed.
var amazon = sync.OnceValue(func() *botocore {
	out, err := exec.Command("python3", append([]string{"-c", askBotocore}, regions()...)...).Output()
	b := new(botocore)
	if err != nil || json.Unmarshal(out, b) != nil {
		return nil
	}
	return b
})

// regions are one of each partition.
func regions() []string { return []string{"ap-northeast-2", "cn-north-1", "us-gov-west-1"} }

type model struct {
	Metadata   struct{ APIVersion, Protocol, TargetPrefix string }
	Operations map[string]struct {
		HTTP  struct{ Method, RequestURI string }
		Input struct{ Shape string }
		// A body may be followed by its checksum, in a header of any algorithm.
		HTTPChecksum struct{ RequestAlgorithmMember string }
	}
	Shapes map[string]*shape
}

type shape struct {
	Type, Payload string
	Members       map[string]ref
	Member, Value ref
	Required      []string
	Enum          []string
	Min, Max      *float64
	Pattern       string
	Flattened     bool
}

type ref struct {
	Shape, LocationName, QueryName, Location string
	Flattened                                bool
}

// problems collects what is wrong with one request.
type problems []string

func (p *problems) add(path, format string, a ...any) {
	*p = append(*p, path+": "+fmt.Sprintf(format, a...))
}

// check holds a request against the model of its service, and names the
// operation.
func (m *model) check(r *sent) (operation string, p problems) {
	var input any
	switch m.Metadata.Protocol {
	case "ec2", "query":
		form, err := url.ParseQuery(string(r.body))
		if err != nil {
			p.add(r.path, "%v", err)
		}
		operation = form.Get("Action")
		if form.Get("Version") != m.Metadata.APIVersion {
			p.add(operation, "version %q, and the model is of %s", form.Get("Version"), m.Metadata.APIVersion)
		}
		form.Del("Action")
		form.Del("Version")
		input = tree(form)
	case "json":
		operation = strings.TrimPrefix(r.header.Get("X-Amz-Target"), m.Metadata.TargetPrefix+".")
		if err := json.Unmarshal(r.body, &input); err != nil {
			p.add(operation, "%v", err)
		}
	case "rest-xml":
		return m.checkREST(r)
	}
	op, ok := m.Operations[operation]
	if !ok {
		p.add(operation, "no such action")
		return operation, p
	}
	m.walk(&p, operation, ref{Shape: op.Input.Shape}, input)
	return operation, p
}

// tree makes A.1.B=c into nested maps.
func tree(form url.Values) any {
	root := map[string]any{}
	for name, values := range form {
		at := root
		parts := strings.Split(name, ".")
		for _, part := range parts[:len(parts)-1] {
			next, ok := at[part].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[part] = next
			}
			at = next
		}
		at[parts[len(parts)-1]] = values[0]
	}
	return root
}

// name is what a member is called on the wire.
func (m *model) name(member string, r ref) string {
	switch {
	case m.Metadata.Protocol == "json":
		return member
	case r.QueryName != "" && m.Metadata.Protocol == "ec2":
		return r.QueryName
	case r.LocationName != "" && m.Metadata.Protocol == "ec2":
		return strings.ToUpper(r.LocationName[:1]) + r.LocationName[1:]
	case r.LocationName != "":
		return r.LocationName
	}
	return member
}

// walk holds a value as it was sent against the shape it must have.
func (m *model) walk(p *problems, path string, r ref, value any) {
	s := m.Shapes[r.Shape]
	if s == nil {
		p.add(path, "the model has no shape %q", r.Shape)
		return
	}
	switch s.Type {
	case "structure":
		fields, ok := value.(map[string]any)
		if !ok {
			p.add(path, "%v is no structure", value)
			return
		}
		known := map[string]ref{}
		for member, r := range s.Members {
			if r.Location == "" {
				known[m.name(member, r)] = r
			}
		}
		for name, v := range fields {
			if _, ok := known[name]; !ok {
				p.add(path, "no parameter %s in %s", name, r.Shape)
				continue
			}
			m.walk(p, path+"."+name, known[name], v)
		}
		for _, member := range s.Required {
			if r := s.Members[member]; r.Location == "" && fields[m.name(member, r)] == nil {
				p.add(path, "%s is required", member)
			}
		}
	case "list":
		items, ok := m.items(s, r, value)
		if !ok {
			p.add(path, "%v is no list", value)
		}
		for i, item := range items {
			m.walk(p, path+"."+strconv.Itoa(i+1), s.Member, item)
		}
		limits(p, path, s, float64(len(items)))
	case "map":
		p.add(path, "a map: this test does not know how those are sent")
	default:
		m.scalar(p, path, s, value)
	}
}

// items are the elements of a list: Name.1, Name.member.1, or an array.
func (m *model) items(s *shape, r ref, value any) (items []any, ok bool) {
	if array, ok := value.([]any); ok {
		return array, true
	}
	numbered, ok := value.(map[string]any)
	if ok && m.Metadata.Protocol == "query" && !s.Flattened && !r.Flattened {
		name := s.Member.LocationName
		if name == "" {
			name = "member"
		}
		if len(numbered) != 1 {
			return nil, false
		}
		numbered, ok = numbered[name].(map[string]any)
	}
	if !ok {
		return nil, false
	}
	for i := 1; i <= len(numbered); i++ {
		item, there := numbered[strconv.Itoa(i)]
		if !there {
			return items, false
		}
		items = append(items, item)
	}
	return items, true
}

// scalar reads a value of the wire as what it has to be.
func (m *model) scalar(p *problems, path string, s *shape, value any) {
	if _, deep := value.(map[string]any); deep {
		p.add(path, "%v is no %s", value, s.Type)
		return
	}
	text := fmt.Sprint(value)
	var err error
	switch s.Type {
	case "string":
		limits(p, path, s, float64(len([]rune(text))))
		if len(s.Enum) > 0 && !slices.Contains(s.Enum, text) {
			p.add(path, "%q is none of %v", text, s.Enum)
		}
		if re, rerr := regexp.Compile(`^(?:` + s.Pattern + `)$`); rerr == nil && s.Pattern != "" && !re.MatchString(text) {
			p.add(path, "%q does not match %s", text, s.Pattern)
		}
	case "integer", "long":
		var n int64
		if n, err = strconv.ParseInt(text, 10, 64); err == nil {
			limits(p, path, s, float64(n))
		}
	case "float", "double":
		_, err = strconv.ParseFloat(text, 64)
	case "boolean":
		_, err = map[string]bool{"true": true, "false": true}[text], nil
		if text != "true" && text != "false" {
			p.add(path, "%q is no boolean", text)
		}
	case "timestamp":
		_, err = time.Parse(time.RFC3339, text)
	case "blob":
		_, err = base64.StdEncoding.DecodeString(text)
	default:
		p.add(path, "a %s: this test does not know it", s.Type)
	}
	if err != nil {
		p.add(path, "%v", err)
	}
}

func limits(p *problems, path string, s *shape, n float64) {
	if s.Min != nil && n < *s.Min || s.Max != nil && n > *s.Max {
		p.add(path, "%v is not within the limits", n)
	}
}

// checkREST is check for S3, where an operation is told by method, path and
// query, and its parameters are spread over these, headers and body.
func (m *model) checkREST(r *sent) (operation string, p problems) {
	bucket, key := "", strings.TrimPrefix(r.path, "/")
	if name, _, ok := strings.Cut(r.host, ".s3."); ok {
		bucket = name
	} else {
		bucket, key, _ = strings.Cut(key, "/")
	}
	best := -1
	for name, op := range m.Operations {
		path, query, _ := strings.Cut(op.HTTP.RequestURI, "?")
		// Current botocore leaves the bucket to the endpoint's rules.
		onBucket := strings.Contains(path, "{Bucket}") || slices.Contains(m.input(name).Required, "Bucket")
		onKey := strings.Contains(path, "{Key+}")
		if op.HTTP.Method != r.method || onBucket != (bucket != "") || onKey != (key != "") {
			continue
		}
		fixed, _ := url.ParseQuery(query)
		fits, required := m.requires(name, r)
		if !subset(fixed, r.query) || !fits {
			continue
		}
		if n := len(fixed) + required; n > best && (!r.query.Has("x-id") || r.query.Get("x-id") == name) {
			operation, best = name, n
		}
	}
	if operation == "" {
		p.add(r.method+" "+r.path+"?"+r.query.Encode(), "no such action")
		return "", p
	}
	in := m.input(operation)
	_, query, _ := strings.Cut(m.Operations[operation].HTTP.RequestURI, "?")
	known, _ := url.ParseQuery(query)
	sentAt := map[string]string{"Bucket": bucket, "Key": key}
	for member, ref := range in.Members {
		switch ref.Location {
		case "querystring":
			known[ref.LocationName] = nil
			if r.query.Has(ref.LocationName) {
				sentAt[member] = r.query.Get(ref.LocationName)
				m.walk(&p, operation+"."+member, ref, sentAt[member])
			}
		case "header":
			if v := r.header.Get(ref.LocationName); v != "" {
				sentAt[member] = v
				if m.Shapes[ref.Shape].Type != "timestamp" {
					m.walk(&p, operation+"."+member, ref, v)
				}
			}
		}
	}
	known["x-id"] = nil // the SDK's own
	for name := range r.query {
		if _, ok := known[name]; !ok {
			p.add(operation, "no parameter ?%s", name)
		}
	}
	m.headers(&p, operation, in, r.header)
	m.body(&p, operation, in, r.body, sentAt)
	for _, member := range in.Required {
		if sentAt[member] == "" {
			p.add(operation, "%s is required", member)
		}
	}
	return operation, p
}

func (m *model) input(operation string) *shape {
	if s := m.Shapes[m.Operations[operation].Input.Shape]; s != nil {
		return s
	}
	return &shape{}
}

func subset(of, in url.Values) bool {
	for name, values := range of {
		if !in.Has(name) || values[0] != "" && in.Get(name) != values[0] {
			return false
		}
	}
	return true
}

// requires reports whether a request has, outside its body, what the operation
// must be asked with, and how many things that are.
func (m *model) requires(operation string, r *sent) (fits bool, n int) {
	in := m.input(operation)
	for _, member := range in.Required {
		switch ref := in.Members[member]; {
		case ref.Location == "querystring" && !r.query.Has(ref.LocationName), ref.Location == "header" && r.header.Get(ref.LocationName) == "":
			return false, 0
		case ref.Location == "querystring", ref.Location == "header":
			n++
		}
	}
	return true, n
}

// transportHeaders are of signing and streaming, which no operation names.
func transportHeaders() []string {
	return []string{"X-Amz-Date", "X-Amz-Content-Sha256", "X-Amz-Security-Token", "X-Amz-Trailer", "X-Amz-Decoded-Content-Length", "X-Amz-User-Agent"}
}

func (m *model) headers(p *problems, operation string, in *shape, h http.Header) {
	for name := range h {
		known := !strings.HasPrefix(name, "X-Amz-") || slices.Contains(transportHeaders(), name) ||
			strings.HasPrefix(name, "X-Amz-Checksum-") && m.Operations[operation].HTTPChecksum.RequestAlgorithmMember != ""
		for _, r := range in.Members {
			known = known || r.Location == "header" && strings.EqualFold(r.LocationName, name)
		}
		if !known {
			p.add(operation, "no header %s", name)
		}
	}
}

func (m *model) body(p *problems, operation string, in *shape, body []byte, sentAt map[string]string) {
	if in.Payload == "" || len(body) == 0 {
		if len(body) > 0 {
			p.add(operation, "a body, where there is to be none")
		}
		return
	}
	sentAt[in.Payload] = "sent"
	r := in.Members[in.Payload]
	if t := m.Shapes[r.Shape].Type; t == "blob" || t == "string" {
		return
	}
	var root element
	if err := xml.Unmarshal(body, &root); err != nil {
		p.add(operation, "%v", err)
		return
	}
	if root.XMLName.Local != r.LocationName {
		p.add(operation, "the body is <%s>, not <%s>", root.XMLName.Local, r.LocationName)
	}
	m.walk(p, operation+"."+in.Payload, r, m.values(m.Shapes[r.Shape], root))
}

// element is any XML element.
type element struct {
	XMLName xml.Name
	Text    string    `xml:",chardata"`
	Kids    []element `xml:",any"`
}

// values makes an element what walk reads.
func (m *model) values(s *shape, e element) any {
	switch s.Type {
	case "structure":
		fields := map[string]any{}
		for _, kid := range e.Kids {
			var found ref
			for member, r := range s.Members {
				if m.name(member, r) == kid.XMLName.Local {
					found = r
				}
			}
			if found.Shape == "" {
				fields[kid.XMLName.Local] = kid.Text // unknown, as walk will say
				continue
			}
			fields[kid.XMLName.Local] = m.values(m.Shapes[found.Shape], kid)
		}
		return fields
	case "list":
		items := []any{}
		for _, kid := range e.Kids {
			items = append(items, m.values(m.Shapes[s.Member.Shape], kid))
		}
		return items
	}
	return string(bytes.TrimSpace([]byte(e.Text)))
}
