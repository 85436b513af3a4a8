package duobeiyun_test

import (
	"crypto/md5"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	partner = "canary-partner"
	appKey  = "canary-appkey"
)

var (
	now  = time.Date(2026, 3, 2, 9, 0, 0, 123e6, time.UTC)
	zone = time.FixedZone("UTC+8", 8*3600)

	fixture      = testkit.Fixture
	asError      = testkit.Error
	asFieldError = testkit.FieldError
	chain        = testkit.Chain
)

// mocked returns a client of the production address and the mock that answers.
func mocked(t testing.TB, answer httpmock.Responder, opts ...edusdk.Option) (*duobeiyun.Client, *httpmock.MockTransport) {
	t.Helper()
	return mockedAt(t, "", answer, opts...)
}

func mockedAt(t testing.TB, baseURL string, answer httpmock.Responder, opts ...edusdk.Option) (*duobeiyun.Client, *httpmock.MockTransport) {
	t.Helper()
	mock := testkit.Mock(answer)
	opts = append([]edusdk.Option{
		edusdk.WithTransport(mock), edusdk.WithClock(func() time.Time { return now }),
		edusdk.WithRetry(edusdk.Retry{BaseDelay: time.Millisecond}),
	}, opts...)
	c, err := duobeiyun.New(duobeiyun.Config{Partner: partner, AppKey: appKey, BaseURL: baseURL}, opts...)
	require.NoError(t, err)
	return c, mock
}

// fields returns the parameters of a request, wherever they stand.
func fields(t testing.TB, r *http.Request) url.Values {
	t.Helper()
	values := r.URL.Query()
	if r.Body == nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return values
	}
	body, err := io.ReadAll(r.Body)
	assert.NoError(t, err) // require would leave the mock's goroutine without an answer
	form, err := url.ParseQuery(string(body))
	assert.NoError(t, err)
	for name, vs := range form {
		values[name] = append(values[name], vs...)
	}
	return values
}

// assertSigned asserts that values hold these parameters, those of every
// request at the given time, and a signature that is worked out anew here.
func assertSigned(t testing.TB, want map[string]string, at time.Time, values url.Values) {
	t.Helper()
	all := url.Values{"partner": {partner}, "timestamp": {itoa(at.UnixMilli())}}
	for name, v := range want {
		all.Set(name, v)
	}
	var pairs []string
	for name, vs := range all {
		pairs = append(pairs, name+"="+vs[0])
	}
	// No name here is the beginning of another, so pairs sort as names do.
	slices.Sort(pairs)
	sum := md5.Sum([]byte(strings.Join(pairs, "&") + appKey))
	all.Set("sign", hex.EncodeToString(sum[:]))
	assert.Equal(t, all, values)
}

func itoa(n int64) string {
	digits := ""
	for ; n > 0; n /= 10 {
		digits = string(rune('0'+n%10)) + digits
	}
	return digits
}

// at is a time of an answer.
func at(s string) duobeiyun.Time {
	layout := "2006-01-02 15:04:05"[:len(s)]
	parsed, err := time.ParseInLocation(layout, s, zone)
	if err != nil {
		panic(err)
	}
	return duobeiyun.Time{Time: parsed}
}

// ms is a time of an answer in milliseconds.
func ms(n int64) duobeiyun.Time { return duobeiyun.Time{Time: time.UnixMilli(n).In(zone)} }

func urlValues(m map[string][]string) url.Values { return m }
