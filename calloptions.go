package edusdk

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"
)

// CallOptions is what [WithCallOptions] sets for the calls under a context. Importers
// use the Call functions; the fields are exported for the clients of vendors that are
// not here yet, which get them from [CallOptionsOf].
type CallOptions struct {
	// Timeout bounds one attempt; 0 leaves it to the client's options.
	Timeout time.Duration
	// Retry says how a call is repeated; its zero fields leave that to the client's
	// options.
	Retry Retry
	// Header is sent with the requests, in place of what the client's options have
	// under the same keys.
	Header http.Header

	errs []error // of the options that make no sense
}

// CallOption changes the CallOptions of a context. One that makes no sense fails the
// calls under it before anything is sent.
type CallOption func(*CallOptions) error

type callOptionsKey struct{}

// WithCallOptions returns a ctx whose calls go by opts, where those differ from the
// options of their client:
//
//	ctx = edusdk.WithCallOptions(ctx, edusdk.CallTimeout(2*time.Minute), edusdk.CallHeader("X-Tenant", tenant))
//	id, err := client.Documents.UploadFile(ctx, path)
//
// They go for every call that a method makes, and add to those that ctx has already. A
// login is not affected: other calls may wait for the same one. Options that make no
// sense fail the calls with ErrInvalidArgument, before anything is sent.
func WithCallOptions(ctx context.Context, opts ...CallOption) context.Context {
	if ctx == nil { // a call refuses it itself
		return ctx
	}
	o := &CallOptions{}
	if outer := CallOptionsOf(ctx); outer != nil {
		*o = *outer
		o.Header = maps.Clone(o.Header)
	}
	given := o.Header
	o.Header = nil
	for _, opt := range opts {
		err := error(&FieldError{Field: "CallOption", Problem: "must not be nil"})
		if opt != nil {
			err = opt(o)
		}
		if err != nil {
			o.errs = append(o.errs[:len(o.errs):len(o.errs)], err) // others have the outer ones
		}
	}
	if given != nil {
		maps.Copy(given, o.Header)
		o.Header = given
	}
	return context.WithValue(ctx, callOptionsKey{}, o)
}

// CallOptionsOf returns the options that [WithCallOptions] has put into ctx, nil where
// there are none. It is for vendor clients: importers do not need it.
func CallOptionsOf(ctx context.Context) *CallOptions {
	o, _ := ctx.Value(callOptionsKey{}).(*CallOptions)
	return o
}

// Problems returns what is wrong with the options, a *FieldError for each; none where
// they make sense.
func (o *CallOptions) Problems() []error { return slices.Clone(o.errs) }

// CallTimeout is [WithTimeout] for one call: it bounds each of its attempts. The whole
// call is bounded by its context.
func CallTimeout(d time.Duration) CallOption {
	return func(o *CallOptions) error {
		if problem := timeoutProblem(d); problem != "" {
			return &FieldError{Field: "CallTimeout", Problem: "makes no sense: " + problem}
		}
		o.Timeout = d
		return nil
	}
}

// CallRetry is [WithRetry] for one call; zero fields of r leave it as it is for the
// client. What must not be repeated is not repeated whatever r says. A Budget is an
// error: all calls of a client share theirs.
func CallRetry(r Retry) CallOption {
	return func(o *CallOptions) error {
		problem := retryProblem(r)
		if r.Budget != 0 && problem == "" {
			problem = "Budget must be 0: all calls of a client share theirs"
		}
		if problem != "" {
			return &FieldError{Field: "CallRetry", Problem: "makes no sense: " + problem}
		}
		o.Retry = r
		return nil
	}
}

// CallHeader is [WithHeader] for one call: it adds to the other CallHeaders of the same
// WithCallOptions, and replaces what the client's options, or a WithCallOptions before,
// have under the key.
func CallHeader(key, value string) CallOption {
	return func(o *CallOptions) error {
		if problem := headerProblem(key, value); problem != "" {
			return &FieldError{Field: "CallHeader", Problem: "makes no sense: " + problem}
		}
		if o.Header == nil {
			o.Header = http.Header{}
		}
		o.Header.Add(key, value)
		return nil
	}
}
