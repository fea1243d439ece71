package awsapi

import "gatewalk/lab/world"

func createInternetGateway(c *ec2Call) error {
	tags, err := c.tags("internet-gateway")
	if err != nil {
		return err
	}
	g, err := c.tx.CreateInternetGateway(tags)
	if err != nil {
		return err
	}
	c.out.in("internetGateway", func() { c.internetGateway(g) })
	return nil
}

func (c *ec2Call) internetGateway(g *world.InternetGateway) {
	w := &c.out
	w.text("internetGatewayId", g.ID)
	w.text("ownerId", c.st.Account)
	w.in("attachmentSet", func() {
		if g.VpcID != "" {
			w.in("item", func() {
				w.text("vpcId", g.VpcID)
				w.text("state", "available") // not in the model's enum, and what AWS sends
			})
		}
	})
	w.tags(g.Tags)
}

func describeInternetGateways(c *ec2Call) error {
	attached := func(value func(*world.InternetGateway) string) func(*world.InternetGateway) []string {
		return func(g *world.InternetGateway) []string {
			if g.VpcID == "" {
				return nil
			}
			return []string{value(g)}
		}
	}
	return describeList(c, "internetGatewaySet", described[*world.InternetGateway]{
		ids: "InternetGatewayId", prefix: "igw", all: c.st.Gateways,
		tags: func(g *world.InternetGateway) world.Tags { return g.Tags },
		filters: map[string]func(*world.InternetGateway) []string{
			"internet-gateway-id": one(func(g *world.InternetGateway) string { return g.ID }),
			"owner-id":            one(func(*world.InternetGateway) string { return c.st.Account }),
			"attachment.vpc-id":   attached(func(g *world.InternetGateway) string { return g.VpcID }),
			"attachment.state":    attached(func(*world.InternetGateway) string { return "available" }),
		},
	}, c.internetGateway)
}

func attachInternetGateway(c *ec2Call) error {
	return c.withGateway(c.tx.AttachInternetGateway)
}

func detachInternetGateway(c *ec2Call) error {
	return c.withGateway(c.tx.DetachInternetGateway)
}

func (c *ec2Call) withGateway(do func(id, vpc string) error) error {
	id, err := c.form.need("InternetGatewayId")
	if err != nil {
		return err
	}
	vpc, err := c.form.need("VpcId")
	if err != nil {
		return err
	}
	if err := do(id, vpc); err != nil {
		return err
	}
	return c.ok()
}
