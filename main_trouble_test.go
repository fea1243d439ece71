package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gatewalk/lab/awsapi"
	"gatewalk/lab/world"
	"gatewalk/steps"
	"gatewalk/tui/termtest"
)

// A session that another gatewalk has open is told of in the learner's language,
// with the way on, and nothing is lost when the other one ends.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]string{"ko": "사용하고 있습니다", "en": "--session"} {
		o := walked(t, lang, "2")
		first, err := o.open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		second := termtest.New(t, 100, 30)
		second.Run(func(ctx context.Context) error { return o.show(ctx, func(*walk) {}, second.Options()...) })
		second.Sees(want, "--session")
		if err := first.close(); err != nil {
			t.Fatal(err)
		}
		second.Types("enter").Sees("╭ 3.1 ")
	}
}

// Ctrl-C in the hang is the guide's: too early it asks for patience, later it
// reaches the instance, and what was not seen until then is the observation.
func TestCtrlCOnScreen(t *testing.T) {
	t.Parallel()
	o := walked(t, "ko", "3.4")
	o.speed = 2
	s := o.onScreen(t)
	s.Patience = 40 * time.Second
	s.begins().Sees("응답 없음", "ctrl+c 명령 중단").Types("ctrl+c").Sees("응답이 늦는 것일 수도")
	s.Sees("00:06 / 00:15").Types("ctrl+c").Sees("^C", "종료 코드 130", "✓")
	if e, ok := s.session.State().Seen("3.5", "silence", "private"); !ok || e.Args["elapsed"] == "15s" {
		t.Errorf("observed %v", e.Args)
	}
}

// The bastion goes off under a running step. The silence of the dead
// connection is not taken for that of the lesson; when the bastion is back,
// at another address, the same step runs on.
func TestConnectionLost(t *testing.T) {
	t.Parallel()
	s := onScreen(t, "en", "3.4")
	s.Patience = 40 * time.Second
	s.begins().Sees("no answer")
	before, _ := s.session.State().Find("instance", "bastion")
	s.stop("bastion")
	s.Sees("✕", "the bastion", "stopped", "start-instances")
	s.sane()
	if s.session.State().Status("3.5") == steps.Holds {
		t.Error("the step holds")
	}
	s.Types("enter").Sees("What now?", "try again", "step 3.1 and later ones made", "previous step").Types("esc")
	s.start("bastion")
	s.Types("r").Sees("no answer").Sees("✓", "exit status 130")
	if after, _ := s.session.State().Find("instance", "bastion"); after.Args["public_ip"] == before.Args["public_ip"] {
		t.Error("the bastion came back where it was: this proves less than it should")
	}
}

// The private instance is stopped between two steps.
func TestInstanceStopped(t *testing.T) {
	t.Parallel()
	s := onScreen(t, "ko", "3.4")
	s.Patience = 40 * time.Second
	s.Sees("이어집니다: 3.5")
	s.stop("private")
	s.begins().Sees("✕", "중지된", "start-instances")
	s.sane()
	s.Types("enter").Sees("어떻게 할까요?", "3.1 단계부터 삭제하고 새로 만들기").Types("esc")
	s.start("private")
	s.Types("r").Sees("✓", "종료 코드 130")
}

// The lab dies under a running step; the program says so, lets itself be left,
// and goes on in a new one.
func TestLabDies(t *testing.T) {
	t.Parallel()
	s := onScreen(t, "en", "3.4")
	s.Patience = 40 * time.Second
	s.begins().Sees("no answer")
	s.lab.Close()
	s.Sees("✕", "could not be reached")
	s.sane()
	s.Types("enter").Sees("What now?").Types("esc")
	s.Types("q").Sees("Leave?").Types("y")
	if err := s.Ends(); err != nil {
		t.Error(err)
	}
	again := s.o.onScreen(t)
	again.Patience = 40 * time.Second
	again.Sees("3.5").Types("enter").Sees(s.txt.Key.Tab).Types("r").Sees("exit status 130")
}

// The disk fills up, here under the session's own file: nothing is half
// written, and with room again the walk goes on from where it was.
func TestDiskFull(t *testing.T) {
	s := onScreen(t, "ko", "3.4")
	s.Patience = 40 * time.Second
	s.Sees("이어집니다: 3.5")
	file := filepath.Join(s.session.Dir(), "events.jsonl")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	free := fill(t, file)
	s.Types("enter").Sees(s.txt.Key.Tab).Types("enter").Sees(s.txt.Predict.Title).Types("3")
	s.Sees("no space left on device")
	s.sane()
	free()
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Errorf("%d bytes of the session became %d (%v)", len(before), len(after), err)
	}
	s.Types("enter").Sees("✓", "종료 코드 130")
}

// Credentials expire between two steps, and are renewed.
func TestCredentialsExpire(t *testing.T) {
	t.Parallel()
	s := onScreen(t, "en", "3.5")
	s.Patience = 40 * time.Second
	s.Sees("3.6").Types("enter").Sees(s.txt.Key.Tab)
	s.lab.API().Fault(awsapi.Fault{Action: "*", Times: -1, Before: &world.Error{Code: "ExpiredToken", Message: "The security token included in the request is expired"}})
	s.Types("enter").Sees("✕", "credentials have expired")
	s.sane()
	s.lab.API().ClearFaults()
	s.Types("r").Sees("com.amazonaws.ap-northeast-2.s3", "Interface")
}
