package fake

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestInterceptorsStandInFrontOfEachOther(t *testing.T) {
	c := New[int, string](func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("fake")) })
	for _, name := range []string{"first ", "second "} {
		c.Intercept(func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = w.Write([]byte(name))
				next.ServeHTTP(w, r)
			})
		})
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	assert.Equal(t, "second first fake", w.Body.String())
}

func TestClock(t *testing.T) {
	c := New[int, string](nil)
	assert.WithinDuration(t, time.Now(), c.Now(), time.Minute)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	c.SetClock(func() time.Time { return at })
	assert.Equal(t, at, c.Now())
}

func TestTheLastRequestsAreRemembered(t *testing.T) {
	c := New[int, string](nil)
	assert.Empty(t, c.Requests())
	for i := range maxRequests + 5 {
		c.Lock()
		c.Remember(i)
		c.Unlock()
	}
	requests := c.Requests()
	assert.Len(t, requests, maxRequests)
	assert.Equal(t, []int{5, maxRequests + 4}, []int{requests[0], requests[maxRequests-1]})
	requests[0] = -1
	assert.Equal(t, 5, c.Requests()[0], "a copy is given out")
}

func TestHandlersAreKnownByTheirPath(t *testing.T) {
	c := New[int, string](nil)
	c.Handle("/api/one", func(s string) any { return "old " + s })
	c.Handle("api/one", func(s string) any { return "new " + s })
	c.Lock()
	defer c.Unlock()
	assert.Nil(t, c.Handler("api/two"))
	assert.Equal(t, "new request", c.Handler("api/one")("request"), "a later one replaces an earlier one")
}

func TestQueuedAnswersAreTakenInTurn(t *testing.T) {
	q := Queue[int]{}
	q.Add("path", 1)
	q.Add("path", 2)
	q.Add("op", 3)
	var taken []int
	for {
		n, ok := q.Next("op", "path")
		if !ok {
			break
		}
		taken = append(taken, n)
	}
	assert.Equal(t, []int{3, 1, 2}, taken)
	_, ok := q.Next("other")
	assert.False(t, ok)
}
