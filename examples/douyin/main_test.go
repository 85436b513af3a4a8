package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/douyin/douyintest"
	"github.com/edusdk/edusdk/internal/console/consoletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func clearEnvironment(t *testing.T) {
	t.Helper()
	for _, name := range []string{"DOUYIN_APPID", "DOUYIN_SECRET", "DOUYIN_PRODUCTS", "DOUYIN_BASE_URL", "DOUYIN_TOKEN_URL"} {
		t.Setenv(name, "")
	}
}

func TestRun(t *testing.T) {
	clearEnvironment(t)
	out, code := consoletest.Start(t.Context(), program)
	require.Zero(t, code, out)
	consoletest.CheckPiped(t, out)
	for _, line := range []string{
		"  5432181212227612345  Python 入门教程     ¥49.00  for sale\n",
		"  768781212227612347   摄影基础            ¥99.00  under review\n",
		"  9007199254740993     声乐第一课          ¥19.00  for sale\n  9007199254740993     声乐第一课（新版）  ¥29.00  under review\n",
		"  404                                              not known\n",
	} {
		assert.Contains(t, out, line)
	}
	out, _ = consoletest.Start(t.Context(), program, "-lang", "zh")
	for _, part := range []string{"由本机模拟服务扮演", "在售\n", "审核中\n", "不存在\n", "接下来\n"} {
		assert.Contains(t, out, part)
	}
}

func TestUsage(t *testing.T) { assert.Contains(t, consoletest.Check(t, program), "DOUYIN_PRODUCTS") }

// requireFailure runs the program, which has to fail with a text.
func requireFailure(t *testing.T, text string) {
	t.Helper()
	out, code := consoletest.Start(t.Context(), program)
	require.Equal(t, 1, code)
	require.Contains(t, out, text)
}

func TestRunWithBadSettings(t *testing.T) {
	clearEnvironment(t)
	t.Setenv("DOUYIN_PRODUCTS", "1,x")
	requireFailure(t, "DOUYIN_PRODUCTS")

	clearEnvironment(t)
	t.Setenv("DOUYIN_APPID", "tt0123456789")
	requireFailure(t, "DOUYIN_PRODUCTS")
	t.Setenv("DOUYIN_PRODUCTS", "1, 2")
	requireFailure(t, "ClientCredentialConfig.Secret must not be empty")
}

func TestRunWithCredentials(t *testing.T) {
	clearEnvironment(t)
	fake := douyintest.NewServer()
	defer fake.Close()
	for name, value := range map[string]string{
		"DOUYIN_APPID": douyintest.AppID, "DOUYIN_SECRET": douyintest.Secret, "DOUYIN_PRODUCTS": "9007199254740993, 404",
		"DOUYIN_BASE_URL": fake.URL, "DOUYIN_TOKEN_URL": fake.TokenURL(),
	} {
		t.Setenv(name, value)
	}
	out, code := consoletest.Start(t.Context(), program)
	require.Zero(t, code, out)
	assert.Contains(t, out, "声乐第一课（新版）")
	assert.Contains(t, out, "not known")
	assert.NotContains(t, out, "fake")
	assert.Len(t, fake.Requests(), 2)
}
