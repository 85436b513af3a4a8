package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/internal/console/consoletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What is served is tested where it is: in internal/fakevendors.
func TestRun(t *testing.T) {
	for lang, last := range map[string]string{"en": "Interrupt to end.", "zh": "按 ctrl-C 结束。"} {
		out, code := consoletest.InterruptAt(t.Context(), last, newProgram(), "-lang", lang)
		assert.Zero(t, code, out)
		assert.Contains(t, out, "/duobeiyun\x1b[0m\n    partner ")
		assert.Contains(t, out, "\x1b[36m    curl http://127.0.0.1:")
		assert.NotContains(t, out, "\r", "nothing moves")
	}
}

func TestAnAddressForEverybodyIsRefused(t *testing.T) {
	out, code := consoletest.Start(t.Context(), newProgram(), "-addr", "0.0.0.0:0")
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "not a loopback one")
}

func TestUsage(t *testing.T) { assert.Contains(t, consoletest.Check(t, newProgram()), "-addr address") }
