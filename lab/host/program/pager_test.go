package program

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

// fickle is a terminal that becomes smaller as soon as it has told its size.
type fickle struct {
	io.Reader
	mu      sync.Mutex
	watcher func()
	told    bool
}

func (*fickle) Unread([]byte) {}

func (*fickle) Raw() (restore func()) { return func() {} }

func (f *fickle) Size() (cols, rows int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.told {
		return 10, 5
	}
	f.told = true
	if f.watcher != nil {
		go f.watcher()
	}
	return 40, 8
}

func (f *fickle) Watch(g func()) (stop func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watcher = g
	return func() {}
}

// A window that changes as less begins is drawn as it is then.
func TestPagerResizedAtOnce(t *testing.T) {
	keys, typed := io.Pipe()
	screen := &signalled{drawn: make(chan struct{}, 16)}
	terminal := &fickle{Reader: keys}
	ended := make(chan int)
	p := &Process{Args: []string{"less"}, Stdin: strings.NewReader("0123456789abc\n"), Stdout: screen, Stderr: io.Discard, Tty: true, Terminal: terminal}
	go func() { ended <- less(context.Background(), p) }()
	deadline := time.After(10 * time.Second)
	for !strings.Contains(screen.text(), "0123456789\x1b[K\r\nabc\x1b[K") {
		select {
		case <-screen.drawn:
		case <-deadline:
			t.Fatalf("it shows %q", screen.text())
		}
	}
	io.WriteString(typed, "q")
	if status := <-ended; status != 0 {
		t.Errorf("status %d", status)
	}
}

// signalled is a buffer that says when it is written to.
type signalled struct {
	mu    sync.Mutex
	b     bytes.Buffer
	drawn chan struct{}
}

func (s *signalled) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.drawn <- struct{}{}:
	default:
	}
	return s.b.Write(p)
}

func (s *signalled) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
