package supervision

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// push settles a push of a class, which PushClass answered with texts of so many bytes.
func (m *replays) push(class, content string, rules int, accounts ...int) {
	p, first := m.join(m.hash([]byte(class)), m.hash([]byte(content)), m.now())
	if !first {
		return
	}
	p.result, p.err = &pushed{rules: strings.Repeat("r", rules)}, nil
	for _, n := range accounts {
		p.result.accounts = append(p.result.accounts, strings.Repeat("a", n))
	}
	m.settle(p)
}

func TestWhatReplayTakes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		most int64 // MaxBytes
		want int   // of three pushes, each with an answer of 10 and 20 bytes
	}{
		{"room for all", 3 * (entrySize + 10 + 16 + 20), 3},
		{"room for all but a byte", 3*(entrySize+10+16+20) - 1, 2},
		{"room for one", entrySize + 10 + 16 + 20, 1},
		{"room for none", entrySize + 10 + 16 + 20 - 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := newReplays(ReplayConfig{MaxEntries: 10, MaxBytes: tt.most, MaxAge: time.Hour}, time.Now)
				for _, class := range []string{"a", "b", "c"} {
					m.push(class, "x", 10, 20)
				}
				assert.Equal(t, tt.want, m.used.Len(), "pushes that are remembered")
				assert.Len(t, m.classes, tt.want, "nothing is left of the others")
				assert.EqualValues(t, tt.want*(entrySize+10+16+20), m.bytes)
				time.Sleep(time.Hour) // in the bubble
				synctest.Wait()
				assert.Zero(t, m.used.Len(), "after MaxAge")
				assert.Empty(t, m.classes)
				assert.Zero(t, m.bytes)
			})
		})
	}
}

// The timer of a push can be about to forget it while something else does.
func TestReplayForgetsOnce(t *testing.T) {
	t.Parallel()
	m := newReplays(ReplayConfig{MaxEntries: 10, MaxBytes: 1 << 20, MaxAge: time.Hour}, time.Now)
	m.push("a", "x", 10)
	p := m.classes[m.hash([]byte("a"))].latest
	m.forget(p)
	m.forget(p)
	assert.Zero(t, m.bytes)
	assert.Zero(t, m.used.Len())
}

// Who knows the hashes of one process cannot look for an ID number in those of another.
func TestReplayHashesWithAKeyOfItsOwn(t *testing.T) {
	t.Parallel()
	a, b := newReplays(ReplayConfig{}, time.Now), newReplays(ReplayConfig{}, time.Now)
	of := a.hash([]byte("x"))
	assert.Equal(t, of, a.hash([]byte("x")))
	assert.NotEqual(t, of, b.hash([]byte("x")))
}
