package supervision_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/testkit"
	"github.com/edusdk/edusdk/supervision"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	base     = "https://jianguan.example.com"
	account  = "canary-account"
	password = "canary-password"
	token    = "343443" // of the document's sample
)

var (
	fixture      = testkit.Fixture
	asError      = testkit.Error
	asFieldError = testkit.FieldError
	inTurn       = testkit.InTurn
)

// now is the time of the document's samples.
var now = time.Unix(1587107195, 0)

var pc = supervision.Device{Type: supervision.TypePC, ID: "127.0.0.1"}

func config() supervision.Config {
	return supervision.Config{BaseURL: base, Account: account, Password: password, Device: pc}
}

// platform is a mock of the supervision platform: it takes every login, and
// answers everything else by answer.
type platform struct {
	t      testing.TB
	login  httpmock.Responder
	answer httpmock.Responder

	mu     sync.Mutex
	logins int
	bodies []string // of everything else
}

// RoundTrip implements http.RoundTripper. It reads bodies as a server does, to
// their end and before it answers.
func (p *platform) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		_ = r.Body.Close()
	}
	assert.Contains(p.t, []int64{int64(len(body)), -1}, r.ContentLength)
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	p.mu.Lock()
	respond := p.answer
	if strings.HasSuffix(r.URL.Path, "/thlogin") {
		p.logins++
		respond = p.login
	} else {
		p.bodies = append(p.bodies, string(body))
	}
	p.mu.Unlock()
	return respond(r)
}

func newPlatform(t testing.TB, answer httpmock.Responder) *platform {
	return &platform{t: t, login: answers(200, fixture(t, "login_answer.json")), answer: answer}
}

func answers(status int, body string) httpmock.Responder {
	return httpmock.NewStringResponder(status, body)
}

func newClient(t testing.TB, p http.RoundTripper, cfg supervision.Config, opts ...edusdk.Option) *supervision.Client {
	t.Helper()
	opts = append([]edusdk.Option{
		edusdk.WithTransport(p), edusdk.WithClock(func() time.Time { return now }),
		edusdk.WithRetry(edusdk.Retry{BaseDelay: time.Millisecond}),
	}, opts...)
	c, err := supervision.New(cfg, opts...)
	require.NoError(t, err)
	return c
}

func mocked(t testing.TB, answer httpmock.Responder) (*supervision.Client, *platform) {
	t.Helper()
	p := newPlatform(t, answer)
	return newClient(t, p, config()), p
}

// members returns a JSON object's members.
func members(t testing.TB, text string) map[string]any {
	t.Helper()
	var m map[string]any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	require.NoError(t, d.Decode(&m), "not an object: %s", text)
	return m
}

// picture makes a picture of a size.
func picture(t testing.TB, format string, width, height int) []byte {
	t.Helper()
	var buf bytes.Buffer
	img := image.NewGray(image.Rect(0, 0, width, height))
	if format == "png" {
		require.NoError(t, png.Encode(&buf, img))
	} else {
		require.NoError(t, jpeg.Encode(&buf, img, nil))
	}
	return buf.Bytes()
}
