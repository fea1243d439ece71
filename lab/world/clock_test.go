package world

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	start := time.Date(2022, 1, 3, 11, 36, 9, 0, time.UTC)
	c := NewClock(start, 1000)
	began := time.Now()
	if err := c.Sleep(context.Background(), 10*time.Second); err != nil {
		t.Fatal(err)
	}
	real, lesson := time.Since(began), c.Now().Sub(start)
	if real < 10*time.Millisecond || lesson < 10*time.Second {
		t.Errorf("10 s of the lesson took %v, and %v on the lesson's clock", real, lesson)
	}
	if d := c.Real(time.Minute); d != 60*time.Millisecond {
		t.Errorf("a minute is %v", d)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.Sleep(ctx, time.Hour*1000); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled sleep: %v", err)
	}
	ran := make(chan bool)
	c.AfterFunc(time.Second, func() { close(ran) })
	<-ran
	if stop := c.AfterFunc(time.Hour*1000, func() { t.Error("called") }); !stop() {
		t.Error("the call could not be prevented")
	}
	var machine *Clock
	if machine.Speed() != 1 || machine.Real(time.Second) != time.Second || time.Since(machine.Now()) > time.Minute {
		t.Error("a nil clock is not the machine's")
	}
	if s := NewClock(start, -1).Speed(); s != 1 {
		t.Errorf("speed %v", s)
	}
}
