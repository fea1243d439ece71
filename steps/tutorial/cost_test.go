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
		return steps.Event{At: when, Kind: steps.Made, Resource: &steps.Resource{Kind: "instance", ID: id}, Args: steps.Args{"public_ip": public}}
	}
	p := PriceIn("ap-northeast-2")
	one := p.Instance + diskGiB*p.DiskGiB
	events := []steps.Event{
		made("i-1", "3.34.1.2", at),
		made("i-2", "", at),
		{At: at, Kind: steps.Made, Resource: &steps.Resource{Kind: "vpc", ID: "vpc-1"}},
		{At: at.Add(time.Hour), Kind: steps.Gone, Resource: &steps.Resource{Kind: "instance", ID: "i-2"}},
	}
	usd, perHour := Cost("ap-northeast-2", events, at.Add(2*time.Hour))
	if want := 2*(one+p.Address) + one; math.Abs(usd-want) > 1e-9 || math.Abs(perHour-one-p.Address) > 1e-9 {
		t.Errorf("got %v and %v an hour, want %v and %v", usd, perHour, want, one+p.Address)
	}
}
