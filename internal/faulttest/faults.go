package faulttest

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// yield waits a moment.
func yield(ctx context.Context) error {
	timer := time.NewTimer(time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Each lets deal have every request of HTTP/1 connections, until it returns
// false.
func Each(deal func(c *Conn, r *http.Request) bool) Fault {
	return Fault{deal: deal, Serve: func(c *Conn) {
		for r := c.Receive(); r != nil; r = c.Receive() {
			if !deal(c, r) {
				return
			}
		}
	}}
}

// When lets f happen to the requests that are chosen, and answers the others
// with a success. f must be one that begins when a request is there.
func When(chosen func(r *http.Request) bool, f Fault) Fault {
	return Each(func(c *Conn, r *http.Request) bool {
		if chosen(r) {
			return f.deal(c, r)
		}
		c.Succeed(r)
		return true
	})
}

// Healthy answers every request with a success.
func Healthy() Fault {
	return Each(func(c *Conn, r *http.Request) bool {
		c.Succeed(r)
		return true
	})
}

// InTurn lets one of the faults happen to each request, one after the other. They
// must be such that begin when a request is there.
func InTurn(faults ...Fault) Fault {
	var n atomic.Int64
	return Each(func(c *Conn, r *http.Request) bool { return faults[int(n.Add(1))%len(faults)].deal(c, r) })
}

// ResetBefore resets a connection as soon as it is there.
func ResetBefore() Fault { return Fault{Serve: (*Conn).Reset} }

// ResetAmid resets a connection when it has begun to read a request.
func ResetAmid() Fault {
	return Fault{Serve: func(c *Conn) {
		_, _ = io.ReadFull(c.tcp, make([]byte, 10))
		c.Reset()
	}}
}

// ResetInBody resets a connection when it has read the head of a request.
func ResetInBody() Fault {
	return Fault{Serve: func(c *Conn) {
		_, _ = http.ReadRequest(c.in)
		c.Reset()
	}}
}

// ResetAfter carries a request out and resets its connection.
func ResetAfter() Fault {
	return Each(func(c *Conn, _ *http.Request) bool {
		c.Execute()
		c.Reset()
		return false
	})
}

// HangUp carries a request out and closes its connection.
func HangUp() Fault {
	return Each(func(c *Conn, _ *http.Request) bool {
		c.Execute()
		return false
	})
}

// Stale answers the first request of the first connection. When another one
// comes on it, it resets the connection, as a server does that was about to
// close it. Other connections are healthy.
func Stale() Fault {
	healthy := Healthy()
	return Fault{Serve: func(c *Conn) {
		if c.N != 1 {
			healthy.Serve(c)
			return
		}
		if r := c.Receive(); r != nil {
			c.Succeed(r)
		}
		_, _ = c.in.ReadByte()
		c.Reset()
	}}
}

// Silent carries a request out and does not answer it.
func Silent() Fault {
	return Each(func(c *Conn, _ *http.Request) bool {
		c.Execute()
		c.Stall()
		return false
	})
}

// Drip carries a request out and sends the body of the answer byte by byte,
// without an end.
func Drip() Fault {
	return Each(func(c *Conn, _ *http.Request) bool {
		gone := make(chan struct{})
		c.server.wait.Go(func() {
			defer close(gone)
			c.Stall()
		})
		c.Send("HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n{")
		c.Execute() // now, so that a hook of it runs while the body is read
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		for {
			select {
			case <-gone:
				return false
			default:
			}
			c.Send(" ")
			_ = yield(ctx)
		}
	})
}

// Raw carries a request out, sends answer as it is, and closes the connection:
// for answers after which no client can use it again.
func Raw(answer string) Fault {
	return Each(func(c *Conn, _ *http.Request) bool {
		c.Execute()
		c.Send(answer)
		return false
	})
}

// Torn is Raw with a reset after the answer, once the client has had some time
// to read it.
func Torn(answer string, time time.Duration) Fault {
	return Each(func(c *Conn, _ *http.Request) bool {
		c.Execute()
		c.Send(answer)
		ctx, cancel := context.WithTimeout(context.Background(), time)
		defer cancel()
		<-ctx.Done()
		c.Reset()
		return false
	})
}

// Status carries every request out and answers it with a status and
// alternating names and values of headers.
func Status(status int, body string, header ...string) Fault {
	return Each(func(c *Conn, _ *http.Request) bool {
		c.Execute()
		c.Respond(status, body, header...)
		return true
	})
}

// TurnAway is Status for a server that carries nothing out: a rate limiter, a
// redirect.
func TurnAway(status int, body string, header ...string) Fault {
	return Each(func(c *Conn, _ *http.Request) bool {
		c.Respond(status, body, header...)
		return true
	})
}

// zipped answers with a body that it says is compressed.
func zipped(body string) Fault { return Status(http.StatusOK, body, "Content-Encoding", "gzip") }

// GzipBomb answers with a few bytes that become size.
func GzipBomb(size int) Fault {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, `{"pad":"`+strings.Repeat("x", size)+`"}`) // a Buffer takes everything
	_ = w.Close()
	return zipped(b.String())
}

// CorruptGzip answers with what is not gzip although it says so.
func CorruptGzip() Fault { return zipped(`{"success":true}`) }

// HeaderBomb answers with a header of size bytes.
func HeaderBomb(size int) Fault {
	return Raw("HTTP/1.1 200 OK\r\nX-Pad: " + strings.Repeat("x", size) + "\r\nContent-Length: 2\r\n\r\n{}")
}
