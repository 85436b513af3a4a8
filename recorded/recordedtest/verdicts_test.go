package recordedtest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/edusdk/edusdk/internal/fake/faketest"
	"github.com/edusdk/edusdk/recorded/recordedtest"
)

func TestTheLogSaysWhatWasWrong(t *testing.T) {
	h := recordedtest.NewHandler()
	var log faketest.Log
	h.SetLogger(log.Logger())
	post := func(contentType, body string) *http.Request {
		r := faketest.Post(recordedtest.Path, contentType, body)
		r.Header.Set("token", recordedtest.Token)
		return r
	}
	form := func(body string) *http.Request { return post(faketest.Form, body) }
	const notRead = "the body is neither a form nor a JSON object of numbers"
	values := []string{recordedtest.Token, "secret-value"}
	faketest.Verdicts(t, h, &log, values, map[string]faketest.Row{
		"a form":            faketest.Of(form("new_section_id=2&yet_section_id=1"), 200, "200", ""),
		"JSON":              faketest.Of(post(faketest.JSON, `{"new_section_id":2,"yet_section_id":1}`), 200, "200", ""),
		"no header":         faketest.Of(faketest.Post(recordedtest.Path, faketest.Form, "new_section_id=2"), 200, "401", "the header token is missing, or not the fake's"),
		"no section":        faketest.Of(form("yet_section_id=1"), 200, "422", "new_section_id is missing, or not a whole number"),
		"no number":         faketest.Of(form("new_section_id=1&yet_section_id=secret-value"), 200, "422", "yet_section_id is missing, or not a whole number"),
		"an unknown one":    faketest.Of(form("new_section_id=777&yet_section_id=1"), 200, "404", "new_section_id is not that of a section"),
		"unknown, watched":  faketest.Of(form("new_section_id=1&yet_section_id=777"), 200, "404", "yet_section_id is not that of a section"),
		"JSON that is none": faketest.Of(post(faketest.JSON, `{"secret-value"`), 200, "422", notRead),
		"a broken form":     faketest.Of(form("a=%zz"), 200, "422", notRead),
		"no endpoint":       faketest.Of(faketest.Post("study/other", faketest.Form, ""), 404, "", "the vendor has no such endpoint"),
		"another method":    faketest.Of(httptest.NewRequest(http.MethodGet, "/"+recordedtest.Path, nil), 404, "", "the method must be POST"),
	})
	h.FailNext(recordedtest.Path, 500, "系统繁忙")
	faketest.Verdicts(t, h, &log, values, map[string]faketest.Row{"ordered": faketest.Of(form("new_section_id=2"), 200, "500", "")})
	faketest.Verdicts(t, h, &log, values, map[string]faketest.Row{"last": faketest.Of(form(""), 200, "422", "new_section_id is missing, or not a whole number")})
	assert.Equal(t, "new_section_id is missing, or not a whole number", h.Requests()[len(h.Requests())-1].Problem)
}
