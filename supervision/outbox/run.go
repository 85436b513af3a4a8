package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/edusdk/edusdk"
)

// Run sends what is in the store, until ctx ends or Close is called. It lets
// what is on its way end first, for as long as Config.Timeout. Failures of the
// store are logged and tried again. It returns nil after Close, the error of ctx,
// ErrClosed when Close was called before or the store is closed, and ErrRunning
// when it was called already. A panic in a function of Config or in the store is
// passed on to Run's caller.
func (o *Outbox) Run(ctx context.Context) (err error) {
	if !o.running.CompareAndSwap(false, true) {
		return ErrRunning
	}
	defer close(o.stopped)
	select {
	case <-o.closing:
		return ErrClosed
	default:
	}
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	idle, stopIdle := context.WithCancel(base)
	r := &runner{
		Outbox: o, base: base, cancel: cancel, aside: idle, stopAside: stopIdle,
		ends: make(chan end, 2*maxClaims*o.cfg.Senders+2),
		slow: limiter{rate: o.cfg.Rate},
		// What an earlier process has parked is asked about at once.
		settled: time.Now().Add(-o.cfg.SettleGap),
	}
	func() {
		defer r.wait() // the store can panic in this goroutine, too
		err = r.run(ctx)
	}()
	if r.panicked != nil {
		panic(r.panicked)
	}
	return err
}

// runner is one call of Run. Its fields belong to the goroutine of that call.
type runner struct {
	*Outbox

	base      context.Context //nolint:containedctx // of what is on its way
	cancel    context.CancelFunc
	aside     context.Context //nolint:containedctx // of probes and rounds over what is parked
	stopAside context.CancelFunc
	ends      chan end // of the goroutines
	slow      limiter
	stopping  atomic.Bool

	sending  int // goroutines that send
	noting   int // goroutines that have sent, and tell the store
	probing  bool
	settling bool
	settled  time.Time // when the last round over what is parked began
	idle     time.Time // there is nothing to claim until then
	failures int       // of the store's Claim, in a row
	panicked *passedOn
}

// end is how a goroutine ended.
type end struct {
	of       task
	parked   bool // it parked something
	panicked *passedOn
}

type task int

const (
	sendTask task = iota
	noteTask      // what comes after sendTask in the same goroutine
	probeTask
	settleTask
)

// maxClaims bounds the claims under way, as a multiple of Config.Senders: while
// the store is told how some have ended, others are sent.
const maxClaims = 2

// passedOn is a panic of another goroutine, with that one's stack.
type passedOn struct {
	value any
	stack []byte
}

// String returns the panic's value and the stack it came from.
func (p *passedOn) String() string {
	return fmt.Sprintf("%v [passed on by outbox.Run]\n\n%s", p.value, p.stack)
}

// Error is String, so that errors.Is finds an error that was panicked with.
func (p *passedOn) Error() string { return p.String() }

// Unwrap returns the panic's value if it is an error.
func (p *passedOn) Unwrap() error {
	err, _ := p.value.(error)
	return err
}

// errGoexit is what Run panics with if a function that it called ends its
// goroutine, as t.FailNow does.
var errGoexit = errors.New("outbox: a function of Config or the store ended the goroutine that called it")

// start runs f in a goroutine of its own. e is its end, which f may change.
func (r *runner) start(of task, f func(e *end)) {
	go func() {
		e := end{of: of}
		returned := false
		defer func() {
			if !returned {
				value := recover()
				if value == nil {
					value = errGoexit
				}
				e.panicked = &passedOn{value, debug.Stack()}
			}
			r.ends <- e // never full
		}()
		f(&e)
		returned = true
	}()
}

// run is the loop of Run.
func (r *runner) run(ctx context.Context) error {
	for r.panicked == nil {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.closing:
			return nil
		default:
		}
		next, err := r.step(ctx)
		if err != nil {
			return err
		}
		timer := time.NewTimer(time.Until(next))
		select {
		case <-ctx.Done():
		case <-r.closing:
		case <-r.wake:
			r.idle = time.Time{}
		case e := <-r.ends:
			r.ended(e)
		case <-timer.C:
		}
		timer.Stop()
		r.drain()
	}
	return nil
}

// drain takes note of all goroutines that have ended, so that what they leave
// free is claimed together.
func (r *runner) drain() {
	for {
		select {
		case e := <-r.ends:
			r.ended(e)
		default:
			return
		}
	}
}

// step starts what can be started, and returns when there may be more to do if
// nothing happens before.
func (r *runner) step(ctx context.Context) (next time.Time, err error) {
	now := time.Now()
	next = now.Add(r.cfg.Poll)
	allowed, probe := r.gate.allowance(r.cfg.Senders)
	if r.Down() {
		switch {
		case r.probing:
		case probe.After(now):
			next = sooner(next, probe)
		default:
			r.probing = true
			r.start(probeTask, r.probe)
		}
		return next, nil
	}
	if due := r.settled.Add(r.cfg.SettleGap); !r.settling {
		if !due.After(now) {
			r.settling, r.settled = true, now
			r.start(settleTask, r.settle)
		} else {
			next = sooner(next, due)
		}
	}
	free := min(allowed-r.sending, maxClaims*r.cfg.Senders-r.sending-r.noting)
	if free <= 0 {
		return next, nil
	}
	if r.idle.After(now) {
		return sooner(next, r.idle), nil
	}
	n, at := r.slow.take(free, now)
	if n == 0 {
		return sooner(next, at), nil
	}
	claims, err := r.cfg.Store.Claim(ctx, ClaimRequest{Max: n, Lease: r.cfg.Timeout + r.cfg.Timeout/4, Merge: r.cfg.Merge})
	r.slow.give(n - len(claims.Claims))
	if err != nil {
		return r.claimFailed(ctx, err)
	}
	r.failures = 0
	for _, c := range claims.Claims {
		r.sending++
		r.start(sendTask, func(e *end) { r.send(c, now, e) })
	}
	if len(claims.Claims) == n {
		return now, nil // there may be more
	}
	r.idle = next
	if !claims.Next.IsZero() {
		r.idle = sooner(next, now.Add(claims.Next.Sub(r.cfg.Clock())))
	}
	return sooner(next, r.idle), nil
}

// claimFailed decides what a failure of the store's means for Run.
func (r *runner) claimFailed(ctx context.Context, err error) (next time.Time, _ error) {
	switch {
	case ctx.Err() != nil:
		return time.Now(), nil //nolint:nilerr // the loop sees it
	case errors.Is(err, ErrClosed):
		return time.Time{}, err
	}
	r.cfg.Logger.LogAttrs(ctx, slog.LevelError, "outbox: the store failed", slog.String("error", err.Error()))
	r.idle = time.Now().Add(backoff(r.cfg.Poll, r.failures))
	r.failures++
	return r.idle, nil
}

// ended takes note of a goroutine that has ended. A panic is passed on once the
// others have ended.
func (r *runner) ended(e end) {
	switch e.of {
	case sendTask:
		r.sending--
		if e.panicked == nil {
			r.noting++
		}
	case noteTask:
		r.noting--
	case probeTask:
		r.probing = false
	case settleTask:
		r.settling = false
	}
	r.idle = time.Time{} // there can be more to claim
	if e.parked {
		r.settled = time.Time{} // ask as soon as the platform is there
	}
	if e.panicked != nil && r.panicked == nil {
		r.panicked = e.panicked
		r.cancel()
	}
}

// wait waits for the goroutines.
func (r *runner) wait() {
	r.stopping.Store(true)
	r.stopAside()
	for r.sending+r.noting > 0 || r.probing || r.settling {
		r.ended(<-r.ends)
	}
	r.cancel()
}

func sooner(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// probe asks whether the platform is there again.
func (r *runner) probe(*end) {
	ctx, cancel := context.WithTimeout(r.aside, r.cfg.Timeout)
	defer cancel()
	err := r.cfg.Probe(ctx)
	if r.aside.Err() != nil {
		return
	}
	if r.gate.probed(err, time.Now(), r.cfg.Pause) {
		r.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "outbox: the platform is there")
	} else {
		r.cfg.Logger.LogAttrs(ctx, slog.LevelDebug, "outbox: the platform is still down", slog.String("reason", reasonOf(err)))
	}
}

// fail takes note of the error of an attempt if it is that of an outage.
func (r *runner) fail(err error) {
	if r.base.Err() == nil && r.gate.shut(err, r.cfg.Clock(), time.Now(), r.cfg.Pause) {
		r.cfg.Logger.LogAttrs(r.base, slog.LevelWarn, "outbox: the platform is down; probing", slog.String("reason", reasonOf(err)))
	}
}

// send sends what was claimed at started, and tells the store how that ended.
func (r *runner) send(c Claim, started time.Time, e *end) {
	ctx, cancel := context.WithDeadline(r.base, started.Add(r.cfg.Timeout))
	defer cancel()
	f := r.attempt(ctx, c)
	r.ends <- *e // another one can be sent
	e.of = noteTask
	if !r.persist(f, started) {
		return
	}
	switch f.Outcome {
	case Done:
		r.delivered.Add(uint64(len(c.Records)))
	case Bury:
		r.buried.Add(uint64(len(c.Records)))
		r.note(slog.LevelWarn, "outbox: a report became a dead letter", c, f.Reason)
	case SetAside, Hold:
		r.note(slog.LevelWarn, "outbox: a report was parked: it may have arrived", c, f.Reason)
		e.parked = true
	}
}

// note logs what became of a claim.
func (r *runner) note(level slog.Level, msg string, c Claim, reason string) {
	r.cfg.Logger.LogAttrs(r.base, level, msg,
		slog.String("kind", c.Records[0].Kind.String()), slog.Int("reports", len(c.Records)), slog.String("reason", reason))
}

// attempt sends a claim, if it may be sent, and says how it ended.
func (r *runner) attempt(ctx context.Context, c Claim) Finished {
	report, err := c.report()
	f := Finished{Outcome: Bury, Reason: "unreadable"}
	if err == nil {
		f = r.deliver(ctx, c, report)
	}
	// Even where it only may have been sent, what follows must not fall behind it.
	f.Claim, f.Mark = c, report.mark()
	return f
}

// deliver is attempt for a claim that can be read.
func (r *runner) deliver(ctx context.Context, c Claim, report Report) Finished {
	last := &c.Records[len(c.Records)-1]
	if last.Kind == KindEnd && c.Passed[KindStart] > last.Sequence {
		return Finished{Outcome: Bury, Reason: "superseded: a later start has been sent"}
	}
	if last.Open {
		if r.cfg.Policy.of(last.Kind) == Park {
			return r.park(c, "may have been sent before the process or its lease ended")
		}
		if v, _ := r.verdict(ctx, report); v == Applied {
			return Finished{Outcome: Done}
		}
	}
	if ctx.Err() != nil {
		return Finished{Outcome: Release}
	}
	hold := time.Time{}
	if last.Kind == KindProgress {
		hold = r.cfg.Clock().Add(r.cfg.Gap)
	}
	err := r.cfg.Send(ctx, report)
	if err == nil {
		r.gate.passed()
		return Finished{Outcome: Done, Hold: hold}
	}
	f := r.failed(c, err)
	if f.Outcome == SetAside || f.Outcome == Hold || f.Open {
		f.Hold = hold
	}
	return f
}

// failed says what becomes of a claim whose attempt failed.
func (r *runner) failed(c Claim, err error) Finished {
	last := &c.Records[len(c.Records)-1]
	open, class, reason := edusdk.MaybeApplied(err), classify(err), reasonOf(err)
	if class == outage {
		r.fail(err)
	}
	switch {
	case open:
		r.opened.Add(1)
		if r.cfg.Policy.of(last.Kind) == Park {
			return r.park(c, reason)
		}
		return Finished{Outcome: Retry, Reason: reason, Open: true, At: r.retryAt(last)}
	case class == outage:
		return Finished{Outcome: Release}
	}
	r.gate.passed() // it answers
	r.rejected.Add(1)
	var e *edusdk.Error
	switch {
	case class == hopeless, r.cfg.Permanent != nil && errors.As(err, &e) && r.cfg.Permanent(e.Code, e.Message):
		return Finished{Outcome: Bury, Reason: reason}
	case last.Kind == KindEnd && last.Open:
		return Finished{Outcome: Bury, Reason: reason + ", sent again: it has probably arrived"}
	case r.cfg.Clock().Sub(last.Since) >= r.cfg.MaxAge:
		return Finished{Outcome: Bury, Reason: reason + ", for too long"}
	}
	return Finished{Outcome: Retry, Reason: reason, At: r.retryAt(last)}
}

// park sets a claim aside. A Start holds its lane, because the platform refuses
// what it does not know to have begun; and so does everything if Settle can be
// asked, because once later reports have been sent it is harder to tell.
func (r *runner) park(c Claim, reason string) Finished {
	if c.Records[0].Kind == KindStart || r.cfg.Settle != nil {
		return Finished{Outcome: Hold, Reason: reason}
	}
	return Finished{Outcome: SetAside, Reason: reason}
}

func (r *runner) retryAt(s *Stored) time.Time {
	return r.cfg.Clock().Add(retryDelay(r.cfg.RetryDelay, s.Attempts))
}

// maxRetryDelay bounds how far Config.RetryDelay grows, as a multiple of it.
const maxRetryDelay = 100

func retryDelay(base time.Duration, attempts int) time.Duration {
	d := base << min(attempts, 7)
	if d <= 0 || d > maxRetryDelay*base {
		d = maxRetryDelay * base
	}
	return d
}

// report returns what a claim is sent as.
func (c *Claim) report() (Report, error) {
	last := &c.Records[len(c.Records)-1]
	report, err := reportOf(&last.Record)
	if err != nil {
		return report, err
	}
	if last.Folded {
		report.PlayTime, report.Passed = time.Duration(c.Mark)*time.Second, true
	}
	return report, addProgress(&report, c.Records[:len(c.Records)-1])
}

// addProgress adds to a report those before it that are sent together with it.
func addProgress(to *Report, records []Stored) error {
	for i := range records {
		r, err := reportOf(&records[i].Record)
		if err != nil {
			return err
		}
		if i == 0 {
			to.Before = r.Before
		}
		to.ProgressTime += r.ProgressTime
	}
	return nil
}

// verdict asks Config.Settle, and reports whether it could be asked.
func (r *runner) verdict(ctx context.Context, report Report) (v Verdict, asked bool) {
	if r.cfg.Settle == nil {
		return Undecided, true
	}
	v, err := r.cfg.Settle(ctx, report)
	if err != nil {
		r.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "outbox: Settle failed", slog.String("reason", reasonOf(err)))
		return Undecided, false
	}
	if v > NotApplied {
		v = Undecided
	}
	return v, true
}

// settle makes a round over what is parked: Config.Settle is asked, and a Start
// that has held its lane for too long is given up.
func (r *runner) settle(*end) {
	groups, err := r.parkedGroups()
	if err != nil {
		if r.aside.Err() == nil {
			r.cfg.Logger.LogAttrs(r.aside, slog.LevelError, "outbox: the store failed", slog.String("error", err.Error()))
		}
		return
	}
	for _, g := range groups {
		if r.aside.Err() != nil || r.Down() {
			break
		}
		if err := r.settleGroup(g); err != nil && r.aside.Err() == nil {
			r.cfg.Logger.LogAttrs(r.aside, slog.LevelError, "outbox: the store failed", slog.String("error", err.Error()))
		}
	}
}

// parkedGroups returns what is parked, together what was sent as one.
func (r *runner) parkedGroups() ([][]Stored, error) {
	type name struct {
		lane  string
		group uint64
	}
	at := map[name]int{}
	var groups [][]Stored
	for after, more := uint64(0), true; more; {
		page, err := r.cfg.Store.List(r.aside, ListRequest{Status: Parked, After: after, Limit: pageSize})
		if err != nil {
			return nil, err
		}
		for _, s := range page {
			after = s.Sequence
			i, known := at[name{s.Lane, s.Group}]
			if !known {
				i = len(groups)
				groups = append(groups, nil)
				at[name{s.Lane, s.Group}] = i
			}
			groups[i] = append(groups[i], s)
		}
		more = len(page) == pageSize
	}
	return groups, nil
}

// settleGroup settles what was sent as one, if it can be.
func (r *runner) settleGroup(group []Stored) error {
	last := &group[len(group)-1]
	report, err := reportOf(&last.Record)
	if err == nil {
		err = addProgress(&report, group[:len(group)-1])
	}
	verdict, asked := Undecided, true
	if err == nil {
		report.Passed = !last.Holds
		ctx, cancel := context.WithTimeout(r.aside, r.cfg.Timeout)
		verdict, asked = r.verdict(ctx, report)
		cancel()
	}
	old := r.cfg.Clock().Sub(last.Changed) >= r.cfg.MaxAge
	var to Status
	switch {
	case verdict == Applied:
		to = Sent
	case verdict == NotApplied:
		to = Waiting
	case last.Kind == KindStart && old:
		to = Dead
	case last.Kind != KindStart && last.Holds && (asked || old):
		to = Parked // nobody knows: the lane goes on
	default:
		return nil
	}
	resolutions := make([]Resolution, len(group))
	for i := range group {
		resolutions[i] = Resolution{Sequence: group[i].Sequence, From: Parked, To: to}
	}
	found, err := r.cfg.Store.Resolve(r.aside, resolutions)
	for _, ok := range found {
		switch {
		case !ok:
		case to == Sent:
			r.delivered.Add(1)
		case to == Dead:
			r.buried.Add(1)
		}
	}
	if to == Parked {
		r.poke()
		return err
	}
	r.cfg.Logger.LogAttrs(r.aside, slog.LevelInfo, "outbox: a parked report was settled",
		slog.String("kind", last.Kind.String()), slog.Int("reports", len(group)), slog.String("now", to.String()))
	r.poke()
	return err
}

// persist tells the store how a claim ended, until the store takes it. It
// reports whether the claim was still ours.
func (r *runner) persist(f Finished, started time.Time) bool {
	for n := 0; ; n++ {
		err := r.finishes.submit(r.base, []Finished{f})[0]
		switch {
		case err == nil:
			return true
		case errors.Is(err, errLost), errors.Is(err, ErrClosed), r.base.Err() != nil,
			r.stopping.Load() && time.Since(started) > r.cfg.Timeout:
			r.note(slog.LevelWarn, "outbox: the store does not know how the sending of a report ended", f.Claim, err.Error())
			return false
		}
		r.cfg.Logger.LogAttrs(r.base, slog.LevelError, "outbox: the store failed", slog.String("error", err.Error()))
		select {
		case <-time.After(backoff(r.cfg.Poll, n)):
		case <-r.base.Done():
		}
	}
}

// finish is Store.Finish for a batcher.
func (o *Outbox) finish(ctx context.Context, finished []Finished) []error {
	errs := make([]error, len(finished))
	ours, err := o.cfg.Store.Finish(ctx, finished)
	if err != nil {
		return fill(errs, err)
	}
	if len(ours) != len(finished) {
		return nil
	}
	for i, ok := range ours {
		if !ok {
			errs[i] = errLost
		}
	}
	return errs
}

var errLost = fmt.Errorf("outbox: %w", errors.New("the lane was handed out again before the report ended"))

// limiter spaces what is sent by a rate.
type limiter struct {
	rate float64   // per second, 0 for no bound
	next time.Time // when another one may go
}

// burst is how much of a second's worth may go at once, for timers are coarse.
const burst = 20 * time.Millisecond

// take returns how many of n may go now, or when one may.
func (l *limiter) take(n int, now time.Time) (int, time.Time) {
	if l.rate == 0 {
		return n, now
	}
	if earliest := now.Add(-burst); l.next.Before(earliest) {
		l.next = earliest
	}
	if l.next.After(now) {
		return 0, l.next
	}
	n = min(n, 1+int(now.Sub(l.next).Seconds()*l.rate))
	l.next = l.next.Add(l.cost(n))
	return n, now
}

// give returns what was taken and not used.
func (l *limiter) give(n int) { l.next = l.next.Add(-l.cost(n)) }

func (l *limiter) cost(n int) time.Duration {
	if l.rate == 0 {
		return 0
	}
	return time.Duration(float64(n) / l.rate * float64(time.Second))
}
