package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	t.Setenv("DUOBEIYUN_PARTNER", "")
	t.Setenv("DUOBEIYUN_APPKEY", "")
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	for _, line := range []string{
		"created   jz", "uploaded  829 of 829 bytes", "converted 00000000-", "attached  第一课 一次函数.pdf, 829 bytes, converted",
		"teacher-1  SignedURL(", "student-7  SignedURL(", "初二数学:一次函数",
		"2 students, 2 at the same time, 1h2m30s on average", "the account has 9996.00 left",
		"app_course_error", "The room is deleted again.",
		"5432181212227612345  on the shelf: true, under review: false", "not known: [1]", "模块1, 2 topics, 0% studied",
		"on record for student-1: 1m0s", "a class was pushed: 《家政服务培训》5班, 2 students", "and answered: success, 2 accounts",
		"section 1: 0.00%; on to 第二讲, 200 s long",
	} {
		assert.Contains(t, out.String(), line)
	}
	assert.NotContains(t, out.String(), "sign=", "no signature is printed")
}

func TestRunWithBadCredentials(t *testing.T) {
	t.Setenv("DUOBEIYUN_PARTNER", " partner")
	t.Setenv("DUOBEIYUN_APPKEY", "key")
	require.ErrorContains(t, run(t.Context(), &bytes.Buffer{}), "Config.Partner")
	t.Setenv("DUOBEIYUN_PARTNER", "")
	require.ErrorContains(t, run(t.Context(), &bytes.Buffer{}), "only one of DUOBEIYUN_PARTNER and DUOBEIYUN_APPKEY",
		"a fake in place of the vendor that was asked for would be a surprise")
}
