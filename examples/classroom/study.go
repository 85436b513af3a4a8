package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
	"github.com/edusdk/edusdk/supervision/study"
)

// class is what the students study, as the supervision platform would push it (1.12).
const (
	classCode  = "class-1"
	courseCode = "course-1"
	dailyLimit = 20 * time.Minute
)

// video is a video of the course.
type video struct {
	ID     string // its resCode
	Length time.Duration
}

var videos = []video{{"video-1", 12 * time.Minute}, {"video-2", 10 * time.Minute}}

// Title returns the key of the video's title.
func (v video) Title() string { return "study." + v.ID }

// Slides returns the keys of what the simulated video shows, one after the other.
func (v video) Slides() []string {
	return []string{v.Title() + ".1", v.Title() + ".2", v.Title() + ".3", v.Title() + ".4"}
}

func videoByID(id string) (video, bool) {
	for _, v := range videos {
		if v.ID == id {
			return v, true
		}
	}
	return video{}, false
}

// rules are those of the class: a face check half way through each video, and a limit
// for the day.
var rules = study.Rules{
	RealNameAuthentication: true, DailyLimit: dailyLimit,
	VideoOnHook: supervision.OnHookFace, TriggerType: supervision.TriggerCount, TriggerValue: 1,
}

// desk is where students study: their sessions, and the outbox through which the
// supervision platform is told.
type desk struct {
	client   *supervision.Client
	sessions *study.Sessions
	box      *outbox.Outbox
	store    *outbox.FileStore
	folder   string
	demo     *demo
	stop     context.CancelFunc
	running  sync.WaitGroup

	mu     sync.Mutex
	seats  map[string]*seat  // by the id that its page was given
	tracks map[string]*track // by student and video
}

// seat is a page on which a student studies. A second page takes the session over, and
// the first one is told so.
type seat struct {
	session *study.Session
	student person
	video   video
	last    study.Status // before it ended
}

// openDesk opens the outbox and the sessions, and starts what runs beside them.
func openDesk(d *demo) (*desk, error) {
	client, err := supervision.New(d.regulator.Config(), edusdk.WithClock(d.clock.now), edusdk.WithTimeout(25*time.Second))
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "classroom-outbox-")
	if err != nil {
		return nil, err
	}
	desk := &desk{client: client, folder: folder, demo: d, seats: map[string]*seat{}, tracks: map[string]*track{}}
	if err := desk.open(); err != nil {
		return nil, errors.Join(err, desk.close())
	}
	return desk, nil
}

func (d *desk) open() error {
	clock := d.demo.clock.now
	var err error
	d.store, err = outbox.OpenFile(filepath.Join(d.folder, "reports.db"), outbox.FileOptions{StoreOptions: outbox.StoreOptions{Clock: clock}})
	if err != nil {
		return err
	}
	settle, err := study.SettleByRecords(d.client, d.store, study.RecordSum)
	if err != nil {
		return err
	}
	d.box, err = outbox.New(outbox.Config{
		Client: d.client, Store: d.store, Clock: clock, Merge: 10,
		// To begin twice says the same twice; to study a minute twice does not, so the
		// platform is asked whether it has counted what may have arrived.
		Policy: outbox.Policies{Start: outbox.Resend, Progress: outbox.Park, End: outbox.Resend}, Settle: settle,
		Poll: 100 * time.Millisecond, Pause: 50 * time.Millisecond, SettleGap: time.Second, RetryDelay: time.Minute,
	})
	if err != nil {
		return err
	}
	d.sessions, err = study.Open(d.client, study.Config{
		Outbox: d.box, Clock: clock,
		Jitter: time.Minute, // the clock runs fast, and with it what the network is late
	})
	if err != nil {
		return err
	}
	d.demo.regulator.SetDailyLimit(classCode, dailyLimit)
	d.demo.regulator.SetStrict(true)
	var ctx context.Context
	ctx, d.stop = context.WithCancel(context.Background())
	d.running.Go(func() { _ = d.box.Run(ctx) }) // until stop
	d.running.Go(func() { d.poll(ctx) })
	return nil
}

// poll does what Sessions.Run does, whose waits are those of the world and not of a
// clock that runs fast.
func (d *desk) poll(ctx context.Context) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_, _ = d.sessions.Poll(ctx) // it is tried again
			if stats, err := d.box.Stats(ctx); err == nil && stats.Waiting > 0 && !d.demo.regulatorAway.Load() {
				d.demo.clock.run(300 * time.Millisecond) // a report a minute: a backlog takes its time
			}
		}
	}
}

// close keeps what was studied, and ends what runs.
func (d *desk) close() error {
	var errs []error
	if d.stop != nil {
		d.stop()
		d.running.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		errs = append(errs, d.sessions.Close(ctx))
	}
	if d.box != nil {
		errs = append(errs, d.box.Close())
	}
	if d.store != nil {
		errs = append(errs, d.store.Close())
	}
	d.client.CloseIdleConnections()
	return errors.Join(append(errs, os.RemoveAll(d.folder))...)
}

// studyPage is what the page of a study hour shows. What changes is in State, which the
// page's script asks for again and again.
type studyPage struct {
	Student person
	Video   video
	Videos  []video
	State   studyView
	JSON    string // of State, for the script to begin with
	Speed   int
	Limit   time.Duration
}

// studentRow is a student in the list.
type studentRow struct {
	person

	Accepted time.Duration // on record at the supervision platform
	Videos   []video
}

func listStudents(v *visit) error {
	var rows []studentRow
	for _, s := range students[:5] {
		rows = append(rows, studentRow{s, v.site.demo.regulator.Progress(s.ID, courseCode), videos})
	}
	return v.render(http.StatusOK, "students", "study", v.t("study.title"), rows)
}

// lessonOf returns whom and what the address of a page is about.
func lessonOf(v *visit) (person, video, error) {
	student, known := studentByID(v.r.PathValue("student"))
	lesson, exists := videoByID(v.r.PathValue("video"))
	if !known || !exists {
		return person{}, video{}, errNoPage
	}
	return student, lesson, nil
}

func showStudy(v *visit) error {
	student, lesson, err := lessonOf(v)
	if err != nil {
		return err
	}
	state := v.site.study.view(v, student, lesson, nil)
	b, err := json.Marshal(state)
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, "study", "study", student.Name+" · "+v.t(lesson.Title()), studyPage{
		Student: student, Video: lesson, Videos: videos, State: state, JSON: string(b), Speed: v.site.demo.clock.speed, Limit: dailyLimit,
	})
}

// tick is what the player tells.
type tick struct {
	Page     string  `json:"page"`     // as startStudy answered it
	Position float64 `json:"position"` // in seconds
	Playing  bool    `json:"playing"`
	Seek     bool    `json:"seek"` // the player has jumped to Position
	Face     string  `json:"face"` // for checkFace: who is before the camera
}

func (v *visit) tick() (t tick, err error) {
	if err := json.NewDecoder(v.r.Body).Decode(&t); err != nil || !(t.Position >= 0 && t.Position < 86400) {
		return tick{}, edusdk.ErrInvalidArgument
	}
	return t, nil
}

// The phases of a study hour, of which the texts of the page have keys.
const (
	phaseReady = "ready" // not begun, or the page was loaded anew
	phaseOpen  = "open"  // it goes on
	phaseCheck = "check" // a face check is due, and nothing counts
	phaseLimit = "limit" // of the day is reached
	phaseEnded = "ended" // the student has ended it, or has seen everything
	phaseAway  = "away"  // another page goes on with it
	phaseTries = "tries" // no try of the face check is left
)

// startStudy begins the session of a student, or goes on with it on this page.
func startStudy(v *visit) error {
	student, lesson, err := lessonOf(v)
	if err != nil {
		return err
	}
	d := v.site.study
	session, err := d.sessions.Start(v.r.Context(), study.Lesson{
		Student: student.ID, Class: classCode, Course: courseCode, Resource: lesson.ID, Length: lesson.Length,
		Device: supervision.Device{Type: supervision.TypeH5, ID: supervision.DeviceID()}, Rules: rules,
		CardNo: student.cardNo, Name: student.Name,
	})
	if err != nil {
		return v.answer(student, lesson, nil, err)
	}
	at := &seat{session: session, student: student, video: lesson}
	id := newID()
	d.mu.Lock()
	for old, s := range d.seats { // those that are over, and a thousand at most
		if _, err := s.session.Status(); err != nil || len(d.seats) > 1000 {
			delete(d.seats, old)
		}
	}
	d.seats[id] = at
	d.mu.Unlock()
	state := d.view(v, student, lesson, at)
	state.Page = id
	return v.json(http.StatusOK, state)
}

// seat returns the page that a tick is from.
func (d *desk) seat(id string) *seat {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.seats[id]
}

// answer tells the script how the session stands, and what went wrong.
func (v *visit) answer(student person, lesson video, at *seat, err error) error {
	state := v.site.study.view(v, student, lesson, at)
	switch {
	case err == nil, state.Phase == phaseAway, state.Phase == phaseEnded: // the phase says it
	case errors.Is(err, edusdk.ErrUnavailable), errors.Is(err, edusdk.ErrDeadlineExceeded):
		state.Trouble = v.t("study.trouble")
	case state.Phase == phaseCheck && errors.Is(err, edusdk.ErrFailedPrecondition):
		state.Trouble = v.t("face.early") // it has not got the start yet
	default:
		state.Trouble = edusdk.Describe(err, v.lang)
	}
	return v.json(http.StatusOK, state)
}

// tickStudy takes the player's position, and answers how the session stands.
func tickStudy(v *visit) error {
	student, lesson, t, at, err := v.seated()
	if err != nil {
		return err
	}
	if at == nil {
		return v.answer(student, lesson, &seat{}, nil)
	}
	position := min(time.Duration(t.Position*float64(time.Second)), lesson.Length)
	if t.Seek {
		err = at.session.Seek(position)
	} else {
		err = at.session.Watched(position)
	}
	if err != nil {
		return v.answer(student, lesson, at, err)
	}
	_, due := at.session.Due()
	switch {
	case !t.Playing || due:
	case position < lesson.Length:
		v.site.demo.clock.run(2500 * time.Millisecond) // longer than from one tick to the next
	default:
		err = v.site.study.end(v.r.Context(), at)
	}
	return v.answer(student, lesson, at, err)
}

// seated returns whom a tick is about, and the page that it is from, nil if the site was
// started anew meanwhile.
func (v *visit) seated() (student person, lesson video, t tick, at *seat, err error) {
	if student, lesson, err = lessonOf(v); err != nil {
		return student, lesson, t, nil, err
	}
	if t, err = v.tick(); err != nil {
		return student, lesson, t, nil, err
	}
	at = v.site.study.seat(t.Page)
	if at != nil && (at.student != student || at.video != lesson) {
		return student, lesson, t, nil, errNoPage
	}
	return student, lesson, t, at, nil
}

// checkFace sends what the camera sees to be compared (1.6).
func checkFace(v *visit) error {
	student, lesson, t, at, err := v.seated()
	if err != nil {
		return err
	}
	if at == nil {
		return v.answer(student, lesson, &seat{}, nil)
	}
	// A real page sends what the camera took, of any size.
	photo, err := supervision.FitImage(camera(student, t.Face), supervision.FitEither)
	if err != nil {
		return err
	}
	result, err := at.session.FaceCheck().Compare(v.r.Context(), photo)
	if err != nil {
		return v.answer(student, lesson, at, err)
	}
	state := v.site.study.view(v, student, lesson, at)
	state.FacePassed = result.Passed()
	state.FaceFailed = !result.Passed()
	return v.json(http.StatusOK, state)
}

// endStudy ends the session.
func endStudy(v *visit) error {
	student, lesson, _, at, err := v.seated()
	if err != nil {
		return err
	}
	if at == nil {
		return v.answer(student, lesson, &seat{}, nil)
	}
	return v.answer(student, lesson, at, v.site.study.end(v.r.Context(), at))
}

// end ends a session, and keeps how it stood for the page.
func (d *desk) end(ctx context.Context, at *seat) error {
	if last, err := at.session.Status(); err == nil {
		d.mu.Lock()
		at.last = last
		d.mu.Unlock()
	}
	return at.session.End(ctx)
}

// studyState answers how things stand without a session: the page asks before it has
// one, and after.
func studyState(v *visit) error {
	student, lesson, err := lessonOf(v)
	if err != nil {
		return err
	}
	return v.json(http.StatusOK, v.site.study.view(v, student, lesson, nil))
}
