package resolv

import (
	"strings"
	"testing"
	"time"
)

func TestParseConfig(t *testing.T) {
	c := ParseConfig("# made by hand\nnameserver 10.0.0.2\nnameserver nonsense\nsearch a.internal b.internal\noptions timeout:2 attempts:9 ndots:2 rotate\n")
	if len(c.Servers) != 1 || c.Servers[0].String() != "10.0.0.2:53" || strings.Join(c.Search, " ") != "a.internal b.internal" ||
		c.Timeout != 2*time.Second || c.Attempts != 5 || c.Ndots != 2 {
		t.Errorf("%+v", c)
	}
	if c := ParseConfig(""); len(c.Servers) != 1 || c.Servers[0].String() != "127.0.0.1:53" || c.Attempts != 2 || c.Timeout != 5*time.Second {
		t.Errorf("an empty file gave %+v", c)
	}
}

func TestNames(t *testing.T) {
	c := ParseConfig("nameserver 10.0.0.2\nsearch a.internal\n")
	for name, want := range map[string]string{
		"short": "short.a.internal short", "two.labels": "two.labels two.labels.a.internal", "end.": "end.",
	} {
		if got := strings.Join(c.Names(name), " "); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestParseIPv4(t *testing.T) {
	for in, want := range map[string]string{
		"127.0.0.1": "127.0.0.1", "127.1": "127.0.0.1", "0x7f.1": "127.0.0.1", "010.0.0.1": "8.0.0.1", "16777217": "1.0.0.1",
		"256.1.1.1": "", "1.2.3.4.5": "", "": "", "1..2": "", "1.2.3.x": "", "0b1": "", "1_0": "", "+1": "", "-1": "", "4294967296": "",
	} {
		a, ok := ParseIPv4(in)
		if ok != (want != "") || ok && a.String() != want {
			t.Errorf("%q: %v %v, want %q", in, a, ok, want)
		}
	}
}

func TestHosts(t *testing.T) {
	h := ParseHosts("127.0.0.1 localhost lo # me\n10.0.2.234\tprivate\nnonsense\n")
	if got := h.Lookup("LO."); len(got) != 1 || got[0].Names[0] != "localhost" {
		t.Errorf("lookup: %v", got)
	}
	if h.Name(h[1].Addr) != "private" || len(h) != 2 {
		t.Errorf("hosts: %v", h)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("nameserver 10.0.0.2\noptions timeout:x ndots:-1\n", "127.0.0.1 localhost")
	f.Fuzz(func(t *testing.T, conf, hosts string) {
		c := ParseConfig(conf)
		if len(c.Servers) == 0 || len(c.Servers) > 3 || c.Timeout <= 0 || c.Attempts < 1 {
			t.Errorf("unusable: %+v", c)
		}
		for _, h := range ParseHosts(hosts) {
			if !h.Addr.IsValid() || len(h.Names) == 0 {
				t.Errorf("a line without address or name: %+v", h)
			}
		}
		if a, ok := ParseIPv4(hosts); ok && !a.Is4() {
			t.Errorf("%q is %v", hosts, a)
		}
	})
}
