// Package edusdk holds what all vendor clients of this module share: the error
// model, the options, the raw-answer capture and the token store. Each vendor's
// client is a package beside it; import the vendor's package, and this one for its
// options and errors:
//
//	client, err := duobeiyun.New(cfg, edusdk.WithTimeout(10*time.Second))
//	…
//	room, err := client.Rooms.Get(ctx, roomID)
//	switch {
//	case errors.Is(err, edusdk.ErrNotFound):
//		// no such room
//	case edusdk.MaybeApplied(err):
//		// nobody knows whether it was carried out: look before repeating
//	}
//
// # Errors
//
// Every failure of a call is an [*Error]. Its [Kind] says what went wrong in
// terms common to all vendors; its Code and Message are the vendor's own. An
// answer with HTTP status 200 that reports a failure is an error like any
// other. [MaybeApplied] reports whether the vendor may have carried the call out
// although it failed.
//
// # Retries
//
// A call is repeated only when that cannot do harm: always when the request
// provably never left this machine, and after a lost answer only if repeating the
// call leaves the same state. A call that creates something is
// never sent a second time once it may have arrived.
//
// # Secrets
//
// No error, log line or observer event holds a credential, a signature, a
// query string, a body or a parameter's value.
package edusdk
