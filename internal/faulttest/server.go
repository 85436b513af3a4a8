// Package faulttest is a network that fails on purpose. Its servers listen on
// the loopback and do to each connection what a [Fault] says, from the first
// packet to the last byte of an answer; they count the requests that a vendor
// would have carried out. Nothing of it leaves the machine.
//
// The tests of this package drive every operation of every vendor through the
// faults and compare what comes of it with one table.
package faulttest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// slack is how much longer than what its configuration allows a call may take,
// before it counts as one that hangs.
const slack = 20 * time.Second

// Fault is what a Server does to connections.
type Fault struct {
	// Secure says that clients are to speak TLS. Serve gets the bare
	// connection all the same.
	Secure bool
	// Serve deals with one connection, which is closed when it returns.
	Serve func(c *Conn)

	deal func(c *Conn, r *http.Request) bool // with a request that is there
}

// Server is a listener on the loopback.
type Server struct {
	// Answer returns the body of a success for a request to path.
	Answer func(path string) string
	// Path is the path of the requests that are not decoded, those of HTTP/2.
	Path string
	// OnExecute, if not nil, runs whenever a request was carried out.
	OnExecute func()

	fault    Fault
	listener net.Listener
	wait     sync.WaitGroup
	executed atomic.Int64
	accepted atomic.Int64

	mu     sync.Mutex
	closed bool
	conns  map[*Conn]struct{}
}

// Conn is a connection that a Server has accepted.
type Conn struct {
	net.Conn // TLS, once Handshake was called

	N int // counted from 1

	server *Server
	tcp    *net.TCPConn
	in     *bufio.Reader
}

// NewServer returns a server that does not listen yet.
func NewServer(fault Fault) *Server {
	return &Server{fault: fault, conns: map[*Conn]struct{}{}, Answer: func(string) string { return "{}" }}
}

// Start begins to listen.
func (s *Server) Start() error {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.listener = l
	s.wait.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.accept(conn.(*net.TCPConn))
		}
	})
	return nil
}

func (s *Server) accept(tcp *net.TCPConn) {
	c := &Conn{Conn: tcp, N: int(s.accepted.Add(1)), server: s, tcp: tcp, in: bufio.NewReader(tcp)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = tcp.Close()
		return
	}
	s.conns[c] = struct{}{}
	s.wait.Go(func() {
		s.fault.Serve(c)
		_ = tcp.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, c)
	})
}

// URL returns the server's address.
func (s *Server) URL() string {
	if s.fault.Secure {
		return "https://" + s.listener.Addr().String()
	}
	return "http://" + s.listener.Addr().String()
}

// Executed returns how many requests the server has got whole and has not
// turned away: what a vendor would have carried out.
func (s *Server) Executed() int { return int(s.executed.Load()) }

// Connections returns how many connections were opened.
func (s *Server) Connections() int { return int(s.accepted.Load()) }

// Open returns how many connections there are now.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Forget sets the count of executed requests back to zero.
func (s *Server) Forget() { s.executed.Store(0) }

// DropIdle says goodbye on all connections, as a server does to those that wait
// too long, and returns when the clients have taken note or ctx has ended.
func (s *Server) DropIdle(ctx context.Context) error {
	s.mu.Lock()
	for c := range s.conns {
		_ = c.tcp.CloseWrite()
	}
	s.mu.Unlock()
	for s.Open() > 0 {
		if err := yield(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Close ends all connections and returns when nothing of the server is left.
func (s *Server) Close() {
	_ = s.listener.Close()
	s.mu.Lock()
	s.closed = true
	for c := range s.conns {
		_ = c.tcp.Close()
	}
	s.mu.Unlock()
	s.wait.Wait()
}

// Receive reads a request whole; nil means that none came.
func (c *Conn) Receive() *http.Request {
	r, err := http.ReadRequest(c.in)
	if err != nil {
		return nil
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil
	}
	return r
}

// Execute counts a request that was received and is carried out.
func (c *Conn) Execute() {
	c.server.executed.Add(1)
	if c.server.OnExecute != nil {
		c.server.OnExecute()
	}
}

// Reset breaks the connection off, with a TCP reset in place of a goodbye.
func (c *Conn) Reset() {
	_ = c.tcp.SetLinger(0)
	_ = c.tcp.Close()
}

// Stall does nothing until the client closes the connection.
func (c *Conn) Stall() { _, _ = io.Copy(io.Discard, c.in) }

// Send writes a raw answer.
func (c *Conn) Send(answer string) { _, _ = io.WriteString(c, answer) }

// Respond writes an answer with alternating names and values of headers.
func (c *Conn) Respond(status int, body string, header ...string) {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	for i := 0; i+1 < len(header); i += 2 {
		fmt.Fprintf(&b, "%s: %s\r\n", header[i], header[i+1])
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	c.Send(b.String())
}

// Succeed carries a request out and answers it.
func (c *Conn) Succeed(r *http.Request) {
	c.Execute()
	c.Respond(http.StatusOK, c.server.Answer(r.URL.Path))
}
