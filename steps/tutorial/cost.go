package tutorial

import (
	"time"

	"gatewalk/steps"
)

// Cost is what a session's resources have cost until now and what an hour more
// costs, in US dollars by [PriceIn]: instances with their disks, and the
// bastion's public address. The rest of the walk is free, or too little to
// show.
func Cost(region string, events []steps.Event, now time.Time) (usd, perHour float64) {
	p := PriceIn(region)
	since := map[string]steps.Event{}
	hourly := func(e steps.Event) float64 {
		price := p.Instance + diskGiB*p.DiskGiB
		if e.Args["public_ip"] != "" {
			price += p.Address
		}
		return price
	}
	for _, e := range events {
		if e.Resource == nil || e.Resource.Kind != "instance" {
			continue
		}
		switch e.Kind {
		case steps.Made:
			if _, known := since[e.Resource.ID]; !known {
				since[e.Resource.ID] = e
			}
		case steps.Gone:
			if made, ok := since[e.Resource.ID]; ok {
				usd += e.At.Sub(made.At).Hours() * hourly(made)
				delete(since, e.Resource.ID)
			}
		}
	}
	for _, made := range since {
		usd += max(0, now.Sub(made.At).Hours()) * hourly(made)
		perHour += hourly(made)
	}
	return usd, perHour
}
