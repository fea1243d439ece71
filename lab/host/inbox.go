package host

import (
	"context"
	"io"
	"slices"
	"sync"
)

// inboxLimit bounds the bytes that wait for a reader.
const inboxLimit = 256 << 10

// inbox is a pipe whose reads end with a context, so that a program that was
// stopped takes nothing from the one that comes after it.
type inbox struct {
	mu     sync.Mutex
	moved  sync.Cond
	queue  []byte
	marks  []int // places in queue where one read ends, as by Ctrl-D
	ended  bool
	closed bool
}

func newInbox() *inbox {
	b := &inbox{}
	b.moved.L = &b.mu
	return b
}

// read waits for bytes, the end, or the context's.
func (b *inbox) read(ctx context.Context, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	stop := context.AfterFunc(ctx, b.wake)
	defer stop()
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		switch {
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case len(b.marks) > 0 && b.marks[0] == 0:
			b.marks = b.marks[1:]
			return 0, io.EOF
		case len(b.queue) > 0:
			n := len(b.queue)
			if len(b.marks) > 0 {
				n = b.marks[0]
			}
			n = copy(p, b.queue[:n])
			b.queue = b.queue[n:]
			if len(b.queue) == 0 {
				b.queue = nil
			}
			for i := range b.marks {
				b.marks[i] -= n
			}
			b.moved.Broadcast()
			return n, nil
		case b.ended || b.closed:
			return 0, io.EOF
		}
		b.moved.Wait()
	}
}

func (b *inbox) wake() {
	b.mu.Lock()
	b.moved.Broadcast()
	b.mu.Unlock()
}

// Write queues p; it waits while too much is queued already.
func (b *inbox) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.queue) > inboxLimit && !b.closed {
		b.moved.Wait()
	}
	if b.closed {
		return 0, io.ErrClosedPipe
	}
	b.queue = append(b.queue, p...)
	b.moved.Broadcast()
	return len(p), nil
}

// put queues p at once, however much waits.
func (b *inbox) put(p []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(p) > 0 && !b.closed {
		b.queue = append(b.queue, p...)
		b.moved.Broadcast()
	}
}

// unread puts p back before all that waits.
func (b *inbox) unread(p []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(p) > 0 && !b.closed {
		b.queue = append(p[:len(p):len(p)], b.queue...)
		for i := range b.marks {
			b.marks[i] += len(p)
		}
		b.moved.Broadcast()
	}
}

// mark has a read end behind all that is queued.
func (b *inbox) mark() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.marks = append(b.marks, len(b.queue))
	b.moved.Broadcast()
}

// take empties the queue; its marks are the Ctrl-D's that they come from.
func (b *inbox) take() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.queue
	for i, at := range b.marks {
		all = slices.Insert(all, at+i, ctrlD)
	}
	b.queue, b.marks = nil, nil
	b.moved.Broadcast()
	return all
}

// full reports whether more waits than should; room waits while it does.
func (b *inbox) full() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.queue) > inboxLimit
}

func (b *inbox) room() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.queue) > inboxLimit && !b.closed {
		b.moved.Wait()
	}
}

// end says that no more will be written.
func (b *inbox) end() {
	b.mu.Lock()
	b.ended = true
	b.moved.Broadcast()
	b.mu.Unlock()
}

// close says that no more will be read.
func (b *inbox) close() {
	b.mu.Lock()
	b.closed = true
	b.queue = nil
	b.moved.Broadcast()
	b.mu.Unlock()
}

// input is the standard input of a session. Its source is read from the first
// read on, by one goroutine.
type input struct {
	tasks  *tasks
	source io.Reader
	once   sync.Once
	box    *inbox
}

func newInput(t *tasks, source io.Reader) *input {
	return &input{tasks: t, source: source, box: newInbox()}
}

// until returns the input as a reader whose reads end with ctx.
func (in *input) until(ctx context.Context) io.Reader { return &boundInput{ctx, in} }

type boundInput struct {
	ctx context.Context
	in  *input
}

func (b *boundInput) Read(p []byte) (int, error) {
	b.in.once.Do(func() {
		if !b.in.tasks.run(func() {
			io.Copy(struct{ io.Writer }{b.in.box}, b.in.source)
			b.in.box.end()
		}) {
			b.in.box.end()
		}
	})
	return b.in.box.read(b.ctx, p)
}
