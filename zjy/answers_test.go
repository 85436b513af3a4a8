package zjy_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/internal/testkit"
	"github.com/edusdk/edusdk/zjy"
)

// everyField returns an answer in which no two fields have the same value.
func everyField(t testing.TB, name string) string {
	t.Helper()
	var answers map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(fixture(t, "every_field")), &answers))
	require.Contains(t, answers, name)
	return string(answers[name])
}

// answering returns a client that gets one answer.
func answering(t *testing.T, body string) *zjy.Client {
	t.Helper()
	c, _ := mocked(t, httpmock.NewStringResponder(200, body))
	return c
}

func pointer(f float64) *float64 { return &f }

func TestEveryFieldOfProfile(t *testing.T) {
	got, err := answering(t, everyField(t, "profile")).Profile(t.Context())
	require.NoError(t, err)
	assert.Equal(t, &zjy.Profile{
		Avatar: "a-avatar", SchoolID: "a-school", DisplayName: "张三", StuNo: "a-number", UserName: "a-user",
		Stat: zjy.Stat{
			UnReadMsgCount: 1, FaceTeachDayCount: 2, FaceTeachWeekCount: 3, AnnouncementCount: 4, MyCourseCount: 5,
			MyHomeworkCount: 6, MyExamCount: 7, OnlineActivityCount: 8, GroupTaskCount: 9,
		},
		StuID: "a-student", Extra: zjy.Extra{JXSX: 10, ZYJS: 11, JXPJ: 12, Exam: 13}, Integrity: 14.5,
		MOOCServer: "a-server", IsMerge: 15, IsOpenLite: "a-lite",
	}, got)
}

func TestEveryFieldOfCourses(t *testing.T) {
	got, err := answering(t, everyField(t, "courses")).Courses(t.Context())
	require.NoError(t, err)
	assert.Equal(t, &zjy.CourseList{
		Type: "a-type", TermID: "a-term",
		Courses: []zjy.Course{{
			ID: "b-id", CourseOpenID: "b-course", CourseName: "b-name", CourseCode: "b-code", Thumbnail: "b-thumbnail",
			OpenClassID: "b-class", AssistTeacherName: "李四", OpenClassType: 1, OpenClassState: 2, Process: 3.5, CheckStatus: 4,
			TermName: "b-term", TotalScore: 5.25, CourseSystemType: 6,
			Owner: zjy.Owner{SchoolID: "b-school", UserName: "b-user", StuID: "b-student"},
		}},
		Terms: []zjy.Term{{
			ID: "c-id", DateCreated: zjy.Time{Time: time.UnixMilli(1607937528000).In(got.Terms[0].DateCreated.Location())},
			CreatorID: "c-creator", TermCode: "c-code", TermName: "c-name", IsCurTerm: true, TermSeason: 7, IsSynchroUpdate: 8,
			TableName: "c-table",
		}},
		Owner: zjy.Owner{SchoolID: "a-school", UserName: "a-user", StuID: "a-student"},
	}, got)
	assert.Equal(t, "2020-12-14T17:18:48+08:00", got.Terms[0].DateCreated.Format(time.RFC3339), "in the vendor's zone")
}

func TestEveryFieldOfOutline(t *testing.T) {
	got, err := answering(t, everyField(t, "outline")).Outline(t.Context(), "course", "class")
	require.NoError(t, err)
	assert.Equal(t, &zjy.Outline{
		CourseOpenID: "a-course", OpenClassID: "a-class", OpenCourseCellCount: 1, StuStudyCourseOpenCellCount: 2,
		Progress: zjy.Progress{ModuleList: []zjy.Module{{ID: "b-id", Name: "b-name", SortOrder: 3, Percent: 4.5}}, ModuleID: "a-module"},
	}, got)
}

func TestEveryFieldOfTopics(t *testing.T) {
	got, err := answering(t, everyField(t, "topics")).Topics(t.Context(), "course", "module")
	require.NoError(t, err)
	assert.Equal(t, []zjy.Topic{{ID: "a-id", Name: "a-name", SortOrder: 1, UpTopicID: "a-up"}}, got)
}

func TestEveryFieldOfCells(t *testing.T) {
	got, err := answering(t, everyField(t, "cells")).Cells(t.Context(), "course", "class", "topic")
	require.NoError(t, err)
	assert.Equal(t, []zjy.Cell{{
		ID: "a-id", CellType: zjy.CellFolder, IsGJS: 2, IsOriginal: 3, FromType: 10, ParentID: "a-parent", CourseOpenID: "a-course",
		TopicID: "a-topic", CategoryName: zjy.CategoryVideo, CategoryNameDB: zjy.CategoryDocument, CellName: "a-name",
		ResourceURL: "a-resource", ExternalLinkURL: "a-link", CellContent: "a-content", SortOrder: 5, IsAllowDownLoad: true,
		ChildNodeList: []zjy.Cell{{ID: "b-id", CellType: zjy.CellLeaf, ChildNodeList: []zjy.Cell{}, StuCellFourPercent: pointer(8.25)}},
		UpCellID:      "a-up", StuCellCount: 6, StuCellPercent: pointer(7.5),
	}}, got)
	assert.InDelta(t, 7.5, got[0].Percent(), 0)
	assert.InDelta(t, 8.25, got[0].ChildNodeList[0].Percent(), 0)
}

func TestEveryFieldOfViewCell(t *testing.T) {
	got, err := answering(t, everyField(t, "view")).ViewCell(t.Context(), cell)
	require.NoError(t, err)
	resource, err := got.Resource()
	require.NoError(t, err)
	assert.Equal(t, &zjy.Resource{
		Extension: "b-extension", Category: "b-category", URLs: map[string]string{"preview": "b-preview"},
		Args: zjy.ResourceArgs{PageCount: 6}, H5PreviewURL: "b-h5", IsH5: 7, Status: 8,
	}, resource)
	assert.Contains(t, got.ResURL, "b-extension")
	got.ResURL = ""
	assert.Equal(t, &zjy.CellDetail{
		ID: "a-id", DType: 1, CourseOpenID: "a-course", CourseName: "a-course-name", OpenClassID: "a-class", ModuleID: "a-module",
		TopicID: "a-topic", CellID: "a-cell", CellName: "a-name", CellType: zjy.CellFolder, CategoryName: zjy.CategoryVideo,
		CellContent: "a-content", PageCount: 2, AudioVideoLong: 3.5, IsAllowDownLoad: true, ExternalLinkURL: "a-link",
		DownLoadURL: "a-download", CellLogID: "a-log", UserType: 5, IsDownLoad: true, RarList: json.RawMessage(`["a-rar"]`),
		Flag: json.RawMessage(`"a-flag"`), StuCellViewTime: 9.5, StuCellPicCount: 10, StuStudyNewlyTime: 11.5,
		StuStudyNewlyPicCount: 12, CellPercent: 13.5, GUIDToken: "a-token", IsNeedUpdate: 14, Position: 15.5,
		CellPositions: json.RawMessage(`[16]`), CellQuestionList: json.RawMessage(`"a-question"`),
	}, got)
}

func TestEveryFieldOfAPendingCell(t *testing.T) {
	_, err := answering(t, everyField(t, "pending")).ViewCell(t.Context(), cell)
	var pending *zjy.PendingCellError
	require.ErrorAs(t, err, &pending)
	assert.Equal(t, zjy.PendingCellError{
		Current: zjy.PendingCell{
			CellRef:  zjy.CellRef{CourseOpenID: "a-course", OpenClassID: "a-class", CellID: "a-cell", ModuleID: "a-module"},
			CellName: "a-name", Percent: 1.5,
		},
		Last: zjy.PendingCell{
			CellRef:  zjy.CellRef{CourseOpenID: "b-course", OpenClassID: "b-class", CellID: "b-cell", ModuleID: "b-module"},
			CellName: "b-name", Percent: 2.5,
		},
	}, *pending)
	e := testkit.Error(t, err)
	assert.Equal(t, []any{"-100", "a-message"}, []any{e.Code, e.Message})
}

// The table of viewDirectory has Id where its sample has cellId.
func TestADetailWithoutCellID(t *testing.T) {
	got, err := answering(t, `{"code":1,"Id":"a","guIdToken":"g"}`).ViewCell(t.Context(), cell)
	require.NoError(t, err)
	assert.Equal(t, &zjy.CellDetail{ID: "a", CellID: "a", GUIDToken: "g"}, got)
}

func TestFiguresOfTheDescription(t *testing.T) {
	assert.Equal(t, []int{1, 4}, []int{int(zjy.CellLeaf), int(zjy.CellFolder)})
	assert.Equal(t, []string{"文档", "视频"}, []string{string(zjy.CategoryDocument), string(zjy.CategoryVideo)})
	assert.Equal(t, []string{"-1", "-2", "-16", "-100", "-500"},
		[]string{zjy.CodeAnomaly, zjy.CodeMessage, zjy.CodeCaptcha, zjy.CodePending, zjy.CodeFailed})
}
