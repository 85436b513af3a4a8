package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// latency is how long the regulator takes for an answer.
const latency = 120 * time.Millisecond

// regulator is a fake of the supervision platform that can go away.
type regulator struct {
	*supervisiontest.Server

	books *books
	away  atomic.Bool

	mu     sync.Mutex
	logins map[string]int // by machine
}

func newRegulator(b *books) *regulator {
	r := &regulator{Server: supervisiontest.NewServer(), books: b, logins: map[string]int{}}
	r.Intercept(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { r.serve(w, req, next) })
	})
	return r
}

// serve answers a request, and takes note of what was accepted. When the regulator
// goes away, what it has just accepted stays accepted, but for the answer.
func (r *regulator) serve(w http.ResponseWriter, req *http.Request, next http.Handler) {
	body, _ := io.ReadAll(req.Body)
	req.Body = io.NopCloser(bytes.NewReader(body))
	time.Sleep(latency / 2)
	if r.away.Load() {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	answer := httptest.NewRecorder()
	next.ServeHTTP(answer, req)
	var arrived *arrival
	if bytes.Contains(answer.Body.Bytes(), []byte(`"returnCode":"0"`)) {
		arrived = r.accepted(req, body)
	}
	time.Sleep(latency / 2)
	if r.away.Load() {
		r.books.unanswered(arrived)
		panic(http.ErrAbortHandler) // the connection breaks
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer.Body.Bytes())
}

// accepted takes note of a request that was accepted. It returns nil for one that is
// not a report of progress.
func (r *regulator) accepted(req *http.Request, body []byte) *arrival {
	machine := req.Header.Get(machineHeader)
	switch req.URL.Path {
	case "/api/v1/thlogin":
		r.mu.Lock()
		defer r.mu.Unlock()
		r.logins[machine]++
	case "/api/v1/studyHour":
		var report struct {
			Data struct {
				StudentUserCode        string
				PlayTime, ProgressTime int // seconds
			}
		}
		if json.Unmarshal(body, &report) == nil {
			d := report.Data
			return r.books.accepted(d.StudentUserCode, d.PlayTime-d.ProgressTime, d.PlayTime, machine)
		}
	}
	return nil
}

// loginsOf returns how often a machine has logged in.
func (r *regulator) loginsOf(machine string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.logins[machine]
}
