package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/internal/console/consoletest"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	t.Setenv("ZJY_AUTH", "")
	t.Setenv("ZJY_BASE_URL", "")
	out, code := consoletest.Start(t.Context(), program)
	require.Zero(t, code, out)
	consoletest.CheckPiped(t, out)
	for _, part := range []string{
		"  Java 面向对象程序设计  2026春  3.3 %\n",
		"  ✓ outline  10 requests, took ",
		"Java 面向对象程序设计: 30 cells\n",
		"  模块1                 22.0 %\n    第1节\n" +
			"      小节1    文档    100.0 %\n      小节2    视频     45.5 %\n      小节3    文档      0.0 %\n" +
			"      小节4    子节点   37.5 %\n        小节1  文档     75.0 %\n        小节2  视频      0.0 %\n    第2节\n",
		"  模块3                  0.0 %\n",
	} {
		assert.Contains(t, out, part)
	}
	out, _ = consoletest.Start(t.Context(), program, "-lang", "zh")
	for _, part := range []string{"由本机模拟服务扮演", "：30 个课件\n", "  ✓ 读取目录  10 个请求，用时 ", "接下来\n"} {
		assert.Contains(t, out, part)
	}
}

func TestUsage(t *testing.T) { assert.Contains(t, consoletest.Check(t, program), "ZJY_AUTH") }

func TestRunWithABadCookie(t *testing.T) {
	t.Setenv("ZJY_AUTH", "a b")
	out, code := consoletest.Start(t.Context(), program)
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "Config.Auth")
}

func TestRunWithCredentials(t *testing.T) {
	fake := zjytest.NewServer()
	defer fake.Close()
	t.Setenv("ZJY_AUTH", zjytest.Auth)
	t.Setenv("ZJY_BASE_URL", fake.URL)
	out, code := consoletest.Start(t.Context(), program)
	require.Zero(t, code, out)
	assert.Contains(t, out, "  模块1                  0.0 %\n")
	assert.NotContains(t, out, "fake")
	assert.Len(t, fake.Requests(), 1+10, "the courses, and the tree of the first")

	fake.ExpireSession()
	out, code = consoletest.Start(t.Context(), program)
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "Check the account and the key.")
}
