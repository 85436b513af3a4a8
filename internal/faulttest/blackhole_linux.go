package faulttest

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"
)

// Blackhole returns an address of the loopback that connections to neither
// reach nor are refused by, and what frees it: a listener that accepts nothing
// and whose queue is full.
func Blackhole() (addr string, free func(), err error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	conns := []interface{ Close() error }{l}
	free = func() {
		for _, c := range conns {
			_ = c.Close()
		}
	}
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err == nil {
		var listen error
		err = raw.Control(func(fd uintptr) { listen = syscall.Listen(int(fd), 0) }) // a queue of one
		err = errors.Join(err, listen)
	}
	dialer := net.Dialer{Timeout: time.Second / 2}
	for n := 0; err == nil && n < 16; n++ {
		conn, full := dialer.DialContext(context.Background(), "tcp", l.Addr().String())
		if full != nil {
			return l.Addr().String(), free, nil //nolint:nilerr // that is what was wanted
		}
		conns = append(conns, conn)
	}
	free()
	return "", nil, errors.Join(err, errors.New("the queue of a listener does not fill"))
}
