package lab_test

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"gatewalk/lab"
)

// What the SOCKS5 door answers (RFC 1928) to clients, good and bad.
func TestDoor(t *testing.T) {
	t.Parallel()
	g := newGuide(t, lab.Options{})
	addr, err := g.ListenSOCKS("")
	if err != nil {
		t.Fatal(err)
	}
	public := g.World().Snapshot().Interfaces[g.World().Snapshot().Instances[g.bastion].InterfaceID].PublicIP.As4()
	reply := func(code byte) []byte { return []byte{5, 0, 5, code, 0, 1, 0, 0, 0, 0, 0, 0} }
	connect := func(rest ...byte) []byte { return append([]byte{5, 1, 0, 5, 1, 0}, rest...) }
	for _, test := range []struct {
		name       string
		say, hears []byte
	}{
		{"not SOCKS", []byte("GET / HTTP/1.1\r\n\r\n" + string(make([]byte, 80))), []byte{5, 0xff}},
		{"version 4", []byte{4, 1, 0, 80, 10, 0, 0, 1, 0}, []byte{5, 0xff}},
		{"a password only", []byte{5, 1, 2}, []byte{5, 0xff}},
		{"no methods", []byte{5, 0}, []byte{5, 0xff}},
		{"cut in the middle", []byte{5, 1, 0, 5, 1}, []byte{5, 0}},
		{"BIND", []byte{5, 1, 0, 5, 2, 0, 1, 10, 0, 0, 1, 0, 80}, reply(7)},
		{"unknown address", connect(9, 0, 0), reply(8)},
		{"unknown name", connect(append([]byte{3, 12}, "no.such.name\x00\x50"...)...), reply(4)},
		{"empty name", connect(3, 0, 0, 80), reply(8)},
		{"closed port", connect(1, 52, 219, 56, 25, 0, 9), reply(5)},
		{"the bastion's SSH", connect(1, public[0], public[1], public[2], public[3], 0, 22), append(reply(0), "SSH-2.0-"...)},
		{"S3 by name", append(connect(append([]byte{3, byte(len(s3Name))}, s3Name+"\x00\x50"...)...), "GET / HTTP/1.0\r\n\r\n"...), append(reply(0), "HTTP/1.0 "...)},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(10 * time.Second))
			if _, err := c.Write(test.say); err != nil {
				t.Fatal(err)
			}
			c.(*net.TCPConn).CloseWrite()
			hears := make([]byte, len(test.hears))
			if _, err := io.ReadFull(c, hears); err != nil || !bytes.Equal(hears, test.hears) {
				t.Errorf("the door answered % x, want % x: %v", hears, test.hears, err)
			}
		})
	}
}
