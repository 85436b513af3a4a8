package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/adapters/postgres"
	edusdkredis "github.com/edusdk/edusdk/adapters/redis"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
	"github.com/edusdk/edusdk/supervision/study"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// workerVariable makes this program a machine of the learning platform, and says
// which.
const workerVariable = "FLEET_EXAMPLE_WORKER"

// machineHeader tells the regulator which machine a request comes from.
const machineHeader = "X-Machine"

// What is studied.
const (
	classCode  = "class-1"
	courseCode = "course-1"
	videoCode  = "video-1"
)

// policies are those that can be chosen for reports of progress. What becomes of a
// report that may have arrived is settled by the regulator's records, where these
// are asked, or else as the policy has it.
var policies = map[string]struct {
	progress outbox.Policy
	settle   bool
}{
	"resend": {outbox.Resend, false},
	"park":   {outbox.Park, false},
	"settle": {outbox.Park, true},
}

// worker is a machine of the learning platform.
type worker struct {
	Name                                       string
	Postgres, Schema, Redis, Prefix, Regulator string
	Policy                                     string
	Length                                     time.Duration // of the video
	Clock                                      clock
}

// move is what a student's player tells the learning platform.
type move struct {
	Student  string
	Position time.Duration
	Jumped   bool // to Position, instead of having played on to it
	End      bool
}

// answer is what the learning platform tells the player.
type answer struct {
	Position time.Duration // where to go on; another than that of the move after another machine has died
	Watched  time.Duration // counted
	Reported time.Duration // of Watched, what is in reports that are durable: the platform answers for it
	Ended    bool
}

// status is what a machine tells of itself, again and again.
type status struct {
	Address string // where it serves players
	Lanes   int    // sessions that are open there
	Sent    uint64 // reports
}

// workerMain is the main function of a machine.
func workerMain() {
	var w worker
	err := json.Unmarshal([]byte(os.Getenv(workerVariable)), &w)
	if err == nil {
		err = w.run(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, w.Name, "failed:", err)
		os.Exit(1)
	}
}

// run serves players, and sends reports, until its standard input ends: it does
// when the process that started it is gone, too.
func (w *worker) run(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()

	// The token of the regulator is everybody's.
	redisOptions, err := redis.ParseURL(w.Redis)
	if err != nil {
		return err
	}
	redisOptions.ContextTimeoutEnabled = true
	rdb := redis.NewClient(redisOptions)
	defer func() { err = errors.Join(err, rdb.Close()) }()
	tokens, err := edusdkredis.NewTokenStore(rdb, edusdkredis.Options{Prefix: w.Prefix, MaxAge: 10 * time.Minute})
	if err != nil {
		return err
	}
	client, err := supervision.New(supervision.Config{
		BaseURL: w.Regulator, Account: supervisiontest.AccountName, Password: supervisiontest.Password,
		Device: supervision.Device{Type: supervision.TypePC, ID: supervisiontest.DeviceID}, TokenStore: tokens,
	}, edusdk.WithHeader(machineHeader, w.Name))
	if err != nil {
		return err
	}

	// So are the sessions and the reports.
	pool, err := pgxpool.New(ctx, w.Postgres)
	if err != nil {
		return err
	}
	defer pool.Close()
	store, err := postgres.Open(ctx, pool, postgres.Options{Schema: w.Schema})
	if err != nil {
		return err
	}
	box, err := w.outbox(client, store)
	if err != nil {
		return err
	}
	sessions, err := study.Open(client, study.Config{
		Outbox: box, Clock: w.Clock.now, PlayTime: study.PlayWatched,
		SaveEvery: 20 * time.Second, // what a student has to watch again after a crash
		Idle:      time.Hour,
		Jitter:    time.Minute, // a network is as slow as ever in a day that is so fast
	})
	if err != nil {
		return err
	}
	return w.serve(ctx, box, sessions)
}

// outbox returns the machine's view of the reports.
func (w *worker) outbox(client *supervision.Client, store outbox.Store) (*outbox.Outbox, error) {
	p := policies[w.Policy]
	cfg := outbox.Config{
		Client: client, Store: store, Senders: 32,
		// The gap of a minute, but a little less than one so that a lane that is
		// behind can catch up, and with minutes that wait sent together.
		Gap: w.Clock.Minute * 9 / 10, Merge: 10,
		// After a quarter more than that, the others send what a machine that has
		// died was sending.
		Timeout: 3 * time.Second,
		Pause:   w.Clock.Minute / 4, Poll: w.Clock.Minute / 10,
		// To begin twice says the same twice; to study a minute twice does not.
		Policy: outbox.Policies{Start: outbox.Resend, Progress: p.progress, End: outbox.Resend},
		// A login would be a probe, too, and each of them a token more.
		Probe: func(ctx context.Context) error {
			_, err := client.Business.ClassRecords(ctx, classCode)
			return err
		},
	}
	if p.settle {
		var err error
		if cfg.Settle, err = study.SettleByRecords(client, store, study.RecordSum); err != nil {
			return nil, err
		}
	}
	return outbox.New(cfg)
}

// serve does the machine's work until ctx ends, and leaves nothing undone.
func (w *worker) serve(ctx context.Context, box *outbox.Outbox, sessions *study.Sessions) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	players := &http.Server{Handler: w.handler(sessions), ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 2)
	go func() { failed <- players.Serve(listener) }()
	go func() { failed <- box.Run(context.WithoutCancel(ctx)) }()
	go tell(ctx, listener.Addr().String(), box, sessions)

	// sessions.Run would do this for sessions whose time is that of the world.
	for ctx.Err() == nil {
		_, _ = sessions.Poll(ctx) // what fails is tried again
		select {
		case <-ctx.Done():
		case <-time.After(w.Clock.takes(2 * time.Second)):
		case err := <-failed:
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err = errors.Join(players.Shutdown(ctx), sessions.Close(ctx), box.Close())
	for range cap(failed) {
		if e := <-failed; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// tell tells of the machine until ctx ends.
func tell(ctx context.Context, address string, box *outbox.Outbox, sessions *study.Sessions) {
	out := json.NewEncoder(os.Stdout)
	for {
		s := status{Address: "http://" + address, Lanes: sessions.Len()}
		if stats, err := box.Stats(ctx); err == nil {
			s.Sent = stats.Delivered
		}
		_ = out.Encode(s)
		select {
		case <-ctx.Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// handler serves players.
func (w *worker) handler(sessions *study.Sessions) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		var m move
		if err := json.NewDecoder(io.LimitReader(r.Body, 1<<10)).Decode(&m); err != nil {
			http.Error(rw, "not a move", http.StatusBadRequest)
			return
		}
		a, err := w.play(r.Context(), sessions, m)
		if err != nil {
			http.Error(rw, edusdk.KindOf(err).String(), http.StatusServiceUnavailable)
			return
		}
		rw.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(rw).Encode(a)
	})
}

// play takes in what a player tells.
func (w *worker) play(ctx context.Context, sessions *study.Sessions, m move) (answer, error) {
	s, here := sessions.Find(classCode, m.Student, videoCode)
	var err error
	switch {
	case !here:
		// The student has just begun, or comes from a machine that has died: the session
		// goes on where that one saved it last, and the player with it.
		s, err = sessions.Start(ctx, study.Lesson{
			Student: m.Student, Class: classCode, Course: courseCode, Resource: videoCode, Length: w.Length,
		})
	case m.Jumped:
		err = s.Seek(m.Position)
	default:
		err = s.Watched(m.Position)
	}
	if err != nil {
		return answer{}, err
	}
	st, err := s.Status()
	if err != nil {
		return answer{}, err
	}
	a := answer{Position: st.Position, Watched: st.Watched, Reported: st.Reported}
	if here && m.End {
		a.Reported, a.Ended = st.Watched, true
		err = s.End(ctx)
	}
	return a, err
}
