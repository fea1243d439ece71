package host

import (
	"context"
	"io"
	"strconv"

	"golang.org/x/crypto/ssh"

	"gatewalk/lab/host/program"
)

// forward is a direct-tcpip channel (-L, -D, -W and -J): a connection that this
// host makes, on its own network. The machine's network is out of reach.
func (h *Host) forward(ctx context.Context, nc ssh.NewChannel) {
	var to struct {
		Host       string
		Port       uint32
		Origin     string
		OriginPort uint32
	}
	if err := ssh.Unmarshal(nc.ExtraData(), &to); err != nil || to.Port == 0 || to.Port > 65535 {
		nc.Reject(ssh.ConnectionFailed, "bad address")
		return
	}
	conn, err := h.dial(ctx, "tcp", to.Host, strconv.Itoa(int(to.Port)))
	if err != nil {
		nc.Reject(ssh.ConnectionFailed, program.Reason(err))
		return
	}
	defer conn.Close()
	ch, requests, err := nc.Accept()
	if err != nil {
		return
	}
	defer ch.Close()
	closed := make(chan struct{}) // by the client, who then hears no answer
	h.tasks.run(func() {
		defer close(closed)
		ssh.DiscardRequests(requests)
	})
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	back := make(chan struct{})
	if !h.tasks.run(func() {
		defer close(back)
		io.Copy(ch, conn)
		ch.CloseWrite()
	}) {
		return
	}
	io.Copy(conn, ch)
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	} else {
		conn.Close()
	}
	select {
	case <-back:
	case <-closed:
	}
}
