package supervisiontest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/internal/transport"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// operation is an operation as the document has it: its section, its path, under
// which key the token stands, and its fields by type. A field is required unless
// it has a question mark; [] stands for the first of a list.
type operation struct {
	section, op, path, token string
	fields                   map[string]string // "text", "whole", "digits", "either", "flag", "list", "object"
}

var operations = []operation{
	{"1.1", "Login", "api/v1/thlogin", "", map[string]string{"studyPlatformAcount": "text", "passWord": "text"}},
	{"1.2", "Students.Authenticate", "api/v1/authentication", "userToken", map[string]string{
		"studyPlatformCode": "text", "cardNo": "text", "name": "text",
	}},
	{"1.3", "Study.Start", "api/v1/startStudy", "userToken", map[string]string{
		"studyPlatformCode": "text", "resCode": "text", "studentUserCode": "text", "sectionCode": "text?", "classCode": "text", "courseCode": "text",
	}},
	{"1.4", "Study.End", "api/v1/endStudy", "userToken", map[string]string{
		"studyPlatformCode": "text", "resCode": "text", "studentUserCode": "text", "classCode": "text",
	}},
	{"1.5", "Checks.FaceConfig", "api/v1/getFaceCompareConfig", "userToken", map[string]string{
		"studyPlatformCode": "text", "resCode": "text", "studentUserCode": "text", "classCode": "text",
	}},
	{"1.6", "Checks.CompareFace", "api/v1/thirdFaceCompare", "userToken", map[string]string{
		"compareMode": "text", "target": "text", "studyPlatformCode": "text", "studentUserCode": "text", "resCode": "text", "classCode": "text",
		"videoStudyTime": "whole", "bizCode": "text",
	}},
	{"1.7", "Checks.Code", "api/v1/getVerificationCode", "userToken", map[string]string{
		"studyPlatformCode": "text", "resCode": "text", "studentUserCode": "text", "classCode": "text",
	}},
	{"1.8", "Checks.SubmitCode", "api/v1/submitVerificationCode", "userToken", map[string]string{
		"studyPlatformCode": "text", "bizCode": "text", "verificationCode": "text", "videoStudyTime": "whole",
	}},
	{"1.9", "Study.SubmitRecording", "api/v1/submitRecordVideoUrl", "userToken", map[string]string{
		"studyPlatformCode": "text", "resCode": "text", "studentUserCode": "text", "sectionCode": "text?", "classCode": "text", "courseCode": "text",
		"recordVideoUrl": "text",
	}},
	{"1.10", "Study.ReportProgress", "api/v1/studyHour", "userToken", map[string]string{
		"studyPlatformCode": "text", "resCode": "text", "playTime": "whole", "progressTime": "whole", "studentUserCode": "text",
		"sectionCode": "text?", "classCode": "text", "courseCode": "text",
	}},
	{"1.11", "Students.UpdatePhoto", "api/v1/updateErcunPhotosUrl", "userToken", map[string]string{
		"studyPlatformCode": "text", "cardNo": "text", "ercunPhotoUrl": "text",
	}},
	{"1.12", "Classes.Push", "api/v1/pushClassInfo", "userToken", merged(tree("chapetCode"), map[string]string{
		"classCode": "text", "orgCode": "text", "trainClassName": "text", "realNameAuthentication": "either", "studyHourLimit": "either",
		"videoOnHook": "either", "workName": "text", "orgName": "text", "faceTimeLimit": "either?", "videoPlayRecord": "either?",
		"videoOnHookDetail": "object?", "videoOnHookDetail.triggerType": "either?", "videoOnHookDetail.triggervValue": "either?",
		"thirdClassStudentInfoVoList[].cardNo": "text", "thirdClassStudentInfoVoList[].studentUserCode": "text",
		"thirdClassStudentInfoVoList[].studentName": "text", "thirdClassStudentInfoVoList[].studentPhone": "text",
		"thirdClassStudentInfoVoList[].ercunPhotos": "text",
	})},
	{"1.13", "Courses.Push", "api/v1/thirdCoursePush", "userToken", map[string]string{
		"[].studyPlatformCode": "text", "[].courseName": "text", "[].courseCode": "text", "[].workName": "text", "[].courseStatus": "digits",
		"[].coursePoster": "text", "[].chapterList": "list", "[].chapterList[].chapterName": "text", "[].chapterList[].chapterCode": "text",
		"[].chapterList[].parentChapterCode": "text?", "[].chapterList[].chapterSort": "digits?", "[].chapterList[].sectionList": "list",
		"[].chapterList[].sectionList[].sectionName": "text", "[].chapterList[].sectionList[].sectionCode": "text",
		"[].chapterList[].sectionList[].parentSectionCode": "text", "[].chapterList[].sectionList[].sectionSort": "digits",
		"[].chapterList[].sectionList[].sectionSourceList":            "list",
		"[].chapterList[].sectionList[].sectionSourceList[].resName":  "text",
		"[].chapterList[].sectionList[].sectionSourceList[].resCode":  "text",
		"[].chapterList[].sectionList[].sectionSourceList[].videoUrl": "text",
		"[].chapterList[].sectionList[].sectionSourceList[].resSort":  "digits",
		"[].chapterList[].sectionList[].sectionSourceList[].duration": "digits",
	}},
	{"1.14", "Courses.Pull", "api/v1/thirdCoursePull", "userToken", map[string]string{"pageNo": "either", "pageSize": "either"}},
	{"2.1", "Business.PushTeacher", "api/user/v1/teacherInfo", "user_token", map[string]string{
		"teaCode": "text", "teaName": "text", "depCode": "text?", "depName": "text?", "orgCode": "text", "teaCard": "text", "mobile": "text",
		"remark": "text?",
	}},
	{"2.2", "Business.PushCourse", "api/course/v1/courseInfo", "user_token", map[string]string{
		"courseName": "text", "coursePoster": "text", "sectionList": "list", "sectionList[].sectionName": "text?",
		"sectionList[].sectionSort": "either?", "sectionList[].sectionSourceList": "list",
		"sectionList[].sectionSourceList[].chapterName": "text", "sectionList[].sectionSourceList[].videoUrl": "text",
		"sectionList[].sectionSourceList[].chapterSort": "either", "sectionList[].sectionSourceList[].duration": "either",
	}},
	{"2.3", "Business.PushStudents", "api/user/v1/studentInfo", "user_token", map[string]string{
		"[].stuCode": "text", "[].stuName": "text", "[].stuCard": "text", "[].mobile": "text", "[].ercunPhotos": "text?", "[].remark": "text?",
	}},
	{"2.4", "Business.PushClass", "api/class/v1/pushClassInfo", "user_token", merged(tree("chapterCode"), map[string]string{
		"classCode": "text", "orgCode": "text", "trainClassName": "text", "orgName": "text",
		"thirdClassStudentInfoVoList[].cardNo": "text", "thirdClassStudentInfoVoList[].studentCode": "text",
		"thirdClassStudentInfoVoList[].studentName": "text", "thirdClassStudentInfoVoList[].ercunPhotos": "text",
	})},
	{"2.5", "Business.ClassRecords", "api/class/v1/classStudentStudy", "user_token", map[string]string{"classCode": "text"}},
}

// tree is what 1.12 and 2.4 have in common.
func tree(chapterCode string) map[string]string {
	const course = "thirdClassCourseInfoVoList[]"
	return map[string]string{
		"thirdClassCourseInfoVoList": "list", "thirdClassStudentInfoVoList": "list",
		course + ".courseCode": "text", course + ".title": "text?", course + ".sort": "whole?", course + ".children": "list",
		course + ".children[]." + chapterCode: "text", course + ".children[].title": "text?", course + ".children[].sort": "whole?",
		course + ".children[].children": "list", course + ".children[].children[].resCode": "text",
		course + ".children[].children[].resType": "text", course + ".children[].children[].sort": "whole?",
		course + ".children[].children[].spread": "flag?", course + ".children[].children[].title": "text",
		course + ".children[].children[].videoShowTimeLength": "text?", course + ".children[].children[].videoTimeLength": "either?",
		course + ".children[].children[].videoUrl": "text",
	}
}

func merged(all ...map[string]string) map[string]string {
	into := map[string]string{}
	for _, m := range all {
		for k, v := range m {
			into[k] = v
		}
	}
	return into
}

// prepared returns a fake in the state that an operation needs, and the
// document's sample for it.
func (o operation) prepared(t *testing.T) (*regulator, any) {
	t.Helper()
	r := start(t)
	if o.section == "1.4" || o.section == "1.10" {
		r.send("api/v1/startStudy", "userToken", sample(t, "1.3")).succeeds()
	}
	var replace []string
	if before := map[string]string{"1.6": "1.5", "1.8": "1.7"}[o.section]; before != "" {
		path := map[string]string{"1.5": "api/v1/getFaceCompareConfig", "1.7": "api/v1/getVerificationCode"}[before]
		got := r.send(path, "userToken", sample(t, before)).data()
		replace = append(replace, "BIZCODE", got["bizCode"].(string))
		if code, ok := got["verificationCode"].(string); ok {
			replace = append(replace, "VERIFICATION", code)
		}
	}
	return r, sample(t, o.section, replace...)
}

// parent returns the object in which a field stands, and the field's name.
func parent(t *testing.T, data any, path string) (fields, string) {
	t.Helper()
	at := data
	steps := strings.Split(path, ".")
	for i, step := range steps {
		name, isList := strings.CutSuffix(step, "[]")
		if i == len(steps)-1 {
			object, ok := at.(fields)
			require.True(t, ok, "%s is in no object", path)
			return object, step
		}
		if name != "" {
			at = at.(fields)[name]
		}
		if isList {
			at = at.([]any)[0]
		}
	}
	return nil, ""
}

func TestSamplesOfTheDocument(t *testing.T) {
	for _, o := range operations {
		t.Run(o.section+" "+o.op, func(t *testing.T) {
			r, data := o.prepared(t)
			got := r.send(o.path, o.token, data)
			require.Equal(t, "0", got.code(), "%s", got.body)
			assert.Equal(t, "success", got.msg())
			assert.Equal(t, o.op, r.last().Op)
		})
	}
}

// The table has what the client declares, at the same paths.
func TestTheTableIsWhole(t *testing.T) {
	table, declared := map[string]string{}, map[string]string{}
	for _, o := range operations {
		table[o.section+" "+o.op] = o.path
	}
	for _, s := range transport.Operations() {
		if section, _, _ := strings.Cut(s.Section, " "); s.Vendor == "supervision" && s.Path != "" {
			declared[section+" "+s.Op] = s.Path
		}
	}
	assert.Equal(t, declared, table)
}

func TestTheTokensKey(t *testing.T) {
	for _, o := range operations {
		t.Run(o.section, func(t *testing.T) {
			for _, key := range []string{"", "userToken", "user_token"} {
				r, data := o.prepared(t)
				got := r.send(o.path, key, data)
				switch key {
				case o.token:
					require.Equal(t, "0", got.code(), "%s", got.body)
				case "":
					got.refuses(supervisiontest.CodeInvalidParameter, "headers."+o.token+" 不能为空")
				default:
					got.refuses(supervisiontest.CodeInvalidParameter, "headers."+key+" 不是文档中的字段")
				}
			}
		})
	}
}

// wrong are values of other types than a field's.
var wrong = map[string][]any{
	"text":   {1, true, fields{}, []any{fields{}}},
	"whole":  {"1", "x", 1.5, -1, true, fields{}},
	"digits": {1, "x", "1.5", "-1", "01", " 1", true, []any{1}},
	"either": {"x", 1.5, "1.5", -1, "-1", "01", true, fields{}},
	"flag":   {"true", 1, fields{}},
	"list":   {"x", 1, fields{}, []any{1}, []any{nil}, []any{[]any{}}},
	"object": {"x", 1, []any{fields{}}},
}

// right are other values of a field's type.
var right = map[string][]any{"either": {1, "1"}}

func TestEveryField(t *testing.T) {
	for _, o := range operations {
		for path, kind := range o.fields {
			kind, optional := strings.CutSuffix(kind, "?")
			// change sends the sample with a change of the field.
			change := func(t *testing.T, to func(object fields, name string)) reply {
				t.Helper()
				r, data := o.prepared(t)
				object, name := parent(t, data, path)
				require.Contains(t, object, name, "the sample has the field")
				to(object, name)
				return r.send(o.path, o.token, data)
			}
			says := strings.ReplaceAll(path, "[]", "[0]")
			if says[0] != '[' {
				says = "." + says
			}
			says = "data" + says
			t.Run(o.section+" "+path, func(t *testing.T) {
				for name, got := range map[string]reply{
					"missing": change(t, func(object fields, name string) { delete(object, name) }),
					"null":    change(t, func(object fields, name string) { object[name] = nil }),
					"empty":   change(t, func(object fields, name string) { object[name] = "" }),
				} {
					switch {
					case optional && name == "empty" && (kind == "whole" || kind == "flag" || kind == "object"):
						got.refuses(supervisiontest.CodeInvalidParameter, says)
					case optional:
						assert.Equal(t, "0", got.code(), "%s: %s", name, got.body)
					case strings.HasSuffix(path, ".sectionList") || strings.HasSuffix(path, ".chapetCode"):
						assert.Contains(t, []string{"sectionList 不能为空", "chapterCode 不能为空"}, lastOf(got.msg()), "%s: one of two", name)
					default:
						got.refuses(supervisiontest.CodeInvalidParameter, says+" 不能为空")
					}
				}
				for _, v := range wrong[kind] {
					got := change(t, func(object fields, name string) { object[name] = v })
					assert.Equal(t, supervisiontest.CodeInvalidParameter, got.code(), "%#v is no %s: %s", v, kind, got.body)
					assert.Contains(t, got.msg(), says)
				}
				for _, v := range right[kind] {
					got := change(t, func(object fields, name string) { object[name] = v })
					assert.Equal(t, "0", got.code(), "%#v: %s", v, got.body)
				}
				got := change(t, func(object fields, name string) { object["other"] = "x" })
				got.refuses(supervisiontest.CodeInvalidParameter, ".other 不是文档中的字段")
			})
		}
	}
}

// lastOf returns what a message says behind the last dot.
func lastOf(msg string) string { return msg[strings.LastIndex(msg, ".")+1:] }

func TestSpellingsAndValues(t *testing.T) {
	type change = func(fields)
	set := func(name string, v any) change { return func(f fields) { f[name] = v } }
	rename := func(from, to string) change {
		return func(f fields) {
			f[to] = f[from]
			delete(f, from)
		}
	}
	const chapter, section = "[].chapterList[].", "[].chapterList[].sectionList[]."
	for _, tt := range []struct {
		name, section, in string
		change            change
		want              string // of the message, "" for success
	}{
		{"a space in a name", "1.3", "", rename("studentUserCode", "student UserCode"), "student UserCode 不是"},
		{"lower case", "1.3", "", rename("studentUserCode", "studentusercode"), "studentusercode 不是"},
		{"another operation's name", "1.3", "", rename("studentUserCode", "studentCode"), "studentCode 不是"},
		{"the right spelling", "1.1", "", rename("studyPlatformAcount", "studyPlatformAccount"), "studyPlatformAccount 不是"},
		{"a field of 1.3 in 1.4", "1.4", "", set("courseCode", "x"), "courseCode 不是"},

		{"no compare mode", "1.6", "", set("compareMode", "3"), "data.compareMode 取值应为 0、1、2"},
		{"a negative position", "1.8", "", set("videoStudyTime", -1), "videoStudyTime 不能小于 0"},
		{"a position of 0", "1.8", "", set("videoStudyTime", 0), ""},
		{"a file", "1.9", "", set("recordVideoUrl", "file:///a.mp4"), "recordVideoUrl 应为 http 或 https 地址"},
		{"no address", "1.9", "", set("recordVideoUrl", "http://"), "recordVideoUrl 应为"},
		{"an https address", "1.9", "", set("recordVideoUrl", "https://files.example.com/1.mp4"), ""},
		{"no address of a photo", "1.11", "", set("ercunPhotoUrl", "1.jpg"), "ercunPhotoUrl 应为"},
		{"no progress", "1.10", "", set("progressTime", 0), "progressTime 不能小于 1"},
		{"an hour's progress", "1.10", "", set("progressTime", 3600), ""},
		{"milliseconds of progress", "1.10", "", set("progressTime", 60000), "progressTime 不能大于 3600"},
		{"a position at the beginning", "1.10", "", set("playTime", 0), ""},
		{"a position after a day", "1.10", "", set("playTime", 86400), ""},
		{"milliseconds of position", "1.10", "", set("playTime", 205000), "playTime 不能大于 86400"},
		{"seconds in a string", "1.10", "", set("playTime", "205"), "playTime 应为整数"},

		{"the table's chapterCode", "1.12", "thirdClassCourseInfoVoList[].children[].", rename("chapetCode", "chapterCode"), ""},
		{"both codes of a chapter", "1.12", "thirdClassCourseInfoVoList[].children[].", set("chapterCode", "x"), ""},
		{"triggers in the class", "1.12", "", func(f fields) {
			delete(f, "videoOnHookDetail")
			f["triggerType"], f["triggervValue"] = 2, 5
		}, ""},
		{"triggerValue", "1.12", "videoOnHookDetail.", rename("triggervValue", "triggerValue"), ""},
		{"triggerType 3", "1.12", "", set("triggerType", 3), "triggerType 不能大于 2"},
		{"videoStartFace", "1.12", "", set("videoStartFace", "1"), ""},
		{"videoStartFace 2", "1.12", "", set("videoStartFace", "2"), "videoStartFace 不能大于 1"},
		{"the table's courseCode and studentCode", "1.12", "", func(f fields) { f["courseCode"], f["studentCode"] = "x", "y" }, ""},
		{"realNameAuthentication 2", "1.12", "", set("realNameAuthentication", 2), "realNameAuthentication 不能大于 1"},
		{"videoOnHook 3", "1.12", "", set("videoOnHook", "3"), "videoOnHook 不能大于 2"},
		{"the table's studentCode in a student", "1.12", "thirdClassStudentInfoVoList[].", set("studentCode", "y"), ""},
		{"a student of 2.4", "1.12", "thirdClassStudentInfoVoList[].", rename("studentUserCode", "studentCode"), "studentUserCode 不能为空"},

		{"courseStatus 3", "1.13", "[].", set("courseStatus", "3"), "courseStatus 不能大于 2"},
		{"the table's parentChapertCode", "1.13", chapter, rename("parentChapterCode", "parentChapertCode"), ""},
		{"the table's courseStatus", "1.13", "[].", set("courseStatus", 0), "courseStatus 应为数字字符串"},
		{"chapter's code as 1.12 spells it", "1.13", chapter, rename("chapterCode", "chapetCode"), "chapetCode 不是"},
		{"sections in a section", "1.13", section, set("sectionList", []any{}), "sectionList 不是"},
		{"two kinds of lists", "1.13", chapter, set("chapterList", []any{}), ""},

		{"page 0", "1.14", "", set("pageNo", 0), "pageNo 不能小于 1"},
		{"no page size", "1.14", "", set("pageSize", "0"), "pageSize 不能小于 1"},
		{"the sample's pageNo", "1.14", "", set("pageNo", "acbcf014f50741b5a6d41ef341918f1f"), "pageNo 应为整数"},

		{"studyPlatformApiUrl", "2.1", "", set("studyPlatformApiUrl", "http://study.example.com"), ""},
		{"studyPlatformApiUrl", "2.2", "", set("studyPlatformApiUrl", "http://study.example.com"), ""},
		{"studyPlatformApiUrl", "2.3", "[].", set("studyPlatformApiUrl", "http://study.example.com"), ""},
		{"studyPlatformApiUrl", "2.4", "", set("studyPlatformApiUrl", "http://study.example.com"), ""},
		{"chapetCode", "2.4", "thirdClassCourseInfoVoList[].children[].", rename("chapterCode", "chapetCode"), ""},
		{"a student of 1.12", "2.4", "thirdClassStudentInfoVoList[].", rename("studentCode", "studentUserCode"), "studentUserCode 不是"},
		{"a course of 1.13", "2.2", "sectionList[].sectionSourceList[].", rename("chapterName", "resName"), "resName 不是"},
	} {
		t.Run(tt.section+" "+tt.name, func(t *testing.T) {
			for _, o := range operations {
				if o.section != tt.section {
					continue
				}
				r, data := o.prepared(t)
				object, _ := parent(t, data, tt.in+"x")
				tt.change(object)
				got := r.send(o.path, o.token, data)
				if tt.want == "" {
					assert.Equal(t, "0", got.code(), "%s", got.body)
					return
				}
				got.refuses(supervisiontest.CodeInvalidParameter, tt.want)
			}
		})
	}
}

func TestDataOfTheWrongShape(t *testing.T) {
	for _, o := range operations {
		for _, data := range []any{nil, "x", 1, true, []any{}, []any{"x"}, []any{fields{}}, fields{}} {
			r := start(t)
			got := r.send(o.path, o.token, data)
			assert.Equal(t, supervisiontest.CodeInvalidParameter, got.code(), "%s with %v", o.section, data)
			assert.Contains(t, got.msg(), "data", "%s with %v", o.section, data)
		}
	}
	r := start(t)
	r.send("api/v1/thirdCoursePush", "userToken", sample(t, "1.13").([]any)[0]).refuses(supervisiontest.CodeInvalidParameter, "data 应为数组")
	r.send("api/user/v1/studentInfo", "user_token", sample(t, "2.3").([]any)[0]).refuses(supervisiontest.CodeInvalidParameter, "data 应为数组")
	r.send("api/v1/pushClassInfo", "userToken", []any{sample(t, "1.12")}).refuses(supervisiontest.CodeInvalidParameter, "data 应为对象")
}

func TestAnotherPlatformsCode(t *testing.T) {
	for _, o := range operations {
		path := "studyPlatformCode"
		if o.section == "1.13" {
			path = "[]." + path
		}
		if o.fields[path] == "" {
			continue
		}
		r, data := o.prepared(t)
		object, name := parent(t, data, path)
		object[name] = "05a924a98b244f368d8b1360dd16ce09"
		r.send(o.path, o.token, data).refuses(supervisiontest.CodeWrongPlatform, "studyPlatformCode 与登录账号不符")
	}
}

func TestDeepChapters(t *testing.T) {
	nested := func(depth int) []any {
		data := sample(t, "1.13").([]any)[:1]
		course := data[0].(fields)
		for range depth {
			course["chapterList"] = []any{fields{"chapterName": "章", "chapterCode": "c", "chapterList": course["chapterList"]}}
		}
		return data
	}
	r := start(t)
	r.send("api/v1/thirdCoursePush", "userToken", nested(10)).succeeds()
	for _, depth := range []int{40, 2000} {
		r.send("api/v1/thirdCoursePush", "userToken", nested(depth)).refuses(supervisiontest.CodeInvalidParameter, "层级过深")
	}
	deep := fmt.Sprintf(`{"headers":{},"data":%s%s}`, strings.Repeat("[", 20000), strings.Repeat("]", 20000))
	r.post("api/v1/thirdCoursePush", []byte(deep)).refuses(supervisiontest.CodeInvalidJSON, "请求体不是 JSON")
}
