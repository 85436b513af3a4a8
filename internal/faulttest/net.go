package faulttest

import (
	"context"
	"net"
	"strings"
)

// Names is a name server on the loopback that knows no name: of one that begins
// with "broken" it says that it cannot tell (SERVFAIL), of every other one that
// it does not exist (NXDOMAIN).
type Names struct {
	conn net.PacketConn
	done chan struct{}
}

// NewNames starts the server.
func NewNames() (*Names, error) {
	conn, err := new(net.ListenConfig).ListenPacket(context.Background(), "udp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n := &Names{conn, make(chan struct{})}
	go n.serve()
	return n, nil
}

// Resolver returns a resolver that asks no other server.
func (n *Names) Resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", n.conn.LocalAddr().String())
	}}
}

// Close ends the server.
func (n *Names) Close() {
	_ = n.conn.Close()
	<-n.done
}

// serve answers questions with their own words (RFC 1035, section 4.1).
func (n *Names) serve() {
	defer close(n.done)
	const (
		header             = 12 // bytes
		response           = 0x80
		servFail, nxDomain = 2, 3
	)
	buf := make([]byte, 1500)
	for {
		size, from, err := n.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		if size < header {
			continue
		}
		end := header // of the question, which is a name, a type and a class
		for end < size && buf[end] != 0 {
			end += int(buf[end]) + 1
		}
		end += 5
		if end > size {
			continue
		}
		code := byte(nxDomain)
		if strings.HasPrefix(string(buf[header+1:end]), "broken") {
			code = servFail
		}
		buf[2] |= response
		buf[3] = 0x80 | code                        // recursion available
		copy(buf[6:header], make([]byte, header-6)) // no records but the question
		_, _ = n.conn.WriteTo(buf[:end], from)
	}
}
