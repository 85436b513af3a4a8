package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// What the learning platform's process finds in its environment.
const (
	platformDir  = "OUTBOX_EXAMPLE_DIR"
	platformURL  = "OUTBOX_EXAMPLE_URL"
	platformPlan = "OUTBOX_EXAMPLE_PLAN"
)

// What the process says, a line each, with a student and a minute.
const (
	wasStudied = "studied" // and is durable
	isOpen     = "open"    // it may have arrived, and nobody can tell yet
	isDead     = "dead"
)

// learningPlatform has students study, from where an earlier process left them,
// and reports their minutes, until all of that is done.
func learningPlatform(dir string) (err error) {
	var p plan
	if _, err := fmt.Sscan(os.Getenv(platformPlan), &p.students, &p.minutes, &p.minute); err != nil {
		return err
	}
	client, err := supervision.New(supervision.Config{
		BaseURL: os.Getenv(platformURL), Account: supervisiontest.AccountName, Password: supervisiontest.Password,
		Device: supervision.Device{Type: supervision.TypePC, ID: supervisiontest.DeviceID},
	}, edusdk.WithTimeout(5*time.Second))
	if err != nil {
		return err
	}
	store, err := outbox.OpenFile(filepath.Join(dir, "reports.db"), outbox.FileOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	box, err := outbox.New(outbox.Config{
		Client: client, Store: store, Senders: 32,
		// The gap of a minute, but a little less than one so that a lane that is
		// behind can catch up, and with minutes that wait sent together.
		Gap: p.minute * 9 / 10, Merge: 10,
		Pause: p.minute / 4, Poll: p.minute / 4, RetryDelay: p.minute,
		// To begin twice says the same twice; to study a minute twice does not.
		Policy: outbox.Policies{Start: outbox.Resend, Progress: outbox.Park, End: outbox.Resend},
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ran := make(chan error, 1)
	go func() { ran <- box.Run(ctx) }()

	var students sync.WaitGroup
	failed := make(chan error, p.students)
	for n := range p.students {
		students.Go(func() { failed <- study(ctx, box, p, n) })
	}
	students.Wait()
	for range p.students {
		if err := <-failed; err != nil {
			return err
		}
	}
	for waiting := true; waiting; time.Sleep(p.minute / 10) {
		stats, err := box.Stats(ctx)
		if err != nil {
			return err
		}
		waiting = stats.Waiting > 0
	}
	for e, err := range box.Parked(ctx) {
		if err != nil {
			return err
		}
		tell(isOpen, e.Report)
	}
	for e, err := range box.DeadLetters(ctx) {
		if err != nil {
			return err
		}
		tell(isDead, e.Report)
	}
	return errors.Join(box.Close(), <-ran)
}

// tell says something about a minute.
func tell(word string, r outbox.Report) {
	fmt.Println(word, r.StudentUserCode, int(r.PlayTime/time.Minute))
}

// study has a student study. How far the student is stands in a state that is
// stored together with the report, so that a process that comes after this one
// neither repeats a minute nor leaves one out.
func study(ctx context.Context, box *outbox.Outbox, p plan, n int) error {
	student := fmt.Sprintf("student-%03d", n)
	state, err := box.LoadState(ctx, student)
	if err != nil {
		return err
	}
	done, _ := strconv.Atoi(string(state.Data))
	if done == 0 { // they do not all begin at the same time
		time.Sleep(p.minute * time.Duration(n) / time.Duration(p.students))
	}
	report := outbox.Report{
		Session: "session", ClassCode: classOf(n), StudentUserCode: student, ResCode: "video", CourseCode: "course",
	}
	for done < p.minutes {
		var reports []outbox.Report
		if done == 0 {
			report.Kind = outbox.KindStart
			reports = append(reports, report)
		}
		time.Sleep(p.minute)
		done++
		progress := report
		progress.Kind, progress.Sequence, progress.Final = outbox.KindProgress, uint64(done), done == p.minutes //nolint:gosec // it counts up
		progress.PlayTime, progress.ProgressTime = time.Duration(done)*time.Minute, time.Minute
		reports = append(reports, progress)
		if progress.Final {
			report.Kind, report.CourseCode = outbox.KindEnd, ""
			reports = append(reports, report)
		}
		state.Data = []byte(strconv.Itoa(done))
		if err := box.Commit(ctx, []outbox.Change{{Reports: reports, States: []outbox.State{state}}})[0]; err != nil {
			return err
		}
		state.Fence++
		tell(wasStudied, progress)
	}
	return nil
}

// classOf returns the class of the n-th student: there are ten in each.
func classOf(n int) string { return fmt.Sprintf("class-%02d", n/10) }
