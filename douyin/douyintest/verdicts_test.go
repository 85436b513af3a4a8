package douyintest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/edusdk/edusdk/douyin/douyintest"
	"github.com/edusdk/edusdk/internal/fake/faketest"
)

func TestTheLogSaysWhatWasWrong(t *testing.T) {
	h := douyintest.NewHandler()
	var log faketest.Log
	h.SetLogger(log.Logger())
	mini := func(appID, secret, grant string) *http.Request {
		return faketest.Post(douyintest.MiniAppTokenPath, faketest.JSON, fmt.Sprintf(`{"appid":%q,"secret":%q,"grant_type":%q}`, appID, secret, grant))
	}
	open := func(body string) *http.Request {
		return faketest.Post(douyintest.OpenPlatformTokenPath, faketest.JSON, body)
	}
	query := func(token, rest string) *http.Request {
		return faketest.Post(douyintest.QueryPath, faketest.JSON, fmt.Sprintf(`{"access_token":%q,%s}`, token, rest))
	}
	const (
		grant    = "client_credential"
		noObject = "the body must be a JSON object, and labelled application/json"
		badGrant = "grant_type must be client_credential"
	)
	values := []string{douyintest.AppID, douyintest.Secret, "secret-value", "fake-douyin-token"}
	faketest.Verdicts(t, h, &log, values, map[string]faketest.Row{
		"a token": faketest.Of(mini(douyintest.AppID, douyintest.Secret, grant), 200, "0", ""),
	})
	token := "fake-douyin-token-000001"
	faketest.Verdicts(t, h, &log, values, map[string]faketest.Row{
		"products":                faketest.Of(query(token, fmt.Sprintf(`"appid":%q,"product_ids":[1]`, douyintest.AppID)), 200, "0", ""),
		"another token":           faketest.Of(query("secret-value", `"product_ids":[1]`), 200, "28001008", "access_token is missing, was never given out, or has expired"),
		"no ids":                  faketest.Of(query(token, `"product_ids":[]`), 200, "28001007", "product_ids must be a list of 1 to 500 whole numbers"),
		"another app":             faketest.Of(query(token, `"appid":"secret-value","product_ids":[1]`), 200, "28001007", "appid is missing, or not the fake's"),
		"a form":                  faketest.Of(faketest.Post(douyintest.QueryPath, faketest.Form, "a=secret-value"), 200, "28001007", noObject),
		"a token for another app": faketest.Of(mini("secret-value", douyintest.Secret, grant), 200, "40015", "appid is missing, or not the fake's"),
		"another secret":          faketest.Of(mini(douyintest.AppID, "secret-value", grant), 200, "40017", "secret is missing, or not the fake's"),
		"another grant":           faketest.Of(mini(douyintest.AppID, douyintest.Secret, "secret-value"), 200, "40020", badGrant),
		"a token for a form":      faketest.Of(faketest.Post(douyintest.MiniAppTokenPath, faketest.Form, "a=1"), 200, "40015", noObject),
		"open: a form":            faketest.Of(faketest.Post(douyintest.OpenPlatformTokenPath, faketest.Form, "a=1"), 200, "10002", noObject),
		"open: no key":            faketest.Of(open(`{}`), 200, "10002", "client_key is missing"),
		"open: no secret":         faketest.Of(open(`{"client_key":"secret-value"}`), 200, "10002", "client_secret is missing"),
		"open: no grant":          faketest.Of(open(`{"client_key":"x","client_secret":"y"}`), 200, "10002", badGrant),
		"open: another key":       faketest.Of(open(`{"client_key":"x","client_secret":"y","grant_type":"client_credential"}`), 200, "10003", "client_key is not the fake's"),
		"open: another secret": faketest.Of(open(fmt.Sprintf(`{"client_key":%q,"client_secret":"y","grant_type":"client_credential"}`, douyintest.AppID)), 200, "10013",
			"client_secret is not the fake's"),
		"no endpoint":    faketest.Of(faketest.Post("api/other", faketest.JSON, "{}"), 404, "", "the vendor has no such endpoint"),
		"another method": faketest.Of(httptest.NewRequest(http.MethodGet, "/"+douyintest.QueryPath, nil), 404, "", "the method must be POST"),
	})
	h.FailNext(28001005)
	faketest.Verdicts(t, h, &log, values, map[string]faketest.Row{"ordered": faketest.Of(query(token, `"product_ids":[]`), 200, "28001005", "")})
	h.ExpireTokens()
	faketest.Verdicts(t, h, &log, values, map[string]faketest.Row{
		"expired": faketest.Of(query(token, `"product_ids":[1]`), 200, "28001008", "access_token is missing, was never given out, or has expired"),
	})
	last := h.Requests()[len(h.Requests())-1]
	assert.Equal(t, "access_token is missing, was never given out, or has expired", last.Problem)
}
