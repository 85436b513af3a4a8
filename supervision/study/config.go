package study

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"iter"
	"log/slog"
	"reflect"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/enum"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
)

const vendor = "supervision"

// Outbox is what sessions need of an *outbox.Outbox.
type Outbox interface {
	Commit(ctx context.Context, changes []outbox.Change) []error
	LoadState(ctx context.Context, key string) (outbox.State, error)
	States(ctx context.Context, prefix string) iter.Seq2[outbox.State, error]
	Lookup(ctx context.Context, r outbox.Report) (outbox.Status, error)
	Down() bool
}

// Defaults of Config.
const (
	DefaultReportEvery = time.Minute
	DefaultSaveEvery   = time.Minute
	DefaultIdle        = 5 * time.Minute
	DefaultJitter      = 5 * time.Second
	DefaultMaxTries    = 3
)

// Config says how sessions behave. Outbox is required.
type Config struct {
	// Outbox takes the reports and keeps the states of the sessions, usually an
	// *outbox.Outbox. It is not closed, and its Run has to be run beside.
	Outbox Outbox
	// Clock replaces time.Now.
	Clock func() time.Time

	// ReportEvery is the least time between two progress reports of a session,
	// but for the rest at its end: at least a minute, as the document has it
	// (1.10). 0 means DefaultReportEvery.
	ReportEvery time.Duration
	// SaveEvery is how often what was watched becomes durable: what a crash may
	// lose at most. It need not be longer than ReportEvery, because every report
	// saves too. 0 means DefaultSaveEvery. Each saving costs a write.
	SaveEvery time.Duration
	// Idle is how long a session may go untouched before it ends by itself, at
	// most 12 h: the rest is reported, and 1.4 is sent. A player that tells its position
	// while it is paused touches the session. After a crash, or when a page is
	// loaded anew, a session that was touched within Idle is resumed by Start, and
	// an older one is ended. 0 means DefaultIdle.
	Idle time.Duration
	// Jitter is how much later than others a position may come, at most a minute.
	// It is how far a player may jump in a pause without its being noticed, once
	// a pause; what is counted never exceeds the time that has passed. 0 means
	// DefaultJitter; a negative Jitter means none.
	Jitter time.Duration
	// MaxSpeed is the fastest that a video may play. A position that advances
	// faster was jumped to, and nothing of that is counted. Of what is played
	// faster than 1, the time that passes is counted, not the length of what was
	// played. 0 means 1.
	MaxSpeed float64
	// PlayTime says what the reports' playTime (当前播放的总体进度) is.
	PlayTime PlayTime
	// WhileDown says what becomes of a check that falls due while the platform is
	// down, or before it has got the session's Start.
	WhileDown WhileDown
	// MaxTries is how often a student may fail a check. After that the check is
	// ErrResourceExhausted and nothing more is counted; another session begins
	// anew. 0 means DefaultMaxTries.
	MaxTries int

	// CheckDue is told of a check that falls due, by the goroutine of the Watched,
	// Start or check that made it so, after that is done. The counting pauses
	// until the check is passed. nil: ask Session.Due.
	CheckDue func(s *Session, c Check)
	// Logger is told of what cannot be saved and of sessions that another process
	// has taken over: kinds and counts, nothing personal. nil logs nothing.
	Logger *slog.Logger
}

// PlayTime is what a progress report's playTime says.
type PlayTime int

// The readings of the document's 播放时长，当前播放的总体进度.
const (
	// PlayPosition is the furthest position that was played. A jump does not
	// raise it until the video plays on from there.
	PlayPosition PlayTime = iota
	// PlayWatched is how long the video was watched in all: the sum of the
	// progressTimes. It is the safer choice where the platform credits playTime
	// as study.
	PlayWatched
)

var playTimeNames = map[PlayTime]string{PlayPosition: "PlayPosition", PlayWatched: "PlayWatched"}

// String returns the name of the constant, or its type and number where it has none.
func (p PlayTime) String() string { return enum.Name(p, playTimeNames) }

// WhileDown says what becomes of checks while the platform cannot carry them out.
type WhileDown int

const (
	// Block pauses the counting at a check until it is passed, as always. Nobody
	// studies past a check unseen; an outage stops all who come to one.
	Block WhileDown = iota
	// Defer lets students go on, and has the check, and all that fell due since,
	// made up for when the platform is there again. An outage stops nobody; what
	// was studied meanwhile was studied unchecked, a check may come at another
	// time of the video than the rules have it, and none comes if the session
	// ends before.
	Defer
)

var whileDownNames = map[WhileDown]string{Block: "Block", Defer: "Defer"}

// String returns the name of the constant, or its type and number where it has none.
func (w WhileDown) String() string { return enum.Name(w, whileDownNames) }

// checked returns the configuration with its defaults, or a *edusdk.FieldError.
func (c Config) checked() (Config, error) {
	if c.Outbox == nil || reflect.ValueOf(c.Outbox).Kind() == reflect.Pointer && reflect.ValueOf(c.Outbox).IsNil() {
		return c, fieldError("Config.Outbox", "must not be nil")
	}
	for _, f := range []struct {
		name      string
		value     *time.Duration
		byDefault time.Duration
		min, max  time.Duration
	}{
		{"ReportEvery", &c.ReportEvery, DefaultReportEvery, time.Minute, time.Hour},
		{"SaveEvery", &c.SaveEvery, DefaultSaveEvery, 100 * time.Millisecond, time.Hour},
		{"Idle", &c.Idle, DefaultIdle, time.Second, 12 * time.Hour},
		{"Jitter", &c.Jitter, DefaultJitter, -1 << 63, time.Minute},
	} {
		if *f.value == 0 {
			*f.value = f.byDefault
		}
		if *f.value < f.min || *f.value > f.max {
			return c, fieldError("Config."+f.name, "must be from "+f.min.String()+" to "+f.max.String())
		}
	}
	c.Jitter = max(0, c.Jitter)
	c.SaveEvery = min(c.SaveEvery, c.ReportEvery)
	if c.MaxSpeed == 0 {
		c.MaxSpeed = 1
	}
	if c.MaxTries == 0 {
		c.MaxTries = DefaultMaxTries
	}
	switch {
	case !(c.MaxSpeed >= 1 && c.MaxSpeed <= 16):
		return c, fieldError("Config.MaxSpeed", "must be from 1 to 16")
	case c.MaxTries < 1 || c.MaxTries > 255:
		return c, fieldError("Config.MaxTries", "must be from 1 to 255")
	case c.PlayTime != PlayPosition && c.PlayTime != PlayWatched:
		return c, fieldError("Config.PlayTime", "must be PlayPosition or PlayWatched")
	case c.WhileDown != Block && c.WhileDown != Defer:
		return c, fieldError("Config.WhileDown", "must be Block or Defer")
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// Open returns Sessions whose checks go through client and whose reports go
// through cfg.Outbox. It starts no goroutine and stores nothing: see
// Sessions.Run.
func Open(client *supervision.Client, cfg Config) (*Sessions, error) {
	monotonic := cfg.Clock == nil
	cfg, err := cfg.checked()
	if client == nil {
		err = fieldError("client", "must not be nil")
	}
	if err != nil {
		return nil, refused("Open", err)
	}
	var owner [8]byte
	_, _ = rand.Read(owner[:]) // it never fails
	return &Sessions{
		client: client, cfg: cfg, epoch: cfg.Clock(), monotonic: monotonic, owner: binary.BigEndian.Uint64(owner[:]),
		plans: map[planKey]*plan{}, students: map[uint64]*student{}, wake: make(chan struct{}, 1),
	}, nil
}

// refused is the error of an argument that cannot be right.
func refused(op string, err error) error {
	return &edusdk.Error{Vendor: vendor, Op: "study." + op, Kind: edusdk.ErrInvalidArgument, Err: err}
}

// illegal is the error of an order that the state of things forbids.
func illegal(op string, err error) error {
	return &edusdk.Error{Vendor: vendor, Op: "study." + op, Kind: edusdk.ErrFailedPrecondition, Err: err}
}

// failed is the error of an operation whose cause has a kind of its own.
func failed(op string, err error) error {
	if err == nil {
		return nil
	}
	var e *edusdk.Error
	if errors.As(err, &e) { // it says more than a frame around it
		return err
	}
	return &edusdk.Error{Vendor: vendor, Op: "study." + op, Kind: edusdk.KindOf(err), Err: err}
}

// kindError gives an error a kind.
type kindError struct {
	error

	kind edusdk.Kind
}

// Unwrap is for package errors.
func (e *kindError) Unwrap() []error { return []error{e.error, e.kind} }
