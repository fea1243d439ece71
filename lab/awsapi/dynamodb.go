package awsapi

import "gatewalk/lab/world"

// dynamodb answers ListTables, with no tables: enough to see whether an
// endpoint leads to DynamoDB.
func (s *Server) dynamodb(q *request) ([]byte, error) {
	if q.action != "ListTables" {
		return nil, absent("dynamodb", q.action)
	}
	st := s.World.Snapshot()
	arn := "arn:" + st.Partition() + ":dynamodb:" + st.Region + ":" + st.Account + ":table/*"
	if why := q.may(s, st, "dynamodb:ListTables", arn, nil); why != "" {
		return nil, &world.Error{Code: "com.amazon.coral.service#AccessDeniedException", Message: why}
	}
	return []byte(`{"TableNames":[]}`), nil
}
