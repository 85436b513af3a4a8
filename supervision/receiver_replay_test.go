package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/edusdk/edusdk/supervision"
)

// pushes is a receiver with replay, whose PushClass numbers its answers.
type pushes struct {
	t      *testing.T
	rc     *supervision.Receiver
	calls  atomic.Int32
	during func(context.Context, *supervision.Class) error // if not nil
	clock  atomic.Pointer[func() time.Time]
}

func newPushes(t *testing.T, cfg supervision.ReplayConfig) *pushes {
	p := &pushes{t: t}
	p.rc = newReceiver(t, &callbacks{}, func(c *supervision.ReceiverConfig) {
		c.Replay = &cfg
		c.Clock = func() time.Time {
			if now := p.clock.Load(); now != nil {
				return (*now)()
			}
			return time.Now()
		}
		c.PushClass = func(ctx context.Context, class *supervision.Class) (*supervision.PushClassResult, error) {
			n := p.calls.Add(1)
			if p.during != nil {
				if err := p.during(ctx, class); err != nil {
					return nil, err
				}
			}
			r := &supervision.PushClassResult{PasswordRules: fmt.Sprint("answer ", n)}
			for _, s := range class.Students {
				r.Accounts = append(r.Accounts, supervision.StudentAccount{CardNo: s.CardNo, StudentUserAccount: "account-" + s.StudentUserCode})
			}
			return r, nil
		}
	})
	return p
}

func classData(code, name string) string {
	return `{"classCode":"` + code + `","orgCode":"o","orgName":"` + name + `","thirdClassStudentInfoVoList":[{"cardNo":"110101199003070013","studentUserCode":"1"}]}`
}

// push returns which answer a push got.
func (p *pushes) push(data string) string { return p.send(inbound(supervision.PathPushClass, data)) }

func (p *pushes) send(r *http.Request) string {
	p.t.Helper()
	w := serve(p.rc, r)
	code, _ := outcome(p.t, w)
	if code != "0" {
		return code
	}
	assert.Contains(p.t, w.Body.String(), `"returnData":[{"cardNo":"110101199003070013","studentUserAccount":"account-1"}]`)
	_, rest, _ := strings.Cut(w.Body.String(), `"passwordRules":"answer `)
	n, _, _ := strings.Cut(rest, `"`)
	return n
}

func TestReplayGivesTheSameAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPushes(t, supervision.ReplayConfig{})
		assert.Equal(t, "1", p.push(classData("a", "x")))
		assert.Equal(t, "1", p.push(classData("a", "x")))
		assert.Equal(t, "1", p.push(" ["+strings.ReplaceAll(classData("a", "x"), ",", " ,\n")+"]"), "spaces are no content")
		assert.Equal(t, "2", p.push(classData("b", "x")), "another class")
		assert.Equal(t, "3", p.push(classData("a", "y")), "another content")
		assert.Equal(t, "4", p.push(classData("a", "x")), "the first state again is new")
		assert.Equal(t, "4", p.push(classData("a", "x")))
		assert.Equal(t, "2", p.push(classData("b", "x")))
		unverified := inbound(supervision.PathPushClass, strings.Replace(classData("a", "x"), "\n", "", 1))
		unverified.Body = http.NoBody
		assert.NotEqual(t, "4", p.send(unverified))
		assert.EqualValues(t, 4, p.calls.Load())
	})
}

func TestReplayVerifiesFirst(t *testing.T) {
	allowed := true
	cb := &callbacks{}
	rc := newReceiver(t, cb, func(c *supervision.ReceiverConfig) {
		c.Replay = &supervision.ReplayConfig{}
		c.Verify = func(context.Context, supervision.Headers, *http.Request) error {
			if !allowed {
				return errors.New("no")
			}
			return nil
		}
	})
	assert.Equal(t, 200, serve(rc, inbound(supervision.PathPushClass, classData("a", "x"))).Code)
	allowed = false
	assert.Equal(t, 401, serve(rc, inbound(supervision.PathPushClass, classData("a", "x"))).Code)
}

func TestReplayForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPushes(t, supervision.ReplayConfig{MaxEntries: 2, MaxAge: time.Minute})
		p.push(classData("a", "x"))
		p.push(classData("b", "x"))
		assert.Equal(t, "1", p.push(classData("a", "x")), "and is used last")
		assert.Equal(t, "3", p.push(classData("c", "x")))
		assert.Equal(t, "1", p.push(classData("a", "x")))
		assert.Equal(t, "4", p.push(classData("b", "x")), "the least recently used of three is forgotten")
		time.Sleep(time.Minute - time.Second)
		assert.Equal(t, "4", p.push(classData("b", "x")))
		time.Sleep(2 * time.Second)
		assert.Equal(t, "5", p.push(classData("b", "x")), "after MaxAge")

		earlier := func() time.Time { return time.Now().Add(-time.Hour) }
		p.clock.Store(&earlier)
		assert.Equal(t, "6", p.push(classData("b", "x")), "a clock that was set back keeps nothing alive")
		assert.Equal(t, "6", p.push(classData("b", "x")))
		later := func() time.Time { return time.Now().Add(time.Hour) }
		p.clock.Store(&later)
		assert.Equal(t, "7", p.push(classData("b", "x")))

		small := newPushes(t, supervision.ReplayConfig{MaxBytes: 700})
		assert.Equal(t, []string{"1", "1", "2", "3"}, []string{
			small.push(classData("a", "x")), small.push(classData("a", "x")), small.push(classData("b", "x")), small.push(classData("a", "x")),
		}, "one has room, two have not")
		time.Sleep(2 * time.Hour) // until all timers have run
	})
}

func TestReplayForgetsFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPushes(t, supervision.ReplayConfig{})
		var fail error
		p.during = func(context.Context, *supervision.Class) error {
			if p.calls.Load() == 2 {
				panic("canary")
			}
			return fail
		}
		fail = &supervision.ReturnError{Code: "7", Msg: "no"}
		assert.Equal(t, "7", p.push(classData("a", "x")))
		assert.Equal(t, "500", p.push(classData("a", "x")))
		fail = nil
		assert.Equal(t, "3", p.push(classData("a", "x")))
		assert.Equal(t, "3", p.push(classData("a", "x")))
		time.Sleep(2 * time.Hour)
	})
}

// Duplicates that come meanwhile share the first one's answer, whatever it is and
// whoever hangs up.
func TestReplayShares(t *testing.T) {
	for name, tt := range map[string]struct {
		end  func(context.Context) error
		want string
	}{
		"a success": {func(ctx context.Context) error { return ctx.Err() }, "1"},
		"a failure": {func(context.Context) error { return &supervision.ReturnError{Code: "7"} }, "7"},
		"a panic":   {func(context.Context) error { panic("canary") }, "500"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPushes(t, supervision.ReplayConfig{})
				p.during = func(ctx context.Context, _ *supervision.Class) error {
					time.Sleep(10 * time.Second)
					return tt.end(ctx)
				}
				got := make(chan string, 8)
				for i := range 8 {
					r := inbound(supervision.PathPushClass, classData("a", "x"))
					if i == 0 {
						ctx, cancel := context.WithTimeout(t.Context(), time.Second)
						defer cancel()
						r = r.WithContext(ctx) // the first hangs up
					}
					go func() { got <- p.send(r) }()
					synctest.Wait()
				}
				for range 8 {
					assert.Equal(t, tt.want, <-got)
				}
				assert.EqualValues(t, 1, p.calls.Load())
				time.Sleep(2 * time.Hour)
			})
		})
	}
}

// What overlaps with another content of the same class is not remembered: nobody
// knows which state the class is left in.
func TestReplayRemembersNothingThatOverlapped(t *testing.T) {
	for name, tt := range map[string]struct {
		takes []string
		every time.Duration // a push begins
	}{
		"one with the next":          {[]string{"30s", "10s", "5s"}, 8 * time.Second},
		"the first with all of them": {[]string{"30s", "3s", "5s"}, 8 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPushes(t, supervision.ReplayConfig{})
				p.during = func(_ context.Context, c *supervision.Class) error {
					d, _ := time.ParseDuration(c.OrgName)
					time.Sleep(d)
					return nil
				}
				got := make(chan string, 3)
				for _, takes := range tt.takes {
					go func() { got <- p.push(classData("a", takes)) }()
					time.Sleep(tt.every)
				}
				for range 3 {
					<-got
				}
				assert.Equal(t, "4", p.push(classData("a", "5s")))
				assert.Equal(t, "4", p.push(classData("a", "5s")), "this one was alone")
				assert.Equal(t, "5", p.push(classData("a", "10s")))
				time.Sleep(2 * time.Hour)
			})
		})
	}
}

// A callback that is late is answered for, and its result remembered.
func TestReplayRemembersLateResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPushes(t, supervision.ReplayConfig{})
		p.during = func(context.Context, *supervision.Class) error {
			time.Sleep(5 * time.Minute)
			return nil
		}
		assert.Equal(t, "504", p.push(classData("a", "x")))
		assert.Equal(t, "504", p.push(classData("a", "x")), "a duplicate waits no longer than it may")
		time.Sleep(5 * time.Minute)
		assert.Equal(t, "1", p.push(classData("a", "x")))
		time.Sleep(2 * time.Hour)
	})
}
