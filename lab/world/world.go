// Package world is the simulated account: VPCs, subnets, route tables,
// security groups, endpoints, instances, buckets, roles. It is pure state with
// a clock: no packet, no socket and no HTTP is known here, and only the
// standard library is imported.
//
// Readers take a [State] by [World.Snapshot] without a lock. Writers run one
// at a time in [World.Update], which copies what it changes. Every change can
// be watched, and a world can be saved to JSON and loaded again.
package world
