package awsapi

import (
	"strconv"
	"strings"

	"gatewalk/lab/world"
)

func createInsightsPath(c *ec2Call) error {
	tags, err := c.tags("network-insights-path")
	if err != nil {
		return err
	}
	f := c.form
	p := world.InsightsPath{
		Destination: idOf(f.str("Destination")), Protocol: strings.ToLower(f.str("Protocol")),
		SourceIP: f.str("SourceIp"), DestinationIP: f.str("DestinationIp"), Tags: tags,
	}
	if p.Source, err = f.need("Source"); err != nil {
		return err
	}
	p.Source = idOf(p.Source)
	if _, err := f.need("Protocol"); err != nil {
		return err
	}
	if p.DestinationPort, err = f.integer("DestinationPort", 0); err != nil {
		return err
	}
	// The newer form of the same, in a filter.
	if at := f.kid("FilterAtSource"); at != nil {
		if v := at.str("DestinationAddress"); v != "" {
			p.DestinationIP = v
		}
		if at.has("DestinationPortRange") {
			if p.DestinationPort, err = at.integer("DestinationPortRange.FromPort", 0); err != nil {
				return err
			}
			at.skip("DestinationPortRange.ToPort")
		}
	}
	made, err := onceIn(c, "nip", func() map[string]*world.InsightsPath { return c.st.InsightsPaths }, func() (*world.InsightsPath, error) {
		return c.tx.CreateInsightsPath(p)
	})
	if err != nil {
		return err
	}
	c.out.in("networkInsightsPath", func() { c.insightsPath(made) })
	return nil
}

// idOf is the id of a resource that is named by it or by its ARN.
func idOf(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

func (c *ec2Call) arnOf(id string) string {
	t, _ := c.st.Resource(id)
	return c.arn(t)
}

func (c *ec2Call) insightsPath(p *world.InsightsPath) {
	w := &c.out
	w.text("networkInsightsPathId", p.ID)
	w.text("networkInsightsPathArn", c.arnOf(p.ID))
	w.time("createdDate", p.Created)
	w.text("source", p.Source)
	w.text("sourceArn", c.arnOf(p.Source))
	if p.Destination != "" {
		w.text("destination", p.Destination)
		w.text("destinationArn", c.arnOf(p.Destination))
	}
	w.opt("sourceIp", p.SourceIP)
	w.opt("destinationIp", p.DestinationIP)
	w.text("protocol", p.Protocol)
	if p.DestinationPort != 0 {
		w.number("destinationPort", p.DestinationPort)
	}
	w.tags(p.Tags)
}

func describeInsightsPaths(c *ec2Call) error {
	type path = *world.InsightsPath
	return describeList(c, "networkInsightsPathSet", described[path]{
		ids: "NetworkInsightsPathId", prefix: "nip", all: c.st.InsightsPaths,
		tags: func(p path) world.Tags { return p.Tags },
		filters: map[string]func(path) []string{
			"source":      one(func(p path) string { return p.Source }),
			"destination": one(func(p path) string { return p.Destination }),
			"protocol":    one(func(p path) string { return p.Protocol }),
			"filter-at-source.destination-port-range.from-port": one(func(p path) string { return strconv.Itoa(p.DestinationPort) }),
		},
	}, c.insightsPath)
}

func deleteInsightsPath(c *ec2Call) error {
	id, err := c.form.need("NetworkInsightsPathId")
	if err != nil {
		return err
	}
	if err := c.tx.DeleteInsightsPath(id); err != nil {
		return err
	}
	c.out.text("networkInsightsPathId", id)
	return nil
}

func startInsightsAnalysis(c *ec2Call) error {
	tags, err := c.tags("network-insights-analysis")
	if err != nil {
		return err
	}
	path, err := c.form.need("NetworkInsightsPathId")
	if err != nil {
		return err
	}
	a, err := onceIn(c, "nia", func() map[string]*world.InsightsAnalysis { return c.st.InsightsResults }, func() (*world.InsightsAnalysis, error) {
		return c.tx.Analyze(path, tags)
	})
	if err != nil {
		return err
	}
	c.out.in("networkInsightsAnalysis", func() { c.analysis(a) })
	return nil
}

func (c *ec2Call) component(name, id string) {
	c.out.in(name, func() {
		c.out.text("id", id)
		c.out.text("arn", c.arnOf(id))
	})
}

// explained is the element of an explanation that a kind of object goes into,
// beside the general one.
var explained = map[string]string{
	"rtb": "routeTable", "sg": "securityGroup", "acl": "acl", "igw": "internetGateway",
	"vpce": "vpcEndpoint", "nat": "natGateway", "eni": "networkInterface", "vpc": "vpc", "subnet": "subnet",
}

// running says whether an analysis has no findings yet.
func (c *ec2Call) running(a *world.InsightsAnalysis) bool {
	return c.now.Sub(a.Started) < world.InsightsTime
}

func (c *ec2Call) analysis(a *world.InsightsAnalysis) {
	w := &c.out
	w.text("networkInsightsAnalysisId", a.ID)
	w.text("networkInsightsAnalysisArn", c.arnOf(a.ID))
	w.text("networkInsightsPathId", a.PathID)
	w.time("startDate", a.Started)
	if c.running(a) {
		w.text("status", "running")
		w.tags(a.Tags)
		return
	}
	w.text("status", a.Status)
	if a.Status == "failed" {
		w.text("statusMessage", "The source "+a.Component+" does not exist any more.")
		w.tags(a.Tags)
		return
	}
	w.boolean("networkPathFound", a.Found)
	if a.Found {
		n := 0
		list(w, "forwardPathComponentSet", a.Path, func(id string) {
			n++
			w.number("sequenceNumber", n)
			c.component("component", id)
		})
	} else {
		w.in("explanationSet", func() {
			w.in("item", func() {
				w.text("explanationCode", a.Explanation)
				direction := "egress"
				if a.Inward {
					direction = "ingress"
				}
				w.text("direction", direction)
				if k, ok := world.KindOf(a.Component); ok {
					c.component("component", a.Component)
					if element := explained[k.Prefix]; element != "" {
						c.component(element, a.Component)
					}
				}
			})
		})
	}
	w.tags(a.Tags)
}

func describeInsightsAnalyses(c *ec2Call) error {
	type analysis = *world.InsightsAnalysis
	path := c.form.str("NetworkInsightsPathId")
	all := c.st.InsightsResults
	if path != "" {
		all = map[string]analysis{}
		for id, a := range c.st.InsightsResults {
			if a.PathID == path {
				all[id] = a
			}
		}
	}
	return describeList(c, "networkInsightsAnalysisSet", described[analysis]{
		ids: "NetworkInsightsAnalysisId", prefix: "nia", all: all,
		tags: func(a analysis) world.Tags { return a.Tags },
		filters: map[string]func(analysis) []string{
			"path-found": yes(func(a analysis) bool { return a.Found && !c.running(a) }),
			"status": one(func(a analysis) string {
				if c.running(a) {
					return "running"
				}
				return a.Status
			}),
		},
	}, c.analysis)
}

func deleteInsightsAnalysis(c *ec2Call) error {
	id, err := c.form.need("NetworkInsightsAnalysisId")
	if err != nil {
		return err
	}
	if err := c.tx.DeleteAnalysis(id); err != nil {
		return err
	}
	c.out.text("networkInsightsAnalysisId", id)
	return nil
}
