package docs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/douyin/douyintest"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
	"github.com/edusdk/edusdk/recorded"
	"github.com/edusdk/edusdk/recorded/recordedtest"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
	"github.com/edusdk/edusdk/supervision/study"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
	"github.com/edusdk/edusdk/zjy"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

// README.md and docs/ quote the functions of this file, which its tests run.

// openRoom creates a live classroom and returns its id.
func openRoom(ctx context.Context, client *duobeiyun.Client, start time.Time) (id string, err error) {
	room, err := client.Rooms.Create(ctx, &duobeiyun.CreateRoomRequest{
		Title: "初二数学", Video: true, Type: duobeiyun.OneToMany,
		StartTime: start, Length: 90 * time.Minute,
	})
	if err != nil {
		return "", err // edusdk.MaybeApplied(err): look with Rooms.Created before trying again
	}
	return room.RoomID, nil
}

// enter lets students into rooms, at /rooms/{id}/enter: links work for five minutes, so
// each click gets one of its own.
func enter(client *duobeiyun.Client, student func(*http.Request) (uid, name string, err error)) http.Handler {
	return client.Rooms.EnterHandler(func(r *http.Request) (*duobeiyun.EnterRequest, error) {
		uid, name, err := student(r) // from your own login
		return &duobeiyun.EnterRequest{RoomID: r.PathValue("id"), UID: uid, Nickname: name, Role: duobeiyun.RoleStudent}, err
	})
}

// attach uploads a document, waits until the vendor has converted it, and attaches it to
// a room.
func attach(ctx context.Context, client *duobeiyun.Client, roomID, name string, content io.ReadSeeker) error {
	_, err := client.Rooms.AddDocument(ctx, &duobeiyun.AddDocumentRequest{
		RoomID: roomID, Name: name, Content: content, // streamed
		Progress: func(p duobeiyun.AddDocumentProgress) { fmt.Println(p.Stage, p.Sent, "of", p.Total, "bytes") },
	})
	return err
}

// newClient makes the one client of a process: it is safe for concurrent use and keeps
// its connections.
func newClient(partner, appKey string) (*duobeiyun.Client, error) {
	return duobeiyun.New(duobeiyun.Config{Partner: partner, AppKey: appKey})
}

func TestADuobeiyunLesson(t *testing.T) {
	_, err := newClient("20990101000001", "")
	require.ErrorContains(t, err, "Config.AppKey")
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	fake.SetConversionDelay(0)
	client, err := duobeiyun.New(fake.Config())
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	id, err := openRoom(t.Context(), client, time.Now().Add(time.Hour))
	require.NoError(t, err)
	lesson, err := os.Open("school/testdata/lesson.pdf")
	require.NoError(t, err)
	defer func() { _ = lesson.Close() }()
	require.NoError(t, attach(t.Context(), client, id, "第一课.pdf", lesson))
	documents, err := client.Rooms.Documents(t.Context(), id)
	require.NoError(t, err)
	require.Len(t, documents, 1)

	mux := http.NewServeMux()
	mux.Handle("/rooms/{id}/enter", enter(client, func(r *http.Request) (uid, name string, err error) {
		if r.Header.Get("Cookie") == "" {
			return "", "", edusdk.ErrUnauthenticated
		}
		return "student-7", "李四", nil
	}))
	for cookie, status := range map[string]int{"": http.StatusUnauthorized, "session=1": http.StatusSeeOther} {
		r := httptest.NewRequest(http.MethodGet, "/rooms/"+id+"/enter", nil)
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		require.Equal(t, status, w.Code)
		assert.Equal(t, cookie != "", strings.Contains(w.Header().Get("Location"), "uid=student-7"))
	}
}

// reportMinute tells the supervision platform of a minute that a student has watched.
func reportMinute(ctx context.Context, client *supervision.Client, phoneID string) error {
	student := client.WithDevice(supervision.Device{Type: supervision.TypeH5, ID: phoneID})
	if err := student.Study.Start(ctx, &supervision.StudyRequest{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1",
	}); err != nil {
		return err
	}
	return student.Study.ReportProgress(ctx, &supervision.ProgressReport{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1",
		PlayTime: 5 * time.Minute, ProgressTime: time.Minute,
	})
}

func TestASupervisedMinute(t *testing.T) {
	fake := supervisiontest.NewServer()
	defer fake.Close()
	client, err := supervision.New(fake.Config())
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	require.NoError(t, reportMinute(t.Context(), client, supervision.DeviceID()))
	assert.Equal(t, time.Minute, fake.Progress("student-1", "course-1"))
}

// titlesOnSale returns the titles of the courses that are on sale, by their ids.
func titlesOnSale(ctx context.Context, client *douyin.Client, ids ...int64) (map[int64]string, error) {
	result, err := client.QueryProducts(ctx, ids...) // more than 500 are asked for side by side
	if err != nil {
		return nil, err
	}
	titles := map[int64]string{}
	for _, entry := range result.Products {
		if p := entry.OnShelf; p != nil && p.ProductStatus.OnShelfStatus() == douyin.OnShelf {
			titles[entry.ID()] = p.CommonProductInfo.Title
		}
	}
	return titles, nil // result.Missing are the ids that Douyin did not answer for
}

func TestDouyinTitles(t *testing.T) {
	fake := douyintest.NewServer()
	defer fake.Close()
	client, err := douyin.New(fake.Config())
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	titles, err := titlesOnSale(t.Context(), client, douyintest.ChangedID, douyintest.ReviewingID, 404)
	require.NoError(t, err)
	assert.Equal(t, map[int64]string{douyintest.ChangedID: "声乐第一课"}, titles)
}

// studied returns how much of each module of a course a student has studied, in percent.
func studied(ctx context.Context, client *zjy.Client, courseOpenID, openClassID string) (map[string]float64, error) {
	tree, err := client.Tree(ctx, courseOpenID, openClassID) // modules, topics and cells, some requests at a time
	if err != nil {
		return nil, err
	}
	percent := map[string]float64{}
	for _, module := range tree.Modules {
		percent[module.Name] = module.Percent
	}
	return percent, nil
}

func TestZhijiaoyunModules(t *testing.T) {
	fake := zjytest.NewServer()
	defer fake.Close()
	client, err := zjy.New(fake.Config())
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	percent, err := studied(t.Context(), client, zjytest.CourseOpenID, zjytest.OpenClassID)
	require.NoError(t, err)
	assert.Contains(t, percent, "模块1")
}

// goOn reports that a student goes on from one section to the next, and returns how
// much of the first was studied.
func goOn(ctx context.Context, client *recorded.Client, next, watched int64) (percent float64, err error) {
	plan, err := client.RefreshPlan(ctx, next, watched)
	if err != nil {
		return 0, err
	}
	percent, ok := plan.Watched.Percent()
	if !ok {
		return 0, fmt.Errorf("the plan %q is not in percent", plan.Watched.Plan)
	}
	return percent, nil
}

func TestARecordedSection(t *testing.T) {
	fake := recordedtest.NewServer()
	defer fake.Close()
	client, err := recorded.New(fake.Config(), fake.Auth())
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	percent, err := goOn(t.Context(), client, 2, 1)
	require.NoError(t, err)
	assert.Zero(t, percent)
}

// openSessions opens what a learning platform keeps for as long as it runs: a file with
// the reports that are not sent yet, and the sessions of its students. run sends the
// reports until ctx ends.
func openSessions(client *supervision.Client, file string) (sessions *study.Sessions, run func(ctx context.Context) error, err error) {
	store, err := outbox.OpenFile(file, outbox.FileOptions{})
	if err != nil {
		return nil, nil, err
	}
	box, err := outbox.New(outbox.Config{Client: client, Store: store})
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	sessions, err = study.Open(client, study.Config{Outbox: box})
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return sessions, func(ctx context.Context) error {
		ended := make(chan error, 2)
		go func() { ended <- box.Run(ctx) }()
		go func() { ended <- sessions.Run(ctx) }()
		return errors.Join(<-ended, <-ended, store.Close())
	}, nil
}

// watch takes a student through a video. positions are what the player tells, as often
// as it likes; camera takes a photo of the student.
func watch(ctx context.Context, sessions *study.Sessions, lesson study.Lesson, positions iter.Seq[time.Duration], camera func() []byte) error {
	s, err := sessions.Start(ctx, lesson)
	if err != nil {
		return err
	}
	for position := range positions {
		if err := s.Watched(position); err != nil {
			return err
		}
		if check, due := s.Due(); due && check.Kind == study.CheckFace { // nothing counts until it is passed
			photo, err := supervision.FitImage(camera(), supervision.FitEither)
			if err != nil {
				return err
			}
			if _, err := s.FaceCheck().Compare(ctx, photo); err != nil {
				return err
			}
		}
	}
	return s.End(ctx)
}

func TestAnHourOfStudy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := supervisiontest.NewHandler()
		client, err := supervision.New(supervision.Config{
			BaseURL: "http://platform.example.com", Account: supervisiontest.AccountName, Password: supervisiontest.Password,
			Device: supervision.Device{Type: supervision.TypePC, ID: supervisiontest.DeviceID},
		}, edusdk.WithTransport(served(fake)))
		require.NoError(t, err)
		sessions, run, err := openSessions(client, filepath.Join(t.TempDir(), "reports.db"))
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- run(ctx) }()

		class := &supervision.Class{
			ClassCode: "class-1", StudyHourLimit: 8 * time.Hour,
			VideoOnHook: supervision.OnHookFace, TriggerType: supervision.TriggerCount, TriggerValue: 1,
		}
		lesson := study.Lesson{
			Student: "student-1", Class: class.ClassCode, Course: "course-1", Resource: "video-1", Length: time.Hour,
			Rules: study.RulesOf(class),
		}
		photos := 0
		player := func(yield func(time.Duration) bool) {
			time.Sleep(time.Minute) // until the platform has the start
			for position := time.Duration(0); position <= time.Hour; position += 10 * time.Second {
				if !yield(position) {
					return
				}
				time.Sleep(10 * time.Second)
			}
		}
		require.NoError(t, watch(ctx, sessions, lesson, player, func() []byte { photos++; return photo() }))
		time.Sleep(5 * time.Minute) // until the platform has the end
		cancel()
		require.ErrorIs(t, <-ran, context.Canceled)
		assert.Equal(t, 1, photos, "photos")
		assert.Equal(t, time.Hour, fake.Progress("student-1", "course-1"))
	})
}

// served is a handler as a transport.
func served(h http.Handler) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result(), nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func photo() []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 640, 480)), nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// createRoom shows what can be told from an error.
func createRoom(ctx context.Context, client *duobeiyun.Client, req *duobeiyun.CreateRoomRequest) (*duobeiyun.Room, error) {
	room, err := client.Rooms.Create(ctx, req)
	var e *edusdk.Error
	switch {
	case err == nil:
		return room, nil
	case edusdk.MaybeApplied(err):
		// No answer settled it: look whether the room is there before you create another.
		// edusdk.ErrNotFound means that it is not.
		return client.Rooms.Created(ctx, req)
	case errors.Is(err, edusdk.ErrInvalidArgument):
		// Mostly refused before it was sent: the error names all wrong fields.
		return nil, err
	case errors.Is(err, edusdk.ErrResourceExhausted):
		return nil, fmt.Errorf("balance, capacity or rate limit: %w", err)
	case errors.As(err, &e):
		slog.ErrorContext(ctx, "no room", "err", e) // vendor, op, kind, and the vendor's own code; no secret
	}
	return nil, err
}

func TestErrorsOfARoom(t *testing.T) {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	client, err := duobeiyun.New(fake.Config())
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	req := &duobeiyun.CreateRoomRequest{Title: "初二数学", Type: duobeiyun.OneToMany, StartTime: time.Now().Add(time.Hour), Length: time.Hour}
	fake.LoseNext("api/v4/room/create")
	room, err := createRoom(t.Context(), client, req)
	require.NoError(t, err)
	assert.Equal(t, "初二数学", room.Title)
	_, err = createRoom(t.Context(), client, &duobeiyun.CreateRoomRequest{})
	require.ErrorIs(t, err, edusdk.ErrInvalidArgument)
	fake.FailNext("api/v4/room/create", duobeiyun.CodeAfford)
	_, err = createRoom(t.Context(), client, req)
	require.ErrorContains(t, err, "balance, capacity or rate limit")
}

// newPatientClient shows the options that a service sets most often.
func newPatientClient(cfg duobeiyun.Config, limiter edusdk.RateLimiter, metrics edusdk.Observer) (*duobeiyun.Client, error) {
	return duobeiyun.New(cfg,
		edusdk.WithTimeout(10*time.Second), // of one attempt; the context bounds the whole call
		edusdk.WithRetry(edusdk.Retry{MaxAttempts: 5, MaxDelay: 5 * time.Second}),
		edusdk.WithRateLimiter(limiter), // a *rate.Limiter of golang.org/x/time/rate is one
		edusdk.WithLogger(slog.Default()),
		edusdk.WithObserver(metrics),
	)
}

// uploadOnce overrides options for the calls under a context.
func uploadOnce(ctx context.Context, client *duobeiyun.Client, path string) (documentID string, err error) {
	ctx = edusdk.WithCallOptions(ctx, edusdk.CallTimeout(2*time.Minute), edusdk.CallRetry(edusdk.Retry{MaxAttempts: 1}))
	return client.Documents.UploadFile(ctx, path)
}

// counter counts attempts by operation, and failed calls by kind. Calls of different
// goroutines observe at the same time.
type counter struct {
	mu               sync.Mutex
	attempts, failed map[string]int
}

// ObserveAttempt implements edusdk.Observer.
func (c *counter) ObserveAttempt(_ context.Context, a edusdk.AttemptEvent) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.attempts[a.Vendor+" "+a.Op]++ // one of a short list, so it is good as a label
}

// ObserveCall implements edusdk.Observer.
func (c *counter) ObserveCall(_ context.Context, call edusdk.CallEvent) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if call.Failed {
		c.failed[call.Kind.String()]++
	}
}

type unlimited struct{}

func (unlimited) Wait(context.Context) error { return nil }

func TestOptionsOfAClient(t *testing.T) {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	metrics := &counter{attempts: map[string]int{}, failed: map[string]int{}}
	client, err := newPatientClient(fake.Config(), unlimited{}, metrics)
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	id, err := uploadOnce(t.Context(), client, "school/testdata/lesson.pdf")
	require.NoError(t, err)
	assert.NotEmpty(t, id)
	_, err = client.Rooms.Get(t.Context(), "jz0")
	require.ErrorIs(t, err, edusdk.ErrNotFound)
	assert.Equal(t, map[string]int{"duobeiyun Documents.Upload": 1, "duobeiyun Rooms.Get": 1}, metrics.attempts)
	assert.Equal(t, map[string]int{"not found": 1}, metrics.failed)
}

// newTracedClient has its requests traced by a RoundTripper such as otelhttp's, which
// sees no query, and so neither a signature nor anything personal in an address.
func newTracedClient(cfg duobeiyun.Config, trace func(http.RoundTripper) http.RoundTripper) (*duobeiyun.Client, error) {
	return duobeiyun.New(cfg, edusdk.WithTransportWrapper(trace))
}

func TestTracesShowNoSecret(t *testing.T) {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	var seen []string
	client, err := newTracedClient(fake.Config(), func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			seen = append(seen, r.URL.String())
			return next.RoundTrip(r)
		})
	})
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	_, err = client.Rooms.ChatLogs(t.Context(), "jz1") // which is signed in the query
	require.NoError(t, err)
	assert.Equal(t, []string{fake.URL + "/api/v3/room/chatDownload"}, seen)
}

// newReceiver answers the platform's own calls. accounts makes the accounts of a
// class's students, and the same ones when the class comes again.
func newReceiver(token, platformCode string, accounts func(context.Context, *supervision.Class) (*supervision.PushClassResult, error)) (http.Handler, error) {
	receiver, err := supervision.NewReceiver(supervision.ReceiverConfig{
		Verify:       supervision.SharedToken(token), // or a function of yours
		PlatformCode: platformCode,                   // of course packages that have none of their own
		MaxSkew:      5 * time.Minute,
		PushClass:    accounts,
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(supervision.PathPushClass, receiver)
	return mux, nil
}

func TestAClassIsPushed(t *testing.T) {
	handler, err := newReceiver(supervisiontest.CallerToken, "platform-1", func(_ context.Context, c *supervision.Class) (*supervision.PushClassResult, error) {
		result := &supervision.PushClassResult{}
		for _, s := range c.Students {
			result.Accounts = append(result.Accounts, supervision.StudentAccount{CardNo: s.CardNo, StudentUserAccount: "account of " + s.CardNo})
		}
		return result, nil
	})
	require.NoError(t, err)
	platform := httptest.NewServer(handler)
	defer platform.Close()
	regulator := supervisiontest.NewServer()
	defer regulator.Close()
	pushed, err := regulator.PushClass(t.Context(), platform.URL, supervisiontest.SampleClass())
	require.NoError(t, err)
	assert.Len(t, pushed.Accounts, 2)
}

// shareLogin makes the processes of a fleet share one login: store is a Redis, say, that
// all of them reach.
func shareLogin(cfg supervision.Config, store edusdk.TokenStore) (*supervision.Client, error) {
	cfg.TokenStore = store
	return supervision.New(cfg)
}

func TestAFleetLogsInOnce(t *testing.T) {
	fake := supervisiontest.NewServer()
	defer fake.Close()
	store := edusdk.NewMemoryStore()
	for range 3 {
		client, err := shareLogin(fake.Config(), store)
		require.NoError(t, err)
		require.NoError(t, reportMinute(t.Context(), client, supervision.DeviceID()))
		client.CloseIdleConnections()
	}
	assert.Equal(t, 1, fake.Logins())
}
