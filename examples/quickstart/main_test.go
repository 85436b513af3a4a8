package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/internal/console/consoletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	t.Setenv("DUOBEIYUN_PARTNER", "")
	t.Setenv("DUOBEIYUN_APPKEY", "")
	for lang, lines := range map[string][]string{
		"en": {
			"All times are Beijing time (UTC+8).", "  id     jz", "  ✓ upload  6.0 MiB, took ", "  ✓ conversion  took 3", "  第一课 一次函数.pdf  6.0 MiB  00000000-",
			"  student-7  李四 ", "/api/v3/room/enter?…\n", "  初二数学:一次函数  20", "  watched on average  1 h 3 min\n", "  account's balance   ¥9996.00\n",
			"✗ duobeiyun: Rooms.Get: not found: app_course_error", "  ✓ room deleted: jz",
			"on record for student-1: 1 min", "a class was pushed: 《家政服务培训》5班, 2 students", "and answered: success, 2 accounts made",
			"  5432181212227612345  ✓          –\n", "  1                    not known\n", "  模块1        2      0 %\n",
			"section 1: 0.00%; on to 第二讲, which takes 3 min 20 s", "What to do next\n",
		},
		"zh": {
			"时间均为北京时间（UTC+8）。", "  ✓ 上传  6.0 MiB，用时 ", "  ✓ 转换  用时 3", "  人均观看      1 小时 3 分\n", "  请核对编号", "  ✓ 教室已删除：jz",
			"student-1 的学时：1 分钟", "《家政服务培训》5班，2 名学员", "  1                    不存在\n", "时长 3 分 20 秒", "接下来\n",
		},
	} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			out, code := consoletest.Start(t.Context(), program, "-lang", lang)
			require.Zero(t, code, out)
			consoletest.CheckPiped(t, out)
			for _, line := range lines {
				assert.Contains(t, out, line)
			}
			assert.NotContains(t, out, "sign=", "no signature is printed")
		})
	}
}

func TestInterruptInMidUpload(t *testing.T) {
	t.Setenv("DUOBEIYUN_PARTNER", "")
	t.Setenv("DUOBEIYUN_APPKEY", "")
	out, code := consoletest.InterruptAt(t.Context(), "upload", program)
	assert.Equal(t, 130, code, out)
	assert.Contains(t, out, "room deleted: jz", "nothing is left behind")
	assert.True(t, strings.HasSuffix(out, "! Interrupted.\n"), "%q", out)
}

func TestRunWithBadCredentials(t *testing.T) {
	t.Setenv("DUOBEIYUN_PARTNER", " partner")
	t.Setenv("DUOBEIYUN_APPKEY", "key")
	out, code := consoletest.Start(t.Context(), program)
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "Config.Partner")
	t.Setenv("DUOBEIYUN_PARTNER", "")
	out, code = consoletest.Start(t.Context(), program)
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "only one of DUOBEIYUN_PARTNER and DUOBEIYUN_APPKEY",
		"a fake in place of the vendor that was asked for would be a surprise")
	out, _ = consoletest.Start(t.Context(), program, "-lang", "zh")
	assert.Contains(t, out, "只设置了一个")
}

func TestUsage(t *testing.T) { assert.Contains(t, consoletest.Check(t, program), "DUOBEIYUN_APPKEY") }
