package study

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/supervision/outbox"
)

// Everything at once, on two machines: nothing hangs, and no student gets more
// reported than time has passed.
func TestEverythingAtOnce(t *testing.T) {
	w := newWorld(t)
	w.cfg.SaveEvery = time.Second
	machines := []*Sessions{w.process(), w.process()}
	var wg sync.WaitGroup
	for n := range uint64(8) {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(n, 3))
			for range 300 {
				ss := machines[r.IntN(2)]
				l := lesson()
				l.Rules.DailyLimit = time.Hour
				l.Student = fmt.Sprintf("student-%d", r.IntN(3))
				l.Resource = fmt.Sprintf("video-%d", r.IntN(2))
				s, open := ss.Find(l.Class, l.Student, l.Resource)
				switch {
				case !open || r.IntN(20) == 0:
					_, _ = ss.Start(bg, l)
				case r.IntN(30) == 0:
					_ = s.End(bg)
				case r.IntN(10) == 0:
					w.clock.add(time.Duration(r.IntN(5000)) * time.Millisecond)
					_, _ = ss.Poll(bg)
				case r.IntN(9) == 0:
					_, _ = s.Status()
					_, _ = s.Due()
					_ = ss.Len()
				default:
					_ = s.Watched(w.clock.now().Sub(noon))
				}
			}
		})
	}
	wg.Wait()
	for _, ss := range machines {
		require.NoError(t, ss.Close(bg))
		assert.Empty(t, ss.students)
		assert.Empty(t, ss.queue)
		assert.Empty(t, ss.plans)
	}
	passed := w.clock.now().Sub(noon)
	told := map[string]time.Duration{}
	for _, r := range w.progress() {
		told[r.Lane()] += r.ProgressTime
	}
	assert.NotEmpty(t, told)
	for lane, d := range told {
		assert.LessOrEqual(t, d, passed, lane)
	}
	open := map[string]bool{}
	for _, r := range w.reports() {
		switch r.Kind {
		case outbox.KindStart:
			assert.False(t, open[r.Lane()], "a start of %s in a session", r.Lane())
			open[r.Lane()] = true
		default:
			assert.True(t, open[r.Lane()], "%s of %s before its start", r.Kind, r.Lane())
			open[r.Lane()] = r.Kind != outbox.KindEnd
		}
	}
}
