package supervisiontest

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// operation is an operation of the document: the client's name for it, its path
// without a slash in front, what its data has to be, and what it does.
type operation struct {
	op, path string
	business bool // of part 2
	handled  bool // by what a test has set, which takes any data
	data     rule // what the data has to be
	serve    func(*call) answer
}

// one is data that is an object, many is data that is an array of them.
func one(s *shape) rule  { return rule{kind: object, of: s} }
func many(s *shape) rule { return rule{kind: list, of: s} }

// tokenKey is under which key the token stands in the headers, "" where there is
// none.
func (o *operation) tokenKey() string {
	switch {
	case o.op == "Login":
		return ""
	case o.business:
		return "user_token"
	}
	return "userToken"
}

// carryOut checks the data of a request whose headers are right, and does what
// it asks for.
func (o *operation) carryOut(c *call) answer {
	if !o.handled {
		_, problem := o.data.check("data", c.in.data, 0)
		if problem != "" {
			return fail(CodeInvalidParameter, problem)
		}
		if code := textOf(c.in.data, "studyPlatformCode"); code != "" && code != c.account.PlatformCode {
			return fail(CodeWrongPlatform, "data.studyPlatformCode 与登录账号不符")
		}
	}
	return o.serve(c)
}

// call is a request that is carried out.
type call struct {
	*platform

	in      *incoming
	now     time.Time
	account *Account // that is logged in, nil for a login
}

// text returns a field of the request's data.
func (c *call) text(name string) string { return textOf(c.in.data, name) }

// answer is what an operation answers.
type answer struct {
	code, msg string
	fields    map[string]any // besides them
	ordered   bool           // by a test, in words of its own
}

// success is an answer without data.
func success(*call) answer { return answer{code: CodeSuccess, msg: "success"} }

// fail is the answer of a failure.
func fail(code, msg string) answer { return answer{code: code, msg: msg} }

// returnData is an answer with data.
func returnData(data any) answer {
	return answer{code: CodeSuccess, msg: "success", fields: map[string]any{"returnData": data}}
}

// output is an answer as it is written.
type output struct {
	status int
	code   string
	msg    string
	body   []byte

	refused bool
	problem string // as Request.Problem
}

// output writes an answer.
func (h *Handler) output(a answer, business bool) output {
	out := output{status: http.StatusOK, msg: a.msg, refused: a.code != CodeSuccess}
	if out.refused && !a.ordered {
		out.problem = a.msg
	}
	if business && a.code == CodeSuccess {
		a.code = h.partTwo
	}
	all := map[string]any{"returnMsg": a.msg, "returnCode": a.code}
	if n, err := strconv.ParseInt(a.code, 10, 64); h.numeric && err == nil {
		all["returnCode"] = n
	}
	for name, v := range a.fields {
		all[name] = v
	}
	body, err := encode(all)
	if err != nil { // by what Handle was given
		a = fail(CodeInternal, "系统内部错误")
		body = fmt.Appendf(nil, `{"returnCode":%q,"returnMsg":%q}`, a.code, a.msg)
		out.refused, out.msg, out.problem = true, a.msg, a.msg
	}
	out.code, out.body = a.code, body
	return out
}

func (o output) write(w http.ResponseWriter) {
	if o.status != http.StatusOK {
		w.Header().Set("Content-Type", "text/html;charset=UTF-8")
		w.WriteHeader(o.status)
		_, _ = fmt.Fprintf(w, "<html><body>%d %s</body></html>\n", o.status, http.StatusText(o.status))
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_, _ = w.Write(o.body)
}

// platform is the fake's state.
type platform struct {
	accounts   memory[string, *Account]
	tokens     memory[string, token]
	expiryCode string
	logins     int
	issued     int // tokens and codes

	rejected memory[string, string] // what 1.2 answers, by ID number
	names    memory[string, string] // that 1.2 has accepted, by ID number
	photos   memory[string, string] // by ID number

	studies    memory[studyKey, *ResourceProgress]
	pace       pace
	recordings log[Recording]

	codes   memory[string, bizCode]
	matcher func(image []byte, url string) bool
	checks  log[Check]

	courses  memory[courseKey, Course]
	classes  memory[string, Class]
	students memory[string, string] // accounts, by ID number

	business business
}

// The operations of the document, in its order.
var operations = []operation{
	{op: "Login", path: "api/v1/thlogin", data: one(fieldsOf(required("studyPlatformAcount", "passWord"))), serve: (*call).logIn},
	{op: "Students.Authenticate", path: "api/v1/authentication", data: one(fieldsOf(
		required("studyPlatformCode", "cardNo", "name"),
	)), serve: (*call).authenticate},
	{op: "Study.Start", path: "api/v1/startStudy", data: one(fieldsOf(
		required("studyPlatformCode", "resCode", "studentUserCode", "classCode", "courseCode"), optional("sectionCode"),
	)), serve: (*call).startStudy},
	{op: "Study.End", path: "api/v1/endStudy", data: checked, serve: (*call).endStudy},
	{op: "Checks.FaceConfig", path: "api/v1/getFaceCompareConfig", data: checked, serve: (*call).faceConfig},
	{op: "Checks.CompareFace", path: "api/v1/thirdFaceCompare", data: one(fieldsOf(
		required("studyPlatformCode", "target", "studentUserCode", "resCode", "classCode", "bizCode"),
		rules(rule{values: []string{"0", "1", "2"}}, "compareMode"),
		rules(rule{kind: whole}, "videoStudyTime"),
	)), serve: (*call).compareFace},
	{op: "Checks.Code", path: "api/v1/getVerificationCode", data: checked, serve: (*call).verificationCode},
	{op: "Checks.SubmitCode", path: "api/v1/submitVerificationCode", data: one(fieldsOf(
		required("studyPlatformCode", "bizCode", "verificationCode"), rules(rule{kind: whole}, "videoStudyTime"),
	)), serve: (*call).submitCode},
	{op: "Study.SubmitRecording", path: "api/v1/submitRecordVideoUrl", data: one(fieldsOf(
		required("studyPlatformCode", "resCode", "studentUserCode", "classCode", "courseCode"), optional("sectionCode"),
		rules(rule{url: true}, "recordVideoUrl"),
	)), serve: (*call).submitRecording},
	{op: "Study.ReportProgress", path: "api/v1/studyHour", data: one(fieldsOf(
		required("studyPlatformCode", "resCode", "studentUserCode", "classCode", "courseCode"), optional("sectionCode"),
		rules(rule{kind: whole, max: 86400}, "playTime"), rules(rule{kind: whole, min: 1, max: 3600}, "progressTime"),
	)), serve: (*call).reportProgress},
	{op: "Students.UpdatePhoto", path: "api/v1/updateErcunPhotosUrl", data: one(fieldsOf(
		required("studyPlatformCode", "cardNo"), rules(rule{url: true}, "ercunPhotoUrl"),
	)), serve: (*call).updatePhoto},
	{op: "Classes.Push", path: "api/v1/pushClassInfo", data: one(classShape), serve: (*call).pushClass},
	{op: "Courses.Push", path: "api/v1/thirdCoursePush", data: many(courseShape), serve: (*call).pushCourses},
	{op: "Courses.Pull", path: "api/v1/thirdCoursePull", data: one(fieldsOf(
		rules(rule{kind: either, min: 1}, "pageNo", "pageSize"),
	)), serve: (*call).pullCourses},

	{op: "Business.PushTeacher", path: "api/user/v1/teacherInfo", business: true, data: one(fieldsOf(
		required("teaCode", "teaName", "orgCode", "teaCard", "mobile"),
		optional("studyPlatformApiUrl", "depCode", "depName", "remark"),
	)), serve: (*call).pushTeacher},
	{op: "Business.PushCourse", path: "api/course/v1/courseInfo", business: true, data: one(businessCourseShape), serve: (*call).pushBusinessCourse},
	{op: "Business.PushStudents", path: "api/user/v1/studentInfo", business: true, data: many(fieldsOf(
		required("stuCode", "stuName", "stuCard", "mobile"), optional("studyPlatformApiUrl", "ercunPhotos", "remark"),
	)), serve: (*call).pushStudents},
	{op: "Business.PushClass", path: "api/class/v1/pushClassInfo", business: true, data: one(businessClassShape), serve: (*call).pushBusinessClass},
	{op: "Business.ClassRecords", path: "api/class/v1/classStudentStudy", business: true, data: one(fieldsOf(
		required("classCode"),
	)), serve: (*call).classRecords},
}

// checked is the data that 1.4, 1.5 and 1.7 have in common.
var checked = one(fieldsOf(required("studyPlatformCode", "studentUserCode", "resCode", "classCode")))
