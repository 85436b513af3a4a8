package transport

import "context"

// Encoder is the sending half of an Exchange.
type Encoder interface {
	Encode(a *Attempt) error
	Sensitive() []string
}

// Fetch carries out call, whose requests enc writes, and returns the answer.
// Each attempt decodes into an A of its own, so that nothing of an answer that
// was no good stays behind. read is as Exchange.Decode.
func Fetch[A any](ctx context.Context, c *Client, call Call, enc Encoder, read func(*Answer, *A) error) (*A, error) {
	x := &exchange[A]{Encoder: enc, read: read}
	call.Exchange = x
	if err := c.Do(ctx, &call); err != nil {
		return nil, err
	}
	return x.answer, nil
}

type exchange[A any] struct {
	Encoder

	read   func(*Answer, *A) error
	answer *A
}

// Decode implements Exchange.
func (x *exchange[A]) Decode(ans *Answer) error {
	x.answer = new(A)
	return x.read(ans, x.answer)
}
