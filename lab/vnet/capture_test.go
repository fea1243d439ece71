package vnet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatewalk/lab/world"
)

// readPcap parses a capture back.
func readPcap(t *testing.T, b []byte) (packets [][]byte, at []time.Time) {
	t.Helper()
	le := binary.LittleEndian
	if len(b) < 24 || le.Uint32(b) != 0xa1b2c3d4 || le.Uint16(b[4:]) != 2 || le.Uint16(b[6:]) != 4 || le.Uint32(b[20:]) != 101 {
		t.Fatalf("not a pcap of raw IP: %x", b[:min(len(b), 24)])
	}
	for b = b[24:]; len(b) > 0; {
		if len(b) < 16 {
			t.Fatalf("a torn record: %x", b)
		}
		n := le.Uint32(b[8:])
		if n != le.Uint32(b[12:]) || int(n) > len(b)-16 {
			t.Fatalf("a record of %d bytes where %d are left", n, len(b)-16)
		}
		at = append(at, time.Unix(int64(le.Uint32(b)), int64(le.Uint32(b[4:]))*1000).UTC())
		packets = append(packets, b[16:16+n])
		b = b[16+n:]
	}
	return packets, at
}

func TestCapture(t *testing.T) {
	l := newLab(t, 100)
	echo(t, l.s3, ":443")
	var file bytes.Buffer
	stop, err := l.Capture("bastion", &file)
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, l.bastion, "52.219.56.25:443")
	for range 3 {
		if err := talk(c, time.Second); err != nil {
			t.Fatal(err)
		}
	}
	r := openRaw(t, l.bastion)
	if got := ask(t, r, probe(world.UDP, 1, s3, 7, 33434), 5*time.Second); got.kind != "time exceeded" {
		t.Fatal(got)
	}
	l.private.DialContext(within(t, 20*time.Millisecond), "tcp", "52.219.56.25:443") // is not the bastion's
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	size := file.Len()
	talk(c, time.Second)
	if file.Len() != size {
		t.Error("it goes on after stop")
	}
	packets, at := readPcap(t, file.Bytes())
	if len(packets) < 10 {
		t.Fatalf("%d packets", len(packets))
	}
	start := time.Date(2022, 1, 3, 11, 36, 9, 0, time.UTC)
	var probed, answered time.Time
	for i, p := range packets {
		m, ok := parse(p, len(p))
		if !ok {
			t.Errorf("packet %d is malformed: %x", i, p)
			continue
		}
		whole := bytes.Clone(p)
		finish(whole)
		if !bytes.Equal(p, whole) {
			t.Errorf("packet %d has wrong checksums", i)
		}
		if m.src != bastion.As4() && m.dst != bastion.As4() {
			t.Errorf("packet %d is not the bastion's: %v", i, m.flow())
		}
		switch m.proto {
		case world.UDP:
			probed = at[i]
		case world.ICMP:
			answered = at[i]
		}
		if at[i].Before(start) || at[i].After(start.Add(time.Hour)) {
			t.Errorf("packet %d at %v, not in the lesson's time", i, at[i])
		}
	}
	if d := answered.Sub(probed); d != igwPath[0].Delay {
		t.Errorf("the router took %v, want %v", d, igwPath[0].Delay)
	}
	if l := string(bytes.Join(packets, nil)); strings.Count(l, "hello") < 6 {
		t.Error("the payload is not in it")
	}
	t.Run("tshark", func(t *testing.T) { tshark(t, file.Bytes()) })
}

// tshark is a witness of the format and of every checksum.
func tshark(t *testing.T, file []byte) {
	path, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark is not installed: the capture was only read by our own parser")
	}
	name := filepath.Join(t.TempDir(), "bastion.pcap")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), path, "-r", name, "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE",
		"-o", "udp.check_checksum:TRUE", "-T", "fields", "-e", "_ws.col.Protocol", "-e", "_ws.expert.message", "-e", "_ws.malformed").Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	text := string(out)
	if !strings.Contains(text, "TCP") || !strings.Contains(text, "ICMP") {
		t.Errorf("tshark reads:\n%s", text)
	}
	for _, bad := range []string{"hecksum", "alformed"} {
		if strings.Contains(text, bad) {
			t.Errorf("tshark complains (%s):\n%s", bad, text)
		}
	}
}

type fullDisk struct{ left int }

func (w *fullDisk) Write(b []byte) (int, error) {
	if w.left -= len(b); w.left < 0 {
		return 0, errors.New("disk full")
	}
	return len(b), nil
}

func TestCaptureErrors(t *testing.T) {
	l := newLab(t, 1)
	if _, err := l.Capture("nobody", &bytes.Buffer{}); fmt.Sprint(err) != "capturing: no host nobody" {
		t.Error(err)
	}
	if _, err := l.Capture("bastion", &fullDisk{}); fmt.Sprint(err) != "capturing host bastion: disk full" {
		t.Error(err)
	}
	stop, err := l.Capture("bastion", &fullDisk{left: 30})
	if err != nil {
		t.Fatal(err)
	}
	l.bastion.DialContext(within(t, time.Second), "tcp", "10.0.2.234:9")
	if err := stop(); fmt.Sprint(err) != "disk full" {
		t.Error(err)
	}
	none, err := l.Capture("bastion", nil)
	if err != nil {
		t.Fatal(err)
	}
	l.bastion.DialContext(within(t, time.Second), "tcp", "10.0.2.234:9")
	if err := none(); err != nil {
		t.Error(err)
	}
}
