// Package transport is the one way a request leaves this module: attempts and
// retries, limits, clock correction, redaction, logs and observation are done
// here, once, for all vendors. What a vendor does its own way it says in a
// [Call].
package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/params"
)

const (
	defaultTimeout         = 30 * time.Second
	defaultMaxResponseSize = 32 << 20
)

// Client sends the calls of one vendor's client. It is safe for concurrent
// use.
type Client struct {
	vendor    string
	base      string         // without a slash at its end
	host      string         // of base
	blank     *resty.Request // to be copied for each attempt; never used itself
	http      *http.Client
	direct    *http.Transport        // carries the requests; nil where code of the importer's does
	pooled    bool                   // whether the http.RoundTripper is of newPool
	deadlines deadlines              // of the requests under way
	header    http.Header            // that every request has
	ready     map[string]http.Header // all that a usual request has, by its Content-Type
	timeout   time.Duration
	maxBody   int64
	retry     edusdk.Retry
	budget    *budget
	limiter   edusdk.RateLimiter
	log       *slog.Logger
	obs       edusdk.Observer
	starts    starters
	debug     io.Writer // nil for none
	clock     func() time.Time
	// Nanoseconds to add to the clock: for calls, and as the vendor took a call
	// with them.
	offset, proven atomic.Int64
}

// New returns a client for a vendor at baseURL, which must be an absolute http or
// https address without a query. It fails with all of problems, those of the
// vendor's Config, and with what is wrong with the address and the options. It starts no goroutine and sends nothing.
func New(vendor, baseURL string, opts []edusdk.Option, problems ...error) (*Client, error) {
	base, err := checkBase(baseURL)
	if err != nil {
		problems = append(problems, ConfigField("BaseURL", err.Error()))
	}
	o, err := edusdk.NewOptions(opts...)
	if err := params.Join(append(problems, err)...); err != nil {
		return nil, &edusdk.Error{Vendor: vendor, Op: "New", Kind: edusdk.ErrInvalidArgument, Err: err}
	}
	c := &Client{
		vendor:  vendor,
		base:    base,
		header:  http.Header{},
		timeout: o.Timeout,
		maxBody: o.MaxResponseSize,
		retry:   withDefaults(o.Retry),
		limiter: o.RateLimiter,
		log:     o.Logger,
		obs:     o.Observer,
		debug:   o.Debug,
		clock:   o.Clock,
	}
	if u, err := url.Parse(base); err == nil {
		c.host = u.Host
	}
	c.starts.call, _ = o.Observer.(edusdk.CallStarter)
	c.starts.attempt, _ = o.Observer.(edusdk.AttemptStarter)
	c.budget = newBudget(c.retry.Budget)
	for k, v := range o.Header {
		c.header[k] = v
	}
	c.header["User-Agent"] = []string{strings.TrimSpace(o.UserAgent + " " + userAgent())}
	c.ready = map[string]http.Header{}
	for _, contentType := range []string{"application/x-www-form-urlencoded", "application/json"} {
		c.ready[contentType] = http.Header{}
		c.setHeader(c.ready[contentType], false, contentType, nil)
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.clock == nil {
		c.clock = time.Now
	}
	if c.maxBody == 0 {
		c.maxBody = defaultMaxResponseSize
	}
	c.maxBody = min(c.maxBody, math.MaxInt32) // leaves room to read one byte more
	c.http = c.newHTTPClient(o)
	if c.timeout == 0 {
		c.timeout = defaultTimeout
	}
	c.direct, _ = c.http.Transport.(*http.Transport)
	if o.TransportWrapper != nil {
		wrapped, err := wrap(c.http.Transport, o.TransportWrapper)
		if err != nil {
			return nil, err
		}
		c.http.Transport, c.direct = wrapped, nil
	}
	c.http.Transport = unredirected{c.http.Transport}
	// A copy of a new request costs one allocation, where R makes six. What the
	// copies share are maps of parameters, which are empty and stay so.
	c.blank = newResty(c.http, c.lastTouch).R()
	return c, nil
}

// ConfigField returns the error for a field of a vendor's Config, nil where problem
// is "".
func ConfigField(name, problem string) error {
	if problem == "" {
		return nil
	}
	return params.FieldError("Config."+name, problem)
}

// Base returns the address that paths are put behind, without a slash at its
// end.
func (c *Client) Base() string { return c.base }

// Now returns the client's time, corrected if the vendor's clock has shown it
// to be wrong and the vendor has taken a call with the corrected time since.
func (c *Client) Now() time.Time { return c.clock().Add(time.Duration(c.proven.Load())) }

// CloseIdleConnections closes the connections that wait for another request.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

// newHTTPClient returns the http.Client of our own that the options ask for.
func (c *Client) newHTTPClient(o *edusdk.Options) *http.Client {
	hc := &http.Client{}
	if o.HTTPClient != nil {
		hc.Transport = o.HTTPClient.Transport
		if c.timeout == 0 {
			c.timeout = max(o.HTTPClient.Timeout, 0) // a negative one means none, as 0
		}
	}
	if o.Transport != nil {
		hc.Transport = o.Transport
	}
	if hc.Transport == nil {
		hc.Transport = newPool()
		c.pooled = true
	}
	// A redirected POST would carry its token and body to another host.
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return hc
}

// unredirected takes a Location that is no address out of an answer. http.Client
// parses it before it asks CheckRedirect, and then gives an error that quotes
// it in place of the answer.
type unredirected struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (u unredirected) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := u.RoundTripper.RoundTrip(req)
	if resp != nil && resp.StatusCode/100 == 3 {
		if _, bad := req.URL.Parse(resp.Header.Get("Location")); bad != nil {
			resp.Header.Del("Location")
		}
	}
	return resp, err
}

// CloseIdleConnections is what http.Client looks for.
func (u unredirected) CloseIdleConnections() {
	if c, ok := u.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// newPool returns a transport for many requests to one host at a time.
func newPool() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          256,
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       30 * time.Second, // below what servers commonly keep
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},

		MaxResponseHeaderBytes: 64 << 10,

		OnProxyConnectResponse: refusedByProxy,

		// A dead connection would take all requests until TCP gives it up.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second},
	}
}

// refusedByProxy makes an error of a proxy's refusal that holds its status alone.
// net/http would make one of the words that come with it.
func refusedByProxy(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return fmt.Errorf("the proxy refuses to connect: HTTP %d", resp.StatusCode)
}

// newResty returns resty with everything off that is done here instead.
func newResty(hc *http.Client, lastTouch resty.PreRequestHook) *resty.Client {
	return resty.NewWithClient(hc).
		SetLogger(silent{}). // the default one prints addresses with their secrets
		SetDisableWarn(true).
		SetRetryCount(0).
		SetDoNotParseResponse(true).
		SetPreRequestHook(lastTouch)
}

// silent is a logger of resty's that logs nothing.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}

func checkBase(raw string) (string, error) {
	if raw == "" {
		return "", errors.New("must not be empty: this vendor has no public address")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return "", errors.New("is not a URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return "", errors.New("must begin with http:// or https://")
	case u.Hostname() == "":
		return "", errors.New("has no host")
	case u.User != nil:
		return "", errors.New("must not hold a user or password")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return "", errors.New("must not hold a query or fragment")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// ShownBase returns a BaseURL as a Config prints it: one that New would refuse may
// hold a password.
func ShownBase(raw string) string {
	if _, err := checkBase(raw); err != nil && raw != "" {
		return "refused"
	}
	return raw
}
