package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/internal/console/consoletest"
)

func TestMain(m *testing.M) {
	if os.Getenv(workerVariable) != "" {
		workerMain()
		return
	}
	goleak.VerifyTestMain(m)
}

// service returns the URL of a service that .ci/services starts.
func service(t *testing.T, variable string) string {
	t.Helper()
	url := os.Getenv(variable)
	if url == "" && os.Getenv("EDUSDK_TEST_SERVICES") == "required" {
		t.Fatal(variable + " is not set")
	}
	if url == "" {
		t.Skip(variable + " is not set: run the tests under .ci/services")
	}
	return url
}

func TestRun(t *testing.T) {
	postgres, redis := service(t, "EDUSDK_TEST_POSTGRES"), service(t, "EDUSDK_TEST_REDIS")
	for policy, terminal := range map[string]bool{"resend": true, "park": false, "settle": false} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			p := plan{
				postgres: postgres, redis: redis, students: 20, minutes: 6, minute: time.Second / 2, kill: 3, away: 4, back: 6, policy: policy,
			}
			short := *newProgram()
			short.Flags = nil
			short.Run = p.run
			start := consoletest.Start
			if terminal {
				start = consoletest.OnTerminal
			}
			out, code := start(t.Context(), &short)
			require.Zero(t, code, out)
			assert.Equal(t, terminal, strings.Contains(out, "\x1b[A"), "the table moves")
			if !terminal {
				consoletest.CheckPiped(t, out)
			}
			for _, line := range []string{
				`SIGKILL to machine \d, which logged in to the regulator for all\n`,
				`the regulator goes away\n`,
				`minutes watched +120 `,
				`acknowledged to the player +120\n`,
				`lost +0\n`,
				`reports out of order +0\n`,
				`logins at the regulator +1\n`,
				`What to do next`,
			} {
				assert.Regexp(t, line, out)
			}
			if policy == "resend" {
				assert.Regexp(t, `accepted by the regulator +120\n`, out)
				assert.Regexp(t, `set aside +0\n`, out)
			}
			if policy != "resend" {
				assert.Regexp(t, `accepted twice +0\n`, out)
			}
		})
	}
}

func TestWithoutServices(t *testing.T) {
	t.Setenv("EDUSDK_TEST_POSTGRES", "")
	for lang, want := range map[string]string{"en": "PostgreSQL and Redis are needed", "zh": "需要 PostgreSQL 和 Redis"} {
		out, code := consoletest.Start(t.Context(), newProgram(), "-lang", lang)
		assert.Equal(t, 1, code)
		assert.Contains(t, out, want)
		assert.Contains(t, out, ".ci/services go -C examples/fleet run .")
	}
}

func TestWrongFlags(t *testing.T) {
	t.Setenv("EDUSDK_TEST_POSTGRES", "postgres://")
	t.Setenv("EDUSDK_TEST_REDIS", "redis://")
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"a policy":           {[]string{"-policy", "guess"}, `no policy "guess"`},
		"nobody":             {[]string{"-students", "0"}, "1 to 2000 students"},
		"a crowd":            {[]string{"-students", "2001"}, "1 to 2000 students"},
		"a crowd in Chinese": {[]string{"-students", "2001", "-lang", "zh"}, "1 到 2000"},
	} {
		t.Run(name, func(t *testing.T) {
			out, code := consoletest.Start(t.Context(), newProgram(), tt.args...)
			assert.Equal(t, 1, code)
			assert.Contains(t, out, tt.want)
		})
	}
}

func TestUsage(t *testing.T) {
	assert.Contains(t, consoletest.Check(t, newProgram()), "-policy policy")
}
