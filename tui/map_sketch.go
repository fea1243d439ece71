package tui

import (
	"gatewalk/tui/theme"
	"gatewalk/tui/widget"
)

// The map, at its smallest:
//
//	╭───────╮                     ╭─────╮
//	│ my PC ├───── internet ────┬─┤ S3  │
//	╰───────╯                   │ ╰───┬─╯
//	╭─ VPC 10.0.0.0/16 ─────┤IGW├──╮  │
//	│╭─ public 10.0.1.0/24 ─╮   │   │  │
//	││ ● bastion 10.0.1.123 ├───╯   │  │
//	│├─ route table ────────┤       │  │
//	││   10.0.0.0/16 → local│       │  │
//	││   0.0.0.0/0 → IGW    │       │  │
//	│╰┬─────────────────────╯       │  │
//	│╭┴ private 10.0.2.0/24 ╮       │  │
//	││ ● private 10.0.2.234 ├────┤EP├──╯
//	│├─ route table ────────┤       │
//	││   10.0.0.0/16 → local│       │
//	││ + pl-78a54011 → EP   │       │
//	│╰──────────────────────╯       │
//	╰───────────────────────────────╯
//
// Where there is room the tables show whole ids, the boxes addresses, and
// everything stands further apart.
const (
	mapW = 37 // the least width
	mapH = 18 // and height
	wayY = 1  // the row of the internet

	mapWide = 92 // from this width on with addresses, and ids beside the doors
	mapFull = 56 // from this width on with whole ids in the tables
)

// sketch is a picture in the making: where everything is.
type sketch struct {
	m      *model
	t      *theme.Theme
	f      facts
	c      *widget.Canvas
	w, h   int
	wide   bool // with addresses, and ids beside the doors
	full   bool // with whole ids in the tables
	pcR    int  // the right edge of my PC
	s3L    int  // the left edge of S3
	s3B    int  // the lower edges of both
	left   int  // the edges of the subnets
	right  int
	gate   int // the column of the internet gateway
	vpcR   int // the right edge of the VPC, where the endpoint's door is
	leg    int // the column of the endpoint's line to S3
	vpcY   int
	bottom int
	at     [2]siteRows
}

// siteRows are the rows of a subnet.
type siteRows struct{ top, host, table, bottom int }

// sketch places everything in at most w by h cells.
func (f facts) sketch(m *model, w, h int) *sketch {
	s := &sketch{m: m, t: m.t, f: f}
	for air := 4; air >= 0; air-- {
		words := 12 // rows that are left for them
		if s.place(w, air); s.wide {
			words = 8
		}
		if s.h+words <= h {
			break
		}
	}
	s.c = widget.NewCanvas(s.w, s.h, m.t.Border)
	return s
}

// place computes all columns and rows. The more air, the more rows are left
// between things that need not touch: the odd ones around boxes, the even ones
// in them.
func (s *sketch) place(w, air int) {
	around, within := (air+1)/2, air/2
	inner := min(max(w-14, mapW-14), 42)
	s.wide = w >= mapWide
	s.left, s.pcR, s.s3B = 1, 8, 2
	s.right = s.left + inner + 1
	s.full = inner >= 40
	s.gate, s.vpcR = s.right+3, s.right+6
	s.leg, s.w = s.vpcR+3, s.vpcR+6
	s.s3L = s.w - 7
	if s.wide {
		s.w = min(w, 116)
		s.left, s.pcR, s.s3B = 2, 19, 4
		s.right = s.left + inner + 1
		s.gate, s.vpcR = s.right+4, s.right+29
		s.leg, s.s3L = s.w-12, s.w-34
	}
	s.vpcY = s.s3B + 1 + around
	y := s.vpcY + 1 + around
	for i, site := range s.f.sites {
		p := &s.at[i]
		p.top, p.host = y, y+1+within
		p.table = p.host + 1 + within
		p.bottom = p.table + 1 + max(2, len(site.rows))
		y = p.bottom + 2 + around
	}
	s.bottom = s.at[1].bottom + 1 + around
	s.h = s.bottom + 1
}
