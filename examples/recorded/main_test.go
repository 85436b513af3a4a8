package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/recorded/recordedtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	t.Setenv("RECORDED_BASE_URL", "")
	t.Setenv("RECORDED_SECTIONS", "")
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	assert.Contains(t, out.String(), "section 1 is being studied, so far 60.00%; on to 2, 第二讲, from second 0 of 200")
	assert.Contains(t, out.String(), "on to 1, 第一讲, from second 120 of 200")
}

func TestRunWithBadSections(t *testing.T) {
	t.Setenv("RECORDED_SECTIONS", "1,x")
	require.ErrorContains(t, run(t.Context(), &bytes.Buffer{}), "RECORDED_SECTIONS")
}

func TestRunWithCredentials(t *testing.T) {
	fake := recordedtest.NewServer()
	defer fake.Close()
	t.Setenv("RECORDED_BASE_URL", fake.URL)
	t.Setenv("RECORDED_TOKEN", recordedtest.Token)
	t.Setenv("RECORDED_SECTIONS", "2, 3")
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	assert.Contains(t, out.String(), "on to 3, 第三讲, from second 0 of 200")
	assert.Len(t, fake.Requests(), 3)

	t.Setenv("RECORDED_TOKEN", "another")
	require.ErrorContains(t, run(t.Context(), &out), "401")
}
