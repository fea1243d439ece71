package awsapi

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"gatewalk/lab/policy"
	"gatewalk/lab/world"
)

var stsOps = map[string]func(*Server, *request) ([]byte, error){
	"GetCallerIdentity":          (*Server).getCallerIdentity,
	"AssumeRole":                 (*Server).assumeRole,
	"GetSessionToken":            (*Server).getSessionToken,
	"DecodeAuthorizationMessage": (*Server).decodeMessage,
}

func (s *Server) sts(q *request) ([]byte, error) {
	op, ok := stsOps[q.action]
	if !ok {
		return nil, absentQuery("sts", q.action)
	}
	out, err := op(s, q)
	if name := q.form.unread(); err == nil && name != "" {
		return nil, validation("The parameter " + name + " is not part of this lab")
	}
	return out, err
}

// stsAnswer prints an answer in STS's envelope.
func stsAnswer(q *request, body func(*xw)) []byte {
	var w xw
	action := q.action
	w.WriteString("<" + action + `Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><` + action + "Result>")
	body(&w)
	w.WriteString("</" + action + "Result><ResponseMetadata><RequestId>" + q.requestID + "</RequestId></ResponseMetadata></" + action + "Response>")
	return w.Bytes()
}

// getCallerIdentity needs no permission.
func (s *Server) getCallerIdentity(q *request) ([]byte, error) {
	p := q.id.Principal
	return stsAnswer(q, func(w *xw) {
		w.text("Arn", p.Arn)
		w.text("UserId", p.UserID)
		w.text("Account", s.World.Snapshot().Account)
	}), nil
}

// assumeRole gives out credentials for a role of the account whose trust
// policy names the caller.
func (s *Server) assumeRole(q *request) ([]byte, error) {
	arn, session := q.form.str("RoleArn"), q.form.str("RoleSessionName")
	if arn == "" || session == "" {
		return nil, validation("1 validation error detected: RoleArn and RoleSessionName must not be null")
	}
	seconds, err := q.form.integer("DurationSeconds", 3600)
	if err != nil || seconds < 900 || seconds > 43200 {
		return nil, validation("1 validation error detected: Value '" + strconv.Itoa(seconds) + "' at 'durationSeconds' failed to satisfy constraint: Member must have value between 900 and 43200")
	}
	var p *world.Principal
	var role *world.Role
	err = s.World.Update(func(tx *world.Tx) error {
		st := tx.State()
		for _, r := range world.Sorted(st.Roles) {
			if st.RoleArn(r) == arn {
				role = r
			}
		}
		denied := &world.Error{Code: "AccessDenied", Message: "User: " + q.id.Principal.Arn + " is not authorized to perform: sts:AssumeRole on resource: " + arn, Status: 403}
		if role == nil || !s.trusted(q, st, role) {
			return denied
		}
		if seconds > cmp.Or(role.MaxSession, 3600) {
			return validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
		}
		p = &world.Principal{
			AccessKeyID: tx.NewIAMID("ASIA"), SecretKey: tx.NewSecretKey(), SessionToken: tx.NewSessionToken(),
			Arn:    "arn:" + st.Partition() + ":sts::" + st.Account + ":assumed-role/" + role.Name + "/" + session,
			UserID: role.ID + ":" + session, Role: role.Name,
			Expires: tx.Now().Add(time.Duration(seconds) * time.Second),
		}
		tx.OpenSession(p)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return stsAnswer(q, func(w *xw) {
		w.credentials(p)
		w.in("AssumedRoleUser", func() {
			w.text("AssumedRoleId", p.UserID)
			w.text("Arn", p.Arn)
		})
		w.number("PackedPolicySize", 0)
	}), nil
}

func (w *xw) credentials(p *world.Principal) {
	w.in("Credentials", func() {
		w.text("AccessKeyId", p.AccessKeyID)
		w.text("SecretAccessKey", p.SecretKey)
		w.text("SessionToken", p.SessionToken)
		w.text("Expiration", iamTime(p.Expires))
	})
}

// getSessionToken gives a user keys of theirs that end. It needs no permission,
// and there is no MFA here to ask for.
func (s *Server) getSessionToken(q *request) ([]byte, error) {
	caller := q.id.Principal
	if caller.SessionToken != "" {
		return nil, &world.Error{Code: "AccessDenied", Message: "Cannot call GetSessionToken with session credentials", Status: 403}
	}
	if q.form.has("SerialNumber") || q.form.has("TokenCode") {
		return nil, &world.Error{Code: "AccessDenied", Message: "MultiFactorAuthentication failed with invalid MFA one time pass code. ", Status: 403}
	}
	seconds, err := q.form.integer("DurationSeconds", 43200)
	if err != nil || seconds < 900 || seconds > 129600 {
		return nil, validation("1 validation error detected: Value '" + strconv.Itoa(seconds) + "' at 'durationSeconds' failed to satisfy constraint: Member must have value between 900 and 129600")
	}
	p := *caller
	err = s.World.Update(func(tx *world.Tx) error {
		p.AccessKeyID, p.SecretKey, p.SessionToken = tx.NewIAMID("ASIA"), tx.NewSecretKey(), tx.NewSessionToken()
		p.Expires = tx.Now().Add(time.Duration(seconds) * time.Second)
		tx.OpenSession(&p)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return stsAnswer(q, func(w *xw) { w.credentials(&p) }), nil
}

// denial is why EC2 refused a call, as DecodeAuthorizationMessage tells it.
type denial struct {
	Allowed           bool          `json:"allowed"`
	ExplicitDeny      bool          `json:"explicitDeny"`
	MatchedStatements itemList      `json:"matchedStatements"`
	Failures          itemList      `json:"failures"`
	Context           deniedContext `json:"context"`
}

type deniedContext struct {
	Principal  deniedPrincipal `json:"principal"`
	Action     string          `json:"action"`
	Resource   string          `json:"resource"`
	Conditions itemList        `json:"conditions"`
}

type deniedPrincipal struct {
	ID  string `json:"id"`
	Arn string `json:"arn"`
}

type itemList struct {
	Items []string `json:"items"`
}

// encodeDenial makes the message that EC2 encodes, which anybody could read
// here: AWS's own is encrypted.
func encodeDenial(d denial) string {
	none := itemList{[]string{}}
	d.MatchedStatements, d.Failures, d.Context.Conditions = none, none, none
	text, err := json.Marshal(d)
	if err != nil { // of strings and booleans
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func (s *Server) decodeMessage(q *request) ([]byte, error) {
	message := q.form.str("EncodedMessage")
	if message == "" {
		return nil, memberNull("encodedMessage")
	}
	if why := q.may(s, s.World.Snapshot(), "sts:DecodeAuthorizationMessage", "*", nil); why != "" {
		return nil, &world.Error{Code: "AccessDenied", Message: why, Status: 403}
	}
	text, err := base64.RawURLEncoding.DecodeString(message)
	var d denial
	if err != nil || json.Unmarshal(text, &d) != nil {
		return nil, invalid("InvalidAuthorizationMessageException", "Message is not valid")
	}
	return stsAnswer(q, func(w *xw) { w.text("DecodedMessage", string(text)) }), nil
}

// trusted asks the role's trust policy, which is a resource policy whose
// resource is the role itself, and the caller's own policies.
func (s *Server) trusted(q *request, st *world.State, role *world.Role) bool {
	caller := q.id.Principal
	r := policy.Request{
		Principal: policy.Principal{Arn: caller.Arn, Account: st.Account},
		Action:    "sts:AssumeRole", Resource: st.RoleArn(role),
		Context: q.conditions(st, s.World.Clock().Now()),
	}
	identity := policiesOf(st, caller)
	if caller.Admin {
		identity = []string{`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`}
	}
	// The role must trust the caller, or the caller's account; in the latter
	// case the caller's own policies decide.
	trust, err := policy.Parse(role.Trust)
	if err != nil || !trustNames(trust, caller, st.Account) {
		return false
	}
	d, err := policy.Evaluate(r, policy.Policies{Identity: identity, Resource: role.Trust})
	return err == nil && d.Allowed
}

func trustNames(d *policy.Document, p *world.Principal, account string) bool {
	for _, s := range d.Statements {
		for _, n := range s.Principals {
			if n.Kind == "AWS" && (n.Value == "*" || n.Value == p.Arn || n.Value == account || strings.HasSuffix(n.Value, "::"+account+":root")) {
				return true
			}
		}
	}
	return false
}
