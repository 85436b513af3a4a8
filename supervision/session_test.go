package supervision_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/effort"
	"github.com/edusdk/edusdk/supervision"
)

// numbered answers logins with tokens 1, 2, …, after a second of the bubble's
// time.
func numbered(p *platform) *atomic.Int64 {
	var n atomic.Int64
	p.login = func(r *http.Request) (*http.Response, error) {
		token := n.Add(1)
		select {
		case <-time.After(time.Second):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
		return answers(200, fmt.Sprintf(`{"returnCode":"0","returnData":{"acceptToken":"token-%d","studyPlatformCode":"p"}}`, token))(r)
	}
	return &n
}

// bubble is a client on the bubble's clock.
func bubble(t *testing.T, p *platform, change func(*supervision.Config)) *supervision.Client {
	cfg := config()
	if change != nil {
		change(&cfg)
	}
	return newClient(t, p, cfg, edusdk.WithClock(time.Now))
}

func authenticate(ctx context.Context, c *supervision.Client) error {
	return c.Students.Authenticate(ctx, "110101199003070013", "张三")
}

// tokens returns what the calls were sent with.
func (p *platform) tokens(t *testing.T) []string {
	var all []string
	for _, body := range p.bodies {
		all = append(all, members(t, body)["headers"].(map[string]any)["userToken"].(string))
	}
	return all
}

func TestThousandsOfColdCallersLogInOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t, answers(200, fixture(t, "ok.json")))
		n := numbered(p)
		c := bubble(t, p, nil)
		var group sync.WaitGroup
		callers := effort.Amount(1_000, 10_000)
		for i := range callers {
			client := c
			if i%2 == 1 {
				client = c.WithDevice(supervision.Device{Type: supervision.TypeH5, ID: fmt.Sprint(i)})
			}
			group.Go(func() { assert.NoError(t, authenticate(t.Context(), client)) })
		}
		group.Wait()
		assert.EqualValues(t, 1, n.Load())
		assert.Len(t, p.bodies, callers)
	})
}

func TestACancelledLeaderFailsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t, answers(200, fixture(t, "ok.json")))
		n := numbered(p)
		c := bubble(t, p, nil)
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			err := authenticate(ctx, c)
			assert.ErrorIs(t, err, edusdk.ErrCanceled)
			assert.ErrorIs(t, err, context.Canceled)
			assert.False(t, edusdk.MaybeApplied(err))
		})
		synctest.Wait() // the leader waits for the login
		for range 5 {
			group.Go(func() { assert.NoError(t, authenticate(t.Context(), c)) })
		}
		cancel()
		group.Wait()
		assert.EqualValues(t, 1, n.Load())
	})
}

func TestALoginIsRenewedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t, answers(200, fixture(t, "ok.json")))
		numbered(p)
		c := bubble(t, p, nil)
		for _, wait := range []time.Duration{0, 104 * time.Minute, 7 * time.Minute, 104 * time.Minute, 7 * time.Minute} {
			time.Sleep(wait) // in the bubble
			require.NoError(t, authenticate(t.Context(), c))
		}
		assert.Equal(t, []string{"token-1", "token-1", "token-2", "token-2", "token-3"}, p.tokens(t),
			"kept for 105 to 110 minutes")
	})
}

func TestTwoClientsOnOneStoreLogInOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t, answers(200, fixture(t, "ok.json")))
		n := numbered(p)
		store := edusdk.NewMemoryStore()
		withStore := func(cfg *supervision.Config) { cfg.TokenStore = store }
		a, b := bubble(t, p, withStore), bubble(t, p, withStore)
		require.NoError(t, authenticate(t.Context(), a))
		require.NoError(t, authenticate(t.Context(), b))
		assert.EqualValues(t, 1, n.Load())
		assert.Contains(t, p.bodies[1], `"studyPlatformCode":"p"`, "the platform's code is shared too")

		other := bubble(t, p, func(cfg *supervision.Config) { cfg.TokenStore, cfg.Password = store, "other-password" })
		require.NoError(t, authenticate(t.Context(), other))
		assert.EqualValues(t, 2, n.Load(), "another credential has a login of its own")
	})
}

func TestAnExpiredTokenLeadsToOneLoginAndOneReplay(t *testing.T) {
	const expired = `{"returnCode":"4001","returnMsg":"token失效"}`
	ok := `{"returnCode":"0"}`
	for name, tt := range map[string]struct {
		predicate func(code, msg string) bool
		answers   []string
		logins    int64
		calls     int
		kind      edusdk.Kind
	}{
		"by its code":            {func(code, _ string) bool { return code == "4001" }, []string{expired, ok}, 2, 2, 0},
		"by its message":         {func(_, msg string) bool { return msg == "token失效" }, []string{expired, ok}, 2, 2, 0},
		"once only":              {func(code, _ string) bool { return code == "4001" }, []string{expired, expired, ok}, 2, 2, edusdk.ErrUnauthenticated},
		"not another code":       {func(code, _ string) bool { return code == "4002" }, []string{expired, ok}, 1, 1, edusdk.ErrUnknown},
		"not without being told": {nil, []string{expired, ok}, 1, 1, edusdk.ErrUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var responders []httpmock.Responder
				for _, a := range tt.answers {
					responders = append(responders, answers(200, a))
				}
				p := newPlatform(t, inTurn(responders...))
				n := numbered(p)
				store := edusdk.NewMemoryStore()
				c := bubble(t, p, func(cfg *supervision.Config) { cfg.TokenExpired, cfg.TokenStore = tt.predicate, store })
				err := c.Study.End(t.Context(), &supervision.EndStudyRequest{ResCode: "r", StudentUserCode: "s", ClassCode: "c"})
				assert.Equal(t, tt.logins, n.Load())
				assert.Len(t, p.bodies, tt.calls)
				if tt.kind == 0 && err == nil {
					assert.Equal(t, []string{"token-1", "token-2"}, p.tokens(t))
					return
				}
				e := asError(t, err)
				assert.Equal(t, tt.kind, e.Kind)
				assert.Equal(t, "4001", e.Code)
				assert.False(t, edusdk.MaybeApplied(err), "the platform has turned it away")
			})
		})
	}
}

func TestAPredicateIsNotAskedAboutLogins(t *testing.T) {
	p := newPlatform(t, answers(200, `{"returnCode":"0"}`))
	p.login = answers(200, `{"returnCode":"4001","returnMsg":"token失效"}`)
	cfg := config()
	cfg.TokenExpired = func(string, string) bool { t.Error("it was asked"); return true }
	_, err := newClient(t, p, cfg).Login(t.Context())
	assert.ErrorIs(t, err, edusdk.ErrUnauthenticated)
	assert.Equal(t, 1, p.logins)
}

func TestWrongCredentialsAreNotHammered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t, answers(200, fixture(t, "ok.json")))
		refusal := answers(200, `{"returnCode":"2","returnMsg":"账号或密码错误"}`)
		p.login = func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Second) // in the bubble
			return refusal(r)
		}
		c := bubble(t, p, nil)
		call := func() {
			e := asError(t, authenticate(t.Context(), c))
			assert.Equal(t, edusdk.ErrUnauthenticated, e.Kind)
			assert.Equal(t, "2", e.Code)
		}
		var group sync.WaitGroup
		for range 100 {
			group.Go(call)
		}
		group.Wait()
		assert.Equal(t, 1, p.logins, "every waiter fails with the one login")
		time.Sleep(29 * time.Second)
		call()
		_, err := c.Login(t.Context())
		assert.ErrorIs(t, err, edusdk.ErrUnauthenticated)
		assert.Equal(t, 2, p.logins, "an explicit login is sent all the same")
		time.Sleep(29 * time.Second)
		call()
		assert.Equal(t, 2, p.logins, "its refusal is remembered as well")
		time.Sleep(2 * time.Second)
		call()
		assert.Equal(t, 3, p.logins)
	})
}

func TestLoginIsAskedForAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t, answers(200, fixture(t, "ok.json")))
		numbered(p)
		c := bubble(t, p, nil)
		for _, want := range []string{"token-1", "token-2"} {
			s, err := c.Login(t.Context())
			require.NoError(t, err)
			assert.Equal(t, want, s.AcceptToken)
			require.NoError(t, authenticate(t.Context(), c))
		}
		assert.Equal(t, []string{"token-1", "token-2"}, p.tokens(t))

		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err := c.Login(ctx)
		assert.ErrorIs(t, err, edusdk.ErrDeadlineExceeded)
		assert.Equal(t, "Login", asError(t, err).Op)
		time.Sleep(time.Second) // until the login that nobody waits for has ended
	})
}

func TestEachDeviceIsNamed(t *testing.T) {
	p := newPlatform(t, answers(200, fixture(t, "ok.json")))
	c := newClient(t, p, config())
	student := c.WithDevice(supervision.Device{Type: supervision.TypeAndroid, ID: "acde48001122"})
	require.NoError(t, authenticate(t.Context(), student))
	require.NoError(t, authenticate(t.Context(), c))
	assert.Equal(t, 1, p.logins)
	for i, want := range [][2]string{{"TYPE_ANDROID", "acde48001122"}, {"TYPE_PC", "127.0.0.1"}} {
		h := members(t, p.bodies[i])["headers"].(map[string]any)
		assert.Equal(t, want, [2]string{h["deviceType"].(string), h["deviceId"].(string)})
	}
}

func TestATimestampIsOfItsAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t, inTurn(
			httpmock.NewStringResponder(429, "").HeaderSet(http.Header{"Retry-After": {"7"}}), answers(200, fixture(t, "ok.json"))))
		c := bubble(t, p, nil)
		require.NoError(t, authenticate(t.Context(), c))
		require.Len(t, p.bodies, 2)
		first := members(t, p.bodies[0])["headers"].(map[string]any)["timestamp"]
		second := members(t, p.bodies[1])["headers"].(map[string]any)["timestamp"]
		assert.Equal(t, fmt.Sprint(time.Now().Unix()-7), first)
		assert.Equal(t, fmt.Sprint(time.Now().Unix()), second)
	})
}
