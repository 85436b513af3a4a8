package faulttest

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"time"
)

// Authority is a certificate authority to be thrown away.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority makes an authority.
func NewAuthority() (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "faulttest"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &Authority{cert, key}, err
}

// Roots returns what a client is to trust.
func (a *Authority) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// Certificate makes a certificate for an IP address that lasts until a time.
func (a *Authority) Certificate(ip string, until time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: until,
		IPAddresses: []net.IP{net.ParseIP(ip)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// Handshake makes the connection one of TLS and reports whether that went well.
func (c *Conn) Handshake(cfg *tls.Config) bool {
	secure := tls.Server(c.tcp, cfg)
	c.Conn, c.in = secure, bufio.NewReader(secure)
	return secure.HandshakeContext(context.Background()) == nil
}

// Secure is f behind TLS.
func Secure(cfg *tls.Config, f Fault) Fault {
	return Fault{Secure: true, Serve: func(c *Conn) {
		if c.Handshake(cfg) {
			f.Serve(c)
		}
	}}
}

// HandshakeStall does not answer the client's hello.
func HandshakeStall() Fault { return Fault{Secure: true, Serve: (*Conn).Stall} }

// HandshakeReset resets the connection when the client's hello has begun.
func HandshakeReset() Fault { return Fault{Secure: true, Serve: ResetAmid().Serve} }
