package outbox

import (
	"errors"

	"github.com/edusdk/edusdk"
)

// failure is an error with a kind.
type failure struct {
	text string
	kind edusdk.Kind
}

func (f *failure) Error() string { return "outbox: " + f.text }
func (f *failure) Unwrap() error { return f.kind }

// What errors.Is finds in the errors of this package. errors.Is finds their
// edusdk.Kind in them too.
var (
	// ErrFull: the store holds as many records as it may. Nothing was stored.
	ErrFull error = &failure{"the store is full", edusdk.ErrResourceExhausted}
	// ErrFenced: somebody else has stored the state since it was loaded. Nothing
	// was stored.
	ErrFenced error = &failure{"a state was stored by somebody else since it was loaded", edusdk.ErrFailedPrecondition}
	// ErrClosed: the outbox or the store is closed.
	ErrClosed error = &failure{"closed", edusdk.ErrFailedPrecondition}
	// ErrRunning: Run was called a second time.
	ErrRunning error = &failure{"Run was called already", edusdk.ErrFailedPrecondition}
	// ErrInUse: another process, or another store of this one, has the file open.
	ErrInUse error = &failure{"the file is in use by another process", edusdk.ErrFailedPrecondition}
	// ErrKey: the file is encrypted with another key, or not encrypted although a
	// key was given, or the other way round.
	ErrKey error = &failure{"the file was not written with this key", edusdk.ErrFailedPrecondition}
)

// errGone is how a medium says that something is not there.
var errGone = errors.New("outbox: a record or state that should be in the store is not")

var errResolution = errors.New("outbox: a resolution from or to a status that it cannot have")

var errTwice = errors.New("outbox: a batch holds two states of the same key")

var errBody = errors.New("outbox: the body of a record is unreadable")
