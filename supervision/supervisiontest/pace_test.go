package supervisiontest_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// event is something that reaches a strict fake after some time.
type event struct {
	wait     time.Duration // since the event before
	progress int           // of a report, in seconds; 0: a start, -1: an end
	want     string        // the returnCode, "" for success
	res      string        // "" for video-1
	student  string        // "" for student-a
}

const (
	aStart  = 0
	anEnd   = -1
	tooFast = supervisiontest.CodeTooFrequent
	tooMuch = supervisiontest.CodeDailyLimit
)

// backlog is as many reports of a minute, a second apart.
func backlog(n int) []event {
	all := make([]event, n)
	for i := range all {
		all[i] = event{wait: time.Second, progress: 60}
	}
	return all
}

// minutes is as many reports, a minute apart.
func minutes(n int) []event {
	all := backlog(n)
	for i := range all {
		all[i].wait = time.Minute
	}
	return all
}

// after puts a time before events.
func after(wait time.Duration, all []event) []event {
	all[0].wait = wait
	return all
}

func script(parts ...[]event) []event {
	var all []event
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

func TestPaceOfReports(t *testing.T) {
	began := []event{{progress: aStart}}
	ended := []event{{progress: anEnd}}
	for name, all := range map[string][]event{
		"one a minute": script(began, minutes(10)),
		"a little early, and whole seconds": script(began, minutes(1), []event{
			{wait: 56 * time.Second, progress: 56}, {wait: 64 * time.Second, progress: 64}, {wait: 58 * time.Second, progress: 58},
		}),
		"at once after the start": {{progress: aStart}, {progress: 60}, {wait: 10 * time.Second, progress: 60, want: tooFast}},
		"twice at once":           script(began, minutes(1), []event{{progress: 60, want: tooFast}}),
		"every ten seconds, of a minute": script(began, minutes(2), []event{
			{wait: 10 * time.Second, progress: 60, want: tooFast}, {wait: 10 * time.Second, progress: 60, want: tooFast},
			{wait: 40 * time.Second, progress: 60},
		}),
		"every ten seconds, of ten": {
			{progress: aStart}, {wait: 10 * time.Second, progress: 10}, {wait: 10 * time.Second, progress: 10},
			{wait: 10 * time.Second, progress: 10, want: tooFast}, {wait: 10 * time.Second, progress: 10, want: tooFast},
		},
		"every half minute": {
			{progress: aStart}, {wait: 30 * time.Second, progress: 30}, {wait: 30 * time.Second, progress: 30},
			{wait: 30 * time.Second, progress: 30, want: tooFast}, {wait: 30 * time.Second, progress: 60},
		},
		"what remained at the end": script(began, minutes(2), []event{{wait: 20 * time.Second, progress: 20}}, ended, began, minutes(1), []event{
			{wait: 5 * time.Second, progress: 5},
		}, ended),
		"more remained than there was time for": script(began, minutes(2), []event{{wait: 20 * time.Second, progress: 40, want: tooFast}}),
		"another resource has a pace of its own": {
			{progress: aStart}, {wait: time.Minute, progress: 60}, {progress: aStart, res: "video-2"}, {progress: 10, res: "video-2"},
			{progress: aStart, student: "student-b"}, {progress: 10, student: "student-b"},
		},
		"a backlog": script(began, minutes(5), after(15*time.Minute, backlog(15)), after(50*time.Second, minutes(5))),
		"a backlog with an end and a start": script(began, minutes(5), after(15*time.Minute, backlog(7)),
			[]event{{progress: 20}}, ended, began, backlog(7), []event{{progress: 30}}, ended),
		"a backlog that was put together": script(began, minutes(1), []event{
			{wait: 15 * time.Minute, progress: 300}, {wait: time.Second, progress: 300}, {wait: time.Second, progress: 300},
		}),
		"a backlog that begins with its start": script([]event{{wait: 10 * time.Minute, progress: aStart}}, backlog(10)),
		"a backlog that is more than there was time for": script(began, minutes(5), after(3*time.Minute, backlog(3)), []event{
			{wait: time.Second, progress: 60, want: tooFast},
		}),
		"a backlog at once": script(began, minutes(5), after(15*time.Minute, backlog(1)), []event{
			{wait: 100 * time.Millisecond, progress: 60, want: tooFast}, {wait: 500 * time.Millisecond, progress: 60},
		}),
		"a backlog that is interrupted": script(began, minutes(1), after(30*time.Minute, backlog(10)), after(2*time.Minute, backlog(20))),
		"an early start is not late":    script([]event{{wait: time.Hour, progress: aStart}}, minutes(1), []event{{wait: 10 * time.Second, progress: 60, want: tooFast}}),
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			r.SetStrict(true)
			play(r, all)
		})
	}
}

// play sends events and checks how they are answered.
func play(r *regulator, all []event) {
	r.t.Helper()
	want := map[string]time.Duration{}
	position := 0
	for i, e := range all {
		r.now = r.now.Add(e.wait)
		if r.now.Sub(begin) > time.Hour {
			r.token = r.login(supervisiontest.AccountName, supervisiontest.Password).data()["acceptToken"].(string)
		}
		student, res := "student-a", "video-1"
		if e.student != "" {
			student = e.student
		}
		if e.res != "" {
			res = e.res
		}
		of := studies(student, "class-1", "course-1", res)
		var got reply
		switch e.progress {
		case aStart:
			got = r.v1("startStudy", of)
		case anEnd:
			got = r.v1("endStudy", ends(of))
		default:
			position += e.progress
			got = r.v1("studyHour", reports(of, min(position, 86400), e.progress))
		}
		if e.want != "" {
			require.Equal(r.t, e.want, got.code(), "event %d: %+v: %s", i, e, got.body)
			assert.Contains(r.t, got.msg(), "data.progressTime ")
			assert.Equal(r.t, got.msg(), r.last().Problem)
			continue
		}
		require.Equal(r.t, "0", got.code(), "event %d: %+v: %s", i, e, got.body)
		assert.Empty(r.t, r.last().Problem)
		want[student] += time.Duration(max(e.progress, 0)) * time.Second
	}
	for student, studied := range want {
		assert.Equal(r.t, studied, r.Progress(student, "course-1"), "what was refused is not counted")
	}
}

// The tests begin at 17:00 at the platform.
func TestDailyLimit(t *testing.T) {
	const untilMidnight = 7 * time.Hour
	began := []event{{progress: aStart}}
	for name, tt := range map[string]struct {
		limit time.Duration
		all   []event
	}{
		"reached":  {10 * time.Minute, script(began, minutes(10))},
		"exceeded": {10 * time.Minute, script(began, minutes(10), []event{{wait: time.Minute, progress: 60, want: tooMuch}, {wait: time.Minute, progress: 10, want: tooMuch}})},
		"none":     {0, script(began, minutes(20))},
		"in two resources": {10 * time.Minute, script(began, minutes(9), []event{
			{progress: aStart, res: "video-2"}, {wait: time.Minute, progress: 60, res: "video-2"}, {wait: time.Minute, progress: 60, res: "video-2", want: tooMuch},
		})},
		"of another student": {10 * time.Minute, script(began, minutes(10), []event{
			{progress: aStart, student: "student-b"}, {wait: time.Minute, progress: 60, student: "student-b"},
		})},
		"the next day": {10 * time.Minute, script(began, minutes(10), []event{{progress: anEnd}, {wait: untilMidnight, progress: aStart}}, minutes(10), []event{
			{wait: time.Minute, progress: 60, want: tooMuch},
		})},
		"in one session beyond midnight": {10 * time.Minute, script([]event{{wait: untilMidnight - 10*time.Minute, progress: aStart}}, minutes(20), []event{
			{wait: time.Minute, progress: 60, want: tooMuch},
		})},
		"a backlog": {20 * time.Minute, script(began, minutes(5), after(15*time.Minute, backlog(15)), []event{
			{wait: time.Minute, progress: 60, want: tooMuch},
		})},
		"a backlog of the day before": {10 * time.Minute, script(began, minutes(1), after(untilMidnight, backlog(9)), []event{{progress: anEnd}, {progress: aStart}}, minutes(10), []event{
			{wait: time.Minute, progress: 60, want: tooMuch},
		})},
		"a backlog of the day before is limited too": {10 * time.Minute, script(began, minutes(1), after(untilMidnight+15*time.Minute, backlog(19)), []event{
			{wait: time.Second, progress: 60, want: tooMuch},
		})},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			r.SetDailyLimit("class-1", tt.limit)
			r.SetStrict(true)
			play(r, tt.all)
		})
	}
}

func TestTheDailyLimitIsThatOfTheClass(t *testing.T) {
	class := supervisiontest.SampleClass()
	class.StudyHourLimit = "1"
	for name, push := range map[string]func(r *regulator){
		"pushed by the fake": func(r *regulator) {
			url := serve(r.t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, `{"returnCode":"0","returnMsg":"success","passwordRules":"身份证后六位","returnData":[
					{"cardNo":"110101199003070012","studentUserAccount":"a"},{"cardNo":"110101199003070013","studentUserAccount":"b"}]}`)
			})
			_, err := r.PushClass(r.t.Context(), url, class)
			require.NoError(r.t, err)
		},
		"pushed to the fake": func(r *regulator) {
			require.Equal(r.t, "0", r.send("api/v1/pushClassInfo", "userToken", class).code())
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			push(r)
			r.SetStrict(true)
			s := studies("student-a", class.ClassCode, "course-1", "video-1")
			r.v1("startStudy", s).succeeds()
			r.now = r.now.Add(time.Hour)
			r.v1("studyHour", reports(s, 3600, 3600)).succeeds()
			r.now = r.now.Add(30 * time.Minute)
			r.v1("studyHour", reports(s, 5400, 1800)).refuses(tooMuch, "studyHourLimit（1 小时）")
			r.SetStrict(false)
			r.v1("studyHour", reports(s, 5400, 1800)).succeeds()
		})
	}
}

func TestOnlyAStrictFakeMindsThePace(t *testing.T) {
	r := start(t)
	r.SetDailyLimit("class-1", time.Minute)
	s := studies("student-a", "class-1", "course-1", "video-1")
	r.v1("startStudy", s).succeeds()
	for range 5 {
		r.v1("studyHour", reports(s, 60, 60)).succeeds()
	}
	r.SetStrict(true)
	r.v1("studyHour", reports(s, 60, 60)).succeeds()
	r.v1("studyHour", reports(s, 60, 60)).refuses(tooFast, "data.progressTime")
}
