package tui

import (
	"strings"
	"testing"

	"gatewalk/steps"
	"gatewalk/tui/plain"
)

// samplePlan is what a walk is going to make.
func samplePlan() plain.Plan {
	const session = "gw-7f3a9c"
	p := plain.Plan{Account: "123456789012", Arn: "arn:aws:iam::123456789012:user/kim", Region: "ap-northeast-2", Session: session, SSHFrom: "203.0.113.7/32", Priced: true}
	for row := range strings.Lines(`bucket main
object sample 478809 bytes
vpc main 10.0.0.0/16
internet-gateway main
route-table public
route-table private
security-group bastion tcp/22
security-group private tcp/22
key-pair main
role main
instance-profile main
subnet public 10.0.1.0/24
instance bastion t3.micro, 10.0.1.123, IPv4, gp3 8 GiB
subnet private 10.0.2.0/24
instance private t3.micro, 10.0.2.234, gp3 8 GiB
vpc-endpoint s3 com.amazonaws.ap-northeast-2.s3, Gateway
`) {
		f := append(strings.SplitN(strings.TrimSpace(row), " ", 3), "")
		i := plain.PlanItem{Step: "3.1", Kind: f[0], Part: f[1], Name: "gatewalk-" + session + "-" + f[1], Detail: f[2],
			Tags: map[string]string{"gatewalk:session": session, "gatewalk:part": f[1]}}
		if i.Kind == "object" {
			i.Tags = nil
		}
		if i.Kind == "instance" {
			i.PerHour = 0.014
		}
		p.Items = append(p.Items, i)
	}
	return p
}

// Nothing is made on a real account before the plan was shown and a word
// typed, whichever key leads there.
func TestAskedBeforeSpending(t *testing.T) {
	walked := recording(t, "lab.jsonl")
	account := Options{Lang: "ko", World: World{Name: "AWS", Region: "ap-northeast-2"}, Plan: samplePlan}
	for name, way := range map[string][]string{
		"the step itself":      {"enter", "enter"},
		"a later step":         {"enter", "right", "right", "enter", "enter"},
		"a later step, by key": {"enter", "right", "right", "right", "r", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, size := range [][2]int{{120, 36}, {80, 24}, {60, 20}} {
				s := newStage(t, account, walked, upTo(t, walked, "2", steps.Held, 0), size[0], size[1]).press(way...)
				made := func() int { return len(s.walk.existing()) }
				if made() > 0 {
					t.Fatalf("something was made without a question:\n%s", s.screenText())
				}
				if !strings.Contains(s.screenText(), "123456789012") || !strings.Contains(s.screenText(), "arn:aws:iam::123456789012:user/kim") {
					t.Fatalf("the plan does not begin with the account:\n%s", s.screenText())
				}
				for _, want := range []string{"10.0.1.123", "gatewalk:part=s3", "무료"} { // each is read before the end
					for range 40 {
						if strings.Contains(s.screenText(), want) {
							break
						}
						s.press("enter")
					}
					if !strings.Contains(s.screenText(), want) {
						t.Errorf("%q was not in the plan:\n%s", want, s.screenText())
					}
				}
				for range 10 {
					s.press("enter") // without the word
				}
				s.press("x", "enter")
				if made() > 0 {
					t.Fatal("something was made without the word")
				}
				s.press("backspace", "c", "r", "e", "a", "t", "e", "enter")
				if made() == 0 {
					t.Errorf("the word did nothing:\n%s", s.screenText())
				}
			}
		})
	}
}
