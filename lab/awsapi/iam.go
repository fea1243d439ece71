package awsapi

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"time"

	"gatewalk/lab/policy"
	"gatewalk/lab/world"
)

// iamCall is one IAM call while its handler runs.
type iamCall struct {
	*request
	server *Server
	st     *world.State
	tx     *world.Tx // nil in a reading call
	out    xw
	unseen func(string) bool
}

// iamOp is one action of IAM.
type iamOp struct {
	run   func(*iamCall) error
	write bool
	// on is the kind of entity that the action is about, for its ARN: "role",
	// "instance-profile", "user", "policy"; "source" for a role or user that is
	// named by its ARN, and "" for none.
	on string
	// hollow is an action whose result is there and has nothing in it.
	hollow bool
}

// entityParams are the parameters that name an entity of each kind.
var entityParams = map[string]string{
	"role": "RoleName", "instance-profile": "InstanceProfileName", "user": "UserName", "policy": "PolicyArn", "source": "PolicySourceArn",
}

// needEntity is what a call names an entity of that kind by.
func (c *iamCall) needEntity(kind string) (string, error) {
	if kind == "policy" {
		return c.policyArn()
	}
	return c.need(entityParams[kind])
}

var iamOps = map[string]iamOp{
	"CreateRole":               {run: createRole, write: true, on: "role"},
	"GetRole":                  {run: getRole, on: "role"},
	"ListRoles":                {run: listRoles},
	"UpdateRole":               {run: updateRole, write: true, on: "role", hollow: true},
	"UpdateRoleDescription":    {run: updateRoleDescription, write: true, on: "role"},
	"UpdateAssumeRolePolicy":   {run: updateAssumeRolePolicy, write: true, on: "role"},
	"DeleteRole":               {run: deleteRole, write: true, on: "role"},
	"TagRole":                  {run: onTags("role", addTags), write: true, on: "role"},
	"UntagRole":                {run: onTags("role", removeTags), write: true, on: "role"},
	"ListRoleTags":             {run: listTags("role"), on: "role"},
	"PutRolePolicy":            {run: of("role", putPolicy), write: true, on: "role"},
	"GetRolePolicy":            {run: of("role", getHeldPolicy), on: "role"},
	"ListRolePolicies":         {run: of("role", listHeldPolicies), on: "role"},
	"DeleteRolePolicy":         {run: of("role", deletePolicy), write: true, on: "role"},
	"AttachRolePolicy":         {run: of("role", attachPolicy), write: true, on: "role"},
	"DetachRolePolicy":         {run: of("role", detachPolicy), write: true, on: "role"},
	"ListAttachedRolePolicies": {run: of("role", listAttachedPolicies), on: "role"},

	"CreateInstanceProfile":         {run: createInstanceProfile, write: true, on: "instance-profile"},
	"GetInstanceProfile":            {run: getInstanceProfile, on: "instance-profile"},
	"ListInstanceProfiles":          {run: listInstanceProfiles},
	"ListInstanceProfilesForRole":   {run: listInstanceProfilesForRole, on: "role"},
	"AddRoleToInstanceProfile":      {run: addRoleToInstanceProfile, write: true, on: "instance-profile"},
	"RemoveRoleFromInstanceProfile": {run: removeRoleFromInstanceProfile, write: true, on: "instance-profile"},
	"DeleteInstanceProfile":         {run: deleteInstanceProfile, write: true, on: "instance-profile"},
	"TagInstanceProfile":            {run: onTags("instance-profile", addTags), write: true, on: "instance-profile"},
	"UntagInstanceProfile":          {run: onTags("instance-profile", removeTags), write: true, on: "instance-profile"},
	"ListInstanceProfileTags":       {run: listTags("instance-profile"), on: "instance-profile"},

	"CreateUser":       {run: createUser, write: true, on: "user"},
	"GetUser":          {run: getUser, on: "user"},
	"ListUsers":        {run: listUsers},
	"TagUser":          {run: onTags("user", addTags), write: true, on: "user"},
	"UntagUser":        {run: onTags("user", removeTags), write: true, on: "user"},
	"ListUserTags":     {run: listTags("user"), on: "user"},
	"DeleteUser":       {run: deleteUser, write: true, on: "user"},
	"PutUserPolicy":    {run: of("user", putPolicy), write: true, on: "user"},
	"GetUserPolicy":    {run: of("user", getHeldPolicy), on: "user"},
	"ListUserPolicies": {run: of("user", listHeldPolicies), on: "user"},
	"DeleteUserPolicy": {run: of("user", deletePolicy), write: true, on: "user"},
	"AttachUserPolicy": {run: of("user", attachPolicy), write: true, on: "user"},
	"DetachUserPolicy": {run: of("user", detachPolicy), write: true, on: "user"},
	"CreateAccessKey":  {run: createAccessKey, write: true, on: "user"},
	"ListAccessKeys":   {run: listAccessKeys, on: "user"},
	"DeleteAccessKey":  {run: deleteAccessKey, write: true, on: "user"},

	"ListAttachedUserPolicies": {run: of("user", listAttachedPolicies), on: "user"},
	"ListGroupsForUser":        {run: listGroupsForUser, on: "user"},
	"ListAccountAliases":       {run: listAccountAliases},

	"CreatePolicy":                     {run: createPolicy, write: true, on: "policy"},
	"GetPolicy":                        {run: getPolicy, on: "policy"},
	"ListPolicies":                     {run: listPolicies},
	"DeletePolicy":                     {run: deleteManagedPolicy, write: true, on: "policy"},
	"CreatePolicyVersion":              {run: createPolicyVersion, write: true, on: "policy"},
	"GetPolicyVersion":                 {run: getPolicyVersion, on: "policy"},
	"ListPolicyVersions":               {run: listPolicyVersions, on: "policy"},
	"SetDefaultPolicyVersion":          {run: onVersion((*world.Tx).SetDefaultPolicyVersion), write: true, on: "policy"},
	"DeletePolicyVersion":              {run: onVersion((*world.Tx).DeletePolicyVersion), write: true, on: "policy"},
	"ListEntitiesForPolicy":            {run: listEntitiesForPolicy, on: "policy"},
	"SimulatePrincipalPolicy":          {run: simulatePrincipalPolicy, on: "source"},
	"SimulateCustomPolicy":             {run: simulateCustomPolicy},
	"GetContextKeysForPrincipalPolicy": {run: contextKeysForPrincipal, on: "source"},
	"GetContextKeysForCustomPolicy":    {run: contextKeysForCustom},
	"TagPolicy":                        {run: onTags("policy", addTags), write: true, on: "policy"},
	"UntagPolicy":                      {run: onTags("policy", removeTags), write: true, on: "policy"},
	"ListPolicyTags":                   {run: listTags("policy"), on: "policy"},
}

func (s *Server) iam(q *request) ([]byte, error) {
	op, ok := iamOps[q.action]
	if !ok {
		return nil, absentQuery("iam", q.action)
	}
	c := &iamCall{request: q, server: s, st: s.World.Snapshot(), unseen: s.unseen()}
	if err := c.authorize(op); err != nil {
		return nil, err
	}
	if err := c.refuseUnseen(); err != nil {
		return nil, err
	}
	run := func() error {
		if err := op.run(c); err != nil {
			return err
		}
		if name := q.form.unread(); name != "" {
			return validation("The parameter " + name + " is not recognized")
		}
		return nil
	}
	var err error
	if !op.write {
		err = run()
	} else {
		err = s.World.Update(func(tx *world.Tx) error {
			c.tx, c.st = tx, tx.State()
			return run()
		})
		if err == nil && q.hide > 0 && strings.HasPrefix(q.action, "Create") {
			s.conceal([]string{c.entity("role", "RoleName"), c.entity("instance-profile", "InstanceProfileName")}, q.hide)
		}
	}
	if err != nil {
		return nil, err
	}
	var w xw
	w.WriteString("<" + q.action + `Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/">`)
	if c.out.Len() > 0 || op.hollow { // other actions that return nothing have no result element
		w.in(q.action+"Result", func() { w.Write(c.out.Bytes()) })
	}
	w.in("ResponseMetadata", func() { w.in("RequestId", func() { w.WriteString(c.requestID) }) })
	w.close(q.action + "Response")
	return w.Bytes(), nil
}

func validation(message string) *world.Error { return invalid("ValidationError", message) }

// entity is how a new entity is known to eventual consistency.
func (c *iamCall) entity(kind, param string) string { return kind + "/" + c.form.kid(param).peek() }

// refuseUnseen answers that a name does not exist that was made a moment ago.
func (c *iamCall) refuseUnseen() error {
	if c.unseen == nil || strings.HasPrefix(c.action, "Create") {
		return nil
	}
	if name := c.form.kid("RoleName").peek(); name != "" && c.unseen("role/"+name) {
		return &world.Error{Code: "NoSuchEntity", Message: "The role with name " + name + " cannot be found.", Status: 404}
	}
	if name := c.form.kid("InstanceProfileName").peek(); name != "" && c.unseen("instance-profile/"+name) {
		return &world.Error{Code: "NoSuchEntity", Message: "Instance Profile " + name + " cannot be found.", Status: 404}
	}
	return nil
}

// authorize asks IAM about the entity that the call is about.
func (c *iamCall) authorize(op iamOp) error {
	if c.unlimited() {
		return nil
	}
	resource, keys := "*", map[string][]string{}
	var tags world.Tags
	switch name := c.form.kid(entityParams[op.on]).peek(); op.on {
	case "role":
		r := &world.Role{Name: name, Path: c.newPath()}
		if have := c.st.Roles[name]; have != nil {
			r, tags = have, have.Tags
		}
		resource = c.st.RoleArn(r)
	case "instance-profile":
		p := &world.InstanceProfile{Name: name, Path: c.newPath()}
		if have := c.st.Profiles[name]; have != nil {
			p, tags = have, have.Tags
		}
		resource = c.st.ProfileArn(p)
	case "user":
		if name == "" {
			name = c.id.Principal.User // calls without a name are about the caller
		}
		u := &world.User{Name: name, Path: c.newPath()}
		if have := c.st.Users[name]; have != nil {
			u, tags = have, have.Tags
		}
		resource = c.st.UserArn(u)
	case "source":
		resource = name
	case "policy":
		if resource = name; resource == "" {
			resource = c.st.PolicyArn(&world.ManagedPolicy{Owner: c.st.Account, Path: c.newPath(), Name: c.form.kid("PolicyName").peek()})
		} else if have := c.st.ManagedPolicy(resource); have != nil {
			tags = have.Tags
		}
	}
	if arn := c.form.kid("PolicyArn").peek(); arn != "" && op.on != "policy" {
		keys["iam:PolicyARN"] = []string{arn}
	}
	for k, v := range tags {
		keys["aws:ResourceTag/"+k], keys["iam:ResourceTag/"+k] = []string{v}, []string{v}
	}
	given, err := c.readTags()
	if err != nil {
		return err
	}
	for k, v := range given {
		keys["aws:RequestTag/"+k] = []string{v}
		keys["aws:TagKeys"] = append(keys["aws:TagKeys"], k)
	}
	actions := []string{c.action}
	// Tags at creation need the right to tag (IAM user guide, "Tagging IAM
	// resources"); so does giving a role to a profile need the right to pass it.
	if len(given) > 0 && strings.HasPrefix(c.action, "Create") {
		actions = append(actions, "Tag"+strings.TrimPrefix(c.action, "Create"))
	}
	for _, a := range actions {
		if err := c.allow("iam:"+a, resource, keys); err != nil {
			return err
		}
	}
	if role := c.form.kid("RoleName").peek(); c.action == "AddRoleToInstanceProfile" && role != "" {
		r := &world.Role{Name: role, Path: "/"}
		if have := c.st.Roles[role]; have != nil {
			r = have
		}
		return c.allow("iam:PassRole", c.st.RoleArn(r), map[string][]string{"iam:PassedToService": {c.st.EC2Principal()}})
	}
	return nil
}

func (c *iamCall) newPath() string {
	if p := c.form.kid("Path").peek(); p != "" {
		return p
	}
	return "/"
}

func (c *iamCall) allow(action, resource string, keys map[string][]string) error {
	if why := c.may(c.server, c.st, action, resource, keys); why != "" {
		return &world.Error{Code: "AccessDenied", Message: why, Status: 403}
	}
	return nil
}

// checkDocument checks a policy document, in IAM's words.
func checkDocument(text string, check func(*policy.Document) error) error {
	d, err := policy.Parse(text)
	if err == nil {
		err = check(d)
	}
	if e, ok := err.(*policy.SyntaxError); ok {
		return invalid("MalformedPolicyDocument", e.IAM())
	}
	return err
}

// need is a parameter that has to be there, in IAM's words.
func (c *iamCall) need(name string) (string, error) {
	if v := c.form.str(name); v != "" {
		return v, nil
	}
	return "", memberNull(strings.ToLower(name[:1]) + name[1:])
}

// need2 reads two of them.
func (c *iamCall) need2(a, b string) (x, y string, err error) {
	if x, err = c.need(a); err == nil {
		y, err = c.need(b)
	}
	return x, y, err
}

func (c *iamCall) readTags() (world.Tags, error) {
	var out world.Tags
	for _, t := range c.form.items("Tags") {
		k := t.str("Key")
		if out == nil {
			out = world.Tags{}
		}
		if _, twice := out[k]; twice {
			return nil, invalid("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		out[k] = t.str("Value")
	}
	if err := world.CheckTags(out); err != nil {
		return nil, validation(err.(*world.Error).Message)
	}
	return out, nil
}

// iamTime is a time as IAM prints it: whole seconds.
func iamTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// members writes a list in IAM's way.
func members[T any](w *xw, name string, items []T, item func(T)) {
	w.open(name)
	for _, v := range items {
		w.open("member")
		item(v)
		w.close("member")
	}
	w.close(name)
}

// below are those of all, by name, whose path begins with PathPrefix.
func below[T any](c *iamCall, all map[string]T, path func(T) string) []T {
	prefix := c.form.str("PathPrefix")
	var out []T
	for _, v := range world.Sorted(all) {
		if strings.HasPrefix(path(v), prefix) {
			out = append(out, v)
		}
	}
	return out
}

func (c *iamCall) tags(t world.Tags) {
	var keys []string
	for k := range world.Sorted(t) {
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return
	}
	members(&c.out, "Tags", keys, func(k string) { c.out.text("Key", k); c.out.text("Value", t[k]) })
}

// encoded is a policy document as IAM returns it.
func encoded(document string) string {
	return strings.ReplaceAll(url.QueryEscape(document), "+", "%20")
}

// listed answers with the page of a list that Marker and MaxItems ask for. A
// marker is how many items have gone before.
func listed[T any](c *iamCall, name string, items []T, item func(T)) error {
	limit, err := c.form.integer("MaxItems", 100)
	if err != nil || limit < 1 || limit > 1000 {
		return validation("1 validation error detected: Value '" + c.form.str("MaxItems") + "' at 'maxItems' failed to satisfy constraint: Member must have value between 1 and 1000")
	}
	from := 0
	if marker := c.form.str("Marker"); marker != "" {
		b, err := base64.RawURLEncoding.DecodeString(marker)
		at, ok := strings.CutPrefix(string(b), tokenMark)
		if from, _ = strconv.Atoi(at); err != nil || !ok || from < 1 {
			return validation("Invalid Marker: " + marker)
		}
	}
	from = min(from, len(items))
	to := min(from+limit, len(items))
	members(&c.out, name, items[from:to], item)
	c.out.boolean("IsTruncated", to < len(items))
	if to < len(items) {
		c.out.text("Marker", base64.RawURLEncoding.EncodeToString([]byte(tokenMark+strconv.Itoa(to))))
	}
	return nil
}

// page ends a list that is short enough for one page always; Marker and
// MaxItems are taken and make no difference.
func (c *iamCall) page() {
	c.form.skip("Marker", "MaxItems")
	c.out.boolean("IsTruncated", false)
}
