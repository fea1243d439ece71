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

var ssmOps = map[string]func(*Server, *request) (any, error){
	"GetParameter":        (*Server).getParameter,
	"GetParameters":       (*Server).getParameters,
	"GetParametersByPath": (*Server).parametersByPath,
}

func (s *Server) ssm(q *request) ([]byte, error) {
	op, ok := ssmOps[q.action]
	if !ok {
		return nil, absent("ssm", q.action)
	}
	answer, err := op(s, q)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	writeJSON(&out, answer)
	return out.Bytes(), nil
}

// ssmNull is what SSM says of a member that has to be there.
func ssmNull(member string) *world.Error {
	return &world.Error{Code: "ValidationException", Message: "1 validation error detected: Value null at '" + member + "' failed to satisfy constraint: Member must not be null"}
}

func (s *Server) getParameter(q *request) (any, error) {
	name, _ := q.json["Name"].(string)
	if name == "" {
		return nil, ssmNull("name")
	}
	found, _, err := s.findParameters(q, []string{name})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, &world.Error{Code: "ParameterNotFound"}
	}
	return map[string]any{"Parameter": found[0]}, nil
}

func (s *Server) getParameters(q *request) (any, error) {
	list, _ := q.json["Names"].([]any)
	if len(list) == 0 {
		return nil, ssmNull("names")
	}
	var names []string
	for _, v := range list {
		name, _ := v.(string)
		names = append(names, name)
	}
	found, unknown, err := s.findParameters(q, names)
	if err != nil {
		return nil, err
	}
	return map[string]any{"Parameters": found, "InvalidParameters": unknown}, nil
}

// findParameters are the parameters of these names, and the names that there
// are none of.
func (s *Server) findParameters(q *request, names []string) (found []any, unknown []string, err error) {
	st := s.World.Snapshot()
	found, unknown = []any{}, []string{}
	for _, name := range names {
		if err := s.allowParameter(q, st, name); err != nil {
			return nil, nil, err
		}
		if p, ok := publicParameter(st.Region, strings.TrimPrefix(name, parameterArn(st, ""))); ok {
			found = append(found, p.json(st))
		} else {
			unknown = append(unknown, name)
		}
	}
	return found, unknown, nil
}

// parametersByPath lists what is directly below a path, or, if asked to, all
// that is below it.
func (s *Server) parametersByPath(q *request) (any, error) {
	st := s.World.Snapshot()
	path, _ := q.json["Path"].(string)
	if path == "" {
		return nil, ssmNull("path")
	}
	if !strings.HasPrefix(path, "/") {
		return nil, &world.Error{Code: "ValidationException", Message: "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\"."}
	}
	if f, _ := q.json["ParameterFilters"].([]any); len(f) > 0 {
		return nil, &world.Error{Code: "InvalidFilterKey", Message: "Filters are not part of this lab."}
	}
	if err := s.allowParameter(q, st, strings.TrimSuffix(path, "/")); err != nil {
		return nil, err
	}
	deep, _ := q.json["Recursive"].(bool)
	found := []any{}
	for _, i := range world.RegionData(st.Region).Images() {
		for _, name := range i.Parameters {
			below, ok := strings.CutPrefix(name, strings.TrimSuffix(path, "/")+"/")
			if ok && (deep || !strings.Contains(below, "/")) {
				found = append(found, parameter{name, i.ID, i.ParameterVersion}.json(st))
			}
		}
	}
	return map[string]any{"Parameters": found}, nil
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
