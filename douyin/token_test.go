package douyin_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/douyin/douyintest"
)

// inProcess lets a fake answer without a network, as synctest needs it.
type inProcess struct{ http.Handler }

func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Context().Err() != nil {
		return nil, r.Context().Err()
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), nil
}

const fakeHost = "https://fake.example.com/"

// credential returns a token source with the canaries.
func credential(endpoint string, opts ...edusdk.Option) douyin.TokenSource {
	return douyin.ClientCredential(douyin.ClientCredentialConfig{AppID: appID, Secret: secret, Endpoint: endpoint, Options: opts})
}

// of returns a token source of the fake.
func of(h http.Handler, path string, store edusdk.TokenStore, opts ...edusdk.Option) douyin.TokenSource {
	return douyin.ClientCredential(douyin.ClientCredentialConfig{
		AppID: douyintest.AppID, Secret: douyintest.Secret, Endpoint: fakeHost + path, Store: store,
		Options: append(opts, edusdk.WithTransport(inProcess{h})),
	})
}

// client returns one of the fake.
func client(t *testing.T, h http.Handler, source douyin.TokenSource) *douyin.Client {
	t.Helper()
	c, err := douyin.New(douyin.Config{AppID: douyintest.AppID, Token: source, BaseURL: fakeHost}, edusdk.WithTransport(inProcess{h}))
	require.NoError(t, err)
	return c
}

// count returns how many requests for path the fake has got.
func count(h *douyintest.Handler, path string) (n int) {
	for _, r := range h.Requests() {
		if r.Path == path {
			n++
		}
	}
	return n
}

func TestLoginsOnTheWire(t *testing.T) {
	const miniAnswer = `{"err_no":0,"err_tips":"success","data":{"access_token":"T","expires_in":7200}}`
	const openAnswer = `{"data":{"access_token":"T","captcha":"","desc_url":"","description":"","error_code":0,"expires_in":7200},"message":"success"}`
	const miniBody = `{"appid":"canary-appid","secret":"canary-secret","grant_type":"client_credential"}`
	const openBody = `{"client_key":"canary-appid","client_secret":"canary-secret","grant_type":"client_credential"}`
	for name, tt := range map[string]struct{ endpoint, url, body, answer string }{
		"default":           {"", "https://developer.toutiao.com/api/apps/v2/token", miniBody, miniAnswer},
		"mini app":          {douyin.MiniAppTokenURL, "https://developer.toutiao.com/api/apps/v2/token", miniBody, miniAnswer},
		"sandbox":           {douyin.SandboxTokenURL, "https://open-sandbox.douyin.com/api/apps/v2/token", miniBody, miniAnswer},
		"open platform":     {douyin.OpenPlatformTokenURL, "https://open.douyin.com/oauth/client_token/", openBody, openAnswer},
		"stable":            {"https://open.douyin.com/oauth/stable_client_token/", "https://open.douyin.com/oauth/stable_client_token/", openBody, openAnswer},
		"another mini app":  {"http://127.0.0.1:1/x/api/apps/v2/token", "http://127.0.0.1:1/x/api/apps/v2/token", miniBody, miniAnswer},
		"another open one":  {"http://127.0.0.1:1/x/oauth/client_token", "http://127.0.0.1:1/x/oauth/client_token", openBody, openAnswer},
		"numbers as string": {"", douyin.MiniAppTokenURL, miniBody, `{"err_no":"0","data":{"access_token":"T","expires_in":"7200"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
			mock := httpmock.NewMockTransport()
			mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
				body, err := io.ReadAll(r.Body)
				assert.NoError(t, err)
				assert.Equal(t, []string{"POST", tt.url, "application/json", tt.body},
					[]string{r.Method, r.URL.String(), r.Header.Get("Content-Type"), string(body)})
				return httpmock.NewStringResponse(200, tt.answer), nil
			})
			source := credential(tt.endpoint, edusdk.WithTransport(mock), edusdk.WithClock(func() time.Time { return now }))
			for range 2 {
				got, err := source.Token(t.Context())
				require.NoError(t, err)
				assert.Equal(t, edusdk.Token{Value: "T", Expires: now.Add(2 * time.Hour)}, got)
			}
			assert.Equal(t, 1, mock.GetTotalCallCount())
		})
	}
}

func TestTokensWithoutAnExpiry(t *testing.T) {
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(httpmock.NewStringResponder(200, `{"err_no":0,"data":{"access_token":"T"}}`))
	source := credential("", edusdk.WithTransport(mock))
	got, err := source.Token(t.Context())
	require.NoError(t, err)
	assert.Equal(t, edusdk.Token{Value: "T"}, got)
	mock.RegisterNoResponder(httpmock.NewStringResponder(200, `{"err_no":0,"data":{"access_token":"U","expires_in":9223372036854775807}}`))
	require.NoError(t, source.Invalidate(t.Context(), "T"))
	got, err = source.Token(t.Context())
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().Add(2*time.Hour), got.Expires, time.Minute, "no longer than the document says")
}

func TestFailedLogins(t *testing.T) {
	tests := map[string]struct {
		status   int
		body     string
		kind     edusdk.Kind
		code     string
		attempts int
	}{
		"system":            {200, `{"err_no":-1,"err_tips":"system error"}`, edusdk.ErrUnavailable, douyin.CodeTokenSystem, 2},
		"app id":            {200, `{"err_no":40015,"err_tips":"bad canary-appid"}`, edusdk.ErrUnauthenticated, douyin.CodeTokenAppID, 1},
		"secret":            {200, `{"err_no":40017,"err_tips":"bad canary-secret"}`, edusdk.ErrUnauthenticated, douyin.CodeTokenSecret, 1},
		"grant type":        {200, `{"err_no":40020,"err_tips":"bad grant_type"}`, edusdk.ErrInvalidArgument, douyin.CodeTokenGrantType, 1},
		"too many requests": {200, `{"data":{"error_code":10020,"description":"slow"},"message":"error"}`, edusdk.ErrResourceExhausted, douyin.CodeTooManyRequests, 1},
		"parameter":         {200, `{"data":{"error_code":10002,"description":"x"},"message":"error"}`, edusdk.ErrInvalidArgument, douyin.CodeTokenParameter, 1},
		"client key":        {200, `{"data":{"error_code":10003,"description":"x"},"message":"error"}`, edusdk.ErrUnauthenticated, douyin.CodeClientKey, 1},
		"client secret":     {200, `{"data":{"error_code":"10013","description":"x"},"message":"error"}`, edusdk.ErrUnauthenticated, douyin.CodeClientSecret, 1},
		"unknown":           {200, `{"data":{"error_code":10099,"description":"x"},"message":"error"}`, edusdk.ErrUnknown, "10099", 1},
		"no code":           {200, `{"data":{"access_token":"T","expires_in":7200}}`, edusdk.ErrMalformedResponse, "", 2},
		"no data":           {200, `{"err_no":0}`, edusdk.ErrMalformedResponse, "", 2},
		"no token":          {200, `{"err_no":0,"data":{"expires_in":7200}}`, edusdk.ErrMalformedResponse, "", 2},
		"web page":          {200, `<html>`, edusdk.ErrUnavailable, "", 2},
		"server error":      {500, ``, edusdk.ErrUnavailable, "", 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			mock := httpmock.NewMockTransport()
			mock.RegisterNoResponder(httpmock.NewStringResponder(tt.status, tt.body))
			source := credential("", edusdk.WithTransport(mock), edusdk.WithRetry(edusdk.Retry{BaseDelay: time.Millisecond, MaxDelay: time.Millisecond}))
			_, err := source.Token(t.Context())
			var e *edusdk.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, []any{"douyin", "Login", tt.kind, tt.code, tt.attempts}, []any{e.Vendor, e.Op, e.Kind, e.Code, e.Attempts})
			assert.Equal(t, tt.attempts, mock.GetTotalCallCount())

			c, queries := mockedWith(t, douyin.Config{AppID: appID, Token: source}, httpmock.NewStringResponder(200, ""))
			_, failed := c.QueryProducts(t.Context(), 1)
			require.ErrorAs(t, failed, &e)
			assert.Equal(t, []any{"QueryProducts", tt.kind, tt.code, 0, false}, []any{e.Op, e.Kind, e.Code, e.Attempts, edusdk.MaybeApplied(failed)})
			assert.Zero(t, queries.GetTotalCallCount())
			assert.NotContains(t, fmt.Sprintf("%v %+v %v %+v", err, err, failed, failed), "canary")
		})
	}
}

func TestABadCredentialFailsToken(t *testing.T) {
	for name, tt := range map[string]struct {
		cfg   douyin.ClientCredentialConfig
		field string
	}{
		"no app id": {douyin.ClientCredentialConfig{Secret: secret}, "AppID"},
		"no secret": {douyin.ClientCredentialConfig{AppID: appID}, "Secret"},
		"endpoint":  {douyin.ClientCredentialConfig{AppID: appID, Secret: secret, Endpoint: "ftp://x"}, "Endpoint"},
		"option":    {douyin.ClientCredentialConfig{AppID: appID, Secret: secret, Options: []edusdk.Option{edusdk.WithTimeout(-1)}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			source := douyin.ClientCredential(tt.cfg)
			_, err := source.Token(t.Context())
			var e *edusdk.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, edusdk.ErrInvalidArgument, e.Kind)
			assert.NotEmpty(t, e.Op)
			if tt.field != "" {
				assert.Equal(t, []string{"douyin", "Login"}, []string{e.Vendor, e.Op})
				var f *edusdk.FieldError
				require.ErrorAs(t, err, &f)
				assert.Equal(t, "ClientCredentialConfig."+tt.field, f.Field)
			}
			assert.Error(t, source.Invalidate(t.Context(), "x"))
			source.(interface{ CloseIdleConnections() }).CloseIdleConnections()
		})
	}
}

func TestARejectedTokenIsRenewedOnce(t *testing.T) {
	for _, path := range []string{douyintest.MiniAppTokenPath, douyintest.OpenPlatformTokenPath} {
		t.Run(path, func(t *testing.T) {
			h := douyintest.NewHandler()
			c := client(t, h, of(h, path, nil))
			_, err := c.QueryProducts(t.Context(), douyintest.OnShelfID)
			require.NoError(t, err)

			h.ExpireTokens()
			got, err := c.QueryProducts(t.Context(), douyintest.OnShelfID)
			require.NoError(t, err)
			assert.Equal(t, []int64{douyintest.OnShelfID}, ids(got))
			assert.Len(t, got.LogIDs, 1)
			assert.Equal(t, []int{2, 3}, []int{count(h, path), count(h, douyintest.QueryPath)})

			h.FailNext(28001008)
			h.FailNext(28001008)
			_, err = c.QueryProducts(t.Context(), douyintest.OnShelfID)
			var e *edusdk.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, []any{edusdk.ErrUnauthenticated, "28001008", 2}, []any{e.Kind, e.Code, e.Attempts})
			requests := h.Requests()
			assert.Equal(t, requests[len(requests)-1].LogID, e.RequestID)
			assert.Equal(t, []int{3, 5}, []int{count(h, path), count(h, douyintest.QueryPath)})
		})
	}
}

func TestARejectedStaticTokenFailsAtOnce(t *testing.T) {
	h := douyintest.NewHandler()
	c := client(t, h, douyin.StaticToken("an-old-token"))
	_, err := c.QueryProducts(t.Context(), 1)
	require.ErrorIs(t, err, edusdk.ErrUnauthenticated)
	assert.Len(t, h.Requests(), 1)
	source := douyin.StaticToken("an-old-token")
	require.NoError(t, source.Invalidate(t.Context(), "an-old-token"))
	token, err := source.Token(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "an-old-token", token.Value)
	c.CloseIdleConnections()
}

// sourceFunc is a TokenSource of an importer.
type sourceFunc func() (edusdk.Token, error)

func (f sourceFunc) Token(context.Context) (edusdk.Token, error) { return f() }
func (f sourceFunc) Invalidate(context.Context, string) error    { return nil }

func TestATokenSourceThatHasNone(t *testing.T) {
	down := errors.New("the vault is down")
	for name, source := range map[string]sourceFunc{
		"error": func() (edusdk.Token, error) { return edusdk.Token{}, down },
		"empty": func() (edusdk.Token, error) { return edusdk.Token{}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			h := douyintest.NewHandler()
			_, err := client(t, h, source).QueryProducts(t.Context(), 1)
			var e *edusdk.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, name == "error", errors.Is(err, down))
			assert.Empty(t, h.Requests())
		})
	}
}

func TestTenThousandColdCallersGetOneToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := douyintest.NewHandler()
		h.Intercept(slow(douyintest.MiniAppTokenPath))
		source := of(h, douyintest.MiniAppTokenPath, nil)
		var group sync.WaitGroup
		for range 10_000 {
			group.Go(func() {
				token, err := source.Token(context.Background())
				assert.NoError(t, err)
				assert.NotEmpty(t, token.Value)
			})
		}
		group.Wait()
		assert.Len(t, h.Requests(), 1)
	})
}

// slow makes requests for path take a second of the bubble's time.
func slow(path string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, path) {
				time.Sleep(time.Second)
			}
			next.ServeHTTP(w, r)
		})
	}
}

func TestACancelledLeaderFailsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := douyintest.NewHandler()
		h.Intercept(slow(douyintest.MiniAppTokenPath))
		c := client(t, h, of(h, douyintest.MiniAppTokenPath, nil))
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			_, err := c.QueryProducts(ctx, 1)
			assert.ErrorIs(t, err, context.Canceled)
			assert.False(t, edusdk.MaybeApplied(err))
		})
		synctest.Wait()
		group.Go(func() {
			_, err := c.QueryProducts(t.Context(), 1)
			assert.NoError(t, err)
		})
		synctest.Wait()
		cancel()
		group.Wait()
		assert.Equal(t, 1, count(h, douyintest.MiniAppTokenPath))
	})
}

func TestATokenIsRenewedTenMinutesEarly(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	h := douyintest.NewHandler()
	h.SetClock(clock)
	source := of(h, douyintest.MiniAppTokenPath, nil, edusdk.WithClock(clock))
	first, err := source.Token(t.Context())
	require.NoError(t, err)
	for _, step := range []struct {
		after  time.Duration
		logins int
	}{{0, 1}, {110*time.Minute - time.Second, 1}, {time.Second, 2}, {time.Hour, 2}} {
		now = now.Add(step.after)
		_, err := client(t, h, source).QueryProducts(t.Context(), 1)
		require.NoError(t, err)
		assert.Equal(t, step.logins, count(h, douyintest.MiniAppTokenPath))
	}
	second, err := source.Token(t.Context())
	require.NoError(t, err)
	assert.NotEqual(t, first.Value, second.Value)
}

func TestTwoProcessesShareALogin(t *testing.T) {
	h := douyintest.NewHandler()
	store := edusdk.NewMemoryStore()
	a := client(t, h, of(h, douyintest.MiniAppTokenPath, store))
	b := client(t, h, of(h, douyintest.MiniAppTokenPath, store))
	for _, c := range []*douyin.Client{a, b, a} {
		_, err := c.QueryProducts(t.Context(), 1)
		require.NoError(t, err)
	}
	assert.Equal(t, 1, count(h, douyintest.MiniAppTokenPath))

	h.ExpireTokens()
	for _, c := range []*douyin.Client{a, b} {
		_, err := c.QueryProducts(t.Context(), 1)
		require.NoError(t, err)
	}
	assert.Equal(t, 2, count(h, douyintest.MiniAppTokenPath), "the second one takes what the first one has renewed")
}

// sink collects everything that an observer is told.
type sink struct {
	mu sync.Mutex
	bytes.Buffer
}

func (s *sink) ObserveAttempt(_ context.Context, a edusdk.AttemptEvent) { s.print(a) }
func (s *sink) ObserveCall(_ context.Context, c edusdk.CallEvent)       { s.print(c) }

func (s *sink) print(values ...any) {
	for _, v := range values {
		for _, format := range []string{"%v\n", "%+v\n", "%#v\n", "%s\n"} {
			_, _ = fmt.Fprintf(s, format, v)
		}
	}
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Buffer.Write(p)
}

func TestSecretsAreShownNowhere(t *testing.T) {
	echo := func(r *http.Request) (*http.Response, error) {
		body, _ := io.ReadAll(r.Body)
		quoted := strings.ReplaceAll(string(body), `"`, `\"`)
		return httpmock.NewStringResponse(200, `{"err_no":99,"err_msg":"`+quoted+`","log_id":"`+quoted+`"}`), nil
	}
	give := httpmock.NewStringResponder(200, `{"err_no":0,"data":{"access_token":"canary-token","expires_in":7200}}`)
	s := &sink{}
	log := slog.New(slog.NewTextHandler(s, &slog.HandlerOptions{Level: slog.LevelDebug}))
	for _, answer := range []httpmock.Responder{echo, httpmock.NewErrorResponder(errors.New(`bad "canary-secret"`)), httpmock.NewStringResponder(500, bearer+secret+appID)} {
		for _, login := range []httpmock.Responder{give, answer} {
			mock := httpmock.NewMockTransport()
			mock.RegisterResponder(http.MethodPost, douyin.MiniAppTokenURL, login)
			mock.RegisterNoResponder(answer)
			opts := []edusdk.Option{
				edusdk.WithTransport(mock), edusdk.WithLogger(log), edusdk.WithObserver(s), edusdk.WithRetry(edusdk.Retry{BaseDelay: time.Millisecond}),
			}
			credentials := douyin.ClientCredentialConfig{AppID: appID, Secret: secret, Options: opts}
			cfg := douyin.Config{AppID: appID, Token: douyin.ClientCredential(credentials)}
			c, err := douyin.New(cfg, opts...)
			require.NoError(t, err)
			_, err = c.QueryProducts(t.Context(), 1)
			require.Error(t, err)
			failed := c.Call(t.Context(), http.MethodPost, "product/api/other", map[string]string{"x": "canary-param"}, nil)
			require.Error(t, failed)
			token := douyin.StaticToken(bearer)
			s.print(err, failed, credentials, &credentials, cfg, &cfg, cfg.Token, token, c, *c)
			for e := err; e != nil; e = errors.Unwrap(e) {
				s.print(e)
			}
			log.Info("all", "error", err, "failed", failed, "credentials", credentials, "cfg", cfg, "source", cfg.Token, "token", token, "client", c)
			c.CloseIdleConnections()
		}
	}
	assert.NotContains(t, s.String(), "canary")
	assert.Contains(t, s.String(), "douyin.Client(https://developer-product.zijieapi.com)")
	assert.Contains(t, s.String(), "op=QueryProducts")
	assert.Contains(t, s.String(), "Login")
}

func TestManyCallsRenewARejectedTokenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const callers = 1000
		h := douyintest.NewHandler()
		h.Intercept(slow(douyintest.MiniAppTokenPath))
		h.Intercept(slow(douyintest.QueryPath))
		c := client(t, h, of(h, douyintest.MiniAppTokenPath, nil))
		_, err := c.QueryProducts(t.Context(), douyintest.OnShelfID)
		require.NoError(t, err)

		h.ExpireTokens()
		var group sync.WaitGroup
		for range callers {
			group.Go(func() {
				got, err := c.QueryProducts(t.Context(), douyintest.OnShelfID)
				if assert.NoError(t, err) {
					assert.Len(t, got.Products, 1)
				}
			})
		}
		group.Wait()
		assert.Equal(t, 2, count(h, douyintest.MiniAppTokenPath), "the first token, and one more for all of them")
		assert.Equal(t, 1+2*callers, count(h, douyintest.QueryPath), "each is sent once more")
		tokens := map[any]int{}
		for _, r := range h.Requests() {
			if r.Path == douyintest.QueryPath {
				tokens[r.Params["access_token"]]++
			}
		}
		assert.Len(t, tokens, 2)
	})
}

// Two processes that do not share their tokens end each other's: the reason for
// ClientCredentialConfig.Store, and for renewing more than five minutes early.
func TestProcessesWithoutASharedStoreEndEachOthersTokens(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	h := douyintest.NewHandler()
	h.SetClock(clock)
	a := client(t, h, of(h, douyintest.MiniAppTokenPath, nil, edusdk.WithClock(clock)))
	b := client(t, h, of(h, douyintest.MiniAppTokenPath, nil, edusdk.WithClock(clock)))
	ask := func(c *douyin.Client) (queries, logins int) {
		queries, logins = count(h, douyintest.QueryPath), count(h, douyintest.MiniAppTokenPath)
		_, err := c.QueryProducts(t.Context(), 1)
		require.NoError(t, err)
		return count(h, douyintest.QueryPath) - queries, count(h, douyintest.MiniAppTokenPath) - logins
	}
	for i, step := range []struct {
		after           time.Duration
		who             *douyin.Client
		queries, logins int
	}{
		{0, a, 1, 1},
		{0, b, 1, 1},                           // which cuts a's
		{5*time.Minute - time.Second, a, 1, 0}, // to five minutes
		{time.Second, a, 2, 1},                 // 28001008, a new token, once more
		{0, b, 1, 0},
		{5 * time.Minute, b, 2, 1},
		{5 * time.Minute, a, 2, 1},
	} {
		now = now.Add(step.after)
		queries, logins := ask(step.who)
		assert.Equal(t, []int{step.queries, step.logins}, []int{queries, logins}, "step %d", i)
	}
}

func TestSharedTokensAreRenewedAtDifferentTimes(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	h := douyintest.NewHandler()
	h.SetClock(clock)
	store := edusdk.NewMemoryStore()
	var all []douyin.TokenSource
	for range 200 {
		all = append(all, of(h, douyintest.MiniAppTokenPath, store, edusdk.WithClock(clock)))
	}
	ask := func() map[string]int {
		values := map[string]int{}
		for _, source := range all {
			token, err := source.Token(t.Context())
			require.NoError(t, err)
			values[token.Value]++
		}
		return values
	}
	assert.Len(t, ask(), 1)
	now = now.Add(109*time.Minute - time.Second)
	assert.Len(t, ask(), 1)
	assert.Equal(t, 1, count(h, douyintest.MiniAppTokenPath), "eleven minutes before its end, nobody renews it")
	now = now.Add(time.Minute)
	assert.NotEmpty(t, ask())
	assert.Equal(t, 2, count(h, douyintest.MiniAppTokenPath), "a second before the last ten minutes, one of so many has")
	now = now.Add(time.Second)
	assert.Len(t, ask(), 1)
	assert.Equal(t, 2, count(h, douyintest.MiniAppTokenPath), "and the others take that")
}

// brokenStore is one that is down.
type brokenStore struct{ calls int }

var errStore = errors.New("the store is down")

func (s *brokenStore) Load(context.Context, string) (edusdk.Token, error) {
	s.calls++
	return edusdk.Token{}, errStore
}
func (s *brokenStore) Save(context.Context, string, edusdk.Token) error { s.calls++; return errStore }
func (s *brokenStore) Delete(context.Context, string, string) error     { s.calls++; return errStore }

func TestAStoreThatIsDownFailsNoCall(t *testing.T) {
	h := douyintest.NewHandler()
	store := &brokenStore{}
	c := client(t, h, of(h, douyintest.MiniAppTokenPath, store))
	for range 2 {
		_, err := c.QueryProducts(t.Context(), 1)
		require.NoError(t, err)
		h.ExpireTokens()
	}
	assert.Equal(t, 2, count(h, douyintest.MiniAppTokenPath))
	assert.Equal(t, 5, store.calls, "twice loaded and saved, once deleted from")
}

func TestCredentialsDoNotShareAKey(t *testing.T) {
	h := douyintest.NewHandler()
	keys := map[string]bool{}
	store := keyStore(func(key string) { keys[key] = true })
	for _, cfg := range []douyin.ClientCredentialConfig{
		{AppID: "a", Secret: "canary-b"}, {AppID: "a", Secret: "canary-c"}, {AppID: "b", Secret: "canary-b"},
		{AppID: "a", Secret: "canary-b", Endpoint: douyin.OpenPlatformTokenURL},
	} {
		cfg.Store, cfg.Options = store, []edusdk.Option{edusdk.WithTransport(inProcess{h})}
		_, err := douyin.ClientCredential(cfg).Token(t.Context())
		require.Error(t, err, "the fake does not know them")
	}
	assert.Len(t, keys, 4)
	for key := range keys {
		assert.NotContains(t, key, "canary")
		assert.Contains(t, key, "douyin")
	}
}

// keyStore is a store without tokens that tells the keys it is asked for.
type keyStore func(key string)

func (s keyStore) Load(_ context.Context, key string) (edusdk.Token, error) {
	s(key)
	return edusdk.Token{}, nil
}
func (s keyStore) Save(context.Context, string, edusdk.Token) error { return nil }
func (s keyStore) Delete(context.Context, string, string) error     { return nil }

// A token that the vendor does not take is renewed once and the call sent once more,
// whatever the code and the member that it stands in.
func TestCodesOfATokenThatIsNotGoodAnyMore(t *testing.T) {
	good := `{"err_no":0,"log_id":"L","data":{"products":[]}}`
	for name, tt := range map[string]struct {
		body    string
		expired func(code, msg string) bool
		calls   int // the call's requests
		err     error
	}{
		"err_no 11016":       {body: `{"err_no":11016,"err_tips":"access_token 不正确或已过期"}`, calls: 2},
		"err_code 11016":     {body: `{"err_code":11016,"err_tips":"access_token 不正确或已过期"}`, calls: 2},
		"data.error_code":    {body: `{"data":{"error_code":2190008,"description":"access token 过期"},"message":"error"}`, calls: 2},
		"in a string":        {body: `{"err_no":"28001008"}`, calls: 2},
		"one of the user's":  {body: `{"err_no":4711,"err_tips":"令牌"}`, expired: func(code, msg string) bool { return code == "4711" && msg == "令牌" }, calls: 2},
		"one that is not it": {body: `{"err_no":4711}`, expired: func(code, _ string) bool { return code == "4712" }, calls: 1, err: edusdk.ErrUnknown},
		"nobody's":           {body: `{"err_no":4711}`, calls: 1, err: edusdk.ErrUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			logins, calls := 0, 0
			mock := httpmock.NewMockTransport()
			mock.RegisterResponder(http.MethodPost, "=~.*/token", func(*http.Request) (*http.Response, error) {
				logins++
				return httpmock.NewStringResponse(200, fmt.Sprintf(`{"err_no":0,"data":{"access_token":"t%d","expires_in":7200}}`, logins)), nil
			})
			mock.RegisterResponder(http.MethodPost, "=~.*/product/api/query", func(*http.Request) (*http.Response, error) {
				if calls++; calls == 1 {
					return httpmock.NewStringResponse(200, tt.body), nil
				}
				return httpmock.NewStringResponse(200, good), nil
			})
			c, err := douyin.New(douyin.Config{
				AppID: appID, TokenExpired: tt.expired, Token: credential("https://x.example.com/token", edusdk.WithTransport(mock)),
			}, edusdk.WithTransport(mock))
			require.NoError(t, err)
			_, err = c.QueryProducts(t.Context(), 1)
			require.ErrorIs(t, err, tt.err)
			assert.Equal(t, []int{tt.calls, tt.calls}, []int{calls, logins}, "calls, logins")
		})
	}
}
