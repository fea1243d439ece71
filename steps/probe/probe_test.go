package probe

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var byAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
var byPort = cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })

func TestS3Ls(t *testing.T) {
	at := time.Date(2022, 1, 3, 11, 36, 9, 0, time.UTC)
	for _, test := range []struct {
		name, text string
		want       Listing
	}{
		{"empty", "", Listing{}},
		{"one", "2022-01-03 11:36:09     478809 TestImage1.png\n", Listing{Objects: []Object{{at, 478809, "TestImage1.png"}}}},
		{"prefix and blanks", "                           PRE photos/\r\n2022-01-03 11:36:09 12345678901 big file.bin\r\n",
			Listing{[]string{"photos/"}, []Object{{at, 12345678901, "big file.bin"}}}},
	} {
		got, err := S3Ls(test.text)
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", test.name, err, diff)
		}
	}
	for _, bad := range []string{"nonsense\n", "2022-01-03 11:36:09     x y\n", "2022-01-03 11:36:09 12\n", "\nConnect timeout on endpoint URL: \"x\"\n"} {
		var e *SyntaxError
		if _, err := S3Ls(bad); !errors.As(err, &e) {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

const answer = "Server:\t\t10.0.0.2\nAddress:\t10.0.0.2#53\n\nNon-authoritative answer:\n"

func TestNslookup(t *testing.T) {
	server := netip.MustParseAddrPort("10.0.0.2:53")
	addr := netip.MustParseAddr
	for _, test := range []struct {
		name, text string
		want       Lookup
	}{
		{"one address", answer + "Name:\ts3.ap-northeast-2.amazonaws.com\nAddress: 52.219.56.25\n\n",
			Lookup{Server: server, Name: "s3.ap-northeast-2.amazonaws.com", Addresses: []netip.Addr{addr("52.219.56.25")}}},
		{"alias, two", answer + "b.s3.x.amazonaws.com\tcanonical name = s3-r-w.x.amazonaws.com.\nName:\ts3-r-w.x.amazonaws.com\nAddress: 3.5.1.1\nName:\ts3-r-w.x.amazonaws.com\nAddress: 3.5.1.2\n\n",
			Lookup{Server: server, Name: "s3-r-w.x.amazonaws.com", Aliases: []string{"b.s3.x.amazonaws.com"}, Addresses: []netip.Addr{addr("3.5.1.1"), addr("3.5.1.2")}}},
		{"no such name", "Server:\t\t10.0.0.2\nAddress:\t10.0.0.2#53\n\n** server can't find nosuch.example.com: NXDOMAIN\n\n", Lookup{Server: server, Failure: "NXDOMAIN"}},
		{"servfail", ";; Got SERVFAIL reply from 10.0.0.2\nServer:\t\t10.0.0.2\nAddress:\t10.0.0.2#53\n\n** server can't find x.y: SERVFAIL\n\n", Lookup{Server: server, Failure: "SERVFAIL"}},
		{"silence", strings.Repeat(";; communications error to 10.0.0.2#53: timed out\n", 3) + ";; no servers could be reached\n\n", Lookup{Failure: "timed out"}},
		{"an answer to the second question", ";; communications error to 10.0.0.2#53: timed out\nServer:\t\t10.0.0.2\nAddress:\t10.0.0.2#53\n\nName:\tx.y\nAddress: 10.0.0.1\n\n",
			Lookup{Server: server, Name: "x.y", Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.1")}}},
	} {
		got, err := Nslookup(test.text)
		if diff := cmp.Diff(test.want, got, byAddr, byPort); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", test.name, err, diff)
		}
	}
	var e *SyntaxError
	if _, err := Nslookup("-bash: nslookup: command not found\n"); !errors.As(err, &e) || e.Line != 1 {
		t.Errorf("got %v", err)
	}
}

const publicTrace = `traceroute to 52.219.56.25 (52.219.56.25), 30 hops max, 60 byte packets
 1  ec2-52-79-0-145.ap-northeast-2.compute.amazonaws.com (52.79.0.145)  0.805 ms ec2-52-79-0-149.ap-northeast-2.compute.amazonaws.com (52.79.0.149)  3.139 ms *
 2  100.65.19.160 (100.65.19.160)  2.173 ms  1.294 ms 100.65.18.160 (100.65.18.160)  3.221 ms !X
 8  s3.ap-northeast-2.amazonaws.com (52.219.56.25)  0.232 ms  0.246 ms  0.266 ms
`

func TestTraceroute(t *testing.T) {
	got, err := Traceroute(publicTrace)
	if err != nil || !got.Reached() || got.Silent() || got.MaxHops != 30 || len(got.Hops) != 3 {
		t.Fatalf("got %+v, %v", got, err)
	}
	first, second := got.Hops[0], got.Hops[1]
	if first.Probes[1].Name != "ec2-52-79-0-149.ap-northeast-2.compute.amazonaws.com" || first.Probes[1].RTT != 3139*time.Microsecond || first.Probes[2].From.IsValid() {
		t.Errorf("hop 1: %+v", first)
	}
	if len(second.Probes) != 3 || len(second.Addresses()) != 2 || second.Probes[0].Name != "" || second.Probes[2].Mark != "!X" {
		t.Errorf("hop 2: %+v", second)
	}

	stars := "traceroute to 3.5.143.161 (3.5.143.161), 30 hops max, 60 byte packets\n 1  * * *\n 2  * * *\n"
	if got, err := Traceroute(stars); err != nil || got.Reached() || !got.Silent() || len(got.Hops) != 2 {
		t.Errorf("stars: %+v, %v", got, err)
	}
	endpoint := stars + " 7  3.5.143.161  0.662 ms  0.668 ms  0.637 ms\n"
	if got, err := Traceroute(endpoint); err != nil || !got.Reached() || got.Hops[2].TTL != 7 || len(got.Hops[2].Probes) != 3 {
		t.Errorf("numeric: %+v, %v", got, err)
	}
	for _, bad := range []string{"nosuch.example.com: Name or service not known\n", stars + " x  * * *\n", stars + " 3  1.234 ms\n", stars + " 3  !H\n", stars + " 3  what\n"} {
		var e *SyntaxError
		if _, err := Traceroute(bad); !errors.As(err, &e) {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

func FuzzProbe(f *testing.F) {
	f.Add("2022-01-03 11:36:09     478809 TestImage1.png\n")
	f.Add(answer + "Name:\tx\nAddress: 1.2.3.4\n")
	f.Add(publicTrace)
	f.Fuzz(func(t *testing.T, text string) {
		S3Ls(text)
		Nslookup(text)
		if trace, err := Traceroute(text); err == nil {
			trace.Reached()
			trace.Silent()
		}
	})
}
