package plain

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"gatewalk/steps"
	"gatewalk/tui/widget"
)

func overview() Overview {
	at := time.Date(2026, 11, 26, 11, 20, 0, 0, time.Local)
	thing := func(kind, name, id string) Resource {
		return Resource{Resource: steps.Resource{Kind: kind, Name: name, ID: id}, Made: id != "", Since: at.Add(-time.Hour)}
	}
	bastion := thing("instance", "bastion", "i-0123456789abcdef0")
	bastion.Type, bastion.Address = "t3.micro", "3.34.1.2"
	return Overview{At: at, Sessions: []Session{
		{Name: "broken", Err: "line 7: not an event"},
		{Name: "lab", ID: "gw-000001", World: "lab", Created: at.Add(-72 * time.Hour), Holds: []steps.ID{"1"}, Resources: []Resource{thing("vpc", "main", "vpc-1")}},
		{Name: "aws-123456789012-ap-northeast-2", ID: "gw-000002", World: "aws", Account: "123456789012", Region: "ap-northeast-2", Profile: "dev", Created: at.Add(-90 * time.Minute),
			Holds: []steps.ID{"1", "2", "3.1"}, Resources: []Resource{thing("route-table", "private", "rtb-0123456789abcdef0"), bastion, thing("vpc-endpoint", "s3", "")},
			USD: 0.05, PerHour: 0.033, CleanUp: "gatewalk cleanup aws-123456789012-ap-northeast-2"},
	}, Account: &Account{Account: "123456789012", Region: "ap-northeast-2", Found: []Found{
		{Session: "gw-000002", Kind: "instance", ID: "i-0123456789abcdef0", Recorded: true}, {Session: "gw-00000f", Kind: "volume", ID: "vol-1"},
	}}}
}

// Status tells where what exists is, since when, and what it costs, in columns
// in both languages.
func TestStatus(t *testing.T) {
	for lang, want := range map[string][]string{
		"ko": {"AWS  123456789012  ap-northeast-2  dev", "2026-11-26 09:50 (90분 전)", "3일 전", "지금까지 $0.050, 시간당 $0.033", "정리      gatewalk cleanup aws-", "3개이며",
			"생성 요청 중에 중단됨", "기록 없음", "--orphans"},
		"en": {"AWS  123456789012  ap-northeast-2  dev", "2026-11-26 09:50 (90 min ago)", "3 days ago", "$0.050 so far, $0.033 an hour", "In all 3 resources", "stopped while being made", "not recorded here"},
	} {
		var b bytes.Buffer
		if err := Status(&b, lang, false, overview()); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: %q is missing in\n%s", lang, w, text)
			}
		}
		var at []int // the cell in which each id begins
		for line := range strings.Lines(text) {
			for _, id := range []string{"rtb-0123456789abcdef0", "i-0123456789abcdef0  t3.micro  3.34.1.2"} {
				if before, _, ok := strings.Cut(line, id); ok {
					at = append(at, widget.Width(before))
				}
			}
			if line != strings.TrimRight(line, " \n")+"\n" {
				t.Errorf("%s: blanks at the end of %q", lang, line)
			}
		}
		if len(at) != 2 || at[0] != at[1] {
			t.Errorf("%s: the ids begin in the cells %v of\n%s", lang, at, text)
		}
	}
	var b bytes.Buffer
	if err := Status(&b, "ko", true, overview()); err != nil {
		t.Fatal(err)
	}
	var got Overview
	if err := json.Unmarshal(b.Bytes(), &got); err != nil || len(got.Sessions) != 3 || !got.Sessions[2].Resources[0].Made || got.Sessions[2].Resources[2].Made ||
		got.Sessions[2].PerHour != 0.033 || got.Account.Found[1].Recorded {
		t.Errorf("%v: %+v", err, got)
	}
}
