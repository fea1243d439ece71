package awsapi

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"time"

	"gatewalk/lab/world"
)

// ec2Call is one EC2 call while its handler runs. A handler reads its
// parameters from form, looks at st, writes through tx and prints its answer
// to out.
type ec2Call struct {
	*request
	server *Server
	st     *world.State // for a writing call, the state that is being made
	tx     *world.Tx    // nil in a reading call
	out    xw
	now    time.Time
	unseen func(id string) bool // nil: nothing is hidden
}

// ec2Op is one action. An action that writes runs in a transaction, which is
// thrown away if it refuses, or is a dry run.
type ec2Op struct {
	run   func(*ec2Call) error
	write bool
	// creates are the types of resource that it makes, for IAM.
	creates []string
}

var errDryRun = &world.Error{Code: "DryRunOperation", Message: "Request would have succeeded, but DryRun flag is set.", Status: 412}

func (s *Server) ec2(q *request) ([]byte, error) {
	op, ok := ec2Ops[q.action]
	if !ok {
		return nil, absentQuery("ec2", q.action)
	}
	c := &ec2Call{request: q, server: s, st: s.World.Snapshot(), now: s.World.Clock().Now(), unseen: s.unseen()}
	dry, err := q.form.boolean("DryRun", false)
	if err != nil {
		return nil, err
	}
	if err := c.authorize(op); err != nil {
		return nil, err
	}
	if err := c.refuseUnseen(); err != nil {
		return nil, err
	}
	c.out.Grow(1 << 10)
	c.out.WriteString("<" + q.action + `Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>` + q.requestID + "</requestId>")
	run := func() error {
		if err := op.run(c); err != nil {
			return err
		}
		if name := q.form.unread(); name != "" {
			return &world.Error{Code: "UnknownParameter", Message: "The parameter " + name + " is not recognized"}
		}
		if dry {
			return errDryRun
		}
		return nil
	}
	if !op.write {
		err = run()
	} else {
		before := c.st
		err = s.World.Update(func(tx *world.Tx) error {
			c.tx, c.st = tx, tx.State()
			return run()
		})
		if err == nil && q.hide > 0 {
			s.conceal(newIDs(before, c.out.String()), q.hide)
		}
	}
	if err != nil {
		return nil, err
	}
	c.out.close(q.action + "Response")
	return c.out.Bytes(), nil
}

var idPattern = regexp.MustCompile(`\b[a-z]+(-[a-z]+)?-0[0-9a-f]{16}\b`)

// newIDs are the ids in an answer that the state before did not have; images
// are AWS's, which no state has.
func newIDs(before *world.State, answer string) []string {
	var out []string
	for _, id := range idPattern.FindAllString(answer, -1) {
		if _, old := before.Resource(id); !old && !strings.HasPrefix(id, "ami-") {
			out = append(out, id)
		}
	}
	return out
}

// refuseUnseen refuses ids that eventual consistency has not shown yet.
func (c *ec2Call) refuseUnseen() error {
	if c.unseen == nil {
		return nil
	}
	var err error
	c.form.each(func(name, value string) {
		if k, ok := world.KindOf(value); ok && c.unseen(value) && !strings.HasPrefix(name, "Filter.") {
			err = world.Missing(k.Prefix, value)
		}
		if name == "IamInstanceProfile.Name" && c.unseen("instance-profile/"+value) {
			err = &world.Error{Code: "InvalidParameterValue", Message: "Value (" + value + ") for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"}
		}
		if name == "KeyName" {
			if k := c.st.KeyPair(value); k != nil && c.unseen(k.ID) {
				err = &world.Error{Code: "InvalidKeyPair.NotFound", Message: "The key pair '" + value + "' does not exist"}
			}
		}
	})
	return err
}

// ok is the answer of actions that return nothing else.
func (c *ec2Call) ok() error {
	c.out.text("return", "true")
	return nil
}

// onID is the handler of an action that does one thing to what one parameter
// names, and answers with nothing.
func onID(param string, do func(*world.Tx, string) error) func(*ec2Call) error {
	return func(c *ec2Call) error {
		id, err := c.form.need(param)
		if err != nil {
			return err
		}
		if err := do(c.tx, id); err != nil {
			return err
		}
		return c.ok()
	}
}

// once makes the call idempotent by its ClientToken. make returns the id of
// what it made.
func (c *ec2Call) once(make func() (id string, err error)) (id string, again bool, err error) {
	token := c.form.str("ClientToken")
	return c.tx.Once(c.action, token, c.digest(), make)
}

// onceIn is once for what is kept in all, under ids of that prefix: the object
// that make made, or that it made the first time, as it is now.
func onceIn[P comparable](c *ec2Call, prefix string, all func() map[string]P, make func() (P, error)) (P, error) {
	var none P
	id, _, err := c.once(func() (string, error) {
		made, err := make()
		for id, v := range all() {
			if err == nil && v == made {
				return id, nil
			}
		}
		return "", err
	})
	if err != nil {
		return none, err
	}
	v, ok := all()[id]
	if !ok { // deleted since
		return none, world.Missing(prefix, id)
	}
	return v, nil
}

// digest is a hash of every parameter but those that say nothing about what is
// to be made.
func (c *ec2Call) digest() string {
	h := sha256.New()
	c.form.each(func(name, value string) {
		switch name {
		case "ClientToken", "DryRun", "Action", "Version":
			return
		}
		h.Write([]byte(name + "\x00" + value + "\x00"))
	})
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// tags are the tags that a TagSpecification gives to new resources of a type.
func (c *ec2Call) tags(resource string) (world.Tags, error) {
	all, err := c.tagSpecs(resource)
	return all[resource], err
}

// tagSpecs reads TagSpecification, which may name only these types of
// resource.
func (c *ec2Call) tagSpecs(allowed ...string) (map[string]world.Tags, error) {
	out := map[string]world.Tags{}
	for _, spec := range c.form.items("TagSpecification") {
		kind, err := spec.need("ResourceType")
		if err != nil {
			return nil, err
		}
		known := false
		for _, a := range allowed {
			known = known || a == kind
		}
		if !known {
			return nil, &world.Error{Code: "InvalidParameterValue", Message: "'" + kind + "' is not a valid taggable resource type for this operation."}
		}
		if out[kind] != nil {
			return nil, &world.Error{Code: "InvalidParameterValue", Message: "Tag specification resource type '" + kind + "' is given more than once."}
		}
		tags, err := readTags(spec)
		if err != nil {
			return nil, err
		}
		out[kind] = tags
	}
	return out, nil
}

// readTags reads Tag.1.Key, Tag.1.Value … below f.
func readTags(f *form) (world.Tags, error) {
	var out world.Tags
	for _, t := range f.items("Tag") {
		k, err := t.need("Key")
		if err != nil {
			return nil, err
		}
		if _, twice := out[k]; twice {
			return nil, &world.Error{Code: "InvalidParameterValue", Message: "Duplicate tag key '" + k + "' specified."}
		}
		if out == nil {
			out = world.Tags{}
		}
		out[k] = t.str("Value")
	}
	return out, world.CheckTags(out)
}

func invalid(code, message string) *world.Error { return &world.Error{Code: code, Message: message} }
