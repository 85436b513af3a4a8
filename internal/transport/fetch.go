package transport

// Encoder is the sending half of an Exchange.
type Encoder interface {
	// Encode is that of Exchange.
	Encode(a *Attempt) error
	// Sensitive is that of Exchange.
	Sensitive() []string
}
