package supervisiontest_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// course returns a course as 1.13 has it.
func course(code, name, status string) fields {
	return fields{
		"studyPlatformCode": supervisiontest.PlatformCode, "courseName": name, "courseCode": code, "workName": "焊工", "courseStatus": status,
		"coursePoster": "https://files.example.com/poster.jpg", "chapterList": []any{fields{
			"chapterName": "第一章", "chapterCode": code + "-1", "parentChapterCode": code, "chapterSort": "1", "sectionList": []any{fields{
				"sectionName": "第一节", "sectionCode": code + "-1-1", "parentSectionCode": code + "-1", "sectionSort": "1",
				"sectionSourceList": []any{fields{
					"resName": "视频", "resCode": code + "-v", "videoUrl": "https://files.example.com/1.mp4", "resSort": "1", "duration": "50",
				}},
			}},
		}},
	}
}

func (r *regulator) push(courses ...any) reply {
	r.t.Helper()
	return r.send("api/v1/thirdCoursePush", "userToken", courses)
}

func (r *regulator) pull(pageNo, pageSize any) fields {
	r.t.Helper()
	got := r.send("api/v1/thirdCoursePull", "userToken", fields{"pageNo": pageNo, "pageSize": pageSize})
	require.Equal(r.t, "0", got.code(), "%s", got.body)
	return got.all()
}

// names are those of the courses that are there.
func (r *regulator) names() []string {
	names := []string{}
	for _, c := range r.Courses() {
		names = append(names, c.CourseName)
	}
	return names
}

func TestCoursesArePushedAndPulledBack(t *testing.T) {
	r := start(t)
	assert.Equal(t, fields{
		"returnCode": "0", "returnMsg": "success", "pageNo": 1.0, "pageSize": 20.0, "totalPage": 0.0, "data": []any{},
	}, r.pull(1, 20))

	first := sample(t, "1.13").([]any)[0]
	r.push(first).succeeds()
	assert.Equal(t, fields{
		"returnCode": "0", "returnMsg": "success", "pageNo": 1.0, "pageSize": 20.0, "totalPage": 1.0, "data": []any{first},
	}, r.pull(1, 20), "to the last field")

	r = start(t)
	var all []any
	for i := range 5 {
		all = append(all, course(fmt.Sprint("c", i), fmt.Sprint("课程", i), "0"))
	}
	r.push(all...).succeeds()
	for _, tt := range []struct {
		no, size any
		want     []any
		pages    float64
	}{
		{1, 2, all[:2], 3}, {2, 2, all[2:4], 3}, {"3", "2", all[4:], 3}, {4, 2, []any{}, 3}, {1, 5, all, 1}, {1, 4, all[:4], 2},
		{1, 1000, all, 1}, {999999999, 999999999, []any{}, 1},
		{"9223372036854775807", "9223372036854775807", []any{}, 1},
	} {
		got := r.pull(tt.no, tt.size)
		assert.Equal(t, tt.want, got["data"], "%v, %v", tt.no, tt.size)
		assert.InDelta(t, tt.pages, got["totalPage"], 0, "%v, %v", tt.no, tt.size)
	}
}

func TestStatusesOfACourse(t *testing.T) {
	r := start(t)
	r.push(course("a", "甲", "0"), course("b", "乙", "0")).succeeds()
	r.push(course("a", "甲二", "2")).succeeds()
	assert.Equal(t, []string{"甲二", "乙"}, r.names(), "one that is modified keeps its place")
	assert.Equal(t, "2", r.Courses()[0].CourseStatus)
	r.push(course("a", "甲三", "0")).succeeds()
	assert.Equal(t, []string{"甲三", "乙"}, r.names(), "one that is added again is replaced")

	r.push(course("c", "丙", "2")).refuses(supervisiontest.CodeUnknownCourse, "data[0].courseCode 课程不存在")
	r.push(course("c", "丙", "1")).refuses(supervisiontest.CodeUnknownCourse, "data[0].courseCode 课程不存在")
	r.push(course("b", "乙", "1"), course("c", "丙", "2")).refuses(supervisiontest.CodeUnknownCourse, "data[1].courseCode 课程不存在")
	r.push(course("c", "丙", "0"), course("b", "乙", "3")).refuses(supervisiontest.CodeInvalidParameter, "data[1].courseStatus")
	assert.Equal(t, []string{"甲三", "乙"}, r.names(), "an array is carried out whole or not at all")

	r.push(course("b", "乙", "1"), course("b", "乙", "2")).refuses(supervisiontest.CodeUnknownCourse, "data[1]")
	r.push(course("c", "丙", "0"), course("c", "丙二", "2"), course("a", "甲", "1")).succeeds()
	assert.Equal(t, []string{"乙", "丙二"}, r.names())
	r.push(course("a", "甲四", "0")).succeeds()
	assert.Equal(t, []string{"乙", "丙二", "甲四"}, r.names())
}

func TestCoursesBelongToAPlatform(t *testing.T) {
	r := start(t)
	r.AddAccount(supervisiontest.Account{Name: "second", Password: "p2", PlatformCode: "code2"})
	r.push(course("a", "甲", "0")).succeeds()
	r.token = r.login("second", "p2").data()["acceptToken"].(string)
	r.push(course("a", "甲", "1")).refuses(supervisiontest.CodeWrongPlatform, "data[0].studyPlatformCode 与登录账号不符")
	other := merge(course("a", "别的", "0"), fields{"studyPlatformCode": "code2"})
	r.push(merge(other, fields{"courseStatus": "1"})).refuses(supervisiontest.CodeUnknownCourse, "")
	r.push(other).succeeds()
	assert.Equal(t, []any{other}, r.pull(1, 20)["data"])
	assert.Len(t, r.Courses(), 2)
}

func TestAClassIsPushed(t *testing.T) {
	r := start(t)
	got := r.send("api/v1/pushClassInfo", "userToken", sample(t, "1.12"))
	require.Equal(t, "0", got.code())
	list := got.all()["returnData"].([]any)
	require.Len(t, list, 2)
	accounts := []string{}
	for i, a := range list {
		assert.Equal(t, fmt.Sprintf("11010119900307001%d", i+2), a.(fields)["cardNo"])
		accounts = append(accounts, a.(fields)["studentUserAccount"].(string))
	}
	assert.NotEqual(t, accounts[0], accounts[1])
	assert.Equal(t, fields{
		"returnCode": "0", "returnMsg": "success", "passwordRules": "身份证后六位", "returnData": []any{
			fields{"cardNo": "110101199003070012", "studentUserAccount": accounts[0]},
			fields{"cardNo": "110101199003070013", "studentUserAccount": accounts[1]},
		},
	}, got.all())
	again := r.send("api/v1/pushClassInfo", "userToken", sample(t, "1.12"))
	assert.Equal(t, got.all(), again.all(), "the same push gets the same accounts")

	require.Len(t, r.Classes(), 1)
	shown, err := json.Marshal(r.Classes()[0])
	require.NoError(t, err)
	assert.Equal(t, sample(t, "1.12"), decoded(t, shown), "to the last field")

	numbers := sample(t, "1.12").(fields)
	numbers["classCode"] = "class-2"
	for _, name := range []string{"realNameAuthentication", "studyHourLimit", "faceTimeLimit", "videoOnHook", "videoPlayRecord"} {
		numbers[name] = 1
	}
	numbers["videoOnHookDetail"] = fields{"triggerType": 2, "triggerValue": 5}
	require.Equal(t, "0", r.send("api/v1/pushClassInfo", "userToken", numbers).code())
	class := r.Classes()[1]
	assert.Equal(t, []string{"1", "1", "1", "1", "1"}, []string{
		class.RealNameAuthentication, class.StudyHourLimit, class.FaceTimeLimit, class.VideoOnHook, class.VideoPlayRecord,
	})
	assert.Equal(t, &supervisiontest.OnHookDetail{TriggerType: "2", TriggerValue: "5"}, class.VideoOnHookDetail)
}

func TestSampleClass(t *testing.T) {
	r := start(t)
	class := supervisiontest.SampleClass()
	require.Equal(t, "0", r.send("api/v1/pushClassInfo", "userToken", class).code())
	assert.Equal(t, []supervisiontest.Class{class}, r.Classes())

	// It has the fields of the document's sample, and no others.
	b, err := json.Marshal(class)
	require.NoError(t, err)
	assert.Equal(t, keys(sample(t, "1.12")), keys(decoded(t, b)))
	for _, s := range class.Students {
		assert.False(t, validID(s.CardNo), "an ID number is made up: its check digit is wrong")
	}
}

// keys returns the shape of JSON: its keys, of lists those of the first element.
func keys(v any) any {
	switch v := v.(type) {
	case fields:
		all := fields{}
		for k, sub := range v {
			all[k] = keys(sub)
		}
		return all
	case []any:
		return []any{keys(v[0])}
	}
	return nil
}

// validID reports whether an ID number's check digit is right.
func validID(id string) bool {
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(id[i]-'0') * w
	}
	return "10X98765432"[sum%11] == id[17]
}

func TestPartTwoIsRemembered(t *testing.T) {
	r := start(t)
	for _, o := range operations {
		if o.token == "user_token" {
			require.Equal(t, "0", r.send(o.path, o.token, sample(t, o.section)).code())
		}
	}
	assert.Equal(t, []supervisiontest.Teacher{{
		TeaCode: "bf448ef96aff42beb30d39db8c5ba66e", TeaName: "张三", DepCode: "58476c12002c45209f085a6069b1b310", DepName: "演示主管单位",
		OrgCode: "728e9b22d0174cec971a42edee99a664", TeaCard: "110101199003070012", Mobile: "13800138001", Remark: "备注",
	}}, r.Teachers())
	assert.Equal(t, []supervisiontest.BusinessCourse{{
		CourseName: "课程名称", CoursePoster: "课程海报图片地址（http://files.example.com/f0.jpg）",
		SectionList: []supervisiontest.BusinessSection{{
			SectionName: "第一章", SectionSort: "1", SectionSourceList: []supervisiontest.BusinessChapter{{
				ChapterName: "第一节", VideoURL: "http://files.example.com/f0.mp4", ChapterSort: "1", Duration: "50",
			}},
		}},
	}}, r.BusinessCourses())
	require.Len(t, r.BusinessStudents(), 2)
	assert.Equal(t, supervisiontest.BusinessStudent{
		StuCode: "bf448ef96aff42beb30d39db8c5ba66f", StuName: "李四", StuCard: "110101199003070013", Mobile: "13800138002",
		ErcunPhotos: "http://files.example.com/2.jpg", Remark: "备注",
	}, r.BusinessStudents()[1])
	require.Len(t, r.BusinessClasses(), 1)
	class := r.BusinessClasses()[0]
	assert.Equal(t, []string{"bf448ef96aff42beb30d39db8c5ba66e", "开创教育《家政服务培训》5班", "7c73005a757a4cb1abcf3315b81e70e4", "机构名称"},
		[]string{class.ClassCode, class.TrainClassName, class.OrgCode, class.OrgName})
	assert.Equal(t, "2491", class.Courses[1].Children[0].Children[1].VideoTimeLength)
	assert.Equal(t, supervisiontest.BusinessClassStudent{
		CardNo: "110101199003070013", StudentCode: "315eed0d1e3847f28cb2a3419a037cde", StudentName: "李四", ErcunPhotos: "http://files.example.com/f1.jpg",
	}, class.Students[1])

	teacher := sample(t, "2.1").(fields)
	teacher["teaName"] = "李四"
	r.send("api/user/v1/teacherInfo", "user_token", teacher).succeeds()
	require.Len(t, r.Teachers(), 1, "a teacher that is pushed again is replaced")
	assert.Equal(t, "李四", r.Teachers()[0].TeaName)
	numbers := sample(t, "2.2").(fields)
	numbers["sectionList"].([]any)[0].(fields)["sectionSourceList"].([]any)[0].(fields)["duration"] = 60
	r.send("api/course/v1/courseInfo", "user_token", numbers).succeeds()
	assert.Equal(t, "60", r.BusinessCourses()[1].SectionList[0].SectionSourceList[0].Duration)
}
