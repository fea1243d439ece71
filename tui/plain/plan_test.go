package plain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"gatewalk/tui/text"
	"gatewalk/tui/widget"
)

func plan() Plan {
	tags := map[string]string{"Name": "gatewalk-gw-7f3a9c-bastion", "gatewalk:session": "gw-7f3a9c", "gatewalk:part": "bastion"}
	return Plan{Account: "123456789012", Arn: "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Learner_0123456789abcdef/kim@example.com", Region: "ap-northeast-2",
		Session: "gw-7f3a9c", Priced: true, Items: []PlanItem{
			{Step: "3.1", Kind: "bucket", Part: "main", Name: "gatewalk-" + strings.Repeat("b", 54), Tags: tags},
			{Step: "3.1", Kind: "object", Part: "sample", Name: "TestImage1.png", Detail: "478809 bytes"},
			{Step: "3.1", Kind: "instance", Part: "bastion", Name: "gatewalk-gw-7f3a9c-bastion", Detail: "t3.micro, 10.0.1.123", Tags: tags, PerHour: 0.019},
			{Step: "3.1", Kind: "a-kind-of-tomorrow", Part: "main", Name: "x\x1b[31m", Tags: tags},
		}}
}

// A plan is whole in any width, in both languages, and warns of what is odd.
func TestPlan(t *testing.T) {
	for _, lang := range []string{"ko", "en"} {
		say := text.For(lang).Plan
		for _, w := range []int{0, 40, 52, 72} {
			var all strings.Builder
			for _, l := range plan().Lines(lang, w) {
				if w > 0 && widget.Width(l.Text) > w {
					t.Errorf("%s, %d cells: %q has %d", lang, w, l.Text, widget.Width(l.Text))
				}
				all.WriteString(strings.Join(strings.Fields(l.Text), "") + "\n")
			}
			whole := strings.ReplaceAll(all.String(), "\n", "")
			for _, want := range []string{plan().Account, plan().Arn, plan().Items[0].Name, "10.0.1.123", "gatewalk:part=bastion", "$0.0190", "a-kind-of-tomorrow", say.Free} {
				if !strings.Contains(whole, want) {
					t.Errorf("%s, %d cells: %q is missing in\n%s", lang, w, want, all.String())
				}
			}
			if strings.Contains(whole, "\x1b") {
				t.Errorf("%s: a control character came through", lang)
			}
		}
		for want, change := range map[string]func(*Plan){
			say.Unpriced: func(p *Plan) { p.Priced = false },
			say.Root:     func(p *Plan) { p.Root = true },
			say.Lab:      func(p *Plan) { p.Lab = true },
			text.Fill(say.NotReal, "endpoint", "http://127.0.0.1:5000"): func(p *Plan) { p.Endpoint = "http://127.0.0.1:5000" },
			text.Fill(say.SSHKnown, "cidr", "203.0.113.7/32"):           func(p *Plan) { p.SSHFrom = "203.0.113.7/32" },
		} {
			p := plan()
			if strings.Contains(fmt.Sprint(p.Lines(lang, 0)), want) {
				t.Errorf("%s: %q is said of an ordinary plan", lang, want)
			}
			change(&p)
			if !strings.Contains(fmt.Sprint(p.Lines(lang, 0)), want) {
				t.Errorf("%s: %q is not said", lang, want)
			}
		}
		p := plan()
		p.Rights = []Right{{"ec2:CreateVpc", true, true}, {"ec2:RunInstances", false, true}, {"s3:PutObject", true, false}}
		lines := p.RightLines(lang)
		if p.Missing() != 1 || !lines[0].Warn || !strings.Contains(lines[1].Text, "ec2:RunInstances") || !strings.Contains(fmt.Sprint(lines), "s3:PutObject") {
			t.Errorf("%s: %d missing, %v", lang, p.Missing(), lines)
		}
	}
	var b bytes.Buffer
	var back Plan
	if err := plan().JSON(&b); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || !reflect.DeepEqual(back, plan()) {
		t.Errorf("%v: %+v", err, back)
	}
}
