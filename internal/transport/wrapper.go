package transport

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/redact"
)

// wrap puts what an importer's function makes around base, between an outlet that takes
// the query off the address of a request and an inlet that puts it back.
func wrap(base http.RoundTripper, with func(http.RoundTripper) http.RoundTripper) (http.RoundTripper, error) {
	wrapper := with(inlet{base})
	if v := reflect.ValueOf(wrapper); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, fmt.Errorf("edusdk: %w", &edusdk.Error{
			Op: "WithTransportWrapper", Kind: edusdk.ErrInvalidArgument, Err: errNoWrapper,
		})
	}
	return outlet{wrapper, base}, nil
}

var (
	errNoWrapper   = errors.New("the function returns nil")
	errLostContext = errors.New("the RoundTripper of edusdk.WithTransportWrapper passes a request on under another context than it was given")
)

// outlet hands requests without their query to an importer's RoundTripper.
type outlet struct {
	http.RoundTripper

	base http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (o outlet) RoundTrip(req *http.Request) (*http.Response, error) {
	return o.RoundTripper.RoundTrip(withQuery(req, ""))
}

// CloseIdleConnections is what http.Client looks for. Few wrappers pass it on.
func (o outlet) CloseIdleConnections() {
	if c, ok := o.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// inlet takes requests back from an importer's RoundTripper. Their query is in the
// attempt that their context leads to.
type inlet struct{ base http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (i inlet) RoundTrip(req *http.Request) (*http.Response, error) {
	a, ok := req.Context().Value(attemptKey{}).(*Attempt)
	if !ok {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, errLostContext
	}
	resp, err := i.base.RoundTrip(withQuery(req, a.Query))
	if resp != nil {
		resp.Request = req // which shows no query
	}
	return resp, a.unquoted(err)
}

// unquoted returns an error without what it quotes of the query.
func (a *Attempt) unquoted(err error) error {
	if err == nil || a.Query == "" {
		return err
	}
	var s redact.Search
	numbers, whole := addErrors(&s, nil, err)
	s.Form([]byte(a.Query), false, func() bool { return true })
	if !whole {
		s.Drop()
	}
	return redactedCause(&s, numbers, err)
}

// withQuery returns a request with a query, which is another one if it had none such:
// RoundTrippers must not change the request that they are given.
func withQuery(req *http.Request, query string) *http.Request {
	if req.URL.RawQuery == query {
		return req
	}
	other, address := *req, *req.URL
	address.RawQuery = query
	other.URL = &address
	return &other
}
