package supervisiontest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// studies returns the fields of a study of a resource.
func studies(student, class, course, res string) fields {
	return fields{"studentUserCode": student, "classCode": class, "courseCode": course, "resCode": res}
}

// ends returns a study's fields as 1.4 has them.
func ends(study fields) fields {
	end := merge(study)
	delete(end, "courseCode")
	return end
}

func reports(study fields, playTime, progressTime int) fields {
	return merge(study, fields{"playTime": playTime, "progressTime": progressTime})
}

func TestIdentity(t *testing.T) {
	r := start(t)
	someone := fields{"cardNo": "110101199003070012", "name": "张三"}
	_, known := r.Authenticated("110101199003070012")
	assert.False(t, known)
	r.v1("authentication", someone).succeeds()
	name, known := r.Authenticated("110101199003070012")
	assert.Equal(t, "张三", name)
	assert.True(t, known)

	r.RejectIdentity("110101199003070012", "")
	r.v1("authentication", someone).refuses(supervisiontest.CodeIdentityRefused, "实名认证失败")
	r.RejectIdentity("110101199003070012", "姓名与身份证号不一致")
	r.v1("authentication", merge(someone, fields{"name": "李四"})).refuses(supervisiontest.CodeIdentityRefused, "姓名与身份证号不一致")
	name, _ = r.Authenticated("110101199003070012")
	assert.Equal(t, "张三", name)
	r.v1("authentication", fields{"cardNo": "110101199003070013", "name": "李四"}).succeeds()
	r.AcceptIdentity("110101199003070012")
	r.v1("authentication", someone).succeeds()

	assert.Empty(t, r.Photo("110101199003070012"))
	for _, photo := range []string{"https://files.example.com/1.jpg", "http://files.example.com/2.jpg"} {
		r.v1("updateErcunPhotosUrl", fields{"cardNo": "110101199003070012", "ercunPhotoUrl": photo}).succeeds()
		assert.Equal(t, photo, r.Photo("110101199003070012"))
	}
}

func TestALesson(t *testing.T) {
	r := start(t)
	a := studies("student-a", "class-1", "course-1", "video-1")
	r.v1("studyHour", reports(a, 60, 60)).refuses(supervisiontest.CodeNotStarted, "未开始学习")
	r.v1("endStudy", ends(a)).refuses(supervisiontest.CodeNotStarted, "未开始学习")

	r.v1("startStudy", merge(a, fields{"sectionCode": "section-1"})).succeeds()
	assert.Equal(t, []supervisiontest.ResourceProgress{{
		StudentUserCode: "student-a", ClassCode: "class-1", CourseCode: "course-1", SectionCode: "section-1", ResCode: "video-1", Studying: true,
	}}, r.Resources("student-a", "course-1"))
	r.v1("studyHour", reports(a, 60, 60)).succeeds()
	r.v1("studyHour", reports(a, 150, 61)).succeeds()
	assert.Equal(t, 121*time.Second, r.Progress("student-a", "course-1"))
	for name, other := range map[string]fields{
		"another student":  studies("student-b", "class-1", "course-1", "video-1"),
		"another class":    studies("student-a", "class-2", "course-1", "video-1"),
		"another course":   studies("student-a", "class-1", "course-2", "video-1"),
		"another resource": studies("student-a", "class-1", "course-1", "video-2"),
	} {
		t.Log(name)
		r.v1("studyHour", reports(other, 60, 60)).refuses(supervisiontest.CodeNotStarted, "未开始学习")
	}
	r.v1("endStudy", merge(ends(a), fields{"classCode": "class-2"})).refuses(supervisiontest.CodeNotStarted, "")
	r.v1("endStudy", merge(ends(a), fields{"resCode": "video-2"})).refuses(supervisiontest.CodeNotStarted, "")
	r.v1("endStudy", merge(ends(a), fields{"studentUserCode": "student-b"})).refuses(supervisiontest.CodeNotStarted, "")
	r.v1("endStudy", ends(a)).succeeds()
	r.v1("endStudy", ends(a)).refuses(supervisiontest.CodeNotStarted, "")
	r.v1("studyHour", reports(a, 60, 60)).refuses(supervisiontest.CodeNotStarted, "")

	r.v1("startStudy", a).succeeds()
	r.v1("studyHour", merge(reports(a, 10, 5), fields{"sectionCode": "section-2"})).succeeds()
	second := studies("student-a", "class-1", "course-1", "video-2")
	r.v1("startStudy", second).succeeds()
	r.v1("startStudy", second).succeeds()
	r.v1("studyHour", reports(second, 7, 7)).succeeds()
	other := studies("student-b", "class-1", "course-1", "video-1")
	r.v1("startStudy", other).succeeds()
	r.v1("studyHour", reports(other, 1, 1)).succeeds()
	assert.Equal(t, []supervisiontest.ResourceProgress{
		{
			StudentUserCode: "student-a", ClassCode: "class-1", CourseCode: "course-1", SectionCode: "section-2", ResCode: "video-1",
			PlayTime: 10 * time.Second, Watched: 126 * time.Second, Reports: 3, Studying: true,
		},
		{
			StudentUserCode: "student-a", ClassCode: "class-1", CourseCode: "course-1", ResCode: "video-2",
			PlayTime: 7 * time.Second, Watched: 7 * time.Second, Reports: 1, Studying: true,
		},
	}, r.Resources("student-a", "course-1"))
	assert.Equal(t, 133*time.Second, r.Progress("student-a", "course-1"))
	assert.Equal(t, time.Second, r.Progress("student-b", "course-1"))
	assert.Zero(t, r.Progress("student-a", "course-2"))
}

func TestClassRecords(t *testing.T) {
	r := start(t)
	records := func(class string) []any {
		got := r.send("api/class/v1/classStudentStudy", "user_token", fields{"classCode": class})
		require.Equal(t, "0", got.code())
		return got.all()["returnData"].([]any)
	}
	assert.Empty(t, records("class-1"))
	for _, s := range []fields{
		studies("student-a", "class-1", "course-1", "video-1"), studies("student-b", "class-1", "course-1", "video-1"),
		studies("student-a", "class-2", "course-1", "video-1"),
	} {
		r.v1("startStudy", merge(s, fields{"sectionCode": "section-1"})).succeeds()
		r.v1("studyHour", reports(s, 100, 60)).succeeds()
		r.v1("studyHour", reports(s, 160, 61)).succeeds()
	}
	r.v1("startStudy", studies("student-c", "class-1", "course-1", "video-1")).succeeds()
	record := func(student string) fields {
		return fields{
			"resCode": "video-1", "playTime": "121", "sectionCode": "section-1", "classCode": "class-1", "courseCode": "course-1",
			"userCode": student,
		}
	}
	assert.Equal(t, []any{record("student-a"), record("student-b")}, records("class-1"), "who has reported nothing has no record")
	assert.Len(t, records("class-2"), 1)
}

func TestRecordings(t *testing.T) {
	r := start(t)
	r.send("api/v1/submitRecordVideoUrl", "userToken", sample(t, "1.9")).succeeds()
	r.v1("submitRecordVideoUrl", merge(studies("student-a", "class-1", "course-1", "video-1"), fields{"recordVideoUrl": "https://files.example.com/1.mp4"})).succeeds()
	assert.Equal(t, []supervisiontest.Recording{
		{
			StudentUserCode: "05a924a98b244f368d8b1360dd16ce04", ClassCode: "05a924a98b244f368d8b1360dd16ce02",
			CourseCode: "05a924a98b244f368d8b1360dd16ce03", SectionCode: "05a924a98b244f368d8b1360dd16ce01",
			ResCode: "096924a98b244f368d8b1360dd16ce09", URL: "http://ddd.mp4",
		},
		{StudentUserCode: "student-a", ClassCode: "class-1", CourseCode: "course-1", ResCode: "video-1", URL: "https://files.example.com/1.mp4"},
	}, r.Recordings())
}
