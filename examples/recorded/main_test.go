package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/internal/console/consoletest"
	"github.com/edusdk/edusdk/recorded/recordedtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	t.Setenv("RECORDED_BASE_URL", "")
	t.Setenv("RECORDED_SECTIONS", "")
	out, code := consoletest.Start(t.Context(), program)
	require.Zero(t, code, out)
	consoletest.CheckPiped(t, out)
	assert.Contains(t, out, "  1        so far 60.00%  2 第二讲      0 s / 3 min 20 s\n")
	assert.Contains(t, out, "  1 第一讲    2 min / 3 min 20 s\n")
	out, _ = consoletest.Start(t.Context(), program, "-lang", "zh")
	for _, part := range []string{"由本机模拟服务扮演", "学习中 60.00%", "2 分钟 / 3 分 20 秒\n", "接下来\n"} {
		assert.Contains(t, out, part)
	}
}

func TestUsage(t *testing.T) { assert.Contains(t, consoletest.Check(t, program), "RECORDED_TOKEN") }

func TestRunWithBadSections(t *testing.T) {
	t.Setenv("RECORDED_SECTIONS", "1,x")
	out, code := consoletest.Start(t.Context(), program)
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "RECORDED_SECTIONS")
}

func TestRunWithCredentials(t *testing.T) {
	fake := recordedtest.NewServer()
	defer fake.Close()
	t.Setenv("RECORDED_BASE_URL", fake.URL)
	t.Setenv("RECORDED_TOKEN", recordedtest.Token)
	t.Setenv("RECORDED_SECTIONS", "2, 3")
	out, code := consoletest.Start(t.Context(), program)
	require.Zero(t, code, out)
	assert.Contains(t, out, "  3 第三讲    0 s / 3 min 20 s\n")
	assert.NotContains(t, out, "fake")
	assert.Len(t, fake.Requests(), 3)

	t.Setenv("RECORDED_TOKEN", "another")
	out, code = consoletest.Start(t.Context(), program, "-lang", "zh")
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "401")
}
