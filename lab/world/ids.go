package world

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
)

// draw is 32 bytes that depend on the seed and on how many were drawn before:
// the same history makes the same world, and no id is ever given twice.
func (tx *Tx) draw() [sha256.Size]byte {
	tx.dirty = true
	tx.next.Serial++
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], tx.next.Seed)
	binary.BigEndian.PutUint64(b[8:], tx.next.Serial)
	return sha256.Sum256(b[:])
}

// NewID is a resource id such as vpc-0a1b2c3d4e5f60718: the prefix (without
// its dash) and 17 hex digits, the first of which is 0 as in AWS's.
func (tx *Tx) NewID(prefix string) string {
	d := tx.draw()
	return prefix + "-0" + hex.EncodeToString(d[:8])
}

// NewRequestID is a UUID.
func (tx *Tx) NewRequestID() string {
	d := tx.draw()
	d[6], d[8] = d[6]&0x0f|0x40, d[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", d[:4], d[4:6], d[6:8], d[8:10], d[10:16])
}

// NewMac is a locally administered unicast MAC address.
func (tx *Tx) NewMac() string {
	d := tx.draw()
	return fmt.Sprintf("02:%02x:%02x:%02x:%02x:%02x", d[0], d[1], d[2], d[3], d[4])
}

// NewIAMID is an IAM unique id: the prefix (AROA role, AIPA instance profile,
// AIDA user, AKIA and ASIA access keys) and 17 letters or digits, 16 for the
// access keys.
func (tx *Tx) NewIAMID(prefix string) string {
	d := tx.draw()
	n := 17
	if prefix == "AKIA" || prefix == "ASIA" {
		n = 16
	}
	return prefix + base32.StdEncoding.EncodeToString(d[:])[:n]
}

// NewSecretKey is a secret access key: 40 characters.
func (tx *Tx) NewSecretKey() string {
	d := tx.draw()
	return base64.RawStdEncoding.EncodeToString(d[:])[:40]
}

// NewSessionToken is what temporary credentials carry beside their keys.
func (tx *Tx) NewSessionToken() string {
	a, b, c := tx.draw(), tx.draw(), tx.draw()
	return "IQoJb3JpZ2luX2Vj" + base64.StdEncoding.EncodeToString(append(append(a[:], b[:]...), c[:]...))
}

// NewPublicIP is a free address of the region's EC2 range.
func (tx *Tx) NewPublicIP() netip.Addr {
	used := map[netip.Addr]bool{}
	for _, i := range tx.next.Interfaces {
		used[i.PublicIP] = true
	}
	for _, a := range tx.next.Addresses {
		used[a.PublicIP] = true
	}
	return tx.pick(RegionData(tx.next.Region).PublicPool, used)
}

// NewCarrier is a free address of 240.0.0.0/4 ([Interface.Carrier]).
func (tx *Tx) NewCarrier() netip.Addr {
	used := map[netip.Addr]bool{}
	for _, i := range tx.next.Interfaces {
		used[i.Carrier] = true
	}
	return tx.pick(carriers, used)
}

// NewPrivateIP is a free address of the subnet, or false when there is none.
// AWS keeps the first four addresses and the last one.
func (tx *Tx) NewPrivateIP(subnetID string) (netip.Addr, bool) {
	sub := tx.next.Subnets[subnetID]
	if sub == nil || !sub.Cidr.Addr().Is4() {
		return netip.Addr{}, false
	}
	used := map[netip.Addr]bool{}
	for _, i := range tx.next.Interfaces {
		if i.SubnetID == subnetID {
			used[i.PrivateIP] = true
		}
	}
	base, size := number(sub.Cidr.Masked().Addr()), uint32(1)<<(32-sub.Cidr.Bits())
	if size < 16 {
		return netip.Addr{}, false
	}
	d := tx.draw()
	first := binary.BigEndian.Uint32(d[:]) % (size - 5)
	for i := range size - 5 {
		a := address(base + 4 + (first+i)%(size-5))
		if !used[a] {
			return a, true
		}
	}
	return netip.Addr{}, false
}

// carriers is the reserved block that the addresses inside the lab's own
// fabric come from: no VPC can overlap with it.
var carriers = netip.MustParsePrefix("240.0.0.0/4")

// pick draws until an address of p is free and looks like a host's; p is so
// much larger than any lab that this ends.
func (tx *Tx) pick(p netip.Prefix, used map[netip.Addr]bool) netip.Addr {
	base, size := number(p.Masked().Addr()), uint32(1)<<(32-p.Bits())
	for {
		d := tx.draw()
		a := address(base + binary.BigEndian.Uint32(d[:])%size)
		last := number(a) & 0xff
		if last != 0 && last != 255 && !used[a] {
			return a
		}
	}
}

// number and address turn an IPv4 address into an integer and back; number is
// 0 for anything else.
func number(a netip.Addr) uint32 {
	if !a.Is4() {
		return 0
	}
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}

func address(n uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	return netip.AddrFrom4(b)
}

// dashed is 10-0-1-123 for 10.0.1.123.
func dashed(a netip.Addr) string { return strings.ReplaceAll(a.String(), ".", "-") }
