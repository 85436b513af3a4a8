package main

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
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
			var out bytes.Buffer
			p := plan{
				postgres: postgres, redis: redis, students: 20, minutes: 6, minute: time.Second / 2, kill: 3, away: 4, back: 6, policy: policy,
				out: &out, terminal: terminal,
			}
			require.NoErrorf(t, p.run(t.Context()), "%s", &out)
			assert.Equal(t, terminal, bytes.Contains(out.Bytes(), []byte("\x1b[J")), "the table moves")
			for _, line := range []string{
				`SIGKILL to machine \d, which logged in to the regulator for all\n`,
				`the regulator goes away\n`,
				`minutes watched +120 `,
				`acknowledged to the player +120 `,
				`lost +0 `,
				`reports out of order +0 `,
				`logins at the regulator +1 `,
				`Read next: .*\n`,
			} {
				assert.Regexp(t, line, out.String())
			}
			if policy == "resend" {
				assert.Regexp(t, `accepted by the regulator +120 `, out.String())
				assert.Regexp(t, `set aside +0 `, out.String())
			}
			if policy != "resend" {
				assert.Regexp(t, `accepted twice +0 `, out.String())
			}
		})
	}
}

func TestWithoutServices(t *testing.T) {
	p := plan{students: 1, policy: "resend"}
	require.ErrorContains(t, p.run(t.Context()), ".ci/services go -C examples/fleet run .")
}

func TestWrongFlags(t *testing.T) {
	for name, tt := range map[string]struct {
		students int
		policy   string
		want     string
	}{
		"a policy": {1, "guess", `no policy "guess"`},
		"nobody":   {0, "park", "1 to 2000 students"},
		"a crowd":  {2001, "park", "1 to 2000 students"},
	} {
		t.Run(name, func(t *testing.T) {
			p := plan{postgres: "postgres://", redis: "redis://", students: tt.students, policy: tt.policy}
			require.ErrorContains(t, p.run(t.Context()), tt.want)
		})
	}
}
