//go:build unix

package redis_test

import (
	"os"
	"testing"

	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	logging.Disable() // of servers that are down on purpose
	if os.Getenv(workerVariable) != "" {
		work()
		return
	}
	goleak.VerifyTestMain(m)
}
