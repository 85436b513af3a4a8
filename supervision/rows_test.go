package supervision_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/testkit"
	"github.com/edusdk/edusdk/supervision"
)

func TestEveryOperation(t *testing.T) {
	row := func(op, sample string, call func(context.Context, *supervision.Client) (any, error)) testkit.Row {
		return testkit.Row{Op: op, Sample: sample, Call: func(t testing.TB, network http.RoundTripper, retry edusdk.Retry) (any, error) {
			cfg := config()
			cfg.PlatformCode = "p"
			if op != "Login" {
				network = loggedIn{network, answers(200, fixture(t, "login_answer.json"))}
			}
			return call(t.Context(), newClient(t, network, cfg, edusdk.WithRetry(retry)))
		}}
	}
	rows := []testkit.Row{
		row("Login", "login_answer.json", func(ctx context.Context, c *supervision.Client) (any, error) { return c.Login(ctx) }),
	}
	for _, o := range operations {
		rows = append(rows, row(o.op, o.answer, o.call))
	}
	testkit.CheckRows(t, "supervision", "wire_test.go", rows)
}

// loggedIn is a network with a platform that takes every login.
type loggedIn struct {
	http.RoundTripper

	login httpmock.Responder
}

func (n loggedIn) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/thlogin") {
		return n.login(r)
	}
	return n.RoundTripper.RoundTrip(r)
}
