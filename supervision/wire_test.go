package supervision_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
)

// operation is a section of the document: what is called, what goes over the
// wire, and what the sample answer becomes.
type operation struct {
	op      string
	path    string
	request string // the document's sample, mended as vendors need it
	answer  string
	call    func(context.Context, *supervision.Client) (any, error)
	want    any
	payload string // what a success must have
	create  bool   // never repeated once it may have arrived
	target  []byte // an image that goes out as base64
}

// The codes of the document's samples.
const (
	platform8 = "08d924a98b244f368d8b1360dd16ce09"
	code9     = "096924a98b244f368d8b1360dd16ce09"
	code5     = "05a924a98b244f368d8b1360dd16ce09"
	codeA     = "acbcf014f50741b5a6d41ef341918f1f"
	bizCode   = "9b8308023c7646c681f83fd86a4d1c26"
	upper     = "3dkff54kk3343kr56rew3loodkciewoe1"
	photo     = "http://files.example.com/f0.jpg"
)

func nothing(err error) (any, error) { return nil, err }

func source(name, code string, sort int) supervision.Source {
	return supervision.Source{ResName: name, ResCode: upper[:32] + code, VideoURL: "http://files.example.com/f0.mp4", ResSort: sort, Duration: 50 * time.Second}
}

func section(name string, sources ...supervision.Source) supervision.Section {
	return supervision.Section{
		SectionName: name, SectionCode: upper[:32] + "3", ParentSectionCode: upper[:32] + "2", SectionSort: 1, SectionSourceList: sources,
	}
}

func course(name string, chapters ...supervision.Chapter) supervision.Course {
	return supervision.Course{
		PlatformCode: upper, CourseName: name, CourseCode: upper, WorkName: "工种名称", CoursePoster: photo, ChapterList: chapters,
	}
}

func chapter(name string, sections ...supervision.Section) supervision.Chapter {
	return supervision.Chapter{
		ChapterName: name, ChapterCode: upper[:32] + "2", ParentChapterCode: upper, ChapterSort: 1, SectionList: sections,
	}
}

// courses are those of the document's samples; second is what the first course
// has more of in that of 1.14.
func courses(second ...supervision.Source) []supervision.Course {
	return []supervision.Course{
		course("课程1",
			chapter("课程1第1章",
				section("课程1第1章第1节", source("课程1第1章第1节第1资源", "4", 1), source("课程1第1章第1节第2资源", "5", 2)),
				section("课程1第1章第2节", append([]supervision.Source{source("课程1第1章第2节第1资源", "4", 1)}, second...)...)),
			supervision.Chapter{
				ChapterName: "课程1第2章", ChapterCode: "3dkff54kk3343kr56rew3loodkciewoew",
				ParentChapterCode: "432r54kk3343kr56rew3loodkciewoew", ChapterSort: 1,
				ChapterList: []supervision.Chapter{chapter("课程1第2章",
					section("课程1第2章第1节", source("课程1第2章第1节第1资源", "4", 1)),
					section("课程1第2章第2节", source("课程1第2章第2节第1资源", "4", 1)))},
			}),
		course("课程2", chapter("课程2第1章",
			section("课程2第1章第1节", source("课程2第1章第1节第1资源", "4", 1)),
			section("课程2第1章第2节", source("课程2第1章第2节第1资源", "4", 1)))),
	}
}

func classCourses() []supervision.ClassCourse {
	c := supervision.ClassCourse{
		CourseCode: "ce7114fca7d6477fbb4f40fefa29bccb", Title: "电商运营管理(专业课课程包)",
		Children: []supervision.ClassChapter{{
			ChapterCode: "3ccd4ef7e1c347af9a94c33705b458f0", Title: "第一部分", Sort: 1,
			Children: []supervision.ClassResource{{
				ResCode: "5529a934cc4741678ddf76113c83c354", ResType: "TYPE_VIDEO", Title: "传统企业转型电商团队管理策略02", Sort: 1, Spread: true,
				VideoURL: "http://files.example.com/vPx8QaQYETQA.mov", VideoTimeLength: 1675 * time.Second, VideoShowTimeLength: "27分钟55秒",
			}, {
				ResCode: "c6226017f83948dab44b1b3d7ab21d05", ResType: "TYPE_VIDEO", Title: "如何打造好一只好的电商管理团队01", Sort: 2, Spread: true,
				VideoURL: "http://files.example.com/C46BQPEVTOEA.mov", VideoTimeLength: 2491 * time.Second, VideoShowTimeLength: "41分钟31秒",
			}},
		}},
	}
	return []supervision.ClassCourse{c, c}
}

func class() *supervision.Class {
	return &supervision.Class{
		ClassCode: "bf448ef96aff42beb30d39db8c5ba66e", OrgCode: "7c73005a757a4cb1abcf3315b81e70e4", OrgName: "机构名称",
		TrainClassName: "开创教育《家政服务培训》5班", WorkName: "焊工", RealNameAuthentication: true, StudyHourLimit: 8 * time.Hour,
		VideoOnHook: supervision.OnHookFace, TriggerType: supervision.TriggerInterval, TriggerValue: 15, VideoStartFace: true,
		FaceTimeLimit: 1, Courses: classCourses(),
		Students: []supervision.ClassStudent{{
			CardNo: "110101199003070013", StudentUserCode: "7574252d9cb4410d97f620fd3e45e83c", StudentName: "张三",
			StudentPhone: "13800138000", ErcunPhotos: photo,
		}, {
			CardNo: "110101199003070022", StudentUserCode: "315eed0d1e3847f28cb2a3419a037cde", StudentName: "李四",
			StudentPhone: "13800138000", ErcunPhotos: "http://files.example.com/f1.jpg",
		}},
	}
}

func student() supervision.BusinessStudent {
	return supervision.BusinessStudent{
		StuCode: "bf448ef96aff42beb30d39db8c5ba66e", StuName: "张三", StuCard: "110101199608150044", Mobile: "13800138001",
		ErcunPhotos: "http://files.example.com/dac32162-2f96-4170-aae0-28d46d242db7.jpg", Remark: "备注",
	}
}

var face = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU\x00\x00\x00\nIDATx\x9cc`\x00\x00\x00\x02\x00\x01H\xaf\xa4q\x00\x00\x00\x00IEND\xaeB`\x82")

var operations = []operation{
	{
		op: "Students.Authenticate", path: "/api/v1/authentication", request: "authenticate_request.json", answer: "ok.json",
		call: func(ctx context.Context, c *supervision.Client) (any, error) {
			return nothing(c.Students.Authenticate(ctx, "110101199003070013", "张三"))
		},
	},
	{
		op: "Study.Start", path: "/api/v1/startStudy", request: "start_request.json", answer: "ok.json", create: true,
		call: func(ctx context.Context, c *supervision.Client) (any, error) {
			return nothing(c.Study.Start(ctx, &supervision.StudyRequest{
				PlatformCode: platform8, ResCode: code9, StudentUserCode: code5, SectionCode: code5, ClassCode: code5, CourseCode: code5,
			}))
		},
	},
	{
		op: "Study.End", path: "/api/v1/endStudy", request: "end_request.json", answer: "ok.json", create: true,
		call: func(ctx context.Context, c *supervision.Client) (any, error) {
			return nothing(c.Study.End(ctx, &supervision.EndStudyRequest{
				PlatformCode: "acbcf014f50741b5a6d41ef34191834", ResCode: codeA, StudentUserCode: codeA, ClassCode: codeA,
			}))
		},
	},
	{
		op: "Checks.FaceConfig", path: "/api/v1/getFaceCompareConfig", request: "face_config_request.json", answer: "face_config_answer.json",
		call: func(ctx context.Context, c *supervision.Client) (any, error) {
			return c.Checks.FaceConfig(ctx, &supervision.CheckRequest{
				PlatformCode: platform8, ResCode: codeA, StudentUserCode: codeA, ClassCode: codeA,
			})
		},
		want: &supervision.FaceConfig{ExpiresTime: 5 * time.Minute, BizCode: bizCode}, payload: "returnData.bizCode",
	},
	{
		op: "Checks.CompareFace", path: "/api/v1/thirdFaceCompare", request: "face_request.json", answer: "face_answer.json", create: true, target: face,
		call: func(ctx context.Context, c *supervision.Client) (any, error) {
			return c.Checks.CompareFace(ctx, &supervision.FaceRequest{
				PlatformCode: platform8, StudentUserCode: code5, ResCode: code5, ClassCode: code5, BizCode: bizCode,
				VideoStudyTime: 20 * time.Second, Image: face,
			})
		},
		want: &supervision.FaceResult{Msg: "人脸比对通过！", Result: supervision.FaceMatched}, payload: "returnData.result",
	},
	{
		op: "Checks.Code", path: "/api/v1/getVerificationCode", request: "code_request.json", answer: "code_answer.json",
		call: func(ctx context.Context, c *supervision.Client) (any, error) {
			return c.Checks.Code(ctx, &supervision.CheckRequest{
				PlatformCode: platform8, ResCode: code5, StudentUserCode: code5, ClassCode: code5,
			})
		},
		want:    &supervision.VerificationCode{ExpiresTime: 5 * time.Minute, VerificationCode: "5763", BizCode: bizCode},
		payload: "returnData.verificationCode",
	},
	{
		op: "Checks.SubmitCode", path: "/api/v1/submitVerificationCode", request: "submit_code_request.json", answer: "ok.json", create: true,
		call: func(ctx context.Context, c *supervision.Client) (any, error) {
			return nothing(c.Checks.SubmitCode(ctx, &supervision.SubmitCodeRequest{
				PlatformCode: platform8, BizCode: code5, VerificationCode: code5, VideoStudyTime: 20 * time.Second,
			}))
		},
	},
	{
		op: "Study.SubmitRecording", path: "/api/v1/submitRecordVideoUrl", request: "recording_request.json", answer: "ok.json", create: true,
		call: func(ctx context.Context, c *supervision.Client) (any, error) {
			return nothing(c.Study.SubmitRecording(ctx, &supervision.RecordingRequest{
				PlatformCode: platform8, ResCode: code9, StudentUserCode: code5, SectionCode: code5, ClassCode: code5, CourseCode: code5,
				RecordVideoURL: "http://ddd.mp4",
			}))
		},
	},
	{
		op: "Study.ReportProgress", path: "/api/v1/studyHour", request: "progress_request.json", answer: "ok.json", create: true,
		call: func(ctx context.Context, c *supervision.Client) (any, error) {
			return nothing(c.Study.ReportProgress(ctx, &supervision.ProgressReport{
				PlatformCode: platform8, ResCode: code9, StudentUserCode: code5, SectionCode: code5, ClassCode: code5, CourseCode: code5,
				PlayTime: 205 * time.Second, ProgressTime: 50 * time.Second,
			}))
		},
	},
	{
		op: "Students.UpdatePhoto", path: "/api/v1/updateErcunPhotosUrl", request: "photo_request.json", answer: "ok.json",
		call: func(ctx context.Context, c *supervision.Client) (any, error) {
			return nothing(c.Students.UpdatePhoto(ctx, "110101199003070013", "http://files.example.com/14798765.jpg"))
		},
	},
	{
		op: "Classes.Push", path: "/api/v1/pushClassInfo", request: "push_class_request.json", answer: "push_class_answer.json", create: true,
		call: func(ctx context.Context, c *supervision.Client) (any, error) { return c.Classes.Push(ctx, class()) },
		want: &supervision.PushClassResult{PasswordRules: "身份证后六位", Accounts: []supervision.StudentAccount{
			{CardNo: "5529a934cc4741678ddf76113c83c354", StudentUserAccount: "lisi"},
			{CardNo: "5529a934cc4741678ddf76113c83c354", StudentUserAccount: "zhangsan"},
		}},
	},
	{
		op: "Courses.Push", path: "/api/v1/thirdCoursePush", request: "push_courses_request.json", answer: "ok.json", create: true,
		call: func(ctx context.Context, c *supervision.Client) (any, error) {
			return nothing(c.Courses.Push(ctx, courses()))
		},
	},
	{
		op: "Courses.Pull", path: "/api/v1/thirdCoursePull", request: "pull_courses_request.json", answer: "pull_courses_answer.json",
		call: func(ctx context.Context, c *supervision.Client) (any, error) { return c.Courses.Pull(ctx, 2, 20) },
		want: &supervision.CoursePage{
			PageNo: 1, PageSize: 1, TotalPage: 1, Courses: courses(source("课程1第1章第1节第2资源", "5", 2)),
		},
		payload: "data",
	},
	{
		op: "Business.PushTeacher", path: "/api/user/v1/teacherInfo", request: "teacher_request.json", answer: "ok.json", create: true,
		call: func(ctx context.Context, c *supervision.Client) (any, error) {
			return nothing(c.Business.PushTeacher(ctx, &supervision.Teacher{
				TeaCode: "bf448ef96aff42beb30d39db8c5ba66e", TeaName: "王五", DepCode: "58476c12002c45209f085a6069b1b310", DepName: "演示主管单位",
				OrgCode: "728e9b22d0174cec971a42edee99a664", TeaCard: "110101198512250033", Mobile: "13800138001", Remark: "备注",
			}))
		},
	},
	{
		op: "Business.PushCourse", path: "/api/course/v1/courseInfo", request: "course_request.json", answer: "ok.json", create: true,
		call: func(ctx context.Context, c *supervision.Client) (any, error) {
			return nothing(c.Business.PushCourse(ctx, &supervision.BusinessCourse{
				CourseName: "课程名称", CoursePoster: photo,
				SectionList: []supervision.BusinessSection{{SectionName: "第一章", SectionSort: 1, SectionSourceList: []supervision.BusinessSource{{
					ChapterName: "第一节", VideoURL: "http://files.example.com/f0.mp4", ChapterSort: 1, Duration: 50 * time.Second,
				}}}},
			}))
		},
	},
	{
		op: "Business.PushStudents", path: "/api/user/v1/studentInfo", request: "students_request.json", answer: "ok.json", create: true,
		call: func(ctx context.Context, c *supervision.Client) (any, error) {
			return nothing(c.Business.PushStudents(ctx, []supervision.BusinessStudent{student(), student()}))
		},
	},
	{
		op: "Business.PushClass", path: "/api/class/v1/pushClassInfo", request: "business_class_request.json", answer: "ok.json", create: true,
		call: func(ctx context.Context, c *supervision.Client) (any, error) {
			full := class()
			b := &supervision.BusinessClass{
				ClassCode: full.ClassCode, OrgCode: full.OrgCode, OrgName: full.OrgName, TrainClassName: full.TrainClassName, Courses: full.Courses,
			}
			for _, s := range full.Students {
				b.Students = append(b.Students, supervision.BusinessClassStudent{
					CardNo: s.CardNo, StudentCode: s.StudentUserCode, StudentName: s.StudentName, ErcunPhotos: s.ErcunPhotos,
				})
			}
			return nothing(c.Business.PushClass(ctx, b))
		},
	},
	{
		op: "Business.ClassRecords", path: "/api/class/v1/classStudentStudy", request: "records_request.json", answer: "records_answer.json",
		call: func(ctx context.Context, c *supervision.Client) (any, error) {
			return c.Business.ClassRecords(ctx, "276b44176f2b46fc88a4648daa191c6c")
		},
		want: []supervision.StudyRecord{
			{ClassCode: code5, UserCode: code5, CourseCode: code5, SectionCode: code5, ResCode: code5, PlayTime: 5 * time.Minute},
			{ClassCode: code5, UserCode: code5, CourseCode: code5, SectionCode: code5, ResCode: code5, PlayTime: 5 * time.Minute},
		},
	},
}

// platformCodes are what the samples name the learning platform, where the
// method does not ask for it.
var platformCodes = map[string]string{
	"Students.Authenticate": "05a924a98b244f368d8b1360dd16ce09",
	"Students.UpdatePhoto":  platform8,
}

func TestEveryOperationOnTheWire(t *testing.T) {
	for _, op := range operations {
		t.Run(op.op, func(t *testing.T) {
			p := newPlatform(t, nil)
			p.answer = func(r *http.Request) (*http.Response, error) {
				assert.Equal(t, http.MethodPost, r.Method)
				assert.Equal(t, base+op.path, r.URL.String())
				assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
				assert.Empty(t, r.Header.Get("Authorization"))
				return answers(200, fixture(t, op.answer))(r)
			}
			cfg := config()
			cfg.PlatformCode = platformCodes[op.op]
			got, err := op.call(t.Context(), newClient(t, p, cfg))
			require.NoError(t, err)
			assert.Equal(t, op.want, got)
			require.Len(t, p.bodies, 1)
			want := members(t, fixture(t, op.request))
			if op.target != nil {
				want["data"].(map[string]any)["target"] = base64.StdEncoding.EncodeToString(op.target)
			}
			assert.Equal(t, want, members(t, p.bodies[0]))
			assert.Equal(t, 1, p.logins)
		})
	}
}

func TestLoginOnTheWire(t *testing.T) {
	p := newPlatform(t, nil)
	sample := p.login
	p.login = func(r *http.Request) (*http.Response, error) {
		assert.Equal(t, http.MethodPost, r.Method)
		assert.Equal(t, base+"/api/v1/thlogin", r.URL.String())
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		want := members(t, fixture(t, "login_request.json"))
		want["data"] = map[string]any{"studyPlatformAcount": account, "passWord": password}
		assert.Equal(t, want, members(t, string(body)))
		return sample(r)
	}
	s, err := newClient(t, p, config()).Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, &supervision.Session{
		AcceptToken: token, PlatformCode: "343443", PlatformName: "343443", Expires: now.Add(2 * time.Hour),
	}, s)
}

func TestEveryOperationsFailures(t *testing.T) {
	for _, op := range operations {
		tests := map[string]struct {
			status int
			body   string
			kind   edusdk.Kind
			code   string
			msg    string
			maybe  bool // of a create
			tries  int  // of others
		}{
			"a code":                         {200, `{"returnCode":"7","returnMsg":"班级不存在"}`, edusdk.ErrUnknown, "7", "班级不存在", false, 1},
			"a code as a number":             {200, `{"returnCode":7,"returnMsg":"班级不存在","returnData":null}`, edusdk.ErrUnknown, "7", "班级不存在", false, 1},
			"a code of another kind of data": {200, `{"returnCode":"-1","returnMsg":"no","returnData":"oops","data":7}`, edusdk.ErrUnknown, "-1", "no", false, 1},
			"a code under a status":          {400, `{"returnCode":"400","returnMsg":"参数错误"}`, edusdk.ErrInvalidArgument, "400", "参数错误", false, 1},
			"no code":                        {200, `{"returnMsg":"success"}`, edusdk.ErrMalformedResponse, "", "", true, 2},
			"an empty code":                  {200, `{"returnCode":"","returnMsg":"success"}`, edusdk.ErrMalformedResponse, "", "", true, 2},
			"nothing":                        {200, ``, edusdk.ErrMalformedResponse, "", "", true, 2},
			"status 401":                     {401, `{}`, edusdk.ErrUnauthenticated, "", "", false, 1},
		}
		if op.payload != "" {
			tests["no payload"] = tests["no code"]
			row := tests["no payload"]
			row.body = `{"returnCode":"0","returnMsg":"success"}`
			tests["no payload"] = row
		}
		for name, tt := range tests {
			t.Run(op.op+"/"+name, func(t *testing.T) {
				cfg := config()
				cfg.PlatformCode = "p"
				p := newPlatform(t, answers(tt.status, tt.body))
				got, err := op.call(t.Context(), newClient(t, p, cfg))
				e := asError(t, err)
				assert.Zero(t, got)
				assert.Equal(t, "supervision", e.Vendor)
				assert.Equal(t, op.op, e.Op)
				assert.Equal(t, tt.kind, e.Kind, "%v", err)
				assert.Equal(t, tt.code, e.Code)
				assert.Equal(t, tt.msg, e.Message)
				assert.Equal(t, tt.status, e.HTTPStatus)
				tries := tt.tries
				if op.create {
					tries = 1
				}
				assert.Len(t, p.bodies, tries)
				assert.Equal(t, tries, e.Attempts)
				assert.Equal(t, tt.maybe && (e.Class == "upsert" || e.Class == "create"), edusdk.MaybeApplied(err))
				if name == "no payload" {
					assert.ErrorContains(t, err, "field "+op.payload+": is missing")
				}
			})
		}
	}
}

func TestLoginsThatFail(t *testing.T) {
	for name, tt := range map[string]struct {
		body string
		kind edusdk.Kind
		code string
	}{
		"refused":     {`{"returnCode":"1","returnMsg":"账号或密码错误"}`, edusdk.ErrUnauthenticated, "1"},
		"no token":    {`{"returnCode":"0","returnMsg":"success","returnData":{"studyPlatformCode":"p"}}`, edusdk.ErrMalformedResponse, ""},
		"empty token": {`{"returnCode":"0","returnMsg":"success","returnData":{"acceptToken":""}}`, edusdk.ErrMalformedResponse, ""},
		"web page":    {`<html></html>`, edusdk.ErrUnavailable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlatform(t, answers(200, fixture(t, "ok.json")))
			p.login = answers(200, tt.body)
			c := newClient(t, p, config())
			_, err := c.Login(t.Context())
			e := asError(t, err)
			assert.Equal(t, "Login", e.Op)
			assert.Equal(t, tt.kind, e.Kind)
			assert.Equal(t, tt.code, e.Code)

			err = c.Students.Authenticate(t.Context(), "110101199003070013", "张三")
			e = asError(t, err)
			assert.Equal(t, "Students.Authenticate", e.Op)
			assert.Equal(t, tt.kind, e.Kind)
			assert.Equal(t, tt.code, e.Code)
			assert.Zero(t, e.Attempts)
			assert.False(t, edusdk.MaybeApplied(err), "only the login was out")
			assert.Empty(t, p.bodies)
			cause := asError(t, errors.Unwrap(err))
			assert.Equal(t, "Login", cause.Op)
		})
	}
}

func TestVariantsOfAnswers(t *testing.T) {
	account := []supervision.StudentAccount{{CardNo: "110101199003070013", StudentUserAccount: "zhangsan"}}
	one := `{"cardNo":"110101199003070013","studentUserAccount":"zhangsan"}`
	page := &supervision.CoursePage{PageNo: 2, PageSize: 1, TotalPage: 3, Courses: []supervision.Course{{CourseCode: "c", CourseStatus: supervision.CourseChanged}}}
	for name, tt := range map[string]struct {
		answer string
		call   func(context.Context, *supervision.Client) (any, error)
		want   any
	}{
		"accounts in an object": {
			`{"returnCode":0,"returnData":{"passwordRules":"后六位","returnData":[` + one + `]}}`,
			func(ctx context.Context, c *supervision.Client) (any, error) { return c.Classes.Push(ctx, class()) },
			&supervision.PushClassResult{PasswordRules: "后六位", Accounts: account},
		},
		"accounts as data in an object": {
			`{"returnCode":0,"passwordRules":"后六位","returnData":{"data":[` + one + `]}}`,
			func(ctx context.Context, c *supervision.Client) (any, error) { return c.Classes.Push(ctx, class()) },
			&supervision.PushClassResult{PasswordRules: "后六位", Accounts: account},
		},
		"one account": {
			`{"returnCode":0,"returnData":` + one + `}`,
			func(ctx context.Context, c *supervision.Client) (any, error) { return c.Classes.Push(ctx, class()) },
			&supervision.PushClassResult{Accounts: account},
		},
		"no accounts": {
			`{"returnCode":0,"returnData":null}`,
			func(ctx context.Context, c *supervision.Client) (any, error) { return c.Classes.Push(ctx, class()) },
			&supervision.PushClassResult{},
		},
		"a page under returnData": {
			`{"returnCode":"0","returnData":{"pageNo":"2","pageSize":1,"totalPage":"3","data":[{"courseCode":"c","courseStatus":2}]}}`,
			func(ctx context.Context, c *supervision.Client) (any, error) { return c.Courses.Pull(ctx, 2, 1) },
			page,
		},
		"courses under returnData": {
			`{"returnCode":"0","pageNo":"2","pageSize":"1","totalPage":"3","returnData":[{"courseCode":"c","courseStatus":"2"}]}`,
			func(ctx context.Context, c *supervision.Client) (any, error) { return c.Courses.Pull(ctx, 2, 1) },
			page,
		},
		"no courses": {
			`{"returnCode":"0","pageNo":1,"totalPage":0,"data":[]}`,
			func(ctx context.Context, c *supervision.Client) (any, error) { return c.Courses.Pull(ctx, 1, 1) },
			&supervision.CoursePage{PageNo: 1, Courses: []supervision.Course{}},
		},
		"misspelt chapters": {
			`{"returnCode":"0","data":[{"chapterList":[{"chapetCode":"a","parentChapertCode":"b","chapterSort":7}]}]}`,
			func(ctx context.Context, c *supervision.Client) (any, error) { return c.Courses.Pull(ctx, 1, 1) },
			&supervision.CoursePage{Courses: []supervision.Course{{ChapterList: []supervision.Chapter{{ChapterCode: "a", ParentChapterCode: "b", ChapterSort: 7}}}}},
		},
		"a face that does not match": {
			`{"returnCode":"0","returnData":{"msg":"比对失败","result":"2"}}`,
			operations[4].call,
			&supervision.FaceResult{Msg: "比对失败", Result: supervision.FaceMismatch},
		},
		"a code as a picture": {
			`{"returnCode":"0","returnData":{"expiresTime":5,"verificationImagePath":"/code.png","bizCode":"b"}}`,
			operations[5].call,
			&supervision.VerificationCode{ExpiresTime: 5 * time.Minute, VerificationImagePath: "/code.png", BizCode: "b"},
		},
		"a code as a number": {
			`{"returnCode":"0","returnData":{"expiresTime":null,"verificationCode":5763,"bizCode":12}}`,
			operations[5].call,
			&supervision.VerificationCode{VerificationCode: "5763", BizCode: "12"},
		},
		"no records": {
			`{"returnCode":"0","returnData":{}}`,
			func(ctx context.Context, c *supervision.Client) (any, error) {
				return c.Business.ClassRecords(ctx, "c")
			},
			[]supervision.StudyRecord{},
		},
		"records with numbers": {
			`{"returnCode":"0","returnData":[{"playTime":300,"userCode":7}]}`,
			func(ctx context.Context, c *supervision.Client) (any, error) {
				return c.Business.ClassRecords(ctx, "c")
			},
			[]supervision.StudyRecord{{PlayTime: 5 * time.Minute, UserCode: "7"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := mocked(t, answers(200, tt.answer))
			got, err := tt.call(t.Context(), c)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

// A course and a class survive being written and read again, whatever is in
// them.
func TestRoundTrips(t *testing.T) {
	for _, want := range []any{&courses()[0], &courses()[0].ChapterList[1], class(), &classCourses()[0]} {
		text, err := json.Marshal(want)
		require.NoError(t, err)
		got := reflect.New(reflect.TypeOf(want).Elem()).Interface()
		require.NoError(t, json.Unmarshal(text, got))
		assert.Equal(t, want, got)
	}
}

func TestACodeWithoutItsBizCodeIsMalformed(t *testing.T) {
	c, _ := mocked(t, answers(200, `{"returnCode":"0","returnData":{"verificationCode":"5763"}}`))
	_, err := c.Checks.Code(t.Context(), &supervision.CheckRequest{ResCode: "r", StudentUserCode: "s", ClassCode: "c"})
	assert.ErrorIs(t, err, edusdk.ErrMalformedResponse)
	assert.ErrorContains(t, err, "returnData.bizCode: is missing")
}
