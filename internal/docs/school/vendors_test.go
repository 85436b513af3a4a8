package school

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/douyin/douyintest"
	"github.com/edusdk/edusdk/recorded"
	"github.com/edusdk/edusdk/recorded/recordedtest"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
	"github.com/edusdk/edusdk/zjy"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

func TestTheSupervisionPlatformCountsAMinute(t *testing.T) {
	fake := supervisiontest.NewServer()
	defer fake.Close()
	client, err := supervision.New(fake.Config())
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	require.NoError(t, client.Study.Start(t.Context(), &supervision.StudyRequest{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1",
	}))
	require.NoError(t, client.Study.ReportProgress(t.Context(), &supervision.ProgressReport{
		ResCode: "video-1", StudentUserCode: "student-1", ClassCode: "class-1", CourseCode: "course-1",
		PlayTime: 5 * time.Minute, ProgressTime: time.Minute,
	}))
	require.Equal(t, time.Minute, fake.Progress("student-1", "course-1"))
}

func TestDouyinDoesNotKnowAProduct(t *testing.T) {
	fake := douyintest.NewServer()
	defer fake.Close()
	client, err := douyin.New(fake.Config())
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	result, err := client.QueryProducts(t.Context(), douyintest.OnShelfID, 404)
	require.NoError(t, err)
	require.Equal(t, []int64{404}, result.Missing)
}

func TestZhijiaoyunHasACourse(t *testing.T) {
	fake := zjytest.NewServer()
	defer fake.Close()
	fake.SetCourse(1, 2, 2)
	client, err := zjy.New(fake.Config())
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	tree, err := client.Tree(t.Context(), zjytest.CourseOpenID, zjytest.OpenClassID)
	require.NoError(t, err)
	require.Len(t, tree.Modules[0].Topics, 2)
}

func TestARecordedCourseGoesOn(t *testing.T) {
	fake := recordedtest.NewServer()
	defer fake.Close()
	client, err := recorded.New(fake.Config(), fake.Auth())
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	plan, err := client.RefreshPlan(t.Context(), 2, 1)
	require.NoError(t, err)
	require.Equal(t, "第二讲", plan.Section.Title)
}
