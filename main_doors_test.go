package main

import (
	"bufio"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// socket is a TCP or UDP socket of a process, as the kernel knows it.
type socket struct {
	network       string // "tcp", "tcp6", "udp", "udp6", "raw" …
	local, remote netip.AddrPort
	listens       bool
}

// Of an open lab with all that it opens, nothing listens beyond loopback, and
// nothing is connected with anything else: two doors, and no datagrams.
func TestDoorsAreOnLoopback(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells which sockets another process has")
	}
	t.Parallel()
	l := startLab(t, t.TempDir(), "--prepared")
	if _, err := l.run(t, "ssh", "-F", l.ssh, "-o", "BatchMode=yes", "bastion", "nslookup s3.amazonaws.com; curl -s -m 9 http://s3.amazonaws.com"); err != nil {
		t.Log("without ssh nobody has been at work in it:", err)
	}
	var doors []string
	for _, s := range socketsOf(t, l.cmd.Process.Pid) {
		switch {
		case !strings.HasPrefix(s.network, "tcp"):
			t.Errorf("it has a %s socket on %s", s.network, s.local)
		case !s.local.Addr().Unmap().IsLoopback(), !s.listens && !s.remote.Addr().Unmap().IsLoopback():
			t.Errorf("it has a socket from %s to %s", s.local, s.remote)
		case s.listens:
			doors = append(doors, s.local.String())
		}
	}
	slices.Sort(doors)
	_, api, _ := strings.Cut(l.vars["AWS_ENDPOINT_URL"], "//")
	_, socks, _ := strings.Cut(l.vars["ALL_PROXY"], "//")
	want := []string{api, socks}
	slices.Sort(want)
	if !slices.Equal(doors, want) {
		t.Errorf("it listens on %v, and said %v", doors, want)
	}
	l.stop(t)
}

// socketsOf joins a process's descriptors with the kernel's lists of sockets.
func socketsOf(t *testing.T, pid int) (found []socket) {
	t.Helper()
	proc := fmt.Sprintf("/proc/%d/", pid)
	links, err := filepath.Glob(proc + "fd/*")
	if err != nil || len(links) == 0 {
		t.Fatalf("process %d shows no descriptors: %v", pid, err)
	}
	inodes := map[string]bool{}
	for _, link := range links {
		if name, _ := os.Readlink(link); strings.HasPrefix(name, "socket:[") {
			inodes[strings.Trim(name, "socket:[]")] = true
		}
	}
	for _, network := range []string{"tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6", "icmp", "icmp6"} {
		f, err := os.Open(proc + "net/" + network)
		if err != nil {
			continue // not of this kernel
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			fields := strings.Fields(lines.Text())
			if len(fields) > 9 && inodes[fields[9]] {
				const listen = "0A"
				found = append(found, socket{network, kernelAddr(t, fields[1]), kernelAddr(t, fields[2]), fields[3] == listen})
			}
		}
	}
	return found
}

// kernelAddr reads "0100007F:1F90": words of four bytes in the machine's order.
func kernelAddr(t *testing.T, text string) netip.AddrPort {
	t.Helper()
	addr, port, _ := strings.Cut(text, ":")
	var b []byte
	for ; len(addr) >= 8; addr = addr[8:] {
		word, err := strconv.ParseUint(addr[:8], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, byte(word), byte(word>>8), byte(word>>16), byte(word>>24)) // little-endian
	}
	a, _ := netip.AddrFromSlice(b)
	p, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		t.Fatal(err)
	}
	return netip.AddrPortFrom(a, uint16(p))
}

// The reader of sockets sees one that is open to the world.
func TestSocketsOf(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells which sockets a process has")
	}
	for text, want := range map[string]string{
		"0100007F:1F90": "127.0.0.1:8080", "00000000:0016": "0.0.0.0:22",
		"00000000000000000000000001000000:0050": "[::1]:80", "0000000000000000FFFF00000100007F:0050": "[::ffff:127.0.0.1]:80",
	} {
		if got := kernelAddr(t, text); got.String() != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}
