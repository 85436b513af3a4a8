//go:build !linux

package faulttest

import "errors"

// Blackhole is for Linux: how many connections a listener's queue takes differs
// between systems.
func Blackhole() (addr string, free func(), err error) {
	return "", nil, errors.ErrUnsupported
}
