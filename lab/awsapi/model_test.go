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
)

// AWS's own service models, as botocore ships them, are a second witness:
// every element of every answer of these tests has to be in the model, and its
// value of the right type and enumeration.

type model struct {
	Operations map[string]struct {
		Output struct{ Shape, ResultWrapper string }
	}
	Shapes map[string]*shape
}

type shape struct {
	Type    string
	Members map[string]member
	Member  member
	Enum    []string
	Flat    bool `json:"flattened"`
}

type member struct{ Shape, LocationName string }

// models finds and reads the models once; nil where botocore is not installed.
var models = sync.OnceValue(func() map[string]*model {
	out, err := exec.Command("python3", "-c", "import botocore,os;print(os.path.dirname(botocore.__file__))").Output()
	if err != nil {
		return nil
	}
	all := map[string]*model{}
	for service, version := range map[string]string{"ec2": "2016-11-15", "iam": "2010-05-08", "sts": "2011-06-15"} {
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

// checked is h with every answer held against the models.
func checked(t testing.TB, h http.Handler) http.Handler {
	all := models()
	if all == nil {
		t.Log("botocore is not installed: answers are not held against its models")
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Target") != "" {
			h.ServeHTTP(w, r)
			return
		}
		rec := &recorder{ResponseRecorder: httptest.NewRecorder(), real: w}
		h.ServeHTTP(rec, r)
		if rec.hijacked {
			return
		}
		if rec.Code == 200 {
			for _, problem := range conform(all, rec.Body.Bytes()) {
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

func conform(all map[string]*model, answer []byte) []string {
	var root node
	if err := xml.Unmarshal(answer, &root); err != nil {
		return []string{fmt.Sprintf("%v in %s", err, answer)}
	}
	service := "ec2"
	for _, name := range []string{"iam", "sts"} {
		if strings.Contains(root.XMLName.Space, "//"+name+".") {
			service = name
		}
	}
	m := all[service]
	action := strings.TrimSuffix(root.XMLName.Local, "Response")
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
			known[k] = v.Shape
		}
		var out []string
		for _, kid := range n.Kids {
			local := kid.XMLName.Local
			if known[local] == "" {
				out = append(out, path+": no member "+local+" in "+name)
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
