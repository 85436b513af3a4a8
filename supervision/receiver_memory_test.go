package supervision

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// body is one that comes, in the order of the table: first, second, …
type body struct {
	caller string
	bytes  int64
	idle   time.Duration // since its last bytes came, when the newcomer asks
	here   bool          // all of it has come
	ended  bool
}

func TestWhoMakesRoomForWhom(t *testing.T) {
	t.Parallel()
	const most, perCaller = 100, 60
	for _, tt := range []struct {
		name   string
		bodies []body
		caller string // of the newcomer
		asks   int64
		fixed  bool
		robbed []int // of bodies
		ok     bool
	}{
		{name: "there is room", bodies: []body{{"a", 50, time.Hour, false, false}}, caller: "b", asks: 50, ok: true},
		{name: "a byte too many", bodies: []body{{"a", 50, stuckFor, false, false}}, caller: "b", asks: 51, robbed: []int{0}, ok: true},
		{name: "a byte too many, and all come on", bodies: []body{{"a", 50, stuckFor - 1, false, false}}, caller: "b", asks: 51},
		{name: "more than there is, with nobody else", caller: "b", asks: 61},
		{name: "all that a caller can have", caller: "b", asks: 60, ok: true},
		{name: "more than one caller can have, of nobody in particular", asks: 100, ok: true},
		{name: "more than there is, of nobody in particular", asks: 101},
		{
			name: "the longest of several", bodies: []body{
				{"a", 30, time.Second, false, false}, {"b", 30, time.Hour, false, false}, {"c", 30, time.Minute, false, false},
			}, caller: "d", asks: 30, robbed: []int{1}, ok: true,
		},
		{
			name: "as many as it takes", bodies: []body{
				{"a", 30, time.Second, false, false}, {"b", 30, time.Hour, false, false}, {"c", 30, time.Minute, false, false},
			}, caller: "d", asks: 60, robbed: []int{1, 2}, ok: true,
		},
		{
			name: "one of its own caller, although another has been stuck for longer", bodies: []body{
				{"b", 30, time.Hour, false, false}, {"a", 50, time.Second, false, false},
			}, caller: "a", asks: 20, robbed: []int{1}, ok: true,
		},
		{name: "none of its own caller is stuck", bodies: []body{{"b", 30, time.Hour, false, false}, {"a", 50, 0, false, false}}, caller: "a", asks: 20},
		{
			name: "any, where it is of nobody in particular", bodies: []body{
				{"b", 60, time.Second, false, false}, {"", 30, time.Hour, false, false},
			}, asks: 20, robbed: []int{1}, ok: true,
		},
		{
			name: "one that has begun to come, before one that has not", bodies: []body{
				{"a", 0, time.Hour, false, false}, {"b", 60, time.Second, false, false},
			}, caller: "c", asks: 50, robbed: []int{1}, ok: true,
		},
		{name: "one that is here is left alone", bodies: []body{{"a", 60, time.Hour, true, false}}, caller: "b", asks: 50},
		{name: "one that has ended takes nothing", bodies: []body{{"a", 60, time.Hour, false, true}}, caller: "a", asks: 60, ok: true},
		{name: "none, where bodies cannot be cut off", bodies: []body{{"a", 60, time.Hour, false, false}}, caller: "b", asks: 50, fixed: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := newMemory(most, perCaller)
				now := time.Now().Add(2 * time.Hour)
				leases := make([]*lease, len(tt.bodies))
				for i, b := range tt.bodies {
					leases[i] = m.lease(b.caller, make(chan struct{}))
					assert.True(t, leases[i].resize(b.bytes), "room for body %d", i)
					leases[i].last.Store(int64(now.Add(-b.idle).Sub(m.start)))
					if b.here {
						leases[i].settle()
					}
					if b.ended {
						leases[i].end()
					}
				}
				if tt.fixed {
					m.keepAll()
				}
				time.Sleep(2 * time.Hour) // in the bubble
				newcomer := m.lease(tt.caller, make(chan struct{}))
				assert.Equal(t, tt.ok, newcomer.resize(tt.asks), "whether there is room")
				robbed := map[int]bool{}
				for _, i := range tt.robbed {
					robbed[i] = true
				}
				for i, l := range leases {
					select {
					case <-l.robbed:
						assert.True(t, robbed[i], "body %d has to make room", i)
						assert.False(t, l.resize(1), "it gets no more")
					default:
						assert.False(t, robbed[i], "body %d does not have to make room", i)
					}
					l.end()
				}
				newcomer.end()
				assert.Zero(t, m.used, "bytes, when all have ended")
				assert.Empty(t, m.callers)
				assert.Empty(t, m.reading)
				assert.False(t, newcomer.resize(1), "what has ended gets no more")
			})
		})
	}
}

// A body is stuck from its last bytes on, and one that has just begun is not. None makes
// room for itself.
func TestWhatCountsAsStuck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rc, err := NewReceiver(ReceiverConfig{
			Verify: anybody, PullCourses: noCourses, MaxBody: firstRead, MaxMemory: 2 * firstRead, Caller: AnyCaller,
		})
		require.NoError(t, err)
		time.Sleep(time.Hour) // in the bubble
		l := rc.memory.lease("", make(chan struct{}))
		require.True(t, l.resize(2*firstRead))
		other := rc.memory.lease("", make(chan struct{}))
		assert.False(t, other.resize(1), "one that has just begun makes no room")
		time.Sleep(stuckFor)
		assert.False(t, l.resize(2*firstRead+1), "none makes room for itself")
		assert.EqualValues(t, 2*firstRead, l.bytes, "and it keeps what it has")
		assert.True(t, other.resize(1), "another does")
		other.end()
		l.end()

		// A byte comes just before its time, again and again.
		rest := pull
		in := newInbound(rc, httptest.NewRequest(http.MethodPost, PathPullCourses, lying(func(p []byte) (int, error) {
			if rest == "" {
				return 0, io.EOF
			}
			time.Sleep(stuckFor - time.Millisecond)
			p[0], rest = rest[0], rest[1:]
			return 1, nil
		})), httptest.NewRecorder())
		in.serve = rc.pullCourses
		done := make(chan *outbound)
		go func() { done <- in.run() }()
		other = rc.memory.lease("", make(chan struct{}))
		for range len(pull) - 2 {
			time.Sleep(stuckFor - time.Millisecond)
			assert.False(t, other.resize(2*firstRead), "one that still comes makes no room")
		}
		assert.Equal(t, http.StatusOK, (<-done).status)
		in.lease.end()
		other.end()
		assert.Zero(t, rc.memory.used)
	})
}
