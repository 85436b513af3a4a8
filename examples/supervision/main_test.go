package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	t.Setenv("SUPERVISION_URL", "")
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	for _, line := range []string{
		"  pushed the course package 家政服务\n",
		"  a class: 《家政服务培训》5班, 2 students, 2 accounts made\n",
		"  a pull of the course packages: 1 given\n",
		"  00:00 face check: 人脸比对通过！\n  01:00 a minute reported\n  02:00 code typed in within 5m0s\n  02:00 a minute reported\n",
		"  03:00 ended\n",
		"  张三: 3m0s of 家政服务(专业课课程包)\n",
	} {
		assert.Contains(t, out.String(), line)
	}
}

func TestRunWithCredentials(t *testing.T) {
	srv := supervisiontest.NewServer()
	defer srv.Close()
	t.Setenv("SUPERVISION_URL", srv.URL)
	t.Setenv("SUPERVISION_ACCOUNT", supervisiontest.AccountName)
	t.Setenv("SUPERVISION_PASSWORD", supervisiontest.Password)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	assert.Contains(t, out.String(), "logged in as "+supervisiontest.PlatformName)
	assert.Len(t, srv.Requests(), 1, "nothing else goes on record")

	t.Setenv("SUPERVISION_PASSWORD", "")
	require.ErrorContains(t, run(t.Context(), &out), "Config.Password")
}
