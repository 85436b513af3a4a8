package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// regulator is a fake of the platform that a client reaches without a network,
// so that it can be used in a bubble of testing/synctest.
type regulator struct {
	*supervisiontest.Handler

	mu    sync.Mutex
	fault func(path string) fault
}

// fault is what happens to a request.
type fault int

const (
	none    fault = iota
	refuse        // it is never sent
	lose          // it arrives, and its answer is lost
	swallow       // it is lost on its way, and nobody knows
	gateway       // a gateway answers 502
	hang          // it arrives, and nothing comes back
)

func newRegulator() *regulator {
	r := &regulator{Handler: supervisiontest.NewHandler()}
	r.SetClock(time.Now)
	return r
}

// setFault makes requests fail, by their path; nil ends that.
func (r *regulator) setFault(f func(path string) fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = f
}

// down makes all requests fail in one way.
func (r *regulator) down(f fault) { r.setFault(func(string) fault { return f }) }

// RoundTrip implements http.RoundTripper.
func (r *regulator) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	f := none
	if r.fault != nil {
		f = r.fault(req.URL.Path)
	}
	r.mu.Unlock()
	if f == refuse {
		httptrace.ContextClientTrace(req.Context()).GetConn(req.URL.Host) // as net/http says that nothing was written yet
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	}
	switch f {
	case swallow:
		return nil, errors.New("connection reset")
	case gateway:
		return &http.Response{StatusCode: http.StatusBadGateway, Body: http.NoBody, Header: http.Header{}, Request: req}, nil
	case none, refuse, lose, hang:
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	switch f {
	case lose:
		return nil, errors.New("connection reset")
	case hang:
		<-req.Context().Done()
		return nil, req.Context().Err()
	case none, refuse, swallow, gateway:
	}
	res := w.Result()
	res.Request = req
	return res, nil
}

// client returns a client of the regulator that tries everything once.
func (r *regulator) client(t testing.TB) *supervision.Client {
	client, err := supervision.New(supervision.Config{
		BaseURL: "https://jianguan.example.com", Account: supervisiontest.AccountName, Password: supervisiontest.Password,
		Device: supervision.Device{Type: supervision.TypePC, ID: "127.0.0.1"},
	}, edusdk.WithTransport(r), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}), edusdk.WithTimeout(10*time.Second))
	require.NoError(t, err)
	return client
}

// bench is an outbox that runs in a bubble, against a regulator.
type bench struct {
	*outbox.Outbox
	t         *testing.T
	regulator *regulator
	store     outbox.Store
	cfg       outbox.Config
	stop      func()
}

// inBubble runs f with an outbox whose Config configure has changed.
func inBubble(t *testing.T, configure func(*outbox.Config), f func(b *bench)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t, regulator: newRegulator()}
		b.cfg = outbox.Config{Client: b.regulator.client(t), Store: outbox.NewMemory(outbox.StoreOptions{})}
		if configure != nil {
			configure(&b.cfg)
		}
		b.store = b.cfg.Store
		b.start()
		f(b)
		b.stop()
	})
}

// start runs an outbox on the store, as a process does that comes up.
func (b *bench) start() {
	b.t.Helper()
	var err error
	b.Outbox, err = outbox.New(b.cfg)
	require.NoError(b.t, err)
	ctx, cancel := context.WithCancel(b.t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	b.stop = sync.OnceFunc(func() {
		cancel()
		require.ErrorIs(b.t, <-done, context.Canceled)
	})
}

// wait lets time pass.
func (b *bench) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// report reports without fail.
func (b *bench) report(reports ...outbox.Report) {
	b.t.Helper()
	require.NoError(b.t, b.Report(b.t.Context(), reports...))
}

// stats returns the statistics without fail.
func (b *bench) stats() outbox.Stats {
	b.t.Helper()
	s, err := b.Stats(b.t.Context())
	require.NoError(b.t, err)
	return s
}

// sent returns what arrived at the regulator of a student's, in order:
// "start", "progress 60+60" (playTime and progressTime), "recording", "end".
func (b *bench) sent(student string) []string {
	var sent []string
	for _, r := range b.regulator.Requests() {
		data, _ := r.Data.(map[string]any)
		if data["studentUserCode"] != student || r.Code != "0" {
			continue
		}
		switch r.Op {
		case "Study.Start":
			sent = append(sent, "start")
		case "Study.ReportProgress":
			sent = append(sent, "progress "+fmt.Sprint(data["playTime"], "+", data["progressTime"]))
		case "Study.SubmitRecording":
			sent = append(sent, "recording")
		case "Study.End":
			sent = append(sent, "end")
		}
	}
	return sent
}

// reporter makes reports of one session of a student: a start, minutes of study,
// and an end.
type reporter struct{ student, session string }

func (r reporter) of(k outbox.Kind, n uint64) outbox.Report {
	report := outbox.Report{
		Kind: k, Session: r.session, Sequence: n, ClassCode: "class", StudentUserCode: r.student, ResCode: "video",
	}
	if k != outbox.KindEnd {
		report.CourseCode = "course"
	}
	return report
}

func (r reporter) start() outbox.Report { return r.of(outbox.KindStart, 0) }
func (r reporter) end() outbox.Report   { return r.of(outbox.KindEnd, 0) }

// minute is the n-th minute of a session, counted from 1.
func (r reporter) minute(n uint64) outbox.Report {
	p := r.of(outbox.KindProgress, n)
	p.PlayTime, p.ProgressTime = time.Duration(n)*time.Minute, time.Minute
	return p
}

func (r reporter) recording() outbox.Report {
	p := r.of(outbox.KindRecording, 0)
	p.RecordVideoURL = "https://example.com/recording.mp4"
	return p
}
