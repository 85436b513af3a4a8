package supervision_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

func withFake(t *testing.T, opts ...edusdk.Option) (*supervision.Client, *supervisiontest.Server) {
	t.Helper()
	srv := supervisiontest.NewServer()
	t.Cleanup(srv.Close)
	c, err := supervision.New(srv.Config(), append([]edusdk.Option{edusdk.WithRetry(edusdk.Retry{BaseDelay: time.Millisecond})}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c, srv
}

const (
	theStudent, theClass, theCourse, theVideo = "student-1", "class-1", "course-1", "video-1"
)

func report(at time.Duration) *supervision.ProgressReport {
	return &supervision.ProgressReport{
		ResCode: theVideo, StudentUserCode: theStudent, ClassCode: theClass, CourseCode: theCourse, SectionCode: "section-1",
		PlayTime: at, ProgressTime: time.Minute,
	}
}

func TestALessonAgainstTheFake(t *testing.T) {
	c, srv := withFake(t)
	ctx := t.Context()
	student := c.WithDevice(supervision.Device{Type: supervision.TypeIOS, ID: supervision.DeviceID()})
	check := &supervision.CheckRequest{ResCode: theVideo, StudentUserCode: theStudent, ClassCode: theClass}

	require.NoError(t, student.Students.Authenticate(ctx, "110101199003070013", "张三"))
	assert.Equal(t, supervisiontest.CodeNotStarted, asError(t, student.Study.ReportProgress(ctx, report(time.Minute))).Code)
	require.NoError(t, student.Study.Start(ctx, &supervision.StudyRequest{
		ResCode: theVideo, StudentUserCode: theStudent, ClassCode: theClass, CourseCode: theCourse,
	}))

	config, err := student.Checks.FaceConfig(ctx, check)
	require.NoError(t, err)
	assert.Equal(t, 5*time.Minute, config.ExpiresTime)
	compare := &supervision.FaceRequest{
		ResCode: theVideo, StudentUserCode: theStudent, ClassCode: theClass, BizCode: config.BizCode, Image: picture(t, "jpeg", 640, 480),
	}
	result, err := student.Checks.CompareFace(ctx, compare)
	require.NoError(t, err)
	assert.True(t, result.Passed())
	_, err = student.Checks.CompareFace(ctx, compare)
	assert.Equal(t, supervisiontest.CodeInvalidBizCode, asError(t, err).Code, "a bizCode is good for once")

	srv.SetFaceMatcher(func([]byte, string) bool { return false })
	config, err = student.Checks.FaceConfig(ctx, check)
	require.NoError(t, err)
	compare.BizCode = config.BizCode
	result, err = student.Checks.CompareFace(ctx, compare)
	require.NoError(t, err, "a face that does not match is a result")
	assert.False(t, result.Passed())
	assert.Equal(t, supervision.FaceMismatch, result.Result)

	code, err := student.Checks.Code(ctx, check)
	require.NoError(t, err)
	submit := &supervision.SubmitCodeRequest{BizCode: code.BizCode, VerificationCode: code.VerificationCode, VideoStudyTime: time.Minute}
	require.NoError(t, student.Checks.SubmitCode(ctx, submit))
	code, err = student.Checks.Code(ctx, check)
	require.NoError(t, err)
	submit.BizCode, submit.VerificationCode = code.BizCode, "wrong"
	assert.Equal(t, supervisiontest.CodeWrongVerification, asError(t, student.Checks.SubmitCode(ctx, submit)).Code)

	for minute := range 3 {
		require.NoError(t, student.Study.ReportProgress(ctx, report(time.Duration(minute+1)*time.Minute)))
	}
	require.NoError(t, student.Study.SubmitRecording(ctx, &supervision.RecordingRequest{
		ResCode: theVideo, StudentUserCode: theStudent, ClassCode: theClass, CourseCode: theCourse, RecordVideoURL: "https://files.example.com/r.mp4",
	}))
	require.NoError(t, student.Study.End(ctx, &supervision.EndStudyRequest{ResCode: theVideo, StudentUserCode: theStudent, ClassCode: theClass}))
	require.NoError(t, c.Students.UpdatePhoto(ctx, "110101199003070013", photo))

	assert.Equal(t, 3*time.Minute, srv.Progress(theStudent, theCourse))
	assert.Equal(t, photo, srv.Photo("110101199003070013"))
	assert.Len(t, srv.Recordings(), 1)
	records, err := c.Business.ClassRecords(ctx, theClass)
	require.NoError(t, err)
	assert.Equal(t, []supervision.StudyRecord{{
		ClassCode: theClass, UserCode: theStudent, CourseCode: theCourse, SectionCode: "section-1", ResCode: theVideo, PlayTime: 3 * time.Minute,
	}}, records)
	assert.Equal(t, 1, srv.Logins())
	for _, r := range srv.Requests() {
		assert.NotEqual(t, supervisiontest.CodeInvalidParameter, r.Code, "%s: %s", r.Op, r.Message)
	}
}

func TestEveryPushAgainstTheFake(t *testing.T) {
	for _, numeric := range []bool{false, true} {
		c, srv := withFake(t)
		srv.SetNumericCodes(numeric)
		ctx := t.Context()
		list := courses()
		for i := range list { // the document's sample has one code for all
			list[i].PlatformCode, list[i].CourseCode = "", "course-"+string(rune('1'+i))
		}
		require.NoError(t, c.Courses.Push(ctx, list))
		var pulled []supervision.Course
		for course, err := range c.Courses.All(ctx, 1) {
			require.NoError(t, err)
			pulled = append(pulled, *course)
		}
		for i := range list {
			list[i].PlatformCode = supervisiontest.PlatformCode
		}
		assert.Equal(t, list, pulled)
		list[0].CourseStatus, list[1].CourseStatus = supervision.CourseChanged, supervision.CourseDeleted
		require.NoError(t, c.Courses.Push(ctx, list))
		page, err := c.Courses.Pull(ctx, 1, 10)
		require.NoError(t, err)
		assert.Len(t, page.Courses, 1)

		result, err := c.Classes.Push(ctx, class())
		require.NoError(t, err)
		assert.Len(t, result.Accounts, 2)
		assert.NotEmpty(t, result.PasswordRules)

		s := student()
		require.NoError(t, c.Business.PushStudents(ctx, []supervision.BusinessStudent{s}))
		require.NoError(t, c.Business.PushTeacher(ctx, &supervision.Teacher{TeaCode: "t", TeaName: "王五", OrgCode: "o", TeaCard: "110101198512250033", Mobile: "13800138001"}))
		require.NoError(t, c.Business.PushCourse(ctx, &supervision.BusinessCourse{
			CourseName: "n", CoursePoster: photo, SectionList: []supervision.BusinessSection{{SectionName: "s", SectionSort: 1, SectionSourceList: []supervision.BusinessSource{{
				ChapterName: "c", VideoURL: "http://files.example.com/f0.mp4", ChapterSort: 1, Duration: time.Minute,
			}}}},
		}))
		b := &supervision.BusinessClass{ClassCode: "c", OrgCode: "o", OrgName: "n", TrainClassName: "t", Courses: classCourses()}
		b.Students = []supervision.BusinessClassStudent{{CardNo: "110101199003070013", StudentCode: "s", StudentName: "张三", ErcunPhotos: photo}}
		require.NoError(t, c.Business.PushClass(ctx, b))
		for _, r := range srv.Requests() {
			assert.Equal(t, "0", r.Code, "%s: %s", r.Op, r.Message)
		}
	}
}

func TestMisspeltChaptersAgainstTheFake(t *testing.T) {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	cfg := srv.Config()
	cfg.Misspellings = true
	c, err := supervision.New(cfg)
	require.NoError(t, err)
	defer c.CloseIdleConnections()
	_, err = c.Classes.Push(t.Context(), class())
	require.NoError(t, err)
}

func TestAnExpiredTokenAgainstTheFake(t *testing.T) {
	c, srv := withFake(t)
	require.NoError(t, c.Students.Authenticate(t.Context(), "110101199003070013", "张三"))
	srv.ExpireTokens()
	require.NoError(t, c.Students.Authenticate(t.Context(), "110101199003070013", "张三"))
	assert.Equal(t, 2, srv.Logins())
	srv.SetExpiryCode("8888") // the client is not told
	cfg := srv.Config()
	cfg.TokenExpired = nil
	other, err := supervision.New(cfg)
	require.NoError(t, err)
	defer other.CloseIdleConnections()
	require.NoError(t, other.Students.Authenticate(t.Context(), "110101199003070013", "张三"))
	srv.ExpireTokens()
	err = other.Students.Authenticate(t.Context(), "110101199003070013", "张三")
	assert.Equal(t, "8888", asError(t, err).Code)
	assert.Equal(t, edusdk.ErrUnknown, edusdk.KindOf(err))
	assert.Equal(t, 3, srv.Logins(), "no other failure logs in again")
}

// A report whose answer is lost is not sent twice: the time would count double.
func TestALostAnswerOfAReport(t *testing.T) {
	c, srv := withFake(t)
	require.NoError(t, c.Study.Start(t.Context(), &supervision.StudyRequest{
		ResCode: theVideo, StudentUserCode: theStudent, ClassCode: theClass, CourseCode: theCourse,
	}))
	srv.Intercept(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		})
	})
	err := c.Study.ReportProgress(t.Context(), report(time.Minute))
	assert.ErrorIs(t, err, edusdk.ErrUnavailable)
	assert.True(t, edusdk.MaybeApplied(err))
	assert.Equal(t, time.Minute, srv.Progress(theStudent, theCourse))
}

// The fake as a caller and our receiver understand each other.
func TestFakeCallsReceiver(t *testing.T) {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	srv.SetCallerToken(callerToken)
	srv.SetPageSize(1)
	cb := &callbacks{}
	platform := httptest.NewServer(newReceiver(t, cb, func(c *supervision.ReceiverConfig) { c.Clock, c.MaxSkew = nil, time.Minute }))
	defer platform.Close()

	pushed, err := srv.PushClass(t.Context(), platform.URL, supervisiontest.SampleClass())
	require.NoError(t, err)
	assert.Equal(t, []string{"0", "success", "身份证后六位"}, []string{pushed.ReturnCode, pushed.ReturnMsg, pushed.PasswordRules})
	assert.Len(t, pushed.Accounts, 2)
	require.Len(t, cb.classes, 1)
	got := cb.classes[0]
	assert.Equal(t, supervision.OnHookCode, got.VideoOnHook)
	assert.Equal(t, 2, got.TriggerValue)
	assert.Equal(t, 8*time.Hour, got.StudyHourLimit)
	assert.NotEmpty(t, got.Courses[0].Children[0].ChapterCode)
	assert.Equal(t, 1675*time.Second, got.Courses[0].Children[0].Children[0].VideoTimeLength)

	pulled, err := srv.PullCourses(t.Context(), platform.URL)
	require.NoError(t, err)
	assert.Equal(t, 2, pulled.Pages)
	assert.Len(t, pulled.Courses, 2)
	assert.Equal(t, [][2]int{{1, 1}, {2, 1}}, cb.pages)

	srv.SetCallerToken("another")
	_, err = srv.PushClass(t.Context(), platform.URL, supervisiontest.SampleClass())
	assert.ErrorContains(t, err, "401")
	assert.Len(t, cb.classes, 1)
}
