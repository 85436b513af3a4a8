package study

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// platform is the fake as a transport, which can be away.
type platform struct {
	*supervisiontest.Handler

	away    atomic.Bool
	lossy   atomic.Bool // answers get lost, and requests too
	reports atomic.Int64
}

func (p *platform) RoundTrip(r *http.Request) (*http.Response, error) {
	if p.away.Load() {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		httptrace.ContextClientTrace(r.Context()).GetConn(r.URL.Host) // as net/http says that nothing was written yet
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	time.Sleep(20 * time.Millisecond)
	w := httptest.NewRecorder()
	if r.URL.Path != "/api/v1/studyHour" || !p.lossy.Load() {
		p.ServeHTTP(w, r)
		return w.Result(), nil
	}
	switch p.reports.Add(1) % 10 {
	case 3: // it arrives, and the answer does not
		p.ServeHTTP(w, r)
		return nil, io.ErrUnexpectedEOF
	case 6: // it does not
		w.WriteHeader(http.StatusBadGateway)
		return w.Result(), nil
	}
	p.ServeHTTP(w, r)
	return w.Result(), nil
}

// Twenty students study for an hour; the platform is away for a quarter of it or
// loses answers, and the process is restarted in the middle. Every minute arrives
// once.
func TestPlatform(t *testing.T) {
	for name, lossy := range map[string]bool{"away": false, "loses answers": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { studyAnHour(t, lossy) })
		})
	}
}

func studyAnHour(t *testing.T, lossy bool) {
	p := &platform{Handler: supervisiontest.NewHandler()}
	c, err := supervision.New(supervision.Config{
		BaseURL: "http://platform.example.com", Account: supervisiontest.AccountName, Password: supervisiontest.Password,
		Device: supervision.Device{Type: supervision.TypePC, ID: supervisiontest.DeviceID},
	}, edusdk.WithTransport(p), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))
	require.NoError(t, err)
	store := outbox.NewMemory(outbox.StoreOptions{})
	settle, err := SettleByRecords(c, store, RecordSum)
	require.NoError(t, err)
	box, err := outbox.New(outbox.Config{Client: c, Store: store, Gap: time.Second, Settle: settle})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { _ = box.Run(ctx); close(done) }()

	const students = 20
	sessions := make([]*Session, students)
	var ss *Sessions
	boot := func() (stop func()) {
		ss, err = Open(c, Config{Outbox: box, SaveEvery: time.Second})
		require.NoError(t, err)
		own, cancel := context.WithCancel(ctx)
		ran := make(chan struct{})
		go func() { _ = ss.Run(own); close(ran) }()
		for i := range sessions {
			l := lesson()
			l.Student = fmt.Sprintf("student-%d", i)
			sessions[i], err = ss.Start(ctx, l)
			require.NoError(t, err)
		}
		return func() { cancel(); <-ran }
	}
	stop := boot()
	for second := range time.Duration(3600) {
		switch second {
		case 150: // all students have a record by now
			p.lossy.Store(lossy)
		case 1200:
			p.away.Store(!lossy)
		case 1800: // a crash, and a second for the last saving before
			time.Sleep(1100 * time.Millisecond)
			stop()
			stop = boot()
			for _, s := range sessions {
				require.NoError(t, s.Seek(second*time.Second))
			}
		case 2100:
			p.away.Store(false)
		}
		time.Sleep(time.Second)
		for _, s := range sessions {
			require.NoError(t, s.Watched((second+1)*time.Second))
		}
	}
	for _, s := range sessions {
		require.NoError(t, s.End(ctx))
	}
	var stats outbox.Stats
	for range 3600 {
		time.Sleep(time.Second)
		stats, err = box.Stats(ctx)
		require.NoError(t, err)
		if stats.Waiting+stats.Parked == 0 {
			break
		}
	}
	assert.Zero(t, stats.Waiting)
	assert.Zero(t, stats.Parked)
	assert.Zero(t, stats.Dead)
	assert.Equal(t, lossy, stats.Opened > 0)
	for i := range sessions {
		r := p.Resources(fmt.Sprintf("student-%d", i), "course-1")
		require.Len(t, r, 1)
		assert.Equal(t, time.Hour, r[0].Watched, "student %d", i)
		assert.Equal(t, time.Hour, r[0].PlayTime, "student %d", i)
		assert.False(t, r[0].Studying)
	}
	stop()
	cancel()
	<-done
	require.NoError(t, errors.Join(ss.Close(context.Background()), box.Close()))
}

// Sessions go on where they were when their file is opened again.
func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reports.db")
	now := newClock(noon)
	open := func() (*Sessions, func()) {
		store, err := outbox.OpenFile(path, outbox.FileOptions{})
		require.NoError(t, err)
		box, err := outbox.New(outbox.Config{Client: client(t), Store: store})
		require.NoError(t, err)
		ss, err := Open(client(t), Config{Outbox: box, Clock: now.now})
		require.NoError(t, err)
		return ss, func() { require.NoError(t, errors.Join(ss.Close(bg), box.Close(), store.Close())) }
	}
	w := &world{t: t, clock: now}
	for i := range time.Duration(3) {
		ss, done := open()
		s := w.start(ss, lesson())
		st, err := s.Status()
		require.NoError(t, err)
		assert.Equal(t, i*90*time.Second, st.Watched)
		assert.Equal(t, i*90*time.Second, st.Position)
		w.play(s, 90*time.Second, 10*time.Second)
		done()
	}
}
