package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/internal/console/consoletest"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	t.Setenv("SUPERVISION_URL", "")
	for lang, lines := range map[string][]string{
		"en": {
			"  ✓ pushed the course package 家政服务\n",
			"  ✓ a class: 《家政服务培训》5班, 2 students, 2 accounts made\n",
			"  ✓ a pull of the course packages: 1 given\n",
			"  00:00  face check: 人脸比对通过！\n  01:00  a minute reported\n  02:00  code typed in within 5 min\n  02:00  a minute reported\n",
			"  03:00  ended\n",
			"  张三     家政服务(专业课课程包)    3 min\n",
		},
		"zh": {
			"  ✓ 已推送课程包：家政服务\n", "  ✓ 班级：《家政服务培训》5班，2 名学员，开通 2 个账号\n",
			"  02:00  已输入验证码，限时 5 分钟\n  02:00  上报一分钟学时\n", "  03:00  学习结束\n", "3 分钟\n", "接下来\n",
		},
	} {
		out, code := consoletest.Start(t.Context(), program, "-lang", lang)
		require.Zero(t, code, out)
		consoletest.CheckPiped(t, out)
		for _, line := range lines {
			assert.Contains(t, out, line)
		}
	}
}

func TestUsage(t *testing.T) { assert.Contains(t, consoletest.Check(t, program), "SUPERVISION_URL") }

func TestRunWithCredentials(t *testing.T) {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	t.Setenv("SUPERVISION_URL", srv.URL)
	t.Setenv("SUPERVISION_ACCOUNT", supervisiontest.AccountName)
	t.Setenv("SUPERVISION_PASSWORD", supervisiontest.Password)
	out, code := consoletest.Start(t.Context(), program)
	require.Zero(t, code, out)
	assert.Contains(t, out, "logged in as "+supervisiontest.PlatformName)
	assert.Len(t, srv.Requests(), 1, "nothing else goes on record")

	t.Setenv("SUPERVISION_PASSWORD", "")
	out, code = consoletest.Start(t.Context(), program)
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "Config.Password")
}
