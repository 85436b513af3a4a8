package redis

import (
	"context"
	"errors"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/edusdk/edusdk"
)

// failed returns the error of an operation, nil for nil.
func failed(op string, err error) error {
	if err == nil {
		return nil
	}
	e := &edusdk.Error{Vendor: "redis", Op: op, Kind: edusdk.ErrUnavailable, Err: err}
	switch answer := redis.Error(nil); {
	case errors.As(err, &answer):
		e.Code, e.Message = words(answer.Error())
		e.Err = nil // its text can hold the arguments of the command
		switch {
		case redis.IsAuthError(err):
			e.Kind = edusdk.ErrUnauthenticated
		case redis.IsPermissionError(err):
			e.Kind = edusdk.ErrPermissionDenied
		}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		e.Kind = edusdk.KindOf(err)
	}
	return e
}

// words returns the code that a server's answer begins with, and what follows as far
// as it is the server's own.
func words(answer string) (code, message string) {
	code, message, _ = strings.Cut(answer, " ")
	if at := strings.IndexAny(message, "'`\":"); at >= 0 {
		message = message[:at]
	}
	return edusdk.OneLine(code), edusdk.OneLine(strings.TrimSpace(message))
}
