package world

import "net/netip"

// Addresses that mean the same in every VPC (VPC user guide, "vpc-dns"; EC2
// user guide, "configuring-instance-metadata-service").
var (
	metadataAddr = netip.AddrFrom4([4]byte{169, 254, 169, 254})
	resolverAddr = netip.AddrFrom4([4]byte{169, 254, 169, 253})
)
