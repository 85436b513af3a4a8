// Package testkit holds what the tests of all vendors have in common: fixtures,
// servers in place of the network, assertions on errors, and the checks that hold for
// every operation.
package testkit

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

// Fixture returns a file of the test's testdata.
func Fixture(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name)) //nolint:gosec // a file of the project
	require.NoError(t, err)
	return string(b)
}

// Mock returns a transport that answers every request by answer, and counts them.
func Mock(answer httpmock.Responder) *httpmock.MockTransport {
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(answer)
	return mock
}

// InTurn gives one answer after the other, and the last one ever after.
func InTurn(responders ...httpmock.Responder) httpmock.Responder {
	var mu sync.Mutex
	n := 0
	return func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		respond := responders[min(n, len(responders)-1)]
		n++
		mu.Unlock()
		return respond(r)
	}
}

// Error returns the *edusdk.Error that err has to hold.
func Error(t testing.TB, err error) *edusdk.Error {
	t.Helper()
	var e *edusdk.Error
	require.ErrorAs(t, err, &e)
	return e
}

// FieldError returns the *edusdk.FieldError that err has to hold, as a refusal of kind
// edusdk.ErrInvalidArgument.
func FieldError(t testing.TB, err error) *edusdk.FieldError {
	t.Helper()
	require.ErrorIs(t, err, edusdk.ErrInvalidArgument)
	var f *edusdk.FieldError
	require.ErrorAs(t, err, &f)
	return f
}

// Chain returns err and what it wraps.
func Chain(err error) []error {
	var all []error
	for ; err != nil; err = errors.Unwrap(err) {
		all = append(all, err)
	}
	return all
}
