package duobeiyun

import (
	"context"
	"fmt"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/transport"
)

// The shortest and the longest wait between two polls of a conversion.
const (
	firstPoll = time.Second
	lastPoll  = 10 * time.Second
)

// poll looks at a conversion, at intervals that grow, until it is done, looking fails or
// ctx ends; the error then tells in which state what was. op is the method that waits.
func poll[State any](ctx context.Context, op, what string, look func() (state State, done bool, err error)) error {
	for wait := firstPoll; ; wait = min(2*wait, lastPoll) {
		state, done, err := look()
		if err != nil || done {
			return err
		}
		if err := transport.Sleep(ctx, wait); err != nil {
			return &edusdk.Error{
				Vendor: vendor, Op: op, Kind: edusdk.KindOf(err),
				Err: fmt.Errorf("%w while %s is %v", err, what, state),
			}
		}
	}
}
