package awsapi

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gatewalk/lab/sigv4"
)

// AWS's own service models, as botocore ships them, are a second witness:
// every element of every answer of these tests has to be in the model, and its
// value of the right type and enumeration.

type model struct {
	Operations map[string]struct {
		Input  struct{ Shape string }
		Output struct{ Shape, ResultWrapper string }
	}
	Shapes map[string]*shape
}

type shape struct {
	Type    string
	Members map[string]member
	Member  member
	Enum    []string
	Flat    bool   `json:"flattened"`
	Payload string // the member that is the whole body

	Required []string
}

type member struct{ Shape, LocationName, QueryName, Location string }

// models finds and reads the models once; nil where botocore is not installed.
var models = sync.OnceValue(func() map[string]*model {
	out, err := exec.Command("python3", "-c", "import botocore,os;print(os.path.dirname(botocore.__file__))").Output()
	if err != nil {
		return nil
	}
	all := map[string]*model{}
	for service, version := range map[string]string{
		"ec2": "2016-11-15", "iam": "2010-05-08", "sts": "2011-06-15", "s3": "2006-03-01", "ssm": "2014-11-06", "dynamodb": "2012-08-10",
	} {
		base := filepath.Join(strings.TrimSpace(string(out)), "data", service, version, "service-2.json")
		raw, err := os.ReadFile(base)
		if errors.Is(err, os.ErrNotExist) {
			var packed []byte
			if packed, err = os.ReadFile(base + ".gz"); err == nil {
				var z *gzip.Reader
				if z, err = gzip.NewReader(bytes.NewReader(packed)); err == nil {
					raw, err = io.ReadAll(z)
				}
			}
		}
		m := new(model)
		if err != nil || json.Unmarshal(raw, m) != nil {
			return nil
		}
		all[service] = m
	}
	return all
})

// checked is s with every answer held against the models.
func checked(t testing.TB, s *Server) http.Handler {
	var h http.Handler = s
	all := models()
	if all == nil {
		t.Log("botocore is not installed: answers are not held against its models")
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		service := sigv4.Service(r)
		rec := &recorder{ResponseRecorder: httptest.NewRecorder(), real: w}
		h.ServeHTTP(rec, r)
		if rec.hijacked {
			return
		}
		if rec.Code == 200 {
			for _, problem := range conform(all, service, s.action(service, r), rec.Body.Bytes()) {
				t.Error(problem)
			}
		}
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(rec.Code)
		w.Write(rec.Body.Bytes())
	})
}

// recorder lets a handler drop the real connection.
type recorder struct {
	*httptest.ResponseRecorder
	real     http.ResponseWriter
	hijacked bool
}

func (r *recorder) Unwrap() http.ResponseWriter { r.hijacked = true; return r.real }

// node is any XML element.
type node struct {
	XMLName xml.Name
	Text    string `xml:",chardata"`
	Kids    []node `xml:",any"`
}

// action is what r asks of a service that does not name it in its answer.
func (s *Server) action(service string, r *http.Request) string {
	if service == "s3" {
		return s.S3.(*S3).S3Action(r)
	}
	_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	return action
}

// conform holds the answer of an action against the model of its service.
func conform(all map[string]*model, service, action string, answer []byte) []string {
	m := all[service]
	if m == nil {
		return nil
	}
	switch service {
	case "ssm", "dynamodb":
		var v any
		if err := json.Unmarshal(answer, &v); err != nil {
			return []string{fmt.Sprintf("%s: %v in %s", action, err, answer)}
		}
		return m.checkJSON(action, m.Operations[action].Output.Shape, v)
	case "s3":
		return m.conformS3(action, answer)
	}
	var root node
	if err := xml.Unmarshal(answer, &root); err != nil {
		return []string{fmt.Sprintf("%v in %s", err, answer)}
	}
	action = strings.TrimSuffix(root.XMLName.Local, "Response")
	op, ok := m.Operations[action]
	if !ok {
		return []string{"no action " + action + " in the model of " + service}
	}
	root.Kids = slices.DeleteFunc(root.Kids, func(n node) bool { return n.XMLName.Local == "ResponseMetadata" })
	if op.Output.ResultWrapper != "" {
		if len(root.Kids) != 1 || root.Kids[0].XMLName.Local != op.Output.ResultWrapper {
			return []string{action + ": the result is not in " + op.Output.ResultWrapper}
		}
		root = root.Kids[0]
	} else {
		// EC2 says these two everywhere and its model nowhere.
		root.Kids = slices.DeleteFunc(root.Kids, func(n node) bool {
			return n.XMLName.Local == "requestId" || n.XMLName.Local == "return"
		})
	}
	if op.Output.Shape == "" {
		if len(root.Kids) > 0 {
			return []string{action + " has no output, and got " + root.Kids[0].XMLName.Local}
		}
		return nil
	}
	return m.check(action, op.Output.Shape, root)
}

// loose are the values that AWS itself sends outside its enumerations.
var loose = []string{
	"AttachmentStatus available", // an internet gateway's attachment
	"NetworkInterfaceType nat_gateway",
	"PolicySourceType IAM Policy",
	"State pending", "State available", "State deleting", // an endpoint's, in camel case
}

func (m *model) check(path, name string, n node) []string {
	s := m.Shapes[name]
	text := strings.TrimSpace(n.Text)
	bad := func(format string, a ...any) []string { return []string{path + ": " + fmt.Sprintf(format, a...)} }
	switch s.Type {
	case "structure":
		known := map[string]string{}
		for k, v := range s.Members {
			if v.LocationName != "" {
				k = v.LocationName
			}
			if v.Location == "" {
				known[k] = v.Shape
			}
		}
		var out []string
		for _, kid := range n.Kids {
			local := kid.XMLName.Local
			if known[local] == "" {
				out = append(out, path+": no member "+local+" in "+name)
				continue
			}
			if list := m.Shapes[known[local]]; list.Type == "list" && list.Flat {
				out = append(out, m.check(path+"/"+local, list.Member.Shape, kid)...)
				continue
			}
			out = append(out, m.check(path+"/"+local, known[local], kid)...)
		}
		return out
	case "list":
		item := s.Member.LocationName
		if item == "" {
			item = "member"
		}
		var out []string
		for _, kid := range n.Kids {
			if kid.XMLName.Local != item {
				return bad("%s in a list of %s", kid.XMLName.Local, item)
			}
			out = append(out, m.check(path, s.Member.Shape, kid)...)
		}
		return out
	case "integer", "long":
		if _, err := strconv.Atoi(text); err != nil {
			return bad("%q is no number", text)
		}
	case "double", "float":
		if _, err := strconv.ParseFloat(text, 64); err != nil {
			return bad("%q is no number", text)
		}
	case "boolean":
		if text != "true" && text != "false" {
			return bad("%q is no boolean", text)
		}
	case "timestamp":
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			return bad("%q is no time", text)
		}
	case "string":
		if len(n.Kids) > 0 {
			return bad("<%s> in a string", n.Kids[0].XMLName.Local)
		}
		if len(s.Enum) > 0 && text != "" && !slices.Contains(s.Enum, text) && !slices.Contains(loose, name+" "+text) {
			return bad("%q is not a %s: %v", text, name, s.Enum)
		}
	}
	return nil
}

// conformS3 is conform for S3, whose answers do not say what they answer.
func (m *model) conformS3(action string, answer []byte) []string {
	output := m.Shapes[m.Operations[action].Output.Shape]
	if output == nil || len(answer) == 0 {
		if len(answer) > 0 {
			return []string{action + " has no output, and got " + string(answer)}
		}
		return nil
	}
	name := m.Operations[action].Output.Shape
	if output.Payload != "" {
		name = output.Members[output.Payload].Shape
		if kind := m.Shapes[name].Type; kind == "blob" || kind == "string" {
			return nil // an object, or a policy
		}
	}
	var root node
	if err := xml.Unmarshal(answer, &root); err != nil {
		return []string{fmt.Sprintf("%s: %v in %s", action, err, answer)}
	}
	if action == "GetBucketLocation" { // is its one member
		return nil
	}
	return m.check(action, name, root)
}

// checkJSON is check for JSON.
func (m *model) checkJSON(path, name string, v any) []string {
	s := m.Shapes[name]
	bad := func() []string { return []string{fmt.Sprintf("%s: %v is no %s", path, v, s.Type)} }
	switch s.Type {
	case "structure":
		object, ok := v.(map[string]any)
		if !ok {
			return bad()
		}
		var out []string
		for k, kid := range object {
			if s.Members[k].Shape == "" {
				out = append(out, path+": no member "+k+" in "+name)
				continue
			}
			out = append(out, m.checkJSON(path+"/"+k, s.Members[k].Shape, kid)...)
		}
		return out
	case "list":
		items, ok := v.([]any)
		if !ok {
			return bad()
		}
		var out []string
		for _, kid := range items {
			out = append(out, m.checkJSON(path, s.Member.Shape, kid)...)
		}
		return out
	case "string":
		text, ok := v.(string)
		if !ok || len(s.Enum) > 0 && !slices.Contains(s.Enum, text) {
			return bad()
		}
	case "integer", "long", "timestamp", "double":
		if _, ok := v.(float64); !ok {
			return bad()
		}
	case "boolean":
		if _, ok := v.(bool); !ok {
			return bad()
		}
	}
	return nil
}
