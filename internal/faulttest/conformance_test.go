package faulttest

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

// scene is where one call of the table takes place; a row sets it.
type scene struct {
	*testing.T

	ctx     context.Context
	cancel  context.CancelFunc
	op      *operation
	fault   Fault
	url     string // where that is not the server's
	opts    []edusdk.Option
	store   edusdk.TokenStore
	retry   edusdk.Retry
	timeout time.Duration // of an attempt
	step    time.Duration // a short time, though long enough for a request to arrive
	warm    bool          // a call that succeeds goes before the one that is judged
	warmed  func()        // runs between them

	executed func() // runs when the server has carried a request out
	retried  func() // runs before the wait for a retry

	server   *Server
	other    *Server
	attempts []edusdk.AttemptEvent
}

// blackhole sets an address that connections to are never made.
func (s *scene) blackhole() {
	if lab.blackhole != "" {
		s.url = "http://" + lab.blackhole
		return
	}
	s.url = "http://127.0.0.1:1"
	s.opts = append(s.opts, edusdk.WithTransport(&http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if x := httptrace.ContextClientTrace(ctx); x != nil && x.ConnectStart != nil {
				x.ConnectStart(network, addr)
			}
			<-ctx.Done()
			return nil, &net.OpError{Op: "dial", Net: network, Err: ctx.Err()}
		},
	}))
}

// cancelAt cancels the call at a stage of its connection. A login has a context
// of its own, in which it does not show how far it is.
func (s *scene) cancelAt(hook func(x *httptrace.ClientTrace, cancel func())) {
	if s.op.class == login {
		timer := time.AfterFunc(s.step, s.cancel)
		s.timeout = 2 * s.step
		s.Cleanup(func() { timer.Stop() })
		return
	}
	x, cancel := &httptrace.ClientTrace{}, s.cancel
	hook(x, func() { cancel() })
	s.ctx = httptrace.WithClientTrace(s.ctx, x)
}

// outcome is what came of a call.
type outcome struct {
	err      error
	attempts []edusdk.AttemptEvent
	executed int
	scene    *scene
}

// play lets a row happen to an operation.
func (r *row) play(t *testing.T, o *operation, step time.Duration) outcome {
	s := &scene{
		T: t, op: o, step: step, timeout: 30 * time.Second, store: loggedIn{},
		retry: edusdk.Retry{BaseDelay: time.Millisecond, MaxDelay: time.Millisecond},
	}
	s.ctx, s.cancel = context.WithCancel(t.Context())
	r.set(s)
	defer func() { s.cancel() }()
	if s.url == "" {
		s.server = NewServer(s.fault)
		s.server.Answer, s.server.Path = o.vendor.answer, o.first
		if !s.warm {
			s.server.OnExecute = s.executed
		}
		require.NoError(t, s.server.Start())
		defer func() {
			s.server.Close()
			if o.class == create {
				creates.Add(1)
			}
			if o.class == create && s.server.Executed() > 1 {
				createdTwice.Add(1)
			}
		}()
		s.url = s.server.URL()
	}
	seen := &witness{onRetry: s.retried}
	opts := append([]edusdk.Option{
		edusdk.WithObserver(seen), edusdk.WithRetry(s.retry), edusdk.WithTimeout(s.timeout), edusdk.WithMaxResponseSize(maxSize),
	}, s.opts...)
	roots, err := o.vendor.open(s.url, s.store, opts)
	require.NoError(t, err, "open")
	defer closeIdle(roots)
	if s.warm {
		require.NoError(t, o.call(t.Context(), roots), "the call before")
		if s.warmed != nil {
			s.warmed()
		}
		seen.take()
		s.server.Forget()
	}

	done := make(chan error, 1)
	go func() { done <- o.call(s.ctx, roots) }()
	bound := time.NewTimer(r.bound(s) + slack)
	defer bound.Stop()
	out := outcome{scene: s}
	select {
	case out.err = <-done:
	case <-bound.C:
		s.cancel()
		require.FailNow(t, "the call hangs", "it was to end within %v", r.bound(s)+slack)
	}
	if o.class == login { // it can go on without its caller
		if s.server != nil && errors.Is(out.err, s.ctx.Err()) {
			s.server.Close()
		}
		assert.Eventually(t, func() bool {
			seen.mu.Lock()
			defer seen.mu.Unlock()
			return len(seen.calls) > 0
		}, slack, time.Millisecond, "the login ends")
	}
	out.attempts, _ = seen.take()
	if o.class != login { // one that went before is no attempt of the call
		out.attempts = slices.DeleteFunc(out.attempts, func(a edusdk.AttemptEvent) bool { return a.Op == "Login" })
	}
	s.attempts = out.attempts
	if s.server != nil {
		out.executed = s.server.Executed()
	}
	return out
}

// bound is what the configuration of a call allows it to take.
func (r *row) bound(s *scene) time.Duration {
	attempts := time.Duration(max(r.cells[s.op.class].attempts, 1))
	if s.timeout == s.step {
		return attempts * s.timeout
	}
	return attempts * time.Second // the hints are no longer
}

// The creates that were played, and those of them that were carried out more
// than once.
var creates, createdTwice atomic.Int64

// want returns the cell of an operation.
func (r *row) want(o *operation) cell {
	want := r.cells[o.class]
	if r.bare != nil && o.bare {
		want = r.bare[o.class]
	}
	if r.words != nil {
		words, kind := r.words(o.vendor)
		if o.class == login {
			kind = cmp.Or(o.vendor.loginKind, kind)
		}
		want.kind, want.skip = kind, want.skip || words == "" || o.page // pages have other words
	}
	if want.ok {
		want.kind = 0
		return want
	}
	if want.kind == 0 {
		want.kind = r.kind
		if r.page != 0 && o.page {
			want.kind = r.page
		}
	}
	want.status = r.status
	return want
}

// got puts an outcome into the form of a cell.
func (out outcome) got() cell {
	c := cell{attempts: len(out.attempts), executed: out.executed, maybe: edusdk.MaybeApplied(out.err), ok: out.err == nil}
	var e *edusdk.Error
	if errors.As(out.err, &e) {
		c.kind, c.status = e.Kind, e.HTTPStatus
	}
	return c
}

// steps are the times that rows which hang on a timeout are tried with, until
// the machine is fast enough for one.
var steps = []time.Duration{150 * time.Millisecond, time.Second, 5 * time.Second}

func (r *row) judge(t *testing.T, o *operation) {
	want := r.want(o)
	var out outcome
	for _, step := range steps {
		out = r.play(t, o, step)
		if !r.timed || want.open || out.got() == want {
			break
		}
	}
	if want.open {
		assert.Equal(t, want.kind, edusdk.KindOf(out.err), "Kind of: %v", out.err)
		return
	}
	if r.either != nil {
		assert.True(t, r.either(o.class, out.got()), "what came of the call: %+v; its class is %s, and the error is: %v", out.got(), o.class, out.err)
		return
	}
	assert.Equal(t, want, out.got(), "what came of the call; its class is %s, and the error is: %v", o.class, out.err)
	if want.ok || t.Failed() {
		return
	}
	e, ok := out.err.(*edusdk.Error) //nolint:errorlint // it is to be this type, not to hold it
	require.True(t, ok, "want a *edusdk.Error, got %T: %v", out.err, out.err)
	assert.Equal(t, want.attempts, e.Attempts, "Error.Attempts of: %v", e)
	assert.Equal(t, o.vendor.name, e.Vendor, "Error.Vendor of: %v", e)
	if r.check != nil && want.kind == r.kind {
		r.check(t, out.scene, e)
	}
}

func TestConformance(t *testing.T) {
	t.Run("of", func(t *testing.T) { // returns when all of them have ended
		for i := range vendors {
			for _, o := range vendors[i].operations(t) {
				t.Run(o.vendor.name+"."+o.name, func(t *testing.T) {
					t.Parallel()
					for i := range table {
						if table[i].want(o).skip {
							continue
						}
						t.Run(table[i].name, func(t *testing.T) {
							t.Parallel()
							table[i].judge(t, o)
						})
					}
				})
			}
		}
	})
	assert.Zero(t, createdTwice.Load(), "creates that were carried out twice, of %d", creates.Load())
}
