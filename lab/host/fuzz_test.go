package host

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"
)

// FuzzShell: whatever is typed, the host lives on and the command ends with its
// context.
func FuzzShell(f *testing.F) {
	for _, s := range scripts {
		f.Add(s.script)
	}
	for _, s := range escapes {
		f.Add(strings.NewReplacer("%F", "/etc/hosts", "%D", "/etc").Replace(s))
	}
	h := bootHost(f, newFakeWorld(), "10.0.1.123", 1000, nil)
	f.Fuzz(func(t *testing.T, script string) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		done := make(chan struct{})
		go func() {
			defer close(done)
			h.Run(ctx, script, nil, nil, nil)
		}()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Fatalf("%q does not end", script)
		}
	})
}

// FuzzKeys types whatever comes at a shell, in a window of any size, and resizes
// it in the middle.
func FuzzKeys(f *testing.F) {
	for _, s := range []string{
		"echo 가나다\x1b[D\x1b[D\x7f\r", "\x1b[A\x1b[B\t\t", "cat\rabc\x7f\x15\x17\x04", "sleep 9\r\x03", "ls | less\r /x\rqG", "\x1b[200~a\x1b[201~\x14\x19\x0b",
		"read x\r\xed\x95\x9c\x7f\r", "\x1b", "\x1b[1;5D\x1b[99999999999999999999999999999999999999", "ssh 10.0.2.9\r",
	} {
		f.Add(s, 80, 24)
		f.Add(s, 11, 3)
	}
	h := bootHost(f, newFakeWorld(), "10.0.1.123", 1000, nil)
	f.Fuzz(func(t *testing.T, keys string, cols, rows int) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		t1 := newTTY("pts/0", io.Discard, size(uint32(cols)), size(uint32(rows)))
		sh, err := h.newShell(ctx, start{
			name: "-bash", tty: t1, out: t1, err: t1, env: h.environment(nil), dir: "/home/ec2-user",
			live: func(ctx context.Context) io.Reader { return &terminal{t1, ctx} },
		})
		if err != nil {
			t.Fatal(err)
		}
		typed := make(chan struct{})
		go func() {
			defer close(typed)
			half := len(keys) / 2
			t1.feed([]byte(keys[:half]))
			t1.resize(size(uint32(rows)), size(uint32(cols)))
			t1.feed([]byte(keys[half:]))
			t1.hangUp()
		}()
		sh.interact(ctx)
		t1.box.close()
		<-typed
	})
}
