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

// held returns what is remembered, and of how many classes something is known.
func (m *replays) held() (pushes, classes int, bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.used.Len(), len(m.classes), m.bytes
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
				pushes, classes, bytes := m.held()
				assert.Equal(t, tt.want, pushes, "pushes that are remembered")
				assert.Equal(t, tt.want, classes, "nothing is left of the others")
				assert.EqualValues(t, tt.want*(entrySize+10+16+20), bytes)
				time.Sleep(time.Hour) // in the bubble
				synctest.Wait()
				pushes, classes, bytes = m.held()
				assert.Zero(t, pushes, "after MaxAge")
				assert.Zero(t, classes)
				assert.Zero(t, bytes)
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
	m.tidy(p.class)
	assert.Empty(t, m.classes)

	next, first := m.join(m.hash([]byte("a")), m.hash([]byte("x")), m.now())
	assert.True(t, first)
	m.tidy(p.class)
	assert.Len(t, m.classes, 1, "that of the push under way stays")
	m.settle(next) // with the error that it began with
	assert.Empty(t, m.classes, "nothing is left of a push that failed")
}

// Of a class, the latest push is remembered and no other, and only until it is too old.
func TestReplayRemembersTheLatestOfAClass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newReplays(ReplayConfig{MaxEntries: 2, MaxBytes: 1 << 20, MaxAge: time.Hour}, time.Now)
		m.push("other", "x", 0)
		for _, content := range []string{"x", "y", "x", "x", "z"} {
			m.push("a", content, 10)
			pushes, classes, bytes := m.held()
			assert.Equal(t, 2, pushes, "pushes that are remembered")
			assert.Equal(t, 2, classes, "the other class is not pushed out")
			assert.EqualValues(t, 2*entrySize+10, bytes)
			time.Sleep(time.Minute)
		}
		// What is asked for again is dropped last, and by its age all the same.
		m.push("other", "x", 0)
		m.push("third", "x", 0)
		_, classes, _ := m.held()
		assert.Equal(t, 2, classes, "the first is pushed out")
		time.Sleep(time.Hour - 5*time.Minute)
		synctest.Wait()
		_, first := m.join(m.hash([]byte("other")), m.hash([]byte("x")), m.now())
		assert.True(t, first, "it is an hour old")
		pushes, _, _ := m.held()
		assert.Equal(t, 1, pushes)
		time.Sleep(time.Hour)
	})
}

// A clock that shows the very end of MaxAge, or was set back, makes a push anew.
func TestReplayAges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for age, again := range map[time.Duration]bool{0: true, time.Hour - 1: true, time.Hour: false, 2 * time.Hour: false, -1: false} {
			m := newReplays(ReplayConfig{MaxEntries: 2, MaxBytes: 1 << 20, MaxAge: time.Hour}, time.Now)
			m.push("a", "x", 0)
			_, first := m.join(m.hash([]byte("a")), m.hash([]byte("x")), m.now().Add(age))
			assert.Equal(t, again, !first, "after %v", age)
		}
		time.Sleep(2 * time.Hour)
	})
}

// Who knows the hashes of one process cannot look for an ID number in those of another.
func TestReplayHashesWithAKeyOfItsOwn(t *testing.T) {
	t.Parallel()
	a, b := newReplays(ReplayConfig{}, time.Now), newReplays(ReplayConfig{}, time.Now)
	of := a.hash([]byte("x"))
	assert.Equal(t, of, a.hash([]byte("x")))
	assert.NotEqual(t, of, b.hash([]byte("x")))
}
