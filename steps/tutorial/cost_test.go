package tutorial

import (
	"math"
	"testing"
	"time"

	"gatewalk/steps"
)

func TestCost(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	made := func(id, public string, when time.Time) steps.Event {
		return steps.Event{At: when, Kind: steps.Made, Resource: &steps.Resource{Kind: "instance", ID: id}, Args: steps.Args{"public_ip": public, "type": "t3.micro"}}
	}
	p := PriceIn("ap-northeast-2")
	one := p.Instance + diskGiB*p.DiskGiB
	events := []steps.Event{
		made("i-1", "", at),
		made("i-1", "3.34.1.2", at.Add(time.Minute)), // it runs now
		made("i-2", "", at),
		{At: at, Kind: steps.Made, Resource: &steps.Resource{Kind: "vpc", ID: "vpc-1"}},
		{At: at.Add(time.Hour), Kind: steps.Gone, Resource: &steps.Resource{Kind: "instance", ID: "i-2"}},
	}
	// A region that the table lacks is not cheaper than one that it has, and a
	// larger instance, taken where there was no room for another, costs more.
	if unknown := PriceIn("xx-test-1"); unknown.Known || unknown.hourly("t3.micro", true) < p.hourly("t3.micro", true) || p.hourly("t3.small", false) <= one {
		t.Error("prices that are not known are too low")
	}
	usd, perHour := Cost("ap-northeast-2", events, at.Add(2*time.Hour))
	if want := 2*(one+p.Address) + one; math.Abs(usd-want) > 1e-9 || math.Abs(perHour-one-p.Address) > 1e-9 {
		t.Errorf("got %v and %v an hour, want %v and %v", usd, perHour, want, one+p.Address)
	}
}
