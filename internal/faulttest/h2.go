package faulttest

import (
	"crypto/tls"
	"encoding/binary"
	"io"
)

// The parts of HTTP/2 (RFC 9113) that a server needs which looks at nothing but
// where requests end.
const (
	preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

	frameData         = 0
	frameHeaders      = 1
	frameReset        = 3
	frameSettings     = 4
	framePing         = 6
	frameGoAway       = 7
	frameWindowUpdate = 8

	flagAck        = 1 // of settings and pings
	flagEndStream  = 1 // of data and headers
	flagEndHeaders = 4

	settingInitialWindowSize = 4
	window                   = 1 << 24 // more than any request here
)

// The error codes that servers here use.
const (
	CodeNo            = 0
	CodeProtocol      = 1
	CodeInternal      = 2
	CodeRefusedStream = 7
)

// Stream is a request over HTTP/2 that was received whole.
type Stream struct {
	*Conn

	ID uint32
	N  int // on this connection, counted from 1
}

// H2 lets deal have every request of HTTP/2 connections, until it returns
// false.
func H2(cfg *tls.Config, deal func(s *Stream) bool) Fault {
	cfg = cfg.Clone()
	cfg.NextProtos = []string{"h2"}
	return Secure(cfg, Fault{Serve: func(c *Conn) {
		if _, err := io.ReadFull(c.in, make([]byte, len(preface))); err != nil {
			return
		}
		c.frame(frameSettings, 0, 0, 0, settingInitialWindowSize, window>>24, window>>16&0xff, window>>8&0xff, window&0xff)
		c.frame(frameWindowUpdate, 0, 0, window>>24, window>>16&0xff, window>>8&0xff, window&0xff)
		for n := 0; ; {
			kind, flags, stream, payload, err := c.nextFrame()
			if err != nil {
				return
			}
			switch kind {
			case frameSettings, framePing:
				if flags&flagAck == 0 {
					if kind == frameSettings {
						payload = nil
					}
					c.frame(kind, flagAck, 0, payload...)
				}
			case frameHeaders, frameData:
				if flags&flagEndStream == 0 {
					continue
				}
				n++
				if !deal(&Stream{c, stream, n}) {
					return
				}
			}
		}
	}})
}

func (c *Conn) frame(kind, flags byte, stream uint32, payload ...byte) {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind)) //nolint:gosec // a few bytes
	b = append(b, flags)
	b = binary.BigEndian.AppendUint32(b, stream)
	_, _ = c.Write(append(b, payload...))
}

func (c *Conn) nextFrame() (kind, flags byte, stream uint32, payload []byte, err error) {
	var head [9]byte
	if _, err = io.ReadFull(c.in, head[:]); err != nil {
		return
	}
	payload = make([]byte, binary.BigEndian.Uint32(head[:4])>>8)
	_, err = io.ReadFull(c.in, payload)
	return head[3], head[4], binary.BigEndian.Uint32(head[5:]), payload, err
}

// Break ends the stream with an error code.
func (s *Stream) Break(code uint32) {
	s.frame(frameReset, 0, s.ID, binary.BigEndian.AppendUint32(nil, code)...)
}

// GoAway says that the server is about to close the connection, and that it
// has taken no stream after last.
func (s *Stream) GoAway(last, code uint32) {
	s.frame(frameGoAway, 0, 0, binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, last), code)...)
}

// Succeed carries the request out and answers it.
func (s *Stream) Succeed() {
	s.Execute()
	const status200 = 0x80 | 8 // an entry of HPACK's static table
	s.frame(frameHeaders, flagEndHeaders, s.ID, status200)
	s.frame(frameData, flagEndStream, s.ID, []byte(s.server.Answer(s.server.Path))...)
}
