// A client trusts the throw-away authority of these tests, and no other, on
// every system.
//
//go:debug x509usefallbackroots=1

package faulttest

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// lab is what the tests share.
var lab struct {
	blackhole string // an address; "" where there is none on this system
	trusted   *tls.Config
	stranger  *tls.Config // of another authority
	elsewhere *tls.Config // for another address
	expired   *tls.Config
}

// network puts the machine's own names, proxies and certificates out of reach
// of the tests, so that clients use the connections that they have in
// production and yet nothing leaves the loopback.
type network struct{ *testing.M }

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("64") // most of them wait, whatever the number of processors
	}
	goleak.VerifyTestMain(network{m})
}

func (n network) Run() int {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		_ = os.Unsetenv(name)
	}
	names, err := NewNames()
	must(err)
	defer names.Close()
	net.DefaultResolver = names.Resolver()

	authority, err := NewAuthority()
	must(err)
	x509.SetFallbackRoots(authority.Roots())
	other, err := NewAuthority()
	must(err)
	certificate := func(a *Authority, ip string, lifetime time.Duration) *tls.Config {
		cert, err := a.Certificate(ip, time.Now().Add(lifetime))
		must(err)
		return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	lab.trusted = certificate(authority, "127.0.0.1", time.Hour)
	lab.stranger = certificate(other, "127.0.0.1", time.Hour)
	lab.elsewhere = certificate(authority, "127.0.0.2", time.Hour)
	lab.expired = certificate(authority, "127.0.0.1", -time.Hour)

	addr, free, err := Blackhole()
	if err == nil {
		lab.blackhole = addr
		defer free()
	}
	return n.M.Run()
}

func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("the network of the tests cannot be set up: %v", err))
	}
}
