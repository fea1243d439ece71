package vnet

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"time"

	"gatewalk/lab/world"
)

// Capture writes what passes a host's card, both ways, to w as a pcap file
// (classic format, raw IP, lesson time), one Write a packet. As on a machine
// whose card segments, TCP packets may be larger than the MTU. stop ends it and
// returns the first error of w. A host that is powered off adds nothing more.
func (n *Net) Capture(id world.HostID, w io.Writer) (stop func() error, err error) {
	h := n.Host(id)
	if h == nil {
		return nil, fmt.Errorf("capturing: no host %s", id)
	}
	p, err := newPcap(w)
	if err != nil {
		return nil, fmt.Errorf("capturing host %s: %w", id, err)
	}
	h.taps.add(p)
	return func() error {
		h.taps.remove(p)
		return p.close()
	}, nil
}

// pcap writes a capture file. A nil pcap writes nothing.
type pcap struct {
	mu  sync.Mutex
	w   io.Writer // nil once it failed or is closed
	err error
}

// The fields of the pcap format (draft-ietf-opsawg-pcap).
const (
	pcapMagic   = 0xa1b2c3d4 // microseconds
	pcapSnapLen = 262144
	linkTypeRaw = 101
)

func newPcap(w io.Writer) (*pcap, error) {
	if w == nil {
		return nil, nil
	}
	le := binary.LittleEndian
	b := le.AppendUint32(nil, pcapMagic)
	b = le.AppendUint16(b, 2)
	b = le.AppendUint16(b, 4)
	b = append(b, make([]byte, 8)...)
	b = le.AppendUint32(b, pcapSnapLen)
	b = le.AppendUint32(b, linkTypeRaw)
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	return &pcap{w: w}, nil
}

func (p *pcap) see(_ bool, at time.Time, packet []byte) {
	if p == nil {
		return
	}
	le := binary.LittleEndian
	b := make([]byte, 0, 16+len(packet))
	b = le.AppendUint32(b, uint32(at.Unix()))
	b = le.AppendUint32(b, uint32(at.Nanosecond()/1000))
	b = le.AppendUint32(b, uint32(len(packet)))
	b = le.AppendUint32(b, uint32(len(packet)))
	b = append(b, packet...)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.w == nil {
		return
	}
	if _, err := p.w.Write(b); err != nil {
		p.w, p.err = nil, err
	}
}

func (*pcap) end() {}

func (p *pcap) close() error {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.w = nil
	return p.err
}
