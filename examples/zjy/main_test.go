package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	t.Setenv("ZJY_AUTH", "")
	t.Setenv("ZJY_BASE_URL", "")
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	for _, part := range []string{
		"Java 面向对象程序设计 (2026春), 3% done\n",
		"Java 面向对象程序设计, 30 cells, fetched with 10 requests\n  模块1  22%\n    第1节\n" +
			"      小节1 [文档]  100.0%\n      小节2 [视频]  45.5%\n      小节3 [文档]  0.0%\n" +
			"      小节4 [子节点]  37.5%\n        小节1 [文档]  75.0%\n        小节2 [视频]  0.0%\n    第2节\n",
		"  模块3  0%\n",
	} {
		assert.Contains(t, out.String(), part)
	}
}

func TestRunWithABadCookie(t *testing.T) {
	t.Setenv("ZJY_AUTH", "a b")
	require.ErrorContains(t, run(t.Context(), &bytes.Buffer{}), "Config.Auth")
}

func TestRunWithCredentials(t *testing.T) {
	fake := zjytest.NewServer()
	defer fake.Close()
	t.Setenv("ZJY_AUTH", zjytest.Auth)
	t.Setenv("ZJY_BASE_URL", fake.URL)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	assert.Contains(t, out.String(), "  模块1  0%\n")
	assert.NotContains(t, out.String(), "fake")
	assert.Len(t, fake.Requests(), 1+10, "the courses, and the tree of the first")

	fake.ExpireSession()
	require.ErrorIs(t, run(t.Context(), &out), edusdk.ErrUnauthenticated)
}
