package tutorial

import (
	"time"

	"gatewalk/steps"
)

// diskGiB is the root volume of Amazon Linux 2023.
const diskGiB = 8

// Price is what the walk's things cost in a region, in US dollars per hour.
type Price struct {
	Instance float64 // a t3.micro
	Address  float64 // a public IPv4 address
	DiskGiB  float64 // one GiB of gp3
	// Known is false for a region that the table does not have; the figures
	// are then those of the dearest one that it has.
	Known bool
}

// PriceIn is a small table of list prices of 2026. The bill is AWS's: this is
// for knowing the order of magnitude before saying yes.
func PriceIn(region string) Price {
	const address = 0.005
	const month = 730 // hours, as AWS reckons
	dearest := Price{0.0168, address, 0.152 / month, true}
	table := map[string]Price{
		"ap-northeast-1": {0.0136, address, 0.096 / month, true},
		"ap-northeast-2": {0.0130, address, 0.0912 / month, true},
		"ap-northeast-3": {0.0136, address, 0.096 / month, true},
		"ap-southeast-1": {0.0132, address, 0.096 / month, true},
		"ap-southeast-2": {0.0132, address, 0.096 / month, true},
		"ap-south-1":     {0.0112, address, 0.0912 / month, true},
		"ca-central-1":   {0.0116, address, 0.088 / month, true},
		"eu-central-1":   {0.0120, address, 0.0952 / month, true},
		"eu-west-1":      {0.0114, address, 0.088 / month, true},
		"eu-west-2":      {0.0118, address, 0.0928 / month, true},
		"sa-east-1":      dearest,
		"us-east-1":      {0.0104, address, 0.08 / month, true},
		"us-east-2":      {0.0104, address, 0.08 / month, true},
		"us-west-2":      {0.0104, address, 0.08 / month, true},
	}
	if p, ok := table[region]; ok {
		return p
	}
	dearest.Known = false
	return dearest
}

// hourly is what an instance of that type costs with its disk, and with a
// public address if it has one.
func (p Price) hourly(size string, public bool) float64 {
	// Beside a t3.micro, as AWS prices them everywhere.
	times := map[string]float64{"t3.micro": 1, "t3.small": 2, "t2.micro": 1.12, "t3a.micro": 0.9}[size]
	if times == 0 {
		times = 2 // of a later gatewalk: rather too dear than too cheap
	}
	usd := times*p.Instance + diskGiB*p.DiskGiB
	if public {
		usd += p.Address
	}
	return usd
}

// Cost is what a session's resources have cost until now and what an hour more
// costs, in US dollars by [PriceIn]: instances with their disks, and the
// bastion's public address. The rest of the walk is free, or too little to
// show.
func Cost(region string, events []steps.Event, now time.Time) (usd, perHour float64) {
	p := PriceIn(region)
	since := map[string]steps.Event{}
	hourly := func(e steps.Event) float64 { return p.hourly(e.Args["type"], e.Args["public_ip"] != "") }
	for _, e := range events {
		if e.Resource == nil || e.Resource.Kind != "instance" {
			continue
		}
		switch e.Kind {
		case steps.Made:
			// It is told twice; the public address is known the second time.
			if first, known := since[e.Resource.ID]; known {
				e.At = first.At
			}
			since[e.Resource.ID] = e
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
