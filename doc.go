// Package edusdk holds the words that every vendor client of this module
// shares: the error model, the options, the raw-answer capture and the token
// store. The clients are in the packages beside it, one a vendor; import those
// and this one for its options and errors:
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
// Every failure of a call is an [*Error]. Its [Kind] says in words common to
// all vendors what went wrong; its Code and Message are the vendor's own. An
// answer with HTTP status 200 that reports a failure is an error like any
// other. [MaybeApplied] tells the failures that leave open whether the vendor
// carried the call out.
//
// # Retries
//
// A call is repeated only when that cannot do harm: always when the request
// provably never left this machine, and after a lost answer only for calls
// whose repetition changes nothing more. A call that creates something is
// never sent a second time once it may have arrived.
//
// # Secrets
//
// No error, log line or observer event holds a credential, a signature, a
// query string, a body or a parameter's value.
package edusdk
