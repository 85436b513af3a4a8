package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/douyin/douyintest"
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
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	for _, line := range []string{
		"product 5432181212227612345\n  Python 入门教程, ¥49.00, is for sale\n",
		"product 768781212227612347\n  摄影基础, ¥99.00, is under review\n",
		"product 9007199254740993\n  声乐第一课, ¥19.00, is for sale\n  声乐第一课（新版）, ¥29.00, is under review\n",
		"product 404\n  is not known\n",
	} {
		assert.Contains(t, out.String(), line)
	}
}

func TestRunWithBadSettings(t *testing.T) {
	clearEnvironment(t)
	t.Setenv("DOUYIN_PRODUCTS", "1,x")
	require.ErrorContains(t, run(t.Context(), &bytes.Buffer{}), "DOUYIN_PRODUCTS")

	clearEnvironment(t)
	t.Setenv("DOUYIN_APPID", "tt0123456789")
	require.ErrorContains(t, run(t.Context(), &bytes.Buffer{}), "DOUYIN_PRODUCTS")
	t.Setenv("DOUYIN_PRODUCTS", "1, 2")
	require.ErrorContains(t, run(t.Context(), &bytes.Buffer{}), "ClientCredentialConfig.Secret must not be empty")
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
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	assert.Equal(t, "product 9007199254740993\n  声乐第一课, ¥19.00, is for sale\n  声乐第一课（新版）, ¥29.00, is under review\n"+
		"product 404\n  is not known\n", out.String())
	assert.Len(t, fake.Requests(), 2)
}
