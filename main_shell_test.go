package main

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"gatewalk/lab"
	"gatewalk/sshx"
	"gatewalk/tui"
)

// The shell in the frame is a real one: the up arrow has the walk's commands,
// Ctrl-C reaches a curl that hangs, a pager gets its keys, and the map shows
// where the packets of what is typed go, before and after there is a route.
func TestShellInTheFrame(t *testing.T) {
	t.Parallel()
	s := onScreen(t, "en", "3.6")
	s.Patience = 40 * time.Second
	s.Sees("3.7").Types("enter").Sees(s.txt.Key.Tab)
	s.Types("s").Sees(s.txt.Shell.Title).Types("2").Sees("~]$", s.txt.Key.Leave)
	s.Types("up").Sees("~]$ aws s3 ls s3://").Types("ctrl+c").Sees("^C")
	if strings.Contains(s.Screen(), "NO_ROUTE") {
		t.Errorf("a packet before any was sent:\n%s", s.Screen())
	}
	s.Types("curl -sS https://s3.ap-northeast-2.amazonaws.com", "enter").Sees("NO_ROUTE_TO_DESTINATION")
	s.Types("ctrl+c").Until(func(screen string) bool { return strings.Count(screen, "^C") == 2 }, "a second ^C")
	s.Types("seq 200 | less", "enter").Sees("│:").Types("G").Sees("200", "(END)").Types("q")
	s.Types("exit", "enter").Sees(s.txt.Key.Tab)
	if strings.Contains(s.Screen(), "NO_ROUTE") {
		t.Errorf("the map did not come back as it was:\n%s", s.Screen())
	}

	// Make the endpoint, and the same line arrives.
	if err := s.runner.Run(t.Context(), "3.7"); err != nil {
		t.Fatal(err)
	}
	s.Types("S").Sees("~]$", s.txt.Key.Leave)
	s.Types("curl -sS -o /dev/null -w 'status %{http_code}' https://s3.ap-northeast-2.amazonaws.com", "enter").Sees("status 403", s.txt.Map.Through["endpoint"][:20])
}

// A new size that comes as the shell ends holds nobody.
func TestResizeAtTheEnd(t *testing.T) {
	t.Parallel()
	sizes := make(chan tui.Size, 1)
	defer close(sizes)
	ctx, cancel := context.WithCancel(t.Context())
	pty := sshPTY(ctx, tui.PTY{Resize: sizes})
	sizes <- tui.Size{}
	for len(sizes) > 0 {
		runtime.Gosched()
	}
	cancel() // nobody has heard of it
	deadline := time.After(10 * time.Second)
	for {
		select {
		case _, open := <-pty.Resize:
			if !open {
				return
			}
		case <-deadline:
			t.Fatal("it is still told")
		}
	}
}

// What is reached that is not S3 is not drawn as if it were.
func TestShellReachesOthers(t *testing.T) {
	t.Parallel()
	s := onScreen(t, "en", "3.6")
	s.Patience = 40 * time.Second
	s.Sees("3.7").Types("enter").Sees(s.txt.Key.Tab)
	s.Types("s").Sees(s.txt.Shell.Title).Types("1").Sees("~]$", s.txt.Key.Leave)
	s.Types("curl -sS https://checkip.amazonaws.com; echo done $?", "enter").Sees("done 0")
	if strings.Contains(s.Screen(), s.txt.Map.Through["igw"][:20]) {
		t.Errorf("the map takes it for S3:\n%s", s.Screen())
	}
}

// A shell on an instance that is stopped is refused with a sentence.
func TestShellOnStopped(t *testing.T) {
	t.Parallel()
	s := onScreen(t, "ko", "3.4")
	s.Patience = 40 * time.Second
	s.Sees("이어집니다: 3.5").Types("enter").Sees(s.txt.Key.Tab)
	s.stop("private")
	s.Types("s").Sees(s.txt.Shell.Title).Types("2").Sees("중지된 상태입니다")
	s.sane()
	s.Types("enter").Sees(s.txt.Predict.Title)
}

// The walk's commands are put into the history of the lab's own hosts; an
// account's hosts are the learner's, and nothing is written there.
func TestShellHistory(t *testing.T) {
	l, err := lab.Start(t.Context(), lab.Options{Speed: 20})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	socks, err := l.ListenSOCKS("")
	if err != nil {
		t.Fatal(err)
	}
	id, secret := l.Credentials()
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": l.Region(),
		"AWS_EC2_METADATA_DISABLED": "true", "ALL_PROXY": "socks5h://" + socks, "NO_PROXY": "127.0.0.1"} {
		t.Setenv(name, value)
	}
	for _, o := range []*options{{}, {aws: true, endpoint: l.Endpoint()}} {
		o.lang, o.speed, o.stateDir, o.answers, o.silence = "en", 20, t.TempDir(), "guide", time.Second
		w, err := o.open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := w.runner.RunUntil(t.Context(), "3.3"); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		for range 2 { // the second finds what the first wrote
			out.Reset()
			in := strings.NewReader("cat .bash_history; exit\n")
			if _, err := o.shell(t.Context(), w, "bastion", nil, &sshx.PTY{}, sshx.Streams{In: in, Out: &out}); err != nil {
				t.Fatal(err)
			}
		}
		want := 1
		if o.aws {
			want = 0
		}
		if got := strings.Count(out.String(), "\naws s3 ls s3://"); got != want {
			t.Errorf("aws %v: the history has the walk's command %d times:\n%s", o.aws, got, out.String())
		}
		if err := w.close(); err != nil {
			t.Error(err)
		}
	}
}
