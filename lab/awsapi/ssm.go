package awsapi

import (
	"bytes"
	"strings"
	"time"

	"gatewalk/lab/world"
)

// parameter is a public SSM parameter: a name for the newest image of a kind.
type parameter struct {
	name, value string
	version     int
}

// publicParameter finds one in the region, or returns the zero parameter.
func publicParameter(region, name string) (parameter, bool) {
	for _, i := range world.RegionData(region).Images() {
		for _, p := range i.Parameters {
			if p == name {
				return parameter{p, i.ID, i.ParameterVersion}, true
			}
		}
	}
	return parameter{}, false
}

func (c *ec2Call) parameter(name string) (parameter, error) {
	p, ok := publicParameter(c.st.Region, name)
	if !ok {
		return p, invalid("InvalidParameterValue", "We are unable to retrieve the parameter "+name+" from SSM.")
	}
	return p, nil
}

// imageParameters are under this path; nothing else is kept.
const imageParameters = "/aws/service/ami-amazon-linux-latest"

func (s *Server) ssm(q *request) ([]byte, error) {
	var names []string
	switch q.action {
	case "GetParameter":
		name, _ := q.json["Name"].(string)
		names = []string{name}
	case "GetParameters":
		list, _ := q.json["Names"].([]any)
		for _, v := range list {
			name, _ := v.(string)
			names = append(names, name)
		}
	case "GetParametersByPath":
		return s.parametersByPath(q)
	default:
		return nil, absent("ssm", q.action)
	}
	st := s.World.Snapshot()
	var found []any
	invalidNames := []string{}
	for _, name := range names {
		if name == "" {
			return nil, &world.Error{Code: "ValidationException", Message: "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"}
		}
		if err := s.allowParameter(q, st, name); err != nil {
			return nil, err
		}
		if p, ok := publicParameter(st.Region, strings.TrimPrefix(name, parameterArn(st, ""))); ok {
			found = append(found, p.json(st))
		} else {
			invalidNames = append(invalidNames, name)
		}
	}
	var out bytes.Buffer
	switch {
	case q.action == "GetParameters":
		writeJSON(&out, map[string]any{"Parameters": found, "InvalidParameters": invalidNames})
	case len(found) == 0:
		return nil, &world.Error{Code: "ParameterNotFound"}
	default:
		writeJSON(&out, map[string]any{"Parameter": found[0]})
	}
	return out.Bytes(), nil
}

func (s *Server) parametersByPath(q *request) ([]byte, error) {
	st := s.World.Snapshot()
	path, _ := q.json["Path"].(string)
	if err := s.allowParameter(q, st, strings.TrimSuffix(path, "/")); err != nil {
		return nil, err
	}
	found := []any{}
	if strings.TrimSuffix(path, "/") == imageParameters {
		for _, i := range world.RegionData(st.Region).Images() {
			for _, name := range i.Parameters {
				found = append(found, parameter{name, i.ID, i.ParameterVersion}.json(st))
			}
		}
	}
	var out bytes.Buffer
	writeJSON(&out, map[string]any{"Parameters": found})
	return out.Bytes(), nil
}

// parameterArn is the ARN of a parameter; public ones belong to no account.
func parameterArn(st *world.State, name string) string {
	account := st.Account
	if strings.HasPrefix(name, "/aws/service/") || name == "" {
		account = ""
	}
	return "arn:" + st.Partition() + ":ssm:" + st.Region + ":" + account + ":parameter" + name
}

func (s *Server) allowParameter(q *request, st *world.State, name string) error {
	arn := parameterArn(st, name)
	if why := q.may(s, st, "ssm:"+q.action, arn, nil); why != "" {
		return &world.Error{Code: "AccessDeniedException", Message: why}
	}
	return nil
}

func (p parameter) json(st *world.State) map[string]any {
	return map[string]any{
		"Name": p.name, "Type": "String", "Value": p.value, "Version": p.version,
		"LastModifiedDate": float64(imageCreated.Add(36*time.Hour).UnixMilli()) / 1000,
		"ARN":              parameterArn(st, p.name), "DataType": "text",
	}
}
