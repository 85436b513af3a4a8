package edusdk

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"
)

// CallOptions is what [WithCallOptions] sets for the calls under a context. Importers
// use the Call functions; the fields are exported for clients of other vendors, which
// get them from [CallOptionsOf].
type CallOptions struct {
	// Timeout bounds one attempt; 0 leaves it to the client's options.
	Timeout time.Duration
	// Retry says how a call is repeated; its zero fields leave that to the client's
	// options.
	Retry Retry
	// Header is sent with the requests; its values replace those of the client's
	// options under the same keys.
	Header http.Header

	errs []error // of the options that make no sense
}

// CallOption changes the CallOptions of a context. An invalid one makes the calls under
// the context fail before anything is sent.
type CallOption func(*CallOptions) error

type callOptionsKey struct{}

// WithCallOptions returns a context under which opts override the options of the
// client:
//
//	ctx = edusdk.WithCallOptions(ctx, edusdk.CallTimeout(2*time.Minute), edusdk.CallHeader("X-Tenant", tenant))
//	id, err := client.Documents.UploadFile(ctx, path)
//
// They apply to every call that a method makes, in addition to the options that ctx has
// already. A login is not affected, since other calls may wait for the same one. Invalid
// options make the calls fail with ErrInvalidArgument before anything is sent.
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

// CallOptionsOf returns the options that [WithCallOptions] has put into ctx, or nil if
// there are none. It is for vendor clients: importers do not need it.
func CallOptionsOf(ctx context.Context) *CallOptions {
	o, _ := ctx.Value(callOptionsKey{}).(*CallOptions)
	return o
}

// Problems returns a *FieldError for each invalid option.
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

// CallRetry is [WithRetry] for one call; for zero fields of r, the client's options
// apply. A call that must not be repeated is not repeated, whatever r says. A Budget is
// an error, because all calls of a client share one.
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
// WithCallOptions, and replaces the values that the client's options, or an earlier
// WithCallOptions, have under the key.
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
