package faulttest

import (
	"context"
	"errors"
	"net"
	"strconv"
	"syscall"
	"time"
)

// Blackhole returns an address of the loopback that connections to neither
// reach nor are refused by, and what frees it: a listener that accepts nothing
// and whose queue is full.
func Blackhole() (addr string, free func(), err error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", nil, err
	}
	closers := []func(){func() { _ = syscall.Close(fd) }}
	free = func() {
		for _, c := range closers {
			c()
		}
	}
	if err = syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err == nil {
		err = syscall.Listen(fd, 0)
	}
	if err != nil {
		free()
		return "", nil, err
	}
	at, err := syscall.Getsockname(fd)
	if err != nil {
		free()
		return "", nil, err
	}
	in4, ok := at.(*syscall.SockaddrInet4)
	if !ok {
		free()
		return "", nil, errors.New("not an address of IPv4")
	}
	addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(in4.Port))
	dialer := net.Dialer{Timeout: time.Second / 2}
	for range 16 {
		conn, full := dialer.DialContext(context.Background(), "tcp", addr)
		if full != nil {
			return addr, free, nil //nolint:nilerr // that is what was wanted
		}
		closers = append(closers, func() { _ = conn.Close() })
	}
	free()
	return "", nil, errors.New("the queue does not fill")
}
