package study

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/internal/effort"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
)

// tick is the grain of the model: it counts every tick of play by itself.
const tick = 250 * time.Millisecond

// player is a student of the model, who watches two videos on some machines. It
// knows the truth: what was watched within the rules.
type player struct {
	*world

	r        *rand.Rand
	limit    time.Duration
	machines []*Sessions
	videos   []*video
	days     map[int32]time.Duration // counted
	clockSet bool                    // then the times of reports say nothing of the time between them
	log      []string
}

type video struct {
	lesson  Lesson
	machine int
	session *Session
	stale   []*Session // of devices, pages and machines before
	at      time.Duration
	watched time.Duration // counted
	checks  int           // that were passed
}

// minutes reported equal minutes watched within the rules, for random players.
func TestProperty(t *testing.T) {
	rounds := effort.Amount(30, 100)
	if underRace {
		rounds = min(rounds, 20) // each takes ten times as long
	}
	for seed := range uint64(rounds) {
		p := newPlayer(t, seed)
		if problem := p.run(); problem != "" {
			t.Fatalf("seed %d: %s\n%v", seed, problem, p.log)
		}
	}
}

func newPlayer(t *testing.T, seed uint64) *player {
	r := rand.New(rand.NewPCG(seed, 7))
	p := &player{world: newWorld(t), r: r, days: map[int32]time.Duration{}}
	// Some of them study into the night.
	p.clock.t = noon.Add(12*time.Hour - time.Duration(r.IntN(2400))*time.Second)
	p.cfg.SaveEvery = time.Second
	if r.IntN(2) == 0 {
		p.limit = time.Duration(5+r.IntN(30)) * time.Minute
	}
	if r.IntN(3) == 0 {
		p.cfg.PlayTime = PlayWatched
	}
	p.machines = []*Sessions{p.process(), p.process()}
	for i := range 2 {
		l := lesson()
		l.Resource = fmt.Sprintf("video-%d", i)
		l.Length = time.Duration(60+r.IntN(1800)) * time.Second
		l.Rules.DailyLimit = p.limit
		if r.IntN(2) == 0 {
			l.Rules.VideoOnHook, l.Rules.TriggerType = supervision.OnHookFace, supervision.TriggerType(r.IntN(3))
			l.Rules.TriggerValue = 1 + r.IntN(5)
			l.Rules.VideoStartFace = r.IntN(2) == 0
		}
		p.videos = append(p.videos, &video{lesson: l})
	}
	return p
}

func (p *player) run() string {
	for range 60 {
		v := p.videos[p.r.IntN(len(p.videos))]
		if v.session == nil {
			p.begin(v, p.r.IntN(2))
			continue
		}
		switch n := p.r.IntN(14); n {
		case 0: // pauses
			p.note("pause")
			p.wait(v, time.Duration(p.r.IntN(200))*time.Second)
		case 1, 2: // jumps, as the player tells
			v.at = time.Duration(p.r.Int64N(int64(v.lesson.Length))).Truncate(tick)
			p.note("seek to %s", v.at)
			p.must(v.session.Seek(v.at))
		case 3: // jumps, and the player does not tell
			p.must(v.session.Seek(v.at))
			v.at = min(v.lesson.Length, v.at+30*time.Second)
			p.note("jump to %s", v.at)
			p.must(v.session.Watched(v.at))
		case 4: // loads the page anew, or takes another device
			p.note("reload")
			p.begin(v, v.machine)
		case 5: // is sent to another machine; the first one had a second to save
			p.note("move")
			p.saved()
			p.begin(v, 1-v.machine)
		case 6: // the machine crashes and is replaced; it had a second to save
			p.note("crash")
			p.saved()
			broken := v.machine
			p.machines[broken] = p.process()
			for _, other := range p.videos {
				if other.session != nil && other.machine == broken {
					p.begin(other, broken)
				}
			}
		case 7: // its clock is set, back or ahead
			d := time.Duration(p.r.IntN(7200)-3600) * time.Second
			if day, _ := dayOf(p.clock.t); d > 0 { // not ahead to another day, which would be studied on
				if other, _ := dayOf(p.clock.t.Add(d)); other != day {
					continue
				}
				d = min(d, time.Minute) // or it would seem to be idle
			} else if other, _ := dayOf(p.clock.t.Add(d)); other != day {
				continue
			}
			p.note("clock set by %s", d)
			p.clock.add(d)
			p.clockSet = true
			p.touch()
		case 8:
			p.note("end")
			p.must(v.session.End(context.Background()))
			v.stale = append(v.stale, v.session)
			v.session = nil
		default:
			p.play(v, time.Duration(1+p.r.IntN(400))*tick*time.Duration(1+p.r.IntN(4)), 1+p.r.IntN(40))
		}
		for _, s := range v.stale {
			elsewhere := s.lane.student.sessions != p.machines[v.machine]
			if err := s.Seek(v.at + time.Second); err == nil && !elsewhere { // another machine learns it when it saves
				return "a session that is over still counts"
			}
		}
		p.saved() // machines learn of one another's sessions
		if problem := p.compare(false); problem != "" {
			return problem
		}
	}
	for _, v := range p.videos {
		if v.session != nil {
			p.must(v.session.End(context.Background()))
		}
	}
	return p.compare(true)
}

func (p *player) note(format string, args ...any) {
	p.log = append(p.log, p.clock.t.Format("15:04:05.00 ")+fmt.Sprintf(format, args...))
}

func (p *player) must(err error) {
	if err != nil {
		p.t.Fatalf("%v\n%v", err, p.log)
	}
}

func (p *player) begin(v *video, machine int) {
	p.note("start %s on %d", v.lesson.Resource, machine)
	if v.session != nil {
		v.stale = append(v.stale, v.session)
	} else {
		v.checks = 0
		for _, at := range newPlan(planOf(&v.lesson), &v.lesson).times {
			if at < v.watched {
				v.checks++
			}
		}
	}
	v.machine = machine
	s, err := p.machines[machine].Start(context.Background(), v.lesson)
	p.must(err)
	v.session = s
	p.must(s.Seek(v.at))
}

// touch tells where all players are.
func (p *player) touch() {
	for _, v := range p.videos {
		if v.session != nil {
			p.must(v.session.Seek(v.at))
		}
	}
}

// wait lets time pass in which nothing plays.
func (p *player) wait(v *video, d time.Duration) {
	for ; d > 0; d -= 30 * time.Second {
		p.clock.add(min(d, 30*time.Second))
		p.touch()
		p.polls()
	}
	_ = v
}

// saved has both machines save what they have.
func (p *player) saved() {
	p.clock.add(time.Second)
	p.touch()
	p.polls()
}

func (p *player) polls() {
	for _, m := range p.machines {
		_, err := m.Poll(context.Background())
		p.must(err)
	}
}

// play plays a video, and counts what is to be counted tick by tick; every so many
// of them the player tells where it is.
func (p *player) play(v *video, d time.Duration, every int) {
	p.note("play %s for %s, every %d", v.lesson.Resource, d, every)
	for i := 1; d > 0 && v.at < v.lesson.Length; i++ {
		if c, due := v.session.Due(); due { // the page stops the player
			p.check(v, c)
		}
		day, _ := dayOf(p.clock.t)
		p.clock.add(tick)
		v.at += tick
		d -= tick
		if v.watched < v.lesson.Length && (p.limit == 0 || p.days[day] < p.limit) {
			v.watched += tick
			p.days[day] += tick
		}
		if i%every == 0 || d <= 0 || v.at >= v.lesson.Length || p.atCheck(v) {
			p.must(v.session.Watched(v.at))
		}
		if i%240 == 0 {
			p.touchOthers(v)
			p.must(v.session.Watched(v.at))
			p.polls()
		}
	}
	p.must(v.session.Watched(v.at))
}

// atCheck reports whether a check falls due with this tick: what is watched beyond
// one in a call is the business of another test.
func (p *player) atCheck(v *video) bool {
	for _, at := range v.session.lane.plan.times {
		if v.watched >= at && v.watched < at+tick {
			return true
		}
	}
	return false
}

func (p *player) touchOthers(v *video) {
	for _, other := range p.videos {
		if other != v && other.session != nil {
			p.must(other.session.Seek(other.at))
		}
	}
}

// check passes a check without a platform.
func (p *player) check(v *video, c Check) {
	t := &trial{session: v.session, sessions: p.machines[v.machine], check: c}
	t.conclude(true)
	if after, due := v.session.Due(); due && after == c && c.At > 0 {
		p.t.Fatalf("%v is due again\n%v", c, p.log)
	}
	if c.At > 0 {
		v.checks++
	}
	p.must(v.session.Seek(v.at))
}

// compare compares what has been reported, or is still to be, with the truth.
func (p *player) compare(final bool) string {
	told := map[string]time.Duration{}
	last := map[string]outbox.Report{}
	for _, r := range p.progress() {
		before, known := last[r.ResCode]
		switch {
		case r.ProgressTime <= 0 || r.ProgressTime%time.Second != 0:
			return fmt.Sprintf("a report of %s", r.ProgressTime)
		case r.PlayTime < before.PlayTime, r.Before != before.PlayTime:
			return fmt.Sprintf("a report of %s at %s after one at %s", r.ResCode, r.PlayTime, before.PlayTime)
		case known && !r.Final && r.Session == before.Session && !p.clockSet && r.At.Sub(before.At) < time.Minute:
			return fmt.Sprintf("reports of %s at %s and %s", r.ResCode, before.At, r.At)
		}
		last[r.ResCode] = r
		told[r.ResCode] += r.ProgressTime
		if told[r.ResCode] != r.Total.Truncate(time.Second) && told[r.ResCode] != r.Total {
			return fmt.Sprintf("the total of %s is %s after %s", r.ResCode, r.Total, told[r.ResCode])
		}
	}
	for _, v := range p.videos {
		name := v.lesson.Resource
		if v.session != nil && !final {
			st, err := v.session.Status()
			p.must(err)
			if st.Watched != v.watched || st.Reported != told[name] {
				return fmt.Sprintf("%s: %s watched, %s counted; %s in reports, %s known", name, v.watched, st.Watched, told[name], st.Reported)
			}
		} else if v.session == nil || final {
			if told[name] != v.watched.Truncate(time.Second) {
				return fmt.Sprintf("%s: %s watched, %s reported at the end", name, v.watched, told[name])
			}
		}
		if p.limit > 0 {
			s, err := p.box.LoadState(context.Background(), studentKey(v.lesson.Class, v.lesson.Student))
			require.NoError(p.t, err)
			days, err := decodeStudent(s.Data)
			require.NoError(p.t, err)
			for i, d := range days.Days {
				if d != 0 && days.Totals[i] != p.days[d] {
					return fmt.Sprintf("%s on day %d, and %s counted", p.days[d], d, days.Totals[i])
				}
			}
		}
	}
	return ""
}
