package awsapi

import (
	"gatewalk/lab/world"
)

func createNatGateway(c *ec2Call) error {
	tags, err := c.tags("natgateway")
	if err != nil {
		return err
	}
	subnet, err := c.form.need("SubnetId")
	if err != nil {
		return err
	}
	switch k := c.form.str("ConnectivityType"); k {
	case "", "public":
	case "private":
		return unsupported("Private NAT gateways are not part of this lab.")
	default:
		return invalidValue("connectivityType", k)
	}
	allocation, err := c.form.need("AllocationId")
	if err != nil {
		return err
	}
	n, err := onceIn(c, "nat", func() map[string]*world.NatGateway { return c.st.NatGateways }, func() (*world.NatGateway, error) {
		return c.tx.CreateNatGateway(subnet, allocation, tags)
	})
	if err != nil {
		return err
	}
	c.out.opt("clientToken", c.form.str("ClientToken"))
	c.out.in("natGateway", func() { c.natGateway(n) })
	return nil
}

func (c *ec2Call) natGateway(n *world.NatGateway) {
	w := &c.out
	w.text("natGatewayId", n.ID)
	w.text("vpcId", n.VpcID)
	w.text("subnetId", n.SubnetID)
	w.text("state", n.State)
	w.time("createTime", n.Created)
	if n.State == "deleted" {
		w.time("deleteTime", n.StateSince)
	}
	w.text("connectivityType", "public")
	list(w, "natGatewayAddressSet", present(c.st.Interfaces[n.InterfaceID]), func(i *world.Interface) {
		w.text("allocationId", i.AllocationID)
		w.text("networkInterfaceId", i.ID)
		w.text("privateIp", i.PrivateIP.String())
		if i.PublicIP.IsValid() {
			w.text("publicIp", i.PublicIP.String())
		}
		if a := c.st.Addresses[i.AllocationID]; a != nil {
			w.text("associationId", a.AssociationID)
		}
		w.boolean("isPrimary", true)
		w.text("status", "succeeded")
	})
	w.tags(n.Tags)
}

func describeNatGateways(c *ec2Call) error {
	type nat = *world.NatGateway
	return describeList(c, "natGatewaySet", described[nat]{
		ids: "NatGatewayId", prefix: "nat", all: c.st.NatGateways,
		tags: func(n nat) world.Tags { return n.Tags },
		filters: map[string]func(nat) []string{
			"nat-gateway-id": one(func(n nat) string { return n.ID }),
			"vpc-id":         one(func(n nat) string { return n.VpcID }),
			"subnet-id":      one(func(n nat) string { return n.SubnetID }),
			"state":          one(func(n nat) string { return n.State }),
		},
	}, c.natGateway)
}

func deleteNatGateway(c *ec2Call) error {
	id, err := c.form.need("NatGatewayId")
	if err != nil {
		return err
	}
	n, err := c.tx.DeleteNatGateway(id)
	if err != nil {
		return err
	}
	c.out.text("natGatewayId", n.ID)
	return nil
}
