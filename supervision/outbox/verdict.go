package outbox

import (
	"errors"
	"strconv"

	"github.com/edusdk/edusdk"
)

// failureClass is what a failed attempt says.
type failureClass int

const (
	outage   failureClass = iota // nothing about the report: the platform is not there for anyone
	rejected                     // the platform does not want the report, now
	hopeless                     // the report cannot be sent at all
)

// classify judges the error of an attempt by what is known, not by its text.
func classify(err error) failureClass {
	var e *edusdk.Error
	if !errors.As(err, &e) {
		e = &edusdk.Error{Kind: edusdk.KindOf(err)}
	}
	if ofLogin(e) {
		return outage
	}
	switch e.Kind {
	case edusdk.ErrUnavailable, edusdk.ErrDeadlineExceeded, edusdk.ErrCanceled, edusdk.ErrResourceExhausted, edusdk.ErrClockSkew,
		edusdk.ErrMalformedResponse:
		return outage
	case edusdk.ErrInvalidArgument:
		if e.Attempts == 0 {
			return hopeless
		}
	}
	return rejected
}

// ofLogin reports whether it was the login that failed, for a report or by
// itself.
func ofLogin(e *edusdk.Error) bool {
	const login = "Login"
	var cause *edusdk.Error
	return e.Op == login || errors.As(e.Err, &cause) && cause.Op == login
}

// reasonOf describes an error by its kind, code and status: its text, and the
// platform's message, may hold personal data.
func reasonOf(err error) string {
	var e *edusdk.Error
	if !errors.As(err, &e) {
		return edusdk.KindOf(err).String()
	}
	reason := e.Kind.String()
	if e.Code != "" {
		reason += ", code " + e.Code
	}
	if e.HTTPStatus != 0 && e.HTTPStatus != 200 {
		reason += ", HTTP " + strconv.Itoa(e.HTTPStatus)
	}
	var field *edusdk.FieldError
	if errors.As(err, &field) {
		reason += ", " + field.Error()
	}
	if ofLogin(e) {
		reason += " (login)"
	}
	return reason
}
