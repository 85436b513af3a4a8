package faulttest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/effort"
	"github.com/edusdk/edusdk/zjy"
)

// ills are faults that cost no time, but for the timeouts.
func ills() []Fault {
	return []Fault{
		ResetBefore(),
		ResetAmid(),
		ResetInBody(),
		ResetAfter(),
		HangUp(),
		Silent(),
		Drip(),
		Raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
		Raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{" + strings.Repeat(" ", maxSize)),
		GzipBomb(10 * maxSize),
		CorruptGzip(),
		HeaderBomb(65 << 10),
		Status(http.StatusInternalServerError, strings.Repeat(webPage, 100)),
		Status(http.StatusOK, ""),
		TurnAway(http.StatusTooManyRequests, "", "Retry-After", "3600"),
		TurnAway(http.StatusTemporaryRedirect, webPage, "Location", "http://localhost:1/"),
		HandshakeReset(),
		Secure(lab.stranger, Healthy()),
		// One that leaves its connection alone: net/http keeps the memory of a dead
		// one of HTTP/2 for another half minute.
		H2(lab.trusted, func(x *Stream) bool {
			x.Execute()
			x.Break(CodeInternal)
			return true
		}),
	}
}

// ward is a client of every vendor at a server that fails in one way.
type ward struct {
	server *Server
	roots  map[*vendor][]any
}

func TestNothingIsLeftAfterThousandsOfFaults(t *testing.T) {
	const atATime = 64
	calls := int64(effort.Amount(2_000, 10_000))
	if underRace {
		calls = min(calls, 2_000) // the leaks are the same with and without the race detector
	}
	var ops []*operation
	for i := range vendors {
		ops = append(ops, vendors[i].operations(t)...)
	}
	ignore, filesBefore := goleak.IgnoreCurrent(), openFiles(t)
	wards := make([]ward, 0, len(ills()))
	for _, f := range ills() {
		w := ward{start(t, f), map[*vendor][]any{}}
		for i := range vendors {
			v := &vendors[i]
			var err error
			w.roots[v], err = v.open(w.server.URL(), loggedIn{}, []edusdk.Option{
				edusdk.WithTimeout(50 * time.Millisecond), edusdk.WithMaxResponseSize(maxSize),
				edusdk.WithRetry(edusdk.Retry{MaxAttempts: 2, BaseDelay: 1, MaxDelay: 1, Budget: -1}),
			})
			require.NoError(t, err)
		}
		wards = append(wards, w)
	}
	var next atomic.Int64
	var succeeded sync.Map // by operation and fault, what should have failed
	soak := func(calls int64) {
		var group sync.WaitGroup
		end := next.Load() + calls
		for range atATime {
			group.Go(func() {
				for i := next.Add(1); i <= end; i = next.Add(1) {
					// Each operation meets each fault.
					o, w := ops[int(i)/len(wards)%len(ops)], wards[int(i)%len(wards)]
					if o.call(context.Background(), w.roots[o.vendor]) == nil {
						succeeded.Store(fmt.Sprintf("%s.%s at fault %d", o.vendor.name, o.name, int(i)%len(wards)), true)
					}
				}
			})
		}
		group.Wait()
		next.Store(end)
	}
	heap := func() int64 {
		for _, w := range wards {
			for _, roots := range w.roots {
				closeIdle(roots)
			}
		}
		for _, w := range wards { // before they close: they would take the clients' connections along
			require.Eventually(t, func() bool { return w.server.Open() == 0 }, slack, time.Millisecond,
				"connections are still open: %d", w.server.Open())
		}
		runtime.GC()
		runtime.GC() // for what was in pools
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}

	soak(calls / 10) // fills caches
	before := heap()
	soak(calls)
	grown := heap() - before
	assert.Less(t, grown, int64(5<<20), "growth of the heap in bytes")
	for call := range succeeded.Range {
		t.Errorf("%s succeeded all the same", call)
	}

	for _, w := range wards {
		w.server.Close()
	}
	goleak.VerifyNone(t, ignore)
	assert.Eventually(t, func() bool { return openFiles(t) <= filesBefore }, slack, time.Millisecond,
		"open files before: %d, and after: %d", filesBefore, openFiles(t))
}

// All operations of a vendor at one client, by many callers, while the server
// fails in one way after the other.
func TestManyCallersOfOneClient(t *testing.T) {
	t.Parallel()
	const callers = 64
	for i := range vendors {
		v := &vendors[i]
		all := v.operations(t)
		for name, ops := range map[string][]*operation{
			"all":     all,
			"creates": slices.DeleteFunc(slices.Clone(all), func(o *operation) bool { return o.class != create }),
		} {
			t.Run(v.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				srv := NewServer(InTurn(
					Healthy(), ResetAfter(), TurnAway(http.StatusTooManyRequests, ""),
					Status(http.StatusOK, webPage), Healthy(), HangUp(),
					TurnAway(http.StatusOK, v.rejected), Status(http.StatusServiceUnavailable, "", "Retry-After", "0"),
				))
				srv.Answer = v.answer
				require.NoError(t, srv.Start())
				defer srv.Close()
				seen := &witness{}
				roots, err := v.open(srv.URL(), loggedIn{}, []edusdk.Option{
					quick, edusdk.WithObserver(seen), edusdk.WithHeader("X-Tenant", "tenant"),
				})
				require.NoError(t, err)
				defer closeIdle(roots)
				var group sync.WaitGroup
				for caller := range callers {
					group.Go(func() {
						for i := range ops {
							o := ops[(caller+i)%len(ops)]
							var raw edusdk.Captured
							if err := o.call(edusdk.WithCapture(t.Context(), &raw), roots); err != nil {
								var e *edusdk.Error
								assert.ErrorAs(t, err, &e, "error of %s", o.name)
							}
						}
					})
				}
				group.Wait()
				_, calls := seen.take()
				failed := slices.DeleteFunc(slices.Clone(calls), func(c edusdk.CallEvent) bool { return !c.Failed })
				assert.NotEmpty(t, failed, "calls that failed")
				assert.Less(t, len(failed), len(calls), "calls that failed, of all")
				if name == "creates" {
					assert.Len(t, calls, callers*len(ops), "calls")
					assert.LessOrEqual(t, srv.Executed(), len(calls), "requests that were carried out, by calls")
				}
			})
		}
	}
}

// Two clients on one http.Client of the importer's, whose jar would mix them up.
func TestTwoTenantsShareNoCookie(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	cookies := map[string][]string{} // by tenant, what was sent
	srv := NewServer(Each(func(c *Conn, r *http.Request) bool {
		tenant := r.Header.Get("X-Tenant")
		mu.Lock()
		cookies[tenant] = append(cookies[tenant], r.Header.Values("Cookie")...)
		mu.Unlock()
		c.Execute()
		// A request for a link has none of the headers.
		v := &vendors[max(0, slices.IndexFunc(vendors, func(v vendor) bool { return v.name == r.Header.Get("X-Vendor") }))]
		c.Respond(http.StatusOK, v.answer(r.URL.Path), "Set-Cookie", "session="+tenant+"; Path=/")
		return true
	}))
	require.NoError(t, srv.Start())
	defer srv.Close()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	pool := &http.Transport{}
	defer pool.CloseIdleConnections()
	shared := &http.Client{Jar: jar, Transport: pool}
	tenant := func(v, name string) []edusdk.Option {
		return []edusdk.Option{
			edusdk.WithHTTPClient(shared), edusdk.WithHeader("X-Vendor", v), edusdk.WithHeader("X-Tenant", name),
		}
	}
	for i := range vendors {
		v := &vendors[i]
		if v.name == "zjy" {
			continue // it sends a cookie of its own
		}
		ops := v.operations(t)
		for range 2 {
			for _, name := range []string{"a", "b"} {
				roots, err := v.open(srv.URL(), loggedIn{}, tenant(v.name, name))
				require.NoError(t, err)
				for _, o := range ops {
					assert.NoError(t, o.call(t.Context(), roots), "%s.%s", v.name, o.name)
				}
			}
		}
	}
	assert.Equal(t, map[string][]string{"a": nil, "b": nil, "": nil}, cookies, "cookies by tenant")

	clear(cookies)
	for range 2 {
		for _, name := range []string{"a", "b"} {
			c, err := zjy.New(zjy.Config{Auth: "auth-of-" + name, BaseURL: srv.URL()}, tenant("zjy", name)...)
			require.NoError(t, err)
			_, err = c.Profile(t.Context())
			require.NoError(t, err)
		}
	}
	assert.Equal(t, map[string][]string{"a": {"auth=auth-of-a", "auth=auth-of-a"}, "b": {"auth=auth-of-b", "auth=auth-of-b"}}, cookies, "cookies by tenant")
	at, err := url.Parse(srv.URL())
	require.NoError(t, err)
	assert.Empty(t, jar.Cookies(at), "cookies in the importer's jar")
}
