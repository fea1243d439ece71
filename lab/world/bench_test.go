package world

import (
	"bytes"
	"testing"
)

func benchGuide(b *testing.B) *guide {
	g := newGuide(&testing.T{}, Options{})
	g.change(endpointOn("rtb-priv"))
	return g
}

func BenchmarkRoute(b *testing.B) {
	g := benchGuide(b)
	for _, bc := range []struct {
		name string
		from HostID
		f    Flow
	}{
		{"endpoint", private, flow(TCP, privateIP, 4000, s3B, 443)},
		{"internet", bastion, flow(TCP, bastionIP, 4000, s3A, 443)},
		{"local", bastion, flow(TCP, bastionIP, 4000, privateIP, 22)},
		{"dropped", private, flow(UDP, privateIP, 4000, s3B, 33434)},
	} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				g.Route(bc.from, bc.f, nil)
			}
		})
	}
}

func BenchmarkRouteParallel(b *testing.B) {
	g := benchGuide(b)
	b.RunParallel(func(pb *testing.PB) {
		f := flow(TCP, privateIP, 4000, s3B, 443)
		for pb.Next() {
			g.Route(private, f, nil)
		}
	})
}

func BenchmarkSnapshot(b *testing.B) {
	g := benchGuide(b)
	for b.Loop() {
		_ = g.Snapshot()
	}
}

func BenchmarkUpdate(b *testing.B) {
	g := benchGuide(b)
	b.ReportAllocs()
	for b.Loop() {
		_ = g.Update(func(tx *Tx) error {
			tx.Vpcs.Edit("vpc-1").EnableDnsHostnames = true
			return nil
		})
	}
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		New(Options{Seed: 1})
	}
}

func BenchmarkLookup(b *testing.B) {
	s := benchGuide(b).Snapshot()
	from := s.Interfaces["eni-i-private"]
	b.ReportAllocs()
	for b.Loop() {
		s.Lookup(from, "test-seoulregion.s3.ap-northeast-2.amazonaws.com", "A")
	}
}

func BenchmarkEncode(b *testing.B) {
	s := benchGuide(b).Snapshot()
	var buf bytes.Buffer
	for b.Loop() {
		buf.Reset()
		_ = s.Encode(&buf)
	}
	b.SetBytes(int64(buf.Len()))
}

// BenchmarkSave is a change of a lab that is kept, on the disk when it returns.
func BenchmarkSave(b *testing.B) {
	j, _, err := OpenJournal(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	g := newGuide(&testing.T{}, Options{Save: j.Save})
	b.ReportAllocs()
	for b.Loop() {
		if err := g.Update(func(tx *Tx) error {
			tx.Vpcs.Edit("vpc-1").Tags = Tags{"Name": "x"}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}
