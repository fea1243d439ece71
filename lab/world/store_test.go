package world

import (
	"bytes"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func encode(t testing.TB, s *State) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func TestDecodeRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ in, want string }{
		"empty":       {"", "unexpected end"},
		"not JSON":    {"hello", "invalid character"},
		"other JSON":  {`{"Version":1}`, "not written by gatewalk"},
		"an array":    {`[]`, "cannot unmarshal"},
		"newer":       {`{"Format":"gatewalk lab","Version":99,"Vpcs":7}`, "version 99, and this program reads up to version 3"},
		"no version":  {`{"Format":"gatewalk lab"}`, "never a version 0"},
		"cut":         {`{"Format":"gatewalk lab","Version":1,"Vpcs":{`, "unexpected end"},
		"null object": {`{"Format":"gatewalk lab","Version":1,"Vpcs":{"vpc-1":null}}`, `Vpcs: "vpc-1" is null`},
		"bad CIDR":    {`{"Format":"gatewalk lab","Version":1,"Vpcs":{"vpc-1":{"Cidr":"10.0.0.0/99"}}}`, "prefix"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Decode(strings.NewReader(tc.in))
			if _, ok := errors.AsType[*FormatError](err); !ok || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want a FormatError with %q", err, tc.want)
			}
			path := filepath.Join(t.TempDir(), "lab.json")
			if err := os.WriteFile(path, []byte(tc.in), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Load(path); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("the file is not named: %v", err)
			}
		})
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// TestEveryKindIsLoaded: each map of the state is there after loading a file
// without it, and a null object in any of them is refused.
func TestEveryKindIsLoaded(t *testing.T) {
	const head = `{"Format":"gatewalk lab","Version":1`
	s, err := Decode(strings.NewReader(head + "}"))
	if err != nil {
		t.Fatal(err)
	}
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		if v.Field(i).Kind() != reflect.Map {
			continue
		}
		name := v.Type().Field(i).Name
		if v.Field(i).IsNil() {
			t.Errorf("%s is nil", name)
		}
		if _, err := Decode(strings.NewReader(head + `,"` + name + `":{"x":null}}`)); err == nil {
			t.Errorf("a null object in %s is accepted", name)
		}
	}
}

// FuzzDecode: whatever the file, decoding ends, and what it accepts can be
// routed on, asked for names, changed and written again.
func FuzzDecode(f *testing.F) {
	g := newGuide(&testing.T{}, Options{Seed: 5})
	g.change(func(tx *Tx) {
		addNat(tx)
		addEndpoint(tx, "vpce-1", "rtb-priv")
		addRoute(tx, "rtb-priv", Route{Cidr: anywhere, Target: "nat-1"})
	})
	f.Add([]byte(encode(f, g.Snapshot())))
	f.Add([]byte(`{"Format":"gatewalk lab","Version":1,"Region":"x","Instances":{"i-private":{"State":"running","InterfaceID":"e"}},"Interfaces":{"e":{"PrivateIP":"10.0.2.234","PublicIP":"::1"}}}`))
	f.Add([]byte(`{"Format":"gatewalk lab","Version":1,"Subnets":{"subnet-priv":{"Cidr":"::/0"}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Decode(bytes.NewReader(b))
		if err != nil {
			return
		}
		w := New(Options{State: s})
		for _, from := range []HostID{bastion, private, Laptop, S3, Resolver, Metadata} {
			for _, dst := range []netip.Addr{bastionIP, privateIP, s3A, bastionPub, natPub, metadataAddr, addr("10.0.0.2"), addr("240.1.2.3")} {
				for _, proto := range []uint8{TCP, UDP, ICMP} {
					w.Route(from, flow(proto, privateIP, 1000, dst, 443), nil)
				}
			}
		}
		for _, i := range s.Interfaces {
			for _, name := range []string{"s3.ap-northeast-2.amazonaws.com", "ip-10-0-1-123.ap-northeast-2.compute.internal", "25.56.219.52.in-addr.arpa"} {
				w.Snapshot().Lookup(i, name, "A")
			}
			w.Route(S3, flow(TCP, s3A, 443, i.Carrier, 1000), nil)
			w.Route(Laptop, flow(TCP, LaptopAddr, 443, i.PublicIP, 22), nil)
			w.Snapshot().Origin(i.Carrier, s3A, "s3")
		}
		if err := w.Update(func(tx *Tx) error {
			for id := range tx.Subnets.All() {
				tx.NewPrivateIP(id)
				tx.Subnets.Edit(id)
			}
			tx.NewID("vpc")
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		once := encode(t, w.Snapshot())
		s, err = Decode(strings.NewReader(once))
		if err != nil {
			t.Fatalf("what was written is not read: %v", err)
		}
		if encode(t, s) != once {
			t.Error("the second writing differs")
		}
	})
}
