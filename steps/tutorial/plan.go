package tutorial

import (
	"fmt"
	"maps"
)

// PlanItem is one thing that the walk makes.
type PlanItem struct {
	Step    string // where it is made
	Kind    string // as in the ledger: "vpc", "instance"…
	Part    string // "bastion", "private"…
	Name    string // what it is called on the account
	Detail  string // an address range, a type; "" where there is nothing to say
	Tags    map[string]string
	PerHour float64 // US dollars; 0 is free
}

// Plan is everything that a walk of that session makes on that account, in
// order; the steps make the same, and nothing else.
func (w *Walk) Plan(session, account string) []PlanItem {
	price := PriceIn(w.region())
	bucket := w.o.BucketName
	if bucket == "" {
		bucket = defaultBucket(account, session)
	}
	base := baseName(session)
	details := map[[2]string]string{
		{"vpc", main}: vpcCidr, {"subnet", public}: publicCidr, {"subnet", private}: privateCidr,
		{"security-group", bastion}: "tcp/22", {"security-group", private}: "tcp/22",
		{"instance", bastion}:          fmt.Sprintf("%s, %s, IPv4, gp3 %d GiB", sizes()[0], bastionIP, diskGiB),
		{"instance", private}:          fmt.Sprintf("%s, %s, gp3 %d GiB", sizes()[0], privateIP, diskGiB),
		{"vpc-endpoint", endpointPart}: serviceNames(w.region())[0] + ", Gateway",
	}
	var items []PlanItem
	for _, n := range append(needed(), [2]string{"vpc-endpoint", endpointPart}) {
		item := PlanItem{Step: "3.1", Kind: n[0], Part: n[1], Name: base, Detail: details[n]}
		if item.Part != main {
			item.Name += "-" + item.Part
		}
		item.Tags = map[string]string{tagSession: session, tagPart: item.Part}
		maps.Copy(item.Tags, w.o.Tags)
		switch item.Kind {
		case "bucket":
			item.Name = bucket
		case "object":
			item.Name, item.Detail, item.Tags = bucket+"/"+sampleKey, fmt.Sprintf("%d bytes", sampleSize), nil
		case "role", "instance-profile":
			item.Tags[tagRegion] = w.region()
		case "vpc":
			item.Tags[tagName] = item.Name
			if bucket != defaultBucket(account, session) {
				item.Tags[tagBucket] = bucket
			}
		default: // EC2 has no names but tags
			item.Tags[tagName] = item.Name
		}
		switch item.Kind {
		case "instance":
			item.PerHour = price.hourly(sizes()[0], item.Part == bastion)
		case "vpc-endpoint":
			item.Step = "3.7"
		}
		items = append(items, item)
	}
	return items
}
