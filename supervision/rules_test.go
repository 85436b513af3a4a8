package supervision_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
)

func TestConfigIsChecked(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*supervision.Config)
		field  string
	}{
		"zero":               {func(c *supervision.Config) { *c = supervision.Config{} }, "Config.Account"},
		"no account":         {func(c *supervision.Config) { c.Account = "" }, "Config.Account"},
		"no password":        {func(c *supervision.Config) { c.Password = "" }, "Config.Password"},
		"password not UTF-8": {func(c *supervision.Config) { c.Password = "\xff" }, "Config.Password"},
		"no address":         {func(c *supervision.Config) { c.BaseURL = "" }, "Config.BaseURL"},
		"bad address":        {func(c *supervision.Config) { c.BaseURL = "jianguan.example.com" }, "Config.BaseURL"},
		"no device":          {func(c *supervision.Config) { c.Device = supervision.Device{} }, "Config.Device.Type"},
		"unknown device":     {func(c *supervision.Config) { c.Device.Type = "TYPE_TV" }, "Config.Device.Type"},
		"device without id":  {func(c *supervision.Config) { c.Device.ID = "" }, "Config.Device.ID"},
		"platform not UTF-8": {func(c *supervision.Config) { c.PlatformCode = "\xff" }, "Config.PlatformCode"},
		"unknown operation":  {func(c *supervision.Config) { c.Paths = map[string]string{"Study.Begin": "/api"} }, "Config.Paths"},
		"path with a space":  {func(c *supervision.Config) { c.Paths = map[string]string{"Study.Start": "/api/ startStudy"} }, "Config.Paths"},
		"path with a query":  {func(c *supervision.Config) { c.Paths = map[string]string{"Study.Start": "/api?x"} }, "Config.Paths"},
		"empty path":         {func(c *supervision.Config) { c.Paths = map[string]string{"Study.Start": ""} }, "Config.Paths"},
		"empty success code": {func(c *supervision.Config) { c.SuccessCodes = []string{"0", ""} }, "Config.SuccessCodes"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config()
			tt.change(&cfg)
			c, err := supervision.New(cfg)
			assert.Nil(t, c)
			assert.Equal(t, tt.field, asFieldError(t, err).Field)
			e := asError(t, err)
			assert.Equal(t, []string{"supervision", "New"}, []string{e.Vendor, e.Op})
		})
	}
	_, err := supervision.New(config(), edusdk.WithTimeout(-1))
	assert.ErrorIs(t, err, edusdk.ErrInvalidArgument)
}

type call func(context.Context, *supervision.Client) error

// with returns a call with a changed copy of what is good.
func with[T any](good T, do func(context.Context, *supervision.Client, *T) error, change func(*T)) call {
	return func(ctx context.Context, c *supervision.Client) error {
		r := good
		change(&r)
		return do(ctx, c, &r)
	}
}

func TestBadInputIsRefusedBeforeTheWire(t *testing.T) {
	study := supervision.StudyRequest{ResCode: "r", StudentUserCode: "s", ClassCode: "c", CourseCode: "k"}
	progress := supervision.ProgressReport{ResCode: "r", StudentUserCode: "s", ClassCode: "c", CourseCode: "k", PlayTime: time.Minute, ProgressTime: time.Minute}
	checkRequest := supervision.CheckRequest{ResCode: "r", StudentUserCode: "s", ClassCode: "c"}
	faceRequest := supervision.FaceRequest{ResCode: "r", StudentUserCode: "s", ClassCode: "c", BizCode: "b", Image: face}
	submit := supervision.SubmitCodeRequest{BizCode: "b", VerificationCode: "1234"}
	recording := supervision.RecordingRequest{ResCode: "r", StudentUserCode: "s", ClassCode: "c", CourseCode: "k", RecordVideoURL: "https://files.example.com/v"}
	end := supervision.EndStudyRequest{ResCode: "r", StudentUserCode: "s", ClassCode: "c"}
	teacher := supervision.Teacher{TeaCode: "t", TeaName: "n", OrgCode: "o", TeaCard: "c", Mobile: "m"}
	bCourse := supervision.BusinessCourse{CourseName: "n", CoursePoster: "p", SectionList: []supervision.BusinessSection{{
		SectionName: "s", SectionSourceList: []supervision.BusinessSource{{ChapterName: "c", VideoURL: "v"}},
	}}}
	deep := func(levels int) []supervision.Course {
		c := chapter("c", section("s", source("r", "4", 1)))
		for range levels - 1 {
			c = supervision.Chapter{ChapterName: "c", ChapterCode: "c", ParentChapterCode: "p", ChapterList: []supervision.Chapter{c}}
		}
		return []supervision.Course{course("k", c)}
	}

	start := func(ctx context.Context, c *supervision.Client, r *supervision.StudyRequest) error {
		return c.Study.Start(ctx, r)
	}
	stop := func(ctx context.Context, c *supervision.Client, r *supervision.EndStudyRequest) error {
		return c.Study.End(ctx, r)
	}
	record := func(ctx context.Context, c *supervision.Client, r *supervision.RecordingRequest) error {
		return c.Study.SubmitRecording(ctx, r)
	}
	report := func(ctx context.Context, c *supervision.Client, r *supervision.ProgressReport) error {
		return c.Study.ReportProgress(ctx, r)
	}
	faceConfig := func(ctx context.Context, c *supervision.Client, r *supervision.CheckRequest) error {
		_, err := c.Checks.FaceConfig(ctx, r)
		return err
	}
	code := func(ctx context.Context, c *supervision.Client, r *supervision.CheckRequest) error {
		_, err := c.Checks.Code(ctx, r)
		return err
	}
	compare := func(ctx context.Context, c *supervision.Client, r *supervision.FaceRequest) error {
		_, err := c.Checks.CompareFace(ctx, r)
		return err
	}
	submitCode := func(ctx context.Context, c *supervision.Client, r *supervision.SubmitCodeRequest) error {
		return c.Checks.SubmitCode(ctx, r)
	}
	pushClass := func(ctx context.Context, c *supervision.Client, r *supervision.Class) error {
		_, err := c.Classes.Push(ctx, r)
		return err
	}
	pushTeacher := func(ctx context.Context, c *supervision.Client, r *supervision.Teacher) error {
		return c.Business.PushTeacher(ctx, r)
	}
	pushCourse := func(ctx context.Context, c *supervision.Client, r *supervision.BusinessCourse) error {
		return c.Business.PushCourse(ctx, r)
	}
	pushCourses := func(ctx context.Context, c *supervision.Client, r *[]supervision.Course) error {
		return c.Courses.Push(ctx, *r)
	}

	for name, tt := range map[string]struct {
		field string
		call  call
	}{
		"authenticate without an ID":  {"cardNo", func(ctx context.Context, c *supervision.Client) error { return c.Students.Authenticate(ctx, "", "n") }},
		"authenticate without a name": {"name", func(ctx context.Context, c *supervision.Client) error { return c.Students.Authenticate(ctx, "i", "") }},
		"authenticate not UTF-8": {"name", func(ctx context.Context, c *supervision.Client) error {
			return c.Students.Authenticate(ctx, "i", "\xff")
		}},
		"photo without an ID":      {"cardNo", func(ctx context.Context, c *supervision.Client) error { return c.Students.UpdatePhoto(ctx, "", photo) }},
		"photo without an address": {"photoURL", func(ctx context.Context, c *supervision.Client) error { return c.Students.UpdatePhoto(ctx, "i", "") }},
		"photo of a bad scheme": {"photoURL", func(ctx context.Context, c *supervision.Client) error {
			return c.Students.UpdatePhoto(ctx, "i", "file:///etc/x")
		}},
		"start nil":                    {"ResCode", func(ctx context.Context, c *supervision.Client) error { return c.Study.Start(ctx, nil) }},
		"start without a student":      {"StudentUserCode", with(study, start, func(r *supervision.StudyRequest) { r.StudentUserCode = "" })},
		"start without a class":        {"ClassCode", with(study, start, func(r *supervision.StudyRequest) { r.ClassCode = "" })},
		"start without a course":       {"CourseCode", with(study, start, func(r *supervision.StudyRequest) { r.CourseCode = "" })},
		"start of a bad section":       {"SectionCode", with(study, start, func(r *supervision.StudyRequest) { r.SectionCode = "\xff" })},
		"end nil":                      {"ResCode", func(ctx context.Context, c *supervision.Client) error { return c.Study.End(ctx, nil) }},
		"end without a student":        {"StudentUserCode", with(end, stop, func(r *supervision.EndStudyRequest) { r.StudentUserCode = "" })},
		"end without a class":          {"ClassCode", with(end, stop, func(r *supervision.EndStudyRequest) { r.ClassCode = "" })},
		"recording nil":                {"RecordVideoURL", func(ctx context.Context, c *supervision.Client) error { return c.Study.SubmitRecording(ctx, nil) }},
		"recording without an address": {"RecordVideoURL", with(recording, record, func(r *supervision.RecordingRequest) { r.RecordVideoURL = "" })},
		"recording of a bad address":   {"RecordVideoURL", with(recording, record, func(r *supervision.RecordingRequest) { r.RecordVideoURL = "v.mp4" })},
		"recording without a course":   {"CourseCode", with(recording, record, func(r *supervision.RecordingRequest) { r.CourseCode = "" })},
		"progress nil":                 {"ResCode", func(ctx context.Context, c *supervision.Client) error { return c.Study.ReportProgress(ctx, nil) }},
		"progress with a fraction":     {"ProgressTime", with(progress, report, func(r *supervision.ProgressReport) { r.ProgressTime += time.Millisecond })},
		"negative progress":            {"ProgressTime", with(progress, report, func(r *supervision.ProgressReport) { r.ProgressTime = -time.Second })},
		"play time with a fraction":    {"PlayTime", with(progress, report, func(r *supervision.ProgressReport) { r.PlayTime++ })},
		"progress without a class":     {"ClassCode", with(progress, report, func(r *supervision.ProgressReport) { r.ClassCode = "" })},
		"face config nil": {"ResCode", func(ctx context.Context, c *supervision.Client) error {
			_, err := c.Checks.FaceConfig(ctx, nil)
			return err
		}},
		"face config without a class": {"ClassCode", with(checkRequest, faceConfig, func(r *supervision.CheckRequest) { r.ClassCode = "" })},
		"code nil":                    {"ResCode", func(ctx context.Context, c *supervision.Client) error { _, err := c.Checks.Code(ctx, nil); return err }},
		"code without a student":      {"StudentUserCode", with(checkRequest, code, func(r *supervision.CheckRequest) { r.StudentUserCode = "" })},
		"submit nil":                  {"BizCode", func(ctx context.Context, c *supervision.Client) error { return c.Checks.SubmitCode(ctx, nil) }},
		"submit without a code":       {"VerificationCode", with(submit, submitCode, func(r *supervision.SubmitCodeRequest) { r.VerificationCode = "" })},
		"submit with a fraction":      {"VideoStudyTime", with(submit, submitCode, func(r *supervision.SubmitCodeRequest) { r.VideoStudyTime = 1 })},
		"face nil": {"Image", func(ctx context.Context, c *supervision.Client) error {
			_, err := c.Checks.CompareFace(ctx, nil)
			return err
		}},
		"face without a code":        {"BizCode", with(faceRequest, compare, func(r *supervision.FaceRequest) { r.BizCode = "" })},
		"face with a fraction":       {"VideoStudyTime", with(faceRequest, compare, func(r *supervision.FaceRequest) { r.VideoStudyTime = 1 })},
		"face of a bad mode":         {"Mode", with(faceRequest, compare, func(r *supervision.FaceRequest) { r.Mode = "3" })},
		"face with both":             {"Image", with(faceRequest, compare, func(r *supervision.FaceRequest) { r.ImageURL = photo })},
		"mixed face with both":       {"ImageURL", with(faceRequest, compare, func(r *supervision.FaceRequest) { r.Mode, r.ImageURL = supervision.CompareMixed, photo })},
		"face by a bad address":      {"ImageURL", with(faceRequest, compare, func(r *supervision.FaceRequest) { r.Mode, r.Image = supervision.CompareURL, nil })},
		"class nil":                  {"ClassCode", func(ctx context.Context, c *supervision.Client) error { _, err := c.Classes.Push(ctx, nil); return err }},
		"class without students":     {"Students", with(*class(), pushClass, func(r *supervision.Class) { r.Students = nil })},
		"class of nameless students": {"Students[1].StudentName", with(*class(), pushClass, func(r *supervision.Class) { r.Students[1].StudentName = "" })},
		"class of a bad check":       {"VideoOnHook", with(*class(), pushClass, func(r *supervision.Class) { r.VideoOnHook = 3 })},
		"class of a bad trigger":     {"TriggerType", with(*class(), pushClass, func(r *supervision.Class) { r.TriggerType = -1 })},
		"class of a bad limit":       {"StudyHourLimit", with(*class(), pushClass, func(r *supervision.Class) { r.StudyHourLimit = time.Minute })},
		"class of a bad length":      {"Courses[0].Children[0].Children[1].VideoTimeLength", with(*class(), pushClass, func(r *supervision.Class) { r.Courses[0].Children[0].Children[1].VideoTimeLength = time.Millisecond })},
		"no courses":                 {"courses", func(ctx context.Context, c *supervision.Client) error { return c.Courses.Push(ctx, nil) }},
		"course without a name":      {"courses[0].CourseName", with(courses(), pushCourses, func(r *[]supervision.Course) { (*r)[0].CourseName = "" })},
		"course of a bad status":     {"courses[1].CourseStatus", with(courses(), pushCourses, func(r *[]supervision.Course) { (*r)[1].CourseStatus = 3 })},
		"course without chapters":    {"courses[1].ChapterList", with(courses(), pushCourses, func(r *[]supervision.Course) { (*r)[1].ChapterList = nil })},
		"chapter without sections":   {"courses[1].ChapterList[0]", with(courses(), pushCourses, func(r *[]supervision.Course) { (*r)[1].ChapterList[0].SectionList = nil })},
		"chapter of both":            {"courses[1].ChapterList[0]", with(courses(), pushCourses, func(r *[]supervision.Course) { (*r)[1].ChapterList[0].ChapterList = (*r)[0].ChapterList })},
		"video of a bad length": {"courses[0].ChapterList[0].SectionList[1].SectionSourceList[0].Duration", with(courses(), pushCourses, func(r *[]supervision.Course) {
			(*r)[0].ChapterList[0].SectionList[1].SectionSourceList[0].Duration = -time.Second
		})},
		"chapters too deep": {strings.Repeat(".ChapterList[0]", supervision.MaxChapterDepth)[1:] + ".ChapterList", func(ctx context.Context, c *supervision.Client) error {
			return c.Courses.Push(ctx, deep(supervision.MaxChapterDepth+1))
		}},
		"page zero": {"pageNo", func(ctx context.Context, c *supervision.Client) error {
			_, err := c.Courses.Pull(ctx, 0, 1)
			return err
		}},
		"page size zero": {"pageSize", func(ctx context.Context, c *supervision.Client) error {
			_, err := c.Courses.Pull(ctx, 1, 0)
			return err
		}},
		"teacher nil":                     {"TeaCode", func(ctx context.Context, c *supervision.Client) error { return c.Business.PushTeacher(ctx, nil) }},
		"teacher without an ID":           {"TeaCard", with(teacher, pushTeacher, func(r *supervision.Teacher) { r.TeaCard = "" })},
		"teacher without a phone":         {"Mobile", with(teacher, pushTeacher, func(r *supervision.Teacher) { r.Mobile = "" })},
		"business course nil":             {"CourseName", func(ctx context.Context, c *supervision.Client) error { return c.Business.PushCourse(ctx, nil) }},
		"business course of a bad length": {"SectionList[0].SectionSourceList[0].Duration", with(bCourse, pushCourse, func(r *supervision.BusinessCourse) { r.SectionList[0].SectionSourceList[0].Duration = 1 })},
		"no students":                     {"students", func(ctx context.Context, c *supervision.Client) error { return c.Business.PushStudents(ctx, nil) }},
		"student without an ID": {"students[1].StuCard", func(ctx context.Context, c *supervision.Client) error {
			r := []supervision.BusinessStudent{student(), student()}
			r[1].StuCard = ""
			return c.Business.PushStudents(ctx, r)
		}},
		"business class nil": {"ClassCode", func(ctx context.Context, c *supervision.Client) error { return c.Business.PushClass(ctx, nil) }},
		"records of no class": {"classCode", func(ctx context.Context, c *supervision.Client) error {
			_, err := c.Business.ClassRecords(ctx, "")
			return err
		}},
		"call of a bad method": {"method", func(ctx context.Context, c *supervision.Client) error {
			return c.Call(ctx, http.MethodGet, "/api/v1/x", nil, nil)
		}},
		"call of a bad path": {"path", func(ctx context.Context, c *supervision.Client) error {
			return c.Call(ctx, http.MethodPost, "/api/v1/x?y", nil, nil)
		}},
		"call of what is no JSON": {"args", func(ctx context.Context, c *supervision.Client) error {
			return c.Call(ctx, http.MethodPost, "/api/v1/x", math.Inf(1), nil)
		}},
		"call into no pointer": {"out", func(ctx context.Context, c *supervision.Client) error {
			return c.Call(ctx, http.MethodPost, "/api/v1/x", nil, struct{}{})
		}},
		"device of no type": {"Device.Type", func(ctx context.Context, c *supervision.Client) error {
			return c.WithDevice(supervision.Device{ID: "i"}).Study.Start(ctx, &study)
		}},
		"device without an id": {"Device.ID", func(ctx context.Context, c *supervision.Client) error {
			return c.WithDevice(supervision.Device{Type: supervision.TypeH5}).Study.Start(ctx, &study)
		}},
		"nil ctx":              {"ctx", func(_ context.Context, c *supervision.Client) error { return c.Study.Start(nil, &study) }},  //nolint:staticcheck // that is what is tested
		"login with a nil ctx": {"ctx", func(_ context.Context, c *supervision.Client) error { _, err := c.Login(nil); return err }}, //nolint:staticcheck // that is what is tested
	} {
		t.Run(name, func(t *testing.T) {
			c, p := mocked(t, answers(200, fixture(t, "ok.json")))
			err := tt.call(t.Context(), c)
			field := asFieldError(t, err)
			assert.Equal(t, strings.TrimPrefix(tt.field, "courses[0]."), strings.TrimPrefix(field.Field, "courses[0]."), "%v", err)
			assert.Zero(t, asError(t, err).Attempts)
			assert.Empty(t, p.bodies)
			assert.False(t, edusdk.MaybeApplied(err))
		})
	}

	t.Run("chapters as deep as may be", func(t *testing.T) {
		c, p := mocked(t, answers(200, fixture(t, "ok.json")))
		require.NoError(t, c.Courses.Push(t.Context(), deep(supervision.MaxChapterDepth)))
		assert.Len(t, p.bodies, 1)
	})
}

func TestRequestsOfTheCallerStayAsTheyAre(t *testing.T) {
	cfg := config()
	cfg.PlatformCode = "from-config"
	p := newPlatform(t, answers(200, fixture(t, "ok.json")))
	c := newClient(t, p, cfg)
	report := &supervision.ProgressReport{ResCode: "r", StudentUserCode: "s", ClassCode: "c", CourseCode: "k"}
	require.NoError(t, c.Study.ReportProgress(t.Context(), report))
	assert.Empty(t, report.PlatformCode)
	list := courses()
	list[0].PlatformCode = ""
	require.NoError(t, c.Courses.Push(t.Context(), list))
	assert.Empty(t, list[0].PlatformCode)
	data := members(t, p.bodies[1])["data"].([]any)
	assert.Equal(t, "from-config", data[0].(map[string]any)["studyPlatformCode"])
	assert.Equal(t, upper, data[1].(map[string]any)["studyPlatformCode"], "a code that is given stays")
}

func TestPlatformCode(t *testing.T) {
	for name, tt := range map[string]struct{ request, config, login, want string }{
		"the request's": {"r", "c", "l", "r"},
		"Config's":      {"", "c", "l", "c"},
		"the login's":   {"", "", "l", "l"},
		"none":          {"", "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlatform(t, answers(200, fixture(t, "ok.json")))
			p.login = answers(200, fmt.Sprintf(`{"returnCode":"0","returnData":{"acceptToken":"t","studyPlatformCode":%q}}`, tt.login))
			cfg := config()
			cfg.PlatformCode = tt.config
			err := newClient(t, p, cfg).Study.End(t.Context(), &supervision.EndStudyRequest{
				PlatformCode: tt.request, ResCode: "r", StudentUserCode: "s", ClassCode: "c",
			})
			if tt.want == "" {
				assert.Equal(t, "PlatformCode", asFieldError(t, err).Field)
				assert.Empty(t, p.bodies)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.want, members(t, p.bodies[0])["data"].(map[string]any)["studyPlatformCode"])
		})
	}
}

func TestOptionalFieldsAreLeftOut(t *testing.T) {
	cfg := config()
	cfg.PlatformCode = "p"
	p := newPlatform(t, answers(200, fixture(t, "ok.json")))
	c := newClient(t, p, cfg)
	require.NoError(t, c.Study.Start(t.Context(), &supervision.StudyRequest{ResCode: "r", StudentUserCode: "s", ClassCode: "c", CourseCode: "k"}))
	require.NoError(t, c.Study.ReportProgress(t.Context(), &supervision.ProgressReport{ResCode: "r", StudentUserCode: "s", ClassCode: "c", CourseCode: "k"}))
	require.NoError(t, c.Business.PushTeacher(t.Context(), &supervision.Teacher{
		StudyPlatformAPIURL: "https://p", TeaCode: "t", TeaName: "n", OrgCode: "o", TeaCard: "c", Mobile: "m",
	}))
	var got []string
	for _, body := range p.bodies {
		_, data, found := strings.Cut(body, `,"data":`)
		require.True(t, found)
		got = append(got, strings.TrimSuffix(data, "}"))
	}
	assert.Equal(t, []string{
		`{"studyPlatformCode":"p","resCode":"r","studentUserCode":"s","classCode":"c","courseCode":"k"}`,
		`{"studyPlatformCode":"p","resCode":"r","playTime":0,"progressTime":0,"studentUserCode":"s","classCode":"c","courseCode":"k"}`,
		`{"studyPlatformApiUrl":"https://p","teaCode":"t","teaName":"n","orgCode":"o","teaCard":"c","mobile":"m"}`,
	}, got)
}

func TestAddressesGoOutAsTheyAre(t *testing.T) {
	c, p := mocked(t, answers(200, fixture(t, "ok.json")))
	require.NoError(t, c.Students.UpdatePhoto(t.Context(), "i", "https://files.example.com/a.jpg?x=<1>&y=2"))
	assert.Contains(t, p.bodies[0], `"https://files.example.com/a.jpg?x=<1>&y=2"`)
}

func TestPathsCanBeReplaced(t *testing.T) {
	cfg := config()
	cfg.Paths = map[string]string{"Study.Start": "/api/startStudy", "Login": "api/v2/thlogin"}
	var paths []string
	p := newPlatform(t, nil)
	p.answer = func(r *http.Request) (*http.Response, error) {
		paths = append(paths, r.URL.Path)
		return answers(200, fixture(t, "ok.json"))(r)
	}
	login := p.login
	p.login = func(r *http.Request) (*http.Response, error) {
		paths = append(paths, r.URL.Path)
		return login(r)
	}
	c := newClient(t, p, cfg)
	cfg.Paths["Study.Start"] = "/changed/afterwards"
	require.NoError(t, c.Study.Start(t.Context(), &supervision.StudyRequest{ResCode: "r", StudentUserCode: "s", ClassCode: "c", CourseCode: "k"}))
	require.NoError(t, c.Study.End(t.Context(), &supervision.EndStudyRequest{ResCode: "r", StudentUserCode: "s", ClassCode: "c"}))
	assert.Equal(t, []string{"/api/v2/thlogin", "/api/startStudy", "/api/v1/endStudy"}, paths)
}

func TestSuccessCodes(t *testing.T) {
	for name, tt := range map[string]struct {
		codes []string
		body  string
		code  string // of the failure
	}{
		"0 by default":      {nil, `{"returnCode":"0"}`, ""},
		"1 is none":         {nil, `{"returnCode":"1"}`, "1"},
		"00 is none":        {nil, `{"returnCode":"00"}`, "00"},
		"1 if told so":      {[]string{"0", "1"}, `{"returnCode":1}`, ""},
		"and 0 still is":    {[]string{"0", "1"}, `{"returnCode":0}`, ""},
		"only what is told": {[]string{"200"}, `{"returnCode":"0"}`, "0"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config()
			cfg.SuccessCodes = tt.codes
			p := newPlatform(t, answers(200, tt.body))
			p.login = answers(200, `{"returnCode":"0","returnData":{"acceptToken":"t"}}`)
			_, err := newClient(t, p, cfg).Business.ClassRecords(t.Context(), "c")
			if tt.code == "" {
				assert.NoError(t, err)
				return
			}
			assert.Equal(t, tt.code, asError(t, err).Code)
		})
	}
}

// Part 1 knows one success: there, "1" is a failure (1.2) or a student who is not
// online (1.5), whatever part 2 says.
func TestSuccessCodesOfPartOne(t *testing.T) {
	for _, op := range operations {
		if strings.HasPrefix(op.op, "Business.") {
			continue
		}
		t.Run(op.op, func(t *testing.T) {
			cfg := config()
			cfg.SuccessCodes, cfg.PlatformCode = []string{"0", "1"}, "p"
			p := newPlatform(t, answers(200, `{"returnCode":"1","returnMsg":"认证失败"}`))
			p.login = answers(200, `{"returnCode":"0","returnData":{"acceptToken":"t"}}`)
			_, err := op.call(t.Context(), newClient(t, p, cfg))
			assert.Equal(t, "1", asError(t, err).Code)
		})
	}
}

func TestDeviceOfAndroid(t *testing.T) {
	for id, want := range map[string]string{
		"ac:de:48:00:11:22": "acde48001122", "AC-DE-48-00-11-22": "ACDE48001122", "acde48001122": "acde48001122",
		"9774d56d682e549c": "9774d56d682e549c", "ac:de:48": "", "ac:de:48:00:11:2g": "", "a:b": "",
	} {
		t.Run(id, func(t *testing.T) {
			var sent struct{ Headers struct{ DeviceID string } }
			p := newPlatform(t, func(r *http.Request) (*http.Response, error) {
				require.NoError(t, json.NewDecoder(r.Body).Decode(&sent))
				return answers(200, `{"returnCode":"0"}`)(r)
			})
			c := newClient(t, p, config()).WithDevice(supervision.Device{Type: supervision.TypeAndroid, ID: id})
			err := c.Students.Authenticate(t.Context(), "110101199003070013", "张三")
			if want == "" {
				var f *edusdk.FieldError
				require.ErrorAs(t, err, &f)
				assert.Equal(t, "Device.ID", f.Field)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, want, sent.Headers.DeviceID)
		})
	}
}

func TestMisspellings(t *testing.T) {
	cfg := config()
	cfg.Misspellings = true
	p := newPlatform(t, answers(200, fixture(t, "ok.json")))
	c := newClient(t, p, cfg)
	list := courses()
	list[1].ChapterList[0].ChapterCode = `a "chapterCode":"b" \`
	require.NoError(t, c.Courses.Push(t.Context(), list))
	_, err := c.Classes.Push(t.Context(), class())
	require.NoError(t, err)

	first := members(t, p.bodies[0])["data"].([]any)[1].(map[string]any)["chapterList"].([]any)[0].(map[string]any)
	assert.Equal(t, `a "chapterCode":"b" \`, first["chapterCode"])
	assert.Equal(t, `a "chapterCode":"b" \`, first["chapetCode"])
	for i, want := range []int{4, 2} {
		assert.Equal(t, want, strings.Count(p.bodies[i], `,"chapetCode":"`))
		assert.Len(t, regexp.MustCompile(`[{,]"chapterCode":`).FindAllString(p.bodies[i], -1), want)
	}
}

func TestCall(t *testing.T) {
	p := newPlatform(t, answers(200, `{"returnCode":"0","returnMsg":"success","extra":"7","returnData":{"list":["a"]}}`))
	c := newClient(t, p, config())
	var out struct {
		Extra int `json:"extra"`
		Data  struct {
			List []string `json:"list"`
		} `json:"returnData"`
	}
	require.NoError(t, c.Call(t.Context(), http.MethodPost, "/api/v1/other", map[string]string{"a": "1"}, &out))
	assert.Equal(t, 7, out.Extra)
	assert.Equal(t, []string{"a"}, out.Data.List)
	require.NoError(t, c.Call(t.Context(), http.MethodPost, "api/user/v1/other", nil, nil))

	first, second := members(t, p.bodies[0]), members(t, p.bodies[1])
	assert.Equal(t, map[string]any{"a": "1"}, first["data"])
	assert.Equal(t, token, first["headers"].(map[string]any)["userToken"])
	assert.Equal(t, map[string]any{}, second["data"])
	assert.Equal(t, token, second["headers"].(map[string]any)["user_token"])

	p.answer = answers(200, `{"returnCode":"9","returnMsg":"no"}`)
	err := c.Call(t.Context(), http.MethodPost, "/api/v1/other", nil, nil)
	assert.Equal(t, "9", asError(t, err).Code)
	p.answer = answers(200, `{"returnCode":"0","extra":"x"}`)
	err = c.Call(t.Context(), http.MethodPost, "/api/v1/other", nil, &out)
	assert.ErrorIs(t, err, edusdk.ErrMalformedResponse)
	assert.True(t, edusdk.MaybeApplied(err))
}

func TestAll(t *testing.T) {
	page := func(no, total int, codes ...string) string {
		list := make([]string, len(codes))
		for i, c := range codes {
			list[i] = fmt.Sprintf(`{"courseCode":%q}`, c)
		}
		return fmt.Sprintf(`{"returnCode":"0","pageNo":%d,"pageSize":2,"totalPage":"%d","data":[%s]}`, no, total, strings.Join(list, ","))
	}
	for name, tt := range map[string]struct {
		pages []string
		want  []string
		err   string
		calls int
	}{
		"three pages":          {[]string{page(1, 3, "a", "b"), page(2, 3, "c", "d"), page(3, 3, "e")}, []string{"a", "b", "c", "d", "e"}, "", 3},
		"one page":             {[]string{page(1, 1, "a")}, []string{"a"}, "", 1},
		"no courses":           {[]string{page(1, 0)}, nil, "", 1},
		"a code that repeats":  {[]string{page(1, 2, "a", "a"), page(2, 2, "a")}, []string{"a", "a", "a"}, "", 2},
		"an empty page":        {[]string{page(1, 3, "a"), page(2, 3)}, []string{"a"}, "does not advance", 2},
		"an empty last page":   {[]string{page(1, 2, "a"), page(2, 2)}, []string{"a"}, "", 2},
		"a page that repeats":  {[]string{page(1, 900, "a", "b"), page(1, 900, "a", "b")}, []string{"a", "b"}, "does not advance", 2},
		"a page that grows":    {[]string{page(1, 2, "a"), page(2, 3, "b"), page(3, 3, "c")}, []string{"a", "b", "c"}, "", 3},
		"a failure in between": {[]string{page(1, 3, "a"), `{"returnCode":"5","returnMsg":"no"}`}, []string{"a"}, "5: no", 2},
	} {
		t.Run(name, func(t *testing.T) {
			var turns []string
			p := newPlatform(t, nil)
			p.answer = func(r *http.Request) (*http.Response, error) {
				turns = append(turns, "")
				return answers(200, tt.pages[min(len(turns), len(tt.pages))-1])(r)
			}
			var got []string
			var failed error
			for c, err := range newClient(t, p, config()).Courses.All(t.Context(), 2) {
				if err != nil {
					failed = err
					assert.Nil(t, c)
					break
				}
				got = append(got, c.CourseCode)
			}
			assert.Equal(t, tt.want, got)
			assert.Len(t, turns, tt.calls)
			for i, body := range p.bodies {
				assert.Contains(t, body, fmt.Sprintf(`"data":{"pageNo":%d,"pageSize":2}`, i+1))
			}
			if tt.err == "" {
				assert.NoError(t, failed)
				return
			}
			assert.ErrorContains(t, failed, tt.err)
			assert.Equal(t, "Courses.Pull", asError(t, failed).Op)
		})
	}

	t.Run("left early", func(t *testing.T) {
		c, p := mocked(t, answers(200, page(1, 9, "a", "b")))
		for range c.Courses.All(t.Context(), 2) {
			break
		}
		assert.Len(t, p.bodies, 1)
	})
}

func TestHostileAnswers(t *testing.T) {
	deep := strings.Repeat(`{"chapterList":[`, 5000) + strings.Repeat(`]}`, 5000)
	c, _ := mocked(t, answers(200, `{"returnCode":"0","data":[`+deep+`]}`))
	_, err := c.Courses.Pull(t.Context(), 1, 1)
	assert.ErrorIs(t, err, edusdk.ErrMalformedResponse)
	assert.ErrorContains(t, err, "deeper than 64 levels")
}

func TestAnswersOfManySmallElements(t *testing.T) {
	c, _ := mocked(t, answers(200, `{"returnCode":"0","returnData":[1`+strings.Repeat(`,1`, 9999)+`]}`))
	var out struct {
		Data []int `json:"returnData"`
	}
	require.NoError(t, c.Call(t.Context(), http.MethodPost, "/api/v1/other", nil, &out))
	assert.Len(t, out.Data, 10_000)
}

// Chapters that decode themselves would decode what is in them twice over.
func TestDeepChaptersCostNoMoreThanTheirLength(t *testing.T) {
	body := `[]`
	for i := range 30 {
		body = fmt.Sprintf(`[{"chapterSort":%s,"chapterList":%s}]`, []string{`"1"`, `1`}[i%2], body)
	}
	var c supervision.Course
	allocs := testing.AllocsPerRun(1, func() { require.NoError(t, json.Unmarshal([]byte(`{"chapterList":`+body+`}`), &c)) })
	assert.Less(t, allocs, 2000.0)
	depth := 0
	for list := c.ChapterList; len(list) > 0; list = list[0].ChapterList {
		assert.Equal(t, 1, list[0].ChapterSort)
		depth++
	}
	assert.Equal(t, 30, depth)
}

func TestDeviceIDs(t *testing.T) {
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for range 1000 {
		id := supervision.DeviceID()
		assert.Regexp(t, uuid, id)
		assert.False(t, seen[id], "each is new")
		seen[id] = true
	}
	for mac, want := range map[string]string{"ac:de:48:00:11:22": "acde48001122", "AC-DE-48-00-11-22": "ACDE48001122", "acde48001122": "acde48001122"} {
		got, err := supervision.MACDeviceID(mac)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for _, mac := range []string{"", "acde480011223344", "ac:de:48:00:11", "acde.4800.1122", "ac:de:48:00:11:zz"} {
		got, err := supervision.MACDeviceID(mac)
		assert.Empty(t, got)
		assert.Equal(t, "mac", asFieldError(t, err).Field)
	}
}
