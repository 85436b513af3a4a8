package consoletest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/internal/console"
	"github.com/edusdk/edusdk/internal/console/consoletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCheck(t *testing.T) {
	p := &console.Program{
		Command: "go run ./examples/x", About: console.Text{ZH: "演示。", EN: "Shows."},
		Run: func(_ context.Context, c *console.Console) error {
			c.Printf("%s", console.Red("red"))
			return nil
		},
	}
	assert.Contains(t, consoletest.Check(t, p), "Shows.")
	out, code := consoletest.Start(t.Context(), p)
	assert.Zero(t, code)
	assert.Equal(t, "red\n", out)
	out, code = consoletest.OnTerminal(t.Context(), p)
	assert.Zero(t, code)
	p.Run = func(ctx context.Context, c *console.Console) error {
		c.Printf("begun")
		<-ctx.Done()
		return ctx.Err()
	}
	interrupted, code := consoletest.InterruptAt(t.Context(), "begun", p)
	assert.Equal(t, 130, code)
	assert.Contains(t, interrupted, "Interrupted.")
	assert.Equal(t, "\x1b[31mred\x1b[0m\n", out)
}
