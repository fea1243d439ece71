package awsapi

import (
	"slices"
	"strings"
	"testing"
)

func TestForm(t *testing.T) {
	f, err := parseForm("Filter.2.Value.10=c&Filter.2.Value.9=b%2Bx&Filter.2.Name=n&Filter.1.Name=m&Tags.member.1.Key=k&A=1&B=true&C=maybe&Odd")
	if err != nil {
		t.Fatal(err)
	}
	list := f.items("Filter")
	if len(list) != 2 || list[0].str("Name") != "m" || !slices.Equal(list[1].list("Value"), []string{"b+x", "c"}) {
		t.Errorf("filters: %v", list)
	}
	if tags := f.items("Tags"); len(tags) != 1 || tags[0].str("Key") != "k" {
		t.Errorf("members: %v", tags)
	}
	if n, err := f.integer("A", 0); n != 1 || err != nil {
		t.Errorf("A = %d, %v", n, err)
	}
	if _, err := f.boolean("C", false); err == nil {
		t.Error("C=maybe is a boolean")
	}
	if got := f.unread(); got != "B" {
		t.Errorf("unread = %q, want B", got)
	}
	f.skip("B", "Odd", "None")
	if list[1].str("Name"); f.unread() != "" {
		t.Errorf("unread = %q", f.unread())
	}
	var absent *form
	if absent.str("x") != "" || absent.items("x") != nil || absent.has("x") {
		t.Error("an absent parameter has something in it")
	}
}

func FuzzForm(f *testing.F) {
	f.Add("Action=CreateVpc&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=%EA%B0%80")
	f.Add("A.1.2.3.4.5.6.7.8.9.10.11=x")
	f.Add("Filter.-1.Name=x&Filter.99999999999999999999.Name=y&.=&..=")
	f.Fuzz(func(t *testing.T, body string) {
		root, err := parseForm(body)
		if err != nil {
			return
		}
		var names []string
		root.each(func(name, _ string) { names = append(names, name) })
		for _, name := range names {
			if name != "" && !strings.HasPrefix(name, ".") && !strings.Contains(name, "..") && !strings.HasSuffix(name, ".") && !root.has(name) {
				t.Errorf("%q was sent and is not there", name)
			}
		}
		for _, f := range root.items("Filter") {
			f.list("Value")
		}
		root.markAll()
		if name := root.unread(); name != "" {
			t.Errorf("%q is unread", name)
		}
	})
}

func FuzzLike(f *testing.F) {
	f.Add("a*b?c", "aXXbYc")
	f.Add(`\*`, "*")
	f.Add("***", "")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if all := like(pattern, s); pattern == "*" && !all {
			t.Errorf("* does not match %q", s)
		}
		if !like("*", s) || !strings.ContainsAny(s, `*?\`) && !like(s, s) {
			t.Errorf("%q does not match itself", s)
		}
	})
}
