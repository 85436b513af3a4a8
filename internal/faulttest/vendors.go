package faulttest

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/recorded"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/zjy"
)

// vendor is what the tests have to be told of a vendor. Its operations are
// found: every method, of what open returns and of the services in its exported
// fields, whose first parameter is a context.
//
// What its servers answer to a success stands under testdata/<name>: in
// default.json, an object that has the payloads of all operations at once, and
// for the paths that want another answer in a file of the path's name, with
// underscores for slashes.
type vendor struct {
	name string // of its package
	// open returns the client of an address and, where some operation is
	// reached in another way, something more whose methods are those
	// operations. Tokens come from the store; vendors without a login do not
	// care.
	open func(base string, store edusdk.TokenStore, opts []edusdk.Option) ([]any, error)
	// examples are arguments by their types; a func() T makes one anew for
	// each call.
	examples []any
	// calls are the calls of methods whose arguments do not follow from their
	// types: without the context. An argument that is a link of the vendor's is a
	// func(address) T, and address among what open returns.
	calls map[string][]call
	// several are methods that make several calls, whose outcome the table does not
	// have, and the test that has it.
	several map[string]string

	// login is the path of the login that goes before the others, "" where
	// there is none.
	login string
	// The vendor's own words for failures; "" where it has none of this sort.
	rejected      string      // of the request,
	kind          edusdk.Kind // which is this,
	loginKind     edusdk.Kind // or this where it is of a login; 0 for the same
	tokenRejected string
	clockRejected string
}

type call struct {
	name string // "" where a method has one call only
	args []any  // nil for a nil interface
}

// address is that of a server.
type address string

// basics are the examples for all vendors.
var basics = []any{"canary-example-1", int(1), int64(1), 2 * time.Hour, time.Date(2030, 5, 1, 8, 0, 0, 0, time.UTC)}

// escape is how Call is called: get counts as reading, and post as creating.
func escape(methods ...string) []call {
	var calls []call
	for _, m := range methods {
		calls = append(calls, call{m, []any{m, "api/other", nil, nil}})
	}
	return calls
}

var vendors = []vendor{
	{
		name: "duobeiyun",
		open: func(base string, _ edusdk.TokenStore, opts []edusdk.Option) ([]any, error) {
			c, err := duobeiyun.New(duobeiyun.Config{Partner: "canary-partner", AppKey: "canary-app-key", BaseURL: base}, opts...)
			return []any{c, address(base)}, err
		},
		examples: []any{
			&duobeiyun.CreateRoomRequest{
				Title: "canary 数学课", StartTime: time.Date(2030, 5, 1, 8, 0, 0, 0, time.UTC), Length: 2 * time.Hour, Type: duobeiyun.OneToMany,
			},
			&duobeiyun.ListRoomsRequest{Title: "canary 数学"},
			&duobeiyun.ListDocumentsRequest{Name: "canary 数学"},
			&duobeiyun.UploadedRequest{Name: "canary-lesson.pdf", Size: 158 << 10},
			&duobeiyun.EnterRequest{RoomID: "canary-jz1", UID: "canary-u1", Nickname: "canary 张三", Role: duobeiyun.RoleStudent},
			&duobeiyun.WeixinLiveRequest{RoomID: "canary-jz1", TeacherName: "canary 李四", TeacherBrief: "canary 老师", Description: "canary 数学课"},
		},
		calls: map[string][]call{
			"Call": escape("GET", "POST"),
			"Documents.Upload": {
				{"of a reader at offsets", []any{func() *duobeiyun.UploadRequest { return upload(strings.NewReader(lesson)) }}},
				{"of a reader that rewinds", []any{func() *duobeiyun.UploadRequest {
					return upload(struct{ io.ReadSeeker }{strings.NewReader(lesson)})
				}}},
			},
			"Documents.UploadFile": {{args: []any{here("testdata", "lesson.pdf")}}},
			"Rooms.FetchChatLog": {{args: []any{func(base address) *duobeiyun.ChatLog {
				return &duobeiyun.ChatLog{Success: true, DownloadURL: string(base) + "/jz1/chat.json?e=1481334698&token=canary-token-1"}
			}}}},
		},
		several:  map[string]string{"Rooms.AddDocument": "TestFaultsInTheMidstOfAMethod"},
		rejected: `{"success": false, "error": "room is not exists"}`, kind: edusdk.ErrNotFound,
		clockRejected: `{"success": false, "error": "app_timestamp_out_date_error"}`,
	},
	{ //nolint:gosec // the credentials are canaries
		name: "douyin",
		open: func(base string, store edusdk.TokenStore, opts []edusdk.Option) ([]any, error) {
			login := douyin.ClientCredentialConfig{AppID: "canary-app-1", Secret: "canary-secret", Endpoint: base + "/api/apps/v2/token", Options: opts}
			shared := login
			shared.Store = store
			c, err := douyin.New(douyin.Config{AppID: "canary-app-1", Token: douyin.ClientCredential(shared), BaseURL: base}, opts...)
			return []any{c, douyinLogin{douyin.ClientCredential(login)}}, err
		},
		calls:    map[string][]call{"Call": escape("POST")},
		login:    "/api/apps/v2/token",
		rejected: `{"err_no": 28001007, "err_msg": "参数不合法"}`, kind: edusdk.ErrInvalidArgument,
		tokenRejected: `{"err_no": 28001008, "err_msg": "access_token 过期"}`,
	},
	{ //nolint:gosec // the credentials are canaries
		name: "supervision",
		open: func(base string, store edusdk.TokenStore, opts []edusdk.Option) ([]any, error) {
			c, err := supervision.New(supervision.Config{
				BaseURL: base, Account: "canary-account", Password: "canary-password", PlatformCode: "canary-platform-1", TokenStore: store,
				Device:       supervision.Device{Type: supervision.TypePC, ID: "canary-device-1"},
				TokenExpired: func(code, _ string) bool { return code == "1005" },
			}, opts...)
			return []any{c}, err
		},
		examples: []any{
			&supervision.StudyRequest{ResCode: "canary-video-1", StudentUserCode: "canary-student-1", ClassCode: "canary-class-1", CourseCode: "canary-course-1"},
			&supervision.EndStudyRequest{ResCode: "canary-video-1", StudentUserCode: "canary-student-1", ClassCode: "canary-class-1"},
			&supervision.RecordingRequest{
				ResCode: "canary-video-1", StudentUserCode: "canary-student-1", ClassCode: "canary-class-1", CourseCode: "canary-course-1",
				RecordVideoURL: "https://canary.example.com/canary-recording.mp4",
			},
			&supervision.ProgressReport{
				ResCode: "canary-video-1", StudentUserCode: "canary-student-1", ClassCode: "canary-class-1", CourseCode: "canary-course-1",
				PlayTime: 2 * time.Minute, ProgressTime: time.Minute,
			},
			&supervision.CheckRequest{ResCode: "canary-video-1", StudentUserCode: "canary-student-1", ClassCode: "canary-class-1"},
			&supervision.FaceRequest{ResCode: "canary-video-1", StudentUserCode: "canary-student-1", ClassCode: "canary-class-1", BizCode: "canary-biz-code-1", Image: face},
			&supervision.SubmitCodeRequest{BizCode: "canary-biz-code-1", VerificationCode: "canary-5763"},
			&supervision.Class{
				ClassCode: "canary-class-1", OrgCode: "canary-organisation-1", OrgName: "canary 示例培训机构", TrainClassName: "canary 家政服务培训5班", WorkName: "canary 家政服务员",
				Courses: classCourses, Students: []supervision.ClassStudent{{
					CardNo: "canary-110101199003070013", StudentUserCode: "canary-student-1", StudentName: "canary 张三丰", StudentPhone: "canary-13800138000",
					ErcunPhotos: "https://canary.example.com/canary-photo.jpg",
				}},
			},
			[]supervision.Course{{
				CourseName: "canary 家政服务", CourseCode: "canary-course-1", WorkName: "canary 家政服务员", CoursePoster: "https://canary.example.com/canary-poster.jpg",
				ChapterList: []supervision.Chapter{{
					ChapterName: "canary 第一章", ChapterCode: "canary-chapter-1", ParentChapterCode: "canary-course-1", SectionList: []supervision.Section{{
						SectionName: "canary 第一节", SectionCode: "canary-section-1", ParentSectionCode: "canary-chapter-1", SectionSourceList: []supervision.Source{{
							ResName: "canary 入门", ResCode: "canary-video-1", VideoURL: "https://canary.example.com/canary-1.mp4",
						}},
					}},
				}},
			}},
			&supervision.Teacher{TeaCode: "canary-teacher-1", TeaName: "canary 王五明", OrgCode: "canary-organisation-1", TeaCard: "canary-110101198512250033", Mobile: "canary-13800138001"},
			&supervision.BusinessCourse{
				CourseName: "canary 家政服务", CoursePoster: "https://canary.example.com/canary-poster.jpg", SectionList: []supervision.BusinessSection{{
					SectionName: "canary 第一章", SectionSourceList: []supervision.BusinessSource{{ChapterName: "canary 第一节", VideoURL: "https://canary.example.com/canary-1.mp4"}},
				}},
			},
			[]supervision.BusinessStudent{{StuCode: "canary-student-1", StuName: "canary 张三丰", StuCard: "canary-110101199003070013", Mobile: "canary-13800138000"}},
			&supervision.BusinessClass{
				ClassCode: "canary-class-1", OrgCode: "canary-organisation-1", OrgName: "canary 示例培训机构", TrainClassName: "canary 家政服务培训5班", Courses: classCourses,
				Students: []supervision.BusinessClassStudent{{
					CardNo: "canary-110101199003070013", StudentCode: "canary-student-1", StudentName: "canary 张三丰", ErcunPhotos: "https://canary.example.com/canary-photo.jpg",
				}},
			},
		},
		calls: map[string][]call{
			"Call":                 escape("POST"),
			"Students.UpdatePhoto": {{args: []any{"canary-110101199003070013", "https://canary.example.com/canary-photo.jpg"}}},
		},
		login:    "/api/v1/thlogin",
		rejected: `{"returnCode": "2002", "returnMsg": "该学员未开始学习该资源"}`, kind: edusdk.ErrUnknown, loginKind: edusdk.ErrUnauthenticated,
		tokenRejected: `{"returnCode": "1005", "returnMsg": "用户token无效或已过期"}`,
	},
	{
		name: "zjy",
		open: func(base string, _ edusdk.TokenStore, opts []edusdk.Option) ([]any, error) {
			c, err := zjy.New(zjy.Config{Auth: "canary-cookie-value", BaseURL: base}, opts...)
			return []any{c}, err
		},
		examples: []any{
			zjy.CellRef{CourseOpenID: "canary-c1", OpenClassID: "canary-o1", CellID: "canary-s1", ModuleID: "canary-m1"},
			&zjy.ProgressLog{
				CellRef: zjy.CellRef{CourseOpenID: "canary-c1", OpenClassID: "canary-o1", CellID: "canary-s1"}, StudyNewlyTime: 1.5, Token: "canary-token-1",
			},
			zjy.WithBound(2),
		},
		calls:    map[string][]call{"Call": escape("GET", "POST")},
		rejected: `{"code": -16, "msg": "请输入验证码"}`, kind: edusdk.ErrFailedPrecondition,
	},
	{
		name: "recorded",
		open: func(base string, _ edusdk.TokenStore, opts []edusdk.Option) ([]any, error) {
			c, err := recorded.New(recorded.Config{BaseURL: base}, opts...)
			return []any{c}, err
		},
		calls:    map[string][]call{"Call": escape("GET", "POST")},
		rejected: `{"code": 500, "msg": "失败"}`, kind: edusdk.ErrUnknown,
	},
}

var lesson = strings.Repeat("content ", 20_000)

func upload(content io.Reader) *duobeiyun.UploadRequest {
	return &duobeiyun.UploadRequest{Name: "canary-lesson.pdf", Content: content}
}

// face is the smallest PNG that says how large it is.
var face = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU")

// classCourses are courses of a class of the supervision platform's.
var classCourses = []supervision.ClassCourse{{
	CourseCode: "canary-course-1", Title: "canary 家政服务", Children: []supervision.ClassChapter{{
		ChapterCode: "canary-chapter-1", Title: "canary 第一章", Children: []supervision.ClassResource{{
			ResCode: "canary-video-1", ResType: "TYPE_VIDEO", Title: "canary 入门", VideoURL: "https://canary.example.com/canary-1.mp4",
		}},
	}},
}}

// douyinLogin logs in with every call.
type douyinLogin struct{ source douyin.TokenSource }

func (l douyinLogin) Login(ctx context.Context) error {
	token, err := l.source.Token(ctx)
	if err != nil {
		return err
	}
	return l.source.Invalidate(ctx, token.Value)
}

func (l douyinLogin) CloseIdleConnections() {
	l.source.(interface{ CloseIdleConnections() }).CloseIdleConnections()
}

// loggedIn is a TokenStore in which there is a token always.
type loggedIn struct{}

func (loggedIn) Load(context.Context, string) (edusdk.Token, error) {
	return edusdk.Token{Value: "canary-token-1", Expires: time.Now().Add(24 * time.Hour)}, nil
}
func (loggedIn) Save(context.Context, string, edusdk.Token) error { return nil }
func (loggedIn) Delete(context.Context, string, string) error     { return nil }

// answer returns what the vendor answers to a success.
func (v *vendor) answer(path string) string {
	name := strings.ReplaceAll(strings.Trim(path, "/"), "/", "_")
	matches, _ := filepath.Glob(here("testdata", v.name, name+".*"))
	if len(matches) == 0 {
		matches = []string{here("testdata", v.name, "default.json")}
	}
	body, err := os.ReadFile(matches[0]) //nolint:gosec // tests name the paths
	if err != nil {
		return err.Error()
	}
	return string(body)
}

// here returns the path of a file of this package's folder, for tests of whatever
// package.
func here(elem ...string) string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(append([]string{filepath.Dir(file)}, elem...)...)
}
