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
	f := &fetch[A]{Encoder: enc, call: call, read: read}
	f.call.Exchange = f
	if err := c.Do(ctx, &f.call); err != nil {
		return nil, err
	}
	return f.answer, nil
}

// fetch is a call with its Exchange.
type fetch[A any] struct {
	Encoder

	call   Call
	read   func(*Answer, *A) error
	answer *A
}

// Decode implements Exchange.
func (f *fetch[A]) Decode(ans *Answer) error {
	f.answer = new(A)
	return f.read(ans, f.answer)
}
