package outbox

import (
	"cmp"
	"context"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/enum"
	"github.com/edusdk/edusdk/supervision"
)

// Defaults of Config.
const (
	DefaultSenders    = 16
	DefaultTimeout    = time.Minute
	DefaultGap        = time.Minute
	DefaultMaxAge     = 24 * time.Hour
	DefaultRetryDelay = 5 * time.Second
	DefaultPause      = time.Second
	DefaultPoll       = time.Second
	DefaultSettleGap  = time.Minute
)

// Config is what an Outbox needs to know. Client and Store are required.
type Config struct {
	// Client sends the reports, logs in for them, and probes. It is not needed if
	// both Send and Probe are given.
	Client *supervision.Client
	// Store keeps the reports: OpenFile or NewMemory of this package, or another
	// implementation. It is not closed by the Outbox.
	Store Store

	// Send replaces how a report is sent with the client. Its error is judged as
	// the client's would be: by its edusdk.Kind and edusdk.MaybeApplied.
	Send func(ctx context.Context, r Report) error

	// Senders is how many reports are on their way at the same time, each of
	// another lane. 0 means DefaultSenders. When the process is killed, these are
	// open, and as many more at most of which the store had not been told yet.
	Senders int
	// Timeout bounds the sending of one report with all its attempts. 0 means
	// DefaultTimeout. A claim's lease is a quarter longer, so that nobody else
	// sends the report before it is certain how this attempt ended.
	Timeout time.Duration

	// Gap is the least time between the starts of two progress reports of a lane,
	// those with Report.Final exempt. 0 means DefaultGap, the minute of the
	// document (1.10); a negative Gap means none. With a backlog, a gap of a
	// minute means that a lane stays behind by the length of the outage for as
	// long as its student goes on, unless Merge is on. A shorter gap catches up
	// sooner, but the platform then sees more than one report within a minute:
	// what it makes of that is not documented, and it may take it for study at
	// more than single speed and not count it.
	Gap time.Duration
	// Merge is the most progress reports of a session that wait in a lane and are
	// sent as one: the last one's PlayTime, the sum of their ProgressTimes. 0 and
	// 1 mean that none are. The document asks for a report a minute and sets no
	// bound on ProgressTime; a platform may.
	Merge int
	// Rate is the most reports sent per second, of all lanes together; 0 means no
	// bound. After an outage it bounds how fast the backlog drains, the oldest
	// reports first. It has to be above what comes in, or the backlog grows.
	Rate float64

	// MaxAge is how long a report is tried again that the platform rejects, from
	// the time at which it was reported; it becomes a dead letter then. An
	// outage alone kills none. It is as well the longest that a report that is
	// open holds its lane (Park). 0 means DefaultMaxAge.
	MaxAge time.Duration
	// RetryDelay is how long a lane waits after its report was rejected; it doubles
	// with every further time, up to a hundredfold. 0 means DefaultRetryDelay.
	RetryDelay time.Duration
	// Permanent tells of the platform's rejections that waiting cannot mend, by
	// returnCode and returnMsg: such a report becomes a dead letter at once. No
	// document says which codes these are; nil means none.
	Permanent func(code, msg string) bool

	// Policy says what becomes of a report that may have arrived.
	Policy Policies
	// Settle is asked whether such a report was counted: as soon as the platform
	// is there, before anything else of its lane is sent, and again every SettleGap
	// while it is Parked. Where it does not know, Policy decides; while it fails,
	// the lane waits, for up to MaxAge. It gets the report as it was sent:
	// where several were sent as one, with the last one's fields, the sum of their
	// ProgressTimes and the first one's Before. It is called in several goroutines.
	// nil means that nobody knows.
	Settle func(ctx context.Context, r Report) (Verdict, error)
	// SettleGap is the time between two rounds over what is Parked. 0 means
	// DefaultSettleGap.
	SettleGap time.Duration

	// Probe finds out whether the platform is there again. It must not change
	// anything there. nil means Client.Login, which each process of a fleet then
	// sends; where logins are shared, a read such as Business.ClassRecords spares
	// them.
	Probe func(ctx context.Context) error
	// Pause is how long the Outbox pauses before the second probe; it doubles
	// with every further one, up to sixtyfold, and is varied at random by a
	// quarter. 0 means DefaultPause.
	Pause time.Duration
	// Poll is how often the store is asked for work that came from elsewhere. 0
	// means DefaultPoll.
	Poll time.Duration

	// Clock replaces time.Now. Waits run on real timers.
	Clock func() time.Time
	// Logger is told of pauses and resumptions, of what was parked and what died,
	// and of failures of the store: kinds, codes and counts, nothing personal. nil
	// logs nothing.
	Logger *slog.Logger
}

// Policy says what becomes of a report that may have arrived: no answer came,
// or none that settles it, or the process that sent it is gone.
type Policy uint8

const (
	// Park sets the report aside and shows it (Stats, Parked) until Settle or
	// Resolve says whether it was counted. Nothing is counted twice. Unless it is
	// settled, a minute of the student's may be missing at the regulator. The
	// lane goes on, but for a Start: what follows it waits, for up to MaxAge,
	// because the platform refuses what it does not know to have begun. With
	// Config.Settle the lane waits for every kind of report, until Settle has
	// answered. A progress report that later turns out not to have arrived is added to the next one
	// of its lane, or is sent with the last PlayTime if there is none, so that the
	// platform is never told an older PlayTime after a newer one.
	Park Policy = iota
	// Resend sends the report again: at least once. A progress report can be
	// counted twice, so that the regulator sees more minutes than the student
	// studied, which it may hold against the student. A Start and a Recording that
	// arrive twice say the same thing twice. So does an End; a platform that
	// rejects the second one makes a dead letter of it at once.
	Resend
)

var policyNames = map[Policy]string{Park: "Park", Resend: "Resend"}

// String returns the name of the constant, or its type and number where it has none.
func (p Policy) String() string { return enum.Name(p, policyNames) }

// Policies are the policies of all kinds of report. The zero value parks them
// all. Resend is often right for all but Progress.
type Policies struct {
	Start, Progress, Recording, End Policy
}

// of returns the policy of a kind.
func (p Policies) of(k Kind) Policy {
	switch k {
	case KindStart:
		return p.Start
	case KindProgress:
		return p.Progress
	case KindRecording:
		return p.Recording
	default:
		return p.End
	}
}

// Verdict says whether a report that may have arrived was counted.
type Verdict uint8

// The verdicts.
const (
	Undecided  Verdict = iota // nobody can tell yet
	Applied                   // it arrived and was counted
	NotApplied                // it was not counted and will not be
)

var verdictNames = map[Verdict]string{Undecided: "Undecided", Applied: "Applied", NotApplied: "NotApplied"}

// String returns the name of the constant, or its type and number where it has none.
func (v Verdict) String() string { return enum.Name(v, verdictNames) }

// Entry is a report in the store. It redacts itself when printed.
type Entry struct {
	Report // its methods String, Format and LogValue are those of the entry

	ID       uint64 // for Replay, Purge and Resolve
	Status   Status
	Since    time.Time // when it was reported or, if later, replayed
	Changed  time.Time // when it got its status
	Attempts int       // that failed since then
	Reason   string    // of the last failure; nothing personal
	Open     bool      // it may have arrived
	// Group is the same for reports that were sent as one and arrived as one.
	Group uint64
}

// Change is what Commit stores as a whole or not at all.
type Change struct {
	Reports []Report // may be of several lanes; in the order in which they are sent
	States  []State
}

// Stats is what an Outbox holds and does.
type Stats struct {
	StoreStats

	// Down reports whether the Outbox has paused because the platform is down.
	Down bool
	// DownSince is when it did, DownReason why.
	DownSince  time.Time
	DownReason string
	// Delivered, Rejected, Opened and Buried count since New what this Outbox has
	// sent: reports that were sent or settled as counted, attempts that were
	// rejected, attempts that left it open, and reports that became dead letters.
	Delivered, Rejected, Opened, Buried uint64
}

// Outbox takes reports, keeps them and sends them. It is safe for concurrent
// use.
type Outbox struct {
	cfg      Config
	commits  batcher[Batch]
	finishes batcher[Finished]
	wake     chan struct{} // that there may be something to send
	closing  chan struct{}
	close    sync.Once
	running  atomic.Bool
	stopped  chan struct{} // Run has returned
	gate     gate

	delivered, rejected, opened, buried atomic.Uint64
}

// New returns an Outbox for cfg, or an error of kind edusdk.ErrInvalidArgument.
// It starts no goroutine and does not use the store.
func New(cfg Config) (*Outbox, error) {
	if err := cfg.check(); err != nil {
		return nil, &edusdk.Error{Vendor: vendor, Op: "outbox.New", Kind: edusdk.ErrInvalidArgument, Err: err}
	}
	o := &Outbox{
		cfg: cfg, wake: make(chan struct{}, 1), closing: make(chan struct{}), stopped: make(chan struct{}),
	}
	o.commits.do = cfg.Store.Append
	o.finishes.do = o.finish
	return o, nil
}

const vendor = "supervision"

// check completes the configuration, or says what is wrong with it.
func (c *Config) check() error {
	if c.Client == nil && (c.Send == nil || c.Probe == nil) {
		return &edusdk.FieldError{Field: "Config.Client", Problem: "is required"}
	}
	if c.Store == nil {
		return &edusdk.FieldError{Field: "Config.Store", Problem: "is required"}
	}
	for _, f := range []struct {
		field string
		value float64
	}{
		{"Senders", float64(c.Senders)}, {"Timeout", float64(c.Timeout)}, {"Merge", float64(c.Merge)}, {"Rate", c.Rate},
		{"MaxAge", float64(c.MaxAge)}, {"RetryDelay", float64(c.RetryDelay)}, {"SettleGap", float64(c.SettleGap)},
		{"Pause", float64(c.Pause)}, {"Poll", float64(c.Poll)},
	} {
		if !(f.value >= 0) {
			return &edusdk.FieldError{Field: "Config." + f.field, Problem: "must not be negative"}
		}
	}
	for _, p := range []Policy{c.Policy.Start, c.Policy.Progress, c.Policy.Recording, c.Policy.End} {
		if p > Resend {
			return &edusdk.FieldError{Field: "Config.Policy", Problem: "must hold Park or Resend"}
		}
	}
	c.Senders = cmp.Or(c.Senders, DefaultSenders)
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	c.Gap = max(0, cmp.Or(c.Gap, DefaultGap))
	c.MaxAge = cmp.Or(c.MaxAge, DefaultMaxAge)
	c.RetryDelay = cmp.Or(c.RetryDelay, DefaultRetryDelay)
	c.SettleGap = cmp.Or(c.SettleGap, DefaultSettleGap)
	c.Pause = cmp.Or(c.Pause, DefaultPause)
	c.Poll = cmp.Or(c.Poll, DefaultPoll)
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	client := c.Client
	if c.Send == nil {
		c.Send = func(ctx context.Context, r Report) error { return r.send(ctx, client) }
	}
	if c.Probe == nil {
		c.Probe = func(ctx context.Context) error {
			_, err := client.Login(ctx)
			return err
		}
	}
	return nil
}

// Report stores reports, all of them or none, and returns when they are durable:
// from then on they are sent by whoever runs Run on the store, now or after a
// restart. After an error other than ErrFull, ErrClosed and those of kind
// edusdk.ErrInvalidArgument it is open whether they were stored; reporting them
// again with the same Session and Sequence is safe, and changes nothing if they
// were. That holds for as long as the store remembers keys (StoreOptions).
func (o *Outbox) Report(ctx context.Context, reports ...Report) error {
	return o.Commit(ctx, []Change{{Reports: reports}})[0]
}

// Commit makes changes durable, each as a whole or not at all, and independently
// of one another. It returns an error for each: nil, an error as Report returns
// it, or ErrFenced, with nothing of that change stored. A stored State has one
// Fence more than the one it was given.
func (o *Outbox) Commit(ctx context.Context, changes []Change) []error {
	errs := make([]error, len(changes))
	select {
	case <-o.closing:
		return fill(errs, ErrClosed)
	default:
	}
	batches := make([]Batch, 0, len(changes))
	at := make([]int, 0, len(changes)) // where the batch's change is
	now := o.cfg.Clock()
	for i := range changes {
		b, err := changes[i].batch(now)
		if err != nil {
			errs[i] = &edusdk.Error{Vendor: vendor, Op: "outbox.Report", Kind: edusdk.ErrInvalidArgument, Err: err}
			continue
		}
		batches, at = append(batches, b), append(at, i)
	}
	for i, err := range o.commits.submit(ctx, batches) {
		errs[at[i]] = err
	}
	o.poke()
	return errs
}

// batch returns the change as it is stored.
func (c *Change) batch(now time.Time) (Batch, error) {
	b := Batch{Records: make([]Record, len(c.Reports)), States: c.States}
	for i := range c.Reports {
		r := &c.Reports[i]
		if err := r.check(); err != nil {
			return b, err
		}
		var err error
		if b.Records[i], err = r.record(now); err != nil {
			return b, err
		}
	}
	for i := range c.States {
		if c.States[i].Key == "" {
			return b, &edusdk.FieldError{Field: "State.Key", Problem: "must not be empty"}
		}
	}
	return b, nil
}

// poke tells Run that there may be something to do.
func (o *Outbox) poke() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// LoadState returns a state that Commit stored, by its key; one that does not
// exist has no Data.
func (o *Outbox) LoadState(ctx context.Context, key string) (State, error) {
	return o.cfg.Store.LoadState(ctx, key)
}

// States returns the states whose key begins with prefix, by ascending key.
// States that are stored meanwhile may be among them or not.
func (o *Outbox) States(ctx context.Context, prefix string) iter.Seq2[State, error] {
	return func(yield func(State, error) bool) {
		after := ""
		for {
			page, err := o.cfg.Store.States(ctx, prefix, after, pageSize)
			if err != nil {
				yield(State{}, err)
				return
			}
			for _, s := range page {
				if !yield(s, nil) {
					return
				}
				after = s.Key
			}
			if len(page) < pageSize {
				return
			}
		}
	}
}

// pageSize is how many items are read from the store at a time.
const pageSize = 500

// Lookup returns where a report stands, by what identifies it: Kind, Session,
// Sequence, ClassCode, StudentUserCode and ResCode.
func (o *Outbox) Lookup(ctx context.Context, r Report) (Status, error) {
	return o.cfg.Store.Lookup(ctx, r.Lane(), r.Key())
}

// Down reports whether the Outbox has paused because the platform is down. It
// is cheap.
func (o *Outbox) Down() bool { return o.gate.down.Load() }

// Stats returns what the store holds and what this Outbox has done.
func (o *Outbox) Stats(ctx context.Context) (Stats, error) {
	s := Stats{
		Delivered: o.delivered.Load(), Rejected: o.rejected.Load(), Opened: o.opened.Load(), Buried: o.buried.Load(),
	}
	s.Down, s.DownSince, s.DownReason = o.gate.state()
	var err error
	s.StoreStats, err = o.cfg.Store.Stats(ctx)
	return s, err
}

// Waiting returns the reports that wait, in the order in which they were
// reported, those on their way among them.
func (o *Outbox) Waiting(ctx context.Context) iter.Seq2[Entry, error] { return o.entries(ctx, Waiting) }

// Parked returns the reports that may have arrived and were set aside.
func (o *Outbox) Parked(ctx context.Context) iter.Seq2[Entry, error] { return o.entries(ctx, Parked) }

// DeadLetters returns the reports that were given up.
func (o *Outbox) DeadLetters(ctx context.Context) iter.Seq2[Entry, error] {
	return o.entries(ctx, Dead)
}

func (o *Outbox) entries(ctx context.Context, status Status) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		after := uint64(0)
		for {
			page, err := o.cfg.Store.List(ctx, ListRequest{Status: status, After: after, Limit: pageSize})
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for i := range page {
				e, err := page[i].entry()
				if !yield(e, err) {
					return
				}
				after = page[i].Sequence
			}
			if len(page) < pageSize {
				return
			}
		}
	}
}

// entry returns the record as an Entry. An unreadable body leaves its Report
// with a Kind alone.
func (s *Stored) entry() (Entry, error) {
	r, err := reportOf(&s.Record)
	if err != nil {
		r.Kind, r.At = s.Kind, s.At
	}
	return Entry{
		Report: r, ID: s.Sequence, Status: s.Status, Since: s.Since, Changed: s.Changed, Attempts: s.Attempts,
		Reason: s.Reason, Open: s.Open, Group: s.Group,
	}, err
}

// Replay puts dead letters back into their lanes, by their ID, as if they had
// just been reported: at their place, before what was reported after them and
// still waits. A progress report goes out together with the next one if later
// ones have been sent. It returns how many there were.
func (o *Outbox) Replay(ctx context.Context, ids ...uint64) (int, error) {
	return o.resolve(ctx, Dead, Waiting, ids)
}

// Purge removes dead letters for good, by their ID. It returns how many there
// were.
func (o *Outbox) Purge(ctx context.Context, ids ...uint64) (int, error) {
	return o.resolve(ctx, Dead, Sent, ids)
}

// Resolve says by hand whether parked reports were counted, by their ID. Those
// that were are removed. Those that were not are sent, as Park describes. Those
// of one Group were counted together or not at all. It returns how many there
// were.
func (o *Outbox) Resolve(ctx context.Context, v Verdict, ids ...uint64) (int, error) {
	if v != Applied && v != NotApplied {
		return 0, &edusdk.Error{
			Vendor: vendor, Op: "outbox.Resolve", Kind: edusdk.ErrInvalidArgument,
			Err: &edusdk.FieldError{Field: "v", Problem: "must be Applied or NotApplied"},
		}
	}
	if v == NotApplied {
		return o.resolve(ctx, Parked, Waiting, ids)
	}
	return o.resolve(ctx, Parked, Sent, ids)
}

func (o *Outbox) resolve(ctx context.Context, from, to Status, ids []uint64) (n int, err error) {
	for page := range slices.Chunk(ids, pageSize) {
		resolutions := make([]Resolution, len(page))
		for i, id := range page {
			resolutions[i] = Resolution{Sequence: id, From: from, To: to}
		}
		found, err := o.cfg.Store.Resolve(ctx, resolutions)
		for _, ok := range found {
			if ok {
				n++
			}
		}
		if err != nil {
			return n, err
		}
	}
	o.poke()
	return n, nil
}

// Close makes the Outbox refuse further reports, ends Run and waits for it: Run
// lets what is on its way end first, for as long as Config.Timeout. What was
// reported stays in the store, which is not closed.
func (o *Outbox) Close() error {
	o.close.Do(func() { close(o.closing) })
	if o.running.Load() {
		<-o.stopped
	}
	return nil
}
