package faulttest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

// gatewayAnswers are what stands between a client and the vendor may answer a login
// with. None of it says anything of the credentials.
var gatewayAnswers = map[string]string{
	"a page":                "<html><body>Forbidden</body></html>",
	"nothing":               "",
	"text":                  "access denied",
	"JSON of its own":       `{"message":"forbidden by policy"}`,
	"JSON with an own code": `{"error":{"code":403,"message":"forbidden"}}`,
	"a list":                `[]`,
	"broken JSON":           `{"returnCode":"1","err_no":`,
}

// Only the vendor's own refusal of a login keeps calls from logging in again.
func TestOnlyTheVendorsRefusalOfALoginIsRemembered(t *testing.T) {
	t.Parallel()
	for i := range vendors {
		v := &vendors[i]
		if v.login == "" {
			continue
		}
		ops := v.operations(t)
		o := ops[slices.IndexFunc(ops, func(o *operation) bool { return o.class == read })]
		for _, status := range []int{200, 400, 401, 402, 403, 404, 405, 407, 410, 413, 422, 429, 451} {
			for name, body := range gatewayAnswers {
				t.Run(fmt.Sprintf("%s/%d with %s", v.name, status, name), func(t *testing.T) {
					t.Parallel()
					l := newFailingLogins(t, v, status, body)
					err := o.call(t.Context(), l.roots)
					require.Error(t, err)
					refused := l.count.Load()
					require.Positive(t, refused)
					l.good.Store(true)
					require.NoError(t, o.call(t.Context(), l.roots), "the next call logs in at once")
					assert.Equal(t, refused+1, l.count.Load())
				})
			}
			if status == http.StatusTooManyRequests {
				continue // it is the rate, whatever the words
			}
			t.Run(fmt.Sprintf("%s/%d with the vendor's refusal", v.name, status), func(t *testing.T) {
				t.Parallel()
				l := newFailingLogins(t, v, status, v.rejected)
				kind := v.kind
				if v.loginKind != 0 {
					kind = v.loginKind
				}
				for n := range 2 {
					err := o.call(t.Context(), l.roots)
					require.ErrorIs(t, err, kind)
					assert.EqualValues(t, 1, l.count.Load(), "logins that were sent")
					var call *edusdk.Error
					require.ErrorAs(t, err, &call)
					assert.False(t, call.Rejected, "the call was not sent")
					var login *edusdk.Error
					require.ErrorAs(t, errors.Unwrap(call), &login)
					assert.True(t, login.Rejected)
					if n == 1 {
						assert.ErrorContains(t, err, "nothing was sent: the last login was refused, and calls do not log in again before "+
							time.Now().Format("2006-01-02T")[:5])
						assert.Zero(t, login.Attempts)
					}
				}
			})
		}
	}
}

// failingLogins is a server of a vendor whose logins fail until they are good.
type failingLogins struct {
	roots []any
	good  atomic.Bool
	count atomic.Int64 // of requests for a login
}

func newFailingLogins(t *testing.T, v *vendor, status int, body string) *failingLogins {
	t.Helper()
	l := &failingLogins{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == v.login {
			l.count.Add(1)
			if !l.good.Load() {
				w.WriteHeader(status)
				_, _ = io.WriteString(w, body)
				return
			}
		}
		_, _ = io.WriteString(w, v.answer(r.URL.Path))
	}))
	t.Cleanup(srv.Close)
	roots, err := v.open(srv.URL, edusdk.NewMemoryStore(), []edusdk.Option{edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1})})
	require.NoError(t, err)
	t.Cleanup(func() { closeIdle(roots) })
	l.roots = roots
	return l
}
