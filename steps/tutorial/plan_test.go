package tutorial_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"gatewalk/lab/world"
	"gatewalk/steps"
	"gatewalk/steps/tutorial"
)

// The walk makes what its plan says: the same things, in the same order, under
// the same names and tags, and nothing else.
func TestPlanIsWhatIsMade(t *testing.T) {
	for _, bucket := range []string{"", "a-name-of-my-own"} {
		testPlan(t, bucket, nil)
	}
	testPlan(t, "", map[string]string{"CostCenter": "교육 42", "owner": "kim@example.com"})
}

func testPlan(t *testing.T, bucket string, tags map[string]string) {
	a := newAccount(t, "ap-northeast-2")
	var options tutorial.Options
	r, done := a.walk(t, t.TempDir(), func(o *tutorial.Options) {
		o.BucketName, o.Tags = bucket, tags
		options = *o
	})
	defer done()
	w := tutorial.New(options)
	defer w.Close()
	plan := w.Plan(r.Session.State().ID(), a.world.Snapshot().Account)
	if err := r.RunUntil(t.Context(), "3.7"); err != nil {
		t.Fatal(err)
	}
	var made []steps.Resource
	seen := map[string]bool{}
	for _, e := range r.Session.Events() {
		if e.Kind == steps.Made && !seen[e.Resource.Kind+e.Resource.ID] {
			seen[e.Resource.Kind+e.Resource.ID] = true
			made = append(made, *e.Resource)
		}
	}
	if len(made) != len(plan) {
		t.Fatalf("%d things were made, and %d planned", len(made), len(plan))
	}
	s := a.world.Snapshot()
	for n, item := range plan {
		is := made[n]
		if is.Kind != item.Kind || is.Name != item.Part {
			t.Errorf("number %d is %s/%s, and %s/%s was planned", n+1, is.Kind, is.Name, item.Kind, item.Part)
			continue
		}
		var tags world.Tags
		switch resource, ok := s.Resource(is.ID); {
		case ok:
			tags = resource.Tags
			if item.Name != tags["Name"] {
				t.Errorf("%s is called %q, and %q was planned", is.ID, tags["Name"], item.Name)
			}
		case item.Kind == "bucket":
			tags = s.Buckets[item.Name].Tags
		case item.Kind == "role":
			tags = roleOf(s, item.Name).Tags
		case item.Kind == "instance-profile":
			tags = profileOf(s, item.Name).Tags
		case item.Kind == "object":
			if is.ID != item.Name {
				t.Errorf("the object is %s, and %s was planned", is.ID, item.Name)
			}
		}
		if !maps.Equal(tags, item.Tags) {
			t.Errorf("%s has the tags %v, and %v were planned", is.ID, tags, item.Tags)
		}
	}
	for _, i := range s.Instances {
		if i.HttpTokens != "required" || i.HttpPutResponseHopLimit != 1 {
			t.Errorf("%s: metadata by version 1, or behind the instance: %q, %d hops", i.ID, i.HttpTokens, i.HttpPutResponseHopLimit)
		}
	}
	for _, b := range s.Buckets {
		if b.Block != [4]bool{true, true, true, true} {
			t.Errorf("%s is not closed to the public: %v", b.Name, b.Block)
		}
	}
	// What hangs on an instance is found by the session's tag as well.
	for _, e := range s.Interfaces {
		if e.Tags["gatewalk:session"] == "" || e.Tags["CostCenter"] != tags["CostCenter"] {
			t.Errorf("the network interface %s has the tags %v", e.ID, e.Tags)
		}
	}
	for _, v := range s.Volumes {
		if v.Tags["gatewalk:session"] == "" || v.Tags["CostCenter"] != tags["CostCenter"] || !v.Encrypted {
			t.Errorf("the volume %s: tags %v, encrypted %v", v.ID, v.Tags, v.Encrypted)
		}
	}
	if text := plan[0].Name + plan[1].Name; bucket == "" && strings.Count(text, "123456789012") != 2 {
		t.Errorf("the bucket's name is %s", text)
	}
}

func roleOf(s *world.State, name string) *world.Role {
	for _, r := range s.Roles {
		if r.Name == name {
			return r
		}
	}
	return &world.Role{}
}

func profileOf(s *world.State, name string) *world.InstanceProfile {
	for _, p := range s.Profiles {
		if p.Name == name {
			return p
		}
	}
	return &world.InstanceProfile{}
}

// A dry run proves what can be proven of every right in the policy, names what
// is missing, and leaves nothing, neither there nor here.
func TestDryRun(t *testing.T) {
	whole := tutorial.Policy("aws", "ap-northeast-2", "123456789012", "")
	for _, missing := range []string{"", "ec2:RunInstances", "ec2:DescribeVolumes", "ssm:GetParameter", "iam:GetRole"} {
		a := newAccount(t, "ap-northeast-2")
		before := a.things(t)
		policy := whole
		if missing != "" {
			policy = without(t, whole, missing)
		}
		a.as(t, policy)
		dir := t.TempDir()
		w := tutorial.New(tutorial.Options{Target: tutorial.Target{Name: "test", AWS: a.config}, Dir: dir})
		defer w.Close()
		rights, err := w.DryRun(t.Context(), "gw-0a1b2c")
		if err != nil {
			t.Fatal(err)
		}
		var denied, all []string
		proven := 0
		for _, r := range rights {
			all = append(all, r.Action)
			if !r.Allowed {
				denied = append(denied, r.Action)
			} else if r.Sure {
				proven++
			}
		}
		if strings.Join(denied, " ") != missing {
			t.Errorf("without %q it says that %q are missing", missing, denied)
		}
		if want := actions(t, whole); !slices.Equal(all, want) {
			t.Errorf("it tells of %v, and the policy has %v", all, want)
		}
		if missing == "" && proven < 20 {
			t.Errorf("only %d rights were proven", proven)
		}
		if after := a.things(t); after != before {
			t.Errorf("a dry run made %s", difference(before, after))
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("a dry run left %v", left)
		}
	}
}
