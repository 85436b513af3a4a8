package study

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
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

	away atomic.Bool
}

func (p *platform) RoundTrip(r *http.Request) (*http.Response, error) {
	if p.away.Load() {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	time.Sleep(20 * time.Millisecond)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w.Result(), nil
}

// Twenty students study for an hour; the platform is away for a quarter of it, and
// the process is restarted in the middle of that. Every minute arrives once.
func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{Handler: supervisiontest.NewHandler()}
		srv := supervisiontest.NewServer() // for its Config alone
		config := srv.Config()
		srv.Close()
		config.BaseURL = "http://platform.example.com"
		c, err := supervision.New(config, edusdk.WithTransport(p), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))
		require.NoError(t, err)
		store := outbox.NewMemory(outbox.StoreOptions{})
		box, err := outbox.New(outbox.Config{Client: c, Store: store, Gap: time.Second})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{}, 2)
		go func() { _ = box.Run(ctx); done <- struct{}{} }()

		var ss *Sessions
		stop := func() {}
		boot := func() {
			ss, err = Open(c, Config{Outbox: box, SaveEvery: time.Second})
			require.NoError(t, err)
			own, cancel := context.WithCancel(ctx)
			ran := make(chan struct{})
			go func() { _ = ss.Run(own); close(ran) }()
			stop = func() { cancel(); <-ran }
		}
		boot()
		const students = 20
		sessions := make([]*Session, students)
		start := func() {
			for i := range sessions {
				l := lesson()
				l.Student = fmt.Sprintf("student-%d", i)
				sessions[i], err = ss.Start(ctx, l)
				require.NoError(t, err)
			}
		}
		start()
		for second := range time.Duration(3600) {
			switch second {
			case 1200:
				p.away.Store(true)
			case 1800: // a crash, and a second for the last saving before
				time.Sleep(1100 * time.Millisecond)
				stop()
				boot()
				start()
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
		require.Eventually(t, func() bool {
			stats, err := box.Stats(ctx)
			return err == nil && stats.Waiting == 0
		}, time.Hour, time.Second)
		stats, err := box.Stats(ctx)
		require.NoError(t, err)
		assert.Zero(t, stats.Parked)
		assert.Zero(t, stats.Dead)
		for i := range sessions {
			r := p.Resources(fmt.Sprintf("student-%d", i), "course-1")
			require.Len(t, r, 1)
			assert.Equal(t, time.Hour, r[0].Watched, "student %d", i)
			assert.False(t, r[0].Studying)
		}
		stop()
		cancel()
		<-done
		require.NoError(t, errors.Join(ss.Close(context.Background()), box.Close()))
	})
}
