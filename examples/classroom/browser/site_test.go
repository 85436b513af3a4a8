package browser

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// site is a running classroom.
type site struct {
	url    string
	output *bytes.Buffer // standard error
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// startSite starts a classroom, which ends with the test.
func startSite(t *testing.T, args ...string) *site {
	t.Helper()
	chromium(t) // skips
	program, err := shared.classroom(t.Context())
	require.NoError(t, err)
	s := &site{output: &bytes.Buffer{}}
	command := exec.Command(program, append([]string{"-addr", "127.0.0.1:0"}, args...)...)
	command.Env = append(os.Environ(), "DUOBEIYUN_PARTNER=", "DUOBEIYUN_APPKEY=")
	command.Stderr = s.output
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for scan := bufio.NewScanner(out); scan.Scan(); {
			lines <- scan.Text()
		}
	}()
	t.Cleanup(func() {
		assert.NoError(t, command.Process.Signal(os.Interrupt))
		timer := time.AfterFunc(20*time.Second, func() { _ = command.Process.Kill() })
		defer timer.Stop()
		for range lines { // to the end of its output
		}
		assert.NoErrorf(t, command.Wait(), "the classroom ends well\n%s", s.output)
		assert.NotContains(t, s.output.String(), "panic", "what the classroom logs")
	})
	for line := range lines {
		if s.url = address.FindString(line); s.url != "" {
			return s
		}
	}
	require.Failf(t, "the classroom has not started", "%s", s.output)
	return nil
}
