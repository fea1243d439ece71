package lab_test

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatewalk/steps"
)

// What a lab may cost a process that has others.
const (
	maxHeap       = 1_500_000 // bytes
	maxGoroutines = 60
)

// long asks for a test's long form: minutes in place of seconds.
func long() bool { return os.Getenv("GATEWALK_LONG") != "" }

// Many labs in one process: in each the guide is walked until S3 answers, all
// are kept, and then all are stopped. One lab costs no more than it may, idle
// ones compute nothing, and afterwards nothing is left. A thousand of them with
// GATEWALK_LONG set.
func TestManyLabs(t *testing.T) {
	labs := 6
	if long() {
		labs = 1000
	}
	walkMany(t, 1, func(l *lesson) { l.close(t) }) // what the process makes once
	heap, goroutines := use()

	var mu sync.Mutex
	var kept []*lesson
	began := time.Now()
	walkMany(t, labs, func(l *lesson) {
		if err := l.walk.Close(); err != nil { // the learner's connections are not the lab's
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		kept = append(kept, l)
	})
	took := time.Since(began)
	settle(goroutines + labs*maxGoroutines)
	h, g := use()
	perHeap, perG := float64(h-heap)/float64(labs), float64(g-goroutines)/float64(labs)
	t.Logf("%d labs with the guide done: %.0f ms each, %.0f bytes of heap, %.1f goroutines", labs, took.Seconds()*1000/float64(labs), perHeap, perG)
	if perHeap > maxHeap {
		t.Errorf("a lab costs %.0f bytes, and may %d", perHeap, maxHeap)
	}
	if perG > maxGoroutines {
		t.Errorf("a lab costs %.0f goroutines, and may %d", perG, maxGoroutines)
	}
	if long() {
		cpu := cpuTime(t)
		time.Sleep(20 * time.Second)
		t.Logf("%d idle labs take %.2f %% of one processor, and %d MB of memory", labs, (cpuTime(t)-cpu).Seconds()/20*100, resident(t)>>20)
	}

	began = time.Now()
	inParallel(labs, func(i int) { kept[i].close(t) })
	t.Logf("stopping them: %.1f ms each", time.Since(began).Seconds()*1000/float64(labs))
	kept = nil
	leftNothing(t, heap, goroutines, g)
}

// Labs that come and go leave nothing behind. A thousand of them with
// GATEWALK_LONG set.
func TestLabsComeAndGo(t *testing.T) {
	labs := 6
	if long() {
		labs = 1000
	}
	walkMany(t, 1, func(l *lesson) { l.close(t) })
	heap, goroutines := use()
	began := time.Now()
	walkMany(t, labs, func(l *lesson) { l.close(t) })
	t.Logf("%d labs, one after the other: %.0f ms each", labs, time.Since(began).Seconds()*1000/float64(labs))
	leftNothing(t, heap, goroutines, goroutines)
}

// walkMany does the guide in n labs, of which a few are under way at a time.
func walkMany(t *testing.T, n int, then func(*lesson)) {
	t.Helper()
	inParallel(n, func(int) {
		l := startLesson(t, hurried)
		if err := l.RunUntil(t.Context(), steps.ID("3.8")); err != nil {
			t.Error(err)
		}
		then(l)
	})
	if t.Failed() {
		t.FailNow()
	}
}

// inParallel calls f for 0 to n-1, twice as many at a time as there are
// processors: the guide waits more than it computes.
func inParallel(n int, f func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, 2*runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				f(int(i))
			}
		})
	}
	wg.Wait()
}

// settle waits for goroutines that are on their way out.
func settle(want int) {
	for range 500 {
		if runtime.NumGoroutine() <= want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// leftNothing compares what the process holds with what it held before, and at
// its height: the runtime keeps half a kilobyte for every goroutine that there
// ever was at a time (runtime.malg), and that is nobody's leak.
func leftNothing(t *testing.T, heap int64, goroutines, height int) {
	t.Helper()
	settle(goroutines)
	limit := maxHeap/2 + 512*int64(height) // whatever their number, less than half a lab
	h, g := use()
	for end := time.Now().Add(10 * time.Second); h-heap > limit && time.Now().Before(end); h, g = use() {
		time.Sleep(200 * time.Millisecond) // timers and connections that end late hold memory; a leak holds it for good
	}
	t.Logf("left: %d bytes of heap, %d goroutines", h-heap, g-goroutines)
	if g > goroutines {
		t.Errorf("%d goroutines are left", g-goroutines)
	}
	if h-heap > limit {
		t.Errorf("%d bytes of heap are left", h-heap)
	}
}
